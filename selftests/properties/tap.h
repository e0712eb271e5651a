/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend that watches another: it counts the calls, knows which the nth one
 * was, and lies about that one's reply when it is told to. Failures by errno
 * are the business of the fault backend below it.
 */
#ifndef HIOD_PROPERTIES_TAP_H
#define HIOD_PROPERTIES_TAP_H

#include "harness/shim/backends.h"
#include "harness/uapi/uapi.h"
#include "selftests/properties/oracle.h"

enum tap_lie {
	TAP_TRUTH,
	TAP_SILENT,   /* success, and nothing was written */
	TAP_AFTER,    /* all was done, and then EINTR */
	TAP_FIELD,    /* an output field has another value */
	TAP_POSITIVE, /* a result above 0 where there is none */
	TAP_LIES,
};

#define TAP_VALUES 5 /* that a field may get instead */
#define TAP_FDS	   64

struct tap {
	struct shim shim;
	struct shim *under;
	struct shim
		*later;	  /* not NULL: the backend that its user puts in its place, when it wants */
	unsigned int nth; /* the call to look at, from 1 */
	enum tap_lie lie;
	unsigned int field, value; /* of TAP_FIELD: which output, and which value */
	/* What happened. */
	unsigned int calls;
	enum shim_op op; /* of the nth call */
	uint32_t req;	 /* of a message to vhost-vdpa: its type */
	enum uapi_fd kind;
	char path[128];
	int ret;
	bool lied; /* there was something to lie about */
	struct {
		int fd;
		enum uapi_fd kind;
	} open[TAP_FDS];
	size_t nopen;
	bool misuse; /* a descriptor was used that is not open */
	bool told;
	struct oracle ranges;
};

void tap_init(struct tap *t, struct shim *under, unsigned int nth);

#endif
