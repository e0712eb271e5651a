// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HostIOMMUDeviceIOMMUFDVFIO on page tables asked for by name: the same code
 * and expectations on the model and on the mock device of this kernel's iommufd
 * (CONFIG_IOMMUFD_TEST), which nests page tables, tracks writes and (6.15) has
 * PASIDs. Whether a page table is in use is asked by destroying it.
 */
#include <sys/utsname.h>

#include "harness/shim/backends.h"
#include "hiod/pci.h"
#include "hiod/vfio.h"
#include "mocks/model.h"
#include "selftests/drivers/drivers.h"
#include "selftests/drivers/mockdev.h"
#include "selftests/mocks/hosts.h"

#define IOVA  0x2000000ull /* within what the mock device reaches: 16M to 2G */
#define PAGES 16

/* A VFIO device of the iommufd backend, and what it stands on. */
struct nest {
	struct host *h;
	struct shim *under; /* the model, or the mock device */
	struct shim *s;	    /* that, or faults before it */
	const struct nest_kind *k;
	bool has_pasid;
	struct hiod_anomalies an;
	VFIOState vfio;
	IOMMUFDBackend be;
	AddressSpace as;
	struct hiod_mem_region mem;
	VFIODevice dev;
	HostIOMMUDeviceIOMMUFD *idev;
	struct hiod_error err;
	void *data;
};

FIXTURE(nest)
{
	struct nest n;
};
FIXTURE_VARIANT(nest)
{
	bool mock;
};
FIXTURE_VARIANT_ADD(nest, model)
{ false };
FIXTURE_VARIANT_ADD(nest, mock)
{ true };

FIXTURE_SETUP(nest)
{
	const char *release = getenv("HIOD_MODEL_RELEASE");
	struct host_spec spec = { .cap = CAP_FULL, .ecap = ECAP_FULL };
	struct nest *n = &self->n;
	const char *missing = variant->mock ? mockdev_missing() : NULL;
	struct utsname un;

	if (missing)
		SKIP(return, "%s", missing);
	if (variant->mock && !uname(&un))
		release = un.release;
	spec.release = release ? release : "7.3.4";
	n->h = test_host(&spec);
	if (!(n->h->features & 1u << HOST_F_DIRTY))
		SKIP(return, "no nesting or tracking before Linux 6.7");
	n->has_pasid = n->h->features & 1u << HOST_F_PASID;
	if (n->has_pasid)
		n->h->devices[0].max_pasid_log2 = 20;
	n->k = variant->mock ? &nest_of_mock : &nest_of_vtd;
	n->under = variant->mock ? mockdev_new(n->h, n->has_pasid ? UAPI_TEST_DEVICE_PASID : 0)
				 : model_new(n->h, &uapi_mem_checked);
	n->s = n->under;
	n->data = aligned_alloc(4096, PAGES * 4096);
	if (!n->under || !n->data)
		abort();
	memset(n->data, 0, PAGES * 4096);
	n->mem = (struct hiod_mem_region){ .iova = IOVA, .size = PAGES * 4096, .vaddr = n->data };
	n->as = (AddressSpace){ .mem = &n->mem, .nmem = 1 };
	hiod_error_init(&n->err);
}

FIXTURE_TEARDOWN(nest)
{
	if (self->n.under && !variant->mock) {
		EXPECT_TRUE(test_all_gone(self->n.under));
	}
	shim_destroy(self->n.under);
	host_free(self->n.h);
	free(self->n.data);
}

/* As QEMU 11.1 attaches a device below a vIOMMU with first stage and PASIDs. */
static int attach_device(struct nest *n)
{
	const struct hiod_profile *p = hiod_profile_find("qemu-11.1");
	int err;

	n->vfio = (VFIOState){ .shim = n->s, .profile = p, .anomalies = &n->an };
	err = iommufd_backend_init(&n->be, n->s, p, NULL, &n->err);
	err = err ? err : vfio_device_init(&n->dev, &n->vfio, "/sys/bus/pci/devices/" BDF, &n->err);
	if (err)
		return err;
	n->dev.iommufd = &n->be;
	n->dev.viommu_flags = VIOMMU_FLAG_WANT_NESTING_PARENT | VIOMMU_FLAG_PASID_SUPPORTED;
	err = vfio_attach_device(&n->dev, &n->as, &n->err);
	n->idev = (HostIOMMUDeviceIOMMUFD *)n->dev.hiod;
	return err;
}

