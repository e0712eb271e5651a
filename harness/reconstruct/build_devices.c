// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices and groups: one that stands in for any device behind a unit, those
 * that the firmware reserves memory for, those that a log says the kernel
 * refused, and the groups whose reserved regions were given.
 *
 * Sources: intel_iommu_get_resv_regions() and amd_iommu_get_resv_regions() of
 * Linux 5.3 to 7.3.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/reconstruct/build.h"

#define MSI_START 0xfee00000ull
#define MSI_LAST  0xfeefffffull
#define HT_START  0xfd00000000ull
#define HT_LAST	  0xffffffffffull

/* Numbers that these majors mostly get. */
#define GROUP_MAJOR 240
#define CDEV_MAJOR  239

static struct host_region *add_region(struct build *b, struct host_group *g, uint64_t start,
				      uint64_t last, enum host_region_type type)
{
	struct host_region *more = realloc(g->regions, (g->nregions + 1) * sizeof(*more));

	if (!more) {
		b->oom = true;
		return NULL;
	}
	g->regions = more;
	more[g->nregions] = (struct host_region){ .start = start, .last = last, .type = type };
	return &more[g->nregions++];
}

static int by_start(const void *a, const void *b)
{
	const struct host_region *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (int)x->type - (int)y->type;
}

/* What the driver of this unit reserves for each of its devices. */
static void add_driver_regions(struct build *b, struct host_group *g, const struct host_iommu *io)
{
	if (io->type != HOST_IOMMU_INTEL && io->type != HOST_IOMMU_AMD)
		return;
	add_region(b, g, MSI_START, MSI_LAST, HOST_REGION_MSI);
	if (io->type == HOST_IOMMU_AMD)
		add_region(b, g, HT_START, HT_LAST, HOST_REGION_RESERVED);
	for (size_t i = 0; i < b->r->nrmrrs; i++)
		if (b->r->rmrrs[i].all)
			add_region(b, g, b->r->rmrrs[i].start, b->r->rmrrs[i].last,
				   HOST_REGION_DIRECT);
}

static int cmp_range(const void *a, const void *b)
{
	const struct host_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Gaps between the IOVA ranges that were told. */
static void add_gaps(struct build *b, struct host_group *g)
{
	size_t n = b->r->nranges;
	struct host_range *v = build_array(b, n, sizeof(*v));
	uint64_t end;

	if (!v)
		return;
	memcpy(v, b->r->ranges, n * sizeof(*v));
	qsort(v, n, sizeof(*v), cmp_range);
	end = v[0].last;
	for (size_t i = 1; i < n; i++) {
		if (end < UINT64_MAX && v[i].start > end + 1)
			add_region(b, g, end + 1, v[i].start - 1,
				   end + 1 == MSI_START && v[i].start - 1 == MSI_LAST
					   ? HOST_REGION_MSI
					   : HOST_REGION_RESERVED);
		end = v[i].last > end ? v[i].last : end;
	}
	free(v);
}

/* The regions that were given for this group (-1: for no group in particular). */
static size_t add_told_regions(struct build *b, struct host_group *g, int group)
{
	size_t n = 0;

	for (size_t i = 0; i < b->r->nregions; i++) {
		const struct region *t = &b->r->regions[i];

		if (t->group != group)
			continue;
		add_region(b, g, t->r.start, t->r.last, t->r.type);
		n++;
	}
	return n;
}

static int free_group_id(const struct host *h)
{
	int id = 0;

	for (size_t i = 0; i < h->ngroups; i++)
		if (h->groups[i].id >= id)
			id = h->groups[i].id + 1;
	return id;
}

/*
 * A device in a group of its own, bound to vfio-pci. id < 0: any free one.
 * *at: its index, also the group's. NULL: no memory.
 */
static struct host_group *add_device(struct build *b, const char *bdf, size_t iommu, int id,
				     size_t *at)
{
	struct host *h = b->h;
	struct host_device *d = realloc(h->devices, (h->ndevices + 1) * sizeof(*d));
	struct host_group *g = realloc(h->groups, (h->ngroups + 1) * sizeof(*g));
	unsigned int n = (unsigned int)h->ndevices;

	if (d)
		h->devices = d;
	if (g)
		h->groups = g;
	if (!d || !g) {
		b->oom = true;
		return NULL;
	}
	if (id < 0)
		id = free_group_id(h);
	*at = h->ngroups;
	g = &h->groups[h->ngroups++];
	*g = (struct host_group){
		.id = id, .has_node = true, .node_major = GROUP_MAJOR, .node_minor = n
	};
	g->type = build_dup(b, "DMA-FQ");
	d = &h->devices[h->ndevices++];
	*d = (struct host_device){ .group = id, .iommu = (int)iommu };
	d->bdf = build_dup(b, bdf);
	d->driver = build_dup(b, "vfio-pci");
	if (h->features & 1u << HOST_F_HWPT) {
		d->vfio_dev = build_text(b, "vfio%u", n);
		d->has_cdev = true;
		d->cdev_major = CDEV_MAJOR;
		d->cdev_minor = n;
	}
	return g;
}

static void sort(struct host_group *g)
{
	if (g->nregions)
		qsort(g->regions, g->nregions, sizeof(*g->regions), by_start);
}

/* Any device behind the unit. */
static void stand_in(struct build *b, size_t i)
{
	const struct host_iommu *io = &b->h->iommus[i];
	char bdf[16];
	struct host_group *g;
	size_t at;

	snprintf(bdf, sizeof(bdf), "ffff:%02zx:00.0", i & 0xff);
	g = add_device(b, bdf, i, -1, &at);
	if (!g)
		return;
	if (add_told_regions(b, g, -1))
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, b->r->regions_from), "groups[%zu].reserved",
			   at);
	else if (b->r->nranges) {
		add_gaps(b, g);
		BUILD_SAYS(b, HOST_DERIVED, build_text(b, "gaps in %s", b->r->ranges_from),
			   "groups[%zu].reserved", at);
	} else {
		add_driver_regions(b, g, io);
		if (g->nregions)
			BUILD_SAYS(b, HOST_DERIVED, build_dup(b, "what the driver reserves"),
				   "groups[%zu].reserved", at);
		else
			BUILD_SAYS(b, HOST_ASSUMED, build_dup(b, "no reserved regions"),
				   "groups[%zu].reserved", at);
	}
	sort(g);
	BUILD_SAYS(
		b, HOST_ASSUMED,
		build_text(
			b, "a device behind %s%s", io->name ? io->name : "the IOMMU",
			b->r->nregions || b->r->nranges
				? ""
				: ", in a group of its own and with no region of the firmware's"),
		"devices[%zu]", at);
}

