// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verdicts about any host and any vIOMMU: they hold together, and what differs
 * between widths, backends and versions differs for a reason that is named.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/property/property.h"
#include "hiod/check.h"
#include "mocks/model.h"
#include "selftests/properties/differ.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/hostile.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

/*
 * Checks on a model of h, whose books are kept; false: no memory. *left:
 * something stayed open, or was used that is not.
 */
static bool run(const struct host *h, const struct hiod_check *q, struct hiod_verdict *v,
		bool *left)
{
	struct shim *s = model_new(h, NULL);
	static struct hostile books;

	if (!s)
		return false;
	hostile_init(&books, s, NULL, 0);
	hiod_check_run(&books.shim, q, v);
	*left = !plain_clean(s) || books.nopen || books.misuse;
	shim_destroy(s);
	return true;
}

static void note(struct choices *c, const char *what, const struct hiod_verdict *v)
{
	choices_note(c, "%s: %s (qemu: %s) at %s, %d bits: %s", what, hiod_answer_name(v->verdict),
		     hiod_answer_name(v->qemu), hiod_stage_name(v->stage), v->host_aw_bits,
		     v->message);
}

static bool same_verdict(const struct hiod_verdict *a, const struct hiod_verdict *b)
{
	return a->verdict == b->verdict && a->qemu == b->qemu && a->host_aw_bits == b->host_aw_bits;
}

/* ---- one host, one vIOMMU ------------------------------------------------------- */

static enum property_result check(struct choices *c, void *ctx)
{
	char text[VIOMMU_TEXT_MAX];
	struct hiod_mem_region mem[3];
	struct hiod_check q = { .bdf = HOST_BDF, .mem = mem };
	enum property_result res = PROPERTY_PASS;
	struct hiod_verdict v, again;
	struct host *h;
	bool left, left2 = false;

	q.profile = make_profile(c);
	q.backend = make_backend(c);
	q.viommu = make_viommu(c, q.profile, text);
	q.nmem = make_memory(c, mem, 3);
	q.device_first = choices_bool(c, 5);
	h = make_host(c, 0);
	if (!h)
		return PROPERTY_DISCARD;
	if (!run(h, &q, &v, &left)) {
		host_free(h);
		return PROPERTY_DISCARD;
	}
	note(c, q.backend == HIOD_BACKEND_LEGACY ? "legacy" : "iommufd", &v);
	if (left)
		res = property_fail(c, "something stays in the kernel");
	else if ((v.verdict == HIOD_ACCEPTED) != (v.message[0] == '\0'))
		res = property_fail(c, "%s with the message '%s'", hiod_answer_name(v.verdict),
				    v.message);
	else if (v.verdict == HIOD_ACCEPTED && (v.qemu != HIOD_ACCEPTED || v.host_aw_bits < 0))
		res = property_fail(c, "accepted, and QEMU: %s, on %d bits",
				    hiod_answer_name(v.qemu), v.host_aw_bits);
	/* A kernel that keeps its own rules is never blamed for its replies. */
	else if (v.verdict == HIOD_ERROR)
		res = property_fail(c, "an error of the host's: %s", v.message);
	else if (strchr(v.message, '\n') || strchr(v.hint, '\n'))
		res = property_fail(c, "a message of several lines");
	if (res == PROPERTY_PASS && run(h, &q, &again, &left2)) {
		/* QEMU prints an address of its own in one message. */
		bool address = strstr(v.message, "vfio_container_dma_map(");

		if (!same_verdict(&v, &again) || (!address && strcmp(v.message, again.message)))
			res = property_fail(c, "another answer the second time");
		hiod_verdict_free(&again);
	}
	hiod_verdict_free(&v);
	host_free(h);
	return res;
}

/* Accepted with n bits means accepted with all fewer that are legal. */
static enum property_result monotonic(struct choices *c, void *ctx)
{
	static const char *const widths[] = { "39", "48" };
	char text[VIOMMU_TEXT_MAX];
	struct hiod_check q = { .bdf = HOST_BDF, .viommu = text };
	enum property_result res = PROPERTY_PASS;
	struct hiod_verdict v[2];
	struct host *h;
	bool left, scalable, virtio;
	unsigned int low = 32, high = 64;

