// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The VFIO container (/dev/vfio/vfio): new, with groups, with a driver. It is
 * type1's or the no-IOMMU driver's; what type1 does is in type1.c.
 */
#include <stdlib.h>

#include "mocks/internal.h"

int open_container(struct model *m)
{
	struct file f = { .kind = UAPI_FD_CONTAINER };
	struct container *c = calloc(1, sizeof(*c));
	int fd;

	if (!c)
		return -ENOMEM;
	c->m = m;
	c->refs = 1;
	f.container = c;
	fd = fd_install(m, &f);
	if (fd < 0) {
		free(c);
		return fd;
	}
	m->stats.containers++;
	return fd;
}

void container_put(struct container *c)
{
	if (--c->refs)
		return;
	c->m->stats.containers--;
	free(c->groups);
	free(c);
}

/* Which group types a driver takes: the no-IOMMU driver those without, type1 the others. */
static bool driver_allowed(const struct container *c, enum driver d)
{
	return c->noiommu == (d == DRIVER_NOIOMMU);
}

static int noiommu_extension(const struct model *m, uintptr_t ext)
{
	return m->h->noiommu && ext == VFIO_NOIOMMU_IOMMU;
}

static int check_extension(const struct model *m, const struct container *c, uintptr_t ext)
{
	switch (c->driver) {
	case DRIVER_TYPE1: return t1_check_extension(m, c, ext);
	case DRIVER_NOIOMMU: return noiommu_extension(m, ext);
	default: break;
	}
	if (c->ngroups && c->noiommu)
		return noiommu_extension(m, ext);
	if (t1_check_extension(m, NULL, ext))
		return 1;
	return c->ngroups ? 0 : noiommu_extension(m, ext);
}

static int attach_all(struct container *c)
{
	for (size_t i = 0; i < c->ngroups; i++) {
		int err = t1_attach_group(c, c->groups[i]);

		if (!err)
			continue;
		while (i--)
			t1_detach_group(c, c->groups[i]);
		return err;
	}
	return 0;
}

static int set_type1(struct container *c, uintptr_t type)
{
	int err = t1_init(c, type);

	if (err)
		return err;
	err = attach_all(c);
	if (err) {
		t1_exit(c);
		return err;
	}
	c->driver = DRIVER_TYPE1;
	return 0;
}

static int set_iommu(struct model *m, struct container *c, uintptr_t type)
{
	if (!c->ngroups || c->driver)
		return -EINVAL;
	if (driver_allowed(c, DRIVER_TYPE1) && t1_check_extension(m, NULL, type))
		return set_type1(c, type);
	if (driver_allowed(c, DRIVER_NOIOMMU) && noiommu_extension(m, type)) {
		c->driver = DRIVER_NOIOMMU;
		return 0;
	}
	return -ENODEV;
}

static int type1_ioctl(struct model *m, struct container *c, uint32_t req, uint64_t arg)
{
	switch (req) {
	case VFIO_IOMMU_GET_INFO: return t1_get_info(c, arg);
	case VFIO_IOMMU_MAP_DMA: return t1_map(c, arg);
	case VFIO_IOMMU_UNMAP_DMA: return t1_unmap(c, arg);
	case VFIO_IOMMU_DIRTY_PAGES: return t1_dirty_pages(c, arg);
	case VFIO_IOMMU_ENABLE:
	case VFIO_IOMMU_DISABLE: return -ENOTTY; /* another driver's */
	default: return unknown_request(m, "container", req);
	}
}

int container_ioctl(struct model *m, struct container *c, uint32_t req, uintptr_t arg)
{
	switch (req) {
	case VFIO_GET_API_VERSION: return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION: return check_extension(m, c, arg);
	case VFIO_SET_IOMMU: return set_iommu(m, c, arg);
	default: break;
	}
	switch (c->driver) {
	case DRIVER_TYPE1: return type1_ioctl(m, c, req, arg);
	case DRIVER_NOIOMMU: return -ENOTTY;
	default: return -EINVAL; /* no driver to ask, whatever the request */
	}
}

int container_attach_group(struct container *c, struct group *g)
{
	int err;

	if (c->ngroups && c->noiommu != (g->type == GROUP_NOIOMMU))
		return -EPERM;
	err = vec_room((void **)&c->groups, &c->groups_cap, c->ngroups, sizeof(*c->groups));
	if (err)
		return err;
	if (g->type == GROUP_IOMMU) {
		err = group_claim(g, c);
		if (err)
			return err;
	}
	if (c->driver == DRIVER_TYPE1) {
		err = t1_attach_group(c, g);
		if (err) {
			if (g->type == GROUP_IOMMU)
				group_release(g);
			return err;
		}
	}
	c->noiommu = g->type == GROUP_NOIOMMU;
	c->groups[c->ngroups++] = g;
	c->refs++;
	g->container = c;
	return 0;
}

void container_detach_group(struct container *c, struct group *g)
{
	size_t i = 0;

	if (c->driver == DRIVER_TYPE1)
		t1_detach_group(c, g);
	if (g->type == GROUP_IOMMU)
		group_release(g);
	while (c->groups[i] != g)
		i++;
	c->ngroups--;
	memmove(&c->groups[i], &c->groups[i + 1], (c->ngroups - i) * sizeof(*c->groups));
	/* With its last group a container is as new. */
	if (!c->ngroups) {
		if (c->driver == DRIVER_TYPE1)
			t1_exit(c);
		c->driver = DRIVER_NONE;
		c->noiommu = false;
	}
	g->container = NULL;
	container_put(c);
}
