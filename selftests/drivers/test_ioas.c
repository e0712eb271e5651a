// SPDX-License-Identifier: GPL-2.0-or-later
/* The iommufd context: structures of any size, ids, ranges of an IOAS. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(ioas);
RIG_VARIANT_IOMMUFD(ioas);

/* Every command of 6.6, and how large its structure was at first and is by feature. */
static const struct {
	uint32_t req, min, size;
	enum host_feature since; /* HOST_F_NR: from the beginning */
	enum host_feature grew;	 /* min grew to size with it */
} commands[] = {
	{ IOMMU_DESTROY, 8, 8, HOST_F_NR, HOST_F_NR },
	{ IOMMU_IOAS_ALLOC, 12, 12, HOST_F_NR, HOST_F_NR },
	{ IOMMU_IOAS_ALLOW_IOVAS, 24, 24, HOST_F_NR, HOST_F_NR },
	{ IOMMU_IOAS_COPY, 40, 40, HOST_F_NR, HOST_F_NR },
	{ IOMMU_IOAS_IOVA_RANGES, 32, 32, HOST_F_NR, HOST_F_NR },
	{ IOMMU_IOAS_MAP, 40, 40, HOST_F_NR, HOST_F_NR },
	{ IOMMU_IOAS_UNMAP, 24, 24, HOST_F_NR, HOST_F_NR },
	{ IOMMU_OPTION, 24, 24, HOST_F_NR, HOST_F_NR },
	{ IOMMU_VFIO_IOAS, 12, 12, HOST_F_NR, HOST_F_NR },
	{ IOMMU_GET_HW_INFO, 32, 40, HOST_F_HWPT, HOST_F_DIRTY },
	{ IOMMU_HWPT_SET_DIRTY_TRACKING, 16, 16, HOST_F_DIRTY, HOST_F_NR },
	{ IOMMU_HWPT_GET_DIRTY_BITMAP, 48, 48, HOST_F_DIRTY, HOST_F_NR },
	{ IOMMU_HWPT_INVALIDATE, 32, 32, HOST_F_INVALIDATE, HOST_F_NR },
	{ IOMMU_FAULT_QUEUE_ALLOC, 16, 16, HOST_F_FAULT, HOST_F_NR },
	{ IOMMU_HWPT_ALLOC, 24, 48, HOST_F_HWPT, HOST_F_FAULT },
};

static bool has(const struct rig *r, enum host_feature f)
{
	return f == HOST_F_NR || r->features & 1u << f;
}

/* req with size bytes, all zero but the size and, at byte `at`, one. An fd that it gives is closed. */
static int send(struct rig *r, uint32_t req, uint32_t size, uint32_t at)
{
	union {
		uint8_t b[128];
		struct iommu_fault_alloc fault;
	} u = { 0 };
	int err;

	if (at)
		u.b[at] = 1;
	memcpy(u.b, &size, sizeof(size));
	err = shim_ioctl(r->s, r->iommufd, req, &u);
	if (!err && req == IOMMU_FAULT_QUEUE_ALLOC)
		shim_close(r->s, (int)u.fault.out_fault_fd);
	return err;
}

TEST_F(ioas, structures_may_be_older_and_newer)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, rig_open_container(r));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const uint32_t req = commands[i].req, min = commands[i].min;
		uint32_t size = commands[i].size;
		int whole;

		if (!has(r, commands[i].since))
			continue;
		if (!has(r, commands[i].grew) && commands[i].grew != HOST_F_NR)
			size = min;
		/* The only one that grew twice. */
		if (req == IOMMU_HWPT_ALLOC && size == min && has(r, HOST_F_DIRTY))
			size = 40;
		EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->iommufd, req, 0));
		EXPECT_EQ(-EINVAL, send(r, req, 0, 0));
		EXPECT_EQ(-EINVAL, send(r, req, min - 1, 0))
		{
			TH_LOG("request 0x%x", req);
		}
		/* Zero is no object's id: most find nothing, none has an objection to the size. */
		whole = send(r, req, size, 0);
		EXPECT_NE(-ENOTTY, whole);
		EXPECT_NE(-E2BIG, whole);
		EXPECT_EQ(whole, send(r, req, size + 1, 0))
		{
			TH_LOG("request 0x%x", req);
		}
		EXPECT_EQ(whole, send(r, req, size + 64, 0));
		EXPECT_EQ(-E2BIG, send(r, req, size + 1, size))
		{
			TH_LOG("request 0x%x", req);
		}
		EXPECT_EQ(-E2BIG, send(r, req, size + 64, size + 63));
		if (min < size) {
			EXPECT_EQ(whole, send(r, req, min, 0));
		}
	}
}

