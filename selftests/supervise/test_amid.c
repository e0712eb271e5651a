// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that is taken down, copied and rearranged while its calls are being
 * answered: pointers to nowhere, forks and exec() amid calls, memory that goes
 * while it is mapped for a device, signals in all of it.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "harness/ktap/ktap.h"
#include "selftests/supervise/world.h"

/* ---- pointers ----------------------------------------------------------------- */

/* Every call that is answered, with an address that leads nowhere: EFAULT, as from a kernel. */
static void point_nowhere(long at, int dir, int cdev, int iommufd)
{
	static const uint32_t on_iommufd[] = { IOMMU_IOAS_ALLOC, IOMMU_IOAS_MAP,
					       IOMMU_IOAS_IOVA_RANGES, IOMMU_GET_HW_INFO };
	static const uint32_t on_cdev[] = { VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO,
					    VFIO_DEVICE_BIND_IOMMUFD };
	struct iommu_ioas_iova_ranges r = { .size = sizeof(r),
					    .ioas_id = alloc_ioas(iommufd),
					    .num_iovas = 8,
					    .allowed_iovas = (uint64_t)at };

	FAILS(EFAULT, (int)syscall(SYS_openat, AT_FDCWD, at, O_RDWR));
	FAILS(EFAULT, (int)syscall(SYS_newfstatat, AT_FDCWD, at, at, 0));
	FAILS(EFAULT, (int)syscall(SYS_newfstatat, AT_FDCWD, "/dev/iommu", at, 0));
	FAILS(EFAULT, (int)syscall(SYS_statx, AT_FDCWD, "/dev/iommu", 0, STATX_MODE, at));
	FAILS(EFAULT, (int)syscall(SYS_faccessat, AT_FDCWD, at, R_OK));
	FAILS(EFAULT, (int)syscall(SYS_readlinkat, AT_FDCWD, DEVICE_DIR, at, 64));
	FAILS(EFAULT, (int)syscall(SYS_fstat, cdev, at));
	FAILS(EFAULT, (int)syscall(SYS_uname, at));
	FAILS(EFAULT, (int)syscall(SYS_getdents64, dir, at, 4096));
	FAILS(EFAULT, (int)syscall(SYS_pread64, cdev, at, 64, 7l << 40));
	FAILS(EFAULT, (int)syscall(SYS_pwrite64, cdev, at, 4, 7l << 40));
	for (size_t i = 0; i < 4; i++)
		FAILS(EFAULT, ioctl(iommufd, on_iommufd[i], at));
	for (size_t i = 0; i < 3; i++)
		FAILS(EFAULT, ioctl(cdev, on_cdev[i], at));
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_IOVA_RANGES, &r));
}

TARGET(pointers)
{
	int dir = open(DEVICE_DIR "/vfio-dev", O_RDONLY | O_DIRECTORY), cdev = get_cdev();
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const long at[] = { 1, 4096, (long)none, (long)none + 4095, LONG_MIN, -4096, -1 };

	CHECK(dir >= 0 && none != MAP_FAILED && bind_iommufd(cdev, get_iommufd()) > 0);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		point_nowhere(at[i], dir, cdev, get_iommufd());
	return 0;
}

/* ---- threads, forks, exec ------------------------------------------------------ */

static _Atomic bool stop;
static _Atomic unsigned int done;
static int shared_iommufd, shared_cdev;

/* Calls of every kind, over and over; what they say does not matter here. */
static void *call_on(void *ctx)
{
	char link[64];
	struct stat st;

	while (!stop) {
		struct iommu_ioas_alloc a = { .size = sizeof(a) };
		struct vfio_device_info info = { .argsz = sizeof(info) };
		struct iommu_destroy d = { .size = sizeof(d) };
		int fd = open("/dev/iommu", O_RDWR);

		if (!ioctl(shared_iommufd, IOMMU_IOAS_ALLOC, &a)) {
			d.id = a.out_ioas_id;
			ioctl(shared_iommufd, IOMMU_DESTROY, &d);
		}
		ioctl(shared_cdev, VFIO_DEVICE_GET_INFO, &info);
		done += !stat(DEVICE_DIR, &st) && readlink(DEVICE_DIR, link, sizeof(link)) > 0;
		close(fd);
	}
	return ctx;
}

static void start_threads(pthread_t *t, int n)
{
	shared_iommufd = get_iommufd();
	shared_cdev = get_cdev();
	bind_iommufd(shared_cdev, shared_iommufd);
	for (int i = 0; i < n; i++)
		CHECK(!pthread_create(&t[i], NULL, call_on, NULL));
	while (!done)
		usleep(100);
}

