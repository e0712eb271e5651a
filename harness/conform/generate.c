// SPDX-License-Identifier: GPL-2.0-or-later
/* Which call comes next; what goes into it is in the recipes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/conform/aim.h"
#include "harness/conform/gen_vdpa.h"
#include "harness/uapi/uapi_compat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void add_edge(struct generator *g, uint64_t e)
{
	for (size_t i = 0; i < g->nedges; i++)
		if (g->edge[i] == e)
			return;
	if (g->nedges < GENERATE_EDGES)
		g->edge[g->nedges++] = e;
}

/* First addresses of what is allowed or refused. */
static void add_edges(struct generator *g)
{
	static const uint64_t fixed[] = {
		0,	    4096,	1ull << 32,	  1ull << 39, 1ull << 47,
		1ull << 48, 1ull << 56, 1ull << 57,	  0xfee00000, 0xfef00000,
		1ull << 63, UINT64_MAX, UINT64_MAX - 4095
	};
	const struct host *h = g->host;

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add_edge(g, fixed[i]);
	for (size_t i = 0; i < h->niommus; i++) {
		for (int k = 0; k < HOST_DOMAIN_NR; k++) {
			struct host_domain d;

			host_domain_get(h, &h->iommus[i], (enum host_domain_kind)k, &d);
			if (d.attach_errno)
				continue;
			add_edge(g, d.aperture.start);
			add_edge(g, d.aperture.last + 1);
			if (d.aperture.last > g->widest)
				g->widest = d.aperture.last;
		}
	}
	for (size_t i = 0; i < h->ngroups; i++) {
		for (size_t k = 0; k < h->groups[i].nregions; k++) {
			add_edge(g, h->groups[i].regions[k].start);
			add_edge(g, h->groups[i].regions[k].last + 1);
		}
	}
}

static void add_device(struct generator *g, int device)
{
	const struct host_device *d = &g->host->devices[device];

	if (!d->vfio_dev || d->group < 0 || g->ndevices == ARRAY_SIZE(g->device))
		return;
	g->device[g->ndevices++] = device;
	for (size_t i = 0; i < g->host->ngroups; i++) {
		bool have = g->host->groups[i].id != d->group || !g->host->groups[i].has_node;

		for (size_t k = 0; k < g->ngroups; k++)
			have |= g->group[k] == (int)i;
		if (!have)
			g->group[g->ngroups++] = (int)i;
	}
}

int generator_init(struct generator *g, const struct host *host, const char *const *bdf, size_t n)
{
	memset(g, 0, sizeof(*g));
	g->host = host;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < host->ndevices; k++)
			if (!strcmp(host->devices[k].bdf, bdf[i]))
				add_device(g, (int)k);
	add_edges(g);
	g->able = host_able(host, g->ndevices ? &host->devices[g->device[0]] : NULL, g->ngroups);
	g->naims = aims_init(g->aims, host, g->able);
	return g->ndevices || host->iommufd.present ? 0 : -ENODEV;
}

/* ---- opening, and requests --------------------------------------------------- */

void gen_open(struct call *c, int uid, const char *path, enum uapi_fd kind, int index)
{
	memset(c, 0, sizeof(*c));
	c->uid = (int16_t)uid;
	c->op = CALL_OPEN;
	c->fd = NOBODY;
	c->kind = (uint8_t)kind;
	c->flags = O_RDWR;
	c->value = (uint64_t)index;
	snprintf(c->path, sizeof(c->path), "%s", path);
}

bool gen_open_kind(struct gen *gen, struct call *c, int uid, enum uapi_fd kind, size_t nth)
{
	const struct generator *g = gen->g;
	const struct host_device *d;
	char path[48];
	int i;

	switch (kind) {
	case UAPI_FD_CONTAINER:
		gen_open(c, uid, "/dev/vfio/vfio",
			 g->host->container_is_iommufd ? UAPI_FD_IOMMUFD : UAPI_FD_CONTAINER, 0);
		return g->host->container.present;
	case UAPI_FD_IOMMUFD:
		gen_open(c, uid, "/dev/iommu", UAPI_FD_IOMMUFD, 0);
		return g->host->iommufd.present;
	case UAPI_FD_GROUP:
		if (!g->ngroups)
			return false;
		i = g->group[nth % g->ngroups];
		snprintf(path, sizeof(path), "/dev/vfio/%d", g->host->groups[i].id);
		gen_open(c, uid, path, UAPI_FD_GROUP, i);
		return true;
	case UAPI_FD_DEVICE:
		if (!g->ndevices)
			return false;
		i = g->device[nth % g->ndevices];
		d = &g->host->devices[i];
		snprintf(path, sizeof(path), "/dev/vfio/devices/%.24s", d->vfio_dev);
		gen_open(c, uid, path, UAPI_FD_DEVICE, i);
		return d->has_cdev;
	default: return false;
	}
}

