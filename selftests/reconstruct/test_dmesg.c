// SPDX-License-Identifier: GPL-2.0-or-later
/* Boot logs as users paste them. */
#include "selftests/reconstruct/lib.h"

#define REST "reg_base_addr fed90000 ver 1:0 cap d2008c40660462 ecap f050da"

/* The same unit, whatever stands in front of its words. */
TEST(a_units_line_is_read_behind_any_prefix)
{
	static const char *const texts[] = {
		"DMAR: dmar0: " REST,
		"DMAR: dmar0: " REST "\r\n",
		"[    0.012345] DMAR: dmar0: " REST "\n",
		"> > [    0.012345] DMAR: dmar0: " REST "\n",
		">>| DMAR: IOMMU 0: " REST "\n",
		"Jan 14 13:05:28 box kernel: [    0.1] DMAR: dmar0: " REST "\n",
		"2024-05-01T10:00:00,000000+02:00 box kernel: DMAR: dmar0: " REST "\n",
		"<6>[    0.1] dmar: IOMMU 0: " REST "\n",
		"kern  :info  : [    0.1] DMAR: dmar0: " REST "\n",
		"\033[32m[    0.1] \033[0m\033[33mDMAR: \033[0mdmar0: " REST "\n",
		"DMAR: dmar0: reg_base_addr\xc2\xa0"
		"fed90000 ver 1:0 cap d2008c40660462 ecap\xc2\xa0"
		"f050da\n",
		"\tDMAR: dmar0:\t" REST "  \n",
		"DMAR: dmar0: reg_base_addr 0xfed90000 ver 1:0 cap 0xD2008C40660462 ecap 0xF050DA",
		"DMAR: IOMMU fed90000: ver 1:0 cap d2008c40660462 ecap f050da\n",
		/* Wrapped by a mailer, quoted or not. */
		"[ 0.1] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap\nd2008c40660462 ecap f050da\n",
		"> DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c40660462\n> ecap f050da\n",
		"> DMAR: dmar0: reg_base_addr fed90000 ver\n>   1:0 cap d2008c40660462 ecap f050da\n",
		"DMAR: dmar0: reg_base_addr\nfed90000 ver 1:0 cap d2008c40660462 ecap f050da\n",
		/* Twice: the same unit. */
		"DMAR: dmar0: " REST "\nDMAR: dmar0: " REST "\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct recon *r = recon_new();
		struct host *h = NULL;
		size_t n, more;

		ASSERT_EQ(0, feed(r, RECON_DMESG, texts[i]));
		recon_notes(r, &n, &more);
		EXPECT_EQ(0, n)
		{
			TH_LOG("%zu: %s", i, note_at(r, 1));
		}
		ASSERT_EQ(0, recon_host(r, -1, &h, NULL))
		{
			TH_LOG("%zu: %s", i, texts[i]);
		}
		ASSERT_EQ(1, h->niommus)
		{
			TH_LOG("%zu: %s", i, texts[i]);
		}
		EXPECT_EQ(0xd2008c40660462, h->iommus[0].cap);
		EXPECT_EQ(0xf050da, h->iommus[0].ecap);
		EXPECT_EQ(0xfed90000, h->iommus[0].address);
		EXPECT_STREQ("1:0", h->iommus[0].version);
		host_free(h);
		recon_free(r);
	}
}

