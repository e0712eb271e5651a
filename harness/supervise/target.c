// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The task that made the call: its memory, its names for things. The task may
 * die at any time and its number be another's then, so whatever was read
 * counts only after target_valid(), and that is asked before anything is
 * written.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

#define PAGE 4096u

bool target_valid(const struct supervisor *s)
{
	uint64_t id = s->req->id;

	return !ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

int target_read(const struct supervisor *s, void *dst, uint64_t src, size_t len)
{
	struct iovec to = { dst, len }, from = { (void *)(uintptr_t)src, len };

	if (!len)
		return 0;
	return process_vm_readv((pid_t)s->req->pid, &to, 1, &from, 1, 0) == (ssize_t)len ? 0
											 : -EFAULT;
}

int target_write(const struct supervisor *s, uint64_t dst, const void *src, size_t len)
{
	struct iovec from = { (void *)src, len }, to = { (void *)(uintptr_t)dst, len };

	if (!len)
		return 0;
	if (!target_valid(s))
		return -EFAULT;
	return process_vm_writev((pid_t)s->req->pid, &from, 1, &to, 1, 0) == (ssize_t)len ? 0
											  : -EFAULT;
}

ssize_t target_string(const struct supervisor *s, uint64_t src, char *dst, size_t cap)
{
	size_t n = 0;

	/* Page by page: what lies behind the string may be nobody's. */
	while (n < cap) {
		size_t step = PAGE - (size_t)((src + n) % PAGE);
		const char *end;

		if (step > cap - n)
			step = cap - n;
		if (target_read(s, dst + n, src + n, step))
			return -EFAULT;
		end = memchr(dst + n, 0, step);
		if (end)
			return end - dst;
		n += step;
	}
	return -ENAMETOOLONG;
}

ssize_t target_link(const struct supervisor *s, const char *what, char *dst, size_t cap)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%u/%s", s->req->pid, what);
	n = readlink(link, dst, cap - 1);
	if (n < 0)
		return -errno;
	dst[n] = '\0';
	return n;
}

/* Lays the part of a renamed descriptor that lies in [src, src + len) over dst. */
static void overlay(const struct rename *r, uint8_t *dst, uint64_t src, size_t len)
{
	const uint8_t *value = (const uint8_t *)&r->value;

	for (unsigned i = 0; i < sizeof(r->value); i++)
		if (r->addr + i - src < len)
			dst[r->addr + i - src] = value[i];
}

int target_mem_in(void *ctx, void *dst, uint64_t src, size_t len)
{
	struct supervisor *s = ctx;

	if (target_read(s, dst, src, len))
		return -EFAULT;
	for (size_t i = 0; i < s->nrename; i++)
		if (s->rename[i].active)
			overlay(&s->rename[i], dst, src, len);
	return 0;
}

/*
 * A new descriptor in what is written: the program gets one of its own, once it
 * is known that the memory takes it. From then on it reads as the shim's again.
 */
static int out_fd(struct supervisor *s, struct rename *r, uint64_t dst, const uint8_t *src)
{
	int32_t shim_fd, fd;

	memcpy(&shim_fd, src + (r->addr - dst), sizeof(shim_fd));
	if (shim_fd < 0 || (r->active && shim_fd == r->value))
		return 0;
	fd = handle_install(s, r->kind, shim_fd);
	if (fd < 0)
		return fd;
	r->value = shim_fd;
	r->active = true;
	return target_write(s, r->addr, &fd, sizeof(fd));
}

int target_mem_out(void *ctx, uint64_t dst, const void *src, size_t len)
{
	struct supervisor *s = ctx;
	int err = 0;

	/* A reply that repeats what was read leaves descriptors as the program wrote them. */
	for (size_t i = 0; i < s->nrename; i++) {
		const struct rename *r = &s->rename[i];

		if (r->out || r->addr < dst || r->addr - dst + sizeof(r->value) > len)
			continue;
		err = target_mem_out(s, dst, src, (size_t)(r->addr - dst));
		if (err)
			return err;
		return target_mem_out(s, r->addr + sizeof(r->value),
				      (const uint8_t *)src + (r->addr - dst) + sizeof(r->value),
				      len - (size_t)(r->addr - dst) - sizeof(r->value));
	}
	err = target_write(s, dst, src, len);
	for (size_t i = 0; i < s->nrename && !err; i++) {
		struct rename *r = &s->rename[i];

		if (r->out && r->addr >= dst && r->addr - dst + sizeof(r->value) <= len)
			err = out_fd(s, r, dst, src);
	}
	return err;
}
