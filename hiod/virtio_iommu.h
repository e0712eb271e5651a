/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio-iommu vIOMMU: it compares no address widths, but takes the host's
 * IOVA ranges over. What lies outside of them is a reserved region that the
 * guest is shown, and the page sizes are those that all hosts have.
 *
 * Source: QEMU's hw/virtio/virtio-iommu.c, 9.1 to 11.1.
 */
#ifndef HIOD_VIRTIO_IOMMU_H
#define HIOD_VIRTIO_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hiod/anomaly.h"
#include "hiod/error.h"
#include "hiod/host_iommu_device.h"
#include "hiod/memory.h"
#include "hiod/options.h"
#include "hiod/pci.h"
#include "hiod/range.h"
#include "hiod/resv_region.h"

/*
 * QEMU answers a guest's PROBE in 512 bytes, 24 a region. With more regions the
 * guest gets an error instead.
 */
#define VIRTIO_IOMMU_PROBE_REGIONS (512 / 24)

/* The smallest page that the guest may map. */
enum virtio_iommu_granule {
	VIRTIO_IOMMU_GRANULE_HOST,
	VIRTIO_IOMMU_GRANULE_4K,
	VIRTIO_IOMMU_GRANULE_8K,
	VIRTIO_IOMMU_GRANULE_16K,
	VIRTIO_IOMMU_GRANULE_64K,
	VIRTIO_IOMMU_GRANULE_COUNT
};

/* Properties of virtio-iommu-pci: defaults, and what was set. */
struct virtio_iommu_config {
	uint8_t aw_bits; /* width of the guest's addresses */
	enum virtio_iommu_granule granule;
	bool boot_bypass; /* devices see all memory until the guest's driver is there */
};

/* The defaults of a q35 machine type of that version, HIOD_VERSION(). */
void virtio_iommu_config_init(struct virtio_iommu_config *c, unsigned machine_version);
/* Sets the property that o stands at; "id", "bus" and "addr" are taken and ignored. 0 or -errno. */
int virtio_iommu_config_set(struct virtio_iommu_config *c, const struct hiod_options *o,
			    struct hiod_error *err);
/* As it is written on the command line: "host", "4k". */
const char *virtio_iommu_granule_name(enum virtio_iommu_granule g);
/* Bitmap of page sizes: the granule and all above. */
uint64_t virtio_iommu_granule_mask(enum virtio_iommu_granule g);

struct virtio_iommu_device; /* what appears to the IOMMU as one device: QEMU's IOMMUDevice */
struct virtio_iommu_hiod;   /* an entry of the table of host IOMMU devices */

typedef struct VirtIOIOMMUState {
	struct virtio_iommu_config config;
	uint64_t input_last;	 /* highest address that the guest may map */
	uint64_t page_size_mask; /* bitmap; never gets wider again */
	bool granule_frozen;	 /* the guest may have read the mask: its lowest bit stays */
	AddressSpace *sys;	 /* what devices see in bypass; may change */
	struct hiod_anomalies *anomalies;
	struct hiod_resv_regions prop_regions; /* the machine's, for every device */
	struct virtio_iommu_device *devices;   /* by aliased {bus, devfn} */
	struct virtio_iommu_hiod *hiods;       /* by the device's own {bus, devfn} */
} VirtIOIOMMUState;

/*
 * Realizes, then sits above bus. props: regions that the machine reserves, the
 * later ones winning; copied. 0 or -errno; on failure nothing is held.
 */
int virtio_iommu_realize(VirtIOIOMMUState *s, const struct virtio_iommu_config *c,
			 const struct hiod_resv_region *props, size_t nprops, AddressSpace *sys,
			 struct hiod_anomalies *anomalies, PCIBus *bus, struct hiod_error *err);
/* All devices of the command line are there: from now on the granule stays. */
void virtio_iommu_freeze_granule(VirtIOIOMMUState *s);
/* Drops what it holds. The bus must not be asked any more. */
void virtio_iommu_finalize(VirtIOIOMMUState *s);

/* The host IOMMU device registered for {bus, devfn}, or NULL. */
HostIOMMUDevice *virtio_iommu_find(const VirtIOIOMMUState *s, const PCIBus *bus, int devfn);
/* How many are registered. */
unsigned virtio_iommu_count(const VirtIOIOMMUState *s);
/* The regions shown to the guest for an aliased {bus, devfn}, or NULL. Not owned. */
const struct hiod_resv_regions *virtio_iommu_resv_regions(const VirtIOIOMMUState *s,
							  const PCIBus *bus, int devfn);

/*
 * The check of page sizes alone. cur: the vIOMMU's; host: the host's; bitmaps.
 * 0 or -EINVAL; the message lacks the device's name.
 */
int virtio_iommu_check_page_size_mask(uint64_t cur, uint64_t host, bool frozen,
				      struct hiod_error *err);

extern const PCIIOMMUOps virtio_iommu_ops; /* opaque: VirtIOIOMMUState */

#endif
