// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The legacy backend: group, container, type1.
 * Order of calls: QEMU's hw/vfio/container.c (container-legacy.c from 10.2).
 */
#include "hiod/vfio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"
#include "hiod/path.h"
#include "hiod/type1_info.h"

/* 5.x headers may lack the name; the number is old. */
#define VFIO_EXT_UPDATE_VADDR 10
#define VFIO_EXT_UNMAP_ALL    9

int vfio_legacy_dma_unmap(VFIOContainer *c, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u), .iova = iova, .size = size };
	const struct hiod_profile *p = c->vfio->profile;
	int rc;

	for (;;) {
		u.argsz = sizeof(u);
		rc = shim_ioctl(c->vfio->shim, c->fd, VFIO_IOMMU_UNMAP_DMA, &u);
		if (rc >= 0)
			return 0;
		/* Old type1v2 kernels fail at a range that ends at 2^64: leave out its last page. */
		if (rc != -EINVAL || !p->unmap_wrap_retry || c->iommu_type != VFIO_TYPE1v2_IOMMU ||
		    !u.size || u.iova + u.size || !c->pgsizes)
			return rc;
		u.size -= c->pgsizes & -c->pgsizes; /* its lowest bit */
	}
}

int vfio_legacy_dma_map(VFIOContainer *c, const struct hiod_mem_region *m)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | (m->readonly ? 0 : VFIO_DMA_MAP_FLAG_WRITE),
		.vaddr = (uintptr_t)m->vaddr,
		.iova = m->iova,
		.size = m->size,
	};
	int rc = shim_ioctl(c->vfio->shim, c->fd, VFIO_IOMMU_MAP_DMA, &map);

	/* Something is mapped there already: once more on empty ground. */
	if (rc == -EBUSY && !vfio_legacy_dma_unmap(c, m->iova, m->size))
		rc = shim_ioctl(c->vfio->shim, c->fd, VFIO_IOMMU_MAP_DMA, &map);
	return rc < 0 ? rc : 0;
}

/* ---- container ---- */

/* CHECK_EXTENSION as QEMU takes it: any answer that is not 0 is a yes, an error too. */
static bool has_extension(VFIOState *vfio, int fd, unsigned long ext)
{
	return shim_ioctl_val(vfio->shim, fd, VFIO_CHECK_EXTENSION, ext) != 0;
}

static int set_iommu(VFIOState *vfio, int fd, const VFIOGroup *group, int *type,
		     struct hiod_error *err)
{
	static const int types[] = { VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU,
				     VFIO_SPAPR_TCE_IOMMU };
	size_t i = 0;
	int rc;

	while (i < 4 && !has_extension(vfio, fd, types[i]))
		i++;
	if (i == 4)
		return hiod_error_set(err, -EINVAL, "No available IOMMU models");
	*type = types[i];
	rc = shim_ioctl(vfio->shim, group->fd, VFIO_GROUP_SET_CONTAINER, &fd);
	if (rc < 0)
		return hiod_error_set_errno(err, rc, "Failed to set group container");
	rc = shim_ioctl_val(vfio->shim, fd, VFIO_SET_IOMMU, *type);
	if (rc < 0 && *type == VFIO_SPAPR_TCE_v2_IOMMU) {
		*type = VFIO_SPAPR_TCE_IOMMU;
		rc = shim_ioctl_val(vfio->shim, fd, VFIO_SET_IOMMU, *type);
	}
	if (rc < 0)
		return hiod_error_set_errno(err, rc, "Failed to set iommu for container");
	if (*type != VFIO_TYPE1v2_IOMMU && *type != VFIO_TYPE1_IOMMU)
		return hiod_error_unmodelled(err, "sPAPR TCE containers are not modelled");
	return 0;
}

