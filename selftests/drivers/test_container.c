// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFIO container in each of its states, by type1 and by iommufd's compat layer. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(container);
RIG_VARIANTS_GROUP(container);
/* What only one of the two does. */
RIG_FIXTURE(type1);
RIG_VARIANT_TYPE1(type1);
RIG_FIXTURE(compat);
RIG_VARIANT_COMPAT(compat);

static int extension(struct rig *r, unsigned long ext)
{
	return shim_ioctl_val(r->s, r->container, VFIO_CHECK_EXTENSION, ext);
}

static int set_iommu(struct rig *r, unsigned long type)
{
	return shim_ioctl_val(r->s, r->container, VFIO_SET_IOMMU, type);
}

static int get_info(struct rig *r)
{
	struct uapi_type1_info info = { .argsz = sizeof(info) };

	return shim_ioctl(r->s, r->container, VFIO_IOMMU_GET_INFO, &info);
}

TEST_F(container, version_is_0_in_every_state)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(0, shim_ioctl_val(r->s, r->container, VFIO_GET_API_VERSION, 0));
	rig_drop(r);
	RIG_ATTACH(r);
	EXPECT_EQ(0, shim_ioctl_val(r->s, r->container, VFIO_GET_API_VERSION, 0));
}

TEST_F(container, extensions)
{
	struct rig *r = &self->rig;
	const bool compat = r->mode == RIG_COMPAT;
	/* nesting: gone from type1 with 6.13, never in the compat layer. */
	const int nesting = !compat && RIG_HAS(r, TYPE1_NESTING);
	const struct {
		unsigned long ext;
		int before, after;
	} rows[] = {
		{ VFIO_TYPE1_IOMMU, 1, 1 },
		{ VFIO_TYPE1v2_IOMMU, 1, 1 },
		{ VFIO_UNMAP_ALL, 1, 1 },
		{ 6 /* nesting */, nesting, nesting },
		{ VFIO_UPDATE_VADDR, 0, !compat },
		{ VFIO_SPAPR_TCE_IOMMU, 0, 0 },
		{ VFIO_EEH, 0, 0 },
		{ VFIO_SPAPR_TCE_v2_IOMMU, 0, 0 },
		{ 0, 0, 0 },
		{ 77, 0, 0 },
		{ -1ul, 0, 0 },
	};

	ASSERT_EQ(0, rig_open_container(r));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i].before, extension(r, rows[i].ext))
		{
			TH_LOG("extension %ld", (long)rows[i].ext);
		}
	}
	if (sizeof(long) > 4) {
		EXPECT_EQ(0, extension(r, (unsigned long)(0x100000001ull)));
	}
	/* Coherence is that of domains, of which there are none; without an IOAS it cannot be told. */
	EXPECT_EQ(compat ? -ENODEV : 0, extension(r, VFIO_DMA_CC_IOMMU));
	rig_drop(r);
	RIG_ATTACH(r);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(rows[i].after, extension(r, rows[i].ext))
		{
			TH_LOG("extension %ld, attached", (long)rows[i].ext);
		}
	}
	EXPECT_LE(0, extension(r, VFIO_DMA_CC_IOMMU));
	EXPECT_GE(1, extension(r, VFIO_DMA_CC_IOMMU));
}

TEST_F(container, driver_is_set_once_and_with_a_group)
{
	struct rig *r = &self->rig;
	const bool compat = r->mode == RIG_COMPAT;
	int err;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(compat ? -ENODEV : -EINVAL, rig_set_iommu(r));
	EXPECT_EQ(-EINVAL, set_iommu(r, 77));
	ASSERT_EQ(0, rig_open_group(r));
	ASSERT_EQ(0, rig_set_container(r));
	EXPECT_EQ(compat ? -EINVAL : -ENODEV, set_iommu(r, 77));
	EXPECT_EQ(compat ? -EINVAL : -ENODEV, set_iommu(r, 0));
	err = rig_set_iommu(r);
	if (err && rig_refusal(r, err))
		SKIP(return, "%s", rig_refusal(r, err));
	ASSERT_EQ(0, err);
	EXPECT_EQ(compat ? 0 : -EINVAL, rig_set_iommu(r));
}

TEST_F(container, info_needs_a_driver)
{
	struct rig *r = &self->rig;
	const bool compat = r->mode == RIG_COMPAT;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(compat ? -ENODEV : -EINVAL, get_info(r));
	ASSERT_EQ(0, rig_open_group(r));
	ASSERT_EQ(0, rig_set_container(r));
	EXPECT_EQ(compat ? 0 : -EINVAL, get_info(r));
}

