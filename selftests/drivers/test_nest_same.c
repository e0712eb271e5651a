// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model against the mock device of this kernel's iommufd: the same random
 * sequences of requests about page tables on both, and the same results. The
 * mock device has other addresses, page sizes and data than VT-d, so that what
 * is compared are results, not addresses (harness/conform compares those on
 * real drivers). HIOD_SEED=N is the first sequence, HIOD_SEQUENCES=N
 * how many; a seed alone is one sequence.
 */
#include <sys/utsname.h>

#include "mocks/model.h"
#include "selftests/drivers/drivers.h"
#include "selftests/drivers/mockdev.h"
#include "selftests/mocks/hosts.h"

#define SEQUENCES 300 /* or HIOD_SEQUENCES */
#define CALLS	  40
#define OBJECTS	  16
#define NOBODY	  0xfffffu /* an id that is not in use */
#define BASE	  0x2000000ull

enum kind { DEAD, DEVICE, IOAS, TABLE, NESTED };

struct side {
	struct shim *s;
	const struct nest_kind *k;
	int iommufd, dev;
	uint32_t id[OBJECTS]; /* the same object on both sides; [0] the device */
};

enum op {
	OP_IOAS,
	OP_TABLE,
	OP_NESTED,
	OP_ATTACH,
	OP_DETACH,
	OP_ATTACH_PASID,
	OP_DETACH_PASID,
	OP_DESTROY,
	OP_SET_DIRTY,
	OP_GET_DIRTY,
	OP_INVALIDATE,
	OP_MAP,
	OP_UNMAP,
	OP_NR
};

/* obj: number of an object, OBJECTS for none. The rest by op. */
struct call {
	enum op op;
	unsigned obj;
	uint32_t a, b, c;
	uint64_t iova, len;
	int rc[2];
	uint32_t out[2];
};

/* ---- a call on one side ---- */

static uint32_t id_of(const struct side *s, unsigned obj)
{
	return obj < OBJECTS ? s->id[obj] : NOBODY;
}

static int alloc_table(const struct side *s, const struct call *c, uint32_t *out)
{
	struct uapi_hwpt_alloc a = { .size = sizeof(a),
				     .flags = c->a,
				     .dev_id = c->b ? NOBODY : s->id[0],
				     .pt_id = id_of(s, c->obj),
				     .fault_id = NOBODY };
	uint8_t data[NEST_DATA_MAX];
	int rc;

	if (c->op == OP_NESTED) {
		nest_data(s->k, data);
		a.data_type = c->c == 1 ? 77 : s->k->data_type;
		a.data_len = c->c == 2 ? s->k->data_len - 1 : c->c == 3 ? 4096 : s->k->data_len;
		a.data_uptr = c->c == 4 ? 0 : (uintptr_t)data;
	}
	rc = shim_ioctl(s->s, s->iommufd, IOMMU_HWPT_ALLOC, &a);
	*out = a.out_hwpt_id;
	return rc;
}

static int invalidate(const struct side *s, const struct call *c, uint32_t *out)
{
	uint8_t e[4 * NEST_DATA_MAX], one[NEST_DATA_MAX];
	struct iommu_hwpt_invalidate v = {
		.size = sizeof(v),
		.hwpt_id = id_of(s, c->obj),
		.data_uptr = (uintptr_t)e,
		.data_type = c->b == 1 ? 99 : s->k->inv_type,
		.entry_len = c->b == 2	 ? s->k->inv_len - 1
			     : c->b == 3 ? s->k->inv_len + 8
					 : s->k->inv_len,
		.entry_num = c->a,
		.__reserved = c->b == 4,
	};
	int rc;

	/* The last of them as told; more than three are none that are right. */
	memset(e, 0, sizeof(e));
	for (unsigned i = 0; i < 4; i++) {
		nest_entry(s->k, i + 1 == c->a ? (enum nest_entry)c->c : NEST_ENTRY_GOOD, one);
		memcpy(e + i * v.entry_len, one, s->k->inv_len);
	}
	rc = shim_ioctl(s->s, s->iommufd, IOMMU_HWPT_INVALIDATE, &v);
	*out = v.entry_num;
	return rc;
}

