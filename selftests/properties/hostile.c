// SPDX-License-Identifier: GPL-2.0-or-later
/* See hostile.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/uapi/uapi_compat.h"
#include "hiod/type1_info.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/hostile.h"

/*
 * With MemorySanitizer, what an honest kernel may write counts as not written
 * until it is: a client that reads more than the reply is found out.
 */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define NOT_WRITTEN(p, n) __msan_allocated_memory(p, n)
#endif
#endif
#ifndef NOT_WRITTEN
#define NOT_WRITTEN(p, n) ((void)(p), (void)(n))
#endif

#define MADE_UP_FD 1000

static struct hostile *to_hostile(struct shim *s)
{
	return (struct hostile *)s;
}

static int any_errno(struct choices *c)
{
	static const int errs[] = { EINVAL, EINTR,  ENOMEM, ENOTTY,    EOPNOTSUPP, EPERM,
				    EBUSY,  ENOENT, EFAULT, EMSGSIZE,  ENODEV,	   EBADF,
				    EAGAIN, ENOSPC, E2BIG,  EOVERFLOW, EIO,	   524 };

	return choices_bool(c, 95) ? CHOICES_PICK(c, errs) : (int)choices_range(c, 1, 4095);
}

/* Is this call changed? Counts it. */
static bool hit(struct hostile *h)
{
	if (++h->calls >= HOSTILE_CALLS)
		h->hangs = true;
	if (h->hangs)
		return true;
	if (!h->percent)
		return false;
	if (!choices_bool(h->c, h->percent))
		return false;
	h->changed++;
	return true;
}

static int find(const struct hostile *h, int fd)
{
	for (size_t i = 0; i < h->nopen; i++)
		if (h->open[i].fd == fd)
			return (int)i;
	return -1;
}

static int opened(struct hostile *h, int fd, enum uapi_fd kind, bool made_up)
{
	if (fd < 0)
		return fd;
	if (h->nopen == HOSTILE_FDS) {
		h->misuse = "too many open at once";
		return -EMFILE;
	}
	h->open[h->nopen].fd = fd;
	h->open[h->nopen].kind = (uint8_t)kind;
	h->open[h->nopen++].made_up = made_up;
	return fd;
}

/* The entry of fd; a client that uses what is not open is wrong. */
static int use(struct hostile *h, int fd, const char *what)
{
	int i = find(h, fd);

	if (i < 0 && !h->misuse)
		h->misuse = what;
	return i;
}

static int h_open(struct shim *s, const char *path, int flags)
{
	struct hostile *h = to_hostile(s);
	enum uapi_fd kind = uapi_fd_from_path(path);
	bool made_up = !h->under;

	if (hit(h)) {
		if (h->hangs || choices_bool(h->c, 70))
			return -any_errno(h->c);
		made_up = true;
	}
	if (made_up)
		return opened(h, h->next_fd++, kind, true);
	return opened(h, h->under->ops->open(h->under, path, flags), kind, false);
}

static int h_close(struct shim *s, int fd)
{
	struct hostile *h = to_hostile(s);
	int i = use(h, fd, "closed what is not open"), ret = 0;

	if (i < 0)
		return -EBADF;
	if (!h->open[i].made_up)
		ret = h->under->ops->close(h->under, fd);
	h->open[i] = h->open[--h->nopen];
	return !h->hangs && hit(h) ? -any_errno(h->c) : ret;
}

/* ---- replies ------------------------------------------------------------------ */

static void change_field(struct choices *c, const struct uapi_row *row, uint8_t *arg, size_t len)
{
	for (unsigned int tries = 0; row->nfields && tries < 4; tries++) {
		const struct uapi_field *f = &row->fields[choices_index(c, row->nfields)];
		uint64_t max = f->width >= 8 ? UINT64_MAX : (1ull << 8 * f->width) - 1, old = 0;

		if (!(f->dir & UAPI_OUT) || !f->width || f->width > 8 || f->kind == UAPI_PTR ||
		    f->kind == UAPI_INLINE || !uapi_get(f, arg, len, &old))
			continue;
		switch (choices_upto(c, 3)) {
		case 0: uapi_put(f, arg, len, choices_range(c, 0, max)); break;
		case 1: uapi_put(f, arg, len, (old + 1) & max); break;
		case 2: uapi_put(f, arg, len, (old - 1) & max); break;
		default: uapi_put(f, arg, len, old ^ 1ull << choices_upto(c, f->width * 8u - 1));
		}
		return;
	}
}

