// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Host IOMMU devices of vDPA, on the model kernel: what they answer, how a node
 * that cannot be had is told of, and that nothing stays behind.
 */
#include <errno.h>
#include <fcntl.h>

#include "harness/ktap/ktap.h"
#include "harness/shim/backends.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/check.h"
#include "hiod/hint.h"
#include "hiod/profile.h"
#include "selftests/failing_malloc.h"
#include "selftests/hiod/vdpa_host.h"

FIXTURE(vdpa)
{
	struct vdpa_host vh;
	struct shim *s;
	struct hiod_anomalies an;
	struct hiod_error err;
	VDPADevice v;
	AddressSpace as;
};

FIXTURE_SETUP(vdpa)
{
	vdpa_host_init(&self->vh);
	hiod_error_init(&self->err);
	self->v.fd = -1;
}

FIXTURE_TEARDOWN(vdpa)
{
	vdpa_detach_device(&self->v);
	if (self->s)
		EXPECT_EQ(0, vdpa_alive(self->s));
	shim_destroy(self->s);
}

static int attach(struct ktap_fixture_vdpa *self)
{
	int rc;

	if (!self->s)
		self->s = vdpa_host_model(&self->vh);
	rc = vdpa_device_init(&self->v, self->s, NULL, &self->an, VDPA_NODE, &self->err);
	return rc ? rc : vdpa_attach_device(&self->v, &self->as, &self->err);
}

