// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls aimed at one of the results that there are (expected.c): a valid call
 * whose argument is then broken in the way that this result answers. Chance
 * alone would need far more calls for the seldom ones.
 */
#include <errno.h>
#include <string.h>

#include "harness/conform/aim.h"
#include "harness/conform/gen_hwpt.h"
#include "harness/uapi/uapi_compat.h"

size_t aims_init(uint16_t *aims, const struct host *h, uint32_t able)
{
	size_t n = 0;

	for (size_t i = 0; i < nexpected && n < AIMS_MAX; i++) {
		const struct expected *e = &expected[i];

		if (!e->open && !e->why && (e->need & h->features) == e->need &&
		    !(e->lack & h->features) && (e->able & able) == e->able)
			for (int k = 0; k <= e->more && n < AIMS_MAX; k++)
				aims[n++] = (uint16_t)i;
	}
	return n;
}

static const struct uapi_field *any_field(struct gen *gen, const struct uapi_row *row,
					  unsigned int kinds, uint8_t dir)
{
	const struct uapi_field *v[16];
	size_t n = 0;

	for (size_t i = 0; i < row->nfields && n < 16; i++)
		if (kinds & 1u << row->fields[i].kind && row->fields[i].dir & dir)
			v[n++] = &row->fields[i];
	return n ? v[choices_index(gen->c, n)] : NULL;
}

/* An address that is not there: of the argument, or of what it points to. */
static void for_efault(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	struct call_patch *p = NULL;

	for (size_t i = 0; i < c->npatch; i++)
		if (c->patch[i].what == PATCH_BUF)
			p = &c->patch[i];
	if (p && choices_bool(gen->c, 60)) {
		struct call_buf *b = &c->buf[p->ref];

		if (b->room > 1 && choices_bool(gen->c, 50))
			b->room = (uint16_t)choices_range(gen->c, 1, b->room - 1u);
		else
			b->place = choices_bool(gen->c, 50) ? PLACE_UNMAPPED : PLACE_NULL;
		return;
	}
	if (row->min > 1 && c->room >= row->min && choices_bool(gen->c, 40))
		c->room = (uint16_t)choices_range(gen->c, 1, row->min - 1);
	else
		c->place = choices_bool(gen->c, 50) ? PLACE_UNMAPPED : PLACE_NULL;
}

static void for_einval(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	const bool sized = row->rule == UAPI_SIZE_EXT || row->rule == UAPI_SIZE_ARGSZ;

	if (!sized || choices_bool(gen->c, 20)) {
		gen_break(gen, c);
		return;
	}
	call_put(c, 0, 4, choices_bool(gen->c, 60) ? row->min - 1 : choices_upto(gen->c, row->min));
}

static void for_e2big(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	static const uint8_t more[] = { 1, 4, 8, 64 };
	uint16_t size = (uint16_t)(row->size + CHOICES_PICK(gen->c, more));

	call_put(c, (uint16_t)(row->size - 1), 1, call_get(c, (uint16_t)(row->size - 1), 1));
	call_put(c, 0, 4, size);
	c->room = size;
	c->fill = POISON;
}

static void for_eopnotsupp(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	const struct uapi_field *f =
		any_field(gen, row, 1u << UAPI_RESERVED | 1u << UAPI_FLAGS, UAPI_IN);

	if (!f)
		f = call_field(row, "flags");
	if (!f || f->off + f->width > c->len)
		return;
	if (f->kind == UAPI_RESERVED)
		call_put(c, f->off, 1, choices_range(gen->c, 1, 255));
	else
		call_put(c, f->off, f->width,
			 call_get(c, f->off, f->width) | 1ull << choices_range(gen->c, 4, 31));
}

