// SPDX-License-Identifier: GPL-2.0-or-later
/* The importer of probe logs: on logs as they came from the console, and line by line. */
#include <fcntl.h>
#include <sys/stat.h>

#include "harness/capture/probe.h"
#include "selftests/capture/lib.h"

static int import(const char *text, struct transcript *t, struct capture_error *err)
{
	return probe_parse(text, strlen(text), "log.txt", t, err);
}

/* corpus/probe/X.txt is what corpus/hosts/X.capture.jsonl was made of. */
TEST(console_logs_become_the_corpus_transcripts)
{
	struct corpus c = corpus_files("probe", ".txt");
	struct capture_error err = { "" };
	char path[300];

	ASSERT_LE(3, c.n);
	for (size_t i = 0; i < c.n; i++) {
		const char *base = strrchr(c.path[i], '/') + 1;
		struct transcript t, u;
		const char *d;
		long at;

		ASSERT_EQ(0, probe_import(c.path[i], &t, &err))
		{
			TH_LOG("%s", err.msg);
		}
		EXPECT_STREQ("probe", t.client);
		snprintf(path, sizeof(path), "%s/hosts/%.*s.capture.jsonl", corpus_dir(),
			 (int)strlen(base) - 4, base);
		ASSERT_EQ(0, transcript_load(path, 0, &u, &err))
		{
			TH_LOG("%s", err.msg);
		}
		d = transcript_differs(&t, &u, &at);
		EXPECT_NULL(d)
		{
			TH_LOG("%s: %s of call %ld", path, d, at);
		}
		transcript_free(&t);
		transcript_free(&u);
	}
	corpus_free(&c);
}

TEST(kernel_messages_in_and_between_lines_are_taken_out)
{
	/* The first log and the same one with messages spliced into it. */
	static const char *const logs[] = {
		"open /dev/iommu fd=3 rdev=10:257 mode=0660\n"
		"VFIO_GET_API_VERSION nr=0x3b64 arg=0x0 ret=0 errno=0\n"
		"sysfs /proc/cmdline = quiet\n",
		"[    1.000000] x: one\r\nopen /dev/iommu fd=3 rdev=[    1.408234] DMAR: two\n"
		"[   12.408235] DMAR: three\n10:257 mode=0660\r\n"
		"VFIO_GET_API_VERSION nr=0x3b64 arg=0x0 ret=0 errno=[ 1234.000001] four\n"
		"0\n[    2.000000] five\nsysfs /proc/cmdline = quiet\n[    2.000000] six\n",
	};
	struct capture_error err = { "" };
	struct transcript t[2];
	const char *d;
	long at;

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, import(logs[i], &t[i], &err))
		{
			TH_LOG("%s", err.msg);
		}
	}
	EXPECT_LT(5, t[0].ncalls);
	d = transcript_differs(&t[0], &t[1], &at);
	EXPECT_NULL(d)
	{
		TH_LOG("%s of call %ld", d, at);
	}
	transcript_free(&t[0]);
	transcript_free(&t[1]);
}

TEST(files_links_and_directories_become_calls)
{
	static const char log[] =
		"sysfs /sys/a = one|two\nsysfs /sys/b errno=ENOENT\nsysfs /sys/c read-errno=EIO\n"
		"sysfs /sys/d = \nlink /sys/l -> ../x\nlink /sys/m errno=EINVAL\n"
		"dir /sys/n : e1\nsysfs /sys/n/e1/dev = 1:2\ndir /sys/n : e2\n"
		"dir /sys/o errno=ENOENT\nPROBE sysfs rc=0\n";
	struct capture_error err = { "" };
	struct transcript t;

	ASSERT_EQ(0, import(log, &t, &err))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_EQ(SHIM_OP_OPEN, t.calls[0].op);
	EXPECT_EQ(O_RDONLY, t.calls[0].flags);
	EXPECT_EQ(8, t.calls[1].ret);
	EXPECT_EQ(0, memcmp("one\ntwo\n", t.calls[1].out, 8));
	EXPECT_EQ(SHIM_OP_CLOSE, t.calls[2].op);
	EXPECT_EQ(-ENOENT, t.calls[3].ret);
	EXPECT_EQ(-EIO, t.calls[5].ret);
	/* An empty file has no newline. */
	EXPECT_EQ(0, t.calls[8].ret);
	EXPECT_EQ(SHIM_OP_READLINK, t.calls[10].op);
	EXPECT_EQ(4, t.calls[10].ret);
	EXPECT_EQ(-EINVAL, t.calls[11].ret);
	/* Names that were printed one by one are one listing. */
	EXPECT_EQ(SHIM_OP_LISTDIR, t.calls[12].op);
	EXPECT_EQ(6, t.calls[12].ret);
	EXPECT_EQ(0, memcmp("e1\0e2\0", t.calls[12].out, 6));
	EXPECT_EQ(-ENOENT, t.calls[16].ret);
	EXPECT_EQ(17, t.ncalls);
	EXPECT_STREQ("{\"sysfs\":0}", t.result);
	EXPECT_NULL(t.kernel);
	transcript_free(&t);
}

