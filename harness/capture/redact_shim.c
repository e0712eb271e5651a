// SPDX-License-Identifier: GPL-2.0-or-later
/* The redacting backend: replacements go in, replacements come out. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/redact.h"
#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"

/* Longer files are cut: sysfs gives a page, procfs' command line a few. */
#define FILE_MAX (1u << 20)
#define NAMES	 (1u << 20)
#define LINK_MAX 4096

#define VIRTIO_ID_NET 1

/* An open file whose text is kept, redacted, from its first read on. */
struct redacted_file {
	int fd;
	bool device; /* of VFIO: nothing to read, but its replies name others */
	bool loaded;
	ssize_t rc; /* of reading it */
	char *path; /* the real one */
	char *text;
	size_t len, pos;
};

struct redactor {
	struct shim shim;
	struct shim *under;
	struct redact *r;
	struct redacted_file *files;
	size_t nfiles;
};

static struct redactor *of(struct shim *s)
{
	return (struct redactor *)s;
}

static struct redacted_file *find(struct redactor *x, int fd)
{
	for (size_t i = 0; i < x->nfiles; i++) {
		if (x->files[i].fd == fd)
			return &x->files[i];
	}
	return NULL;
}

/* Takes path, which was allocated. fd, or -ENOMEM with fd closed. */
static int remembered(struct redactor *x, int fd, char *path, bool device)
{
	struct redacted_file *v = realloc(x->files, (x->nfiles + 1) * sizeof(*v));

	if (!v) {
		free(path);
		shim_close(x->under, fd);
		return -ENOMEM;
	}
	x->files = v;
	v[x->nfiles++] = (struct redacted_file){ .fd = fd, .path = path, .device = device };
	return fd;
}

static void forget(struct redactor *x, struct redacted_file *f)
{
	free(f->path);
	free(f->text);
	*f = x->files[--x->nfiles];
}

static int redact_open(struct shim *s, const char *path, int flags)
{
	struct redactor *x = of(s);
	char *real = redact_back(x->r, path);
	int fd = real ? shim_open(x->under, real, flags) : -ENOMEM;
	enum uapi_fd kind = uapi_fd_from_path(path);

	if (fd < 0 || (kind != UAPI_FD_FILE && kind != UAPI_FD_DEVICE)) {
		free(real);
		return fd;
	}
	return remembered(x, fd, real, kind == UAPI_FD_DEVICE);
}

static int redact_close(struct shim *s, int fd)
{
	struct redactor *x = of(s);
	struct redacted_file *f = find(x, fd);

	if (f)
		forget(x, f);
	return shim_close(x->under, fd);
}

/* The device that a group's user asks for by name. */
static int device_by_name(struct redactor *x, int group, const char *redacted)
{
	char *name = redact_back(x->r, redacted);
	int fd = name ? shim_ioctl(x->under, group, VFIO_GROUP_GET_DEVICE_FD, name) : -ENOMEM;

	if (fd >= 0)
		return remembered(x, fd, name, true);
	free(name);
	return fd;
}

/* The functions that a reset reaches, in the reply that names them. */
static int redact_reset(struct redactor *x, struct vfio_pci_hot_reset_info *info)
{
	for (uint32_t i = 0; i < info->count; i++) {
		struct vfio_pci_dependent_device *d = &info->devices[i];
		unsigned int domain, bus, slot, fn;
		char bdf[16], *now;

		snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%x", d->segment, d->bus, d->devfn >> 3,
			 d->devfn & 7);
		now = redact_text(x->r, bdf, 0);
		if (!now)
			return -ENOMEM;
		if (sscanf(now, "%x:%x:%x.%x", &domain, &bus, &slot, &fn) == 4) {
			d->segment = (uint16_t)domain;
			d->bus = (uint8_t)bus;
			d->devfn = (uint8_t)(slot << 3 | fn);
		}
		free(now);
	}
	return 0;
}

/* The address of a network device, at the start of its configuration space. */
static int hide_mac(struct redactor *x, int fd, struct vhost_vdpa_config *c)
{
	uint8_t *mac = (uint8_t *)c + sizeof(*c), to[6];
	uint32_t id = 0;
	char text[18], *hidden;
	int n;

	if (shim_ioctl(x->under, fd, VHOST_VDPA_GET_DEVICE_ID, &id) < 0 || id != VIRTIO_ID_NET ||
	    c->off)
		return 0;
	/* A part of it is as good as all to whoever knows the rest. */
	if (c->len < sizeof(to)) {
		memset(mac, 0, c->len);
		return 0;
	}
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	hidden = redact_text(x->r, text, 0);
	n = hidden ? sscanf(hidden, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &to[0], &to[1], &to[2], &to[3],
			    &to[4], &to[5])
		   : 0;
	free(hidden);
	if (n != 6)
		return -ENOMEM;
	memcpy(mac, to, sizeof(to));
	return 0;
}

static int redact_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct redactor *x = of(s);
	struct redacted_file *f = find(x, fd);
	int ret;

	if (req == VHOST_VDPA_GET_CONFIG && arg) {
		ret = shim_ioctl(x->under, fd, req, (void *)arg);
		return ret < 0 ? ret : hide_mac(x, fd, (struct vhost_vdpa_config *)arg);
	}
	if (req == VFIO_GROUP_GET_DEVICE_FD && arg)
		return device_by_name(x, fd, (const char *)arg);
	ret = x->under->ops->ioctl(x->under, fd, req, arg);
	/* The number is also a container's. */
	if (!ret && f && f->device && req == VFIO_DEVICE_GET_PCI_HOT_RESET_INFO)
		ret = redact_reset(x, (struct vfio_pci_hot_reset_info *)arg);
	return ret;
}