static void for_enoent(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	static const uint64_t ids[] = { 0, 0x7fffffff, 0x80000000, 0xffffffff };
	const struct uapi_field *f = any_field(gen, row, 1u << UAPI_ID, UAPI_IN);
	const struct known *k = &gen->k;
	const struct known_obj *o;

	/* No mapping there to give a new address. */
	if (row->req == VFIO_IOMMU_MAP_DMA && row->fd == UAPI_FD_CONTAINER)
		call_set(c, "flags", VFIO_DMA_MAP_FLAG_VADDR);
	if (!f)
		return;
	/* Those that would be refused for another reason before anything is looked up. */
	if (row->req == IOMMU_VFIO_IOAS)
		call_set(c, "op", IOMMU_VFIO_IOAS_SET);
	if (row->req == UAPI_VIOMMU_ALLOC) {
		call_set(c, "type", 1);
		f = call_field(row, "dev_id");
	}
	o = k->nobj ? &k->obj[choices_index(gen->c, k->nobj)] : NULL;
	/* What is of another kind is EINVAL to an attach. */
	if (o && (!o->alive || choices_bool(gen->c, row->fd == UAPI_FD_DEVICE ? 10 : 50))) {
		call_patch(c, f->off, f->width, PATCH_ID, o->uid, 0);
		return;
	}
	call_unpatch(c, f->off);
	call_put(c, f->off, f->width, CHOICES_PICK(gen->c, ids));
}

/* An fd of a kind that the request cannot be about; NOBODY: none is open. */
static int fd_of_other_kind(struct gen *gen, const struct uapi_row *row)
{
	const struct known_fd *f = NULL;

	for (int i = 0; i < 6; i++) {
		f = gen->k.nfd ? &gen->k.fd[choices_index(gen->c, gen->k.nfd)] : NULL;
		if (f && f->open && f->kind != UAPI_FD_IOMMUFD &&
		    (f->kind != UAPI_FD_CONTAINER || row->fd == UAPI_FD_DEVICE))
			return f->uid;
	}
	return NOBODY;
}

static void for_ebadf(struct gen *gen, struct call *c, const struct uapi_row *row, bool wrong_kind)
{
	const struct uapi_field *f = any_field(gen, row, 1u << UAPI_FDNO, UAPI_IN);

	if (f)
		call_patch(c, f->off, f->width, PATCH_FD,
			   wrong_kind ? fd_of_other_kind(gen, row) : NOBODY, 0);
}

/* The IOVA and the length of a mapping request, whatever it calls them. */
static const struct uapi_field *iova_of(const struct uapi_row *row)
{
	const struct uapi_field *f = call_field(row, "iova");

	return f ? f : call_field(row, "dst_iova");
}

static const struct uapi_field *length_of(const struct uapi_row *row)
{
	const struct uapi_field *f = call_field(row, "length");

	return f ? f
	       : row->fields[0].kind == UAPI_ARGSZ && row->fd == UAPI_FD_CONTAINER
		       ? call_field(row, "size")
		       : NULL;
}

static void for_eoverflow(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	const struct uapi_field *iova = iova_of(row), *len = length_of(row);

	if (!iova || !len)
		return;
	if (row->fd == UAPI_FD_IOMMUFD && row->req != IOMMU_HWPT_GET_DIRTY_BITMAP &&
	    choices_bool(gen->c, 50)) {
		call_put(c, len->off, 8, UINT64_MAX);
		if (!call_get(c, iova->off, 8))
			call_put(c, iova->off, 8, 4096);
		return;
	}
	call_put(c, iova->off, 8, UINT64_MAX - 4095);
	call_put(c, len->off, 8, 8192);
}

/* Over a mapping that is there, when there is any. */
static void for_eexist(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	const struct uapi_field *iova = iova_of(row);
	const struct known_map *m;

	if (!iova || !gen->k.nmap)
		return;
	m = row->fd == UAPI_FD_CONTAINER ? gen_map(gen, c->fd)
					 : &gen->k.map[choices_index(gen->c, gen->k.nmap)];
	if (!m)
		return;
	call_put(c, iova->off, 8, m->iova);
	if (row->fd == UAPI_FD_IOMMUFD) {
		call_set(c, "flags", 7);
		call_set_patch(c, row->req == IOMMU_IOAS_COPY ? "dst_ioas_id" : "ioas_id", PATCH_ID,
			       m->owner, 0);
	}
}

