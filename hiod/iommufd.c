// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The iommufd object and its ioctls, and the abstract HostIOMMUDeviceIOMMUFD;
 * see iommufd.h. Source: QEMU's backends/iommufd.c.
 */
#include "hiod/iommufd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "harness/uapi/uapi_compat.h"
#include "hiod/type1_info.h"
#include "hiod/vfio.h"

int iommufd_backend_init(IOMMUFDBackend *be, struct shim *shim, const struct hiod_profile *profile,
			 struct hiod_report *report, struct hiod_error *err)
{
	*be = (IOMMUFDBackend){ .shim = shim, .profile = profile, .report = report, .fd = -1 };
	err->stage = HIOD_STAGE_OPEN;
	if (profile->access_dev_iommu && shim_access(shim, "/dev/iommu", F_OK))
		return hiod_error_set(err, -ENOENT,
				      "/dev/iommu does not exist (is your kernel config missing "
				      "CONFIG_IOMMUFD?)");
	return 0;
}

int iommufd_backend_connect(IOMMUFDBackend *be, struct hiod_error *err)
{
	struct uapi_ioas_change_process args = { .size = sizeof(args) };
	int fd;

	if (be->users++)
		return 0;
	fd = shim_open(be->shim, "/dev/iommu", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		be->users--;
		err->stage = HIOD_STAGE_OPEN;
		return hiod_error_set_errno(err, fd,
					    be->profile->own_open_texts
						    ? "/dev/iommu opening failed"
						    : "Could not open '/dev/iommu'");
	}
	be->fd = fd;
	if (be->profile->probe_change_process)
		be->change_process = shim_ioctl(be->shim, fd, UAPI_IOAS_CHANGE_PROCESS, &args) >= 0;
	return 0;
}

void iommufd_backend_disconnect(IOMMUFDBackend *be)
{
	if (--be->users)
		return;
	shim_close(be->shim, be->fd);
	be->fd = -1;
}

int iommufd_backend_alloc_ioas(IOMMUFDBackend *be, uint32_t *ioas_id, struct hiod_error *err)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_IOAS_ALLOC, &a);

	if (rc < 0)
		return hiod_error_set_errno(err, rc, "Failed to allocate ioas");
	*ioas_id = a.out_ioas_id;
	return 0;
}

void iommufd_backend_free_id(IOMMUFDBackend *be, uint32_t id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = id };
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_DESTROY, &d);

	if (rc < 0)
		hiod_report(be->report, HIOD_REPORT_ERROR, NULL, "Failed to free id: %u %s", id,
			    strerror(-rc));
}

int iommufd_backend_get_device_info(IOMMUFDBackend *be, uint32_t dev_id, void *data, uint32_t len,
				    HostIOMMUDeviceCaps *caps, uint32_t *data_len,
				    struct hiod_error *err)
{
	struct uapi_hw_info info = {
		.size = sizeof(info),
		.dev_id = dev_id,
		.data_len = len,
		.data_uptr = len ? (uintptr_t)data : 0,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_GET_HW_INFO, &info);

	if (rc < 0)
		return hiod_error_set_errno(err, rc, "Failed to get hardware info");
	caps->type = info.data_type;
	caps->hw_caps = info.out_capabilities;
	caps->max_pasid_log2 = info.out_max_pasid_log2;
	if (data_len)
		*data_len = info.data_len;
	return 0;
}

/* More ranges than this are no kernel's; see HIOD_REPLY_MAX. */
#define NUM_IOVAS_MAX (HIOD_REPLY_MAX / sizeof(struct iommu_iova_range))

static int take_ranges(const struct hiod_range *r, uint32_t n, struct hiod_ranges *list,
		       struct hiod_anomalies *an, struct hiod_error *err)
{
	int rc;

	for (uint32_t i = 0; i < n; i++) {
		rc = hiod_take_range(list, i ? &r[i - 1] : NULL, &r[i], i, an, err);
		if (rc)
			return rc;
	}
	if (!n)
		hiod_anomaly_note(an, HIOD_ANOMALY_NO_RANGES, 0, 0);
	return 0;
}

int iommufd_backend_get_iova_ranges(IOMMUFDBackend *be, uint32_t ioas_id, struct hiod_ranges *list,
				    uint64_t *pgsizes, struct hiod_anomalies *an,
				    struct hiod_error *err)
{
	struct hiod_range few[16], *r = few;
	struct iommu_ioas_iova_ranges a = { .size = sizeof(a), .ioas_id = ioas_id };
	uint32_t room;
	int rc;

