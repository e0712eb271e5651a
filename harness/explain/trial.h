/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's map on a host: each region is mapped by hiod's listener, through
 * the shim, into the model of the host, each alone so that every failure is
 * seen and not the first only.
 */
#ifndef HIOD_EXPLAIN_TRIAL_H
#define HIOD_EXPLAIN_TRIAL_H

#include "harness/explain/explain.h"
#include "harness/explain/guest.h"

/* Why a region cannot be mapped, by the host's usable ranges. */
enum trial_miss {
	TRIAL_NO_MISS,
	TRIAL_ABOVE, /* it ends above the highest usable address */
	TRIAL_HOLE,  /* it meets a hole below that */
	TRIAL_ELSE,  /* the kernel refused it for another reason */
};

struct trial_region {
	struct guest_region r;
	enum trial_miss miss;
	/* ABOVE: from the first unusable address to 2^64 - 1. HOLE: the hole. */
	struct host_range hole;
	int hole_type;	   /* enum host_region_type of the region that is the hole; -1: none is */
	char message[512]; /* QEMU's, its pointers as "0x..."; empty: mapped */
	bool fatal;	   /* QEMU ends; else it warns and goes on without this mapping */
};

struct trial {
	const struct hiod_profile *profile;
	enum hiod_backend backend;
	bool attached; /* false: the device could not even be opened: message says why */
	char message[512];
	struct host_range *ranges; /* usable ones; owned */
	size_t nranges;
	struct trial_region region[GUEST_REGIONS_MAX];
	size_t n;
	size_t misses;
};

/* Without a vIOMMU: those map when the guest asks. 0 or -ENOMEM; trial_free() in either case. */
int trial_run(const struct host *h, const struct host_device *d, const struct hiod_profile *p,
	      enum hiod_backend b, const struct guest_layout *l, struct trial *t);
void trial_free(struct trial *t);

/* Whether the device is behind AMD's IOMMU. */
bool trial_host_is_amd(const struct host *h, const struct host_device *d);

#endif