#define ATTACH(n)                                                                                  \
	ASSERT_EQ(0, attach_device(n))                                                             \
	{                                                                                          \
		TH_LOG("%s", (n)->err.message);                                                    \
	}

static uint32_t pasid_flag(const struct nest *n)
{
	return n->has_pasid ? UAPI_HWPT_PASID : 0;
}

/* A first stage on the device's own page table. */
static int first_stage(struct nest *n, uint32_t *id)
{
	uint8_t data[NEST_DATA_MAX];

	nest_data(n->k, data);
	return iommufd_backend_alloc_hwpt(&n->be, n->idev->devid, n->idev->hwpt_id, pasid_flag(n),
					  n->k->data_type, n->k->data_len, data, id, &n->err);
}

static bool in_use(struct nest *n, uint32_t id)
{
	return test_destroy(n->under, n->be.fd, id) == -EBUSY;
}

#define attach host_iommu_device_iommufd_attach_hwpt
#define detach host_iommu_device_iommufd_detach_hwpt
#define table  host_iommu_device_iommufd_hwpt

TEST_F(nest, the_object_knows_what_the_kernel_says)
{
	struct nest *n = &self->n;
	PasidInfo info;

	ATTACH(n);
	EXPECT_EQ(n->k->hw_type, n->idev->parent.caps.type);
	EXPECT_TRUE(n->idev->parent.caps.hw_caps & UAPI_HW_CAP_DIRTY);
	EXPECT_EQ(n->has_pasid,
		  HIOD_METHOD(&n->idev->parent, get_pasid_info)(&n->idev->parent, &info));
	if (n->has_pasid) {
		EXPECT_EQ(20, info.max_pasid_log2);
	}
	EXPECT_TRUE(n->dev.hwpt->dirty_tracking);
	EXPECT_TRUE(in_use(n, n->idev->hwpt_id));
	vfio_detach_device(&n->dev);
}

TEST_F(nest, attach_replaces_and_detach_restores)
{
	struct nest *n = &self->n;
	uint32_t one, two;

	ATTACH(n);
	ASSERT_EQ(0, first_stage(n, &one));
	ASSERT_EQ(0, first_stage(n, &two));
	EXPECT_EQ(0, attach(n->idev, HIOD_NO_PASID, one, &n->err));
	EXPECT_TRUE(in_use(n, one));
	EXPECT_EQ(0, attach(n->idev, HIOD_NO_PASID, two, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, one));
	EXPECT_TRUE(in_use(n, two));
	EXPECT_EQ(0, detach(n->idev, HIOD_NO_PASID, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, two));
	EXPECT_TRUE(in_use(n, n->idev->hwpt_id));
	/* Any other page table of the IOAS will do as well. */
	ASSERT_EQ(0, iommufd_backend_alloc_hwpt(&n->be, n->idev->devid, n->idev->ioas_id,
						pasid_flag(n), 0, 0, NULL, &one, &n->err));
	EXPECT_EQ(0, attach(n->idev, HIOD_NO_PASID, one, &n->err));
	EXPECT_EQ(0, detach(n->idev, HIOD_NO_PASID, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, one));
	vfio_detach_device(&n->dev);
}

