// SPDX-License-Identifier: GPL-2.0-or-later
/* Words: kinds of fd, kinds by path, errno. */
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi.h"

TEST(kind_names_go_there_and_back)
{
	for (int k = 0; k < UAPI_FD_NR; k++) {
		ASSERT_NOT_NULL(uapi_fd_name((enum uapi_fd)k));
		EXPECT_EQ(k, uapi_fd_from_name(uapi_fd_name((enum uapi_fd)k)));
	}
	EXPECT_EQ(UAPI_FD_UNKNOWN, uapi_fd_from_name("no such kind"));
	EXPECT_EQ(UAPI_FD_UNKNOWN, uapi_fd_from_name(""));
	EXPECT_STREQ("unknown", uapi_fd_name(UAPI_FD_NR));
}

TEST(a_path_tells_the_kind)
{
	static const struct {
		const char *path;
		enum uapi_fd kind;
	} cases[] = {
		{ "/dev/vfio/vfio", UAPI_FD_CONTAINER },
		{ "/dev/vfio/0", UAPI_FD_GROUP },
		{ "/dev/vfio/17", UAPI_FD_GROUP },
		{ "/dev/vfio/noiommu-3", UAPI_FD_GROUP },
		{ "/dev/vfio/devices/vfio0", UAPI_FD_DEVICE },
		{ "/dev/vfio/devices/noiommu-vfio0", UAPI_FD_DEVICE },
		{ "/dev/iommu", UAPI_FD_IOMMUFD },
		{ "/dev/vhost-vdpa-0", UAPI_FD_VDPA },
		{ "/dev/vhost-vdpa-12", UAPI_FD_VDPA },
		{ "/dev/vfio", UAPI_FD_FILE },
		{ "/dev/vfio/", UAPI_FD_FILE },
		{ "/dev/vfio/vfio0", UAPI_FD_FILE },
		{ "/dev/vfio/devices", UAPI_FD_FILE },
		{ "/dev/vfio/devices/", UAPI_FD_FILE },
		{ "/dev/vfio/12x", UAPI_FD_FILE },
		{ "/dev/vfio/noiommu-", UAPI_FD_FILE },
		{ "/dev/vhost-vdpa-", UAPI_FD_FILE },
		{ "/dev/vhost-net", UAPI_FD_FILE },
		{ "/dev/iommu0", UAPI_FD_FILE },
		{ "/sys/class/iommu", UAPI_FD_FILE },
		{ "", UAPI_FD_FILE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(cases[i].kind, uapi_fd_from_path(cases[i].path))
		TH_LOG("%s", cases[i].path);
	}
}

TEST(errno_names_go_there_and_back)
{
	size_t named = 0;

	for (int e = -5; e < 600; e++) {
		const char *name = uapi_errno_name(e);

		if (!name)
			continue;
		named++;
		EXPECT_EQ(e, uapi_errno_from_name(name))
		TH_LOG("%s", name);
	}
	/* Linux has 131 distinct errno values for user space on every common machine. */
	EXPECT_LE(131 + 1, named);
}

TEST(errno_names_of_the_replies_that_matter)
{
	static const struct {
		int err;
		const char *name;
	} cases[] = {
		{ EPERM, "EPERM" },	      { EAGAIN, "EAGAIN" },
		{ EINVAL, "EINVAL" },	      { ENOTTY, "ENOTTY" },
		{ E2BIG, "E2BIG" },	      { EMSGSIZE, "EMSGSIZE" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { EADDRINUSE, "EADDRINUSE" },
		{ EBADFD, "EBADFD" },	      { ENOBUFS, "ENOBUFS" },
		{ EDEADLK, "EDEADLK" },	      { 524, "ENOTSUPP" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_STREQ(cases[i].name, uapi_errno_name(cases[i].err));
	}
	EXPECT_EQ(EAGAIN, uapi_errno_from_name("EWOULDBLOCK"));
	EXPECT_EQ(EDEADLK, uapi_errno_from_name("EDEADLOCK"));
	EXPECT_EQ(EOPNOTSUPP, uapi_errno_from_name("ENOTSUP"));
	EXPECT_EQ(0, uapi_errno_from_name("ENOSUCHNAME"));
	EXPECT_NULL(uapi_errno_name(0));
	EXPECT_NULL(uapi_errno_name(-EINVAL));
	EXPECT_NULL(uapi_errno_name(523));
}

TEST_HARNESS_MAIN
