// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of anomalies; see anomaly.h. */
#include "hiod/anomaly.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "hiod/profile.h"

const char *hiod_answer_name(enum hiod_answer a)
{
	static const char *const name[] = {
		[HIOD_ACCEPTED] = "accepted", [HIOD_REFUSED] = "refused", [HIOD_ERROR] = "error",
		[HIOD_UNKNOWN] = "unknown",   [HIOD_SKIPPED] = "skipped", [HIOD_ABORT] = "abort",
		[HIOD_HANG] = "hang",
	};

	return name[a];
}

/* How the message uses a and b. */
enum args { ARGS_NONE, ARGS_NUMBERS, ARGS_ERRNO };

/*
 * qemu: what QEMU does from version `since` on; before that it goes on. Where
 * it reads outside a heap buffer (CHAIN_OUTSIDE, NUM_IOVAS_GREW) the outcome
 * is undefined and the worst is named; where it reads bytes of its own buffer
 * that nobody wrote (REPLY_UNWRITTEN) nothing can be said.
 */
static const struct row {
	enum hiod_answer verdict, qemu;
	unsigned since;
	enum args args;
	const char *fmt;
	const char *hint;
} table[HIOD_ANOMALY_COUNT] = {
	[HIOD_ANOMALY_RANGES_FALLBACK] = {
		HIOD_UNKNOWN, HIOD_ACCEPTED, 0, ARGS_ERRNO,
		"Cannot get IOVA ranges: %s",
		"Fallback to default 64bit IOVA range and 4K page size",
	},
	[HIOD_ANOMALY_VIOMMU_UNCHECKED] = {
		HIOD_UNKNOWN, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"virtio-iommu knows no IOVA ranges of the host, so page sizes are not compared: 0x%" PRIx64
		" of the host, 0x%" PRIx64 " of its own",
	},
	[HIOD_ANOMALY_LISTED_FIRST] = {
		HIOD_UNKNOWN, HIOD_ACCEPTED, 0, ARGS_NONE,
		"the device comes before the vIOMMU: nothing is compared, and the vIOMMU does not translate for it",
		"list the vIOMMU before the device",
	},
	[HIOD_ANOMALY_NO_RANGES] = {
		HIOD_UNKNOWN, HIOD_ACCEPTED, 0, ARGS_NONE,
		"the kernel reports no usable IOVA ranges: host address width unknown (QEMU takes 64 bits)",
	},
	[HIOD_ANOMALY_RANGES_TOUCH] = {
		HIOD_ACCEPTED, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"host IOVA range 0x%" PRIx64 "-0x%" PRIx64 " starts where the one before it ends",
	},
	[HIOD_ANOMALY_RANGES_UNSORTED] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"host IOVA ranges are not sorted: 0x%" PRIx64 "-0x%" PRIx64
		" lies below the one before it",
	},
	[HIOD_ANOMALY_RANGES_OVERLAP] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"host IOVA ranges overlap: 0x%" PRIx64 "-0x%" PRIx64 " and the one before it",
	},
	[HIOD_ANOMALY_RANGE_EMPTY] = {
		HIOD_ERROR, HIOD_ABORT, 0, ARGS_NUMBERS,
		"host IOVA range starts at 0x%" PRIx64 " and ends at 0x%" PRIx64
		" (QEMU aborts: range_set_bounds: Assertion `!range_is_empty(range)' failed)",
	},
	[HIOD_ANOMALY_RANGE_INVERTED] = {
		HIOD_ERROR, HIOD_ABORT, 0, ARGS_NUMBERS,
		"host IOVA range starts at 0x%" PRIx64 " and ends at 0x%" PRIx64
		" (QEMU aborts: range_invariant: Assertion `range->lob <= range->upb ||"
		" range->lob == range->upb + 1' failed)",
	},
	[HIOD_ANOMALY_REPLY_UNWRITTEN] = {
		HIOD_ERROR, HIOD_UNKNOWN, 0, ARGS_NUMBERS,
		"the kernel wrote %" PRIu64 " host IOVA ranges and announced more"
		" (QEMU reads uninitialised memory)",
	},
	[HIOD_ANOMALY_CHAIN_CYCLE] = {
		HIOD_ERROR, HIOD_HANG, 0, ARGS_NUMBERS,
		"capability chain loops back to offset 0x%" PRIx64 " (QEMU follows it for ever)",
	},
	[HIOD_ANOMALY_CHAIN_CYCLE_LATE] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"capability chain loops back to offset 0x%" PRIx64,
	},
	[HIOD_ANOMALY_CHAIN_OUTSIDE] = {
		HIOD_ERROR, HIOD_ABORT, 0, ARGS_NUMBERS,
		"capability at offset %" PRIu64 " leaves the reply of %" PRIu64
		" bytes (QEMU reads past its buffer)",
	},
	[HIOD_ANOMALY_CHAIN_OUTSIDE_LATE] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"capability at offset %" PRIu64 " leaves the reply of %" PRIu64 " bytes",
	},
	[HIOD_ANOMALY_CHAIN_IN_HEADER] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"capability at offset %" PRIu64 " lies inside the structure before the capabilities",
	},
	[HIOD_ANOMALY_ARGSZ_UNSETTLED] = {
		HIOD_ERROR, HIOD_HANG, 0, ARGS_NUMBERS,
		"argsz does not settle: %" PRIu64 " bytes wanted after %" PRIu64
		" calls (QEMU grows its buffer for ever)",
	},
	[HIOD_ANOMALY_ARGSZ_SHRANK] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"the kernel was given %" PRIu64 " bytes and says that it has only %" PRIu64,
	},
	[HIOD_ANOMALY_NUM_IOVAS_GREW] = {
		HIOD_ERROR, HIOD_ABORT, 0, ARGS_NUMBERS,
		"the kernel was given room for %" PRIu64 " IOVA ranges and claims to have written %" PRIu64
		" (QEMU reads past its buffer)",
	},
	[HIOD_ANOMALY_NUM_IOVAS_HUGE] = {
		HIOD_ERROR, HIOD_ABORT, 0, ARGS_NUMBERS,
		"the kernel claims %" PRIu64 " IOVA ranges (QEMU computes their size in an int)",
	},
	[HIOD_ANOMALY_HW_INFO_SHORT] = {
		HIOD_ERROR, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"the kernel has %" PRIu64 " bytes of VT-d data where %" PRIu64 " are defined",
	},
	[HIOD_ANOMALY_PASID_WIDTH] = {
		HIOD_ERROR, HIOD_ABORT, HIOD_VERSION(11, 0), ARGS_NUMBERS,
		"the kernel claims %" PRIu64 " bits of PASID where PCIe has %" PRIu64
		" (QEMU aborts on an assertion)",
	},
	[HIOD_ANOMALY_MIXED_BACKENDS] = {
		HIOD_ERROR, HIOD_ABORT, HIOD_VERSION(10, 2), ARGS_NONE,
		"a legacy and an iommufd device share an address space (QEMU aborts in a type cast)",
	},
	[HIOD_ANOMALY_PROBE_FULL] = {
		HIOD_REFUSED, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"the host leaves %" PRIu64 " reserved regions, and virtio-iommu can tell a guest of %" PRIu64
		" (the guest's driver gets an error)",
	},
	[HIOD_ANOMALY_NO_ROOM] = {
		HIOD_REFUSED, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"the host leaves a guest of virtio-iommu nothing to map: up to 0x%" PRIx64
		" no page of 0x%" PRIx64 " bytes is free of reserved regions",
	},
	[HIOD_ANOMALY_ALIAS_UNSEEN] = {
		HIOD_REFUSED, HIOD_ACCEPTED, 0, ARGS_NUMBERS,
		"several devices appear to virtio-iommu as slot %" PRIu64 ", function %" PRIu64
		", which it does not support (QEMU misses it: no reserved ranges of the host)",
	},
	[HIOD_ANOMALY_STALE_RANGES] = {
		HIOD_ACCEPTED, HIOD_REFUSED, 0, ARGS_NUMBERS,
		"virtio-iommu keeps the ranges of a device that it refused as slot %" PRIu64
		", function %" PRIu64 ", and takes the next one there for an alias",
	},
	[HIOD_ANOMALY_VDPA_RANGE] = {
		HIOD_ERROR, HIOD_UNKNOWN, 0, ARGS_NUMBERS,
		"vhost-vdpa's IOVA range starts at 0x%" PRIx64 " and ends at 0x%" PRIx64,
	},
	[HIOD_ANOMALY_VDPA_UNCUT] = {
		HIOD_UNKNOWN, HIOD_UNKNOWN, 0, ARGS_ERRNO,
		"Cannot get the reserved regions of the device: %s",
	},
};

