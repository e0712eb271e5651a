// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IVRS table: AMD's IOMMUs and the memory that devices must reach. AMD I/O
 * Virtualization Technology specification 5.2; include/acpi/actbl2.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "harness/reconstruct/acpi.h"

#define IVRS_FIXED 48 /* header, IVinfo, reserved */
#define IVHD_SIZE  24
#define IVHD_EFR   24 /* where types 11h and 40h have the extended features */
#define IVMD_SIZE  32

enum {
	IVHD_10 = 0x10,
	IVHD_11 = 0x11,
	IVHD_40 = 0x40,
	IVMD_ALL = 0x20,
	IVMD_ONE = 0x21,
	IVMD_RANGE = 0x22,
};

/* Flags of an IVMD. Linux maps an excluded range one to one like any other (since 5.5). */
#define IVMD_UNITY   0x01
#define IVMD_EXCLUDE 0x08

#define PAGE 4096ull

/* The same unit has a record of each type; the later ones tell more. */
static void ivhd(struct recon *r, uint8_t type, struct bytes rec)
{
	uint64_t base = acpi_u64(rec, 8);
	struct unit *u;

	if (!base) {
		facts_note(r, 0, "an IVHD without an address");
		return;
	}
	u = facts_find_unit(r, HOST_IOMMU_AMD, base, "");
	/* A log knows units by their features only: the first is the one it told of. */
	for (size_t i = 0; !u && i < r->nunits; i++)
		if (r->units[i].type == HOST_IOMMU_AMD && !r->units[i].base)
			u = &r->units[i];
	if (!u)
		u = facts_unit(r);
	if (!u)
		return;
	u->type = HOST_IOMMU_AMD;
	u->base = base;
	u->segment = acpi_u16(rec, 16);
	if (type != IVHD_10 && rec.n >= IVHD_EFR + 8 && !u->has_efr) {
		u->has_efr = true;
		u->efr = acpi_u64(rec, IVHD_EFR);
	}
}

static void one_device(struct recon *r, struct rmrr *m, uint16_t devid)
{
	m->scopes = calloc(1, sizeof(*m->scopes));
	if (!m->scopes) {
		r->oom = true;
		return;
	}
	m->nscopes = 1;
	m->scopes[0] = (struct scope){ .type = 1,
				       .bus = (uint8_t)(devid >> 8),
				       .nsteps = 1,
				       .step = { { devid >> 3 & 31, devid & 7 } } };
}

static void ivmd(struct recon *r, uint8_t type, struct bytes rec)
{
	uint64_t start = acpi_u64(rec, 16), len = acpi_u64(rec, 24);
	uint16_t devid = acpi_u16(rec, 4);
	uint8_t flags = acpi_u8(rec, 1);
	struct rmrr *m;

	if (!(flags & (IVMD_UNITY | IVMD_EXCLUDE)))
		return;
	if (!len || start > UINT64_MAX - 2 * PAGE || len > UINT64_MAX - 2 * PAGE - start) {
		facts_note(r, 0, "an IVMD of 0x%llx bytes at 0x%llx", (unsigned long long)len,
			   (unsigned long long)start);
		return;
	}
	m = facts_rmrr(r);
	if (!m)
		return;
	/* As the kernel rounds them. */
	m->start = (start + PAGE - 1) & ~(PAGE - 1);
	m->last = m->start + ((len + PAGE - 1) & ~(PAGE - 1)) - 1;
	m->unity = true;
	m->all = type == IVMD_ALL;
	m->segment = acpi_u16(rec, 8);
	if (type == IVMD_ONE || (type == IVMD_RANGE && devid == acpi_u16(rec, 6)))
		one_device(r, m, devid);
}

int recon_ivrs(struct recon *r, const void *table, size_t len, const char *name,
	       struct capture_error *err)
{
	struct bytes t;
	int rc = acpi_open(r, table, len, "IVRS", IVRS_FIXED, name, &t, err);

	if (rc)
		return rc;
	for (size_t at = IVRS_FIXED; at < t.n;) {
		struct bytes rec = { .p = t.p + at, .n = acpi_u16(t, at + 2) };
		uint8_t type = acpi_u8(t, at);
		bool is_ivhd = type == IVHD_10 || type == IVHD_11 || type == IVHD_40;
		bool is_ivmd = type == IVMD_ALL || type == IVMD_ONE || type == IVMD_RANGE;

		if (t.n - at < 4 || rec.n < 4 || rec.n > t.n - at) {
			facts_note(r, 0,
				   "a record of %zu bytes at %zu, where the table has %zu: the "
				   "rest is not read",
				   rec.n, at, t.n - at);
			break;
		}
		if ((is_ivhd && rec.n < IVHD_SIZE) || (is_ivmd && rec.n < IVMD_SIZE))
			facts_note(r, 0, "a record of type 0x%x with %zu bytes", type, rec.n);
		else if (is_ivhd)
			ivhd(r, type, rec);
		else if (is_ivmd)
			ivmd(r, type, rec);
		at += rec.n;
	}
	return r->oom ? -ENOMEM : 0;
}
