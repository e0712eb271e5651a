// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOMMUs: registers where they were told, and how wide the domains are, with
 * the reason. Registers decide by the rules of host_derive.c; what has none is
 * given domains of a width that was told, or that is assumed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/reconstruct/build.h"

#define PAGES_ASSUMED 0x40201000ull /* 4K, 2M, 1G: what VT-d units mostly have */
#define PAGES_OTHER   0x1000ull

static unsigned int bits_of(uint64_t last)
{
	unsigned int n = 0;

	for (; last; last >>= 1)
		n++;
	return n;
}

static uint64_t last_of(unsigned int bits)
{
	return bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;
}

unsigned int build_width(const struct host *h, const struct host_iommu *io)
{
	unsigned int most = 0;

	for (int k = HOST_DOMAIN_TYPE1; k <= HOST_DOMAIN_PAGING; k++) {
		struct host_domain d;

		host_domain_get(h, io, (enum host_domain_kind)k, &d);
		if (!d.attach_errno && bits_of(d.aperture.last) > most)
			most = bits_of(d.aperture.last);
	}
	return most;
}

/* Widths of both kinds in one number; 0 for a domain that no device can attach to. */
static unsigned int widths(const struct host *h, const struct host_iommu *io)
{
	struct host_domain t, p;

	host_domain_get(h, io, HOST_DOMAIN_TYPE1, &t);
	host_domain_get(h, io, HOST_DOMAIN_PAGING, &p);
	return (t.attach_errno ? 0 : bits_of(t.aperture.last)) << 8 |
	       (p.attach_errno ? 0 : bits_of(p.aperture.last));
}

static char *width_text(struct build *b, unsigned int w)
{
	unsigned int t = w >> 8, p = w & 0xff;

	if (!w)
		return build_dup(b, "no page table that the kernel uses");
	if (t == p)
		return build_text(b, "%u bits", t);
	if (!t || !p)
		return build_text(b, "%u bits with %s, none with %s", t | p,
				  t ? "type1" : "iommufd", t ? "iommufd" : "type1");
	return build_text(b, "%u bits with type1, %u with iommufd", t, p);
}

/* Registers are known: the width is derived, unless it hangs on a kernel that is not. */
static void say_derived(struct build *b, size_t i)
{
	/* One of each set of rules that host_derive.c has. */
	static const char *const rules[] = { "6.1", "6.12", "6.13", "7.0" };
	struct host *h = b->h;
	unsigned int now = widths(h, &h->iommus[i]), other = now;
	uint32_t features = h->features;
	const char *rule = "";
	char *text = width_text(b, now), *note, *more;

	for (size_t k = 0; !b->r->release && other == now && k < 4; k++) {
		rule = rules[k];
		h->features = host_features_default(rule);
		other = widths(h, &h->iommus[i]);
	}
	h->features = features;
	if (other == now) {
		note = build_text(b, "%s, by cap and ecap", text ? text : "");
	} else {
		more = width_text(b, other);
		note = build_text(b, "%s as with kernel %s, it would be %s with %s",
				  text ? text : "", h->release, more ? more : "", rule);
		free(more);
	}
	free(text);
	BUILD_SAYS(b, other == now ? HOST_DERIVED : HOST_ASSUMED, note, "iommus[%zu].domains", i);
}

static void set_domains(struct host_iommu *io, uint64_t start, uint64_t last, uint64_t pages)
{
	for (int k = HOST_DOMAIN_TYPE1; k <= HOST_DOMAIN_PAGING; k++)
		io->domain[k] = (struct host_domain){ .known = true,
						      .aperture = { start, last },
						      .pgsizes = pages };
}

/* First start and last end of the ranges that were told. */
static void ranges_domain(struct build *b, size_t i)
{
	struct host_iommu *io = &b->h->iommus[i];
	struct host_range all = b->r->ranges[0];

	for (size_t k = 1; k < b->r->nranges; k++) {
		const struct host_range *g = &b->r->ranges[k];

		all.start = g->start < all.start ? g->start : all.start;
		all.last = g->last > all.last ? g->last : all.last;
	}
	set_domains(io, all.start, all.last,
		    io->type == HOST_IOMMU_INTEL ? PAGES_ASSUMED : PAGES_OTHER);
	/* Of several units it is not told which one the ranges are of. */
	if (b->r->nunits > 1)
		BUILD_SAYS(b, HOST_ASSUMED,
			   build_text(b, "the IOVA ranges of %s for every unit", b->r->ranges_from),
			   "iommus[%zu].domains", i);
	else
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, b->r->ranges_from), "iommus[%zu].domains",
			   i);
}

static void intel_domains(struct build *b, size_t i)
{
	const struct recon *r = b->r;
	struct host_iommu *io = &b->h->iommus[i];

	if (io->has_regs) {
		say_derived(b, i);
	} else if (r->told_bits) {
		set_domains(io, 0, last_of((unsigned int)r->told_bits), PAGES_ASSUMED);
		BUILD_SAYS(b, HOST_DERIVED,
			   build_text(b, "%d bits, as QEMU said (%s)", r->told_bits, r->told_from),
			   "iommus[%zu].domains", i);
	} else if (r->haw) {
		set_domains(io, 0, last_of((unsigned int)r->haw), PAGES_ASSUMED);
		BUILD_SAYS(
			b, HOST_ASSUMED,
			build_text(
				b,
				"%d bits, the host address width (%s), where cap and ecap would tell",
				r->haw, r->haw_from),
			"iommus[%zu].domains", i);
	} else {
		BUILD_SAYS(b, HOST_ASSUMED, build_dup(b, "48 bits, which nothing tells"),
			   "iommus[%zu].domains", i);
	}
}

