// SPDX-License-Identifier: GPL-2.0-or-later
/* See details.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/properties/details.h"
#include "selftests/properties/gen.h"

static void put_text(char **to, const char *s, bool *ok)
{
	free(*to);
	*to = make_text(s, ok);
}

/* ---- devices -------------------------------------------------------------------------- */

/* A chain of one capability whose offsets count from a structure of at bytes. */
static uint8_t *make_caps(struct choices *c, uint32_t *len, bool *ok)
{
	uint32_t n = 8 * (1 + (uint32_t)choices_upto(c, 3));
	uint8_t *v = make_zeroed(1, n, ok);

	if (!v)
		return NULL;
	v[0] = (uint8_t)(1 + choices_upto(c, 5));
	v[2] = 1;
	for (uint32_t i = 8; i < n; i++)
		v[i] = (uint8_t)choices_upto(c, 255);
	*len = n;
	return v;
}

static void make_reset(struct choices *c, struct host_device *d, bool *ok)
{
	static const char *const bdfs[] = { HOST_BDF, "0000:00:05.1", "0000:00:06.0" };
	size_t n = 1 + choices_upto(c, 2);

	d->reset = make_zeroed(n, sizeof(*d->reset), ok);
	for (size_t i = 0; d->reset && i < n; i++, d->nreset++) {
		d->reset[i].bdf = make_text(bdfs[i], ok);
		d->reset[i].group = choices_bool(c, 20) ? -1 : (int)i + 3;
	}
}

static void make_attrs(struct host_device *d, bool *ok)
{
	static const char *const attrs[][2] = { { "vendor", "0x8086" }, { "class", "0x020000" } };

	d->attrs = make_zeroed(2, sizeof(*d->attrs), ok);
	for (size_t i = 0; d->attrs && i < 2; i++, d->nattrs++) {
		d->attrs[i].name = make_text(attrs[i][0], ok);
		d->attrs[i].value = make_text(attrs[i][1], ok);
	}
}

static void device(struct choices *c, struct host_device *d, bool *ok)
{
	static const char *const drivers[] = { "vfio-pci", "vp-vdpa", "ixgbe", "mlx5_vfio_pci" };

	if (choices_bool(c, 40))
		d->info_caps = make_caps(c, &d->info_caps_len, ok);
	if (choices_bool(c, 40) && d->nregion_info)
		d->region_info[0].caps = make_caps(c, &d->region_info[0].caps_len, ok);
	if (choices_bool(c, 20) && d->nregion_info > 7)
		d->region_info[7].err = EINVAL;
	if (choices_bool(c, 20) && d->nirq_info > 3)
		d->irq_info[3].err = EINVAL;
	if (choices_bool(c, 40))
		make_reset(c, d, ok);
	if (choices_bool(c, 40))
		make_attrs(d, ok);
	d->busy = choices_bool(c, 10);
	d->mdev = choices_bool(c, 10);
	if (choices_bool(c, 20))
		put_text(&d->driver, CHOICES_PICK(c, drivers), ok);
	d->hw_caps = choices_upto(c, 15);
	if (choices_bool(c, 10)) {
		d->noiommu = true;
		put_text(&d->vfio_dev, "noiommu-vfio0", ok);
	}
}

/* ---- IOMMUs ----------------------------------------------------------------------------- */

static void unit(struct choices *c, struct host_iommu *io, bool *ok)
{
	static const int refusals[] = { EINVAL, EOPNOTSUPP, ENODEV };
	static const enum host_iommu_type types[] = { HOST_IOMMU_INTEL, HOST_IOMMU_SMMUV3,
						      HOST_IOMMU_AMD, HOST_IOMMU_OTHER };

	if (choices_bool(c, 30)) {
		io->type = CHOICES_PICK(c, types);
		if (io->type != HOST_IOMMU_INTEL) {
			io->has_regs = false;
			io->cap = io->ecap = io->address = 0;
			free(io->version);
			io->version = NULL;
			put_text(&io->name,
				 io->type == HOST_IOMMU_SMMUV3 ? "smmu3.0x0000000009050000"
				 : io->type == HOST_IOMMU_AMD  ? "ivhd0"
							       : "iommu0",
				 ok);
		}
	}
	if (choices_bool(c, 30)) {
		io->hw_known = true;
		io->hw_type = (uint32_t)choices_upto(c, 3);
		io->hw_len = 8 * (uint32_t)choices_upto(c, 3);
		choices_fill(c, io->hw_data, io->hw_len);
	}
	for (int k = 0; k < HOST_DOMAIN_NR; k++) {
		struct host_domain *d = &io->domain[k];

		if (!choices_bool(c, 30))
			continue;
		d->known = true;
		if (choices_bool(c, 30)) {
			*d = (struct host_domain){ .known = true };
			d->attach_errno = CHOICES_PICK(c, refusals);
			continue;
		}
		d->aperture = (struct host_range){ 0, make_top(c) };
		d->pgsizes = 0x40201000;
	}
	io->coherent = (int)choices_upto(c, 2) - 1;
	io->isolated_msi = (int)choices_upto(c, 2) - 1;
}

