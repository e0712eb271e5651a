// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model as a shim backend: making and freeing it, its descriptors, and
 * which kind of descriptor answers a request.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness/capture/host_derive.h"
#include "mocks/ictx.h"
#include "mocks/vfs.h"
#include "mocks/internal.h"

#define FIRST_FD 3

int fd_install(struct model *m, const struct file *f)
{
	size_t i = m->fds_free;
	struct file *own;

	while (i < m->fds_cap && m->fds[i])
		i++;
	if (i == m->fds_cap) {
		size_t old = m->fds_cap;

		if (vec_room((void **)&m->fds, &m->fds_cap, old, sizeof(*m->fds)))
			return -ENOMEM;
		memset(m->fds + old, 0, (m->fds_cap - old) * sizeof(*m->fds));
	}
	own = i < FILES_INLINE ? &m->first[i] : malloc(sizeof(*own));
	if (!own)
		return -ENOMEM;
	*own = *f;
	m->fds[i] = own;
	m->fds_free = i + 1;
	m->stats.fds++;
	return (int)i + FIRST_FD;
}

struct file *model_fd(struct model *m, int fd)
{
	size_t i = (size_t)fd - FIRST_FD;

	return fd >= FIRST_FD && i < m->fds_cap ? m->fds[i] : NULL;
}

int unknown_request(struct model *m, const char *on, uint32_t req)
{
	if (!m->unknown[0])
		snprintf(m->unknown, sizeof(m->unknown), "%s: unknown request 0x%x", on, req);
	return -ENOTTY;
}

static void file_release(struct file *f)
{
	switch (f->kind) {
	case UAPI_FD_CONTAINER: container_put(f->container); break;
	case UAPI_FD_GROUP: group_put(f->group); break;
	case UAPI_FD_DEVICE: devfile_release(&f->dev); break;
	case UAPI_FD_IOMMUFD: ictx_put(f->ictx); break;
	case UAPI_FD_FAULT: fault_close(f->fault); break;
	case UAPI_FD_VDPA: vdpa_close(f->vdpa); break;
	default: break;
	}
}

static int model_close(struct shim *s, int fd)
{
	struct model *m = to_model(s);
	struct file *f = model_fd(m, fd);
	size_t i = (size_t)fd - FIRST_FD;

	if (!f)
		return -EBADF;
	m->fds[i] = NULL;
	if (i < m->fds_free)
		m->fds_free = i;
	m->stats.fds--;
	file_release(f);
	if (i >= FILES_INLINE)
		free(f);
	return 0;
}

static int model_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct model *m = to_model(s);
	struct file *f;

	if (m->hook && !m->in_hook) {
		m->in_hook = true;
		m->hook(m->hook_ctx, s, fd, req);
		m->in_hook = false;
	}
	f = model_fd(m, fd);
	if (!f)
		return -EBADF;
	switch (f->kind) {
	case UAPI_FD_CONTAINER: return container_ioctl(m, f->container, req, arg);
	case UAPI_FD_DEVICE: return device_ioctl(m, &f->dev, req, arg);
	case UAPI_FD_IOMMUFD: return iommufd_ioctl(m, f->ictx, req, arg);
	case UAPI_FD_GROUP: return group_ioctl(m, f->group, req, arg);
	case UAPI_FD_VDPA: return vdpa_ioctl(f->vdpa, req, arg);
	default: return unknown_request(m, "file", req);
	}
}

static ssize_t read_text(const struct file *f, void *buf, size_t len, uint64_t off)
{
	size_t size;

	if (f->node->type == NODE_DIR)
		return -EISDIR;
	size = strlen(f->node->text);
	if (off >= size)
		return 0;
	if (len > size - off)
		len = size - off;
	memcpy(buf, f->node->text + off, len);
	return (ssize_t)len;
}

static ssize_t model_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	struct model *m = to_model(s);
	struct file *f = model_fd(m, fd);

	if (!f)
		return -EBADF;
	switch (f->kind) {
	case UAPI_FD_FILE: return read_text(f, buf, len, off);
	case UAPI_FD_DEVICE: return device_pread(m, &f->dev, buf, len, off);
	case UAPI_FD_FAULT: return off ? -ESPIPE : 0;
	default: return -EINVAL;
	}
}

static ssize_t model_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct file *f = model_fd(to_model(s), fd);
	ssize_t n;

	if (!f)
		return -EBADF;
	n = model_pread(s, fd, buf, len, f->pos);
	if (n > 0)
		f->pos += (uint64_t)n;
	return n;
}

static ssize_t model_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	struct model *m = to_model(s);
	struct file *f = model_fd(m, fd);

	if (!f)
		return -EBADF;
	if (f->kind == UAPI_FD_VDPA)
		return f->writable ? vdpa_write(f->vdpa, buf, len) : -EBADF;
	if (f->kind == UAPI_FD_DEVICE)
		return device_pwrite(m, &f->dev, len, off);
	/* Files of the tree are opened for reading only; the rest takes no writes. */
	return f->kind == UAPI_FD_FILE ? -EBADF : -EINVAL;
}

