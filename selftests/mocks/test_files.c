// SPDX-License-Identifier: GPL-2.0-or-later
/* sysfs, procfs and /dev of a described host. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

#define DEV  "/sys/bus/pci/devices/" BDF
#define REAL "/sys/devices/pci0000:00/" BDF

FIXTURE(files)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_SETUP(files)
{
	struct host_spec spec = { .cmdline = "quiet panic=-1 " };

	self->h = test_host(&spec);
}

FIXTURE_TEARDOWN(files)
{
	shim_destroy(self->s);
	host_free(self->h);
}

/* Content of a file; "" with *err set when it cannot be read. */
static const char *cat(struct shim *s, const char *path, int *err)
{
	static char buf[8192];
	int fd = shim_open(s, path, O_RDONLY);
	ssize_t n = fd;

	buf[0] = '\0';
	if (fd >= 0) {
		n = shim_read(s, fd, buf, sizeof(buf) - 1);
		shim_close(s, fd);
		buf[n > 0 ? n : 0] = '\0';
	}
	*err = n < 0 ? (int)n : 0;
	return buf;
}

static const char *link_of(struct shim *s, const char *path, int *err)
{
	static char buf[512];
	ssize_t n = shim_readlink(s, path, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	*err = n < 0 ? (int)n : 0;
	return buf;
}

/* Names of a directory, separated by blanks. */
static const char *ls(struct shim *s, const char *path, int *err)
{
	static char buf[1024];
	ssize_t n = shim_listdir(s, path, buf, sizeof(buf) - 1);

	*err = n < 0 ? (int)n : 0;
	for (ssize_t i = 0; i < n - 1; i++)
		if (!buf[i])
			buf[i] = ' ';
	if (n <= 0)
		buf[0] = '\0';
	return buf;
}

TEST_F(files, contents)
{
	static const struct {
		const char *path;
		const char *text;
	} rows[] = {
		{ "/proc/sys/kernel/osrelease", "6.12.117\n" },
		{ "/proc/cmdline", "quiet panic=-1 \n" },
		{ DEV "/vendor", "0x1b36\n" },
		{ REAL "/device", "0x0005\n" },
		{ DEV "/iommu_group/type", "DMA-FQ\n" },
		{ DEV "/iommu_group/reserved_regions",
		  "0x00000000fee00000 0x00000000feefffff msi\n" },
		{ "/sys/kernel/iommu_groups/1/type", "DMA-FQ\n" },
		{ DEV "/iommu/intel-iommu/cap", "d2008c22260206\n" },
		{ DEV "/iommu/intel-iommu/ecap", "f00f4a\n" },
		{ DEV "/iommu/intel-iommu/address", "fed90000\n" },
		{ DEV "/iommu/intel-iommu/version", "1:0\n" },
		{ DEV "/iommu/intel-iommu/domains_supported", "65536\n" },
		{ "/sys/class/iommu/dmar0/intel-iommu/domains_used", "5\n" },
		{ DEV "/vfio-dev/vfio0/dev", "252:0\n" },
		{ "/sys/class/vfio-dev/vfio0/dev", "252:0\n" },
		{ DEV "/iommu_group/devices/" BDF "/vendor", "0x1b36\n" },
		{ "/sys/class/iommu/dmar0/devices/" BDF "/./../" BDF "/vendor", "0x1b36\n" },
	};

	self->s = model_new(self->h, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err;

		EXPECT_STREQ(rows[i].text, cat(self->s, rows[i].path, &err))
		{
			TH_LOG("%s: %d", rows[i].path, err);
		}
	}
}

TEST_F(files, links_are_worded_as_the_kernel_does)
{
	static const struct {
		const char *path;
		const char *text;
	} rows[] = {
		{ DEV, "../../../devices/pci0000:00/" BDF },
		{ DEV "/iommu_group", "../../../kernel/iommu_groups/1" },
		{ DEV "/iommu", "../../virtual/iommu/dmar0" },
		{ DEV "/driver", "../../../bus/pci/drivers/vfio-pci" },
		{ DEV "/subsystem", "../../../bus/pci" },
		{ "/sys/class/iommu/dmar0", "../../devices/virtual/iommu/dmar0" },
		{ "/sys/kernel/iommu_groups/1/devices/" BDF,
		  "../../../../devices/pci0000:00/" BDF },
		{ "/dev/char/253:0", "../vfio/1" },
		{ "/dev/char/252:0", "../vfio/devices/vfio0" },
	};

	self->s = model_new(self->h, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err;

		EXPECT_STREQ(rows[i].text, link_of(self->s, rows[i].path, &err))
		{
			TH_LOG("%s: %d", rows[i].path, err);
		}
	}
}

TEST_F(files, links_of_other_drivers_and_deeper_devices)
{
	struct host_device *d;
	int err;

	self->h->iommus[0].type = HOST_IOMMU_AMD;
	self->h->iommus[0].link = strdup("../0000:00:01.0/iommu/dmar0");
	d = test_device(self->h, "0000:01:00.0", 1, 0);
	d->link = strdup("../../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0");
	self->s = model_new(self->h, NULL);
	EXPECT_STREQ("../0000:00:01.0/iommu/dmar0", link_of(self->s, DEV "/iommu", &err));
	EXPECT_STREQ("../../0000:00:01.0/iommu/dmar0",
		     link_of(self->s, "/sys/bus/pci/devices/0000:01:00.0/iommu", &err));
	EXPECT_STREQ("../../../../kernel/iommu_groups/1",
		     link_of(self->s, "/sys/bus/pci/devices/0000:01:00.0/iommu_group", &err));
	EXPECT_STREQ(BDF " 0000:01:00.0", ls(self->s, "/sys/kernel/iommu_groups/1/devices", &err));
	cat(self->s, DEV "/iommu/intel-iommu/cap", &err);
	EXPECT_EQ(-ENOENT, err);
}

TEST_F(files, listings)
{
	int err;

	self->s = model_new(self->h, NULL);
	EXPECT_STREQ("vfio0", ls(self->s, DEV "/vfio-dev", &err));
	EXPECT_STREQ(BDF, ls(self->s, "/sys/bus/pci/devices", &err));
	EXPECT_STREQ("dmar0", ls(self->s, "/sys/class/iommu/", &err));
	EXPECT_STREQ("1", ls(self->s, "/sys/kernel/iommu_groups", &err));
	EXPECT_EQ(-ERANGE, shim_listdir(self->s, "/sys/bus/pci/devices", (char[4]){ 0 }, 4));
	ls(self->s, DEV "/vendor", &err);
	EXPECT_EQ(-ENOTDIR, err);
	ls(self->s, "/sys/nothing", &err);
	EXPECT_EQ(-ENOENT, err);
}

TEST_F(files, errors_of_paths)
{
	static const struct {
		const char *path;
		int flags;
		int err;
	} rows[] = {
		{ "", O_RDONLY, -ENOENT },
		{ "relative", O_RDONLY, -ENOENT },
		{ "/dev/null", O_RDWR, -ENOENT },
		{ DEV "/vendor/x", O_RDONLY, -ENOTDIR },
		{ DEV "/vendor/", O_RDONLY, -ENOTDIR },
		{ DEV "/vendor", O_RDWR, -EACCES },
		{ DEV "/vendor", O_RDONLY | O_DIRECTORY, -ENOTDIR },
		{ "/dev/vfio/devices/", O_RDWR, -EISDIR },
		{ "/loop", O_RDONLY, -ELOOP },
		{ "/sys/secret", O_RDONLY, -EACCES },
	};

	test_file(self->h, "/loop", "loop", true, 0);
	test_file(self->h, "/sys/secret", NULL, false, EACCES);
	self->s = model_new(self->h, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].err, shim_open(self->s, rows[i].path, rows[i].flags))
		{
			TH_LOG("%s", rows[i].path);
		}
	}
	EXPECT_EQ(-EINVAL, shim_readlink(self->s, DEV "/vendor", (char[8]){ 0 }, 8));
	EXPECT_EQ(4, shim_readlink(self->s, DEV, (char[4]){ 0 }, 4)); /* cut */
}

