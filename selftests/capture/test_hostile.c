// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that are none of ours, or are meant to hurt: one clear line each, and soon. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/capture/probe.h"
#include "selftests/capture/lib.h"

/* The four ways into this room, each with the same answer to call failed. */
static int load_any(int way, const char *path, struct capture_error *err)
{
	struct transcript t;
	struct host *h = NULL;
	int rc;

	switch (way) {
	case 0: rc = capture_load_host(path, &h, NULL, err); break;
	case 1: rc = host_load(path, &h, err); break;
	case 2:
		rc = transcript_load(path, TRANSCRIPT_PARTIAL, &t, err);
		if (!rc)
			transcript_free(&t);
		return rc;
	default:
		rc = probe_import(path, &t, err);
		if (!rc)
			transcript_free(&t);
		return rc;
	}
	host_free(h);
	return rc;
}

#define WAYS 4

FIXTURE(hostile)
{
	struct scratch s;
};

FIXTURE_SETUP(hostile)
{
	scratch_make(&self->s);
	ASSERT_NE(0, self->s.dir[0]);
}

FIXTURE_TEARDOWN(hostile)
{
	scratch_remove(&self->s);
}

static void refused(struct ktap_meta *_metadata, const char *path, const char *want)
{
	for (int way = 0; way < WAYS; way++) {
		struct capture_error err = { "" };

		EXPECT_GT(0, load_any(way, path, &err))
		{
			TH_LOG("way %d accepted %s", way, path);
		}
		EXPECT_TRUE(one_line_with(err.msg, want ? want : path))
		{
			TH_LOG("way %d: %s", way, err.msg);
		}
		EXPECT_TRUE(strstr(err.msg, path));
	}
}

TEST_F(hostile, nothing_there)
{
	refused(_metadata, scratch_path(&self->s, "nothing"), "No such file");
}

TEST_F(hostile, a_directory)
{
	refused(_metadata, self->s.dir, "found a directory");
}

TEST_F(hostile, a_dangling_link)
{
	const char *path = scratch_path(&self->s, "link");

	ASSERT_EQ(0, symlink("/nowhere/at/all", path));
	refused(_metadata, path, "No such file");
}

TEST_F(hostile, a_loop_of_links)
{
	const char *path = scratch_path(&self->s, "link");

	ASSERT_EQ(0, symlink(path, path));
	refused(_metadata, path, "symbolic links");
}

TEST_F(hostile, a_fifo_does_not_hang)
{
	const char *path = scratch_path(&self->s, "fifo");

	ASSERT_EQ(0, mkfifo(path, 0600));
	refused(_metadata, path, "not a regular file");
}

TEST_F(hostile, a_device_node)
{
	refused(_metadata, "/dev/zero", "not a regular file");
}

TEST_F(hostile, an_unreadable_file)
{
	const char *path = scratch_path(&self->s, "secret");

	if (!geteuid())
		SKIP(return, "root reads everything");
	ASSERT_TRUE(put_text(path, "{}"));
	ASSERT_EQ(0, chmod(path, 0));
	refused(_metadata, path, "Permission denied");
}

TEST_F(hostile, an_empty_file)
{
	const char *path = scratch_path(&self->s, "empty");

	ASSERT_TRUE(put_text(path, ""));
	refused(_metadata, path, "empty");
}

TEST_F(hostile, a_huge_sparse_file)
{
	const char *path = scratch_path(&self->s, "huge");

	ASSERT_TRUE(put_text(path, "{\"hiod-capture\":1,\"client\":\"x\"}\n"));
	ASSERT_EQ(0, truncate(path, 100 << 20));
	refused(_metadata, path, "found 104857600 bytes");
}

static char *repeat(const char *head, const char *what, size_t times)
{
	size_t h = strlen(head), n = strlen(what);
	char *s = malloc(h + n * times + 1);

	memcpy(s, head, h);
	for (size_t i = 0; i < times; i++)
		memcpy(s + h + i * n, what, n);
	s[h + n * times] = 0;
	return s;
}

