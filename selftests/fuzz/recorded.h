/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies that kernels gave, as inputs of the properties that take a reply as bytes. */
#ifndef HIOD_FUZZ_RECORDED_H
#define HIOD_FUZZ_RECORDED_H

#include <stdbool.h>
#include <stddef.h>

/* Takes one input of len bytes; false: it could not, and no more are wanted. */
typedef bool recorded_take(void *ctx, const void *data, size_t len);

/*
 * The replies that the transcript at path has for a property: type1_info,
 * iova_ranges, hw_info; none for others. False: take() gave up. A file that
 * cannot be read has none. Of builds with JSON only.
 */
bool recorded_replies(const char *property, const char *path, recorded_take *take, void *ctx)
	__attribute__((weak));

#endif