/* A few bytes of what may be written, or all of them. */
static void change_bytes(struct choices *c, uint8_t *p, size_t len)
{
	size_t at, n;

	if (!len)
		return;
	if (choices_bool(c, 30)) {
		n = len < 512 ? len : 512;
		choices_fill(c, p, n);
		return;
	}
	for (unsigned int i = 0; i < 6 && choices_more(c, 70); i++) {
		uint64_t v = make_top(c);

		at = choices_index(c, len);
		n = choices_bool(c, 50) ? 8 : 4;
		if (choices_bool(c, 70))
			at &= ~(n - 1);
		if (at + n <= len)
			memcpy(p + at, &v, n);
	}
}

struct out {
	uint8_t *p;
	size_t len;
	bool arg;
};

#define OUTS 6

/* What the kernel may write, as the rows tell before the call. */
static size_t outs(const struct uapi_row *row, uintptr_t arg, struct out *v)
{
	struct uapi_span span[UAPI_SPANS_MAX];
	int n = uapi_spans(row, &uapi_mem_self, arg, span, UAPI_SPANS_MAX);
	size_t k = 0;

	for (int i = 0; i < n && k < OUTS; i++)
		if (span[i].dir & UAPI_OUT)
			v[k++] = (struct out){ (uint8_t *)(uintptr_t)span[i].addr, span[i].len,
					       span[i].addr == arg };
	return k;
}

static int change_reply(struct hostile *h, const struct uapi_row *row, uintptr_t arg, int ret,
			const struct out *v, size_t n)
{
	struct choices *c = h->c;
	const struct out *o = n ? &v[choices_index(c, n)] : NULL;

	switch (choices_upto(c, 4)) {
	case 0:
		if (o && o->arg)
			change_field(c, row, o->p, o->len);
		else if (o)
			change_bytes(c, o->p, o->len);
		break;
	case 1:
		if (o)
			change_bytes(c, o->p, o->len);
		break;
	case 2: return (int)choices_range(c, 0, INT32_MAX); /* a result that means nothing */
	case 3:
		for (unsigned int i = 0; o && o->arg && i < 3; i++)
			change_field(c, row, o->p, o->len);
		break;
	default: return -any_errno(c); /* after all was done */
	}
	return ret;
}

static bool gives_fd(const struct uapi_row *row)
{
	return row && row->returns != UAPI_FD_UNKNOWN;
}

/* Descriptor-giving requests make no other change than none, an errno, and one that is made up. */
static int give_fd(struct hostile *h, const struct uapi_row *row, int fd, uint32_t req,
		   uintptr_t arg, bool made_up, bool changed)
{
	if (changed && (h->hangs || choices_bool(h->c, 70)))
		return -any_errno(h->c);
	if (made_up || changed)
		return opened(h, h->next_fd++, (enum uapi_fd)row->returns, true);
	return opened(h, h->under->ops->ioctl(h->under, fd, req, arg), (enum uapi_fd)row->returns,
		      false);
}

/* A request may name an open one of ours: the model must not be told of a made-up descriptor. */
static int ask_model(struct hostile *h, int fd, uint32_t req, uintptr_t arg)
{
	return h->under->ops->ioctl(h->under, fd, req, arg);
}

/*
 * Behind what moves out of the client's own buffer and grows there, up to the
 * bound, nothing changes but what the memory costs: prop_iova_ranges.c and
 * prop_reply_length.c go there.
 */
static void keep_small(uint32_t req, void *arg)
{
	bool entries = req == (uint32_t)IOMMU_IOAS_IOVA_RANGES;
	size_t at = entries ? offsetof(struct iommu_ioas_iova_ranges, num_iovas) : 0;
	uint32_t bound = entries ? HIOD_REPLY_MAX / 16 : HIOD_REPLY_MAX, v;
	uint32_t small = entries ? 64 : 1024;

	memcpy(&v, (char *)arg + at, sizeof(v));
	if (v > small && v <= bound) {
		v &= small - 1;
		memcpy((char *)arg + at, &v, sizeof(v));
	}
}