TEST(what_cannot_be_read_is_listed_with_line_and_reason)
{
	static const struct {
		const char *line;
		const char *why;
	} rows[] = {
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c40660462 ecap",
		  "ends before its ecap" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c40660462 ec",
		  "ends before its ecap" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap", "ends before its cap" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1", "ends before its :" },
		{ "DMAR: dmar0: reg_base_addr fed90000", "ends before its ver" },
		{ "DMAR: dmar0: reg_base_addr", "ends before its reg_base_addr" },
		{ "DMAR: dmar0: reg_base_addr %llx ver %d:%d", "its reg_base_addr cannot be read" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 11112222333344445 ecap 1",
		  "its cap cannot be read" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap xyz ecap 1",
		  "its cap cannot be read" },
		{ "DMAR: RMRR base: 0x0000007c000000", "ends before its end:" },
		{ "DMAR: RMRR base: 0x2000 end: 0x1fff",
		  "its end (below the base) cannot be read" },
		{ "DMAR: DRHD base: 0x000000fed90000", "ends before its flags:" },
		{ "DMAR: Host address width", "ends before its width" },
		{ "DMAR: Host address width 0", "its width cannot be read" },
		{ "DMAR: Host address width 65", "its width cannot be read" },
		{ "DMAR: Host address width 99999999999999999999", "its width cannot be read" },
		{ "DMAR: ATSR flags:", "ends before its flags" },
		{ "AMD-Vi: Extended features (", "ends before its extended features" },
		{ "arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit", "ends before its -bit, oas" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 0 ecap 0",
		  "cap and ecap are all zeros: the unit did not answer" },
		{ "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap ffffffffffffffff ecap "
		  "ffffffffffffffff",
		  "cap and ecap are all ones: the unit did not answer" },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recon *r = recon_new();

		/* The line after it is another of ours: nothing to join with. */
		snprintf(text, sizeof(text), "first\nsecond\n%s\nDMAR: SATC flags: 0x1\n",
			 rows[i].line);
		ASSERT_EQ(0, feed(r, RECON_DMESG, text));
		EXPECT_STREQ(rows[i].why, note_at(r, 3))
		{
			TH_LOG("%s", rows[i].line);
		}
		recon_free(r);
		/* The same at the end of the text, and without a line's end. */
		r = recon_new();
		ASSERT_EQ(0, feed(r, RECON_DMESG, rows[i].line));
		EXPECT_STREQ(rows[i].why, note_at(r, 1));
		recon_free(r);
	}
}

TEST(a_line_that_joins_with_nothing_does_not_eat_the_next)
{
	struct recon *r = recon_new();
	struct host *h;

	ASSERT_EQ(0,
		  feed(r, RECON_DMESG,
		       "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c40660462 ecap\n"
		       "and so on\nDMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap\n"
		       "DMAR: dmar2: reg_base_addr fed92000 ver 1:0 cap d2008c40660462 ecap 8\n"));
	EXPECT_STREQ("ends before its ecap", note_at(r, 1));
	EXPECT_STREQ("ends before its cap", note_at(r, 3));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	ASSERT_EQ(1, h->niommus);
	EXPECT_STREQ("dmar2", h->iommus[0].name);
	EXPECT_STREQ("t:4", says(h, "iommus[0].registers")->note);
	host_free(h);
	recon_free(r);
}

TEST(units_are_told_apart_by_address_and_contradictions_are_notes)
{
	struct recon *r = recon_new();
	struct host *h;

	ASSERT_EQ(
		0,
		feed(r, RECON_DMESG,
		     "DMAR: DRHD base: 0x000000fed90000 flags: 0x0\n"
		     "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap c9008010e60262 ecap f0207a\n"
		     "DMAR: DRHD base: 0x000000fed91000 flags: 0x1\n"
		     "DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2078c106f0462 ecap f020fe\n"
		     "DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2078c106f0463 ecap f020fe\n"
		     "DMAR: Host address width 39\nDMAR: Host address width 46\n"));
	EXPECT_NOT_NULL(strstr(note_at(r, 5), "other registers"));
	EXPECT_NOT_NULL(strstr(note_at(r, 7), "t:6 says 39"));
	EXPECT_EQ(2, recon_units(r));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	/* The narrow unit and the wide one keep their own widths. */
	EXPECT_EQ(39, bits(h, 0, HOST_DOMAIN_TYPE1));
	EXPECT_EQ(48, bits(h, 1, HOST_DOMAIN_TYPE1));
	host_free(h);
	/* Each alone, and its own device only. */
	for (int u = 0; u < 2; u++) {
		ASSERT_EQ(0, recon_host(r, u, &h, NULL));
		ASSERT_EQ(1, h->niommus);
		EXPECT_EQ(u ? 48 : 39, bits(h, 0, HOST_DOMAIN_TYPE1));
		EXPECT_STREQ(u ? "dmar1" : "dmar0", h->iommus[0].name);
		EXPECT_EQ(1, h->ndevices);
		host_free(h);
	}
	recon_free(r);
}