/* No room for what may lie anywhere: once a page table narrows the space. */
static void for_enospc(struct call *c, const struct uapi_row *row)
{
	if (row->req != IOMMU_IOAS_MAP)
		return;
	call_set(c, "flags", IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE);
	call_set(c, "length", 1ull << 62);
}

/* Where something is reserved. */
static void for_eaddrinuse(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	struct call_buf *b = &c->buf[0];
	uint64_t r[2];

	if (row->req != IOMMU_IOAS_ALLOW_IOVAS)
		return;
	r[0] = choices_bool(gen->c, 50) ? 0xfee00000 : 1ull << 58;
	r[1] = r[0] + 0xfff;
	memcpy(b->img, r, sizeof(r));
	b->len = b->room = sizeof(r);
	call_set(c, "num_iovas", 1);
}

static void bend(struct gen *gen, struct call *c, int err)
{
	const struct uapi_row *row = call_row(c);

	if (!row || row->rule == UAPI_SIZE_NONE || row->rule == UAPI_SIZE_VALUE ||
	    (row->rule == UAPI_SIZE_STR && err != EFAULT))
		return;
	switch (err) {
	case EFAULT: for_efault(gen, c, row); break;
	case EINVAL: for_einval(gen, c, row); break;
	case E2BIG: for_e2big(gen, c, row); break;
	case EOPNOTSUPP: for_eopnotsupp(gen, c, row); break;
	case ENOENT: for_enoent(gen, c, row); break;
	case EBADF: for_ebadf(gen, c, row, false); break;
	case EBADFD: for_ebadf(gen, c, row, true); break;
	case EOVERFLOW: for_eoverflow(gen, c, row); break;
	case EEXIST: for_eexist(gen, c, row); break;
	case ENOSPC: for_enospc(c, row); break;
	case EADDRINUSE: for_eaddrinuse(gen, c, row); break;
	case EMSGSIZE: call_set(c, "num_iovas", 0); break;
	case EBUSY:
		if (row->req != IOMMU_OPTION)
			break;
		call_set(c, "option_id", IOMMU_OPTION_RLIMIT_MODE);
		call_set(c, "op", IOMMU_OPTION_OP_SET);
		call_unpatch(c, call_field(row, "object_id")->off);
		call_set(c, "object_id", 0);
		break;
	default: break;
	}
}

/* ---- what must be there first ---------------------------------------------------- */

static bool mapped_at(const struct gen *gen, int owner, bool (*odd)(uint64_t iova))
{
	for (size_t i = 0; i < gen->k.nmap; i++)
		if (gen->k.map[i].owner == owner && odd(gen->k.map[i].iova))
			return true;
	return false;
}

static bool misaligned(uint64_t iova)
{
	return iova % 4096;
}

static bool reserved(uint64_t iova)
{
	return iova == 0xfee00000;
}

/* A container's mapping on an iommufd, of any byte while no device is there. */
static bool compat_map(struct call *c, int uid, int fd, uint64_t iova, uint64_t size)
{
	gen_ioctl(c, uid, fd, UAPI_FD_CONTAINER, VFIO_IOMMU_MAP_DMA);
	call_set(c, "flags", 3);
	call_set(c, "iova", iova);
	call_set(c, "size", size);
	return call_set_patch(c, "vaddr", PATCH_VA, 0, iova % 4096);
}

static bool hwpt_alloc(struct gen *gen, struct call *c, int uid, struct known_fd *on,
		       uint32_t flags)
{
	const struct known_obj *dev = gen_obj(gen, on->uid, KNOWN_DEVICE),
			       *ioas = gen_obj(gen, on->uid, KNOWN_IOAS);

	if (!dev || !ioas)
		return false;
	gen_ioctl(c, uid, on->uid, UAPI_FD_IOMMUFD, IOMMU_HWPT_ALLOC);
	call_set(c, "flags", flags);
	call_set_patch(c, "dev_id", PATCH_ID, dev->uid, 0);
	return call_set_patch(c, "pt_id", PATCH_ID, ioas->uid, 0);
}

