/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The supervisor's own structures, shared by the files of this directory and by nobody else. */
#ifndef HIOD_SUPERVISE_INTERNAL_H
#define HIOD_SUPERVISE_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/types.h>

#include "harness/supervise/supervise.h"

/* The regions of a device whose place is remembered: those of vfio-pci and some of its own. */
#define REGIONS_MAX 32
/* Descriptors in one argument that are renamed: a vector of interrupts has more, but of eventfds. */
#define RENAMES_MAX 64
/* vfio-pci: region i lies at i << REGION_SHIFT. */
#define REGION_SHIFT 40

struct region {
	bool known;
	uint32_t flags; /* VFIO_REGION_INFO_FLAG_* */
	uint64_t offset;
	uint64_t size;
};

/*
 * An open file description that the program has. What it holds is a memfd of
 * its own, opened anew, so that its inode names the handle and the kernel tells
 * (inotify) when the last descriptor and mapping of it are gone.
 */
struct handle {
	struct handle *next;
	int wd;
	dev_t dev;
	ino_t ino;
	enum uapi_fd kind;
	int fd;	    /* the shim's; -1: closed there already (files and directories) */
	char *path; /* it was opened by; NULL: by no path */
	struct shim_stat st;
	uint64_t size; /* of a file, bytes */
	/* A directory: its names as shim_listdir() gives them, from the first read on. */
	bool is_dir, listed;
	char *names;
	size_t names_len;
	uint64_t pos; /* next entry: 0 ".", 1 "..", then the names */
	struct region region[REGIONS_MAX];
};

/* A descriptor within an argument: what the program wrote there, and what the shim calls it. */
struct rename {
	uint64_t addr;
	int32_t value; /* the shim's */
	bool out;      /* the call writes it: a new descriptor */
	bool active;   /* value counts: from the start, or once it is written */
	enum uapi_fd kind;
};

struct supervisor {
	struct uapi_mem mem;
	const struct supervise_config *cfg;
	struct sock_fprog filter;
	int listener, inotify;
	pid_t child;
	sigset_t mask; /* of signals, as the caller had it */
	/* The call that is being answered. */
	struct seccomp_notif *req;
	struct seccomp_notif_resp *resp;
	size_t req_size, resp_size;
	bool done; /* its answer is sent */
	struct rename rename[RENAMES_MAX];
	size_t nrename;
	struct handle *handles;
	pid_t stopped;	   /* real: the task whose call is being looked at; 0: none */
	struct handle own; /* real: what the calling task has behind a descriptor */
	bool ended;	   /* the program itself; status as wait(2) has it */
	int status;
	struct supervise_stats stats;
	uint32_t said; /* kinds of messages that were given, by enum refusal */
	char path[PATH_MAX];
	uint8_t *buf; /* BUF_SIZE bytes */
};

#define BUF_SIZE (64u << 10)

/* ---- filter.c ---- */
/* By s->cfg: of real descriptors close(2) stops too, and write(2) where it is wanted. */
int filter_build(struct supervisor *s, struct capture_error *err);

/* ---- real.c ---- */
/* What is behind the calling task's own descriptor, by its name in /proc; NULL: nothing of VFIO's. */
struct handle *real_handle(struct supervisor *s, int fd);
/* Lets the task run on that real_*() has stopped behind its call. */
void real_go_on(struct supervisor *s);

/* ---- start.c ---- */
/*
 * Starts the program under the filter. *failure becomes a pipe that ends when
 * it runs, or tells the errno of what failed. 0 or a negative errno.
 */
int start_program(struct supervisor *s, char *const argv[], int *failure,
		  struct capture_error *err);

/* ---- target.c: the task that made the call ---- */
/* The notification still stands: its task is alive and waits. */
bool target_valid(const struct supervisor *s);
/* 0 or -EFAULT. Plain bytes: no descriptor is renamed. */
int target_read(const struct supervisor *s, void *dst, uint64_t src, size_t len);
/* Checks first that the notification stands. */
int target_write(const struct supervisor *s, uint64_t dst, const void *src, size_t len);
/* A NUL-terminated string of at most cap bytes: its length, -EFAULT or -ENAMETOOLONG. */
ssize_t target_string(const struct supervisor *s, uint64_t src, char *dst, size_t cap);
/* The text of a link of /proc/TASK, NUL-terminated: its length or a negative errno. */
ssize_t target_link(const struct supervisor *s, const char *what, char *dst, size_t cap);
/* uapi_mem's two, with descriptors renamed. */
int target_mem_in(void *ctx, void *dst, uint64_t src, size_t len);
int target_mem_out(void *ctx, uint64_t dst, const void *src, size_t len);

