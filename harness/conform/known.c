// SPDX-License-Identifier: GPL-2.0-or-later
/* Bookkeeping of what succeeded. */
#include <string.h>

#include "harness/conform/known.h"
#include "harness/uapi/uapi_compat.h"

void known_begin(struct known *k)
{
	k->nfd = k->nobj = k->nmap = 0;
}

struct known_fd *known_fd(struct known *k, int uid)
{
	for (size_t i = 0; i < k->nfd; i++)
		if (k->fd[i].uid == uid)
			return &k->fd[i];
	return NULL;
}

struct known_obj *known_obj(struct known *k, int uid)
{
	for (size_t i = 0; i < k->nobj; i++)
		if (k->obj[i].uid == uid)
			return &k->obj[i];
	return NULL;
}

bool known_alive(const struct known_obj *o, int ctx, enum known_type type)
{
	return o->alive && o->ctx == ctx &&
	       (type == KNOWN_ANY || o->type == type ||
		(type == KNOWN_HWPT && o->type == KNOWN_PARENT));
}

static struct known_fd *add_fd(struct known *k, const struct call *c, enum uapi_fd kind)
{
	struct known_fd *f = &k->fd[k->nfd++];

	*f = (struct known_fd){ .uid = c->uid,
				.kind = (uint8_t)kind,
				.open = true,
				.group = -1,
				.device = -1,
				.in = NOBODY,
				.ctx = NOBODY,
				.pt = NOBODY };
	return f;
}

static void add_obj(struct known *k, const struct call *c, const struct side *s, int ctx,
		    enum known_type type, int ioas)
{
	uint32_t number = (uint32_t)s->id[c->uid];

	/* An attach may name a page table that is known, and a number may be a new object's. */
	for (size_t i = 0; i < k->nobj; i++) {
		struct known_obj *o = &k->obj[i];

		if (!o->alive || o->ctx != ctx || o->number != number)
			continue;
		if (o->type == type || (type == KNOWN_HWPT && o->type == KNOWN_PARENT))
			return;
		o->alive = false;
	}
	k->obj[k->nobj++] = (struct known_obj){
		.uid = c->uid,
		.ctx = (int16_t)ctx,
		.type = (uint8_t)type,
		.alive = true,
		.ioas = (int16_t)ioas,
		.number = number,
	};
}

/* What a patch at a named field refers to; NOBODY: nothing. */
static int ref(const struct call *c, const char *field)
{
	const struct uapi_field *f = call_field(call_row(c), field);
	struct call copy = *c;
	struct call_patch *p = f ? call_patch_at(&copy, f->off) : NULL;

	return p && (p->what == PATCH_FD || p->what == PATCH_ID) ? p->ref : NOBODY;
}

static uint64_t field(const struct call *c, const char *name)
{
	const struct uapi_field *f = call_field(call_row(c), name);

	return f ? call_get(c, f->off, f->width) : 0;
}

/* A field of the reply. */
static uint64_t reply(const struct call *c, const struct side *s, const char *name)
{
	const struct uapi_field *f = call_field(call_row(c), name);
	uint64_t v = 0;

	if (f && f->off + f->width <= c->room)
		memcpy(&v, region_at(&s->arg, c->room) + f->off, f->width);
	return v;
}

static void add_map(struct known *k, int owner, uint64_t iova, uint64_t len, bool read_only)
{
	if (k->nmap < SEQUENCE_MAX)
		k->map[k->nmap++] = (struct known_map){ (int16_t)owner, iova, len, read_only };
}

static void del_maps(struct known *k, int owner, uint64_t iova, uint64_t last)
{
	for (size_t i = 0; i < k->nmap;) {
		const struct known_map *m = &k->map[i];

		if (m->owner == owner && m->iova <= last && m->iova + (m->len - 1) >= iova)
			k->map[i] = k->map[--k->nmap];
		else
			i++;
	}
}

