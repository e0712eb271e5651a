// SPDX-License-Identifier: GPL-2.0-or-later
/* The supervisor's loop, from the program's start to the end of the last of its processes. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

/* Newer than the headers that Debian 12 has: the program's task is woken on our processor. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

struct supervisor *supervisor_new(struct capture_error *err)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	struct seccomp_notif_sizes z;

	if (!s) {
		capture_fail(err, -ENOMEM, "out of memory");
		return NULL;
	}
	s->mem = (struct uapi_mem){ target_mem_in, target_mem_out, s };
	s->listener = s->inotify = -1;
	s->child = -1;
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &z)) {
		capture_fail(err, -errno, "this kernel has no seccomp user notification: %s",
			     strerror(errno));
		supervisor_free(s);
		return NULL;
	}
	s->req_size = z.seccomp_notif > sizeof(*s->req) ? z.seccomp_notif : sizeof(*s->req);
	s->resp_size =
		z.seccomp_notif_resp > sizeof(*s->resp) ? z.seccomp_notif_resp : sizeof(*s->resp);
	s->req = calloc(1, s->req_size);
	s->resp = calloc(1, s->resp_size);
	s->buf = malloc(BUF_SIZE);
	if (!s->req || !s->resp || !s->buf) {
		capture_fail(err, -ENOMEM, "out of memory");
		supervisor_free(s);
		return NULL;
	}
	return s;
}

void supervisor_free(struct supervisor *s)
{
	if (!s)
		return;
	free(s->filter.filter);
	free(s->req);
	free(s->resp);
	free(s->buf);
	free(s);
}

const struct uapi_mem *supervisor_mem(struct supervisor *s)
{
	return &s->mem;
}

void supervisor_stats(const struct supervisor *s, struct supervise_stats *out)
{
	*out = s->stats;
}

/* One call. Closes that came before it are seen before it. */
static void serve(struct supervisor *s)
{
	memset(s->req, 0, s->req_size);
	/* ENOENT: the caller was killed meanwhile. EINTR: again, by the loop. */
	if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, s->req))
		return;
	handles_reap(s);
	dispatch(s);
	real_go_on(s);
}

struct loop {
	struct supervisor *s;
	int signals, failure;
	int exec_errno; /* it could not be started */
};

static void take_signal(struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD) {
		if (!l->s->ended && waitpid(l->s->child, &l->s->status, WNOHANG) == l->s->child)
			l->s->ended = true;
	} else if (!l->s->ended && (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)) {
		kill(l->s->child, (int)info.ssi_signo);
	}
}

/* The pipe ends when the program runs; what is in it says why it does not. */
static void take_failure(struct loop *l)
{
	int32_t word[8];

	if (read(l->failure, word, sizeof(word)) == sizeof(word))
		l->exec_errno = word[0];
	close(l->failure);
	l->failure = -1;
}

/* Until no process under the filter is left, and the program is reaped. */
static int loop(struct loop *l, struct capture_error *err)
{
	struct supervisor *s = l->s;
	bool listening = true;

	while (listening || !l->s->ended) {
		struct pollfd p[] = {
			{ listening ? s->listener : -1, POLLIN, 0 },
			{ s->inotify, POLLIN, 0 },
			{ l->signals, POLLIN, 0 },
			{ l->failure, POLLIN, 0 },
		};

		if (poll(p, sizeof(p) / sizeof(*p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return capture_fail(err, -errno, "poll: %s", strerror(errno));
		}
		if (p[3].revents)
			take_failure(l);
		if (p[0].revents & POLLIN)
			serve(s);
		else if (p[0].revents)
			listening = false;
		if (p[1].revents)
			handles_reap(s);
		if (p[2].revents)
			take_signal(l);
	}
	return 0;
}

static int run_blocked(struct supervisor *s, char *const argv[], int signals, int *status,
		       struct capture_error *err)
{
	struct loop l = { .s = s, .signals = signals, .failure = -1 };
	uint64_t wake = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;
	int r = start_program(s, argv, &l.failure, err);

	if (r)
		return r;
	/* Only faster: kernels before 6.6 do not know it. */
	ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, wake);
	r = loop(&l, err);
	if (!s->ended) {
		kill(s->child, SIGKILL);
		waitpid(s->child, &s->status, 0);
	}
	if (!r && l.exec_errno)
		r = capture_fail(err, -l.exec_errno, "cannot run '%s': %s", argv[0],
				 strerror(l.exec_errno));
	if (l.failure >= 0)
		close(l.failure);
	close(s->listener);
	s->listener = -1;
	handles_close_all(s);
	*status = s->status;
	return r;
}

int supervisor_run(struct supervisor *s, const struct supervise_config *cfg, char *const argv[],
		   int *status, struct capture_error *err)
{
	sigset_t mine;
	int signals, r;

	s->cfg = cfg;
	s->said = 0;
	s->stats = (struct supervise_stats){ 0 };
	s->ended = false;
	s->status = 0;
	free(s->filter.filter);
	s->filter.filter = NULL;
	r = filter_build(s, err);
	if (r)
		return r;
	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGHUP);
	/* A terminal sends these two to the program as well: it is for it to end. */
	sigaddset(&mine, SIGINT);
	sigaddset(&mine, SIGQUIT);
	sigprocmask(SIG_BLOCK, &mine, &s->mask);
	signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	r = signals < 0 ? capture_fail(err, -errno, "signalfd: %s", strerror(errno))
			: run_blocked(s, argv, signals, status, err);
	if (signals >= 0)
		close(signals);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	if (s->inotify >= 0)
		close(s->inotify);
	s->inotify = -1;
	return r;
}
