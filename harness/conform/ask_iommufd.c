// SPDX-License-Identifier: GPL-2.0-or-later
/* What iommufd and the device's cdev say. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "harness/conform/ask_state.h"
#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"

/* A command that is known finds a size of 0 too small; one that is not is ENOTTY. */
static void commands(struct asker *v, int fd)
{
	static const struct {
		uint32_t req;
		enum host_feature feature;
	} known[] = {
		{ IOMMU_IOAS_ALLOC, HOST_F_IOMMUFD },
		{ IOMMU_HWPT_ALLOC, HOST_F_HWPT },
		{ IOMMU_HWPT_SET_DIRTY_TRACKING, HOST_F_DIRTY },
		{ IOMMU_HWPT_INVALIDATE, HOST_F_INVALIDATE },
		{ IOMMU_FAULT_QUEUE_ALLOC, HOST_F_FAULT },
		{ UAPI_VIOMMU_ALLOC, HOST_F_VIOMMU },
		{ UAPI_IOAS_CHANGE_PROCESS, HOST_F_CHANGE_PROCESS },
		{ UAPI_VEVENTQ_ALLOC, HOST_F_PASID },
		{ UAPI_HW_QUEUE_ALLOC, HOST_F_INPUT_TYPE },
		{ UAPI_IOAS_NOIOMMU_GET_PA, HOST_F_NOIOMMU_PA },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint32_t none[16] = { 0 };

		ask_feature(v, known[i].feature,
			    shim_ioctl(v->s, fd, known[i].req, none) == -EINVAL);
	}
}

void ask_iommufd(struct asker *v)
{
	int fd = shim_open(v->s, "/dev/iommu", O_RDWR);

	if (fd < 0)
		return;
	commands(v, fd);
	v->h->compat_noiommu =
		shim_ioctl_val(v->s, fd, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU) > 0;
	shim_close(v->s, fd);
}

static void hw_info(struct asker *v, struct host_device *d, struct host_iommu *io, int fd,
		    uint32_t devid)
{
	uint8_t data[sizeof(io->hw_data)] = { 0 };
	struct uapi_hw_info c = { .size = sizeof(c),
				  .dev_id = devid,
				  .data_len = sizeof(data),
				  .data_uptr = (uintptr_t)data };

	if (shim_ioctl(v->s, fd, IOMMU_GET_HW_INFO, &c))
		return;
	io->hw_known = true;
	io->hw_type = c.data_type;
	io->hw_len = c.data_len < sizeof(data) ? c.data_len : (uint32_t)sizeof(data);
	memcpy(io->hw_data, data, io->hw_len);
	d->hw_caps = c.out_capabilities;
	d->max_pasid_log2 = c.out_max_pasid_log2;
}

static uint32_t ioas_new(struct asker *v, int fd)
{
	struct iommu_ioas_alloc c = { .size = sizeof(c) };

	return shim_ioctl(v->s, fd, IOMMU_IOAS_ALLOC, &c) ? 0 : c.out_ioas_id;
}

static void destroy(struct asker *v, int fd, uint32_t id)
{
	struct iommu_destroy c = { .size = sizeof(c), .id = id };

	shim_ioctl(v->s, fd, IOMMU_DESTROY, &c);
}

static int attach(struct asker *v, int cdev, uint32_t id)
{
	struct vfio_device_attach_iommufd_pt c = { .argsz = sizeof(c), .pt_id = id };

	return shim_ioctl(v->s, cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &c);
}

static void detach(struct asker *v, int cdev)
{
	struct vfio_device_detach_iommufd_pt c = { .argsz = sizeof(c) };

	shim_ioctl(v->s, cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &c);
}

/* What an IOAS is narrowed to, by the compat layer, which tells page sizes as well. */
static void ioas_info(struct asker *v, int fd, uint32_t ioas, struct host_domain *dom)
{
	struct iommu_vfio_ioas c = { .size = sizeof(c),
				     .ioas_id = ioas,
				     .op = IOMMU_VFIO_IOAS_SET };
	uint32_t avail;

	if (shim_ioctl(v->s, fd, IOMMU_VFIO_IOAS, &c))
		return;
	ask_iommu_info(v, fd, dom, &avail);
	c.op = IOMMU_VFIO_IOAS_CLEAR;
	shim_ioctl(v->s, fd, IOMMU_VFIO_IOAS, &c);
}

