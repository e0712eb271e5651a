// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Golden traces: the calls of each QEMU version, in order. Those of 10.0 and
 * 11.1 were observed with Debian's binaries, the others follow from the
 * sources. Kernel: two IOVA ranges, migration and DMA_AVAIL capabilities.
 */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/guest.h"

#define LEGACY_OPEN                                                                                \
	"open /dev/vfio/26; g GET_STATUS; open /dev/vfio/vfio; c GET_API_VERSION; "                \
	"c CHECK_EXTENSION(3)=1; g SET_CONTAINER; c SET_IOMMU(3); "
#define LEGACY_INFO "c IOMMU_GET_INFO(24)=>120; c IOMMU_GET_INFO(120); "
#define LEGACY_DEVICE                                                                              \
	"g GET_DEVICE_FD; d GET_INFO(24); close d; g UNSET_CONTAINER; close c; close g"

#define LEGACY_9    LEGACY_OPEN LEGACY_INFO LEGACY_DEVICE
#define LEGACY_10_1 LEGACY_OPEN "c CHECK_EXTENSION(10)=0; " LEGACY_INFO LEGACY_DEVICE
#define LEGACY_11                                                                                  \
	LEGACY_OPEN "c CHECK_EXTENSION(10)=0; " LEGACY_INFO "c CHECK_EXTENSION(9)=0; " LEGACY_DEVICE

#define CDEV_OPEN "open /dev/vfio/devices/vfio0; open /dev/iommu; "
#define RANGES	  "i IOVA_RANGES(num 0); i IOVA_RANGES(num 2); d GET_INFO(24)"

#define IOMMUFD_9(hwpt_size)                                                                       \
	CDEV_OPEN "d BIND(16); i GET_HW_INFO(40, dev 1, len 24); i IOAS_ALLOC(12)=10; "            \
		  "i HWPT_ALLOC(" hwpt_size                                                        \
		  ", flags 0, dev 1, pt 10)=11; d ATTACH(12, pt 11); " RANGES                      \
		  "; d DETACH(8); i DESTROY(11); i DESTROY(10); close i; close d"
#define IOMMUFD_10_1(bind, len)                                                                    \
	CDEV_OPEN "i CHANGE_PROCESS; d BIND(" bind "); i IOAS_ALLOC(12)=10; "                      \
		  "i GET_HW_INFO(40, dev 1, len " len "); "                                        \
		  "i HWPT_ALLOC(48, flags 0, dev 1, pt 10)=11; d ATTACH(16, pt 11); " RANGES       \
		  "; i GET_HW_INFO(40, dev 1, len 40); d DETACH(12); i DESTROY(11); "              \
		  "i DESTROY(10); close i; close d"

/* The series itself: no page table, and the device's IOMMU is asked last of all. */
#define IOMMUFD_V7                                                                                 \
	CDEV_OPEN "d BIND(16); i IOAS_ALLOC(12)=10; d ATTACH(12, pt 10); " RANGES                  \
		  "; i GET_HW_INFO(40, dev 1, len 24); d DETACH(8); i DESTROY(10); "               \
		  "close i; close d"

