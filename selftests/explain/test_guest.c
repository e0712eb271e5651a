// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a guest's memory and BARs lie. Expected addresses are those that QEMU
 * 7.2's info mtree and info pci show with OVMF 2022.11, or that users' logs do.
 */
#include <string.h>

#include "harness/explain/guest.h"
#include "harness/ktap/ktap.h"

#define G (1ull << 30)

struct row {
	const char *guest;
	bool amd;
	const char *region; /* the last of that name */
	uint64_t start, size;
};

static const struct guest_region *region_of(const struct guest_layout *l, const char *name)
{
	const struct guest_region *found = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->region[i].name, name))
			found = &l->region[i];
	return found;
}

static void check_rows(struct ktap_meta *_metadata, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct guest_region *r;
		struct guest_layout l;
		struct guest g;
		char err[200] = "";

		ASSERT_TRUE(guest_parse(rows[i].guest, &g, err, sizeof(err)));
		guest_lay_out(&g, rows[i].amd, &l);
		r = region_of(&l, rows[i].region);
		ASSERT_TRUE(r != NULL);
		EXPECT_EQ(rows[i].start, r->start);
		EXPECT_EQ(rows[i].size, r->size);
		if (r->start != rows[i].start)
			TH_LOG("%s: %s", rows[i].guest, rows[i].region);
	}
}

TEST(ram_is_split_below_four_gigabytes)
{
	static const struct row rows[] = {
		{ "mem=512M", false, "pc.ram", 0, 512ull << 20 },
		{ "mem=2800M", false, "pc.ram", 0, 2800ull << 20 },
		{ "mem=2816M", false, "pc.ram", 4 * G, 768ull << 20 },
		{ "mem=4G", false, "pc.ram", 4 * G, 2 * G },
		{ "mem=16G", true, "pc.ram", 4 * G, 14 * G },
		{ "mem=16G", false, "pc.bios", 0xfffc0000, 256 << 10 },
		{ "mem=4G,machine=virt", false, "mach-virt.ram", G, 4 * G },
	};

	check_rows(_metadata, rows, sizeof(rows) / sizeof(*rows));
}

TEST(ram_of_an_amd_guest_moves_above_the_hole)
{
	static const struct row rows[] = {
		{ "mem=1024G,phys-bits=48", true, "pc.ram", 1024 * G, 1022 * G },
		{ "mem=1024G,phys-bits=48,cpu=amd", false, "pc.ram", 1024 * G, 1022 * G },
		{ "mem=1024G,phys-bits=48,cpu=intel", true, "pc.ram", 4 * G, 1022 * G },
		{ "mem=1024G,phys-bits=48,machine=pc-q35-7.0", true, "pc.ram", 4 * G, 1022 * G },
		/* The 32 GiB window behind the RAM counts too. */
		{ "mem=978G,phys-bits=48", true, "pc.ram", 4 * G, 976 * G },
		{ "mem=979G,phys-bits=48", true, "pc.ram", 1024 * G, 977 * G },
		{ "mem=16G,phys-bits=48,pci-hole64-size=1T", true, "pc.ram", 1024 * G, 14 * G },
	};

	check_rows(_metadata, rows, sizeof(rows) / sizeof(*rows));
}

