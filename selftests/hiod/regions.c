// SPDX-License-Identifier: GPL-2.0-or-later
/* See regions.h. */
#include "selftests/hiod/regions.h"

#include <inttypes.h>
#include <stdio.h>

const char *show_regions(const struct hiod_resv_regions *l)
{
	static char buf[2048];
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; l && i < l->n; i++)
		n += snprintf(buf + n, sizeof(buf) - n, "%s%" PRIx64 ":%" PRIx64 ":%d",
			      i ? " " : "", l->r[i].range.start, l->r[i].range.last, l->r[i].type);
	return l ? buf : "none";
}
