// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A description ends when the last descriptor or mapping of it has ended,
 * wherever that was. What shows it: a VFIO device is bound by one at a time.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "harness/ktap/ktap.h"
#include "selftests/supervise/world.h"

/* Whether the device is free, by binding and letting it go. */
static bool is_free(void)
{
	int cdev = get_cdev(), iommufd = get_iommufd(), id = bind_iommufd(cdev, iommufd);

	close(cdev);
	close(iommufd);
	return id >= 0;
}

/* A bound device: the cdev's descriptor. */
static int take(void)
{
	int cdev = get_cdev(), iommufd = get_iommufd();

	CHECK(bind_iommufd(cdev, iommufd) >= 0);
	close(iommufd);
	return cdev;
}

TARGET(close)
{
	for (int i = 0; i < 50; i++) {
		int fd = take();

		CHECK(!is_free());
		CHECK(!close(fd));
		CHECK(is_free());
	}
	return 0;
}

TARGET(dup)
{
	int fd = take(), second = dup(fd), third = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	struct vfio_device_info info = { .argsz = sizeof(info) };

	CHECK(second >= 0 && third >= 100);
	CHECK(!close(fd) && !is_free());
	CHECK(!ioctl(third, VFIO_DEVICE_GET_INFO, &info) && info.num_regions);
	CHECK(dup2(third, second) == second && !close(third) && !is_free());
	FAILS(EBADF, ioctl(third, VFIO_DEVICE_GET_INFO, &info));
	CHECK(!close(second) && is_free());
	return 0;
}

TARGET(map)
{
	struct vfio_region_info region = { .argsz = sizeof(region) };
	int fd = take();
	void *bar;

	CHECK(!ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region));
	bar = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(bar != MAP_FAILED && !close(fd));
	CHECK(!is_free()); /* the mapping holds the device */
	CHECK(!munmap(bar, 4096) && is_free());
	return 0;
}

TARGET(fork)
{
	int fd = take(), go[2], status;
	char c;
	pid_t pid;

	CHECK(!pipe(go));
	pid = fork();
	if (!pid) {
		struct vfio_device_info info = { .argsz = sizeof(info) };

		CHECK(read(go[0], &c, 1) == 1);
		_exit(ioctl(fd, VFIO_DEVICE_GET_INFO, &info) ? 1 : 0);
	}
	CHECK(pid > 0 && !close(fd) && !is_free());
	CHECK(write(go[1], "", 1) == 1 && waitpid(pid, &status, 0) == pid && !status);
	CHECK(is_free());
	return 0;
}

TARGET(killed)
{
	int ready[2], status;
	pid_t pid;
	char c;

	CHECK(!pipe(ready));
	pid = fork();
	if (!pid) {
		take();
		CHECK(write(ready[1], "", 1) == 1);
		pause();
	}
	CHECK(read(ready[0], &c, 1) == 1 && !is_free());
	CHECK(!kill(pid, SIGKILL) && waitpid(pid, &status, 0) == pid);
	CHECK(is_free());
	return 0;
}

/* The descriptor arrives by number in the argument; CLOEXEC ones are gone. */
TARGET(after_exec)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int kept = atoi(arg);

	CHECK(!ioctl(kept, VFIO_DEVICE_GET_INFO, &info));
	CHECK(!close(kept) && is_free());
	return 0;
}

TARGET(exec)
{
	int fd = take(), kept = dup(fd);
	char text[16];

	snprintf(text, sizeof(text), "%d", kept);
	execl("/proc/self/exe", "again", "--target", "after_exec", text, NULL);
	return 1;
}

