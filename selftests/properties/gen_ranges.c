// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of IOVA ranges, good and bad. */
#include "selftests/properties/gen.h"

uint64_t make_top(struct choices *c)
{
	static const uint64_t tops[] = {
		(1ull << 39) - 1, (1ull << 48) - 1,
		(1ull << 47) - 1, (1ull << 57) - 1,
		(1ull << 56) - 1, (1ull << 52) - 1,
		(1ull << 46) - 1, (1ull << 42) - 1,
		(1ull << 41) - 1, (1ull << 38) - 1,
		(1ull << 32) - 1, UINT64_MAX,
		UINT64_MAX - 1,	  1ull << 39,
		1ull << 48,	  (1ull << 40) - 1,
		0xfedfffff,	  0xfff,
		(1ull << 63) - 1, 0,
	};
	static const unsigned int how[] = { 8, 2, 2 };

	switch (choices_weighted(c, how, 3)) {
	case 0: return CHOICES_PICK(c, tops);
	case 1: return (1ull << choices_upto(c, 63)) - choices_upto(c, 1);
	default: return choices_u64(c);
	}
}

/* From the top down, so that the last range has the top that was asked for. */
size_t make_valid_ranges(struct choices *c, struct hiod_range *r, size_t max)
{
	uint64_t top = make_top(c);
	size_t n = 0;

	do {
		struct hiod_range *cur = &r[n++];
		uint64_t gap;

		choices_begin(c);
		cur->last = top;
		/* 0: all that is left. */
		cur->start = choices_bool(c, 40) ? top - choices_range(c, 0, top) : 0;
		gap = choices_bool(c, 50) ? 0xfffff : choices_range(c, 0, 0xffffffff);
		choices_end(c);
		if (cur->start < 2 || cur->start - 2 < gap)
			break;
		/* One address at least is in no range. */
		top = cur->start - 2 - gap;
	} while (n < max && choices_more(c, 70));
	for (size_t i = 0; i < n / 2; i++) {
		struct hiod_range t = r[i];

		r[i] = r[n - 1 - i];
		r[n - 1 - i] = t;
	}
	return n;
}

static void spoil(struct choices *c, struct hiod_range *r, size_t *n, size_t max)
{
	size_t i = choices_index(c, *n), k = choices_index(c, *n);
	struct hiod_range t = r[i];

	switch (choices_upto(c, 10)) {
	case 0: /* reversed by one: empty */
		if (t.last != UINT64_MAX)
			r[i].start = t.last + 1;
		break;
	case 1: /* reversed */ r[i] = (struct hiod_range){ t.last, t.start }; break;
	case 2: /* unsorted */
		r[i] = r[k];
		r[k] = t;
		break;
	case 3: /* identical */
		if (*n < max)
			r[(*n)++] = t;
		break;
	case 4: /* touching */
		if (*n < max && t.last != UINT64_MAX)
			r[(*n)++] = (struct hiod_range){ t.last + 1,
							 t.last + 1 + choices_upto(c, 4096) };
		break;
	case 5: /* overlapping */ r[i].last = r[k].last; break;
	case 6: r[i] = (struct hiod_range){ 0, 0 }; break;
	case 7: r[i] = (struct hiod_range){ UINT64_MAX, UINT64_MAX }; break;
	case 8: r[i] = (struct hiod_range){ 0, UINT64_MAX }; break;
	case 9: *n -= 1; break;
	default: r[i] = (struct hiod_range){ choices_u64(c), choices_u64(c) }; break;
	}
}

size_t make_ranges(struct choices *c, struct hiod_range *r, size_t max)
{
	size_t n = make_valid_ranges(c, r, max);

	for (unsigned int i = 0; i < 4 && n && choices_more(c, 40); i++)
		spoil(c, r, &n, max);
	return n;
}
