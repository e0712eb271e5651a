// SPDX-License-Identifier: GPL-2.0-or-later
/* What iommufd's own requests tell: which are known, apertures by kind of page table, hardware. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"
#include "harness/uapi/uapi_compat.h"

/* The feature that brought a request. */
static int feature_of(uint32_t req)
{
	switch (req) {
	case IOMMU_HWPT_ALLOC:
	case IOMMU_GET_HW_INFO: return HOST_F_HWPT;
	case IOMMU_HWPT_SET_DIRTY_TRACKING:
	case IOMMU_HWPT_GET_DIRTY_BITMAP: return HOST_F_DIRTY;
	case IOMMU_HWPT_INVALIDATE: return HOST_F_INVALIDATE;
	case IOMMU_FAULT_QUEUE_ALLOC: return HOST_F_FAULT;
	case UAPI_IOAS_MAP_FILE:
	case UAPI_VIOMMU_ALLOC:
	case UAPI_VDEVICE_ALLOC: return HOST_F_VIOMMU;
	case UAPI_IOAS_CHANGE_PROCESS: return HOST_F_CHANGE_PROCESS;
	case UAPI_VEVENTQ_ALLOC: return HOST_F_PASID;
	case UAPI_HW_QUEUE_ALLOC: return HOST_F_INPUT_TYPE;
	case UAPI_IOAS_NOIOMMU_GET_PA: return HOST_F_NOIOMMU_PA;
	default: return req >= IOMMU_DESTROY && req <= IOMMU_VFIO_IOAS ? HOST_F_IOMMUFD : -1;
	}
}

/* The memory that the kernel wrote behind a pointer field; NULL: none. */
static const struct call_mem *written(const struct call *c, const char *what)
{
	for (size_t i = 0; i < c->nmem; i++) {
		if (!strcmp(c->mem[i].what, what) && c->mem[i].out)
			return &c->mem[i];
	}
	return NULL;
}

/* ---- IOMMU_GET_HW_INFO -------------------------------------------------- */

static void hw_features(struct describer *d, const struct call *c, struct host_iommu *io,
			uint32_t flags)
{
	uint32_t in_type = 0;

	d_in(c, 24, &in_type, 4);
	if (flags != UAPI_HW_INFO_INPUT_TYPE)
		return;
	if (c->ret >= 0)
		d_feature(d, HOST_F_INPUT_TYPE, true);
	/* Refused although the type asked for is the hardware's own: the flag is not known. */
	else if (c->ret == -EOPNOTSUPP && io && io->hw_known &&
		 (!in_type || !io->hw_type || in_type == io->hw_type))
		d_feature(d, HOST_F_INPUT_TYPE, false);
}

static void save_hw(struct host_iommu *io, const struct call *c, uint32_t type, uint32_t klen)
{
	const struct call_mem *m = written(c, "data_uptr");

	io->hw_known = true;
	io->hw_type = type;
	io->hw_len = klen < sizeof(io->hw_data) ? klen : (uint32_t)sizeof(io->hw_data);
	if (m && m->out_len >= io->hw_len)
		memcpy(io->hw_data, m->out, io->hw_len);
	if (type == UAPI_HW_INFO_TYPE_VTD && m && m->out_len >= sizeof(struct iommu_hw_info_vtd)) {
		struct iommu_hw_info_vtd vtd;

		memcpy(&vtd, m->out, sizeof(vtd));
		if (io->type == HOST_IOMMU_OTHER)
			io->type = HOST_IOMMU_INTEL;
		if (!io->has_regs) {
			io->has_regs = true;
			io->cap = vtd.cap_reg;
			io->ecap = vtd.ecap_reg;
		}
	} else if (io->type == HOST_IOMMU_OTHER && type == UAPI_HW_INFO_TYPE_SMMUV3) {
		io->type = HOST_IOMMU_SMMUV3;
	} else if (io->type == HOST_IOMMU_OTHER && type == UAPI_HW_INFO_TYPE_AMD) {
		io->type = HOST_IOMMU_AMD;
	}
}

static void on_hw_info(struct describer *d, const struct call *c, struct d_context *x)
{
	uint32_t size = 0, flags = 0, id = 0, type = 0, klen = 0;
	struct host_device *v;
	struct host_iommu *io;
	struct d_object *o;
	uint64_t caps = 0;
	int i;

	d_in(c, 0, &size, 4);
	d_in(c, 4, &flags, 4);
	o = d_in(c, 8, &id, 4) ? d_object_find(x, id) : NULL;
	if (!o || o->what != D_DEVICE || o->device < 0)
		return;
	i = d_iommu_of(d, o->device);
	io = i >= 0 ? &d->h->iommus[i] : NULL;
	hw_features(d, c, io, flags);
	if (c->ret < 0 || !io || flags)
		return;
	d_after(c, 12, &klen, 4);
	d_after(c, 24, &type, 4);
	save_hw(io, c, type, klen);
	v = &d->h->devices[o->device];
	if (size < 40)
		return;
	d_after(c, 28, &v->max_pasid_log2, 1);
	d_after(c, 32, &caps, 8);
	v->hw_caps = caps;
	if (v->max_pasid_log2 || caps & (UAPI_HW_CAP_PASID_EXEC | UAPI_HW_CAP_PASID_PRIV))
		d_feature(d, HOST_F_HW_INFO_PASID, true);
}

/* ---- page tables and ranges --------------------------------------------- */

