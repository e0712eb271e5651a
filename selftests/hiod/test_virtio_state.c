// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-iommu alone, with regions of a machine other than x86's and host IOMMU
 * devices that tell whatever is wanted.
 */
#include "harness/ktap/ktap.h"
#include "hiod/profile.h"
#include "hiod/virtio_iommu.h"
#include "selftests/hiod/regions.h"

#define MAX UINT64_MAX

static struct hiod_ranges made_ranges;

static int made_get_iova_ranges(HostIOMMUDevice *hiod, struct hiod_ranges *out)
{
	(void)hiod;
	return range_list_copy(out, &made_ranges);
}

static const HostIOMMUDeviceClass bare_class = {
	.name = "bare",
	.instance_size = sizeof(HostIOMMUDevice),
};

static const HostIOMMUDeviceClass ranges_class = {
	.name = "ranges",
	.instance_size = sizeof(HostIOMMUDevice),
	.get_iova_ranges = made_get_iova_ranges,
};

FIXTURE(state)
{
	VirtIOIOMMUState s;
	struct hiod_anomalies an;
	AddressSpace sys;
	PCIBus bus;
	PCIDevice dev;
	HostIOMMUDevice *hiod;
	struct hiod_error err;
};

FIXTURE_SETUP(state)
{
	static const struct hiod_resv_region props[] = {
		{ { 0x1000, 0x4fff }, HIOD_RESV_RESERVED },
		{ { 0x2000, 0x2fff }, HIOD_RESV_MSI },
	};
	struct virtio_iommu_config c;

	memset(self, 0, sizeof(*self));
	hiod_error_init(&self->err);
	self->bus = (PCIBus){ .express = true, .root = true };
	self->dev = (PCIDevice){ .bus = &self->bus, .devfn = PCI_DEVFN(4, 0) };
	virtio_iommu_config_init(&c, HIOD_VERSION(11, 1));
	ASSERT_EQ(0, virtio_iommu_realize(&self->s, &c, props, 2, &self->sys, &self->an, &self->bus,
					  &self->err));
	self->hiod = hiod_new(&ranges_class);
	ASSERT_NOT_NULL(self->hiod);
}

FIXTURE_TEARDOWN(state)
{
	pci_clear_iommu(&self->bus);
	virtio_iommu_finalize(&self->s);
	EXPECT_EQ(1, self->hiod->refs);
	hiod_unref(self->hiod);
	range_list_free(&made_ranges);
}

TEST_F(state, a_later_property_region_wins_and_both_win_over_the_host)
{
	static const struct hiod_range host = { 0x4000, MAX };

	ASSERT_EQ(0, range_list_insert(&made_ranges, &host));
	ASSERT_NOT_NULL(pci_device_iommu_address_space(&self->dev, NULL));
	EXPECT_STREQ(
		"1000:1fff:0 2000:2fff:1 3000:4fff:0",
		show_regions(virtio_iommu_resv_regions(&self->s, &self->bus, self->dev.devfn)));
	ASSERT_EQ(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
	EXPECT_STREQ(
		"0:fff:0 1000:1fff:0 2000:2fff:1 3000:4fff:0",
		show_regions(virtio_iommu_resv_regions(&self->s, &self->bus, self->dev.devfn)));
}

TEST_F(state, ranges_for_a_device_without_an_address_space)
{
	static const struct hiod_range host = { 0, 0xffff };
	PCIDevice other = { .bus = &self->bus, .devfn = PCI_DEVFN(5, 0) };

	ASSERT_EQ(0, range_list_insert(&made_ranges, &host));
	EXPECT_GT(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
	EXPECT_STREQ("virtio_iommu_set_host_iova_ranges: no IOMMUPciBus found!", self->err.message);
	ASSERT_NOT_NULL(pci_device_iommu_address_space(&other, NULL));
	EXPECT_GT(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
	EXPECT_STREQ("virtio_iommu_set_host_iova_ranges: no IOMMUDevice found!", self->err.message);
	/* to forget what was never there is no error */
	pci_device_unset_iommu_device(&self->dev);
}

TEST_F(state, a_class_that_tells_nothing_is_registered)
{
	HostIOMMUDevice *bare = hiod_new(&bare_class);

	ASSERT_NOT_NULL(bare);
	EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, bare, &self->err));
	EXPECT_TRUE(bare == virtio_iommu_find(&self->s, &self->bus, self->dev.devfn));
	EXPECT_EQ(0, self->an.seen);
	pci_device_unset_iommu_device(&self->dev);
	EXPECT_EQ(1, bare->refs);
	hiod_unref(bare);
}

/* 21 regions fit into the reply to a guest's PROBE. */
TEST_F(state, more_regions_than_a_guest_can_be_told_of)
{
	/* Each range but the last leaves one region, the machine's are three. */
	for (uint64_t n = 19; n <= 20; n++) {
		range_list_free(&made_ranges);
		for (uint64_t i = 0; i < n; i++) {
			const struct hiod_range r = { i << 20, (i << 20) + 0xffff };

			ASSERT_EQ(0, range_list_insert(&made_ranges, &r));
		}
		made_ranges.many[n - 1].last = MAX;
		ASSERT_NOT_NULL(pci_device_iommu_address_space(&self->dev, NULL));
		EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
		EXPECT_EQ(n + 2,
			  virtio_iommu_resv_regions(&self->s, &self->bus, self->dev.devfn)->n);
		EXPECT_EQ(n > 19, self->an.seen >> HIOD_ANOMALY_PROBE_FULL & 1);
		pci_device_unset_iommu_device(&self->dev);
	}
	EXPECT_EQ(HIOD_REFUSED, hiod_anomaly_verdict(HIOD_ANOMALY_PROBE_FULL));
}

/* What is left between the regions, below the guest's 2^39, in whole pages. */
TEST_F(state, a_host_that_leaves_no_page)
{
	static const struct {
		struct hiod_range host;
		bool room;
	} rows[] = {
		{ { 0, 0 }, false },
		{ { 0, 0xffe }, false },
		{ { 0, 0xfff }, true },
		{ { 1, 0x1000 }, false }, /* 0x1000 up is the machine's */
		{ { 0x1000, 0x4fff }, false },
		{ { 0x1000, 0x5fff }, true },
		{ { 0x5001, 0x6ffe }, false }, /* two halves */
		{ { 0x5001, 0x6fff }, true },
		{ { 0x7ffffff000, MAX }, true },
		{ { 0x7ffffff001, MAX }, false },
		{ { 0x8000000000, MAX }, false },
		{ { MAX, MAX }, false },
		{ { 0, MAX }, true },
	};

	ASSERT_NOT_NULL(pci_device_iommu_address_space(&self->dev, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		range_list_free(&made_ranges);
		ASSERT_EQ(0, range_list_insert(&made_ranges, &rows[i].host));
		self->an.seen = 0;
		EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
		EXPECT_EQ(!rows[i].room, self->an.seen >> HIOD_ANOMALY_NO_ROOM & 1)
		{
			TH_LOG("row %zu", i);
		}
		pci_device_unset_iommu_device(&self->dev);
	}
}

TEST_HARNESS_MAIN
