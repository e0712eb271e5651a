// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of virtio-iommu-pci: defaults by machine type, refusals in QEMU's words. */
#include "harness/ktap/ktap.h"
#include "hiod/machine.h"

#define V      "virtio-iommu-pci"
#define BIT(n) (1ull << (n))
#define MAX    UINT64_MAX

static const char *const versions[] = { "qemu-9.1", "qemu-10.0", "qemu-11.1" };

TEST(defaults_by_machine_type)
{
	static const struct {
		const char *machine, *options;
		unsigned aw_bits;
		enum virtio_iommu_granule granule;
		uint64_t last, mask;
	} rows[] = {
		{ NULL, "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "q35", "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "pc-q35-9.1", "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "pc-q35-9.0", "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "pc-q35-8.2", "", 64, VIRTIO_IOMMU_GRANULE_4K, MAX, -4096ull },
		{ "pc-q35-7.2", "", 64, VIRTIO_IOMMU_GRANULE_4K, MAX, -4096ull },
		{ "pc-q35-7.2", ",granule=host,aw-bits=48", 48, VIRTIO_IOMMU_GRANULE_HOST,
		  BIT(48) - 1, -4096ull },
		{ NULL, ",aw-bits=32,granule=8k", 32, VIRTIO_IOMMU_GRANULE_8K, BIT(32) - 1,
		  -8192ull },
		{ NULL, ",aw-bits=64,granule=16k", 64, VIRTIO_IOMMU_GRANULE_16K, MAX, -16384ull },
		{ NULL, ",id=v,bus=pcie.0,addr=6.0,granule=64k", 39, VIRTIO_IOMMU_GRANULE_64K,
		  BIT(39) - 1, -65536ull },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 6; i++) {
		unsigned row = i / 6;
		struct hiod_error err;
		char text[96];
		Machine m;

		hiod_error_init(&err);
		snprintf(text, sizeof(text), "%s%s", i % 2 ? "virtio-iommu" : V, rows[row].options);
		ASSERT_EQ(0, machine_init(&m, NULL, hiod_profile_find(versions[i / 2 % 3]),
					  rows[row].machine, NULL, 0, NULL, &err));
		ASSERT_EQ(0, machine_add_viommu(&m, text, &err));
		EXPECT_EQ(rows[row].aw_bits, m.virtio_iommu.config.aw_bits)
		{
			TH_LOG("row %u", row);
		}
		EXPECT_EQ(rows[row].granule, m.virtio_iommu.config.granule);
		EXPECT_EQ(rows[row].last, m.virtio_iommu.input_last);
		EXPECT_EQ(rows[row].mask, m.virtio_iommu.page_size_mask);
		machine_finalize(&m);
	}
}

TEST(options_are_refused_in_qemus_words)
{
	static const struct {
		const char *options, *message;
		bool unmodelled;
	} rows[] = {
		{ "aw-bits=31", "aw-bits must be within [32,64]" },
		{ "aw-bits=65", "aw-bits must be within [32,64]" },
		{ "aw-bits=0", "aw-bits must be within [32,64]" },
		{ "aw-bits=300", "Parameter 'aw-bits' expects uint8_t" },
		{ "aw-bits=wide", "Parameter 'aw-bits' expects integer" },
		{ "granule=32k", "Parameter 'granule' does not accept value '32k'" },
		{ "granule=4K", "Parameter 'granule' does not accept value '4K'" },
		{ "aw-bits=31,boot-bypass=maybe", "Parameter 'boot-bypass' expects 'on' or 'off'" },
		{ "caching-mode=on", "Property 'virtio-iommu-pci.caching-mode' not found" },
		{ "packed=on", "property 'packed' of virtio-iommu-pci is not modelled", true },
		{ "x-disable-pcie=on",
		  "property 'x-disable-pcie' of virtio-iommu-pci is not modelled", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_error err;
		char text[96];
		Machine m;

		hiod_error_init(&err);
		snprintf(text, sizeof(text), "virtio-iommu,%s", rows[i].options);
		ASSERT_EQ(0, machine_init(&m, NULL, hiod_profile_default(), NULL, NULL, 0, NULL,
					  &err));
		EXPECT_GT(0, machine_add_viommu(&m, text, &err));
		EXPECT_STREQ(rows[i].message, err.message);
		EXPECT_EQ(rows[i].unmodelled ? HIOD_FAIL_UNMODELLED : HIOD_FAIL_QEMU, err.fail);
		EXPECT_EQ(MACHINE_VIOMMU_NONE, m.viommu_kind);
		machine_finalize(&m);
	}
}

TEST(one_viommu_of_any_kind)
{
	static const char *const kinds[] = { "intel-iommu", V };

	for (int i = 0; i < 4; i++) {
		struct hiod_error err;
		Machine m;

		hiod_error_init(&err);
		ASSERT_EQ(0, machine_init(&m, NULL, hiod_profile_default(), NULL, NULL, 0, NULL,
					  &err));
		ASSERT_EQ(0, machine_add_viommu(&m, kinds[i % 2], &err));
		/* before the second one looks at its own options */
		EXPECT_GT(0, machine_add_viommu(&m, i / 2 ? V ",aw-bits=1" : "intel-iommu", &err));
		EXPECT_STREQ("QEMU does not support multiple vIOMMUs for x86 yet.", err.message);
		machine_finalize(&m);
	}
}

TEST_HARNESS_MAIN
