// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The iommufd backend: device cdev, IOAS, page tables. Order of calls: QEMU's
 * hw/vfio/iommufd.c.
 */
#include "hiod/vfio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"
#include "hiod/pci.h"
#include "hiod/vfio_cdev.h"

/* ---- attach and detach ---- */

static int bind(VFIODevice *vbasedev, struct hiod_error *err)
{
	struct uapi_bind_iommufd b = {
		.argsz = vbasedev->vfio->profile->bind_argsz,
		.iommufd = vbasedev->iommufd->fd,
	};
	int rc = shim_ioctl(vbasedev->vfio->shim, vbasedev->fd, VFIO_DEVICE_BIND_IOMMUFD, &b);

	if (rc < 0)
		return hiod_error_set_errno(err, rc, "error bind device fd=%d to iommufd=%d",
					    vbasedev->fd, vbasedev->iommufd->fd);
	vbasedev->devid = b.out_devid;
	return 0;
}

/* ---- page tables ---- */

static void hwpt_add(VFIOIOASHwpt *hwpt, VFIODevice *vbasedev)
{
	vbasedev->hwpt = hwpt;
	vbasedev->hwpt_next = hwpt->devices;
	hwpt->devices = vbasedev;
}

/*
 * A page table that the container has and the device takes. 1: taken; 0: none
 * fits; -errno: the container is not for this device. EINVAL is how the kernel
 * says that a page table does not suit a device.
 */
static int hwpt_join(VFIODevice *vbasedev, VFIOContainer *c, struct hiod_error *err)
{
	for (VFIOIOASHwpt *h = c->hwpts; h; h = h->next) {
		int rc = iommufd_cdev_attach_pt(vbasedev, HIOD_NO_PASID, h->hwpt_id, err);

		if (!rc) {
			hwpt_add(h, vbasedev);
			return 1;
		}
		if (rc != -EINVAL)
			return rc;
	}
	return 0;
}

/* What the page table must do, from the host's caps and the vIOMMU's wishes. */
static int hwpt_flags(VFIODevice *vbasedev, VFIOContainer *c, uint32_t *flags,
		      struct hiod_error *err)
{
	const struct hiod_profile *p = vbasedev->vfio->profile;
	HostIOMMUDeviceCaps caps = { 0 };
	int rc;

	*flags = 0;
	if (p->autodomain_hw_info_len == HIOD_NO_HW_INFO) {
		caps = vbasedev->hiod->caps;
	} else {
		rc = iommufd_backend_get_device_info(c->be, vbasedev->devid, &caps.vendor_caps,
						     p->autodomain_hw_info_len, &caps, NULL, err);
		if (rc)
			return rc;
	}
	if (caps.hw_caps & UAPI_HW_CAP_DIRTY)
		*flags |= UAPI_HWPT_DIRTY_TRACKING;
	if (vbasedev->viommu_flags & VIOMMU_FLAG_WANT_NESTING_PARENT) {
		*flags |= UAPI_HWPT_NEST_PARENT;
		if (caps.type == UAPI_HW_INFO_TYPE_VTD &&
		    (caps.vendor_caps.vtd.flags & UAPI_HW_INFO_VTD_ERRATA_772415))
			c->bypass_ro = true;
	}
	if ((vbasedev->viommu_flags & VIOMMU_FLAG_PASID_SUPPORTED) && caps.max_pasid_log2)
		*flags |= UAPI_HWPT_PASID;
	return 0;
}

