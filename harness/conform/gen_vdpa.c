// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is asked of a vhost-vdpa node: first an opener, mostly an owner, then
 * requests and messages, valid ones and such with a rule broken. What would
 * harm the kernel or its device is left out; docs/conformance.md has the list.
 */
#include "harness/conform/gen_vdpa.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "harness/uapi/uapi_compat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MSG_LEN	 72
#define SET_FORK _IOW(VHOST_VIRTIO, 0x84, uint8_t)
#define GET_FORK _IOR(VHOST_VIRTIO, 0x85, uint8_t)
#define LOG_BASE _IOW(VHOST_VIRTIO, 0x04, uint64_t)

#define STATUS_DRIVER_OK VIRTIO_CONFIG_S_DRIVER_OK

static bool virtio(const struct gen *gen)
{
	return gen->g->vdpa->kind != HOST_VDPA_SIM;
}

/* A queue, seldom one that is none. */
static uint32_t queue(struct gen *gen)
{
	uint32_t n = gen->g->vdpa->queues;

	if (!n || choices_bool(gen->c, 8))
		return n + (uint32_t)choices_upto(gen->c, 2);
	return (uint32_t)choices_upto(gen->c, n - 1);
}

static void put_state(struct call *c, uint32_t index, uint32_t num)
{
	call_put(c, 0, 4, index);
	call_put(c, 4, 4, num);
}

static void fill_num(struct gen *gen, struct call *c)
{
	static const uint32_t nums[] = { 1, 2, 16, 128, 256, 256, 0, 3, 512, 255, 65536, 1u << 31 };

	put_state(c, queue(gen), CHOICES_PICK(gen->c, nums));
}

static void fill_base(struct gen *gen, struct call *c)
{
	static const uint32_t bases[] = { 0, 0, 1, 7, 65535, 65536, 0xffffffff };

	put_state(c, queue(gen), CHOICES_PICK(gen->c, bases));
}

static void fill_index(struct gen *gen, struct call *c)
{
	put_state(c, queue(gen), (uint32_t)choices_upto(gen->c, 3));
}

static void fill_enable(struct gen *gen, struct call *c)
{
	put_state(c, queue(gen), (uint32_t)choices_upto(gen->c, 2));
}

static void fill_addr(struct gen *gen, struct call *c)
{
	static const uint64_t addrs[] = { 0, 0x1000, 0x1002, 0x1004, 0x1001, 1ull << 40 };

	call_put(c, 0, 4, queue(gen));
	call_put(c, 4, 4, choices_bool(gen->c, 85) ? choices_upto(gen->c, 1) : gen_edge(gen));
	for (uint16_t off = 8; off <= 32; off += 8)
		call_put(c, off, 8, CHOICES_PICK(gen->c, addrs));
}

/* An eventfd cannot be had on both sides: none, no descriptor, one that is something else. */
static void fill_eventfd(struct gen *gen, struct call *c, uint16_t off)
{
	switch (choices_index(gen->c, 3)) {
	case 0:
		call_unpatch(c, off);
		call_put(c, off, 4, UINT32_MAX);
		break;
	case 1: call_patch(c, off, 4, PATCH_FD, NOBODY, 0); break;
	default: call_patch(c, off, 4, PATCH_FD, c->fd, 0); break;
	}
}

static void fill_file(struct gen *gen, struct call *c)
{
	call_put(c, 0, 4, queue(gen));
	fill_eventfd(gen, c, 4);
}

static void fill_config_call(struct gen *gen, struct call *c)
{
	fill_eventfd(gen, c, 0);
}

static void fill_features(struct gen *gen, struct call *c)
{
	const uint64_t all = gen->g->vdpa->features, platform = 1ull << 33;
	const uint64_t sets[] = { all, platform, 0, all & ~platform,
				  all & (platform | 1ull << 32) };

	call_put(c, 0, 8, CHOICES_PICK(gen->c, sets));
}

static void fill_backend(struct gen *gen, struct call *c)
{
	const uint64_t has = gen->g->vdpa->backend_features;
	const uint64_t asid = 1ull << VHOST_BACKEND_F_IOTLB_ASID;
	const uint64_t sets[] = { has,	     has & 0xe, has & ~asid,	  0,
				  1,	     1ull << 9, 1ull << 4,	  1ull << 5,
				  1ull << 6, 1ull << 7, 1ull << 7 | asid, 1ull << 8 };

	call_put(c, 0, 8, CHOICES_PICK(gen->c, sets));
}

static void fill_status(struct gen *gen, struct call *c)
{
	static const uint8_t status[] = { 0, 0, 1, 3, 0xb, 0xf, 0xf, 0xf, 0x80, 2 };
	uint8_t s = CHOICES_PICK(gen->c, status);

	call_put(c, 0, 1, virtio(gen) ? s & ~STATUS_DRIVER_OK : s);
}

static void fill_config(struct gen *gen, struct call *c)
{
	const struct host_vdpa *v = gen->g->vdpa;
	uint32_t off = (uint32_t)choices_upto(gen->c, 2 + v->config_len);
	uint32_t len = (uint32_t)choices_upto(gen->c, 24);

	call_put(c, 0, 4, choices_bool(gen->c, 50) ? 0 : off);
	call_put(c, 4, 4, choices_bool(gen->c, 95) ? len : UINT32_MAX);
	c->room = (uint16_t)(8 + len);
}

