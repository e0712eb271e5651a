// SPDX-License-Identifier: GPL-2.0-or-later
/* Replies that no kernel should give: what QEMU does, what we say. */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/fake.h"

#define L      HIOD_BACKEND_LEGACY
#define I      HIOD_BACKEND_IOMMUFD
#define ALL    3 /* both backends */
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

/* One distortion of the host, by name. */
static void distort(struct fake *f, const char *what)
{
	static const struct {
		const char *what;
		struct hiod_range r[3];
	} ranges[] = {
		{ "unsorted", { { 0xfef00000, BIT(39) - 1 }, { 0, 0xfedfffff } } },
		{ "touching", { { 0, 0xfff }, { 0x1000, BIT(39) - 1 } } },
		{ "overlapping", { { 0, 0x1fff }, { 0x1000, BIT(39) - 1 } } },
		{ "empty range", { { 0x1000, 0xfff }, { 0x2000, BIT(39) - 1 } } },
		{ "inverted range", { { 0x2000, 0xfff }, { 0x3000, BIT(39) - 1 } } },
		{ "inverted after good", { { 0, BIT(39) - 1 }, { BIT(40), 5 } } },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (!strcmp(what, ranges[i].what)) {
			memcpy(f->ranges, ranges[i].r, sizeof(ranges[i].r));
			return;
		}
	}
	if (!strcmp(what, "no ranges")) {
		f->nranges = 0;
	} else if (!strcmp(what, "no range capability")) {
		f->no_iova_cap = true;
	} else if (!strcmp(what, "no capabilities")) {
		f->no_info_caps = true;
	} else if (!strcmp(what, "ENOTTY")) {
		fake_fail(f, "IOVA_RANGES", 1, ENOTTY);
	} else if (!strcmp(what, "EMSGSIZE twice")) {
		f->num_iovas[0] = 1; /* fewer than there are: so the second call wants room too */
	} else if (!strcmp(what, "EIO")) {
		fake_fail(f, "IOVA_RANGES", 2, EIO);
	} else if (!strcmp(what, "one range is not written")) {
		f->nranges_written = 1;
	} else if (!strcmp(what, "num_iovas grows")) {
		f->num_iovas[1] = 3;
	} else if (!strcmp(what, "num_iovas shrinks")) {
		f->num_iovas[0] = 12; /* 12 announced, 2 come: as if the host had changed */
	} else if (!strcmp(what, "num_iovas huge")) {
		f->num_iovas[0] = UINT32_MAX;
	} else if (!strcmp(what, "argsz grows slowly")) {
		f->argsz_step = 8;
	} else if (!strcmp(what, "argsz grows fast")) {
		f->argsz_step = 1u << 30;
	} else if (!strcmp(what, "argsz grows out of the stack")) {
		f->argsz_step = 600;
	} else if (!strcmp(what, "argsz shrinks")) {
		f->argsz_shrinks = true;
	} else {
		abort();
	}
}

