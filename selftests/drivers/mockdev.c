// SPDX-License-Identifier: GPL-2.0-or-later
/* See mockdev.h. Source: drivers/iommu/iommufd/selftest.c of Linux 6.12 and 7.3. */
#include "selftests/drivers/mockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/shim/backends.h"
#include "harness/shim/pass.h"
#include "harness/uapi/uapi_compat.h"
#include "mocks/model.h"

#define IOMMUFD_BASE 0x10000 /* descriptors from here on are the kernel's */
#define MAX_PASIDS   64

struct mockdev {
	struct shim_pass pass; /* to the model */
	struct shim *kernel;
	uint32_t flags;
	bool has_pasid;
	/* The one device that is bound; dev -1: none. */
	int dev, iommufd;
	uint32_t stdev, idev, ioas, parked; /* parked: page table or IOAS */
	uint32_t pasids[MAX_PASIDS];
	size_t npasids;
};

static struct mockdev *of(struct shim *s)
{
	return (struct mockdev *)s;
}

static int test_cmd(struct mockdev *m, struct uapi_iommufd_test *t)
{
	t->size = sizeof(*t);
	return shim_ioctl(m->kernel, m->iommufd, UAPI_IOMMUFD_TEST, t);
}

static void destroy(struct mockdev *m, uint32_t id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = id };

	if (id && shim_ioctl(m->kernel, m->iommufd, IOMMU_DESTROY, &d))
		abort();
}

static int replace(struct mockdev *m, uint32_t *pt_id)
{
	struct uapi_iommufd_test t = { .op = UAPI_TEST_MOCK_DOMAIN_REPLACE,
				       .id = m->stdev,
				       .replace.pt_id = *pt_id };
	int err = test_cmd(m, &t);

	*pt_id = t.replace.pt_id;
	return err;
}

/* A page table that PASIDs may be beside, where the kernel has them. */
static int park(struct mockdev *m)
{
	struct uapi_hwpt_alloc a = {
		.size = sizeof(a), .flags = UAPI_HWPT_PASID, .dev_id = m->idev, .pt_id = m->ioas
	};
	uint32_t id;

	m->parked = 0;
	if (!m->has_pasid)
		return 0;
	if (shim_ioctl(m->kernel, m->iommufd, IOMMU_HWPT_ALLOC, &a))
		return -ENOTTY;
	m->parked = id = a.out_hwpt_id;
	return replace(m, &id);
}

static void unbind(struct mockdev *m)
{
	while (m->npasids) {
		struct uapi_iommufd_test t = { .op = UAPI_TEST_PASID_DETACH,
					       .id = m->stdev,
					       .pasid.pasid = m->pasids[--m->npasids] };

		test_cmd(m, &t);
	}
	destroy(m, m->stdev);
	destroy(m, m->parked);
	destroy(m, m->ioas);
	m->dev = -1;
	m->stdev = 0;
}

static int bind(struct mockdev *m, int fd, struct uapi_bind_iommufd *b)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	struct uapi_iommufd_test t = { .op = UAPI_TEST_MOCK_DOMAIN_FLAGS,
				       .mock_domain.dev_flags = m->flags };
	int err;

	if (m->dev >= 0 || b->iommufd < IOMMUFD_BASE)
		return -EINVAL;
	m->iommufd = b->iommufd - IOMMUFD_BASE;
	err = shim_ioctl(m->kernel, m->iommufd, IOMMU_IOAS_ALLOC, &a);
	if (err)
		return err;
	t.id = m->ioas = a.out_ioas_id;
	m->npasids = 0;
	m->parked = 0;
	m->stdev = 0;
	err = test_cmd(m, &t);
	if (!err) {
		m->stdev = t.mock_domain.out_stdev_id;
		m->idev = t.mock_domain.out_idev_id;
		err = park(m);
	}
	if (err) {
		unbind(m);
		return err;
	}
	m->dev = fd;
	b->out_devid = m->idev;
	return 0;
}

static size_t find_pasid(const struct mockdev *m, uint32_t pasid)
{
	size_t i = 0;

	while (i < m->npasids && m->pasids[i] != pasid)
		i++;
	return i;
}

