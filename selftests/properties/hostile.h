/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile kernel: a shim backend over the model whose every reply the
 * choices may change: an errno, a field, all bytes, nothing written at all, a
 * result that is none. A file whose opening was changed is none of the model's:
 * it is answered from the choices alone.
 *
 * It keeps the books: which descriptors it gave out, and what the last reply
 * about IOVA ranges was worth.
 */
#ifndef HIOD_PROPERTIES_HOSTILE_H
#define HIOD_PROPERTIES_HOSTILE_H

#include "harness/property/choices.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"
#include "selftests/properties/oracle.h"

#define HOSTILE_FDS   64
#define HOSTILE_CALLS 20000 /* more means that somebody hangs */

struct hostile {
	struct shim shim;
	struct shim *under;
	struct choices *c;
	unsigned int percent; /* of the calls that are changed, with a seeded stream */
	unsigned int calls, changed;
	unsigned int refused; /* attachments to a page table */
	bool hangs; /* HOSTILE_CALLS was reached: every call but close fails from there on */
	/* What is open: by descriptor. */
	struct {
		int fd;
		uint8_t kind; /* enum uapi_fd */
		bool made_up; /* not the model's */
	} open[HOSTILE_FDS];
	size_t nopen;
	int next_fd;
	const char *misuse; /* what no client may do: "closed twice" */
	bool mdev;	    /* a link said that the device is mediated */
	bool told;	    /* ranges were asked for */
	struct oracle ranges;
};

/*
 * under may be NULL: all is made up. percent 0: an honest kernel, which draws
 * no choices; only the books are kept. Nothing to free.
 */
void hostile_init(struct hostile *h, struct shim *under, struct choices *c, unsigned int percent);

#endif
