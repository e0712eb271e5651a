// SPDX-License-Identifier: GPL-2.0-or-later
/* DMAR and IVRS tables: what they tell, and tables that lie about lengths. */
#include "selftests/reconstruct/lib.h"

/* Header, width, flags, 10 reserved bytes. */
static void dmar_begin(struct table *t, unsigned int width, unsigned int flags)
{
	table_begin(t, "DMAR");
	table_put(t, width - 1, 1);
	table_put(t, flags, 1);
	table_put(t, 0, 10);
}

static void drhd(struct table *t, unsigned int flags, uint64_t base, size_t scopes)
{
	table_put(t, 0, 2);
	table_put(t, 16 + scopes, 2);
	table_put(t, flags, 1);
	table_put(t, 0, 3);
	table_put(t, base, 8);
}

static void rmrr(struct table *t, uint64_t start, uint64_t last, size_t scopes)
{
	table_put(t, 1, 2);
	table_put(t, 24 + scopes, 2);
	table_put(t, 0, 4);
	table_put(t, start, 8);
	table_put(t, last, 8);
}

/* One step: 8 bytes. */
static void scope(struct table *t, unsigned int type, unsigned int bus, unsigned int dev,
		  unsigned int fn)
{
	table_put(t, type, 1);
	table_put(t, 8, 1);
	table_put(t, 0, 3);
	table_put(t, bus, 1);
	table_put(t, dev, 1);
	table_put(t, fn, 1);
}

/* A client's table: the display unit, and the rest; RMRRs for USB, display, ME. */
static void client(struct table *t)
{
	dmar_begin(t, 39, 1);
	drhd(t, 0, 0xfed90000, 8);
	scope(t, 1, 0, 2, 0);
	drhd(t, 1, 0xfed91000, 0);
	rmrr(t, 0x9c0f1000, 0x9c107fff, 8);
	scope(t, 1, 0, 0x14, 0);
	rmrr(t, 0x9d800000, 0x9fffffff, 8);
	scope(t, 1, 0, 2, 0);
	rmrr(t, 0xa0000000, 0xa0000fff, 8);
	scope(t, 1, 0, 0x16, 7);
	table_put(t, 2, 2); /* ATSR */
	table_put(t, 8, 2);
	table_put(t, 0, 4);
	table_put(t, 77, 2); /* a type that nobody knows */
	table_put(t, 4, 2);
	table_end(t);
}

static struct host *host_of_table(const struct table *t, const char *sig, struct recon **rp)
{
	struct recon *r = recon_new();
	struct host *h = NULL;
	int rc = (*sig == 'D' ? recon_dmar : recon_ivrs)(r, t->p, t->n, sig, NULL);

	if (!rc)
		recon_host(r, -1, &h, NULL);
	if (rp)
		*rp = r;
	else
		recon_free(r);
	return h;
}

static enum host_region_type first_at(const struct host *h, const char *bdf, uint64_t start)
{
	const struct host_device *d = host_find_device(h, bdf);
	const struct host_group *g = d ? host_find_group(h, d->group) : NULL;

	for (size_t i = 0; g && i < g->nregions; i++)
		if (g->regions[i].start == start)
			return g->regions[i].type;
	return HOST_REGION_NR;
}

TEST(a_dmar_table_tells_units_and_the_devices_of_rmrrs)
{
	struct recon *r;
	struct table t;
	struct host *h;
	size_t n, more;

	client(&t);
	h = host_of_table(&t, "DMAR", &r);
	ASSERT_NOT_NULL(h);
	recon_notes(r, &n, &more);
	EXPECT_EQ(0, n);
	ASSERT_EQ(2, h->niommus);
	EXPECT_EQ(39, h->firmware.width);
	EXPECT_EQ(1, h->firmware.atsr);
	ASSERT_EQ(3, h->firmware.nregions);
	EXPECT_STREQ("0000:00:16.7", h->firmware.regions[2].devices[0]);
	/* USB and display by where they are, the other is locked. */
	EXPECT_EQ(HOST_REGION_DIRECT_RELAXABLE, first_at(h, "0000:00:14.0", 0x9c0f1000));
	EXPECT_EQ(HOST_REGION_DIRECT_RELAXABLE, first_at(h, "0000:00:02.0", 0x9d800000));
	EXPECT_EQ(HOST_REGION_DIRECT, first_at(h, "0000:00:16.7", 0xa0000000));
	/* Behind the unit whose scope names them, or the one for all. */
	EXPECT_EQ(0, host_find_device(h, "0000:00:02.0")->iommu);
	EXPECT_EQ(1, host_find_device(h, "0000:00:14.0")->iommu);
	EXPECT_EQ(HOST_ASSUMED, says(h, "iommus[0].domains")->how);
	host_free(h);
	/* Alone, a unit keeps its own devices only. */
	ASSERT_EQ(0, recon_host(r, 0, &h, NULL));
	EXPECT_NOT_NULL(host_find_device(h, "0000:00:02.0"));
	EXPECT_NULL(host_find_device(h, "0000:00:14.0"));
	host_free(h);
	ASSERT_EQ(0, recon_host(r, 1, &h, NULL));
	EXPECT_NULL(host_find_device(h, "0000:00:02.0"));
	EXPECT_NOT_NULL(host_find_device(h, "0000:00:16.7"));
	host_free(h);
	recon_free(r);
	table_free(&t);
}

