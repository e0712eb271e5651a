// SPDX-License-Identifier: GPL-2.0-or-later
/* One call on two sides, and the comparison. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/conform/compare.h"

int pair_init(struct pair *p)
{
	int err = map_region_new(&p->map);

	for (int i = 0; i < 2 && !err; i++)
		err = side_init(&p->side[i], &p->map);
	if (err)
		pair_free(p);
	else
		pair_begin(p);
	return err;
}

void pair_free(struct pair *p)
{
	if (p->renew)
		shim_destroy(p->side[1].shim);
	for (int i = 0; i < 2; i++)
		side_free(&p->side[i]);
	region_free(&p->map);
}

int pair_share(struct pair *p)
{
	region_free(&p->map);
	return map_region_new_shared(&p->map);
}

void pair_begin(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		side_begin(&p->side[i]);
	p->nids = 0;
	for (int i = 0; i < SEQUENCE_MAX; i++)
		p->ctx_of[i] = NOBODY;
}

int pair_renew(struct pair *p)
{
	if (!p->renew)
		return 0;
	shim_destroy(p->side[1].shim);
	p->side[1].shim = p->renew(p->renew_ctx, &p->side[1].mem);
	return p->side[1].shim ? 0 : -ENOMEM;
}

static void __attribute__((format(printf, 2, 3))) differs(struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	if (v->differs)
		return;
	v->differs = true;
	va_start(ap, fmt);
	vsnprintf(v->what, sizeof(v->what), fmt, ap);
	va_end(ap);
}

void difference_of(struct difference *d, const struct sequence *seq, int at,
		   const struct verdict *v)
{
	memset(d, 0, sizeof(*d));
	d->op = 0xff;
	if ((size_t)at < seq->n) {
		d->op = seq->v[at].op;
		d->req = seq->v[at].req;
		for (int i = 0; i < 2; i++)
			d->ret[i] = v->ret[i] > 0 ? 0 : v->ret[i];
	}
	snprintf(d->what, sizeof(d->what), "%.*s", (int)strcspn(v->what, ":0123456789"), v->what);
}

bool difference_same(const struct difference *a, const struct difference *b)
{
	return a->op == b->op && a->req == b->req && a->ret[0] == b->ret[0] &&
	       a->ret[1] == b->ret[1] && !strcmp(a->what, b->what);
}

static const char *result_name(int ret, char *buf, size_t cap)
{
	const char *name = ret < 0 ? uapi_errno_name(-ret) : NULL;

	if (name)
		return name;
	snprintf(buf, cap, "%d", ret);
	return buf;
}

static void differing_results(const struct pair *p, struct verdict *v)
{
	char a[16], b[16];

	differs(v, "result: %s %s, %s %s", p->name[0], result_name(v->ret[0], a, sizeof(a)),
		p->name[1], result_name(v->ret[1], b, sizeof(b)));
}

/* Which context the ids of a call belong to. */
static int context(struct pair *p, const struct call *c, const struct uapi_row *row)
{
	const struct uapi_field *f;
	struct call copy = *c;
	struct call_patch *patch;

	if (row->fd == UAPI_FD_IOMMUFD)
		return c->fd;
	if (c->fd < 0)
		return NOBODY;
	f = call_field(row, "iommufd");
	patch = f ? call_patch_at(&copy, f->off) : NULL;
	if (patch && patch->what == PATCH_FD)
		p->ctx_of[c->fd] = patch->ref;
	return p->ctx_of[c->fd];
}

/* The two ids denote one object, now and for as long as the context lives. */
static void same_object(struct pair *p, int ctx, const uint32_t id[2], const char *field,
			struct verdict *v)
{
	for (size_t i = 0; i < p->nids; i++) {
		const struct idpair *q = &p->ids[i];

		if (q->ctx != ctx || (q->id[0] != id[0] && q->id[1] != id[1]))
			continue;
		if (q->id[0] == id[0] && q->id[1] == id[1])
			return;
		differs(v, "%s: %s gave id %u, %s %u; before, its %u was the other's %u", field,
			p->name[0], id[0], p->name[1], id[1], q->id[0], q->id[1]);
		return;
	}
	if (p->nids < sizeof(p->ids) / sizeof(p->ids[0]))
		p->ids[p->nids++] = (struct idpair){ (int16_t)ctx, { id[0], id[1] } };
}

static uint8_t *arg_at(const struct side *s, const struct call *c, uint16_t off)
{
	return region_at(&s->arg, c->room) + off;
}