TEST_F(files, what_was_seen_replaces_what_is_made)
{
	int err;

	test_file(self->h, DEV "/vendor", "0x8086\n", false, 0);
	test_file(self->h, DEV "/device", NULL, false, ENOENT);
	test_file(self->h, DEV "/numa_node", NULL, false, ENOENT);
	test_file(self->h, "/sys/kernel/debug/x/y", "deep\n", false, 0);
	test_file(self->h, "/nowhere/at/all", NULL, false, ENOENT);
	test_file(self->h, DEV "/driver", "../../../bus/pci/drivers/other", true, 0);
	self->s = model_new(self->h, NULL);
	EXPECT_STREQ("0x8086\n", cat(self->s, REAL "/vendor", &err));
	cat(self->s, DEV "/device", &err);
	EXPECT_EQ(-ENOENT, err);
	EXPECT_STREQ("deep\n", cat(self->s, "/sys/kernel/debug/x/y", &err));
	EXPECT_EQ(-ENOENT, shim_access(self->s, "/nowhere", F_OK));
	EXPECT_STREQ("../../../bus/pci/drivers/other", link_of(self->s, DEV "/driver", &err));
}

TEST_F(files, directories_outlast_what_is_said_of_files_there)
{
	int err;

	test_file(self->h, "/sys", NULL, false, EACCES);
	test_file(self->h, "/sys/bus/pci", "text\n", false, 0);
	test_file(self->h, REAL "/vendor/below", "text\n", false, 0);
	self->s = model_new(self->h, NULL);
	EXPECT_EQ(0, shim_access(self->s, REAL "/vendor", F_OK));
	EXPECT_EQ(-ENOTDIR, shim_access(self->s, REAL "/vendor/below", F_OK));
	EXPECT_EQ(-EACCES, shim_open(self->s, "/sys", O_RDONLY));
	link_of(self->s, DEV, &err);
	EXPECT_EQ(0, err);
}

