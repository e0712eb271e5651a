/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An unmodified program on a shim backend. The program runs under a seccomp
 * filter that lets a supervisor answer its calls on VFIO, iommufd and PCI
 * sysfs; all other calls it makes itself. Nothing of it is patched, preloaded
 * or traced, and no privilege is needed: the program must be a child that the
 * supervisor may read the memory of.
 *
 * Needs Linux 5.19 (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV): before it, a
 * signal could make the program repeat a call that had been answered.
 */
#ifndef HIOD_SUPERVISE_H
#define HIOD_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/capture/error.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

struct supervisor;

/* NULL and a message when memory or descriptors are short. */
struct supervisor *supervisor_new(struct capture_error *err);
/* NULL is allowed. No program may be running. */
void supervisor_free(struct supervisor *s);

/*
 * The memory of the program, as far as the call that is being answered goes:
 * what a backend is made with. Descriptors in arguments read through it are
 * the backend's, not the program's. Good as long as s.
 */
const struct uapi_mem *supervisor_mem(struct supervisor *s);

/*
 * Can a device have the program's pages from va, len bytes of them, for writing
 * too? ctx: the supervisor. 0; 1: some are a BAR that the program has mapped;
 * -EFAULT when a part is not mapped, or not so.
 */
int supervisor_pinnable(void *ctx, uint64_t va, uint64_t len, bool write);

/* Is the program's descriptor an eventfd? ctx: the supervisor. 0, -EINVAL or -EBADF. */
int supervisor_eventfd(void *ctx, int fd);

struct supervise_config {
	/* Answers the calls; borrowed. Its memory is supervisor_mem(). */
	struct shim *shim;
	/*
	 * Called after each call that the shim answered, and after descriptors
	 * were closed: what a recorder wrote down can be shown. NULL: nobody.
	 */
	void (*called)(void *ctx);
	bool real; /* shim records supervisor_real_new(): the program's calls are its own */
	/*
	 * There are devices that are written to, as vhost-vdpa nodes are: write(2)
	 * stops too, of every program, which costs it something.
	 */
	bool writes;
	/* What uname(2) tells as the kernel's release; NULL: the real one's. */
	const char *release;
	/* One line, no newline, about what is refused; NULL: to stderr. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

/*
 * Starts argv[0] (looked up in PATH) and answers its calls, and those of all
 * that it starts, until the last of them has ended. SIGINT and SIGQUIT, which
 * a terminal sends to the program too, are not taken; SIGTERM and SIGHUP are
 * handed on to it. *status is the program's, as wait(2) gives it.
 * 0; or a negative errno and a message when it could not be started or
 * supervised; a program that runs is killed then. All descriptors that the
 * shim gave out are closed in either case.
 */
int supervisor_run(struct supervisor *s, const struct supervise_config *cfg, char *const argv[],
		   int *status, struct capture_error *err);

struct supervise_stats {
	uint64_t notified; /* calls that the filter stopped */
	uint64_t answered; /* of them: not the kernel's own business */
	uint64_t refused;  /* of these: with a message */
	unsigned int open; /* descriptions given to the program and not closed yet */
};

/*
 * A backend for recording a real host: each call is made by the program itself,
 * on its own descriptors, which are also the numbers that a recorder on top
 * sees; the result is read when the program comes back from it (ptrace). Calls
 * on paths are made here as well, and then by the program. config.real must be
 * set. NULL: no memory.
 */
struct shim *supervisor_real_new(struct supervisor *s);

/* Of the last run. */
void supervisor_stats(const struct supervisor *s, struct supervise_stats *out);

#endif
