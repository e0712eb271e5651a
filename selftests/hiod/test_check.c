// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod_check_run(): the answer, stage, width, message and hint of a whole start. */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/fake.h"

#define L      HIOD_BACKEND_LEGACY
#define I      HIOD_BACKEND_IOMMUFD
#define CM     "intel-iommu,caching-mode=on"
#define SET    "vfio 0000:00:05.0: Failed to set vIOMMU: "
#define BIT(n) (1ull << (n))

static void run(struct fake *f, const char *profile, enum hiod_backend be, const char *viommu,
		struct hiod_verdict *v)
{
	struct hiod_check c = {
		.profile = hiod_profile_find(profile),
		.viommu = viommu,
		.backend = be,
		.bdf = "0000:00:05.0",
	};

	hiod_check_run(&f->shim, &c, v);
}

/* The same on both backends and on both of the versions that were executed. */
TEST(host_width_against_aw_bits)
{
	static const struct {
		struct hiod_range r[3];
		unsigned n;
		unsigned aw_bits;
		int host;
		bool accepted;
	} rows[] = {
		{ { { 0, BIT(39) - 1 } }, 1, 39, 39, true },
		{ { { 0, BIT(39) - 1 } }, 1, 48, 39, false },
		{ { { 0, BIT(39) } }, 1, 39, 40, true }, /* rounded up, though it is not full */
		{ { { 0, BIT(47) - 1 } }, 1, 48, 47, false },
		{ { { 0, BIT(47) } }, 1, 48, 48, true },
		{ { { 0, BIT(48) - 1 } }, 1, 48, 48, true },
		{ { { 0, UINT64_MAX } }, 1, 48, 64, true },
		{ { { 0, 0xffffffff } }, 1, 39, 32, false },
		{ { { 0, 0 } }, 1, 39, 0, false },
		{ { { 0, 0xfedfffff }, { 0xfef00000, BIT(39) - 1 } }, 2, 39, 39, true },
		/* a hole below the top is no matter */
		{ { { 0, 0xfff }, { BIT(47), BIT(48) - 1 } }, 2, 48, 48, true },
	};
	static const char *const profiles[] = { "qemu-10.0", "qemu-11.1" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 4; i++) {
		unsigned row = i / 4;
		struct hiod_verdict v;
		char viommu[64], want[128] = "";
		struct fake f;

		fake_init(&f);
		memcpy(f.ranges, rows[row].r, sizeof(rows[row].r));
		f.nranges = rows[row].n;
		snprintf(viommu, sizeof(viommu), CM ",aw-bits=%u", rows[row].aw_bits);
		run(&f, profiles[i % 2], i / 2 % 2, viommu, &v);
		EXPECT_EQ(rows[row].host, v.host_aw_bits)
		{
			TH_LOG("row %u", row);
		}
		EXPECT_EQ(rows[row].accepted ? HIOD_ACCEPTED : HIOD_REFUSED, v.qemu);
		EXPECT_EQ(v.qemu, v.verdict);
		if (!rows[row].accepted)
			snprintf(want, sizeof(want), SET "aw-bits %u > host aw-bits %d",
				 rows[row].aw_bits, rows[row].host);
		EXPECT_STREQ(want, v.message);
		EXPECT_EQ(HIOD_STAGE_CHECK, v.stage);
		EXPECT_EQ(rows[row].n, v.nranges);
		hiod_verdict_free(&v);
	}
}