static int read_info(VFIOContainer *c, struct hiod_error *err)
{
	char small[512] __attribute__((aligned(8)));
	struct type1_info info;
	size_t len;
	void *buf;
	int rc;

	rc = vfio_get_info(c->vfio, c->fd, VFIO_IOMMU_GET_INFO, sizeof(struct uapi_type1_info),
			   small, sizeof(small), &buf, &len, true, "Failed to get VFIO IOMMU info",
			   err);
	if (rc)
		return rc;
	rc = type1_info_parse(buf, len, &info, c->vfio->anomalies, err);
	vfio_reply_free(small, buf);
	c->pgsizes = info.pgsizes;
	c->dma_max_mappings = info.dma_max_mappings;
	c->dirty_pages_supported = info.dirty_pages_supported;
	c->iova_ranges = info.iova_ranges;
	return rc;
}

static int open_container(VFIOState *vfio, struct hiod_error *err)
{
	int fd = vfio_open(vfio, "/dev/vfio/vfio", err), version;

	if (fd < 0)
		return fd;
	version = shim_ioctl_val(vfio->shim, fd, VFIO_GET_API_VERSION, 0);
	if (version == VFIO_API_VERSION)
		return fd;
	shim_close(vfio->shim, fd);
	/* A failing call reads as -1 there. */
	return hiod_error_set(err, -EINVAL, "supported vfio version: %d, reported version: %d",
			      VFIO_API_VERSION, version < 0 ? -1 : version);
}

/* A container that this address space has and that takes the group. NULL: none, or err->code. */
static VFIOContainer *join_container(VFIOState *vfio, VFIOGroup *group, const AddressSpace *as,
				     struct hiod_error *err)
{
	int no_fd = -1;

	for (VFIOContainer *c = vfio->containers; c; c = c->next) {
		if (c->as != as)
			continue;
		if (c->is_iommufd) {
			/* Before 10.2 QEMU offers the group whatever number stands there. */
			if (!vfio->profile->mixed_backends_abort &&
			    shim_ioctl(vfio->shim, group->fd, VFIO_GROUP_SET_CONTAINER, &no_fd) < 0)
				continue;
			hiod_fail_anomaly(vfio->anomalies, HIOD_ANOMALY_MIXED_BACKENDS, 0, 0, err);
			return NULL;
		}
		if (shim_ioctl(vfio->shim, group->fd, VFIO_GROUP_SET_CONTAINER, &c->fd) >= 0)
			return c;
	}
	return NULL;
}

/* The container of a group that has none: joined or new. 0 or -errno. */
static int connect_container(VFIOState *vfio, VFIOGroup *group, AddressSpace *as,
			     struct hiod_error *err)
{
	VFIOContainer *c;
	int rc, fd;

	err->code = 0;
	c = join_container(vfio, group, as, err);
	if (c) {
		c->ngroups++;
		group->container = c;
		return 0;
	}
	if (err->code)
		return err->code;
	fd = open_container(vfio, err);
	if (fd < 0)
		return fd;
	c = calloc(1, sizeof(*c));
	if (!c) {
		rc = hiod_error_nomem(err);
		goto close;
	}
	c->vfio = vfio;
	c->as = as;
	c->fd = fd;
	c->ngroups = 1;
	rc = set_iommu(vfio, fd, group, &c->iommu_type, err);
	if (rc)
		goto free;
	if (vfio->profile->probe_update_vaddr && has_extension(vfio, fd, VFIO_EXT_UPDATE_VADDR))
		has_extension(vfio, fd, VFIO_EXT_UNMAP_ALL);
	rc = read_info(c, err);
	if (rc)
		goto free;
	if (vfio->profile->probe_unmap_all)
		has_extension(vfio, fd, VFIO_EXT_UNMAP_ALL);
	vfio_container_add(c);
	rc = vfio_listener_register(c, err);
	if (rc)
		goto unregister;
	group->container = c;
	return 0;

unregister:
	vfio_listener_unregister(c);
	vfio_container_remove(c);
free:
	range_list_free(&c->iova_ranges);
	free(c);
close:
	/* Closing also takes the group out, if it was put in. */
	shim_close(vfio->shim, fd);
	return rc;
}

