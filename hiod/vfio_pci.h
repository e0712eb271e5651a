/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vfio-pci device: a host device in the guest's PCI, whose host IOMMU
 * device is shown to the vIOMMU above it. What QEMU does with regions, config
 * space and interrupts in between is left out.
 */
#ifndef HIOD_VFIO_PCI_H
#define HIOD_VFIO_PCI_H

#include <stdbool.h>
#include "hiod/error.h"
#include "hiod/memory.h"
#include "hiod/pci.h"
#include "hiod/vfio.h"

typedef struct VFIOPCIDevice {
	PCIDevice pdev;
	VFIODevice vbasedev;
	bool realized;
	struct VFIOPCIDevice *next; /* in the machine */
} VFIOPCIDevice;

/* The longest that vfio_pci_path() writes. */
#define VFIO_PCI_PATH_MAX 64

/*
 * "host=" as QEMU takes it, "[DOMAIN:]BUS:SLOT.FUNCTION" in hex, to
 * "/sys/bus/pci/devices/0000:00:05.0". 0, or -EINVAL with err filled.
 */
int vfio_pci_path(const char *host, char path[VFIO_PCI_PATH_MAX], struct hiod_error *err);

/*
 * dev->pdev tells where it is plugged. iommufd: NULL for the legacy backend.
 * On failure the device may still be attached, as in QEMU, where that ends with
 * the object: vfio_pci_finalize() is due in any case. 0 or -errno.
 */
int vfio_pci_realize(VFIOPCIDevice *dev, VFIOState *vfio, const char *sysfsdev,
		     IOMMUFDBackend *iommufd, AddressSpace *sys, struct hiod_error *err);
/* Unplug: the vIOMMU forgets the device. Nothing for a device that is not realized. */
void vfio_pci_exit(VFIOPCIDevice *dev);
/* The object ends: the device is detached. */
void vfio_pci_finalize(VFIOPCIDevice *dev);

#endif
