/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reserved regions as text, for comparisons. */
#ifndef HIOD_SELFTEST_REGIONS_H
#define HIOD_SELFTEST_REGIONS_H

#include "hiod/resv_region.h"

/*
 * "0:fff:0 1000:1fff:1": start, last, type, in hex; "none" for NULL. In static
 * memory, until the next call.
 */
const char *show_regions(const struct hiod_resv_regions *l);

#endif
