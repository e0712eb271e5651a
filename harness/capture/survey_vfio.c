// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The survey of VFIO's container and group, on its own container and on
 * iommufd's stand-in for it; and of what a device tells of itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/survey_state.h"
#include "harness/uapi/uapi_compat.h"

/* CHECK_EXTENSION's numbers: 1 (TYPE1) to 10 (UPDATE_VADDR), and one that there is not yet. */
#define EXT_LAST 11
/* No honest reply is longer. */
#define INFO_MAX (256u << 10)
/* More than any bus driver has; a lie of a device costs bounded time. */
#define INDEX_MAX 64

/* ---- a device ----------------------------------------------------------- */

/*
 * One request for information with the given argsz, index at offset 8 where it
 * takes one. What is needed, or 0 when it failed.
 */
static uint32_t ask(struct survey *v, int fd, uint32_t req, uint32_t argsz, uint32_t index,
		    uint32_t *counts)
{
	/* The kernel copies the smallest structure it knows before it looks at argsz. */
	uint8_t *buf = sv_alloc(v, argsz + 64);
	uint32_t needed = 0;

	if (!buf)
		return 0;
	memcpy(buf, &argsz, 4);
	memcpy(buf + 8, &index, 4);
	if (shim_ioctl(v->s, fd, req, buf) >= 0) {
		memcpy(&needed, buf, 4);
		if (counts)
			memcpy(counts, buf + 8, 8);
	}
	free(buf);
	return needed;
}

/* The same, and once more with the room that the reply asked for. */
static bool ask_grown(struct survey *v, int fd, uint32_t req, uint32_t argsz, uint32_t index,
		      uint32_t *counts)
{
	uint32_t needed = ask(v, fd, req, argsz, index, counts);

	if (needed > argsz && needed <= INFO_MAX && !v->rc)
		ask(v, fd, req, needed, index, NULL);
	return needed;
}

/* Whom a reset of the slot or bus reaches: the count, then each. */
static void hot_reset(struct survey *v, int fd)
{
	struct vfio_pci_hot_reset_info info = { .argsz = sizeof(info) };

	if (shim_ioctl(v->s, fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info) == -ENOSPC &&
	    info.count <= INDEX_MAX && !v->rc)
		ask(v, fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
		    sizeof(info) + info.count * sizeof(info.devices[0]), 0, NULL);
}

void sv_device_info(struct survey *v, int fd)
{
	uint32_t counts[2] = { 0 }; /* regions, interrupts */

	ask(v, fd, VFIO_DEVICE_GET_INFO, 20, 0, NULL);
	if (!ask_grown(v, fd, VFIO_DEVICE_GET_INFO, sizeof(struct uapi_device_info), 0, counts))
		return;
	for (uint32_t i = 0; i < counts[0] && i < INDEX_MAX && !v->rc; i++)
		ask_grown(v, fd, VFIO_DEVICE_GET_REGION_INFO, sizeof(struct vfio_region_info), i,
			  NULL);
	for (uint32_t i = 0; i < counts[1] && i < INDEX_MAX && !v->rc; i++)
		ask(v, fd, VFIO_DEVICE_GET_IRQ_INFO, sizeof(struct vfio_irq_info), i, NULL);
	if (!v->rc)
		hot_reset(v, fd);
}

/* ---- a container -------------------------------------------------------- */

static void extensions(struct survey *v, int c, bool has[EXT_LAST + 1])
{
	for (unsigned int e = 1; e <= EXT_LAST; e++)
		has[e] = shim_ioctl_val(v->s, c, VFIO_CHECK_EXTENSION, e) > 0;
}

