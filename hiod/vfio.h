/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFIO devices, groups and containers as QEMU keeps them, on a shim.
 *
 * Two backends attach a device: legacy (group, container, type1) and iommufd
 * (device cdev, IOAS, page tables). Order of calls, retries, fallbacks and
 * unwinding are those of the QEMU version that the profile names.
 */
#ifndef HIOD_VFIO_H
#define HIOD_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "harness/shim/shim.h"
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/host_iommu_device.h"
#include "hiod/iommufd.h"
#include "hiod/memory.h"
#include "hiod/profile.h"
#include "hiod/range.h"

typedef struct VFIODevice VFIODevice;
typedef struct VFIOContainer VFIOContainer;
typedef struct VFIOGroup VFIOGroup;
typedef struct VFIOIOASHwpt VFIOIOASHwpt;

/* Longest path this code builds: sysfs paths of nested bridges stay far below. */
#define VFIO_PATH_MAX 512

/* What all devices of one guest share. Zero-initialise, then fill the first five. */
typedef struct VFIOState {
	struct shim *shim;
	const struct hiod_profile *profile;
	struct hiod_report *report; /* may be NULL */
	struct hiod_anomalies *anomalies;
	VFIOContainer *containers; /* of all address spaces, newest first */
	VFIOGroup *groups;
} VFIOState;

/* A page table of an IOAS, made for the first device that could not use another. */
struct VFIOIOASHwpt {
	uint32_t hwpt_id;
	bool dirty_tracking; /* it can */
	bool tracking;	     /* it does */
	bool was_tracking;   /* before the change that is under way */
	VFIODevice *devices;
	VFIOIOASHwpt *next;
};

/* Legacy: fd is a container's. iommufd: an IOAS. */
struct VFIOContainer {
	VFIOState *vfio;
	AddressSpace *as;
	bool is_iommufd;
	VFIOContainer *next; /* in vfio */

	uint64_t pgsizes;		/* bitmap */
	struct hiod_ranges iova_ranges; /* empty: unknown */
	uint32_t dma_max_mappings;
	bool dirty_pages_supported;
	bool bypass_ro;	 /* read-only regions are not mapped */
	bool registered; /* the regions were mapped, or tried */

	int fd;
	int iommu_type; /* VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU */
	unsigned ngroups;

	IOMMUFDBackend *be; /* not owned */
	uint32_t ioas_id;
	unsigned ndevices;
	VFIOIOASHwpt *hwpts; /* newest first */
};

struct VFIOGroup {
	int fd;
	int groupid;
	VFIOContainer *container;
	VFIODevice *devices; /* newest first */
	bool ram_block_discard_allowed;
	VFIOGroup *next; /* in VFIOState */
};

struct VFIODevice {
	VFIOState *vfio;
	char sysfsdev[VFIO_PATH_MAX]; /* "/sys/bus/pci/devices/0000:00:05.0" */
	const char *name;	      /* its last part */
	bool mdev;
	bool ram_block_discard_allowed; /* true where the host pins no guest page: mdev of some kinds */
	IOMMUFDBackend *iommufd;	/* not owned; NULL: legacy */
	uint64_t viommu_flags;		/* VIOMMU_FLAG_*, before it is attached */

	int fd; /* -1 */
	VFIOGroup *group;
	VFIOContainer *container; /* NULL: not attached */
	VFIOIOASHwpt *hwpt;
	uint32_t devid;
	HostIOMMUDevice *hiod; /* one reference; NULL with mdev, but in the series itself */
	uint32_t num_regions, num_irqs, flags;
	VFIODevice *next;      /* in the group */
	VFIODevice *hwpt_next; /* in the hwpt */
};

/*
 * Looks the device up in sysfs: name, mdev. sysfsdev without a slash at its
 * end. The device is then at rest: attach or forget it. 0 or -errno, the error
 * with its "vfio <path>: " in front.
 */
int vfio_device_init(VFIODevice *vbasedev, VFIOState *vfio, const char *sysfsdev,
		     struct hiod_error *err);
/* By the backend of the device. On failure everything is released. 0 or -errno. */
int vfio_attach_device(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err);
/* Nothing for a device that is not attached. */
void vfio_detach_device(VFIODevice *vbasedev);

/* Not a mediated one: it has no IOMMU of its own. The series itself did not know that. */
bool vfio_device_has_hiod(const VFIODevice *vbasedev);

/* Address width of the device's host IOMMU, through its container; 64 if unknown. */
int vfio_device_get_aw_bits(const VFIODevice *vbasedev);

/* The same for a hiod whose agent is a VFIODevice, when this version takes its measure. */
int vfio_hiod_get_aw_bits(const HostIOMMUDevice *hiod);

