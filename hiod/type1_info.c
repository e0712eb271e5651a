// SPDX-License-Identifier: GPL-2.0-or-later
/* The bounded parser of VFIO_IOMMU_GET_INFO's reply; see type1_info.h. */
#include "hiod/type1_info.h"

#include <errno.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"

/* Nothing in a reply is aligned as its type wants: before Linux 6.6 chains are not. */
struct reply {
	const unsigned char *p;
	size_t len;
};

static bool read_at(const struct reply *r, uint64_t off, void *dst, size_t n)
{
	if (off > r->len || n > r->len - off)
		return false;
	memcpy(dst, r->p + off, n);
	return true;
}

enum found { FOUND, ABSENT, CYCLE, OUTSIDE };

/*
 * QEMU's lookup: from the first capability along `next` until the id or an
 * offset of 0. *off: where it is, or where the walk broke off. Id UINT32_MAX
 * matches nothing: it walks the whole chain. A loop is found by the second
 * pointer of Brent's method, which follows at growing distances.
 */
static enum found find_cap(const struct reply *r, uint32_t first, uint32_t id, uint32_t *off)
{
	struct vfio_info_cap_header h;
	uint32_t mark = first;
	size_t steps = 0, limit = 1;

	for (*off = first; *off; *off = h.next) {
		if (steps && *off == mark)
			return CYCLE;
		if (steps == limit) {
			mark = *off;
			limit *= 2;
			steps = 0;
		}
		steps++;
		if (!read_at(r, *off, &h, sizeof(h)))
			return OUTSIDE;
		if (h.id == id)
			return FOUND;
	}
	return ABSENT;
}

/* 1: found, payload of n bytes in dst; 0: absent; -EPROTO. */
static int get_cap(const struct reply *r, uint32_t first, uint32_t id, void *dst, size_t n,
		   uint32_t *off, struct hiod_anomalies *an, struct hiod_error *err)
{
	switch (find_cap(r, first, id, off)) {
	case ABSENT: return 0;
	case CYCLE: return hiod_fail_anomaly(an, HIOD_ANOMALY_CHAIN_CYCLE, *off, 0, err);
	case FOUND:
		if (read_at(r, *off, dst, n))
			return 1;
		break;
	case OUTSIDE: break;
	}
	if (*off == (uint32_t)HIOD_UNWRITTEN)
		return hiod_fail_anomaly(an, HIOD_ANOMALY_REPLY_UNWRITTEN, 0, 0, err);
	return hiod_fail_anomaly(an, HIOD_ANOMALY_CHAIN_OUTSIDE, *off, r->len, err);
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
	uint64_t at = off + (uint64_t)sizeof(struct vfio_iommu_type1_info_cap_iova_range);
	struct hiod_range two[2], *cur; /* this one, and the one before */
	int rc;

	_Static_assert(sizeof(*cur) == sizeof(struct vfio_iova_range), "start and end");
	if (nr == (uint32_t)HIOD_UNWRITTEN)
		return hiod_fail_anomaly(an, HIOD_ANOMALY_REPLY_UNWRITTEN, 0, 0, err);
	for (uint32_t i = 0; i < nr; i++, at += sizeof(*cur)) {
		cur = &two[i & 1];
		if (!read_at(r, at, cur, sizeof(*cur)))
			return hiod_fail_anomaly(an, HIOD_ANOMALY_CHAIN_OUTSIDE, off, r->len, err);
		rc = hiod_take_range(list, i ? &two[~i & 1] : NULL, cur, i, an, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int parse_chain(const struct reply *r, uint32_t first, struct type1_info *info,
		       struct hiod_anomalies *an, struct hiod_error *err)
{
	struct vfio_iommu_type1_info_dma_avail avail;
	struct vfio_iommu_type1_info_cap_iova_range ranges;
	struct uapi_cap_migration mig;
	uint32_t off;
	int rc;

	/* QEMU's order of lookups: an earlier one may end it all. */
	rc = get_cap(r, first, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &avail, sizeof(avail), &off, an,
		     err);
	if (rc < 0)
		return rc;
	if (rc)
		info->dma_max_mappings = avail.avail;

	rc = get_cap(r, first, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &ranges, sizeof(ranges), &off,
		     an, err);
	if (rc < 0)
		return rc;
	if (rc) {
		rc = parse_ranges(r, off, ranges.nr_iovas, &info->iova_ranges, an, err);
		if (rc)
			return rc;
	}

	rc = get_cap(r, first, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, &mig, sizeof(mig), &off, an,
		     err);
	if (rc < 0)
		return rc;
	if (rc && (mig.pgsize_bitmap & HIOD_HOST_PAGE_SIZE)) {
		info->dirty_pages_supported = true;
		info->dirty_pgsizes = mig.pgsize_bitmap;
		info->max_dirty_bitmap_size = mig.max_dirty_bitmap_size;
	}

	/* What QEMU does not walk into. */
	switch (find_cap(r, first, UINT32_MAX, &off)) {
	case CYCLE: hiod_anomaly_note(an, HIOD_ANOMALY_CHAIN_CYCLE_LATE, off, 0); break;
	case OUTSIDE: hiod_anomaly_note(an, HIOD_ANOMALY_CHAIN_OUTSIDE_LATE, off, r->len); break;
	case FOUND:
	case ABSENT: break;
	}
	return 0;
}

/* A capability that starts inside the fixed part overlays numbers that mean something else. */
static void note_in_header(const struct reply *r, uint32_t first, struct hiod_anomalies *an)
{
	struct vfio_info_cap_header h;
	uint32_t off = first;

	/* No more steps than there are places: a loop is noted elsewhere. */
	for (size_t i = 0; off && i < r->len; i++, off = h.next) {
		if (!read_at(r, off, &h, sizeof(h)))
			return;
		if (off < offsetof(struct uapi_type1_info, pad)) {
			hiod_anomaly_note(an, HIOD_ANOMALY_CHAIN_IN_HEADER, off, 0);
			return;
		}
	}
}

int type1_info_parse(const void *buf, size_t len, struct type1_info *info,
		     struct hiod_anomalies *an, struct hiod_error *err)
{
	const struct reply r = { buf, len };
	struct uapi_type1_info fixed;
	int rc;

	*info = (struct type1_info){ .dma_max_mappings = 65535 };
	memcpy(&fixed, buf, sizeof(fixed));
	info->pgsizes =
		fixed.flags & VFIO_IOMMU_INFO_PGSIZES ? fixed.iova_pgsizes : HIOD_HOST_PAGE_SIZE;
	if (fixed.flags & VFIO_IOMMU_INFO_CAPS) {
		note_in_header(&r, fixed.cap_offset, an);
		rc = parse_chain(&r, fixed.cap_offset, info, an, err);
		if (rc)
			return rc;
	}
	if (!info->iova_ranges.n)
		hiod_anomaly_note(an, HIOD_ANOMALY_NO_RANGES, 0, 0);
	return 0;
}
