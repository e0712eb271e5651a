// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that does its worst: the supervisor neither crashes nor hangs nor
 * keeps anything, and what it does not serve it refuses and says so.
 */
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/openat2.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "harness/ktap/ktap.h"
#include "selftests/supervise/world.h"

/* ---- what is refused, with what is said ------------------------------------- */

TARGET(o_path)
{
	FAILS(EACCES, open("/dev/iommu", O_PATH));
	FAILS(EACCES, open("/dev/vfio/vfio", O_PATH)); /* said once */
	return 0;
}

TARGET(reopen)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", get_iommufd());
	FAILS(ENXIO, open(path, O_RDWR));
	snprintf(path, sizeof(path), "/dev/fd/%d", get_iommufd());
	FAILS(ENXIO, open(path, O_RDWR));
	return 0;
}

TARGET(chdir)
{
	FAILS(EACCES, chdir("/sys/bus/pci/devices"));
	FAILS(EACCES, fchdir(open(DEVICE_DIR, O_RDONLY | O_DIRECTORY)));
	return 0;
}

TARGET(vector)
{
	char c;
	struct iovec v = { &c, 1 };

	FAILS(EOPNOTSUPP, (int)preadv(get_cdev(), &v, 1, 7ll << 40));
	return 0;
}

TARGET(resolve)
{
	struct open_how how = { .flags = O_RDWR, .resolve = RESOLVE_NO_SYMLINKS };

	FAILS(EOPNOTSUPP, (int)syscall(SYS_openat2, AT_FDCWD, "/dev/iommu", &how, sizeof(how)));
	how.resolve = 0;
	CHECK(syscall(SYS_openat2, AT_FDCWD, "/dev/iommu", &how, sizeof(how)) >= 0);
	return 0;
}

FIXTURE(refused)
{
	struct world w;
};

FIXTURE_SETUP(refused)
{
	ASSERT_EQ(0, world_start(&self->w));
}

FIXTURE_TEARDOWN(refused)
{
	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
}

FIXTURE_VARIANT(refused)
{
	const char *target, *said;
};

FIXTURE_VARIANT_ADD(refused, o_path)
{
	.target = "o_path",
	.said = "open(/dev/iommu): O_PATH is not served\n",
};
FIXTURE_VARIANT_ADD(refused, reopen)
{
	.target = "reopen",
	.said = "a device's descriptor is not opened anew\n",
};
FIXTURE_VARIANT_ADD(refused, chdir)
{
	.target = "chdir",
	.said = "chdir(/sys/bus/pci/devices): the directories of the host cannot be gone into\n",
};
FIXTURE_VARIANT_ADD(refused, vector)
{
	.target = "vector",
	.said = "/dev/vfio/devices/vfio0: preadv and pwritev on a device are not served\n",
};
FIXTURE_VARIANT_ADD(refused, resolve)
{
	.target = "resolve",
	.said = "openat2(/dev/iommu): resolve flags are not served\n",
};

TEST_F(refused, is_said_once)
{
	const char *line;

	ASSERT_EQ(0, world_run(&self->w, variant->target, NULL, NULL));
	EXPECT_EQ(0, self->w.status);
	EXPECT_NE(0, self->w.stats.refused);
	line = strstr(self->w.said, variant->said);
	ASSERT_TRUE(line);
	EXPECT_STREQ(variant->said, line); /* the last, and by its length the only one */
	EXPECT_EQ(0, strncmp(self->w.said, "refused (process ", 17));
}

/* ---- the worst ------------------------------------------------------------------ */

static _Atomic bool stop;

struct shared {
	struct iommu_ioas_iova_ranges r;
	struct vfio_device_bind_iommufd b;
	char path[32];
	int cdev, iommufd;
};

/* Changes the arguments while others make their calls. */
static void *race(void *ctx)
{
	struct shared *s = ctx;
	volatile __u32 *size = &s->r.size, *num = &s->r.num_iovas, *argsz = &s->b.argsz;
	volatile __aligned_u64 *ptr = &s->r.allowed_iovas;
	volatile __s32 *fd = &s->b.iommufd;
	volatile char *letter = &s->path[5];

	for (unsigned int i = 0; !stop; i++) {
		*size = i % 3 ? sizeof(s->r) : i;
		*num = i * 77777;
		*ptr = i % 2 ? (uintptr_t)&s->r : i;
		*fd = i % 2 ? s->iommufd : (int)i;
		*argsz = i % 5 ? sizeof(s->b) : i * 4099;
		*letter = i % 2 ? 'i' : 'x';
	}
	return NULL;
}

/* Puts other files where the descriptors were. */
static void *shuffle(void *ctx)
{
	struct shared *s = ctx;

	while (!stop) {
		int fd = open("/dev/null", O_RDWR);

		dup2(fd, s->cdev);
		close(fd);
		fd = open("/dev/vfio/devices/vfio0", O_RDWR);
		dup2(fd, s->cdev);
		close(fd);
	}
	return NULL;
}