static void other_domains(struct build *b, size_t i, const struct unit *u)
{
	const struct recon *r = b->r;
	struct host_iommu *io = &b->h->iommus[i];

	if (io->type == HOST_IOMMU_AMD) {
		BUILD_SAYS(b, HOST_DERIVED,
			   build_text(b, "%u bits, what the driver's page tables have",
				      build_width(b->h, io)),
			   "iommus[%zu].domains", i);
	} else if (u && u->ias) {
		set_domains(io, 0, last_of(u->ias), PAGES_OTHER);
		BUILD_SAYS(b, HOST_DERIVED, build_text(b, "%u bits, its input addresses", u->ias),
			   "iommus[%zu].domains", i);
	} else if (r->told_bits) {
		set_domains(io, 0, last_of((unsigned int)r->told_bits), PAGES_OTHER);
		BUILD_SAYS(b, HOST_DERIVED,
			   build_text(b, "%d bits, as QEMU said (%s)", r->told_bits, r->told_from),
			   "iommus[%zu].domains", i);
	} else {
		BUILD_SAYS(b, HOST_ASSUMED, build_dup(b, "64 bits, which nothing tells"),
			   "iommus[%zu].domains", i);
	}
}

/* None of the units whose registers are known remaps interrupts, and all are known. */
static bool none_remaps(const struct recon *r)
{
	bool any = false;

	for (size_t i = 0; i < r->nunits; i++) {
		if (r->units[i].type != HOST_IOMMU_INTEL || !r->units[i].has_regs ||
		    r->units[i].ecap >> 3 & 1)
			return false;
		any = true;
	}
	return any;
}

static void remapping(struct build *b, size_t i)
{
	struct host_iommu *io = &b->h->iommus[i];

	io->isolated_msi = -1;
	if (b->r->remapping >= 0) {
		io->isolated_msi = b->r->remapping;
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, b->r->remapping_from),
			   "iommus[%zu].isolated-msi", i);
	} else if (build_cmdline_has(b, "intremap=off") || build_cmdline_has(b, "nointremap")) {
		io->isolated_msi = 0;
		BUILD_SAYS(b, HOST_DERIVED, build_dup(b, "off on the kernel command line"),
			   "iommus[%zu].isolated-msi", i);
	} else if (none_remaps(b->r)) {
		io->isolated_msi = 0;
		BUILD_SAYS(b, HOST_DERIVED, build_dup(b, "no unit's ecap has it (bit 3)"),
			   "iommus[%zu].isolated-msi", i);
	} else {
		BUILD_SAYS(b, HOST_ASSUMED, build_dup(b, "interrupts remapped"),
			   "iommus[%zu].isolated-msi", i);
	}
}

/* What the driver calls the nth unit of its kind. */
static char *name_of(struct build *b, const struct unit *u, size_t nth)
{
	if (u->name[0])
		return build_dup(b, u->name);
	if (u->type == HOST_IOMMU_INTEL)
		return build_text(b, "dmar%zu", nth);
	return build_text(b, "%s%zu", u->type == HOST_IOMMU_AMD ? "ivhd" : "smmu3-", nth);
}

/* Only firmware, ranges or regions: an IOMMU of which nothing else is known. */
static enum host_iommu_type guess_type(const struct build *b)
{
	for (size_t i = 0; i < b->r->nregions; i++)
		if (b->r->regions[i].r.start == 0xfd00000000 &&
		    b->r->regions[i].r.last == 0xffffffffff)
			return HOST_IOMMU_AMD;
	return b->r->haw || b->r->told_bits ? HOST_IOMMU_INTEL : HOST_IOMMU_OTHER;
}

static void unit(struct build *b, size_t i, const struct unit *u, size_t nth)
{
	struct host_iommu *io = &b->h->iommus[i];

	b->unit[i] = u;
	io->type = u ? u->type : guess_type(b);
	io->coherent = -1;
	io->name = u ? name_of(b, u, nth) : build_dup(b, "iommu0");
	if (u)
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, u->from), "iommus[%zu]", i);
	else
		BUILD_SAYS(b, HOST_ASSUMED, build_dup(b, "one IOMMU for all devices"),
			   "iommus[%zu]", i);
	if (u && u->has_regs) {
		io->has_regs = true;
		io->cap = u->cap;
		io->ecap = u->ecap;
		io->address = u->base;
		io->version = *u->version ? build_dup(b, u->version) : NULL;
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, u->from), "iommus[%zu].registers", i);
	}
	remapping(b, i);
}

void build_units(struct build *b)
{
	const struct recon *r = b->r;
	size_t n = r->nunits ? r->nunits : 1, nth[HOST_IOMMU_NR] = { 0 };
	struct host *h = b->h;

	h->iommus = build_array(b, n, sizeof(*h->iommus));
	for (size_t i = 0; h->iommus && i < n; i++) {
		const struct unit *u = r->nunits ? &r->units[i] : NULL;
		size_t k = u ? nth[u->type]++ : 0;

		if (b->only < 0 || (size_t)b->only == i)
			unit(b, h->niommus++, u, k);
	}
	/* Some rules look at all units. */
	for (size_t i = 0; i < h->niommus && !b->oom; i++) {
		if (r->nranges)
			ranges_domain(b, i);
		else if (h->iommus[i].type == HOST_IOMMU_INTEL)
			intel_domains(b, i);
		else
			other_domains(b, i, b->unit[i]);
	}
}
