// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The real host, recorded: calls on its devices are made by the program, since
 * memory is mapped and locked for whoever asks. The supervisor stops the task
 * on its way back from the call and reads the result there; what the kernel
 * wrote is in the program's memory by then.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/shim/backends.h"
#include "harness/supervise/internal.h"

/* Files that are read here have numbers that no program's descriptor has. */
#define LOCAL 0x20000000

struct real {
	struct shim shim;
	struct supervisor *s;
	struct shim *kernel; /* for paths and local files */
};

static struct real *of(struct shim *s)
{
	return (struct real *)s;
}

struct handle *real_handle(struct supervisor *s, int fd)
{
	char what[32], link[PATH_MAX];
	enum uapi_fd kind;

	snprintf(what, sizeof(what), "fd/%d", fd);
	if (fd < 0 || target_link(s, what, link, sizeof(link)) < 0)
		return NULL;
	kind = !strcmp(link, "anon_inode:[vfio-device]") ? UAPI_FD_DEVICE
	       : !strncmp(link, "/dev/", 5)		 ? uapi_fd_from_path(link)
							 : UAPI_FD_FILE;
	if (kind == UAPI_FD_FILE)
		return NULL;
	s->own = (struct handle){ .kind = kind, .fd = fd };
	return &s->own;
}

static int64_t result(pid_t tid)
{
#ifdef __x86_64__
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };
#else
	struct user_pt_regs regs;
	struct iovec io = { &regs, sizeof(regs) };
#endif

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io))
		return -EIO;
#ifdef __x86_64__
	return (int64_t)regs.rax;
#else
	return (int64_t)regs.regs[0];
#endif
}

/* Lets the task make its call: what it returned, or -EINTR when it ended in it. */
static int64_t let(struct supervisor *s)
{
	const pid_t tid = (pid_t)s->req->pid;
	int status;
	int64_t ret;

	/* It waits for our answer, so that the stop can only come behind the call. */
	if (ptrace(PTRACE_SEIZE, tid, 0, 0)) {
		answer_pass(s);
		return -EIO; /* somebody else traces it: the result is not to be had */
	}
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	answer_pass(s);
	while (waitpid(tid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -EIO;
	if (!WIFSTOPPED(status)) {
		if (tid == s->child) {
			s->ended = true;
			s->status = status;
		}
		return -EINTR;
	}
	ret = result(tid);
	/* It stays there until what the call has written is looked at. */
	s->stopped = tid;
	return ret;
}

void real_go_on(struct supervisor *s)
{
	if (s->stopped > 0)
		ptrace(PTRACE_DETACH, s->stopped, 0, 0);
	s->stopped = 0;
}

static int real_open(struct shim *k, const char *path, int flags)
{
	int fd;

	if (uapi_fd_from_path(path) != UAPI_FD_FILE)
		return (int)let(of(k)->s);
	fd = shim_open(of(k)->kernel, path, flags);
	return fd < 0 ? fd : fd | LOCAL;
}

static int real_close(struct shim *k, int fd)
{
	/* Its own, the program closes itself. */
	return fd & LOCAL ? shim_close(of(k)->kernel, fd & ~LOCAL) : 0;
}

static int real_ioctl(struct shim *k, int fd, uint32_t req, uintptr_t arg)
{
	return (int)let(of(k)->s);
}

static ssize_t real_read(struct shim *k, int fd, void *buf, size_t len)
{
	return fd & LOCAL ? shim_read(of(k)->kernel, fd & ~LOCAL, buf, len) : -EBADF;
}

static ssize_t real_write(struct shim *k, int fd, const void *buf, size_t len)
{
	return (ssize_t)let(of(k)->s);
}

static ssize_t real_pread(struct shim *k, int fd, void *buf, size_t len, uint64_t off)
{
	struct supervisor *s = of(k)->s;
	ssize_t n = (ssize_t)let(s);

	/* What it asked for beyond our room is not looked at. */
	if (n > (ssize_t)len)
		n = (ssize_t)len;
	return n > 0 && target_read(s, buf, s->req->data.args[1], (size_t)n) ? -EFAULT : n;
}

static ssize_t real_pwrite(struct shim *k, int fd, const void *buf, size_t len, uint64_t off)
{
	return (ssize_t)let(of(k)->s);
}

static int real_fstat(struct shim *k, int fd, struct shim_stat *st)
{
	char path[64];

	if (fd & LOCAL)
		return shim_fstat(of(k)->kernel, fd & ~LOCAL, st);
	snprintf(path, sizeof(path), "/proc/%u/fd/%d", of(k)->s->req->pid, fd);
	return shim_stat(of(k)->kernel, path, st);
}

static int real_stat(struct shim *k, const char *path, struct shim_stat *st)
{
	return shim_stat(of(k)->kernel, path, st);
}

static int real_access(struct shim *k, const char *path, int mode)
{
	return shim_access(of(k)->kernel, path, mode);
}

static ssize_t real_readlink(struct shim *k, const char *path, char *buf, size_t len)
{
	return shim_readlink(of(k)->kernel, path, buf, len);
}

static ssize_t real_listdir(struct shim *k, const char *path, char *buf, size_t len)
{
	return shim_listdir(of(k)->kernel, path, buf, len);
}

static void real_destroy(struct shim *k)
{
	shim_destroy(of(k)->kernel);
	free(of(k));
}

static const struct shim_ops ops = {
	.name = "real",
	.open = real_open,
	.close = real_close,
	.ioctl = real_ioctl,
	.read = real_read,
	.write = real_write,
	.pread = real_pread,
	.pwrite = real_pwrite,
	.fstat = real_fstat,
	.stat = real_stat,
	.access = real_access,
	.readlink = real_readlink,
	.listdir = real_listdir,
	.destroy = real_destroy,
};

struct shim *supervisor_real_new(struct supervisor *s)
{
	struct real *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->shim.ops = &ops;
	k->s = s;
	k->kernel = shim_kernel_new();
	if (!k->kernel) {
		free(k);
		return NULL;
	}
	return &k->shim;
}