/* A file that is a serial number or the like as a whole, by its name. */
static bool is_secret(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return strstr(base, "serial") || strstr(base, "uuid") || strstr(base, "asset_tag") ||
	       !strcmp(base, "machine-id") || !strcmp(base, "hostname");
}

static char *redacted(struct redactor *x, const char *path, const char *text)
{
	if (!strcmp(path, "/proc/cmdline"))
		return redact_cmdline(x->r, text);
	if (is_secret(path))
		return strdup("redacted\n");
	return redact_text(x->r, text, strncmp(path, "/proc/", 6) ? 0 : REDACT_HOSTS);
}

static void load(struct redactor *x, struct redacted_file *f)
{
	char *raw = malloc(FILE_MAX);
	size_t used = 0;
	ssize_t n;

	f->loaded = true;
	f->rc = -ENOMEM;
	if (!raw)
		return;
	do {
		n = shim_read(x->under, f->fd, raw + used, FILE_MAX - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 && used < FILE_MAX - 1);
	raw[used] = '\0';
	f->rc = n < 0 ? n : 0;
	if (n >= 0) {
		f->text = redacted(x, f->path, raw);
		f->len = f->text ? strlen(f->text) : 0;
		f->rc = f->text ? 0 : -ENOMEM;
	}
	free(raw);
}

static ssize_t serve(struct redactor *x, struct redacted_file *f, void *buf, size_t len,
		     uint64_t off)
{
	if (!f->loaded)
		load(x, f);
	if (f->rc < 0)
		return f->rc;
	if (off >= f->len)
		return 0;
	if (len > f->len - (size_t)off)
		len = f->len - (size_t)off;
	memcpy(buf, f->text + off, len);
	return (ssize_t)len;
}

static ssize_t redact_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct redactor *x = of(s);
	struct redacted_file *f = find(x, fd);
	ssize_t n;

	if (!f || f->device)
		return shim_read(x->under, fd, buf, len);
	n = serve(x, f, buf, len, f->pos);
	if (n > 0)
		f->pos += (size_t)n;
	return n;
}

static ssize_t redact_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	struct redactor *x = of(s);
	struct redacted_file *f = find(x, fd);

	if (!f || f->device)
		return shim_pread(x->under, fd, buf, len, off);
	return serve(x, f, buf, len, off);
}

static ssize_t redact_write(struct shim *s, int fd, const void *buf, size_t len)
{
	return shim_write(of(s)->under, fd, buf, len);
}

static ssize_t redact_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	return shim_pwrite(of(s)->under, fd, buf, len, off);
}

static int redact_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	return shim_fstat(of(s)->under, fd, st);
}

static int redact_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	char *real = redact_back(of(s)->r, path);
	int ret = real ? shim_stat(of(s)->under, real, st) : -ENOMEM;

	free(real);
	return ret;
}

static int redact_access(struct shim *s, const char *path, int mode)
{
	char *real = redact_back(of(s)->r, path);
	int ret = real ? shim_access(of(s)->under, real, mode) : -ENOMEM;

	free(real);
	return ret;
}

static ssize_t redact_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct redactor *x = of(s);
	char *real = redact_back(x->r, path), target[LINK_MAX], *to;
	ssize_t n = real ? shim_readlink(x->under, real, target, sizeof(target) - 1) : -ENOMEM;

	free(real);
	if (n < 0)
		return n;
	target[n] = '\0';
	to = redact_text(x->r, target, 0);
	if (!to)
		return -ENOMEM;
	n = (ssize_t)strnlen(to, len);
	memcpy(buf, to, (size_t)n);
	free(to);
	return n;
}

/* Each name redacted, into buf; the bytes used, or -ERANGE. */
static ssize_t redact_names(struct redactor *x, const char *names, size_t n, char *buf, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i += strlen(names + i) + 1) {
		char *to = redact_text(x->r, names + i, 0);
		size_t size = to ? strlen(to) + 1 : 0;

		if (!to)
			return -ENOMEM;
		if (size > len - used) {
			free(to);
			return -ERANGE;
		}
		memcpy(buf + used, to, size);
		used += size;
		free(to);
	}
	return (ssize_t)used;
}

static ssize_t redact_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	struct redactor *x = of(s);
	char *real = redact_back(x->r, path), *names = malloc(NAMES);
	ssize_t n = real && names ? shim_listdir(x->under, real, names, NAMES) : -ENOMEM;

	if (n >= 0)
		n = redact_names(x, names, (size_t)n, buf, len);
	free(names);
	free(real);
	return n;
}

static void redact_destroy(struct shim *s)
{
	struct redactor *x = of(s);

	while (x->nfiles)
		forget(x, &x->files[0]);
	free(x->files);
	free(x);
}

static const struct shim_ops redact_ops = {
	.name = "redact",
	.open = redact_open,
	.close = redact_close,
	.ioctl = redact_ioctl,
	.read = redact_read,
	.write = redact_write,
	.pread = redact_pread,
	.pwrite = redact_pwrite,
	.fstat = redact_fstat,
	.stat = redact_stat,
	.access = redact_access,
	.readlink = redact_readlink,
	.listdir = redact_listdir,
	.destroy = redact_destroy,
};

struct shim *shim_redact_new(struct shim *under, struct redact *r)
{
	struct redactor *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->shim.ops = &redact_ops;
	x->under = under;
	x->r = r;
	return &x->shim;
}
