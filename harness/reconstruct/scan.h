/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading words of a line that may end anywhere. A scan goes on from *p and moves it. */
#ifndef HIOD_RECONSTRUCT_SCAN_H
#define HIOD_RECONSTRUCT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

/* How a line was taken. */
enum scan {
	SCAN_OTHER, /* not one of ours after all */
	SCAN_USED,
	SCAN_SHORT, /* ends before it is complete; *why names what is missing */
	SCAN_BAD,   /* *why tells */
};

/* Skips blanks. */
void scan_blank(const char **p);
/* Past word, with blanks before it allowed; false when it is not there. */
bool scan_word(const char **p, const char *word);
/*
 * A hexadecimal number with or without 0x, blanks before it allowed: SCAN_USED;
 * SCAN_SHORT at the end of the text; SCAN_BAD for no digit, or more than 64 bits.
 */
enum scan scan_hex(const char **p, uint64_t *v);
/* A decimal number of at most max. */
enum scan scan_dec(const char **p, unsigned int max, unsigned int *v);
/* The last "DDDD:BB:DD.F" or "BB:DD.F" that ends before end; to "DDDD:BB:DD.F". */
bool scan_bdf_before(const char *line, const char *end, char bdf[16]);

#endif
