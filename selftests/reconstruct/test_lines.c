// SPDX-License-Identifier: GPL-2.0-or-later
/* Reserved regions, IOVA ranges, and what an answer rests on. */
#include "selftests/reconstruct/lib.h"

TEST(reserved_regions_are_those_of_the_stand_in)
{
	struct recon *r = recon_new();
	struct host *h;

	ASSERT_EQ(0, feed(r, RECON_REGIONS,
			  "0x0000000000000000 0x0000000000ffffff direct\n"
			  "0x00000000fee00000 0x00000000feefffff msi\n\n"));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	ASSERT_EQ(1, h->ngroups);
	ASSERT_EQ(2, h->groups[0].nregions);
	EXPECT_EQ(HOST_REGION_DIRECT, h->groups[0].regions[0].type);
	EXPECT_EQ(0xffffff, h->groups[0].regions[0].last);
	EXPECT_EQ(HOST_KNOWN, says(h, "groups[0].reserved")->how);
	/* Nothing tells how wide it is. */
	EXPECT_EQ(HOST_ASSUMED, says(h, "iommus[0].domains")->how);
	host_free(h);
	recon_free(r);
}

TEST(groups_that_grep_names_keep_their_numbers)
{
	struct recon *r = recon_new();
	struct host *h;

	ASSERT_EQ(0, feed(r, RECON_REGIONS,
			  "/sys/kernel/iommu_groups/12/reserved_regions:0x00000000fee00000 "
			  "0x00000000feefffff msi\n"
			  "/sys/kernel/iommu_groups/3/reserved_regions:0x00000000fee00000 "
			  "0x00000000feefffff msi\n"
			  "/sys/kernel/iommu_groups/3/reserved_regions:0x000000fd00000000 "
			  "0x000000ffffffffff reserved\n"
			  "/sys/kernel/iommu_groups/99999/reserved_regions:0x0 0x1 msi\n"));
	EXPECT_STREQ("a group above 8191", note_at(r, 4));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	ASSERT_NOT_NULL(host_find_group(h, 12));
	EXPECT_EQ(1, host_find_group(h, 12)->nregions);
	ASSERT_NOT_NULL(host_find_group(h, 3));
	EXPECT_EQ(2, host_find_group(h, 3)->nregions);
	EXPECT_NOT_NULL(host_find_device(h, "fffe:00:0c.0"));
	/* The HyperTransport region is AMD's. */
	EXPECT_EQ(HOST_IOMMU_AMD, h->iommus[0].type);
	host_free(h);
	recon_free(r);
}

TEST(lines_that_are_no_region_are_notes)
{
	static const char *const rows[][2] = {
		{ "nonsense", "expected two numbers, 0x..., and a type" },
		{ "0x0", "expected two numbers, 0x..., and a type" },
		{ "0x0 0xzz msi", "expected two numbers, 0x..., and a type" },
		{ "0x0 0x1",
		  "the region's type is none of direct, direct-relaxable, reserved, msi" },
		{ "0x0 0x1 dir",
		  "the region's type is none of direct, direct-relaxable, reserved, msi" },
		{ "0x2 0x1 msi", "the region ends before it starts" },
		{ "0x0 0x11112222333344445 msi", "expected two numbers, 0x..., and a type" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recon *r = recon_new();

		ASSERT_EQ(0, feed(r, RECON_REGIONS, rows[i][0]));
		EXPECT_STREQ(rows[i][1], note_at(r, 1));
		recon_free(r);
	}
}

TEST(ranges_are_the_domain_and_their_gaps_are_reserved)
{
	struct recon *r = recon_new();
	struct host *h;

	ASSERT_EQ(0, feed(r, RECON_RANGES,
			  "iova range 1: [0xfef00000 - 0xfcffffffff]\n"
			  "0x0 - 0xfedfffff (0 .. 3.982G)\n"
			  "0x10000000000 0xffffffffffffffff\n"));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	EXPECT_EQ(64, bits(h, 0, HOST_DOMAIN_TYPE1));
	EXPECT_EQ(64, bits(h, 0, HOST_DOMAIN_PAGING));
	EXPECT_EQ(HOST_KNOWN, says(h, "iommus[0].domains")->how);
	ASSERT_EQ(2, h->groups[0].nregions);
	EXPECT_EQ(HOST_REGION_MSI, h->groups[0].regions[0].type);
	EXPECT_EQ(0xfee00000, h->groups[0].regions[0].start);
	EXPECT_EQ(0xfd00000000, h->groups[0].regions[1].start);
	EXPECT_EQ(0xffffffffff, h->groups[0].regions[1].last);
	host_free(h);
	recon_free(r);
}

/* Assumptions of one unit are not those of another. */
TEST(an_answer_rests_on_what_its_device_needs)
{
	struct host *h =
		host_of("DMAR: Host address width 39\n"
			"dmar0: reg_base_addr 1000 ver 1:0 cap d2008c40660462 ecap f050da\n"
			"DRHD base: 0x2000 flags: 0x0\n"
			"Command line: intel_iommu=on\n"
			"DMAR-IR: Enabled IRQ remapping in x2apic mode\n",
			"6.12");
	bool width;
	char *text;

	ASSERT_NOT_NULL(h);
	ASSERT_EQ(2, h->ndevices);
	ASSERT_EQ(0, recon_rests_on(h, &h->devices[0], &text, &width));
	EXPECT_FALSE(width);
	EXPECT_STREQ("a device behind dmar0, in a group of its own and with no region of the "
		     "firmware's",
		     text);
	free(text);
	ASSERT_EQ(0, recon_rests_on(h, &h->devices[1], &text, &width));
	EXPECT_TRUE(width);
	EXPECT_NOT_NULL(strstr(text, "39 bits, the host address width (t:1)"));
	free(text);
	host_free(h);
}

TEST(a_host_without_provenance_rests_on_nothing)
{
	struct host_device d = { .group = 0, .iommu = 0 };
	struct host_iommu io = { .type = HOST_IOMMU_INTEL };
	struct host h = { .iommus = &io, .niommus = 1, .devices = &d, .ndevices = 1 };
	bool width = true;
	char *text = NULL;

	ASSERT_EQ(0, recon_rests_on(&h, &d, &text, &width));
	EXPECT_NULL(text);
	EXPECT_FALSE(width);
}

TEST_HARNESS_MAIN