static void disconnect_container(VFIOState *vfio, VFIOGroup *group)
{
	VFIOContainer *c = group->container;
	int rc;

	/* Memory goes while the group still keeps the container's IOMMU alive. */
	if (!--c->ngroups)
		vfio_listener_unregister(c);
	rc = shim_ioctl(vfio->shim, group->fd, VFIO_GROUP_UNSET_CONTAINER, &c->fd);
	if (rc < 0)
		hiod_report(vfio->report, HIOD_REPORT_ERROR, NULL,
			    "vfio: error disconnecting group %d from container", group->groupid);
	group->container = NULL;
	if (c->ngroups)
		return;
	vfio_container_remove(c);
	shim_close(vfio->shim, c->fd);
	range_list_free(&c->iova_ranges);
	free(c);
}

/* ---- group ---- */

static int check_group(VFIOState *vfio, const VFIOGroup *group, struct hiod_error *err)
{
	struct vfio_group_status st = { .argsz = sizeof(st) };
	int rc = shim_ioctl(vfio->shim, group->fd, VFIO_GROUP_GET_STATUS, &st);

	if (rc < 0)
		return hiod_error_set_errno(err, rc, "failed to get group %d status",
					    group->groupid);
	if (st.flags & VFIO_GROUP_FLAGS_VIABLE)
		return 0;
	hiod_error_set(err, -EPERM, "group %d is not viable", group->groupid);
	hiod_error_hint(err, "Please ensure all devices within the iommu_group are bound to their "
			     "vfio bus driver.");
	return -EPERM;
}

static int get_group(VFIOState *vfio, int groupid, AddressSpace *as, VFIOGroup **out,
		     struct hiod_error *err)
{
	char path[32];
	VFIOGroup *group;
	int rc;

