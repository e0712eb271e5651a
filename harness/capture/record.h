/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder: a shim backend over any other that writes down each call,
 * errno and bytes of failing calls included, and changes nothing: same
 * results, same memory.
 */
#ifndef HIOD_CAPTURE_RECORD_H
#define HIOD_CAPTURE_RECORD_H

#include "harness/capture/error.h"
#include "harness/capture/transcript.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

struct record_config {
	/* For the header line; copied. client is needed, the others may be NULL. */
	const char *client, *kernel, *arch, *source, *device;
	/*
	 * File to append to, line by line, one write() each, so that a kill
	 * loses at most the last line. It is created, or emptied if it exists.
	 * NULL: no file.
	 */
	const char *path;
	/* Transcript to add the calls to as well; borrowed, empty or not yet used. NULL: none. */
	struct transcript *to;
	bool times; /* record when each call was made */
	/* The caller's memory. NULL: uapi_mem_self. */
	const struct uapi_mem *mem;
};

/*
 * Wraps under, which the recorder does not own. NULL and a message in err when
 * the file cannot be created or memory is short.
 */
struct shim *shim_record_new(struct shim *under, const struct record_config *cfg,
			     struct capture_error *err);

/*
 * Ends the recording with the client's result, the text of a JSON object
 * (NULL: {}); calls made afterwards pass through unrecorded. 0, or the first
 * error met while recording (disk full, no memory), which no call has shown to
 * the client: a recording with an error is cut short where it happened.
 * shim_destroy() without this leaves a transcript without a result.
 */
int record_finish(struct shim *recorder, const char *result, struct capture_error *err);

#endif
