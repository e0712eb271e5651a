// SPDX-License-Identifier: GPL-2.0-or-later
/* The bounded parser of VFIO_IOMMU_GET_INFO's reply; see type1_info.h. */
#include "hiod/type1_info.h"

#include <errno.h>
#include "harness/uapi/uapi_compat.h"

/* Nothing in a reply is aligned as its type wants: before Linux 6.6 chains are not. */
#define IN_REPLY(type)                                                                             \
	struct __attribute__((packed, may_alias)) {                                                \
		type v;                                                                            \
	}

typedef IN_REPLY(struct uapi_type1_info) fixed_part;
typedef IN_REPLY(struct vfio_info_cap_header) cap_header;
typedef IN_REPLY(struct vfio_iommu_type1_info_dma_avail) cap_dma_avail;
typedef IN_REPLY(struct vfio_iommu_type1_info_cap_iova_range) cap_ranges;
typedef IN_REPLY(struct uapi_cap_migration) cap_migration;
typedef IN_REPLY(struct vfio_iova_range) range;

struct reply {
	const unsigned char *p;
	size_t len;
};

/* The n bytes from off on, or NULL: the reply is shorter. */
static const void *part(const struct reply *r, uint64_t off, size_t n)
{
	return off <= r->len && n <= r->len - off ? r->p + off : NULL;
}

/* The ids that QEMU looks for are the numbers from 1 on. */
#define IDS (VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL + 1)

/* How a chain ends: as it should, by coming back to itself, or outside of the reply. */
enum end { AT_0, IN_A_LOOP, OUTSIDE };

struct chain {
	uint32_t at[IDS]; /* offset of the first capability of an id; 0: none */
	enum end end;
	uint32_t off; /* where it ends */
};

/*
 * Follows `next` as each of QEMU's lookups does that finds nothing. A loop is
 * found by the second pointer of Brent's method, which follows at growing
 * distances; each of its capabilities was met then.
 */
static void walk(const struct reply *r, uint32_t first, struct chain *c, struct hiod_anomalies *an)
{
	const cap_header *h;
	uint32_t off, mark = first;
	size_t steps = 0, limit = 1;

	for (unsigned int id = 0; id < IDS; id++)
		c->at[id] = 0;
	c->end = AT_0;
	for (off = first; off; off = h->v.next) {
		if (steps && off == mark) {
			c->end = IN_A_LOOP;
			break;
		}
		if (steps == limit) {
			mark = off;
			limit *= 2;
			steps = 0;
		}
		steps++;
		h = part(r, off, sizeof(*h));
		if (!h) {
			c->end = OUTSIDE;
			break;
		}
		/* In the fixed part it overlays numbers that mean something else. */
		if (off < offsetof(struct uapi_type1_info, pad))
			hiod_anomaly_note(an, HIOD_ANOMALY_CHAIN_IN_HEADER, off, 0);
		if (h->v.id < IDS && !c->at[h->v.id])
			c->at[h->v.id] = off;
	}
	c->off = off;
}

static int outside(const struct reply *r, uint32_t off, struct hiod_anomalies *an,
		   struct hiod_error *err)
{
	if (off == (uint32_t)HIOD_UNWRITTEN)
		return hiod_fail_anomaly(an, HIOD_ANOMALY_REPLY_UNWRITTEN, 0, 0, err);
	return hiod_fail_anomaly(an, HIOD_ANOMALY_CHAIN_OUTSIDE, off, r->len, err);
}

/*
 * A lookup of QEMU's: 1: *cap has its n bytes; 0: absent; -EPROTO: it does not
 * come back, or reads behind the reply.
 */
static int get_cap(const struct reply *r, const struct chain *c, uint32_t id, const void **cap,
		   size_t n, struct hiod_anomalies *an, struct hiod_error *err)
{
	if (c->at[id]) {
		*cap = part(r, c->at[id], n);
		return *cap ? 1 : outside(r, c->at[id], an, err);
	}
	switch (c->end) {
	case IN_A_LOOP: return hiod_fail_anomaly(an, HIOD_ANOMALY_CHAIN_CYCLE, c->off, 0, err);
	case OUTSIDE: return outside(r, c->off, an, err);
	case AT_0: break;
	}
	return 0;
}

/* Wholly or in part: no host has addresses like that, and none ends in the middle of a page. */
static bool unwritten(uint64_t v)
{
	return (uint32_t)v == (uint32_t)HIOD_UNWRITTEN || v >> 32 == HIOD_UNWRITTEN >> 32;
}

int hiod_take_range(struct hiod_ranges *list, const struct hiod_range *prev,
		    const struct hiod_range *r, size_t i, struct hiod_anomalies *an,
		    struct hiod_error *err)
{
	static const enum hiod_anomaly kind[] = {
		[RANGE_ORDER_TOUCHES] = HIOD_ANOMALY_RANGES_TOUCH,
		[RANGE_ORDER_OVERLAPS] = HIOD_ANOMALY_RANGES_OVERLAP,
		[RANGE_ORDER_UNSORTED] = HIOD_ANOMALY_RANGES_UNSORTED,
	};
	enum range_order order;