TEST_F(ioas, unknown_commands)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(-ENOTTY, send(r, RIG_UNKNOWN, 64, 0));
	EXPECT_EQ(-ENOTTY, send(r, IOMMU_DESTROY | 0x400000, 64, 0));
	EXPECT_EQ(-ENOTTY, send(r, IOMMU_DESTROY ^ 0x100, 64, 0));
	EXPECT_EQ(-ENOTTY, send(r, VFIO_DEVICE_GET_INFO, 64, 0));
}

TEST_F(ioas, flags_and_reserved_fields_are_eopnotsupp)
{
	struct rig *r = &self->rig;
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc), .flags = 1 };
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q), .__reserved = 1 };
	struct iommu_ioas_allow_iovas allow = { .size = sizeof(allow), .__reserved = 1 };
	struct iommu_ioas_copy copy = { .size = sizeof(copy), .flags = 8, .length = 1 };
	struct iommu_option opt = { .size = sizeof(opt), .option_id = 77 };
	struct iommu_vfio_ioas vfio = { .size = sizeof(vfio), .op = 77 };

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_ALLOC, &alloc));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_ALLOW_IOVAS, &allow));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &copy));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_OPTION, &opt));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &vfio));
}

TEST_F(ioas, ids_are_the_lowest_free_from_1)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, rig_open_container(r));
	for (int i = 1; i <= 5; i++) {
		EXPECT_EQ(i, test_ioas(r->s, r->iommufd));
	}
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, 2));
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, 2));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, 4));
	EXPECT_EQ(2, test_ioas(r->s, r->iommufd));
	EXPECT_EQ(4, test_ioas(r->s, r->iommufd));
	EXPECT_EQ(6, test_ioas(r->s, r->iommufd));
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, 0));
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, 7));
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, 1u << 31));
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, UINT32_MAX));
}

static int ranges(struct rig *r, uint32_t id, uint32_t num, struct iommu_iova_range *v,
		  struct iommu_ioas_iova_ranges *q)
{
	*q = (struct iommu_ioas_iova_ranges){
		.size = sizeof(*q),
		.ioas_id = id,
		.num_iovas = num,
		.allowed_iovas = (uintptr_t)v,
	};
	return shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_IOVA_RANGES, q);
}

TEST_F(ioas, ranges_without_a_device_are_everything)
{
	struct rig *r = &self->rig;
	struct iommu_ioas_iova_ranges q;
	struct iommu_iova_range v[2];
	uint32_t id;

	ASSERT_EQ(0, rig_open_container(r));
	id = (uint32_t)test_ioas(r->s, r->iommufd);
	EXPECT_EQ(-EMSGSIZE, ranges(r, id, 0, NULL, &q));
	EXPECT_EQ(1, q.num_iovas);
	EXPECT_EQ(1, q.out_iova_alignment);
	memset(v, RIG_POISON, sizeof(v));
	EXPECT_EQ(0, ranges(r, id, 2, v, &q));
	EXPECT_EQ(1, q.num_iovas);
	EXPECT_EQ(0, v[0].start);
	EXPECT_EQ(UINT64_MAX, v[0].last);
	EXPECT_EQ(0xa5a5a5a5a5a5a5a5, v[1].start);
	EXPECT_EQ(-ENOENT, ranges(r, id + 1, 2, v, &q));
	EXPECT_EQ(-ENOENT, ranges(r, 0, 2, v, &q));
	EXPECT_EQ(-EFAULT, ranges(r, id, 1, NULL, &q));
	EXPECT_EQ(1, q.num_iovas); /* what was sent */
	/* Bytes can be mapped as long as no page table is behind them. */
	r->ioas = id;
	EXPECT_EQ(0, rig_map(r, 3, 5, 7));
}

