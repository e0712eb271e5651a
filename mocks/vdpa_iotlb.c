// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mappings of a vDPA device: messages that its owner writes to the node.
 * Nothing is pinned, and all memory is taken for shared memory of a file, which
 * is all that a simulator maps: of other memory it maps nothing, successfully.
 */
#include "mocks/vdpa.h"

#define MSG_SIZE 72 /* struct vhost_msg, struct vhost_msg_v2 */
#define MSG_BODY 8  /* where struct vhost_iotlb_msg lies in both */

/* struct vhost_iotlb_msg with 64-bit alignment, whatever ours is. */
struct body {
	uint64_t iova, size, uaddr;
	uint8_t perm, type;
	uint8_t pad[6];
};

static size_t nmaps(const struct vdpa *v)
{
	size_t n = 0;

	for (uint32_t i = 0; i < v->h->spaces; i++)
		n += v->as[i].maps.n;
	return n;
}

/* The first map from *from on that [start, last] meets; false: none. */
static bool find(const struct vdpa_as *as, uint64_t start, uint64_t last, size_t *at)
{
	for (size_t i = 0; i < as->maps.n; i++) {
		if (as->maps.v[i].start <= last && start <= as->maps.v[i].last) {
			*at = i;
			return true;
		}
	}
	return false;
}

static int add(struct vdpa *v, struct vdpa_as *as, uint64_t start, uint64_t last)
{
	struct ivlist *l = &as->maps;
	size_t at = 0;
	int err;

	if (l->n >= VDPA_MAPS_MAX)
		return -ENOSPC;
	err = vec_room((void **)&l->v, &l->cap, l->n, sizeof(*l->v));
	if (err)
		return err;
	while (at < l->n && l->v[at].start < start)
		at++;
	memmove(&l->v[at + 1], &l->v[at], (l->n - at) * sizeof(*l->v));
	l->v[at] = (struct host_range){ start, last };
	l->n++;
	v->m->stats.mappings++;
	return 0;
}

/* Whole maps go: none is split. The ends may have wrapped. */
static void unmap(struct vdpa *v, struct vdpa_as *as, uint64_t start, uint64_t last)
{
	struct ivlist *l = &as->maps;
	size_t at;

	while (find(as, start, last, &at)) {
		l->n--;
		memmove(&l->v[at], &l->v[at + 1], (l->n - at) * sizeof(*l->v));
		v->m->stats.mappings--;
	}
}

void vdpa_unmap_all(struct vdpa *v)
{
	v->m->stats.mappings -= (unsigned int)nmaps(v);
	for (uint32_t i = 0; i < v->h->spaces; i++) {
		ivlist_free(&v->as[i].maps);
		v->as[i] = (struct vdpa_as){ 0 };
	}
}

static int update(struct vdpa *v, struct vdpa_as *as, const struct body *b)
{
	uint64_t start = b->iova, last = range_end(b->iova, b->size), pages;
	size_t at;

	if (b->iova < v->h->range.start || !b->size || range_wraps(b->iova, b->size) ||
	    last > v->h->range.last)
		return -EINVAL;
	if (find(as, start, last, &at))
		return -EEXIST;
	if (!vdpa_maps_itself(v)) {
		/* Whole pages, of which the first begins in front of the address. */
		pages = (b->size + (start & ~PAGE_MASK) + PAGE_SZ - 1) / PAGE_SZ;
		start &= PAGE_MASK;
		last = range_end(start, pages * PAGE_SZ);
	}
	return add(v, as, start, last);
}

static int message(struct vdpa *v, uint32_t asid, const struct body *b)
{
	struct vdpa_as *as = asid < v->h->spaces ? &v->as[asid] : NULL;

	if (!v->owned)
		return -EPERM;
	if (as && (b->type == VHOST_IOTLB_UPDATE || b->type == VHOST_IOTLB_BATCH_BEGIN))
		as->exists = true;
	if (!as || !as->exists || (v->in_batch && v->batch_asid != asid))
		return -EINVAL;
	switch (b->type) {
	case VHOST_IOTLB_UPDATE: return update(v, as, b);
	case VHOST_IOTLB_INVALIDATE: unmap(v, as, b->iova, range_end(b->iova, b->size)); return 0;
	case VHOST_IOTLB_BATCH_BEGIN:
		v->in_batch = true;
		v->batch_asid = asid;
		return 0;
	case VHOST_IOTLB_BATCH_END: v->in_batch = false; return 0;
	default: return -EINVAL;
	}
}

/*
 * Too short a message, or one that cannot be read, is EINVAL; what the handler
 * finds wrong with it is EFAULT, all of it. What is longer is not looked at.
 */
ssize_t vdpa_write(struct vdpa *v, const void *buf, size_t len)
{
	struct body b;
	uint32_t type, asid = 0;

	if (len < MSG_BODY + sizeof(b))
		return -EINVAL;
	memcpy(&type, buf, sizeof(type));
	memcpy(&b, (const char *)buf + MSG_BODY, sizeof(b));
	if (type != VHOST_IOTLB_MSG && type != VHOST_IOTLB_MSG_V2)
		return -EINVAL;
	/* Until it was agreed upon the word is not looked at. */
	if (type == VHOST_IOTLB_MSG_V2 && v->acked >> VHOST_BACKEND_F_IOTLB_ASID & 1)
		memcpy(&asid, (const char *)buf + 4, sizeof(asid));
	if (b.type == VHOST_IOTLB_UPDATE && !b.size)
		return -EINVAL;
	return message(v, asid, &b) ? -EFAULT : MSG_SIZE;
}