TEST(what_qemu_does_and_what_we_say)
{
	static const struct {
		const char *what;
		unsigned backends;
		unsigned aw_bits;
		enum hiod_answer verdict, qemu;
		int host_aw_bits;
		const char *message, *hint;
	} rows[] = {
		{ "no ranges", ALL, 48, HIOD_UNKNOWN, HIOD_ACCEPTED, -1,
		  "the kernel reports no usable IOVA ranges: host address width unknown (QEMU takes "
		  "64 bits)",
		  "" },
		{ "no range capability", 1 << L, 48, HIOD_UNKNOWN, HIOD_ACCEPTED, -1,
		  "the kernel reports no usable IOVA ranges: host address width unknown (QEMU takes "
		  "64 bits)",
		  "" },
		{ "no capabilities", 1 << L, 48, HIOD_UNKNOWN, HIOD_ACCEPTED, -1,
		  "the kernel reports no usable IOVA ranges: host address width unknown (QEMU takes "
		  "64 bits)",
		  "" },
		{ "ENOTTY", 1 << I, 48, HIOD_UNKNOWN, HIOD_ACCEPTED, -1,
		  "Cannot get IOVA ranges: Inappropriate ioctl for device",
		  "Fallback to default 64bit IOVA range and 4K page size" },
		{ "EMSGSIZE twice", 1 << I, 48, HIOD_UNKNOWN, HIOD_ACCEPTED, -1,
		  "Cannot get IOVA ranges: Message too long",
		  "Fallback to default 64bit IOVA range and 4K page size" },
		{ "EIO", 1 << I, 48, HIOD_UNKNOWN, HIOD_ACCEPTED, -1,
		  "Cannot get IOVA ranges: Input/output error",
		  "Fallback to default 64bit IOVA range and 4K page size" },
		{ "touching", ALL, 39, HIOD_ACCEPTED, HIOD_ACCEPTED, 39, "", "" },
		{ "unsorted", ALL, 39, HIOD_ERROR, HIOD_ACCEPTED, 39,
		  "host IOVA ranges are not sorted: 0x0-0xfedfffff lies below the one before it",
		  "" },
		/* sorted as QEMU sorts them they are still too narrow */
		{ "unsorted", ALL, 48, HIOD_REFUSED, HIOD_REFUSED, 39,
		  "vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39", "" },
		{ "overlapping", ALL, 39, HIOD_ERROR, HIOD_ACCEPTED, 39,
		  "host IOVA ranges overlap: 0x1000-0x7fffffffff and the one before it", "" },
		{ "empty range", ALL, 39, HIOD_ERROR, HIOD_ABORT, -1,
		  "host IOVA range starts at 0x1000 and ends at 0xfff (QEMU aborts: "
		  "range_set_bounds: Assertion `!range_is_empty(range)' failed)",
		  "" },
		{ "inverted range", ALL, 39, HIOD_ERROR, HIOD_ABORT, -1,
		  "host IOVA range starts at 0x2000 and ends at 0xfff (QEMU aborts: "
		  "range_invariant: Assertion `range->lob <= range->upb || range->lob == range->upb "
		  "+ 1' failed)",
		  "" },
		{ "inverted after good", ALL, 48, HIOD_ERROR, HIOD_ABORT, -1,
		  "host IOVA range starts at 0x10000000000 and ends at 0x5 (QEMU aborts: "
		  "range_invariant: Assertion `range->lob <= range->upb || range->lob == range->upb "
		  "+ 1' failed)",
		  "" },
		{ "one range is not written", ALL, 39, HIOD_ERROR, HIOD_UNKNOWN, -1,
		  "the kernel wrote 1 host IOVA ranges and announced more (QEMU reads "
		  "uninitialised memory)",
		  "" },
		{ "num_iovas grows", 1 << I, 39, HIOD_ERROR, HIOD_ABORT, -1,
		  "the kernel was given room for 2 IOVA ranges and claims to have written 3 (QEMU "
		  "reads past its buffer)",
		  "" },
		{ "num_iovas shrinks", 1 << I, 39, HIOD_ACCEPTED, HIOD_ACCEPTED, 39, "", "" },
		{ "num_iovas huge", 1 << I, 39, HIOD_ERROR, HIOD_ABORT, -1,
		  "the kernel claims 4294967295 IOVA ranges (QEMU computes their size in an int)",
		  "" },
		{ "argsz grows slowly", 1 << L, 39, HIOD_ERROR, HIOD_HANG, -1,
		  "argsz does not settle: 280 bytes wanted after 32 calls (QEMU grows its buffer for "
		  "ever)",
		  "" },
		{ "argsz grows out of the stack", 1 << L, 39, HIOD_ERROR, HIOD_HANG, -1,
		  "argsz does not settle: 19224 bytes wanted after 32 calls (QEMU grows its "
		  "buffer for ever)",
		  "" },
		{ "argsz grows fast", 1 << L, 39, HIOD_ERROR, HIOD_HANG, -1,
		  "argsz does not settle: 1073741848 bytes wanted after 1 calls (QEMU grows its "
		  "buffer for ever)",
		  "" },
		{ "argsz shrinks", 1 << L, 39, HIOD_ERROR, HIOD_ACCEPTED, 39,
		  "the kernel was given 120 bytes and says that it has only 24", "" },
	};
	static const char *const profiles[] = { "qemu-10.0", "qemu-10.2", "qemu-11.1" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 6; i++) {
		unsigned row = i / 6, be = i % 2;
		struct hiod_verdict v;
		char viommu[64];
		struct fake f;

		if (!(rows[row].backends & 1u << be))
			continue;
		fake_init(&f);
		distort(&f, rows[row].what);
		snprintf(viommu, sizeof(viommu), "intel-iommu,caching-mode=on,aw-bits=%u",
			 rows[row].aw_bits);
		run(&f, profiles[i / 2 % 3], be, viommu, &v);
		EXPECT_STREQ(hiod_answer_name(rows[row].verdict), hiod_answer_name(v.verdict))
		{
			TH_LOG("%s %u: %s", rows[row].what, be, f.log);
		}
		EXPECT_STREQ(hiod_answer_name(rows[row].qemu), hiod_answer_name(v.qemu))
		{
			TH_LOG("%s %u", rows[row].what, be);
		}
		EXPECT_EQ(rows[row].host_aw_bits, v.host_aw_bits)
		{
			TH_LOG("%s", rows[row].what);
		}
		EXPECT_STREQ(rows[row].message, v.message);
		EXPECT_STREQ(rows[row].hint, v.hint);
		EXPECT_EQ(0, fake_open_fds(&f));
		EXPECT_EQ(0, f.errors);
		EXPECT_GT(1u << 21, f.argsz_seen);
		hiod_verdict_free(&v);
	}
}

