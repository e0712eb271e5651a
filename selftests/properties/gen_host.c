// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hosts: an IOMMU of any make and width, kernels of every release that differs,
 * groups with reserved regions, devices with regions of their own, nodes that
 * are absent or refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/properties/gen.h"

void *make_zeroed(size_t n, size_t size, bool *ok)
{
	void *p = calloc(n, size);

	*ok &= p != NULL;
	return p;
}

char *make_text(const char *s, bool *ok)
{
	char *p = strdup(s);

	*ok &= p != NULL;
	return p;
}

/* The MSI window always, firmware's regions now and then; sorted, as sysfs has them. */
static struct host_region *make_regions(struct choices *c, size_t *n, bool *ok)
{
	struct host_region *r = make_zeroed(4, sizeof(*r), ok);

	*n = 0;
	if (!r)
		return NULL;
	if (choices_bool(c, 20))
		r[(*n)++] = (struct host_region){ 0x7c000, 0x7dfff, HOST_REGION_DIRECT_RELAXABLE };
	if (choices_bool(c, 15)) {
		uint64_t at = choices_range(c, 0x100, 0x7ffff) << 12;

		r[(*n)++] = (struct host_region){ at, at + 0xfff, HOST_REGION_RESERVED };
	}
	r[(*n)++] = (struct host_region){ 0xfee00000, 0xfeefffff, HOST_REGION_MSI };
	if (choices_bool(c, 15)) {
		uint64_t at = 1ull << choices_range(c, 33, 56);

		r[(*n)++] =
			(struct host_region){ at, at + choices_range(c, 0, 0xfffff) * 4096 + 4095,
					      HOST_REGION_RESERVED };
	}
	return r;
}

static void make_infos(struct host_device *d, bool *ok)
{
	d->info_known = true;
	d->info_flags = 2;
	d->num_regions = 9;
	d->num_irqs = 5;
	d->region_info = make_zeroed(9, sizeof(*d->region_info), ok);
	d->irq_info = make_zeroed(5, sizeof(*d->irq_info), ok);
	if (!d->region_info || !d->irq_info)
		return;
	d->nregion_info = 9;
	d->nirq_info = 5;
	for (uint32_t i = 0; i < 9; i++)
		d->region_info[i] = (struct host_region_info){ .index = i,
							       .flags = i ? 0 : 7,
							       .size = i ? 0 : 4096,
							       .offset = (uint64_t)i << 40 };
	for (uint32_t i = 0; i < 5; i++)
		d->irq_info[i] = (struct host_irq_info){ .index = i, .flags = i ? 9 : 7 };
}

static void make_device(struct choices *c, struct host *h, unsigned int i, bool *ok)
{
	struct host_device *d = &h->devices[i];
	struct host_group *g = &h->groups[i];
	char buf[64];

	snprintf(buf, sizeof(buf), "0000:00:%02x.0", 5 + i);
	d->bdf = make_text(buf, ok);
	snprintf(buf, sizeof(buf), "../../../devices/pci0000:00/0000:00:%02x.0", 5 + i);
	d->link = make_text(buf, ok);
	d->driver = make_text("vfio-pci", ok);
	d->group = g->id = (int)i + 3;
	snprintf(buf, sizeof(buf), "vfio%u", i);
	d->vfio_dev = make_text(buf, ok);
	d->has_cdev = h->iommufd.present && h->features & 1u << HOST_F_HWPT;
	d->cdev_major = d->has_cdev ? 252 : 0;
	d->cdev_minor = d->has_cdev ? i : 0;
	d->max_pasid_log2 = (uint8_t)(choices_bool(c, 20) ? choices_upto(c, 20) : 0);
	make_infos(d, ok);
	g->type = make_text("DMA-FQ", ok);
	g->has_node = true;
	g->node_major = 253;
	g->node_minor = i;
	g->regions = make_regions(c, &g->nregions, ok);
	/* A group's regions are those of its devices; one device alone may have more only. */
	if (choices_bool(c, 15)) {
		d->own_regions = true;
		d->regions = make_regions(c, &d->nregions, ok);
	}
}

/* The last address of a host. None is made of the bytes that hiod/ takes for unwritten ones. */
static uint64_t make_last(struct choices *c)
{
	const uint32_t mark = 0xa5a5a5a5;
	uint64_t v = make_top(c);

	return v >> 32 == mark || (uint32_t)v == mark ? UINT64_MAX : v;
}

static void make_unit(struct choices *c, struct host *h, unsigned int flags, bool *ok)
{
	static const enum host_iommu_type types[] = { HOST_IOMMU_INTEL, HOST_IOMMU_VIRTIO,
						      HOST_IOMMU_AMD };
	struct host_iommu *io = h->iommus;

	*io = (struct host_iommu){ .type = HOST_IOMMU_INTEL,
				   .domains_supported = 65536,
				   .domains_used = 3,
				   .isolated_msi = 1,
				   .coherent = -1 };
	if (!(flags & HOST_PLAIN)) {
		if (choices_bool(c, 20))
			io->type = CHOICES_PICK(c, types);
		io->isolated_msi = choices_bool(c, 5) ? 0 : 1;
	}
	io->cap = make_vtd_cap(c);
	io->ecap = make_vtd_ecap(c);
	if (io->type == HOST_IOMMU_INTEL) {
		io->name = make_text("dmar0", ok);
		io->has_regs = true;
		io->address = 0xfed90000;
		io->version = make_text("1:0", ok);
		return;
	}
	io->cap = io->ecap = 0;
	io->name = make_text(io->type == HOST_IOMMU_AMD ? "ivhd0" : "virtio_mmio.0", ok);
	for (int k = 0; k < HOST_DOMAIN_NR; k++)
		io->domain[k] = (struct host_domain){ .known = true,
						      .aperture = { 0, make_last(c) },
						      .pgsizes = 0xfffffffffffff000 };
}

