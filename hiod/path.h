/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of sysfs and /dev, put together from the left, and what is in a file
 * there. Each attach makes half a dozen paths; a format takes longer than the
 * call that gets the path.
 */
#ifndef HIOD_PATH_H
#define HIOD_PATH_H

#include <stdint.h>
#include <sys/types.h>
#include "harness/shim/shim.h"

/* Puts part and its NUL at to, where the caller has room for them. Where the next part goes. */
char *path_put(char *to, const char *part);
/* In decimal: at most ten digits, and the NUL. */
char *path_put_number(char *to, uint32_t v);
/*
 * The file at path into size > 0 bytes, NUL-terminated; what is longer is cut.
 * Its bytes, or -errno of opening or of the last read.
 */
ssize_t path_load(struct shim *s, const char *path, char *buf, size_t size);

#endif
