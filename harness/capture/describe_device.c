// SPDX-License-Identifier: GPL-2.0-or-later
/* What a device's own requests tell: its info, regions, interrupts, and binding. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"
#include "harness/uapi/uapi_compat.h"

#define INFO_SIZE   24 /* struct vfio_device_info from 6.6; its capabilities follow */
#define REGION_SIZE 32
#define RESET_SIZE  12 /* struct vfio_pci_hot_reset_info; 8 bytes for each function follow */
#define RESET_MAX   4096
#define UNSEEN_MAX  4096 /* bytes of a chain that a reply only tells the size of */

/*
 * The chain behind the fixed part of a reply that needs total bytes: as it was
 * written, or, when the buffer was too small, as many zero bytes, which read as
 * one capability of an unknown id: the size is known, the content is not.
 */
static void save_caps(struct describer *d, const struct call *c, uint32_t fixed, uint32_t total,
		      uint8_t **caps, uint32_t *caps_len)
{
	bool have = c->out_len >= total;

	if (total <= fixed || (!have && (*caps || total - fixed > UNSEEN_MAX)))
		return;
	if (total - fixed > HOST_CAPS_MAX) {
		d_fail(d, "found %" PRIu32 " bytes of capabilities, expected at most %d",
		       total - fixed, HOST_CAPS_MAX);
		return;
	}
	free(*caps);
	*caps_len = total - fixed;
	*caps = calloc(1, *caps_len);
	if (!*caps)
		d_nomem(d);
	else if (have)
		memcpy(*caps, c->out + fixed, *caps_len);
}

static void on_info(struct describer *d, const struct call *c, struct host_device *v)
{
	uint32_t given = 0, argsz = 0, offset = 0;

	if (c->ret < 0 || !d_in(c, 0, &given, 4) || given < 16)
		return;
	v->info_known = true;
	d_after(c, 0, &argsz, 4);
	d_after(c, 4, &v->info_flags, 4);
	d_after(c, 8, &v->num_regions, 4);
	d_after(c, 12, &v->num_irqs, 4);
	if (given >= 20)
		d_after(c, 16, &offset, 4);
	v->info_flags &= ~(uint32_t)VFIO_DEVICE_FLAGS_CAPS;
	if (argsz > given || offset)
		save_caps(d, c, INFO_SIZE, argsz > given ? argsz : c->out_len, &v->info_caps,
			  &v->info_caps_len);
}

static struct host_region_info *region_info(struct describer *d, struct host_device *v,
					    uint32_t index)
{
	struct host_region_info *r;

	for (size_t i = 0; i < v->nregion_info; i++) {
		if (v->region_info[i].index == index)
			return &v->region_info[i];
	}
	r = realloc(v->region_info, (v->nregion_info + 1) * sizeof(*r));
	if (!r) {
		d_nomem(d);
		return NULL;
	}
	v->region_info = r;
	r += v->nregion_info++;
	*r = (struct host_region_info){ .index = index };
	return r;
}

static void on_region(struct describer *d, const struct call *c, struct host_device *v)
{
	uint32_t given = 0, index = 0, argsz = 0, offset = 0;
	struct host_region_info *r;

	if (!d_in(c, 0, &given, 4) || given < REGION_SIZE || !d_in(c, 8, &index, 4))
		return;
	r = region_info(d, v, index);
	if (!r)
		return;
	/* The last answer counts, and one that fails says nothing else. */
	if (c->ret < 0) {
		free(r->caps);
		*r = (struct host_region_info){ .index = index, .err = (int)-c->ret };
		return;
	}
	r->err = 0;
	d_after(c, 0, &argsz, 4);
	d_after(c, 4, &r->flags, 4);
	d_after(c, 12, &offset, 4);
	d_after(c, 16, &r->size, 8);
	d_after(c, 24, &r->offset, 8);
	if (argsz > given || offset)
		save_caps(d, c, REGION_SIZE, argsz > given ? argsz : c->out_len, &r->caps,
			  &r->caps_len);
}

static void on_irq(struct describer *d, const struct call *c, struct host_device *v)
{
	struct host_irq_info *q = NULL;
	uint32_t given = 0, index = 0;

	if (!d_in(c, 0, &given, 4) || given < 16 || !d_in(c, 8, &index, 4))
		return;
	for (size_t i = 0; i < v->nirq_info && !q; i++) {
		if (v->irq_info[i].index == index)
			q = &v->irq_info[i];
	}
	if (!q) {
		q = realloc(v->irq_info, (v->nirq_info + 1) * sizeof(*q));
		if (!q) {
			d_nomem(d);
			return;
		}
		v->irq_info = q;
		q += v->nirq_info++;
		*q = (struct host_irq_info){ .index = index };
	}
	if (c->ret < 0) {
		*q = (struct host_irq_info){ .index = index, .err = (int)-c->ret };
		return;
	}
	q->err = 0;
	d_after(c, 4, &q->flags, 4);
	d_after(c, 12, &q->count, 4);
}

