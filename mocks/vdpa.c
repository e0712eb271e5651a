// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The vhost-vdpa node: who may open it, and the requests that its opener may
 * make without being its owner. The device's own driver decides some answers:
 * vdpa_sim and vp_vdpa are modelled, others answer like the first.
 */
#include <stdlib.h>

#include "mocks/vdpa.h"

#define BACKEND_BIT(n) (1ull << VHOST_BACKEND_F_##n)
/* What every node has, whatever is behind it. */
#define BACKEND_ALWAYS                                                                             \
	(BACKEND_BIT(IOTLB_MSG_V2) | BACKEND_BIT(IOTLB_BATCH) | BACKEND_BIT(IOTLB_ASID))

#define FEATURE_VERSION_1	(1ull << 32)
#define FEATURE_ACCESS_PLATFORM (1ull << 33)
#define FORK_OWNER_TASK		1
#define FORK_OWNER_KTHREAD	0
#define SET_LOG_BASE		_IOW(VHOST_VIRTIO, 0x04, uint64_t)
#define SET_LOG_FD		_IOW(VHOST_VIRTIO, 0x07, int)
#define SET_FORK		_IOW(VHOST_VIRTIO, 0x84, uint8_t)
#define GET_FORK		_IOR(VHOST_VIRTIO, 0x85, uint8_t)
/* Virtio's network device, whose link status the simulator writes at each look. */
#define ID_NET	   1
#define NET_STATUS 6

bool vdpa_maps_itself(const struct vdpa *v)
{
	/* A driver that leaves mapping to the IOMMU has one group and one address space. */
	return v->h->kind == HOST_VDPA_SIM ||
	       (v->h->kind == HOST_VDPA_OTHER &&
		(v->h->groups > 1 || v->h->spaces > 1 || v->h->range.last == UINT64_MAX));
}

bool vdpa_has(const struct vdpa *v, unsigned int backend_bit)
{
	return v->h->backend_features >> backend_bit & 1;
}

void vdpa_reset(struct vdpa *v)
{
	v->suspended = false;
	v->status = 0;
	v->features = 0;
	for (uint32_t i = 0; i < v->h->queues; i++)
		v->queue[i] = (struct vdpa_queue){ 0 };
}

static int make(struct vdpa *v)
{
	if (!v->queue)
		v->queue = calloc(v->h->queues + 1, sizeof(*v->queue));
	if (!v->as)
		v->as = calloc(v->h->spaces + 1, sizeof(*v->as));
	if (!v->config) {
		v->config = malloc(v->h->config_len + 1);
		if (v->config && v->h->config_len)
			memcpy(v->config, v->h->config, v->h->config_len);
	}
	return v->queue && v->as && v->config ? 0 : -ENOMEM;
}

int open_vdpa(struct model *m, struct vdpa *v, bool writable)
{
	const struct file f = { .kind = UAPI_FD_VDPA, .vdpa = v, .writable = writable };
	int fd, err;

	if (v->opened)
		return -EBUSY;
	/* A host of which nobody knows what the node would tell. */
	if (!v->h->told)
		return -ENXIO;
	err = make(v);
	if (err)
		return err;
	fd = fd_install(m, &f);
	if (fd < 0)
		return fd;
	v->opened = true;
	v->owned = v->in_batch = false;
	v->acked = 0;
	v->fork_owner = FORK_OWNER_TASK;
	vdpa_reset(v);
	return fd;
}

void vdpa_close(struct vdpa *v)
{
	vdpa_unmap_all(v);
	v->opened = v->owned = false;
}

struct vdpa *vdpas_new(struct model *m)
{
	struct vdpa *v = calloc(m->h->nvdpas + 1, sizeof(*v));

	for (size_t i = 0; v && i < m->h->nvdpas; i++) {
		v[i].m = m;
		v[i].h = &m->h->vdpas[i];
	}
	return v;
}

void vdpas_free(struct model *m)
{
	for (size_t i = 0; i < m->h->nvdpas && m->vdpas; i++) {
		free(m->vdpas[i].queue);
		free(m->vdpas[i].as);
		free(m->vdpas[i].config);
	}
	free(m->vdpas);
}

struct vdpa *vdpa_at(struct model *m, size_t i)
{
	return &m->vdpas[i];
}

const struct host_vdpa *vdpa_host(const struct vdpa *v)
{
	return v->h;
}

/* ---- features ------------------------------------------------------------- */

