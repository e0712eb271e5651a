/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host description from asking the kernel behind a shim, now and without a
 * file: sysfs, the nodes, and what VFIO and iommufd say of the devices. Binds
 * and attaches the devices for a moment and leaves nothing behind.
 */
#ifndef HIOD_CONFORM_ASK_H
#define HIOD_CONFORM_ASK_H

#include "harness/capture/host.h"
#include "harness/shim/shim.h"

/*
 * The devices named by bdf, their groups and IOMMU units. Everything that the
 * kernel tells is marked known; what it does not tell is as the release gives
 * it. *out is the caller's to host_free(). -ENODEV: a device is not there;
 * -ENOMEM.
 */
int ask_host(struct shim *s, const char *const *bdf, size_t n, struct host **out);

#endif