TEST(refused_by_aw_bits_and_unplugged)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *trace;
	} rows[] = {
		{ "v7", HIOD_BACKEND_LEGACY, LEGACY_9 },
		{ "qemu-9.1", HIOD_BACKEND_LEGACY, LEGACY_9 },
		{ "qemu-9.2", HIOD_BACKEND_LEGACY, LEGACY_9 },
		{ "qemu-10.0", HIOD_BACKEND_LEGACY, LEGACY_9 }, /* T1 */
		{ "qemu-10.1", HIOD_BACKEND_LEGACY, LEGACY_10_1 },
		{ "qemu-10.2", HIOD_BACKEND_LEGACY, LEGACY_11 },
		{ "qemu-11.0", HIOD_BACKEND_LEGACY, LEGACY_11 },
		{ "qemu-11.1", HIOD_BACKEND_LEGACY, LEGACY_11 }, /* T2 */
		{ "v7", HIOD_BACKEND_IOMMUFD, IOMMUFD_V7 },
		{ "qemu-9.1", HIOD_BACKEND_IOMMUFD, IOMMUFD_9("40") },
		{ "qemu-9.2", HIOD_BACKEND_IOMMUFD, IOMMUFD_9("48") },
		{ "qemu-10.0", HIOD_BACKEND_IOMMUFD, IOMMUFD_9("48") }, /* T3 */
		{ "qemu-10.1", HIOD_BACKEND_IOMMUFD, IOMMUFD_10_1("16", "0") },
		{ "qemu-10.2", HIOD_BACKEND_IOMMUFD, IOMMUFD_10_1("24", "0") },
		{ "qemu-11.0", HIOD_BACKEND_IOMMUFD, IOMMUFD_10_1("24", "40") },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, /* T4 */
		  "access /dev/iommu; " IOMMUFD_10_1("24", "40") },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_check c = {
			.profile = hiod_profile_find(rows[i].profile),
			.viommu = "intel-iommu,caching-mode=on,aw-bits=48",
			.backend = rows[i].be,
			.bdf = "0000:00:05.0",
		};
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(HIOD_REFUSED, v.qemu);
		EXPECT_STREQ(rows[i].trace, f.log)
		{
			TH_LOG("%s", rows[i].profile);
		}
		EXPECT_EQ(0, f.errors);
		hiod_verdict_free(&v);
	}
}