static void group_leaves(struct known *k, struct known_fd *g)
{
	struct known_fd *in = known_fd(k, g->in);

	g->in = NOBODY;
	if (in && in->kind == UAPI_FD_CONTAINER && in->ngroups && !--in->ngroups) {
		in->driver = 0;
		in->dirty = false;
		del_maps(k, in->uid, 0, UINT64_MAX);
	}
}

static void learn_close(struct known *k, const struct call *c)
{
	struct known_fd *f = known_fd(k, c->fd);

	if (!f)
		return;
	f->open = false;
	if (f->kind == UAPI_FD_GROUP) {
		bool used = false;

		for (size_t i = 0; i < k->nfd; i++)
			used |= k->fd[i].open && k->fd[i].in == f->uid;
		if (!used)
			group_leaves(k, f);
	}
	if (f->kind == UAPI_FD_DEVICE)
		for (size_t i = 0; i < k->nobj; i++)
			if (k->obj[i].type == KNOWN_DEVICE && k->obj[i].ctx == f->ctx &&
			    f->ctx != NOBODY)
				k->obj[i].alive = false;
}

static void learn_container(struct known *k, const struct call *c, struct known_fd *on)
{
	switch (c->req) {
	case VFIO_SET_IOMMU: on->driver = (uint8_t)c->value; break;
	case VFIO_IOMMU_MAP_DMA:
		if (!(field(c, "flags") & VFIO_DMA_MAP_FLAG_VADDR))
			add_map(k, on->uid, field(c, "iova"), field(c, "size"), false);
		break;
	case VFIO_IOMMU_UNMAP_DMA:
		if (field(c, "flags") & VFIO_DMA_UNMAP_FLAG_VADDR)
			break;
		if (field(c, "flags") & VFIO_DMA_UNMAP_FLAG_ALL)
			del_maps(k, on->uid, 0, UINT64_MAX);
		else
			del_maps(k, on->uid, field(c, "iova"),
				 field(c, "iova") + field(c, "size") - 1);
		break;
	case VFIO_IOMMU_DIRTY_PAGES:
		on->dirty = field(c, "flags") == VFIO_IOMMU_DIRTY_PAGES_FLAG_START ||
			    (on->dirty && field(c, "flags") != VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);
		break;
	default: break;
	}
}

static void learn_group(struct known *k, const struct call *c, struct known_fd *on)
{
	struct known_fd *f;

	switch (c->req) {
	case VFIO_GROUP_SET_CONTAINER:
		on->in = (int16_t)ref(c, "container");
		f = known_fd(k, on->in);
		if (f) {
			f->ngroups++;
			f->compat |= f->kind == UAPI_FD_IOMMUFD;
		}
		break;
	case VFIO_GROUP_UNSET_CONTAINER: group_leaves(k, on); break;
	case VFIO_GROUP_GET_DEVICE_FD:
		f = add_fd(k, c, UAPI_FD_DEVICE);
		on = known_fd(k, c->fd);
		f->in = on->uid;
		f->group = on->group;
		break;
	default: break;
	}
}

static void learn_device(struct known *k, const struct call *c, const struct side *s,
			 struct known_fd *on)
{
	switch (c->req) {
	case VFIO_DEVICE_BIND_IOMMUFD:
		on->ctx = (int16_t)ref(c, "iommufd");
		add_obj(k, c, s, on->ctx, KNOWN_DEVICE, NOBODY);
		break;
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		on->pt = (int16_t)ref(c, "pt_id");
		if (s->id[c->uid] >= 0)
			add_obj(k, c, s, on->ctx, KNOWN_HWPT, on->pt);
		break;
	case VFIO_DEVICE_DETACH_IOMMUFD_PT: on->pt = NOBODY; break;
	default: break;
	}
}

