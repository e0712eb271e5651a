// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws from the three sources, and their record. The generator is
 * xoshiro256** seeded by splitmix64, both public domain algorithms of Blackman
 * and Vigna.
 */
#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/choices.h"

uint64_t choices_mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t next(struct choices *c)
{
	uint64_t *s = c->rng;
	uint64_t r = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return r;
}

/* The bias of a remainder is at most max / 2^64: nothing here is that exact. */
static uint64_t below_or_at(struct choices *c, uint64_t max)
{
	uint64_t r = next(c);

	return max == UINT64_MAX ? r : r % (max + 1);
}

/* All but the generator, the message's bytes and the open spans: written before they are read. */
static void init(struct choices *c, enum choices_source source, size_t len)
{
	c->source = source;
	c->bytes = NULL;
	c->values = NULL;
	c->len = len;
	c->pos = 0;
	c->exhausted = false;
	c->keep = true;
	c->nomem = false;
	c->rec = NULL;
	c->nrec = c->rec_cap = 0;
	c->drawn = 0;
	c->spans = NULL;
	c->nspans = c->spans_cap = 0;
	c->depth = 0;
	c->note = NULL;
	c->note_ctx = NULL;
	c->message[0] = '\0';
}

void choices_init_seed(struct choices *c, uint64_t seed)
{
	init(c, CHOICES_SEED, 0);
	for (int i = 0; i < 4; i++)
		c->rng[i] = choices_mix(&seed);
}

void choices_init_bytes(struct choices *c, const void *data, size_t len)
{
	init(c, CHOICES_BYTES, len);
	c->bytes = data;
}

void choices_init_values(struct choices *c, const uint64_t *values, size_t n)
{
	init(c, CHOICES_VALUES, n);
	c->values = values;
}

void choices_keep(struct choices *c, bool keep)
{
	c->keep = keep;
}

void choices_free(struct choices *c)
{
	free(c->rec);
	free(c->spans);
	c->rec = NULL;
	c->spans = NULL;
	c->nrec = c->nspans = 0;
}

static bool room(void *vec, size_t *cap, size_t n, size_t elem)
{
	void **v = vec;
	size_t want;
	void *p;

	if (n < *cap)
		return true;
	want = *cap ? *cap * 2 : 64;
	p = realloc(*v, want * elem);
	if (!p)
		return false;
	*v = p;
	*cap = want;
	return true;
}

static void record(struct choices *c, uint64_t value, uint64_t max)
{
	if (!c->keep)
		return;
	if (!room(&c->rec, &c->rec_cap, c->nrec, sizeof(*c->rec))) {
		c->nomem = true;
		return;
	}
	c->rec[c->nrec++] = (struct choice){ value, max };
}

static unsigned int width(uint64_t max)
{
	return max ? (unsigned int)(64 - __builtin_clzll(max) + 7) / 8 : 0;
}

static uint64_t from_bytes(struct choices *c, uint64_t max)
{
	unsigned int n = width(max);
	uint64_t v = 0;

	if (c->len - c->pos >= sizeof(v)) {
		memcpy(&v, c->bytes + c->pos, sizeof(v));
		v = le64toh(v);
		if (n < sizeof(v))
			v &= (1ull << (8 * n)) - 1;
		c->pos += n;
	} else {
		for (unsigned int i = 0; i < n; i++) {
			if (c->pos == c->len) {
				c->exhausted = true;
				break;
			}
			v |= (uint64_t)c->bytes[c->pos++] << (8 * i);
		}
	}
	if (v <= max)
		return v;
	if (!(max & (max + 1)))
		return v & max;
	/* A division of 64 bits takes as long as all the rest. */
	return max < UINT32_MAX ? (uint32_t)v % (uint32_t)(max + 1) : v % (max + 1);
}

static uint64_t from_values(struct choices *c, uint64_t max)
{
	uint64_t v;

	if (c->pos == c->len) {
		c->exhausted = true;
		return 0;
	}
	v = c->values[c->pos++];
	/* Not the remainder: a number that became too large stays as large as it can be. */
	return v > max ? max : v;
}

/*
 * One draw. The seeded source has its value from the caller, which knows the
 * distribution; the others have theirs.
 */
static bool given(struct choices *c, uint64_t max, uint64_t *value)
{
	if (c->drawn >= CHOICES_MAX) {
		c->exhausted = true;
		*value = 0;
		return true;
	}
	c->drawn++;
	switch (c->source) {
	case CHOICES_BYTES: *value = from_bytes(c, max); break;
	case CHOICES_VALUES: *value = from_values(c, max); break;
	default: return false;
	}
	record(c, *value, max);
	return true;
}

/*
 * Most draws of a fuzzer's input are one byte of it and not recorded. What follows
 * is what given() does for them, in a fraction of its time; some fifty are made
 * for an input that takes some microseconds.
 */
static inline bool has_byte(const struct choices *c)
{
	return c->source == CHOICES_BYTES && !c->keep && c->pos < c->len && c->drawn < CHOICES_MAX;
}

static inline uint32_t next_byte(struct choices *c)
{
	c->drawn++;
	return c->bytes[c->pos++];
}

uint64_t choices_upto(struct choices *c, uint64_t max)
{
	uint64_t v;

	if (max - 1 < 255 && has_byte(c))
		return next_byte(c) % (uint32_t)(max + 1);
	if (given(c, max, &v))
		return v;
	v = below_or_at(c, max);
	record(c, v, max);
	return v;
}

