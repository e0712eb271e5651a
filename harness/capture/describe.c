// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * describe(): walks a transcript call by call. Each call is looked at by the
 * file for its kind of fd or path; here are the walk, the tables of fds and
 * objects, and the host's arrays as they grow.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"

int d_fail(struct describer *d, const char *fmt, ...)
{
	char what[600];
	va_list ap;

	if (d->rc)
		return d->rc;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	d->rc = capture_fail(d->err, -EINVAL, "%s:%u: %s", d->file, d->call ? d->call->line : 0,
			     what);
	return d->rc;
}

int d_nomem(struct describer *d)
{
	if (!d->rc)
		d->rc = capture_fail(d->err, -ENOMEM, "%s: out of memory", d->file);
	return d->rc;
}

void d_set(struct describer *d, char **s, const char *text, size_t len)
{
	if (*s)
		return;
	*s = strndup(text, len);
	if (!*s)
		d_nomem(d);
}

void d_devnum(struct describer *d, const char *text, uint32_t *major, uint32_t *minor)
{
	uint64_t maj, min;

	if (sscanf(text, "%" SCNu64 ":%" SCNu64, &maj, &min) != 2 || maj > HOST_MAJOR_MAX ||
	    min > HOST_MINOR_MAX) {
		d_fail(d, "found \"%.40s\", expected MAJOR:MINOR, at most %d:%d", text,
		       HOST_MAJOR_MAX, HOST_MINOR_MAX);
		return;
	}
	*major = (uint32_t)maj;
	*minor = (uint32_t)min;
}

void d_feature(struct describer *d, enum host_feature f, bool have)
{
	uint32_t bit = 1u << f;

	/* What was seen once to be there stays. */
	if (have)
		d->on |= bit;
	else
		d->off |= bit;
}

/* One more element at the end of an array; zeroed. NULL: no memory. */
static void *grow(void *array, size_t n, size_t size)
{
	char *v = realloc(array, (n + 1) * size);

	if (v)
		memset(v + n * size, 0, size);
	return v;
}

/* ---- fds and objects ---------------------------------------------------- */

struct d_fd *d_fd_find(struct describer *d, int fd)
{
	for (size_t i = 0; i < d->nfds; i++) {
		if (d->fds[i].fd == fd)
			return &d->fds[i];
	}
	return NULL;
}

/*
 * A file is looked at whole: clients read until the end, in as many calls as
 * they like. To errors it is the first of them.
 */
static void file_done(struct describer *d, struct d_fd *f)
{
	const struct call *now = d->call;
	struct call whole;

	if (!f->first)
		return;
	whole = *f->first;
	whole.out = f->text;
	whole.out_len = f->len;
	d->call = f->first;
	f->first = NULL;
	if (!d->rc)
		d_file_read(d, f->path, &whole);
	d->call = now;
	free(f->text);
	f->text = NULL;
	f->len = 0;
}

static struct d_fd *fd_new(struct describer *d, int fd, enum uapi_fd kind, const char *path)
{
	struct d_fd *f = d_fd_find(d, fd);

	if (f)
		file_done(d, f);

	if (!f) {
		struct d_fd *v = grow(d->fds, d->nfds, sizeof(*v));

		if (!v) {
			d_nomem(d);
			return NULL;
		}
		d->fds = v;
		f = &v[d->nfds++];
	}
	*f = (struct d_fd){ .fd = fd, .kind = kind, .path = path };
	f->context = f->group = f->device = -1;
	return f;
}

int d_context_new(struct describer *d, bool iommufd)
{
	struct d_context *v = grow(d->contexts, d->ncontexts, sizeof(*v));

	if (!v) {
		d_nomem(d);
		return -1;
	}
	d->contexts = v;
	v[d->ncontexts].iommufd = iommufd;
	v[d->ncontexts].compat_device = -1;
	return (int)d->ncontexts++;
}

struct d_object *d_object_find(struct d_context *x, uint32_t id)
{
	for (size_t i = 0; i < x->nobjects; i++) {
		if (x->objects[i].id == id)
			return &x->objects[i];
	}
	return NULL;
}

struct d_object *d_object_put(struct describer *d, struct d_context *x, uint32_t id,
			      enum d_what what)
{
	struct d_object *o = d_object_find(x, id);

	if (!o) {
		struct d_object *v = grow(x->objects, x->nobjects, sizeof(*v));

		if (!v) {
			d_nomem(d);
			return NULL;
		}
		x->objects = v;
		o = &v[x->nobjects++];
	}
	*o = (struct d_object){ .id = id, .what = what, .device = -1 };
	return o;
}

void d_object_del(struct d_context *x, uint32_t id)
{
	struct d_object *o = d_object_find(x, id);

	if (o)
		*o = x->objects[--x->nobjects];
}

/* ---- the host ----------------------------------------------------------- */