static void learn_hwpt(struct known *k, const struct call *c, const struct side *s)
{
	const struct known_obj *pt = known_obj(k, ref(c, "pt_id"));
	enum known_type type = KNOWN_HWPT;
	int ioas = pt ? pt->uid : NOBODY;

	if (pt && pt->type == KNOWN_PARENT) {
		type = KNOWN_NESTED;
		ioas = pt->ioas;
	} else if (field(c, "flags") & UAPI_HWPT_NEST_PARENT) {
		type = KNOWN_PARENT;
	}
	add_obj(k, c, s, c->fd, type, ioas);
	k->obj[k->nobj - 1].dirty = field(c, "flags") & UAPI_HWPT_DIRTY_TRACKING;
}

static void learn_iommufd(struct known *k, const struct call *c, const struct side *s,
			  struct known_fd *on)
{
	struct known_obj *o;

	switch (c->req) {
	case IOMMU_IOAS_ALLOC: add_obj(k, c, s, c->fd, KNOWN_IOAS, c->uid); break;
	case IOMMU_HWPT_ALLOC: learn_hwpt(k, c, s); break;
	case IOMMU_FAULT_QUEUE_ALLOC:
		add_obj(k, c, s, c->fd, KNOWN_FAULT, NOBODY);
		add_fd(k, c, UAPI_FD_FAULT);
		break;
	case IOMMU_DESTROY:
		o = known_obj(k, ref(c, "id"));
		if (o) {
			o->alive = false;
			del_maps(k, o->uid, 0, UINT64_MAX);
		}
		break;
	case IOMMU_IOAS_MAP:
		add_map(k, ref(c, "ioas_id"), reply(c, s, "iova"), field(c, "length"),
			!(field(c, "flags") & IOMMU_IOAS_MAP_WRITEABLE));
		break;
	case IOMMU_IOAS_COPY:
		add_map(k, ref(c, "dst_ioas_id"), reply(c, s, "dst_iova"), field(c, "length"),
			!(field(c, "flags") & IOMMU_IOAS_MAP_WRITEABLE));
		break;
	case IOMMU_IOAS_UNMAP:
		if (field(c, "length") == UINT64_MAX)
			del_maps(k, ref(c, "ioas_id"), 0, UINT64_MAX);
		else
			del_maps(k, ref(c, "ioas_id"), field(c, "iova"),
				 field(c, "iova") + field(c, "length") - 1);
		break;
	case IOMMU_VFIO_IOAS:
		if (field(c, "op") == IOMMU_VFIO_IOAS_GET)
			add_obj(k, c, s, c->fd, KNOWN_IOAS, c->uid);
		on->compat = field(c, "op") != IOMMU_VFIO_IOAS_CLEAR;
		break;
	default: break;
	}
}

void known_learn(struct known *k, const struct call *c, const struct side *s, int ret)
{
	const struct uapi_row *row = call_row(c);
	struct known_fd *on = known_fd(k, c->fd);

	if (c->op == CALL_CLOSE) {
		learn_close(k, c);
		return;
	}
	if (ret < 0)
		return;
	if (c->op == CALL_OPEN) {
		struct known_fd *f = add_fd(k, c, (enum uapi_fd)c->kind);

		if (f->kind == UAPI_FD_GROUP)
			f->group = (int)c->value;
		if (f->kind == UAPI_FD_DEVICE)
			f->device = (int)c->value;
		return;
	}
	/* A request that was sent to another kind of fd than it is for did nothing. */
	if (!on || !row ||
	    (on->kind != c->kind && !(on->kind == UAPI_FD_IOMMUFD && c->kind == UAPI_FD_CONTAINER)))
		return;
	switch (row->fd) {
	case UAPI_FD_CONTAINER: learn_container(k, c, on); break;
	case UAPI_FD_GROUP: learn_group(k, c, on); break;
	case UAPI_FD_DEVICE: learn_device(k, c, s, on); break;
	case UAPI_FD_IOMMUFD: learn_iommufd(k, c, s, on); break;
	default: break;
	}
}
