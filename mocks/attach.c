// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices on page tables. A group has one table for all its devices, and one
 * for each PASID of theirs; a table that the kernel made itself lives as long
 * as a device is on it; attaching an attached device replaces the table in one
 * step.
 */
#include "mocks/ictx.h"
#include "mocks/internal.h"

#define VTD_4_LEVELS 48
#define VTD_5_LEVELS 57

/* The contents of first-stage data are looked at when it is used. */
static int nested_compatible(const struct hwpt *h, const struct dev *d)
{
	const struct iommu_hwpt_vtd_s1 *s1 = &h->s1;
	uint64_t ecap = d->io->ecap;

	if (s1->addr_width != VTD_4_LEVELS &&
	    !(s1->addr_width == VTD_5_LEVELS && d->io->cap >> 60 & 1))
		return -EINVAL;
	if ((s1->flags & IOMMU_VTD_S1_SRE && !(ecap >> 31 & 1)) ||
	    (s1->flags & IOMMU_VTD_S1_EAFE && !(ecap >> 34 & 1)))
		return -EINVAL;
	return 0;
}

/* Page requests need a device and a unit that handle them; no description has one of Intel's. */
static int faults_compatible(const struct hwpt *h, const struct dev *d)
{
	return h->fault && d->io && d->io->type == HOST_IOMMU_INTEL ? -ENODEV : 0;
}

static int compatible(const struct hwpt *h, const struct dev *d)
{
	/* Until 6.12 the requests were switched on before the driver looked at the table. */
	int err = FEAT(d->m, VIOMMU) ? 0 : faults_compatible(h, d);

	err = err ? err : hwpt_compatible(h, d);
	err = err ? err : faults_compatible(h, d);
	return !err && h->parent ? nested_compatible(h, d) : err;
}

/* Is a device of the group on a table with this PASID, or with any (0)? */
static struct hwpt *group_pasid(const struct group *g, uint32_t pasid)
{
	for (size_t i = 0; i < g->m->h->ndevices; i++) {
		const struct dev *d = &g->m->devs[i];

		for (size_t k = 0; d->g == g && k < d->npasids; k++)
			if (pasid ? d->pasids[k].pasid == pasid : d->pasids[k].pasid)
				return d->pasids[k].hwpt;
	}
	return NULL;
}

/* For requests without a PASID, beside others with one. */
static int rid_compatible(const struct hwpt *h, const struct dev *d)
{
	if (!h->pasid_compat && group_pasid(d->g, 0))
		return -EINVAL;
	return compatible(h, d);
}

int hwpt_attach(struct hwpt *h, struct dev *d)
{
	struct group *g = d->g;
	int err;

	if (d->attached || d->attached_as_pasid)
		return -EBUSY;
	if (g->hwpt && g->hwpt != h)
		return -EINVAL;
	err = ioas_reserve_dev(h->ioas, d);
	if (err)
		return err;
	if (!g->nattached) {
		err = rid_compatible(h, d);
		if (err) {
			iset_remove_owner(&h->ioas->reserved, d);
			return err;
		}
		g->hwpt = h;
	}
	g->nattached++;
	h->obj.users++;
	return 0;
}

void hwpt_detach(struct dev *d)
{
	struct hwpt *h = d->g->hwpt;

	iset_remove_owner(&h->ioas->reserved, d);
	if (!--d->g->nattached)
		d->g->hwpt = NULL;
	hwpt_put(h);
}

/* Calls fn for each device of the group that is attached; stops at the first error. */
static int each_attached(struct group *g, struct ioas *ioas,
			 int (*fn)(struct ioas *ioas, const struct dev *d))
{
	for (size_t i = 0; i < g->m->h->ndevices; i++) {
		const struct dev *d = &g->m->devs[i];
		bool attached = d->attached || d->attached_as_pasid;
		int err = d->g == g && attached ? fn(ioas, d) : 0;

		if (err)
			return err;
	}
	return 0;
}

