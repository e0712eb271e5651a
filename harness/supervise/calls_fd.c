// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls on descriptors, ioctl apart. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

static void called(const struct supervisor *s)
{
	if (s->cfg->called)
		s->cfg->called(s->cfg->ctx);
}

static struct handle *ours(struct supervisor *s, int fd)
{
	struct handle *h = handle_of(s, fd);

	if (!h)
		answer_pass(s);
	return h;
}

void call_fstat(struct supervisor *s, int fd, uint64_t buf)
{
	const struct handle *h = ours(s, fd);
	struct shim_stat st;
	struct stat out;
	int r = 0;

	if (!h)
		return;
	if (h->fd < 0) {
		st = h->st;
	} else {
		r = shim_fstat(s->cfg->shim, h->fd, &st);
		called(s);
	}
	if (!r) {
		stat_fill(&out, &st, h->path, h->size);
		r = target_write(s, buf, &out, sizeof(out));
	}
	answer(s, r);
}

/* Real descriptors only: of the others the end is seen, and not who ends them. */
void call_close(struct supervisor *s, int fd)
{
	const struct handle *h = ours(s, fd);

	if (!h)
		return;
	shim_close(s->cfg->shim, h->fd);
	called(s);
	answer_pass(s);
}

void call_fchdir(struct supervisor *s, int fd)
{
	const struct handle *h = ours(s, fd);

	if (h && !s->cfg->real)
		refuse(s, REFUSE_CHDIR, EACCES,
		       "fchdir(%s): the directories of the host cannot be gone into",
		       h->path ? h->path : "a device");
}

/* ---- directories ---------------------------------------------------------- */

static int list(struct supervisor *s, struct handle *h)
{
	ssize_t n;

	if (h->listed)
		return 0;
	n = shim_listdir(s->cfg->shim, h->path, (char *)s->buf, BUF_SIZE);
	called(s);
	if (n < 0)
		return (int)n;
	h->names = malloc((size_t)n + 1);
	if (!h->names)
		return -ENOMEM;
	memcpy(h->names, s->buf, (size_t)n);
	h->names_len = (size_t)n;
	h->listed = true;
	return 0;
}

/* The name of entry i; NULL past the end. */
static const char *name_at(const struct handle *h, uint64_t i)
{
	size_t at = 0;

	if (i < 2)
		return i ? ".." : ".";
	for (i -= 2; at < h->names_len; i--) {
		if (!i)
			return h->names + at;
		at += strlen(h->names + at) + 1;
	}
	return NULL;
}

void call_getdents(struct supervisor *s, int fd, uint64_t buf, uint64_t len)
{
	struct handle *h = ours(s, fd);
	size_t used = 0;
	const char *name;
	uint64_t before;
	int r;

	if (!h)
		return;
	before = h->pos;
	r = h->is_dir ? list(s, h) : -ENOTDIR;
	if (r) {
		answer(s, r);
		return;
	}
	if (len > BUF_SIZE)
		len = BUF_SIZE;
	while ((name = name_at(h, h->pos))) {
		struct dirent64 *d = (void *)(s->buf + used);
		const size_t head = offsetof(struct dirent64, d_name), n = strlen(name) + 1;
		size_t size = (head + n + 7) & ~(size_t)7;

		if (used + size > len)
			break;
		memset(d, 0, size);
		d->d_ino = h->pos + 1;
		d->d_off = (off64_t)(h->pos + 1);
		d->d_reclen = (unsigned short)size;
		d->d_type = h->pos < 2 ? DT_DIR : DT_UNKNOWN; /* who wants to know asks stat() */
		memcpy(s->buf + used + head, name, n);
		used += size;
		h->pos++;
	}
	if (!used && name) {
		answer(s, -EINVAL);
	} else if (target_write(s, buf, s->buf, used)) {
		h->pos = before; /* what was not read is still to come */
		answer(s, -EFAULT);
	} else {
		answer(s, (int64_t)used);
	}
}

void call_old_getdents(struct supervisor *s, int fd)
{
	if (ours(s, fd))
		refuse(s, REFUSE_GETDENTS, ENOSYS, "getdents: only getdents64 is served");
}

/* Devices and control nodes have no position; of directories it is the number of an entry. */
void call_lseek(struct supervisor *s, int fd, int64_t off, int whence)
{
	struct handle *h = s->cfg->real ? NULL : handle_of(s, fd);

	if (!h) {
		answer_pass(s);
		return;
	}
	if (h->kind != UAPI_FD_FILE) {
		answer(s, -ESPIPE);
	} else if (!h->is_dir) {
		answer_pass(s);
	} else {
		if (whence == SEEK_CUR)
			off += (int64_t)h->pos;
		else if (whence != SEEK_SET)
			off = -1;
		if (off >= 0)
			h->pos = (uint64_t)off;
		answer(s, off < 0 ? -EINVAL : off);
	}
}

