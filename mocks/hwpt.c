// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IO page tables: which ones a driver makes for a device, and the requests on
 * them. Attaching devices to them is in attach.c.
 */
#include "mocks/ictx.h"
#include "mocks/internal.h"

#define INVALIDATE_MAX (1u << 19)

static enum host_domain_kind flags_kind(uint32_t flags)
{
	if (flags & UAPI_HWPT_DIRTY_TRACKING)
		return flags & UAPI_HWPT_NEST_PARENT ? HOST_DOMAIN_PARENT : HOST_DOMAIN_DIRTY;
	if (flags & UAPI_HWPT_NEST_PARENT)
		return HOST_DOMAIN_PARENT;
	return flags & UAPI_HWPT_PASID ? HOST_DOMAIN_PASID : HOST_DOMAIN_PAGING;
}

static uint32_t known_flags(const struct model *m)
{
	uint32_t flags = UAPI_HWPT_NEST_PARENT | UAPI_HWPT_DIRTY_TRACKING;

	if (FEAT(m, FAULT))
		flags |= UAPI_HWPT_FAULT_ID_VALID;
	return FEAT(m, PASID) ? flags | UAPI_HWPT_PASID : flags;
}

/* A software page table, which is all that a device without an IOMMU gets. */
static const struct host_domain software_domain = {
	.aperture = { 0, UINT64_MAX },
	.pgsizes = 0x000fff7ffffff000ull,
};

static int pick_domain(const struct dev *d, uint32_t flags, bool has_data, struct host_domain *out)
{
	const struct model *m = d->m;
	int err = 0;

	if (!d->unit) {
		*out = software_domain;
		return flags || has_data ? -EOPNOTSUPP : 0;
	}
	if (flags & ~known_flags(m) || has_data)
		return -EOPNOTSUPP;
	/* A driver that only makes plain tables is not even asked. */
	if (flags && d->io->type == HOST_IOMMU_VIRTIO)
		return -EOPNOTSUPP;
	if (flags & UAPI_HWPT_DIRTY_TRACKING && !(dev_hw_caps(d) & UAPI_HW_CAP_DIRTY))
		return -EOPNOTSUPP;
	if (flags & UAPI_HWPT_FAULT_ID_VALID && (flags & UAPI_HWPT_NEST_PARENT || !FEAT(m, VIOMMU)))
		return -EOPNOTSUPP; /* until 6.12 the driver is asked, and knows no such flag */
	*out = d->unit->domain[flags_kind(flags)];
	if (flags & UAPI_HWPT_DIRTY_TRACKING)
		err = d->unit->domain[HOST_DOMAIN_DIRTY].attach_errno;
	if (err == EOPNOTSUPP || out->attach_errno == EOPNOTSUPP)
		return -EOPNOTSUPP;
	return 0;
}

int hwpt_compatible(const struct hwpt *h, const struct dev *d)
{
	const struct host_domain *own;

	if (!h->io || !d->unit)
		return h->io || d->unit ? -EINVAL : 0;
	/* Of one unit some devices may have no dirty tracking: mock devices, when told so. */
	if (h->dirty && d->unit->domain[HOST_DOMAIN_DIRTY].attach_errno && h->io == d->io &&
	    !h->d.attach_errno)
		return -EINVAL;
	if (h->io == d->io)
		return -h->d.attach_errno;
	/* Another unit of the same driver must reach as far with the same pages. */
	own = &d->unit->domain[h->kind];
	if (h->io->type != d->io->type)
		return -EINVAL;
	if (own->attach_errno)
		return own->attach_errno == EOPNOTSUPP ? -EINVAL : -own->attach_errno;
	if (own->aperture.last < h->d.aperture.last || h->d.pgsizes & ~own->pgsizes)
		return -EINVAL;
	return 0;
}

/*
 * Until 6.14 virtio-iommu filled a domain in at its first attach; one that is
 * not attached before iommufd looks at it has an aperture of one byte for good.
 */
static bool aperture_at_attach(const struct dev *d)
{
	return d->io && d->io->type == HOST_IOMMU_VIRTIO && !FEAT(d->m, PASID);
}

int hwpt_paging_new(struct ioas *ioas, struct dev *d, uint32_t flags, bool has_data, bool attach,
		    struct hwpt **out)
{
	struct host_domain dom;
	struct hwpt *h;
	int err = pick_domain(d, flags, has_data, &dom);

