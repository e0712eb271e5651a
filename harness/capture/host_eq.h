/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compare two host descriptions. */
#ifndef HIOD_CAPTURE_HOST_EQ_H
#define HIOD_CAPTURE_HOST_EQ_H

#include "harness/capture/host.h"

/*
 * True when the two say the same; names, which come from file names, do not
 * count. Otherwise where (cap bytes; may be NULL) gets the key path of the
 * first difference in the order of the file: "devices[0].regions[8].error".
 */
bool host_eq(const struct host *a, const struct host *b, char *where, size_t cap);

#endif