void gen_ioctl(struct call *c, int uid, int fd, enum uapi_fd kind, uint32_t req)
{
	const struct uapi_row *row = uapi_find(kind, req);

	memset(c, 0, sizeof(*c));
	c->uid = (int16_t)uid;
	c->op = CALL_IOCTL;
	c->kind = (uint8_t)kind;
	c->fd = (int16_t)fd;
	c->req = req;
	c->fill = POISON;
	for (int i = 0; i < CALL_BUFS; i++) {
		c->buf[i].fill = POISON;
		c->buf[i].room = ROOM_BUF;
	}
	switch (row ? row->rule : UAPI_SIZE_NONE) {
	case UAPI_SIZE_NONE: c->place = PLACE_NULL; break;
	case UAPI_SIZE_VALUE: c->place = PLACE_VALUE; break;
	case UAPI_SIZE_ARGSZ:
	case UAPI_SIZE_EXT:
		call_put(c, (uint16_t)(row->size - 1), 1, 0);
		call_put(c, 0, 4, row->size);
		c->room = (uint16_t)row->size;
		break;
	default:
		c->room = 4;
		call_put(c, 3, 1, 0);
		break;
	}
	/* A number that was not chosen would be an fd of this process's own. */
	for (size_t i = 0; row && i < row->nfields; i++)
		if (row->fields[i].kind == UAPI_FDNO && row->fields[i].dir == UAPI_IN)
			call_patch(c, row->fields[i].off, row->fields[i].width, PATCH_FD, NOBODY,
				   0);
}

static const struct recipe *recipes(enum uapi_fd kind, size_t *n)
{
	switch (kind) {
	case UAPI_FD_CONTAINER: *n = nrecipes_container; return recipes_container;
	case UAPI_FD_GROUP: *n = nrecipes_group; return recipes_group;
	case UAPI_FD_DEVICE: *n = nrecipes_device; return recipes_device;
	case UAPI_FD_IOMMUFD: *n = nrecipes_iommufd; return recipes_iommufd;
	default: *n = 0; return NULL;
	}
}

static bool fill(struct gen *gen, struct call *c, int uid, struct known_fd *on, enum uapi_fd kind,
		 const struct recipe *r)
{
	gen_ioctl(c, uid, on->uid, kind, r->req);
	return !r->fill || r->fill(gen, c, on);
}

bool gen_request(struct gen *gen, struct call *c, int uid, struct known_fd *on, enum uapi_fd kind,
		 uint32_t req)
{
	size_t n;
	const struct recipe *r = recipes(kind, &n);

	for (size_t i = 0; i < n; i++)
		if (r[i].req == req)
			return fill(gen, c, uid, on, kind, &r[i]);
	return false;
}

/* even: every request as often as every other. */
static bool any_request(struct gen *gen, struct call *c, int uid, struct known_fd *on,
			enum uapi_fd kind, bool even)
{
	unsigned int weights[48];
	size_t n;
	const struct recipe *r = recipes(kind, &n);

	if (!n)
		return false;
	for (size_t i = 0; i < n; i++)
		weights[i] = even ? 1 : r[i].weight;
	return fill(gen, c, uid, on, kind, &r[choices_weighted(gen->c, weights, n)]);
}

/* ---- what there is to choose from ---------------------------------------------- */

struct known_fd *gen_fd(struct gen *gen, enum uapi_fd kind)
{
	struct known_fd *v[SEQUENCE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < gen->k.nfd; i++)
		if (gen->k.fd[i].open && gen->k.fd[i].kind == kind)
			v[n++] = &gen->k.fd[i];
	return n ? v[choices_index(gen->c, n)] : NULL;
}

struct known_obj *gen_obj(struct gen *gen, int ctx, enum known_type type)
{
	struct known_obj *v[SEQUENCE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < gen->k.nobj; i++)
		if (known_alive(&gen->k.obj[i], ctx, type))
			v[n++] = &gen->k.obj[i];
	return n ? v[choices_index(gen->c, n)] : NULL;
}

