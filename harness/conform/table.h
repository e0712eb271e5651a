/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was called and what came of it: (kind of fd, request, result), counted;
 * and the list of the results that a kernel must be able to give, so that a
 * run can be asked whether it has seen them.
 */
#ifndef HIOD_CONFORM_TABLE_H
#define HIOD_CONFORM_TABLE_H

#include "harness/capture/host.h"
#include "harness/conform/ability.h"
#include "harness/conform/call.h"

#define TABLE_SLOTS 2048

struct table_entry {
	uint8_t op;   /* enum call_op */
	uint8_t kind; /* enum uapi_fd: what the request is for */
	uint8_t on;   /* enum uapi_fd: what it was made on */
	uint32_t req;
	int err; /* positive; 0: success */
	uint64_t count;
};

/* Zeroed before first use. */
struct table {
	struct table_entry v[TABLE_SLOTS];
	size_t n;
	uint64_t calls;
	uint64_t succeeded;
	bool full; /* entries were lost */
};

/* on: the kind of fd that the call was really made on; UNKNOWN: not open. */
void table_count(struct table *t, const struct call *c, enum uapi_fd on, int ret);
/* How often a request gave a result (0: success) on a kind of fd. */
uint64_t table_hits(const struct table *t, enum uapi_fd kind, uint32_t req, int err);
/* The same for opening a node of a kind. */
uint64_t table_opens(const struct table *t, enum uapi_fd kind, int err);
void table_print(FILE *f, const struct table *t);

/* A result that the kernel's source allows. */
struct expected {
	uint8_t kind; /* enum uapi_fd: the fd it is made on */
	bool open;    /* it is the result of opening such a node */
	uint32_t req;
	int err; /* positive; 0: success */
	/* Features that must be there, and that must not: bits of enum host_feature. */
	uint32_t need, lack;
	uint32_t able;	 /* ABLE_*: what the host must be able to */
	uint8_t more;	 /* how much more often than others it is aimed at */
	const char *why; /* not NULL: no run reaches it, and the reason */
};

extern const struct expected expected[];
extern const size_t nexpected;

struct coverage {
	unsigned int hit;	/* at least `want` times */
	unsigned int few;	/* not so often, and nothing explains it */
	unsigned int elsewhere; /* not on this kernel or host */
	unsigned int never;	/* with a reason */
};

/*
 * Prints the results that were not seen want times: those that should have
 * been, those that this kernel or host does not give, and those that no run
 * reaches, each with its reason. able: of host_able(). f: NULL for nothing
 * printed.
 */
void coverage_print(FILE *f, const struct table *t, const struct host *h, uint32_t able,
		    uint64_t want, struct coverage *out);

#endif