/* A small page of bytes in an IOAS that no device limits, then large pages switched off. */
static bool prepare_option(struct gen *gen, struct call *c, int uid, struct known_fd *on)
{
	const struct known_obj *ioas = gen_obj(gen, on->uid, KNOWN_IOAS);

	if (!ioas)
		return false;
	if (mapped_at(gen, ioas->uid, misaligned)) {
		gen_ioctl(c, uid, on->uid, UAPI_FD_IOMMUFD, IOMMU_OPTION);
		call_set(c, "option_id", IOMMU_OPTION_HUGE_PAGES);
		call_set(c, "op", IOMMU_OPTION_OP_SET);
		return call_set_patch(c, "object_id", PATCH_ID, ioas->uid, 0);
	}
	gen_ioctl(c, uid, on->uid, UAPI_FD_IOMMUFD, IOMMU_IOAS_MAP);
	call_set(c, "flags", 7);
	call_set(c, "iova", 0x300001);
	call_set(c, "length", 4096);
	call_set_patch(c, "user_va", PATCH_VA, 0, 1);
	return call_set_patch(c, "ioas_id", PATCH_ID, ioas->uid, 0);
}

/* What is mapped for reading alone, copied for writing. */
static bool prepare_copy(struct gen *gen, struct call *c, int uid, struct known_fd *on)
{
	const struct known_obj *ioas = gen_obj(gen, on->uid, KNOWN_IOAS);
	const struct known_map *m = NULL;

	if (!ioas)
		return false;
	for (int i = 0; i < 6 && !(m && m->read_only); i++)
		m = gen_map(gen, ioas->uid);
	if (m && m->read_only) {
		gen_ioctl(c, uid, on->uid, UAPI_FD_IOMMUFD, IOMMU_IOAS_COPY);
		call_set(c, "flags", 7);
		call_set(c, "length", m->len);
		call_set(c, "src_iova", m->iova);
		call_set(c, "dst_iova", 0x900000);
		call_set_patch(c, "dst_ioas_id", PATCH_ID, ioas->uid, 0);
		return call_set_patch(c, "src_ioas_id", PATCH_ID, ioas->uid, 0);
	}
	gen_ioctl(c, uid, on->uid, UAPI_FD_IOMMUFD, IOMMU_IOAS_MAP);
	call_set(c, "flags", IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE);
	call_set(c, "iova", 0x500000 + choices_upto(gen->c, 7) * 4096);
	call_set(c, "length", 4096);
	call_set_patch(c, "user_va", PATCH_VA, 0, 0);
	return call_set_patch(c, "ioas_id", PATCH_ID, ioas->uid, 0);
}

/* Unmapping one half of what the compat layer has mapped as one. */
static bool prepare_cut(struct gen *gen, struct call *c, int uid, struct known_fd *on)
{
	const struct known_map *m = NULL;

	for (int i = 0; i < 4 && !(m && m->len > 4096); i++)
		m = gen_map(gen, on->uid);
	if (!m || m->len <= 4096)
		return compat_map(c, uid, on->uid, 0x400000 + choices_upto(gen->c, 7) * 8192, 8192);
	gen_ioctl(c, uid, on->uid, UAPI_FD_CONTAINER, VFIO_IOMMU_UNMAP_DMA);
	c->len = c->room = 24;
	call_set(c, "argsz", 24);
	call_set(c, "iova", m->iova);
	call_set(c, "size", 4096);
	return true;
}

/*
 * The call that must come before one of the seldom results can, or the one
 * itself where it is not any valid call. False: nothing of that sort.
 */
