// SPDX-License-Identifier: GPL-2.0-or-later
/* The deep states that sequences walk to, and the next step towards each. */
#include <errno.h>

#include "harness/conform/aim.h"
#include "harness/uapi/uapi_compat.h"

/* The nth open fd of a kind, by the order of opening; NULL. */
static struct known_fd *nth_fd(struct gen *gen, enum uapi_fd kind, size_t nth)
{
	for (size_t i = 0; i < gen->k.nfd; i++)
		if (gen->k.fd[i].open && gen->k.fd[i].kind == kind && !nth--)
			return &gen->k.fd[i];
	return NULL;
}

static struct known_fd *nth_cdev(struct gen *gen, size_t nth)
{
	for (size_t i = 0; i < gen->k.nfd; i++)
		if (gen->k.fd[i].open && gen->k.fd[i].device >= 0 && !nth--)
			return &gen->k.fd[i];
	return NULL;
}

/* A group in a container or iommufd (kind), with a device: the next step, false when done. */
static bool towards_group(struct gen *gen, struct call *c, int uid, enum uapi_fd kind,
			  unsigned long type, size_t groups)
{
	struct known_fd *in = nth_fd(gen, kind, 0), *g = NULL;

	if (gen->g->host->container_is_iommufd)
		kind = UAPI_FD_IOMMUFD;
	if (!in)
		return gen_open_kind(gen, c, uid, kind, 0);
	for (size_t i = 0; i < groups; i++) {
		g = nth_fd(gen, UAPI_FD_GROUP, i);
		if (!g)
			return gen_open_kind(gen, c, uid, UAPI_FD_GROUP, i);
		if (g->in == NOBODY) {
			gen_ioctl(c, uid, g->uid, UAPI_FD_GROUP, VFIO_GROUP_SET_CONTAINER);
			return call_set_patch(c, "container", PATCH_FD, in->uid, 0);
		}
	}
	if (!in->driver) {
		gen_ioctl(c, uid, in->uid, UAPI_FD_CONTAINER, VFIO_SET_IOMMU);
		c->value = type;
		return true;
	}
	for (size_t i = 0; i < gen->k.nfd; i++)
		if (gen->k.fd[i].open && gen->k.fd[i].in == g->uid &&
		    gen->k.fd[i].kind == UAPI_FD_DEVICE)
			return false;
	return gen_request(gen, c, uid, g, UAPI_FD_GROUP, VFIO_GROUP_GET_DEVICE_FD);
}

static bool towards_ioas(struct gen *gen, struct call *c, int uid)
{
	struct known_fd *ctx = nth_fd(gen, UAPI_FD_IOMMUFD, 0);

	if (!ctx)
		return gen_open_kind(gen, c, uid, UAPI_FD_IOMMUFD, 0);
	if (!gen_obj(gen, ctx->uid, KNOWN_IOAS))
		return gen_request(gen, c, uid, ctx, UAPI_FD_IOMMUFD, IOMMU_IOAS_ALLOC);
	return false;
}

static bool towards_cdev(struct gen *gen, struct call *c, int uid, bool hwpt)
{
	struct known_fd *ctx = nth_fd(gen, UAPI_FD_IOMMUFD, 0), *d = nth_cdev(gen, 0);
	struct known_obj *pt;

	if (!d)
		return gen_open_kind(gen, c, uid, UAPI_FD_DEVICE, choices_index(gen->c, 4));
	if (!ctx)
		return gen_open_kind(gen, c, uid, UAPI_FD_IOMMUFD, 0);
	if (d->ctx == NOBODY) {
		gen_ioctl(c, uid, d->uid, UAPI_FD_DEVICE, VFIO_DEVICE_BIND_IOMMUFD);
		return call_set_patch(c, "iommufd", PATCH_FD, ctx->uid, 0);
	}
	if (towards_ioas(gen, c, uid))
		return true;
	pt = gen_obj(gen, d->ctx, hwpt ? KNOWN_HWPT : KNOWN_IOAS);
	if (!pt && hwpt)
		return gen_request(gen, c, uid, ctx, UAPI_FD_IOMMUFD, IOMMU_HWPT_ALLOC);
	if (d->pt == NOBODY && pt) {
		gen_ioctl(c, uid, d->uid, UAPI_FD_DEVICE, VFIO_DEVICE_ATTACH_IOMMUFD_PT);
		return call_set_patch(c, "pt_id", PATCH_ID, pt->uid, 0);
	}
	return false;
}

