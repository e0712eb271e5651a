// SPDX-License-Identifier: GPL-2.0-or-later
/* Mapping a guest's regions on the model; see trial.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/explain/trial.h"

bool trial_host_is_amd(const struct host *h, const struct host_device *d)
{
	return d->iommu >= 0 && h->iommus[d->iommu].type == HOST_IOMMU_AMD;
}

/*
 * QEMU's message with the addresses of its own process left out: they are
 * another each time, and nobody can search for them.
 */
static void without_pointers(const char *from, char *to, size_t len)
{
	static const char call[] = "vfio_container_dma_map(";
	const char *at = strstr(from, call), *comma = at ? strchr(at, ',') : NULL;
	const char *close = comma ? strstr(comma, ") = ") : NULL, *last = close;

	while (last && last > comma && *last != ',')
		last--;
	if (!close || last == comma) {
		snprintf(to, len, "%s", from);
		return;
	}
	snprintf(to, len, "%.*s0x...%.*s 0x...%s", (int)(at + sizeof(call) - 1 - from), from,
		 (int)(last + 1 - comma), comma, close);
}

/*
 * BARs get their addresses when the guest runs, so the words are those of then.
 * Of a device's own BAR QEMU warns, since 10.0 with the device's name; without
 * memory behind an emulated BAR it does not go on.
 */
static void bar_message(const struct hiod_profile *p, const char *bdf, const char *start,
			bool emulated, char *to, size_t len)
{
	const char *at = strstr(start, "vfio_container_dma_map(");
	bool warns = p->version >= HIOD_VERSION(10, 0);

	if (!at)
		at = start;
	if (emulated)
		snprintf(
			to, len,
			"%.300s\nqemu: hardware error: vfio: DMA mapping failed, unable to continue",
			at);
	else if (warns)
		snprintf(to, len,
			 "warning: %.300s\n%s: PCI peer-to-peer transactions on BARs are not "
			 "supported.",
			 at, bdf);
	else
		snprintf(to, len, "%.300s", at);
}

/* What of the region is outside of the ranges, first address first. */
static void locate(const struct host *h, const struct host_device *d, const struct trial *t,
		   struct trial_region *tr)
{
	uint64_t last = tr->r.start + tr->r.size - 1, at = tr->r.start, from = 0;
	const struct host_region *v;
	size_t n;

	tr->miss = TRIAL_ELSE;
	tr->hole_type = -1;
	for (size_t i = 0; i < t->nranges && at <= last; i++) {
		if (t->ranges[i].start > at) {
			tr->miss = TRIAL_HOLE;
			tr->hole = (struct host_range){ from, t->ranges[i].start - 1 };
			break;
		}
		if (t->ranges[i].last >= at) {
			if (t->ranges[i].last >= last)
				return; /* all of it is usable */
			at = t->ranges[i].last + 1;
		}
		from = t->ranges[i].last + 1;
	}
	if (tr->miss == TRIAL_ELSE) {
		tr->miss = TRIAL_ABOVE;
		tr->hole = (struct host_range){ from, UINT64_MAX };
	}
	v = explain_regions(h, d, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].type != HOST_REGION_DIRECT_RELAXABLE && v[i].start <= tr->hole.last &&
		    v[i].last >= tr->hole.start && v[i].start <= last && v[i].last >= tr->r.start)
			tr->hole_type = v[i].type;
}

static int keep_ranges(struct trial *t, const struct hiod_verdict *v)
{
	t->ranges = calloc(v->nranges + 1, sizeof(*t->ranges));
	if (!t->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < v->nranges; i++)
		t->ranges[i] = (struct host_range){ v->ranges[i].start, v->ranges[i].last };
	t->nranges = v->nranges;
	return 0;
}

/* An address of QEMU's process that could be: whole pages, below 2^47. */
static void *made_up_address(uint64_t iova)
{
	return (void *)(uintptr_t)(0x10000000 + (iova & 0xffff0000));
}

static int try_region(const struct host *h, const struct host_device *d, struct trial *t,
		      const struct guest_region *r)
{
	const struct hiod_mem_region mem = {
		.iova = r->start,
		.size = r->size,
		.vaddr = made_up_address(r->start),
		.readonly = r->kind == GUEST_ROM,
		.name = r->name,
	};
	const struct explain_question q = {
		.profile = t->profile,
		.backend = t->backend,
		.mem = &mem,
		.nmem = 1,
	};
	struct trial_region *tr = &t->region[t->n++];
	struct hiod_verdict v;
	char text[sizeof(v.message)];
	int r2 = explain_ask(h, d, &q, &v);

	tr->r = *r;
	if (!r2 && strstr(v.message, "vfio_container_dma_map(")) {
		without_pointers(v.message, text, sizeof(text));
		if (r->kind == GUEST_BAR || r->kind == GUEST_EMULATED)
			bar_message(t->profile, d->bdf, text, r->kind == GUEST_EMULATED,
				    tr->message, sizeof(tr->message));
		else
			snprintf(tr->message, sizeof(tr->message), "%.500s", text);
		tr->fatal = r->kind != GUEST_BAR;
		locate(h, d, t, tr);
		t->misses++;
	}
	hiod_verdict_free(&v);
	return r2;
}

int trial_run(const struct host *h, const struct host_device *d, const struct hiod_profile *p,
	      enum hiod_backend b, const struct guest_layout *l, struct trial *t)
{
	const struct explain_question empty = { .profile = p, .backend = b };
	struct hiod_verdict v;
	int r;

	*t = (struct trial){ .profile = p, .backend = b };
	r = explain_ask(h, d, &empty, &v);
	if (!r && v.verdict != HIOD_ACCEPTED && !v.nranges)
		snprintf(t->message, sizeof(t->message), "%.500s", v.message);
	else if (!r)
		t->attached = true;
	if (t->attached)
		r = keep_ranges(t, &v);
	hiod_verdict_free(&v);
	for (size_t i = 0; !r && t->attached && i < l->n; i++)
		r = try_region(h, d, t, &l->region[i]);
	return r;
}

void trial_free(struct trial *t)
{
	free(t->ranges);
	t->ranges = NULL;
}