	q.profile = make_profile(c);
	q.backend = make_backend(c);
	scalable = choices_bool(c, 30);
	virtio = choices_bool(c, 20) && q.profile->virtio_checks;
	if (virtio) {
		low = (unsigned int)choices_range(c, 32, 63);
		high = (unsigned int)choices_range(c, low + 1, 64);
	}
	h = make_host(c, 0);
	if (!h)
		return PROPERTY_DISCARD;
	for (int i = 0; i < 2; i++) {
		if (virtio)
			snprintf(text, sizeof(text), "virtio-iommu-pci,aw-bits=%u", i ? high : low);
		else
			snprintf(text, sizeof(text), "intel-iommu,caching-mode=on,aw-bits=%s%s%s%s",
				 widths[i], scalable ? "," : "",
				 scalable ? q.profile->scalable_option : "", scalable ? "=on" : "");
		if (!run(h, &q, &v[i], &left)) {
			if (i)
				hiod_verdict_free(&v[0]);
			host_free(h);
			return PROPERTY_DISCARD;
		}
		note(c, text, &v[i]);
	}
	if (v[1].verdict == HIOD_ACCEPTED && v[0].verdict != HIOD_ACCEPTED)
		res = property_fail(c, "the wider one is accepted, the narrower %s",
				    hiod_answer_name(v[0].verdict));
	if (v[0].host_aw_bits != v[1].host_aw_bits)
		res = property_fail(c, "the host has %d bits and %d", v[0].host_aw_bits,
				    v[1].host_aw_bits);
	if (!virtio && v[0].verdict == HIOD_ACCEPTED &&
	    (v[1].verdict == HIOD_ACCEPTED) != (v[0].host_aw_bits >= 48))
		res = property_fail(c, "48 bits are %s on %d", hiod_answer_name(v[1].verdict),
				    v[0].host_aw_bits);
	for (int i = 0; i < 2; i++)
		hiod_verdict_free(&v[i]);
	host_free(h);
	return res;
}

/* ---- two backends ---------------------------------------------------------------- */

#define ECAP_SMTS(e)  ((e) >> 43 & 1)
#define ECAP_SLADS(e) ((e) >> 45 & 1)
#define ECAP_SLTS(e)  ((e) >> 46 & 1)
#define ECAP_FLTS(e)  ((e) >> 47 & 1)
#define ECAP_SMPWC(e) ((e) >> 48 & 1)

/*
 * The classes of hosts and questions that the two backends may answer
 * differently, each by what it is, not by the answers. One more goes across
 * all of them: regions_differ().
 */
enum backend_class {
	SAME,
	FIRST_STAGE_ASKED, /* the guest's first stage: a matter of iommufd */
	ONLY_FIRST_STAGE,  /* <= 6.12, no second stage: iommufd cannot attach */
	DIRTY_TRACKING,	   /* >= 6.13: page tables with dirty tracking stay on the second stage */
	PAGE_SIZES, /* virtio-iommu with a granule: type1 tells all sizes, iommufd the least */
};

static enum backend_class classify(const struct host *h, const struct hiod_check *q)
{
	const struct host_iommu *io = &h->iommus[0];
	bool scalable = ECAP_SMTS(io->ecap) && !strstr(h->cmdline, "sm_off");
	const char *v = q->viommu ? q->viommu : "", *opt = q->profile->first_stage_option;

	if (opt && strstr(v, opt))
		return FIRST_STAGE_ASKED;
	if (scalable && io->type == HOST_IOMMU_INTEL && ECAP_FLTS(io->ecap)) {
		bool prefers_first = h->features & 1u << HOST_F_FIRST_STAGE;

		if (!prefers_first && !ECAP_SLTS(io->ecap))
			return ONLY_FIRST_STAGE;
		if (prefers_first && ECAP_SLTS(io->ecap) && ECAP_SLADS(io->ecap) &&
		    ECAP_SMPWC(io->ecap))
			return DIRTY_TRACKING;
	}
	return strstr(v, "granule") ? PAGE_SIZES : SAME;
}

/* Bits of the deepest second stage, SAGAW, as far as MGAW goes (VT-d specification 11.4.2). */
static int second_stage(uint64_t cap)
{
	int mgaw = (int)(cap >> 16 & 0x3f) + 1, bits = 0;

	/* The fifth bit is reserved; kernels that compare take it for five levels. */
	for (int level = 1; level < 5; level++)
		if (cap >> (8 + level) & 1)
			bits = level < 3 ? 30 + 9 * level : 57;
	/* Below three levels there is no page table to put in. */
	return mgaw <= 30 ? 0 : bits < mgaw ? bits : mgaw;
}

