// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that ends at an unmapped page, and calls made with it. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/conform/side.h"

#define PAGE 4096u
/* No fd of this number is ever open, no object has this id. */
#define NO_FD 987654
#define NO_ID 0x7ffffff0u

static int region_new(struct region *r, size_t len, int extra)
{
	uint8_t *p = mmap(NULL, len + PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | extra, -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	if (mprotect(p + len, PAGE, PROT_NONE)) {
		munmap(p, len + PAGE);
		return -ENOMEM;
	}
	r->base = p;
	r->len = len;
	return 0;
}

void region_free(struct region *r)
{
	if (r->base)
		munmap(r->base, r->len + PAGE);
	r->base = NULL;
}

int map_region_new(struct region *r)
{
	return region_new(r, MAP_BYTES, MAP_POPULATE);
}

/* Bytes from addr to the end of the region it lies in; 0: in none. */
static size_t left(const struct side *s, uint64_t addr)
{
	const struct region *all[] = { &s->arg, &s->buf[0], &s->buf[1], s->map };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t base = (uintptr_t)all[i]->base;

		if (addr >= base && addr - base < all[i]->len)
			return (size_t)(all[i]->len - (addr - base));
	}
	return 0;
}

/* As the kernel's copies: what is there is copied, the rest is -EFAULT. */
static int mem_in(void *ctx, void *dst, uint64_t src, size_t len)
{
	size_t n = left(ctx, src);

	if (n)
		memcpy(dst, (const void *)(uintptr_t)src, n < len ? n : len);
	return n < len ? -EFAULT : 0;
}

static int mem_out(void *ctx, uint64_t dst, const void *src, size_t len)
{
	size_t n = left(ctx, dst);

	if (n)
		memcpy((void *)(uintptr_t)dst, src, n < len ? n : len);
	return n < len ? -EFAULT : 0;
}

int map_region_new_shared(struct region *r)
{
	/* A later MAP_PRIVATE or MAP_SHARED would not do: the two exclude each other. */
	uint8_t *p = mmap(NULL, MAP_BYTES + PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	if (mprotect(p + MAP_BYTES, PAGE, PROT_NONE)) {
		munmap(p, MAP_BYTES + PAGE);
		return -ENOMEM;
	}
	*r = (struct region){ p, MAP_BYTES };
	return 0;
}

int side_init(struct side *s, const struct region *map)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->map = map;
	s->mem = (struct uapi_mem){ .in = mem_in, .out = mem_out, .ctx = s };
	err = region_new(&s->arg, ROOM_ARG, 0);
	for (int i = 0; i < CALL_BUFS && !err; i++)
		err = region_new(&s->buf[i], ROOM_BUF, 0);
	if (err)
		side_free(s);
	else
		side_begin(s);
	return err;
}

void side_free(struct side *s)
{
	region_free(&s->arg);
	for (int i = 0; i < CALL_BUFS; i++)
		region_free(&s->buf[i]);
}

void side_begin(struct side *s)
{
	for (int i = 0; i < SEQUENCE_MAX; i++) {
		s->fd[i] = -1;
		s->id[i] = -1;
	}
}

static void load(const struct region *r, size_t room, const uint8_t *img, size_t len, uint8_t fill)
{
	uint8_t *at = region_at(r, room);

	memset(r->base, POISON, r->len - room);
	memset(at, fill, room);
	memcpy(at, img, len < room ? len : room);
}

static uint64_t buf_addr(const struct side *s, const struct call *c, int i)
{
	switch (c->buf[i].place) {
	case PLACE_NULL: return 0;
	case PLACE_UNMAPPED: return (uintptr_t)(s->buf[i].base + s->buf[i].len);
	default: return (uintptr_t)region_at(&s->buf[i], c->buf[i].room);
	}
}

uint64_t side_patch(const struct side *s, const struct call *c, const struct call_patch *p)
{
	switch (p->what) {
	case PATCH_FD: return p->ref < 0 || s->fd[p->ref] < 0 ? NO_FD : (uint64_t)s->fd[p->ref];
	case PATCH_ID: return p->ref < 0 || s->id[p->ref] < 0 ? NO_ID : (uint64_t)s->id[p->ref];
	case PATCH_BUF: return buf_addr(s, c, p->ref);
	default: return (uintptr_t)s->map->base + p->value;
	}
}

uintptr_t side_load(struct side *s, const struct call *c)
{
	uint8_t img[CALL_IMG];

	for (int i = 0; i < CALL_BUFS; i++)
		load(&s->buf[i], c->buf[i].room, c->buf[i].img, c->buf[i].len, c->buf[i].fill);
	memcpy(img, c->img, c->len);
	for (size_t i = 0; i < c->npatch; i++) {
		const struct call_patch *p = &c->patch[i];
		uint64_t v = side_patch(s, c, p);

		if (p->off + p->width <= c->len)
			memcpy(img + p->off, &v, p->width);
	}
	load(&s->arg, c->place == PLACE_BUF ? c->room : 0, img, c->len, c->fill);
	switch (c->place) {
	case PLACE_BUF: return (uintptr_t)region_at(&s->arg, c->room);
	case PLACE_UNMAPPED: return (uintptr_t)(s->arg.base + s->arg.len);
	case PLACE_VALUE: return (uintptr_t)c->value;
	default: return 0;
	}
}

int side_call(struct side *s, const struct call *c, uintptr_t arg)
{
	int fd = c->fd >= 0 && s->fd[c->fd] >= 0 ? s->fd[c->fd] : NO_FD;
	int ret;

	switch (c->op) {
	case CALL_OPEN: return shim_open(s->shim, c->path, c->flags);
	case CALL_CLOSE:
		ret = shim_close(s->shim, fd);
		if (c->fd >= 0)
			s->fd[c->fd] = -1;
		return ret;
	case CALL_WRITE: return (int)shim_write(s->shim, fd, (const void *)arg, c->room);
	default: return s->shim->ops->ioctl(s->shim, fd, c->req, arg);
	}
}
