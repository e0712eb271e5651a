/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls on both sides, one after the other, and whether they agree: result and
 * errno, every byte of the argument and behind its pointers, and the memory in
 * front of them, which nobody may touch. Fds and addresses differ by nature
 * and are renamed. Object ids are renamed too, but one to one for as long as
 * their context lives: who reuses an id when the other does not is seen.
 */
#ifndef HIOD_CONFORM_COMPARE_H
#define HIOD_CONFORM_COMPARE_H

#include "harness/capture/host.h"
#include "harness/conform/side.h"

struct verdict {
	bool differs;
	int ret[2];
	char what[320];
};

/*
 * Of what kind a difference is: the request, both results (all successes are
 * one), and the member or memory that differed.
 */
struct difference {
	uint8_t op; /* 0xff: the end of the sequence */
	uint32_t req;
	int ret[2];
	char what[24];
};

/* at: the call's index, seq->n for the end. */
void difference_of(struct difference *d, const struct sequence *seq, int at,
		   const struct verdict *v);
bool difference_same(const struct difference *a, const struct difference *b);

struct idpair {
	int16_t ctx; /* uid of the iommufd */
	uint32_t id[2];
};

struct pair {
	struct side side[2];
	const char *name[2]; /* "kernel", "model" */
	struct region map;
	/* The paths of the closing check: groups and cdevs of these devices. */
	const struct host *host;
	bool no_vfio; /* the host is described without VFIO and iommufd: they are not asked */
	/*
	 * Makes side 1 anew after a difference, whose traces might otherwise
	 * show in later sequences. NULL: not possible.
	 */
	struct shim *(*renew)(void *ctx, const struct uapi_mem *mem);
	void *renew_ctx;
	/* Of the sequence. */
	struct idpair ids[128];
	size_t nids;
	int16_t ctx_of[SEQUENCE_MAX]; /* of a bound device's fd */
};

/* Memory of both sides; the shims are set by the caller afterwards. -ENOMEM. */
int pair_init(struct pair *p);
/* Frees memory and, with renew, side 1's shim. */
void pair_free(struct pair *p);

/* Other memory for mappings: shared. -ENOMEM: the pair is then as after pair_free(). */
int pair_share(struct pair *p);

void pair_begin(struct pair *p);
/* v: what came of it. */
void pair_call(struct pair *p, const struct call *c, struct verdict *v);
/*
 * Closes what the sequence left open, in the order of the calls or, with
 * reverse, the other way round, and then asks both sides what is left: groups
 * open and have their status, cdevs open, the container answers.
 */
void pair_end(struct pair *p, bool reverse, struct verdict *v);
/* After a difference: side 1 anew when that is possible. -ENOMEM. */
int pair_renew(struct pair *p);

/*
 * The whole sequence. The index of the call that differed, seq->n when only
 * the end did, -1 when nothing did.
 */
int pair_run(struct pair *p, const struct sequence *seq, struct verdict *v);

#endif
