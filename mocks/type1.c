// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The type1 driver of a container: which IOVAs are valid with these groups,
 * and what VFIO_IOMMU_GET_INFO says of it. The list is trimmed and cut when a
 * group comes and grown again when one goes, so it may differ from one call to
 * the next.
 */
#include <stdlib.h>

#include "mocks/internal.h"

#define ENTRY_LIMIT	65535u	     /* vfio_iommu_type1.dma_entry_limit by default */
#define BITMAP_MAX	(1ull << 28) /* of a dirty bitmap, bytes */
#define INFO_SIZE	((uint32_t)sizeof(struct uapi_type1_info))
#define MIGRATION_BYTES ((uint32_t)sizeof(struct uapi_cap_migration))

static void put_header(uint8_t *at, uint16_t id, uint32_t next)
{
	struct vfio_info_cap_header hdr = { .id = id, .version = 1, .next = next };

	memcpy(at, &hdr, sizeof(hdr));
}

int t1_init(struct container *c, unsigned long type)
{
	switch (type) {
	case VFIO_TYPE1_IOMMU: c->v2 = false; break;
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_TYPE1_NESTING_IOMMU: c->v2 = true; break;
	default: return -EINVAL; /* an extension, not a type */
	}
	c->nesting = type == VFIO_TYPE1_NESTING_IOMMU;
	c->dma_avail = c->m->h->dma_entry_limit ? c->m->h->dma_entry_limit : ENTRY_LIMIT;
	c->pgsizes = PAGE_MASK;
	return 0;
}

void t1_exit(struct container *c)
{
	t1_unmap_all(c);
	ivlist_free(&c->iovas);
	free(c->dma);
	c->dma = NULL;
	c->dma_cap = 0;
	c->dirty_tracking = false;
}

static bool domains_coherent(const struct container *c)
{
	for (const struct t1_domain *d = c->domains; d; d = d->next)
		if (!d->coherent)
			return false;
	return true;
}

/* c: NULL when the driver is asked without an instance. */
int t1_check_extension(const struct model *m, const struct container *c, uintptr_t ext)
{
	switch (ext) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL: return 1;
	case VFIO_TYPE1_NESTING_IOMMU: return FEAT(m, TYPE1_NESTING);
	case VFIO_UPDATE_VADDR: return c && !c->nemulated;
	case VFIO_DMA_CC_IOMMU: return c && domains_coherent(c);
	default: return 0;
	}
}

static void update_pgsizes(struct container *c)
{
	uint64_t sizes = UINT64_MAX;

	for (const struct t1_domain *d = c->domains; d; d = d->next)
		sizes &= d->d.pgsizes;
	/* Pages smaller than the processor's are put together from several. */
	if (sizes & ~PAGE_MASK)
		sizes = (sizes & PAGE_MASK) | PAGE_SZ;
	c->pgsizes = sizes;
}

static bool aperture_conflict(struct container *c, const struct host_range *a)
{
	const struct host_range *first, *last;

	if (!c->iovas.n)
		return false;
	first = &c->iovas.v[0];
	last = &c->iovas.v[c->iovas.n - 1];
	if (a->start > last->last || a->last < first->start)
		return true;
	if (a->start > first->start && t1_find(c, first->start, a->start - first->start))
		return true;
	return a->last < last->last && t1_find(c, a->last + 1, last->last - a->last);
}

static bool region_conflict(struct container *c, const struct group *g)
{
	for (size_t i = 0; i < g->h->nregions; i++) {
		const struct host_region *r = &g->h->regions[i];

		if (r->type != HOST_REGION_DIRECT_RELAXABLE &&
		    t1_find(c, r->start, r->last - r->start + 1))
			return true;
	}
	return false;
}

/* -EINVAL when nothing is left. */
static int exclude_regions(struct ivlist *l, const struct group *g)
{
	for (size_t i = 0; i < g->h->nregions; i++) {
		const struct host_region *r = &g->h->regions[i];
		int err = 0;

		if (r->type != HOST_REGION_DIRECT_RELAXABLE)
			err = ivlist_exclude(l, r->start, r->last);
		if (err)
			return err;
	}
	return l->n ? 0 : -EINVAL;
}

