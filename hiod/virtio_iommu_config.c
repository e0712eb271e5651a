// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of virtio-iommu-pci and their defaults; see virtio_iommu.h. */
#include <errno.h>
#include <string.h>
#include "hiod/profile.h"
#include "hiod/type1_info.h"
#include "hiod/virtio_iommu.h"

/* Up to here a machine type keeps the defaults from before there were these options. */
#define LAST_64BIT_MACHINE HIOD_VERSION(8, 2)

static const struct {
	const char *name;
	uint64_t size; /* bytes */
} granules[VIRTIO_IOMMU_GRANULE_COUNT] = {
	[VIRTIO_IOMMU_GRANULE_HOST] = { "host", HIOD_HOST_PAGE_SIZE },
	[VIRTIO_IOMMU_GRANULE_4K] = { "4k", 4 << 10 },
	[VIRTIO_IOMMU_GRANULE_8K] = { "8k", 8 << 10 },
	[VIRTIO_IOMMU_GRANULE_16K] = { "16k", 16 << 10 },
	[VIRTIO_IOMMU_GRANULE_64K] = { "64k", 64 << 10 },
};

/* Where the device sits and what it is called: of no account. */
static const char *const ignored[] = { "id", "bus", "addr", NULL };

/* Properties that it has from being a virtio device and a PCI device, and two links. */
static const char *const unmodelled[] = {
	"acpi-index",
	"aer",
	"any_layout",
	"ats",
	"class",
	"disable-legacy",
	"disable-modern",
	"event_idx",
	"failover_pair_id",
	"in_order",
	"indirect_desc",
	"iommu_platform",
	"modern-pio-notify",
	"multifunction",
	"notify_on_empty",
	"packed",
	"page-per-vq",
	"primary-bus",
	"queue_reset",
	"reserved-regions",
	"rombar",
	"romfile",
	"romsize",
	"use-disabled-flag",
	"use-started",
	NULL,
};

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

const char *virtio_iommu_granule_name(enum virtio_iommu_granule g)
{
	return granules[g].name;
}

uint64_t virtio_iommu_granule_mask(enum virtio_iommu_granule g)
{
	return -granules[g].size;
}

void virtio_iommu_config_init(struct virtio_iommu_config *c, unsigned machine_version)
{
	bool old = machine_version <= LAST_64BIT_MACHINE;

	*c = (struct virtio_iommu_config){
		.aw_bits = old ? 64 : 39,
		.granule = old ? VIRTIO_IOMMU_GRANULE_4K : VIRTIO_IOMMU_GRANULE_HOST,
		.boot_bypass = true,
	};
}

static int set_granule(struct virtio_iommu_config *c, const struct hiod_options *o,
		       struct hiod_error *err)
{
	for (unsigned g = 0; g < VIRTIO_IOMMU_GRANULE_COUNT; g++) {
		if (!strcmp(o->value, granules[g].name)) {
			c->granule = (enum virtio_iommu_granule)g;
			return 0;
		}
	}
	return hiod_error_set(err, -EINVAL, "Parameter '%s' does not accept value '%s'", o->key,
			      o->value);
}

int virtio_iommu_config_set(struct virtio_iommu_config *c, const struct hiod_options *o,
			    struct hiod_error *err)
{
	uint64_t number;
	int rc;

	if (!strcmp(o->key, "aw-bits")) {
		rc = hiod_option_uint(o, UINT8_MAX, "uint8_t", &number, err);
		if (!rc)
			c->aw_bits = number;
		return rc;
	}
	if (!strcmp(o->key, "granule"))
		return set_granule(c, o, err);
	if (!strcmp(o->key, "boot-bypass"))
		return hiod_option_bool(o, &c->boot_bypass, err);
	if (one_of(o->key, ignored))
		return 0;
	if (one_of(o->key, unmodelled) || !strncmp(o->key, "x-", 2))
		return hiod_error_unmodelled(
			err, "property '%s' of virtio-iommu-pci is not modelled", o->key);
	return hiod_error_set(err, -EINVAL, "Property 'virtio-iommu-pci.%s' not found", o->key);
}
