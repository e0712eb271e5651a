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
/* flags: UAPI_HWPT_*. 0 or -errno. */
int iommufd_backend_alloc_hwpt(IOMMUFDBackend *be, uint32_t dev_id, uint32_t pt_id, uint32_t flags,
			       uint32_t *hwpt_id, struct hiod_error *err);
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

/* Abstract: answers get_cap() from caps and from the agent's address width. */
typedef struct HostIOMMUDeviceIOMMUFD {
	HostIOMMUDevice parent;
	IOMMUFDBackend *iommufd; /* not owned */
	uint32_t devid;
	uint32_t hwpt_id; /* the device's own page table, 10.1+ */
	uint32_t ioas_id;
	uint32_t hw_info_len; /* bytes of vendor data that the kernel has */
} HostIOMMUDeviceIOMMUFD;

/* attach_hwpt() and detach_hwpt() of QEMU's subclass: pt_id is a page table's or an IOAS's id. */
typedef struct HostIOMMUDeviceIOMMUFDClass {
	HostIOMMUDeviceClass parent;
	int (*attach_hwpt)(HostIOMMUDeviceIOMMUFD *idev, uint32_t hwpt_id, struct hiod_error *err);
	int (*detach_hwpt)(HostIOMMUDeviceIOMMUFD *idev, struct hiod_error *err);
} HostIOMMUDeviceIOMMUFDClass;

extern const HostIOMMUDeviceClass host_iommu_device_iommufd_class;

#endif
