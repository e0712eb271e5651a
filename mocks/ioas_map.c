// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mappings of an IOAS: MAP, MAP_FILE, COPY, UNMAP and the choice of an
 * address. Whether pages can be pinned is asked of who knows (model_set_pinnable()).
 */
#include <stdlib.h>

#include "mocks/ictx.h"
#include "mocks/internal.h"

#define HUGE_PAGE (1ull << 21) /* an automatic address is aligned to no more */

size_t ioas_first_area(const struct ioas *ioas, uint64_t iova)
{
	size_t lo = 0, hi = ioas->nareas;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ioas->areas[mid].last < iova)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool ioas_area_overlaps(const struct ioas *ioas, uint64_t start, uint64_t last)
{
	size_t i = ioas_first_area(ioas, start);

	return i < ioas->nareas && ioas->areas[i].iova <= last;
}

static int insert_area(struct ioas *ioas, const struct area *a)
{
	size_t at = ioas_first_area(ioas, a->iova);
	int err = vec_room((void **)&ioas->areas, &ioas->areas_cap, ioas->nareas,
			   sizeof(*ioas->areas));

	if (err)
		return err;
	memmove(&ioas->areas[at + 1], &ioas->areas[at], (ioas->nareas - at) * sizeof(*a));
	ioas->areas[at] = *a;
	ioas->nareas++;
	ioas->obj.ictx->m->stats.mappings++;
	return 0;
}

static void remove_area(struct ioas *ioas, size_t at)
{
	ioas->nareas--;
	memmove(&ioas->areas[at], &ioas->areas[at + 1], (ioas->nareas - at) * sizeof(*ioas->areas));
	ioas->obj.ictx->m->stats.mappings--;
}

/* What bounds an automatic address: how much room, and which alignment. */
struct wish {
	uint64_t length;
	uint64_t align;
	uint64_t page_offset;
};

/* Moves *start up to where the wish fits before last. */
static bool fits(uint64_t *start, uint64_t last, const struct wish *w)
{
	uint64_t at = *start + (w->align - 1);

	if (at < *start)
		return false;
	at = (at & ~(w->align - 1)) | w->page_offset;
	if (at >= last || last - at < w->length - 1)
		return false;
	*start = at;
	return true;
}

/* The lowest place in [from, last] between what is mapped and what is reserved. */
static bool choose_in(const struct ioas *ioas, uint64_t from, uint64_t last, const struct wish *w,
		      uint64_t *iova)
{
	struct hole_iter it;
	uint64_t start, end;

	hole_iter_init(&it, &ioas->reserved);
	while (hole_next(&it, &start, &end) && start <= last) {
		if (end < from)
			continue;
		if (start < from)
			start = from;
		if (end > last)
			end = last;
		for (size_t i = ioas_first_area(ioas, start);; i++) {
			bool area = i < ioas->nareas && ioas->areas[i].iova <= end;
			uint64_t hole_end = area ? ioas->areas[i].iova - 1 : end;

			if ((!area || ioas->areas[i].iova > start) && fits(&start, hole_end, w)) {
				*iova = start;
				return true;
			}
			if (!area || ioas->areas[i].last >= end)
				break;
			start = ioas->areas[i].last + 1;
		}
	}
	return false;
}

static uint64_t round_up_pow2(uint64_t v)
{
	return v <= 1 ? 1 : 1ull << (64 - __builtin_clzll(v - 1));
}

static int choose_iova(const struct ioas *ioas, uint64_t va, uint64_t length, uint64_t *iova)
{
	const uint64_t low = PAGE_SZ, high = UINT64_MAX - PAGE_SZ;
	struct wish w = { .length = length, .page_offset = va % PAGE_SZ };

	if (!length || length >= UINT64_MAX / 2)
		return -EOVERFLOW;
	w.align = round_up_pow2(length);
	if (va && (va & -va) < w.align)
		w.align = va & -va;
	if (w.align > HUGE_PAGE)
		w.align = HUGE_PAGE;
	if (w.align < ioas->alignment)
		return -EINVAL;
	if (!ioas->allowed.n)
		return choose_in(ioas, low, high, &w, iova) ? 0 : -ENOSPC;
	for (size_t i = 0; i < ioas->allowed.n; i++) {
		uint64_t from = ioas->allowed.v[i].start, last = ioas->allowed.v[i].last;

		/* Ranges that touch count as one. */
		while (i + 1 < ioas->allowed.n && ioas->allowed.v[i + 1].start == last + 1)
			last = ioas->allowed.v[++i].last;
		if (from < low)
			from = low;
		if (last > high)
			last = high;
		if (from <= last && fits(&from, last, &w) && choose_in(ioas, from, last, &w, iova))
			return 0;
	}
	return -ENOSPC;
}