/* ---- devices --------------------------------------------------------------- */

/* The region of which [off, off + len) is a part; NULL: none that the program has asked about. */
static const struct region *region_at(const struct handle *h, uint64_t off, uint64_t len)
{
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		const struct region *r = &h->region[i];

		if (r->known && off >= r->offset && off - r->offset < r->size &&
		    len <= r->size - (off - r->offset))
			return r;
	}
	return NULL;
}

void call_mmap(struct supervisor *s, int fd, uint64_t len, int prot, uint64_t off)
{
	const struct handle *h = s->cfg->real ? NULL : handle_of(s, fd);
	const struct region *r;
	uint32_t need = VFIO_REGION_INFO_FLAG_MMAP;

	if (!h) {
		answer_pass(s);
		return;
	}
	if (h->kind != UAPI_FD_DEVICE) {
		answer(s, -ENODEV);
		return;
	}
	if (prot & PROT_READ)
		need |= VFIO_REGION_INFO_FLAG_READ;
	if (prot & PROT_WRITE)
		need |= VFIO_REGION_INFO_FLAG_WRITE;
	r = region_at(h, off, len);
	if (!r || (r->flags & need) != need)
		answer(s, -EINVAL);
	else
		answer_pass(s); /* the description has the region's layout */
}

/* Configuration space and what is not known is the shim's to read; BARs are in the description. */
static bool in_bar(const struct handle *h, uint64_t off)
{
	return off >> REGION_SHIFT <= VFIO_PCI_BAR5_REGION_INDEX && region_at(h, off, 1);
}

void call_pread(struct supervisor *s, int fd, uint64_t buf, uint64_t len, uint64_t off)
{
	const struct handle *h = ours(s, fd);
	ssize_t n;

	if (!h)
		return;
	if (h->kind != UAPI_FD_DEVICE || in_bar(h, off)) {
		answer_pass(s);
		return;
	}
	n = shim_pread(s->cfg->shim, h->fd, s->buf, len < BUF_SIZE ? (size_t)len : BUF_SIZE, off);
	called(s);
	if (n > 0 && target_write(s, buf, s->buf, (size_t)n))
		n = -EFAULT;
	answer(s, n);
}

/* What the program writes, as much as one call takes, into s->buf. 0 or -errno. */
static ssize_t take_bytes(struct supervisor *s, uint64_t buf, uint64_t *len)
{
	ssize_t n;

	if (*len > BUF_SIZE)
		*len = BUF_SIZE;
	n = target_read(s, s->buf, buf, (size_t)*len);
	return !n && !target_valid(s) ? -EFAULT : n;
}

void call_pwrite(struct supervisor *s, int fd, uint64_t buf, uint64_t len, uint64_t off)
{
	const struct handle *h = ours(s, fd);
	ssize_t n;

	if (!h)
		return;
	if (h->kind != UAPI_FD_DEVICE || in_bar(h, off)) {
		answer_pass(s);
		return;
	}
	n = take_bytes(s, buf, &len);
	if (!n) {
		n = shim_pwrite(s->cfg->shim, h->fd, s->buf, (size_t)len, off);
		called(s);
	}
	answer(s, n);
}

/* Messages to a vhost-vdpa node; what else is written to lies in the description. */
void call_write(struct supervisor *s, int fd, uint64_t buf, uint64_t len)
{
	const struct handle *h = ours(s, fd);
	ssize_t n;

	if (!h)
		return;
	if (h->kind != UAPI_FD_VDPA) {
		answer_pass(s);
		return;
	}
	n = take_bytes(s, buf, &len);
	if (!n) {
		n = shim_write(s->cfg->shim, h->fd, s->buf, (size_t)len);
		called(s);
	}
	answer(s, n);
}

void call_writev(struct supervisor *s, int fd)
{
	const struct handle *h = ours(s, fd);

	if (h && h->kind == UAPI_FD_VDPA)
		refuse(s, REFUSE_VECTOR, EOPNOTSUPP, "%s: writev is not served", h->path);
	else if (h)
		answer_pass(s);
}

void call_vector(struct supervisor *s, int fd)
{
	const struct handle *h = s->cfg->real ? NULL : handle_of(s, fd);

	if (!h)
		answer_pass(s);
	else
		refuse(s, REFUSE_VECTOR, EOPNOTSUPP,
		       "%s: preadv and pwritev on a device are not served",
		       h->path ? h->path : "device");
}