/* ---- vDPA ------------------------------------------------------------------------------- */

static void by_queue(struct choices *c, uint32_t **v, size_t *n, uint32_t queues, bool *ok)
{
	*v = make_zeroed(queues, sizeof(**v), ok);
	for (*n = 0; *v && *n < queues; ++*n)
		(*v)[*n] = (uint32_t)choices_upto(c, 3);
}

static void vdpa(struct choices *c, struct host_vdpa *v, bool *ok)
{
	static const int refusals[] = { EPERM, EACCES, ENXIO, EBUSY };
	static const enum host_vdpa_kind kinds[] = { HOST_VDPA_SIM, HOST_VDPA_VIRTIO,
						     HOST_VDPA_OTHER };

	if (choices_bool(c, 20))
		v->node.open_err = CHOICES_PICK(c, refusals);
	if (choices_bool(c, 20))
		v->kind = CHOICES_PICK(c, kinds);
	if (choices_bool(c, 40))
		by_queue(c, &v->queue_group, &v->nqueue_group, v->queues, ok);
	if (choices_bool(c, 40))
		by_queue(c, &v->queue_desc_group, &v->nqueue_desc_group, v->queues, ok);
	if (choices_bool(c, 40))
		by_queue(c, &v->queue_size, &v->nqueue_size, v->queues, ok);
	if (choices_bool(c, 40)) {
		v->config_len = 1 + (uint32_t)choices_upto(c, 31);
		v->config = make_zeroed(1, v->config_len, ok);
		if (v->config)
			choices_fill(c, v->config, v->config_len);
	}
}

/* ---- the rest --------------------------------------------------------------------------- */

static void files(struct host *h, bool *ok)
{
	h->files = make_zeroed(3, sizeof(*h->files), ok);
	if (!h->files)
		return;
	h->nfiles = 3;
	h->files[0].path = make_text("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", ok);
	h->files[0].content = make_text("N\n", ok);
	h->files[1].path = make_text("/sys/bus/pci/devices/0000:00:05.0/subsystem", ok);
	h->files[1].content = make_text("../../../bus/pci", ok);
	h->files[1].link = true;
	h->files[2].path = make_text("/dev/kvm", ok);
	h->files[2].err = EACCES;
}

static void firmware(struct choices *c, struct host *h, bool *ok)
{
	struct host_firmware *f = &h->firmware;

	f->width = 39 + (uint32_t)choices_upto(c, 18);
	f->atsr = (uint32_t)choices_upto(c, 2);
	f->satc = (uint32_t)choices_upto(c, 1);
	f->regions = make_zeroed(1, sizeof(*f->regions), ok);
	if (!f->regions)
		return;
	f->nregions = 1;
	f->regions[0].range = (struct host_range){ 0x7c000, 0x7dfff };
	f->regions[0].devices = make_zeroed(1, sizeof(char *), ok);
	if (!f->regions[0].devices)
		return;
	f->regions[0].ndevices = 1;
	f->regions[0].devices[0] = make_text(HOST_BDF, ok);
}

static void provenance(struct choices *c, struct host *h, bool *ok)
{
	h->provenance = make_zeroed(1, sizeof(*h->provenance), ok);
	if (!h->provenance)
		return;
	h->nprovenance = 1;
	h->provenance[0].key = make_text("iommus[0].domains", ok);
	h->provenance[0].how = (enum host_how)choices_upto(c, HOST_HOW_NR - 1);
	h->provenance[0].note = make_text("by cap and ecap", ok);
}

bool make_details(struct choices *c, struct host *h)
{
	static const int refusals[] = { EPERM, EACCES, ENODEV, ENOENT };
	bool ok = true;

	for (size_t i = 0; i < h->ndevices; i++)
		device(c, &h->devices[i], &ok);
	for (size_t i = 0; i < h->niommus; i++)
		unit(c, &h->iommus[i], &ok);
	if (!h->nvdpas && choices_bool(c, 50))
		ok &= make_vdpa(c, h);
	for (size_t i = 0; i < h->nvdpas; i++)
		vdpa(c, &h->vdpas[i], &ok);
	if (choices_bool(c, 20))
		h->container.open_err = CHOICES_PICK(c, refusals);
	if (choices_bool(c, 20))
		h->iommufd.open_err = CHOICES_PICK(c, refusals);
	h->features ^= choices_bool(c, 50) ? 1u << choices_index(c, HOST_F_NR) : 0;
	h->noiommu = choices_bool(c, 10);
	h->compat_noiommu = choices_bool(c, 10);
	if (choices_bool(c, 20))
		h->dma_entry_limit = 1 + (uint32_t)choices_upto(c, 99999);
	if (choices_bool(c, 20))
		h->named = true;
	if (choices_bool(c, 30))
		files(h, &ok);
	if (choices_bool(c, 20))
		firmware(c, h, &ok);
	if (choices_bool(c, 20))
		provenance(c, h, &ok);
	if (choices_bool(c, 5)) {
		/* Groups without a node, devices without a group. */
		h->groups[0].has_node = false;
		h->groups[0].node_major = h->groups[0].node_minor = 0;
	}
	return ok;
}