TEST(the_last_boot_tells_kernel_and_command_line)
{
	struct host *h = host_of("[ 0.0] Linux version 5.4.0-1 (x@y)\n"
				 "[ 0.0] Command line: intel_iommu=on,sm_off\n"
				 "-- Boot --\n[ 0.0] Linux version 6.14.6-300.fc42.x86_64 (x@y)\n"
				 "DMAR: Host address width 39\n",
				 NULL);

	ASSERT_NOT_NULL(h);
	EXPECT_STREQ("6.14.6-300.fc42.x86_64", h->release);
	EXPECT_NULL(h->cmdline);
	EXPECT_EQ(HOST_KNOWN, says(h, "kernel")->how);
	EXPECT_EQ(HOST_ASSUMED, says(h, "cmdline")->how);
	host_free(h);
	/* A quoted sentence is not the log's. */
	h = host_of("I run Linux version 5.4 here\nDMAR: Host address width 39\n", NULL);
	ASSERT_NOT_NULL(h);
	EXPECT_EQ(HOST_ASSUMED, says(h, "kernel")->how);
	host_free(h);
	h = host_of("[ 0.0] Linux version 5.4.0 (x@y)\nDMAR: Host address width 39\n", "6.13");
	EXPECT_STREQ("6.13", h->release);
	host_free(h);
}

TEST(command_line_options_count_as_in_the_kernel)
{
	struct host *h = host_of(
		"Kernel command line: a intel_iommu=on,sm_off "
		"vfio_iommu_type1.allow_unsafe_interrupts=1 intremap=off \n"
		"dmar0: reg_base_addr 1000 ver 6:0 cap 9ed008c40780466 ecap 3ee9e86f050df\n",
		"6.18");

	ASSERT_NOT_NULL(h);
	EXPECT_TRUE(h->type1_unsafe);
	EXPECT_FALSE(h->iommufd_unsafe);
	EXPECT_EQ(0, h->iommus[0].isolated_msi);
	/* Without sm_off its first stage would end at 47 bits. */
	EXPECT_EQ(48, bits(h, 0, HOST_DOMAIN_PAGING));
	host_free(h);
	h = host_of("Command line: intel_iommu=off\nDMAR: Host address width 39\n", "6.18");
	EXPECT_EQ(HOST_ASSUMED, says(h, "cmdline")->how);
	EXPECT_NOT_NULL(strstr(says(h, "cmdline")->note, "turns off"));
	host_free(h);
}

TEST(interrupt_remapping_is_what_the_kernel_says_of_it)
{
	static const struct {
		const char *line;
		int isolated;
		enum host_how how;
	} rows[] = {
		{ "DMAR-IR: Enabled IRQ remapping in x2apic mode", 1, HOST_KNOWN },
		{ "vfio_iommu_type1_attach_group: No interrupt remapping support.  Use the", 0,
		  HOST_KNOWN },
		{ "AMD-Vi: Interrupt remapping enabled", 1, HOST_KNOWN },
		{ "AMD-Vi: Disabling interrupt remapping", 0, HOST_KNOWN },
		{ "Command line: nointremap", 0, HOST_DERIVED },
		/* ecap bit 3 is clear in every unit. */
		{ "dmar0: reg_base_addr 1000 ver 1:0 cap c9008020e30272 ecap 1000", 0,
		  HOST_DERIVED },
		{ "dmar0: reg_base_addr 1000 ver 1:0 cap d2008c40660462 ecap f050da", -1,
		  HOST_ASSUMED },
	};
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct host *h;

		snprintf(text, sizeof(text), "%s\nDMAR: Host address width 39\n", rows[i].line);
		h = host_of(text, "6.12");
		ASSERT_NOT_NULL(h);
		EXPECT_EQ(rows[i].isolated, h->iommus[0].isolated_msi)
		{
			TH_LOG("%s", rows[i].line);
		}
		EXPECT_EQ(rows[i].how, says(h, "iommus[0].isolated-msi")->how);
		host_free(h);
	}
}

