/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings that wait: a few in memory, more in a file without a name in
 * $TMPDIR (/tmp), so that what a hundred thousand hosts say costs no memory.
 */
#ifndef HIOD_CLI_SPOOL_H
#define HIOD_CLI_SPOOL_H

#include <stdio.h>

#include "harness/cli/text.h"

/* Zeroed, it is empty. */
struct spool {
	struct text text; /* until it is full */
	FILE *f;	  /* from then on */
	size_t at;	  /* of the text: what was read */
	char *line;	  /* of the file: what was read last */
	size_t room;
};

/* n bytes: strings, each with its NUL. 0 or a negative errno. */
int spool_put(struct spool *s, const char *strings, size_t n);
/* Before the first spool_next(). 0 or a negative errno. */
int spool_rewind(struct spool *s);
/* The next string, which lives until the next call. NULL: no more, or it cannot be read. */
const char *spool_next(struct spool *s);
void spool_free(struct spool *s);

#endif