/* What is there already: what a sequence writes the next would find. */
static void fill_set_config(struct gen *gen, struct call *c)
{
	const struct host_vdpa *v = gen->g->vdpa;
	uint32_t off, len;

	fill_config(gen, c);
	off = (uint32_t)call_get(c, 0, 4);
	len = (uint32_t)call_get(c, 4, 4);
	for (uint32_t i = 0; i < len && i < 24 && off + i < v->config_len; i++)
		call_put(c, (uint16_t)(8 + i), 1, v->config[off + i]);
}

static void fill_fork(struct gen *gen, struct call *c)
{
	call_put(c, 0, 1, choices_upto(gen->c, 3));
}

static const struct vdpa_recipe {
	uint32_t req;
	uint8_t weight;
	bool breaks; /* its argument may be made wrong, in any way */
	void (*fill)(struct gen *gen, struct call *c);
} recipes[] = {
	{ VHOST_SET_OWNER, 6, true, NULL },
	{ VHOST_RESET_OWNER, 1, true, NULL },
	{ VHOST_GET_FEATURES, 3, true, NULL },
	{ VHOST_SET_FEATURES, 5, false, fill_features },
	{ VHOST_GET_BACKEND_FEATURES, 3, true, NULL },
	{ VHOST_SET_BACKEND_FEATURES, 8, true, fill_backend },
	{ VHOST_VDPA_GET_DEVICE_ID, 2, true, NULL },
	{ VHOST_VDPA_GET_STATUS, 4, true, NULL },
	{ VHOST_VDPA_SET_STATUS, 10, false, fill_status },
	{ VHOST_VDPA_GET_CONFIG, 6, true, fill_config },
	{ VHOST_VDPA_SET_CONFIG, 4, false, fill_set_config },
	{ VHOST_VDPA_GET_CONFIG_SIZE, 2, true, NULL },
	{ VHOST_VDPA_SET_CONFIG_CALL, 3, false, fill_config_call },
	{ VHOST_VDPA_GET_VRING_NUM, 2, true, NULL },
	{ VHOST_VDPA_GET_VQS_COUNT, 2, true, NULL },
	{ VHOST_VDPA_GET_GROUP_NUM, 2, true, NULL },
	{ VHOST_VDPA_GET_AS_NUM, 2, true, NULL },
	{ VHOST_VDPA_GET_IOVA_RANGE, 3, true, NULL },
	{ VHOST_VDPA_SUSPEND, 3, true, NULL },
	{ VHOST_VDPA_RESUME, 3, true, NULL },
	{ VHOST_SET_VRING_NUM, 5, true, fill_num },
	{ VHOST_SET_VRING_ADDR, 5, true, fill_addr },
	{ VHOST_SET_VRING_BASE, 5, true, fill_base },
	{ VHOST_GET_VRING_BASE, 5, true, fill_index },
	{ VHOST_SET_VRING_KICK, 2, false, fill_file },
	{ VHOST_SET_VRING_CALL, 2, false, fill_file },
	{ VHOST_SET_VRING_ERR, 2, false, fill_file },
	{ VHOST_VDPA_SET_VRING_ENABLE, 4, false, fill_enable },
	{ VHOST_VDPA_GET_VRING_GROUP, 3, true, fill_index },
	{ VHOST_VDPA_GET_VRING_DESC_GROUP, 2, true, fill_index },
	{ VHOST_VDPA_GET_VRING_SIZE, 2, true, fill_index },
	{ VHOST_VDPA_SET_GROUP_ASID, 5, true, fill_index },
	{ GET_FORK, 2, true, NULL },
	{ SET_FORK, 2, true, fill_fork },
	{ LOG_BASE, 1, false, NULL },
};

/* The argument has the size that its request's number tells. */
static void begin(struct call *c, int uid, int fd, uint32_t req)
{
	gen_ioctl(c, uid, fd, UAPI_FD_VDPA, req);
	if (!_IOC_SIZE(req))
		return;
	c->place = PLACE_BUF;
	call_put(c, (uint16_t)(_IOC_SIZE(req) - 1), 1, 0);
	c->room = (uint16_t)_IOC_SIZE(req);
}

static void request(struct gen *gen, struct call *c, int uid, int fd)
{
	unsigned int weights[ARRAY_SIZE(recipes)];
	const struct vdpa_recipe *r;

	for (size_t i = 0; i < ARRAY_SIZE(recipes); i++)
		weights[i] = recipes[i].weight;
	r = &recipes[choices_weighted(gen->c, weights, ARRAY_SIZE(recipes))];
	/* These reach the emulated device: one writes, the other breaks it or lets it run. */
	if (virtio(gen) &&
	    (r->req == VHOST_VDPA_SET_CONFIG || r->req == VHOST_VDPA_SET_VRING_ENABLE))
		r = &recipes[0];
	begin(c, uid, fd, r->req);
	if (r->fill)
		r->fill(gen, c);
	if (r->breaks && choices_bool(gen->c, 12))
		gen_break(gen, c);
	else if (choices_bool(gen->c, 4))
		c->place = choices_bool(gen->c, 50) ? PLACE_NULL : PLACE_UNMAPPED;
}

