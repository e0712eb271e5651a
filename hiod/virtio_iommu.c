// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables, host ranges and page sizes of virtio-iommu; see virtio_iommu.h. */
#include "hiod/virtio_iommu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of the message: QEMU prints the name of its function. */
#define SET_RANGES "virtio_iommu_set_host_iova_ranges"

struct virtio_iommu_device {
	const PCIBus *bus;
	uint8_t devfn;
	AddressSpace as;
	struct hiod_ranges host_resv_ranges;   /* what no host has */
	struct hiod_resv_regions resv_regions; /* the same with the machine's; else unused */
	struct virtio_iommu_device *next;
};

/*
 * QEMU lets a device through without an entry where it does not know the host's
 * ranges. Here it has one, with hiod NULL, that only our own answer looks at.
 */
struct virtio_iommu_hiod {
	const PCIBus *bus;
	uint8_t devfn;
	HostIOMMUDevice *hiod; /* one reference */
	const PCIBus *aliased_bus;
	uint8_t aliased_devfn;
	struct virtio_iommu_hiod *next;
};

static struct virtio_iommu_device *find_device(const VirtIOIOMMUState *s, const PCIBus *bus,
					       int devfn)
{
	struct virtio_iommu_device *d = s->devices;

	while (d && (d->bus != bus || d->devfn != (uint8_t)devfn))
		d = d->next;
	return d;
}

/* Where the entry hangs, or where the list ends. */
static struct virtio_iommu_hiod **lookup(VirtIOIOMMUState *s, const PCIBus *bus, int devfn)
{
	struct virtio_iommu_hiod **p = &s->hiods;

	while (*p && ((*p)->bus != bus || (*p)->devfn != (uint8_t)devfn))
		p = &(*p)->next;
	return p;
}

HostIOMMUDevice *virtio_iommu_find(const VirtIOIOMMUState *s, const PCIBus *bus, int devfn)
{
	const struct virtio_iommu_hiod *h = *lookup((VirtIOIOMMUState *)s, bus, devfn);

	return h ? h->hiod : NULL;
}

unsigned virtio_iommu_count(const VirtIOIOMMUState *s)
{
	unsigned n = 0;

	for (const struct virtio_iommu_hiod *h = s->hiods; h; h = h->next)
		n += h->hiod != NULL;
	return n;
}

const struct hiod_resv_regions *virtio_iommu_resv_regions(const VirtIOIOMMUState *s,
							  const PCIBus *bus, int devfn)
{
	const struct virtio_iommu_device *d = find_device(s, bus, devfn);

	if (!d)
		return NULL;
	return d->host_resv_ranges.n ? &d->resv_regions : &s->prop_regions;
}

/* Is there a device, other than h, that the IOMMU sees at that address? */
static bool address_taken(const VirtIOIOMMUState *s, const HostIOMMUDevice *hiod,
			  const struct virtio_iommu_hiod *h)
{
	const struct virtio_iommu_hiod *i;

	for (i = s->hiods; i; i = i->next)
		if (i != h && i->aliased_bus == hiod->aliased_bus &&
		    i->aliased_devfn == (uint8_t)hiod->aliased_devfn)
			return true;
	return false;
}

/* ---- page sizes ---- */

int virtio_iommu_check_page_size_mask(uint64_t cur, uint64_t host, bool frozen,
				      struct hiod_error *err)
{
	uint64_t granule = cur & -cur;

	if (!(cur & host))
		return hiod_error_set(err, -EINVAL,
				      "virtio-iommu reports a page size mask 0x%" PRIx64
				      " incompatible with currently supported mask 0x%" PRIx64,
				      host, cur);
	if (frozen && !(granule & host))
		return hiod_error_set(err, -EINVAL,
				      "virtio-iommu does not support frozen granule 0x%" PRIx64,
				      granule);
	return 0;
}

static int take_page_sizes(VirtIOIOMMUState *s, HostIOMMUDevice *hiod, struct hiod_error *err)
{
	uint64_t (*get_page_size_mask)(HostIOMMUDevice *) = HIOD_METHOD(hiod, get_page_size_mask);
	uint64_t host;
	int rc;

	if (!get_page_size_mask)
		return 0;
	host = get_page_size_mask(hiod);
	rc = virtio_iommu_check_page_size_mask(s->page_size_mask, host, s->granule_frozen, err);
	if (rc) {
		hiod_error_prepend(err, "%s: ", hiod->name ? hiod->name : "");
		return rc;
	}
	if (!s->granule_frozen)
		s->page_size_mask &= host;
	return 0;
}

/* ---- host ranges ---- */

/*
 * A refusal because of another device at that address, which may be none any
 * more: a device refused for its page sizes leaves its ranges behind.
 */
