/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mock device of a kernel's iommufd (CONFIG_IOMMUFD_TEST) as a VFIO device:
 * a shim whose /dev/iommu is the kernel's, whose files are a model's, and whose
 * device cdev turns VFIO's requests into iommufd's own test commands. So what
 * is written for a VFIO device meets the kernel's iommufd where no hardware can
 * nest page tables, track writes or take PASIDs.
 *
 * Not as with VFIO: a device that is bound is on a page table of this shim's
 * while it is on none of its user's, and the ids of that one, of an IOAS and of
 * a test object are in use. PASID 0 is refused.
 */
#ifndef HIOD_SELFTESTS_MOCKDEV_H
#define HIOD_SELFTESTS_MOCKDEV_H

#include "harness/capture/host.h"
#include "harness/shim/shim.h"

/* NULL: this kernel has one. Else why not, in words. */
const char *mockdev_missing(void);
/*
 * A shim of its own, with the files of h, which outlives it. flags:
 * UAPI_TEST_DEVICE_*, of each device that is bound. Aborts without memory.
 */
struct shim *mockdev_new(const struct host *h, uint32_t flags);
/* The test object of a bound device, for test commands; 0: none is bound. */
uint32_t mockdev_stdev(const struct shim *s);

/* What a test needs to know of either side. */
struct nest_kind {
	uint32_t hw_type;   /* of IOMMU_GET_HW_INFO */
	uint32_t data_type; /* of a nested page table's data */
	uint32_t data_len;
	uint32_t inv_type; /* of an invalidation's entries */
	uint32_t inv_len;
};
extern const struct nest_kind nest_of_mock, nest_of_vtd;
/* Data of a nested page table, and an entry of an invalidation: right, of a wrong address, flag. */
enum nest_entry { NEST_ENTRY_GOOD, NEST_ENTRY_WRONG, NEST_ENTRY_FLAG };
void nest_data(const struct nest_kind *k, void *data);
void nest_entry(const struct nest_kind *k, enum nest_entry e, void *entry);
#define NEST_DATA_MAX 32

#endif
