// SPDX-License-Identifier: GPL-2.0-or-later
/* What VFIO's container, groups and devices say. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/ask_state.h"
#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"

#define INFO	      4096
#define TYPE1_NESTING 6 /* newer headers have the macro under a reserved name */

/* What is told by the container alone, before any group is in it. */
void ask_container(struct asker *v)
{
	struct uapi_type1_info info = { .argsz = sizeof(info) };
	int fd = shim_open(v->s, "/dev/vfio/vfio", O_RDWR);

	if (fd < 0)
		return;
	/* type1's has no driver to ask yet; iommufd's has no default IOAS. */
	v->h->container_is_iommufd = shim_ioctl(v->s, fd, VFIO_IOMMU_GET_INFO, &info) == -ENODEV;
	if (!v->h->container_is_iommufd) {
		v->h->noiommu =
			shim_ioctl_val(v->s, fd, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU) > 0;
		ask_feature(v, HOST_F_TYPE1_NESTING,
			    shim_ioctl_val(v->s, fd, VFIO_CHECK_EXTENSION, TYPE1_NESTING) > 0);
	}
	shim_close(v->s, fd);
}

/* First and last of the IOVA_RANGE capability; DMA_AVAIL's number. */
static bool read_caps(struct asker *v, const uint8_t *buf, struct host_range *span, uint32_t *avail)
{
	struct uapi_type1_info info;
	uint32_t pos, end = 0, nr = 0;
	struct uapi_cap c;
	bool found = false;

	memcpy(&info, buf, sizeof(info));
	pos = info.cap_offset;
	while (pos && uapi_cap_next(buf, INFO, &pos, &c) == 1) {
		/* Where a capability of an odd size has another behind it, padding shows. */
		if (end)
			ask_feature(v, HOST_F_CAPS_ALIGN8, c.off != end);
		end = 0;
		if (c.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL) {
			memcpy(avail, buf + c.off + 8, sizeof(*avail));
			end = c.off + 12;
		}
		if (c.id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			continue;
		memcpy(&nr, buf + c.off + 8, sizeof(nr));
		if (!nr || nr > (INFO - c.off - 16) / 16)
			continue;
		memcpy(&span->start, buf + c.off + 16, 8);
		memcpy(&span->last, buf + c.off + 16 * nr + 8, 8);
		found = true;
	}
	return found;
}

bool ask_iommu_info(struct asker *v, int fd, struct host_domain *dom, uint32_t *avail)
{
	struct uapi_type1_info info = { .argsz = INFO };
	uint8_t *buf = calloc(1, INFO);
	bool found = false;

	if (!buf) {
		v->nomem = true;
		return false;
	}
	memcpy(buf, &info, sizeof(info));
	if (!shim_ioctl(v->s, fd, VFIO_IOMMU_GET_INFO, buf)) {
		found = read_caps(v, buf, &dom->aperture, avail);
		memcpy(&dom->pgsizes, buf + 8, sizeof(dom->pgsizes));
	}
	free(buf);
	return found;
}

/* Whether the last bytes of the structure are written, and how a wrapping map is refused. */
static void details(struct asker *v, int container)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = 3, .iova = -4096ull, .vaddr = 4096, .size = 8192
	};
	uint8_t buf[24];
	uint32_t pad, argsz = sizeof(buf);
	int ret;

	memset(buf, 0xa5, sizeof(buf));
	memcpy(buf, &argsz, sizeof(argsz));
	if (!shim_ioctl(v->s, container, VFIO_IOMMU_GET_INFO, buf)) {
		memcpy(&pad, buf + 20, sizeof(pad));
		ask_feature(v, HOST_F_INFO_PAD, pad != 0xa5a5a5a5);
	}
	ret = shim_ioctl(v->s, container, VFIO_IOMMU_MAP_DMA, &map);
	if (ret == -EOVERFLOW || ret == -EINVAL)
		ask_feature(v, HOST_F_MAP_EOVERFLOW, ret == -EOVERFLOW);
}

static void attached(struct asker *v, struct host_device *d, int container, int group)
{
	struct host_iommu *io = d->iommu < 0 ? NULL : &v->h->iommus[d->iommu];
	struct host_domain dom = { .known = true };
	uint32_t avail = 0;
	int fd;

	if (io && !v->h->type1_unsafe)
		io->isolated_msi = 1;
	if (io && ask_iommu_info(v, container, &dom, &avail))
		io->domain[HOST_DOMAIN_TYPE1] = dom;
	if (avail && avail != 65535)
		v->h->dma_entry_limit = avail;
	if (io)
		io->coherent = shim_ioctl_val(v->s, container, VFIO_CHECK_EXTENSION,
					      VFIO_DMA_CC_IOMMU) > 0;
	details(v, container);
	fd = shim_ioctl(v->s, group, VFIO_GROUP_GET_DEVICE_FD, d->bdf);
	if (fd < 0)
		return;
	ask_infos(v, d, fd);
	shim_close(v->s, fd);
}

