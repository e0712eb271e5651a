// SPDX-License-Identifier: GPL-2.0-or-later
/* What container and group requests tell, on VFIO's own container and on iommufd's compat layer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"
#include "harness/uapi/uapi_compat.h"

/* TYPE1_NESTING: newer headers have the macro under a reserved name. */
#define EXT_TYPE1_NESTING 6
#define DMA_LIMIT_DEFAULT 65535

/* ---- VFIO_IOMMU_GET_INFO ------------------------------------------------ */

struct info {
	uint32_t argsz, flags, cap_offset; /* as answered */
	uint64_t pgsizes;
	uint32_t given; /* argsz of the request */
	bool caps;	/* a chain came with it */
	bool migration;
	uint32_t avail;	       /* DMA_AVAIL; 0: none */
	const uint8_t *ranges; /* of IOVA_RANGE; NULL: none */
	uint32_t nranges;
};

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Ranges of the IOVA_RANGE capability; none when it is cut off or empty. */
static void get_span(const struct call *c, const struct uapi_cap *cap, struct info *i)
{
	uint32_t body = cap->off + 16, n;

	if (cap->end < body || cap->end > c->out_len)
		return;
	n = get32(c->out + cap->off + 8);
	if (!n || n > (cap->end - body) / 16)
		return;
	i->ranges = c->out + body;
	i->nranges = n;
}

static void get_caps(struct describer *d, const struct call *c, struct info *i)
{
	uint32_t pos = i->cap_offset, prev_end = 0;
	struct uapi_cap cap;
	int rc;

	while ((rc = uapi_cap_next(c->out, c->out_len, &pos, &cap)) > 0) {
		i->caps = true;
		/* Padded to 8 or not: seen where a capability of odd size has one after it. */
		if (prev_end && cap.off % 8)
			d_feature(d, HOST_F_CAPS_ALIGN8, false);
		else if (prev_end && cap.off != prev_end)
			d_feature(d, HOST_F_CAPS_ALIGN8, true);
		prev_end = cap.off + 8;
		switch (cap.id) {
		case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE:
			get_span(c, &cap, i);
			prev_end = 0;
			break;
		case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION:
			i->migration = true;
			prev_end = 0;
			break;
		case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL:
			if (cap.off + 12 <= c->out_len)
				i->avail = get32(c->out + cap.off + 8);
			prev_end = cap.off + 12;
			break;
		default: prev_end = 0; break;
		}
	}
	if (rc < 0)
		d_fail(d, "the capability chain of the reply is malformed");
}

static void save_domain(struct describer *d, int device, enum host_domain_kind kind,
			const struct info *i)
{
	int io = d_iommu_of(d, device);
	struct host_range span;

	if (io < 0)
		return;
	d->seen[io][kind].pgsizes = i->pgsizes;
	if (i->ranges && d_span(d, i->ranges, i->nranges, &span)) {
		d_holes(d, device, i->ranges, i->nranges);
		d_aperture(d, io, kind, &span);
	}
}

