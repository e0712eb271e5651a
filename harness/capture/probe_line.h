/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a probe log as lines: without carriage returns, and with the
 * kernel's messages taken out again, which the serial console mixes in at
 * line ends and in the middle of lines. Internal to the importer.
 */
#ifndef HIOD_CAPTURE_PROBE_LINE_H
#define HIOD_CAPTURE_PROBE_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct probe_lines {
	const char *text; /* what is left */
	size_t len;
	unsigned int no; /* number of the line that was begun last */
	char *buf;
	size_t used, cap;
};

/*
 * The next line that is not a kernel message, NUL-terminated, good until the
 * next call; NULL at the end, or when out of memory (*nomem). *no is the number
 * of its first physical line.
 */
char *probe_next_line(struct probe_lines *l, unsigned int *no, bool *nomem);
void probe_lines_free(struct probe_lines *l);

#endif
