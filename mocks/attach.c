// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices on page tables. A group has one table for all its devices; a table
 * that the kernel made itself lives as long as a device is on it; attaching an
 * attached device replaces the table in one step.
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

static int compatible(const struct hwpt *h, const struct dev *d)
{
	int err = hwpt_compatible(h, d);

	return !err && h->parent ? nested_compatible(h, d) : err;
}

int hwpt_attach(struct hwpt *h, struct dev *d)
{
	struct group *g = d->g;
	int err;

	if (g->hwpt && g->hwpt != h)
		return -EINVAL;
	err = ioas_reserve_dev(h->ioas, d);
	if (err)
		return err;
	if (!g->nattached) {
		err = compatible(h, d);
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
		int err = d->g == g && d->attached ? fn(ioas, d) : 0;

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
		err = compatible(h, d);
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

static int attach_or_replace(struct hwpt *h, struct dev *d)
{
	return d->attached ? replace(h, d) : hwpt_attach(h, d);
}

/* A table of the kernel's own on this IOAS: the first that fits, else a new one. */
static int attach_auto(struct ioas *ioas, struct dev *d, uint32_t *pt_id)
{
	struct hwpt *h;
	int err;

	for (h = ioas->hwpts; h; h = h->next) {
		if (!h->auto_domain)
			continue;
		err = attach_or_replace(h, d);
		if (err == -EINVAL)
			continue;
		if (!err)
			*pt_id = h->obj.id;
		return err;
	}
	err = hwpt_paging_new(ioas, d, 0, false, !d->attached, &h);
	if (err)
		return err;
	h->auto_domain = true;
	if (d->attached) {
		err = replace(h, d);
		if (err) {
			hwpt_destroy(h);
			return err;
		}
	}
	*pt_id = h->obj.id;
	return 0;
}

static int attach_physical(struct dev *d, uint32_t *pt_id)
{
	struct obj *pt = obj_get(d->ictx, *pt_id, OBJ_ANY);
	int err;

	if (!pt)
		return -ENOENT;
	switch (pt->type) {
	case OBJ_IOAS: err = attach_auto((struct ioas *)pt, d, pt_id); break;
	case OBJ_HWPT_PAGING:
	case OBJ_HWPT_NESTED: err = attach_or_replace((struct hwpt *)pt, d); break;
	default: err = -EINVAL;
	}
	return err;
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
	int err = d->h->mdev ? attach_access(d, *pt_id) : attach_physical(d, pt_id);

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

/* Which table a PASID may go to: one made for it. The kernel's own are not. */
static int pasid_table(struct dev *d, uint32_t pasid, uint32_t pt_id, struct hwpt **out)
{
	struct obj *pt = obj_get(d->ictx, pt_id, OBJ_ANY);

	if (!pt)
		return -ENOENT;
	if (pt->type != OBJ_HWPT_PAGING && pt->type != OBJ_HWPT_NESTED)
		return -EINVAL;
	*out = (struct hwpt *)pt;
	if (!(*out)->pasid_compat)
		return -EINVAL;
	if (!d->h->max_pasid_log2)
		return -EOPNOTSUPP;
	if (!pasid || (uint64_t)pasid >> d->h->max_pasid_log2)
		return -EINVAL;
	return compatible(*out, d);
}

int dev_attach_pasid(struct dev *d, uint32_t pasid, uint32_t *pt_id)
{
	struct pasid_attach *a = find_pasid(d, pasid);
	struct hwpt *h;
	int err = pasid_table(d, pasid, *pt_id, &h);

	if (err)
		return err;
	if (!a) {
		err = vec_room((void **)&d->pasids, &d->pasids_cap, d->npasids, sizeof(*a));
		if (err)
			return err;
		d->pasids[d->npasids++] = (struct pasid_attach){ pasid, h };
		h->obj.users++;
		return 0;
	}
	h->obj.users++;
	hwpt_put(a->hwpt);
	a->hwpt = h;
	return 0;
}

void dev_detach_pasid(struct dev *d, uint32_t pasid)
{
	struct pasid_attach *a = find_pasid(d, pasid);

	if (!a)
		return;
	hwpt_put(a->hwpt);
	*a = d->pasids[--d->npasids];
}
