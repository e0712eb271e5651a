// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOMMU_TEST_CMD of a kernel with CONFIG_IOMMUFD_TEST: devices without
 * hardware, on page tables that tests can ask. As much as puts devices on
 * tables and asks what is mapped there; the other operations are refused and
 * remembered as unknown. Numbers and layouts are those of
 * drivers/iommu/iommufd/iommufd_test.h of Linux 6.12 and 7.3.
 */
#include <stdlib.h>

#include "mocks/ictx.h"
#include "mocks/internal.h"

#define MOCK_PAGE	(1ull << 11)
#define MOCK_HUGE_PAGE	(1ull << 20)
#define MOCK_CACHE	0xbaddadu /* what no invalidation has touched; there are none here */
#define MOCK_CACHE_NR	4u
#define MOCK_PASID_BITS 20
#define MOCK_REG	0xdeadbeefu
/* What a test may leave the pinning code as its batch, bytes. */
#define MEMORY_LIMIT_MIN 12u

enum test_op {
	OP_ADD_RESERVED = 1,
	OP_MOCK_DOMAIN = 2,
	OP_CHECK_MAP = 3,
	OP_CHECK_REFS = 4,
	OP_MEMORY_LIMIT = 9,
	OP_MOCK_DOMAIN_REPLACE = 10,
	OP_MOCK_DOMAIN_FLAGS = 12,
	OP_DEV_CHECK_CACHE = 16,
};

struct test_cmd {
	uint32_t size;
	uint32_t op;
	uint32_t id;
	uint32_t reserved;
	union {
		uint64_t words[6];
		struct {
			uint64_t start, length;
		} reserve;
		struct {
			uint32_t stdev_id, hwpt_id, idev_id, flags;
		} device;
		uint32_t pt_id;
		struct {
			uint64_t iova, length, uptr;
		} map;
		struct {
			uint64_t length, uptr;
			uint32_t refs;
		} refs;
		uint32_t limit;
		struct {
			uint32_t id, value;
		} cache;
	};
	uint32_t last;
	uint32_t pad;
};
UAPI_LAYOUT(struct test_cmd, 72);
UAPI_AT(struct test_cmd, last, 64);

/* The test's hold on a device; the device itself is an object beside it. */
struct mock {
	struct obj obj;
	struct dev d;
	struct group g;
	struct host_device h;
	struct host_group hg;
};

/* One for all: what lies behind a mock device. */
static const struct host_iommu mock_iommu = {
	.name = (char *)"mock",
	.type = HOST_IOMMU_OTHER,
	.hw_known = true,
	.hw_type = UAPI_TEST_HW_INFO_TYPE,
	.hw_len = 8,
	.hw_data = { 0, 0, 0, 0, MOCK_REG & 0xff, MOCK_REG >> 8 & 0xff, MOCK_REG >> 16 & 0xff,
		     MOCK_REG >> 24 },
};

#define MOCK_DOMAIN                                                                                \
	{                                                                                          \
		.known = true, .aperture = { 1ull << 24, (1ull << 31) - 1 },                       \
		.pgsizes = MOCK_PAGE | MOCK_HUGE_PAGE                                              \
	}
#define MOCK_UNIT(dirty)                                                                           \
	{                                                                                          \
		.domain = { MOCK_DOMAIN, MOCK_DOMAIN, MOCK_DOMAIN, dirty, MOCK_DOMAIN },           \
		.coherent = true, .isolated_msi = true                                             \
	}
static const struct unit mock_unit = MOCK_UNIT(MOCK_DOMAIN);
static const struct unit mock_unit_clean = MOCK_UNIT({ .attach_errno = EOPNOTSUPP });

/* ---- devices ------------------------------------------------------------------ */

static void mock_detach(struct mock *k)
{
	dev_detach(&k->d);
	if (k->d.obj) {
		group_release(&k->g);
		obj_free(k->d.obj);
	}
	free(k->d.pasids);
}

void selftest_destroy(struct obj *o)
{
	mock_detach((struct mock *)o);
	obj_free(o);
}

static void mock_init(struct mock *k, struct model *m, uint32_t flags)
{
	bool clean = flags & UAPI_TEST_DEVICE_NO_DIRTY;

	k->h.bdf = (char *)"mock";
	k->h.max_pasid_log2 = flags & UAPI_TEST_DEVICE_PASID ? MOCK_PASID_BITS : 0;
	k->g.m = m;
	k->g.h = &k->hg;
	k->d.m = m;
	k->d.h = &k->h;
	k->d.g = &k->g;
	k->d.io = &mock_iommu;
	k->d.unit = clean ? &mock_unit_clean : &mock_unit;
}

/* The kernel's order: the test's object, the device's, then what it is attached to. */
static int mock_domain(struct ucmd *u, struct test_cmd *cmd)
{
	uint32_t flags = cmd->op == OP_MOCK_DOMAIN_FLAGS ? cmd->device.flags : 0, pt_id = cmd->id;
	struct mock *k;
	int err;

	if (flags & ~(UAPI_TEST_DEVICE_NO_DIRTY | UAPI_TEST_DEVICE_PASID))
		return -EINVAL;
	k = obj_new(u->ictx, sizeof(*k), OBJ_SELFTEST);
	if (!k)
		return -ENOMEM;
	mock_init(k, u->m, flags);
	err = group_claim(&k->g, u->ictx);
	if (!err) {
		k->d.obj = obj_new(u->ictx, sizeof(*k->d.obj), OBJ_DEVICE);
		err = k->d.obj ? 0 : -ENOMEM;
	}
	if (!err) {
		k->d.obj->users = 1;
		k->d.obj->dev = &k->d;
		k->d.ictx = u->ictx;
		err = dev_attach(&k->d, &pt_id);
	}
	if (!err) {
		cmd->device.hwpt_id = pt_id;
		cmd->device.stdev_id = k->obj.id;
		cmd->device.idev_id = k->d.obj->id;
		err = ucmd_respond(u);
	}
	if (err)
		selftest_destroy(&k->obj);
	return err;
}

