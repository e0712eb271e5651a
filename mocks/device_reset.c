// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Resets of vfio-pci that reach more than the function: of its slot or its bus.
 * Whom they reach is in the description (drivers/vfio/pci/vfio_pci_core.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mocks/ictx.h"

/* Instead of an id: owned through another function of its group; not owned. */
#define DEVID_OWNED	0u
#define DEVID_NOT_OWNED UINT32_MAX

struct reset_head {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
};

/* struct vfio_pci_dependent_device */
struct reached {
	uint32_t id;
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn;
};

/* The function as a device of VFIO; NULL: it is none. */
static struct dev *vfio_dev(struct model *m, const struct host_reset_dev *r)
{
	for (size_t i = 0; i < m->h->ndevices; i++)
		if (!strcmp(m->devs[i].h->bdf, r->bdf))
			return m->devs[i].g && dev_present(&m->devs[i]) ? &m->devs[i] : NULL;
	return NULL;
}

static bool owned_group(const struct model *m, const struct ictx *ictx, const struct group *g)
{
	for (size_t i = 0; i < m->h->ndevices; i++)
		if (m->devs[i].ictx == ictx && m->devs[i].g == g)
			return true;
	return false;
}

/* What the user of ictx is to d. */
static uint32_t devid(const struct model *m, const struct dev *d, const struct ictx *ictx)
{
	if (d && d->ictx == ictx)
		return d->obj->id;
	return d && owned_group(m, ictx, d->g) ? DEVID_OWNED : DEVID_NOT_OWNED;
}

int device_hot_reset_info(struct model *m, const struct devfile *df, uint64_t arg)
{
	const struct host_device *h = df->d->h;
	uint32_t flags =
		df->g ? 0 : VFIO_PCI_HOT_RESET_FLAG_DEV_ID | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
	struct reset_head hdr;
	int err, ret = 0;

	if (!dev_is_pci(df->d))
		return -ENOTTY;
	err = user_in_argsz(m, &hdr, sizeof(hdr), arg);
	if (err)
		return err;
	if (!h->nreset)
		return -ENODEV;
	hdr.flags = 0;
	hdr.count = (uint32_t)h->nreset;
	if (h->nreset > (hdr.argsz - sizeof(hdr)) / sizeof(struct reached)) {
		ret = -ENOSPC;
		flags = 0;
	}
	for (size_t i = 0; !ret && i < h->nreset; i++) {
		const struct host_reset_dev *r = &h->reset[i];
		struct reached to = { .id = (uint32_t)r->group };
		unsigned int fn;

		sscanf(r->bdf, "%4hx:%2hhx:%2hhx.%1x", &to.segment, &to.bus, &to.devfn, &fn);
		to.devfn = (uint8_t)(to.devfn << 3 | fn);
		if (!df->g)
			to.id = devid(m, vfio_dev(m, r), df->d->ictx);
		else if (r->group < 0)
			return -EPERM;
		if (!df->g && to.id == DEVID_NOT_OWNED)
			flags &= ~VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;
		if (user_out(m, arg + sizeof(hdr) + i * sizeof(to), &to, sizeof(to)))
			ret = -EFAULT;
	}
	if (ret == -EFAULT)
		return ret;
	hdr.flags = flags;
	err = user_out(m, arg, &hdr, sizeof(hdr));
	return err ? err : ret;
}

/* The descriptors of groups, each checked, none of another kind; NULL: their number is in err. */
static struct group **named_groups(struct model *m, uint64_t at, uint32_t n, int *err)
{
	struct group **v = calloc(n, sizeof(*v));
	int32_t *fds = calloc(n, sizeof(*fds));

	*err = v && fds ? user_in(m, fds, at, n * sizeof(*fds)) : -ENOMEM;
	for (uint32_t i = 0; !*err && i < n; i++) {
		const struct file *f = model_fd(m, fds[i]);

		if (!f)
			*err = -EBADF;
		else if (f->kind != UAPI_FD_GROUP)
			*err = -EINVAL;
		else
			v[i] = f->group;
	}
	free(fds);
	if (!*err)
		return v;
	free(v);
	return NULL;
}

/* Every function that is reached must be VFIO's, and every one of those the caller's. */
static int reset_all(struct model *m, const struct devfile *df, struct group **v, uint32_t n)
{
	const struct host_device *h = df->d->h;

	for (size_t i = 0; i < h->nreset; i++) {
		const struct dev *d = vfio_dev(m, &h->reset[i]);
		bool owned = false;

		if (!d)
			return -EINVAL;
		if (!v)
			owned = devid(m, d, df->d->ictx) != DEVID_NOT_OWNED;
		for (uint32_t k = 0; v && k < n && !owned; k++)
			owned = v[k] == d->g;
		if (!owned)
			return -EINVAL;
	}
	return 0;
}

int device_hot_reset(struct model *m, const struct devfile *df, uint64_t arg)
{
	struct group **v = NULL;
	struct reset_head hdr;
	int err;

	if (!dev_is_pci(df->d))
		return -ENOTTY;
	err = user_in_argsz(m, &hdr, sizeof(hdr), arg);
	if (err)
		return err;
	if (hdr.flags)
		return -EINVAL;
	/* Since there is the cdev, groups are for those who came through one, and only for them. */
	if (FEAT(m, HWPT) && !hdr.count != !df->g)
		return -EINVAL;
	if (!df->d->h->nreset)
		return -ENODEV;
	if (hdr.count > df->d->h->nreset || !hdr.count != !df->g)
		return -EINVAL;
	if (hdr.count) {
		v = named_groups(m, arg + sizeof(hdr), hdr.count, &err);
		if (!v)
			return err;
	}
	err = reset_all(m, df, v, hdr.count);
	free(v);
	return err;
}
