// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From registers and releases to domains and features. The registers are those
 * of machines whose boot logs are public, and of QEMU's emulated units.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

struct vector {
	const char *what;
	uint64_t cap;
	uint64_t ecap;
	unsigned int bits_612; /* [0, 2^bits - 1] of a default domain on 6.12 */
	unsigned int bits_73;
	unsigned int dirty_73; /* with DIRTY_TRACKING; 0: refused */
};

static const struct vector vectors[] = {
	{ "legacy 39", 0x1c0000c40660462, 0x19e2ff0505e, 39, 39, 0 },
	{ "legacy 39, older", 0xd2008c40660462, 0xf050da, 39, 39, 0 },
	{ "legacy 48", 0x8d2078c106f0466, 0xf020df, 48, 48, 0 },
	{ "57 MGAW, 4 levels", CAP_FULL, ECAP_FULL, 48, 47, 48 },
	{ "42 bits, cap bit 63", 0xc9de008cee690462, 0x12ca9a00f0ef5e, 42, 41, 0 },
	{ "57, 5 levels", 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, 57, 56, 57 },
	{ "QEMU 39", CAP_39, ECAP, 39, 39, 0 },
	{ "QEMU 48", CAP_48, ECAP, 48, 48, 0 },
	{ "QEMU 48 scalable", CAP_48, ECAP_SM, 48, 48, 0 },
};

static struct host_domain derive(const char *release, const char *cmdline, uint64_t cap,
				 uint64_t ecap, enum host_domain_kind kind)
{
	struct host_spec spec = {
		.release = release, .cmdline = cmdline, .cap = cap, .ecap = ecap
	};
	struct host *h = test_host(&spec);
	struct host_domain d;

	host_domain_get(h, &h->iommus[0], kind, &d);
	host_free(h);
	return d;
}

TEST(default_domain_of_public_registers)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct host_domain d;

		d = derive("6.12.117", NULL, v->cap, v->ecap, HOST_DOMAIN_PAGING);
		EXPECT_EQ(LAST(v->bits_612), d.aperture.last)
		{
			TH_LOG("%s", v->what);
		}
		EXPECT_EQ(0, d.attach_errno);
		d = derive("7.3.4", NULL, v->cap, v->ecap, HOST_DOMAIN_PAGING);
		EXPECT_EQ(LAST(v->bits_73), d.aperture.last)
		{
			TH_LOG("%s", v->what);
		}
		d = derive("7.3.4", NULL, v->cap, v->ecap, HOST_DOMAIN_DIRTY);
		EXPECT_EQ(v->dirty_73 ? 0 : EOPNOTSUPP, d.attach_errno)
		{
			TH_LOG("%s", v->what);
		}
		if (v->dirty_73) {
			EXPECT_EQ(LAST(v->dirty_73), d.aperture.last);
		}
	}
}

TEST(type1_and_iommufd_agree_on_the_aperture_from_613)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct host_domain a, b;

		a = derive("7.3.4", NULL, v->cap, v->ecap, HOST_DOMAIN_PAGING);
		b = derive("7.3.4", NULL, v->cap, v->ecap, HOST_DOMAIN_TYPE1);
		EXPECT_EQ(a.aperture.last, b.aperture.last);
		EXPECT_EQ(a.pgsizes, b.pgsizes);
	}
}

TEST(first_stage_only_until_612_differs_by_backend)
{
	struct host_domain d;

	d = derive("6.12.117", NULL, CAP_FLTS, ECAP_FLTS, HOST_DOMAIN_TYPE1);
	EXPECT_EQ(LAST(47), d.aperture.last);
	EXPECT_EQ(0, d.attach_errno);
	d = derive("6.12.117", NULL, CAP_FLTS, ECAP_FLTS, HOST_DOMAIN_PAGING);
	EXPECT_EQ(LAST(48), d.aperture.last);
	EXPECT_EQ(EINVAL, d.attach_errno);
	d = derive("6.1.0-56-cloud-amd64", NULL, CAP_FLTS, ECAP_FLTS, HOST_DOMAIN_TYPE1);
	EXPECT_EQ(LAST(47), d.aperture.last);
	d = derive("7.3.4", NULL, CAP_FLTS, ECAP_FLTS, HOST_DOMAIN_PAGING);
	EXPECT_EQ(LAST(47), d.aperture.last);
	EXPECT_EQ(0, d.attach_errno);
}