bool gen_id(struct gen *gen, struct call *c, const char *field, int ctx, enum known_type type)
{
	const struct known_obj *o = gen_obj(gen, ctx, type);

	return o && call_set_patch(c, field, PATCH_ID, o->uid, 0);
}

struct known_map *gen_map(struct gen *gen, int owner)
{
	struct known_map *v[SEQUENCE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < gen->k.nmap; i++)
		if (gen->k.map[i].owner == owner)
			v[n++] = &gen->k.map[i];
	return n ? v[choices_index(gen->c, n)] : NULL;
}

/* ---- any call -------------------------------------------------------------------- */

static bool wrong_path(struct gen *gen, struct call *c, int uid)
{
	static const char *const paths[] = { "/dev/vfio/devices/vfio999", "/dev/vfio/99999",
					     "/dev/vfio/noiommu-0", "/dev/vfio/vfio/x",
					     "/dev/iommu0" };

	gen_open(c, uid, CHOICES_PICK(gen->c, paths), UAPI_FD_FILE, 0);
	return true;
}

static bool any_open(struct gen *gen, struct call *c, int uid)
{
	static const enum uapi_fd kinds[] = { UAPI_FD_CONTAINER, UAPI_FD_GROUP, UAPI_FD_DEVICE,
					      UAPI_FD_IOMMUFD, UAPI_FD_FILE };
	static const unsigned int weights[] = { 3, 4, 4, 3, 1 };
	enum uapi_fd kind = kinds[choices_weighted(gen->c, weights, ARRAY_SIZE(kinds))];

	if (kind == UAPI_FD_FILE && choices_bool(gen->c, 50))
		return wrong_path(gen, c, uid);
	if (kind == UAPI_FD_FILE) {
		/* A regular file, to be passed where something else is expected. */
		gen_open(c, uid, "/proc/sys/kernel/osrelease", UAPI_FD_FILE, 0);
		c->flags = O_RDONLY;
		return true;
	}
	return gen_open_kind(gen, c, uid, kind, choices_index(gen->c, 4));
}

static void any_close(struct gen *gen, struct call *c, int uid)
{
	struct known_fd *f = gen->k.nfd ? &gen->k.fd[choices_index(gen->c, gen->k.nfd)] : NULL;

	memset(c, 0, sizeof(*c));
	c->uid = (int16_t)uid;
	c->op = CALL_CLOSE;
	c->fd = f ? f->uid : NOBODY;
	c->kind = f ? f->kind : UAPI_FD_UNKNOWN;
}

/* A valid request on something that is open; container requests go to iommufds too. */
static bool any_valid(struct gen *gen, struct call *c, int uid, bool even)
{
	struct known_fd *on;
	enum uapi_fd kind;

	if (!gen->k.nfd)
		return false;
	on = &gen->k.fd[choices_index(gen->c, gen->k.nfd)];
	if (!on->open)
		return false;
	kind = (enum uapi_fd)on->kind;
	if (kind == UAPI_FD_IOMMUFD && choices_bool(gen->c, on->compat ? 50 : 15))
		kind = UAPI_FD_CONTAINER;
	return any_request(gen, c, uid, on, kind, even);
}

/* A request on whatever fd: another kind than it is for, closed, none. */
static bool misplaced(struct gen *gen, struct call *c, int uid)
{
	static const enum uapi_fd kinds[] = { UAPI_FD_CONTAINER, UAPI_FD_GROUP, UAPI_FD_DEVICE,
					      UAPI_FD_IOMMUFD };
	enum uapi_fd kind = CHOICES_PICK(gen->c, kinds);
	struct known_fd none = {
		.uid = NOBODY, .group = -1, .device = -1, .in = NOBODY, .ctx = NOBODY, .pt = NOBODY
	};
	struct known_fd *on = &none;

	if (gen->k.nfd && choices_bool(gen->c, 90))
		on = &gen->k.fd[choices_index(gen->c, gen->k.nfd)];
	return any_request(gen, c, uid, on, kind, false);
}