	if (unwritten(r->start) || unwritten(r->last))
		return hiod_fail_anomaly(an, HIOD_ANOMALY_REPLY_UNWRITTEN, i, 0, err);
	if (!range_valid(r))
		return hiod_fail_anomaly(an, HIOD_ANOMALY_RANGE_INVERTED, r->start, r->last, err);
	if (range_is_empty(r))
		return hiod_fail_anomaly(an, HIOD_ANOMALY_RANGE_EMPTY, r->start, r->last, err);
	order = prev ? range_order(prev, r) : RANGE_ORDER_SORTED;
	if (order != RANGE_ORDER_SORTED)
		hiod_anomaly_note(an, kind[order], r->start, r->last);
	if (range_list_insert(list, r))
		return hiod_error_nomem(err);
	return 0;
}

static int parse_ranges(const struct reply *r, uint32_t off, uint32_t nr, struct hiod_ranges *list,
			struct hiod_anomalies *an, struct hiod_error *err)
{
	size_t first = off + sizeof(cap_ranges), room = (r->len - first) / sizeof(range);
	const range *in = (const range *)(r->p + first);
	struct hiod_range two[2], *cur; /* this one, and the one before */
	int rc;

	if (nr == (uint32_t)HIOD_UNWRITTEN)
		return hiod_fail_anomaly(an, HIOD_ANOMALY_REPLY_UNWRITTEN, 0, 0, err);
	for (uint32_t i = 0; i < nr; i++) {
		if (i == room)
			return hiod_fail_anomaly(an, HIOD_ANOMALY_CHAIN_OUTSIDE, off, r->len, err);
		cur = &two[i & 1];
		cur->start = in[i].v.start;
		cur->last = in[i].v.end;
		rc = hiod_take_range(list, i ? &two[~i & 1] : NULL, cur, i, an, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int parse_chain(const struct reply *r, uint32_t first, struct type1_info *info,
		       struct hiod_anomalies *an, struct hiod_error *err)
{
	const cap_dma_avail *avail;
	const cap_migration *mig;
	const cap_ranges *ranges;
	const void *cap;
	struct chain c;
	int rc;

	walk(r, first, &c, an);
	/* QEMU's order of lookups: an earlier one may end it all. */
	rc = get_cap(r, &c, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &cap, sizeof(*avail), an, err);
	if (rc < 0)
		return rc;
	avail = cap;
	if (rc)
		info->dma_max_mappings = avail->v.avail;

	rc = get_cap(r, &c, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &cap, sizeof(*ranges), an, err);
	if (rc < 0)
		return rc;
	ranges = cap;
	if (rc) {
		rc = parse_ranges(r, c.at[VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE], ranges->v.nr_iovas,
				  &info->iova_ranges, an, err);
		if (rc)
			return rc;
	}

	rc = get_cap(r, &c, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, &cap, sizeof(*mig), an, err);
	if (rc < 0)
		return rc;
	mig = cap;
	if (rc && (mig->v.pgsize_bitmap & HIOD_HOST_PAGE_SIZE)) {
		info->dirty_pages_supported = true;
		info->dirty_pgsizes = mig->v.pgsize_bitmap;
		info->max_dirty_bitmap_size = mig->v.max_dirty_bitmap_size;
	}

	/* What QEMU does not walk into. */
	switch (c.end) {
	case IN_A_LOOP: hiod_anomaly_note(an, HIOD_ANOMALY_CHAIN_CYCLE_LATE, c.off, 0); break;
	case OUTSIDE: hiod_anomaly_note(an, HIOD_ANOMALY_CHAIN_OUTSIDE_LATE, c.off, r->len); break;
	case AT_0: break;
	}
	return 0;
}

int type1_info_parse(const void *buf, size_t len, struct type1_info *info,
		     struct hiod_anomalies *an, struct hiod_error *err)
{
	const struct reply r = { buf, len };
	const fixed_part *fixed = buf;
	int rc;

	/* Field by field: the room of the list need not be written. */
	range_list_init(&info->iova_ranges);
	info->pgsizes = fixed->v.flags & VFIO_IOMMU_INFO_PGSIZES ? fixed->v.iova_pgsizes
								 : HIOD_HOST_PAGE_SIZE;
	info->dma_max_mappings = 65535;
	info->dirty_pages_supported = false;
	info->dirty_pgsizes = info->max_dirty_bitmap_size = 0;
	if (fixed->v.flags & VFIO_IOMMU_INFO_CAPS) {
		rc = parse_chain(&r, fixed->v.cap_offset, info, an, err);
		if (rc)
			return rc;
	}
	if (!info->iova_ranges.n)
		hiod_anomaly_note(an, HIOD_ANOMALY_NO_RANGES, 0, 0);
	return 0;
}
