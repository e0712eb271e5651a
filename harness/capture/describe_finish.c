// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What follows from all replies together: page sizes, regions that nobody
 * listed, and what must have been there for other things to be seen.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"
#include "harness/capture/host_derive.h"

void d_regions_listed(struct describer *d, int group)
{
	int *v = realloc(d->listed, (d->nlisted + 1) * sizeof(*v));

	if (!v) {
		d_nomem(d);
		return;
	}
	d->listed = v;
	v[d->nlisted++] = group;
}

void d_holes(struct describer *d, int device, const uint8_t *ranges, uint32_t n)
{
	struct d_dev *dev = device >= 0 ? &d->dev[device] : NULL;
	struct host_range *v;

	if (!dev || dev->holes || n < 2)
		return;
	v = calloc(n - 1, sizeof(*v));
	if (!v) {
		d_nomem(d);
		return;
	}
	dev->holes = v;
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint64_t end, next;

		memcpy(&end, ranges + 16ull * i + 8, 8);
		memcpy(&next, ranges + 16ull * (i + 1), 8);
		/* Ranges out of order or touching have nothing between them. */
		if (end != UINT64_MAX && next > end + 1)
			v[dev->nholes++] = (struct host_range){ end + 1, next - 1 };
	}
}

bool d_span(struct describer *d, const uint8_t *ranges, uint32_t n, struct host_range *span)
{
	*span = (struct host_range){ UINT64_MAX, 0 };
	for (uint32_t i = 0; i < n; i++) {
		struct host_range r;

		memcpy(&r.start, ranges + 16ull * i, 8);
		memcpy(&r.last, ranges + 16ull * i + 8, 8);
		if (r.start > r.last) {
			d_fail(d,
			       "range %" PRIu32 " of the reply starts at 0x%" PRIx64
			       " and ends at 0x%" PRIx64,
			       i, r.start, r.last);
			return false;
		}
		if (r.start < span->start)
			span->start = r.start;
		if (r.last > span->last)
			span->last = r.last;
	}
	return true;
}

void d_aperture(struct describer *d, int io, enum host_domain_kind kind,
		const struct host_range *span)
{
	struct host_domain *dom = &d->h->iommus[io].domain[kind];
	bool *seen = &d->seen[io][kind].aperture;

	if (!*seen || span->start < dom->aperture.start)
		dom->aperture.start = span->start;
	if (!*seen || span->last > dom->aperture.last)
		dom->aperture.last = span->last;
	dom->known = *seen = true;
}

/* A client of cdevs does not ask for the group, but every VFIO device has one. */
static struct host_group *group_for(struct describer *d, struct host_device *v)
{
	for (int id = 0; v->group < 0; id++) {
		if (!host_find_group(d->h, id))
			v->group = id;
	}
	return d_group(d, v->group);
}

/* A group's client does not ask for the entry in vfio-dev: the lowest name that is free. */
static void name_for(struct describer *d, struct host_device *v)
{
	char name[24];
	bool taken = true;

	for (int n = 0; taken; n++) {
		snprintf(name, sizeof(name), "vfio%d", n);
		taken = false;
		for (size_t i = 0; i < d->h->ndevices; i++) {
			const char *other = d->h->devices[i].vfio_dev;

			taken |= other && !strcmp(other, name);
		}
	}
	d_set(d, &v->vfio_dev, name, strlen(name));
}

static void finish_regions(struct describer *d, struct host_group *g, const struct d_dev *dev)
{
	for (size_t i = 0; i < d->nlisted; i++) {
		if (d->listed[i] == g->id)
			return;
	}
	if (g->nregions || !dev->nholes)
		return;
	g->regions = calloc(dev->nholes, sizeof(*g->regions));
	if (!g->regions) {
		d_nomem(d);
		return;
	}
	for (; g->nregions < dev->nholes; g->nregions++)
		g->regions[g->nregions] =
			(struct host_region){ dev->holes[g->nregions].start,
					      dev->holes[g->nregions].last, HOST_REGION_RESERVED };
}