#define OPENS                                                                                      \
	"open /dev/vfio/vfio fd=3 rdev=10:196 mode=0666\n"                                         \
	"open /dev/vfio/26 fd=4 rdev=253:0 mode=0600\n"

TEST(a_request_goes_to_the_fd_of_its_kind)
{
	static const char log[] = OPENS
		"VFIO_GROUP_GET_STATUS nr=0x3b67 in=0800000000000000 ret=0 errno=0 "
		"out=0800000001000000\n"
		"VFIO_GROUP_GET_DEVICE_FD nr=0x3b6a arg=\"0000:3b:00.0\" ret=5 errno=0\n"
		"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO nr=0x3b70 in=0c0000000000000000000000 ret=-1 "
		"errno=ENOSPC out=same\n"
		"VFIO_IOMMU_GET_INFO(argsz=8) nr=0x3b70 in=0800000000000000 ret=-1 errno=EINVAL "
		"out=same\nPROBE legacy rc=0\n"
		"open /dev/iommu fd=3 rdev=10:257 mode=0660\n"
		"VFIO_CHECK_EXTENSION nr=0x3b65 arg=0x8 ret=1 errno=0\n"
		"open /dev/vfio/26 fd=4 rdev=253:0 mode=0600\n"
		"VFIO_GROUP_GET_DEVICE_FD ret=-1 errno=EPERM\nPROBE compat rc=0\n";
	struct capture_error err = { "" };
	struct transcript t;

	ASSERT_EQ(0, import(log, &t, &err))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_EQ(4, t.calls[4].fd);
	EXPECT_EQ(UAPI_FD_GROUP, t.calls[5].kind);
	EXPECT_STREQ("0000:3b:00.0", t.device);
	EXPECT_EQ(5, t.calls[6].fd);
	EXPECT_EQ(UAPI_FD_DEVICE, t.calls[6].kind);
	EXPECT_EQ(3, t.calls[7].fd);
	EXPECT_EQ(UAPI_FD_CONTAINER, t.calls[7].kind);
	/* The section's end closes what its process left open, lowest first. */
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(SHIM_OP_CLOSE, t.calls[8 + i].op);
		EXPECT_EQ(3 + i, t.calls[8 + i].fd);
	}
	EXPECT_EQ(UAPI_FD_IOMMUFD, t.calls[13].kind);
	EXPECT_EQ(1, t.calls[13].ret);
	/* Its argument was not printed: the device's name. */
	EXPECT_EQ(-EPERM, t.calls[16].ret);
	EXPECT_STREQ("0000:3b:00.0", (char *)t.calls[16].in);
	transcript_free(&t);
}

TEST(buffers_are_taken_as_far_as_they_were_written)
{
	static const char log[] =
		"open /dev/iommu fd=3 rdev=10:257 mode=0660\n"
		"IOMMU_IOAS_IOVA_RANGES(num=1) nr=0x3b84 "
		"in=2000000002000000010000000000000000b0a0541f7f00000000000000000000 ret=-1 "
		"errno=EMSGSIZE "
		"out=2000000002000000020000000000000000b0a0541f7f00000010000000000000\n"
		"  num_iovas=2 alignment=0x1000 [0x0,0xfedfffff] "
		"ranges=0000000000000000ffffdffe00000000\n"
		"IOMMU_GET_HW_INFO(size=40,data_len=8,flags=0,in_type=0) nr=0x3b8a "
		"in=28000000000000000100000008000000b0855469fe7f0000000000000000000000000000000000"
		"00 ret=0 errno=0 "
		"out=28000000000000000100000018000000b0855469fe7f0000010000000000000000000000000000"
		"00\n"
		"  type=1 data_len=24 max_pasid_log2=0 capabilities=0x0 "
		"data64=0100000000000000a5a5a5a5a5a5a5a5\n";
	struct capture_error err = { "" };
	struct transcript t;

	ASSERT_EQ(0, import(log, &t, &err))
	{
		TH_LOG("%s", err.msg);
	}
	ASSERT_EQ(1, t.calls[2].nmem);
	EXPECT_STREQ("allowed_iovas", t.calls[2].mem[0].what);
	EXPECT_EQ(16, t.calls[2].mem[0].out_len);
	EXPECT_EQ(32, t.calls[2].out_len);
	EXPECT_EQ(-EMSGSIZE, t.calls[2].ret);
	ASSERT_EQ(1, t.calls[3].nmem);
	EXPECT_EQ(8, t.calls[3].mem[0].out_len);
	transcript_free(&t);
}

