// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMU_GET_HW_INFO. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(hwinfo)
{
	struct host *h;
	struct shim *s;
	int fd;
	int d;
	uint32_t dev;
	uint32_t ioas;
};

FIXTURE_SETUP(hwinfo)
{
	struct host_spec spec = { .release = "7.3.4", .cap = CAP_FULL, .ecap = ECAP_FULL };

	self->h = test_host(&spec);
	test_bound(self->h, &self->s, &self->fd, &self->d);
	self->dev = 1;
	self->ioas = 2;
}

FIXTURE_TEARDOWN(hwinfo)
{
	shim_destroy(self->s);
	host_free(self->h);
}

TEST_F(hwinfo, hw_info_of_vtd)
{
	static const uint32_t lens[] = { 0, 8, 24, 64 };
	struct iommu_hw_info_vtd want = { .flags = 1, .cap_reg = CAP_FULL, .ecap_reg = ECAP_FULL };

	test_stop(&self->s);
	self->h->devices[0].max_pasid_log2 = 20;
	test_bound(self->h, &self->s, &self->fd, &self->d);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint8_t data[64], expect[64];
		struct uapi_hw_info q = {
			.size = sizeof(q),
			.dev_id = 1,
			.data_len = lens[i],
			.data_uptr = lens[i] ? (uintptr_t)data : 0,
		};

		memset(data, 0xa5, sizeof(data));
		memset(expect, 0xa5, sizeof(expect));
		memset(expect, 0, lens[i]);
		memcpy(expect, &want, lens[i] < sizeof(want) ? lens[i] : sizeof(want));
		ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
		EXPECT_EQ(0, memcmp(expect, data, sizeof(data)));
		EXPECT_EQ(24, q.data_len);
		EXPECT_EQ(UAPI_HW_INFO_TYPE_VTD, q.data_type);
		EXPECT_EQ(20, q.out_max_pasid_log2);
		EXPECT_EQ(UAPI_HW_CAP_DIRTY, q.out_capabilities);
	}
}
TEST_F(hwinfo, hw_info_checks)
{
	static const struct {
		const char *release;
		enum host_iommu_type type;
		uint32_t flags;
		uint32_t in_type;
		uint8_t pasid;
		uint8_t reserved;
		uint32_t dev;
		int err;
		uint32_t type_out;
	} rows[] = {
		{ "7.3.4", HOST_IOMMU_INTEL, 1, 1, 0, 0, 1, 0, 1 },
		{ "7.3.4", HOST_IOMMU_INTEL, 1, 0, 0, 0, 1, 0, 1 },
		{ "7.3.4", HOST_IOMMU_INTEL, 1, 2, 0, 0, 1, -EOPNOTSUPP, 2 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 2, 0, 0, 1, 0, 1 }, /* ignored without the flag */
		{ "7.3.4", HOST_IOMMU_VIRTIO, 1, 2, 0, 0, 1, 0, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 2, 0, 0, 0, 1, -EOPNOTSUPP, 0 },
		{ "6.12.117", HOST_IOMMU_INTEL, 1, 1, 0, 0, 1, -EOPNOTSUPP, 1 },
		{ "6.12.117", HOST_IOMMU_AMD, 0, 0, 0, 0, 1, 0, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 0, 9, 0, 1, 0, 1 },
		{ "6.11.0", HOST_IOMMU_INTEL, 0, 0, 9, 0, 1, -EOPNOTSUPP, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 0, 0, 1, 1, -EOPNOTSUPP, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 0, 0, 0, 2, -ENOENT, 0 },
	};

	test_stop(&self->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uapi_hw_info q = {
			.size = sizeof(q),
			.flags = rows[i].flags,
			.dev_id = rows[i].dev,
			.data_type = rows[i].in_type,
			.out_max_pasid_log2 = rows[i].pasid,
			.reserved = { rows[i].reserved },
		};
		struct shim *s;
		int fd, d;

		self->h->features = host_features_default(rows[i].release);
		self->h->iommus[0].type = rows[i].type;
		test_bound(self->h, &s, &fd, &d);
		EXPECT_EQ(rows[i].err, shim_ioctl(s, fd, IOMMU_GET_HW_INFO, &q))
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(rows[i].type_out, q.data_type)
		{
			TH_LOG("row %zu", i);
		}
		shim_destroy(s);
	}
}
TEST_F(hwinfo, hw_info_of_a_66_caller_has_no_capabilities)
{
	struct uapi_hw_info q = { .size = 32, .dev_id = 1, .out_capabilities = 0xa5 };

	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	EXPECT_EQ(UAPI_HW_INFO_TYPE_VTD, q.data_type);
	EXPECT_EQ(0xa5, q.out_capabilities);
}
TEST_F(hwinfo, recorded_hw_info_wins)
{
	struct host_iommu *io = &self->h->iommus[0];
	struct uapi_hw_info q = { .size = sizeof(q), .dev_id = 1 };

	test_stop(&self->s);
	io->hw_known = true;
	io->hw_type = UAPI_HW_INFO_TYPE_AMD;
	io->hw_len = 16;
	test_bound(self->h, &self->s, &self->fd, &self->d);
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	EXPECT_EQ(UAPI_HW_INFO_TYPE_AMD, q.data_type);
	EXPECT_EQ(16, q.data_len);
}
TEST_F(hwinfo, giant_buffer_faults)
{
	uint64_t data[3];
	struct uapi_hw_info q = { .size = sizeof(q), .dev_id = 1, .data_len = UINT32_MAX };

	q.data_uptr = UINT64_MAX - 0x1000; /* no user address */
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	q.data_len = sizeof(data);
	q.data_uptr = 0;
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	EXPECT_EQ(sizeof(data), q.data_len); /* nothing written back */
}

TEST_HARNESS_MAIN
