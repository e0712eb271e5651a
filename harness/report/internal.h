/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#ifndef HIOD_REPORT_INTERNAL_H
#define HIOD_REPORT_INTERNAL_H

#include "harness/report/report.h"

#define REPORT_BACKENDS 2  /* legacy, iommufd: those that QEMU checks */
#define REPORT_MAPS_MAX 4  /* different maps drawn of one host */
#define REPORT_RANGES	48 /* ranges and holes kept of one map */

/* How many devices of a host got which answer. */
struct report_cell {
	unsigned int n[HIOD_HANG + 1];
	bool asked; /* this version has such an option */
};

/* The addresses of a unit's devices. */
struct report_map {
	char *unit;
	unsigned int bits; /* of the highest usable address; 0: none are known */
	bool assumed;	   /* the width was */
	bool locked;	   /* the devices cannot be opened */
	unsigned int devices;
	struct host_range *range;
	size_t nranges, more_ranges;
	struct host_region *hole;
	size_t nholes, more_holes;
};

struct report_host {
	char *name, *kernel, *source, *origin;
	unsigned int version; /* of the kernel, major << 16 | minor; 0: not known */
	unsigned int devices;
	unsigned int bits; /* the least of its maps; 0: not known */
	struct report_cell cell[EXPLAIN_CONFIGS][REPORT_BACKENDS];
	enum hiod_answer answer; /* of the default vIOMMU, the worst; HIOD_SKIPPED: no device */
	struct report_map map[REPORT_MAPS_MAX];
	size_t nmaps, more_maps;
	uint32_t problems; /* bit by enum problem_id */
};

struct report {
	const struct hiod_profile *profile;
	struct report_host *host;
	size_t n, room;
};

_Static_assert(PROBLEM_COUNT <= 32, "one bit each");

/* Fills *out, zeroed, from h. 0 or -ENOMEM; report_host_free() in either case. */
int report_gather(const struct hiod_profile *p, const char *name, const struct host *h,
		  struct report_host *out);
void report_host_free(struct report_host *rh);

/* The maps of host number i, and what all maps share (once, in front of them). */
struct out;
void report_map_defs(struct out *o, unsigned int viommu_bits);
void report_maps(struct out *o, const struct report_host *rh, size_t i);

extern const char report_style[];

#endif