void hiod_anomaly_note(struct hiod_anomalies *an, enum hiod_anomaly kind, uint64_t a, uint64_t b)
{
	if (an->seen & (1u << kind))
		return;
	an->seen |= 1u << kind;
	an->arg[kind].a = a;
	an->arg[kind].b = b;
}

enum hiod_answer hiod_anomaly_qemu(const struct hiod_profile *p, enum hiod_anomaly kind)
{
	return p->version >= table[kind].since ? table[kind].qemu : HIOD_ACCEPTED;
}

enum hiod_answer hiod_anomaly_verdict(enum hiod_anomaly kind)
{
	return table[kind].verdict;
}

void hiod_anomaly_message(const struct hiod_anomalies *an, enum hiod_anomaly kind, char *buf,
			  size_t len)
{
	const struct row *r = &table[kind];
	uint64_t a = an->arg[kind].a, b = an->arg[kind].b;

	switch (r->args) {
	case ARGS_NONE: snprintf(buf, len, "%s", r->fmt); break;
	case ARGS_ERRNO: snprintf(buf, len, r->fmt, strerror((int)a)); break;
	case ARGS_NUMBERS: snprintf(buf, len, r->fmt, a, b); break;
	}
}

const char *hiod_anomaly_hint(enum hiod_anomaly kind)
{
	return table[kind].hint ? table[kind].hint : "";
}

