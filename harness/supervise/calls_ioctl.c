// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests: the walk over the rows finds the descriptors in an argument, the
 * shim answers on the program's own memory, and a descriptor that comes back
 * becomes one of the program's.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/marshal.h"
#include "harness/supervise/internal.h"

/* An fd of the program that is none of the shim's: no backend gives out such numbers. */
#define FOREIGN 0x40000000

struct walk {
	struct supervisor *s;
	uint64_t arg;
	const uint8_t *img;
	size_t len;
};

static void note_fd(void *ctx, const struct uapi_field *f, size_t base)
{
	const struct walk *w = ctx;
	struct supervisor *s = w->s;
	struct rename *r = &s->rename[s->nrename];
	const struct handle *h;
	uint64_t v;

	if (f->kind != UAPI_FDNO || s->nrename == RENAMES_MAX || base > w->len ||
	    !uapi_get(f, w->img + base, w->len - base, &v))
		return;
	/* Not looked at: they are the program's own, whatever backend answers. */
	if (f->fd == UAPI_FD_EVENTFD)
		return;
	*r = (struct rename){
		.addr = w->arg + base + f->off,
		.value = (int32_t)v,
		.out = !(f->dir & UAPI_IN),
		.active = f->dir & UAPI_IN,
		.kind = (enum uapi_fd)f->fd,
	};
	if (!r->out && r->value >= 0) {
		h = handle_of(s, r->value);
		r->value = h && h->fd >= 0 ? h->fd : r->value | FOREIGN;
	}
	s->nrename++;
}

/* Bytes of the argument that can hold descriptors. */
static size_t arg_size(const struct supervisor *s, const struct uapi_row *row, uint64_t arg)
{
	uint32_t given;

	switch (row->rule) {
	case UAPI_SIZE_FIXED: return row->size;
	case UAPI_SIZE_ARGSZ:
	case UAPI_SIZE_EXT:
		if (target_read(s, &given, arg, sizeof(given)))
			return 0;
		return given < BUF_SIZE ? given : BUF_SIZE;
	default: return 0;
	}
}

static void note_fds(struct supervisor *s, const struct uapi_row *row, uint64_t arg)
{
	struct walk w = { s, arg, s->buf, 0 };
	bool any = false;

	s->nrename = 0;
	for (size_t i = 0; row && i < row->nfields; i++)
		any |= row->fields[i].kind == UAPI_FDNO || row->fields[i].kind == UAPI_INLINE;
	/* A real descriptor is called what the program calls it. */
	if (!any || s->cfg->real)
		return;
	w.len = arg_size(s, row, arg);
	/* What cannot be read is the backend's to find out. */
	if (w.len && !target_read(s, s->buf, arg, w.len))
		marshal_fields(row, s->buf, w.len, note_fd, &w);
}

/* What the program has learned of a region: mappings and accesses are held against it. */
static void note_region(struct supervisor *s, struct handle *h, uint64_t arg)
{
	struct vfio_region_info info;

	if (target_read(s, &info, arg, sizeof(info)) || info.index >= REGIONS_MAX)
		return;
	h->region[info.index] = (struct region){
		.known = true,
		.flags = info.flags,
		.offset = info.offset,
		.size = info.size,
	};
}

static void give_fd(struct supervisor *s, enum uapi_fd kind, int fd)
{
	int file, err;

	if (s->cfg->real) {
		answer_pass(s); /* it has it already */
		return;
	}
	if (handle_new(s, kind, fd, NULL, O_RDWR, NULL, 0, &file, &err)) {
		answer_fd(s, file, true);
		return;
	}
	shim_close(s->cfg->shim, fd);
	if (err == -ENOSPC)
		refuse(s, REFUSE_WATCHES, ENFILE, "no more inotify watches for a device");
	else
		answer(s, err);
}

/* KVM is told of a device's file, which it would know as none: it is one here. */
static bool kvm_vfio_file(struct supervisor *s, int fd, uint64_t arg)
{
	struct kvm_device_attr attr;
	char what[32], link[32];
	int32_t file;

	snprintf(what, sizeof(what), "fd/%d", fd);
	return !target_read(s, &attr, arg, sizeof(attr)) && attr.group == 1 &&
	       target_link(s, what, link, sizeof(link)) > 0 &&
	       !strcmp(link, "anon_inode:kvm-vfio") && !target_read(s, &file, attr.addr, 4) &&
	       handle_of(s, file);
}

void call_ioctl(struct supervisor *s, int fd, uint32_t req, uint64_t arg)
{
	struct handle *h;
	const struct uapi_row *row;
	int ret;

	if (req == KVM_SET_DEVICE_ATTR) {
		if (kvm_vfio_file(s, fd, arg))
			answer(s, 0);
		else
			answer_pass(s);
		return;
	}
	h = handle_of(s, fd);
	if (!h) {
		char what[32], link[256];

		/* No request of VFIO is to reach a real device from here. */
		snprintf(what, sizeof(what), "fd/%d", fd);
		if (target_link(s, what, link, sizeof(link)) < 0)
			answer_pass(s); /* EBADF */
		else if (!strncmp(link, "/dev/vfio/", 10) || !strcmp(link, "/dev/iommu") ||
			 !strcmp(link, "anon_inode:[vfio-device]"))
			refuse(s, REFUSE_FOREIGN, ENOTTY,
			       "request 0x%x on %s, which is open on the real kernel", req, link);
		else
			answer_pass(s);
		return;
	}
	if (h->fd < 0) {
		answer(s, -ENOTTY);
		return;
	}
	row = capture_row(h->kind, req);
	note_fds(s, row, arg);
	/* What was read up to here was this task's. */
	if (!target_valid(s)) {
		answer(s, -EINTR);
		return;
	}
	ret = s->cfg->shim->ops->ioctl(s->cfg->shim, h->fd, req, (uintptr_t)arg);
	s->nrename = 0;
	if (s->cfg->called)
		s->cfg->called(s->cfg->ctx);
	if (ret >= 0 && req == VFIO_DEVICE_GET_REGION_INFO && h->kind == UAPI_FD_DEVICE)
		note_region(s, h, arg);
	if (ret >= 0 && row && row->returns)
		give_fd(s, (enum uapi_fd)row->returns, ret);
	else
		answer(s, ret);
}