/* The unit with the narrowest domains: what is not told to be elsewhere is there. */
static size_t narrowest(const struct build *b)
{
	size_t best = 0;

	for (size_t i = 1; i < b->h->niommus; i++)
		if (build_width(b->h, &b->h->iommus[i]) < build_width(b->h, &b->h->iommus[best]))
			best = i;
	return best;
}

static void say_unit(struct build *b, size_t iommu, size_t at)
{
	if (b->h->niommus > 1)
		BUILD_SAYS(b, HOST_ASSUMED,
			   build_text(b, "behind %s, the narrowest", b->h->iommus[iommu].name),
			   "devices[%zu].iommu", at);
}

/* Groups that were given by number. */
static void told_groups(struct build *b)
{
	const struct recon *r = b->r;

	for (size_t i = 0; i < r->nregions && !b->oom; i++) {
		int id = r->regions[i].group;
		struct host_group *g;
		size_t at, iommu;
		char bdf[16];

		if (id < 0 || host_find_group(b->h, id))
			continue;
		iommu = narrowest(b);
		snprintf(bdf, sizeof(bdf), "fffe:%02x:%02x.0", id >> 5 & 0xff, id & 31);
		g = add_device(b, bdf, iommu, id, &at);
		if (!g)
			return;
		add_told_regions(b, g, id);
		sort(g);
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, r->regions_from), "groups[%zu].reserved",
			   at);
		BUILD_SAYS(b, HOST_ASSUMED, build_text(b, "a device of group %d", id),
			   "devices[%zu]", at);
		say_unit(b, iommu, at);
	}
}

/* Whether a DRHD's scope names this function or a bridge above it. */
static bool covers(const struct scope *s, const struct scope *d)
{
	if (s->nsteps != 1 || s->bus != d->bus || s->step[0].dev != d->step[0].dev ||
	    s->step[0].fn != d->step[0].fn)
		return false;
	return s->type == 2 || (s->type == 1 && d->nsteps == 1);
}

/* The IOMMU of a function that a table names; -1: no unit that is described. */
static int iommu_of(const struct build *b, uint16_t segment, const struct scope *d)
{
	int all = -1;

	for (size_t i = 0; i < b->h->niommus; i++) {
		const struct unit *u = b->unit[i];

		if (!u || u->segment != segment)
			continue;
		for (size_t k = 0; k < u->nscopes; k++)
			if (covers(&u->scopes[k], d))
				return (int)i;
		if (u->include_all)
			all = (int)i;
	}
	return all;
}

/* Whether another unit, one that is left out, names it. */
static bool elsewhere(const struct build *b, uint16_t segment, const struct scope *d)
{
	for (size_t i = 0; i < b->r->nunits; i++) {
		const struct unit *u = &b->r->units[i];
		bool here = false;

		for (size_t k = 0; k < b->h->niommus; k++)
			here |= b->unit[k] == u;
		for (size_t k = 0; !here && u->segment == segment && k < u->nscopes; k++)
			if (covers(&u->scopes[k], d))
				return true;
	}
	return false;
}

static uint32_t class_of(const struct recon *r, const char *bdf)
{
	for (size_t i = 0; i < r->npcis; i++)
		if (!strcmp(r->pcis[i].bdf, bdf))
			return r->pcis[i].class;
	return 0;
}

