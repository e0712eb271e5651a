// SPDX-License-Identifier: GPL-2.0-or-later
/* What both backends do with a device and its files; see vfio.h. */
#include "hiod/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"
#include "hiod/path.h"
#include "hiod/type1_info.h"

int vfio_open(VFIOState *vfio, const char *path, struct hiod_error *err)
{
	int fd = shim_open(vfio->shim, path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	err->stage = HIOD_STAGE_OPEN;
	return hiod_error_set_errno(
		err, fd,
		vfio->profile->own_open_texts ? "failed to open %s" : "Could not open '%s'", path);
}

int vfio_sysfs_path(const VFIODevice *vbasedev, const char *leaf, char path[VFIO_PATH_MAX],
		    struct hiod_error *err)
{
	if (strlen(vbasedev->sysfsdev) + 1 + strlen(leaf) < VFIO_PATH_MAX) {
		path_put(path_put(path_put(path, vbasedev->sysfsdev), "/"), leaf);
		return 0;
	}
	err->stage = HIOD_STAGE_OPEN;
	return hiod_error_set_errno(err, -ENAMETOOLONG, "%s/%s", vbasedev->sysfsdev, leaf);
}

/* A mediated device: its subsystem link leads to the mdev bus, whatever is below it. */
static bool is_mdev(const VFIODevice *vbasedev)
{
	char path[VFIO_PATH_MAX], target[VFIO_PATH_MAX];
	const char *tail = "/bus/mdev";
	size_t n = strlen(tail);
	struct hiod_error ignored;
	ssize_t len;

	hiod_error_init(&ignored);
	ignored.quiet = true;
	if (vfio_sysfs_path(vbasedev, "subsystem", path, &ignored))
		return false;
	len = shim_readlink(vbasedev->vfio->shim, path, target, sizeof(target));
	return len >= (ssize_t)n && len < (ssize_t)sizeof(target) &&
	       !memcmp(target + len - n, tail, n);
}

int vfio_device_init(VFIODevice *vbasedev, VFIOState *vfio, const char *sysfsdev,
		     struct hiod_error *err)
{
	struct shim_stat st;
	const char *slash;
	int rc;

	memset(vbasedev, 0, sizeof(*vbasedev));
	vbasedev->vfio = vfio;
	vbasedev->fd = -1;
	err->stage = HIOD_STAGE_OPEN;
	if (strlen(sysfsdev) >= sizeof(vbasedev->sysfsdev))
		return hiod_error_set_errno(err, -ENAMETOOLONG, "%s", sysfsdev);
	path_put(vbasedev->sysfsdev, sysfsdev);
	slash = strrchr(vbasedev->sysfsdev, '/');
	vbasedev->name = slash ? slash + 1 : vbasedev->sysfsdev;
	rc = shim_stat(vfio->shim, sysfsdev, &st);
	if (rc < 0) {
		hiod_error_set_errno(err, rc, "no such host device");
		hiod_error_prepend(err, "vfio %s: ", sysfsdev);
		return rc;
	}
	vbasedev->mdev = is_mdev(vbasedev);
	return 0;
}

int vfio_attach_device(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err)
{
	err->stage = HIOD_STAGE_REALIZE;
	if (vbasedev->iommufd)
		return iommufd_cdev_attach(vbasedev, as, err);
	return vfio_legacy_attach_device(vbasedev, as, err);
}

void vfio_detach_device(VFIODevice *vbasedev)
{
	if (!vbasedev->container)
		return;
	if (vbasedev->iommufd)
		iommufd_cdev_detach_pasids(vbasedev);
	hiod_unref(vbasedev->hiod);
	vbasedev->hiod = NULL;
	if (vbasedev->iommufd)
		iommufd_cdev_detach(vbasedev);
	else
		vfio_legacy_detach_device(vbasedev);
}

int vfio_device_get_aw_bits(const VFIODevice *vbasedev)
{
	const struct hiod_ranges *l = &vbasedev->container->iova_ranges;

	return l->n ? range_get_last_bit(range_list_last(l)) + 1
		    : HOST_IOMMU_DEVICE_CAP_AW_BITS_MAX;
}

void vfio_reply_free(void *inline_buf, void *buf)
{
	if (buf != inline_buf)
		free(buf);
}

int vfio_get_info(VFIOState *vfio, int fd, uint32_t req, uint32_t argsz, void *inline_buf,
		  size_t inline_len, void **buf, size_t *len, bool grows, const char *fail,
		  struct hiod_error *err)
{
	uint32_t size = argsz, wanted;
	char *b = inline_buf, *bigger;
	int rc;

	memset(b, 0, size);
	for (unsigned tries = 1;; tries++) {
		memcpy(b, &size, sizeof(size));
		rc = shim_ioctl(vfio->shim, fd, req, b);
		if (rc < 0) {
			vfio_reply_free(inline_buf, b);
			return hiod_error_set_errno(err, rc, "%s", fail);
		}
		memcpy(&wanted, b, sizeof(wanted));
		if (!grows || wanted <= size)
			break;
		if (wanted > HIOD_REPLY_MAX || tries == HIOD_REPLY_TRIES) {
			vfio_reply_free(inline_buf, b);
			return hiod_fail_anomaly(vfio->anomalies, HIOD_ANOMALY_ARGSZ_UNSETTLED,
						 wanted, tries, err);
		}
		bigger = b;
		if (wanted > inline_len) {
			bigger = malloc(wanted);
			if (!bigger) {
				vfio_reply_free(inline_buf, b);
				return hiod_error_nomem(err);
			}
			memcpy(bigger, b, size);
			vfio_reply_free(inline_buf, b);
		}
		b = bigger;
		memset(b + size, HIOD_UNWRITTEN_BYTE, wanted - size);
		size = wanted;
	}
	if (grows && wanted < size)
		hiod_anomaly_note(vfio->anomalies, HIOD_ANOMALY_ARGSZ_SHRANK, size, wanted);
	*buf = b;
	*len = size;
	return 0;
}

int vfio_device_get_info(VFIODevice *vbasedev, bool grows, struct hiod_error *err)
{
	char small[256] __attribute__((aligned(8)));
	struct uapi_device_info info;
	size_t len;
	void *buf;
	int rc;

	rc = vfio_get_info(vbasedev->vfio, vbasedev->fd, VFIO_DEVICE_GET_INFO, sizeof(info), small,
			   sizeof(small), &buf, &len, grows, "error getting device info", err);
	if (rc)
		return rc;
	memcpy(&info, buf, sizeof(info));
	vfio_reply_free(small, buf);
	vbasedev->num_regions = info.num_regions;
	vbasedev->num_irqs = info.num_irqs;
	vbasedev->flags = info.flags;
	return 0;
}

bool vfio_device_has_hiod(const VFIODevice *vbasedev)
{
	return !vbasedev->mdev || vbasedev->vfio->profile->mdev_has_hiod;
}

int vfio_device_hiod_realize(VFIODevice *vbasedev, const HostIOMMUDeviceClass *klass,
			     struct hiod_error *err)
{
	int rc;

	if (!vfio_device_has_hiod(vbasedev))
		return 0;
	vbasedev->hiod = hiod_new(klass);
	if (!vbasedev->hiod)
		return hiod_error_nomem(err);
	rc = HIOD_METHOD(vbasedev->hiod, realize)(vbasedev->hiod, vbasedev, err);
	if (rc) {
		hiod_unref(vbasedev->hiod);
		vbasedev->hiod = NULL;
	}
	return rc;
}

void vfio_container_add(VFIOContainer *c)
{
	c->next = c->vfio->containers;
	c->vfio->containers = c;
}

void vfio_container_remove(VFIOContainer *c)
{
	VFIOContainer **p = &c->vfio->containers;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
}