/* VFIO_IOMMU_GET_INFO with every argsz that a client may send. */
static void infos(struct survey *v, int c)
{
	static const uint32_t sizes[] = { 8, 16, 20, sizeof(struct uapi_type1_info) };
	uint32_t needed = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) && !v->rc; i++)
		needed = ask(v, c, VFIO_IOMMU_GET_INFO, sizes[i], 0, NULL);
	if (needed > sizeof(struct uapi_type1_info) && needed <= INFO_MAX && !v->rc)
		ask(v, c, VFIO_IOMMU_GET_INFO, needed, 0, NULL);
	if (!v->rc)
		ask(v, c, VFIO_IOMMU_GET_INFO, 4096, 0, NULL);
}

static int status(struct survey *v, int g)
{
	struct vfio_group_status st = { .argsz = sizeof(st) };

	return shim_ioctl(v->s, g, VFIO_GROUP_GET_STATUS, &st);
}

static int open_group(struct survey *v, const struct sv_device *dev)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%s%s", dev->noiommu ? "noiommu-" : "", dev->group);
	return sv_open_node(v, path);
}

/* Type1 as QEMU chooses it; then, where that is all there is, no IOMMU. */
static int set_iommu(struct survey *v, int c, const bool has[EXT_LAST + 1], bool noiommu)
{
	int rc = shim_ioctl_val(v->s, c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);

	if (rc < 0 && !has[VFIO_TYPE1v2_IOMMU] && has[VFIO_TYPE1_IOMMU])
		rc = shim_ioctl_val(v->s, c, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU);
	if (rc < 0 && noiommu && has[VFIO_NOIOMMU_IOMMU])
		rc = shim_ioctl_val(v->s, c, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU);
	return rc;
}

/* Container and group are open: from putting them together to taking them apart. */
static int together(struct survey *v, int c, int g, const struct sv_device *dev)
{
	bool has[EXT_LAST + 1] = { 0 };
	char name[64];
	int rc, d;

	rc = shim_ioctl(v->s, g, VFIO_GROUP_SET_CONTAINER, &c);
	if (rc < 0)
		return rc;
	status(v, g);
	extensions(v, c, has);
	rc = set_iommu(v, c, has, dev->noiommu);
	extensions(v, c, has);
	snprintf(name, sizeof(name), "%s", dev->bdf);
	d = shim_ioctl(v->s, g, VFIO_GROUP_GET_DEVICE_FD, name);
	/* On an iommufd this is what attaches; what the container tells comes after it. */
	infos(v, c);
	if (d >= 0) {
		sv_device_info(v, d);
		shim_close(v->s, d);
	}
	shim_ioctl(v->s, g, VFIO_GROUP_UNSET_CONTAINER, &c);
	return rc < 0 ? rc : d < 0 ? d : 0;
}

static int conversation(struct survey *v, const char *path, const struct sv_device *dev)
{
	bool has[EXT_LAST + 1] = { 0 };
	int c = sv_open_node(v, path), g = -1, rc = c;

	if (c >= 0) {
		shim_ioctl_val(v->s, c, VFIO_GET_API_VERSION, 0);
		extensions(v, c, has);
		ask(v, c, VFIO_IOMMU_GET_INFO, sizeof(struct uapi_type1_info), 0, NULL);
	}
	/* The group tells whether it is viable, container or not. */
	if (dev->group[0] && !v->rc) {
		g = open_group(v, dev);
		if (g >= 0)
			status(v, g);
		if (c >= 0)
			rc = g;
	} else if (c >= 0) {
		rc = -ENODEV;
	}
	if (c >= 0 && g >= 0) {
		/* Refused by VFIO's own container; iommufd takes it. */
		shim_ioctl_val(v->s, c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
		rc = together(v, c, g, dev);
	}
	sv_close(v, &g);
	sv_close(v, &c);
	return rc < 0 ? rc : 0;
}

int sv_legacy(struct survey *v, const struct sv_device *dev)
{
	return conversation(v, "/dev/vfio/vfio", dev);
}

int sv_compat(struct survey *v, const struct sv_device *dev)
{
	return conversation(v, "/dev/iommu", dev);
}
