/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reply taken apart where its description says that a part begins: the
 * structure, the capabilities of its chain, the elements of an array. Put
 * together again, links and counts fit. Knows rows, and no request.
 */
#ifndef HIOD_PROPERTIES_CHAIN_H
#define HIOD_PROPERTIES_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/uapi/uapi.h"

#define CHAIN_MAX 32

struct piece {
	const uint8_t *p;
	size_t len;
};

/* Refers to the reply it was taken from. */
struct chain {
	struct piece head; /* the structure, and what else is before the first capability */
	struct piece cap[CHAIN_MAX];
	size_t n;
};

void chain_take(struct chain *ch, const struct uapi_row *row, const uint8_t *img, size_t len);
/* At the end, as far as there is room for another. */
void chain_add(struct chain *ch, struct piece cap);
/*
 * Writes the reply: each link names the next capability, argsz is the length.
 * out must not be what the pieces refer to. Returns its length, 0: it does not
 * fit in max, or the structure is cut off.
 */
size_t chain_put(const struct chain *ch, const struct uapi_row *row, uint8_t *out, size_t max);
/* The id that a capability begins with. */
uint16_t chain_id(const struct piece *cap);
/* How its body is described; NULL: it is not. */
const struct uapi_struct *chain_type(const struct uapi_row *row, const struct piece *cap);

/* An array of structures at the end of one. */
struct array {
	const struct uapi_field *f;
	const struct uapi_struct *type; /* of an element */
	size_t at;			/* of the first element, from the structure's start */
	size_t elem;			/* bytes of one */
	size_t n;			/* as many as are told and are there */
};

/* The array in place among a structure's fields; false: there is none. */
bool array_find(const struct uapi_field *fields, size_t nfields, const uint8_t *img, size_t len,
		struct array *a);
void array_set_count(const struct array *a, uint8_t *img, size_t len, uint64_t n);

#endif