static int mock_replace(struct ucmd *u, struct test_cmd *cmd)
{
	struct mock *k = (struct mock *)obj_get(u->ictx, cmd->id, OBJ_SELFTEST);
	int err = k ? dev_attach(&k->d, &cmd->pt_id) : -ENOENT;

	return err ? err : ucmd_respond(u);
}

static int check_cache(struct ucmd *u, const struct test_cmd *cmd)
{
	if (!dev_by_id(u->ictx, cmd->id))
		return -ENOENT;
	return cmd->cache.id < MOCK_CACHE_NR && cmd->cache.value == MOCK_CACHE ? 0 : -EINVAL;
}

/* ---- what is mapped ------------------------------------------------------------- */

static int add_reserved(struct ucmd *u, const struct test_cmd *cmd)
{
	struct ioas *ioas;

	if (!cmd->reserve.length)
		return -EINVAL;
	if (range_wraps(cmd->reserve.start, cmd->reserve.length))
		return -EOVERFLOW;
	ioas = ioas_get(u->ictx, cmd->id);
	if (!ioas)
		return -ENOENT;
	return ioas_reserve(ioas, cmd->reserve.start,
			    range_end(cmd->reserve.start, cmd->reserve.length), NULL);
}

/* Does the table lead from each iova to the memory at uptr? */
static int check_mapped(struct ucmd *u, const struct test_cmd *cmd)
{
	uint64_t iova = cmd->map.iova, uptr = cmd->map.uptr, length = cmd->map.length;
	const struct hwpt *h;

	h = (struct hwpt *)obj_get(u->ictx, cmd->id, OBJ_ANY);
	if (!h)
		return -ENOENT;
	if (h->obj.type != OBJ_HWPT_PAGING || h->io != &mock_iommu ||
	    (iova | uptr | length) & (MOCK_PAGE - 1) || uptr + length < uptr)
		return -EINVAL;
	while (length) {
		size_t i = ioas_first_area(h->ioas, iova);
		const struct area *a = &h->ioas->areas[i];
		uint64_t step;

		if (i == h->ioas->nareas || a->iova > iova || a->va + (iova - a->iova) != uptr)
			return -EINVAL;
		step = a->last - iova + 1;
		if (step > length)
			step = length;
		iova += step;
		uptr += step;
		length -= step;
	}
	return 0;
}

/* Pages are pinned once for all copies of what was mapped in one call, by any page table. */
static bool counted(const uint64_t *seen, size_t n, uint64_t pages)
{
	for (size_t i = 0; i < n; i++)
		if (seen[i] == pages)
			return true;
	return false;
}

#define REFS_MAX 32

static size_t count_in(const struct ioas *ioas, uint64_t page, uint64_t *seen, size_t n)
{
	for (size_t i = 0; ioas->hwpts && i < ioas->nareas && n < REFS_MAX; i++) {
		const struct area *a = &ioas->areas[i];

		if (!a->file && (a->va & PAGE_MASK) <= page &&
		    page <= a->va + (a->last - a->iova) && !counted(seen, n, a->pages))
			seen[n++] = a->pages;
	}
	return n;
}

static size_t refs_of(struct model *m, uint64_t page)
{
	uint64_t seen[REFS_MAX];
	size_t n = 0;

	for (size_t fd = 0; fd < m->fds_cap; fd++) {
		struct ictx *ictx =
			m->fds[fd] && m->fds[fd]->kind == UAPI_FD_IOMMUFD ? m->fds[fd]->ictx : NULL;

		for (uint32_t id = 1; ictx && id < ictx->objs_cap; id++) {
			const struct ioas *ioas = ioas_get(ictx, id);

			n = ioas ? count_in(ioas, page, seen, n) : n;
		}
	}
	return n;
}

static int check_refs(struct ucmd *u, const struct test_cmd *cmd)
{
	uint64_t page = cmd->refs.uptr, end;

	if ((cmd->refs.length | page) % PAGE_SZ ||
	    __builtin_add_overflow(page, cmd->refs.length, &end))
		return -EINVAL;
	for (; page < end; page += PAGE_SZ) {
		int err = user_pinnable(u->m, page, PAGE_SZ, false);

		if (err)
			return err;
		if (refs_of(u->m, page) != cmd->refs.refs)
			return -EIO;
	}
	return 0;
}

int cmd_test(struct ucmd *u)
{
	struct test_cmd *cmd = u->cmd;

	switch (cmd->op) {
	case OP_ADD_RESERVED: return add_reserved(u, cmd);
	case OP_MOCK_DOMAIN:
	case OP_MOCK_DOMAIN_FLAGS: return mock_domain(u, cmd);
	case OP_MOCK_DOMAIN_REPLACE: return mock_replace(u, cmd);
	case OP_CHECK_MAP: return check_mapped(u, cmd);
	case OP_CHECK_REFS: return check_refs(u, cmd);
	case OP_MEMORY_LIMIT: return cmd->limit < MEMORY_LIMIT_MIN ? -EINVAL : 0;
	case OP_DEV_CHECK_CACHE: return check_cache(u, cmd);
	default: unknown_request(u->m, "test operation", cmd->op); return -EOPNOTSUPP;
	}
}
