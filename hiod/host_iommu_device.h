/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host IOMMU device: what a vIOMMU may ask about the IOMMU behind an
 * assigned device, without knowing how the device was attached.
 *
 * Classes and names as in QEMU's include/system/host_iommu_device.h, as C
 * structs with an embedded base and a class pointer.
 */
#ifndef HIOD_HOST_IOMMU_DEVICE_H
#define HIOD_HOST_IOMMU_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "harness/uapi/hw_info.h"
#include "hiod/error.h"
#include "hiod/range.h"

typedef struct HostIOMMUDevice HostIOMMUDevice;
typedef struct HostIOMMUDeviceClass HostIOMMUDeviceClass;
typedef struct PCIBus PCIBus;

/* Capability numbers of get_cap(). */
#define HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE 0
#define HOST_IOMMU_DEVICE_CAP_AW_BITS	 1
/* Address width when the host does not say. */
#define HOST_IOMMU_DEVICE_CAP_AW_BITS_MAX 64

/* Vendor data of IOMMU_GET_HW_INFO; which member counts is told by caps.type. */
typedef union VendorCaps {
	struct uapi_hw_info_vtd vtd;
	struct uapi_hw_info_smmuv3 smmuv3;
} VendorCaps;

/* All zero for a legacy device. */
typedef struct HostIOMMUDeviceCaps {
	uint32_t type;	  /* out_data_type: UAPI_HW_INFO_TYPE_* */
	bool has_aw_bits; /* only of the series itself: later it is looked up when asked for */
	uint8_t aw_bits;
	uint64_t hw_caps; /* out_capabilities */
	VendorCaps vendor_caps;
	uint8_t max_pasid_log2;
} HostIOMMUDeviceCaps;

typedef struct PasidInfo {
	bool exec_perm, priv_mod;
	uint8_t max_pasid_log2;
} PasidInfo;

struct HostIOMMUDeviceClass {
	const char *name; /* QEMU's type name */
	const HostIOMMUDeviceClass *parent;
	size_t instance_size; /* 0: abstract */
	/* Fills name and caps from agent, the device as its backend sees it. 0 or -errno. */
	int (*realize)(HostIOMMUDevice *hiod, void *agent, struct hiod_error *err);
	/* Optional. -errno with a message; 0: unsupported; else the value, or 1. */
	int (*get_cap)(HostIOMMUDevice *hiod, int cap, struct hiod_error *err);
	/*
	 * Optional. A deep copy of the host's usable IOVA ranges into an empty
	 * list, which the caller frees; an empty list means unknown. 0 or -ENOMEM.
	 */
	int (*get_iova_ranges)(HostIOMMUDevice *hiod, struct hiod_ranges *out);
	/* Optional. Bitmap of page sizes. */
	uint64_t (*get_page_size_mask)(HostIOMMUDevice *hiod);
	/* Optional. False: no PASID. */
	bool (*get_pasid_info)(HostIOMMUDevice *hiod, PasidInfo *info);
	/* Optional. Frees what the class keeps besides the base; the agent may be gone. */
	void (*finalize)(HostIOMMUDevice *hiod);
};

struct HostIOMMUDevice {
	const HostIOMMUDeviceClass *klass;
	unsigned refs;
	const char *name; /* the agent's, and as long as it is there; NULL until realized */
	void *agent;	  /* the device; not owned */
	/* As the guest's IOMMU sees the device; set by pci_device_set_iommu_device(). */
	PCIBus *aliased_bus;
	int aliased_devfn;
	bool aliased;
	HostIOMMUDeviceCaps caps;
};

extern const HostIOMMUDeviceClass host_iommu_device_class; /* abstract: has no callbacks */

/* One reference for the caller, or NULL when memory is out. */
HostIOMMUDevice *hiod_new(const HostIOMMUDeviceClass *klass);
HostIOMMUDevice *hiod_ref(HostIOMMUDevice *hiod);
/* The last one frees it. NULL is allowed. */
void hiod_unref(HostIOMMUDevice *hiod);

/* klass or one of its ancestors? */
bool hiod_is_a(const HostIOMMUDevice *hiod, const HostIOMMUDeviceClass *klass);
/*
 * The callback of the class or of the nearest ancestor that has one; NULL if
 * none has. A class leaves a callback NULL to inherit it.
 */
#define HIOD_METHOD(hiod, method)                                                                  \
	({                                                                                         \
		const HostIOMMUDeviceClass *k_ = (hiod)->klass;                                    \
		while (k_ && !k_->method)                                                          \
			k_ = k_->parent;                                                           \
		k_ ? k_->method : NULL;                                                            \
	})

/* "<name>: unsupported capability <cap>" and -EINVAL: the end of every get_cap(). */
int hiod_unsupported_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err);

#endif
