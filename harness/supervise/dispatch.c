// SPDX-License-Identifier: GPL-2.0-or-later
/* From a stopped system call to the function that answers it. */
#include <fcntl.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#include "harness/supervise/internal.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define X32  0x40000000
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the supervisor knows the system calls of x86-64 and arm64"
#endif

static void path_call(struct supervisor *s, int nr, const uint64_t *a)
{
	const int at = (int)a[0];

	switch (nr) {
#ifdef SYS_open
	case SYS_open: call_open(s, AT_FDCWD, a[0], (int)a[1]); break;
	case SYS_creat: call_open(s, AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC); break;
	case SYS_stat: call_stat(s, AT_FDCWD, a[0], a[1], 0); break;
	case SYS_lstat: call_stat(s, AT_FDCWD, a[0], a[1], AT_SYMLINK_NOFOLLOW); break;
	case SYS_access: call_access(s, AT_FDCWD, a[0], (int)a[1], 0); break;
	case SYS_readlink: call_readlink(s, AT_FDCWD, a[0], a[1], (int)a[2]); break;
#endif
	case SYS_openat: call_open(s, at, a[1], (int)a[2]); break;
	case SYS_openat2: call_openat2(s, at, a[1], a[2], a[3]); break;
	case SYS_newfstatat: call_stat(s, at, a[1], a[2], (int)a[3]); break;
	case SYS_statx: call_statx(s, at, a[1], (int)a[2], a[4]); break;
	case SYS_faccessat: call_access(s, at, a[1], (int)a[2], 0); break;
	case SYS_faccessat2: call_access(s, at, a[1], (int)a[2], (int)a[3]); break;
	case SYS_readlinkat: call_readlink(s, at, a[1], a[2], (int)a[3]); break;
	case SYS_getxattr:
	case SYS_lgetxattr:
	case SYS_listxattr:
	case SYS_llistxattr: call_xattr(s, a[0]); break;
	case SYS_uname: call_uname(s, a[0]); break;
	case SYS_chdir: call_chdir(s, a[0]); break;
	default: answer_pass(s);
	}
}

static void fd_call(struct supervisor *s, int nr, const uint64_t *a)
{
	const int fd = (int)a[0];

	switch (nr) {
	case SYS_fstat: call_fstat(s, fd, a[1]); break;
	case SYS_close: call_close(s, fd); break;
	case SYS_fchdir: call_fchdir(s, fd); break;
#ifdef SYS_getdents
	case SYS_getdents: call_old_getdents(s, fd); break;
#endif
	case SYS_getdents64: call_getdents(s, fd, a[1], a[2]); break;
	case SYS_lseek: call_lseek(s, fd, (int64_t)a[1], (int)a[2]); break;
	case SYS_ioctl: call_ioctl(s, fd, (uint32_t)a[1], a[2]); break;
	case SYS_mmap: call_mmap(s, (int)a[4], a[1], (int)a[2], a[5]); break;
	case SYS_pread64: call_pread(s, fd, a[1], a[2], a[3]); break;
	case SYS_pwrite64: call_pwrite(s, fd, a[1], a[2], a[3]); break;
	case SYS_write: call_write(s, fd, a[1], a[2]); break;
	case SYS_writev: call_writev(s, fd); break;
	case SYS_preadv:
	case SYS_pwritev:
	case SYS_preadv2:
	case SYS_pwritev2: call_vector(s, fd); break;
	default: path_call(s, nr, a);
	}
}

void dispatch(struct supervisor *s)
{
	const struct seccomp_data *d = &s->req->data;
	uint64_t a[6];

	for (int i = 0; i < 6; i++)
		a[i] = d->args[i];
	s->stats.notified++;
	s->done = false;
	s->nrename = 0;
#ifdef X32
	if (d->arch == ARCH && d->nr & X32) {
		refuse(s, REFUSE_ARCH, ENOSYS, "a program of the x32 ABI");
		return;
	}
#endif
	if (d->arch != ARCH)
		refuse(s, REFUSE_ARCH, ENOSYS, "a program of another architecture (32 bit?)");
	else
		fd_call(s, d->nr, a);
	if (!s->done)
		answer(s, -ENOSYS);
}