static ssize_t model_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct file *f = model_fd(to_model(s), fd);

	return model_pwrite(s, fd, buf, len, f ? f->pos : 0);
}

static void model_destroy(struct shim *s)
{
	struct model *m = to_model(s);

	for (size_t i = m->fds_cap; i--;)
		if (m->fds[i])
			model_close(s, (int)i + FIRST_FD);
	for (size_t i = 0; i < m->h->ndevices && m->devs; i++)
		free(m->devs[i].pasids);
	vfs_free(m->vfs);
	vdpas_free(m);
	free(m->fds);
	free(m->units);
	free(m->groups);
	free(m->devs);
	free(m);
}

static const struct shim_ops model_ops = {
	.name = "model",
	.open = model_open,
	.close = model_close,
	.ioctl = model_ioctl,
	.read = model_read,
	.write = model_write,
	.pread = model_pread,
	.pwrite = model_pwrite,
	.fstat = model_fstat,
	.stat = model_stat,
	.access = model_access,
	.readlink = model_readlink,
	.listdir = model_listdir,
	.destroy = model_destroy,
};

/* Not known whether the unit enforces coherency: by its snoop control, or what the driver does. */
static bool unit_coherent(const struct host_iommu *io)
{
	if (io->coherent >= 0)
		return io->coherent;
	if (io->type == HOST_IOMMU_INTEL)
		return io->has_regs && io->ecap >> 7 & 1;
	return io->type == HOST_IOMMU_AMD;
}

static void init_unit(struct model *m, struct unit *u, const struct host_iommu *io)
{
	for (int k = 0; k < HOST_DOMAIN_NR; k++)
		host_domain_get(m->h, io, k, &u->domain[k]);
	u->coherent = unit_coherent(io);
	u->isolated_msi = io->isolated_msi != 0;
}

static void init_dev(struct model *m, struct dev *d, const struct host_device *hd)
{
	d->m = m;
	d->h = hd;
	if (hd->iommu >= 0 && (size_t)hd->iommu < m->h->niommus) {
		d->io = &m->h->iommus[hd->iommu];
		d->unit = &m->units[hd->iommu];
	}
	for (size_t g = 0; g < m->h->ngroups; g++) {
		if (hd->group < 0 || m->groups[g].h->id != hd->group)
			continue;
		d->g = &m->groups[g];
		if (hd->mdev)
			d->g->type = GROUP_EMULATED;
		else if (hd->noiommu)
			d->g->type = GROUP_NOIOMMU;
		d->g->busy |= hd->busy;
	}
	m->has_cdev |= hd->has_cdev;
}

static void init_model(struct model *m)
{
	for (size_t i = 0; i < m->h->niommus; i++)
		init_unit(m, &m->units[i], &m->h->iommus[i]);
	for (size_t i = 0; i < m->h->ngroups; i++) {
		m->groups[i].m = m;
		m->groups[i].h = &m->h->groups[i];
	}
	for (size_t i = 0; i < m->h->ndevices; i++)
		init_dev(m, &m->devs[i], &m->h->devices[i]);
}

struct shim *model_new(const struct host *h, const struct uapi_mem *mem)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->shim.ops = &model_ops;
	m->h = h;
	m->mem = mem ? mem : &uapi_mem_self;
	m->features = h->features;
	m->units = calloc(h->niommus + 1, sizeof(*m->units));
	m->groups = calloc(h->ngroups + 1, sizeof(*m->groups));
	m->devs = calloc(h->ndevices + 1, sizeof(*m->devs));
	m->vdpas = vdpas_new(m);
	if (!m->units || !m->groups || !m->devs || !m->vdpas) {
		model_destroy(&m->shim);
		return NULL;
	}
	init_model(m);
	return &m->shim;
}

void model_stats(const struct shim *s, struct model_stats *out)
{
	*out = to_model(s)->stats;
}

const char *model_unknown(const struct shim *s)
{
	const struct model *m = to_model(s);

	return m->unknown[0] ? m->unknown : NULL;
}

int model_device_lost(struct shim *s, const char *bdf, bool lost)
{
	struct model *m = to_model(s);

	for (size_t i = 0; i < m->h->ndevices; i++) {
		if (strcmp(m->devs[i].h->bdf, bdf))
			continue;
		m->devs[i].lost = lost;
		return 0;
	}
	return -ENODEV;
}

void model_set_pinnable(struct shim *s, model_pinnable_fn *fn, void *ctx)
{
	struct model *m = to_model(s);

	m->pinnable = fn;
	m->pinnable_ctx = ctx;
}

void model_set_eventfd(struct shim *s, model_eventfd_fn *fn, void *ctx)
{
	struct model *m = to_model(s);

	m->eventfd = fn;
	m->eventfd_ctx = ctx;
}

void model_set_mock_devices(struct shim *s)
{
	struct model *m = to_model(s);

	m->mock_devices = true;
	m->features |= 1u << HOST_F_IOMMUFD_TEST;
}

void model_set_hook(struct shim *s, model_hook_fn *fn, void *ctx)
{
	struct model *m = to_model(s);

	m->hook = fn;
	m->hook_ctx = ctx;
}