/* Bridges and the like may be in the group too. */
static const struct dev *first_device(const struct group *g)
{
	for (size_t i = 0; i < g->m->h->ndevices; i++)
		if (g->m->devs[i].g == g && dev_present(&g->m->devs[i]))
			return &g->m->devs[i];
	return NULL;
}

/* An RMRR that is not relaxable locks the device to the host (until 6.1). */
static bool rmrr_locked(const struct group *g)
{
	for (size_t i = 0; i < g->h->nregions; i++)
		if (g->h->regions[i].type == HOST_REGION_DIRECT)
			return true;
	return false;
}

static int check_attach(const struct container *c, const struct group *g, const struct dev *d)
{
	if (!d || !d->unit)
		return -ENODEV;
	/* Announced on every machine; only Arm's drivers ever did it. */
	if (c->nesting && d->io->type != HOST_IOMMU_SMMUV3)
		return -EINVAL;
	if (d->io->type == HOST_IOMMU_INTEL && FEAT(c->m, RMRR_EPERM) && rmrr_locked(g))
		return -EPERM;
	return -d->unit->domain[HOST_DOMAIN_TYPE1].attach_errno;
}

/* A domain of the container that this device's unit can use as it is. */
static struct t1_domain *shareable(struct container *c, const struct dev *d)
{
	const struct host_domain *own = &d->unit->domain[HOST_DOMAIN_TYPE1];

	for (struct t1_domain *t = c->domains; t; t = t->next)
		if (t->io->type == d->io->type && t->coherent == d->unit->coherent &&
		    t->d.aperture.last <= own->aperture.last)
			return t;
	return NULL;
}

static int join_domain(struct container *c, struct group *g, const struct dev *d)
{
	struct t1_domain *t = shareable(c, d);

	if (!t) {
		struct t1_domain **end = &c->domains;

		t = calloc(1, sizeof(*t));
		if (!t)
			return -ENOMEM;
		t->d = d->unit->domain[HOST_DOMAIN_TYPE1];
		t->io = d->io;
		t->coherent = d->unit->coherent;
		while (*end)
			end = &(*end)->next;
		*end = t;
		update_pgsizes(c);
	}
	t->ngroups++;
	g->domain = t;
	return 0;
}

int t1_attach_group(struct container *c, struct group *g)
{
	const struct dev *d = first_device(g);
	const struct host_domain *dom;
	struct ivlist l = { 0 };
	int err;

	if (c->vaddr_invalid)
		return -EBUSY;
	if (g->type == GROUP_EMULATED) {
		c->nemulated++;
		return 0;
	}
	err = check_attach(c, g, d);
	if (err)
		return err;
	dom = &d->unit->domain[HOST_DOMAIN_TYPE1];
	if (aperture_conflict(c, &dom->aperture) || region_conflict(c, g))
		return -EINVAL;
	err = ivlist_copy(&l, &c->iovas);
	if (!err)
		err = ivlist_resize(&l, dom->aperture.start, dom->aperture.last);
	if (!err)
		err = exclude_regions(&l, g);
	if (!err && !d->unit->isolated_msi && !c->m->h->type1_unsafe)
		err = -EPERM;
	if (!err)
		err = join_domain(c, g, d);
	if (err) {
		ivlist_free(&l);
		return err;
	}
	ivlist_free(&c->iovas);
	c->iovas = l;
	return 0;
}

static void drop_domain(struct container *c, struct t1_domain *t)
{
	struct t1_domain **p = &c->domains;

	/* The last page table takes the mappings along, unless mdevs still use them. */
	if (c->domains == t && !t->next && !c->nemulated)
		t1_unmap_all(c);
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	free(t);
	update_pgsizes(c);
}

