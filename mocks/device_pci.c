// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of a device that only vfio-pci serves: writes by eventfd, optional
 * features. A description has nothing of these, so that what a function alone
 * is told stands for all.
 */
#include <stdlib.h>

#include "mocks/internal.h"

#define REGION_SHIFT   40
#define REGION_MASK    ((1ull << REGION_SHIFT) - 1)
#define BAR5	       5u
#define IOEVENTFD_MIN  28u /* through fd */
#define IOEVENTFD_SIZE 0xfu

/* Features of vfio-pci itself: the numbers of include/uapi/linux/vfio.h. */
enum {
	FEATURE_LOW_POWER_ENTRY = 3,
	FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP = 4,
	FEATURE_LOW_POWER_EXIT = 5,
};

bool dev_is_pci(const struct dev *d)
{
	return !d->h->mdev && (!d->h->info_known || d->h->info_flags & VFIO_DEVICE_FLAGS_PCI);
}

static uint64_t bar_bytes(const struct dev *d, uint32_t bar)
{
	for (size_t i = 0; i < d->h->nregion_info; i++)
		if (d->h->region_info[i].index == bar && !d->h->region_info[i].err)
			return d->h->region_info[i].size;
	return 0;
}

/* An eventfd cannot be had here, so that none is ever there to be taken away. */
int device_ioeventfd(struct model *m, const struct dev *d, uint64_t arg)
{
	struct {
		uint32_t argsz;
		uint32_t flags;
		uint64_t offset;
		uint64_t data;
		int32_t fd;
		uint32_t reserved;
	} e;
	uint32_t bar, count;
	int err;

	if (!dev_is_pci(d))
		return -ENOTTY;
	err = user_in_argsz(m, &e, IOEVENTFD_MIN, arg);
	if (err)
		return err;
	count = e.flags & IOEVENTFD_SIZE;
	if (e.flags & ~IOEVENTFD_SIZE || __builtin_popcount(count) != 1 || e.fd < -1)
		return -EINVAL;
	bar = (uint32_t)(e.offset >> REGION_SHIFT);
	if (bar > BAR5 || (e.offset & REGION_MASK) + count > bar_bytes(d, bar))
		return -EINVAL;
	if (e.fd < 0)
		return -ENODEV;
	return model_fd(m, e.fd) ? -EINVAL : -EBADF;
}

/* 1: to be done; else the answer. size: of the data that was sent, min that is needed. */
static int check_feature(uint32_t flags, uint32_t size, uint32_t min)
{
	if (flags & VFIO_DEVICE_FEATURE_GET)
		return -EINVAL; /* none of these can be read */
	if (flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	return flags & VFIO_DEVICE_FEATURE_SET && size >= min ? 1 : -EINVAL;
}

static int enter_low_power(struct dev *d)
{
	if (d->low_power)
		return -EINVAL;
	d->low_power = true;
	return 0;
}

/* The eventfd that tells of a wakeup: see device_ioeventfd(). */
static int enter_with_wakeup(struct model *m, uint64_t arg)
{
	struct {
		int32_t fd;
		uint32_t reserved;
	} entry;
	int err = user_in(m, &entry, arg, sizeof(entry));

	if (err)
		return err;
	if (entry.fd < 0)
		return -EINVAL;
	return model_fd(m, entry.fd) ? -EINVAL : -EBADF;
}

static int pci_feature(struct model *m, struct dev *d, uint32_t flags, uint32_t size, uint64_t data)
{
	uint32_t feature = flags & VFIO_DEVICE_FEATURE_MASK;
	int rc;

	if (feature < FEATURE_LOW_POWER_ENTRY || feature > FEATURE_LOW_POWER_EXIT)
		return -ENOTTY;
	rc = check_feature(flags, size, feature == FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP ? 8 : 0);
	if (rc != 1)
		return rc;
	switch (feature) {
	case FEATURE_LOW_POWER_ENTRY: return enter_low_power(d);
	case FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP: return enter_with_wakeup(m, data);
	default: d->low_power = false; return 0;
	}
}

int device_feature(struct model *m, struct dev *d, uint64_t arg)
{
	struct {
		uint32_t argsz;
		uint32_t flags;
	} f;
	const uint32_t both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	int err = user_in_argsz(m, &f, sizeof(f), arg);

	if (err)
		return err;
	if (f.flags & ~(VFIO_DEVICE_FEATURE_MASK | both | VFIO_DEVICE_FEATURE_PROBE))
		return -EINVAL;
	if (!(f.flags & VFIO_DEVICE_FEATURE_PROBE) && (f.flags & both) == both)
		return -EINVAL;
	/* Migration and dirty logging need a driver of the device's own. */
	if (!dev_is_pci(d))
		return -ENOTTY;
	return pci_feature(m, d, f.flags, f.argsz - (uint32_t)sizeof(f), arg + sizeof(f));
}
