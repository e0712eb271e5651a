// SPDX-License-Identifier: GPL-2.0-or-later
/* The message of a failure. */
#include <stdio.h>

#include "harness/capture/error.h"

int capture_fail(struct capture_error *err, int rc, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	/* A hostile file's bytes are quoted in it: one line, nothing a terminal obeys. */
	for (char *p = err->msg; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	return rc;
}
