// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The survey of iommufd and the device's own node: twice, with the sizes of
 * older clients and with those of newer ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/survey_state.h"
#include "harness/uapi/uapi_compat.h"

#define RANGES_MAX 4096
/* No id that a kernel has given to the few objects there are. */
#define NO_ID 0x7777

/* Sizes of the structures that grew, as clients of two times send them. */
struct sizes {
	uint32_t bind, attach, detach, hwpt;
};

struct talk {
	struct survey *v;
	struct sizes size;
	int iommufd;
	int cdev;
	uint32_t dev; /* of the device, bound; 0: not bound */
	uint32_t ioas;
};

static int ask(struct talk *t, uint32_t req, void *arg)
{
	return shim_ioctl(t->v->s, t->iommufd, req, arg);
}

/*
 * Which requests the kernel has: one that it has looks at the size first, and
 * none is as small as 0.
 */
static void commands(struct talk *t)
{
	for (uint32_t req = IOMMU_DESTROY; req <= UAPI_IOAS_NOIOMMU_GET_PA; req++) {
		uint32_t none[16] = { 0 };

		ask(t, req, none);
	}
}

static void destroy(struct talk *t, uint32_t id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = id };

	ask(t, IOMMU_DESTROY, &d);
}

/* ---- ranges ------------------------------------------------------------- */

static uint32_t ranges_of(struct talk *t, uint32_t num, int *rc)
{
	struct iommu_iova_range *r = sv_alloc(t->v, num * sizeof(*r));
	struct iommu_ioas_iova_ranges q = {
		.size = sizeof(q),
		.ioas_id = t->ioas,
		.num_iovas = num,
		.allowed_iovas = (uintptr_t)r,
	};

	*rc = -ENOMEM;
	if (!r)
		return 0;
	*rc = ask(t, IOMMU_IOAS_IOVA_RANGES, &q);
	free(r);
	return q.num_iovas;
}

/* With no room, too little, exactly enough, and more than needed. */
static void ranges(struct talk *t)
{
	static const uint32_t nums[] = { 0, 1, 16 };
	uint32_t needed = 0;
	int rc = 0;

	for (size_t i = 0; i < sizeof(nums) / sizeof(*nums) && !t->v->rc; i++)
		needed = ranges_of(t, nums[i], &rc);
	if (needed > 1 && needed != 16 && needed <= RANGES_MAX && !t->v->rc)
		ranges_of(t, needed, &rc);
}

/* ---- hardware ----------------------------------------------------------- */

static void hw_info(struct talk *t, uint32_t id, uint32_t len, uint32_t size, uint32_t flags,
		    uint32_t type)
{
	uint8_t data[64] = { 0 };
	struct uapi_hw_info q = {
		.size = size,
		.flags = flags,
		.dev_id = id,
		.data_len = len,
		.data_uptr = (uintptr_t)data,
		.data_type = type,
	};

	ask(t, IOMMU_GET_HW_INFO, &q);
}

static void hardware(struct talk *t)
{
	static const uint32_t lens[] = { 0, 8, 24, 40, 64 };
	uint32_t size = sizeof(struct uapi_hw_info);

	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++)
		hw_info(t, t->dev, lens[i], size, 0, 0);
	for (uint32_t type = UAPI_HW_INFO_TYPE_VTD; type <= UAPI_HW_INFO_TYPE_SMMUV3; type++)
		hw_info(t, t->dev, 24, size, UAPI_HW_INFO_INPUT_TYPE, type);
	hw_info(t, t->dev, 24, size, UAPI_HW_INFO_INPUT_TYPE, 0);
	hw_info(t, t->dev, 24, size, 2, 0);
	hw_info(t, t->dev, 24, 32, 0, 0);
	hw_info(t, NO_ID, 24, size, 0, 0);
}

/* ---- page tables -------------------------------------------------------- */