	_Static_assert(sizeof(*r) == sizeof(struct iommu_iova_range), "start and last");
	/* With no room at all: how many are there? */
	rc = shim_ioctl(be->shim, be->fd, IOMMU_IOAS_IOVA_RANGES, &a);
	if (rc < 0 && rc != -EMSGSIZE)
		goto fallback;
	room = a.num_iovas;
	if (room > NUM_IOVAS_MAX)
		return hiod_fail_anomaly(an, HIOD_ANOMALY_NUM_IOVAS_HUGE, room, 0, err);
	if (room > sizeof(few) / sizeof(few[0])) {
		r = malloc(room * sizeof(*r));
		if (!r)
			return hiod_error_nomem(err);
	}
	memset(r, HIOD_UNWRITTEN_BYTE, room * sizeof(*r));
	/* Anew: what a reply says of its own size is nothing to ask with. */
	a.size = sizeof(a);
	a.ioas_id = ioas_id;
	a.num_iovas = room;
	a.__reserved = 0;
	a.allowed_iovas = (uintptr_t)r;
	rc = shim_ioctl(be->shim, be->fd, IOMMU_IOAS_IOVA_RANGES, &a);
	if (rc >= 0) {
		*pgsizes = a.out_iova_alignment;
		if (a.num_iovas > room)
			rc = hiod_fail_anomaly(an, HIOD_ANOMALY_NUM_IOVAS_GREW, room, a.num_iovas,
					       err);
		else
			rc = take_ranges(r, a.num_iovas, list, an, err);
		if (r != few)
			free(r);
		return rc;
	}
	if (r != few)
		free(r);
fallback:
	hiod_anomaly_note(an, HIOD_ANOMALY_RANGES_FALLBACK, -rc, 0);
	*pgsizes = HIOD_HOST_PAGE_SIZE;
	if (be->report)
		hiod_report(be->report, HIOD_REPORT_WARNING,
			    hiod_anomaly_hint(HIOD_ANOMALY_RANGES_FALLBACK),
			    "Cannot get IOVA ranges: %s", strerror(-rc));
	return 0;
}

int iommufd_backend_map_dma(IOMMUFDBackend *be, uint32_t ioas_id, const struct hiod_mem_region *m)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_FIXED_IOVA |
			 (m->readonly ? 0 : IOMMU_IOAS_MAP_WRITEABLE),
		.ioas_id = ioas_id,
		.user_va = (uintptr_t)m->vaddr,
		.length = m->size,
		.iova = m->iova,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_IOAS_MAP, &map);

	return rc < 0 ? rc : 0;
}

int iommufd_backend_unmap_dma(IOMMUFDBackend *be, uint32_t ioas_id, uint64_t iova, uint64_t size)
{
	struct iommu_ioas_unmap u = {
		.size = sizeof(u),
		.ioas_id = ioas_id,
		.iova = iova,
		.length = size,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_IOAS_UNMAP, &u);

	/* Nothing was mapped there: fine. */
	return rc < 0 && rc != -ENOENT ? rc : 0;
}

/* ---- HostIOMMUDeviceIOMMUFD ---- */

/* The kernel tells 32 bits of it; what is negative as a capability would be a failure. */
static int iommu_type(HostIOMMUDevice *hiod, struct hiod_error *err)
{
	uint32_t type = hiod->caps.type;

	return type <= INT32_MAX
		       ? (int)type
		       : hiod_error_set(err, -EOVERFLOW, "%s: unknown IOMMU type 0x%" PRIx32,
					hiod->name ? hiod->name : "", type);
}

static int get_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err)
{
	switch (cap) {
	case HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE: return iommu_type(hiod, err);
	case HOST_IOMMU_DEVICE_CAP_AW_BITS: return vfio_hiod_get_aw_bits(hiod);
	default: return hiod_unsupported_cap(hiod, cap, err);
	}
}

static bool get_pasid_info(HostIOMMUDevice *hiod, PasidInfo *info)
{
	const HostIOMMUDeviceCaps *c = &hiod->caps;

	if (!c->max_pasid_log2)
		return false;
	info->exec_perm = c->hw_caps & UAPI_HW_CAP_PASID_EXEC;
	info->priv_mod = c->hw_caps & UAPI_HW_CAP_PASID_PRIV;
	info->max_pasid_log2 = c->max_pasid_log2;
	return true;
}

const HostIOMMUDeviceClass host_iommu_device_iommufd_class = {
	.name = "host-iommu-device-iommufd",
	.parent = &host_iommu_device_class,
	.get_cap = get_cap,
	.get_pasid_info = get_pasid_info,
};