TEST(more_ranges_than_the_hex_dump_shows_come_from_their_decoded_form)
{
	char log[4000] =
		"open /dev/iommu fd=3 rdev=10:257 mode=0660\n"
		"IOMMU_IOAS_IOVA_RANGES(num=16) nr=0x3b84 "
		"in=2000000002000000100000000000000000b0a0541f7f00000000000000000000 ret=0 "
		"errno=0 "
		"out=20000000020000000a0000000000000000b0a0541f7f00000010000000000000\n"
		"  num_iovas=10 alignment=0x1000";
	struct capture_error err = { "" };
	struct transcript t;
	uint64_t last;

	for (int i = 0; i < 10; i++)
		sprintf(log + strlen(log), " [0x%x000,0x%x7ff]", i, i);
	strcat(log, " ranges=");
	for (int i = 0; i < 8; i++)
		sprintf(log + strlen(log), "00%x0000000000000ff%x7000000000000", i, i);
	strcat(log, "\n");
	ASSERT_EQ(0, import(log, &t, &err))
	{
		TH_LOG("%s", err.msg);
	}
	ASSERT_EQ(160, t.calls[2].mem[0].out_len);
	memcpy(&last, t.calls[2].mem[0].out + 152, 8);
	EXPECT_EQ(0x97ff, last);
	transcript_free(&t);
}

TEST(a_section_that_was_cut_off_is_closed_where_the_next_begins)
{
	static const char log[] = OPENS "open /dev/iommu fd=3 rdev=10:257 mode=0660\n";
	struct capture_error err = { "" };
	struct transcript t;

	ASSERT_EQ(0, import(log, &t, &err));
	EXPECT_EQ(SHIM_OP_CLOSE, t.calls[4].op);
	EXPECT_EQ(SHIM_OP_CLOSE, t.calls[5].op);
	EXPECT_EQ(SHIM_OP_OPEN, t.calls[6].op);
	EXPECT_EQ(SHIM_OP_CLOSE, t.calls[8].op);
	EXPECT_EQ(9, t.ncalls);
	EXPECT_STREQ("{}", t.result);
	transcript_free(&t);
}

