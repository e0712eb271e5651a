// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with a scenario file is told with line, field and what was expected. */
#include "harness/ktap/ktap.h"
#include "harness/scenario/scenario.h"

#define WIDE "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
	const char *text, *message;
} wrong[] = {
	{ "", "f:0: no step in this file" },
	{ "# nothing\n\n", "f:2: no step in this file" },
	{ "hosts a\n", "f:1: no step in this file" },
	{ "start\nhosts a\n", "f:2: hosts: expected before the first step, without a condition" },
	{ "[10.0] hosts a\nstart\n",
	  "f:1: hosts: expected before the first step, without a condition" },
	{ "hosts\nstart\n", "f:1: hosts: expected at least one field" },
	{ "stop\n",
	  "f:1: step 'stop': expected one of machine viommu device +dev -dev start translation "
	  "viommu-reset reset kexec quit lost back fail" },
	{ "start now\n", "f:1: start: field 1 'now': expected the end of the line" },
	{ "viommu\n", "f:1: viommu: 0 fields, expected at least 1" },
	{ "+dev @1\n", "f:1: +dev: 1 field, expected at least 2" },
	{ "+dev @0 legacy\n",
	  "f:1: +dev: field 1 '@0': expected a device: 0000:00:05.0, @1, a sysfs path, @v1 or "
	  "/dev/vhost-vdpa-0" },
	{ "+dev 00:05.0 legacy\n",
	  "f:1: +dev: field 1 '00:05.0': expected a device: 0000:00:05.0, @1, a sysfs path, @v1 "
	  "or /dev/vhost-vdpa-0" },
	{ "+dev @1 iommufd:\n",
	  "f:1: +dev: field 2 'iommufd:': expected legacy, iommufd, iommufd:ID or vdpa" },
	{ "translation maybe\n", "f:1: translation: field 1 'maybe': expected on or off" },
	{ "fail VFIO_NOTHING EIO\n",
	  "f:1: fail: field 1 'VFIO_NOTHING': expected open, or a request as VFIO_DEVICE_GET_INFO" },
	{ "fail IOMMU_IOAS_ALLOC EWHAT\n",
	  "f:1: fail: field 2 'EWHAT': expected the name of an errno, as ENODEV" },
	{ "start\nexpect table few\n",
	  "f:2: table: field 1 'few': expected a number, as 39, >=48 or <57" },
	{ "start\nexpect verdict good\n",
	  "f:2: verdict: field 1 'good': expected accepted, refused, error or unknown" },
	{ "expect refused \"no end\n", "f:1: field 2: a quote without its end" },
	{ "[10.0 start\n", "f:1: '[' without ']'" },
	{ "[10.0]\n", "f:1: a condition without a step" },
	{ "[ten] start\n",
	  "f:1: condition [ten]: expected versions or profiles, as in [10.2..], [..10.1], "
	  "[9.1..9.2,11.1], [!v7]" },
	{ "[10.0...] start\n",
	  "f:1: condition [10.0...]: expected versions or profiles, as in [10.2..], [..10.1], "
	  "[9.1..9.2,11.1], [!v7]" },
	{ "[" WIDE "] start\n", "f:1: a condition of more than 63 characters" },
	{ "profiles ten\nstart\n",
	  "f:1: condition [ten]: expected versions or profiles, as in [10.2..], [..10.1], "
	  "[9.1..9.2,11.1], [!v7]" },
	{ "memory 0\nstart\n", "f:1: memory: expected IOVA SIZE [ro], or none" },
	{ "memory 0 4097\nstart\n",
	  "f:1: memory: expected multiples of 4096, and a size of at most 64 MiB" },
	{ "memory 0 0x8000000\nstart\n",
	  "f:1: memory: expected multiples of 4096, and a size of at most 64 MiB" },
	{ "viommu a b\n", "f:1: viommu: field 2 'b': expected the end of the line" },
	{ "start \x1b\n", "f:1: start: field 1 '?': expected the end of the line" },
	{ "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25\n",
	  "f:1: more than 23 fields" },
};

TEST(what_is_wrong_is_told)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct scenario_error err;
		struct scenario *sc =
			scenario_parse("f", wrong[i].text, strlen(wrong[i].text), &err);

		EXPECT_NULL(sc)
		{
			TH_LOG("row %zu: %s", i, wrong[i].message);
		}
		if (!sc)
			EXPECT_STREQ(wrong[i].message, err.msg);
		scenario_free(sc);
	}
}

TEST(a_nul_byte_and_an_endless_line)
{
	static char line[5000];
	struct scenario_error err;

	EXPECT_NULL(scenario_parse("f", "sta\0rt\n", 7, &err));
	EXPECT_STREQ("f:1: a NUL byte", err.msg);
	memset(line, 'x', sizeof(line));
	EXPECT_NULL(scenario_parse("f", line, sizeof(line), &err));
	EXPECT_STREQ("f:1: a line of more than 4095 bytes", err.msg);
}

TEST(what_is_right_is_taken)
{
	static const char *const texts[] = {
		"start",
		"\t start # with a comment\r\n",
		"[v7,10.0..10.2] start\n[!11.1] start\n[..9.2]start\n",
		"expect refused \"a \\\"quoted\\\" word, [and] # this\"\n",
		"hosts a b\nhosts ./c.host.json\nneeds width>=48 legacy\nmemory none\nstart\n",
		"+dev 0000:01:00.1 iommufd:other bus=rp0,addr=1.2\n-dev /sys/bus/mdev/devices/x\n",
		"fail open EBUSY /dev/vfio/ 2\nfail VFIO_GROUP_GET_DEVICE_FD ENODEV\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scenario_error err;
		struct scenario *sc = scenario_parse("f", texts[i], strlen(texts[i]), &err);

		EXPECT_NOT_NULL(sc)
		{
			TH_LOG("%s", err.msg);
		}
		if (i == 4) {
			EXPECT_STREQ("./c.host.json", scenario_host(sc, 2));
			EXPECT_NULL(scenario_host(sc, 3));
		}
		scenario_free(sc);
	}
}

/* Any prefix of a file is read to its end, or refused: nothing is read beyond it. */
TEST(files_that_are_cut_anywhere)
{
	static const char text[] = "hosts a b\n[10.2..] viommu \"intel-iommu,aw-bits=48\"\n"
				   "+dev @1 iommufd:x bus=rp0\nexpect refused \"vfio @1: \\\"*\"\n"
				   "fail open EIO /dev/iommu 2\nquit\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		struct scenario_error err;
		char *copy = malloc(n ? n : 1);
		struct scenario *sc;

		ASSERT_NOT_NULL(copy);
		memcpy(copy, text, n);
		sc = scenario_parse("f", copy, n, &err);
		scenario_free(sc);
		free(copy);
	}
}

TEST_HARNESS_MAIN
