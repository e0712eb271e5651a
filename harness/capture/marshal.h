/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between an ioctl in the caller's memory and a struct call: which bytes went
 * in, which came out, and how a recorded reply is laid into live memory. The
 * rows say which; nothing here knows a request.
 */
#ifndef HIOD_CAPTURE_MARSHAL_H
#define HIOD_CAPTURE_MARSHAL_H

#include "harness/capture/transcript.h"

struct marshal {
	const struct uapi_row *row; /* NULL: not described */
	const struct uapi_mem *mem;
	uintptr_t arg;
	struct uapi_span before[UAPI_SPANS_MAX];
	int n;			      /* spans; negative: the argument cannot be read */
	uint8_t *pre[UAPI_SPANS_MAX]; /* what was in each before the call */
};

/*
 * Before the call: fills c's arg, or in and the pointers' in. A request that
 * has no row is taken by its number: direction and size as _IOC() encodes
 * them, else its argument is a number. 0 or -ENOMEM. marshal_free() either way.
 */
int marshal_before(struct marshal *m, const struct uapi_row *row, uint32_t req, uintptr_t arg,
		   const struct uapi_mem *mem, struct call *c);
/* After it: fills c's out and the pointers' out. 0, -ENOMEM, or -EFAULT. */
int marshal_after(struct marshal *m, int ret, struct call *c);
void marshal_free(struct marshal *m);

/*
 * Lays a recorded reply into the memory of a live call that marshal_before()
 * has looked at; pointers in the argument stay the caller's. 0; -EOVERFLOW when
 * the reply is larger than the memory that the caller offers; -EFAULT, -ENOMEM.
 */
int marshal_apply(const struct marshal *m, const struct call *live, const struct call *recorded);

/*
 * Whether two calls ask the same: NULL, or the name of the first field that
 * differs. Addresses only count as NULL or not; members that the kernel does
 * not read do not count.
 */
const char *marshal_differs(const struct uapi_row *row, const struct call *a, const struct call *b);

/* Calls fn for each plain field of an argument of len bytes, those of data in place included. */
typedef void (*marshal_field_fn)(void *ctx, const struct uapi_field *f, size_t base);
void marshal_fields(const struct uapi_row *row, const void *img, size_t len, marshal_field_fn fn,
		    void *ctx);

/* Finds or adds the buffer of that name; NULL: no memory. */
struct call_mem *call_mem(struct call *c, const char *what);
/* Copies len bytes to *dst; 0 or -ENOMEM. An empty copy is not NULL. */
int call_bytes(uint8_t **dst, uint32_t *dst_len, const void *src, size_t len);

#endif
