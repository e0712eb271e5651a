/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syscall table: every call that hiod/ makes of a kernel goes through a
 * struct shim, and nothing in hiod/ can tell which backend answers it.
 *
 * Backends: the real kernel (shim_kernel_new), fault injection over any other
 * (shim_fault_new), a recorder and a replayer (harness/capture), the model
 * kernel (mocks). They stack: record(fault(model)).
 *
 * Every operation returns a negative errno on failure, never -1 with errno
 * set, so that a backend needs no thread-local state. File descriptors belong
 * to the backend that returned them: only the kernel backend's are real ones.
 *
 * This header includes libc only; that is checked on the object code.
 */
#ifndef HIOD_SHIM_H
#define HIOD_SHIM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct shim;

/* What fstat()/stat() tell that the VFIO and iommufd user code looks at. */
struct shim_stat {
	uint32_t mode;	     /* st_mode: file type and permission bits */
	uint32_t rdev_major; /* 0 unless a device node */
	uint32_t rdev_minor;
};

struct shim_ops {
	const char *name; /* "kernel", "model", ...; for messages */

	/* flags: open(2)'s. A new fd >= 0, or -errno. */
	int (*open)(struct shim *s, const char *path, int flags);
	int (*close)(struct shim *s, int fd);
	/*
	 * arg: an address in the caller's memory, or the value itself, as the
	 * request asks. Only the low 32 bits of a request count, as in the
	 * kernel. Result >= 0 (some requests return an fd or a number), or
	 * -errno; a failing call may still have written to the argument.
	 */
	int (*ioctl)(struct shim *s, int fd, uint32_t req, uintptr_t arg);
	ssize_t (*read)(struct shim *s, int fd, void *buf, size_t len);
	ssize_t (*write)(struct shim *s, int fd, const void *buf, size_t len);
	ssize_t (*pread)(struct shim *s, int fd, void *buf, size_t len, uint64_t off);
	ssize_t (*pwrite)(struct shim *s, int fd, const void *buf, size_t len, uint64_t off);
	int (*fstat)(struct shim *s, int fd, struct shim_stat *st);
	int (*stat)(struct shim *s, const char *path, struct shim_stat *st);
	/* mode: access(2)'s. 0 or -errno. */
	int (*access)(struct shim *s, const char *path, int mode);
	/* Bytes placed in buf, not NUL-terminated, cut at len, as readlink(2). */
	ssize_t (*readlink)(struct shim *s, const char *path, char *buf, size_t len);
	/*
	 * The names in a directory without "." and "..", each ended by a NUL,
	 * one after the other, in the order the kernel gives them. Returns the
	 * bytes used; -ERANGE when they do not fit in len.
	 */
	ssize_t (*listdir)(struct shim *s, const char *path, char *buf, size_t len);
	/* Frees the backend, not what it wraps. Open fds of the backend are closed. */
	void (*destroy)(struct shim *s);
};

/* Backends embed this as their first member. */
struct shim {
	const struct shim_ops *ops;
};

static inline int shim_open(struct shim *s, const char *path, int flags)
{
	return s->ops->open(s, path, flags);
}

static inline int shim_close(struct shim *s, int fd)
{
	return s->ops->close(s, fd);
}

/* A request whose argument is a structure. */
static inline int shim_ioctl(struct shim *s, int fd, uint32_t req, void *arg)
{
	return s->ops->ioctl(s, fd, req, (uintptr_t)arg);
}

/* A request whose argument is a number. */
static inline int shim_ioctl_val(struct shim *s, int fd, uint32_t req, unsigned long val)
{
	return s->ops->ioctl(s, fd, req, (uintptr_t)val);
}

static inline ssize_t shim_read(struct shim *s, int fd, void *buf, size_t len)
{
	return s->ops->read(s, fd, buf, len);
}

static inline ssize_t shim_write(struct shim *s, int fd, const void *buf, size_t len)
{
	return s->ops->write(s, fd, buf, len);
}

static inline ssize_t shim_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	return s->ops->pread(s, fd, buf, len, off);
}

static inline ssize_t shim_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	return s->ops->pwrite(s, fd, buf, len, off);
}

static inline int shim_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	return s->ops->fstat(s, fd, st);
}

static inline int shim_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	return s->ops->stat(s, path, st);
}

static inline int shim_access(struct shim *s, const char *path, int mode)
{
	return s->ops->access(s, path, mode);
}

static inline ssize_t shim_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	return s->ops->readlink(s, path, buf, len);
}

static inline ssize_t shim_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	return s->ops->listdir(s, path, buf, len);
}

/* NULL is allowed. */
static inline void shim_destroy(struct shim *s)
{
	if (s)
		s->ops->destroy(s);
}

#endif