TEST_F(hostile, text_of_many_kinds)
{
	static const struct {
		const char *head, *what;
		size_t times;
	} texts[] = {
		{ "\x7f"
		  "ELF",
		  "\x02", 4000 },
		{ "", "\xff\xfe", 4000 },
		{ "", "[", 100000 },
		{ "{\"hiod-host\":1,\"x\":", "[", 100000 },
		{ "{\"hiod-host\":1,\"x\":", "{\"a\":", 100000 },
		{ "{\"hiod-capture\":1,\"client\":", "[", 100000 },
		{ "{\"hiod-capture\":1,\"client\":[", "[],", 3000000 },
		{ "{\"hiod-host\":1,\"groups\":[", "{},", 2500000 },
		{ "{\"hiod-capture\":1,\"client\":\"", "a", 9 << 20 },
		{ "{\"hiod-host\":1,\"source\":\"", "a", 9 << 20 },
		{ "{\"hiod-capture\":1,\"client\":\"x\"}\n", "{", 100000 },
		{ "{\"hiod-capture\":1,\"client\":\"x\"}\n", "\n", 100000 },
		{ "{\"hiod-capture\":1,\"client\":\"x\"}\n", "\"", 99999 },
		{ "", " ", 100000 },
		{ "", "\n", 100000 },
		{ "just some text\n", "and more\n", 10 },
		{ "sysfs /x\n", "", 0 },
		{ "VFIO_IOMMU_GET_INFO nr=0x3b70 in=", "00", 600000 },
		{ "{\"hiod-host\":1e999}", "", 0 },
		{ "null", "", 0 },
		{ "\"", "\\", 999 },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char *s = repeat(texts[i].head, texts[i].what, texts[i].times);
		const char *path = scratch_path(&self->s, "text");

		ASSERT_TRUE(put_text(path, s));
		refused(_metadata, path, NULL);
		free(s);
	}
}

TEST_F(hostile, a_file_with_nul_bytes_behind_a_good_start)
{
	static const char text[] =
		"{\"hiod-capture\":1,\"client\":\"x\"}\n\0\0\0\0\n{\"result\":{}}\n";
	const char *path = scratch_path(&self->s, "nul");
	struct capture_error err = { "" };
	struct transcript t;

	ASSERT_TRUE(put_file(path, text, sizeof(text) - 1));
	EXPECT_EQ(-EINVAL, transcript_load(path, 0, &t, &err));
	EXPECT_TRUE(one_line_with(err.msg, ":2: found a NUL byte"));
}

/* A description cut anywhere is no description. */
TEST_F(hostile, a_description_cut_anywhere)
{
	struct corpus c = corpus_files("hosts", ".host.json");
	const char *path = scratch_path(&self->s, "cut");
	size_t len = 0;
	char *text;

	ASSERT_LT(0, c.n);
	text = get_file(c.path[0], &len);
	/* The last byte is the newline. */
	for (size_t cut = 1; cut < len - 1; cut++) {
		struct capture_error err = { "" };
		struct host *h;

		EXPECT_EQ(-EINVAL, host_parse(text, cut, path, &h, &err));
		EXPECT_TRUE(one_line_with(err.msg, path));
	}
	free(text);
	corpus_free(&c);
}

/* Any one byte changed: read or refused, nothing else. */
TEST_F(hostile, a_flipped_byte_anywhere)
{
	static const char *const kinds[] = { ".host.json", ".capture.jsonl" };

	for (int k = 0; k < 2; k++) {
		struct corpus c = corpus_files("hosts", kinds[k]);
		const char *path = scratch_path(&self->s, "flip");
		size_t len = 0, step;
		char *text;

		ASSERT_LT(0, c.n);
		text = get_file(c.path[0], &len);
		step = len / 600 + 1;
		for (size_t i = 0; i < len; i += step) {
			struct capture_error err = { "" };

			text[i] ^= (char)(1 << i % 8);
			ASSERT_TRUE(put_file(path, text, len));
			text[i] ^= (char)(1 << i % 8);
			if (load_any(0, path, &err)) {
				EXPECT_TRUE(one_line_with(err.msg, path));
			}
		}
		free(text);
		corpus_free(&c);
	}
}

TEST_HARNESS_MAIN