static int attach_pasid(struct mockdev *m, struct uapi_attach_iommufd_pt *a)
{
	size_t i = find_pasid(m, a->pasid);
	struct uapi_iommufd_test t = {
		.op = i < m->npasids ? UAPI_TEST_PASID_REPLACE : UAPI_TEST_PASID_ATTACH,
		.id = m->stdev,
		.pasid = { a->pasid, a->pt_id },
	};
	int err;

	if (!a->pasid || m->npasids == MAX_PASIDS)
		return -EINVAL;
	err = test_cmd(m, &t);
	if (err)
		return err;
	if (i == m->npasids)
		m->pasids[m->npasids++] = a->pasid;
	a->pt_id = t.pasid.pt_id;
	return 0;
}

static int detach(struct mockdev *m, const struct uapi_detach_iommufd_pt *d)
{
	uint32_t id = m->parked ? m->parked : m->ioas;
	struct uapi_iommufd_test t = { .op = UAPI_TEST_PASID_DETACH, .id = m->stdev };
	size_t i;

	if (!(d->flags & UAPI_DETACH_FLAG_PASID))
		return replace(m, &id);
	i = find_pasid(m, d->pasid);
	if (i == m->npasids)
		return 0;
	t.pasid.pasid = d->pasid;
	m->pasids[i] = m->pasids[--m->npasids];
	return test_cmd(m, &t);
}

static int mockdev_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct mockdev *m = of(s);
	struct uapi_attach_iommufd_pt *a = (void *)arg;
	struct uapi_detach_iommufd_pt *d = (void *)arg;

	if (fd >= IOMMUFD_BASE)
		return m->kernel->ops->ioctl(m->kernel, fd - IOMMUFD_BASE, req, arg);
	if (req == VFIO_DEVICE_BIND_IOMMUFD)
		return bind(m, fd, (void *)arg);
	if (fd != m->dev)
		return m->pass.under->ops->ioctl(m->pass.under, fd, req, arg);
	/* The flag, which is the same for both, came with PASIDs. */
	if ((req == VFIO_DEVICE_ATTACH_IOMMUFD_PT || req == VFIO_DEVICE_DETACH_IOMMUFD_PT) &&
	    a->flags & UAPI_ATTACH_FLAG_PASID && !m->has_pasid)
		return -EINVAL;
	if (req == VFIO_DEVICE_ATTACH_IOMMUFD_PT)
		return a->flags & UAPI_ATTACH_FLAG_PASID ? attach_pasid(m, a)
							 : replace(m, &a->pt_id);
	if (req == VFIO_DEVICE_DETACH_IOMMUFD_PT)
		return detach(m, d);
	if (req != VFIO_DEVICE_GET_INFO)
		return -ENOTTY;
	*(struct uapi_device_info *)arg = (struct uapi_device_info){
		.argsz = sizeof(struct uapi_device_info),
		.flags = VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_PCI_NUM_IRQS,
	};
	return 0;
}

static int mockdev_open(struct shim *s, const char *path, int flags)
{
	struct mockdev *m = of(s);
	int fd;

	if (strcmp(path, "/dev/iommu"))
		return shim_open(m->pass.under, path, flags);
	fd = shim_open(m->kernel, path, flags);
	return fd < 0 ? fd : fd + IOMMUFD_BASE;
}

static int mockdev_close(struct shim *s, int fd)
{
	struct mockdev *m = of(s);

	if (fd == m->dev)
		unbind(m);
	if (fd < IOMMUFD_BASE)
		return shim_close(m->pass.under, fd);
	/* VFIO would keep it open behind the scenes; here the device goes first. */
	if (m->dev >= 0 && m->iommufd == fd - IOMMUFD_BASE)
		unbind(m);
	return shim_close(m->kernel, fd - IOMMUFD_BASE);
}

static void mockdev_destroy(struct shim *s)
{
	struct mockdev *m = of(s);

	if (m->dev >= 0)
		unbind(m);
	shim_destroy(m->kernel);
	shim_destroy(m->pass.under);
	free(m);
}