/*
 * A vDPA device and its node: with the simulator's driver, behind no IOMMU, or
 * with that of a virtio PCI device, whose group is the first device's.
 */
bool make_vdpa(struct choices *c, struct host *h)
{
	struct host_vdpa *v;
	bool ok = true;

	h->vdpas = v = make_zeroed(1, sizeof(*v), &ok);
	if (!v)
		return false;
	h->nvdpas = 1;
	v->kind = choices_bool(c, 30) ? HOST_VDPA_SIM : HOST_VDPA_VIRTIO;
	v->name = make_text("vdpa0", &ok);
	v->link = make_text(v->kind == HOST_VDPA_SIM ? "../../../devices/vdpa0"
						     : "../../../devices/pci0000:00/" HOST_BDF
						       "/vdpa0",
			    &ok);
	v->driver = make_text("vhost_vdpa", &ok);
	v->node_dir = make_text("vhost-vdpa-0", &ok);
	v->node = (struct host_node){ true, 0, 511, 0, 0600 };
	v->told = true;
	v->device_id = 1;
	v->features = 0x300000000;
	/* Message v2, and batches, as vhost-vdpa has them always. */
	v->backend_features = 0x6 | (choices_bool(c, 30) ? 0x108 : 0);
	v->range = (struct host_range){ 0, choices_bool(c, 70) ? (1ull << 39) - 1
							       : make_last(c) | 0xffff };
	v->queues = 2;
	v->queue_max = 256;
	v->groups = v->spaces = 1;
	return ok;
}

struct host *make_host(struct choices *c, unsigned int flags)
{
	static const char *const releases[] = { "6.12.117", "7.3.4",  "6.1.0-56-amd64",
						"6.6.30",   "6.8.12", "6.13.7",
						"6.15.2",   "6.18.0", "5.10.0" };
	unsigned int n = flags & HOST_WITH_2 ? 2 : 1;
	const char *intel;
	char cmdline[160];
	bool ok = true;
	struct host *h = make_zeroed(1, sizeof(*h), &ok);

	if (!h)
		return NULL;
	h->name = make_text("generated", &ok);
	h->source = make_text("made of choices", &ok);
	h->origin = make_text("made", &ok);
	h->release = make_text(CHOICES_PICK(c, releases), &ok);
	intel = choices_bool(c, 10) ? "intel_iommu=on,sm_off" : "intel_iommu=on";
	h->features = h->release ? host_features_default(h->release) : 0;
	h->container = (struct host_node){ true, 0, 10, 196, 0666 };
	h->iommufd.present = h->features & 1u << HOST_F_IOMMUFD;
	if (!(flags & HOST_PLAIN)) {
		if (choices_bool(c, 4))
			h->container.present = false;
		if (choices_bool(c, 4))
			h->iommufd.present = false;
		h->container_is_iommufd = h->iommufd.present && choices_bool(c, 5);
		h->type1_unsafe = choices_bool(c, 20);
		h->iommufd_unsafe = choices_bool(c, 20);
	}
	/* Module parameters, where a description has them from. */
	snprintf(cmdline, sizeof(cmdline), "%s%s%s", intel,
		 h->type1_unsafe ? " vfio_iommu_type1.allow_unsafe_interrupts=1" : "",
		 h->iommufd_unsafe ? " iommufd.allow_unsafe_interrupts=1" : "");
	h->cmdline = make_text(cmdline, &ok);
	if (h->iommufd.present)
		h->iommufd = (struct host_node){ true, 0, 10, 257, 0660 };
	h->iommus = make_zeroed(1, sizeof(*h->iommus), &ok);
	h->groups = make_zeroed(n, sizeof(*h->groups), &ok);
	h->devices = make_zeroed(n, sizeof(*h->devices), &ok);
	if (h->iommus) {
		h->niommus = 1;
		make_unit(c, h, flags, &ok);
	}
	if (ok) {
		h->ngroups = h->ndevices = n;
		for (unsigned int i = 0; i < n; i++)
			make_device(c, h, i, &ok);
		if (!(flags & HOST_PLAIN) && choices_bool(c, 15))
			ok &= make_vdpa(c, h);
	}
	if (!ok) {
		host_free(h);
		return NULL;
	}
	choices_note(c, "host: kernel %s, iommu type %d cap 0x%llx ecap 0x%llx", h->release,
		     (int)h->iommus[0].type, (unsigned long long)h->iommus[0].cap,
		     (unsigned long long)h->iommus[0].ecap);
	return h;
}

struct host *make_plain_host(void)
{
	struct choices c;

	choices_init_bytes(&c, "", 0);
	choices_keep(&c, false);
	return make_host(&c, HOST_WITH_2 | HOST_PLAIN);
}