static int check_iova(const struct ioas *ioas, uint64_t iova, uint64_t length)
{
	uint64_t last = range_end(iova, length);

	if (iova & (ioas->alignment - 1))
		return -EINVAL;
	if (range_wraps(iova, length))
		return -EOVERFLOW;
	if (iset_overlaps(&ioas->reserved, iova, last))
		return -EINVAL;
	return ioas_area_overlaps(ioas, iova, last) ? -EEXIST : 0;
}

/* The address of a mapping of length bytes that begins at va, given or chosen. */
static int place(const struct ioas *ioas, uint64_t *iova, uint64_t va, uint64_t length, bool choose)
{
	if (length & (ioas->alignment - 1) || !length)
		return -EINVAL;
	if (choose)
		return choose_iova(ioas, va, length, iova);
	return check_iova(ioas, *iova, length);
}

int ioas_map_user(struct ioas *ioas, uint64_t *iova, uint64_t va, uint64_t length, uint32_t prot,
		  bool choose, bool file)
{
	struct area a = {
		.va = va,
		.writable = prot & IOMMU_IOAS_MAP_WRITEABLE,
		.mute = !prot,
		.file = file,
	};
	struct model *m = ioas->obj.ictx->m;
	int err;

	/* Since files can be mapped, a wild end comes first; a file has been looked at before. */
	if (!file && FEAT(m, VIOMMU) && va + length < va)
		return -EOVERFLOW;
	if (!length || length > UINT64_MAX - PAGE_SZ)
		return -EINVAL;
	if (!file && va + length < va)
		return -EOVERFLOW;
	err = place(ioas, iova, va, length, choose);
	if (err)
		return err;
	if (va % PAGE_SZ & (ioas->alignment - 1))
		return -EINVAL;
	err = ioas->hwpts && !file ? user_pinnable(m, va, length, a.writable) : 0;
	if (err)
		return err;
	for (const struct hwpt *h = ioas->hwpts; h; h = h->next)
		if (hwpt_refuses(h, &a))
			return -EINVAL;
	a.iova = *iova;
	a.last = range_end(*iova, length);
	a.pages = ++ioas->obj.ictx->npages;
	return insert_area(ioas, &a);
}

int ioas_unmap_range(struct ioas *ioas, uint64_t start, uint64_t last, uint64_t *unmapped)
{
	size_t i = ioas_first_area(ioas, start);

	*unmapped = 0;
	while (i < ioas->nareas && ioas->areas[i].iova <= last) {
		const struct area *a = &ioas->areas[i];

		/* What lies before the mapping that is cut is gone already. */
		if (a->iova < start || a->last > last)
			return -ENOENT;
		*unmapped += a->last - a->iova + 1;
		remove_area(ioas, i);
	}
	return 0;
}

int ioas_cut(struct ioas *ioas, uint64_t last)
{
	size_t i = ioas_first_area(ioas, last);
	struct area *a, rest;
	int err;

	if (i == ioas->nareas || ioas->areas[i].iova > last || ioas->areas[i].last == last)
		return 0;
	/* The kernel takes a cut behind the first byte for one before it. */
	if (ioas->areas[i].iova == last)
		return 0;
	a = &ioas->areas[i];
	if ((last + 1) & (ioas->alignment - 1))
		return -EINVAL;
	rest = *a;
	rest.iova = last + 1;
	rest.va += rest.iova - a->iova;
	a->last = last;
	err = insert_area(ioas, &rest);
	if (err)
		ioas->areas[i].last = rest.last;
	return err;
}

