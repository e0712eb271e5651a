// SPDX-License-Identifier: GPL-2.0-or-later
/* What a device says of itself, its regions and its interrupts: from the description. */
#include "mocks/internal.h"

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
	info.flags = h->info_flags;
	info.num_regions = h->num_regions;
	info.num_irqs = h->num_irqs;
	if (h->info_caps)
		err = put_caps(m, arg, full, h->info_caps, h->info_caps_len, &info.argsz,
			       &info.cap_offset);
	return err ? err : user_out(m, arg, &info, copy);
}

int device_region_info(struct model *m, const struct dev *d, uint64_t arg)
{
	const struct host_device *h = d->h;
	const struct host_region_info *r = NULL;
	struct vfio_region_info info;
	int err = user_in_argsz(m, &info, sizeof(info), arg);

	if (err)
		return err;
	for (size_t i = 0; i < h->nregion_info; i++)
		if (h->region_info[i].index == info.index)
			r = &h->region_info[i];
	if (!r || info.index >= h->num_regions)
		return -EINVAL;
	if (r->err)
		return -r->err;
	info.flags = r->flags;
	info.size = r->size;
	info.offset = r->offset;
	if (r->caps)
		err = put_caps(m, arg, sizeof(info), r->caps, r->caps_len, &info.argsz,
			       &info.cap_offset);
	return err ? err : user_out(m, arg, &info, sizeof(info));
}

int device_irq_info(struct model *m, const struct dev *d, uint64_t arg)
{
	const struct host_device *h = d->h;
	const struct host_irq_info *q = NULL;
	struct vfio_irq_info info;
	int err = user_in_argsz(m, &info, sizeof(info), arg);

	if (err)
		return err;
	for (size_t i = 0; i < h->nirq_info; i++)
		if (h->irq_info[i].index == info.index)
			q = &h->irq_info[i];
	if (!q || info.index >= h->num_irqs)
		return -EINVAL;
	if (q->err)
		return -q->err;
	info.flags = q->flags;
	info.count = q->count;
	return user_out(m, arg, &info, sizeof(info));
}