	for (group = vfio->groups; group; group = group->next) {
		if (group->groupid != groupid)
			continue;
		*out = group;
		if (group->container->as == as)
			return 0;
		return hiod_error_set(err, -EINVAL, "group %d used in multiple address spaces",
				      groupid);
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		return hiod_error_nomem(err);
	group->groupid = groupid;
	path_put_number(path_put(path, "/dev/vfio/"), (uint32_t)groupid);
	rc = group->fd = vfio_open(vfio, path, err);
	if (rc < 0)
		goto free;
	rc = check_group(vfio, group, err);
	if (rc)
		goto close;
	rc = connect_container(vfio, group, as, err);
	if (rc) {
		if (err->fail == HIOD_FAIL_QEMU)
			hiod_error_prepend(err,
					   "failed to setup container for group %d: ", groupid);
		goto close;
	}
	group->next = vfio->groups;
	vfio->groups = group;
	*out = group;
	return 0;

close:
	shim_close(vfio->shim, group->fd);
free:
	free(group);
	return rc;
}

static void put_group(VFIOState *vfio, VFIOGroup *group)
{
	VFIOGroup **p = &vfio->groups;

	if (group->devices)
		return;
	disconnect_container(vfio, group);
	while (*p != group)
		p = &(*p)->next;
	*p = group->next;
	shim_close(vfio->shim, group->fd);
	free(group);
}

/* ---- device ---- */

static int device_groupid(const VFIODevice *vbasedev, int *groupid, struct hiod_error *err)
{
	char path[VFIO_PATH_MAX], target[VFIO_PATH_MAX], *name, *end;
	ssize_t len;
	long id;
	int rc;

	rc = vfio_sysfs_path(vbasedev, "iommu_group", path, err);
	if (rc)
		return rc;
	err->stage = HIOD_STAGE_OPEN;
	len = shim_readlink(vbasedev->vfio->shim, path, target, sizeof(target));
	if (len <= 0 || len >= (ssize_t)sizeof(target))
		return hiod_error_set_errno(err, len < 0 ? (int)len : -ENAMETOOLONG,
					    "no iommu_group found");
	target[len] = '\0';
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	id = strtol(name, &end, 10);
	if (end == name || id < 0 || id > INT32_MAX)
		return hiod_error_set(err, -EINVAL, "failed to read %s", target);
	*groupid = id;
	err->stage = HIOD_STAGE_REALIZE;
	return 0;
}

static int get_device(VFIOGroup *group, VFIODevice *vbasedev, struct hiod_error *err)
{
	VFIOState *vfio = vbasedev->vfio;
	int rc;

	/* The name is only read, whatever the table's pointer says. */
	rc = shim_ioctl(vfio->shim, group->fd, VFIO_GROUP_GET_DEVICE_FD, (void *)vbasedev->name);
	if (rc < 0) {
		hiod_error_set_errno(err, rc, "error getting device from group %d", group->groupid);
		hiod_error_hint(
			err,
			"Verify all devices in group %d are bound to vfio-<bus> or pci-stub and "
			"not already in use",
			group->groupid);
		return rc;
	}
	vbasedev->fd = rc;
	rc = vfio_device_get_info(vbasedev, true, err);
	if (rc)
		goto close;
	if (!group->devices) {
		group->ram_block_discard_allowed = vbasedev->ram_block_discard_allowed;
	} else if (group->ram_block_discard_allowed != vbasedev->ram_block_discard_allowed) {
		rc = hiod_error_set(err, -EINVAL,
				    "Inconsistent setting of support for discarding RAM (e.g., "
				    "balloon) within group");
		goto close;
	}
	vbasedev->group = group;
	vbasedev->container = group->container;
	vbasedev->next = group->devices;
	group->devices = vbasedev;
	return 0;

close:
	shim_close(vfio->shim, vbasedev->fd);
	vbasedev->fd = -1;
	return rc;
}

static void put_device(VFIODevice *vbasedev)
{
	VFIODevice **p = &vbasedev->group->devices;

	while (*p != vbasedev)
		p = &(*p)->next;
	*p = vbasedev->next;
	shim_close(vbasedev->vfio->shim, vbasedev->fd);
	vbasedev->fd = -1;
	vbasedev->group = NULL;
	vbasedev->container = NULL;
}

int vfio_legacy_attach_device(VFIODevice *vbasedev, AddressSpace *as, struct hiod_error *err)
{
	const HostIOMMUDeviceClass *klass = &host_iommu_device_legacy_vfio_class;
	VFIOState *vfio = vbasedev->vfio;
	bool early = vfio->profile->realize_point == HIOD_REALIZE_EARLY;
	VFIOGroup *group = NULL;
	int rc, groupid;

	rc = device_groupid(vbasedev, &groupid, err);
	if (rc)
		return rc;
	if (early) {
		rc = vfio_device_hiod_realize(vbasedev, klass, err);
		if (rc)
			return rc;
	}
	rc = get_group(vfio, groupid, as, &group, err);
	if (rc)
		goto unref;
	for (VFIODevice *d = group->devices; d; d = d->next) {
		if (!strcmp(d->name, vbasedev->name)) {
			rc = hiod_error_set(err, -EBUSY, "device is already attached");
			goto put;
		}
	}
	rc = get_device(group, vbasedev, err);
	if (rc)
		goto put;
	if (!early) {
		rc = vfio_device_hiod_realize(vbasedev, klass, err);
		if (rc)
			goto put_device;
	}
	return 0;

put_device:
	put_device(vbasedev);
put:
	put_group(vfio, group);
unref:
	hiod_unref(vbasedev->hiod);
	vbasedev->hiod = NULL;
	return rc;
}

void vfio_legacy_detach_device(VFIODevice *vbasedev)
{
	VFIOGroup *group = vbasedev->group;

	put_device(vbasedev);
	put_group(vbasedev->vfio, group);
}
