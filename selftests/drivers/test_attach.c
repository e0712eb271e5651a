// SPDX-License-Identifier: GPL-2.0-or-later
/* A device is given to a user and comes back, in whatever order things are closed. */
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(attach);
RIG_VARIANTS(attach);
RIG_FIXTURE(cdev);
RIG_VARIANT_IOMMUFD(cdev);
/* Each other way compared with this one. */
RIG_FIXTURE(beside_type1v2);
FIXTURE_VARIANT_ADD(beside_type1v2, model_type1)
{ RIG_TYPE1, true };
FIXTURE_VARIANT_ADD(beside_type1v2, type1)
{ RIG_TYPE1, false };
RIG_VARIANT_COMPAT(beside_type1v2);
RIG_VARIANT_IOMMUFD(beside_type1v2);

/* Attaches again and expects the ranges that were there before. */
static bool same_again(struct rig *r, const struct host_range *want, int n)
{
	struct host_range v[RIG_RANGES];

	if (rig_attach(r) || rig_ranges(r, v, RIG_RANGES) != n)
		return false;
	return !memcmp(v, want, (size_t)n * sizeof(*v));
}

TEST_F(attach, device_is_usable_again_and_again)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	int n;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	for (int i = 0; i < 5; i++) {
		rig_drop(r);
		ASSERT_TRUE(same_again(r, v, n));
	}
}

TEST_F(attach, any_order_of_closing_frees_the_device)
{
	static const uint8_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	int n;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		int *const fds[] = {
			&r->dev,
			&r->group,
			r->mode == RIG_IOMMUFD || r->mode == RIG_COMPAT ? &r->iommufd
									: &r->container,
		};

		/* What is mapped when its owner goes must not hold anything either. */
		ASSERT_EQ(0, rig_map(r, rig_iova(r), 0, rig_page(r)));
		for (int k = 0; k < 3; k++) {
			int *fd = fds[orders[i][k]];

			if (*fd >= 0) {
				EXPECT_EQ(0, shim_close(r->s, *fd));
			}
			*fd = -1;
		}
		r->container = -1;
		ASSERT_TRUE(same_again(r, v, n))
		{
			TH_LOG("order %zu", i);
		}
	}
}

TEST_F(attach, killed_user_leaves_nothing)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	int n, status;
	pid_t pid;

	if (r->model)
		SKIP(return, "the model lives in the process that would be killed");
	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	rig_drop(r);
	fflush(NULL);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (!rig_attach(r) && !rig_map(r, rig_iova(r), 0, rig_page(r)))
			raise(SIGKILL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	ASSERT_TRUE(same_again(r, v, n));
	/* Nothing of the dead one's mappings is in the way. */
	EXPECT_EQ(0, rig_map(r, rig_iova(r), 0, rig_page(r)));
}

TEST_F(attach, second_user_is_refused)
{
	struct rig *r = &self->rig;
	struct rig other = *r;

	RIG_ATTACH(r);
	other.container = other.group = other.dev = other.iommufd = -1;
	ASSERT_EQ(0, rig_open_container(&other));
	if (r->mode == RIG_IOMMUFD) {
		/* A cdev opens as often as asked; one user is bound. */
		ASSERT_EQ(0, rig_open_cdev(&other));
		EXPECT_EQ(-EINVAL, rig_bind(&other));
		EXPECT_EQ(-EINVAL, test_bind(other.s, other.dev, r->iommufd));
	} else {
		EXPECT_EQ(-EBUSY, rig_open_group(&other));
	}
	rig_drop(&other);
	/* The first one is not disturbed. */
	EXPECT_EQ(0, rig_map(r, rig_iova(r), 0, rig_page(r)));
}

TEST_F(attach, group_and_cdev_exclude_each_other)
{
	struct rig *r = &self->rig;
	struct rig other = *r;
	bool by_cdev = r->mode == RIG_IOMMUFD;
	int err;

	if (!r->cdev_path[0])
		SKIP(return, "no cdev for %s", r->bdf);
	if (shim_access(r->s, r->group_path, F_OK))
		SKIP(return, "no %s: a kernel without VFIO_GROUP", r->group_path);
	RIG_ATTACH(r);
	other.container = other.group = other.dev = other.iommufd = -1;
	if (by_cdev) {
		EXPECT_EQ(-EBUSY, rig_open_group(&other));
	} else {
		other.mode = RIG_IOMMUFD;
		ASSERT_EQ(0, rig_open_container(&other));
		ASSERT_EQ(0, rig_open_cdev(&other));
		EXPECT_EQ(-EBUSY, rig_bind(&other));
	}
	rig_drop(&other);
	rig_drop(r);
	/* And the other way is open now. */
	other.mode = by_cdev ? RIG_COMPAT : RIG_IOMMUFD;
	err = rig_attach(&other);
	EXPECT_TRUE(!err || rig_refusal(&other, err));
	rig_drop(&other);
}

/* An open group forbids binding also while nothing was done with it. */
TEST_F(cdev, open_group_forbids_binding)
{
	struct rig *r = &self->rig;
	struct rig other = *r;

	if (shim_access(r->s, r->group_path, F_OK))
		SKIP(return, "no %s: a kernel without VFIO_GROUP", r->group_path);
	ASSERT_EQ(0, rig_open_group(&other));
	ASSERT_EQ(0, rig_open_container(r));
	ASSERT_EQ(0, rig_open_cdev(r));
	EXPECT_EQ(-EBUSY, rig_bind(r));
	shim_close(r->s, other.group);
	other.group = -1;
	if (rig_refusal(r, -EPERM) && rig_bind(r) == -EPERM)
		SKIP(return, "%s", rig_refusal(r, -EPERM));
	if (!r->devid) {
		EXPECT_EQ(0, rig_bind(r));
	}
	/* Binding claims the group; opening it is refused from then on. */
	EXPECT_EQ(-EBUSY, rig_open_group(&other));
}

TEST_F(beside_type1v2, reaches_the_same_addresses)
{
	struct rig *r = &self->rig;
	struct rig other = *r;
	struct host_range a[RIG_RANGES], b[RIG_RANGES];
	char why[KTAP_REASON];
	int n, m;

	if (rig_open_beside(&other, r, RIG_TYPE1V2, why, sizeof(why)))
		SKIP(goto out, "%s", why);
	RIG_ATTACH(r);
	n = rig_ranges(r, a, RIG_RANGES);
	ASSERT_LE(1, n);
	rig_drop(r);
	ASSERT_EQ(0, rig_attach(&other));
	m = rig_ranges(&other, b, RIG_RANGES);
	ASSERT_LE(1, m);
	/* Reserved regions of the group's other devices are kept out by type1 alone. */
	EXPECT_EQ(a[n - 1].last, b[m - 1].last);
	EXPECT_EQ(a[0].start, b[0].start);
	if (n == m) {
		EXPECT_EQ(0, memcmp(a, b, (size_t)n * sizeof(*a)));
	} else {
		EXPECT_LT(n, m);
	}
out:
	rig_close(&other);
}

TEST_HARNESS_MAIN