/* Whom a reset reaches; on a cdev ids of devices stand in the place of the groups. */
static void on_reset(struct describer *d, const struct call *c, struct host_device *v)
{
	uint32_t flags = 0, count = 0, group, where;
	struct host_reset_dev *r;
	char bdf[16];

	if (c->ret || !d_after(c, 4, &flags, 4) || !d_after(c, 8, &count, 4) || !count ||
	    count > RESET_MAX || (v->nreset && v->nreset != count))
		return;
	if (!v->reset) {
		v->reset = calloc(count, sizeof(*v->reset));
		if (!v->reset) {
			d_nomem(d);
			return;
		}
		for (; v->nreset < count; v->nreset++)
			v->reset[v->nreset].group = -1;
	}
	for (uint32_t i = 0; i < count; i++) {
		r = &v->reset[i];
		if (!d_after(c, RESET_SIZE + 8 * i, &group, 4) ||
		    !d_after(c, RESET_SIZE + 8 * i + 4, &where, 4))
			where = group = 0;
		if (!(flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID) && group <= INT32_MAX)
			r->group = (int)group;
		snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%x", where & 0xffff, where >> 16 & 0xff,
			 where >> 27, where >> 24 & 7);
		if (!r->bdf)
			r->bdf = strdup(bdf);
		if (!r->bdf)
			d_nomem(d);
	}
}

/* ---- cdev: bind, attach, detach ----------------------------------------- */

static void on_bind(struct describer *d, const struct call *c, struct d_fd *f)
{
	uint32_t argsz = 0, flags = 0, id = 0;
	struct d_object *o;
	struct d_fd *to;
	int fd = -1, io;

	d_in(c, 0, &argsz, 4);
	d_in(c, 4, &flags, 4);
	if (!d_in(c, 8, &fd, 4))
		return;
	to = d_fd_find(d, fd);
	io = d_iommu_of(d, f->device);
	if (flags & UAPI_BIND_FLAG_TOKEN)
		d_feature(d, HOST_F_BIND_TOKEN, c->ret >= 0);
	if (c->ret == -EPERM && io >= 0)
		d->h->iommus[io].isolated_msi = 0;
	if (c->ret < 0 || !to || to->context < 0)
		return;
	if (io >= 0 && !d->h->iommufd_unsafe && d->params_known &&
	    d->h->iommus[io].isolated_msi < 0)
		d->h->iommus[io].isolated_msi = 1;
	f->context = to->context;
	if (!d_after(c, 12, &id, 4))
		return;
	o = d_object_put(d, &d->contexts[f->context], id, D_DEVICE);
	if (o)
		o->device = f->device;
}

/* The device's own object in the context that it is bound to. */
static struct d_object *bound(struct describer *d, struct d_fd *f)
{
	struct d_context *x = f->context >= 0 ? &d->contexts[f->context] : NULL;

	for (size_t i = 0; x && i < x->nobjects; i++) {
		if (x->objects[i].what == D_DEVICE && x->objects[i].device == f->device)
			return &x->objects[i];
	}
	return NULL;
}

static void on_attach(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_object *dev = bound(d, f), *to;
	enum host_domain_kind kind;
	uint32_t flags = 0, id = 0;
	int io;

	if (!dev || !d_in(c, 4, &flags, 4) || !d_in(c, 8, &id, 4))
		return;
	to = d_object_find(&d->contexts[f->context], id);
	if (flags & UAPI_ATTACH_FLAG_PASID) {
		if (c->ret >= 0)
			d_feature(d, HOST_F_PASID, true);
		return;
	}
	if (!to || to->what == D_DEVICE)
		return;
	if (c->ret >= 0) {
		/* The id that comes back is that of the HWPT; an automatic one stands for its IOAS. */
		dev->attached = id;
		return;
	}
	kind = to->what == D_HWPT ? to->kind : HOST_DOMAIN_PAGING;
	io = d_iommu_of(d, f->device);
	/* Not what the caller's own mappings or another user of the group are the cause of. */
	if (io < 0 || (to->what == D_HWPT && !to->ioas) || c->ret == -EADDRINUSE ||
	    c->ret == -EBUSY || c->ret == -ENOMEM || c->ret == -EFAULT || dev->attached)
		return;
	d->h->iommus[io].domain[kind].known = true;
	d->h->iommus[io].domain[kind].attach_errno = (int)-c->ret;
}

void d_device_call(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct host_device *v = f->device >= 0 ? &d->h->devices[f->device] : NULL;
	struct d_object *o;

	if (!v)
		return;
	/* A cdev that is not bound refuses all else: that says nothing about the device. */
	if (f->cdev && f->context < 0 && c->req != VFIO_DEVICE_BIND_IOMMUFD)
		return;
	switch (c->req) {
	case VFIO_DEVICE_GET_INFO: on_info(d, c, v); break;
	case VFIO_DEVICE_GET_REGION_INFO: on_region(d, c, v); break;
	case VFIO_DEVICE_GET_IRQ_INFO: on_irq(d, c, v); break;
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: on_reset(d, c, v); break;
	case VFIO_DEVICE_BIND_IOMMUFD: on_bind(d, c, f); break;
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT: on_attach(d, c, f); break;
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
		o = bound(d, f);
		if (c->ret >= 0 && o)
			o->attached = 0;
		break;
	default: break;
	}
}
