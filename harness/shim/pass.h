/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For layers that look at some calls and hand all others to the backend below.
 * Such a layer begins with a struct shim_pass, and its table of operations takes
 * in SHIM_PASS_IO for what it does not look at:
 *
 *	static const struct shim_ops ops = {
 *		.name = "mine",
 *		.open = shim_pass_open,
 *		.close = shim_pass_close,
 *		.ioctl = my_ioctl,
 *		SHIM_PASS_IO,
 *		.destroy = my_destroy,
 *	};
 */
#ifndef HIOD_SHIM_PASS_H
#define HIOD_SHIM_PASS_H

#include "harness/shim/shim.h"

struct shim_pass {
	struct shim shim;
	struct shim *under; /* whose it is, the layer says */
};

/* Each is the call of its name, on the backend below: shim.h. */
int shim_pass_open(struct shim *s, const char *path, int flags);
int shim_pass_close(struct shim *s, int fd);
ssize_t shim_pass_read(struct shim *s, int fd, void *buf, size_t len);
ssize_t shim_pass_write(struct shim *s, int fd, const void *buf, size_t len);
ssize_t shim_pass_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off);
ssize_t shim_pass_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off);
int shim_pass_fstat(struct shim *s, int fd, struct shim_stat *st);
int shim_pass_stat(struct shim *s, const char *path, struct shim_stat *st);
int shim_pass_access(struct shim *s, const char *path, int mode);
ssize_t shim_pass_readlink(struct shim *s, const char *path, char *buf, size_t len);
ssize_t shim_pass_listdir(struct shim *s, const char *path, char *buf, size_t len);

/* All but open, close, ioctl and destroy. */
#define SHIM_PASS_IO                                                                               \
	.read = shim_pass_read, .write = shim_pass_write, .pread = shim_pass_pread,                \
	.pwrite = shim_pass_pwrite, .fstat = shim_pass_fstat, .stat = shim_pass_stat,              \
	.access = shim_pass_access, .readlink = shim_pass_readlink, .listdir = shim_pass_listdir

#endif
