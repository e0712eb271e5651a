// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMU_GET_HW_INFO: how it fills buffers of any length, and that sysfs agrees. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(hwinfo);
RIG_VARIANT_IOMMUFD(hwinfo);

/* The structure as this kernel has it. */
static uint32_t whole(const struct rig *r)
{
	return RIG_HAS(r, DIRTY) ? 40 : 32;
}

/* What lies behind size is nothing to the kernel, and stays poison. */
static int hw_info(struct rig *r, uint32_t size, uint32_t id, void *data, uint32_t len,
		   struct uapi_hw_info *out)
{
	*out = (struct uapi_hw_info){
		.size = size,
		.dev_id = id,
		.data_len = len,
		.data_uptr = (uintptr_t)data,
		.out_capabilities = size > 32 ? 0 : 0xa5a5a5a5a5a5a5a5,
	};
	return shim_ioctl(r->s, r->iommufd, IOMMU_GET_HW_INFO, out);
}

/* Binds alone: the request needs no page table. */
#define BIND(r)                                                                                    \
	do {                                                                                       \
		ASSERT_EQ(0, rig_open_container(r));                                               \
		ASSERT_EQ(0, rig_open_cdev(r));                                                    \
		int bind_err_ = rig_bind(r);                                                       \
		if (bind_err_ && rig_refusal(r, bind_err_))                                        \
			SKIP(return, "%s", rig_refusal(r, bind_err_));                             \
		ASSERT_EQ(0, bind_err_);                                                           \
	} while (0)

TEST_F(hwinfo, arguments)
{
	struct rig *r = &self->rig;
	struct uapi_hw_info hw;

	BIND(r);
	EXPECT_EQ(-EINVAL, hw_info(r, 31, r->devid, NULL, 0, &hw));
	EXPECT_EQ(-ENOENT, hw_info(r, whole(r), r->devid + 1, NULL, 0, &hw));
	EXPECT_EQ(-ENOENT, hw_info(r, whole(r), 0, NULL, 0, &hw));
	EXPECT_EQ(-ENOENT,
		  hw_info(r, whole(r), (uint32_t)test_ioas(r->s, r->iommufd), NULL, 0, &hw));
	for (uint32_t bit = 1; bit < 32; bit++) {
		hw = (struct uapi_hw_info){ .size = whole(r),
					    .flags = 1u << bit,
					    .dev_id = r->devid };
		EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_GET_HW_INFO, &hw));
	}
	hw = (struct uapi_hw_info){ .size = whole(r), .dev_id = r->devid, .reserved = { 0, 0, 1 } };
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_GET_HW_INFO, &hw));
	EXPECT_EQ(-EFAULT, hw_info(r, whole(r), r->devid, NULL, 4, &hw));
}

/* The length told is the kernel's, whatever was given; the buffer is filled, with zeros at its end. */
TEST_F(hwinfo, buffers_of_any_length)
{
	struct rig *r = &self->rig;
	struct uapi_hw_info hw;
	uint8_t full[128], data[128];
	uint32_t klen;

	BIND(r);
	ASSERT_EQ(0, hw_info(r, whole(r), r->devid, NULL, 0, &hw));
	klen = hw.data_len;
	EXPECT_EQ(hw.data_type == UAPI_HW_INFO_TYPE_NONE, !klen);
	ASSERT_GT(64, klen);
	memset(full, RIG_POISON, sizeof(full));
	ASSERT_EQ(0, hw_info(r, whole(r), r->devid, full, klen, &hw));
	for (uint32_t len = 0; len < 100; len++) {
		memset(data, RIG_POISON, sizeof(data));
		ASSERT_EQ(0, hw_info(r, whole(r), r->devid, data, len, &hw));
		EXPECT_EQ(klen, hw.data_len);
		EXPECT_EQ(0, memcmp(full, data, len < klen ? len : klen));
		for (uint32_t i = klen; i < sizeof(data); i++) {
			EXPECT_EQ(i < len ? 0 : RIG_POISON, data[i])
			{
				TH_LOG("byte %u of %u", i, len);
			}
		}
		if (len < klen) {
			EXPECT_EQ(RIG_POISON, data[len]);
		}
	}
}

TEST_F(hwinfo, structure_of_66_gets_no_capabilities)
{
	struct rig *r = &self->rig;
	struct uapi_hw_info hw, small;

	BIND(r);
	ASSERT_EQ(0, hw_info(r, whole(r), r->devid, NULL, 0, &hw));
	ASSERT_EQ(0, hw_info(r, 32, r->devid, NULL, 0, &small));
	EXPECT_EQ(0xa5a5a5a5a5a5a5a5, small.out_capabilities);
	EXPECT_EQ(hw.data_type, small.data_type);
	EXPECT_EQ(hw.data_len, small.data_len);
	if (RIG_HAS(r, DIRTY)) {
		EXPECT_EQ(0, hw.out_capabilities & ~0xfull);
	}
}

TEST_F(hwinfo, registers_are_those_of_sysfs)
{
	struct rig *r = &self->rig;
	struct iommu_hw_info_vtd vtd;
	struct uapi_hw_info hw;
	char cap[64], ecap[64];

	BIND(r);
	ASSERT_EQ(0, hw_info(r, whole(r), r->devid, &vtd, sizeof(vtd), &hw));
	if (hw.data_type != UAPI_HW_INFO_TYPE_VTD)
		SKIP(return, "hardware information of type %u", hw.data_type);
	EXPECT_EQ(sizeof(vtd), hw.data_len);
	ASSERT_NOT_NULL(rig_attr(r, "iommu/intel-iommu/cap", cap, sizeof(cap)));
	ASSERT_NOT_NULL(rig_attr(r, "iommu/intel-iommu/ecap", ecap, sizeof(ecap)));
	EXPECT_EQ(strtoull(cap, NULL, 16), vtd.cap_reg);
	EXPECT_EQ(strtoull(ecap, NULL, 16), vtd.ecap_reg);
	EXPECT_EQ(0, vtd.__reserved);
}

TEST_F(hwinfo, attaching_changes_nothing_of_it)
{
	struct rig *r = &self->rig;
	struct uapi_hw_info before, after;

	BIND(r);
	ASSERT_EQ(0, hw_info(r, whole(r), r->devid, NULL, 0, &before));
	rig_drop(r);
	RIG_ATTACH(r);
	ASSERT_EQ(0, hw_info(r, whole(r), r->devid, NULL, 0, &after));
	before.dev_id = after.dev_id;
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

TEST_HARNESS_MAIN