	if (err)
		return err;
	h = obj_new(ioas->obj.ictx, sizeof(*h), OBJ_HWPT_PAGING);
	if (!h)
		return -ENOMEM;
	h->ioas = ioas;
	h->io = d->io;
	h->kind = flags_kind(flags);
	h->d = dom;
	if (!attach && aperture_at_attach(d))
		h->d.aperture = (struct host_range){ 0, 0 };
	h->nest_parent = flags & UAPI_HWPT_NEST_PARENT;
	h->pasid_compat = flags & UAPI_HWPT_PASID;
	h->dirty = flags & UAPI_HWPT_DIRTY_TRACKING;
	h->coherent = d->unit && d->unit->coherent;
	ioas->obj.users++;
	if (attach) {
		err = hwpt_attach(h, d);
		if (err) {
			hwpt_destroy(h);
			return err;
		}
	}
	err = ioas_add_domain(ioas, h);
	if (err) {
		if (attach)
			hwpt_detach(d);
		hwpt_destroy(h);
		return err;
	}
	*out = h;
	return 0;
}

bool hwpt_refuses(const struct hwpt *h, const struct area *a)
{
	bool mute = h->io && (h->io->type == HOST_IOMMU_INTEL || h->io->type == HOST_IOMMU_AMD);

	return a->file || (a->mute && mute);
}

void hwpt_destroy(struct hwpt *h)
{
	if (h->parent) {
		h->parent->obj.users--;
	} else {
		ioas_remove_domain(h->ioas, h);
		h->ioas->obj.users--;
	}
	if (h->fault)
		h->fault->obj.users--;
	obj_free(&h->obj);
}

void hwpt_put(struct hwpt *h)
{
	if (!--h->obj.users && h->auto_domain)
		hwpt_destroy(h);
}

/* Data of a nested table neither grows nor shrinks: one size only. */
static int nested_data_in(struct ucmd *u, struct iommu_hwpt_vtd_s1 *s1)
{
	const struct uapi_hwpt_alloc *cmd = u->cmd;

	if (cmd->data_type != IOMMU_HWPT_DATA_VTD_S1)
		return -EOPNOTSUPP;
	if (cmd->data_len != sizeof(*s1))
		return -EINVAL;
	return user_in(u->m, s1, cmd->data_uptr, sizeof(*s1));
}

static int hwpt_nested_new(struct ucmd *u, struct hwpt *parent, const struct dev *d,
			   struct hwpt **out)
{
	const struct uapi_hwpt_alloc *cmd = u->cmd;
	uint32_t flags = UAPI_HWPT_FAULT_ID_VALID | (FEAT(u->m, PASID) ? UAPI_HWPT_PASID : 0);
	struct iommu_hwpt_vtd_s1 s1;
	struct hwpt *h;
	int err;

	/* Only the Intel driver's nesting is modelled. */
	if (cmd->flags & ~flags || !cmd->data_len || !d->io || d->io->type != HOST_IOMMU_INTEL)
		return -EOPNOTSUPP;
	if (parent->auto_domain || !parent->nest_parent || !parent->io ||
	    parent->io->type != d->io->type)
		return -EINVAL;
	if (d->unit->domain[HOST_DOMAIN_PARENT].attach_errno == EOPNOTSUPP)
		return -EOPNOTSUPP;
	err = nested_data_in(u, &s1);
	if (err)
		return err;
	h = obj_new(u->ictx, sizeof(*h), OBJ_HWPT_NESTED);
	if (!h)
		return -ENOMEM;
	h->ioas = parent->ioas;
	h->parent = parent;
	h->io = d->io;
	h->kind = parent->kind;
	h->d = parent->d;
	h->s1 = s1;
	h->pasid_compat = cmd->flags & UAPI_HWPT_PASID;
	parent->obj.users++;
	*out = h;
	return 0;
}

static int set_fault(struct ucmd *u, struct hwpt *h)
{
	const struct uapi_hwpt_alloc *cmd = u->cmd;
	struct fault *f;

	if (!(cmd->flags & UAPI_HWPT_FAULT_ID_VALID))
		return 0;
	f = (struct fault *)obj_get(u->ictx, cmd->fault_id, OBJ_FAULT);
	if (!f)
		return -ENOENT;
	h->fault = f;
	f->obj.users++;
	return 0;
}