static void finish_device(struct describer *d, int device)
{
	struct host_device *v = &d->h->devices[device];
	const struct d_dev *dev = &d->dev[device];
	struct host_group *g;

	if (!dev->bound)
		return;
	/* Which driver is what a link to it says; most of those that hand out nodes are this. */
	d_set(d, &v->driver, "vfio-pci", strlen("vfio-pci"));
	if (!v->vfio_dev)
		name_for(d, v);
	g = group_for(d, v);
	if (g && !d->rc)
		finish_regions(d, g, dev);
}

/*
 * A domain of a kind that was made, but whose aperture no reply told: derived
 * by the model, unless what is derived is that it cannot be made.
 */
static void finish_made(struct host_iommu *io, enum host_domain_kind kind,
			const struct host_domain *derived)
{
	struct host_domain *dom = &io->domain[kind];
	const struct host_domain *paging = &io->domain[HOST_DOMAIN_PAGING];

	if (dom->known || !derived->attach_errno || !paging->pgsizes)
		return;
	*dom = *paging;
	dom->attach_errno = 0;
}

/* Replies on an iommufd tell the smallest page size only, but for the compat layer's. */
static void finish_pgsizes(struct host_iommu *io, enum host_domain_kind kind,
			   const struct d_seen *seen, const struct host_domain *derived)
{
	struct host_domain *dom = &io->domain[kind];
	const struct host_domain *type1 = &io->domain[HOST_DOMAIN_TYPE1];

	if (!seen->aperture)
		return;
	if (seen->pgsizes)
		dom->pgsizes = seen->pgsizes;
	else if (type1->pgsizes && type1->aperture.last == dom->aperture.last)
		dom->pgsizes = type1->pgsizes;
	else if (io->has_regs && !derived->attach_errno && derived->pgsizes)
		dom->pgsizes = derived->pgsizes;
	else
		dom->pgsizes = type1->pgsizes ? type1->pgsizes : seen->alignment;
}

static void finish_domains(struct describer *d, struct host_iommu *io, const struct d_seen *seen)
{
	for (int k = 0; k < HOST_DOMAIN_NR; k++) {
		enum host_domain_kind kind = (enum host_domain_kind)k;
		struct host_iommu asked = *io;
		struct host_domain derived;

		asked.domain[k].known = false;
		host_domain_get(d->h, &asked, kind, &derived);
		finish_pgsizes(io, kind, &seen[k], &derived);
		if (seen[k].made)
			finish_made(io, kind, &derived);
	}
}

void d_finish(struct describer *d)
{
	struct host *h = d->h;

	d->call = NULL;
	if (!h->release && d->t->kernel)
		d_set(d, &h->release, d->t->kernel, strlen(d->t->kernel));
	if (h->release && !host_kernel_version(h->release))
		d_fail(d, "found \"%.40s\", expected a kernel release", h->release);
	if (!h->release)
		d_set(d, &h->release, "6.12", 4);
	h->features = (host_features_default(h->release) | d->on) & ~(d->off & ~d->on);
	if (d->t->source)
		d_set(d, &h->source, d->t->source, strlen(d->t->source));
	d_set(d, &h->origin, "recorded", 8);
	h->name = strdup(d->file);
	if (!h->name)
		d_nomem(d);
	for (size_t i = 0; i < h->ndevices && !d->rc; i++)
		finish_device(d, (int)i);
	for (size_t i = 0; i < h->niommus && !d->rc; i++)
		finish_domains(d, &h->iommus[i], d->seen[i]);
	if (!d->rc)
		d_vdpa_finish(d);
	if (!d->rc && !h->ndevices && !h->nvdpas && !h->container.present && !h->iommufd.present)
		d->rc = capture_fail(d->err, -ENODATA,
				     "%s: the transcript tells of no device, container or iommufd",
				     d->file);
}
