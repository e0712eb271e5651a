// SPDX-License-Identifier: GPL-2.0-or-later
/* Backends kernel and fault against plain files and directories of the system they run on. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"
#include "harness/shim/backends.h"

#define REQ_UNKNOWN 0x3b70u /* a VFIO number: /dev/null answers ENOTTY */

FIXTURE(kernel)
{
	struct shim *s;
	char dir[32];
	char path[64];
};

FIXTURE_SETUP(kernel)
{
	int fd;

	strcpy(self->dir, "/tmp/hiod-shim-XXXXXX");
	ASSERT_NOT_NULL(mkdtemp(self->dir));
	snprintf(self->path, sizeof(self->path), "%s/file", self->dir);
	fd = open(self->path, O_CREAT | O_WRONLY, 0640);
	ASSERT_LE(0, fd);
	ASSERT_EQ(5, write(fd, "12345", 5));
	close(fd);
	self->s = shim_kernel_new();
	ASSERT_NOT_NULL(self->s);
}

FIXTURE_TEARDOWN(kernel)
{
	char other[64];

	snprintf(other, sizeof(other), "%s/link", self->dir);
	unlink(other);
	unlink(self->path);
	rmdir(self->dir);
	shim_destroy(self->s);
}

TEST_F(kernel, failure_is_a_negative_errno_and_success_the_result)
{
	char buf[8];
	int fd = shim_open(self->s, self->path, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(5, shim_read(self->s, fd, buf, sizeof(buf)));
	EXPECT_EQ(2, shim_pread(self->s, fd, buf, 2, 3));
	EXPECT_EQ('4', buf[0]);
	EXPECT_EQ(1, shim_pwrite(self->s, fd, "x", 1, 4));
	EXPECT_EQ(1, shim_write(self->s, fd, "y", 1));
	EXPECT_EQ(6, shim_pread(self->s, fd, buf, sizeof(buf), 0));
	EXPECT_EQ(0, memcmp(buf, "1234xy", 6));
	EXPECT_EQ(0, shim_close(self->s, fd));
	EXPECT_EQ(-EBADF, shim_close(self->s, fd));
	EXPECT_EQ(-EBADF, shim_read(self->s, fd, buf, 1));
	EXPECT_EQ(-ENOENT, shim_open(self->s, "/nonexistent", O_RDONLY));
	EXPECT_EQ(-ENOENT, shim_access(self->s, "/nonexistent", F_OK));
	EXPECT_EQ(-EINVAL, shim_readlink(self->s, self->path, buf, sizeof(buf)));
}

TEST_F(kernel, ioctl_reaches_the_driver)
{
	uint32_t arg = 4;
	int fd = shim_open(self->s, "/dev/null", O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, fd, REQ_UNKNOWN, &arg));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(self->s, fd, REQ_UNKNOWN, 3));
	shim_close(self->s, fd);
}

TEST_F(kernel, stat_tells_type_and_device_number)
{
	struct shim_stat st;
	int fd = shim_open(self->s, "/dev/null", O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, shim_fstat(self->s, fd, &st));
	EXPECT_TRUE(S_ISCHR(st.mode));
	EXPECT_EQ(1, st.rdev_major);
	EXPECT_EQ(3, st.rdev_minor);
	shim_close(self->s, fd);
	EXPECT_EQ(0, shim_stat(self->s, self->path, &st));
	EXPECT_TRUE(S_ISREG(st.mode));
	EXPECT_EQ(-ENOENT, shim_stat(self->s, "/nonexistent", &st));
}

TEST_F(kernel, listdir_gives_names_without_dots_and_refuses_a_small_buffer)
{
	char buf[64];
	char link[64];

	snprintf(link, sizeof(link), "%s/link", self->dir);
	ASSERT_EQ(0, symlink("target", link));
	EXPECT_EQ(10, shim_listdir(self->s, self->dir, buf, sizeof(buf)));
	EXPECT_EQ(-ERANGE, shim_listdir(self->s, self->dir, buf, 9));
	EXPECT_EQ(-ENOTDIR, shim_listdir(self->s, self->path, buf, sizeof(buf)));
	EXPECT_EQ(6, shim_readlink(self->s, link, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "target", 6));
}

TEST(fault_fails_the_nth_matching_call_without_asking_below)
{
	static const struct shim_fault rules[] = {
		{ .op = SHIM_OP_OPEN, .fd_path = "/dev/nu", .nth = 2, .err = EMFILE },
		{ .op = SHIM_OP_IOCTL, .req = REQ_UNKNOWN, .nth = 1, .err = EMSGSIZE },
		{ .op = SHIM_OP_READ, .fd_path = "/dev/null", .nth = 0, .err = EINTR },
		{ .op = SHIM_OP_CLOSE, .nth = 1, .err = EIO },
	};
	struct shim *k = shim_kernel_new();
	struct shim *s = shim_fault_new(k, rules, sizeof(rules) / sizeof(*rules));
	uint32_t arg = 4;
	char c;

	ASSERT_NOT_NULL(s);
	int fd = shim_open(s, "/dev/null", O_RDWR);
	int zero = shim_open(s, "/dev/zero", O_RDWR);

	EXPECT_EQ(-EMFILE, shim_open(s, "/dev/null", O_RDWR));
	EXPECT_EQ(-EMSGSIZE, shim_ioctl(s, fd, REQ_UNKNOWN, &arg));
	EXPECT_EQ(-ENOTTY, shim_ioctl(s, fd, REQ_UNKNOWN, &arg));
	EXPECT_EQ(-EINTR, shim_read(s, fd, &c, 1));
	EXPECT_EQ(-EINTR, shim_read(s, fd, &c, 1));
	EXPECT_EQ(1, shim_read(s, zero, &c, 1));
	EXPECT_EQ(-EIO, shim_close(s, fd));
	/* The fd was given back all the same. */
	EXPECT_EQ(-EBADF, shim_close(k, fd));
	EXPECT_EQ(0, shim_close(s, zero));
	EXPECT_EQ(1, shim_fault_fired(s, 0));
	EXPECT_EQ(1, shim_fault_fired(s, 1));
	EXPECT_EQ(2, shim_fault_fired(s, 2));
	EXPECT_EQ(1, shim_fault_fired(s, 3));
	shim_destroy(s);
	shim_destroy(k);
}

TEST_HARNESS_MAIN