/*
 * No reserved region reaches into the upper half of so many bits, or beyond:
 * the tops of apertures of these and of twice as many are whole.
 */
static bool tops_are_whole(const struct host *h, int bits)
{
	const struct host_group *g = &h->groups[0];

	for (size_t i = 0; bits > 0 && i < g->nregions; i++)
		if (g->regions[i].last >> (bits - 1))
			return false;
	return bits > 0;
}

static enum property_result compare(struct choices *c, enum backend_class k, const struct host *h,
				    const struct hiod_check *q, const struct hiod_verdict *legacy,
				    const struct hiod_verdict *fd)
{
	int second, want, least;

	switch (k) {
	case SAME:
		if (same_verdict(legacy, fd))
			return PROPERTY_PASS;
		return property_fail(c, "two verdicts on one host, without a reason");
	case FIRST_STAGE_ASKED:
		if (legacy->verdict == HIOD_ACCEPTED)
			return property_fail(c, "a first stage without iommufd");
		if (q->profile->first_stage_rule != HIOD_FIRST_STAGE_CHECKED &&
		    fd->verdict == HIOD_ACCEPTED)
			return property_fail(c, "a first stage before 11.0");
		return PROPERTY_PASS;
	case ONLY_FIRST_STAGE:
		if (fd->verdict != HIOD_REFUSED || fd->stage > HIOD_STAGE_REALIZE)
			return property_fail(c, "attached without a second stage");
		return PROPERTY_PASS;
	case DIRTY_TRACKING:
		if (q->profile->attach_to_ioas)
			return legacy->host_aw_bits == fd->host_aw_bits
				       ? PROPERTY_PASS
				       : property_fail(c, "the IOAS itself has another width");
		/* Refused before a width is known, by both. */
		if (legacy->host_aw_bits <= 0 && legacy->host_aw_bits == fd->host_aw_bits)
			return PROPERTY_PASS;
		/* Until 7.0 both stages have one depth of page tables, then each its own. */
		second = second_stage(h->iommus[0].cap);
		if (!second)
			return PROPERTY_PASS;
		want = h->features & 1u << HOST_F_WIDTH_MGAW ? second : legacy->host_aw_bits + 1;
		least = legacy->host_aw_bits < second ? legacy->host_aw_bits : second;
		if (fd->host_aw_bits < least ||
		    (fd->host_aw_bits != want &&
		     tops_are_whole(h, fd->host_aw_bits < legacy->host_aw_bits
					       ? fd->host_aw_bits
					       : legacy->host_aw_bits)))
			return property_fail(c, "%d bits by iommufd, %d by type1, not %d",
					     fd->host_aw_bits, legacy->host_aw_bits, want);
		return PROPERTY_PASS;
	case PAGE_SIZES:
		if (legacy->host_aw_bits != fd->host_aw_bits)
			return property_fail(c, "another width");
		return PROPERTY_PASS;
	}
	return PROPERTY_PASS;
}

/* The first device is in the first group. A region to the end of all addresses, in the device's own list or in its group's. */
static bool cut_the_top(struct choices *c, struct host *h)
{
	struct host_device *d = &h->devices[0];
	bool own = choices_bool(c, 50);
	struct host_region **r = own ? &d->regions : &h->groups[0].regions, *v;
	size_t *n = own ? &d->nregions : &h->groups[0].nregions;

	v = realloc(*r, (*n + 1) * sizeof(*v));
	if (!v)
		return false;
	*r = v;
	v[(*n)++] = (struct host_region){ 1ull << choices_range(c, 36, 56), UINT64_MAX,
					  HOST_REGION_RESERVED };
	return true;
}

/*
 * Type1 cuts the group's reserved regions, iommufd the device's. Where these
 * differ, the group gets the device's: from then on the backends answer as on
 * any other host. False: they are the same.
 */
static bool regions_differ(struct host *h)
{
	struct host_device *d = &h->devices[0];
	struct host_group *g = &h->groups[0];

	if (!d->own_regions)
		return false;
	free(g->regions);
	g->regions = d->regions;
	g->nregions = d->nregions;
	d->regions = NULL;
	d->nregions = 0;
	d->own_regions = false;
	return true;
}

