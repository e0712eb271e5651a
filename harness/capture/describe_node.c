// SPDX-License-Identifier: GPL-2.0-or-later
/* What opening device nodes tells: which exist, their numbers and permissions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"

static struct host_node *fixed_node(struct describer *d, const char *path)
{
	if (!strcmp(path, "/dev/vfio/vfio"))
		return &d->h->container;
	if (!strcmp(path, "/dev/iommu"))
		return &d->h->iommufd;
	return NULL;
}

/* "/dev/vfio/26", "/dev/vfio/noiommu-0": the group; NULL for other paths. */
static struct host_group *group_node(struct describer *d, const char *path)
{
	int id;

	if (uapi_fd_from_path(path) != UAPI_FD_GROUP)
		return NULL;
	id = d_group_id(d, path + strcspn(path, "0123456789"));
	return id < 0 ? NULL : d_group(d, id);
}

void d_open(struct describer *d, const struct call *c)
{
	struct host_node *n = fixed_node(d, c->path);
	struct host_group *g;

	if (d_vdpa_open(d, c))
		return;
	if (c->ret >= 0) {
		if (n)
			n->present = true;
		g = group_node(d, c->path);
		if (g)
			g->has_node = true;
		if (uapi_fd_from_path(c->path) == UAPI_FD_GROUP && strstr(c->path, "/noiommu-"))
			for (size_t i = 0; i < d->h->ndevices; i++)
				if (g && d->h->devices[i].group == g->id)
					d->h->devices[i].noiommu = true;
		return;
	}
	if (c->ret == -ENOENT)
		return;
	if (n) {
		n->present = true;
		n->open_err = (int)-c->ret;
	} else {
		d_file_error(d, c->path, (int)-c->ret);
	}
}

void d_access(struct describer *d, const struct call *c)
{
	struct host_node *n = fixed_node(d, c->path);

	if (n && (c->ret >= 0 || c->ret != -ENOENT))
		n->present = true;
}

void d_node(struct describer *d, const char *path, const struct shim_stat *st)
{
	struct host_node *n = fixed_node(d, path);
	struct host_group *g;

	if (d_vdpa_node(d, path, st))
		return;
	if (n) {
		n->present = true;
		n->major = st->rdev_major;
		n->minor = st->rdev_minor;
		n->mode = st->mode & 07777;
		return;
	}
	g = group_node(d, path);
	if (g) {
		g->has_node = true;
		g->node_major = st->rdev_major;
		g->node_minor = st->rdev_minor;
		return;
	}
	if (uapi_fd_from_path(path) != UAPI_FD_DEVICE)
		return;
	for (size_t i = 0; i < d->h->ndevices; i++) {
		struct host_device *v = &d->h->devices[i];

		if (v->vfio_dev && !strcmp(v->vfio_dev, strrchr(path, '/') + 1)) {
			v->has_cdev = true;
			v->cdev_major = st->rdev_major;
			v->cdev_minor = st->rdev_minor;
		}
	}
}