static int h_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct hostile *h = to_hostile(s);
	int i = use(h, fd, "ioctl on what is not open"), ret;
	const struct uapi_row *row;
	const void *array = NULL; /* where the caller wants what does not fit in the argument */
	struct out v[OUTS];
	enum uapi_fd kind;
	uint32_t given;
	bool changed;
	size_t n;

	if (i < 0)
		return -EBADF;
	kind = (enum uapi_fd)h->open[i].kind;
	row = uapi_find(kind, req);
	changed = hit(h);
	if (h->hangs)
		return -EIO;
	if (!row) {
		if (changed)
			return -any_errno(h->c);
		return h->open[i].made_up ? -ENOTTY : ask_model(h, fd, req, arg);
	}
	if (gives_fd(row))
		return give_fd(h, row, fd, req, arg, h->open[i].made_up, changed);
	if (row->rule == UAPI_SIZE_NONE || row->rule == UAPI_SIZE_VALUE) {
		if (!changed)
			return h->open[i].made_up ? 0 : ask_model(h, fd, req, arg);
		return choices_bool(h->c, 50) ? -any_errno(h->c)
					      : (int)choices_range(h->c, 0, INT32_MAX);
	}
	given = oracle_room(req, (const void *)arg);
	/* Of a reply that stays as it is only the array is looked at, if it may have one. */
	n = changed || h->open[i].made_up || !h->percent || req == (uint32_t)IOMMU_IOAS_IOVA_RANGES
		    ? outs(row, arg, v)
		    : 0;
	for (size_t k = 0; k < n; k++) {
		if (v[k].arg)
			continue;
		array = v[k].p;
		if (!h->percent)
			NOT_WRITTEN(v[k].p, v[k].len);
	}
	/* Of a structure that grew, the part behind the fixed one. */
	if (!h->percent && n && v[0].arg && row->rule == UAPI_SIZE_ARGSZ && v[0].len > row->size)
		NOT_WRITTEN(v[0].p + row->size, v[0].len - row->size);
	if (h->open[i].made_up) {
		/* Nothing below: all that may be written is. */
		for (size_t k = 0; k < n; k++) {
			if (v[k].arg)
				for (unsigned int t = 0; t < 4; t++)
					change_field(h->c, row, v[k].p, v[k].len);
			else
				choices_fill(h->c, v[k].p, v[k].len < 256 ? v[k].len : 256);
		}
		ret = changed ? -any_errno(h->c) : 0;
	} else if (changed && choices_bool(h->c, 40)) {
		/* The model is not asked: nothing is written, or nothing was done. */
		ret = choices_bool(h->c, 50) ? 0 : -any_errno(h->c);
	} else {
		ret = ask_model(h, fd, req, arg);
		if (changed)
			ret = change_reply(h, row, arg, ret, v, n);
	}
	if (ret < 0 && req == (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT)
		h->refused++;
	if ((changed || h->open[i].made_up) &&
	    (row->rule == UAPI_SIZE_ARGSZ || req == (uint32_t)IOMMU_IOAS_IOVA_RANGES))
		keep_small(req, (void *)arg);
	if (oracle_reply(&h->ranges, kind, req, (const void *)arg, given, array, ret))
		h->told = true;
	return ret;
}

/* ---- the rest ------------------------------------------------------------------ */

static ssize_t any_text(struct choices *c, char *buf, size_t len)
{
	static const char *const texts[] = {
		"../../devices/pci0000:00/0000:00:05.0/virtio0/vdpa0/vhost-vdpa-0",
		"../../../kernel/iommu_groups/3",
		"0x00000000fee00000 0x00000000feefffff msi\n",
		"0xffffffffffffffff 0x0 reserved\n",
		"0x0 0xfff",
		"",
		"\n",
		"252:0\n",
		"4294967296:x",
		"../../../../../../bus/mdev",
		"/",
	};
	const char *t;
	size_t n;

	if (choices_bool(c, 20)) {
		n = choices_upto(c, len < 64 ? len : 64);
		choices_fill(c, buf, n);
		return (ssize_t)n;
	}
	t = CHOICES_PICK(c, texts);
	n = strlen(t) < len ? strlen(t) : len;
	memcpy(buf, t, n);
	return (ssize_t)n;
}