TEST_F(files, stat_and_access)
{
	static const struct {
		const char *path;
		uint32_t mode;
		uint32_t major;
		uint32_t minor;
	} rows[] = {
		{ "/dev/vfio/vfio", S_IFCHR | 0666, 10, 196 },
		{ "/dev/iommu", S_IFCHR | 0660, 10, 257 },
		{ "/dev/vfio/1", S_IFCHR | 0600, 253, 0 },
		{ "/dev/vfio/devices/vfio0", S_IFCHR | 0600, 252, 0 },
		{ "/dev/char/252:0", S_IFCHR | 0600, 252, 0 },
		{ DEV, S_IFDIR | 0755, 0, 0 },
		{ DEV "/vendor", S_IFREG | 0444, 0, 0 },
	};
	struct shim_stat st;

	self->s = model_new(self->h, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd;

		ASSERT_EQ(0, shim_stat(self->s, rows[i].path, &st));
		EXPECT_EQ(rows[i].mode, st.mode)
		{
			TH_LOG("%s", rows[i].path);
		}
		EXPECT_EQ(rows[i].major, st.rdev_major);
		EXPECT_EQ(rows[i].minor, st.rdev_minor);
		EXPECT_EQ(0, shim_access(self->s, rows[i].path, R_OK | W_OK));
		fd = shim_open(self->s, rows[i].path, S_ISCHR(rows[i].mode) ? O_RDWR : O_RDONLY);
		ASSERT_LE(0, fd);
		memset(&st, 0, sizeof(st));
		EXPECT_EQ(0, shim_fstat(self->s, fd, &st));
		EXPECT_EQ(rows[i].mode, st.mode);
		EXPECT_EQ(rows[i].minor, st.rdev_minor);
		shim_close(self->s, fd);
	}
	EXPECT_EQ(-ENOENT, shim_stat(self->s, "/dev/vfio/2", &st));
	EXPECT_EQ(-EACCES, shim_access(self->s, DEV "/vendor", X_OK));
	EXPECT_EQ(-EBADF, shim_fstat(self->s, 99, &st));
}

TEST_F(files, reading_goes_on_where_it_stopped)
{
	char b[8];
	int fd;

	self->s = model_new(self->h, NULL);
	fd = shim_open(self->s, DEV "/vendor", O_RDONLY);
	EXPECT_EQ(4, shim_read(self->s, fd, b, 4));
	EXPECT_EQ(3, shim_read(self->s, fd, b, sizeof(b)));
	EXPECT_EQ(0, memcmp(b, "36\n", 3));
	EXPECT_EQ(0, shim_read(self->s, fd, b, sizeof(b)));
	EXPECT_EQ(2, shim_pread(self->s, fd, b, 2, 2));
	EXPECT_EQ(-EBADF, shim_write(self->s, fd, b, 1));
	fd = shim_open(self->s, "/sys", O_RDONLY);
	EXPECT_EQ(-EISDIR, shim_read(self->s, fd, b, 1));
}

TEST_F(files, nodes_that_cannot_be_opened)
{
	self->h->iommufd.open_err = ENODEV;
	self->h->container.present = false;
	self->s = model_new(self->h, NULL);
	EXPECT_EQ(-ENODEV, shim_open(self->s, "/dev/iommu", O_RDWR));
	EXPECT_EQ(0, shim_access(self->s, "/dev/iommu", F_OK));
	EXPECT_EQ(-ENOENT, shim_open(self->s, "/dev/vfio/vfio", O_RDWR));
	EXPECT_LE(0, shim_open(self->s, "/dev/vfio/1", O_RDWR));
}

TEST(host_without_an_iommu)
{
	struct host_spec spec = { .no_iommu = true };
	struct host *h = test_host(&spec);
	struct shim *s = model_new(h, NULL);
	int err;

	link_of(s, DEV "/iommu_group", &err);
	EXPECT_EQ(-ENOENT, err);
	link_of(s, DEV "/iommu", &err);
	EXPECT_EQ(-ENOENT, err);
	ls(s, DEV "/vfio-dev", &err);
	EXPECT_EQ(-ENOENT, err);
	EXPECT_STREQ("", ls(s, "/sys/kernel/iommu_groups", &err));
	EXPECT_EQ(0, err);
	EXPECT_EQ(-ENOENT, test_open_group(s, 1));
	EXPECT_EQ(-EISDIR, shim_open(s, DEV, O_RDWR));
	EXPECT_LE(0, shim_open(s, "/dev/vfio/vfio", O_RDWR));
	shim_destroy(s);
	host_free(h);
}

TEST(host_without_cdevs)
{
	struct host_spec spec = { .release = "6.1.0-56-amd64" };
	struct host *h = test_host(&spec);
	struct shim *s = model_new(h, NULL);
	int err;

	EXPECT_STREQ("vfio0", ls(s, DEV "/vfio-dev", &err)); /* there, without a dev file */
	cat(s, DEV "/vfio-dev/vfio0/dev", &err);
	EXPECT_EQ(-ENOENT, err);
	EXPECT_EQ(-ENOENT, test_open_cdev(s, "vfio0"));
	EXPECT_EQ(-ENOENT, shim_open(s, "/dev/iommu", O_RDWR));
	shim_destroy(s);
	host_free(h);
}

TEST_HARNESS_MAIN
