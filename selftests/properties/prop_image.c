// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recorded memory under its addresses: pieces that touch, overlap, lie at
 * either end of all addresses, are empty or too many. Every byte that is read
 * or written is one of a piece, and none is found where no piece is.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/capture/image.h"
#include "harness/property/property.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

#define PIECE_MAX 24
#define PIECES	  (IMAGE_PIECES + 2)

struct pieces {
	struct image m;
	uint8_t *bytes; /* PIECE_MAX for each, up to an unmapped page */
	uint64_t addr[PIECES];
	size_t len[PIECES], n;
};

/* Near what is there already: before it, in it, at its end, behind it. */
static uint64_t make_addr(struct choices *c, const struct pieces *p)
{
	static const uint64_t far[] = { 0, 0x10000, UINT64_MAX, 0x7fffffff0000 };
	uint64_t addr;
	size_t i;

	if (!p->n || choices_bool(c, 20)) {
		addr = CHOICES_PICK(c, far);
		return addr - choices_upto(c, 7);
	}
	i = choices_index(c, p->n);
	if (choices_bool(c, 50))
		return p->addr[i] + p->len[i];
	return p->addr[i] + choices_upto(c, PIECE_MAX + 3) - 1;
}

/* The first piece that has the address: what it has of it from there on. */
static uint8_t *expected(const struct pieces *p, uint64_t addr, size_t *left)
{
	for (size_t i = 0; i < p->n && i < IMAGE_PIECES; i++)
		for (size_t k = 0; k < p->len[i]; k++)
			if (p->addr[i] + k == addr) {
				*left = p->len[i] - k;
				return p->bytes + i * PIECE_MAX + PIECE_MAX - p->len[i] + k;
			}
	*left = 0;
	return NULL;
}

static void add(struct choices *c, struct pieces *p)
{
	size_t len = choices_upto(c, PIECE_MAX);
	uint64_t addr = make_addr(c, p);

	/* No memory goes past the last address. */
	if (addr + len < addr)
		len = (size_t)(0 - addr);
	/* One that is empty is none: it would be dropped, and the next take its place. */
	if (!len)
		return;
	p->addr[p->n] = addr;
	p->len[p->n] = len;
	image_add(&p->m, addr, p->bytes + p->n * PIECE_MAX + PIECE_MAX - len, len);
	p->n++;
	choices_note(c, "%zu bytes at 0x%" PRIx64, len, addr);
}

static enum property_result look(struct choices *c, struct pieces *p)
{
	uint64_t addr = make_addr(c, p);
	size_t len = choices_upto(c, PIECE_MAX + 1), left, there;
	uint8_t buf[PIECE_MAX + 1], *want = expected(p, addr, &there), *got;
	struct uapi_mem mem = image_mem(&p->m);
	int rc = !len ? 0 : len > there ? -EFAULT : 0;

	got = image_at(&p->m, addr, &left);
	if (got != want || left != there)
		return property_fail(c, "0x%" PRIx64 " is %s, %zu bytes, not %zu", addr,
				     got ? "there" : "not there", left, there);
	memset(buf, 0x11, sizeof(buf));
	if (mem.in(mem.ctx, buf, addr, len) != rc)
		return property_fail(c, "reading %zu of %zu bytes", len, there);
	if (!rc && len && memcmp(buf, want, len))
		return property_fail(c, "other bytes at 0x%" PRIx64, addr);
	memset(buf, 0x22, sizeof(buf));
	if (mem.out(mem.ctx, addr, buf, len) != rc)
		return property_fail(c, "writing %zu of %zu bytes", len, there);
	if (!rc && len && memcmp(want, buf, len))
		return property_fail(c, "not written at 0x%" PRIx64, addr);
	return PROPERTY_PASS;
}

static enum property_result image(struct choices *c, void *ctx)
{
	struct pieces p = { .n = 0 };
	enum property_result res = PROPERTY_PASS;

	p.bytes = page_end(PIECES * PIECE_MAX);
	for (size_t i = 0; i < PIECES * PIECE_MAX; i++)
		p.bytes[i] = (uint8_t)i;
	while (p.n < PIECES && choices_more(c, 75)) {
		choices_begin(c);
		add(c, &p);
		choices_end(c);
	}
	for (unsigned int i = 0; i < 8 && res == PROPERTY_PASS && choices_more(c, 80); i++)
		res = look(c, &p);
	return res;
}

const struct property property_image = { "image", image, .cases = 10000 };
