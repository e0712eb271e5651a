// SPDX-License-Identifier: GPL-2.0-or-later
/* Escaping; see out.h. */
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "harness/report/out.h"

#define REPLACEMENT "\xef\xbf\xbd"

void out_raw(struct out *o, const char *markup)
{
	fputs(markup, o->f);
}

void out_fmt(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(o->f, fmt, ap);
	va_end(ap);
}

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return c < ' ' || c == 0x7f ? REPLACEMENT : NULL;
	}
}

/* U+202A-202E and U+2066-2069 in UTF-8. */
static bool turns(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] == 0xe2 && ((u[1] == 0x80 && u[2] >= 0xaa && u[2] <= 0xae) ||
				(u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9));
}

/* Bytes of the UTF-8 character at p; 0: it is none. */
static size_t character(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n = *u < 0x80		     ? 1
		   : *u >= 0xc2 && *u < 0xe0 ? 2
		   : *u >= 0xe0 && *u < 0xf0 ? 3
		   : *u >= 0xf0 && *u < 0xf5 ? 4
					     : 0;

	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void out_text(struct out *o, const char *text)
{
	for (const char *p = text ? text : ""; *p;) {
		const char *e = entity((unsigned char)*p);
		size_t n = character(p);

		if (e || !n)
			fputs(e ? e : REPLACEMENT, o->f);
		else if (turns(p))
			fputs(REPLACEMENT, o->f);
		else
			fwrite(p, 1, n, o->f);
		p += n ? n : 1;
	}
}
