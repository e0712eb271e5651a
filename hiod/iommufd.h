/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iommufd object (`-object iommufd`) and one function for each of its
 * ioctls, with the structure sizes of the profile.
 */
#ifndef HIOD_IOMMUFD_H
#define HIOD_IOMMUFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "harness/shim/shim.h"
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/host_iommu_device.h"
#include "hiod/memory.h"
#include "hiod/profile.h"

typedef struct IOMMUFDBackend {
	struct shim *shim;
	const struct hiod_profile *profile;
	struct hiod_report *report; /* may be NULL */
	int fd;			    /* -1 while it has no user */
	unsigned users;
	bool change_process; /* the kernel knows IOMMU_IOAS_CHANGE_PROCESS */
} IOMMUFDBackend;

/* Makes the object: no fd yet. 0 or -errno. */
int iommufd_backend_init(IOMMUFDBackend *be, struct shim *shim, const struct hiod_profile *profile,
			 struct hiod_report *report, struct hiod_error *err);
/* The first user opens /dev/iommu, the last one closes it. 0 or -errno. */
int iommufd_backend_connect(IOMMUFDBackend *be, struct hiod_error *err);
void iommufd_backend_disconnect(IOMMUFDBackend *be);

/* 0 or -errno. */
int iommufd_backend_alloc_ioas(IOMMUFDBackend *be, uint32_t *ioas_id, struct hiod_error *err);
/* A failure is reported, not returned. */
void iommufd_backend_free_id(IOMMUFDBackend *be, uint32_t id);
/*
 * A page table of the device dev_id on pt_id: an IOAS, or for a first stage the
 * page table that is to be its second one. flags: UAPI_HWPT_*. data: data_len
 * bytes of data_type (enum iommu_hwpt_data_type); NULL and 0 with
 * IOMMU_HWPT_DATA_NONE. 0 or -errno.
 */
int iommufd_backend_alloc_hwpt(IOMMUFDBackend *be, uint32_t dev_id, uint32_t pt_id, uint32_t flags,
			       uint32_t data_type, uint32_t data_len, const void *data,
			       uint32_t *hwpt_id, struct hiod_error *err);
/* Of a page table made with UAPI_HWPT_DIRTY_TRACKING. 0 or -errno. */
int iommufd_backend_set_dirty_tracking(IOMMUFDBackend *be, uint32_t hwpt_id, bool start,
				       struct hiod_error *err);
/*
 * Sets a bit in data for each page of page_size bytes in [iova, iova + size)
 * that a device wrote to; bits that are set stay. data: a multiple of 8 bytes.
 * flags: IOMMU_HWPT_GET_DIRTY_BITMAP_*. 0 or -errno.
 */
int iommufd_backend_get_dirty_bitmap(IOMMUFDBackend *be, uint32_t hwpt_id, uint64_t iova,
				     uint64_t size, uint64_t page_size, uint32_t flags, void *data,
				     struct hiod_error *err);
/*
 * Tells the hardware what changed in a first stage that the guest keeps.
 * *entry_num: entries of entry_len bytes in data; out, also on failure: how
 * many were handled. 0 or -errno.
 */
int iommufd_backend_invalidate_cache(IOMMUFDBackend *be, uint32_t hwpt_id, uint32_t data_type,
				     uint32_t entry_len, uint32_t *entry_num, const void *data,
				     struct hiod_error *err);
/*
 * data: len bytes for vendor data, all zero before (NULL if len is 0). caps
 * gets type, hw_caps and max_pasid_log2; data_len, if not NULL, what the kernel
 * says that it has. 0 or -errno.
 */
int iommufd_backend_get_device_info(IOMMUFDBackend *be, uint32_t dev_id, void *data, uint32_t len,
				    HostIOMMUDeviceCaps *caps, uint32_t *data_len,
				    struct hiod_error *err);
/*
 * The usable IOVA ranges of an IOAS into an empty list, and *pgsizes. Where the
 * kernel does not tell QEMU goes on, with a warning: the list stays empty and
 * the anomaly is noted. 0; -ENOMEM or -EPROTO as type1_info_parse().
 */
int iommufd_backend_get_iova_ranges(IOMMUFDBackend *be, uint32_t ioas_id, struct hiod_ranges *list,
				    uint64_t *pgsizes, struct hiod_anomalies *an,
				    struct hiod_error *err);
/* 0 or -errno, no message. */
int iommufd_backend_map_dma(IOMMUFDBackend *be, uint32_t ioas_id, const struct hiod_mem_region *m);
int iommufd_backend_unmap_dma(IOMMUFDBackend *be, uint32_t ioas_id, uint64_t iova, uint64_t size);

/* Where attach_hwpt() put the requests of one PASID; pasid 0: those without. */
struct hiod_attached {
	uint32_t pasid, hwpt_id;
};

/* IOMMU_NO_PASID of QEMU and the kernel: the device's requests that carry none. */
#define HIOD_NO_PASID 0u

/* Abstract: answers get_cap() from caps and from the agent's address width. */
typedef struct HostIOMMUDeviceIOMMUFD {
	HostIOMMUDevice parent;
	IOMMUFDBackend *iommufd; /* not owned */
	uint32_t devid;
	/*
	 * Valid while the device is attached: the page table that it was given
	 * then, which is shared within ioas_id (0: it is on the IOAS itself).
	 */
	uint32_t hwpt_id, ioas_id;
	uint32_t hw_info_len; /* bytes of vendor data that the kernel has */
	/* Read by host_iommu_device_iommufd_hwpt(), written by the class. */
	struct hiod_attached *attached;
	unsigned nattached, attached_room;
} HostIOMMUDeviceIOMMUFD;

/*
 * Every class below host_iommu_device_iommufd_class is one of these. Both
 * callbacks are optional; on failure the device stays where it was. 0 or
 * -errno.
 */
typedef struct HostIOMMUDeviceIOMMUFDClass {
	HostIOMMUDeviceClass parent;
	/*
	 * Puts the requests of pasid on the page table hwpt_id, in one step if
	 * they were on another; they never go nowhere in between.
	 */
	int (*attach_hwpt)(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid, uint32_t hwpt_id,
			   struct hiod_error *err);
	/*
	 * Undoes attach_hwpt(): pasid 0 goes back to the page table (or IOAS)
	 * that the device was given when it was attached, in one step; another
	 * pasid is blocked. Nothing to undo is a success.
	 */
	int (*detach_hwpt)(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid, struct hiod_error *err);
} HostIOMMUDeviceIOMMUFDClass;

/* The callbacks of idev's class; -EOPNOTSUPP where it has none. */
int host_iommu_device_iommufd_attach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid,
					  uint32_t hwpt_id, struct hiod_error *err);
int host_iommu_device_iommufd_detach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid,
					  struct hiod_error *err);
/* The page table (or, of pasid 0, the IOAS) that serves pasid now; 0: blocked. */
uint32_t host_iommu_device_iommufd_hwpt(const HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid);

extern const HostIOMMUDeviceClass host_iommu_device_iommufd_class;

#endif
