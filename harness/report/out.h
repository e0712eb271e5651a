/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTML text into a file. */
#ifndef HIOD_REPORT_OUT_H
#define HIOD_REPORT_OUT_H

#include <stdio.h>

struct out {
	FILE *f;
};

/* Markup of ours, as it is. */
void out_raw(struct out *o, const char *markup);
/* Markup of ours with numbers in it. Strings of others go through out_text(). */
__attribute__((format(printf, 2, 3))) void out_fmt(struct out *o, const char *fmt, ...);
/*
 * Text of anybody's, for an element or a quoted attribute: & < > " ' become
 * entities; control characters, and those that turn the direction of writing,
 * U+FFFD. NULL: nothing.
 */
void out_text(struct out *o, const char *text);

#endif
