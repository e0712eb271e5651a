// SPDX-License-Identifier: GPL-2.0-or-later
/* What sysfs and open vhost-vdpa nodes tell of vDPA devices. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"
#include "harness/uapi/uapi_compat.h"

#define VDPA_DIR "/sys/bus/vdpa/devices"
#define CHAR_DIR "/sys/dev/char/"
#define NODE	 "vhost-vdpa-"

#define GET_FORK _IOR(VHOST_VIRTIO, 0x85, uint8_t)

static struct host_vdpa *vdpa_new(struct describer *d)
{
	struct host *h = d->h;
	struct host_vdpa *v = realloc(h->vdpas, (h->nvdpas + 1) * sizeof(*v));

	if (!v) {
		d_nomem(d);
		return NULL;
	}
	h->vdpas = v;
	v += h->nvdpas++;
	*v = (struct host_vdpa){ .kind = HOST_VDPA_OTHER };
	return v;
}

/* Made when there is none. NULL: a path that ends before the name, or no memory. */
static struct host_vdpa *by_name(struct describer *d, const char *name, size_t len)
{
	struct host *h = d->h;
	struct host_vdpa *v;

	if (!len)
		return NULL;
	for (size_t i = 0; i < h->nvdpas; i++) {
		v = &h->vdpas[i];
		if (v->name && !strncmp(v->name, name, len) && !v->name[len])
			return v;
	}
	v = vdpa_new(d);
	if (v)
		d_set(d, &v->name, name, len);
	return v;
}

/* Of a node's name or path; made when there is none. NULL: it is no such path, or no memory. */
static struct host_vdpa *by_node(struct describer *d, const char *path)
{
	const char *name = strrchr(path, '/');
	struct host_vdpa *v;

	name = name ? name + 1 : path;
	if (strncmp(name, NODE, strlen(NODE)))
		return NULL;
	for (size_t i = 0; i < d->h->nvdpas; i++) {
		v = &d->h->vdpas[i];
		if (v->node_dir && !strcmp(v->node_dir, name))
			return v;
	}
	v = vdpa_new(d);
	if (v)
		d_set(d, &v->node_dir, name, strlen(name));
	return v;
}

static void has_node(struct describer *d, struct host_vdpa *v)
{
	v->node.present = true;
	/* Only one driver makes it. */
	d_set(d, &v->driver, "vhost_vdpa", strlen("vhost_vdpa"));
}

bool d_vdpa_open(struct describer *d, const struct call *c)
{
	struct host_vdpa *v;

	if (uapi_fd_from_path(c->path) != UAPI_FD_VDPA)
		return false;
	if (c->ret == -ENOENT)
		return true;
	v = by_node(d, c->path);
	if (!v)
		return true;
	has_node(d, v);
	/* That another has it open is no property of the host. */
	if (c->ret < 0 && c->ret != -EBUSY)
		v->node.open_err = (int)-c->ret;
	return true;
}

bool d_vdpa_node(struct describer *d, const char *path, const struct shim_stat *st)
{
	struct host_vdpa *v;

	if (uapi_fd_from_path(path) != UAPI_FD_VDPA)
		return false;
	v = by_node(d, path);
	if (!v)
		return true;
	has_node(d, v);
	v->node.major = st->rdev_major;
	v->node.minor = st->rdev_minor;
	v->node.mode = st->mode & 07777;
	return true;
}

/* ---- sysfs ----------------------------------------------------------------- */

/*
 * "../../devices/PARENT/NAME/vhost-vdpa-N", where a node's number leads: the
 * device is above the node, and its link is one directory longer.
 */
static void node_link(struct describer *d, const char *target)
{
	const char *from = strstr(target, "devices/"), *end = strrchr(target, '/'), *name;
	struct host_vdpa *v = end ? by_node(d, end) : NULL;
	char link[512];

	if (!v || !from || from >= end)
		return;
	name = memrchr(target, '/', (size_t)(end - target));
	if (!name || name + 1 == end)
		return;
	d_set(d, &v->name, name + 1, (size_t)(end - name) - 1);
	snprintf(link, sizeof(link), "../../../%.*s", (int)(end - from), from);
	d_set(d, &v->link, link, strlen(link));
}

