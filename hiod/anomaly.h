/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel replies that no kernel should give, and what else makes QEMU's answer
 * differ from ours, named once.
 *
 * For each: what QEMU does on meeting it (goes on, aborts, never returns) and
 * what this code concludes. QEMU going on means that its own evaluation is
 * carried to the end: unsorted ranges are sorted as it sorts them, and may
 * still be too narrow.
 */
#ifndef HIOD_ANOMALY_H
#define HIOD_ANOMALY_H

#include <stddef.h>
#include <stdint.h>
#include "hiod/error.h"

struct hiod_profile;

/* The two answers of a check, and of an anomaly. */
enum hiod_answer {
	HIOD_ACCEPTED,
	HIOD_REFUSED,
	HIOD_ERROR,   /* the replies contradict themselves or the kernel's contract */
	HIOD_UNKNOWN, /* the replies do not tell */
	HIOD_SKIPPED, /* nothing to check */
	HIOD_ABORT,   /* QEMU's process ends by a signal, or loses its memory safety */
	HIOD_HANG,    /* QEMU never returns */
};

/* "accepted", "refused", "error", "unknown", "skipped", "abort", "hang". */
const char *hiod_answer_name(enum hiod_answer a);

enum hiod_anomaly {
	HIOD_ANOMALY_RANGES_FALLBACK,	 /* IOVA_RANGES failed; a: the errno, positive */
	HIOD_ANOMALY_VIOMMU_UNCHECKED,	 /* virtio-iommu; a, b: page sizes, the host's, its own */
	HIOD_ANOMALY_LISTED_FIRST,	 /* devices in front of the vIOMMU */
	HIOD_ANOMALY_NO_RANGES,		 /* no range capability, none in it, or num_iovas 0 */
	HIOD_ANOMALY_RANGES_TOUCH,	 /* a, b: a range that starts where the one before ended */
	HIOD_ANOMALY_RANGES_UNSORTED,	 /* a, b: a range below the one before it */
	HIOD_ANOMALY_RANGES_OVERLAP,	 /* a, b: a range that shares addresses with that before */
	HIOD_ANOMALY_RANGE_EMPTY,	 /* a, b: start == last + 1 */
	HIOD_ANOMALY_RANGE_INVERTED,	 /* a, b: start > last + 1 */
	HIOD_ANOMALY_REPLY_UNWRITTEN,	 /* a: number of ranges written; more was announced */
	HIOD_ANOMALY_CHAIN_CYCLE,	 /* a: offset; a capability lookup never ends */
	HIOD_ANOMALY_CHAIN_CYCLE_LATE,	 /* a: offset; a loop behind all that is looked up */
	HIOD_ANOMALY_CHAIN_OUTSIDE,	 /* a: offset, b: size; a lookup leaves the reply */
	HIOD_ANOMALY_CHAIN_OUTSIDE_LATE, /* a, b: the same behind all that is looked up */
	HIOD_ANOMALY_CHAIN_IN_HEADER,	 /* a: offset of a capability inside the fixed part */
	HIOD_ANOMALY_ARGSZ_UNSETTLED,	 /* a: bytes asked for last, b: rounds */
	HIOD_ANOMALY_ARGSZ_SHRANK,	 /* a: bytes passed, b: argsz of the reply */
	HIOD_ANOMALY_NUM_IOVAS_GREW,	 /* a: entries passed, b: entries claimed, with success */
	HIOD_ANOMALY_NUM_IOVAS_HUGE,	 /* a: entries claimed */
	HIOD_ANOMALY_HW_INFO_SHORT,	 /* a: bytes of VT-d data the kernel has, b: needed */
	HIOD_ANOMALY_PASID_WIDTH,    /* a: bits of PASID the host claims, b: most there can be */
	HIOD_ANOMALY_MIXED_BACKENDS, /* a legacy and an iommufd container in one address space */
	HIOD_ANOMALY_PROBE_FULL,     /* a: reserved regions of a device, b: most that QEMU tells */
	HIOD_ANOMALY_NO_ROOM,	   /* a: the guest's highest address, b: bytes of its least page */
	HIOD_ANOMALY_ALIAS_UNSEEN, /* a, b: slot and function that several devices appear as */
	HIOD_ANOMALY_STALE_RANGES, /* a, b: slot and function that keeps a refused one's ranges */
	HIOD_ANOMALY_VDPA_RANGE,   /* a, b: vhost-vdpa's range, which ends before it starts */
	HIOD_ANOMALY_VDPA_UNCUT,   /* a: the errno of what in sysfs has the reserved regions */
	HIOD_ANOMALY_COUNT
};

/* What a host's replies showed. Zero-initialised: nothing. The first of a kind is kept. */
struct hiod_anomalies {
	uint32_t seen; /* bit per enum hiod_anomaly */
	struct {
		uint64_t a, b;
	} arg[HIOD_ANOMALY_COUNT];
};
_Static_assert(HIOD_ANOMALY_COUNT <= 32, "one bit each");

void hiod_anomaly_note(struct hiod_anomalies *an, enum hiod_anomaly kind, uint64_t a, uint64_t b);
/* Notes one at which QEMU does not come back. Returns -EPROTO, err filled with our words. */
int hiod_fail_anomaly(struct hiod_anomalies *an, enum hiod_anomaly kind, uint64_t a, uint64_t b,
		      struct hiod_error *err);

/* What QEMU of that profile does: HIOD_ACCEPTED means it goes on. */
enum hiod_answer hiod_anomaly_qemu(const struct hiod_profile *p, enum hiod_anomaly kind);
/* What we say: HIOD_ACCEPTED (it does not weigh), HIOD_UNKNOWN, HIOD_REFUSED or HIOD_ERROR. */
enum hiod_answer hiod_anomaly_verdict(enum hiod_anomaly kind);
/* Our words for one that was seen; QEMU's own where it prints any. */
void hiod_anomaly_message(const struct hiod_anomalies *an, enum hiod_anomaly kind, char *buf,
			  size_t len);
/* QEMU's hint line for it, or "". */
const char *hiod_anomaly_hint(enum hiod_anomaly kind);

/*
 * The one seen at which QEMU of that profile ends or hangs, or
 * HIOD_ANOMALY_COUNT. There is at most one: nothing is read after it.
 */
enum hiod_anomaly hiod_anomaly_fatal(const struct hiod_anomalies *an, const struct hiod_profile *p);
/* The one seen that weighs most (error, refused, unknown), or HIOD_ANOMALY_COUNT. */
enum hiod_anomaly hiod_anomaly_worst(const struct hiod_anomalies *an);

#endif
