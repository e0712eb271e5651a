// SPDX-License-Identifier: GPL-2.0-or-later
/* The program is started, and the filter's listener comes over to the supervisor. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

/* What failed in the child, through the pipe; a program that runs has closed it. */
struct failure {
	int err;
	char what[28];
};

static int send_fd(int sock, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u = { { 0 } };
	char c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = u.space,
			    .msg_controllen = sizeof(u.space) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	return sendmsg(sock, &m, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* -1: the child ended before it sent one. */
static int receive_fd(int sock)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} u;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = u.space,
			    .msg_controllen = sizeof(u.space) };
	struct cmsghdr *h;
	ssize_t n;
	int fd;

	do {
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	h = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

static _Noreturn void fail(int pipe, const char *what)
{
	struct failure f = { .err = errno };

	strncpy(f.what, what, sizeof(f.what) - 1);
	if (write(pipe, &f, sizeof(f)) != sizeof(f))
		_exit(126);
	_exit(127);
}

/* Between fork() and exec(): system calls only. */
static _Noreturn void child(const struct supervisor *s, pid_t parent, int sock, int pipe,
			    char *const argv[])
{
	const unsigned long flags =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	long listener;

	/* Without its supervisor every call would fail: it ends with it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		fail(pipe, "cannot be supervised");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail(pipe, "no_new_privs");
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &s->filter);
	if (listener < 0)
		fail(pipe, "seccomp");
	if (send_fd(sock, (int)listener))
		fail(pipe, "sendmsg");
	close((int)listener);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	execvp(argv[0], argv);
	fail(pipe, "exec");
}

/* Why no listener came, as a message. */
static int why(int pipe, struct capture_error *err)
{
	struct failure f;

	if (read(pipe, &f, sizeof(f)) != sizeof(f))
		return capture_fail(err, -ECHILD, "the program ended before it began");
	if (f.err == EBUSY)
		return capture_fail(err, -EBUSY,
				    "seccomp: this process is supervised already: another "
				    "program answers the calls of its children");
	if (f.err == EINVAL)
		return capture_fail(err, -EINVAL,
				    "seccomp: this kernel has no user notification that waits "
				    "for an answer (needs Linux 5.19)");
	return capture_fail(err, -f.err, "%s: %s", f.what, strerror(f.err));
}

int start_program(struct supervisor *s, char *const argv[], int *failure, struct capture_error *err)
{
	pid_t parent = getpid();
	int sock[2], tell[2], r = 0;

	if (pipe2(tell, O_CLOEXEC))
		return capture_fail(err, -errno, "pipe: %s", strerror(errno));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock)) {
		r = capture_fail(err, -errno, "socketpair: %s", strerror(errno));
		close(tell[0]);
		close(tell[1]);
		return r;
	}
	s->child = fork();
	if (!s->child)
		child(s, parent, sock[1], tell[1], argv);
	close(sock[1]);
	close(tell[1]);
	if (s->child < 0) {
		r = capture_fail(err, -errno, "fork: %s", strerror(errno));
	} else {
		s->listener = receive_fd(sock[0]);
		if (s->listener < 0) {
			r = why(tell[0], err);
			waitpid(s->child, NULL, 0);
			s->child = -1;
		}
	}
	close(sock[0]);
	if (r)
		close(tell[0]);
	else
		*failure = tell[0];
	return r;
}
