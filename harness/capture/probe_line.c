// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of a probe log, kernel messages taken out. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/probe_line.h"

/* "[    1.408234] " at s: a printk timestamp. */
static bool is_stamp(const char *s, size_t len)
{
	size_t i = 1, digits;

	if (!len || s[0] != '[')
		return false;
	while (i < len && s[i] == ' ')
		i++;
	for (digits = i; i < len && isdigit((unsigned char)s[i]); i++)
		;
	if (i == digits || i >= len || s[i++] != '.')
		return false;
	for (digits = i; i < len && isdigit((unsigned char)s[i]); i++)
		;
	return i - digits == 6 && i + 1 < len && s[i] == ']' && s[i + 1] == ' ';
}

static size_t find_stamp(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '[' && is_stamp(s + i, len - i))
			return i;
	}
	return len;
}

static bool append(struct probe_lines *l, const char *s, size_t len)
{
	if (l->used + len + 1 > l->cap) {
		size_t cap = 2 * (l->used + len + 1);
		char *buf = realloc(l->buf, cap);

		if (!buf)
			return false;
		l->buf = buf;
		l->cap = cap;
	}
	for (size_t i = 0; i < len; i++) {
		/* A NUL would end the line for every parser after this one. */
		if (s[i] != '\r')
			l->buf[l->used++] = s[i] ? s[i] : '?';
	}
	l->buf[l->used] = 0;
	return true;
}

char *probe_next_line(struct probe_lines *l, unsigned int *no, bool *nomem)
{
	bool open = false; /* a message cut this line: the rest follows it */

	*nomem = false;
	l->used = 0;
	while (l->len) {
		const char *s = l->text, *nl = memchr(s, '\n', l->len);
		size_t n = nl ? (size_t)(nl - s) : l->len, at = find_stamp(s, n);

		l->text += n + !!nl;
		l->len -= n + !!nl;
		l->no++;
		if (!open)
			*no = l->no;
		if (at < n && !at)
			continue;
		if (!append(l, s, at)) {
			*nomem = true;
			return NULL;
		}
		open = true;
		if (at == n)
			return l->buf;
	}
	return open ? l->buf : NULL;
}

void probe_lines_free(struct probe_lines *l)
{
	free(l->buf);
	*l = (struct probe_lines){ 0 };
}