static const struct shim_ops mockdev_ops = {
	.name = "mock device",
	.open = mockdev_open,
	.close = mockdev_close,
	.ioctl = mockdev_ioctl,
	SHIM_PASS_IO,
	.destroy = mockdev_destroy,
};

const char *mockdev_missing(void)
{
	struct uapi_iommufd_test t = { .size = sizeof(t), .op = UAPI_TEST_MOCK_DOMAIN_FLAGS };
	struct shim *s = shim_kernel_new();
	int fd = s ? shim_open(s, "/dev/iommu", O_RDWR) : -ENOMEM, err = fd;
	struct iommu_ioas_alloc a = { .size = sizeof(a) };

	if (fd >= 0) {
		err = shim_ioctl(s, fd, IOMMU_IOAS_ALLOC, &a);
		t.id = a.out_ioas_id;
		err = err ? err : shim_ioctl(s, fd, UAPI_IOMMUFD_TEST, &t);
		/* It goes with the descriptor, and takes what it stands on along. */
		if (!err) {
			struct iommu_destroy d = { sizeof(d), t.mock_domain.out_stdev_id };

			err = shim_ioctl(s, fd, IOMMU_DESTROY, &d);
		}
		shim_close(s, fd);
	}
	shim_destroy(s);
	switch (err) {
	case 0: return NULL;
	/* A device without a description of its own is given to the first unit that has none. */
	case -EINVAL: return "the mock device of this kernel needs a host without an IOMMU";
	case -ENOTTY: return "a kernel without CONFIG_IOMMUFD_TEST";
	default: return "no /dev/iommu that opens";
	}
}

struct shim *mockdev_new(const struct host *h, uint32_t flags)
{
	struct mockdev *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->pass.shim.ops = &mockdev_ops;
	m->kernel = shim_kernel_new();
	m->pass.under = model_new(h, &uapi_mem_checked);
	if (!m->kernel || !m->pass.under)
		abort();
	m->flags = flags;
	m->has_pasid = h->features & 1u << HOST_F_PASID;
	m->dev = -1;
	return &m->pass.shim;
}

uint32_t mockdev_stdev(const struct shim *s)
{
	return ((const struct mockdev *)s)->stdev;
}

/* ---- data of either side ---- */

const struct nest_kind nest_of_mock = {
	.hw_type = UAPI_TEST_HW_INFO_TYPE,
	.data_type = UAPI_TEST_HWPT_DATA_TYPE,
	.data_len = 4,
	.inv_type = UAPI_TEST_INVALIDATE_DATA_TYPE,
	.inv_len = 8,
};

const struct nest_kind nest_of_vtd = {
	.hw_type = UAPI_HW_INFO_TYPE_VTD,
	.data_type = IOMMU_HWPT_DATA_VTD_S1,
	.data_len = sizeof(struct iommu_hwpt_vtd_s1),
	.inv_type = IOMMU_HWPT_INVALIDATE_DATA_VTD_S1,
	.inv_len = sizeof(struct iommu_hwpt_vtd_s1_invalidate),
};

void nest_data(const struct nest_kind *k, void *data)
{
	const struct iommu_hwpt_vtd_s1 s1 = { .addr_width = 48, .pgtbl_addr = 0x1000 };
	const uint32_t iotlb = 0xbadbeef;

	memset(data, 0, NEST_DATA_MAX);
	memcpy(data, k == &nest_of_vtd ? (const void *)&s1 : &iotlb, k->data_len);
}

void nest_entry(const struct nest_kind *k, enum nest_entry e, void *entry)
{
	const struct iommu_hwpt_vtd_s1_invalidate inv = {
		.addr = e == NEST_ENTRY_WRONG ? 1 : 0x2000,
		.npages = 1,
		.flags = e == NEST_ENTRY_FLAG ? 1u << 7 : 0,
	};
	const uint32_t mock[] = { e == NEST_ENTRY_FLAG ? 1u << 7 : 0,
				  e == NEST_ENTRY_WRONG ? 77 : 1 };

	memset(entry, 0, NEST_DATA_MAX);
	memcpy(entry, k == &nest_of_vtd ? (const void *)&inv : mock, k->inv_len);
}