/* In either order. */
static void one_machine(struct ktap_meta *_metadata, bool table_first)
{
	struct recon *r = recon_new();
	struct table t;
	struct host *h;

	client(&t);
	if (table_first)
		ASSERT_EQ(0, recon_dmar(r, t.p, t.n, "DMAR", NULL));
	ASSERT_EQ(0, feed(r, RECON_DMESG,
			  "pci 0000:00:16.7: [8086:9d3a] type 00 class 0x0c0330\n"
			  "pci 0000:00:14.0: [8086:9d2f] type 00 class 0x010601\n"
			  "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap "
			  "7e1ff0505e\n"
			  "DMAR: ATSR flags: 0x0\n"
			  "DMAR: RMRR base: 0x0000009c0f1000 end: 0x0000009c107fff\n"));
	if (!table_first)
		ASSERT_EQ(0, recon_dmar(r, t.p, t.n, "DMAR", NULL));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	EXPECT_EQ(2, h->niommus);
	EXPECT_TRUE(h->iommus[0].has_regs);
	EXPECT_FALSE(h->iommus[1].has_regs);
	EXPECT_EQ(3, h->firmware.nregions);
	EXPECT_EQ(1, h->firmware.atsr);
	/* The class decides where the log tells it. */
	EXPECT_EQ(HOST_REGION_DIRECT_RELAXABLE, first_at(h, "0000:00:16.7", 0xa0000000));
	EXPECT_EQ(HOST_REGION_DIRECT, first_at(h, "0000:00:14.0", 0x9c0f1000));
	host_free(h);
	recon_free(r);
	table_free(&t);
}

TEST(table_and_log_make_one_machine)
{
	one_machine(_metadata, true);
	one_machine(_metadata, false);
}

TEST(a_device_below_a_bridge_is_named_but_has_no_address)
{
	struct table t;
	struct host *h;

	dmar_begin(&t, 46, 1);
	drhd(&t, 1, 0xfed90000, 0);
	rmrr(&t, 0x1000, 0x1fff, 10);
	table_put(&t, 1, 1);
	table_put(&t, 10, 1);
	table_put(&t, 0, 4);
	table_put(&t, 0x041c, 2);
	table_put(&t, 0x0200, 2);
	table_end(&t);
	h = host_of_table(&t, "DMAR", NULL);
	ASSERT_NOT_NULL(h);
	EXPECT_STREQ("0000:00:1c.4/00.2", h->firmware.regions[0].devices[0]);
	EXPECT_EQ(1, h->ndevices);
	host_free(h);
	table_free(&t);
}

TEST(no_interrupt_remapping_in_the_table_means_none)
{
	struct table t;
	struct host *h;

	dmar_begin(&t, 39, 0);
	drhd(&t, 1, 0xfed90000, 0);
	table_end(&t);
	h = host_of_table(&t, "DMAR", NULL);
	EXPECT_EQ(0, h->iommus[0].isolated_msi);
	host_free(h);
	table_free(&t);
}

static void ivhd(struct table *t, unsigned int type, uint64_t base, uint64_t efr)
{
	size_t len = type == 0x10 ? 24 : 40;

	table_put(t, type, 1);
	table_put(t, 0, 1);
	table_put(t, len, 2);
	table_put(t, 0, 4);
	table_put(t, base, 8);
	table_put(t, 0, 8);
	if (len == 40) {
		table_put(t, efr, 8);
		table_put(t, 0, 8);
	}
}

static void ivmd(struct table *t, unsigned int type, unsigned int flags, unsigned int dev,
		 uint64_t start, uint64_t len)
{
	table_put(t, type, 1);
	table_put(t, flags, 1);
	table_put(t, 32, 2);
	table_put(t, dev, 2);
	table_put(t, 0, 2);
	table_put(t, 0, 8);
	table_put(t, start, 8);
	table_put(t, len, 8);
}

