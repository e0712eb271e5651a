// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which results there are. Read off drivers/vfio/{container,group,device_cdev,
 * vfio_iommu_type1}.c, drivers/vfio/pci/vfio_pci_core.c and
 * drivers/iommu/iommufd/{main,ioas,io_pagetable,device,hw_pagetable,
 * vfio_compat}.c of Linux 6.12 and 7.3.
 */
#include <errno.h>
#include <stdio.h>

#include "harness/conform/table.h"
#include "harness/uapi/uapi_compat.h"

#define BIT(f) (1u << HOST_F_##f)

/* Reasons that are given more than once. */
#define NOMEM	"an allocation in the kernel must fail"
#define LOST	"the device must go away meanwhile"
#define NOIOMMU "needs a no-IOMMU group"
#define OWNER	"a host driver must own a sibling function's DMA"
#define ROOT	"the run has every capability"
#define RACE	"two threads must race"
#define NO_MDEV "needs a mediated device"
#define PINNING "the model has no notion of which pages exist, so none that do not are mapped"

#define R(k, r, e, ...)                                                                            \
	{                                                                                          \
		.kind = UAPI_FD_##k, .req = (uint32_t)(r), .err = e, __VA_ARGS__                   \
	}
#define O(k, e, ...)                                                                               \
	{                                                                                          \
		.kind = UAPI_FD_##k, .open = true, .err = e, __VA_ARGS__                           \
	}
