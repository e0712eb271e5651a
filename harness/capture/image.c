// SPDX-License-Identifier: GPL-2.0-or-later
/* Recorded memory under its recorded addresses. */
#include <errno.h>
#include <string.h>

#include "harness/capture/image.h"

void image_add(struct image *m, uint64_t addr, void *data, size_t len)
{
	if (m->n < IMAGE_PIECES && len)
		m->piece[m->n++] = (struct image_piece){ addr, data, len };
}

uint8_t *image_at(const struct image *m, uint64_t addr, size_t *left)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct image_piece *p = &m->piece[i];

		if (addr >= p->addr && addr - p->addr < p->len) {
			*left = p->len - (size_t)(addr - p->addr);
			return p->data + (addr - p->addr);
		}
	}
	*left = 0;
	return NULL;
}

static int image_in(void *ctx, void *dst, uint64_t src, size_t len)
{
	size_t left;
	const uint8_t *p = image_at(ctx, src, &left);

	if (!len)
		return 0;
	if (!p || left < len)
		return -EFAULT;
	memcpy(dst, p, len);
	return 0;
}

static int image_out(void *ctx, uint64_t dst, const void *src, size_t len)
{
	size_t left;
	uint8_t *p = image_at(ctx, dst, &left);

	if (!len)
		return 0;
	if (!p || left < len)
		return -EFAULT;
	memcpy(p, src, len);
	return 0;
}

struct uapi_mem image_mem(struct image *m)
{
	return (struct uapi_mem){ .in = image_in, .out = image_out, .ctx = m };
}