static int refuse_alias(VirtIOIOMMUState *s, HostIOMMUDevice *hiod, struct hiod_error *err)
{
	uint64_t (*get_page_size_mask)(HostIOMMUDevice *) = HIOD_METHOD(hiod, get_page_size_mask);
	bool fits;

	fits = !get_page_size_mask ||
	       !virtio_iommu_check_page_size_mask(s->page_size_mask, get_page_size_mask(hiod),
						  s->granule_frozen, err);
	hiod_error_set(err, -EINVAL, "%s virtio-iommu does not support aliased BDF", SET_RANGES);
	if (address_taken(s, hiod, NULL))
		return -EINVAL;
	hiod_error_hint(err, "no other device is there: QEMU kept the ranges of one that it "
			     "refused before");
	if (fits)
		hiod_anomaly_note(s->anomalies, HIOD_ANOMALY_STALE_RANGES,
				  PCI_SLOT(hiod->aliased_devfn), PCI_FUNC(hiod->aliased_devfn));
	return -EINVAL;
}

/* All or nothing: the device's lists change when both new ones are there. */
static int reserve_outside(VirtIOIOMMUState *s, struct virtio_iommu_device *d,
			   const struct hiod_ranges *ranges)
{
	struct hiod_resv_regions regions = { 0 };
	struct hiod_ranges outside = { 0 };
	int rc;

	rc = range_inverse_array(ranges, &outside, 0, UINT64_MAX);
	for (size_t i = 0; !rc && i < outside.n; i++) {
		const struct hiod_range *r = &range_list_array(&outside)[i];
		const struct hiod_resv_region reg = { *r, HIOD_RESV_RESERVED };

		rc = resv_region_list_insert(&regions, &reg);
	}
	for (size_t i = 0; !rc && i < s->prop_regions.n; i++)
		rc = resv_region_list_insert(&regions, &s->prop_regions.r[i]);
	if (rc) {
		range_list_free(&outside);
		resv_region_list_free(&regions);
		return rc;
	}
	range_list_free(&d->host_resv_ranges);
	resv_region_list_free(&d->resv_regions);
	d->host_resv_ranges = outside;
	d->resv_regions = regions;
	return 0;
}

static int set_host_iova_ranges(VirtIOIOMMUState *s, HostIOMMUDevice *hiod,
				const struct hiod_ranges *ranges, struct hiod_error *err)
{
	struct virtio_iommu_device *d = s->devices;

	while (d && d->bus != hiod->aliased_bus)
		d = d->next;
	if (!d)
		return hiod_error_set(err, -EINVAL, "%s: no IOMMUPciBus found!", SET_RANGES);
	d = find_device(s, hiod->aliased_bus, hiod->aliased_devfn);
	if (!d)
		return hiod_error_set(err, -EINVAL, "%s: no IOMMUDevice found!", SET_RANGES);
	if (d->host_resv_ranges.n)
		return refuse_alias(s, hiod, err);
	if (reserve_outside(s, d, ranges))
		return hiod_error_nomem(err);
	return 0;
}

static void unset_host_iova_ranges(VirtIOIOMMUState *s, const struct virtio_iommu_hiod *h)
{
	struct virtio_iommu_device *d = find_device(s, h->aliased_bus, h->aliased_devfn);

	if (!d)
		return;
	range_list_free(&d->host_resv_ranges);
	resv_region_list_free(&d->resv_regions);
}

/* ---- what QEMU does not look at, for our own answer ---- */

static bool page_fits(uint64_t start, uint64_t last, uint64_t page)
{
	uint64_t up = (start + page - 1) & -page;

	return up >= start && up <= last && last - up >= page - 1;
}

/* Is there a page that the guest may map? */
static bool has_room(const VirtIOIOMMUState *s, const struct hiod_resv_regions *l, uint64_t page)
{
	uint64_t at = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct hiod_range *r = &l->r[i].range;

		if (r->start > s->input_last)
			break;
		if (r->start > at && page_fits(at, r->start - 1, page))
			return true;
		if (r->last >= s->input_last)
			return false;
		at = r->last + 1;
	}
	return page_fits(at, s->input_last, page);
}

static void note_geometry(VirtIOIOMMUState *s, const HostIOMMUDevice *hiod)
{
	const struct hiod_resv_regions *l =
		virtio_iommu_resv_regions(s, hiod->aliased_bus, hiod->aliased_devfn);
	uint64_t page = s->page_size_mask & -s->page_size_mask;

	if (!l)
		return;
	if (l->n > VIRTIO_IOMMU_PROBE_REGIONS)
		hiod_anomaly_note(s->anomalies, HIOD_ANOMALY_PROBE_FULL, l->n,
				  VIRTIO_IOMMU_PROBE_REGIONS);
	if (!has_room(s, l, page))
		hiod_anomaly_note(s->anomalies, HIOD_ANOMALY_NO_ROOM, s->input_last, page);
}

static void note_unchecked(VirtIOIOMMUState *s, HostIOMMUDevice *hiod)
{
	uint64_t (*get_page_size_mask)(HostIOMMUDevice *) = HIOD_METHOD(hiod, get_page_size_mask);

	hiod_anomaly_note(s->anomalies, HIOD_ANOMALY_VIOMMU_UNCHECKED,
			  get_page_size_mask ? get_page_size_mask(hiod) : 0, s->page_size_mask);
}

/* ---- PCIIOMMUOps ---- */

