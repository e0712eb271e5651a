// SPDX-License-Identifier: GPL-2.0-or-later
/* See serving.h. Blocks of a few sizes, cut from one piece of memory and kept for their size. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/serving/serving.h"

#undef malloc
#undef calloc
#undef realloc
#undef free

#define LEAST	32   /* bytes of the smallest blocks, with their header */
#define CLASSES 6    /* each twice as large as the one before */
#define PIECE	4096 /* blocks of the smallest size */

struct block {
	_Alignas(16) size_t order;
	struct block *next; /* of a free one; what is behind the header is the user's */
};

/* In front of what the user gets. */
#define HEADER 16

/* Static, so that leak detection looks for pointers in it. */
static _Alignas(16) unsigned char piece[PIECE * LEAST];
static size_t used;
static struct block *kept[CLASSES];

static int is_ours(const void *p)
{
	return (uintptr_t)p - (uintptr_t)piece < sizeof(piece);
}

static struct block *block_of(void *p)
{
	return (struct block *)((unsigned char *)p - HEADER);
}

static size_t room_of(void *p)
{
	return ((size_t)LEAST << block_of(p)->order) - HEADER;
}

void *serving_malloc(size_t size)
{
	struct block *b;
	size_t order = 0;

	while (order < CLASSES && size > ((size_t)LEAST << order) - HEADER)
		order++;
	if (order == CLASSES)
		return malloc(size);
	b = kept[order];
	if (b) {
		kept[order] = b->next;
	} else {
		if (sizeof(piece) - used < (size_t)LEAST << order)
			return malloc(size);
		b = (struct block *)(piece + used);
		used += (size_t)LEAST << order;
		b->order = order;
	}
	return (unsigned char *)b + HEADER;
}

void *serving_calloc(size_t n, size_t size)
{
	void *p;

	if (size && n > SIZE_MAX / size)
		return NULL;
	p = serving_malloc(n * size);
	if (p)
		memset(p, 0, n * size);
	return p;
}

void *serving_realloc(void *p, size_t size)
{
	void *q;

	if (!p)
		return serving_malloc(size);
	if (!is_ours(p))
		return realloc(p, size);
	if (size && size <= room_of(p))
		return p;
	q = size ? serving_malloc(size) : NULL;
	if (q)
		memcpy(q, p, room_of(p) < size ? room_of(p) : size);
	if (q || !size)
		serving_free(p);
	return q;
}

void serving_free(void *p)
{
	struct block *b;

	if (!is_ours(p)) {
		free(p);
		return;
	}
	b = block_of(p);
	b->next = kept[b->order];
	kept[b->order] = b;
}
