/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hiod explain prints of one host, as text and as JSON. */
#ifndef HIOD_CLI_EXPLAIN_PRINT_H
#define HIOD_CLI_EXPLAIN_PRINT_H

#include <stdbool.h>

#include "harness/explain/problems.h"

struct explain_options {
	const struct hiod_profile *profile; /* whose words for the guest */
	const char *device;		    /* NULL: all */
	bool has_guest, json, problems_only;
	const struct problem *only; /* of the problems; NULL: all */
	struct guest guest;
	struct fixed_iova iova; /* size 0: none */
};

/* "direct", ... as in sysfs. */
extern const char *const explain_region_types[HOST_REGION_NR];

/* To stdout. 0 or -ENOMEM. */
int explain_print_text(const struct explain_options *o, const struct host *h,
		       const struct findings *f);
/* One object on one line. */
int explain_print_json(const struct explain_options *o, const struct host *h,
		       const struct findings *f);

#endif
