// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IO address space: what is reserved in it by page tables and devices,
 * and the requests that show and restrict it. Its mappings are in ioas_map.c.
 */
#include <stdlib.h>

#include "mocks/ictx.h"
#include "mocks/internal.h"

struct ioas *ioas_new(struct ictx *ictx)
{
	struct ioas *ioas = obj_new(ictx, sizeof(*ioas), OBJ_IOAS);

	if (ioas)
		ioas->alignment = 1;
	return ioas;
}

void ioas_destroy(struct ioas *ioas)
{
	struct ictx *ictx = ioas->obj.ictx;

	ictx->m->stats.mappings -= (unsigned int)ioas->nareas;
	if (ictx->vfio_ioas == ioas)
		ictx->vfio_ioas = NULL;
	iset_free(&ioas->reserved);
	iset_free(&ioas->allowed);
	free(ioas->areas);
	obj_free(&ioas->obj);
}

struct ioas *ioas_get(struct ictx *ictx, uint32_t id)
{
	return (struct ioas *)obj_get(ictx, id, OBJ_IOAS);
}

int ioas_reserve(struct ioas *ioas, uint64_t start, uint64_t last, const void *owner)
{
	if (ioas_area_overlaps(ioas, start, last) || iset_overlaps(&ioas->allowed, start, last))
		return -EADDRINUSE;
	return iset_add(&ioas->reserved, start, last, owner);
}

int ioas_reserve_dev(struct ioas *ioas, const struct dev *d)
{
	const struct host_region *r;
	size_t n;

	r = dev_regions(d, &n);
	for (size_t i = 0; i < n; i++) {
		int err;

		if (r[i].type == HOST_REGION_DIRECT_RELAXABLE)
			continue;
		err = ioas_reserve(ioas, r[i].start, r[i].last, d);
		if (err) {
			iset_remove_owner(&ioas->reserved, d);
			return err;
		}
	}
	return 0;
}

static uint64_t lowest_bit(uint64_t v)
{
	return v & -v;
}

/* Every mapping that is there must keep to a new alignment. */
static int check_alignment(const struct ioas *ioas, uint64_t alignment)
{
	for (size_t i = 0; i < ioas->nareas; i++) {
		const struct area *a = &ioas->areas[i];

		if ((a->iova | (a->last + 1) | (a->va % PAGE_SZ)) & (alignment - 1))
			return -EADDRINUSE;
	}
	return 0;
}

static void recalc_alignment(struct ioas *ioas)
{
	uint64_t align = ioas->no_large_pages || ioas->naccess ? PAGE_SZ : 1;

	for (const struct hwpt *h = ioas->hwpts; h; h = h->next)
		if (lowest_bit(h->d.pgsizes) > align)
			align = lowest_bit(h->d.pgsizes);
	ioas->alignment = align;
}

int ioas_add_domain(struct ioas *ioas, struct hwpt *hwpt)
{
	const struct host_range *a = &hwpt->d.aperture;
	uint64_t align = lowest_bit(hwpt->d.pgsizes);
	struct hwpt **end = &ioas->hwpts;
	int err = 0;

	if (align < ioas->alignment)
		align = ioas->alignment;
	if (align > PAGE_SZ)
		return -EINVAL;
	if (align != ioas->alignment)
		err = check_alignment(ioas, align);
	if (!err && a->start)
		err = ioas_reserve(ioas, 0, a->start - 1, hwpt);
	if (!err && a->last != UINT64_MAX)
		err = ioas_reserve(ioas, a->last + 1, UINT64_MAX, hwpt);
	for (size_t i = 0; i < ioas->nareas && !err; i++) {
		const struct area *m = &ioas->areas[i];

		if (!m->file && !ioas->hwpts)
			err = user_pinnable(ioas->obj.ictx->m, m->va, m->last - m->iova + 1,
					    m->writable);
		if (!err && hwpt_refuses(hwpt, m))
			err = -EINVAL;
	}
	if (err) {
		iset_remove_owner(&ioas->reserved, hwpt);
		return err;
	}
	ioas->alignment = align;
	while (*end)
		end = &(*end)->next;
	*end = hwpt;
	return 0;
}

void ioas_remove_domain(struct ioas *ioas, struct hwpt *hwpt)
{
	struct hwpt **p = &ioas->hwpts;

	while (*p && *p != hwpt)
		p = &(*p)->next;
	if (!*p)
		return; /* never got that far */
	*p = hwpt->next;
	iset_remove_owner(&ioas->reserved, hwpt);
	recalc_alignment(ioas);
}

/* An mdev pins whole pages. */
int ioas_add_access(struct ioas *ioas)
{
	if (ioas->alignment < PAGE_SZ) {
		int err = check_alignment(ioas, PAGE_SZ);

		if (err)
			return err;
	}
	ioas->naccess++;
	ioas->alignment = PAGE_SZ;
	return 0;
}

void ioas_remove_access(struct ioas *ioas)
{
	ioas->naccess--;
	recalc_alignment(ioas);
}