TARGET(races)
{
	struct shared *s =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t t[2];

	CHECK(s != MAP_FAILED);
	s->cdev = get_cdev();
	s->iommufd = get_iommufd();
	s->r.ioas_id = alloc_ioas(s->iommufd);
	strcpy(s->path, "/dev/iommu");
	CHECK(!pthread_create(&t[0], NULL, race, s) && !pthread_create(&t[1], NULL, shuffle, s));
	for (int i = 0; i < 3000; i++) {
		int fd = open(s->path, O_RDWR);

		ioctl(s->iommufd, IOMMU_IOAS_IOVA_RANGES, &s->r);
		ioctl(s->cdev, VFIO_DEVICE_BIND_IOMMUFD, &s->b);
		close(fd);
	}
	stop = true;
	CHECK(!pthread_join(t[0], NULL) && !pthread_join(t[1], NULL));
	return 0;
}

static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

/* Every request of the range, on every kind of descriptor, with any argument. */
TARGET(requests)
{
	uint32_t x = (uint32_t)atoi(arg), words[64];
	int fds[5] = { get_cdev(), get_iommufd(), open("/dev/vfio/vfio", O_RDWR),
		       open(group_path(), O_RDWR),
		       open(DEVICE_DIR "/vfio-dev", O_RDONLY | O_DIRECTORY) };
	struct rlimit few = { 64, 64 };

	CHECK(!setrlimit(RLIMIT_NOFILE, &few));
	for (int i = 0; i < 6000; i++) {
		static const uint32_t size[] = {
			0, 3, 8, 12, 16, 24, 32, 40, 48, 4096, UINT32_MAX
		};
		uintptr_t a = (uintptr_t)words;

		for (int k = 0; k < 64; k++)
			words[k] = next(&x) % 4 ? next(&x) % 8 : next(&x) * 256;
		words[0] = size[next(&x) % 11];
		if (next(&x) % 8 == 0)
			a = next(&x);
		ioctl(fds[next(&x) % 5], _IO(';', 100 + next(&x) % 60), a);
	}
	return 0;
}

/* Children that end in the middle of a call, by their own hand or another's. */
TARGET(deaths)
{
	for (int i = 0; i < 60; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			int cdev = get_cdev(), iommufd = get_iommufd();

			bind_iommufd(cdev, iommufd);
			if (i % 3 == 0 && fork())
				raise(SIGKILL);
			for (;;) {
				if (!alloc_ioas(iommufd))
					_exit(0);
				close(dup(cdev));
			}
		}
		usleep(500 + i * 20);
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, NULL, 0) == pid);
	}
	/* The grandchildren have no one to end them. */
	kill(0, SIGKILL);
	return 0;
}

TARGET(many)
{
	struct rlimit most;
	int n = 0;

	CHECK(!getrlimit(RLIMIT_NOFILE, &most));
	most.rlim_cur = most.rlim_max < 4096 ? most.rlim_max : 4096;
	CHECK(!setrlimit(RLIMIT_NOFILE, &most));
	while (open("/dev/iommu", O_RDWR) >= 0)
		n++;
	CHECK(errno == EMFILE || errno == ENFILE);
	CHECK(n > 500);
	/* One more fails, and what the backend had opened for it is closed again. */
	FAILS(errno, open(DEVICE_DIR "/vendor", O_RDONLY));
	return 0;
}

FIXTURE(hostile)
{
	struct world w;
};

FIXTURE_SETUP(hostile)
{
	ASSERT_EQ(0, world_start(&self->w));
}

FIXTURE_TEARDOWN(hostile)
{
	int fds = self->w.fds;

	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
	EXPECT_EQ(fds, count_fds());
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
}

FIXTURE_VARIANT(hostile)
{
	const char *target, *arg;
	int signal; /* that it ends by */
};

FIXTURE_VARIANT_ADD(hostile, races)
{
	.target = "races",
};
FIXTURE_VARIANT_ADD(hostile, requests_1)
{
	.target = "requests",
	.arg = "1",
};
FIXTURE_VARIANT_ADD(hostile, requests_2)
{
	.target = "requests",
	.arg = "20261123",
};
FIXTURE_VARIANT_ADD(hostile, many)
{
	.target = "many",
};

TEST_F(hostile, leaves_nothing)
{
	ASSERT_EQ(0, world_run(&self->w, variant->target, variant->arg, NULL));
	EXPECT_EQ(0, self->w.status);
}

/* In a group of its own, which it ends with itself. */
TARGET(deaths_in_a_group)
{
	CHECK(!setpgid(0, 0));
	execl("/proc/self/exe", "again", "--target", "deaths", NULL);
	return 1;
}

TEST(deaths_leave_nothing)
{
	struct world w;

	ASSERT_EQ(0, world_start(&w));
	ASSERT_EQ(0, world_run(&w, "deaths_in_a_group", NULL, NULL));
	EXPECT_TRUE(WIFSIGNALED(w.status) && WTERMSIG(w.status) == SIGKILL);
	EXPECT_EQ(0, world_left(&w));
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG));
	world_end(&w);
}

TEST_HARNESS_MAIN
