// SPDX-License-Identifier: GPL-2.0-or-later
/* The made hosts: a table of what differs between them, and how one is built. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/hosts.h"

static const struct made {
	const char *name;
	const char *release;
	uint64_t cap, ecap;
	unsigned int devices; /* each in a group of its own */
	bool iommufd;
	bool container_is_iommufd;
	bool direct; /* the last device has a firmware region that it may give up */
	int isolated_msi;
} hosts[] = {
	{ "vtd39-6.12", "6.12.117", 0xd2008c22260206, 0xf00f4a, 2, true, false, true, 1 },
	{ "vtd48-scalable-6.12", "6.12.117", 0x80d2008c222f0606, 0x480080f00f4a, 2, true, false,
	  false, 1 },
	/* Nesting, second-stage dirty tracking, both stages. */
	{ "vtd48-nested-7.3", "7.3.4", 0x1d2008c222f0606, 0x1e88004f00f4a, 2, true, false, true,
	  1 },
	{ "vtd57-6.18", "6.18.0", 0x11d2008c22380e06, 0xc80080f00f4a, 1, true, false, false, 1 },
	{ "vtd39-compat-6.12", "6.12.117", 0xd2008c22260206, 0xf00f4a, 1, true, true, false, 1 },
	{ "vtd39-6.1", "6.1.0-56-amd64", 0xd2008c22260206, 0xf00f4a, 2, false, false, false, 1 },
	{ "vtd39-no-intremap-6.12", "6.12.117", 0xd2008c22260206, 0xf00f42, 1, true, false, false,
	  0 },
	/* No IOMMU: VFIO takes no device, iommufd has address spaces only. */
	{ "no-iommu-6.12", "6.12.117", 0, 0, 0, true, false, false, 1 },
	/* vDPA: a simulator, and a virtio device behind an IOMMU. */
	{ "vdpa-6.12", "6.12.117", 0, 0, 0, true, false, false, 1 },
	{ "vdpa-7.3", "7.3.4", 0, 0, 0, true, false, false, 1 },
};

#define NHOSTS (sizeof(hosts) / sizeof(hosts[0]))

const char *made_host_name(size_t i)
{
	return i < NHOSTS ? hosts[i].name : NULL;
}

/* Building goes on after a failed allocation and is given up at the end. */
static void *zeroed(size_t n, size_t size, bool *ok)
{
	void *p = calloc(n ? n : 1, size);

	*ok &= p != NULL;
	return p;
}

static char *text(const char *s, bool *ok)
{
	char *p = strdup(s);

	*ok &= p != NULL;
	return p;
}

static void make_infos(struct host_device *d, bool *ok)
{
	d->info_known = true;
	d->info_flags = 2;
	d->num_regions = 9;
	d->num_irqs = 5;
	d->region_info = zeroed(9, sizeof(*d->region_info), ok);
	d->irq_info = zeroed(5, sizeof(*d->irq_info), ok);
	if (!d->region_info || !d->irq_info)
		return;
	d->nregion_info = 9;
	d->nirq_info = 5;
	for (uint32_t i = 0; i < 9; i++) {
		struct host_region_info *r = &d->region_info[i];

		r->index = i;
		r->offset = (uint64_t)i << 40;
		r->flags = i == 0 ? 7 : i == 1 || i == 7 ? 3 : 0;
		r->size = i == 0 ? 4096 : i == 1 || i == 7 ? 256 : 0;
		/* The VGA region of a device that is none. */
		if (i == 8)
			*r = (struct host_region_info){ .index = 8, .err = 22 };
	}
	for (uint32_t i = 0; i < 5; i++) {
		d->irq_info[i] = (struct host_irq_info){ .index = i, .flags = i ? 9 : 7 };
		if (i == 3)
			d->irq_info[i] = (struct host_irq_info){ .index = 3, .err = 22 };
		if (i == 4)
			d->irq_info[i].count = 1;
	}
}