static bool prepare(struct gen *gen, struct call *c, int uid, struct known_fd *on,
		    const struct expected *e)
{
	const struct known_fd *in;

	if (e->req == IOMMU_IOAS_COPY && e->err == EPERM)
		return prepare_copy(gen, c, uid, on);
	if (e->req == IOMMU_OPTION && e->err == EADDRINUSE)
		return prepare_option(gen, c, uid, on);
	if (e->req == VFIO_SET_IOMMU && e->err == EADDRINUSE && on->compat) {
		if (!mapped_at(gen, on->uid, misaligned))
			return compat_map(c, uid, on->uid, 0x300001, 4096);
		gen_ioctl(c, uid, on->uid, UAPI_FD_CONTAINER, VFIO_SET_IOMMU);
		c->value = VFIO_TYPE1_IOMMU;
		return true;
	}
	if (e->req == VFIO_CHECK_EXTENSION && e->err == ENODEV) {
		gen_ioctl(c, uid, on->uid, UAPI_FD_CONTAINER, VFIO_CHECK_EXTENSION);
		c->value = VFIO_DMA_CC_IOMMU;
		return true;
	}
	if (e->req == VFIO_IOMMU_UNMAP_DMA && e->err == ENOENT)
		return prepare_cut(gen, c, uid, on);
	if (e->req == VFIO_GROUP_GET_DEVICE_FD && e->err == EADDRINUSE) {
		in = known_fd(&gen->k, on->in);
		return in && in->kind == UAPI_FD_IOMMUFD && in->open &&
		       !mapped_at(gen, in->uid, reserved) &&
		       compat_map(c, uid, in->uid, 0xfee00000, 4096);
	}
	if ((e->req == IOMMU_HWPT_SET_DIRTY_TRACKING || e->req == IOMMU_HWPT_GET_DIRTY_BITMAP) &&
	    gen->g->able & ABLE_DIRTY) {
		for (size_t i = 0; i < gen->k.nobj; i++)
			if (gen->k.obj[i].dirty && known_alive(&gen->k.obj[i], on->uid, KNOWN_ANY))
				return false;
		return hwpt_alloc(gen, c, uid, on, UAPI_HWPT_DIRTY_TRACKING);
	}
	if (e->req == IOMMU_HWPT_INVALIDATE && gen->g->able & ABLE_PARENT &&
	    !gen_obj(gen, on->uid, KNOWN_NESTED)) {
		if (!gen_obj(gen, on->uid, KNOWN_PARENT))
			return hwpt_alloc(gen, c, uid, on, UAPI_HWPT_NEST_PARENT);
		return gen_nested(gen, c, uid, on);
	}
	return false;
}

/* A random fd of the kind; of two, the one in the deeper state unless its absence is the point. */
static struct known_fd *aim_fd(struct gen *gen, const struct expected *e)
{
	struct known_fd *a = gen_fd(gen, (enum uapi_fd)e->kind),
			*b = gen_fd(gen, (enum uapi_fd)e->kind);

	if (!a || a == b)
		return a;
	return (a->driver || a->compat || a->ctx != NOBODY) == (e->err != ENODEV) ? a : b;
}

const struct expected *gen_focus(const struct gen *gen)
{
	const struct generator *g = gen->g;

	return g->naims ? &expected[g->aims[gen->nr % g->naims]] : NULL;
}

/* Every other time what the sequence aims at, else one after the other through the run. */
static const struct expected *next_aim(struct gen *gen)
{
	const struct generator *g = gen->g;
	uint64_t i = gen->aimed++;

	if (i % 2 == 0)
		return gen_focus(gen);
	return &expected[g->aims[(gen->nr * 4 + i / 2) % g->naims]];
}

bool gen_aim(struct gen *gen, struct call *c, int uid)
{
	const struct generator *g = gen->g;
	const struct expected *e;
	struct known_fd *on;
	const struct uapi_row *row;
	enum uapi_fd kind;

	if (!g->naims)
		return false;
	e = next_aim(gen);
	on = aim_fd(gen, e);
	row = uapi_find((enum uapi_fd)e->kind, e->req);
	if (!on || !row)
		return false;
	/* The container's requests on an iommufd are the container's. */
	kind = (enum uapi_fd)row->fd;
	if (prepare(gen, c, uid, on, e))
		return true;
	if (!gen_request(gen, c, uid, on, kind, e->req)) {
		/* Nothing to refer to yet: most errors need nothing. */
		if (!e->err)
			return false;
		gen_ioctl(c, uid, on->uid, kind, e->req);
		if (c->room)
			c->place = PLACE_BUF;
	}
	bend(gen, c, e->err);
	return true;
}
