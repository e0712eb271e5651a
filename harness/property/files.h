/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved inputs: the driver that needs no fuzzer. A directory holds one
 * directory for each property, and in those the inputs, under any name:
 * corpus/fuzz and corpus/regressions.
 */
#ifndef HIOD_PROPERTY_FILES_H
#define HIOD_PROPERTY_FILES_H

#include "harness/property/property.h"

/* No fuzzer makes longer inputs here, and no regression needs one. */
#define FILES_INPUT_MAX (1u << 20)

struct files_result {
	unsigned int inputs; /* run */
	unsigned int failed; /* of them; each was told on stderr */
};

/*
 * Runs every input of dir/p->name, in the order of their names; a property
 * without such a directory has no inputs. 0, -ENOMEM, or -errno of what could
 * not be read (told on stderr).
 */
int files_run(const struct property *p, const char *dir, struct files_result *r);
/* One file. PROPERTY_FAIL also when it cannot be read; both are told on stderr. */
enum property_result files_run_one(const struct property *p, const char *path);

#endif
