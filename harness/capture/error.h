/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong with a file: one line that names the file, the line
 * (transcripts) or the key path (descriptions), what was found and what was
 * expected. Functions here return a negative errno and fill one of these.
 */
#ifndef HIOD_CAPTURE_ERROR_H
#define HIOD_CAPTURE_ERROR_H

#include <stdarg.h>

struct capture_error {
	char msg[1024]; /* one line, no newline at its end; empty when nothing failed */
};

/* Formats the message, printable whatever the input held, and returns rc. err may be NULL. */
int capture_fail(struct capture_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