/* A field of the replies: side 1's bytes become side 0's, since they mean the same. */
static void make_equal(struct pair *p, const struct call *c, uint16_t off, unsigned int width)
{
	memcpy(arg_at(&p->side[1], c, off), arg_at(&p->side[0], c, off), width);
}

static bool covered(const struct call *c, const struct uapi_row *row, const struct uapi_field *f)
{
	uint64_t size = row->size;

	/* argsz or size as it was sent. */
	if (row->fields[0].kind == UAPI_ARGSZ)
		size = call_get(c, 0, 4);
	return c->place == PLACE_BUF && f->off + f->width <= c->room &&
	       (uint64_t)f->off + f->width <= size;
}

/* Inputs that differ by nature and came back as they were. */
static void rename_inputs(struct pair *p, const struct call *c)
{
	for (size_t i = 0; i < c->npatch; i++) {
		const struct call_patch *q = &c->patch[i];
		bool same = c->place == PLACE_BUF && q->off < c->room;
		/* One that reaches over the end of the memory is there in part. */
		unsigned int width =
			same && q->off + q->width > c->room ? c->room - q->off : q->width;

		for (int k = 0; k < 2 && same; k++) {
			uint64_t put = side_patch(&p->side[k], c, q);

			same = !memcmp(arg_at(&p->side[k], c, q->off), &put, width);
		}
		if (same)
			make_equal(p, c, q->off, width);
	}
}

static void rename_outputs(struct pair *p, const struct call *c, const struct uapi_row *row,
			   struct verdict *v)
{
	const struct uapi_field *id = call_out(row, UAPI_ID), *fd = call_out(row, UAPI_FDNO);

	if (id && covered(c, row, id)) {
		uint32_t ids[2];

		for (int k = 0; k < 2; k++) {
			memcpy(&ids[k], arg_at(&p->side[k], c, id->off), sizeof(ids[k]));
			p->side[k].id[c->uid] = ids[k];
		}
		same_object(p, context(p, c, row), ids, id->name, v);
		make_equal(p, c, id->off, id->width);
	}
	if (fd && covered(c, row, fd)) {
		for (int k = 0; k < 2; k++) {
			int32_t n;

			memcpy(&n, arg_at(&p->side[k], c, fd->off), sizeof(n));
			p->side[k].fd[c->uid] = n;
		}
		make_equal(p, c, fd->off, fd->width);
	}
}

/* The field that holds byte off; NULL: none. */
static const struct uapi_field *field_at(const struct uapi_row *row, size_t off)
{
	for (size_t i = 0; row && i < row->nfields; i++)
		if (off >= row->fields[i].off &&
		    off < (size_t)row->fields[i].off + row->fields[i].width)
			return &row->fields[i];
	return NULL;
}

/* start: where what was passed begins. */
static void compare_region(const struct pair *p, const struct region *a, const struct region *b,
			   size_t start, const char *what, const struct uapi_row *row,
			   struct verdict *v)
{
	const struct uapi_field *f;
	size_t i = 0;
	long at;

	if (!memcmp(a->base, b->base, a->len))
		return;
	while (a->base[i] == b->base[i])
		i++;
	at = (long)i - (long)start;
	f = at >= 0 ? field_at(row, (size_t)at) : NULL;
	/* Whole words read better than single bytes. */
	if (f && f->width <= 8 && start + f->off + f->width <= a->len) {
		uint64_t va = 0, vb = 0;

		memcpy(&va, a->base + start + f->off, f->width);
		memcpy(&vb, b->base + start + f->off, f->width);
		differs(v, "%s: %s 0x%llx, %s 0x%llx", f->name, p->name[0], (unsigned long long)va,
			p->name[1], (unsigned long long)vb);
		return;
	}
	differs(v, "%s byte %ld: %s 0x%02x, %s 0x%02x", what, at, p->name[0], a->base[i],
		p->name[1], b->base[i]);
}

static void compare_ioctl(struct pair *p, const struct call *c, struct verdict *v)
{
	const struct uapi_row *row = call_row(c);

	if (row && row->returns && (v->ret[0] < 0) == (v->ret[1] < 0)) {
		if (v->ret[0] >= 0)
			for (int k = 0; k < 2; k++)
				p->side[k].fd[c->uid] = v->ret[k];
		else if (v->ret[0] != v->ret[1])
			differing_results(p, v);
	} else if (v->ret[0] != v->ret[1]) {
		differing_results(p, v);
	}
	/* What only one side opened must be closed all the same. */
	for (int k = 0; k < 2 && row && row->returns; k++)
		if (v->ret[k] >= 0)
			p->side[k].fd[c->uid] = v->ret[k];
	if (row && v->ret[0] >= 0 && v->ret[1] >= 0)
		rename_outputs(p, c, row, v);
	rename_inputs(p, c);
	compare_region(p, &p->side[0].arg, &p->side[1].arg, ROOM_ARG - c->room, "argument", row, v);
	for (int i = 0; i < CALL_BUFS; i++)
		compare_region(p, &p->side[0].buf[i], &p->side[1].buf[i], ROOM_BUF - c->buf[i].room,
			       i ? "second buffer" : "buffer", NULL, v);
}