#define PROT_FLAGS (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)
#define MAP_FLAGS  (IOMMU_IOAS_MAP_FIXED_IOVA | PROT_FLAGS)
/* MOCK_FLAGS_ACCESS_SYZ of drivers/iommu/iommufd/iommufd_test.h */
#define TEST_NUMBERED (1u << 16)

int cmd_ioas_map(struct ucmd *u)
{
	struct iommu_ioas_map *cmd = u->cmd;
	uint64_t iova = cmd->iova;
	struct ioas *ioas;
	int err;

	if (cmd->flags & ~MAP_FLAGS || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX)
		return -EOVERFLOW;
	if (!(cmd->flags & PROT_FLAGS))
		return -EINVAL;
	ioas = ioas_get(u->ictx, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	err = ioas_map_user(ioas, &iova, cmd->user_va, cmd->length, cmd->flags & PROT_FLAGS,
			    !(cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA), false);
	if (err)
		return err;
	cmd->iova = iova;
	return ucmd_respond(u);
}

int cmd_ioas_map_file(struct ucmd *u)
{
	struct uapi_ioas_map_file *cmd = u->cmd;
	uint64_t iova = cmd->iova;
	struct ioas *ioas;
	int err;

	if (cmd->flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	if (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX)
		return -EOVERFLOW;
	if (!(cmd->flags & PROT_FLAGS))
		return -EINVAL;
	ioas = ioas_get(u->ictx, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	if (!cmd->length)
		return -EINVAL;
	if (range_wraps(cmd->start, cmd->length))
		return -EOVERFLOW;
	if (!model_fd(u->m, cmd->fd))
		return -EBADF;
	err = ioas_map_user(ioas, &iova, cmd->start, cmd->length, cmd->flags & PROT_FLAGS,
			    !(cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA), true);
	if (err)
		return err;
	cmd->iova = iova;
	return ucmd_respond(u);
}

/* The mappings that hold [start, last] without a gap: [*from, *to) of the vector. */
static int contiguous(const struct ioas *ioas, uint64_t start, uint64_t last, size_t *from,
		      size_t *to)
{
	uint64_t at = start;
	size_t i = ioas_first_area(ioas, start);

	*from = i;
	for (; i < ioas->nareas && ioas->areas[i].iova <= at; i++) {
		if (ioas->areas[i].last >= last) {
			*to = i + 1;
			return 0;
		}
		at = ioas->areas[i].last + 1;
	}
	return -ENOENT;
}

/* Inserts what src has in [start, last] at dst_iova; pieces holds n copies of its mappings. */
static int copy_pieces(struct ioas *dst, const struct area *pieces, size_t n, uint64_t start,
		       uint64_t last, uint64_t dst_iova, bool write)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t from = pieces[i].iova > start ? pieces[i].iova : start;
		uint64_t to = pieces[i].last < last ? pieces[i].last : last, gone;
		struct area a = pieces[i];
		int err = 0;

		a.va += from - pieces[i].iova;
		a.mute = false;
		a.iova = dst_iova + (from - start);
		a.last = dst_iova + (to - start);
		if (write && !a.writable)
			err = -EPERM;
		else if (a.va % PAGE_SZ & (dst->alignment - 1))
			err = -EINVAL;
		else if (dst->hwpts && !a.file)
			err = user_pinnable(dst->obj.ictx->m, a.va, to - from + 1, a.writable);
		if (!err)
			err = insert_area(dst, &a);
		if (err) {
			if (a.iova > dst_iova)
				ioas_unmap_range(dst, dst_iova, a.iova - 1, &gone);
			return err;
		}
	}
	return 0;
}

static int copy_to(struct ucmd *u, const struct area *pieces, size_t n)
{
	struct iommu_ioas_copy *cmd = u->cmd;
	struct ioas *dst = ioas_get(u->ictx, cmd->dst_ioas_id);
	uint64_t iova = cmd->dst_iova, va = pieces->va + (cmd->src_iova - pieces->iova);
	int err;

	if (!dst)
		return -ENOENT;
	err = place(dst, &iova, va, cmd->length, !(cmd->flags & IOMMU_IOAS_MAP_FIXED_IOVA));
	if (!err)
		err = copy_pieces(dst, pieces, n, cmd->src_iova,
				  range_end(cmd->src_iova, cmd->length), iova,
				  cmd->flags & IOMMU_IOAS_MAP_WRITEABLE);
	if (err)
		return err;
	cmd->dst_iova = iova;
	return ucmd_respond(u);
}

/*
 * A kernel built for fuzzing takes the source as the number of a mapping and
 * an offset into it, and tells in its reply where that was.
 */
static void numbered_source(struct ucmd *u)
{
	struct iommu_ioas_copy *cmd = u->cmd;
	uint32_t nth = (uint32_t)cmd->src_iova, off = (uint32_t)(cmd->src_iova >> 32);
	const struct ioas *src;

	if (!FEAT(u->m, IOMMUFD_TEST) || !(cmd->flags & TEST_NUMBERED))
		return;
	cmd->flags &= ~TEST_NUMBERED;
	src = ioas_get(u->ictx, cmd->src_ioas_id);
	if (src)
		cmd->src_iova = nth < src->nareas ? src->areas[nth].iova + off : 0;
}

int cmd_ioas_copy(struct ucmd *u)
{
	struct iommu_ioas_copy *cmd = u->cmd;
	struct area *pieces;
	struct ioas *src;
	size_t from, to;
	int err;

	numbered_source(u);
	if (cmd->flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	if (cmd->length == UINT64_MAX || cmd->src_iova == UINT64_MAX || cmd->dst_iova == UINT64_MAX)
		return -EOVERFLOW;
	if (!(cmd->flags & PROT_FLAGS))
		return -EINVAL;
	src = ioas_get(u->ictx, cmd->src_ioas_id);
	if (!src)
		return -ENOENT;
	if (!cmd->length)
		return -EINVAL;
	if (range_wraps(cmd->src_iova, cmd->length))
		return -EOVERFLOW;
	err = contiguous(src, cmd->src_iova, range_end(cmd->src_iova, cmd->length), &from, &to);
	if (err)
		return err;
	/* A copy, since source and destination may be one vector. */
	pieces = malloc((to - from) * sizeof(*pieces));
	if (!pieces)
		return -ENOMEM;
	memcpy(pieces, &src->areas[from], (to - from) * sizeof(*pieces));
	err = copy_to(u, pieces, to - from);
	free(pieces);
	return err;
}

int cmd_ioas_unmap(struct ucmd *u)
{
	struct iommu_ioas_unmap *cmd = u->cmd;
	struct ioas *ioas = ioas_get(u->ictx, cmd->ioas_id);
	bool all = cmd->iova == 0 && cmd->length == UINT64_MAX;
	uint64_t unmapped;
	int err;

	if (!ioas)
		return -ENOENT;
	if (!all && (cmd->iova == UINT64_MAX || cmd->length == UINT64_MAX))
		return -EOVERFLOW;
	if (!cmd->length)
		return -EINVAL;
	if (!all && range_wraps(cmd->iova, cmd->length))
		return -EOVERFLOW;
	err = ioas_unmap_range(ioas, cmd->iova,
			       all ? UINT64_MAX : range_end(cmd->iova, cmd->length), &unmapped);
	if (!err && !all && !unmapped)
		err = -ENOENT;
	if (err)
		return err;
	cmd->length = unmapped;
	return ucmd_respond(u);
}

/* The caller stays the same process; what could not move with it is refused all the same. */
int cmd_ioas_change_process(struct ucmd *u)
{
	struct uapi_ioas_change_process *cmd = u->cmd;

	if (cmd->reserved)
		return -EOPNOTSUPP;
	for (uint32_t id = 1; id < u->ictx->objs_cap; id++) {
		const struct ioas *ioas = ioas_get(u->ictx, id);

		for (size_t i = 0; ioas && i < ioas->nareas; i++)
			if (!ioas->areas[i].file)
				return -EINVAL;
	}
	return 0;
}