TEST(other_vendors_lines_make_their_units)
{
	static const struct {
		const char *line;
		enum host_iommu_type type;
		unsigned int bits;
	} rows[] = {
		{ "AMD-Vi: Extended features (0x246577efa2254afa, 0x10): PPR NX GT [5] IA GA PC",
		  HOST_IOMMU_AMD, 64 },
		{ "pci 0000:00:00.2: AMD-Vi: Extended features (0x58f77ef22294ade):",
		  HOST_IOMMU_AMD, 64 },
		{ "AMD-Vi: Using global IVHD EFR:0x29d3, EFR2:0x0", HOST_IOMMU_AMD, 64 },
		{ "arm-smmu-v3 9050000.smmuv3: ias 44-bit, oas 44-bit", HOST_IOMMU_SMMUV3, 44 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct host *h = host_of(rows[i].line, "6.12");

		ASSERT_NOT_NULL(h);
		ASSERT_EQ(1, h->niommus);
		EXPECT_EQ(rows[i].type, h->iommus[0].type);
		EXPECT_EQ(rows[i].bits, bits(h, 0, HOST_DOMAIN_PAGING));
		EXPECT_EQ(HOST_DERIVED, says(h, "iommus[0].domains")->how);
		host_free(h);
	}
}

TEST(sysfs_registers_make_a_unit_in_either_order)
{
	struct host *h = host_of("/sys/class/iommu/dmar1/intel-iommu/ecap:f050da\n"
				 "/sys/class/iommu/dmar0/intel-iommu/cap:1c0000c40660462\n"
				 "/sys/class/iommu/dmar1/intel-iommu/cap:d2008c40660462\n"
				 "/sys/class/iommu/dmar0/intel-iommu/ecap:19e2ff0505e\n",
				 "6.12");

	ASSERT_NOT_NULL(h);
	ASSERT_EQ(2, h->niommus);
	EXPECT_STREQ("dmar1", h->iommus[0].name);
	EXPECT_EQ(0xd2008c40660462, h->iommus[0].cap);
	EXPECT_EQ(0xf050da, h->iommus[0].ecap);
	EXPECT_EQ(0x1c0000c40660462, h->iommus[1].cap);
	EXPECT_EQ(0x19e2ff0505e, h->iommus[1].ecap);
	host_free(h);
}

TEST(a_device_that_the_kernel_refused_is_not_assignable)
{
	struct host *h =
		host_of("DMAR: Host address width 46\n"
			"vfio-pci 0000:07:00.0: DMAR: Device is ineligible for IOMMU domain "
			"attach due to platform RMRR requirement.  Contact your platform vendor.\n",
			"6.12");
	const struct host_device *d;
	bool direct = false;

	ASSERT_NOT_NULL(h);
	d = host_find_device(h, "0000:07:00.0");
	ASSERT_NOT_NULL(d);
	for (size_t i = 0; i < host_find_group(h, d->group)->nregions; i++)
		direct |= host_find_group(h, d->group)->regions[i].type == HOST_REGION_DIRECT;
	EXPECT_TRUE(direct);
	host_free(h);
}

TEST(a_log_without_an_iommu_makes_no_host)
{
	EXPECT_NULL(
		host_of("[ 0.0] Linux version 6.12.1 (x@y)\n[ 0.0] Command line: quiet\n", NULL));
}

TEST_HARNESS_MAIN