extern const HostIOMMUDeviceClass host_iommu_device_legacy_vfio_class;
extern const HostIOMMUDeviceIOMMUFDClass host_iommu_device_iommufd_vfio_class;

typedef struct HostIOMMUDeviceLegacyVFIO {
	HostIOMMUDevice parent;
} HostIOMMUDeviceLegacyVFIO;

typedef struct HostIOMMUDeviceIOMMUFDVFIO {
	HostIOMMUDeviceIOMMUFD parent;
} HostIOMMUDeviceIOMMUFDVFIO;

/* ---- between the files of this room ---- */

/* shim_open() with O_RDWR | O_CLOEXEC; "Could not open '<path>': ..." otherwise. */
int vfio_open(VFIOState *vfio, const char *path, struct hiod_error *err);
/* path gets "<sysfsdev>/<leaf>". 0 or -ENAMETOOLONG. */
int vfio_sysfs_path(const VFIODevice *vbasedev, const char *leaf, char path[VFIO_PATH_MAX],
		    struct hiod_error *err);

/*
 * A request whose reply grows until it fits: argsz bytes at first, again with
 * as many as the reply asks for. *buf: inline_buf, or memory to be freed with
 * vfio_reply_free(). fail: what to say, in front of strerror(). 0 or -errno.
 */
int vfio_get_info(VFIOState *vfio, int fd, uint32_t req, uint32_t argsz, void *inline_buf,
		  size_t inline_len, void **buf, size_t *len, bool grows, const char *fail,
		  struct hiod_error *err);
void vfio_reply_free(void *inline_buf, void *buf);
/* VFIO_DEVICE_GET_INFO into vbasedev; grows: with the loop of the legacy backend. */
int vfio_device_get_info(VFIODevice *vbasedev, bool grows, struct hiod_error *err);

/* Makes and realizes vbasedev->hiod, where it is to have one. 0 or -errno. */
int vfio_device_hiod_realize(VFIODevice *vbasedev, const HostIOMMUDeviceClass *klass,
			     struct hiod_error *err);

/* Into the list of its VFIOState, and out of it. */
void vfio_container_add(VFIOContainer *c);
void vfio_container_remove(VFIOContainer *c);

/*
 * The memory listener. Registering maps every region; all are tried, the first
 * failure is the one told. Unregistering unmaps every region, mapped or not.
 */
int vfio_listener_register(VFIOContainer *c, struct hiod_error *err);
void vfio_listener_unregister(VFIOContainer *c);

int vfio_legacy_attach_device(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err);
void vfio_legacy_detach_device(VFIODevice *vbasedev);
/* 0 or -errno; no message of their own. */
int vfio_legacy_dma_map(VFIOContainer *c, const struct hiod_mem_region *m);
int vfio_legacy_dma_unmap(VFIOContainer *c, uint64_t iova, uint64_t size);

int iommufd_cdev_attach(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err);
void iommufd_cdev_detach(VFIODevice *vbasedev);
/*
 * VFIO_DEVICE_ATTACH/DETACH_IOMMUFD_PT; id: of an IOAS or a page table. pasid
 * other than HIOD_NO_PASID: from the profile that knows of it on, else
 * -EOPNOTSUPP. 0 or -errno.
 */
int iommufd_cdev_attach_pt(VFIODevice *vbasedev, uint32_t pasid, uint32_t id,
			   struct hiod_error *err);
int iommufd_cdev_detach_pt(VFIODevice *vbasedev, uint32_t pasid, struct hiod_error *err);
/* The callbacks of host_iommu_device_iommufd_vfio_class. */
int iommufd_vfio_attach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid, uint32_t hwpt_id,
			     struct hiod_error *err);
int iommufd_vfio_detach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid, struct hiod_error *err);
void iommufd_vfio_finalize(HostIOMMUDevice *hiod);
/*
 * Blocks the PASIDs that nobody detached: they would keep page tables alive
 * until the device's file is closed. Failures are reported.
 */
void iommufd_cdev_detach_pasids(VFIODevice *vbasedev);
/* hiod's ids of what the device was attached to; those that are realized early have none yet. */
void iommufd_cdev_tell_hiod(VFIODevice *vbasedev);

/*
 * Dirty tracking of all page tables of an iommufd container that can. On
 * failure they are as they were. 0 or -errno.
 */
int vfio_iommufd_set_dirty_tracking(VFIOContainer *c, bool start, struct hiod_error *err);
/*
 * Sets bits of what devices wrote to since it was last asked: see
 * iommufd_backend_get_dirty_bitmap(). On failure bits of some page tables may
 * be set. 0 or -errno.
 */
int vfio_iommufd_query_dirty_bitmap(VFIOContainer *c, uint64_t iova, uint64_t size,
				    uint64_t page_size, void *bitmap, struct hiod_error *err);

#endif