/* Attaches the device to a page table of the container, of its own if need be. */
static int autodomains_get(VFIODevice *vbasedev, VFIOContainer *c, struct hiod_error *err)
{
	VFIOIOASHwpt *hwpt;
	uint32_t flags, id;
	int rc;

	rc = hwpt_join(vbasedev, c, err);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = hwpt_flags(vbasedev, c, &flags, err);
	if (rc)
		return rc;
	hwpt = calloc(1, sizeof(*hwpt));
	if (!hwpt)
		return hiod_error_nomem(err);
	rc = iommufd_backend_alloc_hwpt(c->be, vbasedev->devid, c->ioas_id, flags,
					IOMMU_HWPT_DATA_NONE, 0, NULL, &id, err);
	if (rc) {
		/* QEMU leaves the reader alone with this one. */
		if (rc == -EOPNOTSUPP && flags & UAPI_HWPT_NEST_PARENT)
			hiod_error_hint(
				err,
				"%s=on needs a host page table that can be nested, and this "
				"host makes none",
				c->vfio->profile->first_stage_option);
		goto free;
	}
	rc = iommufd_cdev_attach_pt(vbasedev, HIOD_NO_PASID, id, err);
	if (rc)
		goto destroy;
	hwpt->hwpt_id = id;
	hwpt->dirty_tracking = flags & UAPI_HWPT_DIRTY_TRACKING;
	hwpt->next = c->hwpts;
	c->hwpts = hwpt;
	hwpt_add(hwpt, vbasedev);
	if (hwpt->dirty_tracking)
		c->dirty_pages_supported = true;
	else if (c->dirty_pages_supported)
		hiod_report(c->vfio->report, HIOD_REPORT_WARNING, NULL,
			    "IOMMU instance for device %s doesn't support dirty tracking",
			    vbasedev->name);
	return 0;

destroy:
	iommufd_backend_free_id(c->be, id);
free:
	free(hwpt);
	return rc;
}

static void autodomains_put(VFIODevice *vbasedev)
{
	VFIOIOASHwpt *hwpt = vbasedev->hwpt, **hp;
	VFIODevice **p = &hwpt->devices;

	while (*p != vbasedev)
		p = &(*p)->hwpt_next;
	*p = vbasedev->hwpt_next;
	vbasedev->hwpt = NULL;
	if (hwpt->devices)
		return;
	for (hp = &vbasedev->container->hwpts; *hp != hwpt; hp = &(*hp)->next)
		;
	*hp = hwpt->next;
	iommufd_backend_free_id(vbasedev->container->be, hwpt->hwpt_id);
	free(hwpt);
}

/* ---- container ---- */

static int attach_container(VFIODevice *vbasedev, VFIOContainer *c, struct hiod_error *err)
{
	bool to_ioas = vbasedev->mdev || vbasedev->vfio->profile->attach_to_ioas;
	int rc = to_ioas ? iommufd_cdev_attach_pt(vbasedev, HIOD_NO_PASID, c->ioas_id, err)
			 : autodomains_get(vbasedev, c, err);

	if (rc)
		return rc;
	vbasedev->container = c;
	c->ndevices++;
	return 0;
}

static void detach_container(VFIODevice *vbasedev)
{
	VFIOContainer *c = vbasedev->container;
	struct hiod_error err;

	hiod_error_init(&err);
	if (iommufd_cdev_detach_pt(vbasedev, HIOD_NO_PASID, &err))
		hiod_report(vbasedev->vfio->report, HIOD_REPORT_ERROR, NULL, "%s", err.message);
	if (vbasedev->hwpt)
		autodomains_put(vbasedev);
	c->ndevices--;
	vbasedev->container = NULL;
}

/* Nothing while it has devices. */
static void container_destroy(VFIOContainer *c)
{
	if (c->ndevices)
		return;
	vfio_listener_unregister(c);
	vfio_container_remove(c);
	iommufd_backend_free_id(c->be, c->ioas_id);
	range_list_free(&c->iova_ranges);
	free(c);
}