/* Children are made while others of their process are in the middle of a call. */
TARGET(forks)
{
	pthread_t t[3];

	start_threads(t, 3);
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		if (!pid) {
			/* Descriptors are there in the child, the other threads are not. */
			if (!alloc_ioas(shared_iommufd))
				_exit(1);
			if (i % 4 == 3)
				raise(SIGKILL);
			_exit(close(shared_iommufd));
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(i % 4 == 3 ? WIFSIGNALED(status) : !status);
	}
	stop = true;
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_join(t[i], NULL));
	return 0;
}

TARGET(quiet)
{
	/* What was not to be closed at exec() is there, and answers. */
	return arg && alloc_ioas(atoi(arg)) ? 0 : 1;
}

/* The others end in their calls, without a word. */
TARGET(execs)
{
	pthread_t t[3];
	char fd[16];

	start_threads(t, 3);
	CHECK(!fcntl(shared_iommufd, F_SETFD, 0));
	snprintf(fd, sizeof(fd), "%d", shared_iommufd);
	execl("/proc/self/exe", "again", "--target", "quiet", fd, NULL);
	return 1;
}

TARGET(exits)
{
	pthread_t t[3];

	start_threads(t, 3);
	_exit(0);
}

static void on_signal(int n)
{
	done += n != 0;
}

/* Signals in the middle of every call: what is answered is answered once. */
TARGET(signals)
{
	const struct sigaction act = { .sa_handler = on_signal };
	int iommufd = get_iommufd();
	unsigned int last = 0;
	pid_t self = getpid(), pid;

	CHECK(!sigaction(SIGUSR1, &act, NULL));
	pid = fork();
	while (!pid)
		if (kill(self, SIGUSR1) || usleep(50) > 0)
			_exit(0);
	for (int i = 0; i < 2000; i++) {
		unsigned int id;

		/* One that was not looked at yet may end so, since the handler does not restart. */
		do {
			id = alloc_ioas(iommufd);
		} while (!id && errno == EINTR);
		CHECK(id == last + 1);
		last = id;
	}
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(done);
	return 0;
}

/* ---- memory ---------------------------------------------------------------------- */

#define LENGTH (64u * 4096)

static void *rearrange(void *ctx)
{
	uint8_t *at = ctx;

	for (unsigned int i = 0; !stop; i++) {
		uint8_t *hole = at + (i * 4096) % LENGTH;

		munmap(hole, 4096);
		mmap(hole, 4096, i % 3 ? PROT_READ | PROT_WRITE : PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	return NULL;
}

/* Memory goes and comes while it is being mapped: either answer, and nothing else. */
TARGET(unmaps)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a) };
	int cdev = get_cdev(), iommufd = get_iommufd();
	pthread_t t;
	uint8_t *at =
		mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED && bind_iommufd(cdev, iommufd) > 0);
	a.pt_id = alloc_ioas(iommufd);
	CHECK(!ioctl(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	CHECK(!pthread_create(&t, NULL, rearrange, at));
	for (uint64_t i = 1; i <= 1000; i++) {
		struct iommu_ioas_map m = {
			.size = sizeof(m),
			.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
			.ioas_id = 2,
			.user_va = (uintptr_t)at,
			.length = LENGTH,
			.iova = i * LENGTH,
		};

		CHECK(!ioctl(iommufd, IOMMU_IOAS_MAP, &m) || errno == EFAULT);
	}
	stop = true;
	CHECK(!pthread_join(t, NULL));
	return 0;
}

FIXTURE(amid)
{
	struct world w;
};

FIXTURE_SETUP(amid)
{
	ASSERT_EQ(0, world_start(&self->w));
	model_set_pinnable(self->w.model, supervisor_pinnable, self->w.sup);
}

FIXTURE_TEARDOWN(amid)
{
	int fds = self->w.fds;

	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

FIXTURE_VARIANT(amid)
{
	const char *target;
};

#define AMID(what)                                                                                 \
	FIXTURE_VARIANT_ADD(amid, what)                                                            \
	{                                                                                          \
		.target = #what,                                                                   \
	}
AMID(pointers);
AMID(forks);
AMID(execs);
AMID(exits);
AMID(signals);
AMID(unmaps);

TEST_F(amid, nothing_is_kept_and_nothing_hangs)
{
	ASSERT_EQ(0, world_run(&self->w, variant->target, NULL, NULL));
	EXPECT_EQ(0, self->w.status);
	EXPECT_STREQ("", self->w.said);
}

TEST_HARNESS_MAIN