/* USB host controllers and display devices: the kernel may give up their RMRRs. */
static bool relaxable_class(uint32_t class)
{
	return class >> 8 == 0x0c03 || class >> 16 == 0x03;
}

/* Where Intel's chipsets have their display and USB functions. */
static bool relaxable_place(uint16_t segment, const struct scope *s)
{
	uint8_t dev = s->step[0].dev;

	return !segment && !s->bus &&
	       ((dev == 0x02 && !s->step[0].fn) || dev == 0x14 || dev == 0x1a || dev == 0x1d);
}

/* The group of a device that an RMRR or IVMD names, made where it is not yet there. */
static struct host_group *named_group(struct build *b, const struct rmrr *m, const char *bdf,
				      int iommu)
{
	const struct host_device *d = host_find_device(b->h, bdf);
	struct host_group *g;
	uint32_t class = class_of(b->r, bdf);
	size_t at;

	for (size_t i = 0; d && i < b->h->ngroups; i++)
		if (b->h->groups[i].id == d->group)
			return &b->h->groups[i];
	g = add_device(b, bdf, (size_t)iommu, -1, &at);
	if (!g)
		return NULL;
	add_driver_regions(b, g, &b->h->iommus[iommu]);
	BUILD_SAYS(b, HOST_KNOWN, build_dup(b, m->from), "devices[%zu].bdf", at);
	BUILD_SAYS(b, HOST_ASSUMED,
		   build_text(b, "%s bound to vfio-pci, in a group of its own", bdf),
		   "devices[%zu].group", at);
	if (m->unity || class)
		BUILD_SAYS(b, HOST_DERIVED,
			   build_dup(b, m->unity ? "the firmware's and the driver's regions"
						 : "the driver's regions, and its RMRRs by class"),
			   "groups[%zu].reserved", at);
	else
		BUILD_SAYS(b, HOST_ASSUMED,
			   build_text(b, "%s %s", bdf,
				      relaxable_place(m->segment, &m->scopes[0])
					      ? "a USB controller or display device, by its address"
					      : "neither USB controller nor display device"),
			   "groups[%zu].reserved", at);
	if (m->unity)
		say_unit(b, (size_t)iommu, at);
	return g;
}

/* One function that a region is reserved for. */
static void named(struct build *b, const struct rmrr *m, const struct scope *s)
{
	struct host_group *g;
	uint32_t class;
	char bdf[16];
	bool relax;
	int iommu;

	/* Below a bridge the bus number is not told. */
	if (s->type != 1 || s->nsteps != 1)
		return;
	iommu = m->unity ? (int)narrowest(b) : iommu_of(b, m->segment, s);
	if (iommu < 0 || elsewhere(b, m->segment, s))
		return;
	snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%x", m->segment, s->bus, s->step[0].dev & 31,
		 s->step[0].fn & 7);
	class = class_of(b->r, bdf);
	relax = class ? relaxable_class(class) : relaxable_place(m->segment, s);
	g = named_group(b, m, bdf, iommu);
	if (g)
		add_region(b, g, m->start, m->last,
			   !m->unity && relax ? HOST_REGION_DIRECT_RELAXABLE : HOST_REGION_DIRECT);
	if (g)
		sort(g);
}

/* A function that the kernel would not give away, says the log: for which region is not told. */
static void refused(struct build *b, const struct pci *p)
{
	const struct rmrr *m = b->r->nrmrrs ? &b->r->rmrrs[0] : NULL;
	struct host_group *g;
	size_t at, iommu = narrowest(b);

	if (host_find_device(b->h, p->bdf))
		return;
	g = add_device(b, p->bdf, iommu, -1, &at);
	if (!g)
		return;
	add_driver_regions(b, g, &b->h->iommus[iommu]);
	add_region(b, g, m ? m->start : 0, m ? m->last : 0xfff, HOST_REGION_DIRECT);
	sort(g);
	BUILD_SAYS(b, HOST_KNOWN, build_dup(b, p->from), "devices[%zu].bdf", at);
	BUILD_SAYS(b, HOST_ASSUMED,
		   build_text(b, "%s has a direct region (%s), its address is a guess", p->bdf,
			      p->from),
		   "groups[%zu].reserved", at);
	say_unit(b, iommu, at);
}

void build_devices(struct build *b)
{
	const struct recon *r = b->r;

	told_groups(b);
	for (size_t i = 0; i < b->h->niommus && !b->oom; i++)
		stand_in(b, i);
	for (size_t i = 0; i < r->nrmrrs; i++)
		for (size_t k = 0; k < r->rmrrs[i].nscopes && !b->oom; k++)
			named(b, &r->rmrrs[i], &r->rmrrs[i].scopes[k]);
	for (size_t i = 0; i < r->npcis && !b->oom; i++)
		if (r->pcis[i].locked)
			refused(b, &r->pcis[i]);
}