/* The default width on a host of 39 bits, by version and machine type. */
TEST(default_widths)
{
	static const struct {
		const char *profile, *machine;
		const char *message;
	} rows[] = {
		{ "qemu-9.1", NULL, "" },
		{ "qemu-9.2", "pc-q35-9.2", "" },
		{ "qemu-10.0", NULL, SET "aw-bits 48 > host aw-bits 39" },
		{ "qemu-10.0", "pc-q35-9.1", "" },
		{ "qemu-10.0", "pc-q35-9.2", SET "aw-bits 48 > host aw-bits 39" },
		{ "qemu-11.1", "pc-q35-9.1", "" },
		{ "qemu-11.1", "q35", SET "aw-bits 48 > host aw-bits 39" },
		{ "qemu-11.1", "q35,default-bus-bypass-iommu=on", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_check c = {
			.profile = hiod_profile_find(rows[i].profile),
			.machine = rows[i].machine,
			.viommu = CM,
			.backend = L,
			.bdf = "00:05.0",
		};
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_STREQ(rows[i].message, v.message)
		{
			TH_LOG("%s %s", rows[i].profile, rows[i].machine);
		}
		hiod_verdict_free(&v);
	}
}

/* One refusal of each kind: stage and full text. */
TEST(refusals)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *viommu;
		const char *call; /* that fails */
		unsigned nth;
		int err;
		enum hiod_stage stage;
		const char *message, *hint;
	} rows[] = {
		{ "qemu-10.0", L, CM ",aw-bits=57", NULL, 0, 0, HIOD_STAGE_CONFIG,
		  "Legacy mode: supported values for aw-bits are: 39, 48", "" },
		{ "qemu-11.1", I, CM ",x-flts=on", NULL, 0, 0, HIOD_STAGE_CONFIG,
		  "Property 'intel-iommu.x-flts' not found", "qemu-11.1 calls it fsts" },
		{ "qemu-11.1", I, CM, "access", 1, EACCES, HIOD_STAGE_OPEN,
		  "/dev/iommu does not exist (is your kernel config missing CONFIG_IOMMUFD?)", "" },
		/* the object comes before the vIOMMU */
		{ "qemu-11.1", I, CM ",aw-bits=57", "access", 1, ENOENT, HIOD_STAGE_OPEN,
		  "/dev/iommu does not exist (is your kernel config missing CONFIG_IOMMUFD?)", "" },
		{ "qemu-10.0", I, CM, "open /dev/iommu", 1, ENOENT, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: Could not open '/dev/iommu': No such file or directory", "" },
		{ "qemu-10.0", L, CM, "stat", 1, ENOENT, HIOD_STAGE_OPEN,
		  "vfio /sys/bus/pci/devices/0000:00:05.0: no such host device: No such file or "
		  "directory",
		  "" },
		{ "qemu-10.0", L, CM, "readlink", 2, ENOENT, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: no iommu_group found: No such file or directory", "" },
		{ "qemu-10.0", L, CM, "open /dev/vfio/26", 1, EACCES, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: Could not open '/dev/vfio/26': Permission denied", "" },
		{ "qemu-10.0", L, CM, "GET_STATUS", 1, EIO, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: failed to get group 26 status: Input/output error", "" },
		{ "qemu-10.0", L, CM, "open /dev/vfio/vfio", 1, ENODEV, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: failed to setup container for group 26: Could not open "
		  "'/dev/vfio/vfio': No such device",
		  "" },
		{ "qemu-10.0", L, CM, "GET_API_VERSION", 1, ENOTTY, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: failed to setup container for group 26: supported vfio "
		  "version: 0, reported version: -1",
		  "" },
		{ "qemu-10.0", L, CM, "SET_CONTAINER", 1, EBUSY, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: failed to setup container for group 26: Failed to set group "
		  "container: Device or resource busy",
		  "" },
		{ "qemu-11.1", L, CM, "SET_IOMMU", 1, EPERM, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: failed to setup container for group 26: Failed to set iommu "
		  "for container: Operation not permitted",
		  "" },
		{ "qemu-10.0", L, CM, "IOMMU_GET_INFO", 1, ENOTTY, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: failed to setup container for group 26: Failed to get VFIO "
		  "IOMMU info: Inappropriate ioctl for device",
		  "" },
		{ "qemu-10.0", L, CM, "GET_DEVICE_FD", 1, EINVAL, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: error getting device from group 26: Invalid argument",
		  "Verify all devices in group 26 are bound to vfio-<bus> or pci-stub and not "
		  "already in use" },
		{ "qemu-10.0", L, CM, "GET_INFO", 1, EINVAL, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: error getting device info: Invalid argument", "" },
		{ "qemu-10.0", I, CM, "listdir", 1, ENOENT, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: vfio /sys/bus/pci/devices/0000:00:05.0/vfio-dev: couldn't "
		  "open directory /sys/bus/pci/devices/0000:00:05.0/vfio-dev: No such file or "
		  "directory",
		  "" },
		{ "qemu-10.0", I, CM, "open /sys/bus/pci/devices/0000:00:05.0/vfio-dev/vfio0/dev",
		  1, ENOENT, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: vfio /sys/bus/pci/devices/0000:00:05.0/vfio-dev: failed to "
		  "load \"/sys/bus/pci/devices/0000:00:05.0/vfio-dev/vfio0/dev\"",
		  "" },
		{ "qemu-10.0", I, CM, "fstat", 0, EIO, HIOD_STAGE_OPEN,
		  "vfio 0000:00:05.0: vfio /sys/bus/pci/devices/0000:00:05.0/vfio-dev: Failed to "
		  "open /dev/vfio/devices/vfio0: Input/output error",
		  "" },
		{ "qemu-11.1", I, CM, "BIND", 1, EPERM, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: error bind device fd=9 to iommufd=10: Operation not "
		  "permitted",
		  "" },
		{ "qemu-10.0", I, CM, "GET_HW_INFO", 1, EOPNOTSUPP, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: Failed to get hardware info: Operation not supported", "" },
		{ "qemu-11.1", I, CM, "GET_HW_INFO", 2, ENOTTY, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: Failed to get hardware info: Inappropriate ioctl for device",
		  "" },
		{ "qemu-10.0", I, CM, "IOAS_ALLOC", 1, ENOMEM, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: Failed to allocate ioas: Cannot allocate memory", "" },
		{ "qemu-11.1", I, CM ",scalable-mode=on,fsts=on", "HWPT_ALLOC", 1, EOPNOTSUPP,
		  HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: Failed to allocate hwpt: Operation not supported",
		  "fsts=on needs a host page table that can be nested, and this host makes none" },
		{ "qemu-10.0", I, CM, "ATTACH", 1, EINVAL, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: [iommufd=10] error attach 0000:00:05.0 (9) to id=11: Invalid "
		  "argument",
		  "" },
		{ "qemu-11.1", I, CM, "ATTACH", 1, EINVAL, HIOD_STAGE_REALIZE,
		  "vfio 0000:00:05.0: [iommufd=10] error attach 0000:00:05.0 (9) pasid 0 to id=11: "
		  "Invalid argument",
		  "" },
		{ "qemu-9.1", L, CM ",aw-bits=48", NULL, 0, 0, HIOD_STAGE_CHECK,
		  "vfio 0000:00:05.0: Failed to set iommu_device: aw-bits 48 > host aw-bits 39",
		  "aw-bits=39 fits this host" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		if (rows[i].call)
			fake_fail(&f, rows[i].call, rows[i].nth, rows[i].err);
		run(&f, rows[i].profile, rows[i].be, rows[i].viommu, &v);
		EXPECT_EQ(HIOD_REFUSED, v.verdict);
		EXPECT_EQ(HIOD_REFUSED, v.qemu);
		EXPECT_STREQ(rows[i].message, v.message);
		EXPECT_STREQ(rows[i].hint, v.hint)
		{
			TH_LOG("%s", v.message);
		}
		EXPECT_STREQ(hiod_stage_name(rows[i].stage), hiod_stage_name(v.stage))
		{
			TH_LOG("%s", v.message);
		}
		EXPECT_EQ(rows[i].stage == HIOD_STAGE_CHECK ? 39 : -1, v.host_aw_bits);
		EXPECT_EQ(0, fake_open_fds(&f));
		hiod_verdict_free(&v);
	}
}

TEST(hosts_that_do_not_play)
{
	struct hiod_verdict v;
	struct fake f;

	fake_init(&f);
	f.no_viable = true;
	run(&f, "qemu-11.1", L, CM, &v);
	EXPECT_STREQ("vfio 0000:00:05.0: group 26 is not viable", v.message);
	EXPECT_STREQ("Please ensure all devices within the iommu_group are bound to their vfio bus "
		     "driver.",
		     v.hint);

	fake_init(&f);
	f.extension = 0;
	run(&f, "qemu-11.1", L, CM, &v);
	EXPECT_STREQ(
		"vfio 0000:00:05.0: failed to setup container for group 26: No available IOMMU "
		"models",
		v.message);
	EXPECT_NOT_NULL(strstr(f.log, "c CHECK_EXTENSION(3)=0; c CHECK_EXTENSION(1)=0; "
				      "c CHECK_EXTENSION(7)=0; c CHECK_EXTENSION(2)=0; close c"));

	fake_init(&f);
	f.api_version = 7;
	run(&f, "qemu-10.0", L, CM, &v);
	EXPECT_STREQ("vfio 0000:00:05.0: failed to setup container for group 26: supported vfio "
		     "version: 0, reported version: 7",
		     v.message);

	fake_init(&f);
	f.extension = 7; /* a PowerPC host */
	run(&f, "qemu-10.0", L, CM, &v);
	EXPECT_EQ(HIOD_UNKNOWN, v.verdict);
	EXPECT_EQ(HIOD_UNKNOWN, v.qemu);

	/* which is tried in its older form, too */
	fake_init(&f);
	f.extension = 7;
	fake_fail(&f, "SET_IOMMU", 1, EPERM);
	run(&f, "qemu-10.0", L, CM, &v);
	EXPECT_NOT_NULL(strstr(f.log, "c SET_IOMMU(7)!; c SET_IOMMU(2); close c; close g"));
}

TEST(any_answer_but_0_to_check_extension_is_a_yes)
{
	struct hiod_verdict v;
	struct fake f;

	fake_init(&f);
	fake_fail(&f, "CHECK_EXTENSION", 0, EIO);
	run(&f, "qemu-11.1", L, CM ",aw-bits=39", &v);
	EXPECT_EQ(HIOD_ACCEPTED, v.qemu);
	EXPECT_TRUE(strstr(f.log, "SET_IOMMU(3); c CHECK_EXTENSION(10)!; c CHECK_EXTENSION(9)!") !=
		    NULL);
	hiod_verdict_free(&v);
}

TEST(type1_without_v2_is_set_as_such)
{
	struct hiod_verdict v;
	struct fake f;

	fake_init(&f);
	f.extension = 1;
	run(&f, "qemu-10.0", L, CM ",aw-bits=39", &v);
	EXPECT_EQ(HIOD_ACCEPTED, v.qemu);
	EXPECT_NOT_NULL(strstr(f.log, "c SET_IOMMU(1)"));
	hiod_verdict_free(&v);
}

TEST(a_node_with_other_numbers_is_passed_over)
{
	struct hiod_verdict v;
	struct fake f;

	fake_init(&f);
	f.cdev_is_other = true;
	run(&f, "qemu-11.1", I, CM ",aw-bits=39", &v);
	EXPECT_EQ(HIOD_ACCEPTED, v.qemu);
	EXPECT_TRUE(
		strstr(f.log, "open /dev/vfio/devices/vfio0; close d; open /dev/char/252:0; ") !=
		NULL);
	hiod_verdict_free(&v);
}

/* What is refused first when several things are wrong. */
TEST(precedence)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *viommu, *message;
	} rows[] = {
		{ "qemu-10.0", L, "intel-iommu,aw-bits=48", SET "aw-bits 48 > host aw-bits 39" },
		{ "qemu-11.1", L, "intel-iommu,aw-bits=48",
		  SET "Device assignment is not allowed without enabling caching-mode=on for Intel "
		      "IOMMU." },
		{ "qemu-10.0", L, "intel-iommu,aw-bits=39",
		  "We need to set caching-mode=on for intel-iommu to enable device assignment with "
		  "IOMMU protection." },
		{ "qemu-10.0", I, CM ",x-scalable-mode=on,x-flts=on",
		  SET "aw-bits 48 > host aw-bits 39" },
		{ "qemu-11.1", L, CM ",scalable-mode=on,fsts=on",
		  SET "aw-bits 48 > host aw-bits 39" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		run(&f, rows[i].profile, rows[i].be, rows[i].viommu, &v);
		EXPECT_STREQ(rows[i].message, v.message);
		hiod_verdict_free(&v);
	}
}

TEST(first_stage_is_refused_by_10_0_on_any_host)
{
	struct hiod_verdict v;
	struct fake f;

	for (int be = 0; be < 2; be++) {
		fake_init(&f);
		f.ranges[1].last = BIT(48) - 1;
		run(&f, "qemu-10.0", be, CM ",x-scalable-mode=on,x-flts=on", &v);
		EXPECT_STREQ(SET "host device is uncompatible with stage-1 translation", v.message);
		EXPECT_STREQ("x-flts=off fits this host", v.hint);
		hiod_verdict_free(&v);
	}
}

/* A hint names a change that the same version accepts on the same host: it is tried here. */
TEST(hints_are_true)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *viommu;
		int bits;
		const char *hint;
	} rows[] = {
		{ "qemu-10.0", L, CM, 39, "aw-bits=39 fits this host" },
		{ "qemu-10.0", L, "intel-iommu", 39, "aw-bits=39,caching-mode=on fits this host" },
		{ "qemu-10.0", L, "intel-iommu,aw-bits=39", 39, "caching-mode=on fits this host" },
		{ "qemu-11.1", I, "intel-iommu", 39, "aw-bits=39,caching-mode=on fits this host" },
		{ "qemu-11.1", I, "intel-iommu", 48, "caching-mode=on fits this host" },
		{ "qemu-11.1", L, CM ",scalable-mode=on,fsts=on", 48, "fsts=off fits this host" },
		{ "qemu-11.1", L, CM ",scalable-mode=on,fsts=on", 39,
		  "aw-bits=39,fsts=off fits this host" },
		{ "qemu-10.0", I, "intel-iommu,x-scalable-mode=on,x-flts=on", 47,
		  "aw-bits=39,caching-mode=on,x-flts=off fits this host" },
		/* without nesting the host's page table may be another: nothing is promised */
		{ "qemu-11.1", I, CM ",scalable-mode=on,fsts=on", 47, "" },
		{ "qemu-10.0", L, CM, 32,
		  "this host has 32 bits; the least that intel-iommu has is 39" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char viommu[160];
		struct hiod_verdict v;
		const char *tail;
		struct fake f;

		fake_init(&f);
		f.nranges = 1;
		f.ranges[0].last = BIT(rows[i].bits) - 1;
		run(&f, rows[i].profile, rows[i].be, rows[i].viommu, &v);
		EXPECT_EQ(HIOD_REFUSED, v.verdict);
		EXPECT_STREQ(rows[i].hint, v.hint);
		tail = strstr(v.hint, " fits this host");
		hiod_verdict_free(&v);
		if (!tail)
			continue;
		snprintf(viommu, sizeof(viommu), "%s,%.*s", rows[i].viommu, (int)(tail - v.hint),
			 v.hint);
		run(&f, rows[i].profile, rows[i].be, viommu, &v);
		EXPECT_EQ(HIOD_ACCEPTED, v.verdict)
		{
			TH_LOG("%s: %s", viommu, v.message);
		}
		hiod_verdict_free(&v);
	}
}

TEST(hints_about_the_host_iommu_are_true)
{
	static const struct {
		const char *options, *message, *hint;
	} rows[] = {
		{ "", SET "First stage 1GB large page is unsupported by host IOMMU",
		  "fs1gp=off fits this host" },
		{ ",fs1gp=off,pasid-bits=20",
		  SET "PASID bits size 20 > host IOMMU PASID bits size 8",
		  "pasid-bits=8 fits this host" },
		{ ",pasid-bits=20", SET "First stage 1GB large page is unsupported by host IOMMU",
		  "fs1gp=off,pasid-bits=8 fits this host" },
		{ ",fs1gp=off,pasid-bits=8", "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char viommu[160];
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		f.ranges[1].last = BIT(48) - 1;
		f.hw_cap = 0;
		f.hw_ecap = 7ull << 35;
		f.max_pasid_log2 = 20;
		snprintf(viommu, sizeof(viommu), CM ",scalable-mode=on,fsts=on%s", rows[i].options);
		run(&f, "qemu-11.1", I, viommu, &v);
		EXPECT_STREQ(rows[i].message, v.message);
		EXPECT_STREQ(rows[i].hint, v.hint);
		hiod_verdict_free(&v);
	}
}

TEST(without_a_viommu_nothing_is_checked)
{
	struct hiod_verdict v;
	struct fake f;

	for (int be = 0; be < 2; be++) {
		fake_init(&f);
		run(&f, "qemu-11.1", be, NULL, &v);
		EXPECT_EQ(HIOD_ACCEPTED, v.verdict);
		EXPECT_EQ(39, v.host_aw_bits);
		ASSERT_EQ(2, v.nranges);
		EXPECT_EQ(0xfedfffff, v.ranges[0].last);
		EXPECT_STREQ("", v.message);
		hiod_verdict_free(&v);
	}
}

TEST(what_is_not_modelled_is_unknown)
{
	static const char *const viommus[] = { "arm-smmuv3", "amd-iommu,dma-remap=on" };
	struct hiod_verdict v;
	struct fake f;

	for (int i = 0; i < 2; i++) {
		fake_init(&f);
		run(&f, "qemu-11.1", L, viommus[i], &v);
		EXPECT_EQ(HIOD_UNKNOWN, v.verdict);
		EXPECT_EQ(HIOD_UNKNOWN, v.qemu);
		EXPECT_EQ(HIOD_STAGE_CONFIG, v.stage);
		EXPECT_NOT_NULL(strstr(v.message, "not modelled"));
	}
}

TEST(device_addresses)
{
	static const struct {
		const char *bdf;
		bool good;
	} rows[] = {
		{ "0000:00:05.0", true },
		{ "00:05.0", true },
		{ "0:0:5.0", true },
		{ "/sys/bus/pci/devices/0000:00:05.0", true },
		{ "", false },
		{ "05.0", false },
		{ "00:05", false },
		{ "00:05.8", false },
		{ "00:20.0", false },
		{ "00:05.0x", false },
		{ "-1:05.0", false },
		{ "00: 5.0", false },
		{ "0000:00:05.0 ", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_check c = { .profile = hiod_profile_default(), .bdf = rows[i].bdf };
		struct hiod_verdict v;
		struct fake f;
		char want[128];

		fake_init(&f);
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(rows[i].good ? HIOD_ACCEPTED : HIOD_REFUSED, v.verdict)
		{
			TH_LOG("'%s': %s", rows[i].bdf, v.message);
		}
		snprintf(want, sizeof(want), "Property 'vfio-pci.host' doesn't take value '%s'",
			 rows[i].bdf);
		EXPECT_STREQ(rows[i].good ? "" : want, v.message);
		EXPECT_EQ(rows[i].good ? HIOD_STAGE_CHECK : HIOD_STAGE_CONFIG, v.stage);
		hiod_verdict_free(&v);
	}
}

TEST_HARNESS_MAIN
