/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies of real kernels, as hexadecimal text, and a way to bytes. */
#ifndef HIOD_SELFTESTS_UAPI_GOLDEN_H
#define HIOD_SELFTESTS_UAPI_GOLDEN_H

#include <stddef.h>

/*
 * VFIO_IOMMU_GET_INFO of type1 on a 39-bit VT-d, Linux 6.12: MIGRATION at 24,
 * DMA_AVAIL at 56, IOVA_RANGE at 72. 120 bytes; argsz is as the caller gave it.
 */
extern const char golden_type1[];
/* The same host on Linux 6.1: nothing is padded, IOVA_RANGE is at 68. 116 bytes. */
extern const char golden_type1_v61[];
/* The same from the compat layer of iommufd: DMA_AVAIL at 24, IOVA_RANGE at 40. 88 bytes. */
extern const char golden_compat[];
/* Data behind IOMMU_GET_HW_INFO's data_uptr for the same VT-d. 24 bytes. */
extern const char golden_vtd[];

/* Bytes of hex in dst; their number. The test program dies on text that is not hex. */
size_t unhex(void *dst, size_t cap, const char *hex);

#endif
