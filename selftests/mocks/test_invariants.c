// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What every reply of a real kernel keeps to, on hosts of every kind: sizes
 * and flags of info replies, form of capability chains and ranges, and which
 * mappings succeed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(host)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_VARIANT(host)
{
	struct host_spec spec;
	bool odd_regions;
};

FIXTURE_VARIANT_ADD(host, k61)
{ .spec = { .release = "6.1.0", .cap = CAP_48, .ecap = ECAP } };
FIXTURE_VARIANT_ADD(host, k612_39)
{ .spec = { .release = "6.12.117" } };
FIXTURE_VARIANT_ADD(host, k612_odd)
{ .spec = { .release = "6.12.117" }, .odd_regions = true };
FIXTURE_VARIANT_ADD(host, k73_first)
{ .spec = { .release = "7.3.4", .cap = CAP_FLTS, .ecap = ECAP_FLTS } };
FIXTURE_VARIANT_ADD(host, k73_full_odd)
{ .spec = { .release = "7.3.4", .cap = CAP_FULL, .ecap = ECAP_FULL }, .odd_regions = true };
FIXTURE_VARIANT_ADD(host, k612_amd)
{ .spec = { .release = "6.12.117", .type = HOST_IOMMU_AMD } };
FIXTURE_VARIANT_ADD(host, k73_virtio)
{ .spec = { .release = "7.3.4", .type = HOST_IOMMU_VIRTIO } };

FIXTURE_SETUP(host)
{
	self->h = test_host(&variant->spec);
	if (variant->odd_regions) {
		test_region(&self->h->groups[0], 0, 0, HOST_REGION_RESERVED);
		test_region(&self->h->groups[0], 0x2000, 0x2fff, HOST_REGION_DIRECT_RELAXABLE);
		test_region(&self->h->groups[0], 0x1001, 0x1003, HOST_REGION_RESERVED);
		test_region(&self->h->groups[0], 0x1002, 0x1010, HOST_REGION_MSI);
		test_region(&self->h->groups[0], 0x1012, 0x1013, HOST_REGION_RESERVED);
		test_region(&self->h->groups[0], 1ull << 38, UINT64_MAX - 1, HOST_REGION_RESERVED);
	}
	self->s = model_new(self->h, NULL);
}

FIXTURE_TEARDOWN(host)
{
	shim_destroy(self->s);
	host_free(self->h);
}

#define BUF 1024

union reply {
	struct uapi_type1_info info;
	uint8_t b[BUF];
};

static int get_info(struct shim *s, int c, uint32_t argsz, union reply *r)
{
	memset(r, 0xa5, sizeof(*r));
	r->info.argsz = argsz;
	return shim_ioctl(s, c, VFIO_IOMMU_GET_INFO, r);
}

/* Ascending, disjoint, never touching, start <= last. */
static bool well_formed(const struct host_range *r, int n)
{
	for (int i = 0; i < n; i++) {
		if (r[i].start > r[i].last)
			return false;
		if (i && (r[i].start <= r[i - 1].last || r[i].start - 1 == r[i - 1].last))
			return false;
	}
	return true;
}

/* 0, or which step of a chain is wrong; *end: where its last capability ends. */
static int chain_fault(const union reply *r, uint32_t *end)
{
	uint32_t pos = r->info.cap_offset, ids = 0;

	for (int step = 1; pos; step++) {
		struct vfio_info_cap_header hdr;
		uint32_t size = 0, n;

		if (pos > BUF - 16)
			return step;
		memcpy(&hdr, r->b + pos, sizeof(hdr));
		if (hdr.version != 1 || hdr.id > 3 || ids & 1u << hdr.id ||
		    (hdr.next && hdr.next <= pos))
			return step;
		ids |= 1u << hdr.id;
		memcpy(&n, r->b + pos + 8, sizeof(n));
		switch (hdr.id) {
		case 1: size = 16 + n * 16; break;
		case 2: size = 32; break;
		case 3: size = 12; break;
		default: return step;
		}
		*end = pos + size;
		pos = hdr.next;
	}
	return 0;
}

TEST_F(host, type1_info)
{
	union reply r;
	uint32_t need, end = 0;
	int g, c = test_type1(self->s, 1, &g);

	ASSERT_LE(0, c);
	ASSERT_EQ(0, get_info(self->s, c, 24, &r));
	need = r.info.argsz;
	for (uint32_t argsz = 24; argsz < need + 40; argsz++) {
		ASSERT_EQ(0, get_info(self->s, c, argsz, &r));
		EXPECT_EQ(3, r.info.flags);
		EXPECT_EQ(argsz >= need ? 24 : 0, r.info.cap_offset);
		EXPECT_EQ(argsz > need ? argsz : need, r.info.argsz);
		for (uint32_t i = argsz < need ? 24 : need; i < BUF; i++) {
			if (r.b[i] != 0xa5) {
				EXPECT_EQ(0xa5, r.b[i]);
				break;
			}
		}
	}
	EXPECT_EQ(0, chain_fault(&r, &end));
	EXPECT_EQ(need, end);
}

