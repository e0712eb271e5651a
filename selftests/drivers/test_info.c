// SPDX-License-Identifier: GPL-2.0-or-later
/* VFIO_IOMMU_GET_INFO: sizes, the capability chain, what is in it. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(info);
RIG_VARIANTS_GROUP(info);

#define CAPS_AT 24 /* where the first capability lies */

static int info(struct rig *r, uint32_t argsz, struct rig_reply *out)
{
	return rig_info(r, r->container, VFIO_IOMMU_GET_INFO, argsz, RIG_POISON * 0x01010101u, out);
}

/* Bytes of the fixed part that come with a buffer of argsz. */
static size_t fixed_part(const struct rig *r, uint32_t argsz)
{
	size_t most = RIG_HAS(r, INFO_PAD) || r->mode == RIG_COMPAT ? 24 : 20;

	if (argsz >= most)
		return most;
	/* Before 6.6 type1 knows two lengths only. */
	return most == 20 ? 16 : argsz;
}

TEST_F(info, sizes)
{
	struct rig *r = &self->rig;
	const bool compat = r->mode == RIG_COMPAT;
	struct rig_reply reply;
	uint32_t required;

	RIG_ATTACH(r);
	ASSERT_EQ(0, info(r, CAPS_AT, &reply));
	required = rig_word(&reply, 0);
	ASSERT_LT(CAPS_AT, required);
	ASSERT_GT(sizeof(reply) - 64, required);
	for (uint32_t argsz = 0; argsz < 16; argsz++) {
		EXPECT_EQ(-EINVAL, info(r, argsz, &reply));
		EXPECT_EQ(argsz, rig_word(&reply, 0));
		EXPECT_EQ(RIG_POISON, reply.b[4]);
	}
	for (uint32_t argsz = 16; argsz < required + 40; argsz++) {
		bool fits = argsz >= required;
		size_t end;

		ASSERT_EQ(0, info(r, argsz, &reply));
		/* type1 raises argsz when it is too small; the compat layer tells it always. */
		EXPECT_EQ(!compat && fits ? argsz : required, rig_word(&reply, 0));
		EXPECT_EQ(VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS, rig_word(&reply, 4));
		if (argsz >= CAPS_AT) {
			EXPECT_EQ(fits ? CAPS_AT : 0, rig_word(&reply, 16));
		}
		/* Nothing beyond the buffer; without room for all type1 writes no capability. */
		end = rig_written(&reply);
		EXPECT_GE(fits ? required : compat ? argsz : fixed_part(r, argsz), end)
		{
			TH_LOG("argsz %u", argsz);
		}
	}
	/* Before 6.6 the end of the fixed part is the user's own also when all fits. */
	ASSERT_EQ(0, info(r, sizeof(reply), &reply));
	EXPECT_EQ(fixed_part(r, CAPS_AT) == 20 ? 0xa5a5a5a5 : 0, rig_word(&reply, 20));
	EXPECT_EQ(0, info(r, UINT32_MAX, &reply));
	EXPECT_EQ(compat ? required : UINT32_MAX, rig_word(&reply, 0));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->container, VFIO_IOMMU_GET_INFO, 0));
}

