/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host from any file that tells of one. */
#ifndef HIOD_CAPTURE_LOAD_H
#define HIOD_CAPTURE_LOAD_H

#include "harness/capture/error.h"
#include "harness/capture/host.h"

enum capture_format {
	CAPTURE_HOST,	    /* a host description */
	CAPTURE_TRANSCRIPT, /* a transcript */
	CAPTURE_PROBE, /* the text that vfioprobe prints, with or without a boot log around it */
};

/* "description", "transcript", "probe log". */
const char *capture_format_name(enum capture_format f);

/* What a file is, by its first bytes; its contents may still be invalid. 0 or a negative errno. */
int capture_detect(const char *path, enum capture_format *f, struct capture_error *err);

/*
 * Loads a description, or makes one from a transcript or a probe log. *h is
 * the caller's to host_free(); its name is the one in it, or the file's without
 * directory and suffix. f (may be NULL) tells which it was. 0, or a negative errno and one
 * line in err.
 */
int capture_load_host(const char *path, struct host **h, enum capture_format *f,
		      struct capture_error *err);

#endif
