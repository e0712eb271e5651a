/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The survey: the conversation that `hiod capture` has with a kernel. It asks
 * each device and each backend what the profiles of hiod/ would ask, and more:
 * every argsz, size and data_len that any of them sends, and the facts of
 * sysfs. describe() makes a host of what was answered.
 *
 * Where the plan asks for vDPA devices, their nodes are opened, which resets
 * them; without that only sysfs is asked about them.
 *
 * It changes nothing else: no mapping, no write, no binding; what it opens or makes
 * it closes and destroys, in order. A device that VFIO opens is reset by the
 * kernel, as by every user of VFIO. Whatever fails, it goes on with what is
 * still possible.
 */
#ifndef HIOD_CAPTURE_SURVEY_H
#define HIOD_CAPTURE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/capture/error.h"
#include "harness/shim/shim.h"

/* What there is to survey. Owns its strings; survey_plan_free(). */
struct survey_plan {
	char **devices; /* BDFs: "0000:00:05.0", in this order */
	size_t ndevices;
	char **units; /* names in /sys/class/iommu, sorted */
	size_t nunits;
	/* On the vdpa bus, each with its node's directory: "vdpa0/vhost-vdpa-0", "vdpa1". */
	char **vdpas;
	size_t nvdpas;
	/* Open the nodes of vDPA devices too, which resets them. Not set by survey_plan_make(). */
	bool ask_vdpa;
};

enum survey_which {
	SURVEY_BOUND, /* PCI devices that a VFIO driver has */
	SURVEY_ALL,   /* every PCI device */
	SURVEY_NAMED, /* those given */
};

/*
 * Looks around. What is looked at for this is no part of the conversation, so s
 * is better not a recorder. bdf: n names for SURVEY_NAMED, "00:05.0" is taken
 * for "0000:00:05.0"; kept in their order, each once; none is a plan of the IOMMU
 * units and what else the host has. 0; -EINVAL: not the name
 * of a PCI device; -ENODEV: there is nothing to survey, and err says why;
 * -ENOMEM. The plan is empty after a failure.
 */
int survey_plan_make(struct shim *s, enum survey_which which, const char *const *bdf, size_t n,
		     struct survey_plan *plan, struct capture_error *err);
void survey_plan_free(struct survey_plan *plan);

/*
 * The names of all PCI devices, as survey_plan_make() would find them with
 * SURVEY_ALL, whether or not there are any; the caller frees each and the array.
 */
int survey_pci(struct shim *s, char ***bdf, size_t *n);

/* How far a backend was followed: 0 to its end, or the negative errno of the step that ended it. */
struct survey_answer {
	int legacy;
	int iommufd;
	int compat; /* the container's requests on /dev/iommu */
};

struct survey_hooks {
	/* Before each stage of each device, which is the ith (from 0) of n. */
	void (*progress)(void *ctx, size_t i, size_t n, const char *bdf, const char *stage);
	/* What is missing or refused, once for each path: "/dev/iommu: No such file or directory". */
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

/*
 * The names of all vhost-vdpa nodes, "vhost-vdpa-0"; none is opened. The caller
 * frees each and the array. 0 or -ENOMEM.
 */
int survey_vdpa(struct shim *s, char ***nodes, size_t *n);

/*
 * Holds the conversation on s. hooks, and members of it, may be NULL; answers
 * has room for plan->ndevices, or is NULL. 0, or -ENOMEM: then it was cut
 * short, in order.
 */
int survey(struct shim *s, const struct survey_plan *plan, const struct survey_hooks *hooks,
	   struct survey_answer *answers);

/*
 * The ACPI table that tells of VT-d units. *data is the caller's to free.
 * Bytes, 0 where there is none, or a negative errno. It is no part of the
 * conversation: no client of VFIO asks for it.
 */
ssize_t survey_dmar(struct shim *s, uint8_t **data);

#endif
