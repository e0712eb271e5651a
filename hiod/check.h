/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question: would this QEMU start with this vIOMMU and this device of this
 * host? Asked by doing what QEMU does, on a shim, and undoing it again.
 */
#ifndef HIOD_CHECK_H
#define HIOD_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "harness/shim/shim.h"
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/memory.h"
#include "hiod/profile.h"
#include "hiod/range.h"

/*
 * How the device is given to the guest: by VFIO with a container, by VFIO with
 * an iommufd, or as a virtio device over vhost-vdpa, whose host IOMMU device no
 * QEMU has: what QEMU says of that is unknown.
 */
enum hiod_backend { HIOD_BACKEND_LEGACY, HIOD_BACKEND_IOMMUFD, HIOD_BACKEND_VDPA };
#define HIOD_BACKENDS 3

/* Borrowed for the length of the call. */
struct hiod_check {
	const struct hiod_profile *profile;
	const char *machine; /* -machine syntax, see machine.h; NULL: the profile's q35 */
	const char *viommu;  /* -device syntax: "intel-iommu,aw-bits=48"; NULL: none */
	/* Bridges and the device's place, a -device option a line: machine.h. NULL: pcie.0 */
	const char *topology;
	bool device_first; /* the device stands before the vIOMMU on the command line */
	enum hiod_backend backend;
	/* "0000:00:05.0", or a sysfs path as of sysfsdev=; with vDPA "/dev/vhost-vdpa-0" */
	const char *bdf;
	const struct hiod_mem_region *mem; /* guest memory to map; may be none */
	size_t nmem;
};

struct hiod_verdict {
	enum hiod_answer verdict; /* ours */
	/* That version's, on these replies; HIOD_UNKNOWN where it cannot be told. */
	enum hiod_answer qemu;
	enum hiod_stage stage;	   /* where it ended; HIOD_STAGE_CHECK when accepted */
	int host_aw_bits;	   /* -1: not known */
	struct hiod_range *ranges; /* of the host, sorted and merged; NULL: not known */
	size_t nranges;
	/*
	 * What QEMU prints behind "-device ...: ", ours where QEMU prints
	 * nothing, empty when accepted.
	 */
	char message[1024];
	char hint[512]; /* QEMU's own hint, or what would fit; may be empty */
	/*
	 * Of an accepted device: what its host lacks and QEMU does not look at,
	 * bits by enum intel_iommu_warning (intel_iommu.h).
	 */
	uint32_t warnings;
};

/* Leaves nothing open in s. v is filled in any case; free it with hiod_verdict_free(). */
void hiod_check_run(struct shim *s, const struct hiod_check *c, struct hiod_verdict *v);
void hiod_verdict_free(struct hiod_verdict *v);

/* "config", "open", "realize", "check". hiod_answer_name() is in anomaly.h. */
const char *hiod_stage_name(enum hiod_stage stage);

#endif
