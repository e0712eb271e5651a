/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Issue the calls of a transcript again on another backend, and compare what
 * it answers: return value, errno, every byte written. Fds and object ids are
 * renamed, addresses are those of real buffers.
 */
#ifndef HIOD_CAPTURE_RERUN_H
#define HIOD_CAPTURE_RERUN_H

#include "harness/capture/error.h"
#include "harness/capture/transcript.h"
#include "harness/shim/shim.h"

struct rerun_difference {
	const struct call *call; /* as recorded */
	const char *what;	 /* "ret", "out", the name of a pointer field, ... */
	const char *expected;	 /* the recorded call, decoded */
	const char *got;	 /* the same as the backend answered it */
	uint32_t at;		 /* first differing byte, for bytes */
};

/* Returns true to go on. */
typedef bool (*rerun_report)(void *ctx, const struct rerun_difference *d);

struct rerun_request {
	const char *name; /* the row's name, or the operation's; static */
	size_t calls, differ;
};

#define RERUN_REQUESTS_MAX 160

struct rerun_stats {
	size_t calls;  /* compared */
	size_t differ; /* of these */
	struct rerun_request request[RERUN_REQUESTS_MAX];
	size_t nrequests;
};

/*
 * 0 when all were issued, whether or not they differ; -ECANCELED when report
 * stopped it; -ENOMEM. Fds left open by the transcript are closed. stats and
 * report may be NULL.
 */
int transcript_rerun(const struct transcript *t, struct shim *on, rerun_report report, void *ctx,
		     struct rerun_stats *stats, struct capture_error *err);

#endif
