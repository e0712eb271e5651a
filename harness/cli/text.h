/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing piece of text, and the escapes of the formats that verdicts are
 * printed in. A failed allocation sticks: later calls do nothing, and whoever
 * uses the text looks at failed once, at the end.
 */
#ifndef HIOD_CLI_TEXT_H
#define HIOD_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is empty. */
struct text {
	char *b; /* not terminated; NULL while nothing was put */
	size_t n;
	size_t room;
	bool failed; /* no memory: what is in it is not all */
};

void text_free(struct text *t);
/* Empties it; the memory stays for what comes next. */
void text_reset(struct text *t);

void text_put(struct text *t, const char *s, size_t n);
void text_str(struct text *t, const char *s);
/* One byte; '\0' ends a record of text that is kept aside. */
void text_char(struct text *t, char c);
/* "0x..." */
void text_hex(struct text *t, uint64_t v);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *fmt, ...);

/* In quotation marks, as jansson writes it; bytes that are no UTF-8 become U+FFFD. */
void text_json(struct text *t, const char *s);
/* As text or as an attribute's value; characters that XML 1.0 has not become U+FFFD. */
void text_xml(struct text *t, const char *s);
/* A field of RFC 4180, quoted where it must be. */
void text_csv(struct text *t, const char *s);

#endif