TEST(bars_lie_where_the_firmware_puts_them)
{
	static const struct row rows[] = {
		{ "mem=4G,phys-bits=46,ivshmem=256M", false, "ivshmem", 0x380000000000, 256 << 20 },
		{ "mem=4G,phys-bits=42,ivshmem=256M", false, "ivshmem", 0x38000000000, 256 << 20 },
		{ "mem=4G,phys-bits=39,ivshmem=256M", false, "ivshmem", 0x7000000000, 256 << 20 },
		/* 40 bits are QEMU's own default, so nobody believes them of an Intel processor. */
		{ "mem=4G,phys-bits=40,ivshmem=256M", false, "ivshmem", 0x800000000, 256 << 20 },
		{ "mem=4G,phys-bits=40,ivshmem=256M", true, "ivshmem", 0xe000000000, 256 << 20 },
		/* No more than 46, for old guests. */
		{ "mem=4G,phys-bits=52,bar=16G", false, "BAR", 0x380000000000, 16 * G },
		{ "mem=4G,phys-bits=52,bar=256M,firmware=seabios", false, "BAR", 0xe0000000000,
		  256 << 20 },
		/* Largest first. */
		{ "mem=4G,phys-bits=46,bar=16G,ivshmem=256M", false, "ivshmem", 0x380400000000,
		  256 << 20 },
		{ "mem=4G,phys-bits=46,bar=16M,ivshmem=256M", false, "BAR", 0x380010000000,
		  16 << 20 },
		{ "mem=4G,bar=16G", false, "BAR", 0x800000000, 16 * G },
	};

	check_rows(_metadata, rows, sizeof(rows) / sizeof(*rows));
}

TEST(cpu_host_overrules_phys_bits_and_a_limit_holds)
{
	static const struct {
		const char *guest;
		unsigned int bits;
		bool overruled;
	} rows[] = {
		{ "mem=1G,phys-bits=40", 40, false },
		{ "mem=1G,phys-bits=40,cpu-bits=46", 46, true },
		{ "mem=1G,cpu-bits=46", 46, false },
		{ "mem=1G,cpu-bits=46,host-phys-bits-limit=39", 39, false },
		{ "mem=1G,cpu-bits=36,host-phys-bits-limit=39", 36, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct guest_layout l;
		struct guest g;
		char err[200];

		ASSERT_TRUE(guest_parse(rows[i].guest, &g, err, sizeof(err)));
		guest_lay_out(&g, false, &l);
		EXPECT_EQ(rows[i].bits, l.phys_bits);
		EXPECT_EQ(rows[i].overruled, l.phys_bits_overruled);
	}
}

TEST(an_address_space_that_is_too_small_is_refused_in_qemus_words)
{
	struct guest_layout l;
	struct guest g;
	char err[200];

	ASSERT_TRUE(guest_parse("mem=600G,phys-bits=39", &g, err, sizeof(err)));
	guest_lay_out(&g, false, &l);
	EXPECT_STREQ("Address space limit 0x7fffffffff < 0x9e7fffffff phys-bits too low (39)",
		     l.refusal);
	ASSERT_TRUE(guest_parse("mem=16G,phys-bits=36,bar=64G", &g, err, sizeof(err)));
	guest_lay_out(&g, false, &l);
	EXPECT_TRUE(strstr(l.refusal, "unassigned") != NULL);
}

TEST(what_is_no_guest_is_told)
{
	static const char *const texts[] = {
		"",
		"mem",
		"mem=",
		"mem=0",
		"mem=1",
		"mem=4097K",
		"mem=-1G",
		"mem=4X",
		"mem=4GG",
		"mem=99999999999999999999T",
		"mem=5000T",
		"mem=4G,phys-bits=31",
		"mem=4G,phys-bits=53",
		"mem=4G,phys-bits=x",
		"mem=4G,bar=3G",
		"mem=4G,bar=1K",
		"mem=4G,machine=i440fx",
		"mem=4G,machine=pc-q35-9",
		"mem=4G,machine=pc-q35-9.1x",
		"mem=4G,machine=virt,bar=1G",
		"mem=4G,firmware=uboot",
		"mem=4G,cpu=arm",
		"mem=4G,colour=red",
		"mem=4G,host-phys-bits-limit=39",
		"bar=1G",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct guest g;
		char err[200] = "";

		EXPECT_FALSE(guest_parse(texts[i], &g, err, sizeof(err)));
		EXPECT_NE('\0', err[0]);
		if (!err[0])
			TH_LOG("'%s'", texts[i]);
	}
}

TEST_HARNESS_MAIN
