// SPDX-License-Identifier: GPL-2.0-or-later
/* A device's way to its user, step by step; what its IOMMU can then do. */
#include "selftests/drivers/drivers.h"

#include "selftests/mocks/hosts.h"

static int keep(int *fd, int got)
{
	*fd = got;
	return got < 0 ? got : 0;
}

int rig_open_container(struct rig *r)
{
	int err;

	if (r->mode == RIG_TYPE1 || r->mode == RIG_TYPE1V2)
		return keep(&r->container, shim_open(r->s, "/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
	err = keep(&r->iommufd, shim_open(r->s, "/dev/iommu", O_RDWR | O_CLOEXEC));
	if (r->mode == RIG_COMPAT)
		r->container = r->iommufd;
	return err;
}

int rig_open_group(struct rig *r)
{
	return keep(&r->group, shim_open(r->s, r->group_path, O_RDWR | O_CLOEXEC));
}

int rig_open_cdev(struct rig *r)
{
	return keep(&r->dev, shim_open(r->s, r->cdev_path, O_RDWR | O_CLOEXEC));
}

int rig_set_container(struct rig *r)
{
	return test_set_container(r->s, r->group, r->container);
}

int rig_set_iommu(struct rig *r)
{
	return shim_ioctl_val(r->s, r->container, VFIO_SET_IOMMU,
			      r->mode == RIG_TYPE1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU);
}

int rig_get_device(struct rig *r)
{
	return keep(&r->dev, test_device_fd(r->s, r->group, r->bdf));
}

int rig_bind(struct rig *r)
{
	int id = test_bind(r->s, r->dev, r->iommufd);

	if (id < 0)
		return id;
	r->devid = (uint32_t)id;
	return 0;
}

int rig_attach_pt(struct rig *r)
{
	int id = test_ioas(r->s, r->iommufd);

	if (id < 0)
		return id;
	r->ioas = (uint32_t)id;
	id = test_attach(r->s, r->dev, r->ioas);
	if (id < 0)
		return id;
	r->hwpt = (uint32_t)id;
	return 0;
}

int rig_attach(struct rig *r)
{
	int err = rig_open_container(r);

	if (r->mode == RIG_IOMMUFD) {
		err = err ? err : rig_open_cdev(r);
		err = err ? err : rig_bind(r);
		return err ? err : rig_attach_pt(r);
	}
	err = err ? err : rig_open_group(r);
	err = err ? err : rig_set_container(r);
	err = err ? err : rig_set_iommu(r);
	return err ? err : rig_get_device(r);
}

int rig_attach_own(struct rig *r)
{
	int err = test_detach(r->s, r->dev), hwpt;

	if (err)
		return err;
	hwpt = test_hwpt(r->s, r->iommufd, 0, r->devid, r->ioas);
	if (hwpt < 0)
		return hwpt;
	r->hwpt = (uint32_t)hwpt;
	err = test_attach(r->s, r->dev, r->hwpt);
	return err < 0 ? err : 0;
}

/* Scalable mode without second-stage translation: a unit that only newer kernels give to users. */
static bool first_stage_only(struct rig *r)
{
	char buf[64];
	const char *text = rig_attr(r, "iommu/intel-iommu/ecap", buf, sizeof(buf));
	uint64_t ecap = text ? strtoull(text, NULL, 16) : 0;

	return ecap >> 43 & 1 && !(ecap >> 46 & 1);
}

static bool unsafe_allowed(struct rig *r)
{
	const char *path =
		r->mode == RIG_TYPE1 || r->mode == RIG_TYPE1V2
			? "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
			: "/sys/module/iommufd/parameters/allow_unsafe_interrupts";
	int fd = shim_open(r->s, path, O_RDONLY);
	char c = 'N';

	if (fd < 0)
		return false;
	if (shim_read(r->s, fd, &c, 1) != 1)
		c = 'N';
	shim_close(r->s, fd);
	return c == 'Y';
}

const char *rig_refusal(const struct rig *r, int err)
{
	struct rig *ask = (struct rig *)r;

	if (r->model)
		return NULL;
	if (err == -EPERM && !unsafe_allowed(ask))
		return "EPERM: interrupts are not isolated, or firmware uses the device";
	if (err == -EINVAL && !RIG_HAS(r, FIRST_STAGE) && first_stage_only(ask))
		return "EINVAL: a unit with the first stage only, before Linux 6.13";
	return NULL;
}

int rig_ranges(struct rig *r, struct host_range *v, int max)
{
	if (r->mode != RIG_IOMMUFD)
		return test_ranges(r->s, r->container, v, max);
	return test_ioas_ranges(r->s, r->iommufd, r->ioas, v, max, NULL);
}

uint64_t rig_page(struct rig *r)
{
	struct uapi_type1_info info = { .argsz = sizeof(info) };
	struct host_range v[RIG_RANGES];
	uint64_t align = 0;

	if (r->mode == RIG_IOMMUFD)
		return test_ioas_ranges(r->s, r->iommufd, r->ioas, v, RIG_RANGES, &align) < 0
			       ? 0
			       : align;
	if (shim_ioctl(r->s, r->container, VFIO_IOMMU_GET_INFO, &info))
		return 0;
	return info.iova_pgsizes & -info.iova_pgsizes;
}

uint64_t rig_iova(struct rig *r)
{
	struct host_range v[RIG_RANGES];
	uint64_t page = rig_page(r);
	int n = rig_ranges(r, v, RIG_RANGES);

	for (int i = 0; i < n; i++) {
		uint64_t at = (v[i].start + page - 1) / page * page + 32 * page;

		if (at >= v[i].start && at + 32 * page - 1 <= v[i].last)
			return at;
	}
	return 0;
}

int rig_map(struct rig *r, uint64_t iova, uint64_t off, uint64_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)r->mem + off,
		.iova = iova,
		.size = size,
	};
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = r->ioas,
		.user_va = map.vaddr,
		.length = size,
		.iova = iova,
	};

	if (r->mode == RIG_IOMMUFD)
		return shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_MAP, &m);
	return shim_ioctl(r->s, r->container, VFIO_IOMMU_MAP_DMA, &map);
}

int rig_unmap(struct rig *r, uint64_t iova, uint64_t *size)
{
	if (r->mode == RIG_IOMMUFD)
		return test_ioas_unmap(r->s, r->iommufd, r->ioas, iova, size);
	return test_unmap(r->s, r->container, iova, size);
}

int rig_unmap_all(struct rig *r, uint64_t *size)
{
	struct vfio_iommu_type1_dma_unmap u = {
		.argsz = sizeof(u),
		.flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	int err;

	if (r->mode == RIG_IOMMUFD) {
		*size = UINT64_MAX;
		return test_ioas_unmap(r->s, r->iommufd, r->ioas, 0, size);
	}
	err = shim_ioctl(r->s, r->container, VFIO_IOMMU_UNMAP_DMA, &u);
	*size = u.size;
	return err;
}

int rig_info(struct rig *r, int fd, uint32_t req, uint32_t argsz, uint32_t index,
	     struct rig_reply *out)
{
	memset(out, RIG_POISON, sizeof(*out));
	memcpy(out->b, &argsz, sizeof(argsz));
	memcpy(out->b + 8, &index, sizeof(index));
	return shim_ioctl(r->s, fd, req, out);
}

size_t rig_written(const struct rig_reply *reply)
{
	size_t n = sizeof(reply->b);

	while (n && reply->b[n - 1] == RIG_POISON)
		n--;
	return n;
}
