// SPDX-License-Identifier: GPL-2.0-or-later
/* See recorded.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/transcript.h"
#include "harness/uapi/uapi_compat.h"
#include "selftests/fuzz/recorded.h"
#include "selftests/properties/gen.h"

struct input {
	uint8_t bytes[REPLY_MAX];
	size_t len;
	bool whole; /* all of it had room */
};

static void add(struct input *in, const void *data, size_t len)
{
	if (len > sizeof(in->bytes) - in->len)
		in->whole = false;
	else if (len)
		memcpy(in->bytes + in->len, data, len);
	if (in->whole)
		in->len += len;
}

/* size bytes of the argument after the call, with zeros where nothing was recorded. */
static void after(const struct call *c, void *v, size_t size)
{
	memset(v, 0, size);
	if (c->in_len)
		memcpy(v, c->in, c->in_len < size ? c->in_len : size);
	if (c->out_len)
		memcpy(v, c->out, c->out_len < size ? c->out_len : size);
}

static const struct call_mem *memory_of(const struct call *c, const char *what)
{
	for (size_t i = 0; i < c->nmem; i++)
		if (!strcmp(c->mem[i].what, what) && c->mem[i].out)
			return &c->mem[i];
	return NULL;
}

static void type1_info(struct input *in, const struct call *c)
{
	add(in, c->out, c->out_len);
}

/* Behind three choices: the version, the room, the PASIDs. */
static void hw_info(struct input *in, const struct call *c)
{
	const struct call_mem *m = memory_of(c, "data_uptr");
	struct uapi_hw_info info;

	after(c, &info, sizeof(info));
	info.data_uptr = 0; /* where the client had its buffer */
	add(in, "\0\0\0", 3);
	add(in, &info, sizeof(info));
	if (m)
		add(in, m->out, m->out_len);
}

/* The answer with the ranges, and the one without before it. */
static void iova_ranges(struct input *in, const struct call *c, const struct call *before)
{
	const struct call_mem *m = memory_of(c, "allowed_iovas");
	struct iommu_ioas_iova_ranges q;
	struct ranges_replies rr = { 0 };

	if (!before || !m)
		return;
	after(before, &q, sizeof(q));
	rr.rc[0] = (int16_t)-before->ret;
	rr.num[0] = q.num_iovas;
	after(c, &q, sizeof(q));
	rr.num[1] = rr.written = q.num_iovas;
	rr.alignment = q.out_iova_alignment;
	add(in, &rr, sizeof(rr));
	add(in, m->out, m->out_len);
}

bool recorded_replies(const char *property, const char *path, recorded_take *take, void *ctx)
{
	const struct call *ranges = NULL;
	struct capture_error err;
	struct transcript t;
	bool more = true;

	if (transcript_load(path, 0, &t, &err))
		return true;
	for (size_t i = 0; i < t.ncalls && more; i++) {
		const struct call *c = &t.calls[i];
		struct input in = { .whole = true };

		if (c->op != SHIM_OP_IOCTL)
			continue;
		if (c->req == (uint32_t)VFIO_IOMMU_GET_INFO && !c->ret &&
		    c->kind == UAPI_FD_CONTAINER && !strcmp(property, "type1_info"))
			type1_info(&in, c);
		if (c->req == (uint32_t)IOMMU_GET_HW_INFO && !c->ret &&
		    !strcmp(property, "hw_info"))
			hw_info(&in, c);
		if (c->req == (uint32_t)IOMMU_IOAS_IOVA_RANGES) {
			if (!c->ret && !strcmp(property, "iova_ranges"))
				iova_ranges(&in, c, ranges);
			ranges = c;
		}
		if (in.len && in.whole)
			more = take(ctx, in.bytes, in.len);
	}
	transcript_free(&t);
	return more;
}
