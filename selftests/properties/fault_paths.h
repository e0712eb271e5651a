/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paths through hiod/ whose calls the fault sweep lets fail: of each
 * version, by each backend, to each vIOMMU, on hosts that are always the same.
 */
#ifndef HIOD_PROPERTIES_FAULT_PATHS_H
#define HIOD_PROPERTIES_FAULT_PATHS_H

#include "hiod/check.h"
#include "selftests/properties/tap.h"

enum fault_path_kind {
	PATH_CHECK,  /* a start with one device */
	PATH_SECOND, /* a second device joins the first one's address space: its calls only */
	PATH_GUEST,  /* a start, and all that a guest does then: until the device is gone */
};

struct fault_path {
	const struct hiod_profile *profile;
	enum hiod_backend backend;
	enum fault_path_kind kind;
	char viommu[128]; /* "": none */
	bool first;	  /* with the guest's first stage, */
	bool pasids;	  /* and that of a PASID */
	size_t host;	  /* plain_model() */
};

struct fault_answer {
	enum hiod_answer verdict; /* of PATH_SECOND and _GUEST: accepted when every step was done */
	char message[1024];
};

/* The ith path; false past the end. */
bool fault_path_at(unsigned int i, struct fault_path *p);
/* Takes it. Of PATH_SECOND t->later, if any, comes in when the first device is there. */
void fault_path_run(const struct fault_path *p, struct tap *t, struct fault_answer *a);
/* "qemu-11.1 iommufd guest intel-iommu", for messages. */
void fault_path_name(const struct fault_path *p, char *name, size_t cap);

#endif