int ioas_disable_large_pages(struct ioas *ioas)
{
	int err;

	if (ioas->no_large_pages)
		return 0;
	if (ioas->hwpts && ioas->nareas)
		return -EINVAL;
	err = check_alignment(ioas, PAGE_SZ);
	if (err)
		return err;
	ioas->no_large_pages = true;
	ioas->alignment = PAGE_SZ;
	return 0;
}

int cmd_ioas_alloc(struct ucmd *u)
{
	struct iommu_ioas_alloc *cmd = u->cmd;
	struct ioas *ioas;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	ioas = ioas_new(u->ictx);
	if (!ioas)
		return -ENOMEM;
	cmd->out_ioas_id = ioas->obj.id;
	err = ucmd_respond(u);
	if (err)
		ioas_destroy(ioas);
	return err;
}

int cmd_ioas_iova_ranges(struct ucmd *u)
{
	struct iommu_ioas_iova_ranges *cmd = u->cmd;
	struct iommu_iova_range r;
	uint32_t room = cmd->num_iovas;
	struct hole_iter it;
	struct ioas *ioas;
	uint64_t start, last;
	int err;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = ioas_get(u->ictx, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	cmd->num_iovas = 0;
	cmd->out_iova_alignment = ioas->alignment;
	hole_iter_init(&it, &ioas->reserved);
	while (hole_next(&it, &start, &last)) {
		if (cmd->num_iovas < room) {
			r.start = start;
			r.last = last;
			err = user_out(u->m, cmd->allowed_iovas + cmd->num_iovas * sizeof(r), &r,
				       sizeof(r));
			if (err)
				return err;
		}
		cmd->num_iovas++;
	}
	err = ucmd_respond(u);
	if (err)
		return err;
	return cmd->num_iovas > room ? -EMSGSIZE : 0;
}

/* One entry at a time, so that a wild count ends at the first fault. */
static int load_allowed(struct ucmd *u, struct iset *s)
{
	const struct iommu_ioas_allow_iovas *cmd = u->cmd;

	for (uint64_t i = 0; i < cmd->num_iovas; i++) {
		struct iommu_iova_range r;
		int err = user_in(u->m, &r, cmd->allowed_iovas + i * sizeof(r), sizeof(r));

		if (err)
			return err;
		if (r.start >= r.last || iset_overlaps(s, r.start, r.last))
			return -EINVAL;
		err = iset_add(s, r.start, r.last, NULL);
		if (err)
			return err;
	}
	return 0;
}

int cmd_ioas_allow_iovas(struct ucmd *u)
{
	struct iommu_ioas_allow_iovas *cmd = u->cmd;
	struct iset allowed = { 0 };
	struct ioas *ioas;
	int err;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = ioas_get(u->ictx, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	err = load_allowed(u, &allowed);
	for (size_t i = 0; i < allowed.n && !err; i++)
		if (iset_overlaps(&ioas->reserved, allowed.v[i].start, allowed.v[i].last))
			err = -EADDRINUSE;
	if (err) {
		iset_free(&allowed);
		return err;
	}
	iset_free(&ioas->allowed);
	ioas->allowed = allowed;
	return 0;
}

/* Whose memory limit pays. The caller is taken to have the capability to change it. */
static int option_rlimit_mode(struct ictx *ictx, struct iommu_option *cmd)
{
	if (cmd->object_id)
		return -EOPNOTSUPP;
	if (cmd->op == IOMMU_OPTION_OP_GET) {
		cmd->val64 = ictx->account_mm;
		return 0;
	}
	if (cmd->op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (ictx->nobjs)
		return -EBUSY;
	if (cmd->val64 > 1)
		return -EINVAL;
	ictx->account_mm = cmd->val64;
	return 0;
}

static int option_huge_pages(struct ictx *ictx, struct iommu_option *cmd)
{
	struct ioas *ioas = ioas_get(ictx, cmd->object_id);

	if (!ioas)
		return -ENOENT;
	if (cmd->op == IOMMU_OPTION_OP_GET) {
		cmd->val64 = !ioas->no_large_pages;
		return 0;
	}
	if (cmd->op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (cmd->val64 == 0)
		return ioas_disable_large_pages(ioas);
	if (cmd->val64 != 1)
		return -EINVAL;
	ioas->no_large_pages = false;
	recalc_alignment(ioas);
	return 0;
}

int cmd_option(struct ucmd *u)
{
	struct iommu_option *cmd = u->cmd;
	int err;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->option_id) {
	case IOMMU_OPTION_RLIMIT_MODE: err = option_rlimit_mode(u->ictx, cmd); break;
	case IOMMU_OPTION_HUGE_PAGES: err = option_huge_pages(u->ictx, cmd); break;
	default: return -EOPNOTSUPP;
	}
	if (err)
		return err;
	return user_out(u->m, u->uaddr + offsetof(struct iommu_option, val64), &cmd->val64,
			sizeof(cmd->val64));
}