/* The reply to every size of buffer from none to too much. */
TEST_F(ioas, ranges_by_size_of_the_buffer)
{
	struct rig *r = &self->rig;
	struct iommu_iova_range full[RIG_RANGES], v[RIG_RANGES];
	struct iommu_ioas_iova_ranges q;
	uint32_t n;

	RIG_ATTACH(r);
	ASSERT_EQ(-EMSGSIZE, ranges(r, r->ioas, 0, NULL, &q));
	n = q.num_iovas;
	ASSERT_LE(1, n);
	ASSERT_GT(RIG_RANGES - 2, n);
	ASSERT_EQ(0, ranges(r, r->ioas, n, full, &q));
	for (uint32_t room = 0; room <= n + 2; room++) {
		const uint32_t got = room < n ? room : n;

		memset(v, RIG_POISON, sizeof(v));
		EXPECT_EQ(room < n ? -EMSGSIZE : 0, ranges(r, r->ioas, room, v, &q));
		EXPECT_EQ(n, q.num_iovas);
		EXPECT_EQ(4096, q.out_iova_alignment);
		EXPECT_EQ(0, memcmp(full, v, got * sizeof(*v)));
		for (uint32_t i = got; i < RIG_RANGES; i++) {
			EXPECT_EQ(0xa5a5a5a5a5a5a5a5, v[i].start);
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		EXPECT_LE(full[i].start, full[i].last);
		if (i) {
			EXPECT_LT(full[i - 1].last, full[i].start);
			EXPECT_LT(1, full[i].start - full[i - 1].last);
		}
	}
}

static int allow(struct rig *r, struct iommu_iova_range *v, uint32_t n)
{
	struct iommu_ioas_allow_iovas a = {
		.size = sizeof(a),
		.ioas_id = r->ioas,
		.num_iovas = n,
		.allowed_iovas = (uintptr_t)v,
	};

	return shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_ALLOW_IOVAS, &a);
}

TEST_F(ioas, allowed_ranges)
{
	struct rig *r = &self->rig;
	struct iommu_iova_range v[2] = { { 1 << 20, (2 << 20) - 1 }, { 4 << 20, (5 << 20) - 1 } };
	struct iommu_iova_range bad[2] = { { 9, 9 }, { 0 } };
	struct host_range seen[2];
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.user_va = (uintptr_t)r->mem,
		.length = 4096,
	};

	ASSERT_EQ(0, rig_open_container(r));
	r->ioas = m.ioas_id = (uint32_t)test_ioas(r->s, r->iommufd);
	EXPECT_EQ(0, allow(r, v, 2));
	/* It says where addresses are picked, not what may be mapped. */
	EXPECT_EQ(1, rig_ranges(r, seen, 2));
	ASSERT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_MAP, &m));
	EXPECT_TRUE((m.iova >= v[0].start && m.iova + 4095 <= v[0].last) ||
		    (m.iova >= v[1].start && m.iova + 4095 <= v[1].last));
	EXPECT_EQ(0, rig_map(r, 8 << 20, 0, 4096));
	EXPECT_EQ(-EINVAL, allow(r, bad, 1));
	bad[0] = (struct iommu_iova_range){ 9, 8 };
	EXPECT_EQ(-EINVAL, allow(r, bad, 1));
	bad[0] = v[0];
	bad[1] = (struct iommu_iova_range){ v[0].last, v[0].last + 10 };
	EXPECT_EQ(-EINVAL, allow(r, bad, 2));
	EXPECT_EQ(-EFAULT, allow(r, NULL, 1));
	EXPECT_EQ(0, allow(r, NULL, 0));
}

