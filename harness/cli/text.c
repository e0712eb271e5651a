// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void text_free(struct text *t)
{
	free(t->b);
	*t = (struct text){ 0 };
}

void text_reset(struct text *t)
{
	t->n = 0;
	t->failed = false;
}

/* n more bytes fit behind this. */
static bool make_room(struct text *t, size_t n)
{
	size_t room = t->room ? t->room : 1024;
	char *more;

	if (t->failed)
		return false;
	if (n <= t->room - t->n)
		return true;
	while (room - t->n < n) {
		if (room > SIZE_MAX / 2) {
			t->failed = true;
			return false;
		}
		room *= 2;
	}
	more = realloc(t->b, room);
	if (!more) {
		t->failed = true;
		return false;
	}
	t->b = more;
	t->room = room;
	return true;
}

void text_put(struct text *t, const char *s, size_t n)
{
	if (!n || !make_room(t, n))
		return;
	memcpy(t->b + t->n, s, n);
	t->n += n;
}

void text_str(struct text *t, const char *s)
{
	text_put(t, s, strlen(s));
}

void text_char(struct text *t, char c)
{
	text_put(t, &c, 1);
}

void text_hex(struct text *t, uint64_t v)
{
	char digits[16];
	size_t i = sizeof(digits);

	do {
		digits[--i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v);
	text_put(t, "0x", 2);
	text_put(t, digits + i, sizeof(digits) - i);
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !make_room(t, (size_t)n + 1)) {
		t->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(t->b + t->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->n += (size_t)n;
}

/* Length of the UTF-8 character at s, with its number in *c; 0: there is none. */
static size_t character(const char *s, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80	     ? 1
		   : u[0] >> 5 == 6  ? 2
		   : u[0] >> 4 == 14 ? 3
		   : u[0] >> 3 == 30 ? 4
				     : 0;

	if (!n)
		return 0;
	*c = n == 1 ? u[0] : u[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (u[i] >> 6 != 2)
			return 0;
		*c = *c << 6 | (u[i] & 0x3f);
	}
	return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

void text_json(struct text *t, const char *s)
{
	const char *from = s;
	uint32_t c;

	text_char(t, '"');
	while (*s) {
		static const char named[] = "\"\\\b\f\n\r\t", as[] = "\"\\bfnrt";
		const char *short_form;
		size_t n;

		if ((unsigned char)(*s - 0x20) < 0x5f && *s != '"' && *s != '\\') {
			s++;
			continue;
		}
		n = character(s, &c);
		if (n > 1 || (n && c == 0x7f)) {
			s += n;
			continue;
		}
		text_put(t, from, (size_t)(s - from));
		short_form = n ? strchr(named, *s) : NULL;
		if (!n) {
			text_str(t, REPLACEMENT);
		} else if (short_form) {
			text_char(t, '\\');
			text_char(t, as[short_form - named]);
		} else {
			text_printf(t, "\\u%04" PRIX32, c);
		}
		from = ++s;
	}
	text_put(t, from, (size_t)(s - from));
	text_char(t, '"');
}

/* What XML wants in the place of a character; NULL: itself. */
static const char *entity(uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&apos;";
	/* As they are, a parser may make blanks of them. */
	case '\t': return "&#9;";
	case '\n': return "&#10;";
	case '\r': return "&#13;";
	}
	return c < 0x20 || c == 0xfffe || c == 0xffff ? REPLACEMENT : NULL;
}

void text_xml(struct text *t, const char *s)
{
	while (*s) {
		uint32_t c;
		size_t n = character(s, &c);
		const char *instead = n ? entity(c) : REPLACEMENT;

		if (instead)
			text_str(t, instead);
		else
			text_put(t, s, n);
		s += n ? n : 1;
	}
}

void text_csv(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (!n || (!strpbrk(s, ",\"\r\n") && *s != ' ' && s[n - 1] != ' ')) {
		text_put(t, s, n);
		return;
	}
	text_char(t, '"');
	for (; *s; s++) {
		if (*s == '"')
			text_char(t, '"');
		text_char(t, *s);
	}
	text_char(t, '"');
}
