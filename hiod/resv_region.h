/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reserved regions: the parts of its address space that a guest must not map,
 * as a vIOMMU tells it. Rules: QEMU's util/reserved-region.c.
 */
#ifndef HIOD_RESV_REGION_H
#define HIOD_RESV_REGION_H

#include <stddef.h>
#include "hiod/range.h"

/* Numbers of struct virtio_iommu_probe_resv_mem's subtype. */
enum hiod_resv_type {
	HIOD_RESV_RESERVED = 0,
	HIOD_RESV_MSI = 1, /* writes there are interrupts */
};

struct hiod_resv_region {
	struct hiod_range range; /* valid and not empty */
	enum hiod_resv_type type;
};

/* Sorted, disjoint; may touch. Zero-initialised: empty. Owns its memory. */
struct hiod_resv_regions {
	struct hiod_resv_region *r;
	size_t n, cap;
};

/*
 * Inserts reg, which has priority: what it covers of older ones goes, what it
 * leaves of them stays, on one side or on both. Regions that only touch are
 * not merged. 0 or -ENOMEM (the list is then unchanged).
 */
int resv_region_list_insert(struct hiod_resv_regions *list, const struct hiod_resv_region *reg);
/* Leaves an empty list. */
void resv_region_list_free(struct hiod_resv_regions *list);

#endif