static void on_info(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = &d->contexts[f->context];
	struct info i = { 0 };

	d_in(c, 0, &i.given, 4);
	if (c->ret < 0) {
		/* Before VFIO_SET_IOMMU, type1's container has no driver to ask; iommufd no IOAS. */
		if (c->ret == -ENODEV && !x->iommufd)
			d->h->container_is_iommufd = true;
		return;
	}
	if (!x->iommufd && !x->set)
		d->h->container_is_iommufd = true;
	d_after(c, 0, &i.argsz, 4);
	d_after(c, 4, &i.flags, 4);
	d_after(c, 8, &i.pgsizes, 8);
	if (i.given >= 20)
		d_after(c, 16, &i.cap_offset, 4);
	/* With capabilities of 12 bytes in it, the size alone tells how they are padded. */
	if (i.given < i.argsz && i.argsz > 24 && !x->iommufd)
		d_feature(d, HOST_F_CAPS_ALIGN8, (i.argsz - 24) % 8 == 0);
	if (i.flags & VFIO_IOMMU_INFO_CAPS && i.cap_offset)
		get_caps(d, c, &i);
	if (d->rc)
		return;
	if (i.avail == UINT32_MAX && i.caps && !i.migration && !x->iommufd)
		d->h->container_is_iommufd = true;
	if (x->iommufd || d->h->container_is_iommufd) {
		/* Only what is attached narrows it; with nothing attached it tells nothing. */
		if (x->compat_device >= 0)
			save_domain(d, x->compat_device, HOST_DOMAIN_PAGING, &i);
		return;
	}
	if (i.avail && !d->limit_known && !x->maps) {
		d->limit_known = true;
		if (i.avail != DMA_LIMIT_DEFAULT)
			d->h->dma_entry_limit = i.avail;
	}
	if (x->ngroups == 1)
		save_domain(d, d_device_of_group(d, x->groups[0]), HOST_DOMAIN_TYPE1, &i);
}

/* ---- VFIO_SET_IOMMU, VFIO_CHECK_EXTENSION, mappings --------------------- */

static void isolated(struct describer *d, int io, bool yes, bool unsafe)
{
	/* An override hides whether interrupts are isolated. */
	if (yes && (unsafe || !d->params_known))
		return;
	if (d->h->iommus[io].isolated_msi != 0)
		d->h->iommus[io].isolated_msi = yes;
}

static void on_set_iommu(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = &d->contexts[f->context];
	int device, io;

	if (c->ret >= 0)
		x->set = true;
	if (x->iommufd || x->ngroups != 1)
		return;
	if (c->arg != VFIO_TYPE1_IOMMU && c->arg != VFIO_TYPE1v2_IOMMU)
		return;
	device = d_device_of_group(d, x->groups[0]);
	io = d_iommu_of(d, device);
	if (io < 0)
		return;
	if (c->ret >= 0) {
		isolated(d, io, true, d->h->type1_unsafe);
	} else if (c->ret == -EPERM) {
		isolated(d, io, false, false);
	} else {
		d->h->iommus[io].domain[HOST_DOMAIN_TYPE1].known = true;
		d->h->iommus[io].domain[HOST_DOMAIN_TYPE1].attach_errno = (int)-c->ret;
	}
}

static void on_extension(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = &d->contexts[f->context];
	bool yes = c->ret > 0;
	int io;

	if (c->ret < 0)
		return;
	if (c->arg == VFIO_NOIOMMU_IOMMU && x->iommufd)
		d->h->compat_noiommu = yes;
	if (x->iommufd)
		return;
	if (c->arg == VFIO_NOIOMMU_IOMMU && !x->ngroups)
		d->h->noiommu = yes;
	else if (c->arg == EXT_TYPE1_NESTING)
		d_feature(d, HOST_F_TYPE1_NESTING, yes);
	if (c->arg != VFIO_DMA_CC_IOMMU || !x->set || x->ngroups != 1)
		return;
	io = d_iommu_of(d, d_device_of_group(d, x->groups[0]));
	if (io >= 0)
		d->h->iommus[io].coherent = yes;
}

static void on_map(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = &d->contexts[f->context];
	uint64_t iova, size;

	if (c->ret >= 0)
		x->maps++;
	if (x->iommufd || !d_in(c, 16, &iova, 8) || !d_in(c, 24, &size, 8))
		return;
	/* An end beyond 2^64: named as such by newer kernels only. */
	if (size && iova + (size - 1) < iova) {
		if (c->ret == -EOVERFLOW)
			d_feature(d, HOST_F_MAP_EOVERFLOW, true);
		else if (c->ret == -EINVAL)
			d_feature(d, HOST_F_MAP_EOVERFLOW, false);
	}
}