static int unreserve(struct ioas *ioas, const struct dev *d)
{
	iset_remove_owner(&ioas->reserved, d);
	return 0;
}

/* Puts the whole group on another table. */
static int replace(struct hwpt *h, struct dev *d)
{
	struct group *g = d->g;
	struct hwpt *old = g->hwpt;
	unsigned int n = g->nattached;
	int err = 0;

	if (old == h)
		return 0;
	if (old->ioas != h->ioas)
		err = each_attached(g, h->ioas, ioas_reserve_dev);
	if (!err)
		err = rid_compatible(h, d);
	if (err) {
		if (old->ioas != h->ioas)
			each_attached(g, h->ioas, unreserve);
		return err;
	}
	if (old->ioas != h->ioas)
		each_attached(g, old->ioas, unreserve);
	g->hwpt = h;
	h->obj.users += n;
	while (n--)
		hwpt_put(old);
	return 0;
}

static int attach_or_replace(struct hwpt *h, struct dev *d, bool is_attached)
{
	return is_attached ? replace(h, d) : hwpt_attach(h, d);
}

/* A table of the kernel's own on this IOAS: the first that fits, else a new one. */
static int attach_auto(struct ioas *ioas, struct dev *d, bool is_attached, uint32_t *pt_id)
{
	struct hwpt *h;
	int err;

	for (h = ioas->hwpts; h; h = h->next) {
		if (!h->auto_domain)
			continue;
		err = attach_or_replace(h, d, is_attached);
		if (err == -EINVAL)
			continue;
		if (!err)
			*pt_id = h->obj.id;
		return err;
	}
	err = hwpt_paging_new(ioas, d, 0, false, !is_attached, &h);
	if (err)
		return err;
	h->auto_domain = true;
	if (is_attached) {
		err = replace(h, d);
		if (err) {
			hwpt_destroy(h);
			return err;
		}
	}
	*pt_id = h->obj.id;
	return 0;
}

static int attach_physical(struct dev *d, bool is_attached, uint32_t *pt_id)
{
	struct obj *pt = obj_get(d->ictx, *pt_id, OBJ_ANY);

	if (!pt)
		return -ENOENT;
	switch (pt->type) {
	case OBJ_IOAS: return attach_auto((struct ioas *)pt, d, is_attached, pt_id);
	case OBJ_HWPT_PAGING:
	case OBJ_HWPT_NESTED: return attach_or_replace((struct hwpt *)pt, d, is_attached);
	default: return -EINVAL;
	}
}

/* An mdev has no page table: it goes to the IOAS itself. */
static int attach_access(struct dev *d, uint32_t ioas_id)
{
	struct ioas *ioas = ioas_get(d->ictx, ioas_id);
	int err;

	if (!ioas)
		return -ENOENT;
	if (ioas == d->access_ioas)
		return 0;
	err = ioas_add_access(ioas);
	if (err)
		return err;
	if (d->access_ioas) {
		ioas_remove_access(d->access_ioas);
		d->access_ioas->obj.users--;
	}
	ioas->obj.users++;
	d->access_ioas = ioas;
	return 0;
}

int dev_attach(struct dev *d, uint32_t *pt_id)
{
	int err = d->h->mdev ? attach_access(d, *pt_id) : attach_physical(d, d->attached, pt_id);

	if (!err)
		d->attached = true;
	return err;
}

void dev_detach(struct dev *d)
{
	if (!d->attached)
		return;
	d->attached = false;
	if (!d->access_ioas) {
		hwpt_detach(d);
		return;
	}
	ioas_remove_access(d->access_ioas);
	d->access_ioas->obj.users--;
	d->access_ioas = NULL;
}

static struct pasid_attach *find_pasid(struct dev *d, uint32_t pasid)
{
	for (size_t i = 0; i < d->npasids; i++)
		if (d->pasids[i].pasid == pasid)
			return &d->pasids[i];
	return NULL;
}