static void make_device(struct host *h, unsigned int i, const struct made *m, bool *ok)
{
	struct host_device *d = &h->devices[i];
	struct host_group *g = &h->groups[i];
	char buf[64];

	snprintf(buf, sizeof(buf), "0000:00:%02x.0", 5 + i);
	d->bdf = text(buf, ok);
	snprintf(buf, sizeof(buf), "../../../devices/pci0000:00/0000:00:%02x.0", 5 + i);
	d->link = text(buf, ok);
	d->driver = text("vfio-pci", ok);
	d->group = g->id = (int)i + 3;
	snprintf(buf, sizeof(buf), "vfio%u", i);
	d->vfio_dev = text(buf, ok);
	d->has_cdev = m->iommufd && host_kernel_version(m->release) >= (6u << 16 | 6);
	d->cdev_major = d->has_cdev ? 252 : 0;
	d->cdev_minor = d->has_cdev ? i : 0;
	/* A device that nobody can open tells nothing. */
	if (m->isolated_msi)
		make_infos(d, ok);
	g->type = text("DMA-FQ", ok);
	g->has_node = true;
	g->node_major = 253;
	g->node_minor = i;
	g->nregions = m->direct && i + 1 == m->devices ? 2 : 1;
	g->regions = zeroed(g->nregions, sizeof(*g->regions), ok);
	if (!g->regions)
		return;
	g->regions[g->nregions - 1] =
		(struct host_region){ 0xfee00000, 0xfeefffff, HOST_REGION_MSI };
	if (g->nregions == 2)
		g->regions[0] =
			(struct host_region){ 0x7c000, 0x7dfff, HOST_REGION_DIRECT_RELAXABLE };
}

/* vhost-vdpa-0, a simulated network device, and vhost-vdpa-1, a virtio PCI device. */
static void make_vdpas(struct host *h, bool *ok)
{
	struct host_vdpa *v = zeroed(2, sizeof(*v), ok);
	char buf[32];

	h->vdpas = v;
	if (!v)
		return;
	h->nvdpas = 2;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(buf, sizeof(buf), "vdpa%u", i);
		v[i].name = text(buf, ok);
		v[i].driver = text("vhost_vdpa", ok);
		snprintf(buf, sizeof(buf), "vhost-vdpa-%u", i);
		v[i].node_dir = text(buf, ok);
		v[i].node = (struct host_node){ true, 0, 251, i, 0600 };
		v[i].kind = i ? HOST_VDPA_VIRTIO : HOST_VDPA_SIM;
		v[i].told = true;
		v[i].device_id = 1;
		v[i].features = 0x308830028;
		v[i].backend_features = i ? 0x10e : 0x17e;
		v[i].range.last = i ? (1ull << 39) - 1 : UINT64_MAX;
		v[i].queues = 3;
		v[i].queue_max = 256;
		v[i].groups = v[i].spaces = i ? 1 : 2;
		v[i].config_len = 24;
		v[i].config = zeroed(24, 1, ok);
		if (v[i].config)
			v[i].config[6] = 1;
		*(i ? &v[i].queue_size : &v[i].queue_group) = zeroed(3, sizeof(uint32_t), ok);
		*(i ? &v[i].nqueue_size : &v[i].nqueue_group) = 3;
	}
	if (*ok)
		v[0].queue_group[2] = 1;
}

struct host *made_host(const char *name)
{
	const struct made *m = NULL;
	bool ok = true;
	struct host *h;

	for (size_t i = 0; i < NHOSTS; i++)
		if (!strcmp(hosts[i].name, name))
			m = &hosts[i];
	h = m ? zeroed(1, sizeof(*h), &ok) : NULL;
	if (!h)
		return NULL;
	h->name = text(m->name, &ok);
	h->source = text("made for hiod-conform", &ok);
	h->origin = text("made", &ok);
	h->release = text(m->release, &ok);
	h->cmdline = text("intel_iommu=on", &ok);
	h->features = host_features_default(m->release);
	h->container_is_iommufd = m->container_is_iommufd;
	h->container = (struct host_node){ true, 0, 10, 196, 0666 };
	if (m->iommufd)
		h->iommufd = (struct host_node){ true, 0, 10, 257, 0660 };
	h->iommus = m->devices ? zeroed(1, sizeof(*h->iommus), &ok) : NULL;
	h->groups = zeroed(m->devices, sizeof(*h->groups), &ok);
	h->devices = zeroed(m->devices, sizeof(*h->devices), &ok);
	if (h->iommus) {
		h->niommus = 1;
		h->iommus[0] = (struct host_iommu){ .name = text("dmar0", &ok),
						    .link = text("../../virtual/iommu/dmar0", &ok),
						    .type = HOST_IOMMU_INTEL,
						    .has_regs = true,
						    .cap = m->cap,
						    .ecap = m->ecap,
						    .address = 0xfed90000,
						    .version = text("1:0", &ok),
						    .domains_supported = 65536,
						    .domains_used = 3,
						    .isolated_msi = m->isolated_msi,
						    .coherent = -1 };
	}
	if (ok) {
		h->ngroups = h->ndevices = m->devices;
		for (unsigned int i = 0; i < m->devices; i++)
			make_device(h, i, m, &ok);
	}
	if (ok && !strncmp(name, "vdpa-", 5))
		make_vdpas(h, &ok);
	if (!ok) {
		host_free(h);
		return NULL;
	}
	return h;
}
