/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded memory under its recorded addresses, for walks over rows. */
#ifndef HIOD_CAPTURE_IMAGE_H
#define HIOD_CAPTURE_IMAGE_H

#include "harness/uapi/uapi.h"

#define IMAGE_PIECES (UAPI_SPANS_MAX + 1)

struct image {
	struct image_piece {
		uint64_t addr;
		uint8_t *data; /* borrowed */
		size_t len;
	} piece[IMAGE_PIECES];
	size_t n;
};

/* Silently drops what exceeds IMAGE_PIECES: reading it is then -EFAULT. */
void image_add(struct image *m, uint64_t addr, void *data, size_t len);
/* The bytes at addr up to the end of their piece; NULL: none there. */
uint8_t *image_at(const struct image *m, uint64_t addr, size_t *left);
/* Access for uapi_spans() and friends; m must outlive it. */
struct uapi_mem image_mem(struct image *m);

#endif
