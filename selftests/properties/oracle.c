// SPDX-License-Identifier: GPL-2.0-or-later
/* See oracle.h. Source: include/uapi/linux/vfio.h, and what its kernel keeps to. */
#include <string.h>

#include "harness/uapi/uapi_compat.h"
#include "selftests/properties/oracle.h"

/* What hiod/ fills its buffers with before a call: bytes that were not written. */
#define MARK 0xa5a5a5a5u

static void bad(struct oracle *o, const char *why)
{
	o->says = ORACLE_MALFORMED;
	o->why = why;
	o->n = 0;
}

static bool marked(uint64_t v)
{
	return (uint32_t)v == MARK || v >> 32 == MARK;
}

/* filled: into a buffer of marks, so that a mark in a range was not written. */
static void take_ranges(struct oracle *o, const void *ranges, size_t n, bool filled)
{
	const uint8_t *p = ranges;
	struct hiod_range r;

	o->says = n ? ORACLE_FINE : ORACLE_MISSING;
	o->why = "";
	o->n = 0;
	for (size_t i = 0; i < n; i++, p += sizeof(r)) {
		memcpy(&r, p, sizeof(r));
		if (filled && (marked(r.start) || marked(r.last))) {
			bad(o, "a range that was not written");
			return;
		}
		if (r.start > r.last) {
			bad(o, "a range that ends before it starts");
			return;
		}
		if (o->n && o->r[o->n - 1].last >= r.start) {
			bad(o, "ranges that overlap or are not sorted");
			return;
		}
		if (o->n && o->r[o->n - 1].last + 1 == r.start)
			o->r[o->n - 1].last = r.last;
		else if (o->n < ORACLE_RANGES)
			o->r[o->n++] = r;
	}
}

void oracle_ranges(struct oracle *o, const void *ranges, size_t n)
{
	take_ranges(o, ranges, n, true);
}

struct cap {
	uint16_t id, version;
	uint32_t next;
};

/* Bytes that the capabilities hiod/ reads have at least, header included. */
static size_t least(uint16_t id)
{
	switch (id) {
	case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE: return 16;
	case VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION: return 32;
	case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL: return 12;
	default: return sizeof(struct cap);
	}
}

void oracle_type1(struct oracle *o, const void *reply, size_t len)
{
	const uint8_t *p = reply;
	struct uapi_type1_info info;
	uint64_t ranges_at = 0;
	uint32_t nr = 0;
	unsigned int known = 0; /* ids that were met */
	size_t steps = 0;
	struct cap c;

	memcpy(&info, p, sizeof(info));
	o->says = ORACLE_MISSING;
	o->why = "";
	o->n = 0;
	if (!(info.flags & VFIO_IOMMU_INFO_CAPS))
		return;
	for (uint64_t off = info.cap_offset; off; off = c.next) {
		bool first;

		if (off < offsetof(struct uapi_type1_info, pad)) {
			bad(o, "a capability inside the structure");
			return;
		}
		if (off + sizeof(c) > len || steps++ > len) {
			bad(o, "a chain that leaves the reply, or does not end");
			return;
		}
		memcpy(&c, p + off, sizeof(c));
		first = c.id > 3 || !(known & 1u << c.id);
		if (c.id && c.id <= 3 && first && off + least(c.id) > len) {
			bad(o, "a capability that is cut off");
			return;
		}
		if (c.id <= 3)
			known |= 1u << c.id;
		if (c.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE && first) {
			ranges_at = off + 16;
			memcpy(&nr, p + off + 8, sizeof(nr));
		}
	}
	if (!ranges_at)
		return;
	if (nr == MARK || nr > (len - ranges_at) / sizeof(struct hiod_range)) {
		bad(o, "more ranges than the reply holds");
		return;
	}
	oracle_ranges(o, p + ranges_at, nr);
}

uint32_t oracle_room(uint32_t req, const void *arg)
{
	uint32_t v = 0;

	if (req == (uint32_t)VFIO_IOMMU_GET_INFO)
		memcpy(&v, arg, sizeof(v));
	else if (req == (uint32_t)IOMMU_IOAS_IOVA_RANGES)
		memcpy(&v, (const char *)arg + offsetof(struct iommu_ioas_iova_ranges, num_iovas),
		       sizeof(v));
	return v;
}

static void type1_reply(struct oracle *o, const void *arg, uint32_t room, int ret)
{
	uint32_t argsz;

	oracle_ranges(o, NULL, 0);
	if (ret < 0)
		return;
	memcpy(&argsz, arg, sizeof(argsz));
	oracle_type1(o, arg, room);
	if (argsz < room)
		bad(o, "argsz shrank");
}

static void ioas_reply(struct oracle *o, const void *arg, uint32_t room, const void *array, int ret)
{
	struct iommu_ioas_iova_ranges q;

	memcpy(&q, arg, sizeof(q));
	oracle_ranges(o, NULL, 0);
	if (ret < 0 || !array)
		return;
	if (q.num_iovas > room)
		bad(o, "more entries than room");
	else
		oracle_ranges(o, array, q.num_iovas);
}

bool oracle_reply(struct oracle *o, enum uapi_fd kind, uint32_t req, const void *arg, uint32_t room,
		  const void *array, int ret)
{
	if (req == (uint32_t)VFIO_IOMMU_GET_INFO &&
	    (kind == UAPI_FD_CONTAINER || kind == UAPI_FD_IOMMUFD))
		type1_reply(o, arg, room, ret);
	else if (req == (uint32_t)IOMMU_IOAS_IOVA_RANGES && kind == UAPI_FD_IOMMUFD)
		ioas_reply(o, arg, room, array, ret);
	else if (req == (uint32_t)VHOST_VDPA_GET_IOVA_RANGE && kind == UAPI_FD_VDPA)
		take_ranges(o, arg, ret < 0 ? 0 : 1, false);
	else
		return false;
	return true;
}

int oracle_aw_bits(const struct oracle *o)
{
	uint64_t top;
	int n = 0;

	if (!o->n)
		return 64;
	for (top = o->r[o->n - 1].last; top; top >>= 1)
		n++;
	return n;
}
