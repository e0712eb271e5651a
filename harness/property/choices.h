/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of choices: where the values of a property come from.
 *
 * Every draw is one number in [0, max]; 0 is always the simplest value (the
 * low end of a range, false, the first of an array, "no more"), so that a
 * stream that has run dry ends every loop and every structure in the simplest
 * way, and that making the recorded numbers smaller makes a failure simpler.
 *
 * Written as bytes, a draw takes the bytes that its max needs (none for max 0,
 * one below 256, ...), little endian; a number above max counts modulo
 * max + 1. So any bytes are a valid stream, and a recorded stream is a seed
 * for a fuzzer. Probabilities and weights shape the seeded source only.
 */
#ifndef HIOD_PROPERTY_CHOICES_H
#define HIOD_PROPERTY_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stream gives no more than this many draws that are not 0; the rest are 0. */
#define CHOICES_MAX	65536u
#define CHOICES_MESSAGE 256

enum choices_source {
	CHOICES_SEED,
	CHOICES_BYTES,
	CHOICES_VALUES,
};

/* One draw, as recorded. */
struct choice {
	uint64_t value;
	uint64_t max;
};

/* Draws [first, end) that belong together: what the shrinker deletes as one. */
struct choice_span {
	uint32_t first;
	uint32_t end;
};

struct choices {
	enum choices_source source;
	uint64_t rng[4];
	const uint8_t *bytes;
	const uint64_t *values;
	size_t len, pos;
	bool exhausted; /* more was drawn than the source had */
	/* The record; absent after choices_keep(c, false). */
	bool keep;
	bool nomem; /* the record is not complete */
	struct choice *rec;
	size_t nrec, rec_cap;
	size_t drawn;
	struct choice_span *spans;
	size_t nspans, spans_cap;
	uint32_t open[32]; /* spans that are begun: index + 1 */
	unsigned int depth;
	/* Where choices_note() goes; NULL: nowhere. */
	void (*note)(void *ctx, const char *text);
	void *note_ctx;
	char message[CHOICES_MESSAGE]; /* of property_fail() */
};

/* The next value of a splitmix64 generator; also mixes a seed and a number. */
uint64_t choices_mix(uint64_t *state);

/* What the source is; data must outlive the stream and is not copied. */
void choices_init_seed(struct choices *c, uint64_t seed);
void choices_init_bytes(struct choices *c, const void *data, size_t len);
void choices_init_values(struct choices *c, const uint64_t *values, size_t n);
/* Without a record (fuzzers) a stream allocates nothing. Before the first draw. */
void choices_keep(struct choices *c, bool keep);
void choices_free(struct choices *c);

/* [0, max], uniform. */
uint64_t choices_upto(struct choices *c, uint64_t max);
/* [lo, hi], both inclusive, lo <= hi; ends, powers of two and their neighbours more often. */
uint64_t choices_range(struct choices *c, uint64_t lo, uint64_t hi);
static inline uint64_t choices_u64(struct choices *c)
{
	return choices_range(c, 0, UINT64_MAX);
}
/* True in percent of 100 draws. */
bool choices_bool(struct choices *c, unsigned int percent);
/* [0, n), uniform; n > 0. */
size_t choices_index(struct choices *c, size_t n);
/* [0, n), each in proportion to its weight; at least one weight is not 0, weights sum below 2^32. */
size_t choices_weighted(struct choices *c, const unsigned int *weights, size_t n);
/* An element of an array. */
#define CHOICES_PICK(c, array) ((array)[choices_index(c, sizeof(array) / sizeof((array)[0]))])
void choices_fill(struct choices *c, void *buf, size_t len);
/*
 * All that is left of the stream as bytes, at most cap: for the last draw of a
 * property whose input is a file or a reply as it is. A seeded stream has no
 * end: its bytes are made by sample, from a stream of its own, and recorded as
 * if they had been given. Zeros at the end do not count: not given, not drawn.
 * Returns their number.
 */
typedef size_t choices_sample_fn(struct choices *c, void *ctx, uint8_t *buf, size_t cap);
size_t choices_rest(struct choices *c, void *buf, size_t cap, choices_sample_fn *sample, void *ctx);
/*
 * The same, not copied where the whole stream is bytes already: where they lie,
 * in buf or up to the end of what the stream was given. Those are not to be written.
 */
const void *choices_view(struct choices *c, void *buf, size_t cap, size_t *len,
			 choices_sample_fn *sample, void *ctx);
/*
 * Repeats: for (n = 0; n < limit && choices_more(c, 80); n++) with the element
 * drawn in the body. A list of this shape shrinks by whole elements.
 */
static inline bool choices_more(struct choices *c, unsigned int percent)
{
	return choices_bool(c, percent);
}

/* Draws between them belong together. Nest up to 32 deep. */
void choices_begin(struct choices *c);
void choices_end(struct choices *c);

/* Says what a value is, for whoever watches a failing case; costs nothing else. */
__attribute__((format(printf, 2, 3))) void choices_note(struct choices *c, const char *fmt, ...);

/* The record as bytes, to be freed; NULL: no memory. */
uint8_t *choices_encode(const struct choices *c, size_t *len);

#endif