/* Each capability in turn; at[] gets their offsets by id, 0 for those not there. */
static int walk(const struct rig_reply *reply, uint32_t at[4], uint32_t *end, bool align8)
{
	uint32_t size[] = { 0, 16, 32, 12 };
	uint32_t pos = rig_word(reply, 16), want = CAPS_AT;

	memset(at, 0, 4 * sizeof(*at));
	while (pos) {
		uint16_t id, version;

		memcpy(&id, reply->b + pos, 2);
		memcpy(&version, reply->b + pos + 2, 2);
		if (pos != want || id < 1 || id > 3 || version != 1 || at[id])
			return -EPROTO;
		at[id] = pos;
		if (id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			size[id] += 16 * rig_word(reply, pos + 8);
		want = pos + (align8 ? (size[id] + 7) & ~7u : size[id]);
		pos = rig_word(reply, pos + 4);
	}
	*end = want;
	return 0;
}

TEST_F(info, chain_is_gapless_with_each_capability_once)
{
	struct rig *r = &self->rig;
	const bool compat = r->mode == RIG_COMPAT;
	struct rig_reply reply;
	uint32_t at[4], end, required;

	RIG_ATTACH(r);
	ASSERT_EQ(0, info(r, CAPS_AT, &reply));
	required = rig_word(&reply, 0);
	ASSERT_EQ(0, info(r, sizeof(reply), &reply));
	ASSERT_EQ(0, walk(&reply, at, &end, RIG_HAS(r, CAPS_ALIGN8)));
	EXPECT_EQ(required, end);
	EXPECT_EQ(compat, !at[VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION]);
	ASSERT_NE(0, at[VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL]);
	/* The ranges come last. */
	ASSERT_LT(at[VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL], at[VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE]);
}

TEST_F(info, page_sizes_and_migration_agree)
{
	struct rig *r = &self->rig;
	struct rig_reply reply;
	struct uapi_cap_migration mig;
	uint32_t at[4], end;
	uint64_t pages;

	RIG_ATTACH(r);
	ASSERT_EQ(0, info(r, sizeof(reply), &reply));
	memcpy(&pages, reply.b + 8, sizeof(pages));
	EXPECT_EQ(4096, pages & -pages);
	if (r->mode == RIG_COMPAT)
		return;
	ASSERT_EQ(0, walk(&reply, at, &end, RIG_HAS(r, CAPS_ALIGN8)));
	memcpy(&mig, reply.b + at[VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION], sizeof(mig));
	EXPECT_EQ(0, mig.flags);
	EXPECT_EQ(4096, mig.pgsize_bitmap);
	EXPECT_EQ(256u << 20, mig.max_dirty_bitmap_size);
}

static uint32_t avail(struct rig *r)
{
	struct rig_reply reply;
	uint32_t at[4], end;

	if (info(r, sizeof(reply), &reply) || walk(&reply, at, &end, RIG_HAS(r, CAPS_ALIGN8)))
		return 0;
	return rig_word(&reply, at[VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL] + 8);
}

TEST_F(info, mappings_left)
{
	struct rig *r = &self->rig;
	const bool compat = r->mode == RIG_COMPAT;
	uint64_t page, size;
	uint32_t all;

	RIG_ATTACH(r);
	page = rig_page(r);
	all = avail(r);
	EXPECT_EQ(compat, all == UINT32_MAX);
	for (uint32_t i = 1; i <= 3; i++) {
		ASSERT_EQ(0, rig_map(r, rig_iova(r) + i * page, 0, page));
		EXPECT_EQ(compat ? all : all - i, avail(r));
	}
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(3 * page, size);
	EXPECT_EQ(all, avail(r));
}

TEST_F(info, ranges_are_sorted_and_never_touch)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	int n;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	ASSERT_GE(RIG_RANGES, n);
	for (int i = 0; i < n; i++) {
		EXPECT_LE(v[i].start, v[i].last);
		if (i) {
			EXPECT_LT(v[i - 1].last, v[i].start);
			EXPECT_LT(1, v[i].start - v[i - 1].last);
		}
	}
}

/* The kernel tells the regions in sysfs too: no range may hold one. */
TEST_F(info, reserved_regions_are_in_no_range)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	char buf[4096], type[32];
	const char *p = rig_attr(r, "iommu_group/reserved_regions", buf, sizeof(buf));
	uint64_t start, last;
	int n, used, seen = 0;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	ASSERT_NOT_NULL(p);
	while (sscanf(p, "%" SCNx64 " %" SCNx64 " %31s%n", &start, &last, type, &used) == 3) {
		seen++;
		p += used;
		for (int i = 0; i < n && strcmp(type, "direct-relaxable"); i++) {
			EXPECT_TRUE(last < v[i].start || start > v[i].last);
		}
	}
	EXPECT_LE(1, seen);
}

TEST_HARNESS_MAIN
