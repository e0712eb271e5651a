// SPDX-License-Identifier: GPL-2.0-or-later
/* IOVAs, lengths and addresses: plain ones that collide often, and edges. */
#include "harness/conform/generate.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAP_PAGES     (MAP_BYTES / 4096)

uint64_t gen_edge(struct gen *gen)
{
	static const int64_t near[] = { 0, -1, 1, -4096, 4096, -4097, 4095 };
	const struct generator *g = gen->g;

	return g->edge[choices_index(gen->c, g->nedges)] + (uint64_t)CHOICES_PICK(gen->c, near);
}

uint64_t gen_iova(struct gen *gen, int owner, uint64_t page)
{
	static const unsigned int weights[] = { 55, 30, 15 };
	const struct known_map *m;
	uint64_t v;

	switch (choices_weighted(gen->c, weights, ARRAY_SIZE(weights))) {
	case 0: return 0x100000 + choices_upto(gen->c, 31) * 4096;
	case 1:
		v = gen_edge(gen);
		/* A mapping that ends at an edge is as interesting as one that begins there. */
		if (choices_bool(gen->c, 40))
			v -= 4096;
		break;
	default:
		m = gen_map(gen, owner);
		if (!m)
			return 0x200000;
		v = CHOICES_PICK(gen->c, ((uint64_t[]){ m->iova, m->iova + m->len,
							m->iova + m->len / 2, m->iova - 4096 }));
		break;
	}
	return choices_bool(gen->c, 85) ? v & -page : v;
}

uint64_t gen_length(struct gen *gen, uint64_t page)
{
	static const uint64_t plain[] = { 4096, 4096, 8192, 4 * 4096, 16 * 4096 };
	static const uint64_t odd[] = { 0,	    1,		4095,	    4097,
					1ull << 62, 1ull << 63, UINT64_MAX, UINT64_MAX - 4095 };

	if (page < 4096 && choices_bool(gen->c, 10))
		return choices_range(gen->c, 1, 4 * 4096);
	return choices_bool(gen->c, 90) ? CHOICES_PICK(gen->c, plain) : CHOICES_PICK(gen->c, odd);
}

/*
 * Pinning memory that is not there fails in a kernel and is nothing to a
 * model, so a length that some rule may accept always has its memory.
 */
uint64_t gen_va(struct gen *gen, uint64_t iova, uint64_t length, uint64_t page)
{
	uint64_t pages = length / 4096 + 2, off = 0;

	if (pages < MAP_PAGES)
		off = choices_upto(gen->c, MAP_PAGES - pages) * 4096;
	if (page < 4096)
		off += iova % 4096;
	return off;
}
