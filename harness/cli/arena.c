// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "harness/cli/arena.h"

/* The tree of a description of a few KB; larger ones go on in the heap. */
#define SIZE (128u << 10)

static _Thread_local struct {
	char *b;
	size_t used;
	bool on;
} arena;

static void *allocate(size_t n)
{
	void *p;

	if (!arena.on || n > SIZE - arena.used)
		return malloc(n);
	p = arena.b + arena.used;
	n = (n + 15) & ~(size_t)15;
	arena.used = n > SIZE - arena.used ? SIZE : arena.used + n;
	return p;
}

static void release(void *p)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)arena.b;

	if (!arena.b || at < from || at >= from + SIZE)
		free(p);
}

void arena_install(void)
{
	json_set_alloc_funcs(allocate, release);
}

void arena_begin(void)
{
	if (!arena.b)
		arena.b = malloc(SIZE);
	arena.used = 0;
	arena.on = arena.b;
}

void arena_end(void)
{
	arena.on = false;
}

void arena_free(void)
{
	free(arena.b);
	arena.b = NULL;
}
