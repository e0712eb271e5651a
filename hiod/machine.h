/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine: a root bus, at most one vIOMMU, the devices plugged in, and the
 * rules that QEMU applies when all of it is there. Only the q35 family.
 */
#ifndef HIOD_MACHINE_H
#define HIOD_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hiod/amd_iommu.h"
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/intel_iommu.h"
#include "hiod/memory.h"
#include "hiod/pci.h"
#include "hiod/topology.h"
#include "hiod/vfio.h"
#include "hiod/vfio_pci.h"
#include "hiod/virtio_iommu.h"

enum machine_viommu {
	MACHINE_VIOMMU_NONE,
	MACHINE_VIOMMU_INTEL,
	MACHINE_VIOMMU_VIRTIO,
	MACHINE_VIOMMU_AMD,
};

typedef struct Machine {
	const struct hiod_profile *profile;
	struct hiod_anomalies anomalies; /* of all replies to this machine's devices */
	VFIOState vfio;
	AddressSpace sys;     /* guest memory */
	AddressSpace seen;    /* what of it devices below the vIOMMU see */
	PCIBus root;	      /* pcie.0 */
	PCITopology topology; /* bridges on it, and who sits where */
	enum hiod_irqchip irqchip;
	bool irqchip_split; /* with KVM, where nothing else is said */
	unsigned version;   /* of the machine type, HIOD_VERSION() */
	uint8_t aw_bits;    /* intel-iommu's default with the machine type */
	enum machine_viommu viommu_kind;
	IntelIOMMUState viommu;	       /* where that is its kind */
	VirtIOIOMMUState virtio_iommu; /* likewise */
	AMDVIState amd_iommu;	       /* likewise */
	PCIDevice viommu_pdev;	       /* its own place, if it is a PCI device */
	struct pci_place viommu_place;
	bool translation; /* the guest's driver has DMA translated: devices see what it maps */
	VFIOPCIDevice *devices;	     /* newest first */
	struct VDPAPCIDevice *vdpas; /* likewise */
	bool done;		     /* machine_done() was reached: what comes now is hot-plugged */
} Machine;

/*
 * machine: QEMU's -machine syntax, "pc-q35-9.1,default-bus-bypass-iommu=on";
 * NULL: the profile's q35. Read are the type, accel, kernel-irqchip and
 * default-bus-bypass-iommu; other options have no bearing here. mem outlives
 * the machine. 0 or -errno.
 */
int machine_init(Machine *m, struct shim *shim, const struct hiod_profile *profile,
		 const char *machine, const struct hiod_mem_region *mem, size_t nmem,
		 struct hiod_report *report, struct hiod_error *err);
/*
 * text: QEMU's -device syntax, "intel-iommu,aw-bits=48"; "amd-iommu";
 * "virtio-iommu-pci", or "virtio-iommu", its alias. Devices that were plugged
 * in before are not checked, and their DMA passes it by. 0 or -errno.
 */
int machine_add_viommu(Machine *m, const char *text, struct hiod_error *err);
/*
 * A bridge, port or expander, in QEMU's -device syntax (topology.h); hot-plugged
 * after machine_done(). 0 or -errno.
 */
int machine_add_bridge(Machine *m, const char *text, struct hiod_error *err);
/*
 * Gives dev, which has a model and else is all zero, a place before it is
 * plugged in: what QEMU says of bus and slot. place outlives dev's stay, which
 * pci_device_displace() or machine_unplug() ends, also where dev was not
 * plugged in. 0 or -errno, and dev has no place.
 */
int machine_place(Machine *m, PCIDevice *dev, const struct pci_place *place,
		  struct hiod_error *err);
/*
 * Bridges, ports and expanders, a -device option a line ("-device" in front,
 * empty lines and those that begin with # are allowed), and the place of one
 * device: *place is what a vfio-pci with that host= (a BDF, or a path as of
 * sysfsdev=) or without any says, with vdpa a virtio-*-pci; else any. 0, or
 * -errno and the line in err's hint.
 */
int machine_add_topology(Machine *m, const char *text, const char *host, bool vdpa,
			 struct pci_place *place, struct hiod_error *err);
/*
 * Plugs dev in; dev->pdev.bus NULL means somewhere on the root bus, nobody else
 * being in the way. The caller owns dev. On failure the device stays in the
 * state that vfio_pci_realize() leaves it in; machine_unplug() is due. 0 or
 * -errno.
 */
int machine_plug(Machine *m, VFIOPCIDevice *dev, const char *sysfsdev, IOMMUFDBackend *iommufd,
		 struct hiod_error *err);
void machine_unplug(Machine *m, VFIOPCIDevice *dev);
/* Is there a rule against any device that comes now? 0, or -EINVAL and QEMU's words. */
int machine_refuses_hotplug(const Machine *m, struct hiod_error *err);
/* The first slot of the root bus that QEMU would give to the next device. */
uint8_t machine_free_devfn(const Machine *m);
/*
 * Would the vIOMMU above dev keep this guest from migrating? tracks_writes: the
 * device keeps a dirty log of its own (VFIO_DEVICE_FEATURE_DMA_LOGGING). 0, or
 * -ENOTSUP and QEMU's words. A start is not refused for it.
 */
int machine_check_migration(const Machine *m, const VFIOPCIDevice *dev, bool tracks_writes,
			    struct hiod_error *err);
/* All devices of the command line are there. 0 or -EINVAL: QEMU exits. */
int machine_done(Machine *m, struct hiod_error *err);
/*
 * What a guest is told that p must not map, or NULL where no virtio-iommu is
 * above p. Of the machine, and good until a device is plugged or unplugged.
 */
const struct hiod_resv_regions *machine_resv_regions(const Machine *m, PCIDevice *p);
/*
 * The guest's driver turns DMA translation on (devices below the vIOMMU see
 * nothing until it maps something) or off (they see all memory again, as at the
 * start). Without a vIOMMU nothing happens. 0; -errno where QEMU cannot follow
 * and ends itself, err filled.
 */
int machine_set_translation(Machine *m, bool on, struct hiod_error *err);
/*
 * The vIOMMU is reset: registers as at the start, no translation; its table
 * stays. 0, or as machine_set_translation().
 */
int machine_reset_viommu(Machine *m, struct hiod_error *err);
/* System reset: of the vIOMMU too; devices stay. As above. */
int machine_reset(Machine *m, struct hiod_error *err);
/* How many host IOMMU devices the vIOMMU has in its table. */
unsigned machine_table_size(const Machine *m);
/* The host IOMMU device that the vIOMMU has for p's own address, or NULL. */
HostIOMMUDevice *machine_find_hiod(const Machine *m, const PCIDevice *p);
/* After all devices were unplugged. */
void machine_finalize(Machine *m);

#endif
