// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/host_json.h"
#include "harness/cli/lines.h"

/* A line's end and a NUL. */
#define LINE_ROOM (HOST_FILE_MAX + 2)

void lines_open(struct lines *l, int fd)
{
	*l = (struct lines){ .fd = fd };
}

void lines_close(struct lines *l)
{
	if (l->fd > STDIN_FILENO)
		close(l->fd);
	free(l->b);
	*l = (struct lines){ .fd = -1 };
}

/* Reads once, behind what is there. LINES_LONG: no room for more than what is there. */
static enum lines_result fill(struct lines *l)
{
	ssize_t n;

	if (l->start) {
		memmove(l->b, l->b + l->start, l->end - l->start);
		l->end -= l->start;
		l->start = 0;
	}
	if (l->end == l->room) {
		size_t room = l->room ? 2 * l->room : 2 * LINES_PEEK;
		char *more;

		if (l->room == LINE_ROOM)
			return LINES_LONG;
		if (room > LINE_ROOM)
			room = LINE_ROOM;
		more = realloc(l->b, room);
		if (!more)
			return LINES_NOMEM;
		l->b = more;
		l->room = room;
	}
	do
		n = read(l->fd, l->b + l->end, l->room - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return LINES_ERROR;
	l->end += (size_t)n;
	l->read += (uint64_t)n;
	l->eof = !n;
	return LINES_ONE;
}

/* The rest of a line that is too long. */
static enum lines_result skip(struct lines *l)
{
	enum lines_result r = LINES_ONE;

	while (r == LINES_ONE) {
		const char *nl = memchr(l->b, '\n', l->end);

		l->start = nl ? (size_t)(nl + 1 - l->b) : l->end;
		if (nl || l->eof)
			return LINES_LONG;
		r = fill(l);
	}
	return r;
}

enum lines_result lines_next(struct lines *l, const char **line, size_t *len)
{
	size_t looked = 0; /* bytes without a line's end */

	l->line++;
	l->place = l->read - (l->end - l->start);
	for (;;) {
		const size_t there = l->end - l->start;
		const char *from = l->b + l->start;
		const char *nl =
			there > looked ? memchr(from + looked, '\n', there - looked) : NULL;
		enum lines_result r;

		if (nl || (l->eof && there)) {
			*line = from;
			*len = nl ? (size_t)(nl - from) : there;
			l->start += nl ? *len + 1 : there;
			return LINES_ONE;
		}
		if (l->eof)
			return LINES_END;
		looked = there;
		r = fill(l);
		if (r == LINES_LONG)
			return skip(l);
		if (r != LINES_ONE)
			return r;
	}
}

enum lines_result lines_peek(struct lines *l, bool until_line, const char **text, size_t *len)
{
	while (!l->eof && l->end - l->start < LINES_PEEK &&
	       !(until_line && l->end > l->start &&
		 memchr(l->b + l->start, '\n', l->end - l->start))) {
		enum lines_result r = fill(l);

		if (r != LINES_ONE)
			return r;
	}
	*text = l->b + l->start;
	*len = l->end - l->start;
	return LINES_ONE;
}