/* Where QEMU goes on with 64 bits and refuses for another reason, that is the answer. */
TEST(a_refusal_outweighs_the_unknown)
{
	struct hiod_verdict v;
	struct fake f;

	fake_init(&f);
	f.nranges = 0;
	run(&f, "qemu-11.1", L, "intel-iommu", &v);
	EXPECT_EQ(HIOD_REFUSED, v.verdict);
	EXPECT_EQ(HIOD_REFUSED, v.qemu);
	EXPECT_STREQ("", v.hint); /* nothing is known to fit */
	hiod_verdict_free(&v);
}

TEST(pasid_width_beyond_pcie)
{
	const char *viommu = "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on,pasid-bits=8";
	struct hiod_verdict v;
	struct fake f;

	for (unsigned bits = 20; bits <= 21; bits++) {
		fake_init(&f);
		f.ranges[1].last = BIT(48) - 1;
		f.max_pasid_log2 = bits;
		run(&f, "qemu-11.1", I, viommu, &v);
		EXPECT_EQ(bits > 20 ? HIOD_ABORT : HIOD_ACCEPTED, v.qemu);
		EXPECT_EQ(bits > 20 ? HIOD_ERROR : HIOD_ACCEPTED, v.verdict);
		EXPECT_EQ(0, fake_open_fds(&f));
		hiod_verdict_free(&v);
	}
}

TEST(short_vendor_data)
{
	const char *viommu = "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on,fs1gp=off";
	struct hiod_verdict v;
	struct fake f;

	fake_init(&f);
	f.ranges[1].last = BIT(48) - 1;
	f.hw_data_len = 8;
	run(&f, "qemu-11.1", I, viommu, &v);
	EXPECT_EQ(HIOD_ACCEPTED, v.qemu); /* zeros are what it finds there */
	EXPECT_EQ(HIOD_ERROR, v.verdict);
	EXPECT_STREQ("the kernel has 8 bytes of VT-d data where 24 are defined", v.message);
	hiod_verdict_free(&v);
}

TEST(answers_depend_on_the_version_where_qemu_changed)
{
	const struct hiod_profile *old = hiod_profile_find("qemu-10.1"),
				  *new = hiod_profile_find("qemu-10.2");

	EXPECT_EQ(HIOD_ACCEPTED, hiod_anomaly_qemu(old, HIOD_ANOMALY_MIXED_BACKENDS));
	EXPECT_EQ(HIOD_ABORT, hiod_anomaly_qemu(new, HIOD_ANOMALY_MIXED_BACKENDS));
	EXPECT_EQ(HIOD_ACCEPTED, hiod_anomaly_qemu(new, HIOD_ANOMALY_PASID_WIDTH));
	EXPECT_EQ(HIOD_ABORT,
		  hiod_anomaly_qemu(hiod_profile_find("qemu-11.1"), HIOD_ANOMALY_PASID_WIDTH));
}

TEST(every_anomaly_has_a_message)
{
	for (unsigned i = 0; i < HIOD_ANOMALY_COUNT; i++) {
		struct hiod_anomalies an = { 0 };
		char buf[256] = "";

		EXPECT_EQ(HIOD_ANOMALY_COUNT, hiod_anomaly_worst(&an));
		hiod_anomaly_note(&an, (enum hiod_anomaly)i, 1, 2);
		hiod_anomaly_note(&an, (enum hiod_anomaly)i, 3, 4); /* the first is kept */
		EXPECT_EQ(1, an.arg[i].a);
		hiod_anomaly_message(&an, (enum hiod_anomaly)i, buf, sizeof(buf));
		EXPECT_LT(20, strlen(buf));
		EXPECT_GT(sizeof(buf) - 1, strlen(buf));
	}
}

TEST_HARNESS_MAIN
