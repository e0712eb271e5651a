// SPDX-License-Identifier: GPL-2.0-or-later
/* What a supervised program is told, call by call, is what a kernel would tell it. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "harness/ktap/ktap.h"
#include "selftests/supervise/world.h"

/* ---- files ---------------------------------------------------------------- */

TARGET(files)
{
	char text[64], link[PATH_MAX], real[PATH_MAX];
	struct stat st, lst;
	struct statx stx;
	ssize_t n;
	int fd;

	fd = open(DEVICE_DIR "/vfio-dev/vfio0/dev", O_RDONLY);
	CHECK(fd >= 0);
	n = read(fd, text, sizeof(text));
	CHECK(n > 3 && text[n - 1] == '\n' && read(fd, text, 1) == 0);
	CHECK(!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == 4096);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, text, 1) == 1);
	CHECK(!close(fd));

	/* The links are those of sysfs, and can be walked. */
	CHECK(!lstat(DEVICE_DIR, &lst) && S_ISLNK(lst.st_mode) && lst.st_size > 0);
	CHECK(!stat(DEVICE_DIR, &st) && S_ISDIR(st.st_mode));
	n = readlink(DEVICE_DIR, link, sizeof(link));
	CHECK(n == lst.st_size && !strncmp(link, "../../../devices/pci0000:00/" BDF, (size_t)n));
	CHECK(readlink(DEVICE_DIR, link, 5) == 5 && !strncmp(link, "../..", 5));
	CHECK(realpath(DEVICE_DIR, real) && !strcmp(real, "/sys/devices/pci0000:00/" BDF));
	CHECK(!access(DEVICE_DIR "/iommu_group/type", R_OK));
	CHECK(!access("/sys/bus//pci/./devices/../devices/" BDF, F_OK));
	FAILS(EINVAL, readlink(DEVICE_DIR "/vfio-dev", link, sizeof(link)));

	/* What the host has not is not there, whatever this machine has. */
	FAILS(ENOENT, open("/sys/bus/pci/devices/0000:00:77.0/config", O_RDONLY));
	FAILS(ENOENT, access("/dev/vfio/4711", F_OK));
	FAILS(ENOTDIR, open("/dev/iommu/x", O_RDONLY));
	FAILS(ENOTDIR, open(DEVICE_DIR "/vendor", O_RDONLY | O_DIRECTORY));
	FAILS(EACCES, open(DEVICE_DIR "/vendor", O_WRONLY));
	FAILS(EOPNOTSUPP, getxattr(DEVICE_DIR, "user.x", text, sizeof(text)));

	/* Device nodes have their numbers, by path and by descriptor. */
	fd = get_cdev();
	CHECK(!stat("/dev/vfio/devices/vfio0", &lst) && S_ISCHR(lst.st_mode));
	CHECK(!fstat(fd, &st) && st.st_rdev == lst.st_rdev && st.st_rdev);
	CHECK(st.st_ino == lst.st_ino && st.st_dev == lst.st_dev);
	CHECK(!statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) && S_ISCHR(stx.stx_mode));
	CHECK(makedev(stx.stx_rdev_major, stx.stx_rdev_minor) == st.st_rdev);
	CHECK(!statx(AT_FDCWD, "/dev/iommu", 0, STATX_BASIC_STATS, &stx) && S_ISCHR(stx.stx_mode));
	CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	FAILS(ESPIPE, lseek(fd, 0, SEEK_SET));
	return 0;
}