/* Addresses that often meet: sixteen places, and the ends of what can be mapped. */
static uint64_t iova(struct gen *gen)
{
	const struct host_range *r = &gen->g->vdpa->range;
	const uint64_t ends[] = { r->start, r->start - 1, r->last, r->last - 4095, r->last + 1, 0 };

	if (choices_bool(gen->c, 15))
		return CHOICES_PICK(gen->c, ends);
	return (choices_upto(gen->c, 15) << 13) + (choices_bool(gen->c, 10) ? 0x800 : 0);
}

static void message(struct gen *gen, struct call *c, int uid, int fd)
{
	static const uint8_t types[] = { VHOST_IOTLB_UPDATE,	  VHOST_IOTLB_INVALIDATE,
					 VHOST_IOTLB_BATCH_BEGIN, VHOST_IOTLB_BATCH_END,
					 VHOST_IOTLB_MISS,	  0 };
	static const unsigned int weights[] = { 50, 25, 8, 10, 3, 2 };
	static const uint64_t sizes[] = { 4096, 4096, 8192, 16384, 1, 0x1800 };
	static const uint16_t lengths[] = { 40, 39, 8, 4, 0, 100, 73 };
	uint8_t type = types[choices_weighted(gen->c, weights, ARRAY_SIZE(types))];
	uint64_t size = CHOICES_PICK(gen->c, sizes), at = iova(gen);

	memset(c, 0, sizeof(*c));
	c->uid = (int16_t)uid;
	c->op = CALL_WRITE;
	c->kind = UAPI_FD_VDPA;
	c->fd = (int16_t)fd;
	c->place = PLACE_BUF;
	c->fill = POISON;
	call_put(c, MSG_LEN - 1, 1, 0);
	c->room = choices_bool(gen->c, 6) ? CHOICES_PICK(gen->c, lengths) : MSG_LEN;
	call_put(c, 0, 4,
		 choices_bool(gen->c, 3)    ? choices_upto(gen->c, 4)
		 : choices_bool(gen->c, 15) ? VHOST_IOTLB_MSG
					    : VHOST_IOTLB_MSG_V2);
	call_put(c, 4, 4, choices_bool(gen->c, 80) ? 0 : choices_upto(gen->c, 3));
	/* No length, or one that wraps: nothing is mapped. All of it at once may be taken away. */
	if (choices_bool(gen->c, 6))
		size = 0;
	else if (choices_bool(gen->c, 4))
		size = type == VHOST_IOTLB_INVALIDATE ? UINT64_MAX : -at + choices_upto(gen->c, 1);
	/* A size that is right, but for which there is no memory: nobody knows what is behind it. */
	if (type == VHOST_IOTLB_UPDATE && size > 0x8000 && at + (size - 1) >= at)
		size = 4096;
	/* An IOMMU's mapping is kept in pieces that are contiguous in memory: one page is one. */
	if (virtio(gen) && type == VHOST_IOTLB_UPDATE && at + (size - 1) >= at &&
	    (at & 4095) + size > 4096)
		size = 4096 - (at & 4095);
	call_put(c, 8, 8, at);
	call_put(c, 16, 8, size);
	call_patch(c, 24, 8, PATCH_VA, 0, choices_upto(gen->c, 63) << 12);
	/* Mapped by an IOMMU for neither reading nor writing: the kernel warns. */
	call_put(c, 32, 1,
		 virtio(gen) || choices_bool(gen->c, 80) ? choices_range(gen->c, 1, 3) : 0);
	call_put(c, 33, 1, type);
}

static void open_node(struct gen *gen, struct call *c, int uid)
{
	char path[48];

	snprintf(path, sizeof(path), "/dev/%.40s", gen->g->vdpa->node_dir);
	gen_open(c, uid, path, UAPI_FD_VDPA, 0);
	if (choices_bool(gen->c, 8))
		c->flags = O_RDONLY;
}

void gen_vdpa_next(struct gen *gen, int uid, struct call *out)
{
	static const unsigned int weights[] = { 50, 42, 4, 2 };
	struct known_fd *on = gen_fd(gen, UAPI_FD_VDPA);

	if (!on) {
		open_node(gen, out, uid);
		return;
	}
	/* Most sequences have an owner from the start. */
	if (uid == 1 && choices_bool(gen->c, 80)) {
		begin(out, uid, on->uid, VHOST_SET_OWNER);
		return;
	}
	switch (choices_weighted(gen->c, weights, ARRAY_SIZE(weights))) {
	case 0: request(gen, out, uid, on->uid); break;
	case 1: message(gen, out, uid, on->uid); break;
	case 2: open_node(gen, out, uid); break;
	default:
		memset(out, 0, sizeof(*out));
		out->uid = (int16_t)uid;
		out->op = CALL_CLOSE;
		out->fd = on->uid;
		out->kind = UAPI_FD_VDPA;
		break;
	}
}