int d_device(struct describer *d, const char *bdf)
{
	struct host *h = d->h;
	struct host_device *v;
	struct d_dev *dev;

	for (size_t i = 0; i < h->ndevices; i++) {
		if (!strcmp(h->devices[i].bdf, bdf))
			return (int)i;
	}
	v = grow(h->devices, h->ndevices, sizeof(*v));
	dev = grow(d->dev, h->ndevices, sizeof(*dev));
	if (v)
		h->devices = v;
	if (dev)
		d->dev = dev;
	if (!v || !dev) {
		d_nomem(d);
		return -1;
	}
	v += h->ndevices;
	v->group = -1;
	v->iommu = -1;
	v->bdf = strdup(bdf);
	if (!v->bdf) {
		d_nomem(d);
		return -1;
	}
	return (int)h->ndevices++;
}

struct host_group *d_group(struct describer *d, int id)
{
	struct host *h = d->h;
	struct host_group *v;

	for (size_t i = 0; i < h->ngroups; i++) {
		if (h->groups[i].id == id)
			return &h->groups[i];
	}
	v = grow(h->groups, h->ngroups, sizeof(*v));
	if (!v) {
		d_nomem(d);
		return NULL;
	}
	h->groups = v;
	v[h->ngroups].id = id;
	return &v[h->ngroups++];
}

int d_group_id(struct describer *d, const char *text)
{
	size_t n = strspn(text, "0123456789");
	unsigned long id = strtoul(text, NULL, 10);

	if (n && !text[n] && id <= INT32_MAX)
		return (int)id;
	d_fail(d, "found group \"%.40s\", expected a number from 0 to %d", text, INT32_MAX);
	return -1;
}

int d_iommu_new(struct describer *d)
{
	struct host *h = d->h;
	struct host_iommu *v = grow(h->iommus, h->niommus, sizeof(*v));
	struct d_seen(*seen)[HOST_DOMAIN_NR] = grow(d->seen, h->niommus, sizeof(*seen));

	if (v)
		h->iommus = v;
	if (seen)
		d->seen = seen;
	if (!v || !seen) {
		d_nomem(d);
		return -1;
	}
	v[h->niommus].type = HOST_IOMMU_OTHER;
	v[h->niommus].isolated_msi = -1;
	v[h->niommus].coherent = -1;
	return (int)h->niommus++;
}

int d_iommu_of(struct describer *d, int device)
{
	struct host *h = d->h;
	int group, io;

	if (device < 0)
		return -1;
	if (h->devices[device].iommu >= 0 || h->devices[device].noiommu)
		return h->devices[device].iommu;
	/* Who may attach to a domain is behind an IOMMU, whatever its name. */
	io = d_iommu_ahead(d, device);
	group = h->devices[device].group;
	h->devices[device].iommu = io;
	for (size_t i = 0; i < h->ndevices && group >= 0; i++) {
		if (h->devices[i].group == group && h->devices[i].iommu < 0)
			h->devices[i].iommu = io;
	}
	return io;
}

static bool of_vfio(const struct host_device *v)
{
	return v->driver && strstr(v->driver, "vfio");
}

int d_device_of_group(struct describer *d, int group)
{
	const struct host *h = d->h;
	int found = -1;

	for (size_t i = 0; i < h->ndevices; i++) {
		if (h->devices[i].group != group)
			continue;
		if (d->t->device && !strcmp(h->devices[i].bdf, d->t->device))
			return (int)i;
		/* The one that VFIO has: another is there to make the group not viable. */
		if (found < 0 || (!of_vfio(&h->devices[found]) && of_vfio(&h->devices[i])))
			found = (int)i;
	}
	return found;
}

/* ---- the walk ----------------------------------------------------------- */

static void bound(struct describer *d, int device)
{
	if (device >= 0)
		d->dev[device].bound = true;
}

static void on_open(struct describer *d, const struct call *c)
{
	enum uapi_fd kind = uapi_fd_from_path(c->path);
	struct d_fd *f;

	d_open(d, c);
	if (d->rc || c->ret < 0)
		return;
	f = fd_new(d, (int)c->ret, kind, c->path);
	if (!f)
		return;
	if (kind == UAPI_FD_CONTAINER || kind == UAPI_FD_IOMMUFD)
		f->context = d_context_new(d, kind == UAPI_FD_IOMMUFD);
	if (kind == UAPI_FD_GROUP) {
		f->group = d_group_id(d, c->path + strcspn(c->path, "0123456789"));
		bound(d, d_device_of_group(d, f->group));
	}
	if (kind == UAPI_FD_DEVICE) {
		const char *name = strrchr(c->path, '/') + 1;

		f->cdev = true;
		for (size_t i = 0; i < d->h->ndevices; i++) {
			if (d->h->devices[i].vfio_dev && !strcmp(d->h->devices[i].vfio_dev, name))
				f->device = (int)i;
		}
		if (f->device < 0 && d->t->device) {
			f->device = d_device(d, d->t->device);
			if (f->device >= 0)
				d_set(d, &d->h->devices[f->device].vfio_dev, name, strlen(name));
		}
		bound(d, f->device);
	}
}