bool d_vdpa_link(struct describer *d, const char *path, const char *target)
{
	const char *name = path + strlen(VDPA_DIR) + 1, *last = strrchr(target, '/');
	struct host_vdpa *v;
	size_t n;

	if (!strncmp(path, CHAR_DIR, strlen(CHAR_DIR)) && last &&
	    !strncmp(last + 1, NODE, strlen(NODE))) {
		node_link(d, target);
		return true;
	}
	if (strncmp(path, VDPA_DIR "/", strlen(VDPA_DIR) + 1))
		return false;
	n = strcspn(name, "/");
	if (name[n] && strcmp(name + n, "/driver"))
		return false;
	v = by_name(d, name, n);
	if (v && !name[n])
		d_set(d, &v->link, target, strlen(target));
	else if (v && last)
		d_set(d, &v->driver, last + 1, strlen(last + 1));
	return true;
}

/* NAME/vhost-vdpa-N/dev */
bool d_vdpa_file(struct describer *d, const char *path, const struct call *c)
{
	const char *name = path + strlen(VDPA_DIR) + 1, *entry, *rest;
	struct host_vdpa *v;
	char text[32] = "";

	if (strncmp(path, VDPA_DIR "/", strlen(VDPA_DIR) + 1))
		return false;
	entry = strchr(name, '/');
	rest = entry ? strchr(entry + 1, '/') : NULL;
	if (!rest || strcmp(rest, "/dev") || strncmp(entry + 1, NODE, strlen(NODE)))
		return false;
	v = by_name(d, name, (size_t)(entry - name));
	if (!v)
		return true;
	d_set(d, &v->node_dir, entry + 1, (size_t)(rest - entry) - 1);
	has_node(d, v);
	memcpy(text, c->out, c->out_len < sizeof(text) ? c->out_len : sizeof(text) - 1);
	d_devnum(d, text, &v->node.major, &v->node.minor);
	return true;
}

/* ---- the open node ---------------------------------------------------------- */

static void number(const struct call *c, void *v, size_t size)
{
	if (!d_after(c, 0, v, size))
		memset(v, 0, size);
}

static void many(struct describer *d, const struct call *c, uint32_t *v)
{
	number(c, v, sizeof(*v));
	if (*v > HOST_VDPA_MANY)
		d_fail(d, "found %" PRIu32 " of them, expected at most %d", *v, HOST_VDPA_MANY);
}

/* The answer for one queue; they are asked in order, and kept as far as they are whole. */
static void by_queue(struct describer *d, const struct call *c, uint32_t **v, size_t *n)
{
	struct vhost_vring_state s = { 0 };
	uint32_t *more;

	if (c->ret < 0 || !d_after(c, 0, &s, sizeof(s)) || s.index != *n)
		return;
	more = realloc(*v, (*n + 1) * sizeof(*more));
	if (!more) {
		d_nomem(d);
		return;
	}
	*v = more;
	more[(*n)++] = s.num;
}

static void config(struct describer *d, const struct call *c, struct host_vdpa *v)
{
	struct vhost_vdpa_config cfg;

	if (c->ret < 0 || v->config || !d_in(c, 0, &cfg, sizeof(cfg)) || cfg.off || !cfg.len ||
	    c->out_len < sizeof(cfg) || c->out_len - sizeof(cfg) < cfg.len)
		return;
	if (cfg.len > HOST_VDPA_CONFIG) {
		d_fail(d, "found %" PRIu32 " bytes of configuration, expected at most %d", cfg.len,
		       HOST_VDPA_CONFIG);
		return;
	}
	v->config = malloc(cfg.len);
	if (!v->config) {
		d_nomem(d);
		return;
	}
	memcpy(v->config, c->out + sizeof(cfg), cfg.len);
	v->config_len = cfg.len;
}

static void range(const struct call *c, struct host_vdpa *v)
{
	struct vhost_vdpa_iova_range r;

	if (!d_after(c, 0, &r, sizeof(r)))
		return;
	v->range = (struct host_range){ r.first, r.last };
	v->told = true;
}

/* A request that another kernel does not have: it says so after all else was right. */
static void optional(struct describer *d, enum host_feature f, const struct call *c)
{
	if (c->ret >= 0 || c->ret == -EOPNOTSUPP || c->ret == -EIO)
		d_feature(d, f, true);
	else if (c->ret == -ENOTTY)
		d_feature(d, f, false);
}

