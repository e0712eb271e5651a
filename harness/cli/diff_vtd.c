// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fields of VT-d's capability registers: VT-d specification (rev. 5) 11.4.2
 * CAP_REG and 11.4.3 ECAP_REG, with the names they have there; the few that
 * only older revisions have are marked so.
 */
#include <inttypes.h>
#include <stdio.h>

#include "harness/cli/diff.h"

enum shape {
	FLAG,	  /* yes, no */
	NUMBER,	  /* as it is */
	PLUS_ONE, /* a number less one */
	DOMAINS,  /* 2^(4 + 2n) */
	WIDTHS,	  /* bits: 39, 48, 57 */
	PAGES,	  /* bits: 2M, 1G */
};

struct field {
	unsigned char low, bits;
	enum shape shape;
	const char *name, *words;
};

static const struct field cap_fields[] = {
	{ 0, 3, DOMAINS, "ND", "domains" },
	{ 3, 1, FLAG, "AFL", "advanced fault logging" },
	{ 4, 1, FLAG, "RWBF", "write buffers must be flushed" },
	{ 5, 1, FLAG, "PLMR", "protected low memory" },
	{ 6, 1, FLAG, "PHMR", "protected high memory" },
	{ 7, 1, FLAG, "CM", "caching mode: an emulated IOMMU" },
	{ 8, 5, WIDTHS, "SAGAW", "widths of page tables" },
	{ 16, 6, PLUS_ONE, "MGAW", "widest guest address in bits" },
	{ 22, 1, FLAG, "ZLR", "zero-length reads" },
	{ 24, 10, NUMBER, "FRO", "place of the fault registers" },
	{ 34, 4, PAGES, "SSLPS", "large pages of the second stage" },
	{ 39, 1, FLAG, "PSI", "invalidation by page" },
	{ 40, 8, PLUS_ONE, "NFR", "fault registers" },
	{ 48, 6, NUMBER, "MAMV", "greatest address mask of an invalidation" },
	{ 54, 1, FLAG, "DWD", "write draining" },
	{ 55, 1, FLAG, "DRD", "read draining" },
	{ 56, 1, FLAG, "FS1GP", "1G pages of the first stage" },
	{ 59, 1, FLAG, "PI", "posted interrupts" },
	{ 60, 1, FLAG, "FS5LP", "five levels of the first stage" },
	{ 61, 1, FLAG, "ECMDS", "enhanced commands" },
	{ 62, 1, FLAG, "ESIRTPS", "interrupt table pointer invalidates" },
	{ 63, 1, FLAG, "ESRTPS", "root table pointer invalidates" },
};

static const struct field ecap_fields[] = {
	{ 0, 1, FLAG, "C", "page walks are coherent" },
	{ 1, 1, FLAG, "QI", "queued invalidation" },
	{ 2, 1, FLAG, "DT", "device TLBs" },
	{ 3, 1, FLAG, "IR", "interrupt remapping" },
	{ 4, 1, FLAG, "EIM", "32-bit APIC ids" },
	{ 6, 1, FLAG, "PT", "pass-through" },
	{ 7, 1, FLAG, "SC", "snoop control" },
	{ 8, 10, NUMBER, "IRO", "place of the IOTLB registers" },
	{ 20, 4, NUMBER, "MHMV", "greatest handle mask" },
	{ 24, 1, FLAG, "ECS", "extended context, of old revisions" },
	{ 25, 1, FLAG, "MTS", "memory types" },
	{ 26, 1, FLAG, "NEST", "nested translation" },
	{ 29, 1, FLAG, "PRS", "page requests" },
	{ 30, 1, FLAG, "ERS", "execute requests" },
	{ 31, 1, FLAG, "SRS", "supervisor requests" },
	{ 33, 1, FLAG, "NWFS", "no-write flag" },
	{ 34, 1, FLAG, "EAFS", "extended accessed flag" },
	{ 35, 5, PLUS_ONE, "PSS", "width of a PASID in bits" },
	{ 40, 1, FLAG, "PASID", "PASIDs" },
	{ 41, 1, FLAG, "DIT", "device TLB invalidation throttled" },
	{ 42, 1, FLAG, "PDS", "page request drain" },
	{ 43, 1, FLAG, "SMTS", "scalable mode" },
	{ 44, 1, FLAG, "VCS", "virtual commands" },
	{ 45, 1, FLAG, "SSADS", "dirty tracking of the second stage" },
	{ 46, 1, FLAG, "SSTS", "second stage in scalable mode" },
	{ 47, 1, FLAG, "FSTS", "first stage in scalable mode" },
	{ 48, 1, FLAG, "SMPWCS", "coherent page walks in scalable mode" },
	{ 49, 1, FLAG, "RPS", "PASID of requests without one" },
	{ 51, 1, FLAG, "PMS", "performance monitoring" },
	{ 52, 1, FLAG, "ADMS", "abort mode before the table is set" },
	{ 53, 1, FLAG, "RPRIVS", "privileged requests without a PASID" },
};

static void put_bits(char *to, size_t len, uint64_t v, const char *const *names, size_t n)
{
	size_t used = 0;

	snprintf(to, len, "none");
	for (size_t i = 0; i < n; i++)
		if (v >> i & 1 && names[i])
			used += (size_t)snprintf(to + used, len - used, "%s%s", used ? " " : "",
						 names[i]);
}

static void put_value(char *to, size_t len, const struct field *f, uint64_t reg)
{
	static const char *const widths[] = { "30", "39", "48", "57", "64" };
	static const char *const pages[] = { "2M", "1G", "512G", "1T" };
	uint64_t v = reg >> f->low & ((1ull << f->bits) - 1);

	switch (f->shape) {
	case FLAG: snprintf(to, len, "%s", v ? "yes" : "no"); break;
	case NUMBER: snprintf(to, len, "%" PRIu64, v); break;
	case PLUS_ONE: snprintf(to, len, "%" PRIu64, v + 1); break;
	case DOMAINS: snprintf(to, len, "%u", 1u << (4 + 2 * v)); break;
	case WIDTHS: put_bits(to, len, v, widths, 5); break;
	case PAGES: put_bits(to, len, v, pages, 4); break;
	}
}

void diff_vtd(struct diff *d, const char *name, enum diff_register r, uint64_t before,
	      uint64_t after)
{
	const struct field *f = r == DIFF_CAP ? cap_fields : ecap_fields;
	const size_t n =
		r == DIFF_CAP ? sizeof(cap_fields) / sizeof(*f) : sizeof(ecap_fields) / sizeof(*f);
	const char *reg = r == DIFF_CAP ? "cap" : "ecap";
	uint64_t left = before ^ after; /* bits that no field has told of */
	char key[24], was[64], is[64];
	struct diff_change c = {
		.subject = "unit", .name = name, .key = key, .before = was, .after = is
	};

	for (size_t i = 0; i < n; i++) {
		uint64_t mask = ((1ull << f[i].bits) - 1) << f[i].low;

		if (!(left & mask))
			continue;
		left &= ~mask;
		snprintf(key, sizeof(key), "%s.%s", reg, f[i].name);
		c.words = f[i].words;
		put_value(was, sizeof(was), &f[i], before);
		put_value(is, sizeof(is), &f[i], after);
		diff_say(d, &c);
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(left >> bit & 1))
			continue;
		snprintf(key, sizeof(key), "%s.%u", reg, bit);
		c.words = "a bit without a name";
		snprintf(was, sizeof(was), "%u", (unsigned)(before >> bit & 1));
		snprintf(is, sizeof(is), "%u", (unsigned)(after >> bit & 1));
		diff_say(d, &c);
	}
}
