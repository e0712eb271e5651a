/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expected spans, and arguments that point to a buffer known to the test. */
#ifndef HIOD_SELFTESTS_UAPI_WANT_H
#define HIOD_SELFTESTS_UAPI_WANT_H

#include <stddef.h>
#include <stdint.h>

#include "harness/uapi/uapi.h"

struct ktap_meta;

#define PTR(p) ((uint64_t)(uintptr_t)(p))

/* A span that a case expects: from the argument ("arg") or from the nested buffer. */
struct want {
	const char *what; /* NULL: end of list */
	uint32_t len;
	uint8_t dir;
};

#define IN    UAPI_IN
#define OUT   UAPI_OUT
#define INOUT UAPI_INOUT

/* Arguments are written as 32-bit words; P, two of them, stands for the nested buffer's address. */
#define P 0xbbbbbbbb, 0xbbbbbbbb

/* Puts the address where P is in n words. */
void point(uint32_t *words, size_t n);
/* The n spans of an argument are the wanted ones. */
void check_spans(struct ktap_meta *meta, const char *label, const void *arg,
		 const struct uapi_span *v, int n, const struct want *want);
/* A row that must exist. */
const struct uapi_row *row_of(const char *name);

#endif
