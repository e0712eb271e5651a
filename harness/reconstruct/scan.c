// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/reconstruct/scan.h"

void scan_blank(const char **p)
{
	while (**p == ' ' || **p == '\t')
		++*p;
}

bool scan_word(const char **p, const char *word)
{
	const char *at = *p;
	size_t n = strlen(word);

	scan_blank(&at);
	if (strncmp(at, word, n))
		return false;
	*p = at + n;
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum scan scan_hex(const char **p, uint64_t *v)
{
	const char *at = *p;
	int n = 0;

	scan_blank(&at);
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
		at += 2;
	if (!*at)
		return SCAN_SHORT;
	for (*v = 0; digit(*at) >= 0; at++) {
		if (*v >> 60)
			return SCAN_BAD;
		*v = *v << 4 | (unsigned int)digit(*at);
		n++;
	}
	/* A digit more than hexadecimal: a word, not a number. */
	if (!n || isalpha((unsigned char)*at) || *at == '?')
		return SCAN_BAD;
	*p = at;
	return SCAN_USED;
}

enum scan scan_dec(const char **p, unsigned int max, unsigned int *v)
{
	const char *at = *p;

	scan_blank(&at);
	if (!*at)
		return SCAN_SHORT;
	if (!isdigit((unsigned char)*at))
		return SCAN_BAD;
	for (*v = 0; isdigit((unsigned char)*at); at++) {
		*v = *v * 10 + (unsigned int)(*at - '0');
		if (*v > max)
			return SCAN_BAD;
	}
	*p = at;
	return SCAN_USED;
}

bool scan_bdf_before(const char *line, const char *end, char bdf[16])
{
	for (const char *at = end; at-- > line;) {
		unsigned int seg = 0, bus, dev, fn;

		if (at > line && isxdigit((unsigned char)at[-1]))
			continue;
		if (sscanf(at, "%4x:%2x:%2x.%1u", &seg, &bus, &dev, &fn) != 4) {
			seg = 0;
			if (at > line && at[-1] == ':')
				continue;
			if (sscanf(at, "%2x:%2x.%1u", &bus, &dev, &fn) != 3)
				continue;
		}
		if (dev > 31 || fn > 7)
			continue;
		snprintf(bdf, 16, "%04x:%02x:%02x.%u", seg & 0xffff, bus & 0xff, dev, fn);
		return true;
	}
	return false;
}