/*
 * The page table that the kernel makes when a device is attached to an IOAS:
 * some drivers know its aperture only then.
 */
static void own_table(struct asker *v, int fd, int cdev, struct host_domain *dom)
{
	uint32_t ioas = ioas_new(v, fd);
	int ret = ioas ? attach(v, cdev, ioas) : -ENOMEM;

	dom->known = true;
	dom->attach_errno = ret < 0 ? -ret : 0;
	if (!ret) {
		ioas_info(v, fd, ioas, dom);
		detach(v, cdev);
	}
	destroy(v, fd, ioas);
}

/* A page table of a kind on an IOAS of its own, and whether the device can be attached to it. */
static void table(struct asker *v, int fd, int cdev, uint32_t devid, uint32_t flags,
		  struct host_domain *dom)
{
	uint32_t ioas = ioas_new(v, fd);
	struct uapi_hwpt_alloc c = {
		.size = sizeof(c), .flags = flags, .dev_id = devid, .pt_id = ioas
	};
	int ret = ioas ? shim_ioctl(v->s, fd, IOMMU_HWPT_ALLOC, &c) : -ENOMEM;

	*dom = (struct host_domain){ .known = true, .attach_errno = ret < 0 ? -ret : 0 };
	if (!ret) {
		ioas_info(v, fd, ioas, dom);
		ret = attach(v, cdev, c.out_hwpt_id);
		dom->attach_errno = ret < 0 ? -ret : 0;
		if (!ret)
			detach(v, cdev);
		destroy(v, fd, c.out_hwpt_id);
	}
	destroy(v, fd, ioas);
}

static void bound(struct asker *v, struct host_device *d, int fd, int cdev, uint32_t devid)
{
	static const uint32_t flags[HOST_DOMAIN_NR] = {
		[HOST_DOMAIN_PASID] = UAPI_HWPT_PASID,
		[HOST_DOMAIN_DIRTY] = UAPI_HWPT_DIRTY_TRACKING,
		[HOST_DOMAIN_PARENT] = UAPI_HWPT_NEST_PARENT,
	};
	struct host_iommu *io = &v->h->iommus[d->iommu];

	if (!v->h->iommufd_unsafe)
		io->isolated_msi = 1;
	hw_info(v, d, io, fd, devid);
	for (int k = 0; k < HOST_DOMAIN_NR; k++)
		if (flags[k])
			table(v, fd, cdev, devid, flags[k], &io->domain[k]);
	/*
	 * One that cannot be attached still has an aperture, which a page table
	 * that is only allocated shows.
	 */
	table(v, fd, cdev, devid, 0, &io->domain[HOST_DOMAIN_PAGING]);
	own_table(v, fd, cdev, &io->domain[HOST_DOMAIN_PAGING]);
	ask_infos(v, d, cdev);
}

/* 6.18 copies by the extensible rule, and finds the tail before it looks at the rest. */
static void token(struct asker *v, int cdev)
{
	struct {
		struct uapi_bind_iommufd bind;
		uint64_t tail;
	} b = { .bind = { .argsz = sizeof(b), .iommufd = -1 }, .tail = 1 };

	ask_feature(v, HOST_F_BIND_TOKEN,
		    shim_ioctl(v->s, cdev, VFIO_DEVICE_BIND_IOMMUFD, &b) == -E2BIG);
}

void ask_cdev(struct asker *v, struct host_device *d)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b) };
	char path[64];
	int fd, cdev, ret;

	if (!d->has_cdev)
		return;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%.40s", d->vfio_dev);
	fd = shim_open(v->s, "/dev/iommu", O_RDWR);
	cdev = fd < 0 ? -1 : shim_open(v->s, path, O_RDWR);
	if (cdev >= 0) {
		token(v, cdev);
		b.iommufd = fd;
		ret = shim_ioctl(v->s, cdev, VFIO_DEVICE_BIND_IOMMUFD, &b);
		if (!ret && d->iommu >= 0)
			bound(v, d, fd, cdev, b.out_devid);
		else if (ret == -EPERM && d->iommu >= 0)
			v->h->iommus[d->iommu].isolated_msi = 0;
		shim_close(v->s, cdev);
	}
	if (fd >= 0)
		shim_close(v->s, fd);
}