enum hiod_anomaly hiod_anomaly_fatal(const struct hiod_anomalies *an, const struct hiod_profile *p)
{
	for (uint32_t seen = an->seen; seen; seen &= seen - 1) {
		enum hiod_anomaly kind = (enum hiod_anomaly)__builtin_ctz(seen);
		enum hiod_answer q = hiod_anomaly_qemu(p, kind);

		/* A refusal is an answer like others: QEMU lives on. */
		if (q != HIOD_ACCEPTED && q != HIOD_REFUSED)
			return kind;
	}
	return HIOD_ANOMALY_COUNT;
}

enum hiod_anomaly hiod_anomaly_worst(const struct hiod_anomalies *an)
{
	enum hiod_anomaly worst = HIOD_ANOMALY_COUNT;

	for (uint32_t seen = an->seen; seen; seen &= seen - 1) {
		unsigned i = (unsigned)__builtin_ctz(seen);
		enum hiod_answer v = table[i].verdict;

		if (v == HIOD_ACCEPTED)
			continue;
		if (v == HIOD_ERROR)
			return (enum hiod_anomaly)i;
		if (worst == HIOD_ANOMALY_COUNT ||
		    (v == HIOD_REFUSED && table[worst].verdict == HIOD_UNKNOWN))
			worst = (enum hiod_anomaly)i;
	}
	return worst;
}

int hiod_fail_anomaly(struct hiod_anomalies *an, enum hiod_anomaly kind, uint64_t a, uint64_t b,
		      struct hiod_error *err)
{
	hiod_anomaly_note(an, kind, a, b);
	err->code = -EPROTO;
	err->fail = HIOD_FAIL_ANOMALY;
	err->hint[0] = '\0';
	if (!err->quiet)
		hiod_anomaly_message(an, kind, err->message, sizeof(err->message));
	return -EPROTO;
}