void d_vdpa(struct describer *d, const struct call *c, const struct d_fd *f)
{
	struct host_vdpa *v = by_node(d, f->path);
	uint16_t max;

	if (!v)
		return;
	switch (c->req) {
	case VHOST_VDPA_GET_VRING_GROUP: by_queue(d, c, &v->queue_group, &v->nqueue_group); return;
	case VHOST_VDPA_GET_VRING_DESC_GROUP:
		optional(d, HOST_F_VDPA_DESC, c);
		by_queue(d, c, &v->queue_desc_group, &v->nqueue_desc_group);
		return;
	case VHOST_VDPA_GET_VRING_SIZE:
		optional(d, HOST_F_VDPA_SIZE, c);
		by_queue(d, c, &v->queue_size, &v->nqueue_size);
		return;
	case GET_FORK: d_feature(d, HOST_F_VHOST_FORK, c->ret >= 0); return;
	case VHOST_VDPA_GET_CONFIG: config(d, c, v); return;
	default: break;
	}
	if (c->ret < 0)
		return;
	switch (c->req) {
	case VHOST_VDPA_GET_DEVICE_ID: number(c, &v->device_id, 4); break;
	case VHOST_GET_FEATURES: number(c, &v->features, 8); break;
	case VHOST_GET_BACKEND_FEATURES: number(c, &v->backend_features, 8); break;
	case VHOST_VDPA_GET_IOVA_RANGE: range(c, v); break;
	case VHOST_VDPA_GET_VQS_COUNT: many(d, c, &v->queues); break;
	case VHOST_VDPA_GET_GROUP_NUM: number(c, &v->groups, 4); break;
	case VHOST_VDPA_GET_AS_NUM: many(d, c, &v->spaces); break;
	case VHOST_VDPA_GET_VRING_NUM:
		number(c, &max, 2);
		v->queue_max = max;
		break;
	default: break;
	}
}

/* ---- all together ----------------------------------------------------------- */

static void drop_part(uint32_t **v, size_t *n, uint32_t queues)
{
	if (*n == queues)
		return;
	free(*v);
	*v = NULL;
	*n = 0;
}

/* Whose driver it is: by the device that its directory lies in. */
static enum host_vdpa_kind kind_of(const struct host *h, const struct host_vdpa *v)
{
	const char *dir = v->link ? strstr(v->link, "devices/") : NULL;
	const char *end = v->link ? strrchr(v->link, '/') : NULL, *parent;
	char bdf[32];

	if (!dir || !end)
		return HOST_VDPA_OTHER;
	dir += strlen("devices");
	if (dir >= end)
		return HOST_VDPA_SIM;
	parent = memrchr(dir, '/', (size_t)(end - dir));
	if (!parent || end - parent > (ptrdiff_t)sizeof(bdf))
		return HOST_VDPA_OTHER;
	snprintf(bdf, sizeof(bdf), "%.*s", (int)(end - parent) - 1, parent + 1);
	for (size_t i = 0; i < h->ndevices; i++) {
		if (!strcmp(h->devices[i].bdf, bdf) && h->devices[i].driver &&
		    !strcmp(h->devices[i].driver, "vp-vdpa"))
			return HOST_VDPA_VIRTIO;
	}
	return HOST_VDPA_OTHER;
}

static bool taken(const struct host *h, const struct host_vdpa *by, const char *name)
{
	for (size_t i = 0; i < h->nvdpas; i++) {
		const struct host_vdpa *v = &h->vdpas[i];

		if (v != by && v->name && !strcmp(v->name, name))
			return true;
	}
	return false;
}

/* A client that opens a node only never learns what the device is called. */
static void make_name(struct describer *d, struct host_vdpa *v)
{
	const char *nr = v->node_dir ? v->node_dir + strlen(NODE) : "";
	char name[64];

	snprintf(name, sizeof(name), "vdpa%.32s", nr);
	for (unsigned int i = 0; taken(d->h, v, name); i++)
		snprintf(name, sizeof(name), "vdpa%.32s.%u", nr, i);
	d_set(d, &v->name, name, strlen(name));
}

void d_vdpa_finish(struct describer *d)
{
	for (size_t i = 0; i < d->h->nvdpas && !d->rc; i++) {
		struct host_vdpa *v = &d->h->vdpas[i];

		if (!v->name)
			make_name(d, v);
		else if (taken(d->h, v, v->name))
			d_fail(d, "found \"%.40s\" for two vDPA devices", v->name);
		v->kind = kind_of(d->h, v);
		drop_part(&v->queue_group, &v->nqueue_group, v->queues);
		drop_part(&v->queue_desc_group, &v->nqueue_desc_group, v->queues);
		drop_part(&v->queue_size, &v->nqueue_size, v->queues);
		if (!v->node.present && v->node_dir) {
			free(v->node_dir);
			v->node_dir = NULL;
		}
	}
}
