// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing files: whole or not at all, whatever the disk does; nothing left behind. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/capture/file.h"
#include "harness/capture/host_json.h"
#include "harness/capture/record.h"
#include "selftests/capture/lib.h"

FIXTURE(file)
{
	struct scratch s;
	struct capture_error err;
	char path[200];
	bool mounted;
};

FIXTURE_SETUP(file)
{
	scratch_make(&self->s);
	ASSERT_NE(0, self->s.dir[0]);
	snprintf(self->path, sizeof(self->path), "%s", scratch_path(&self->s, "x"));
}

FIXTURE_TEARDOWN(file)
{
	if (self->mounted)
		umount(self->s.dir);
	scratch_remove(&self->s);
}

static int entries(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int n = -2;

	while (d && (e = readdir(d)))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Nothing but path in its directory, and the old text in it. */
static void unharmed(struct ktap_meta *_metadata, const char *dir, const char *path)
{
	size_t len = 0;
	char *text = get_file(path, &len);

	EXPECT_STREQ("old", text);
	EXPECT_EQ(1, entries(dir));
	free(text);
}

TEST_F(file, replaces_the_old_one_with_the_mode_of_the_umask)
{
	struct stat st;
	size_t len = 0;
	char *text;

	umask(027);
	ASSERT_EQ(0, atomic_write(self->path, "new", 3, &self->err));
	ASSERT_EQ(0, atomic_write(self->path, "newer", 5, &self->err));
	text = get_file(self->path, &len);
	EXPECT_STREQ("newer", text);
	free(text);
	ASSERT_EQ(0, stat(self->path, &st));
	EXPECT_EQ(0640, st.st_mode & 07777);
	EXPECT_EQ(1, entries(self->s.dir));
}

TEST_F(file, a_size_limit_leaves_the_old_one)
{
	struct rlimit lim = { 8192, 8192 };
	char *big = calloc(1, 100000);

	memset(big, 'x', 100000);
	ASSERT_TRUE(put_text(self->path, "old"));
	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &lim));
	EXPECT_EQ(-EFBIG, atomic_write(self->path, big, 100000, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, "cannot write: File too large"));
	unharmed(_metadata, self->s.dir, self->path);
	free(big);
}

TEST_F(file, a_full_disk_leaves_the_old_one)
{
	struct transcript t = { 0 };
	char *big = calloc(1, 300000);

	if (mount("none", self->s.dir, "tmpfs", 0, "size=64k"))
		SKIP(free(big); return, "needs to mount a tmpfs: %s", strerror(errno));
	self->mounted = true;
	memset(big, 'x', 299999);
	ASSERT_TRUE(put_text(self->path, "old"));
	EXPECT_EQ(-ENOSPC, atomic_write(self->path, big, 299999, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, "No space left"));
	unharmed(_metadata, self->s.dir, self->path);
	/* The same through a format's own writer. */
	t.client = strdup("x");
	t.source = big;
	EXPECT_EQ(-ENOSPC, transcript_save(&t, self->path, &self->err));
	unharmed(_metadata, self->s.dir, self->path);
	transcript_free(&t);
}

TEST_F(file, what_is_no_regular_file_is_not_replaced)
{
	char path[240];
	struct stat st;

	EXPECT_EQ(-EISDIR, atomic_write(self->s.dir, "x", 1, &self->err));
	snprintf(path, sizeof(path), "%s/fifo", self->s.dir);
	ASSERT_EQ(0, mkfifo(path, 0600));
	EXPECT_EQ(-EINVAL, atomic_write(path, "x", 1, &self->err));
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_TRUE(S_ISFIFO(st.st_mode));
	EXPECT_EQ(-EINVAL, atomic_write("/dev/full", "x", 1, &self->err));
}

TEST_F(file, a_directory_that_is_not_there_is_named)
{
	char path[240];

	snprintf(path, sizeof(path), "%s/no/x.host.json", self->s.dir);
	EXPECT_EQ(-ENOENT, atomic_write(path, "x", 1, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, path));
}

TEST_F(file, giving_up_leaves_nothing)
{
	struct atomic_file a;

	ASSERT_EQ(0, atomic_begin(&a, self->path, &self->err));
	atomic_put(&a, "half", 4);
	atomic_abort(&a);
	EXPECT_EQ(0, entries(self->s.dir));
}

/* A writer that is killed leaves the old file; what it had begun lies beside it. */
TEST_F(file, a_kill_in_the_middle_leaves_the_old_one)
{
	size_t len = 0;
	int status;
	pid_t pid;
	char *text;

	ASSERT_TRUE(put_text(self->path, "old"));
	pid = fork();
	if (!pid) {
		struct atomic_file a;

		if (!atomic_begin(&a, self->path, &self->err)) {
			atomic_put(&a, "half", 4);
			fflush(a.f);
		}
		raise(SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	text = get_file(self->path, &len);
	EXPECT_STREQ("old", text);
	free(text);
}

/* ---- a recording ---- */

static int null_open(struct shim *s, const char *path, int flags)
{
	(void)s, (void)path, (void)flags;
	return 3;
}

static void null_destroy(struct shim *s)
{
	(void)s;
}

static const struct shim_ops null_ops = { .name = "null",
					  .open = null_open,
					  .destroy = null_destroy };

TEST_F(file, a_killed_recorder_loses_at_most_its_last_line)
{
	struct shim null = { &null_ops };
	struct record_config cfg = { .client = "x", .path = self->path };
	struct transcript t;
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct shim *r = shim_record_new(&null, &cfg, &self->err);

		for (int i = 0; i < 100; i++)
			shim_open(r, "/dev/iommu", i);
		raise(SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(-EINVAL, transcript_load(self->path, 0, &t, &self->err));
	ASSERT_EQ(0, transcript_load(self->path, TRANSCRIPT_PARTIAL, &t, &self->err));
	EXPECT_EQ(100, t.ncalls);
	EXPECT_FALSE(t.truncated);
	EXPECT_NULL(t.result);
	transcript_free(&t);
}

TEST_F(file, a_recording_that_does_not_fit_says_so_and_keeps_whole_lines)
{
	struct rlimit lim = { 2000, 2000 };
	struct shim null = { &null_ops };
	struct record_config cfg = { .client = "x", .path = self->path };
	struct transcript t;
	struct shim *r;

	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &lim));
	r = shim_record_new(&null, &cfg, &self->err);
	ASSERT_NOT_NULL(r);
	/* The client does not notice. */
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(3, shim_open(r, "/dev/iommu", i));
	EXPECT_GT(0, record_finish(r, NULL, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, "cannot record"));
	shim_destroy(r);
	ASSERT_EQ(0, transcript_load(self->path, TRANSCRIPT_PARTIAL, &t, &self->err));
	EXPECT_LT(5, t.ncalls);
	EXPECT_GT(100, t.ncalls);
	EXPECT_FALSE(t.truncated);
	transcript_free(&t);
}

TEST_F(file, a_recorder_on_a_full_device_is_refused)
{
	struct shim null = { &null_ops };
	struct record_config cfg = { .client = "x", .path = "/dev/full" };

	EXPECT_NULL(shim_record_new(&null, &cfg, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, "/dev/full"));
	cfg.path = "/nowhere/x";
	EXPECT_NULL(shim_record_new(&null, &cfg, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, "No such file"));
}

TEST_HARNESS_MAIN