void pair_call(struct pair *p, const struct call *c, struct verdict *v)
{
	v->differs = false;
	v->what[0] = '\0';
	for (int k = 0; k < 2; k++) {
		uintptr_t arg =
			c->op == CALL_IOCTL || c->op == CALL_WRITE ? side_load(&p->side[k], c) : 0;

		v->ret[k] = side_call(&p->side[k], c, arg);
	}
	if (c->op == CALL_IOCTL) {
		compare_ioctl(p, c, v);
		return;
	}
	if (c->op == CALL_OPEN)
		for (int k = 0; k < 2; k++)
			p->side[k].fd[c->uid] = v->ret[k] < 0 ? -1 : v->ret[k];
	if (c->op == CALL_OPEN && v->ret[0] >= 0 && v->ret[1] >= 0)
		return;
	if (v->ret[0] != v->ret[1])
		differing_results(p, v);
}

/* A call of the closing check. */
static void ask(struct pair *p, const struct call *c, struct verdict *v)
{
	struct verdict mine;

	pair_call(p, c, &mine);
	if (mine.differs)
		differs(v, "after the end, %s%s%s", c->op == CALL_OPEN ? c->path : "group status",
			": ", mine.what);
}

static void open_and_close(struct pair *p, const char *path, bool group, struct verdict *v)
{
	struct call c = { .uid = 0, .op = CALL_OPEN, .flags = O_RDWR };

	snprintf(c.path, sizeof(c.path), "%s", path);
	ask(p, &c, v);
	if (group) {
		struct call st = { .uid = 1,
				   .op = CALL_IOCTL,
				   .kind = UAPI_FD_GROUP,
				   .req = (uint32_t)VFIO_GROUP_GET_STATUS,
				   .room = 8 };

		call_put(&st, 0, 4, 8);
		ask(p, &st, v);
	}
	for (int k = 0; k < 2; k++)
		if (p->side[k].fd[0] >= 0)
			shim_close(p->side[k].shim, p->side[k].fd[0]);
	pair_begin(p);
}

void pair_end(struct pair *p, bool reverse, struct verdict *v)
{
	const struct host *h = p->host;
	char path[64];

	v->differs = false;
	v->what[0] = '\0';
	for (int i = 0; i < SEQUENCE_MAX; i++) {
		int uid = reverse ? SEQUENCE_MAX - 1 - i : i, ret[2] = { 0 };

		for (int k = 0; k < 2; k++)
			if (p->side[k].fd[uid] >= 0)
				ret[k] = shim_close(p->side[k].shim, p->side[k].fd[uid]);
		if (ret[0] != ret[1])
			differs(v, "close of call %d's fd: %s %d, %s %d", uid, p->name[0], ret[0],
				p->name[1], ret[1]);
	}
	pair_begin(p);
	if (!p->no_vfio) {
		open_and_close(p, "/dev/vfio/vfio", false, v);
		open_and_close(p, "/dev/iommu", false, v);
	}
	for (size_t i = 0; i < h->ngroups; i++) {
		snprintf(path, sizeof(path), "/dev/vfio/%d", h->groups[i].id);
		if (h->groups[i].has_node)
			open_and_close(p, path, true, v);
	}
	for (size_t i = 0; i < h->ndevices; i++) {
		if (!h->devices[i].has_cdev)
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", h->devices[i].vfio_dev);
		open_and_close(p, path, false, v);
	}
	for (size_t i = 0; i < h->nvdpas; i++) {
		if (!h->vdpas[i].told)
			continue;
		snprintf(path, sizeof(path), "/dev/%.40s", h->vdpas[i].node_dir);
		open_and_close(p, path, false, v);
	}
}

int pair_run(struct pair *p, const struct sequence *seq, struct verdict *v)
{
	struct verdict end;
	int at = -1;

	pair_begin(p);
	for (size_t i = 0; i < seq->n && at < 0; i++) {
		pair_call(p, &seq->v[i], v);
		if (v->differs)
			at = (int)i;
	}
	pair_end(p, seq->reverse, &end);
	if (at < 0 && end.differs) {
		*v = end;
		at = (int)seq->n;
	}
	return at;
}
