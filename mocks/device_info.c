// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a device says of itself, its regions and its interrupts: what the
 * description has, or else what vfio-pci says of a function without BARs and
 * interrupts.
 */
#include "mocks/internal.h"

#define CONFIG_BYTES 256

static uint32_t num_regions(const struct dev *d)
{
	return d->h->info_known ? d->h->num_regions : VFIO_PCI_NUM_REGIONS;
}

static uint32_t num_irqs(const struct dev *d)
{
	return d->h->info_known ? d->h->num_irqs : VFIO_PCI_NUM_IRQS;
}

static bool dev_region(const struct dev *d, uint32_t index, struct host_region_info *r)
{
	bool config = index == VFIO_PCI_CONFIG_REGION_INDEX;

	if (index >= num_regions(d))
		return false;
	for (size_t i = 0; i < d->h->nregion_info; i++) {
		if (d->h->region_info[i].index != index)
			continue;
		*r = d->h->region_info[i];
		return !r->err;
	}
	*r = (struct host_region_info){
		.index = index,
		.flags = config ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0,
		.size = config ? CONFIG_BYTES : 0,
		.offset = (uint64_t)index << 40,
	};
	return !d->h->info_known && index != VFIO_PCI_VGA_REGION_INDEX;
}

bool dev_irq(const struct dev *d, uint32_t index, struct host_irq_info *q)
{
	bool masks = index == VFIO_PCI_INTX_IRQ_INDEX;

	if (index >= num_irqs(d))
		return false;
	for (size_t i = 0; i < d->h->nirq_info; i++) {
		if (d->h->irq_info[i].index != index)
			continue;
		*q = d->h->irq_info[i];
		return !q->err;
	}
	*q = (struct host_irq_info){
		.index = index,
		.flags = VFIO_IRQ_INFO_EVENTFD |
			 (masks ? VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED
				: VFIO_IRQ_INFO_NORESIZE),
		.count = index >= VFIO_PCI_ERR_IRQ_INDEX,
	};
	return !d->h->info_known;
}

/*
 * The capabilities of a reply: written after the structure when they fit, else
 * only their size is told. *cap_offset is 0 when they did not fit.
 */
static int put_caps(struct model *m, uint64_t arg, uint32_t base, const uint8_t *caps, uint32_t len,
		    uint32_t *argsz, uint32_t *cap_offset)
{
	int err;

	*cap_offset = 0;
	if (*argsz < base + len) {
		*argsz = base + len;
		return 0;
	}
	err = user_out(m, arg + base, caps, len);
	if (!err)
		*cap_offset = base;
	return err;
}

int device_info(struct model *m, const struct dev *d, uint64_t arg)
{
	const struct host_device *h = d->h;
	uint32_t full = FEAT(m, INFO_PAD) ? sizeof(struct uapi_device_info) : 20, copy;
	struct uapi_device_info info = { 0 };
	int err = user_in_argsz(m, &info, 16, arg);

	if (err)
		return err;
	if (FEAT(m, INFO_PAD))
		copy = info.argsz < full ? info.argsz : full;
	else
		copy = info.argsz < full ? 16 : full;
	info.flags = h->info_known ? h->info_flags : VFIO_DEVICE_FLAGS_PCI;
	info.num_regions = num_regions(d);
	info.num_irqs = num_irqs(d);
	if (h->info_caps)
		err = put_caps(m, arg, full, h->info_caps, h->info_caps_len, &info.argsz,
			       &info.cap_offset);
	return err ? err : user_out(m, arg, &info, copy);
}

int device_region_info(struct model *m, const struct dev *d, uint64_t arg)
{
	struct vfio_region_info info;
	struct host_region_info r = { 0 };
	int err = user_in_argsz(m, &info, sizeof(info), arg);

	if (err)
		return err;
	if (!dev_region(d, info.index, &r))
		return r.err ? -r.err : -EINVAL;
	info.flags = r.flags;
	info.size = r.size;
	info.offset = r.offset;
	if (r.caps)
		err = put_caps(m, arg, sizeof(info), r.caps, r.caps_len, &info.argsz,
			       &info.cap_offset);
	return err ? err : user_out(m, arg, &info, sizeof(info));
}

int device_irq_info(struct model *m, const struct dev *d, uint64_t arg)
{
	struct vfio_irq_info info;
	struct host_irq_info q = { 0 };
	int err = user_in_argsz(m, &info, sizeof(info), arg);

	if (err)
		return err;
	if (!dev_irq(d, info.index, &q))
		return q.err ? -q.err : -EINVAL;
	info.flags = q.flags;
	info.count = q.count;
	return user_out(m, arg, &info, sizeof(info));
}
