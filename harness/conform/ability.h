/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done on a host at all, as bits: what a generator aims at and a run is held to. */
#ifndef HIOD_CONFORM_ABILITY_H
#define HIOD_CONFORM_ABILITY_H

#include "harness/capture/host.h"

#define ABLE_GROUP     (1u << 0) /* a group with a node */
#define ABLE_CDEV      (1u << 1)
#define ABLE_IOMMUFD   (1u << 2)
#define ABLE_TYPE1     (1u << 3) /* /dev/vfio/vfio is type1's */
#define ABLE_TWO       (1u << 4) /* two groups */
#define ABLE_ATTACH    (1u << 5) /* type1 takes the devices */
#define ABLE_BIND      (1u << 6) /* iommufd takes the devices, and page tables can be had */
#define ABLE_UNSAFE    (1u << 7) /* iommufd does not, for want of isolated MSIs */
#define ABLE_NO_DIRTY  (1u << 8) /* no page tables with dirty tracking */
#define ABLE_DIRTY     (1u << 9)
#define ABLE_PARENT    (1u << 10) /* nesting parents can be made */
#define ABLE_NO_PARENT (1u << 11)
#define ABLE_UNSAFE1   (1u << 12) /* type1 does not take the devices, for want of isolated MSIs */
#define ABLE_NARROW    (1u << 13) /* no page table reaches 2^62 */

/* Of the IOMMU unit of the first of the devices; ngroups: how many groups they are in. */
uint32_t host_able(const struct host *h, const struct host_device *d, size_t ngroups);

#endif
