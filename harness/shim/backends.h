/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shim backends that need no file format. The owner of a backend calls
 * shim_destroy(); a wrapper never destroys what it wraps.
 */
#ifndef HIOD_SHIM_BACKENDS_H
#define HIOD_SHIM_BACKENDS_H

#include "harness/shim/shim.h"

/* The real kernel: each operation is the system call of its name. NULL: no memory. */
struct shim *shim_kernel_new(void);

/* Which operation a fault rule counts. */
enum shim_op {
	SHIM_OP_OPEN,
	SHIM_OP_CLOSE,
	SHIM_OP_IOCTL,
	SHIM_OP_READ,
	SHIM_OP_WRITE,
	SHIM_OP_PREAD,
	SHIM_OP_PWRITE,
	SHIM_OP_FSTAT,
	SHIM_OP_STAT,
	SHIM_OP_ACCESS,
	SHIM_OP_READLINK,
	SHIM_OP_LISTDIR,
	SHIM_OP_ANY,
};

/*
 * Fail the nth (1 = first) call that matches with err, without asking the
 * backend below (a failing close still closes there, as in Linux). op and req select what is counted; req 0 matches every
 * request, fd_path NULL every path (else a prefix of the path that was opened
 * for the fd, or of the path argument). nth 0: every call that matches.
 */
struct shim_fault {
	enum shim_op op;
	uint32_t req;
	const char *fd_path;
	unsigned int nth;
	int err; /* positive errno */
};

/*
 * Wraps under with n rules, which are copied (fd_path is not). Each rule
 * counts for itself; the first that fires answers. NULL: no memory.
 */
struct shim *shim_fault_new(struct shim *under, const struct shim_fault *rules, size_t n);

/* How many calls rule i has answered so far. */
unsigned int shim_fault_fired(const struct shim *s, size_t i);

#endif