TEST_F(ioas, copy_shares_pages)
{
	struct rig *r = &self->rig;
	struct iommu_ioas_copy c = {
		.size = sizeof(c),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.length = 8192,
		.dst_iova = 1 << 20,
		.src_iova = 2 << 20,
	};
	uint64_t size = 8192;

	ASSERT_EQ(0, rig_open_container(r));
	r->ioas = c.src_ioas_id = (uint32_t)test_ioas(r->s, r->iommufd);
	c.dst_ioas_id = (uint32_t)test_ioas(r->s, r->iommufd);
	EXPECT_EQ(-ENOENT, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &c));
	ASSERT_EQ(0, rig_map(r, 2 << 20, 0, 8192));
	EXPECT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &c));
	EXPECT_EQ(-EEXIST, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &c));
	c.dst_iova = 4 << 20;
	c.length = 8192 + 1;
	EXPECT_EQ(-ENOENT, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &c));
	c.length = 0;
	EXPECT_EQ(-EINVAL, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &c));
	c.length = UINT64_MAX;
	EXPECT_EQ(-EOVERFLOW, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_COPY, &c));
	/* The copy lives on without what it was made of. */
	EXPECT_EQ(0, rig_unmap(r, 2 << 20, &size));
	r->ioas = c.dst_ioas_id;
	EXPECT_EQ(0, rig_unmap(r, 1 << 20, &size));
	EXPECT_EQ(8192, size);
}

static int option(struct rig *r, uint32_t id, uint16_t op, uint32_t object, uint64_t *val)
{
	struct iommu_option o = {
		.size = sizeof(o), .option_id = id, .op = op, .object_id = object, .val64 = *val
	};
	int err = shim_ioctl(r->s, r->iommufd, IOMMU_OPTION, &o);

	*val = o.val64;
	return err;
}

TEST_F(ioas, options)
{
	const uint16_t get = IOMMU_OPTION_OP_GET, set = IOMMU_OPTION_OP_SET;
	const uint32_t limit = IOMMU_OPTION_RLIMIT_MODE, huge = IOMMU_OPTION_HUGE_PAGES;
	struct rig *r = &self->rig;
	uint64_t v = 9;
	uint32_t id;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(0, option(r, limit, get, 0, &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(-EOPNOTSUPP, option(r, limit, get, 1, &v));
	EXPECT_EQ(-EOPNOTSUPP, option(r, limit, 2, 0, &v));
	v = 2;
	EXPECT_EQ(-EINVAL, option(r, limit, set, 0, &v));
	id = (uint32_t)test_ioas(r->s, r->iommufd);
	v = 1;
	EXPECT_EQ(-EBUSY, option(r, limit, set, 0, &v));
	EXPECT_EQ(0, option(r, huge, get, id, &v));
	EXPECT_EQ(1, v);
	EXPECT_EQ(-ENOENT, option(r, huge, get, id + 1, &v));
	v = 2;
	EXPECT_EQ(-EINVAL, option(r, huge, set, id, &v));
	v = 0;
	EXPECT_EQ(0, option(r, huge, set, id, &v));
	r->ioas = id;
	EXPECT_EQ(4096, rig_page(r));
	EXPECT_EQ(-EINVAL, rig_map(r, 3, 5, 7));
}

TEST_F(ioas, compat_ioas_is_chosen)
{
	struct iommu_vfio_ioas v = { .size = sizeof(v), .op = IOMMU_VFIO_IOAS_GET };
	struct rig *r = &self->rig;
	uint32_t id;

	ASSERT_EQ(0, rig_open_container(r));
	EXPECT_EQ(-ENODEV, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &v));
	v.op = IOMMU_VFIO_IOAS_SET;
	v.ioas_id = 1;
	EXPECT_EQ(-ENOENT, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &v));
	v.ioas_id = id = (uint32_t)test_ioas(r->s, r->iommufd);
	EXPECT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &v));
	v = (struct iommu_vfio_ioas){ .size = sizeof(v), .op = IOMMU_VFIO_IOAS_GET };
	EXPECT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &v));
	EXPECT_EQ(id, v.ioas_id);
	v.op = IOMMU_VFIO_IOAS_CLEAR;
	EXPECT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &v));
	v.op = IOMMU_VFIO_IOAS_GET;
	EXPECT_EQ(-ENODEV, shim_ioctl(r->s, r->iommufd, IOMMU_VFIO_IOAS, &v));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, id));
}

TEST_HARNESS_MAIN