static int set_features(struct vdpa *v, uint64_t arg)
{
	uint64_t f;

	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		return -EBUSY;
	if (user_in(v->m, &f, arg, sizeof(f)))
		return -EFAULT;
	/* vp_vdpa hands any to its device. */
	if (v->h->kind != HOST_VDPA_VIRTIO && !(f & FEATURE_ACCESS_PLATFORM))
		return -EINVAL;
	v->features = f & v->h->features;
	return 0;
}

/* Bits that some kernel with these features lets a user set. */
static uint64_t backend_settable(const struct model *m)
{
	uint64_t f = BACKEND_ALWAYS | BACKEND_BIT(SUSPEND);

	if (FEAT(m, VDPA_RESUME))
		f |= BACKEND_BIT(RESUME);
	if (FEAT(m, VDPA_AFTER_OK))
		f |= BACKEND_BIT(ENABLE_AFTER_DRIVER_OK);
	if (FEAT(m, VDPA_DESC))
		f |= BACKEND_BIT(DESC_ASID) | BACKEND_BIT(IOTLB_PERSIST);
	return f;
}

/* ENABLE_AFTER_DRIVER_OK may be set on devices that do not have it. */
static int set_backend_features(struct vdpa *v, uint64_t arg)
{
	const uint64_t of_device = BACKEND_BIT(SUSPEND) | BACKEND_BIT(RESUME) |
				   BACKEND_BIT(DESC_ASID) | BACKEND_BIT(IOTLB_PERSIST);
	uint64_t f, lacks;

	if (user_in(v->m, &f, arg, sizeof(f)))
		return -EFAULT;
	if (f & ~backend_settable(v->m))
		return -EOPNOTSUPP;
	lacks = f & of_device & ~v->h->backend_features;
	if (lacks & (BACKEND_BIT(SUSPEND) | BACKEND_BIT(RESUME)))
		return -EOPNOTSUPP;
	if (f & BACKEND_BIT(DESC_ASID) && !(f & BACKEND_BIT(IOTLB_ASID)))
		return -EINVAL;
	if (lacks)
		return -EOPNOTSUPP;
	v->acked = f;
	return 0;
}

/* ---- status --------------------------------------------------------------- */

/*
 * A virtio device that is behind an IOMMU does not go on with a driver that is
 * not. What it is told stays without effect, as QEMU's devices have it.
 */
static bool refuses_features(const struct vdpa *v, uint8_t status)
{
	return v->h->kind == HOST_VDPA_VIRTIO && status & VIRTIO_CONFIG_S_FEATURES_OK &&
	       !(v->status & VIRTIO_CONFIG_S_FEATURES_OK) && v->features & FEATURE_VERSION_1 &&
	       v->h->features & ~v->features & FEATURE_ACCESS_PLATFORM;
}

static int set_status(struct vdpa *v, uint64_t arg)
{
	uint8_t s;

	if (user_in(v->m, &s, arg, sizeof(s)))
		return -EFAULT;
	if (s && v->status & ~s)
		return -EINVAL;
	if (!s)
		vdpa_reset(v);
	else if (!refuses_features(v, s))
		v->status = s;
	return 0;
}