void gen_begin(struct gen *gen, const struct generator *g, struct choices *c, uint64_t nr)
{
	/* A goal that cannot be reached is still tried now and then. */
	const bool type1 = g->able & ABLE_ATTACH || g->host->container_is_iommufd,
		   bind = g->able & ABLE_BIND, cdev = g->able & ABLE_CDEV,
		   group = g->able & ABLE_GROUP, fd = g->able & ABLE_IOMMUFD;
	const unsigned int weights[GOAL_NR] = {
		[GOAL_NONE] = 1,
		[GOAL_TYPE1] = !group  ? 0
			       : type1 ? 5
				       : 1,
		[GOAL_TYPE1_V1] = group && type1 ? 3 : 0,
		[GOAL_TWO_GROUPS] = g->able & ABLE_TWO && type1 ? 3 : 0,
		[GOAL_CDEV] = !cdev  ? 0
			      : bind ? 5
				     : 1,
		[GOAL_HWPT] = cdev && bind ? 7 : 0,
		[GOAL_COMPAT] = !group || !fd ? 0
				: bind	      ? 5
					      : 1,
		[GOAL_IOAS] = !fd    ? 0
			      : bind ? 3
				     : 12,
	};

	known_begin(&gen->k);
	gen->g = g;
	gen->c = c;
	gen->nr = nr;
	gen->aimed = 0;
	gen->goal = (enum goal)choices_weighted(c, weights, GOAL_NR);
	if (choices_bool(c, 60)) {
		enum goal goal = gen_goal_of(gen);

		/* Not where it cannot be reached. */
		if (weights[goal] > 1)
			gen->goal = goal;
	}
	gen->step = (unsigned int)choices_upto(c, 3);
}

/*
 * The memory of a mapping is there as far as any rule may accept its length:
 * a kernel finds out when it pins, and a model has nothing to pin. What is
 * longer than every address space, or wraps, is refused before that.
 */
static void keep_memory(const struct generator *g, struct call *c)
{
	const struct uapi_row *row = call_row(c);
	const struct uapi_field *f = row ? call_field(row, "length") : NULL,
				*at = row ? call_field(row, "iova") : NULL;
	uint64_t off = 0, len, iova;

	if (row && !f && row->fd == UAPI_FD_CONTAINER)
		f = call_field(row, "size");
	for (size_t i = 0; i < c->npatch; i++)
		if (c->patch[i].what == PATCH_VA)
			off = c->patch[i].value;
	if (!f || f->width != 8)
		return;
	len = call_get(c, f->off, 8);
	iova = at ? call_get(c, at->off, 8) : 0;
	if (off <= MAP_BYTES && len <= MAP_BYTES - off)
		return;
	if (len - 1 > g->widest || iova + (len - 1) < iova ||
	    (len == UINT64_MAX && row->fd == UAPI_FD_IOMMUFD))
		return;
	call_put(c, f->off, 8, 4096);
}

void gen_next(struct gen *gen, int uid, struct call *out)
{
	/* Where no device can be had, most aims miss. */
	const bool poor = !(gen->g->able & (ABLE_ATTACH | ABLE_BIND));
	const unsigned int weights[] = { poor ? 45 : 34, 15, 3, 4, 3, 4, poor ? 26 : 37 };

	if (gen->g->vdpa) {
		gen_vdpa_next(gen, uid, out);
		return;
	}
	for (int tries = 0; tries < 20; tries++) {
		bool ok = false;
		unsigned int broken = 0;

		switch (choices_weighted(gen->c, weights, ARRAY_SIZE(weights))) {
		case 0:
			ok = gen_towards_goal(gen, out, uid);
			broken = 4;
			break;
		case 1:
			ok = any_valid(gen, out, uid, false);
			broken = 10;
			break;
		case 2:
			ok = any_valid(gen, out, uid, true);
			broken = 100;
			break;
		case 3: ok = any_open(gen, out, uid); break;
		case 4:
			any_close(gen, out, uid);
			ok = gen->k.nfd > 2 || choices_bool(gen->c, 5);
			break;
		case 5:
			ok = misplaced(gen, out, uid);
			broken = 10;
			break;
		default: ok = gen_aim(gen, out, uid); break;
		}
		if (!ok)
			continue;
		if (out->op == CALL_IOCTL && choices_bool(gen->c, broken)) {
			gen_break(gen, out);
			if (choices_bool(gen->c, 15))
				gen_break(gen, out);
		}
		if (out->op == CALL_IOCTL)
			keep_memory(gen->g, out);
		gen_avoid(gen, out);
		return;
	}
	any_close(gen, out, uid);
}
