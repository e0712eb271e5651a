/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What printed C tests stand on: memory that is poisoned and ends at an
 * unmapped page, and the shim that the program which holds the tests gives.
 */
#ifndef HIOD_CONFORM_CTEST_H
#define HIOD_CONFORM_CTEST_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness/conform/side.h"

struct ctest {
	struct side side;
	struct region map;
	struct shim *s;
};

/* Defined by the program: a shim whose host has the paths of the tests; mem reaches their memory. */
struct shim *ctest_shim(const struct uapi_mem *mem);

/* 0, -ENOMEM. */
static inline int ctest_begin(struct ctest *t)
{
	int err = map_region_new(&t->map);

	if (!err)
		err = side_init(&t->side, &t->map);
	if (!err)
		t->s = ctest_shim(&t->side.mem);
	return err ? err : t->s ? 0 : -ENOMEM;
}

static inline void ctest_end(struct ctest *t)
{
	shim_destroy(t->s);
	side_free(&t->side);
	region_free(&t->map);
}

static inline uint8_t *ctest_memory(struct region *r, size_t room, uint8_t fill, const void *img,
				    size_t len)
{
	uint8_t *at = region_at(r, room);

	memset(r->base, POISON, r->len - room);
	memset(at, fill, room);
	memcpy(at, img, len);
	return at;
}

/* room bytes of argument, the first len of them img's, the rest fill. */
#define ctest_arg(t, room, fill, img, len)    ctest_memory(&(t)->side.arg, room, fill, img, len)
#define ctest_buf(t, i, room, fill, img, len) ctest_memory(&(t)->side.buf[i], room, fill, img, len)

/* Stores a number of so many bytes: an fd, an id, an address. */
static inline void ctest_put(uint8_t *at, uint64_t value, size_t width)
{
	memcpy(at, &value, width);
}

static inline uint64_t ctest_get(const uint8_t *at, size_t width)
{
	uint64_t v = 0;

	memcpy(&v, at, width);
	return v;
}

/* An address in the memory that mappings use; where there is none. */
static inline uint64_t ctest_va(const struct ctest *t, uint64_t off)
{
	return (uintptr_t)t->map.base + off;
}

static inline uint64_t ctest_unmapped(const struct region *r)
{
	return (uintptr_t)(r->base + r->len);
}

#endif
