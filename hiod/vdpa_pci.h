/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio-pci device over vhost-vdpa in the guest's PCI, whose host IOMMU
 * device is shown to the vIOMMU above it, as a vfio-pci device's is.
 */
#ifndef HIOD_VDPA_PCI_H
#define HIOD_VDPA_PCI_H

#include <stdbool.h>
#include "hiod/error.h"
#include "hiod/machine.h"
#include "hiod/pci.h"
#include "hiod/vdpa.h"

typedef struct VDPAPCIDevice {
	PCIDevice pdev;
	VDPADevice vdpa;
	Machine *m; /* plugged into: in its list */
	bool realized;
	struct VDPAPCIDevice *next;
} VDPAPCIDevice;

/*
 * Plugs dev in; dev->pdev.bus NULL means the root bus. node as
 * vdpa_device_init() takes it. The caller owns dev. On failure the device may
 * still be attached: vdpa_pci_unplug() is due in any case. 0 or -errno.
 */
int vdpa_pci_plug(VDPAPCIDevice *dev, Machine *m, const char *node, struct hiod_error *err);
/* The vIOMMU forgets the device, it is detached, and its slot is free. */
void vdpa_pci_unplug(VDPAPCIDevice *dev);

#endif
