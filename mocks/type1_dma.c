// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mappings of a type1 container. Nothing is pinned: the model has no notion of
 * which of the caller's pages exist, so pinning never fails.
 */
#include <stdlib.h>

#include "mocks/internal.h"

#define BITMAP_MAX (1ull << 28)
#define USER_TOP   0x7ffffffff000ull /* user addresses end here on x86-64 */

static bool checked_ends(const struct container *c)
{
	return FEAT(c->m, MAP_EOVERFLOW);
}

/*
 * Until 6.17 lookups compared with iova + size, which is 0 for a mapping that
 * ends with the address space: no lookup ever found such a one.
 */
static bool visible(const struct container *c, const struct t1_dma *d)
{
	return checked_ends(c) || d->iova + d->size;
}

/* Index of the first mapping that ends above start. */
static size_t lower(const struct container *c, uint64_t start)
{
	size_t lo = 0, hi = c->ndma;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (range_end(c->dma[mid].iova, c->dma[mid].size) < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct t1_dma *t1_find(struct container *c, uint64_t start, uint64_t size)
{
	size_t i = lower(c, start);

	if (i == c->ndma || !visible(c, &c->dma[i]))
		return NULL;
	return c->dma[i].iova <= range_end(start, size) ? &c->dma[i] : NULL;
}

void t1_unmap_all(struct container *c)
{
	c->m->stats.mappings -= (unsigned int)c->ndma;
	c->dma_avail += (uint32_t)c->ndma;
	c->ndma = 0;
	c->vaddr_invalid = 0;
}

static uint64_t lowest_page(const struct container *c)
{
	return c->pgsizes & -c->pgsizes;
}

static int insert(struct container *c, const struct vfio_iommu_type1_dma_map *map)
{
	size_t at = lower(c, map->iova);
	int err = vec_room((void **)&c->dma, &c->dma_cap, c->ndma, sizeof(*c->dma));

	if (err)
		return err;
	memmove(&c->dma[at + 1], &c->dma[at], (c->ndma - at) * sizeof(*c->dma));
	c->dma[at] = (struct t1_dma){ .iova = map->iova, .size = map->size, .vaddr = map->vaddr };
	c->ndma++;
	c->dma_avail--;
	c->m->stats.mappings++;
	return 0;
}

static int update_vaddr(struct container *c, struct t1_dma *d,
			const struct vfio_iommu_type1_dma_map *map)
{
	if (!d)
		return -ENOENT;
	if (!d->vaddr_invalid || d->iova != map->iova || d->size != map->size)
		return -EINVAL;
	d->vaddr = map->vaddr;
	d->vaddr_invalid = false;
	c->vaddr_invalid--;
	return 0;
}

static int check_map(const struct container *c, const struct vfio_iommu_type1_dma_map *map)
{
	const uint32_t prot = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	bool wraps = map->size &&
		     (range_wraps(map->iova, map->size) || range_wraps(map->vaddr, map->size));

	if (map->flags & ~(prot | VFIO_DMA_MAP_FLAG_VADDR))
		return -EINVAL;
	if (checked_ends(c) && !map->size)
		return -EINVAL;
	if (checked_ends(c) && wraps)
		return -EOVERFLOW;
	if (!(map->flags & prot) == !(map->flags & VFIO_DMA_MAP_FLAG_VADDR))
		return -EINVAL;
	if (!map->size || (map->size | map->iova | map->vaddr) & (lowest_page(c) - 1))
		return -EINVAL;
	return wraps ? -EINVAL : 0;
}

int t1_map(struct container *c, uint64_t arg)
{
	struct vfio_iommu_type1_dma_map map;
	struct t1_dma *d;
	int err = user_in_argsz(c->m, &map, sizeof(map), arg);

	if (!err)
		err = check_map(c, &map);
	if (err)
		return err;
	d = t1_find(c, map.iova, map.size);
	if (map.flags & VFIO_DMA_MAP_FLAG_VADDR)
		return update_vaddr(c, d, &map);
	if (d)
		return -EEXIST;
	if (!c->dma_avail)
		return -ENOSPC;
	if (!ivlist_holds(&c->iovas, map.iova, range_end(map.iova, map.size)))
		return -EINVAL;
	/* Without a domain there is nobody to pin for. */
	err = c->domains ? user_pinnable_or_mmio(c->m, map.vaddr, map.size,
						 map.flags & VFIO_DMA_MAP_FLAG_WRITE)
			 : 0;
	return err ? err : insert(c, &map);
}

/* Bytes of a bitmap of so many pages: whole 64-bit words. */
static uint64_t bitmap_bytes(uint64_t pages)
{
	return (pages + 63) / 64 * 8;
}

static int check_bitmap(const struct uapi_bitmap *b, uint64_t size)
{
	uint64_t pages;

	if (b->data + b->size < b->data || b->data + b->size > USER_TOP)
		return -EINVAL;
	/* A page size of 0 has no lowest bit; the kernel's own shift is then undefined. */
	if (!b->pgsize)
		return -EINVAL;
	pages = size >> __builtin_ctzll(b->pgsize);
	if (!pages || !b->size || b->size > BITMAP_MAX || b->size < bitmap_bytes(pages))
		return -EINVAL;
	return 0;
}

static uint64_t low_bits(unsigned int n)
{
	return (1ull << n) - 1;
}

/* Word k of a mapping's dirty bitmap: its pages, and what an earlier report left behind them. */
static uint64_t dirty_word(const struct t1_dma *d, uint64_t pages, bool dirty, uint64_t k)
{
	uint64_t last = pages / 64;

	if (k < last)
		return dirty ? UINT64_MAX : 0;
	if (k == last)
		return (dirty ? low_bits(pages % 64) : 0) | d->stale[0];
	return d->stale[1];
}

/*
 * All pages behind an IOMMU count as dirty, since the device may have written
 * any of them; mdevs' pages only when pinned, which they never are here.
 *
 * Where the mapping does not begin at a word of the caller's bitmap, the kernel
 * shifts its own in place and joins the caller's first word to it, whole. What
 * comes to stand behind the last page stays there and is told again next time
 * (drivers/vfio/vfio_iommu_type1.c, update_user_bitmap()).
 */
static int report_dirty(struct container *c, struct t1_dma *d, uint64_t base, uint64_t data)
{
	uint64_t page = lowest_page(c), pages = d->size / page, bit = (d->iova - base) / page;
	uint64_t at = data + bit / 64 * 8, first = 0, below = 0, stale[2];
	unsigned int shift = bit % 64;
	bool dirty = c->domains;
	int err = 0;

	if (shift)
		err = user_in(c->m, &first, at, sizeof(first));
	if (err)
		first = 0; /* it has been shifted all the same */
	memcpy(stale, d->stale, sizeof(stale));
	for (uint64_t k = 0; k < (pages + shift + 63) / 64; k++) {
		uint64_t own = dirty_word(d, pages, dirty, k), word = own << shift;

		if (shift)
			word |= below >> (64 - shift);
		if (!k)
			word |= first;
		below = own;
		if (k >= pages / 64)
			stale[k - pages / 64] = word;
		if (!err)
			err = user_out(c->m, at + k * 8, &word, sizeof(word));
	}
	d->stale[0] = stale[0] & ~low_bits(pages % 64);
	d->stale[1] = stale[1];
	return err;
}

static bool bisects(struct container *c, uint64_t iova, uint64_t size)
{
	const struct t1_dma *first = t1_find(c, iova, 1);
	const struct t1_dma *last = t1_find(c, range_end(iova, size), 1);

	return (first && first->iova != iova) ||
	       (last && range_end(last->iova, last->size) != range_end(iova, size));
}

static void remove_dma(struct container *c, size_t at)
{
	if (c->dma[at].vaddr_invalid)
		c->vaddr_invalid--;
	c->ndma--;
	memmove(&c->dma[at], &c->dma[at + 1], (c->ndma - at) * sizeof(*c->dma));
	c->dma_avail++;
	c->m->stats.mappings--;
}

/* Takes the mappings' addresses away, all of [from, to) or none. */
static int invalidate_vaddr(struct container *c, size_t from, size_t to, uint64_t *unmapped)
{
	for (size_t i = from; i < to; i++) {
		if (!c->dma[i].vaddr_invalid) {
			c->dma[i].vaddr_invalid = true;
			c->vaddr_invalid++;
			*unmapped += c->dma[i].size;
			continue;
		}
		while (i-- > from) {
			c->dma[i].vaddr_invalid = false;
			c->vaddr_invalid--;
		}
		return -EINVAL;
	}
	return 0;
}

/* struct vfio_iommu_type1_dma_unmap, with what stands in its data[] when asked for. */
struct unmap {
	struct unmap_head {
		uint32_t argsz;
		uint32_t flags;
		uint64_t iova;
		uint64_t size;
	} u;
	struct uapi_bitmap bitmap;
};

_Static_assert(sizeof(struct unmap_head) == sizeof(struct vfio_iommu_type1_dma_unmap), "unmap");

static int check_unmap(struct container *c, const struct unmap *un)
{
	const struct unmap_head *u = &un->u;
	uint64_t page = lowest_page(c);
	bool all = u->flags & VFIO_DMA_UNMAP_FLAG_ALL;

	if (u->flags & VFIO_DMA_UNMAP_FLAG_VADDR && c->nemulated)
		return -EBUSY;
	if (u->iova & (page - 1))
		return -EINVAL;
	if (all)
		return u->iova || u->size ? -EINVAL : 0;
	if (!u->size || u->size & (page - 1))
		return -EINVAL;
	if (range_wraps(u->iova, u->size))
		return checked_ends(c) ? -EOVERFLOW : -EINVAL;
	if (u->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP &&
	    (!c->dirty_tracking || un->bitmap.pgsize != page))
		return -EINVAL;
	return c->v2 && bisects(c, u->iova, u->size) ? -EINVAL : 0;
}

/* Which mappings a checked request takes: [from, to) of the vector. */
static void unmap_span(struct container *c, const struct unmap_head *u, size_t *from, size_t *to)
{
	bool all = u->flags & VFIO_DMA_UNMAP_FLAG_ALL;
	uint64_t last = all ? UINT64_MAX : range_end(u->iova, u->size);

	*from = *to = lower(c, u->iova);
	if (*from == c->ndma || !visible(c, &c->dma[*from]))
		return;
	if (!all && !checked_ends(c) && last == UINT64_MAX)
		return; /* nothing lies below iova + size = 0 */
	/* v1: a request that begins inside a mapping does nothing. */
	if (!c->v2 && u->iova > c->dma[*from].iova)
		return;
	while (*to < c->ndma && c->dma[*to].iova <= last)
		++*to;
}

static int do_unmap(struct container *c, struct unmap *un)
{
	struct unmap_head *u = &un->u;
	uint64_t unmapped = 0;
	size_t from, to;
	int err = check_unmap(c, un);

	if (err)
		return err;
	unmap_span(c, u, &from, &to);
	if (u->flags & VFIO_DMA_UNMAP_FLAG_VADDR) {
		err = invalidate_vaddr(c, from, to, &unmapped);
		if (err)
			return err;
	} else {
		for (; from < to; to--) {
			if (u->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
				err = report_dirty(c, &c->dma[from], u->iova, un->bitmap.data);
				if (err)
					return err;
			}
			unmapped += c->dma[from].size;
			remove_dma(c, from);
		}
	}
	u->size = unmapped;
	return 0;
}

int t1_unmap(struct container *c, uint64_t arg)
{
	const uint32_t dirty = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	const uint32_t other = VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR;
	struct unmap un = { 0 };
	int err = user_in_argsz(c->m, &un.u, sizeof(un.u), arg);

	if (err)
		return err;
	if (un.u.flags & ~(dirty | other) || (un.u.flags & dirty && un.u.flags & other))
		return -EINVAL;
	if (un.u.flags & dirty) {
		if (un.u.argsz < sizeof(un.u) + sizeof(un.bitmap))
			return -EINVAL;
		err = user_in(c->m, &un.bitmap, arg + sizeof(un.u), sizeof(un.bitmap));
		if (!err)
			err = check_bitmap(&un.bitmap, un.u.size);
		if (err)
			return err;
	}
	err = do_unmap(c, &un);
	return err ? err : user_out(c->m, arg, &un.u, sizeof(un.u));
}

struct dirty_range {
	uint64_t iova;
	uint64_t size;
	struct uapi_bitmap bitmap;
};

static int get_bitmap(struct container *c, uint32_t argsz, uint64_t arg)
{
	uint64_t page = lowest_page(c);
	struct dirty_range r;
	int err;

	if (argsz < 8 + sizeof(r))
		return -EINVAL;
	err = user_in(c->m, &r, arg + 8, sizeof(r));
	if (err)
		return err;
	if (!r.size)
		return -EINVAL;
	if (checked_ends(c) ? range_wraps(r.iova, r.size) : r.iova + r.size < r.iova)
		return checked_ends(c) ? -EOVERFLOW : -EINVAL;
	err = check_bitmap(&r.bitmap, r.size);
	if (err)
		return err;
	if (r.bitmap.pgsize != page || r.iova & (page - 1) || r.size & (page - 1) ||
	    !c->dirty_tracking || bisects(c, r.iova, r.size))
		return -EINVAL;
	for (size_t i = lower(c, r.iova);
	     i < c->ndma && c->dma[i].iova <= range_end(r.iova, r.size); i++) {
		err = report_dirty(c, &c->dma[i], r.iova, r.bitmap.data);
		if (err)
			return err;
	}
	return 0;
}

/* The bitmaps go. */
static void stop_tracking(struct container *c)
{
	c->dirty_tracking = false;
	for (size_t i = 0; i < c->ndma; i++)
		memset(c->dma[i].stale, 0, sizeof(c->dma[i].stale));
}

int t1_dirty_pages(struct container *c, uint64_t arg)
{
	struct {
		uint32_t argsz;
		uint32_t flags;
	} d;
	int err;

	if (!c->v2)
		return -EACCES;
	err = user_in_argsz(c->m, &d, sizeof(d), arg);
	if (err)
		return err;
	switch (d.flags) {
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_START: c->dirty_tracking = true; return 0;
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP: stop_tracking(c); return 0;
	case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP: return get_bitmap(c, d.argsz, arg);
	default: return -EINVAL;
	}
}
