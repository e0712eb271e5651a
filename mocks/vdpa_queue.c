// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests that name a virtqueue. The index is looked at before the request is
 * known to be one of them, so that an unknown request has the same errors.
 */
#include "mocks/vdpa.h"

/* A queue's number and the value that goes with it, the number known to be good. */
static int in(struct vdpa *v, uint64_t arg, struct vhost_vring_state *s)
{
	return user_in(v->m, s, arg, sizeof(*s));
}

static int out(struct vdpa *v, uint64_t arg, uint32_t index, uint32_t num)
{
	struct vhost_vring_state s = { .index = index, .num = num };

	return user_out(v->m, arg, &s, sizeof(s));
}

static bool runs(const struct vdpa *v)
{
	return v->status & VIRTIO_CONFIG_S_DRIVER_OK && !v->suspended;
}

static int set_num(struct vdpa *v, uint32_t i, uint32_t num)
{
	if (!num || num > v->h->queue_max || num & (num - 1))
		return -EINVAL;
	v->queue[i].size = (uint16_t)num;
	return 0;
}

static int set_addr(struct vdpa *v, uint64_t arg)
{
	struct vhost_vring_addr a;

	if (user_in(v->m, &a, arg, sizeof(a)))
		return -EFAULT;
	if (a.flags & ~(1u << VHOST_VRING_F_LOG))
		return -EOPNOTSUPP;
	/* Alignments of the available and the used ring. */
	if (a.avail_user_addr & 1 || a.used_user_addr & 3 || a.log_guest_addr & 3)
		return -EINVAL;
	return runs(v) ? -EINVAL : 0;
}

static int set_base(struct vdpa *v, uint32_t i, uint64_t arg)
{
	struct vhost_vring_state s;

	if (in(v, arg, &s))
		return -EFAULT;
	if (s.num > UINT16_MAX || runs(v))
		return -EINVAL;
	/* vp_vdpa knows its device's state at the beginning, and no other. */
	if (v->h->kind == HOST_VDPA_VIRTIO)
		return v->status & VIRTIO_CONFIG_S_FEATURES_OK && !v->queue[i].ready && !s.num
			       ? 0
			       : -EOPNOTSUPP;
	v->queue[i].base = (uint16_t)s.num;
	return 0;
}

static int get_base(struct vdpa *v, uint32_t i, uint64_t arg)
{
	if (v->h->kind == HOST_VDPA_VIRTIO)
		return -EOPNOTSUPP;
	return out(v, arg, i, v->queue[i].base);
}

static int set_enable(struct vdpa *v, uint32_t i, uint64_t arg)
{
	struct vhost_vring_state s;

	if (in(v, arg, &s))
		return -EFAULT;
	v->queue[i].ready = s.num;
	return 0;
}

static int set_file(struct vdpa *v, uint64_t arg)
{
	struct vhost_vring_file f;

	if (user_in(v->m, &f, arg, sizeof(f)))
		return -EFAULT;
	return vdpa_eventfd(v->m, f.fd);
}

/* group: of each queue, NULL where the driver does not say. */
static int get_group(struct vdpa *v, uint32_t i, uint64_t arg, const uint32_t *group)
{
	if (!group)
		return -EOPNOTSUPP;
	return group[i] >= v->h->groups ? -EIO : out(v, arg, i, group[i]);
}

/* The number is that of a group, and must all the same be one of a queue. */
static int set_group_asid(struct vdpa *v, uint32_t i, uint64_t arg)
{
	struct vhost_vring_state s;

	if (in(v, arg, &s))
		return -EFAULT;
	if (i >= v->h->groups || s.num >= v->h->spaces)
		return -EINVAL;
	if (!vdpa_maps_itself(v))
		return -EOPNOTSUPP;
	if (FEAT(v->m, VDPA_ASID_BUSY) && v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		return -EBUSY;
	return 0;
}

/* vp_vdpa asks its device, which knows what it was set to. */
static int get_size(struct vdpa *v, uint32_t i, uint64_t arg)
{
	if (!v->h->queue_size)
		return -EOPNOTSUPP;
	if (v->h->kind == HOST_VDPA_VIRTIO && v->queue[i].size)
		return out(v, arg, i, v->queue[i].size);
	return out(v, arg, i, v->h->queue_size[i]);
}

/* A request that this kernel does not have. */
static int unknown(struct vdpa *v, uint32_t req)
{
	switch (req) {
	case VHOST_VDPA_GET_VRING_DESC_GROUP:
	case VHOST_VDPA_GET_VRING_SIZE:
	case VHOST_VDPA_RESUME:
	case VHOST_RESET_OWNER: return -ENOTTY;
	default: return unknown_request(v->m, "vdpa", req);
	}
}

int vdpa_queue_ioctl(struct vdpa *v, uint32_t req, uint64_t arg)
{
	struct vhost_vring_state s = { 0 };
	uint32_t i;

	/* All of the structure for this one, else its first word. */
	if (req == VHOST_SET_VRING_NUM ? in(v, arg, &s) : user_in(v->m, &s.index, arg, 4))
		return -EFAULT;
	i = s.index;
	if (i >= v->h->queues)
		return -ENOBUFS;
	switch (req) {
	case VHOST_SET_VRING_NUM: return set_num(v, i, s.num);
	case VHOST_SET_VRING_ADDR: return set_addr(v, arg);
	case VHOST_SET_VRING_BASE: return set_base(v, i, arg);
	case VHOST_GET_VRING_BASE: return get_base(v, i, arg);
	case VHOST_SET_VRING_KICK:
	case VHOST_SET_VRING_CALL:
	case VHOST_SET_VRING_ERR: return set_file(v, arg);
	case VHOST_VDPA_SET_VRING_ENABLE: return set_enable(v, i, arg);
	case VHOST_VDPA_GET_VRING_GROUP: return get_group(v, i, arg, v->h->queue_group);
	case VHOST_VDPA_SET_GROUP_ASID: return set_group_asid(v, i, arg);
	case VHOST_VDPA_GET_VRING_DESC_GROUP:
		return FEAT(v->m, VDPA_DESC) ? get_group(v, i, arg, v->h->queue_desc_group)
					     : unknown(v, req);
	case VHOST_VDPA_GET_VRING_SIZE:
		return FEAT(v->m, VDPA_SIZE) ? get_size(v, i, arg) : unknown(v, req);
	default: return unknown(v, req);
	}
}