/* 1: joined; 0: none; -errno: QEMU does not come back from here. */
static int join_container(VFIODevice *vbasedev, const AddressSpace *as, struct hiod_error *err)
{
	const struct hiod_profile *p = vbasedev->vfio->profile;

	for (VFIOContainer *c = vbasedev->vfio->containers; c; c = c->next) {
		int rc;

		if (c->as != as)
			continue;
		if (!c->is_iommufd) {
			if (!p->mixed_backends_abort)
				continue;
			return hiod_fail_anomaly(vbasedev->vfio->anomalies,
						 HIOD_ANOMALY_MIXED_BACKENDS, 0, 0, err);
		}
		if (c->be != vbasedev->iommufd)
			continue;
		rc = attach_container(vbasedev, c, err);
		if (!rc)
			return 1;
		if (err->fail == HIOD_FAIL_INTERNAL)
			return rc;
	}
	return 0;
}

static int new_container(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err)
{
	VFIOState *vfio = vbasedev->vfio;
	VFIOContainer *c;
	uint32_t ioas_id;
	int rc;

	rc = iommufd_backend_alloc_ioas(vbasedev->iommufd, &ioas_id, err);
	if (rc)
		return rc;
	c = calloc(1, sizeof(*c));
	if (!c) {
		iommufd_backend_free_id(vbasedev->iommufd, ioas_id);
		return hiod_error_nomem(err);
	}
	c->vfio = vfio;
	c->as = as;
	c->is_iommufd = true;
	c->be = vbasedev->iommufd;
	c->ioas_id = ioas_id;
	vfio_container_add(c);
	rc = attach_container(vbasedev, c, err);
	if (rc)
		goto destroy;
	rc = iommufd_backend_get_iova_ranges(c->be, ioas_id, &c->iova_ranges, &c->pgsizes,
					     vfio->anomalies, err);
	if (rc)
		goto detach;
	rc = vfio_listener_register(c, err);
	if (rc)
		goto detach;
	return 0;

detach:
	detach_container(vbasedev);
destroy:
	container_destroy(c);
	return rc;
}

/* ---- device ---- */

static int attach_bound(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err)
{
	const HostIOMMUDeviceClass *klass = &host_iommu_device_iommufd_vfio_class.parent;
	bool early = vbasedev->vfio->profile->realize_point == HIOD_REALIZE_EARLY;
	VFIOContainer *c;
	int rc;

	if (early) {
		rc = vfio_device_hiod_realize(vbasedev, klass, err);
		if (rc)
			return rc;
	}
	rc = join_container(vbasedev, as, err);
	if (!rc)
		rc = new_container(vbasedev, as, err);
	if (rc < 0)
		return rc;
	iommufd_cdev_tell_hiod(vbasedev);
	rc = vfio_device_get_info(vbasedev, false, err);
	if (!rc && !early)
		rc = vfio_device_hiod_realize(vbasedev, klass, err);
	if (rc) {
		c = vbasedev->container;
		detach_container(vbasedev);
		container_destroy(c);
	}
	return rc;
}

int iommufd_cdev_attach(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err)
{
	VFIOState *vfio = vbasedev->vfio;
	int rc;

	rc = vfio_cdev_open(vbasedev, err);
	if (rc < 0)
		return rc;
	vbasedev->fd = rc;
	rc = iommufd_backend_connect(vbasedev->iommufd, err);
	if (rc)
		goto close;
	rc = bind(vbasedev, err);
	if (rc)
		goto disconnect;
	rc = attach_bound(vbasedev, as, err);
	if (!rc)
		return 0;
	hiod_unref(vbasedev->hiod);
	vbasedev->hiod = NULL;
disconnect:
	iommufd_backend_disconnect(vbasedev->iommufd);
close:
	shim_close(vfio->shim, vbasedev->fd);
	vbasedev->fd = -1;
	return rc;
}

void iommufd_cdev_detach(VFIODevice *vbasedev)
{
	VFIOContainer *c = vbasedev->container;

	detach_container(vbasedev);
	container_destroy(c);
	iommufd_backend_disconnect(vbasedev->iommufd);
	shim_close(vbasedev->vfio->shim, vbasedev->fd);
	vbasedev->fd = -1;
}
