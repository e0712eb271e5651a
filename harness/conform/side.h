/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One of the two sides of a comparison: a shim, memory of its own that calls
 * are made with, and its fds and object ids by the call that brought them.
 */
#ifndef HIOD_CONFORM_SIDE_H
#define HIOD_CONFORM_SIDE_H

#include "harness/conform/call.h"
#include "harness/shim/shim.h"

/* A mapping of pages with an unmapped one behind them. */
struct region {
	uint8_t *base;
	size_t len; /* bytes that are mapped */
};

/* What mappings map; one for both sides, so that addresses need no renaming. */
#define MAP_BYTES (256u * 4096)

struct side {
	struct shim *shim;
	struct uapi_mem mem; /* how a backend in this process reaches this memory */
	struct region arg;
	struct region buf[CALL_BUFS];
	const struct region *map; /* shared */
	/* Of the sequence, by uid. -1: none. */
	int fd[SEQUENCE_MAX];
	int64_t id[SEQUENCE_MAX];
};

/* The memory of mappings: readable and writable, present. -ENOMEM. */
int map_region_new(struct region *r);
/* The same as memory of a file, which is all that some vDPA devices map. */
int map_region_new_shared(struct region *r);
void region_free(struct region *r);

/*
 * Memory for a side; its shim is set by the caller, after it may have been
 * made with &side->mem. -ENOMEM.
 */
int side_init(struct side *s, const struct region *map);
/* Frees the memory, not the shim. */
void side_free(struct side *s);
/* Forgets the fds and ids of the last sequence, which are closed. */
void side_begin(struct side *s);
/* Poisons the memory and puts the call's bytes there. Returns the ioctl's third argument. */
uintptr_t side_load(struct side *s, const struct call *c);
/* What a patch of the call puts into the argument on this side. */
uint64_t side_patch(const struct side *s, const struct call *c, const struct call_patch *p);
/* Makes the call with what was loaded: result or -errno. */
int side_call(struct side *s, const struct call *c, uintptr_t arg);
/* Where a buffer begins; bytes from there on are its room. */
static inline uint8_t *region_at(const struct region *r, size_t room)
{
	return r->base + r->len - room;
}

#define POISON 0xa5

#endif