TEST_F(nest, refused_page_tables_leave_the_device_where_it_is)
{
	struct nest *n = &self->n;
	struct {
		uint32_t id;
		int err;
	} rows[3];
	uint32_t one, plain;

	ATTACH(n);
	ASSERT_EQ(0, first_stage(n, &one));
	ASSERT_EQ(0, iommufd_backend_alloc_hwpt(&n->be, n->idev->devid, n->idev->ioas_id, 0, 0, 0,
						NULL, &plain, &n->err));
	rows[0].id = 0xffff;
	rows[0].err = -ENOENT;
	rows[1].id = n->idev->devid;
	rows[1].err = -EINVAL;
	rows[2].id = 0;
	rows[2].err = -ENOENT;
	for (int at = 0; at < 2; at++) {
		uint32_t now = table(n->idev, HIOD_NO_PASID);

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			EXPECT_EQ(rows[i].err, attach(n->idev, HIOD_NO_PASID, rows[i].id, &n->err));
			EXPECT_EQ(now, table(n->idev, HIOD_NO_PASID));
			EXPECT_TRUE(in_use(n, now));
		}
		if (!at) {
			ASSERT_EQ(0, attach(n->idev, HIOD_NO_PASID, one, &n->err));
		}
	}
	if (n->has_pasid) {
		/* A table for the device alone does not go beside PASIDs. */
		ASSERT_EQ(0, attach(n->idev, 5, n->idev->hwpt_id, &n->err));
		EXPECT_EQ(-EINVAL, attach(n->idev, HIOD_NO_PASID, plain, &n->err));
		EXPECT_EQ(-EINVAL, attach(n->idev, 5, plain, &n->err));
		EXPECT_EQ(one, table(n->idev, HIOD_NO_PASID));
		EXPECT_EQ(n->idev->hwpt_id, table(n->idev, 5));
		EXPECT_TRUE(in_use(n, one));
		ASSERT_EQ(0, detach(n->idev, 5, &n->err));
	}
	ASSERT_EQ(0, detach(n->idev, HIOD_NO_PASID, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, one));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, plain));
	vfio_detach_device(&n->dev);
}

/* Where a PASID is, by the kernel's own account. */
static bool kernel_has(struct nest *n, uint32_t pasid, uint32_t id)
{
	struct uapi_iommufd_test t = { .size = sizeof(t),
				       .op = UAPI_TEST_PASID_CHECK,
				       .id = mockdev_stdev(n->under),
				       .pasid = { pasid, id } };

	return n->k != &nest_of_mock || !shim_ioctl(n->under, n->be.fd, UAPI_IOMMUFD_TEST, &t);
}

TEST_F(nest, pasids_have_page_tables_of_their_own)
{
	struct nest *n = &self->n;
	uint32_t one, two;

	if (!n->has_pasid)
		SKIP(return, "PASIDs came with Linux 6.15");
	ATTACH(n);
	ASSERT_EQ(0, first_stage(n, &one));
	ASSERT_EQ(0, first_stage(n, &two));
	EXPECT_EQ(0, attach(n->idev, 5, one, &n->err));
	EXPECT_EQ(0, attach(n->idev, 6, n->idev->hwpt_id, &n->err));
	EXPECT_TRUE(kernel_has(n, 5, one));
	EXPECT_TRUE(kernel_has(n, 6, n->idev->hwpt_id));
	EXPECT_EQ(0, attach(n->idev, 5, two, &n->err));
	EXPECT_TRUE(kernel_has(n, 5, two));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, one));
	EXPECT_EQ(0, attach(n->idev, HIOD_NO_PASID, two, &n->err));
	EXPECT_EQ(0, detach(n->idev, 5, &n->err));
	EXPECT_TRUE(kernel_has(n, 5, 0));
	EXPECT_TRUE(in_use(n, two)); /* by the device itself */
	EXPECT_EQ(0, detach(n->idev, HIOD_NO_PASID, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, two));
	EXPECT_EQ(-EINVAL, attach(n->idev, 1u << 20, n->idev->hwpt_id, &n->err));
	EXPECT_EQ(0, attach(n->idev, (1u << 20) - 1, n->idev->hwpt_id, &n->err));
	/* What is left is taken back when the device goes. */
	vfio_detach_device(&n->dev);
}