static ssize_t h_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct hostile *h = to_hostile(s);
	int i = use(h, fd, "read from what is not open");
	bool changed;

	if (i < 0)
		return -EBADF;
	changed = hit(h);
	if (h->hangs)
		return -EIO;
	if (!changed && h->open[i].made_up)
		return 0;
	if (!changed)
		return h->under->ops->read(h->under, fd, buf, len);
	return choices_bool(h->c, 30) ? -any_errno(h->c) : any_text(h->c, buf, len);
}

static ssize_t h_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	return h_read(s, fd, buf, len);
}

static ssize_t h_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct hostile *h = to_hostile(s);
	int i = use(h, fd, "write to what is not open");

	if (i < 0)
		return -EBADF;
	if (hit(h) || h->hangs)
		return choices_bool(h->c, 70) ? -any_errno(h->c) : (ssize_t)choices_upto(h->c, len);
	if (h->open[i].made_up)
		return (ssize_t)len;
	return h->under->ops->write(h->under, fd, buf, len);
}

static ssize_t h_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	return h_write(s, fd, buf, len);
}

static void any_stat(struct choices *c, struct shim_stat *st)
{
	st->mode = (uint32_t)(choices_bool(c, 80) ? S_IFCHR | 0600 : choices_upto(c, 0xffff));
	st->rdev_major = (uint32_t)choices_upto(c, UINT32_MAX);
	st->rdev_minor = (uint32_t)choices_upto(c, UINT32_MAX);
}

static int h_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	struct hostile *h = to_hostile(s);
	int i = use(h, fd, "fstat of what is not open");
	bool changed;

	if (i < 0)
		return -EBADF;
	changed = hit(h);
	if (h->hangs || (changed && choices_bool(h->c, 50)))
		return -any_errno(h->c);
	if (!changed && !h->open[i].made_up)
		return h->under->ops->fstat(h->under, fd, st);
	any_stat(h->c, st);
	return 0;
}

static int h_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct hostile *h = to_hostile(s);
	bool changed = hit(h);

	if (h->hangs || (changed && choices_bool(h->c, 50)))
		return -any_errno(h->c);
	if (!changed && h->under)
		return h->under->ops->stat(h->under, path, st);
	any_stat(h->c, st);
	return 0;
}

static int h_access(struct shim *s, const char *path, int mode)
{
	struct hostile *h = to_hostile(s);

	if (hit(h))
		return choices_bool(h->c, 70) ? -any_errno(h->c) : 0;
	return h->under ? h->under->ops->access(h->under, path, mode) : 0;
}

static ssize_t h_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct hostile *h = to_hostile(s);
	ssize_t ret;

	if (!hit(h)) {
		return h->under ? h->under->ops->readlink(h->under, path, buf, len) : -ENOENT;
	} else if (h->hangs || choices_bool(h->c, 50)) {
		return -any_errno(h->c);
	}
	ret = any_text(h->c, buf, len);
	h->mdev |= ret >= 4 && !memcmp(buf + ret - 4, "mdev", 4);
	return ret;
}

static ssize_t h_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	struct hostile *h = to_hostile(s);
	ssize_t n;

	if (!hit(h))
		return h->under ? h->under->ops->listdir(h->under, path, buf, len) : 0;
	if (h->hangs || choices_bool(h->c, 50))
		return -any_errno(h->c);
	n = any_text(h->c, buf, len ? len - 1 : 0);
	/* Names end by a NUL: so much the table of operations promises. */
	if (len)
		buf[n++] = '\0';
	return n;
}

static void h_destroy(struct shim *s)
{
}

static const struct shim_ops hostile_ops = {
	.name = "hostile",
	.open = h_open,
	.close = h_close,
	.ioctl = h_ioctl,
	.read = h_read,
	.write = h_write,
	.pread = h_pread,
	.pwrite = h_pwrite,
	.fstat = h_fstat,
	.stat = h_stat,
	.access = h_access,
	.readlink = h_readlink,
	.listdir = h_listdir,
	.destroy = h_destroy,
};

void hostile_init(struct hostile *h, struct shim *under, struct choices *c, unsigned int percent)
{
	h->shim.ops = &hostile_ops;
	h->under = under;
	h->c = c;
	h->percent = percent;
	h->calls = h->changed = h->refused = 0;
	h->hangs = false;
	h->nopen = 0;
	h->next_fd = MADE_UP_FD;
	h->misuse = NULL;
	h->told = h->mdev = false;
	oracle_ranges(&h->ranges, NULL, 0);
}