TEST_F(vdpa, usable_is_the_kernels_range_less_reserved_regions)
{
	static const struct {
		struct host_range range;
		size_t n;
		struct host_region r[3];
		const char *usable;
		int bits;
	} rows[] = {
		{ { 0, 0x7fffffffff },
		  1,
		  { { 0xfee00000, 0xfeefffff, HOST_REGION_MSI } },
		  "0-fedfffff fef00000-7fffffffff",
		  39 },
		{ { 0, UINT64_MAX }, 0, { { 0 } }, "0-ffffffffffffffff", 64 },
		{ { 0, UINT64_MAX },
		  1,
		  { { 0xfd00000000, 0xffffffffff, HOST_REGION_RESERVED } },
		  "0-fcffffffff 10000000000-ffffffffffffffff",
		  64 },
		/* at the ends, and out of them */
		{ { 0x1000, 0xffff },
		  2,
		  { { 0, 0x1fff, HOST_REGION_DIRECT }, { 0xf000, 0x1ffff, HOST_REGION_RESERVED } },
		  "2000-efff",
		  16 },
		{ { 0x1000, 0xffff },
		  1,
		  { { 0x10000, 0x1ffff, HOST_REGION_MSI } },
		  "1000-ffff",
		  16 },
		/* a region that its owner gives up is not cut out */
		{ { 0, 0xffff },
		  1,
		  { { 0x7000, 0x7fff, HOST_REGION_DIRECT_RELAXABLE } },
		  "0-ffff",
		  16 },
		/* nothing is left, which is not the same as not knowing */
		{ { 0x1000, 0x1fff }, 1, { { 0, 0xffff, HOST_REGION_RESERVED } }, "", 0 },
		{ { 0, 0 }, 0, { { 0 } }, "0-0", 0 },
		{ { 0, 1 }, 0, { { 0 } }, "0-1", 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		HostIOMMUDevice *hiod;
		struct hiod_ranges got = { 0 };

		self->vh.v.range = rows[i].range;
		self->vh.g.nregions = rows[i].n;
		for (size_t k = 0; k < rows[i].n; k++)
			self->vh.r[k] = rows[i].r[k];
		ASSERT_EQ(0, attach(self));
		hiod = self->v.hiod;
		EXPECT_STREQ("host-iommu-device-legacy-vdpa", hiod->klass->name);
		EXPECT_STREQ("vhost-vdpa-0", hiod->name);
		EXPECT_EQ(rows[i].bits, HIOD_METHOD(hiod, get_cap)(
						hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &self->err));
		EXPECT_EQ(0, HIOD_METHOD(hiod, get_iova_ranges)(hiod, &got));
		EXPECT_STREQ(rows[i].usable, show_ranges(range_list_array(&got), got.n));
		range_list_free(&got);
		vdpa_detach_device(&self->v);
		shim_destroy(self->s);
		self->s = NULL;
	}
}

TEST_F(vdpa, page_sizes_are_all_from_the_hosts_page_on)
{
	ASSERT_EQ(0, attach(self));
	EXPECT_EQ(-4096ull, HIOD_METHOD(self->v.hiod, get_page_size_mask)(self->v.hiod));
}

TEST_F(vdpa, type_of_iommu_is_not_known)
{
	ASSERT_EQ(0, attach(self));
	EXPECT_EQ(-EINVAL, HIOD_METHOD(self->v.hiod, get_cap)(
				   self->v.hiod, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, &self->err));
	EXPECT_STREQ("vhost-vdpa-0: unsupported capability 0", self->err.message);
	EXPECT_TRUE(!HIOD_METHOD(self->v.hiod, get_pasid_info));
}

/* Devices that translate by themselves have no IOMMU group above them. */
TEST_F(vdpa, regions_are_of_the_nearest_ancestor_in_a_group)
{
	static const struct {
		const char *link;
		const char *usable;
	} rows[] = {
		{ "../../../devices/vdpa0", "0-7fffffffff" },
		{ "../../../devices/pci0000:00/0000:00:08.0/vdpa0",
		  "0-fedfffff fef00000-7fffffffff" },
		{ "../../../devices/pci0000:00/0000:00:08.0/mlx5_core.vnet.0/vdpa0",
		  "0-fedfffff fef00000-7fffffffff" },
		{ "../../../devices/pci0000:00/0000:00:09.0/vdpa0", "0-7fffffffff" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		self->vh.v.link = (char *)rows[i].link;
		ASSERT_EQ(0, attach(self));
		EXPECT_STREQ(rows[i].usable, show_ranges(range_list_array(&self->v.iova_ranges),
							 self->v.iova_ranges.n));
		EXPECT_EQ(HIOD_ANOMALY_COUNT, hiod_anomaly_worst(&self->an));
		vdpa_detach_device(&self->v);
		shim_destroy(self->s);
		self->s = NULL;
	}
}

TEST_F(vdpa, regions_that_cannot_be_read_cut_nothing_and_leave_it_unknown)
{
	static const struct {
		struct host_file f;
		const char *usable;
	} rows[] = {
		{ { (char *)"/sys/kernel/iommu_groups/26/reserved_regions", NULL, false, EACCES },
		  "0-7fffffffff" },
		{ { (char *)"/sys/kernel/iommu_groups/26/reserved_regions",
		    (char *)"what\n0x5 0x3 msi\n0x1000 0x1fff reserved", false, 0 },
		  "0-fff 2000-7fffffffff" },
		{ { (char *)"/sys/devices/pci0000:00/0000:00:08.0/iommu_group", (char *)"../none",
		    true, 0 },
		  "0-7fffffffff" },
		{ { (char *)"/sys/dev/char/511:0", (char *)"elsewhere", true, 0 }, "0-7fffffffff" },
		{ { (char *)"/sys/dev/char/511:0", NULL, false, ENOENT }, "0-7fffffffff" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_file f = rows[i].f;

		self->vh.h.files = &f;
		self->vh.h.nfiles = 1;
		ASSERT_EQ(0, attach(self));
		EXPECT_STREQ(rows[i].usable, show_ranges(range_list_array(&self->v.iova_ranges),
							 self->v.iova_ranges.n));
		EXPECT_EQ(HIOD_ANOMALY_VDPA_UNCUT, hiod_anomaly_worst(&self->an));
		EXPECT_EQ(HIOD_UNKNOWN, hiod_anomaly_verdict(hiod_anomaly_worst(&self->an)));
		vdpa_detach_device(&self->v);
		shim_destroy(self->s);
		self->s = NULL;
		self->an = (struct hiod_anomalies){ 0 };
	}
}

TEST_F(vdpa, names_of_nodes)
{
	static const struct {
		const char *node;
		int rc;
	} rows[] = {
		{ "vhost-vdpa-0", 0 },		{ "/dev/vhost-vdpa-12", 0 },
		{ "vhost-vdpa-", -EINVAL },	{ "vdpa0", -EINVAL },
		{ "/dev/vhost-net", -EINVAL },	{ "vhost-vdpa-x", -EINVAL },
		{ "vhost-vdpa-0/..", -EINVAL }, { "", -EINVAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ(rows[i].rc, vdpa_device_init(&self->v, NULL, NULL, &self->an,
						       rows[i].node, &self->err));
	EXPECT_EQ(0, vdpa_device_init(&self->v, NULL, NULL, &self->an, "vhost-vdpa-3", &self->err));
	EXPECT_STREQ("/dev/vhost-vdpa-3", self->v.path);
}

TEST_F(vdpa, node_has_one_opener)
{
	int fd;

	self->s = vdpa_host_model(&self->vh);
	fd = shim_open(self->s, VDPA_NODE, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, attach(self));
	EXPECT_EQ(HIOD_STAGE_OPEN, self->err.stage);
	EXPECT_STREQ("Could not open '/dev/vhost-vdpa-0': Device or resource busy",
		     self->err.message);
	EXPECT_STREQ("a vhost-vdpa device has one user, and another has it open", self->err.hint);
	shim_close(self->s, fd);
	/* attaching opens it once, for as long as it is attached */
	ASSERT_EQ(0, attach(self));
	EXPECT_EQ(-EBUSY, shim_open(self->s, VDPA_NODE, O_RDWR));
	vdpa_detach_device(&self->v);
	fd = shim_open(self->s, VDPA_NODE, O_RDWR);
	EXPECT_LE(0, fd);
	shim_close(self->s, fd);
}

TEST_F(vdpa, an_errno_that_libc_does_not_know_is_named)
{
	self->vh.v.node.open_err = 524;
	EXPECT_EQ(-524, attach(self));
	EXPECT_STREQ("Could not open '/dev/vhost-vdpa-0': ENOTSUPP (524)", self->err.message);
	EXPECT_STREQ("the IOMMU of the device behind it is not cache coherent", self->err.hint);
}

/* Attaching opens the node, which resets the device: what came before is gone. */
TEST_F(vdpa, attaching_resets_the_device_once)
{
	uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE;

	ASSERT_EQ(0, attach(self));
	ASSERT_EQ(0, shim_ioctl(self->s, self->v.fd, VHOST_VDPA_SET_STATUS, &status));
	EXPECT_EQ(39, vdpa_device_get_aw_bits(&self->v));
	ASSERT_EQ(0, shim_ioctl(self->s, self->v.fd, VHOST_VDPA_GET_STATUS, &status));
	EXPECT_EQ(VIRTIO_CONFIG_S_ACKNOWLEDGE, status);
	vdpa_detach_device(&self->v);
	ASSERT_EQ(0, attach(self));
	ASSERT_EQ(0, shim_ioctl(self->s, self->v.fd, VHOST_VDPA_GET_STATUS, &status));
	EXPECT_EQ(0, status);
}

TEST_F(vdpa, a_range_that_ends_before_it_starts_is_an_error)
{
	self->vh.v.range = (struct host_range){ 0x2000, 0x1fff };
	EXPECT_EQ(-EPROTO, attach(self));
	EXPECT_EQ(HIOD_FAIL_ANOMALY, self->err.fail);
	EXPECT_STREQ("vhost-vdpa's IOVA range starts at 0x2000 and ends at 0x1fff",
		     self->err.message);
}

TEST_F(vdpa, no_range_is_unknown_not_64_bits)
{
	const struct shim_fault fault = { .op = SHIM_OP_IOCTL,
					  .req = VHOST_VDPA_GET_IOVA_RANGE,
					  .err = ENOTTY };
	struct hiod_ranges got = { 0 };
	struct shim *model = vdpa_host_model(&self->vh);

	self->s = shim_fault_new(model, &fault, 1);
	ASSERT_EQ(0, attach(self));
	EXPECT_EQ(64, vdpa_device_get_aw_bits(&self->v));
	EXPECT_EQ(0, HIOD_METHOD(self->v.hiod, get_iova_ranges)(self->v.hiod, &got));
	EXPECT_EQ(0, got.n);
	EXPECT_EQ(HIOD_ANOMALY_RANGES_FALLBACK, hiod_anomaly_worst(&self->an));
	EXPECT_EQ(HIOD_UNKNOWN, hiod_anomaly_verdict(HIOD_ANOMALY_RANGES_FALLBACK));
	vdpa_detach_device(&self->v);
	shim_destroy(self->s);
	self->s = NULL;
	EXPECT_EQ(0, vdpa_alive(model));
	shim_destroy(model);
}

TEST_F(vdpa, memory_is_mapped_while_attached)
{
	static const struct hiod_mem_region mem[] = {
		{ 0, 0xa0000, NULL, false, "pc.ram" },
		{ 0xc0000, 0x20000, NULL, true, "pc.bios" },
		{ 0x100000, 0x100000, NULL, false, "pc.ram" },
	};
	struct model_stats st;

	self->as = (AddressSpace){ mem, 3 };
	ASSERT_EQ(0, attach(self));
	model_stats(self->s, &st);
	EXPECT_EQ(3, st.mappings);
	/* the owner took it */
	EXPECT_EQ(-EBUSY, shim_ioctl(self->s, self->v.fd, VHOST_SET_OWNER, NULL));
	vdpa_detach_device(&self->v);
	model_stats(self->s, &st);
	EXPECT_EQ(0, st.mappings);
}

TEST_F(vdpa, memory_outside_of_the_range_is_refused)
{
	static const struct hiod_mem_region mem[] = {
		{ 0, 0x1000, NULL, false, NULL },
		{ 1ull << 39, 0x1000, NULL, false, "high" },
	};

	self->as = (AddressSpace){ mem, 2 };
	EXPECT_EQ(-EFAULT, attach(self));
	EXPECT_STREQ("failed to map high at 0x8000000000, 0x1000 bytes: Bad address",
		     self->err.message);
}

TEST_F(vdpa, messages_of_version_2_are_needed_to_map)
{
	static const struct hiod_mem_region mem[] = { { 0, 0x1000, NULL, false, NULL } };

	self->vh.v.backend_features = 0;
	self->as = (AddressSpace){ mem, 1 };
	EXPECT_EQ(-EOPNOTSUPP, attach(self));
	EXPECT_STREQ("vhost-vdpa has no IOTLB messages of version 2", self->err.message);
}

/* No kernel has it, and no ioctl is made up for it. */
TEST_F(vdpa, iommufd_is_refused_by_the_kernels_release)
{
	static const struct {
		const char *release, *message;
	} rows[] = {
		{ "6.12.117", "vhost-vdpa-0: Linux 6.12.117 has no iommufd for vDPA devices "
			      "(vhost-vdpa has)" },
		{ "7.3.4+bpo-amd64", "vhost-vdpa-0: Linux 7.3.4+bpo-amd64 has no iommufd for vDPA "
				     "devices (vhost-vdpa has)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		HostIOMMUDevice *hiod;

		self->vh.h.release = (char *)rows[i].release;
		self->s = vdpa_host_model(&self->vh);
		ASSERT_EQ(0, vdpa_device_init(&self->v, self->s, NULL, &self->an, VDPA_NODE,
					      &self->err));
		hiod = hiod_new(&host_iommu_device_iommufd_vdpa_class.parent);
		ASSERT_NOT_NULL(hiod);
		EXPECT_TRUE(hiod_is_a(hiod, &host_iommu_device_iommufd_class));
		EXPECT_EQ(-EOPNOTSUPP, HIOD_METHOD(hiod, realize)(hiod, &self->v, &self->err));
		EXPECT_STREQ(rows[i].message, self->err.message);
		EXPECT_EQ(HIOD_STAGE_REALIZE, self->err.stage);
		EXPECT_NULL(hiod->name);
		EXPECT_NULL(hiod->agent);
		hiod_unref(hiod);
		EXPECT_EQ(0, vdpa_alive(self->s));
		shim_destroy(self->s);
		self->s = NULL;
	}
}

/* ---- a start of the guest --------------------------------------------------- */

/* What stays alive. */
static unsigned run(struct vdpa_host *vh, const char *profile, const char *viommu,
		    struct hiod_verdict *v)
{
	static const struct hiod_mem_region mem[] = { { 0, 0x40000, NULL, false, NULL } };
	struct shim *s = vdpa_host_model(vh);
	unsigned alive;
	const struct hiod_check c = {
		.profile = hiod_profile_find(profile),
		.viommu = viommu,
		.backend = HIOD_BACKEND_VDPA,
		.bdf = VDPA_NODE,
		.mem = mem,
		.nmem = 1,
	};

	hiod_check_run(s, &c, v);
	alive = vdpa_alive(s);
	shim_destroy(s);
	return alive;
}

TEST_F(vdpa, check_compares_the_hosts_width)
{
	static const struct {
		unsigned bits;
		const char *profile, *viommu;
		enum hiod_answer verdict;
		const char *message, *hint;
	} rows[] = {
		{ 39, "qemu-11.1", "intel-iommu,caching-mode=on,aw-bits=39", HIOD_ACCEPTED, "",
		  "" },
		{ 39, "qemu-11.1", "intel-iommu,caching-mode=on", HIOD_REFUSED,
		  "vhost-vdpa-0: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39",
		  "aw-bits=39 fits this host" },
		{ 48, "qemu-11.1", "intel-iommu,caching-mode=on", HIOD_ACCEPTED, "", "" },
		{ 32, "qemu-11.1", "intel-iommu,caching-mode=on", HIOD_REFUSED,
		  "vhost-vdpa-0: Failed to set vIOMMU: aw-bits 48 > host aw-bits 32",
		  "this host has 32 bits; the least that intel-iommu has is 39" },
		{ 48, "qemu-11.1", "virtio-iommu-pci,granule=64k", HIOD_ACCEPTED, "", "" },
		{ 39, "qemu-11.1", NULL, HIOD_ACCEPTED, "", "" },
		{ 39, "qemu-10.0", "intel-iommu,aw-bits=39", HIOD_REFUSED,
		  "vhost-vdpa-0: device 00.01.0 requires caching mode",
		  "caching-mode=on fits this host" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_verdict v;

		self->vh.v.range.last = (1ull << rows[i].bits) - 1;
		EXPECT_EQ(0, run(&self->vh, rows[i].profile, rows[i].viommu, &v));
		EXPECT_EQ(rows[i].verdict, v.verdict);
		EXPECT_STREQ(rows[i].message, v.message);
		EXPECT_STREQ(rows[i].hint, v.hint);
		EXPECT_EQ(HIOD_UNKNOWN, v.qemu); /* no QEMU has this class */
		EXPECT_EQ((int)rows[i].bits, v.host_aw_bits);
		hiod_verdict_free(&v);
	}
}

TEST_F(vdpa, check_of_a_node_that_is_not_there_is_refused_by_qemu_too)
{
	struct hiod_verdict v;

	self->vh.v.node_dir = NULL;
	EXPECT_EQ(0, run(&self->vh, "qemu-11.1", NULL, &v));
	EXPECT_EQ(HIOD_REFUSED, v.verdict);
	EXPECT_EQ(HIOD_REFUSED, v.qemu);
	EXPECT_EQ(HIOD_STAGE_OPEN, v.stage);
	EXPECT_STREQ("vhost-vdpa-0: Could not open '/dev/vhost-vdpa-0': No such file or directory",
		     v.message);
	hiod_verdict_free(&v);
}

/* ---- whatever fails --------------------------------------------------------- */

static const char *const viommus[] = {
	NULL,
	"intel-iommu,caching-mode=on,aw-bits=39",
	"intel-iommu,caching-mode=on",
	"virtio-iommu-pci",
};

static const struct hiod_mem_region some[] = { { 0, 0x40000, NULL, false, NULL },
					       { 0x100000, 0x1000, NULL, true, NULL } };

TEST_F(vdpa, every_call_may_fail)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(viommus) / sizeof(viommus[0]); i++) {
		for (unsigned nth = 1;; nth++) {
			struct shim_fault fault = { .op = SHIM_OP_ANY, .nth = nth, .err = EIO };
			struct shim *model = vdpa_host_model(&self->vh);
			struct shim *s = shim_fault_new(model, &fault, 1);
			struct hiod_check c = {
				.profile = hiod_profile_default(),
				.viommu = viommus[i],
				.backend = HIOD_BACKEND_VDPA,
				.bdf = VDPA_NODE,
				.mem = some,
				.nmem = 2,
			};
			struct hiod_verdict v;
			bool fired;

			hiod_check_run(s, &c, &v);
			fired = shim_fault_fired(s, 0);
			EXPECT_EQ(0, vdpa_alive(model))
			{
				TH_LOG("call %u with %s", nth, viommus[i]);
			}
			EXPECT_EQ(v.verdict == HIOD_ACCEPTED, v.message[0] == '\0');
			hiod_verdict_free(&v);
			shim_destroy(s);
			shim_destroy(model);
			if (!fired)
				break;
			n++;
		}
	}
	TH_LOG("%u failures", n);
	EXPECT_LT(40, n);
}

/* The model may fail for want of memory too, and then says so as a kernel would. */
TEST_F(vdpa, every_allocation_may_fail)
{
	unsigned failed = 0;

	self->vh.g.nregions = 4;
	for (unsigned i = 0; i < 4; i++)
		self->vh.r[i] =
			(struct host_region){ i << 24, (i << 24) + 0xfff, HOST_REGION_RESERVED };
	for (size_t i = 0; i < sizeof(viommus) / sizeof(viommus[0]); i++) {
		for (unsigned nth = 1;; nth++) {
			struct shim *model = vdpa_host_model(&self->vh);
			struct hiod_check c = {
				.profile = hiod_profile_default(),
				.viommu = viommus[i],
				.backend = HIOD_BACKEND_VDPA,
				.bdf = VDPA_NODE,
			};
			struct hiod_verdict v;
			struct shim_stat st;
			bool fired;

			/* the tree is made by the first path asked */
			ASSERT_EQ(0, shim_stat(model, VDPA_NODE, &st));
			failing_malloc_arm(nth);
			hiod_check_run(model, &c, &v);
			fired = failing_malloc_disarm();
			EXPECT_EQ(0, vdpa_alive(model));
			if (fired && v.verdict == HIOD_UNKNOWN) {
				EXPECT_STREQ("Cannot get the reserved regions of the device: "
					     "Cannot allocate memory",
					     v.message);
			} else if (fired && v.verdict != HIOD_ACCEPTED &&
				   v.verdict != HIOD_REFUSED) {
				EXPECT_EQ(HIOD_ERROR, v.verdict);
				EXPECT_STREQ("out of memory", v.message);
			}
			hiod_verdict_free(&v);
			shim_destroy(model);
			failed += fired;
			if (!fired)
				break;
		}
	}
	TH_LOG("%u allocations", failed);
	EXPECT_LT(20, failed);
}

TEST_HARNESS_MAIN
