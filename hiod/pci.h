/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of the guest's PCI as an IOMMU sees: buses, devices, which IOMMU is
 * above a device, and as whom the device appears there.
 */
#ifndef HIOD_PCI_H
#define HIOD_PCI_H

#include <stdbool.h>
#include <stdint.h>
#include "hiod/error.h"
#include "hiod/host_iommu_device.h"
#include "hiod/memory.h"

typedef struct PCIDevice PCIDevice;

#define PCI_DEVFN(slot, func) ((uint8_t)((slot) << 3 | (func)))
#define PCI_SLOT(devfn)	      ((devfn) >> 3 & 0x1f)
#define PCI_FUNC(devfn)	      ((devfn)&7)

/* PCI Express capability's device/port type of a PCIe-to-PCI bridge (PCIe spec 7.5.3.2). */
#define PCI_EXP_TYPE_PCI_BRIDGE 7

/* get_viommu_flags() */
#define VIOMMU_FLAG_WANT_NESTING_PARENT (1ull << 0)
#define VIOMMU_FLAG_PASID_SUPPORTED	(1ull << 1)

/* What a vIOMMU does for the devices below the buses that it is set up on. */
typedef struct PCIIOMMUOps {
	/* Mandatory; bus and devfn are the aliased ones. NULL when memory is out. */
	AddressSpace *(*get_address_space)(PCIBus *bus, void *opaque, int devfn);
	/*
	 * Optional; bus and devfn are the device's own. Takes a reference of its
	 * own on success and none on failure. 0 or -errno.
	 */
	int (*set_iommu_device)(PCIBus *bus, void *opaque, int devfn, HostIOMMUDevice *hiod,
				struct hiod_error *err);
	void (*unset_iommu_device)(PCIBus *bus, void *opaque, int devfn);
	/* Optional. VIOMMU_FLAG_* */
	uint64_t (*get_viommu_flags)(void *opaque);
} PCIIOMMUOps;

struct PCIBus {
	const char *name;      /* as in "bus="; not owned; NULL: has none */
	PCIDevice *parent_dev; /* the bridge or expander above; NULL: a host bridge's bus */
	bool express;
	bool root;	    /* a root bus: a host bridge's, or an expander's (pxb, pxb-pcie) */
	bool bypass_iommu;  /* of a root bus: its host bridge's property */
	bool iommu_per_bus; /* 10.2+: see pci_setup_iommu_per_bus() */
	const PCIIOMMUOps *iommu_ops;
	void *iommu_opaque;

	/* Who sits where, as far as devices were given a place: topology.h. */
	PCIDevice *devices; /* newest first */
	bool hotplug;	    /* takes devices while the guest runs */
	bool bridges_only;  /* an expander's: takes bridges and ports */
	bool port;	    /* behind a port: one slot, whose function 0 is the last to come */
	bool no_slot_0;	    /* a standard hot-plug controller has it */
};

struct PCIDevice {
	PCIBus *bus;
	uint8_t devfn;
	bool express;	   /* has a PCI Express capability */
	uint8_t pcie_type; /* its device/port type, if so */

	const char *model;	/* "vfio-pci"; not owned; for messages */
	const char *id;		/* not owned; NULL: none */
	bool bridge;		/* a bridge or port, no expander */
	bool multifunction;	/* its property: other functions of the slot are told of */
	bool placed;		/* it is in its bus's list */
	PCIDevice *next_on_bus; /* where placed */
};

/* Puts a vIOMMU above a bus and all below it. ops and opaque outlive the bus. */
void pci_setup_iommu(PCIBus *bus, const PCIIOMMUOps *ops, void *opaque);
/* The same, and expanders' root buses on it look for one of their own (10.2+). */
void pci_setup_iommu_per_bus(PCIBus *bus, const PCIIOMMUOps *ops, void *opaque);
/* After the vIOMMU is gone. */
void pci_clear_iommu(PCIBus *bus);

struct pci_iommu_alias {
	PCIBus *iommu_bus;   /* the bus whose ops count; NULL: no vIOMMU, or bypassed */
	PCIBus *aliased_bus; /* whom the IOMMU sees */
	uint8_t aliased_devfn;
	bool aliased; /* behind a conventional bus */
};

/* Which vIOMMU is above dev and as whom it sees dev (QEMU's hw/pci/pci.c). */
void pci_device_get_iommu_bus_devfn(PCIDevice *dev, struct pci_iommu_alias *out);

/* The address space that dev's DMA goes to; sys where no vIOMMU is. NULL: memory is out. */
AddressSpace *pci_device_iommu_address_space(PCIDevice *dev, AddressSpace *sys);
/* 0 where there is no vIOMMU, or it has no flags. */
uint64_t pci_device_get_viommu_flags(PCIDevice *dev);
/*
 * Tells the vIOMMU above dev of its host IOMMU device. Without one there is
 * nobody to tell, and that is a success. 0 or -errno.
 */
int pci_device_set_iommu_device(PCIDevice *dev, HostIOMMUDevice *hiod, struct hiod_error *err);
void pci_device_unset_iommu_device(PCIDevice *dev);

#endif