TEST(an_ivrs_table_tells_units_and_regions)
{
	struct recon *r;
	struct table t;
	struct host *h;

	table_begin(&t, "IVRS");
	table_put(&t, 0x203043, 4);
	table_put(&t, 0, 8);
	ivhd(&t, 0x10, 0xfdf00000, 0);
	ivhd(&t, 0x11, 0xfdf00000, 0x206d73ef22254ade);
	ivhd(&t, 0x40, 0xfdf00000, 0x206d73ef22254ade);
	ivmd(&t, 0x20, 7, 0, 0x7d900000, 0x100000);
	ivmd(&t, 0x21, 8, 0x0218, 0x75e00000, 0x20001);
	ivmd(&t, 0x21, 7, 0, UINT64_MAX - 5, 0x1000);
	table_end(&t);
	h = host_of_table(&t, "IVRS", &r);
	ASSERT_NOT_NULL(h);
	/* Three records, one unit. */
	ASSERT_EQ(1, h->niommus);
	EXPECT_EQ(HOST_IOMMU_AMD, h->iommus[0].type);
	/* For all devices; and for 02:03.0, in whole pages. */
	EXPECT_EQ(HOST_REGION_DIRECT, first_at(h, "ffff:00:00.0", 0x7d900000));
	EXPECT_EQ(HOST_REGION_DIRECT, first_at(h, "0000:02:03.0", 0x75e00000));
	EXPECT_EQ(0x75e20fff, h->firmware.regions[1].range.last);
	EXPECT_EQ(HOST_REGION_RESERVED, first_at(h, "ffff:00:00.0", 0xfd00000000));
	EXPECT_NOT_NULL(strstr(note_at(r, 0), "an IVMD of 0x1000 bytes"));
	host_free(h);
	recon_free(r);
	table_free(&t);
}

TEST(tables_that_lie_are_notes_or_errors)
{
	static const struct {
		const char *what;
		size_t at, bytes;
		uint64_t v;
		const char *note; /* NULL: the whole table is an error */
	} rows[] = {
		{ "the signature", 0, 1, 'X', NULL },
		{ "a length below the header", 4, 4, 12, NULL },
		{ "a length that cuts the fixed part", 4, 4, 47, NULL },
		{ "a length past the end", 4, 4, 0xffffffff, "its header says 4294967295 bytes" },
		{ "a wrong checksum", 9, 1, 0x5a, "its checksum is wrong" },
		{ "a width of 256", 36, 1, 0xff, "a host address width of 256 bits" },
		{ "a record of no bytes", 50, 2, 0, "a record of 0 bytes at 48" },
		{ "a record of three", 50, 2, 3, "a record of 3 bytes at 48" },
		{ "a record past the end", 50, 2, 0xffff, "a record of 65535 bytes at 48" },
		{ "a DRHD too short", 50, 2, 12, "a record of type 0 with 12 bytes" },
		{ "a DRHD at 0", 56, 8, 0, "a DRHD without an address" },
		{ "a scope of no bytes", 65, 1, 0, "a device scope of 0 bytes" },
		{ "a scope of an odd size", 65, 1, 7, "a device scope of 7 bytes" },
		{ "a scope past its record", 65, 1, 0xfe, "a device scope of 254 bytes" },
		{ "an RMRR that ends first", 48 + 24 + 16 + 16, 8, 0, "an RMRR that ends" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recon *r = recon_new();
		struct capture_error err = { "" };
		size_t n, more;
		const struct recon_note *v;
		bool found = false;
		struct table t;

		client(&t);
		for (size_t b = 0; b < rows[i].bytes; b++)
			t.p[rows[i].at + b] = (uint8_t)(rows[i].v >> 8 * b);
		EXPECT_EQ(rows[i].note ? 0 : -EINVAL, recon_dmar(r, t.p, t.n, "DMAR", &err))
		{
			TH_LOG("%s", rows[i].what);
		}
		EXPECT_EQ(!rows[i].note, !!*err.msg);
		v = recon_notes(r, &n, &more);
		for (size_t k = 0; k < n && rows[i].note; k++)
			found |= !strncmp(v[k].why, rows[i].note, strlen(rows[i].note));
		EXPECT_EQ(!!rows[i].note, found)
		{
			TH_LOG("%s: %s", rows[i].what, n ? v[0].why : "no note");
		}
		recon_free(r);
		table_free(&t);
	}
}

/* Every length that a real file can be cut to; the sanitiser watches the end. */
TEST(a_table_cut_anywhere_is_read_as_far_as_it_goes)
{
	struct table t;

	client(&t);
	for (size_t n = 0; n <= t.n; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct recon *r = recon_new();
		struct host *h = NULL;
		int rc;

		memcpy(copy, t.p, n);
		rc = recon_dmar(r, copy, n, "DMAR", NULL);
		EXPECT_EQ(n < 48 ? -EINVAL : 0, rc);
		if (!rc)
			recon_host(r, -1, &h, NULL);
		host_free(h);
		recon_free(r);
		free(copy);
	}
	table_free(&t);
}

TEST_HARNESS_MAIN
