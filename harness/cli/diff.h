/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `hiod diff`, in pieces: diff.c says what was found, diff_host.c compares the
 * descriptions, diff_vtd.c two values of a VT-d register, diff_verdict.c what
 * becomes of devices on them.
 */
#ifndef HIOD_CLI_DIFF_H
#define HIOD_CLI_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/capture/host.h"
#include "harness/cli/text.h"
#include "hiod/check.h"

/* One thing that is not as it was. Strings live for the call; NULL: it was not, is not there. */
struct diff_change {
	const char *subject; /* "host", "unit", "device", "verdict" */
	const char *name;    /* which unit, device; NULL: of the host there is one */
	const char *key;     /* "kernel", "cap.MGAW" */
	const char *words;   /* what the key is; NULL: the key says it */
	const char *before, *after;
	/* Of a verdict: its backend, its vIOMMU, one profile or, for people, several. */
	const char *backend, *viommu, *profile;
};

struct diff {
	const struct host *a, *b;
	bool json;
	bool failed; /* no memory: not all was compared */
	size_t changes;
	struct text line; /* kept between changes */
};

/* Prints one change. */
void diff_say(struct diff *d, const struct diff_change *c);
/* The same where before and after differ. */
void diff_compare(struct diff *d, const struct diff_change *c);

/* Kernel, nodes, extensions of VFIO, units, devices with their regions. */
void diff_hosts(struct diff *d);

enum diff_register { DIFF_CAP, DIFF_ECAP };
/* The fields of a register of unit name in which two values differ, each by its name. */
void diff_vtd(struct diff *d, const char *name, enum diff_register r, uint64_t before,
	      uint64_t after);

/*
 * A device that both have: its IOVA ranges by backend, and what each version
 * of QEMU says of it with each of the default configurations.
 */
void diff_verdicts(struct diff *d, const struct host_device *a, const struct host_device *b);

#endif
