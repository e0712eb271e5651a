/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a file or pipe, of bounded length, each with its number and place. */
#ifndef HIOD_CLI_LINES_H
#define HIOD_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	int fd;
	char *b;
	size_t room;
	size_t start, end; /* of what was read and not yet given */
	bool eof;
	uint64_t read;	/* bytes so far */
	uint64_t line;	/* number of the line given last */
	uint64_t place; /* where it begins */
};

enum lines_result {
	LINES_ONE,  /* *line and *len, without the line's end */
	LINES_LONG, /* one longer than a description may be, skipped */
	LINES_END,
	LINES_ERROR, /* errno says which */
	LINES_NOMEM,
};

/* Reads fd, which lines_close() closes, from where it stands. */
void lines_open(struct lines *l, int fd);
void lines_close(struct lines *l);

/* The line lives until the next call. */
enum lines_result lines_next(struct lines *l, const char **line, size_t *len);

/*
 * What the input begins with, without taking it: at least max bytes (at most
 * LINES_PEEK), or all of it, or its first whole line when until_line.
 */
#define LINES_PEEK (64u << 10)
enum lines_result lines_peek(struct lines *l, bool until_line, const char **text, size_t *len);

#endif