TEST(a_unit_with_a_second_stage_keeps_it_for_all_until_612)
{
	struct host_spec spec = { .cap = CAP_FLTS, .ecap = ECAP_FLTS };
	struct host *h = test_host(&spec);
	struct host_domain d;

	test_unit(h, CAP_48, ECAP_SM);
	host_domain_get(h, &h->iommus[0], HOST_DOMAIN_TYPE1, &d);
	EXPECT_EQ(EINVAL, d.attach_errno);
	host_free(h);
}

TEST(command_line_turns_scalable_mode_and_large_pages_off)
{
	static const struct {
		const char *cmdline;
		unsigned int bits;
		uint64_t pgsizes;
	} rows[] = {
		{ "quiet", 47, 0x40201000 },
		{ "intel_iommu=on,sm_off quiet", 48, 0x40201000 },
		{ "quiet intel_iommu=on intel_iommu=sm_off", 48, 0x40201000 },
		{ "intel_iommu=sm_off,sm_on", 47, 0x40201000 },
		{ "intel_iommu=sp_off", 47, 0x1000 },
		{ "intel_iommu=on,sm_off,sp_off", 48, 0x1000 },
		{ "not_intel_iommu=sm_off", 47, 0x40201000 },
		{ "intel_iommu=sm_offx", 47, 0x40201000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_domain d = derive("7.3.4", rows[i].cmdline, CAP_FULL | 1ull << 56,
					      ECAP_FULL, HOST_DOMAIN_PAGING);

		EXPECT_EQ(LAST(rows[i].bits), d.aperture.last)
		{
			TH_LOG("%s", rows[i].cmdline);
		}
		EXPECT_EQ(rows[i].pgsizes, d.pgsizes)
		{
			TH_LOG("%s", rows[i].cmdline);
		}
	}
}

TEST(page_sizes_come_from_the_stage)
{
	struct host_domain d;

	/* First stage: 1G needs its own bit, 2M does not; second: SLLPS. */
	d = derive("7.3.4", NULL, CAP_FULL & ~(1ull << 56), ECAP_FULL, HOST_DOMAIN_PAGING);
	EXPECT_EQ(0x201000, d.pgsizes);
	d = derive("7.3.4", NULL, CAP_48 & ~(0xfull << 34), ECAP, HOST_DOMAIN_PAGING);
	EXPECT_EQ(0x1000, d.pgsizes);
	d = derive("7.3.4", NULL, (CAP_48 & ~(0xfull << 34)) | 1ull << 34, ECAP, HOST_DOMAIN_TYPE1);
	EXPECT_EQ(0x201000, d.pgsizes);
}

TEST(kinds_need_their_hardware_and_kernel)
{
	static const struct {
		const char *release;
		uint64_t cap;
		uint64_t ecap;
		enum host_domain_kind kind;
		int err;
	} rows[] = {
		{ "7.3.4", CAP_FULL, ECAP_FULL, HOST_DOMAIN_PARENT, 0 },
		{ "7.3.4", CAP_FULL, ECAP_FULL & ~(1ull << 26), HOST_DOMAIN_PARENT, EOPNOTSUPP },
		{ "7.3.4", CAP_48, ECAP | 1ull << 26, HOST_DOMAIN_PARENT, EOPNOTSUPP },
		{ "7.3.4", CAP_FULL, ECAP_FULL & ~(1ull << 48), HOST_DOMAIN_DIRTY, EOPNOTSUPP },
		{ "6.6.0", CAP_FULL, ECAP_FULL, HOST_DOMAIN_DIRTY, EOPNOTSUPP },
		{ "6.7.0", CAP_FULL, ECAP_FULL, HOST_DOMAIN_DIRTY, 0 },
		{ "7.3.4", CAP_39, ECAP, HOST_DOMAIN_PASID, 0 },
		{ "6.14.0", CAP_39, ECAP, HOST_DOMAIN_PASID, EOPNOTSUPP },
		{ "7.3.4", CAP_FLTS, ECAP_FLTS, HOST_DOMAIN_PARENT, EOPNOTSUPP },
		{ "7.3.4", CAP_48, 1ull << 43, HOST_DOMAIN_PAGING, EOPNOTSUPP },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_domain d =
			derive(rows[i].release, NULL, rows[i].cap, rows[i].ecap, rows[i].kind);

		EXPECT_EQ(rows[i].err, d.attach_errno)
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST(a_unit_without_a_usable_width_takes_no_device)
{
	uint64_t none = CAP_48 & ~(0x1full << 8);

	EXPECT_EQ(ENODEV, derive("6.12.117", NULL, none, ECAP, HOST_DOMAIN_PAGING).attach_errno);
	EXPECT_EQ(EINVAL, derive("7.3.4", NULL, none, ECAP, HOST_DOMAIN_PAGING).attach_errno);
}

TEST(other_drivers_and_recorded_domains)
{
	struct host_spec amd = { .type = HOST_IOMMU_AMD, .cmdline = "amd_iommu=pgtbl_v2" };
	struct host_spec virtio = { .type = HOST_IOMMU_VIRTIO };
	struct host *h = test_host(&virtio);
	struct host_domain d;

	host_domain_get(h, &h->iommus[0], HOST_DOMAIN_PAGING, &d);
	EXPECT_EQ(UINT64_MAX, d.aperture.last);
	EXPECT_EQ(0xfffffffffffff000ull, d.pgsizes);
	host_domain_get(h, &h->iommus[0], HOST_DOMAIN_DIRTY, &d);
	EXPECT_EQ(EOPNOTSUPP, d.attach_errno);

	/* What was seen of one backend holds for the other. */
	h->iommus[0].domain[HOST_DOMAIN_TYPE1] = (struct host_domain){ .known = true,
								       .aperture = { 0, LAST(46) },
								       .pgsizes = 0x1000 };
	host_domain_get(h, &h->iommus[0], HOST_DOMAIN_PAGING, &d);
	EXPECT_EQ(LAST(46), d.aperture.last);
	host_free(h);

	h = test_host(&amd);
	host_domain_get(h, &h->iommus[0], HOST_DOMAIN_TYPE1, &d);
	EXPECT_EQ(LAST(47), d.aperture.last);
	h->cmdline[0] = '\0';
	host_domain_get(h, &h->iommus[0], HOST_DOMAIN_TYPE1, &d);
	EXPECT_EQ(UINT64_MAX, d.aperture.last);
	EXPECT_EQ(0x000fff7ffffff000ull, d.pgsizes);
	host_free(h);
}

TEST(releases_and_their_features)
{
	static const struct {
		const char *release;
		uint32_t version;
		enum host_feature has;
		enum host_feature lacks;
	} rows[] = {
		{ "6.1.0-56-cloud-amd64", 6 << 16 | 1, HOST_F_RMRR_EPERM, HOST_F_IOMMUFD },
		{ "6.2", 6 << 16 | 2, HOST_F_IOMMUFD, HOST_F_RMRR_EPERM },
		{ "6.6.1", 6 << 16 | 6, HOST_F_CAPS_ALIGN8, HOST_F_DIRTY },
		{ "6.11.9", 6 << 16 | 11, HOST_F_FAULT, HOST_F_HW_INFO_PASID },
		{ "6.12.117+deb12", 6 << 16 | 12, HOST_F_HW_INFO_PASID, HOST_F_FIRST_STAGE },
		{ "6.13-rc1", 6 << 16 | 13, HOST_F_FIRST_STAGE, HOST_F_TYPE1_NESTING },
		{ "6.18.0", 6 << 16 | 18, HOST_F_MAP_EOVERFLOW, HOST_F_WIDTH_MGAW },
		{ "7.3.4+deb13", 7 << 16 | 3, HOST_F_NOIOMMU_PA, HOST_F_TYPE1_NESTING },
		{ "not a release", 0, HOST_F_FAULT, HOST_F_VIOMMU },
		{ "6.", 0, HOST_F_FAULT, HOST_F_VIOMMU },
		{ NULL, 0, HOST_F_FAULT, HOST_F_VIOMMU },
		{ "99999999.1", 0, HOST_F_FAULT, HOST_F_VIOMMU },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t bits = host_features_default(rows[i].release);

		EXPECT_EQ(rows[i].version, host_kernel_version(rows[i].release));
		EXPECT_TRUE(bits & 1u << rows[i].has)
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_FALSE(bits & 1u << rows[i].lacks)
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST(every_feature_has_one_name)
{
	for (int f = 0; f < HOST_F_NR; f++) {
		ASSERT_NOT_NULL(host_feature_name(f));
		EXPECT_EQ(f, host_feature_from_name(host_feature_name(f)));
	}
	EXPECT_NULL(host_feature_name(HOST_F_NR));
	EXPECT_EQ(-1, host_feature_from_name("no-such"));
}

TEST(finders_and_freeing_nothing)
{
	struct host_spec spec = { 0 };
	struct host *h = test_host(&spec);

	EXPECT_TRUE(host_find_device(h, BDF) == &h->devices[0]);
	EXPECT_NULL(host_find_device(h, "0000:00:06.0"));
	EXPECT_TRUE(host_find_group(h, 1) == &h->groups[0]);
	EXPECT_NULL(host_find_group(h, 2));
	host_free(h);
	host_free(NULL);
}

TEST_HARNESS_MAIN
