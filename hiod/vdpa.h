/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vDPA devices over vhost-vdpa, on a shim: a virtio device of the host whose
 * DMA a user of /dev/vhost-vdpa-N maps, and the HostIOMMUDevice classes that
 * show its IOMMU to a vIOMMU.
 *
 * QEMU names both classes in the plan of its series and has neither: what is
 * here follows the kernel (drivers/vhost/vdpa.c), and no QEMU's order of calls.
 *
 * Opening a node resets the device behind it, and a node has one opener: the
 * descriptor that attaching opened is the only one until detaching.
 */
#ifndef HIOD_VDPA_H
#define HIOD_VDPA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "harness/shim/shim.h"
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/host_iommu_device.h"
#include "hiod/iommufd.h"
#include "hiod/memory.h"
#include "hiod/range.h"

/* Longest path of a node, and of what sysfs has about it. */
#define VDPA_PATH_MAX 512

/* What the kernel answers where its own ENOTSUPP, which no libc knows, leaks out. */
#define VDPA_ENOTSUPP 524

typedef struct VDPADevice {
	struct shim *shim;
	struct hiod_report *report; /* may be NULL */
	struct hiod_anomalies *anomalies;
	char path[VDPA_PATH_MAX]; /* "/dev/vhost-vdpa-0" */
	const char *name;	  /* its last part */

	int fd;			   /* -1: not attached */
	uint64_t features;	   /* of the virtio device */
	uint64_t backend_features; /* of vhost-vdpa: bits VHOST_BACKEND_F_* */
	struct hiod_range range;   /* as the kernel told it */
	bool range_known;
	/* The same without the reserved regions of the device behind; empty: unknown. */
	struct hiod_ranges iova_ranges;
	AddressSpace *as;
	bool owned;	       /* VHOST_SET_OWNER is done, which is once for an open node */
	size_t nmapped;	       /* regions of as that are mapped */
	HostIOMMUDevice *hiod; /* one reference while attached */
} VDPADevice;

/*
 * node: "vhost-vdpa-0" or "/dev/vhost-vdpa-0". No call is made. Attach or
 * forget the device. 0, or -EINVAL for another name, err filled.
 */
int vdpa_device_init(VDPADevice *v, struct shim *shim, struct hiod_report *report,
		     struct hiod_anomalies *anomalies, const char *node, struct hiod_error *err);
/*
 * Opens the node, reads what the host can do, maps the regions of as, makes and
 * realizes the host IOMMU device. On failure everything is released. 0 or -errno.
 */
int vdpa_attach_device(VDPADevice *v, AddressSpace *as, struct hiod_error *err);
/* Nothing for a device that is not attached. */
void vdpa_detach_device(VDPADevice *v);

/* Bits of the last address that can be mapped: 0 if none can, 64 if that is unknown. */
int vdpa_device_get_aw_bits(const VDPADevice *v);
/*
 * Bitmap: every size from the host's page on. The kernel maps in its own pages,
 * whatever the IOMMU has, and says nothing about them.
 */
uint64_t vdpa_device_get_page_sizes(const VDPADevice *v);

/* Over vhost-vdpa. agent: a VDPADevice, attached. */
extern const HostIOMMUDeviceClass host_iommu_device_legacy_vdpa_class;
/*
 * Over iommufd, as planned. No kernel has an ioctl for it, so realize() always
 * fails, with -EOPNOTSUPP and a message that names the kernel. agent: a
 * VDPADevice, attached or not.
 */
extern const HostIOMMUDeviceIOMMUFDClass host_iommu_device_iommufd_vdpa_class;

typedef struct HostIOMMUDeviceLegacyVDPA {
	HostIOMMUDevice parent;
} HostIOMMUDeviceLegacyVDPA;

typedef struct HostIOMMUDeviceIOMMUFDVDPA {
	HostIOMMUDeviceIOMMUFD parent;
} HostIOMMUDeviceIOMMUFDVDPA;

/* ---- between the files of this room ---- */

/*
 * v->iova_ranges from v->range and the reserved regions of the first ancestor
 * of the node in sysfs that is in an IOMMU group; what sysfs does not tell
 * cuts nothing, and is an anomaly. 0 or -ENOMEM.
 */
int vdpa_read_ranges(VDPADevice *v, struct hiod_error *err);
/* Maps the regions of v->as; v->nmapped says how many are. 0 or -errno. */
int vdpa_map_memory(VDPADevice *v, struct hiod_error *err);
/* Unmaps what is mapped; a failure is reported. */
void vdpa_unmap_memory(VDPADevice *v);

#endif
