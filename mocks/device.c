// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VFIO device and its descriptors: who has it open, and which of its
 * requests are answered when. What the requests about its regions and
 * interrupts say is in device_info.c, the cdev's own are in cdev.c.
 */
#include <stdlib.h>

#include "mocks/ictx.h"
#include "mocks/internal.h"

#define REGION_SHIFT  40 /* vfio-pci: region i lies at i << 40 */
#define CONFIG_REGION 7
#define CONFIG_BYTES  256

const struct host_region *dev_regions(const struct dev *d, size_t *n)
{
	*n = d->h->own_regions ? d->h->nregions : d->g->h->nregions;
	return d->h->own_regions ? d->h->regions : d->g->h->regions;
}

bool dev_present(const struct dev *d)
{
	const char *driver = d->h->driver;

	/* Before 6.1 there is no vfio-dev directory: the driver's name has to do. */
	return !d->lost && (d->h->vfio_dev || (driver && !strncmp(driver, "vfio", 4)));
}

/* An object for the device in the context, with the checks of binding. */
static int bind(struct dev *d, struct ictx *ictx)
{
	enum obj_type type = d->h->mdev ? OBJ_ACCESS : OBJ_DEVICE;
	bool physical = !d->h->mdev && !d->h->noiommu;
	int err;

	if (physical) {
		if (!d->unit)
			return -ENODEV;
		if (!d->unit->isolated_msi && !d->m->h->iommufd_unsafe)
			return -EPERM;
		err = group_claim(d->g, ictx);
		if (err)
			return err;
	}
	d->obj = obj_new(ictx, sizeof(*d->obj), type);
	if (!d->obj) {
		if (physical)
			group_release(d->g);
		return -ENOMEM;
	}
	d->obj->users = 1; /* VFIO */
	d->obj->dev = d;
	d->ictx = ictx;
	ictx->refs++;
	return 0;
}

static void unbind(struct dev *d)
{
	if (!d->obj)
		return;
	while (d->npasids)
		dev_detach_pasid(d, d->pasids[d->npasids - 1].pasid);
	dev_detach(d);
	obj_free(d->obj);
	d->obj = NULL;
	if (!d->h->mdev && !d->h->noiommu)
		group_release(d->g);
	ictx_put(d->ictx);
	d->ictx = NULL;
}

/* Through a group the device goes into the context's default IOAS at once. */
static int bind_compat(struct dev *d, struct ictx *ictx)
{
	uint32_t pt_id;
	int err;

	if (d->h->noiommu)
		return 0;
	err = bind(d, ictx);
	if (err)
		return err;
	if (!ictx->vfio_ioas) {
		unbind(d);
		return -ENODEV;
	}
	pt_id = ictx->vfio_ioas->obj.id;
	err = dev_attach(d, &pt_id);
	if (err)
		unbind(d);
	return err;
}

static void opened(struct dev *d)
{
	if (!d->open_count++)
		d->m->stats.devices_open++;
}

int dev_bind_cdev(struct dev *d, struct ictx *ictx)
{
	int err = bind(d, ictx);

	if (!err)
		opened(d);
	return err;
}

int dev_open(struct dev *d, struct ictx *ictx)
{
	int err = ictx && !d->open_count ? bind_compat(d, ictx) : 0;

	if (!err)
		opened(d);
	return err;
}

void dev_close(struct dev *d)
{
	if (--d->open_count)
		return;
	unbind(d);
	d->low_power = false;
	d->m->stats.devices_open--;
}

struct file devfile(struct dev *d, struct group *g)
{
	return (struct file){ .kind = UAPI_FD_DEVICE, .dev = { .d = d, .g = g } };
}

void devfile_release(struct devfile *df)
{
	if (df->granted) {
		dev_close(df->d);
		if (!df->g)
			df->d->g->cdevs_bound--;
	}
	if (df->g) {
		df->g->devs_open--;
		if (df->holds_group)
			group_put(df->g);
	}
}

int open_cdev(struct model *m, struct dev *d)
{
	struct file f;

	if (!d->g || !dev_present(d))
		return -ENODEV;
	f = devfile(d, NULL);
	return fd_install(m, &f);
}

static int device_reset(const struct dev *d)
{
	return d->h->info_flags & VFIO_DEVICE_FLAGS_RESET ? 0 : -EINVAL;
}

