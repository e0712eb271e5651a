// SPDX-License-Identifier: GPL-2.0-or-later
/* What counts as a difference between two kernels, on two toys that answer as told. */
#include <fcntl.h>

#include "harness/conform/compare.h"
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi_compat.h"

struct toy {
	struct shim shim;
	int (*ioctl)(struct toy *t, uint32_t req, uintptr_t arg);
	uint32_t next; /* id or fd to give */
};

static int toy_open(struct shim *s, const char *path, int flags)
{
	return 3;
}

static int toy_close(struct shim *s, int fd)
{
	return 0;
}

static int toy_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct toy *t = (struct toy *)s;

	return t->ioctl(t, req, arg);
}

static const struct shim_ops toy_ops = {
	.name = "toy",
	.open = toy_open,
	.close = toy_close,
	.ioctl = toy_ioctl,
};

static int zero(struct toy *t, uint32_t req, uintptr_t arg)
{
	return 0;
}

static int one(struct toy *t, uint32_t req, uintptr_t arg)
{
	return 1;
}

static int noent(struct toy *t, uint32_t req, uintptr_t arg)
{
	return -ENOENT;
}

static int inval(struct toy *t, uint32_t req, uintptr_t arg)
{
	return -EINVAL;
}

static int two_ranges(struct toy *t, uint32_t req, uintptr_t arg)
{
	((struct iommu_ioas_iova_ranges *)arg)->num_iovas = 2;
	return 0;
}

/* Behind the pointer, whose own value comes back as it was. */
static int range_written(struct toy *t, uint32_t req, uintptr_t arg)
{
	uintptr_t to = (uintptr_t)((struct iommu_ioas_iova_ranges *)arg)->allowed_iovas;

	((uint8_t *)to)[3] = 0x77;
	return 0;
}

static int in_front(struct toy *t, uint32_t req, uintptr_t arg)
{
	((uint8_t *)arg)[-1] = 0;
	return 0;
}

static int behind(struct toy *t, uint32_t req, uintptr_t arg)
{
	((uint8_t *)arg)[33] = 0;
	return 0;
}

FIXTURE(compare)
{
	struct host host;
	struct pair p;
	struct toy toy[2];
	struct verdict v;
	struct call c;
};
FIXTURE_VARIANT(compare)
{
	int (*ioctl)(struct toy * t, uint32_t req, uintptr_t arg);
	const char *what; /* differs from one that does nothing and returns 0; NULL: does not */
};
FIXTURE_VARIANT_ADD(compare, nothing)
{ .ioctl = zero };
FIXTURE_VARIANT_ADD(compare, result)
{ .ioctl = one, .what = "result: a 0, b 1" };
FIXTURE_VARIANT_ADD(compare, errno)
{ .ioctl = noent, .what = "result: a 0, b ENOENT" };
FIXTURE_VARIANT_ADD(compare, member)
{ .ioctl = two_ranges, .what = "num_iovas: a 0x4, b 0x2" };
FIXTURE_VARIANT_ADD(compare, behind_pointer)
{
	.ioctl = range_written,
	.what = "buffer byte 3: a 0xa5, b 0x77",
};
FIXTURE_VARIANT_ADD(compare, in_front)
{
	.ioctl = in_front,
	.what = "argument byte -1: a 0xa5, b 0x00",
};
FIXTURE_VARIANT_ADD(compare, behind_struct)
{
	.ioctl = behind,
	.what = "argument byte 33: a 0xa5, b 0x00",
};

FIXTURE_SETUP(compare)
{
	ASSERT_EQ(0, pair_init(&self->p));
	self->p.host = &self->host;
	self->p.name[0] = "a";
	self->p.name[1] = "b";
	for (int i = 0; i < 2; i++) {
		self->toy[i] = (struct toy){ .shim.ops = &toy_ops, .ioctl = zero, .next = 1 };
		self->p.side[i].shim = &self->toy[i].shim;
	}
	self->c = (struct call){ .uid = 0, .op = CALL_OPEN, .flags = O_RDWR };
	pair_call(&self->p, &self->c, &self->v);
	ASSERT_FALSE(self->v.differs);
}

FIXTURE_TEARDOWN(compare)
{
	pair_free(&self->p);
}

static void ranges_call(struct call *c)
{
	*c = (struct call){ .uid = 1,
			    .op = CALL_IOCTL,
			    .kind = UAPI_FD_IOMMUFD,
			    .fd = 0,
			    .req = IOMMU_IOAS_IOVA_RANGES,
			    .room = 40,
			    .fill = POISON };
	call_put(c, 31, 1, 0);
	call_set(c, "size", 32);
	call_set(c, "num_iovas", 4);
	call_set_patch(c, "allowed_iovas", PATCH_BUF, 0, 0);
	c->buf[0].room = 64;
	c->buf[0].fill = POISON;
	c->buf[1].room = 64;
}

TEST_F(compare, sees_exactly_what_differs)
{
	ranges_call(&self->c);
	self->toy[1].ioctl = variant->ioctl;
	pair_call(&self->p, &self->c, &self->v);
	EXPECT_EQ(variant->what != NULL, self->v.differs);
	EXPECT_STREQ(variant->what ? variant->what : "", self->v.what);
}