TEST_F(host, compat_info)
{
	union reply r;
	uint32_t need, end = 0;
	int c = shim_open(self->s, "/dev/iommu", O_RDWR), g = test_open_group(self->s, 1);

	if (c < 0)
		SKIP(return, "no iommufd in this kernel");
	ASSERT_EQ(0, test_set_container(self->s, g, c));
	ASSERT_LE(0, test_device_fd(self->s, g, BDF));
	ASSERT_EQ(0, get_info(self->s, c, 24, &r));
	need = r.info.argsz;
	for (uint32_t argsz = 24; argsz < need + 40; argsz++) {
		ASSERT_EQ(0, get_info(self->s, c, argsz, &r));
		EXPECT_EQ(need, r.info.argsz);
		EXPECT_EQ(argsz >= need ? 24 : 0, r.info.cap_offset);
		for (uint32_t i = argsz < need ? argsz : need; i < BUF; i++) {
			if (r.b[i] != 0xa5) {
				EXPECT_EQ(0xa5, r.b[i])
				{
					TH_LOG("argsz %u byte %u", argsz, i);
				}
				break;
			}
		}
	}
	EXPECT_EQ(0, chain_fault(&r, &end));
	EXPECT_EQ(need, end);
}

/* Pages around every end of every range, and around every power of two. */
static size_t probes(const struct host_range *r, int n, uint64_t *at)
{
	size_t k = 0;

	for (int i = 0; i < n; i++) {
		at[k++] = r[i].start & ~4095ull;
		at[k++] = (r[i].start & ~4095ull) + 4096;
		at[k++] = r[i].last & ~4095ull;
		at[k++] = (r[i].last & ~4095ull) + 4096;
	}
	for (int bit = 12; bit < 64; bit++) {
		at[k++] = 1ull << bit;
		at[k++] = (1ull << bit) - 4096;
	}
	return k;
}

static bool inside(const struct host_range *r, int n, uint64_t start, uint64_t last)
{
	for (int i = 0; i < n; i++)
		if (start >= r[i].start && last <= r[i].last)
			return true;
	return false;
}

TEST_F(host, type1_maps_exactly_what_lies_in_a_range)
{
	struct host_range r[16];
	uint64_t at[256];
	int g, c = test_type1(self->s, 1, &g), n = test_ranges(self->s, c, r, 16);
	size_t k = probes(r, n, at);

	ASSERT_LT(0, n);
	EXPECT_TRUE(well_formed(r, n));
	for (size_t i = 0; i < k; i++) {
		uint64_t size = 4096;
		int want = inside(r, n, at[i], at[i] + 4095) ? 0 : -EINVAL;

		EXPECT_EQ(want, test_map(self->s, c, at[i], 4096))
		{
			TH_LOG("iova 0x%llx", (unsigned long long)at[i]);
		}
		if (!want && at[i] + 4096)
			test_unmap(self->s, c, at[i], &size);
	}
}

TEST_F(host, iommufd_maps_exactly_what_lies_in_a_range)
{
	struct host_range r[16];
	uint64_t at[256];
	int i = shim_open(self->s, "/dev/iommu", O_RDWR), d, n;
	uint32_t ioas;
	size_t k;

	if (i < 0)
		SKIP(return, "no iommufd in this kernel");
	d = test_open_cdev(self->s, "vfio0");
	test_bind(self->s, d, i);
	ioas = (uint32_t)test_ioas(self->s, i);
	ASSERT_LT(0, test_attach(self->s, d, ioas));
	n = test_ioas_ranges(self->s, i, ioas, r, 16, NULL);
	ASSERT_LT(0, n);
	EXPECT_TRUE(well_formed(r, n));
	k = probes(r, n, at);
	for (size_t p = 0; p < k; p++) {
		uint64_t len = 4096;
		int want = inside(r, n, at[p], at[p] + 4095) ? 0 : -EINVAL;

		EXPECT_EQ(want, test_ioas_map(self->s, i, ioas, at[p], 4096))
		{
			TH_LOG("iova 0x%llx", (unsigned long long)at[p]);
		}
		if (!want)
			test_ioas_unmap(self->s, i, ioas, at[p], &len);
	}
}

TEST_F(host, both_backends_agree)
{
	struct host_range a[16], b[16];
	int i = shim_open(self->s, "/dev/iommu", O_RDWR), c, g, d, n;

	if (i < 0)
		SKIP(return, "no iommufd in this kernel");
	c = test_type1(self->s, 1, &g);
	n = test_ranges(self->s, c, a, 16);
	shim_close(self->s, g);
	d = test_open_cdev(self->s, "vfio0");
	test_bind(self->s, d, i);
	ASSERT_LT(0, test_attach(self->s, d, (uint32_t)test_ioas(self->s, i)));
	ASSERT_EQ(n, test_ioas_ranges(self->s, i, 2, b, 16, NULL));
	EXPECT_EQ(0, memcmp(a, b, (size_t)n * sizeof(a[0])));
}