TARGET(directories)
{
	struct dirent *e;
	DIR *d = opendir(DEVICE_DIR "/vfio-dev");
	char link[PATH_MAX];
	struct stat st;
	int n = 0, seen = 0, fd;

	CHECK(d);
	while ((e = readdir(d))) {
		seen += !strcmp(e->d_name, "vfio0");
		n++;
	}
	CHECK(n == 3 && seen == 1);
	rewinddir(d);
	CHECK((e = readdir(d)) && !strcmp(e->d_name, "."));

	/* Paths relative to it, and to one above it. */
	fd = openat(dirfd(d), "vfio0/dev", O_RDONLY);
	CHECK(fd >= 0 && read(fd, link, 1) == 1);
	CHECK(!fstatat(dirfd(d), "vfio0", &st, 0) && S_ISDIR(st.st_mode));
	CHECK(!faccessat(dirfd(d), "../vendor", R_OK, 0));
	CHECK(readlinkat(dirfd(d), "../subsystem", link, sizeof(link)) > 0);
	CHECK(!fstat(dirfd(d), &st) && S_ISDIR(st.st_mode));
	FAILS(ENOENT, openat(dirfd(d), "vfio1", O_RDONLY));
	CHECK(!lseek(dirfd(d), 0, SEEK_SET));
	FAILS(EINVAL, (int)syscall(SYS_getdents64, dirfd(d), link, 8));
	CHECK(!closedir(d));

	/* From the program's own directory. */
	CHECK(!chdir("/"));
	CHECK(!access("dev/iommu", F_OK));
	fd = open(".", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && !faccessat(fd, "dev/vfio/vfio", F_OK, 0));
	return 0;
}

/* ---- requests ---------------------------------------------------------------- */

TARGET(legacy)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	int group = open(group_path(), O_RDWR | O_CLOEXEC), device, other;
	uint32_t id, *bar;

	CHECK(container >= 0 && group >= 0);
	CHECK(ioctl(container, VFIO_GET_API_VERSION) == VFIO_API_VERSION);
	CHECK(!ioctl(group, VFIO_GROUP_GET_STATUS, &status));
	CHECK(status.flags == VFIO_GROUP_FLAGS_VIABLE);
	/* A descriptor that is none of VFIO's, and one that is none. */
	other = open("/dev/null", O_RDWR);
	CHECK(ioctl(group, VFIO_GROUP_SET_CONTAINER, &other) == -1);
	other = 4711;
	FAILS(EBADF, ioctl(group, VFIO_GROUP_SET_CONTAINER, &other));
	CHECK(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	CHECK(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	CHECK(!ioctl(container, VFIO_IOMMU_GET_INFO, &info) && info.argsz > sizeof(info));
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, BDF);
	CHECK(device >= 0 && fcntl(device, F_GETFD) == FD_CLOEXEC);
	FAILS(ENODEV, ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "0000:00:77.0"));

	/* Configuration space by the backend, a BAR in the file itself. */
	CHECK(pread(device, &id, 4, 7ll << 40) == 4 && id && id != UINT32_MAX);
	FAILS(EINVAL, (int)pread(device, &id, 4, 8ll << 40));
	FAILS(EFAULT, (int)syscall(SYS_pread64, device, 8, 4, 7ll << 40));
	bar = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	CHECK(bar == MAP_FAILED && errno == EINVAL); /* not asked about yet */
	CHECK(!ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region));
	CHECK(region.flags & VFIO_REGION_INFO_FLAG_MMAP && region.size == 4096);
	bar = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);
	CHECK(bar != MAP_FAILED);
	bar[3] = 0x12345678;
	CHECK(pread(device, &id, 4, 12) == 4 && id == 0x12345678);
	CHECK(mmap(NULL, 8192, PROT_READ, MAP_SHARED, device, 0) == MAP_FAILED);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, container, 0) == MAP_FAILED);
	CHECK(errno == ENODEV);
	return 0;
}