/* What the second device of one address space does. */
TEST(second_device)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *failing; /* the first ATTACH of the second device answers so */
		int err;
		const char *trace;
	} rows[] = {
		/* T5 */
		{ "qemu-10.0", HIOD_BACKEND_LEGACY, NULL, 0,
		  "open /dev/vfio/27; g GET_STATUS; g SET_CONTAINER; g GET_DEVICE_FD; "
		  "d GET_INFO(24)" },
		{ "qemu-11.1", HIOD_BACKEND_LEGACY, NULL, 0,
		  "open /dev/vfio/27; g GET_STATUS; g SET_CONTAINER; g GET_DEVICE_FD; "
		  "d GET_INFO(24)" },
		/* T6; the series joins by the IOAS */
		{ "v7", HIOD_BACKEND_IOMMUFD, NULL, 0,
		  "open /dev/vfio/devices/vfio1; d BIND(16); d ATTACH(12, pt 10); d GET_INFO(24); "
		  "i GET_HW_INFO(40, dev 2, len 24)" },
		{ "qemu-10.0", HIOD_BACKEND_IOMMUFD, NULL, 0,
		  "open /dev/vfio/devices/vfio1; d BIND(16); i GET_HW_INFO(40, dev 2, len 24); "
		  "d ATTACH(12, pt 11); d GET_INFO(24)" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, NULL, 0,
		  "open /dev/vfio/devices/vfio1; d BIND(24); d ATTACH(16, pt 11); d GET_INFO(24); "
		  "i GET_HW_INFO(40, dev 2, len 40)" },
		/* T7 */
		{ "qemu-10.0", HIOD_BACKEND_IOMMUFD, "ATTACH", EINVAL,
		  "open /dev/vfio/devices/vfio1; d BIND(16); i GET_HW_INFO(40, dev 2, len 24); "
		  "d ATTACH(12, pt 11)!; i HWPT_ALLOC(48, flags 0, dev 2, pt 10)=12; "
		  "d ATTACH(12, pt 12); d GET_INFO(24)" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "ATTACH", EINVAL,
		  "open /dev/vfio/devices/vfio1; d BIND(24); d ATTACH(16, pt 11)!; "
		  "i GET_HW_INFO(40, dev 2, len 40); i HWPT_ALLOC(48, flags 0, dev 2, pt 10)=12; "
		  "d ATTACH(16, pt 12); d GET_INFO(24); i GET_HW_INFO(40, dev 2, len 40)" },
		/* whatever an IOAS answers with, it is not for this device */
		{ "v7", HIOD_BACKEND_IOMMUFD, "ATTACH", EINVAL,
		  "open /dev/vfio/devices/vfio1; d BIND(16); d ATTACH(12, pt 10)!; "
		  "i IOAS_ALLOC(12)=11; d ATTACH(12, pt 11); i IOVA_RANGES(num 0); "
		  "i IOVA_RANGES(num 2); d GET_INFO(24); i GET_HW_INFO(40, dev 2, len 24)" },
		{ "qemu-11.0", HIOD_BACKEND_IOMMUFD, "ATTACH", EINVAL,
		  "open /dev/vfio/devices/vfio1; d BIND(24); d ATTACH(16, pt 11)!; "
		  "i GET_HW_INFO(40, dev 2, len 40); i HWPT_ALLOC(48, flags 0, dev 2, pt 10)=12; "
		  "d ATTACH(16, pt 12); d GET_INFO(24); i GET_HW_INFO(40, dev 2, len 40)" },
		/* T8 */
		{ "qemu-10.0", HIOD_BACKEND_IOMMUFD, "ATTACH", EBUSY,
		  "open /dev/vfio/devices/vfio1; d BIND(16); i GET_HW_INFO(40, dev 2, len 24); "
		  "d ATTACH(12, pt 11)!; i IOAS_ALLOC(12)=12; "
		  "i HWPT_ALLOC(48, flags 0, dev 2, pt 12)=13; d ATTACH(12, pt 13); "
		  "i IOVA_RANGES(num 0); i IOVA_RANGES(num 2); d GET_INFO(24)" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "ATTACH", EBUSY,
		  "open /dev/vfio/devices/vfio1; d BIND(24); d ATTACH(16, pt 11)!; "
		  "i IOAS_ALLOC(12)=12; i GET_HW_INFO(40, dev 2, len 40); "
		  "i HWPT_ALLOC(48, flags 0, dev 2, pt 12)=13; d ATTACH(16, pt 13); "
		  "i IOVA_RANGES(num 0); i IOVA_RANGES(num 2); d GET_INFO(24); "
		  "i GET_HW_INFO(40, dev 2, len 40)" },
		/* a group that the container does not take gets one of its own */
		{ "qemu-10.0", HIOD_BACKEND_LEGACY, "SET_CONTAINER", EINVAL,
		  "open /dev/vfio/27; g GET_STATUS; g SET_CONTAINER!; open /dev/vfio/vfio; "
		  "c GET_API_VERSION; c CHECK_EXTENSION(3)=1; g SET_CONTAINER; c SET_IOMMU(3); "
		  "c IOMMU_GET_INFO(24)=>120; c IOMMU_GET_INFO(120); g GET_DEVICE_FD; "
		  "d GET_INFO(24)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, rows[i].be, "0000:00:05.0"));
		if (rows[i].failing)
			fake_fail(&g.f, rows[i].failing, 1, rows[i].err);
		g.f.log[0] = '\0';
		EXPECT_EQ(0, guest_plug(&g, rows[i].be, "0000:00:06.0"));
		EXPECT_STREQ(rows[i].trace, g.f.log)
		{
			TH_LOG("row %zu: %s", i, g.err.message);
		}
		EXPECT_EQ(39, vfio_device_get_aw_bits(&g.dev[1].vbasedev));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
		EXPECT_EQ(0, g.f.errors);
	}
}

