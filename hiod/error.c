// SPDX-License-Identifier: GPL-2.0-or-later
/* The error object; see error.h. */
#include "hiod/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void hiod_error_init(struct hiod_error *e)
{
	e->code = 0;
	e->fail = HIOD_FAIL_QEMU;
	e->stage = HIOD_STAGE_CONFIG;
	e->quiet = false;
	e->message[0] = '\0';
	e->hint[0] = '\0';
}

static void set(struct hiod_error *e, int code, const char *fmt, va_list ap)
{
	e->code = code;
	e->fail = HIOD_FAIL_QEMU;
	e->hint[0] = '\0';
	if (e->quiet)
		return;
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
}

int hiod_error_set(struct hiod_error *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int hiod_error_set_errno(struct hiod_error *e, int code, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	set(e, code, fmt, ap);
	va_end(ap);
	if (e->quiet)
		return code;
	n = strlen(e->message);
	snprintf(e->message + n, sizeof(e->message) - n, ": %s", strerror(-code));
	return code;
}

int hiod_error_nomem(struct hiod_error *e)
{
	hiod_error_set(e, -ENOMEM, "out of memory");
	e->fail = HIOD_FAIL_INTERNAL;
	return -ENOMEM;
}

int hiod_error_unmodelled(struct hiod_error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(e, -EOPNOTSUPP, fmt, ap);
	va_end(ap);
	e->fail = HIOD_FAIL_UNMODELLED;
	return -EOPNOTSUPP;
}

void hiod_error_prepend(struct hiod_error *e, const char *fmt, ...)
{
	char front[256];
	size_t n, len = strlen(e->message);
	va_list ap;

	if (e->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(front, sizeof(front), fmt, ap);
	va_end(ap);
	n = strlen(front);
	if (len > sizeof(e->message) - 1 - n)
		len = sizeof(e->message) - 1 - n;
	memmove(e->message + n, e->message, len);
	memcpy(e->message, front, n);
	e->message[n + len] = '\0';
}

void hiod_error_hint(struct hiod_error *e, const char *fmt, ...)
{
	va_list ap;

	if (e->quiet)
		return;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}

void hiod_report(struct hiod_report *r, enum hiod_report_kind kind, const char *hint,
		 const char *fmt, ...)
{
	char message[512];
	va_list ap;

	if (!r)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	r->emit(r, kind, message, hint ? hint : "");
}
