// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO's container requests on an iommufd, with every difference from type1:
 * devices come in only with their descriptor, other capabilities in another
 * order, a short buffer is filled as far as it goes.
 */
#include "mocks/ictx.h"
#include "mocks/internal.h"

#define INFO_SIZE sizeof(struct uapi_type1_info)

int compat_create_ioas(struct ictx *ictx)
{
	if (ictx->no_iommu_mode)
		return -EINVAL;
	if (!ictx->vfio_ioas)
		ictx->vfio_ioas = ioas_new(ictx);
	return ictx->vfio_ioas ? 0 : -ENOMEM;
}

int cmd_vfio_ioas(struct ucmd *u)
{
	struct iommu_vfio_ioas *cmd = u->cmd;
	struct ioas *ioas;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->op) {
	case IOMMU_VFIO_IOAS_GET:
		if (!u->ictx->vfio_ioas)
			return -ENODEV;
		cmd->ioas_id = u->ictx->vfio_ioas->obj.id;
		return ucmd_respond(u);
	case IOMMU_VFIO_IOAS_SET:
		ioas = ioas_get(u->ictx, cmd->ioas_id);
		if (!ioas)
			return -ENOENT;
		u->ictx->vfio_ioas = ioas;
		return 0;
	case IOMMU_VFIO_IOAS_CLEAR: u->ictx->vfio_ioas = NULL; return 0;
	default: return -EOPNOTSUPP;
	}
}

static int coherent(const struct ictx *ictx)
{
	if (!ictx->vfio_ioas)
		return -ENODEV;
	for (const struct hwpt *h = ictx->vfio_ioas->hwpts; h; h = h->next)
		if (!h->coherent)
			return 0;
	return 1;
}

static int check_extension(const struct model *m, const struct ictx *ictx, uintptr_t ext)
{
	switch (ext) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL: return 1;
	case VFIO_DMA_CC_IOMMU: return coherent(ictx);
	case VFIO_NOIOMMU_IOMMU: return m->h->compat_noiommu;
	default: return 0;
	}
}

static int set_iommu(const struct model *m, struct ictx *ictx, uintptr_t type)
{
	if (type == VFIO_NOIOMMU_IOMMU && m->h->compat_noiommu && ictx->no_iommu_mode)
		return 0;
	if ((type != VFIO_TYPE1_IOMMU && type != VFIO_TYPE1v2_IOMMU) || ictx->no_iommu_mode)
		return -EINVAL;
	if (!ictx->vfio_ioas)
		return -ENODEV;
	/* v1 may unmap in the middle of a mapping, so that no large page may be used. */
	return type == VFIO_TYPE1_IOMMU ? ioas_disable_large_pages(ictx->vfio_ioas) : 0;
}

static uint64_t page_sizes(const struct ioas *ioas)
{
	uint64_t sizes = UINT64_MAX;

	for (const struct hwpt *h = ioas->hwpts; h; h = h->next)
		sizes &= h->d.pgsizes;
	if (sizes & ~PAGE_MASK)
		sizes = (sizes & PAGE_MASK) | PAGE_SZ;
	return sizes > ioas->alignment ? sizes : ioas->alignment;
}

/* One capability at arg, with avail bytes of buffer there. Its size, or -EFAULT. */
static int64_t put_dma_avail(struct model *m, const struct ioas *ioas, uint64_t arg, uint64_t avail)
{
	struct vfio_iommu_type1_info_dma_avail cap = {
		.header = { .id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, .version = 1 },
		.avail = UINT32_MAX,
	};

	(void)ioas;
	if (avail >= sizeof(cap) && user_out(m, arg, &cap, sizeof(cap)))
		return -EFAULT;
	return sizeof(cap);
}

/* Ranges go out one by one as they fit; the header only once all have fitted. */
static int64_t put_iova_range(struct model *m, const struct ioas *ioas, uint64_t arg,
			      uint64_t avail)
{
	struct vfio_iommu_type1_info_cap_iova_range cap = {
		.header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, .version = 1 },
	};
	uint64_t size = sizeof(cap);
	struct host_range r;
	struct hole_iter it;

	hole_iter_init(&it, &ioas->reserved);
	while (hole_next(&it, &r.start, &r.last)) {
		if (avail >= size + sizeof(r) && user_out(m, arg + size, &r, sizeof(r)))
			return -EFAULT;
		size += sizeof(r);
		cap.nr_iovas++;
	}
	if (avail >= size && user_out(m, arg, &cap, sizeof(cap)))
		return -EFAULT;
	return (int64_t)size;
}