TEST_F(nest, pasids_of_a_device_without_any)
{
	struct nest *n = &self->n;
	uint32_t devid;

	if (!n->has_pasid)
		SKIP(return, "PASIDs came with Linux 6.15");
	shim_destroy(n->under);
	n->h->devices[0].max_pasid_log2 = 0;
	n->s = n->under = variant->mock ? mockdev_new(n->h, 0) : model_new(n->h, &uapi_mem_checked);
	ATTACH(n);
	devid = n->idev->devid;
	EXPECT_EQ(0, n->idev->parent.caps.max_pasid_log2);
	/* Its own page table was not made for PASIDs; one that is will be taken, to no effect. */
	EXPECT_EQ(-EINVAL, attach(n->idev, 5, n->idev->hwpt_id, &n->err));
	ASSERT_EQ(0, iommufd_backend_alloc_hwpt(&n->be, devid, n->idev->ioas_id, UAPI_HWPT_PASID, 0,
						0, NULL, &devid, &n->err));
	EXPECT_EQ(-EINVAL, attach(n->idev, 5, devid, &n->err));
	EXPECT_EQ(0, attach(n->idev, HIOD_NO_PASID, devid, &n->err));
	/* The mock device has one PASID, 0, where others have none. */
	EXPECT_EQ(variant->mock ? -EINVAL : 0, attach(n->idev, 5, devid, &n->err));
	EXPECT_EQ(0, detach(n->idev, 5, &n->err));
	EXPECT_EQ(0, detach(n->idev, HIOD_NO_PASID, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, devid));
	vfio_detach_device(&n->dev);
}

/* Marks pages as written to, as a device would do; the mock device's pages are of 2K. */
static int make_dirty(struct nest *n, uint32_t pages)
{
	uint64_t bits = 0;
	struct uapi_iommufd_test t = {
		.size = sizeof(t),
		.op = UAPI_TEST_DIRTY,
		.id = n->idev->hwpt_id,
		.dirty = { .iova = IOVA,
			   .length = PAGES * 4096,
			   .page_size = 2048,
			   .uptr = (uintptr_t)&bits },
	};

	for (int i = 0; i < PAGES; i++)
		bits |= (uint64_t)(pages >> i & 1) << 2 * i;
	return shim_ioctl(n->under, n->be.fd, UAPI_IOMMUFD_TEST, &t);
}

TEST_F(nest, writes_are_tracked_when_asked_for)
{
	struct nest *n = &self->n;
	const uint64_t size = PAGES * 4096;
	uint64_t bits[2] = { 0, 0 };
	VFIOContainer *c;

	ATTACH(n);
	c = n->dev.container;
	ASSERT_EQ(0, vfio_iommufd_set_dirty_tracking(c, true, &n->err));
	EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, IOVA, size, 4096, bits, &n->err));
	EXPECT_EQ(0, bits[0]);
	if (variant->mock) {
		ASSERT_EQ(0, make_dirty(n, 0x8421));
		bits[0] = 0x10000; /* what was there stays */
		EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, IOVA, size, 4096, bits, &n->err));
		/* Pages that lie together in memory may be one, and are dirty together. */
		EXPECT_EQ(0x18421, bits[0] & 0x18421);
		bits[0] = 0; /* told once */
		EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, IOVA, size, 4096, bits, &n->err));
		EXPECT_EQ(0, bits[0]);
		EXPECT_EQ(0, bits[1]);
	}
	/* The range must be right; what is not mapped in it is not dirty. */
	EXPECT_EQ(-EINVAL, vfio_iommufd_query_dirty_bitmap(c, IOVA, 0, 4096, bits, &n->err));
	EXPECT_EQ(-EINVAL, vfio_iommufd_query_dirty_bitmap(c, IOVA, size, 0, bits, &n->err));
	EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, IOVA - size, size, 4096, bits, &n->err));
	EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, IOVA, size, 4096, NULL, &n->err));
	ASSERT_EQ(0, vfio_iommufd_set_dirty_tracking(c, false, &n->err));
	EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, IOVA, size, 4096, bits, &n->err));
	vfio_detach_device(&n->dev);
}