TEST(second_device_leaves_the_first_alone)
{
	static const char *const profiles[] = { "qemu-10.0", "qemu-11.1" };

	for (int i = 0; i < 2; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, profiles[i], NULL, NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:06.0"));
		g.f.log[0] = '\0';
		machine_unplug(&g.m, &g.dev[1]);
		EXPECT_STREQ("close d; g UNSET_CONTAINER; close g", g.f.log);
		g.n--;
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));

		ASSERT_EQ(0, guest_init(&g, profiles[i], NULL, NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:06.0"));
		g.f.log[0] = '\0';
		machine_unplug(&g.m, &g.dev[1]);
		EXPECT_STREQ(i ? "d DETACH(12); close d" : "d DETACH(8); close d", g.f.log);
		g.n--;
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(a_second_iommufd_object_has_containers_of_its_own)
{
	IOMMUFDBackend other;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, iommufd_backend_init(&other, &g.f.shim, g.m.profile, NULL, &g.err));
	EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	EXPECT_EQ(0, machine_plug(&g.m, &g.dev[1], "/sys/bus/pci/devices/0000:00:06.0", &other,
				  &g.err));
	EXPECT_TRUE(g.dev[0].vbasedev.container != g.dev[1].vbasedev.container);
	EXPECT_EQ(1, other.users);
	g.n = 2;
	guest_end(&g);
	EXPECT_EQ(0, other.users);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* T9: with a vIOMMU every device has an address space of its own. */
TEST(devices_of_one_group_cannot_both_be_behind_a_viommu)
{
	static const char *const profiles[] = { "qemu-9.1", "qemu-10.0", "qemu-11.1" };

	for (int i = 0; i < 3; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, profiles[i], "intel-iommu,caching-mode=on,aw-bits=39",
					NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
		g.f.log[0] = '\0';
		EXPECT_EQ(-EINVAL, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:01:00.1"));
		EXPECT_STREQ("vfio 0000:01:00.1: group 26 used in multiple address spaces",
			     g.err.message);
		EXPECT_STREQ("", g.f.log);
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(two_devices_of_one_group_share_it_without_a_viommu)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	g.f.log[0] = '\0';
	EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:01:00.1"));
	EXPECT_STREQ("g GET_DEVICE_FD; d GET_INFO(24)", g.f.log);
	EXPECT_GT(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	EXPECT_STREQ("vfio 0000:00:05.0: device is already attached", g.err.message);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

TEST(discarding_memory_is_a_matter_of_the_whole_group)
{
	struct hiod_error err;
	VFIODevice a, b;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-10.0", NULL, NULL, 0));
	hiod_error_init(&err);
	vfio_device_init(&a, &g.m.vfio, "/sys/bus/pci/devices/0000:00:05.0", &err);
	vfio_device_init(&b, &g.m.vfio, "/sys/bus/pci/devices/0000:01:00.1", &err);
	b.ram_block_discard_allowed = true;
	EXPECT_EQ(0, vfio_attach_device(&a, &g.m.sys, &err));
	EXPECT_GT(0, vfio_attach_device(&b, &g.m.sys, &err));
	EXPECT_STREQ("Inconsistent setting of support for discarding RAM (e.g., balloon) within "
		     "group",
		     err.message);
	vfio_detach_device(&b);
	vfio_detach_device(&a);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

TEST(a_mediated_device_has_no_host_iommu_device)
{
	struct guest g;

	ASSERT_EQ(0,
		  guest_init(&g, "qemu-11.1", "intel-iommu,caching-mode=on,aw-bits=48", NULL, 0));
	EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:07.0"));
	EXPECT_STREQ("access /dev/iommu; open /dev/vfio/devices/vfio3; open /dev/iommu; "
		     "i CHANGE_PROCESS; d BIND(24); i IOAS_ALLOC(12)=10; d ATTACH(16, pt 10); "
		     "i IOVA_RANGES(num 0); i IOVA_RANGES(num 2); d GET_INFO(24)",
		     g.f.log);
	EXPECT_NULL(g.dev[0].vbasedev.hiod);
	guest_end(&g);
	EXPECT_TRUE(
		strstr(g.f.log, "d GET_INFO(24); d DETACH(12); i DESTROY(10); close i; close d") !=
		NULL);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* The series asked the iommufd about a device that is none of its. */
TEST(a_mediated_device_and_the_series_itself)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "v7", NULL, NULL, 0));
	EXPECT_EQ(-ENOENT, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:07.0"));
	EXPECT_STREQ("open /dev/vfio/devices/vfio3; open /dev/iommu; d BIND(16); "
		     "i IOAS_ALLOC(12)=10; d ATTACH(12, pt 10); i IOVA_RANGES(num 0); "
		     "i IOVA_RANGES(num 2); d GET_INFO(24); i GET_HW_INFO(40, dev 1, len 24)!; "
		     "d DETACH(8); i DESTROY(10); close i; close d",
		     g.f.log);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));

	/* where nothing is asked it has a host IOMMU device like any other */
	ASSERT_EQ(0, guest_init(&g, "v7", "intel-iommu,caching-mode=on,aw-bits=48", NULL, 0));
	EXPECT_EQ(-EINVAL, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:07.0"));
	EXPECT_STREQ("vfio 0000:00:07.0: Failed to set iommu_device: aw-bits 48 > host aw-bits 39",
		     g.err.message);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* In the series the width is that of the day the device was attached, later that of the day. */
TEST(the_width_is_a_snapshot_in_the_series_itself)
{
	static const struct {
		const char *profile;
		int after;
	} rows[] = { { "v7", 39 }, { "qemu-9.1", 48 }, { "qemu-11.1", 48 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 2; i++) {
		enum hiod_backend be = i % 2 ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY;
		HostIOMMUDevice *hiod;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i / 2].profile, NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		hiod = g.dev[0].vbasedev.hiod;
		EXPECT_EQ(39,
			  HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &g.err));
		g.dev[0].vbasedev.container->iova_ranges.few[1].last = (1ull << 48) - 1;
		EXPECT_EQ(rows[i / 2].after,
			  HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &g.err));
		guest_end(&g);
	}
}

TEST(legacy_and_iommufd_in_one_address_space)
{
	static const struct {
		const char *profile;
		enum hiod_backend first;
		bool aborts;
	} rows[] = {
		{ "qemu-10.1", HIOD_BACKEND_LEGACY, false },
		{ "qemu-10.1", HIOD_BACKEND_IOMMUFD, false },
		{ "qemu-10.2", HIOD_BACKEND_LEGACY, true },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, true },
	};

	for (size_t i = 0; i < 4; i++) {
		enum hiod_backend second = rows[i].first == HIOD_BACKEND_LEGACY
						   ? HIOD_BACKEND_IOMMUFD
						   : HIOD_BACKEND_LEGACY;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, rows[i].first, "0000:00:05.0"));
		EXPECT_EQ(rows[i].aborts, guest_plug(&g, second, "0000:00:06.0") != 0);
		EXPECT_EQ(rows[i].aborts ? HIOD_ANOMALY_MIXED_BACKENDS : HIOD_ANOMALY_COUNT,
			  hiod_anomaly_fatal(&g.m.anomalies, g.m.profile));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(page_table_flags)
{
	static const struct {
		const char *profile, *viommu;
		uint64_t hw_caps;
		uint8_t pasid;
		unsigned flags;
	} rows[] = {
		{ "qemu-9.1", NULL, 1, 0, 2 },
		{ "qemu-10.0", NULL, 0xfe, 0, 0 },
		{ "qemu-10.1", NULL, 1, 0, 2 },
		{ "qemu-11.0", "intel-iommu,caching-mode=on,x-scalable-mode=on,x-flts=on", 0, 0,
		  1 },
		/* no page table for PASIDs before 11.1 */
		{ "qemu-11.0",
		  "intel-iommu,caching-mode=on,x-scalable-mode=on,x-flts=on,x-pasid-mode=on", 1, 20,
		  3 },
		{ "qemu-11.1", "intel-iommu,caching-mode=on", 7, 20, 2 },
		{ "qemu-11.1", "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on", 0, 0, 1 },
		{ "qemu-11.1", "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on,pasid-bits=20",
		  1, 20, 0xb },
		{ "qemu-11.1", "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on,pasid-bits=20",
		  1, 0, 3 },
		{ "qemu-11.1", "intel-iommu,caching-mode=on,scalable-mode=on,pasid-bits=20", 0, 20,
		  0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[64];
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, rows[i].viommu, NULL, 0));
		g.f.hw_caps = rows[i].hw_caps;
		g.f.max_pasid_log2 = rows[i].pasid;
		g.f.ranges[1].last = (1ull << 48) - 1;
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"))
		{
			TH_LOG("%s", g.err.message);
		}
		snprintf(want, sizeof(want), ", flags %u, dev 1, pt 10)", rows[i].flags);
		EXPECT_NOT_NULL(strstr(g.f.log, want))
		{
			TH_LOG("row %zu wants %s: %s", i, want, g.f.log);
		}
		guest_end(&g);
	}
}

TEST_HARNESS_MAIN