static void in_container(struct asker *v, struct host_device *d, int container, int group)
{
	struct host_iommu *io = d->iommu < 0 ? NULL : &v->h->iommus[d->iommu];
	struct vfio_group_status st = { .argsz = sizeof(st) };
	int32_t fd = group;
	int ret;

	if (!shim_ioctl(v->s, group, VFIO_GROUP_GET_STATUS, &st))
		d->busy = !(st.flags & VFIO_GROUP_FLAGS_VIABLE);
	ret = shim_ioctl(v->s, group, VFIO_GROUP_SET_CONTAINER, &fd);
	ask_feature(v, HOST_F_BADFD, ret == -EBADFD);
	if (v->h->container_is_iommufd)
		return;
	fd = container;
	if (shim_ioctl(v->s, group, VFIO_GROUP_SET_CONTAINER, &fd))
		return;
	ret = shim_ioctl_val(v->s, container, VFIO_SET_IOMMU,
			     d->noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU);
	if (!ret) {
		attached(v, d, container, group);
	} else if (io && ret == -EPERM) {
		io->isolated_msi = 0;
	} else if (io) {
		io->domain[HOST_DOMAIN_TYPE1].known = true;
		io->domain[HOST_DOMAIN_TYPE1].attach_errno = -ret;
	}
	shim_ioctl(v->s, group, VFIO_GROUP_UNSET_CONTAINER, NULL);
}

void ask_type1(struct asker *v, struct host_device *d)
{
	char path[48];
	int container, group;

	if (d->group < 0)
		return;
	snprintf(path, sizeof(path), "/dev/vfio/%s%d", d->noiommu ? "noiommu-" : "", d->group);
	group = shim_open(v->s, path, O_RDWR);
	if (group < 0)
		return;
	container = shim_open(v->s, "/dev/vfio/vfio", O_RDWR);
	if (container >= 0) {
		in_container(v, d, container, group);
		shim_close(v->s, container);
	}
	shim_close(v->s, group);
}

/* ---- the device's own requests ------------------------------------------------------ */

/*
 * An info call whose structure is `fixed` bytes: into buf first, and once more
 * with all the room it asks for when there are capabilities, which are kept.
 */
static int info_call(struct asker *v, int fd, uint32_t req, uint8_t *buf, uint32_t fixed,
		     uint8_t **caps, uint32_t *caps_len)
{
	int ret = shim_ioctl(v->s, fd, req, buf);
	uint32_t argsz;
	uint8_t *all;

	memcpy(&argsz, buf, sizeof(argsz));
	if (ret || argsz <= fixed || argsz > 1u << 20)
		return ret;
	all = calloc(1, argsz);
	*caps = malloc(argsz - fixed);
	if (!all || !*caps) {
		v->nomem = true;
		free(all);
		return ret;
	}
	memcpy(all, buf, fixed);
	ret = shim_ioctl(v->s, fd, req, all);
	memcpy(*caps, all + fixed, argsz - fixed);
	*caps_len = argsz - fixed;
	free(all);
	return ret;
}

static void device_info(struct asker *v, struct host_device *d, int fd)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	uint8_t *caps = NULL;
	uint32_t len = 0;

	if (info_call(v, fd, VFIO_DEVICE_GET_INFO, (uint8_t *)&info, sizeof(info), &caps, &len)) {
		free(caps);
		return;
	}
	d->info_known = true;
	d->info_flags = info.flags & ~(uint32_t)VFIO_DEVICE_FLAGS_CAPS;
	d->num_regions = info.num_regions;
	d->num_irqs = info.num_irqs;
	d->info_caps = caps;
	d->info_caps_len = len;
}

static void region(struct asker *v, int fd, uint32_t index, struct host_region_info *r)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };
	int ret = info_call(v, fd, VFIO_DEVICE_GET_REGION_INFO, (uint8_t *)&info, sizeof(info),
			    &r->caps, &r->caps_len);

	r->index = index;
	r->err = ret < 0 ? -ret : 0;
	if (ret)
		return;
	r->flags = info.flags;
	r->size = info.size;
	r->offset = info.offset;
}

static void irq(struct asker *v, int fd, uint32_t index, struct host_irq_info *q)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int ret = shim_ioctl(v->s, fd, VFIO_DEVICE_GET_IRQ_INFO, &info);

	q->index = index;
	q->err = ret < 0 ? -ret : 0;
	if (ret)
		return;
	q->flags = info.flags;
	q->count = info.count;
}

void ask_infos(struct asker *v, struct host_device *d, int fd)
{
	if (d->info_known)
		return;
	device_info(v, d, fd);
	if (!d->info_known || d->num_regions > 256 || d->num_irqs > 256)
		return;
	d->region_info = calloc(d->num_regions + 1, sizeof(*d->region_info));
	d->irq_info = calloc(d->num_irqs + 1, sizeof(*d->irq_info));
	if (!d->region_info || !d->irq_info) {
		v->nomem = true;
		return;
	}
	d->nregion_info = d->num_regions;
	d->nirq_info = d->num_irqs;
	for (uint32_t i = 0; i < d->num_regions; i++)
		region(v, fd, i, &d->region_info[i]);
	for (uint32_t i = 0; i < d->num_irqs; i++)
		irq(v, fd, i, &d->irq_info[i]);
}