static int suspend(struct vdpa *v, unsigned int bit, bool on)
{
	if (!(v->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return 0;
	if (!vdpa_has(v, bit))
		return -EOPNOTSUPP;
	v->suspended = on;
	return 0;
}

/* ---- configuration space -------------------------------------------------- */

static int config(struct vdpa *v, uint64_t arg, bool write)
{
	struct vhost_vdpa_config c;
	uint8_t *all;
	int err;
	uint64_t buf = arg + offsetof(struct vhost_vdpa_config, buf);

	if (user_in(v->m, &c, arg, sizeof(c)))
		return -EFAULT;
	/* The kernel tells too long from out of range, and then answers both alike. */
	if (!c.len || c.off > v->h->config_len || c.len > v->h->config_len - c.off)
		return -EINVAL;
	if (!write)
		return user_out(v->m, buf, v->config + c.off, c.len);
	/* As a whole, or not at all. */
	all = malloc(c.len);
	if (!all)
		return -ENOMEM;
	err = user_in(v->m, all, buf, c.len);
	if (!err)
		memcpy(v->config + c.off, all, c.len);
	free(all);
	if (v->h->kind == HOST_VDPA_SIM && v->h->device_id == ID_NET &&
	    v->h->config_len >= NET_STATUS + 2)
		memcpy(v->config + NET_STATUS, v->h->config + NET_STATUS, 2);
	return err;
}

/* ---- requests ------------------------------------------------------------- */

/* -1 unbinds; whether another is an eventfd, only who knows the client's own can tell. */
int vdpa_eventfd(struct model *m, int32_t fd)
{
	if (fd == VHOST_FILE_UNBIND)
		return 0;
	if (m->eventfd)
		return m->eventfd(m->eventfd_ctx, fd);
	return model_fd(m, fd) ? -EINVAL : -EBADF;
}

static int set_config_call(struct vdpa *v, uint64_t arg)
{
	int32_t fd;

	if (user_in(v->m, &fd, arg, sizeof(fd)))
		return -EFAULT;
	return vdpa_eventfd(v->m, fd);
}

static int out16(struct vdpa *v, uint64_t arg, uint32_t number)
{
	uint16_t n = (uint16_t)number;

	return user_out(v->m, arg, &n, sizeof(n));
}

static int out32(struct vdpa *v, uint64_t arg, uint32_t n)
{
	return user_out(v->m, arg, &n, sizeof(n));
}

static int out64(struct vdpa *v, uint64_t arg, uint64_t n)
{
	return user_out(v->m, arg, &n, sizeof(n));
}

static int get_range(struct vdpa *v, uint64_t arg)
{
	struct vhost_vdpa_iova_range r = { v->h->range.start, v->h->range.last };

	return user_out(v->m, arg, &r, sizeof(r));
}

static int set_fork(struct vdpa *v, uint64_t arg)
{
	uint8_t how;

	if (v->owned)
		return -EBUSY;
	if (user_in(v->m, &how, arg, sizeof(how)))
		return -EFAULT;
	if (how != FORK_OWNER_TASK && how != FORK_OWNER_KTHREAD)
		return -EINVAL;
	v->fork_owner = how;
	return 0;
}

static int set_owner(struct vdpa *v)
{
	if (v->owned)
		return -EBUSY;
	v->owned = true;
	return 0;
}

/* Requests of the generic vhost code and of queues: most of them for owners only. */
static int vhost_ioctl(struct vdpa *v, uint32_t req, uint64_t arg)
{
	if (req == VHOST_SET_OWNER)
		return set_owner(v);
	if (req == SET_FORK && FEAT(v->m, VHOST_FORK))
		return set_fork(v, arg);
	if (req == GET_FORK && FEAT(v->m, VHOST_FORK))
		return user_out(v->m, arg, &v->fork_owner, sizeof(v->fork_owner));
	if (!v->owned)
		return -EPERM;
	return vdpa_queue_ioctl(v, req, arg);
}

int vdpa_ioctl(struct vdpa *v, uint32_t req, uint64_t arg)
{
	switch (req) {
	case VHOST_SET_BACKEND_FEATURES: return set_backend_features(v, arg);
	case VHOST_GET_BACKEND_FEATURES: return out64(v, arg, v->h->backend_features);
	case VHOST_GET_FEATURES: return out64(v, arg, v->h->features);
	case VHOST_SET_FEATURES: return set_features(v, arg);
	case VHOST_VDPA_GET_DEVICE_ID: return out32(v, arg, v->h->device_id);
	case VHOST_VDPA_GET_STATUS: return user_out(v->m, arg, &v->status, sizeof(v->status));
	case VHOST_VDPA_SET_STATUS: return set_status(v, arg);
	case VHOST_VDPA_GET_CONFIG: return config(v, arg, false);
	case VHOST_VDPA_SET_CONFIG: return config(v, arg, true);
	case VHOST_VDPA_GET_CONFIG_SIZE: return out32(v, arg, v->h->config_len);
	case VHOST_VDPA_SET_CONFIG_CALL: return set_config_call(v, arg);
	case VHOST_VDPA_GET_VRING_NUM: return out16(v, arg, v->h->queue_max);
	case VHOST_VDPA_GET_VQS_COUNT: return out32(v, arg, v->h->queues);
	case VHOST_VDPA_GET_GROUP_NUM: return out32(v, arg, v->h->groups);
	case VHOST_VDPA_GET_AS_NUM: return out32(v, arg, v->h->spaces);
	case VHOST_VDPA_GET_IOVA_RANGE: return get_range(v, arg);
	case VHOST_VDPA_SUSPEND: return suspend(v, VHOST_BACKEND_F_SUSPEND, true);
	case VHOST_VDPA_RESUME:
		if (!FEAT(v->m, VDPA_RESUME))
			return vhost_ioctl(v, req, arg);
		return suspend(v, VHOST_BACKEND_F_RESUME, false);
	case SET_LOG_BASE:
	case SET_LOG_FD: return -ENOTTY; /* known, and not for vDPA */
	default: return vhost_ioctl(v, req, arg);
	}
}
