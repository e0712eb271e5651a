// SPDX-License-Identifier: GPL-2.0-or-later
/* One answer to each notification: a result, a descriptor, or "do it yourself". */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

static void send(struct supervisor *s, int64_t val, int error, uint32_t flags)
{
	memset(s->resp, 0, s->resp_size);
	s->resp->id = s->req->id;
	s->resp->val = val;
	s->resp->error = error;
	s->resp->flags = flags;
	s->done = true;
	/* ENOENT: the task has died meanwhile; what it held comes back as closed. */
	ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, s->resp);
}

void answer(struct supervisor *s, int64_t ret)
{
	/* The program's own call has the last word. */
	if (s->cfg->real) {
		answer_pass(s);
		return;
	}
	s->stats.answered++;
	send(s, ret < 0 ? 0 : ret, ret < 0 ? (int)ret : 0, 0);
}

void answer_pass(struct supervisor *s)
{
	if (s->done)
		return;
	send(s, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* The program's number for it, or a negative errno. with_answer: it is the call's result too. */
static int add_fd(struct supervisor *s, int file, bool cloexec, bool with_answer)
{
	struct seccomp_notif_addfd a = {
		.id = s->req->id,
		.flags = with_answer ? SECCOMP_ADDFD_FLAG_SEND : 0,
		.srcfd = (uint32_t)file,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};
	int fd = ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);

	return fd < 0 ? -errno : fd;
}

/*
 * Closing our own descriptor of file makes the program's the last one; if it
 * got none, the handle's end is noticed like any other.
 */
void answer_fd(struct supervisor *s, int file, bool cloexec)
{
	int fd = add_fd(s, file, cloexec, true);

	close(file);
	if (fd < 0) {
		answer(s, fd);
	} else {
		s->done = true;
		s->stats.answered++;
	}
}

int handle_install(struct supervisor *s, enum uapi_fd kind, int shim_fd)
{
	struct handle *h;
	int file, err, fd;

	h = handle_new(s, kind, shim_fd, NULL, O_RDWR, NULL, 0, &file, &err);
	if (!h)
		return err;
	fd = add_fd(s, file, true, false);
	/* The call fails, and the shim takes its descriptor back. */
	if (fd < 0)
		handle_drop(s, h);
	close(file);
	return fd;
}

void refuse(struct supervisor *s, enum refusal why, int err, const char *fmt, ...)
{
	char line[PATH_MAX + 256];
	va_list ap;
	int n;

	s->stats.refused++;
	if (!(s->said & 1u << why)) {
		s->said |= 1u << why;
		n = snprintf(line, sizeof(line), "refused (process %u): ", s->req->pid);
		va_start(ap, fmt);
		vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
		va_end(ap);
		if (s->cfg->say)
			s->cfg->say(s->cfg->ctx, line);
		else
			fprintf(stderr, "hiod: %s\n", line);
	}
	answer(s, -err);
}