void d_container(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = &d->contexts[f->context];

	switch (c->req) {
	case VFIO_CHECK_EXTENSION: on_extension(d, c, f); break;
	case VFIO_SET_IOMMU: on_set_iommu(d, c, f); break;
	case VFIO_IOMMU_GET_INFO: on_info(d, c, f); break;
	case VFIO_IOMMU_MAP_DMA: on_map(d, c, f); break;
	case VFIO_IOMMU_UNMAP_DMA:
		if (c->ret >= 0 && x->maps)
			x->maps--;
		break;
	default:
		/* /dev/vfio/vfio may be iommufd's: then it serves these too. */
		if (uapi_find(UAPI_FD_IOMMUFD, c->req) && !uapi_find(UAPI_FD_CONTAINER, c->req) &&
		    c->ret >= 0) {
			d->h->container_is_iommufd = true;
			x->iommufd = true;
			d_iommufd(d, c, f);
		}
		break;
	}
}

/* ---- groups ------------------------------------------------------------- */

static void attach_group(struct describer *d, struct d_fd *f, int fd)
{
	struct d_fd *to = d_fd_find(d, fd);
	struct d_context *x;
	int *v;

	if (!to || to->context < 0)
		return;
	x = &d->contexts[to->context];
	v = realloc(x->groups, (x->ngroups + 1) * sizeof(*v));
	if (!v) {
		d_nomem(d);
		return;
	}
	x->groups = v;
	v[x->ngroups++] = f->group;
	f->context = to->context;
}

static void detach_group(struct describer *d, struct d_fd *f)
{
	struct d_context *x = f->context >= 0 ? &d->contexts[f->context] : NULL;

	for (size_t i = 0; x && i < x->ngroups; i++) {
		if (x->groups[i] == f->group) {
			x->groups[i] = x->groups[--x->ngroups];
			break;
		}
	}
	if (x && !x->ngroups)
		x->set = false;
	f->context = -1;
}

/* Whether a device's descriptor could be had: with iommufd this is where it is attached. */
static void on_get_device(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = f->context >= 0 ? &d->contexts[f->context] : NULL;
	int device = d_device_of_group(d, f->group), io;
	struct host_domain *dom;

	if (!x || !(x->iommufd || d->h->container_is_iommufd) || !x->set)
		return;
	io = d_iommu_of(d, device);
	if (io < 0)
		return;
	dom = &d->h->iommus[io].domain[HOST_DOMAIN_PAGING];
	if (c->ret >= 0) {
		x->compat_device = device;
		isolated(d, io, true, d->h->iommufd_unsafe);
	} else if (c->ret == -EPERM) {
		isolated(d, io, false, false);
	} else if (c->ret == -EINVAL && !x->maps) {
		dom->known = true;
		dom->attach_errno = EINVAL;
	}
}

/* Not viable: a host driver holds the device or one beside it. */
static void not_viable(struct describer *d, int group)
{
	int mine = d_device_of_group(d, group), busy = mine;

	for (size_t i = 0; i < d->h->ndevices; i++) {
		if (d->h->devices[i].group == group && (int)i != mine)
			busy = (int)i;
	}
	if (busy >= 0)
		d->h->devices[busy].busy = true;
}

void d_group_call(struct describer *d, const struct call *c, struct d_fd *f)
{
	uint32_t flags;
	int fd;

	switch (c->req) {
	case VFIO_GROUP_GET_STATUS:
		if (c->ret >= 0 && f->context < 0 && d_after(c, 4, &flags, 4) && !flags)
			not_viable(d, f->group);
		break;
	case VFIO_GROUP_SET_CONTAINER:
		if (c->ret >= 0 && d_in(c, 0, &fd, sizeof(fd)))
			attach_group(d, f, fd);
		else if (c->ret == -EBADFD)
			d_feature(d, HOST_F_BADFD, true);
		break;
	case VFIO_GROUP_UNSET_CONTAINER:
		if (c->ret >= 0)
			detach_group(d, f);
		break;
	case VFIO_GROUP_GET_DEVICE_FD: on_get_device(d, c, f); break;
	default: break;
	}
}