/*
 * May the group's requests with this PASID go to that table? Devices without
 * PASIDs are not asked; where there are no others that is a yes. is_new: they
 * have not been on another.
 */
static int pasid_compatible(const struct hwpt *h, const struct dev *d, uint32_t pasid, bool is_new)
{
	const struct group *g = d->g;

	if (!h->pasid_compat || (g->hwpt && !g->hwpt->pasid_compat) || !h->io || !d->io ||
	    h->io->type != d->io->type)
		return -EINVAL;
	for (size_t i = 0; i < g->m->h->ndevices; i++) {
		const struct dev *other = &g->m->devs[i];
		unsigned int width = other->h->max_pasid_log2;
		int err = 0;

		if (other->g != g || !width)
			continue;
		if (is_new && (uint64_t)pasid >> width)
			err = -EINVAL;
		err = err ? err : compatible(h, other);
		if (err)
			return err;
	}
	return 0;
}

/* Only tables made for it: the kernel makes none of its own that suit. */
static int pasid_table(struct dev *d, uint32_t pt_id, struct hwpt **out)
{
	struct obj *pt = obj_get(d->ictx, pt_id, OBJ_ANY);

	if (!pt)
		return -ENOENT;
	if (pt->type != OBJ_HWPT_PAGING && pt->type != OBJ_HWPT_NESTED)
		return -EINVAL;
	*out = (struct hwpt *)pt;
	return 0;
}

/* Moves what the group has on the PASID to another table. */
static int replace_pasid(struct dev *d, uint32_t pasid, struct hwpt *h)
{
	const struct group *g = d->g;
	int err;

	if (group_pasid(g, pasid) == h)
		return 0;
	err = pasid_compatible(h, d, pasid, false);
	if (err)
		return err;
	for (size_t i = 0; i < g->m->h->ndevices; i++) {
		struct dev *other = &g->m->devs[i];
		struct pasid_attach *a = other->g == g ? find_pasid(other, pasid) : NULL;

		if (!a)
			continue;
		h->obj.users++;
		hwpt_put(a->hwpt);
		a->hwpt = h;
	}
	return 0;
}

static int attach_new_pasid(struct dev *d, uint32_t pasid, uint32_t *pt_id)
{
	struct hwpt *h = NULL, *old;
	int err;

	/* VFIO keeps the PASIDs by number, as an int, before anything is looked up. */
	if (pasid > INT32_MAX)
		return -ENOSPC;
	err = vec_room((void **)&d->pasids, &d->pasids_cap, d->npasids, sizeof(*d->pasids));
	if (err)
		return err;
	if (!pasid) {
		/* What VFIO takes for a PASID is none to iommufd. */
		err = attach_physical(d, false, pt_id);
		d->attached_as_pasid = !err;
	} else {
		err = pasid_table(d, *pt_id, &h);
		if (err)
			return err;
		old = group_pasid(d->g, pasid);
		if (old && old != h)
			return -EINVAL;
		err = old ? 0 : pasid_compatible(h, d, pasid, true);
		if (!err)
			h->obj.users++;
	}
	if (!err)
		d->pasids[d->npasids++] = (struct pasid_attach){ pasid, h };
	return err;
}

int dev_attach_pasid(struct dev *d, uint32_t pasid, uint32_t *pt_id)
{
	struct hwpt *h;
	int err;

	if (!find_pasid(d, pasid))
		return attach_new_pasid(d, pasid, pt_id);
	if (!pasid)
		return attach_physical(d, true, pt_id);
	err = pasid_table(d, *pt_id, &h);
	return err ? err : replace_pasid(d, pasid, h);
}

void dev_detach_pasid(struct dev *d, uint32_t pasid)
{
	struct pasid_attach *a = find_pasid(d, pasid);

	if (!a)
		return;
	if (pasid) {
		hwpt_put(a->hwpt);
	} else {
		d->attached_as_pasid = false;
		hwpt_detach(d);
	}
	*a = d->pasids[--d->npasids];
}