/* type1's container; a group; a device through either; through the cdev. */
#define C(r, e, ...) R(CONTAINER, VFIO_##r, e, .able = ABLE_TYPE1 | ABLE_GROUP, __VA_ARGS__)
#define C2(r, e, ...)                                                                              \
	R(CONTAINER, VFIO_##r, e, .able = ABLE_TYPE1 | ABLE_ATTACH | ABLE_GROUP, __VA_ARGS__)
#define G(r, e, ...)  R(GROUP, VFIO_GROUP_##r, e, .able = ABLE_GROUP, __VA_ARGS__)
#define D(r, e, ...)  R(DEVICE, VFIO_DEVICE_##r, e, __VA_ARGS__)
#define DC(r, e, ...) R(DEVICE, VFIO_DEVICE_##r, e, .able = ABLE_CDEV, __VA_ARGS__)
#define DB(r, e, ...) R(DEVICE, VFIO_DEVICE_##r, e, .able = ABLE_CDEV | ABLE_BIND, __VA_ARGS__)
/* iommufd; with a bound device; the compat layer on it. */
#define I(r, e, ...)  R(IOMMUFD, r, e, .able = ABLE_IOMMUFD, __VA_ARGS__)
#define IB(r, e, ...) R(IOMMUFD, r, e, .able = ABLE_BIND | ABLE_CDEV, __VA_ARGS__)
#define V(r, e, ...)  R(IOMMUFD, VFIO_##r, e, .able = ABLE_IOMMUFD, __VA_ARGS__)

/* What every command of an iommufd does before it looks at what it was sent. */
#define COMMAND(r, ...)                                                                            \
	I(r, EFAULT, __VA_ARGS__), I(r, EINVAL, __VA_ARGS__), I(r, E2BIG, __VA_ARGS__)
#define NEWER(r, f)                                                                                \
	I(r, ENOTTY, .lack = BIT(f)), I(r, EFAULT, .need = BIT(f)), I(r, EINVAL, .need = BIT(f)),  \
		I(r, E2BIG, .need = BIT(f))

const struct expected expected[] = {
	/* nodes */
	O(CONTAINER, 0, .able = ABLE_TYPE1),
	O(GROUP, 0, .able = ABLE_GROUP),
	O(GROUP, EBUSY, .able = ABLE_GROUP),
	O(GROUP, ENODEV, .why = LOST),
	O(GROUP, EPERM, .why = NOIOMMU),
	O(DEVICE, 0, .able = ABLE_CDEV),
	O(DEVICE, ENODEV, .why = LOST),
	O(IOMMUFD, 0, .able = ABLE_IOMMUFD),
	O(FILE, ENOENT),

	/* container of type1 */
	C(GET_API_VERSION, 0),
	C(CHECK_EXTENSION, 0),
	C2(SET_IOMMU, 0),
	C(SET_IOMMU, EINVAL),
	C(SET_IOMMU, ENODEV, .more = 1),
	R(CONTAINER, VFIO_SET_IOMMU, EPERM, .able = ABLE_TYPE1 | ABLE_UNSAFE1 | ABLE_GROUP),
	C(SET_IOMMU, ENOMEM, .why = NOMEM),
	C2(IOMMU_GET_INFO, 0),
	C(IOMMU_GET_INFO, EINVAL),
	C2(IOMMU_GET_INFO, EFAULT, .more = 1),
	C2(IOMMU_MAP_DMA, 0),
	C(IOMMU_MAP_DMA, EINVAL),
	C2(IOMMU_MAP_DMA, EFAULT, .more = 1),
	C2(IOMMU_MAP_DMA, EEXIST),
	C2(IOMMU_MAP_DMA, ENOENT, .more = 1),
	C2(IOMMU_MAP_DMA, EOVERFLOW, .need = BIT(MAP_EOVERFLOW), .more = 1),
	C2(IOMMU_MAP_DMA, ENOSPC, .why = "65535 mappings by default; a sequence has 30 calls"),
	C2(IOMMU_MAP_DMA, ENOMEM, .why = ROOT ", CAP_IPC_LOCK among them"),
	C2(IOMMU_UNMAP_DMA, 0),
	C(IOMMU_UNMAP_DMA, EINVAL),
	C2(IOMMU_UNMAP_DMA, EFAULT, .more = 1),
	C2(IOMMU_UNMAP_DMA, EOVERFLOW, .need = BIT(MAP_EOVERFLOW), .more = 1),
	C2(IOMMU_UNMAP_DMA, EBUSY, .why = NO_MDEV),
	C2(IOMMU_DIRTY_PAGES, 0),
	C(IOMMU_DIRTY_PAGES, EINVAL),
	C2(IOMMU_DIRTY_PAGES, EFAULT, .more = 3),
	C2(IOMMU_DIRTY_PAGES, EACCES, .more = 3),
	C(IOMMU_ENABLE, EINVAL),
	C2(IOMMU_ENABLE, ENOTTY),

	/* group */
	G(GET_STATUS, 0),
	G(GET_STATUS, EFAULT),
	G(GET_STATUS, EINVAL, .more = 2),
	G(GET_STATUS, ENODEV, .why = LOST),
	G(SET_CONTAINER, 0),
	G(SET_CONTAINER, EFAULT),
	G(SET_CONTAINER, EBADF),
	G(SET_CONTAINER, EINVAL),
	G(SET_CONTAINER, EBADFD, .need = BIT(BADFD), .more = 1),
	G(SET_CONTAINER, EPERM, .why = OWNER),
	G(SET_CONTAINER, EBUSY,
	  .why = "the group must be out of its default domain without an owner"),
	G(UNSET_CONTAINER, 0),
	G(UNSET_CONTAINER, EINVAL),
	R(GROUP, VFIO_GROUP_UNSET_CONTAINER, EBUSY, .able = ABLE_GROUP | ABLE_ATTACH),
	R(GROUP, VFIO_GROUP_GET_DEVICE_FD, 0, .able = ABLE_GROUP | ABLE_ATTACH),
	G(GET_DEVICE_FD, EFAULT),
	G(GET_DEVICE_FD, EINVAL),
	G(GET_DEVICE_FD, ENODEV),
	R(GROUP, VFIO_GROUP_GET_DEVICE_FD, EADDRINUSE, .able = ABLE_GROUP | ABLE_BIND, .more = 4),
	R(GROUP, VFIO_GROUP_GET_DEVICE_FD, EPERM, .able = ABLE_GROUP | ABLE_UNSAFE),
	G(GET_DEVICE_FD, EACCES, .why = "needs a virtual function with a token"),

	/* device */
	D(GET_INFO, 0, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_INFO, EFAULT, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_INFO, EINVAL, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_REGION_INFO, 0, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_REGION_INFO, EFAULT, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_REGION_INFO, EINVAL, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_IRQ_INFO, 0, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_IRQ_INFO, EFAULT, .able = ABLE_GROUP | ABLE_ATTACH),
	D(GET_IRQ_INFO, EINVAL, .able = ABLE_GROUP | ABLE_ATTACH),
	DB(BIND_IOMMUFD, 0),
	DC(BIND_IOMMUFD, EFAULT),
	DC(BIND_IOMMUFD, EINVAL, .more = 1),
	DC(BIND_IOMMUFD, EBUSY),
	DC(BIND_IOMMUFD, EBADF),
	DC(BIND_IOMMUFD, EBADFD, .more = 1),
	DC(BIND_IOMMUFD, E2BIG, .need = BIT(BIND_TOKEN)),
	R(DEVICE, VFIO_DEVICE_BIND_IOMMUFD, EPERM, .able = ABLE_CDEV | ABLE_UNSAFE),
	DC(BIND_IOMMUFD, ENODEV, .why = LOST),
	DC(BIND_IOMMUFD, EACCES, .why = "needs a virtual function with a token"),
	DB(ATTACH_IOMMUFD_PT, 0),
	DB(ATTACH_IOMMUFD_PT, EFAULT),
	DC(ATTACH_IOMMUFD_PT, EINVAL),
	DB(ATTACH_IOMMUFD_PT, ENOENT, .more = 1),
	DB(ATTACH_IOMMUFD_PT, EADDRINUSE, .more = 1),
	DB(ATTACH_IOMMUFD_PT, ENOMEM, .why = NOMEM),
	DB(DETACH_IOMMUFD_PT, 0),
	DB(DETACH_IOMMUFD_PT, EFAULT, .more = 1),
	DC(DETACH_IOMMUFD_PT, EINVAL),
	R(DEVICE, VFIO_DEVICE_ATTACH_IOMMUFD_PT, ENOTTY,
	  .able = ABLE_GROUP | ABLE_ATTACH | ABLE_CDEV),

	/* iommufd */
	COMMAND(IOMMU_DESTROY),
	I(IOMMU_DESTROY, 0),
	I(IOMMU_DESTROY, ENOENT),
	IB(IOMMU_DESTROY, EBUSY),
	COMMAND(IOMMU_IOAS_ALLOC),
	I(IOMMU_IOAS_ALLOC, 0),
	I(IOMMU_IOAS_ALLOC, EOPNOTSUPP),
	I(IOMMU_IOAS_ALLOC, ENOMEM, .why = NOMEM),
	COMMAND(IOMMU_IOAS_ALLOW_IOVAS),
	I(IOMMU_IOAS_ALLOW_IOVAS, 0),
	I(IOMMU_IOAS_ALLOW_IOVAS, EOPNOTSUPP),
	I(IOMMU_IOAS_ALLOW_IOVAS, ENOENT),
	IB(IOMMU_IOAS_ALLOW_IOVAS, EADDRINUSE, .more = 2),
	COMMAND(IOMMU_IOAS_COPY, .more = 1),
	I(IOMMU_IOAS_COPY, 0),
	I(IOMMU_IOAS_COPY, EEXIST, .more = 1),
	I(IOMMU_IOAS_COPY, EOPNOTSUPP),
	I(IOMMU_IOAS_COPY, ENOENT),
	I(IOMMU_IOAS_COPY, EOVERFLOW),
	I(IOMMU_IOAS_COPY, EPERM),
	COMMAND(IOMMU_IOAS_IOVA_RANGES),
	I(IOMMU_IOAS_IOVA_RANGES, 0),
	I(IOMMU_IOAS_IOVA_RANGES, EOPNOTSUPP),
	I(IOMMU_IOAS_IOVA_RANGES, ENOENT),
	I(IOMMU_IOAS_IOVA_RANGES, EMSGSIZE),
	COMMAND(IOMMU_IOAS_MAP),
	I(IOMMU_IOAS_MAP, 0),
	I(IOMMU_IOAS_MAP, EOPNOTSUPP),
	I(IOMMU_IOAS_MAP, ENOENT),
	I(IOMMU_IOAS_MAP, EOVERFLOW),
	I(IOMMU_IOAS_MAP, EEXIST, .more = 2),
	R(IOMMUFD, IOMMU_IOAS_MAP, ENOSPC, .able = ABLE_IOMMUFD | ABLE_NARROW, .more = 2),
	I(IOMMU_IOAS_MAP, ENOMEM, .why = PINNING),
	COMMAND(IOMMU_IOAS_UNMAP),
	I(IOMMU_IOAS_UNMAP, 0),
	I(IOMMU_IOAS_UNMAP, ENOENT),
	I(IOMMU_IOAS_UNMAP, EOVERFLOW),
	I(IOMMU_IOAS_UNMAP, EBUSY, .why = RACE),
	I(IOMMU_IOAS_UNMAP, EDEADLOCK, .why = NO_MDEV),
	COMMAND(IOMMU_OPTION),
	I(IOMMU_OPTION, 0),
	I(IOMMU_OPTION, EOPNOTSUPP),
	I(IOMMU_OPTION, ENOENT),
	I(IOMMU_OPTION, EBUSY, .more = 1),
	I(IOMMU_OPTION, EADDRINUSE, .more = 12),
	I(IOMMU_OPTION, EPERM, .why = ROOT ", CAP_SYS_RESOURCE among them"),
	COMMAND(IOMMU_VFIO_IOAS),
	I(IOMMU_VFIO_IOAS, 0),
	I(IOMMU_VFIO_IOAS, EOPNOTSUPP),
	I(IOMMU_VFIO_IOAS, ENOENT),
	I(IOMMU_VFIO_IOAS, ENODEV),
	NEWER(IOMMU_HWPT_ALLOC, HWPT),
	IB(IOMMU_HWPT_ALLOC, 0),
	IB(IOMMU_HWPT_ALLOC, EOPNOTSUPP),
	I(IOMMU_HWPT_ALLOC, ENOENT, .need = BIT(HWPT)),
	IB(IOMMU_HWPT_ALLOC, EADDRINUSE, .more = 2),
	NEWER(IOMMU_GET_HW_INFO, HWPT),
	R(IOMMUFD, IOMMU_GET_HW_INFO, 0, .able = ABLE_BIND | ABLE_CDEV),
	I(IOMMU_GET_HW_INFO, EOPNOTSUPP, .need = BIT(HWPT)),
	I(IOMMU_GET_HW_INFO, ENOENT, .need = BIT(HWPT)),
	NEWER(IOMMU_HWPT_SET_DIRTY_TRACKING, DIRTY),
	R(IOMMUFD, IOMMU_HWPT_SET_DIRTY_TRACKING, 0, .able = ABLE_DIRTY | ABLE_CDEV, .more = 4),
	IB(IOMMU_HWPT_SET_DIRTY_TRACKING, EOPNOTSUPP),
	I(IOMMU_HWPT_SET_DIRTY_TRACKING, ENOENT, .need = BIT(DIRTY)),
	NEWER(IOMMU_HWPT_GET_DIRTY_BITMAP, DIRTY),
	R(IOMMUFD, IOMMU_HWPT_GET_DIRTY_BITMAP, 0, .able = ABLE_DIRTY | ABLE_CDEV, .more = 4),
	IB(IOMMU_HWPT_GET_DIRTY_BITMAP, EOPNOTSUPP),
	I(IOMMU_HWPT_GET_DIRTY_BITMAP, ENOENT, .need = BIT(DIRTY)),
	R(IOMMUFD, IOMMU_HWPT_GET_DIRTY_BITMAP, EOVERFLOW, .able = ABLE_DIRTY | ABLE_CDEV,
	  .more = 9),
	NEWER(IOMMU_HWPT_INVALIDATE, INVALIDATE),
	I(IOMMU_HWPT_INVALIDATE, ENOENT, .need = BIT(INVALIDATE), .more = 1),
	R(IOMMUFD, IOMMU_HWPT_INVALIDATE, EOPNOTSUPP, .need = BIT(INVALIDATE),
	  .able = ABLE_IOMMUFD),
	R(IOMMUFD, IOMMU_HWPT_INVALIDATE, 0, .able = ABLE_PARENT | ABLE_CDEV, .more = 14),
	NEWER(IOMMU_FAULT_QUEUE_ALLOC, FAULT),
	I(IOMMU_FAULT_QUEUE_ALLOC, 0, .need = BIT(FAULT)),
	I(IOMMU_FAULT_QUEUE_ALLOC, EOPNOTSUPP, .need = BIT(FAULT)),
	NEWER(UAPI_IOAS_MAP_FILE, VIOMMU),
	I(UAPI_IOAS_MAP_FILE, EBADF, .need = BIT(VIOMMU), .more = 1),
	I(UAPI_IOAS_MAP_FILE, ENOENT, .need = BIT(VIOMMU), .more = 1),
	I(UAPI_IOAS_MAP_FILE, EOPNOTSUPP, .need = BIT(VIOMMU)),
	NEWER(UAPI_VIOMMU_ALLOC, VIOMMU),
	I(UAPI_VIOMMU_ALLOC, EOPNOTSUPP, .need = BIT(VIOMMU)),
	I(UAPI_VIOMMU_ALLOC, ENOENT, .need = BIT(VIOMMU)),
	NEWER(UAPI_VDEVICE_ALLOC, VIOMMU),
	I(UAPI_VDEVICE_ALLOC, ENOENT, .need = BIT(VIOMMU)),
	I(UAPI_VDEVICE_ALLOC, EEXIST, .why = "no driver of these hosts makes a virtual IOMMU"),
	NEWER(UAPI_IOAS_CHANGE_PROCESS, CHANGE_PROCESS),
	I(UAPI_IOAS_CHANGE_PROCESS, 0, .need = BIT(CHANGE_PROCESS)),
	I(UAPI_IOAS_CHANGE_PROCESS, EOPNOTSUPP, .need = BIT(CHANGE_PROCESS)),
	NEWER(UAPI_VEVENTQ_ALLOC, PASID),
	NEWER(UAPI_HW_QUEUE_ALLOC, INPUT_TYPE),
	NEWER(UAPI_IOAS_NOIOMMU_GET_PA, NOIOMMU_PA),

	/* the container's requests on an iommufd */
	V(GET_API_VERSION, 0),
	V(CHECK_EXTENSION, 0),
	V(CHECK_EXTENSION, ENODEV, .more = 1),
	V(SET_IOMMU, 0),
	V(SET_IOMMU, EINVAL),
	V(SET_IOMMU, ENODEV),
	V(SET_IOMMU, EADDRINUSE, .more = 12),
	V(IOMMU_GET_INFO, 0),
	V(IOMMU_GET_INFO, EFAULT),
	V(IOMMU_GET_INFO, EINVAL, .more = 1),
	V(IOMMU_GET_INFO, ENODEV),
	V(IOMMU_MAP_DMA, 0),
	V(IOMMU_MAP_DMA, EFAULT),
	V(IOMMU_MAP_DMA, EINVAL),
	V(IOMMU_MAP_DMA, ENODEV),
	V(IOMMU_MAP_DMA, EEXIST, .more = 4),
	V(IOMMU_MAP_DMA, EOVERFLOW, .more = 4),
	V(IOMMU_UNMAP_DMA, 0),
	V(IOMMU_UNMAP_DMA, EFAULT),
	V(IOMMU_UNMAP_DMA, EINVAL),
	V(IOMMU_UNMAP_DMA, ENODEV),
	V(IOMMU_UNMAP_DMA, ENOENT, .more = 6),
	V(IOMMU_UNMAP_DMA, EOVERFLOW, .more = 4),
	V(IOMMU_DIRTY_PAGES, ENOTTY),
	V(IOMMU_ENABLE, ENOTTY),
};
const size_t nexpected = sizeof(expected) / sizeof(expected[0]);

static const char *request(const struct expected *e, char *buf, size_t cap)
{
	const struct uapi_row *row = uapi_find((enum uapi_fd)e->kind, e->req);

	if (e->open)
		return "open";
	if (row)
		return row->name;
	snprintf(buf, cap, "0x%x", e->req);
	return buf;
}

static void print_one(FILE *f, const struct expected *e, uint64_t n, const char *why)
{
	const char *err = e->err ? uapi_errno_name(e->err) : "ok";
	char buf[16];

	fprintf(f, "%-10s %-34s %-12s %6llu  %s\n", uapi_fd_name((enum uapi_fd)e->kind),
		request(e, buf, sizeof(buf)), err ? err : "?", (unsigned long long)n, why);
}

void coverage_print(FILE *f, const struct table *t, const struct host *h, uint32_t able,
		    uint64_t want, struct coverage *out)
{
	*out = (struct coverage){ 0 };
	if (f)
		fprintf(f, "results seen less than %llu times:\n", (unsigned long long)want);
	for (size_t i = 0; i < nexpected; i++) {
		const struct expected *e = &expected[i];
		uint64_t n = e->open ? table_opens(t, (enum uapi_fd)e->kind, e->err)
				     : table_hits(t, (enum uapi_fd)e->kind, e->req, e->err);
		const char *why = e->why;

		if (n >= want) {
			out->hit++;
			continue;
		}
		if (why) {
			out->never++;
		} else if ((e->need & h->features) != e->need || e->lack & h->features) {
			why = "not this kernel's";
			out->elsewhere++;
		} else if ((e->able & able) != e->able) {
			why = "not on this host";
			out->elsewhere++;
		} else {
			why = "NOT REACHED OFTEN ENOUGH";
			out->few++;
		}
		if (f)
			print_one(f, e, n, why);
	}
	if (f)
		fprintf(f,
			"%u results reached, %u not often enough, %u not on this kernel or host, %u never\n",
			out->hit, out->few, out->elsewhere, out->never);
}
