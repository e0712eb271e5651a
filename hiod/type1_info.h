/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reply of VFIO_IOMMU_GET_INFO: a fixed part and a chain of capabilities.
 *
 * Every step is bounded by the reply's size. What QEMU would do on a chain that
 * is not (never return, read past its buffer) becomes an anomaly, found at the
 * lookup at which QEMU would meet it.
 */
#ifndef HIOD_TYPE1_INFO_H
#define HIOD_TYPE1_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/range.h"

/* Room that the reply grows into is filled with this, so that what stays unwritten shows. */
#define HIOD_UNWRITTEN_BYTE 0xa5
#define HIOD_UNWRITTEN	    0xa5a5a5a5a5a5a5a5ull

/* No kernel has that many; a reply that asks for more is taken for one that never settles. */
#define HIOD_REPLY_MAX	 (1u << 20)
#define HIOD_REPLY_TRIES 32

/* Page size of the host: x86's, the only one that the vIOMMUs here are for. */
#define HIOD_HOST_PAGE_SIZE 4096u

struct type1_info {
	uint64_t pgsizes; /* bitmap */
	uint32_t dma_max_mappings;
	struct hiod_ranges iova_ranges; /* empty: not told */
	bool dirty_pages_supported;
	uint64_t dirty_pgsizes;		/* bitmap */
	uint64_t max_dirty_bitmap_size; /* bytes */
};

/*
 * Parses a reply of len bytes, len >= 24. info is filled as far as QEMU would
 * come; the caller frees info->iova_ranges in any case. Oddities go to an.
 * 0, -ENOMEM, or -EPROTO with HIOD_FAIL_ANOMALY where QEMU would not come back.
 */
int type1_info_parse(const void *buf, size_t len, struct type1_info *info,
		     struct hiod_anomalies *an, struct hiod_error *err);

/*
 * Notes how the range [start, last], number i of a reply, stands, and inserts
 * it as QEMU does. prev: the one before it in the reply, NULL for the first.
 * -ENOMEM or -EPROTO as above.
 */
int hiod_take_range(struct hiod_ranges *list, const struct hiod_range *prev,
		    const struct hiod_range *r, size_t i, struct hiod_anomalies *an,
		    struct hiod_error *err);

#endif
