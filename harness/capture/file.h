/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of captures: bounded reading, and writing that leaves either the old
 * file or the whole new one.
 */
#ifndef HIOD_CAPTURE_FILE_H
#define HIOD_CAPTURE_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "harness/capture/error.h"

/* No file of ours is near it; a wrong path must not cost memory or seconds. */
#define CAPTURE_FILE_MAX (64u << 20)

/*
 * Opens a regular file of 1 to max bytes for reading. The fd, or a negative
 * errno: -EISDIR, -EINVAL (not a regular file, empty), -EFBIG, or open(2)'s.
 */
int capture_open(const char *path, size_t max, size_t *size, struct capture_error *err);

/* The whole file in one allocation with a NUL after it; the caller frees *text. */
int capture_slurp(const char *path, size_t max, char **text, size_t *len,
		  struct capture_error *err);

/*
 * A file under construction: written under a temporary name in the directory
 * of path, renamed to path by atomic_commit(). Whatever fails, the temporary
 * file is gone and path is as it was.
 */
struct atomic_file {
	FILE *f;
	char *path;
	char *tmp;
	int rc; /* first error of writing, negative errno */
};

int atomic_begin(struct atomic_file *a, const char *path, struct capture_error *err);
/* Errors wait for atomic_commit(). */
void atomic_put(struct atomic_file *a, const void *data, size_t len);
/* Flushes, syncs, renames; ends the file in either case. */
int atomic_commit(struct atomic_file *a, struct capture_error *err);
/* Gives up: the temporary file is removed. */
void atomic_abort(struct atomic_file *a);
/* atomic_begin, one text, atomic_commit. */
int atomic_write(const char *path, const char *text, size_t len, struct capture_error *err);

#endif
