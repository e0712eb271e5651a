/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reply is worth, told a second time and in another way than hiod/
 * does: no anomalies, no order of lookups, only whether a kernel may answer so
 * and which addresses it then allows.
 */
#ifndef HIOD_PROPERTIES_ORACLE_H
#define HIOD_PROPERTIES_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/uapi/uapi.h"
#include "hiod/range.h"

enum oracle_says {
	ORACLE_FINE,
	ORACLE_MISSING,	  /* no range is told */
	ORACLE_MALFORMED, /* no kernel may say that */
};

#define ORACLE_RANGES 4096

struct oracle {
	enum oracle_says says;
	const char *why; /* what is malformed */
	/* FINE: sorted, merged. */
	struct hiod_range r[ORACLE_RANGES];
	size_t n;
};

/* n ranges as a kernel told them. Touching ones are one. */
void oracle_ranges(struct oracle *o, const void *ranges, size_t n);
/* A whole VFIO_IOMMU_GET_INFO reply of len bytes. */
void oracle_type1(struct oracle *o, const void *reply, size_t len);
/* Room that the caller of a request about ranges gives, before the call: bytes, or entries. */
uint32_t oracle_room(uint32_t req, const void *arg);
/*
 * A reply on a kind of fd, if it is about ranges: false when it is not. room:
 * as it was before the call; array: where the caller wanted entries, NULL: nowhere.
 */
bool oracle_reply(struct oracle *o, enum uapi_fd kind, uint32_t req, const void *arg, uint32_t room,
		  const void *array, int ret);
/* Bits of the highest address; 64 when no range is known, as QEMU has it. */
int oracle_aw_bits(const struct oracle *o);

#endif
