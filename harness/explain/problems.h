/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Problems that people report, each recognised by name in a host (and the
 * guest that is to run on it). docs/problems.md is the table for readers; the
 * numbers are its rows. A problem is found by asking the model or the rules of
 * the host, never by the name of the machine.
 */
#ifndef HIOD_EXPLAIN_PROBLEMS_H
#define HIOD_EXPLAIN_PROBLEMS_H

#include "harness/explain/explain.h"
#include "harness/explain/guest.h"
#include "harness/explain/trial.h"

enum problem_id {
	PROBLEM_DEFAULT_WIDTH,
	PROBLEM_BAR_ABOVE,
	PROBLEM_PLATFORM_WIDER,
	PROBLEM_PHYS_BITS_OVERRULED,
	PROBLEM_EMULATED_BAR_ABOVE,
	PROBLEM_MGAW,
	PROBLEM_IOMMUFD_SILENT,
	PROBLEM_AMD_HOLE,
	PROBLEM_RAM_OVER_MSI,
	PROBLEM_ISA_REGION,
	PROBLEM_RMRR,
	PROBLEM_ONE_TO_ONE,
	PROBLEM_NESTED,
	PROBLEM_ODD_WIDTH,
	PROBLEM_UNCHECKED_ORDER,
	PROBLEM_FIXED_IOVA,
	/* Not among the fifteen: they follow from the same rules. */
	PROBLEM_BELOW_39,
	PROBLEM_FIRST_STAGE_BIT,
	PROBLEM_IOMMUFD_ATTACH,
	PROBLEM_NO_REMAPPING,
	PROBLEM_RAM_ABOVE,
	PROBLEM_COUNT,
};

struct problem {
	int number;	   /* row of docs/problems.md, 1-15; 0: none of the fifteen */
	const char *slug;  /* stable */
	const char *title; /* a few words */
};

/* NULL past the end. */
const struct problem *problem_at(size_t id);

struct finding {
	enum problem_id id;
	char where[200]; /* a device, or units that are alike */
	char seen[700];	 /* the numbers, and QEMU's or the kernel's words */
	char remedy[500];
};

struct findings {
	struct finding *v;
	size_t n, room;
	bool no_memory;
	struct finding spare; /* what cannot be kept is written here */
};

/* An address that a program of the user's has built in. */
struct fixed_iova {
	uint64_t start, size; /* size 0: none was given */
};

/*
 * All of a host; device: of that device only, or NULL. guest and iova may be
 * NULL. 0 or -ENOMEM; the caller frees with findings_free() in either case.
 */
int problems_find(const struct host *h, const char *device, const struct guest *guest,
		  const struct fixed_iova *iova, struct findings *out);
void findings_free(struct findings *f);

/* For the finders: adds one. */
__attribute__((format(printf, 4, 5))) struct finding *findings_add(struct findings *f,
								   enum problem_id id,
								   const char *where,
								   const char *seen, ...);
__attribute__((format(printf, 2, 3))) void finding_remedy(struct finding *f, const char *fmt, ...);

/* Of a unit; d: a device behind it, NULL: none is described. 0 or -ENOMEM. */
int problems_of_unit(const struct host *h, size_t unit, const struct host_device *d,
		     struct findings *f);
int problems_of_device(const struct host *h, const struct host_device *d, struct findings *f);
int problems_of_guest(const struct host *h, const struct host_device *d, const struct guest *g,
		      struct findings *f);
int problems_of_iova(const struct host *h, const struct host_device *d,
		     const struct fixed_iova *iova, struct findings *f);

#endif