/* What the remaining domains and groups leave: the widest ends, cut anew. */
static int regrow(struct container *c, struct ivlist *l, const struct group *gone)
{
	uint64_t start = 0, last = UINT64_MAX;
	int err;

	*l = (struct ivlist){ 0 };
	for (const struct t1_domain *t = c->domains; t; t = t->next) {
		if (t->d.aperture.start > start)
			start = t->d.aperture.start;
		if (t->d.aperture.last < last)
			last = t->d.aperture.last;
	}
	err = ivlist_resize(l, start, last);
	for (size_t i = 0; i < c->ngroups && !err; i++)
		if (c->groups[i] != gone && c->groups[i]->domain)
			err = exclude_regions(l, c->groups[i]);
	return err;
}

void t1_detach_group(struct container *c, struct group *g)
{
	struct ivlist l;

	if (g->type == GROUP_EMULATED) {
		c->nemulated--;
		if (!c->nemulated && !c->domains)
			t1_unmap_all(c);
		return;
	}
	if (!--g->domain->ngroups)
		drop_domain(c, g->domain);
	g->domain = NULL;
	/* Was it the last one, the driver goes too. */
	if (!c->domains && !c->nemulated)
		return;
	if (regrow(c, &l, g)) {
		ivlist_free(&l); /* the old list stays */
		return;
	}
	ivlist_free(&c->iovas);
	c->iovas = l;
}

/* How much of the fixed structure is copied: what its age and the buffer allow. */
static size_t info_bytes(const struct model *m, uint32_t argsz)
{
	if (FEAT(m, INFO_PAD))
		return argsz < INFO_SIZE ? argsz : INFO_SIZE;
	return argsz < 20 ? 16 : 20;
}

/* Bytes of the ranges' capability in front of them. */
#define RANGES_HEAD 16u

/* Bytes of MIGRATION and DMA_AVAIL, before the ranges. */
static uint32_t ranges_at(const struct model *m)
{
	return MIGRATION_BYTES + (FEAT(m, CAPS_ALIGN8) ? 16 : 12);
}

/* The capabilities to where the fixed structure ends: MIGRATION, DMA_AVAIL, the ranges if any. */
static int put_caps(const struct container *c, uint64_t to)
{
	uint8_t b[MIGRATION_BYTES + 16 + RANGES_HEAD] = { 0 };
	uint32_t at = ranges_at(c->m), n = (uint32_t)c->iovas.n;
	struct uapi_cap_migration mig = {
		.pgsize_bitmap = c->pgsizes & -c->pgsizes, /* the lowest */
		.max_dirty_bitmap_size = BITMAP_MAX,
	};
	int err;

	memcpy(b, &mig, sizeof(mig));
	put_header(b, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, INFO_SIZE + MIGRATION_BYTES);
	put_header(b + MIGRATION_BYTES, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, n ? INFO_SIZE + at : 0);
	memcpy(b + MIGRATION_BYTES + 8, &c->dma_avail, sizeof(c->dma_avail));
	if (!n)
		return user_out(c->m, to, b, at);
	put_header(b + at, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 0);
	memcpy(b + at + 8, &n, sizeof(n));
	err = user_out(c->m, to, b, at + RANGES_HEAD);
	return err ? err
		   : user_out(c->m, to + at + RANGES_HEAD, c->iovas.v, n * sizeof(*c->iovas.v));
}

int t1_get_info(struct container *c, uint64_t arg)
{
	struct model *m = c->m;
	struct uapi_type1_info info = { 0 };
	uint32_t need = INFO_SIZE + ranges_at(m);
	size_t copy;
	int err = user_in_argsz(m, &info, 16, arg);

	if (err)
		return err;
	if (c->iovas.n)
		need += RANGES_HEAD + (uint32_t)(c->iovas.n * sizeof(*c->iovas.v));
	copy = info_bytes(m, info.argsz);
	info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info.iova_pgsizes = c->pgsizes;
	if (info.argsz < need) {
		info.argsz = need;
	} else {
		err = put_caps(c, arg + INFO_SIZE);
		if (err)
			return err;
		info.cap_offset = INFO_SIZE;
	}
	return user_out(m, arg, &info, copy);
}