/* Interrupts are set up and never fire; eventfds are not looked at. */
static int set_irqs(struct model *m, const struct dev *d, uint64_t arg)
{
	const uint32_t data = VFIO_IRQ_SET_DATA_TYPE_MASK, action = VFIO_IRQ_SET_ACTION_TYPE_MASK;
	struct vfio_irq_set set;
	struct host_irq_info q;
	uint32_t size = 0;
	int err = user_in_argsz(m, &set, sizeof(set), arg);

	if (err)
		return err;
	if (!dev_irq(d, set.index, &q) || set.count >= UINT32_MAX - set.start ||
	    set.flags & ~(data | action) || __builtin_popcount(set.flags & data) != 1)
		return -EINVAL;
	if (set.start >= q.count || set.start + set.count > q.count)
		return -EINVAL;
	if (set.flags & VFIO_IRQ_SET_DATA_BOOL)
		size = 1;
	else if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		size = 4;
	if (set.argsz - sizeof(set) < (uint64_t)set.count * size)
		return -EINVAL;
	return __builtin_popcount(set.flags & action) == 1 ? 0 : -ENOTTY;
}

static int driver_ioctl(struct model *m, struct devfile *df, uint32_t req, uint64_t arg)
{
	switch (req) {
	case VFIO_DEVICE_GET_INFO: return device_info(m, df->d, arg);
	case VFIO_DEVICE_GET_REGION_INFO: return device_region_info(m, df->d, arg);
	case VFIO_DEVICE_GET_IRQ_INFO: return device_irq_info(m, df->d, arg);
	case VFIO_DEVICE_SET_IRQS: return set_irqs(m, df->d, arg);
	case VFIO_DEVICE_RESET: return device_reset(df->d);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: return device_hot_reset_info(m, df, arg);
	case VFIO_DEVICE_FEATURE: return device_feature(m, df->d, arg);
	case VFIO_DEVICE_PCI_HOT_RESET: return device_hot_reset(m, df, arg);
	case VFIO_DEVICE_IOEVENTFD: return device_ioeventfd(m, df->d, arg);
	case VFIO_DEVICE_QUERY_GFX_PLANE:
	case VFIO_DEVICE_GET_GFX_DMABUF:
	case VFIO_DEVICE_BIND_IOMMUFD:
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
	case VFIO_MIG_GET_PRECOPY_INFO: return -ENOTTY; /* known, and not this driver's */
	default: return unknown_request(m, "device", req);
	}
}

int device_ioctl(struct model *m, struct devfile *df, uint32_t req, uint64_t arg)
{
	if (req == VFIO_DEVICE_BIND_IOMMUFD && m->has_cdev)
		return cdev_bind(m, df, arg);
	if (!df->granted)
		return -EINVAL;
	if (!df->g && req == VFIO_DEVICE_ATTACH_IOMMUFD_PT)
		return cdev_attach(m, df, arg);
	if (!df->g && req == VFIO_DEVICE_DETACH_IOMMUFD_PT)
		return cdev_detach(m, df, arg);
	return driver_ioctl(m, df, req, arg);
}

static uint32_t attr_number(const struct dev *d, const char *name)
{
	for (size_t i = 0; i < d->h->nattrs; i++)
		if (!strcmp(d->h->attrs[i].name, name))
			return (uint32_t)strtoul(d->h->attrs[i].value, NULL, 0);
	return 0;
}

/* The identity a description has; everything else of configuration space reads as zero. */
static void config_space(const struct dev *d, uint8_t *c)
{
	uint32_t id = attr_number(d, "vendor") | attr_number(d, "device") << 16;
	uint32_t class = attr_number(d, "class") << 8 | attr_number(d, "revision");
	uint32_t sub = attr_number(d, "subsystem_vendor") | attr_number(d, "subsystem_device")
								    << 16;

	memset(c, 0, CONFIG_BYTES);
	memcpy(c, &id, 4);
	memcpy(c + 8, &class, 4);
	memcpy(c + 0x2c, &sub, 4);
}

ssize_t device_pread(struct model *m, struct devfile *df, void *buf, size_t len, uint64_t off)
{
	uint8_t config[CONFIG_BYTES];

	(void)m;
	if (!df->granted || off >> REGION_SHIFT != CONFIG_REGION)
		return -EINVAL;
	off &= (1ull << REGION_SHIFT) - 1;
	if (off >= sizeof(config))
		return -EINVAL;
	if (len > sizeof(config) - off)
		len = sizeof(config) - off;
	config_space(df->d, config);
	memcpy(buf, config + off, len);
	return (ssize_t)len;
}

/* Writes to configuration space are taken and have no effect. */
ssize_t device_pwrite(struct model *m, struct devfile *df, size_t len, uint64_t off)
{
	(void)m;
	if (!df->granted || off >> REGION_SHIFT != CONFIG_REGION)
		return -EINVAL;
	return (ssize_t)len;
}