TEST_F(host, emsgsize_means_more_than_given)
{
	int i = shim_open(self->s, "/dev/iommu", O_RDWR), d, total;
	struct host_range all[16];
	uint32_t ioas;

	if (i < 0)
		SKIP(return, "no iommufd in this kernel");
	d = test_open_cdev(self->s, "vfio0");
	test_bind(self->s, d, i);
	ioas = (uint32_t)test_ioas(self->s, i);
	test_attach(self->s, d, ioas);
	total = test_ioas_ranges(self->s, i, ioas, all, 16, NULL);
	for (int given = 0; given < 16; given++) {
		struct host_range r[16];
		struct iommu_ioas_iova_ranges q = {
			.size = sizeof(q),
			.ioas_id = ioas,
			.num_iovas = (uint32_t)given,
			.allowed_iovas = (uintptr_t)r,
		};
		int filled = given < total ? given : total;

		memset(r, 0xa5, sizeof(r));
		EXPECT_EQ(total > given ? -EMSGSIZE : 0,
			  shim_ioctl(self->s, i, IOMMU_IOAS_IOVA_RANGES, &q));
		EXPECT_EQ(total, (int)q.num_iovas);
		EXPECT_EQ(0, memcmp(r, all, (size_t)filled * sizeof(r[0])));
		for (int k = filled; k < 16; k++)
			EXPECT_EQ(0xa5a5a5a5a5a5a5a5ull, r[k].start);
	}
}

TEST_F(host, hw_info_fills_what_it_was_given)
{
	int i = shim_open(self->s, "/dev/iommu", O_RDWR), d, dev;
	uint32_t klen = UINT32_MAX;

	if (i < 0)
		SKIP(return, "no iommufd in this kernel");
	d = test_open_cdev(self->s, "vfio0");
	dev = test_bind(self->s, d, i);
	for (uint32_t len = 0; len < 80; len++) {
		uint8_t data[96];
		struct uapi_hw_info q = {
			.size = sizeof(q),
			.dev_id = (uint32_t)dev,
			.data_len = len,
			.data_uptr = (uintptr_t)data,
		};

		memset(data, 0xa5, sizeof(data));
		ASSERT_EQ(0, shim_ioctl(self->s, i, IOMMU_GET_HW_INFO, &q));
		if (klen == UINT32_MAX)
			klen = q.data_len;
		EXPECT_EQ(klen, q.data_len);
		for (uint32_t k = klen; k < sizeof(data); k++) {
			if (data[k] != (k < len ? 0 : 0xa5)) {
				EXPECT_EQ(k < len ? 0 : 0xa5, data[k])
				{
					TH_LOG("len %u byte %u", len, k);
				}
				break;
			}
		}
	}
}

/* Each range of the narrower list lies in one of the wider. */
static bool narrower(const struct host_range *in, int n, const struct host_range *wide, int m)
{
	for (int i = 0; i < n; i++)
		if (!inside(wide, m, in[i].start, in[i].last))
			return false;
	return true;
}

TEST(attach_narrows_and_detach_widens)
{
	struct host_spec spec = { .release = "7.3.4", .cap = CAP_48, .ecap = ECAP };
	struct host *h = test_host(&spec);
	struct host_range r[4][16];
	struct shim *s;
	int i, d[2], n[4], c, g, g2;

	test_unit(h, CAP_39, ECAP);
	test_region(test_group(h, 2), 0x10000, 0x1ffff, HOST_REGION_RESERVED);
	test_device(h, "0000:00:06.0", 2, 1);
	s = model_new(h, NULL);
	i = shim_open(s, "/dev/iommu", O_RDWR);
	test_ioas(s, i);
	n[0] = test_ioas_ranges(s, i, 1, r[0], 16, NULL);
	for (int k = 0; k < 2; k++) {
		d[k] = test_open_cdev(s, k ? "vfio1" : "vfio0");
		test_bind(s, d[k], i);
		ASSERT_LT(0, test_attach(s, d[k], 1));
		n[k + 1] = test_ioas_ranges(s, i, 1, r[k + 1], 16, NULL);
		EXPECT_TRUE(narrower(r[k + 1], n[k + 1], r[k], n[k]));
	}
	test_detach(s, d[1]);
	n[3] = test_ioas_ranges(s, i, 1, r[3], 16, NULL);
	EXPECT_EQ(n[1], n[3]);
	EXPECT_EQ(0, memcmp(r[1], r[3], (size_t)n[3] * sizeof(r[0][0])));
	shim_close(s, d[0]);
	shim_close(s, d[1]);

	c = test_type1(s, 1, &g);
	n[0] = test_ranges(s, c, r[0], 16);
	g2 = test_open_group(s, 2);
	ASSERT_EQ(0, test_set_container(s, g2, c));
	n[1] = test_ranges(s, c, r[1], 16);
	EXPECT_TRUE(narrower(r[1], n[1], r[0], n[0]));
	shim_ioctl_val(s, g2, VFIO_GROUP_UNSET_CONTAINER, 0);
	EXPECT_EQ(n[0], test_ranges(s, c, r[2], 16));
	EXPECT_EQ(0, memcmp(r[0], r[2], (size_t)n[0] * sizeof(r[0][0])));
	shim_destroy(s);
	host_free(h);
}

TEST_HARNESS_MAIN