/* Ends and powers of two, a number of any magnitude, or any number. */
static uint64_t biased(struct choices *c, uint64_t max)
{
	uint64_t how = next(c) & 7, v;
	unsigned int bits = max ? 64 - (unsigned int)__builtin_clzll(max) : 0;

	if (!max)
		return 0;
	switch (how) {
	case 0: return next(c) & 1;
	case 1: return max - (next(c) & 1);
	case 2: v = (1ull << next(c) % bits) + next(c) % 3 - 1; return v > max ? max : v;
	case 3:
	case 4: v = next(c) >> (63 - next(c) % bits); return v > max ? max : v;
	default: return below_or_at(c, max);
	}
}

uint64_t choices_range(struct choices *c, uint64_t lo, uint64_t hi)
{
	uint64_t max = hi - lo, v;

	if (max - 1 < 255 && has_byte(c))
		return lo + next_byte(c) % (uint32_t)(max + 1);
	if (given(c, max, &v))
		return lo + v;
	v = biased(c, max);
	record(c, v, max);
	return lo + v;
}

bool choices_bool(struct choices *c, unsigned int percent)
{
	uint64_t v;

	if (has_byte(c))
		return next_byte(c) & 1;
	if (given(c, 1, &v))
		return v;
	v = below_or_at(c, 99) < percent;
	record(c, v, 1);
	return v;
}

size_t choices_index(struct choices *c, size_t n)
{
	return (size_t)choices_upto(c, n - 1);
}

size_t choices_weighted(struct choices *c, const unsigned int *weights, size_t n)
{
	uint64_t sum = 0, at, v;
	size_t i = 0;

	if (given(c, n - 1, &v)) {
		/* A choice that has no weight now: the next that has one. */
		for (i = (size_t)v; !weights[i];)
			i = (i + 1) % n;
		return i;
	}
	for (size_t k = 0; k < n; k++)
		sum += weights[k];
	at = below_or_at(c, sum - 1);
	while (at >= weights[i])
		at -= weights[i++];
	record(c, i, n - 1);
	return i;
}

/* Bytes of given bytes, all at once: what a loop of draws would give. */
static void fill_from_bytes(struct choices *c, uint8_t *buf, size_t len)
{
	size_t n = c->len - c->pos, room = CHOICES_MAX - c->drawn;

	if (n > room)
		n = room;
	if (n > len)
		n = len;
	if (n)
		memcpy(buf, c->bytes + c->pos, n);
	if (n < len) {
		memset(buf + n, 0, len - n);
		c->exhausted = true;
	}
	c->pos += n;
	c->drawn += n;
}

void choices_fill(struct choices *c, void *buf, size_t len)
{
	if (c->source == CHOICES_BYTES && !c->keep && c->drawn <= CHOICES_MAX) {
		fill_from_bytes(c, buf, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = (uint8_t)choices_range(c, 0, 255);
}

size_t choices_rest(struct choices *c, void *buf, size_t cap, choices_sample_fn *sample, void *ctx)
{
	size_t len = c->len - c->pos;
	uint8_t *out = buf;
	struct choices inner;

	if (c->source != CHOICES_SEED) {
		if (len > cap)
			len = cap;
		choices_fill(c, buf, len);
		return len;
	}
	choices_init_seed(&inner, next(c));
	choices_keep(&inner, false);
	len = sample(&inner, ctx, out, cap);
	/* Zeros at the end are not written, and would not be read again. */
	while (len && !out[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		record(c, out[i], 255);
	c->drawn += len;
	return len;
}

const void *choices_view(struct choices *c, void *buf, size_t cap, size_t *len,
			 choices_sample_fn *sample, void *ctx)
{
	size_t n = c->len - c->pos;
	const uint8_t *at;

	if (c->source != CHOICES_BYTES || c->keep || n > cap || c->drawn + n > CHOICES_MAX) {
		*len = choices_rest(c, buf, cap, sample, ctx);
		return buf;
	}
	at = c->bytes + c->pos;
	c->pos += n;
	c->drawn += n;
	*len = n;
	return at;
}

void choices_begin(struct choices *c)
{
	unsigned int d = c->depth++;

	if (d >= sizeof(c->open) / sizeof(c->open[0]))
		return;
	c->open[d] = 0;
	if (!c->keep || !room(&c->spans, &c->spans_cap, c->nspans, sizeof(*c->spans)))
		return;
	c->spans[c->nspans] = (struct choice_span){ (uint32_t)c->nrec, (uint32_t)c->nrec };
	c->open[d] = (uint32_t)++c->nspans;
}

void choices_end(struct choices *c)
{
	unsigned int d = --c->depth;

	if (d < sizeof(c->open) / sizeof(c->open[0]) && c->open[d])
		c->spans[c->open[d] - 1].end = (uint32_t)c->nrec;
}

void choices_note(struct choices *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!c->note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->note(c->note_ctx, text);
}

uint8_t *choices_encode(const struct choices *c, size_t *len)
{
	uint8_t *buf = malloc(c->nrec * 8 + 1), *p = buf;

	if (!buf)
		return NULL;
	for (size_t i = 0; i < c->nrec; i++)
		for (unsigned int k = 0; k < width(c->rec[i].max); k++)
			*p++ = (uint8_t)(c->rec[i].value >> (8 * k));
	/* What a dry stream gives anyway. */
	while (p > buf && !p[-1])
		p--;
	*len = (size_t)(p - buf);
	return buf;
}