static const struct {
	const char *line, *want;
} bad[] = {
	{ "sysfs /sys/a", "expected sysfs PATH" },
	{ "sysfs /sys/a errno=EWHAT", "expected sysfs PATH" },
	{ "link /sys/a", "expected link PATH" },
	{ "link /sys/a errno=0", "expected link PATH" },
	{ "dir /sys/a", "expected dir PATH" },
	{ "dir /sys/a : ", "name of a directory entry" },
	{ "open /dev/iommu", "expected open PATH" },
	{ "open /dev/iommu fd=x rdev=1:1 mode=0", "expected open PATH" },
	{ "open /dev/iommu fd=3 rdev=1:1", "expected open PATH" },
	{ "open /dev/iommu fd=3 rdev=1:1 mode=0666 more", "expected open PATH" },
	{ "open /dev/iommu fd=-3 rdev=1:1 mode=0666", "expected open PATH" },
	{ "open /dev/iommu errno=0", "expected open PATH" },
	{ "PROBE legacy", "expected PROBE" },
	{ "no iommu group: ENOENT", "a device named" },
	{ "  type=1 data64=00", "without its call" },
	{ "IOMMU_IOAS_ALLOC nr=0x3b81 in=0c ret=0 errno=0 out=0c", "no fd is open" },
	{ OPENS "VFIO_WHAT in=00 ret=0 errno=0", "expected nr=0x" },
	{ OPENS "VFIO_SET_IOMMU nr=zz arg=0x1 ret=0 errno=0", "expected nr=0x" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b65 arg=0x1 ret=0 errno=0", "not the one of its name" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b66 arg=0x1", "expected ret=NUMBER" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b66 arg=0x1 ret=0", "expected ret=NUMBER" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b66 arg=0x1 ret=x errno=0", "expected ret=NUMBER" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b66 arg=0x1 ret=0 errno=EPERM", "contradict" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b66 arg=0x1 ret=-1 errno=0", "contradict" },
	{ OPENS "VFIO_SET_IOMMU nr=0x3b66 arg=1g ret=0 errno=0", "expected in=HEX" },
	{ OPENS "VFIO_GROUP_GET_STATUS nr=0x3b67 in=080 ret=0 errno=0 out=same",
	  "expected in=HEX" },
	{ OPENS "VFIO_GROUP_GET_STATUS nr=0x3b67 in=08zz ret=0 errno=0 out=same",
	  "expected in=HEX" },
	{ OPENS "VFIO_GROUP_GET_STATUS nr=0x3b67 in=0800000000000000 ret=0 errno=0 out=08",
	  "expected out=HEX of as many" },
	{ OPENS "VFIO_GROUP_GET_STATUS nr=0x3b67 in=0800000000000000 ret=0 errno=0",
	  "expected out=HEX" },
	{ OPENS "VFIO_GROUP_GET_STATUS nr=0x3b67 in=0800 ret=0 errno=0 out=same",
	  "shorter than the request" },
	{ OPENS "VFIO_GROUP_GET_DEVICE_FD nr=0x3b6a arg=\"0000 ret=0 errno=0", "expected in=HEX" },
	{ "open /dev/iommu fd=3 rdev=1:1 mode=0666\n"
	  "IOMMU_GET_HW_INFO nr=0x3b8a "
	  "in=28000000000000000100000008000000b0855469fe7f0000000000000000000000000000000000"
	  "00 ret=0 errno=0 out=same\n  type=1 data64=0",
	  "buffer's bytes" },
};

TEST(a_line_that_cannot_be_read_is_named_by_its_number)
{
	char log[1500], at[40];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct capture_error err = { "" };
		struct transcript t;
		unsigned int line = 3;

		for (const char *p = bad[i].line; (p = strchr(p, '\n')); p++)
			line++;
		/* The error of a request may show where the next line ends it. */
		snprintf(log, sizeof(log), "boot text\n# label: x\n%s\nPROBE x rc=0\n",
			 bad[i].line);
		snprintf(at, sizeof(at), "log.txt:%u: ", line);
		EXPECT_EQ(-EINVAL, import(log, &t, &err))
		{
			TH_LOG("accepted %s", bad[i].line);
		}
		EXPECT_TRUE(one_line_with(err.msg, bad[i].want) &&
			    !strncmp(err.msg, at, strlen(at)))
		{
			TH_LOG("%s\n#  says: %s", bad[i].line, err.msg);
		}
		EXPECT_EQ(0, t.ncalls);
	}
}

TEST(what_is_no_probe_line_is_skipped_and_alone_is_no_log)
{
	struct capture_error err = { "" };
	struct transcript t;

	EXPECT_EQ(-ENODATA,
		  import("Welcome to Linux\n# label: x\n[    0.000000] boot\n", &t, &err));
	EXPECT_TRUE(one_line_with(err.msg, "no line of a probe"));
	ASSERT_EQ(0, import("SeaBIOS\n\nsysfs_free is a word\nVFIOnothing\nsysfs /sys/a = 1\nbye",
			    &t, &err))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_EQ(3, t.ncalls);
	transcript_free(&t);
}

/* Cut anywhere, a log is imported as far as it goes or refused by line. */
TEST(a_log_cut_anywhere_does_no_harm)
{
	struct corpus c = corpus_files("probe", ".txt");
	struct capture_error err = { "" };
	size_t len = 0, step;
	struct transcript t;
	char *text;

	ASSERT_LT(0, c.n);
	text = get_file(c.path[0], &len);
	step = len / 700 + 1;
	for (size_t cut = 0; cut < len; cut += step) {
		int rc = probe_parse(text, cut, "log.txt", &t, &err);

		if (rc) {
			EXPECT_TRUE(one_line_with(err.msg, "log.txt"));
		} else {
			transcript_free(&t);
		}
	}
	free(text);
	corpus_free(&c);
}

TEST_HARNESS_MAIN
