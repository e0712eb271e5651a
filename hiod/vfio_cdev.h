/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding and opening a device's own VFIO node, /dev/vfio/devices/vfioN. */
#ifndef HIOD_VFIO_CDEV_H
#define HIOD_VFIO_CDEV_H

#include "hiod/vfio.h"

/*
 * By way of <sysfsdev>/vfio-dev/vfioN/dev; a node that is not the character
 * device named there is passed over for /dev/char/MAJOR:MINOR. An fd or -errno.
 */
int vfio_cdev_open(VFIODevice *vbasedev, struct hiod_error *err);

#endif