int cmd_hwpt_alloc(struct ucmd *u)
{
	struct uapi_hwpt_alloc *cmd = u->cmd;
	struct dev *d;
	struct obj *pt;
	struct hwpt *h;
	int err;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	if (!cmd->data_type != !cmd->data_len)
		return -EINVAL;
	d = dev_by_id(u->ictx, cmd->dev_id);
	if (!d)
		return -ENOENT;
	pt = obj_get(u->ictx, cmd->pt_id, OBJ_ANY);
	if (!pt)
		return -EINVAL;
	if (pt->type == OBJ_IOAS)
		err = hwpt_paging_new((struct ioas *)pt, d, cmd->flags, cmd->data_len, false, &h);
	else if (pt->type == OBJ_HWPT_PAGING)
		err = hwpt_nested_new(u, (struct hwpt *)pt, d, &h);
	else
		err = -EINVAL;
	if (err)
		return err;
	err = set_fault(u, h);
	if (!err) {
		cmd->out_hwpt_id = h->obj.id;
		err = ucmd_respond(u);
	}
	if (err)
		hwpt_destroy(h);
	return err;
}

int cmd_set_dirty(struct ucmd *u)
{
	const struct iommu_hwpt_set_dirty_tracking *cmd = u->cmd;
	const struct hwpt *h;

	if (cmd->flags & ~(uint32_t)IOMMU_HWPT_DIRTY_TRACKING_ENABLE)
		return -EOPNOTSUPP;
	h = (struct hwpt *)obj_get(u->ictx, cmd->hwpt_id, OBJ_HWPT_PAGING);
	if (!h)
		return -ENOENT;
	return h->dirty ? 0 : -EOPNOTSUPP;
}

static int check_dirty_range(const struct ioas *ioas, const struct iommu_hwpt_get_dirty_bitmap *cmd)
{
	uint64_t last = cmd->iova + cmd->length - 1, page = cmd->page_size;

	if (cmd->length && range_wraps(cmd->iova, cmd->length))
		return -EOVERFLOW;
	if (!cmd->length || !page || (cmd->iova | (last + 1)) & (ioas->alignment - 1) ||
	    (cmd->iova | (last + 1)) & (page - 1))
		return -EINVAL;
	return 0;
}

int cmd_get_dirty(struct ucmd *u)
{
	const struct iommu_hwpt_get_dirty_bitmap *cmd = u->cmd;
	const struct hwpt *h;
	int err;

	if (cmd->flags & ~(uint32_t)IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR || cmd->__reserved)
		return -EOPNOTSUPP;
	h = (struct hwpt *)obj_get(u->ictx, cmd->hwpt_id, OBJ_HWPT_PAGING);
	if (!h)
		return -ENOENT;
	err = check_dirty_range(h->ioas, cmd);
	if (err)
		return err;
	/*
	 * No device writes here, so no page is ever dirty; the bitmap is looked
	 * at for those only, and pages that are not mapped are not dirty.
	 */
	return h->dirty ? 0 : -EOPNOTSUPP;
}

/* The entries of a VT-d first-stage invalidation; *done counts those that were right. */
static int invalidate_vtd(struct ucmd *u, const struct iommu_hwpt_invalidate *cmd, uint32_t *done)
{
	if (cmd->data_type != IOMMU_HWPT_INVALIDATE_DATA_VTD_S1)
		return -EINVAL;
	for (uint32_t i = 0; i < cmd->entry_num; i++) {
		struct iommu_hwpt_vtd_s1_invalidate inv;
		uint64_t at = cmd->data_uptr + (uint64_t)i * cmd->entry_len;
		int err;

		if (cmd->entry_len != sizeof(inv))
			return -EINVAL;
		err = user_in(u->m, &inv, at, sizeof(inv));
		if (err)
			return err;
		if (inv.flags & ~(uint32_t)IOMMU_VTD_INV_FLAGS_LEAF || inv.__reserved)
			return -EOPNOTSUPP;
		if (inv.addr % PAGE_SZ || (inv.npages == UINT64_MAX && inv.addr))
			return -EINVAL;
		++*done;
	}
	return 0;
}

static int invalidate(struct ucmd *u, uint32_t *done)
{
	const struct iommu_hwpt_invalidate *cmd = u->cmd;
	const struct obj *pt;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->entry_num && (!cmd->data_uptr || !cmd->entry_len || cmd->entry_len > PAGE_SZ ||
			       cmd->entry_num > INVALIDATE_MAX))
		return -EINVAL;
	pt = obj_get(u->ictx, cmd->hwpt_id, OBJ_ANY);
	if (!pt)
		return -ENOENT;
	if (pt->type != OBJ_HWPT_NESTED)
		return FEAT(u->m, VIOMMU) ? -EINVAL : -ENOENT;
	return invalidate_vtd(u, cmd, done);
}

int cmd_invalidate(struct ucmd *u)
{
	struct iommu_hwpt_invalidate *cmd = u->cmd;
	uint32_t done = 0;
	int err = invalidate(u, &done);

	/* How far it got is told in any case. */
	cmd->entry_num = done;
	return ucmd_respond(u) ? -EFAULT : err;
}