static int give_id(struct toy *t, uint32_t req, uintptr_t arg)
{
	((struct iommu_ioas_alloc *)arg)->out_ioas_id = t->next;
	return 0;
}

static void alloc_call(struct call *c, int uid)
{
	*c = (struct call){ .uid = (int16_t)uid,
			    .op = CALL_IOCTL,
			    .kind = UAPI_FD_IOMMUFD,
			    .fd = 0,
			    .req = IOMMU_IOAS_ALLOC,
			    .room = 12 };
	call_put(c, 11, 1, 0);
	call_set(c, "size", 12);
}

/* Ids of a, b in the order they are given; the last pair differs or not. */
static const struct ids {
	const char *name;
	uint32_t id[3][2];
	bool differs;
} ids[] = {
	{ "other numbers, one to one", { { 1, 7 }, { 2, 8 }, { 3, 9 } }, false },
	{ "both reuse", { { 1, 7 }, { 2, 8 }, { 1, 7 } }, false },
	{ "only the first reuses", { { 1, 7 }, { 2, 8 }, { 1, 9 } }, true },
	{ "only the second reuses", { { 1, 7 }, { 2, 8 }, { 3, 7 } }, true },
	{ "crossed", { { 1, 7 }, { 2, 8 }, { 1, 8 } }, true },
};

TEST(ids_are_renamed_one_to_one)
{
	struct toy toy[2] = { { .shim.ops = &toy_ops, .ioctl = give_id },
			      { .shim.ops = &toy_ops, .ioctl = give_id } };
	struct host host = { 0 };
	struct verdict v;
	struct call c;
	struct pair p;

	memset(&p, 0, sizeof(p));
	ASSERT_EQ(0, pair_init(&p));
	p.host = &host;
	for (int i = 0; i < 2; i++) {
		p.side[i].shim = &toy[i].shim;
		p.name[i] = i ? "b" : "a";
	}
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		pair_begin(&p);
		c = (struct call){ .uid = 0, .op = CALL_OPEN, .flags = O_RDWR };
		pair_call(&p, &c, &v);
		for (int k = 0; k < 3; k++) {
			toy[0].next = ids[i].id[k][0];
			toy[1].next = ids[i].id[k][1];
			alloc_call(&c, k + 1);
			pair_call(&p, &c, &v);
			EXPECT_EQ(k == 2 && ids[i].differs, v.differs)
			{
				TH_LOG("%s, id %d: %s", ids[i].name, k, v.what);
			}
		}
		/* The renamed id is what each side gets in a later call. */
		EXPECT_EQ(ids[i].id[1][0], p.side[0].id[2]);
		EXPECT_EQ(ids[i].id[1][1], p.side[1].id[2]);
	}
	pair_free(&p);
}

static int give_fd(struct toy *t, uint32_t req, uintptr_t arg)
{
	return (int)t->next;
}

TEST_F(compare, fds_that_are_results_are_renamed)
{
	self->c = (struct call){ .uid = 1,
				 .op = CALL_IOCTL,
				 .kind = UAPI_FD_GROUP,
				 .fd = 0,
				 .req = (uint32_t)VFIO_GROUP_GET_DEVICE_FD,
				 .room = 1,
				 .len = 1 };
	for (int i = 0; i < 2; i++) {
		self->toy[i].ioctl = give_fd;
		self->toy[i].next = 5 + 4 * (uint32_t)i;
	}
	pair_call(&self->p, &self->c, &self->v);
	EXPECT_FALSE(self->v.differs);
	EXPECT_EQ(5, self->p.side[0].fd[1]);
	EXPECT_EQ(9, self->p.side[1].fd[1]);
	self->toy[1].ioctl = inval;
	self->c.uid = 2;
	pair_call(&self->p, &self->c, &self->v);
	EXPECT_TRUE(self->v.differs);
	/* What only one side opened is closed all the same. */
	EXPECT_EQ(5, self->p.side[0].fd[2]);
}

TEST(memory_of_a_side_ends_where_it_says)
{
	struct region map;
	uint8_t b[16];
	struct side s;
	uint64_t end;

	ASSERT_EQ(0, map_region_new(&map));
	ASSERT_EQ(0, side_init(&s, &map));
	end = (uintptr_t)(s.arg.base + s.arg.len);
	EXPECT_EQ(0, s.mem.in(s.mem.ctx, b, end - 16, 16));
	EXPECT_EQ(-EFAULT, s.mem.in(s.mem.ctx, b, end - 15, 16));
	EXPECT_EQ(-EFAULT, s.mem.in(s.mem.ctx, b, end, 1));
	EXPECT_EQ(-EFAULT, s.mem.in(s.mem.ctx, b, 0, 1));
	memset(b, 0x11, sizeof(b));
	/* As the kernel's copy: what fits has been copied. */
	EXPECT_EQ(-EFAULT, s.mem.out(s.mem.ctx, end - 2, b, 16));
	EXPECT_EQ(0x11, s.arg.base[s.arg.len - 1]);
	side_free(&s);
	region_free(&map);
}

TEST_HARNESS_MAIN