TEST_F(nest, invalidation_tells_how_far_it_came)
{
	struct nest *n = &self->n;
	uint8_t e[3][NEST_DATA_MAX];
	uint32_t one, num, len = n->k ? n->k->inv_len : 0;

	ATTACH(n);
	ASSERT_EQ(0, first_stage(n, &one));
	ASSERT_EQ(0, attach(n->idev, HIOD_NO_PASID, one, &n->err));
	nest_entry(n->k, NEST_ENTRY_GOOD, e[0]);
	memcpy(e[0] + len, e[0], len > NEST_DATA_MAX - len ? NEST_DATA_MAX - len : len);
	num = 1;
	EXPECT_EQ(0, iommufd_backend_invalidate_cache(&n->be, one, n->k->inv_type, len, &num, e,
						      &n->err));
	EXPECT_EQ(1, num);
	num = 0; /* is the type known? */
	EXPECT_EQ(0, iommufd_backend_invalidate_cache(&n->be, one, n->k->inv_type, len, &num, e,
						      &n->err));
	num = 1;
	nest_entry(n->k, NEST_ENTRY_WRONG, e);
	EXPECT_EQ(-EINVAL, iommufd_backend_invalidate_cache(&n->be, one, n->k->inv_type, len, &num,
							    e, &n->err));
	EXPECT_EQ(0, num);
	EXPECT_STREQ("IOMMU_HWPT_INVALIDATE failed: total 1 entries, processed 0 entries: Invalid "
		     "argument",
		     n->err.message);
	num = 1;
	nest_entry(n->k, NEST_ENTRY_FLAG, e);
	EXPECT_EQ(-EOPNOTSUPP, iommufd_backend_invalidate_cache(&n->be, one, n->k->inv_type, len,
								&num, e, &n->err));
	ASSERT_EQ(0, detach(n->idev, HIOD_NO_PASID, &n->err));
	EXPECT_EQ(0, test_destroy(n->under, n->be.fd, one));
	vfio_detach_device(&n->dev);
}

/* What the device is on after a change that failed at its nth call is what it was on before. */
TEST_F(nest, every_call_of_a_change_may_fail)
{
	struct nest *n = &self->n;
	unsigned failed = 0;

	for (unsigned what = 0; what < 8; what++) {
		uint32_t pasid = what & 1 ? 5 : HIOD_NO_PASID;
		bool undo = what & 2, from_nested = what & 4;

		if (pasid && !n->has_pasid)
			continue;
		for (unsigned nth = 1;; nth++) {
			struct shim_fault rule = { .op = SHIM_OP_IOCTL, .nth = nth, .err = EIO };
			uint32_t one, two, before;
			struct shim *faults;
			int rc;

			n->s = n->under;
			ATTACH(n);
			ASSERT_EQ(0, first_stage(n, &one));
			ASSERT_EQ(0, first_stage(n, &two));
			if (from_nested) {
				ASSERT_EQ(0, attach(n->idev, pasid, one, &n->err));
			}
			before = table(n->idev, pasid);
			faults = shim_fault_new(n->under, &rule, 1);
			ASSERT_NOT_NULL(faults);
			n->vfio.shim = n->be.shim = faults;
			rc = undo ? detach(n->idev, pasid, &n->err)
				  : attach(n->idev, pasid, two, &n->err);
			n->vfio.shim = n->be.shim = n->under;
			if (rc) {
				failed++;
				EXPECT_EQ(-EIO, rc);
				EXPECT_EQ(before, table(n->idev, pasid));
				EXPECT_EQ(before == one, in_use(n, one));
				EXPECT_FALSE(in_use(n, two));
				EXPECT_TRUE(!pasid || kernel_has(n, pasid, before));
			}
			EXPECT_EQ(0, detach(n->idev, pasid, &n->err));
			vfio_detach_device(&n->dev);
			shim_destroy(faults);
			if (!rc)
				break;
		}
	}
	/* Each is one call: that is why it cannot stop half-way. */
	EXPECT_EQ(n->has_pasid ? 6 : 3, failed);
}

TEST_HARNESS_MAIN
