/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong, in QEMU's words where QEMU has words for it.
 *
 * A function that can fail takes a struct hiod_error and returns a negative
 * errno. Errors live in fixed buffers: telling of a failure allocates nothing.
 * Texts that do not fit are cut.
 */
#ifndef HIOD_ERROR_H
#define HIOD_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/* How far a start came; the order is QEMU's. */
enum hiod_stage {
	HIOD_STAGE_CONFIG,  /* machine and vIOMMU options */
	HIOD_STAGE_OPEN,    /* finding and opening the device's files */
	HIOD_STAGE_REALIZE, /* attaching the device, reading what the host can do */
	HIOD_STAGE_CHECK,   /* the vIOMMU's check, and what the machine checks at the end */
};

/* Whose failure it is. */
enum hiod_fail {
	HIOD_FAIL_QEMU,	      /* QEMU refuses too, with this message */
	HIOD_FAIL_ANOMALY,    /* a reply at which QEMU aborts or hangs */
	HIOD_FAIL_UNMODELLED, /* QEMU may do this; this code does not know */
	HIOD_FAIL_INTERNAL,   /* ours alone: out of memory */
};

struct hiod_error {
	int code; /* negative errno; 0: no error set */
	enum hiod_fail fail;
	enum hiod_stage stage;
	bool quiet;	    /* of a caller that reads no texts: message and hint stay empty */
	char message[1024]; /* one line, no newline at the end */
	char hint[512];	    /* what QEMU prints on its own line after the error, or empty */
};

/* Makes it empty, and not quiet. Only the first bytes are written: cheap. */
void hiod_error_init(struct hiod_error *e);

/*
 * Each returns code, so that "return hiod_error_set(...)" is the usual end of a
 * failing function. code: negative errno. The stage stays as it is; a message
 * that was there is replaced, its hint dropped.
 */
int hiod_error_set(struct hiod_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with ": " and strerror(-code) at the end. */
int hiod_error_set_errno(struct hiod_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* -ENOMEM of this library's own, not the kernel's. */
int hiod_error_nomem(struct hiod_error *e);
/* -EOPNOTSUPP: QEMU may do more here than this code knows. */
int hiod_error_unmodelled(struct hiod_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void hiod_error_prepend(struct hiod_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void hiod_error_hint(struct hiod_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

enum hiod_report_kind { HIOD_REPORT_ERROR, HIOD_REPORT_WARNING };

/*
 * Where the messages go that QEMU prints without failing: warnings, and errors
 * met while releasing. The caller embeds this and fills emit; hint may be empty.
 */
struct hiod_report {
	void (*emit)(struct hiod_report *r, enum hiod_report_kind kind, const char *message,
		     const char *hint);
};

/* r may be NULL: nobody listens. hint may be NULL. */
void hiod_report(struct hiod_report *r, enum hiod_report_kind kind, const char *hint,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