static int attach(const struct side *s, const struct call *c)
{
	struct uapi_attach_iommufd_pt a = { .argsz = c->op == OP_ATTACH ? 12 : sizeof(a),
					    .pt_id = id_of(s, c->obj),
					    .flags = c->op != OP_ATTACH,
					    .pasid = c->a };
	struct uapi_detach_iommufd_pt d = { .argsz = c->op == OP_DETACH ? 8 : sizeof(d),
					    .flags = c->op != OP_DETACH,
					    .pasid = c->a };

	if (c->op == OP_ATTACH || c->op == OP_ATTACH_PASID)
		return shim_ioctl(s->s, s->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
	return shim_ioctl(s->s, s->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

static int map(const struct side *s, const struct call *c, void *data)
{
	struct iommu_ioas_map m = { .size = sizeof(m),
				    .flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
					     IOMMU_IOAS_MAP_WRITEABLE,
				    .ioas_id = id_of(s, c->obj),
				    .user_va = (uintptr_t)data,
				    .length = c->len,
				    .iova = c->iova };
	uint64_t len = c->len;

	if (c->op == OP_MAP)
		return shim_ioctl(s->s, s->iommufd, IOMMU_IOAS_MAP, &m);
	return test_ioas_unmap(s->s, s->iommufd, m.ioas_id, c->iova, &len);
}

static int dirty(const struct side *s, const struct call *c)
{
	struct iommu_hwpt_set_dirty_tracking set = { .size = sizeof(set),
						     .hwpt_id = id_of(s, c->obj),
						     .flags = c->a };
	uint64_t bits[16] = { 0 };
	struct iommu_hwpt_get_dirty_bitmap get = { .size = sizeof(get),
						   .hwpt_id = id_of(s, c->obj),
						   .flags = c->a,
						   .iova = c->iova,
						   .length = c->len,
						   .page_size = c->b,
						   .data = c->c ? 0 : (uintptr_t)bits };

	if (c->op == OP_SET_DIRTY)
		return shim_ioctl(s->s, s->iommufd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set);
	return shim_ioctl(s->s, s->iommufd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get);
}

static int make_call(const struct side *s, const struct call *c, void *data, uint32_t *out)
{
	int rc;

	*out = 0;
	switch (c->op) {
	case OP_IOAS:
		rc = test_ioas(s->s, s->iommufd);
		*out = rc < 0 ? 0 : (uint32_t)rc;
		return rc < 0 ? rc : 0;
	case OP_TABLE:
	case OP_NESTED: return alloc_table(s, c, out);
	case OP_ATTACH:
	case OP_DETACH:
	case OP_ATTACH_PASID:
	case OP_DETACH_PASID: return attach(s, c);
	case OP_DESTROY: return test_destroy(s->s, s->iommufd, id_of(s, c->obj));
	case OP_SET_DIRTY:
	case OP_GET_DIRTY: return dirty(s, c);
	case OP_INVALIDATE: return invalidate(s, c, out);
	default: return map(s, c, data);
	}
}

/* ---- what is called ---- */

/* What there is so far, and what this kernel and device have. */
struct gen {
	uint64_t rng;
	enum kind kind[OBJECTS];
	uint32_t flags[OBJECTS]; /* of a page table, as it was made */
	unsigned nobj, ncalls;
	bool kernel_pasid, pasid;
};

static uint32_t draw(struct gen *g, uint32_t n)
{
	g->rng ^= g->rng << 13;
	g->rng ^= g->rng >> 7;
	g->rng ^= g->rng << 17;
	return (uint32_t)((g->rng >> 11) % n);
}

/* Mostly one of that kind made with those flags, if there is any; at times any, or none. */
static unsigned pick(struct gen *g, enum kind kind, uint32_t flags)
{
	unsigned at = draw(g, g->nobj);
	bool strict = draw(g, 8);

	if (draw(g, 12) == 0)
		return g->kind[at] != DEAD && draw(g, 2) ? at : OBJECTS;
	for (unsigned i = 0; i < g->nobj; i++, at = (at + 1) % g->nobj)
		if (g->kind[at] == kind && (!strict || (g->flags[at] & flags) == flags))
			return at;
	return OBJECTS;
}

/* A table for the device to be on. */
static unsigned pick_target(struct gen *g, uint32_t flags)
{
	static const enum kind any[] = {
		IOAS, TABLE, TABLE, TABLE, NESTED, NESTED, NESTED, DEVICE
	};

	return pick(g, any[draw(g, ARRAY_SIZE(any))], flags);
}

static void generate_table(struct gen *g, struct call *c)
{
	static const uint32_t flags[] = { 0, 0, 1, 1, 2, 3, 3, 4, 5, 16 };
	const uint32_t pasid = g->kernel_pasid ? UAPI_HWPT_PASID : 0;

	if (c->op == OP_TABLE) {
		c->obj = pick(g, IOAS, 0);
		c->a = flags[draw(g, ARRAY_SIZE(flags))] | (draw(g, 3) ? pasid : 0);
		c->b = draw(g, 20) == 0;
		if (!pasid && draw(g, 10) == 0)
			c->a |= UAPI_HWPT_PASID;
		return;
	}
	c->obj = pick(g, TABLE, UAPI_HWPT_NEST_PARENT);
	/* The mock driver takes data for its plain tables, too; no real one does. */
	if (c->obj < OBJECTS && g->kind[c->obj] == IOAS)
		c->obj = OBJECTS;
	c->a = draw(g, 8) ? pasid : draw(g, 32);
	c->c = draw(g, 6) ? 0 : draw(g, 5);
}

static enum op pick_op(struct gen *g)
{
	static const enum op first[] = { OP_IOAS, OP_TABLE, OP_NESTED, OP_NESTED };
	static const uint8_t weight[OP_NR] = {
		[OP_IOAS] = 1,	    [OP_TABLE] = 4,	   [OP_NESTED] = 4,	  [OP_ATTACH] = 8,
		[OP_DETACH] = 2,    [OP_ATTACH_PASID] = 8, [OP_DETACH_PASID] = 3, [OP_DESTROY] = 4,
		[OP_SET_DIRTY] = 3, [OP_GET_DIRTY] = 3,	   [OP_INVALIDATE] = 4,	  [OP_MAP] = 3,
		[OP_UNMAP] = 2
	};
	int at = 0;
	enum op op = 0;

	if (g->ncalls < ARRAY_SIZE(first))
		return first[g->ncalls];
	for (unsigned i = 0; i < OP_NR; i++)
		at += weight[i];
	at = (int)draw(g, (uint32_t)at);
	while ((at -= weight[op]) >= 0)
		op++;
	/* A mock device without PASIDs has one nevertheless, and is no example. */
	if (!g->pasid && (op == OP_ATTACH_PASID || op == OP_DETACH_PASID))
		return OP_ATTACH;
	return op;
}

static struct call generate(struct gen *g)
{
	static const uint32_t pasids[] = { 1, 5, 5, 5, (1 << 20) - 1, 1 << 20, 0x7fffffff };
	static const uint32_t pages[] = { 4096, 4096, 4096, 8192, 0, 1 << 20 };
	struct call c = { .obj = OBJECTS, .op = pick_op(g) };

	switch (c.op) {
	case OP_TABLE:
	case OP_NESTED: generate_table(g, &c); break;
	case OP_ATTACH_PASID:
		c.a = pasids[draw(g, ARRAY_SIZE(pasids))];
		c.obj = pick_target(g, UAPI_HWPT_PASID);
		break;
	case OP_ATTACH: c.obj = pick_target(g, draw(g, 2) ? UAPI_HWPT_PASID : 0); break;
	case OP_DETACH_PASID: c.a = pasids[draw(g, ARRAY_SIZE(pasids))]; break;
	case OP_DESTROY: c.obj = pick_target(g, 0); break;
	case OP_SET_DIRTY:
	case OP_GET_DIRTY:
		c.obj = pick(g, TABLE, UAPI_HWPT_DIRTY_TRACKING);
		c.a = draw(g, 6) ? draw(g, 2) : 2;
		c.b = pages[draw(g, ARRAY_SIZE(pages))];
		c.c = draw(g, 8) == 0;
		break;
	case OP_INVALIDATE:
		c.obj = pick(g, NESTED, 0);
		c.a = draw(g, 4);
		c.b = draw(g, 3) ? 0 : draw(g, 5);
		c.c = draw(g, 3);
		break;
	case OP_MAP:
	case OP_UNMAP: c.obj = pick(g, IOAS, 0); break;
	default: break;
	}
	c.iova = BASE + 4096 * draw(g, 6) + (c.op == OP_GET_DIRTY && draw(g, 8) == 0) * 0x400;
	c.len = 4096 * (1 + draw(g, 2));
	return c;
}

/* ---- a sequence ---- */

FIXTURE(same)
{
	struct host *h;
	struct side side[2]; /* the mock device, the model */
	struct gen gen;
	void *data;
	struct call log[CALLS];
};
FIXTURE_VARIANT(same)
{
	bool pasid, dirty;
};
FIXTURE_VARIANT_ADD(same, mock)
{ true, true };
FIXTURE_VARIANT_ADD(same, mock_plain)
{ false, false };

FIXTURE_SETUP(same)
{
	/* Tracking of writes needs SLADS. */
	struct host_spec spec = { .cap = CAP_FULL,
				  .ecap = variant->dirty ? ECAP_FULL : ECAP_FULL & ~(1ull << 45) };
	const char *missing = mockdev_missing();
	struct utsname un;
	uint32_t flags;

	if (missing || uname(&un))
		SKIP(return, "%s", missing ? missing : "no uname");
	spec.release = un.release;
	self->h = test_host(&spec);
	if (!(self->h->features & 1u << HOST_F_DIRTY))
		SKIP(return, "page tables cannot be asked for before Linux 6.7");
	flags = variant->dirty ? 0 : UAPI_TEST_DEVICE_NO_DIRTY;
	if (variant->pasid && self->h->features & 1u << HOST_F_PASID) {
		self->h->devices[0].max_pasid_log2 = 20;
		flags |= UAPI_TEST_DEVICE_PASID;
	}
	self->side[0] = (struct side){ mockdev_new(self->h, flags), &nest_of_mock, -1, -1, { 0 } };
	self->side[1] =
		(struct side){ model_new(self->h, &uapi_mem_checked), &nest_of_vtd, -1, -1, { 0 } };
	self->data = aligned_alloc(4096, 16 * 4096);
	if (!self->side[1].s || !self->data)
		abort();
	memset(self->data, 0, 16 * 4096);
}

FIXTURE_TEARDOWN(same)
{
	for (int i = 0; i < 2; i++)
		shim_destroy(self->side[i].s);
	host_free(self->h);
	free(self->data);
}

static const char *const op_name[OP_NR] = { "ioas",	 "table",	 "nested",	 "attach",
					    "detach",	 "attach pasid", "detach pasid", "destroy",
					    "set dirty", "get dirty",	 "invalidate",	 "map",
					    "unmap" };

static void print(const struct call *log, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct call *c = &log[i];

		printf("# %2u %-12s obj %u a %#x b %#x c %#x iova %#llx len %#llx: %d (%u), %d (%u)\n",
		       i, op_name[c->op], c->obj, c->a, c->b, c->c, (unsigned long long)c->iova,
		       (unsigned long long)c->len, c->rc[0], c->out[0], c->rc[1], c->out[1]);
	}
}

/* Everything anew: descriptors, and the device bound. */
static int restart(struct side *s)
{
	int id;

	if (s->dev >= 0)
		shim_close(s->s, s->dev);
	if (s->iommufd >= 0)
		shim_close(s->s, s->iommufd);
	s->iommufd = shim_open(s->s, "/dev/iommu", O_RDWR);
	s->dev = test_open_cdev(s->s, "vfio0");
	id = test_bind(s->s, s->dev, s->iommufd);
	if (id < 0)
		return id;
	s->id[0] = (uint32_t)id;
	return 0;
}

static enum kind kind_made_by(const struct call *c)
{
	return c->op == OP_IOAS ? IOAS : c->op == OP_TABLE ? TABLE : NESTED;
}

/* An emulated processor takes its time. */
TEST_F_TIMEOUT(same, results_of_the_mock_device_and_of_the_model, 240)
{
	const char *one = getenv("HIOD_SEED"), *many = getenv("HIOD_SEQUENCES");
	unsigned long seed = one ? strtoul(one, NULL, 0) : 1;
	unsigned long last = seed + (many ? strtoul(many, NULL, 0) : one ? 1 : SEQUENCES) - 1;
	unsigned long ok[OP_NR] = { 0 }, refused[OP_NR] = { 0 };
	struct gen *g = &self->gen;

	for (; seed <= last; seed++) {
		*g = (struct gen){ .rng = seed * 0x9e3779b97f4a7c15ull,
				   .kind = { DEVICE },
				   .nobj = 1,
				   .kernel_pasid = self->h->features & 1u << HOST_F_PASID,
				   .pasid = variant->pasid };
		for (int i = 0; i < 2; i++)
			ASSERT_EQ(0, restart(&self->side[i]));
		for (; g->ncalls < CALLS; g->ncalls++) {
			struct call *c = &self->log[g->ncalls];

			*c = generate(g);
			if (g->nobj == OBJECTS && c->op <= OP_NESTED)
				break;
			for (int i = 0; i < 2; i++)
				c->rc[i] = make_call(&self->side[i], c, self->data, &c->out[i]);
			++*(c->rc[0] ? &refused[c->op] : &ok[c->op]);
			if (c->rc[0] != c->rc[1] ||
			    (c->op == OP_INVALIDATE && c->out[0] != c->out[1])) {
				print(self->log, g->ncalls + 1);
				TH_LOG("HIOD_SEED=%lu", seed);
				ASSERT_EQ(c->rc[0], c->rc[1]);
				ASSERT_EQ(c->out[0], c->out[1]);
			}
			if (!c->rc[0] && c->op == OP_DESTROY)
				g->kind[c->obj] = DEAD;
			if (c->rc[0] || c->op > OP_NESTED)
				continue;
			g->kind[g->nobj] = kind_made_by(c);
			g->flags[g->nobj] = c->op == OP_IOAS ? 0 : c->a;
			for (int i = 0; i < 2; i++)
				self->side[i].id[g->nobj] = c->out[i];
			g->nobj++;
		}
	}
	for (unsigned op = 0; op < OP_NR; op++)
		printf("# %-12s %6lu done, %6lu refused\n", op_name[op], ok[op], refused[op]);
	/* Whatever was called was done, and was refused, at times. */
	for (unsigned op = 0; !one && op < OP_NR; op++) {
		bool pasid = op == OP_ATTACH_PASID || op == OP_DETACH_PASID;
		bool done = !pasid || (g->pasid && g->kernel_pasid);
		bool fails = op != OP_IOAS && op != OP_DETACH;

		if (op == OP_SET_DIRTY || op == OP_GET_DIRTY)
			done = variant->dirty;
		if (op == OP_ATTACH_PASID)
			fails = g->pasid;
		else if (op == OP_DETACH_PASID)
			fails = g->pasid && !g->kernel_pasid;
		EXPECT_EQ(done, ok[op] > 20)
		{
			TH_LOG("%s", op_name[op]);
		}
		EXPECT_EQ(fails, refused[op] > 20)
		{
			TH_LOG("%s", op_name[op]);
		}
	}
}

TEST_HARNESS_MAIN
