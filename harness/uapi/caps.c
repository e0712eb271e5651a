// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capability chains of VFIO info replies. An offset counts from the start of
 * the info struct; it may be a multiple of 4 only (68 before Linux 6.6), so
 * nothing is read by a cast.
 */
#include <errno.h>
#include <string.h>

#include "harness/uapi/rows.h"

#define HEADER ((uint32_t)sizeof(struct vfio_info_cap_header))
/* A position that no chain can have: the step to it was bad. */
#define NOWHERE UINT32_MAX

/* Takes the header found at off apart and moves pos to the next one. */
static void step(const uint8_t *h, uint32_t off, uint32_t len, uint32_t *pos, struct uapi_cap *cap)
{
	memcpy(&cap->id, h, 2);
	memcpy(&cap->version, h + 2, 2);
	memcpy(&cap->next, h + 4, 4);
	cap->off = off;
	cap->end = len;
	*pos = cap->next;
	if (!cap->next)
		return;
	/* Only ever forward, past the header: so a walk has at most len / 8 steps. */
	if (cap->next - off < HEADER || cap->next < off)
		*pos = NOWHERE;
	else if (cap->next <= len)
		cap->end = cap->next;
}

int uapi_cap_next(const void *img, size_t len, uint32_t *pos, struct uapi_cap *cap)
{
	uint32_t off = *pos;

	if (!off)
		return 0;
	if (len < HEADER || off > len - HEADER)
		return -EINVAL;
	step((const uint8_t *)img + off, off, (uint32_t)len, pos, cap);
	return 1;
}

/* The body of capability id: NULL when it is not described. */
static const struct uapi_struct *body(const struct uapi_row *row, uint16_t id)
{
	return id < row->ncaps && row->caps[id].name && row->caps[id].size ? &row->caps[id] : NULL;
}

/*
 * First byte after a capability, from its own contents: 0 when it does not fit
 * in the len bytes at arg.
 */
static uint32_t body_end(const struct uapi_struct *s, const struct uapi_mem *mem, uint64_t arg,
			 uint32_t off, uint32_t len)
{
	uint8_t img[64];
	struct uapi_target t;
	uint64_t end = (uint64_t)off + s->size;

	if (end > len)
		return 0;
	for (size_t i = 0; i < s->nfields; i++) {
		if (s->fields[i].kind != UAPI_INLINE || s->size > sizeof(img))
			continue;
		if (mem->in(mem->ctx, img, arg + off, s->size) ||
		    !uapi_target(&s->fields[i], img, s->size, &t) || t.len > len - end)
			return 0;
		end += t.len;
	}
	return (uint32_t)end;
}

/*
 * Where the chain in the reply of len bytes at arg ends; first: its cap_offset.
 * The kernel leaves argsz as the caller gave it, so the end is where the
 * farthest capability ends. An unknown one reaches to the next, or to len.
 * 0; -EINVAL: malformed; -EFAULT.
 */
int uapi_chain_end(const struct uapi_row *row, const struct uapi_mem *mem, uint64_t arg,
		   uint32_t first, uint32_t len, uint32_t *end)
{
	uint32_t pos = first;

	*end = 0;
	while (pos) {
		const struct uapi_struct *s;
		struct uapi_cap cap;
		uint32_t off = pos, cap_end;
		uint8_t h[HEADER];

		if (len < HEADER || off > len - HEADER)
			return -EINVAL;
		if (mem->in(mem->ctx, h, arg + off, HEADER))
			return -EFAULT;
		step(h, off, len, &pos, &cap);
		s = body(row, cap.id);
		cap_end = s ? body_end(s, mem, arg, off, len) : cap.end;
		if (!cap_end)
			return -EINVAL;
		if (cap_end > *end)
			*end = cap_end;
	}
	return 0;
}
