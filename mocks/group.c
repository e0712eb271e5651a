// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFIO group: /dev/vfio/N, one opener, in a container or an iommufd. */

#include "mocks/ictx.h"
#include "mocks/internal.h"

static bool group_has_device(const struct group *g)
{
	for (size_t i = 0; i < g->m->h->ndevices; i++)
		if (g->m->devs[i].g == g && dev_present(&g->m->devs[i]))
			return true;
	return false;
}

int open_group(struct model *m, struct group *g)
{
	const struct file f = { .kind = UAPI_FD_GROUP, .group = g };
	int fd;

	if (!group_has_device(g))
		return -ENODEV;
	if (g->opened || g->cdevs_bound)
		return -EBUSY;
	fd = fd_install(m, &f);
	if (fd < 0)
		return fd;
	g->opened = true;
	g->file_refs = 1;
	m->stats.groups_open++;
	return fd;
}

void group_put(struct group *g)
{
	if (--g->file_refs)
		return;
	if (g->container)
		container_detach_group(g->container, g);
	if (g->iommufd) {
		ictx_put(g->iommufd);
		g->iommufd = NULL;
	}
	g->opened = false;
	g->m->stats.groups_open--;
}

/* Firmware wants 1:1 mappings for a device of the group. */
static bool needs_direct(const struct group *g)
{
	for (size_t i = 0; i < g->h->nregions; i++)
		if (g->h->regions[i].type == HOST_REGION_DIRECT)
			return true;
	return false;
}

int group_claim(struct group *g, const void *owner)
{
	if (g->busy || (g->dma_owner && g->dma_owner != owner))
		return -EPERM;
	/* Until 6.1 it is the driver that refuses, at attach. */
	if (!FEAT(g->m, RMRR_EPERM) && needs_direct(g))
		return -EINVAL;
	g->dma_owner = owner;
	g->owner_cnt++;
	return 0;
}

void group_release(struct group *g)
{
	if (!--g->owner_cnt)
		g->dma_owner = NULL;
}

static int get_status(struct model *m, struct group *g, uint64_t arg)
{
	struct vfio_group_status st;
	int err = user_in_argsz(m, &st, sizeof(st), arg);

	if (err)
		return err;
	if (!group_has_device(g))
		return -ENODEV;
	st.flags = 0;
	if (g->container || g->iommufd)
		st.flags = VFIO_GROUP_FLAGS_CONTAINER_SET | VFIO_GROUP_FLAGS_VIABLE;
	else if (!g->busy && !g->dma_owner)
		st.flags = VFIO_GROUP_FLAGS_VIABLE;
	return user_out(m, arg, &st, sizeof(st));
}

static int set_iommufd(struct group *g, struct ictx *ictx)
{
	if (g->type == GROUP_NOIOMMU) {
		if (ictx->vfio_ioas)
			return -EINVAL;
		ictx->no_iommu_mode = true;
	} else {
		int err = compat_create_ioas(ictx);

		if (err)
			return err;
	}
	ictx->refs++;
	g->iommufd = ictx;
	return 0;
}

static int set_container(struct model *m, struct group *g, uint64_t arg)
{
	struct file *f;
	int32_t fd;
	int err = user_in(m, &fd, arg, sizeof(fd));

	if (err)
		return err;
	f = model_fd(m, fd);
	if (!f)
		return -EBADF;
	if (g->container || g->iommufd)
		return -EINVAL;
	if (!group_has_device(g))
		return -ENODEV;
	if (f->kind == UAPI_FD_CONTAINER)
		return container_attach_group(f->container, g);
	if (f->kind == UAPI_FD_IOMMUFD)
		return set_iommufd(g, f->ictx);
	return FEAT(m, BADFD) ? -EBADFD : -EINVAL;
}

static int unset_container(struct group *g)
{
	if (g->container) {
		if (g->devs_open)
			return -EBUSY;
		container_detach_group(g->container, g);
		return 0;
	}
	if (!g->iommufd)
		return -EINVAL;
	ictx_put(g->iommufd);
	g->iommufd = NULL;
	return 0;
}

/* Copies a string of at most a page, its NUL included. */
static int string_in(struct model *m, char *buf, uint64_t arg)
{
	for (size_t i = 0; i < PAGE_SZ; i++) {
		int err = user_in(m, &buf[i], arg + i, 1);

		if (err)
			return err;
		if (!buf[i])
			return 0;
	}
	return -EINVAL;
}

static bool is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !strchr("0123456789abcdefABCDEF", s[i]) || !s[i])
			return false;
	}
	return true;
}

/*
 * The words after the device's name. No device here is or has a virtual
 * function, so that a well-formed vf_token is refused like a bad one.
 */
static int match_options(const char *s)
{
	bool token = false;

	while (*s) {
		if (*s == ' ') {
			s++;
			continue;
		}
		if (token || strncmp(s, "vf_token=", 9) || !is_uuid(s + 9))
			return -EINVAL;
		token = true;
		s += 9 + 36;
	}
	return token ? -EINVAL : 1;
}

/* 1: this one, 0: another, -errno: this one, and refused. */
static int match_device(const struct dev *d, const char *name)
{
	size_t len = strlen(d->h->bdf);

	if (d->h->mdev)
		return !strcmp(d->h->bdf, name);
	if (strncmp(d->h->bdf, name, len))
		return 0;
	if (!name[len])
		return 1;
	return name[len] == ' ' ? match_options(name + len) : 0;
}

static int find_device(struct model *m, struct group *g, const char *name, struct dev **out)
{
	for (size_t i = 0; i < m->h->ndevices; i++) {
		struct dev *d = &m->devs[i];
		int match;

		if (d->g != g || !dev_present(d))
			continue;
		match = match_device(d, name);
		if (match) {
			*out = d;
			return match < 0 ? match : 0;
		}
	}
	return -ENODEV;
}

static int get_device_fd(struct model *m, struct group *g, uint64_t arg)
{
	char name[PAGE_SZ];
	struct file f;
	struct dev *d;
	int err = string_in(m, name, arg);

	if (!err)
		err = find_device(m, g, name, &d);
	if (err)
		return err;
	if (!g->iommufd && (!g->container || !g->container->driver))
		return -EINVAL;
	err = dev_open(d, g->iommufd);
	if (err)
		return err;
	f = devfile(d, g);
	f.dev.granted = true;
	g->devs_open++;
	/* In an iommufd a device stays open without its group, which may be opened again. */
	f.dev.holds_group = !g->iommufd;
	if (f.dev.holds_group)
		g->file_refs++;
	err = fd_install(m, &f);
	if (err < 0)
		devfile_release(&f.dev);
	return err;
}

int group_ioctl(struct model *m, struct group *g, uint32_t req, uint64_t arg)
{
	switch (req) {
	case VFIO_GROUP_GET_STATUS: return get_status(m, g, arg);
	case VFIO_GROUP_SET_CONTAINER: return set_container(m, g, arg);
	case VFIO_GROUP_UNSET_CONTAINER: return unset_container(g);
	case VFIO_GROUP_GET_DEVICE_FD: return get_device_fd(m, g, arg);
	default: return unknown_request(m, "group", req);
	}
}
