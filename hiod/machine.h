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
	AddressSpace sys; /* guest memory */
	PCIBus root;	  /* pcie.0 */
	enum hiod_irqchip irqchip;
	bool irqchip_split; /* with KVM, where nothing else is said */
	unsigned version;   /* of the machine type, HIOD_VERSION() */
	uint8_t aw_bits;    /* intel-iommu's default with the machine type */
	enum machine_viommu viommu_kind;
	IntelIOMMUState viommu;	       /* where that is its kind */
	VirtIOIOMMUState virtio_iommu; /* likewise */
	AMDVIState amd_iommu;	       /* likewise */
	VFIOPCIDevice *devices;	       /* newest first */
	bool done; /* machine_done() was reached: what comes now is hot-plugged */
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
 * Plugs dev in; dev->pdev.bus NULL means the root bus. The caller owns dev. On
 * failure the device stays in the state that vfio_pci_realize() leaves it in;
 * machine_unplug() is due. 0 or -errno.
 */
int machine_plug(Machine *m, VFIOPCIDevice *dev, const char *sysfsdev, IOMMUFDBackend *iommufd,
		 struct hiod_error *err);
void machine_unplug(Machine *m, VFIOPCIDevice *dev);
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
 * What a guest is told that dev must not map, or NULL where no virtio-iommu is
 * above dev. Of the machine, and good until a device is plugged or unplugged.
 */
const struct hiod_resv_regions *machine_resv_regions(const Machine *m, VFIOPCIDevice *dev);
/* System reset. */
void machine_reset(Machine *m);
/* After all devices were unplugged. */
void machine_finalize(Machine *m);

#endif