TARGET(message)
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
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int fd = take(), sock[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	CHECK(sendmsg(sock[0], &m, 0) == 1 && !close(fd) && !is_free());
	CHECK(recvmsg(sock[1], &m, 0) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	CHECK(!ioctl(fd, VFIO_DEVICE_GET_INFO, &info) && !close(fd) && is_free());
	return 0;
}

static void *loop(void *ctx)
{
	int iommufd = *(int *)ctx, mine;

	for (int i = 0; i < 100; i++) {
		CHECK(alloc_ioas(iommufd));
		mine = get_iommufd();
		/* Each context numbers for itself. */
		CHECK(alloc_ioas(mine) == 1 && !close(mine));
	}
	return NULL;
}

TARGET(threads)
{
	int iommufd = get_iommufd();
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&t[i], NULL, loop, &iommufd));
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_join(t[i], NULL));
	CHECK(alloc_ioas(iommufd) == 401);
	return 0;
}

static void ignore(int sig)
{
	(void)sig;
}

/* A signal that comes while a call is answered does not make it happen twice. */
TARGET(signals)
{
	const struct itimerval often = { { 0, 50 }, { 0, 50 } };
	struct sigaction act = { .sa_handler = ignore };
	int iommufd = get_iommufd();

	CHECK(!sigaction(SIGALRM, &act, NULL) && !setitimer(ITIMER_REAL, &often, NULL));
	for (unsigned int i = 1; i <= 2000; i++) {
		unsigned int id;

		do {
			errno = 0;
			id = alloc_ioas(iommufd);
		} while (!id && errno == EINTR);
		CHECK(id == i);
	}
	return 0;
}

/* The parent ends first; what it has left goes on being served. */
TARGET(orphan)
{
	pid_t first = getpid();

	if (fork())
		return 0;
	while (getppid() == first)
		usleep(1000);
	CHECK(is_free());
	return 0;
}

FIXTURE(lifetime)
{
	struct world w;
};

FIXTURE_SETUP(lifetime)
{
	ASSERT_EQ(0, world_start(&self->w));
}

FIXTURE_TEARDOWN(lifetime)
{
	int fds = self->w.fds;

	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
	EXPECT_EQ(fds, count_fds());
	/* No child is left, not even as a zombie. */
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

FIXTURE_VARIANT(lifetime)
{
	const char *target;
};

#define VARIANT(t)                                                                                 \
	FIXTURE_VARIANT_ADD(lifetime, t)                                                           \
	{                                                                                          \
		.target = #t,                                                                      \
	}

VARIANT(close);
VARIANT(dup);
VARIANT(map);
VARIANT(fork);
VARIANT(killed);
VARIANT(exec);
VARIANT(message);
VARIANT(threads);
VARIANT(signals);
VARIANT(orphan);

TEST_F(lifetime, ends_with_the_last_reference)
{
	ASSERT_EQ(0, world_run(&self->w, variant->target, NULL, NULL));
	EXPECT_EQ(0, self->w.status);
	EXPECT_STREQ("", self->w.said);
}

/* ---- the program's end --------------------------------------------------------- */

TARGET(ends)
{
	if (*arg == 's')
		kill(getpid(), atoi(arg + 1));
	get_iommufd();
	return atoi(arg);
}

TEST(the_status_is_the_programs)
{
	struct world w;

	ASSERT_EQ(0, world_start(&w));
	EXPECT_EQ(0, world_run(&w, "ends", "42", NULL));
	EXPECT_TRUE(WIFEXITED(w.status) && WEXITSTATUS(w.status) == 42);
	EXPECT_EQ(0, world_run(&w, "ends", "s15", NULL));
	EXPECT_TRUE(WIFSIGNALED(w.status) && WTERMSIG(w.status) == SIGTERM);
	EXPECT_EQ(0, world_left(&w));
	world_end(&w);
}

TEST(a_program_that_cannot_be_run_is_an_error)
{
	char *const argv[] = { "/nowhere/to/be/found", NULL };
	struct world w;
	int status;

	ASSERT_EQ(0, world_start(&w));
	w.cfg.shim = w.model;
	EXPECT_EQ(-ENOENT, supervisor_run(w.sup, &w.cfg, argv, &status, &w.err));
	EXPECT_STREQ("cannot run '/nowhere/to/be/found': No such file or directory", w.err.msg);
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	world_end(&w);
}

TEST_HARNESS_MAIN