/* What is done once the state is there: looked at and mapped into. */
static bool beyond(struct gen *gen, struct call *c, int uid)
{
	static const uint32_t vfio[] = { VFIO_IOMMU_GET_INFO, VFIO_IOMMU_MAP_DMA,
					 VFIO_IOMMU_UNMAP_DMA };
	static const uint32_t ioas[] = { IOMMU_IOAS_IOVA_RANGES, IOMMU_IOAS_MAP, IOMMU_IOAS_UNMAP,
					 IOMMU_IOAS_COPY, IOMMU_GET_HW_INFO };
	enum uapi_fd kind = UAPI_FD_CONTAINER;
	struct known_fd *on;

	if (gen->goal == GOAL_IOAS || gen->goal == GOAL_CDEV || gen->goal == GOAL_HWPT) {
		on = gen_fd(gen, UAPI_FD_IOMMUFD);
		return on &&
		       gen_request(gen, c, uid, on, UAPI_FD_IOMMUFD, CHOICES_PICK(gen->c, ioas));
	}
	on = gen_fd(gen, gen->goal == GOAL_COMPAT ? UAPI_FD_IOMMUFD : kind);
	return on && gen_request(gen, c, uid, on, kind, CHOICES_PICK(gen->c, vfio));
}

bool gen_towards_goal(struct gen *gen, struct call *c, int uid)
{
	bool step = false;

	switch (gen->goal) {
	case GOAL_TYPE1:
		step = towards_group(gen, c, uid, UAPI_FD_CONTAINER, VFIO_TYPE1v2_IOMMU, 1);
		break;
	case GOAL_TYPE1_V1:
		step = towards_group(gen, c, uid, UAPI_FD_CONTAINER, VFIO_TYPE1_IOMMU, 1);
		break;
	case GOAL_TWO_GROUPS:
		step = towards_group(gen, c, uid, UAPI_FD_CONTAINER, VFIO_TYPE1v2_IOMMU,
				     gen->g->ngroups > 1 ? 2 : 1);
		break;
	case GOAL_COMPAT:
		step = towards_group(gen, c, uid, UAPI_FD_IOMMUFD,
				     gen->step & 1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU, 1);
		break;
	case GOAL_CDEV: step = towards_cdev(gen, c, uid, false); break;
	case GOAL_HWPT: step = towards_cdev(gen, c, uid, true); break;
	case GOAL_IOAS: step = towards_ioas(gen, c, uid); break;
	default: return false;
	}
	return step || beyond(gen, c, uid);
}

enum goal gen_goal_of(const struct gen *gen)
{
	const struct expected *e = gen_focus(gen);
	const struct uapi_row *row = e ? uapi_find((enum uapi_fd)e->kind, e->req) : NULL;
	const bool odd = choices_bool(gen->c, 50);

	if (!row)
		return GOAL_NONE;
	switch (e->kind) {
	case UAPI_FD_CONTAINER: return e->err == EACCES ? GOAL_TYPE1_V1 : GOAL_TYPE1;
	case UAPI_FD_GROUP:
		return gen->g->able & ABLE_TYPE1 && odd && e->err != EADDRINUSE ? GOAL_TYPE1
										: GOAL_COMPAT;
	case UAPI_FD_DEVICE: return odd ? GOAL_CDEV : GOAL_HWPT;
	default: break;
	}
	if (row->fd == UAPI_FD_CONTAINER)
		return e->err == EADDRINUSE || e->err == ENOENT ? GOAL_NONE : GOAL_COMPAT;
	if (e->req == IOMMU_OPTION || e->req == IOMMU_IOAS_COPY)
		return GOAL_IOAS;
	return gen->g->able & ABLE_BIND && gen->g->able & ABLE_CDEV ? odd ? GOAL_CDEV : GOAL_HWPT
								    : GOAL_IOAS;
}