/* ---- answer.c: one answer a notification ---- */
void answer(struct supervisor *s, int64_t ret);
/* Lets the kernel do it. */
void answer_pass(struct supervisor *s);
/* A handle's description (file, which is consumed) becomes the call's result. */
void answer_fd(struct supervisor *s, int file, bool cloexec);

/* What is not served; each kind is said once a run. */
enum refusal {
	REFUSE_ARCH,
	REFUSE_OPATH,
	REFUSE_REOPEN,
	REFUSE_RESOLVE,
	REFUSE_CHDIR,
	REFUSE_VECTOR,
	REFUSE_GETDENTS,
	REFUSE_FOREIGN,
	REFUSE_MMAP,
	REFUSE_WATCHES,
};
void refuse(struct supervisor *s, enum refusal why, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- handle.c ---- */
/*
 * A handle, and in *file a descriptor of what the program is to get, opened
 * with the access mode of flags. content may be NULL. NULL: errno in *err; the
 * shim's fd is still the caller's.
 */
struct handle *handle_new(struct supervisor *s, enum uapi_fd kind, int fd, const char *path,
			  int flags, const void *content, size_t len, int *file, int *err);
/* Forgets a handle whose shim fd is not to be closed. */
void handle_drop(struct supervisor *s, struct handle *h);
/* What is behind a descriptor of the calling task; NULL: nothing of ours. */
struct handle *handle_of(struct supervisor *s, int fd);
/* By what stat() says; NULL: none. */
struct handle *handle_find(const struct supervisor *s, dev_t dev, ino_t ino);
/* Closes in the shim what the program has let go of. */
void handles_reap(struct supervisor *s);
void handles_close_all(struct supervisor *s);
/* A new descriptor of the calling task for a description of the shim's, not as a result. */
int handle_install(struct supervisor *s, enum uapi_fd kind, int fd);

/* ---- path.c ---- */
enum where {
	WHERE_KERNEL, /* no business of the shim */
	WHERE_SHIM,   /* s->path holds the path */
	WHERE_PARENT, /* a directory above served ones, as /sys/bus: s->path */
};
/* By dirfd and address. Negative: -EFAULT, -ENAMETOOLONG: the kernel's answer too. */
int path_where(struct supervisor *s, int dirfd, uint64_t addr, enum where *w);
/* The path at addr is "" or NULL. */
bool path_is_empty(struct supervisor *s, uint64_t addr);
/* Lexical: no "//", "." or "..". In place; path is absolute. */
void path_clean(char *path);
enum where path_served(const char *path);

/* ---- calls_*.c: the calls, by what they are about ---- */
void call_open(struct supervisor *s, int dirfd, uint64_t path, int flags);
void call_openat2(struct supervisor *s, int dirfd, uint64_t path, uint64_t how, uint64_t size);
void call_stat(struct supervisor *s, int dirfd, uint64_t path, uint64_t buf, int flags);
void call_statx(struct supervisor *s, int dirfd, uint64_t path, int flags, uint64_t buf);
void call_access(struct supervisor *s, int dirfd, uint64_t path, int mode, int flags);
void call_readlink(struct supervisor *s, int dirfd, uint64_t path, uint64_t buf, int64_t len);
void call_xattr(struct supervisor *s, uint64_t path);
void call_uname(struct supervisor *s, uint64_t buf);
void call_chdir(struct supervisor *s, uint64_t path);

void call_fstat(struct supervisor *s, int fd, uint64_t buf);
void call_close(struct supervisor *s, int fd);
void call_fchdir(struct supervisor *s, int fd);
void call_getdents(struct supervisor *s, int fd, uint64_t buf, uint64_t len);
/* The call of before Linux 2.4, whose entries look otherwise: refused on what is ours. */
void call_old_getdents(struct supervisor *s, int fd);
void call_lseek(struct supervisor *s, int fd, int64_t off, int whence);
void call_mmap(struct supervisor *s, int fd, uint64_t len, int prot, uint64_t off);
void call_pread(struct supervisor *s, int fd, uint64_t buf, uint64_t len, uint64_t off);
void call_pwrite(struct supervisor *s, int fd, uint64_t buf, uint64_t len, uint64_t off);
void call_write(struct supervisor *s, int fd, uint64_t buf, uint64_t len);
void call_writev(struct supervisor *s, int fd);
void call_vector(struct supervisor *s, int fd);
void call_ioctl(struct supervisor *s, int fd, uint32_t req, uint64_t arg);

/* ---- stat.c ---- */
struct stat;
struct statx;
/* path, for its inode number, may be NULL. */
void stat_fill(struct stat *to, const struct shim_stat *st, const char *path, uint64_t size);
void statx_fill(struct statx *to, const struct shim_stat *st, const char *path, uint64_t size);

/* ---- dispatch.c ---- */
void dispatch(struct supervisor *s);

#endif