static AddressSpace *get_address_space(PCIBus *bus, void *opaque, int devfn)
{
	VirtIOIOMMUState *s = opaque;
	struct virtio_iommu_device *d = find_device(s, bus, devfn);

	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return NULL;
		d->bus = bus;
		d->devfn = devfn;
		d->next = s->devices;
		s->devices = d;
	}
	/* Without bypass it is empty until the guest maps something. */
	if (s->config.boot_bypass)
		d->as = *s->sys;
	return &d->as;
}

/* 1: let through without a look; 0: taken; -errno. */
static int take_ranges(VirtIOIOMMUState *s, HostIOMMUDevice *hiod, struct hiod_error *err)
{
	int (*get_iova_ranges)(HostIOMMUDevice *, struct hiod_ranges *) =
		HIOD_METHOD(hiod, get_iova_ranges);
	struct hiod_ranges ranges = { 0 };
	int rc;

	if (!get_iova_ranges)
		return 0;
	if (get_iova_ranges(hiod, &ranges))
		return hiod_error_nomem(err);
	rc = ranges.n ? set_host_iova_ranges(s, hiod, &ranges, err) : 1;
	range_list_free(&ranges);
	return rc;
}

static int set_iommu_device(PCIBus *bus, void *opaque, int devfn, HostIOMMUDevice *hiod,
			    struct hiod_error *err)
{
	VirtIOIOMMUState *s = opaque;
	struct virtio_iommu_hiod **slot = lookup(s, bus, devfn), *h = *slot;
	bool unknown;
	int rc;

	if (h && h->hiod)
		return hiod_error_set(err, -EEXIST, "Host IOMMU device already exists");
	if (!h) {
		/* First of all: what comes then is not to be undone for want of memory. */
		h = calloc(1, sizeof(*h));
		if (!h)
			return hiod_error_nomem(err);
	}
	rc = take_ranges(s, hiod, err);
	unknown = rc > 0;
	if (!rc)
		rc = take_page_sizes(s, hiod, err);
	if (rc < 0) {
		if (!*slot)
			free(h);
		return rc;
	}
	if (unknown)
		note_unchecked(s, hiod);
	else
		note_geometry(s, hiod);
	if (address_taken(s, hiod, h))
		hiod_anomaly_note(s->anomalies, HIOD_ANOMALY_ALIAS_UNSEEN,
				  PCI_SLOT(hiod->aliased_devfn), PCI_FUNC(hiod->aliased_devfn));
	*h = (struct virtio_iommu_hiod){
		.bus = bus,
		.devfn = devfn,
		.hiod = unknown ? NULL : hiod_ref(hiod),
		.aliased_bus = hiod->aliased_bus,
		.aliased_devfn = hiod->aliased_devfn,
		.next = h->next,
	};
	*slot = h;
	return 0;
}

static void unset_iommu_device(PCIBus *bus, void *opaque, int devfn)
{
	VirtIOIOMMUState *s = opaque;
	struct virtio_iommu_hiod **slot = lookup(s, bus, devfn), *h = *slot;

	if (!h)
		return;
	*slot = h->next;
	if (h->hiod)
		unset_host_iova_ranges(s, h);
	hiod_unref(h->hiod);
	free(h);
}

const PCIIOMMUOps virtio_iommu_ops = {
	.get_address_space = get_address_space,
	.set_iommu_device = set_iommu_device,
	.unset_iommu_device = unset_iommu_device,
};

/* ---- life ---- */

int virtio_iommu_realize(VirtIOIOMMUState *s, const struct virtio_iommu_config *c,
			 const struct hiod_resv_region *props, size_t nprops, AddressSpace *sys,
			 struct hiod_anomalies *anomalies, PCIBus *bus, struct hiod_error *err)
{
	memset(s, 0, sizeof(*s));
	s->config = *c;
	s->sys = sys;
	s->anomalies = anomalies;
	if (c->aw_bits < 32 || c->aw_bits > 64)
		return hiod_error_set(err, -EINVAL, "aw-bits must be within [32,64]");
	s->input_last = UINT64_MAX >> (64 - c->aw_bits);
	s->page_size_mask = virtio_iommu_granule_mask(c->granule);
	for (size_t i = 0; i < nprops; i++) {
		if (resv_region_list_insert(&s->prop_regions, &props[i])) {
			resv_region_list_free(&s->prop_regions);
			return hiod_error_nomem(err);
		}
	}
	pci_setup_iommu(bus, &virtio_iommu_ops, s);
	return 0;
}

void virtio_iommu_freeze_granule(VirtIOIOMMUState *s)
{
	s->granule_frozen = true;
}

void virtio_iommu_finalize(VirtIOIOMMUState *s)
{
	while (s->hiods)
		unset_iommu_device((PCIBus *)s->hiods->bus, s, s->hiods->devfn);
	while (s->devices) {
		struct virtio_iommu_device *d = s->devices;

		s->devices = d->next;
		range_list_free(&d->host_resv_ranges);
		resv_region_list_free(&d->resv_regions);
		free(d);
	}
	resv_region_list_free(&s->prop_regions);
}