static int attach(struct talk *t, uint32_t pt)
{
	struct uapi_attach_iommufd_pt a = { .argsz = t->size.attach, .pt_id = pt };

	return shim_ioctl(t->v->s, t->cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
}

static void detach(struct talk *t)
{
	struct uapi_detach_iommufd_pt d = { .argsz = t->size.detach };

	shim_ioctl(t->v->s, t->cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

static void page_table(struct talk *t, uint32_t flags)
{
	struct uapi_hwpt_alloc h = {
		.size = t->size.hwpt,
		.flags = flags,
		.dev_id = t->dev,
		.pt_id = t->ioas,
	};

	if (ask(t, IOMMU_HWPT_ALLOC, &h) < 0)
		return;
	ranges(t);
	if (attach(t, h.out_hwpt_id) >= 0) {
		ranges(t);
		detach(t);
	}
	destroy(t, h.out_hwpt_id);
}

static int page_tables(struct talk *t)
{
	/* Dirty tracking with the others too: so do those who find it in the hardware's capabilities. */
	static const uint32_t flags[] = {
		0,
		UAPI_HWPT_DIRTY_TRACKING,
		UAPI_HWPT_PASID,
		UAPI_HWPT_NEST_PARENT,
		UAPI_HWPT_NEST_PARENT | UAPI_HWPT_DIRTY_TRACKING,
		UAPI_HWPT_NEST_PARENT | UAPI_HWPT_PASID,
	};
	int rc = attach(t, t->ioas);

	if (rc >= 0) {
		ranges(t);
		sv_device_info(t->v, t->cdev);
		detach(t);
		ranges(t);
	} else {
		sv_device_info(t->v, t->cdev);
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags) && !t->v->rc; i++)
		page_table(t, flags[i]);
	return rc < 0 ? rc : 0;
}

/* ---- the device's node -------------------------------------------------- */

static int bind(struct talk *t)
{
	struct uapi_bind_iommufd b = { .argsz = t->size.bind, .iommufd = t->iommufd };
	int rc = shim_ioctl(t->v->s, t->cdev, VFIO_DEVICE_BIND_IOMMUFD, &b);

	t->dev = rc < 0 ? 0 : b.out_devid;
	return rc;
}

static int open_cdev(struct talk *t, const struct sv_device *dev)
{
	char path[96];

	if (!dev->vfio[0])
		return -ENODEV;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", dev->vfio);
	return sv_open_node(t->v, path);
}

/* The device's part, once the iommufd is open: from opening its node to closing it. */
static int with_device(struct talk *t, const struct sv_device *dev)
{
	struct uapi_device_info di = { .argsz = sizeof(di) };
	int rc;

	t->cdev = open_cdev(t, dev);
	if (t->cdev < 0)
		return t->cdev;
	/* Refused until the device is bound. */
	shim_ioctl(t->v->s, t->cdev, VFIO_DEVICE_GET_INFO, &di);
	rc = bind(t);
	if (rc >= 0 && t->dev)
		hardware(t);
	if (rc >= 0 && t->ioas && !t->v->rc)
		rc = page_tables(t);
	sv_close(t->v, &t->cdev);
	return rc;
}

static int conversation(struct survey *v, const struct sv_device *dev, const struct sizes *size,
			bool first)
{
	struct talk t = { .v = v, .size = *size, .cdev = -1 };
	struct uapi_ioas_change_process p = { .size = sizeof(p) };
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	int rc, rc2 = 0;

	t.iommufd = sv_open_node(v, "/dev/iommu");
	if (t.iommufd < 0)
		return t.iommufd;
	if (first)
		commands(&t);
	ask(&t, UAPI_IOAS_CHANGE_PROCESS, &p);
	/* What an address space is like before any device is in it. */
	rc = ask(&t, IOMMU_IOAS_ALLOC, &a);
	t.ioas = rc < 0 ? 0 : a.out_ioas_id;
	if (t.ioas)
		ranges(&t);
	if (!v->rc)
		rc2 = with_device(&t, dev);
	if (t.ioas)
		destroy(&t, t.ioas);
	sv_close(v, &t.iommufd);
	return rc < 0 ? rc : rc2;
}

int sv_iommufd(struct survey *v, const struct sv_device *dev)
{
	static const struct sizes older = { 16, 12, 8, 40 }, newer = { 24, 16, 12, 48 };
	int rc, rc2;

	shim_access(v->s, "/dev/iommu", F_OK);
	rc = conversation(v, dev, &older, true);
	rc2 = v->rc ? 0 : conversation(v, dev, &newer, false);
	return rc < 0 ? rc : rc2 < 0 ? rc2 : 0;
}