TEST_F(container, maps_need_a_driver)
{
	struct rig *r = &self->rig;
	const int err = r->mode == RIG_COMPAT ? -ENODEV : -EINVAL;
	uint64_t size = 4096;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(err, rig_map(r, 0, 0, 4096));
	EXPECT_EQ(err, rig_unmap(r, 0, &size));
}

TEST_F(container, unknown_request)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(r->mode == RIG_COMPAT ? -ENOTTY : -EINVAL,
		  shim_ioctl_val(r->s, r->container, RIG_UNKNOWN, 0));
	rig_drop(r);
	RIG_ATTACH(r);
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(r->s, r->container, RIG_UNKNOWN, 0));
}

/* Without its group a container is new again: no driver, no mapping. */
TEST_F(type1, last_group_takes_the_driver_along)
{
	struct rig *r = &self->rig;

	RIG_ATTACH(r);
	ASSERT_EQ(0, rig_map(r, rig_iova(r), 0, rig_page(r)));
	EXPECT_EQ(-EBUSY, shim_ioctl_val(r->s, r->group, VFIO_GROUP_UNSET_CONTAINER, 0));
	shim_close(r->s, r->dev);
	r->dev = -1;
	ASSERT_EQ(0, shim_ioctl_val(r->s, r->group, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(-EINVAL, get_info(r));
	EXPECT_EQ(0, extension(r, VFIO_UPDATE_VADDR));
	ASSERT_EQ(0, rig_set_container(r));
	ASSERT_EQ(0, rig_set_iommu(r));
	EXPECT_EQ(0, rig_map(r, rig_iova(r), 0, rig_page(r)));
}

/* The compat layer attaches with the device's descriptor and keeps the mappings when it goes. */
TEST_F(compat, attaches_with_the_descriptor)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	int err;

	ASSERT_EQ(0, rig_open_container(r));
	ASSERT_EQ(0, rig_open_group(r));
	ASSERT_EQ(0, rig_set_container(r));
	ASSERT_EQ(0, rig_set_iommu(r));
	EXPECT_EQ(1, rig_ranges(r, v, RIG_RANGES));
	EXPECT_EQ(0, v[0].start);
	EXPECT_EQ(UINT64_MAX, v[0].last);
	ASSERT_EQ(0, rig_map(r, 1ull << 20, 0, 4096));
	err = rig_get_device(r);
	if (err && rig_refusal(r, err))
		SKIP(return, "%s", rig_refusal(r, err));
	ASSERT_EQ(0, err);
	ASSERT_LE(1, rig_ranges(r, v, RIG_RANGES));
	EXPECT_EQ(-EEXIST, rig_map(r, 1ull << 20, 0, 4096));
	shim_close(r->s, r->dev);
	r->dev = -1;
	EXPECT_EQ(1, rig_ranges(r, v, RIG_RANGES));
	EXPECT_EQ(-EEXIST, rig_map(r, 1ull << 20, 0, 4096));
}

/* A mapping where the device cannot go: the device is refused, not the mapping. */
TEST_F(compat, refuses_a_device_behind_a_mapping)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	uint64_t hole = 0, size;
	int n;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	for (int i = 0; i + 1 < n && !hole; i++)
		if (v[i + 1].start - v[i].last > 4096)
			hole = (v[i].last | 4095) + 1;
	if (!hole)
		SKIP(return, "no hole in what the device reaches");
	shim_close(r->s, r->dev);
	r->dev = -1;
	ASSERT_EQ(0, rig_map(r, hole, 0, 4096));
	EXPECT_EQ(-EADDRINUSE, rig_get_device(r));
	size = 4096;
	ASSERT_EQ(0, rig_unmap(r, hole, &size));
	EXPECT_EQ(0, rig_get_device(r));
}

/* So can a mapping that no page table takes. */
TEST_F(compat, refuses_a_device_behind_a_mapping_without_access)
{
	struct rig *r = &self->rig;
	struct vfio_iommu_type1_dma_map m = {
		.argsz = sizeof(m),
		.vaddr = (uintptr_t)r->mem,
		.iova = 1 << 20,
		.size = 4096,
	};
	uint64_t size = 4096;
	char cap[64];

	if (!rig_attr(r, "iommu/intel-iommu/cap", cap, sizeof(cap)))
		SKIP(return, "the rule of VT-d's page tables");
	if (rig_warns_of_mute(r))
		SKIP(return, "this kernel warns of it in its log");
	RIG_ATTACH(r);
	shim_close(r->s, r->dev);
	r->dev = -1;
	ASSERT_EQ(0, shim_ioctl(r->s, r->container, VFIO_IOMMU_MAP_DMA, &m));
	EXPECT_EQ(-EINVAL, rig_get_device(r));
	ASSERT_EQ(0, rig_unmap(r, 1 << 20, &size));
	EXPECT_EQ(0, rig_get_device(r));
}

TEST_HARNESS_MAIN