TARGET(iommufd)
{
	int cdev = get_cdev(), iommufd = get_iommufd(), id = bind_iommufd(cdev, iommufd);
	struct vfio_device_attach_iommufd_pt at = { .argsz = sizeof(at) };
	struct iommu_iova_range v[4] = { 0 };
	struct iommu_ioas_iova_ranges r = { .size = sizeof(r) };
	struct iommu_ioas_map map = { .size = sizeof(map),
				      .flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA,
				      .length = 4096 };
	void *page = aligned_alloc(4096, 4096);

	CHECK(id > 0 && page);
	at.pt_id = r.ioas_id = map.ioas_id = alloc_ioas(iommufd);
	CHECK(at.pt_id && !ioctl(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &at));
	/* A call that fails tells how much room it needs; the next has it. */
	FAILS(EMSGSIZE, ioctl(iommufd, IOMMU_IOAS_IOVA_RANGES, &r));
	CHECK(r.num_iovas == 2);
	r.allowed_iovas = (uintptr_t)v;
	CHECK(!ioctl(iommufd, IOMMU_IOAS_IOVA_RANGES, &r));
	CHECK(v[1].last == 0x7fffffffff && !v[2].last);
	map.user_va = (uintptr_t)page;
	CHECK(!ioctl(iommufd, IOMMU_IOAS_MAP, &map));
	FAILS(EEXIST, ioctl(iommufd, IOMMU_IOAS_MAP, &map));
	FAILS(EBUSY, ioctl(iommufd, IOMMU_DESTROY,
			   &(struct iommu_destroy){ .size = 8, .id = (uint32_t)id }));
	FAILS(ENOTTY, ioctl(iommufd, _IO(';', 0xfe), 0));
	free(page);
	return 0;
}

TARGET(bad_pointers)
{
	int iommufd = get_iommufd();
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iommu_ioas_alloc *edge = (void *)(two + 4096 - sizeof(*edge));
	static const struct iommu_ioas_alloc constant = { .size = sizeof(constant) };
	struct iommu_ioas_iova_ranges r = { .size = sizeof(r), .num_iovas = 2, .allowed_iovas = 8 };

	CHECK(two != MAP_FAILED && !munmap(two + 4096, 4096));
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_ALLOC, NULL));
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_ALLOC, (void *)0xffffffff81000000));
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_ALLOC, two + 4096));
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_ALLOC, &constant));
	/* As far as the last byte, and one less. */
	*edge = constant;
	CHECK(!ioctl(iommufd, IOMMU_IOAS_ALLOC, edge));
	memmove((char *)edge + 4, &constant, 8);
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_ALLOC, (char *)edge + 4));
	r.ioas_id = edge->out_ioas_id;
	r.ioas_id = alloc_ioas(iommufd);
	FAILS(EFAULT, ioctl(iommufd, IOMMU_IOAS_IOVA_RANGES, &r));
	/* Past the C library, whose sanitised version looks at pointers too. */
	FAILS(EFAULT, (int)syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY));
	FAILS(EFAULT, (int)syscall(SYS_newfstatat, AT_FDCWD, "/dev/iommu", 8, 0));
	FAILS(EFAULT, (int)syscall(SYS_readlinkat, AT_FDCWD, DEVICE_DIR, 8, 10));
	FAILS(ENOENT, open("", O_RDONLY));
	/* Calls that failed have left nothing behind. */
	CHECK(alloc_ioas(iommufd));
	return 0;
}

FIXTURE(supervised)
{
	struct world w;
};

FIXTURE_SETUP(supervised)
{
	ASSERT_EQ(0, world_start(&self->w));
}

FIXTURE_TEARDOWN(supervised)
{
	int fds = self->w.fds;

	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
	EXPECT_EQ(fds, count_fds());
}

FIXTURE_VARIANT(supervised)
{
	const char *target;
};

FIXTURE_VARIANT_ADD(supervised, files)
{
	.target = "files",
};
FIXTURE_VARIANT_ADD(supervised, directories)
{
	.target = "directories",
};
FIXTURE_VARIANT_ADD(supervised, legacy)
{
	.target = "legacy",
};
FIXTURE_VARIANT_ADD(supervised, iommufd)
{
	.target = "iommufd",
};
FIXTURE_VARIANT_ADD(supervised, bad_pointers)
{
	.target = "bad_pointers",
};

TEST_F(supervised, is_told_what_the_host_would_tell)
{
	ASSERT_EQ(0, world_run(&self->w, variant->target, NULL, NULL));
	EXPECT_EQ(0, self->w.status);
	EXPECT_STREQ("", self->w.said);
	EXPECT_EQ(0, self->w.stats.refused);
	EXPECT_TRUE(!model_unknown(self->w.model) || !strcmp(variant->target, "iommufd"));
}

TEST_HARNESS_MAIN