static void on_read(struct describer *d, const struct call *c)
{
	struct d_fd *f = d_fd_find(d, c->fd);
	uint8_t *text;

	if (!f || f->kind != UAPI_FD_FILE || !f->path)
		return;
	if (c->ret < 0) {
		if (!f->first)
			d_file_error(d, f->path, (int)-c->ret);
		return;
	}
	/* Only what continues what was read counts. */
	if (c->op == SHIM_OP_PREAD && c->off != f->len)
		return;
	text = realloc(f->text, (size_t)f->len + c->out_len + 1);
	if (!text) {
		d_nomem(d);
		return;
	}
	if (c->out_len)
		memcpy(text + f->len, c->out, c->out_len);
	f->text = text;
	f->len += c->out_len;
	if (!f->first)
		f->first = c;
}

static void on_fstat(struct describer *d, const struct call *c)
{
	const struct d_fd *f = d_fd_find(d, c->fd);

	if (f && f->path && c->ret >= 0)
		d_node(d, f->path, &c->st);
}

static void on_ioctl(struct describer *d, const struct call *c)
{
	struct d_fd *f = d_fd_find(d, c->fd);

	if (!f)
		return;
	switch (f->kind) {
	case UAPI_FD_CONTAINER: d_container(d, c, f); break;
	case UAPI_FD_GROUP: d_group_call(d, c, f); break;
	case UAPI_FD_DEVICE: d_device_call(d, c, f); break;
	case UAPI_FD_VDPA: d_vdpa(d, c, f); break;
	case UAPI_FD_IOMMUFD:
		if (uapi_find(UAPI_FD_IOMMUFD, c->req) &&
		    uapi_find(UAPI_FD_IOMMUFD, c->req)->fd == UAPI_FD_CONTAINER)
			d_container(d, c, f);
		else
			d_iommufd(d, c, f);
		break;
	default: break;
	}
	/* The tables may have moved: only the number counts from here on. */
	if (!d->rc && c->ret >= 0 && d_fd_find(d, c->fd)->kind == UAPI_FD_GROUP) {
		const struct uapi_row *row = uapi_find(UAPI_FD_GROUP, c->req);
		int group = d_fd_find(d, c->fd)->group, device = -1;

		if (!row || row->returns != UAPI_FD_DEVICE)
			return;
		if (c->in && c->in_len && !c->in[c->in_len - 1]) {
			char bdf[32];

			/* "BDF vf_token=UUID" names the device by its first word. */
			snprintf(bdf, sizeof(bdf), "%.*s", (int)strcspn((char *)c->in, " "),
				 (char *)c->in);
			device = d_device(d, bdf);
		}
		if (device >= 0 && d->h->devices[device].group < 0)
			d->h->devices[device].group = group;
		bound(d, device);
		f = fd_new(d, (int)c->ret, UAPI_FD_DEVICE, NULL);
		if (f)
			f->device = device;
	}
}

static void on_close(struct describer *d, const struct call *c)
{
	struct d_fd *f = d_fd_find(d, c->fd);

	if (!f)
		return;
	file_done(d, f);
	*f = d->fds[--d->nfds];
}

static void on_call(struct describer *d, const struct call *c)
{
	switch (c->op) {
	case SHIM_OP_OPEN: on_open(d, c); break;
	case SHIM_OP_CLOSE: on_close(d, c); break;
	case SHIM_OP_IOCTL: on_ioctl(d, c); break;
	case SHIM_OP_READ:
	case SHIM_OP_PREAD: on_read(d, c); break;
	case SHIM_OP_FSTAT: on_fstat(d, c); break;
	case SHIM_OP_STAT:
		if (c->ret >= 0)
			d_node(d, c->path, &c->st);
		break;
	case SHIM_OP_ACCESS: d_access(d, c); break;
	case SHIM_OP_READLINK: d_readlink(d, c); break;
	case SHIM_OP_LISTDIR: d_listdir(d, c); break;
	default: break;
	}
}

/* ------------------------------------------------------------------------- */

int describe(const struct transcript *t, const char *file, struct host **h,
	     struct capture_error *err)
{
	struct describer d = { .t = t, .file = file, .err = err };

	*h = NULL;
	d.h = calloc(1, sizeof(*d.h));
	if (!d.h)
		return d_nomem(&d);
	for (size_t i = 0; i < t->ncalls && !d.rc; i++) {
		d.call = &t->calls[i];
		on_call(&d, d.call);
	}
	for (size_t i = 0; i < d.nfds; i++)
		file_done(&d, &d.fds[i]);
	if (!d.rc)
		d_finish(&d);
	for (size_t i = 0; i < d.h->ndevices; i++)
		free(d.dev[i].holes);
	free(d.dev);
	free(d.listed);
	for (size_t i = 0; i < d.ncontexts; i++) {
		free(d.contexts[i].groups);
		free(d.contexts[i].objects);
	}
	free(d.contexts);
	free(d.fds);
	free(d.seen);
	if (d.rc)
		host_free(d.h);
	else
		*h = d.h;
	return d.rc;
}
