// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The DMAR table: which VT-d units there are, which devices are behind them,
 * which memory devices must reach. VT-d specification 8; include/acpi/actbl1.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/reconstruct/acpi.h"

#define DMAR_FIXED     48 /* header, width, flags, reserved */
#define DMAR_DRHD_SIZE 16
#define DMAR_RMRR_SIZE 24

enum { DMAR_DRHD, DMAR_RMRR, DMAR_ATSR, DMAR_RHSA, DMAR_ANDD, DMAR_SATC };

/* Device scopes of a record, from at to its end. */
static void scopes(struct recon *r, struct bytes rec, size_t at, struct scope **v, size_t *n)
{
	while (at < rec.n) {
		uint8_t len = acpi_u8(rec, at + 1);
		struct scope *more, *s;

		if (len < 6 || len % 2 || at + len > rec.n) {
			facts_note(r, 0, "a device scope of %u bytes in a record of %zu", len,
				   rec.n);
			return;
		}
		more = realloc(*v, (*n + 1) * sizeof(*more));
		if (!more) {
			r->oom = true;
			return;
		}
		*v = more;
		s = &more[(*n)++];
		*s = (struct scope){ .type = acpi_u8(rec, at), .bus = acpi_u8(rec, at + 5) };
		for (size_t i = at + 6; i < at + len; i += 2) {
			if (s->nsteps < sizeof(s->step) / sizeof(*s->step)) {
				s->step[s->nsteps].dev = acpi_u8(rec, i);
				s->step[s->nsteps].fn = acpi_u8(rec, i + 1);
			}
			s->nsteps++;
		}
		at += len;
	}
}

static void drhd(struct recon *r, struct bytes rec)
{
	uint64_t base = acpi_u64(rec, 8);
	struct unit *u;

	if (!base) {
		facts_note(r, 0, "a DRHD without an address");
		return;
	}
	u = facts_find_unit(r, HOST_IOMMU_INTEL, base, "");
	if (!u)
		u = facts_unit(r);
	if (!u)
		return;
	u->type = HOST_IOMMU_INTEL;
	u->base = base;
	u->include_all = acpi_u8(rec, 4) & 1;
	u->segment = acpi_u16(rec, 6);
	if (!u->scopes)
		scopes(r, rec, DMAR_DRHD_SIZE, &u->scopes, &u->nscopes);
}

static void rmrr(struct recon *r, struct bytes rec)
{
	uint64_t start = acpi_u64(rec, 8), last = acpi_u64(rec, 16);
	struct rmrr *m = NULL;

	if (last < start) {
		facts_note(r, 0, "an RMRR that ends before it starts");
		return;
	}
	/* The log names the region, the table the devices. */
	for (size_t i = 0; i < r->nrmrrs && !m; i++)
		if (r->rmrrs[i].start == start && r->rmrrs[i].last == last && !r->rmrrs[i].scopes)
			m = &r->rmrrs[i];
	if (!m)
		m = facts_rmrr(r);
	if (!m)
		return;
	m->start = start;
	m->last = last;
	m->segment = acpi_u16(rec, 6);
	scopes(r, rec, DMAR_RMRR_SIZE, &m->scopes, &m->nscopes);
}

static void record(struct recon *r, uint16_t type, struct bytes rec)
{
	static const size_t least[] = {
		[DMAR_DRHD] = DMAR_DRHD_SIZE,
		[DMAR_RMRR] = DMAR_RMRR_SIZE,
		[DMAR_ATSR] = 8,
		[DMAR_RHSA] = 20,
		[DMAR_ANDD] = 8,
		[DMAR_SATC] = 8,
	};

	/* The kernel, too, passes over types it does not know. */
	if (type >= sizeof(least) / sizeof(*least))
		return;
	if (rec.n < least[type]) {
		facts_note(r, 0, "a record of type %u with %zu bytes, expected %zu", type, rec.n,
			   least[type]);
		return;
	}
	switch (type) {
	case DMAR_DRHD: drhd(r, rec); break;
	case DMAR_RMRR: rmrr(r, rec); break;
	case DMAR_ATSR: r->atsr++; break;
	case DMAR_SATC: r->satc++; break;
	default: break;
	}
}

int recon_dmar(struct recon *r, const void *table, size_t len, const char *name,
	       struct capture_error *err)
{
	struct bytes t;
	int rc = acpi_open(r, table, len, "DMAR", DMAR_FIXED, name, &t, err);
	unsigned int width;

	if (rc)
		return rc;
	width = acpi_u8(t, 36) + 1u;
	if (width > 64)
		facts_note(r, 0, "a host address width of %u bits", width);
	else if (r->haw && r->haw != (int)width)
		facts_note(r, 0, "host address width %u, where %s says %d: ignored", width,
			   r->haw_from, r->haw);
	else {
		r->haw = (int)width;
		facts_from(r, &r->haw_from);
	}
	if (!(acpi_u8(t, 37) & 1) && !r->remapping_known) {
		r->remapping = 0;
		facts_from(r, &r->remapping_from);
	}
	r->has_dmar = true;
	r->atsr = r->satc = 0;
	for (size_t at = DMAR_FIXED; at < t.n;) {
		struct bytes rec = { .p = t.p + at, .n = acpi_u16(t, at + 2) };

		if (t.n - at < 4 || rec.n < 4 || rec.n > t.n - at) {
			facts_note(r, 0,
				   "a record of %zu bytes at %zu, where the table has %zu: the "
				   "rest is not read",
				   rec.n, at, t.n - at);
			break;
		}
		record(r, acpi_u16(t, at), rec);
		at += rec.n;
	}
	return r->oom ? -ENOMEM : 0;
}