static enum property_result one_verdict(struct choices *c, void *ctx)
{
	char text[VIOMMU_TEXT_MAX];
	struct hiod_check q = { .bdf = HOST_BDF };
	struct hiod_verdict legacy, fd;
	enum property_result res = PROPERTY_DISCARD;
	struct host *h;
	bool left;

	q.profile = make_profile(c);
	q.viommu = make_viommu(c, q.profile, text);
	h = make_host(c, HOST_PLAIN);
	if (!h)
		return PROPERTY_DISCARD;
	/* Nothing else of the two lists would show in the width. */
	if (h->devices[0].own_regions && choices_bool(c, 60) && !cut_the_top(c, h))
		goto out;
	if (!h->devices[0].has_cdev || !run(h, &q, &legacy, &left))
		goto out;
	q.backend = HIOD_BACKEND_IOMMUFD;
	if (run(h, &q, &fd, &left)) {
		note(c, "legacy", &legacy);
		note(c, "iommufd", &fd);
		q.backend = HIOD_BACKEND_LEGACY;
		if (regions_differ(h)) {
			hiod_verdict_free(&legacy);
			if (!run(h, &q, &legacy, &left)) {
				hiod_verdict_free(&fd);
				goto out;
			}
			note(c, "legacy, the group as the device", &legacy);
		}
		/* Nothing was asked of the host, or a unit that no kernel uses has no device. */
		if (legacy.stage >= HIOD_STAGE_REALIZE || fd.stage >= HIOD_STAGE_REALIZE)
			res = compare(c, classify(h, &q), h, &q, &legacy, &fd);
		else if (legacy.verdict == fd.verdict && fd.verdict != HIOD_ACCEPTED)
			res = PROPERTY_PASS;
		else
			res = property_fail(c, "two verdicts before the host was asked");
		hiod_verdict_free(&fd);
	}
	hiod_verdict_free(&legacy);
out:
	host_free(h);
	return res;
}

/* ---- two versions ---------------------------------------------------------------- */

static enum property_result profiles(struct choices *c, void *ctx)
{
	struct host *h;
	struct differ_question a = { 0 };
	const struct hiod_profile *p[2] = { make_profile(c), make_profile(c) };
	enum property_result res = PROPERTY_PASS;
	struct hiod_verdict v[2];
	const char *why;
	bool left;

	a.kind = (uint8_t)choices_upto(c, 3);
	a.aw_bits = choices_bool(c, 40) ? 39 : choices_bool(c, 60) ? 48 : 0;
	a.no_caching = choices_bool(c, 10);
	a.scalable = choices_bool(c, 30);
	a.first_stage = choices_bool(c, 20);
	a.pasid = choices_bool(c, 20);
	a.device_iotlb = choices_bool(c, 10);
	a.backend = make_backend(c);
	h = make_host(c, HOST_PLAIN);
	if (!h)
		return PROPERTY_DISCARD;
	for (int i = 0; i < 2; i++) {
		char text[VIOMMU_TEXT_MAX];
		struct hiod_check q = { .profile = p[i], .bdf = HOST_BDF, .backend = a.backend };

		q.viommu = differ_viommu(&a, p[i], text);
		if (!run(h, &q, &v[i], &left)) {
			if (i)
				hiod_verdict_free(&v[0]);
			host_free(h);
			return PROPERTY_DISCARD;
		}
		choices_note(c, "%s %s", p[i]->name, q.viommu ? q.viommu : "");
		note(c, "there", &v[i]);
	}
	why = differ_reason(&a, h, p[0], p[1]);
	if (v[0].verdict != v[1].verdict && !why)
		res = property_fail(c, "%s and %s differ, and no document says so", p[0]->name,
				    p[1]->name);
	for (int i = 0; i < 2; i++)
		hiod_verdict_free(&v[i]);
	host_free(h);
	return res;
}

const struct property property_check = { "check", check, .cases = 1500 };
const struct property property_verdict_monotonic = { "verdict_monotonic", monotonic,
						     .cases = 1000 };
const struct property property_one_verdict = { "one_verdict", one_verdict, .cases = 1500 };
const struct property property_profiles_differ = { "profiles_differ", profiles, .cases = 1500 };