static enum host_domain_kind kind_of(uint32_t flags)
{
	if (flags & UAPI_HWPT_NEST_PARENT)
		return HOST_DOMAIN_PARENT;
	if (flags & UAPI_HWPT_DIRTY_TRACKING)
		return HOST_DOMAIN_DIRTY;
	if (flags & UAPI_HWPT_PASID)
		return HOST_DOMAIN_PASID;
	return HOST_DOMAIN_PAGING;
}

static void on_hwpt_alloc(struct describer *d, const struct call *c, struct d_context *x)
{
	uint32_t flags = 0, dev = 0, pt = 0, id = 0, type = 0;
	struct d_object *o, *on;
	enum host_domain_kind kind;
	int io, device;

	d_in(c, 4, &flags, 4);
	d_in(c, 8, &dev, 4);
	d_in(c, 12, &pt, 4);
	d_in(c, 24, &type, 4);
	o = d_object_find(x, dev);
	on = d_object_find(x, pt);
	if (!o || o->what != D_DEVICE || !on || on->what == D_DEVICE)
		return;
	device = o->device;
	kind = kind_of(flags);
	io = d_iommu_of(d, device);
	if (c->ret >= 0) {
		bool nested = on->what == D_HWPT;

		d_after(c, 16, &id, 4);
		o = d_object_put(d, x, id, D_HWPT);
		if (!o)
			return;
		o->device = device;
		o->kind = kind;
		o->ioas = nested ? 0 : pt;
		if (flags & UAPI_HWPT_PASID)
			d_feature(d, HOST_F_PASID, true);
		if (io >= 0 && !nested)
			d->seen[io][kind].made = true;
		return;
	}
	/* One flag at most: which of two was refused is not told. */
	if (io < 0 || on->what == D_HWPT || type || flags & (flags - 1) || c->ret != -EOPNOTSUPP)
		return;
	if (flags & ~(UAPI_HWPT_NEST_PARENT | UAPI_HWPT_DIRTY_TRACKING | UAPI_HWPT_PASID))
		return;
	d->h->iommus[io].domain[kind].known = true;
	d->h->iommus[io].domain[kind].attach_errno = (int)-c->ret;
}

/* The one device that is attached to a page table; -1: none, or several. */
static int attached_to(const struct d_context *x, uint32_t hwpt)
{
	int device = -1;

	for (size_t i = 0; i < x->nobjects; i++) {
		if (x->objects[i].what != D_DEVICE || x->objects[i].attached != hwpt)
			continue;
		if (device >= 0)
			return -1;
		device = x->objects[i].device;
	}
	return device;
}

/*
 * The page table that alone narrows an IOAS: its kind and IOMMU, and the device
 * when that is attached to it. False when there is none, or several.
 */
static bool narrowed_by(struct describer *d, struct d_context *x, uint32_t ioas,
			enum host_domain_kind *kind, int *io, int *attached)
{
	size_t n = 0;

	*attached = -1;

	for (size_t i = 0; i < x->nobjects; i++) {
		const struct d_object *o = &x->objects[i];

		if (o->what == D_HWPT && o->ioas == ioas) {
			*kind = o->kind;
			*io = d_iommu_of(d, o->device);
			*attached = attached_to(x, o->id);
			n++;
		} else if (o->what == D_DEVICE && o->attached == ioas) {
			*kind = HOST_DOMAIN_PAGING;
			*io = d_iommu_of(d, o->device);
			*attached = o->device;
			n++;
		}
	}
	return n == 1 && *io >= 0;
}

static void on_ranges(struct describer *d, const struct call *c, struct d_context *x)
{
	const struct call_mem *m = written(c, "allowed_iovas");
	uint32_t id = 0, n = 0;
	enum host_domain_kind kind = HOST_DOMAIN_PAGING;
	struct host_range span;
	uint64_t align = 0;
	int io = -1, attached;

	if (c->ret < 0 && c->ret != -EMSGSIZE)
		return;
	d_in(c, 4, &id, 4);
	if (!narrowed_by(d, x, id, &kind, &io, &attached))
		return;
	d_after(c, 8, &n, 4);
	d_after(c, 24, &align, 8);
	d->seen[io][kind].alignment = align;
	if (c->ret < 0 || !n || !m || m->out_len / 16 < n)
		return;
	if (!d_span(d, m->out, n, &span))
		return;
	d_aperture(d, io, kind, &span);
	d_holes(d, attached, m->out, n);
}

/* ------------------------------------------------------------------------- */

void d_iommufd(struct describer *d, const struct call *c, struct d_fd *f)
{
	struct d_context *x = &d->contexts[f->context];
	int feature = feature_of(c->req);
	uint32_t id = 0;

	if (feature >= 0 && c->ret != -EFAULT)
		d_feature(d, (enum host_feature)feature, c->ret != -ENOTTY);
	switch (c->req) {
	case IOMMU_IOAS_ALLOC:
		if (c->ret >= 0 && d_after(c, 8, &id, 4))
			d_object_put(d, x, id, D_IOAS);
		break;
	case IOMMU_DESTROY:
		if (c->ret >= 0 && d_in(c, 4, &id, 4))
			d_object_del(x, id);
		break;
	case IOMMU_IOAS_MAP:
		if (c->ret >= 0)
			x->maps++;
		break;
	case IOMMU_IOAS_UNMAP:
		if (c->ret >= 0 && x->maps)
			x->maps--;
		break;
	case IOMMU_GET_HW_INFO: on_hw_info(d, c, x); break;
	case IOMMU_HWPT_ALLOC: on_hwpt_alloc(d, c, x); break;
	case IOMMU_IOAS_IOVA_RANGES: on_ranges(d, c, x); break;
	default: break;
	}
}