static int put_caps(struct model *m, const struct ioas *ioas, uint64_t arg, uint64_t argsz,
		    uint64_t *total)
{
	int64_t (*const put[])(struct model *, const struct ioas *, uint64_t, uint64_t) = {
		put_dma_avail,
		put_iova_range,
	};
	uint64_t prev = 0;

	*total = INFO_SIZE;
	for (size_t i = 0; i < sizeof(put) / sizeof(put[0]); i++) {
		uint32_t at = (uint32_t)*total;
		int64_t size = put[i](m, ioas, arg + at, argsz > at ? argsz - at : 0);

		if (size < 0)
			return (int)size;
		/* The one before learns of this one, whether this one was written or not. */
		if (prev && argsz >= at && user_out(m, arg + prev + 4, &at, sizeof(at)))
			return -EFAULT;
		prev = at;
		*total += FEAT(m, CAPS_ALIGN8) ? ((uint64_t)size + 7) & ~7ull : (uint64_t)size;
	}
	return 0;
}

static int get_info(struct model *m, struct ictx *ictx, uint64_t arg)
{
	struct uapi_type1_info info = { 0 };
	size_t copy = sizeof(info);
	uint64_t total;
	int err = user_in_argsz(m, &info, 16, arg);

	if (err)
		return err;
	if (info.argsz < copy)
		copy = info.argsz;
	if (!ictx->vfio_ioas)
		return -ENODEV;
	err = put_caps(m, ictx->vfio_ioas, arg, info.argsz, &total);
	if (err)
		return err;
	info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info.iova_pgsizes = page_sizes(ictx->vfio_ioas);
	info.cap_offset = info.argsz >= total ? INFO_SIZE : 0;
	info.argsz = (uint32_t)total;
	return user_out(m, arg, &info, copy);
}

static int map_dma(struct model *m, struct ictx *ictx, uint64_t arg)
{
	struct vfio_iommu_type1_dma_map map;
	uint32_t prot = 0;
	uint64_t iova;
	int err = user_in_argsz(m, &map, sizeof(map), arg);

	if (err)
		return err;
	if (map.flags & ~(uint32_t)(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE))
		return -EINVAL;
	if (!ictx->vfio_ioas)
		return -ENODEV;
	iova = map.iova;
	if (map.flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_IOAS_MAP_READABLE;
	if (map.flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_IOAS_MAP_WRITEABLE;
	return ioas_map_user(ictx->vfio_ioas, &iova, map.vaddr, map.size, prot, false, false);
}

static int unmap_range(struct ioas *ioas, uint64_t iova, uint64_t size, uint64_t *unmapped)
{
	if (!size)
		return -EINVAL;
	if (range_wraps(iova, size))
		return -EOVERFLOW;
	return ioas_unmap_range(ioas, iova, range_end(iova, size), unmapped);
}

static int unmap_dma(struct model *m, struct ictx *ictx, uint64_t arg)
{
	struct vfio_iommu_type1_dma_unmap u;
	uint64_t unmapped = 0;
	struct ioas *ioas = ictx->vfio_ioas;
	int err = user_in_argsz(m, &u, sizeof(u), arg);

	if (err)
		return err;
	if (u.flags & ~(uint32_t)VFIO_DMA_UNMAP_FLAG_ALL)
		return -EINVAL;
	if (!ioas)
		return -ENODEV;
	if (u.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (u.iova || u.size)
			return -EINVAL;
		err = ioas_unmap_range(ioas, 0, UINT64_MAX, &unmapped);
	} else {
		/* v1: cut what overhangs at either end, then there is nothing to bisect. */
		if (ioas->no_large_pages) {
			err = ioas_cut(ioas, range_end(u.iova, u.size));
			if (!err && u.iova)
				err = ioas_cut(ioas, u.iova - 1);
			if (err)
				return err;
		}
		err = unmap_range(ioas, u.iova, u.size, &unmapped);
	}
	u.size = unmapped;
	return user_out(m, arg, &u, sizeof(u)) ? -EFAULT : err;
}

int compat_ioctl(struct model *m, struct ictx *ictx, uint32_t req, uintptr_t arg)
{
	switch (req) {
	case VFIO_GET_API_VERSION: return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION: return check_extension(m, ictx, arg);
	case VFIO_SET_IOMMU: return set_iommu(m, ictx, arg);
	case VFIO_IOMMU_GET_INFO: return get_info(m, ictx, arg);
	case VFIO_IOMMU_MAP_DMA: return map_dma(m, ictx, arg);
	case VFIO_IOMMU_UNMAP_DMA: return unmap_dma(m, ictx, arg);
	case VFIO_IOMMU_DIRTY_PAGES: return -ENOTTY; /* a container's, not served here */
	default: return unknown_request(m, "iommufd", req);
	}
}
