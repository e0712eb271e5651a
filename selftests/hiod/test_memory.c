// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest memory into containers: when, how, and what a failure says. */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"

static const struct hiod_mem_region memory[] = {
	{ 0, 0x40000, NULL, false, "pc.ram" },
	{ 0xfffc0000, 0x40000, NULL, true, "pc.bios" },
};

TEST(memory_is_mapped_when_a_container_is_made)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *map, *unmap;
	} rows[] = {
		{ "qemu-10.0", HIOD_BACKEND_LEGACY,
		  "c IOMMU_GET_INFO(120); c MAP_DMA; c MAP_DMA; g GET_DEVICE_FD",
		  "close d; c UNMAP_DMA; c UNMAP_DMA; g UNSET_CONTAINER; close c; close g" },
		{ "qemu-11.1", HIOD_BACKEND_LEGACY,
		  "c CHECK_EXTENSION(9)=0; c MAP_DMA; c MAP_DMA; g GET_DEVICE_FD",
		  "close d; c UNMAP_DMA; c UNMAP_DMA; g UNSET_CONTAINER; close c; close g" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD,
		  "i IOVA_RANGES(num 2); i IOAS_MAP; i IOAS_MAP; d GET_INFO(24)",
		  "d DETACH(12); i DESTROY(11); i IOAS_UNMAP; i IOAS_UNMAP; i DESTROY(10); close i; "
		  "close d" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, memory, 2));
		EXPECT_EQ(0, guest_plug(&g, rows[i].be, "0000:00:05.0"));
		EXPECT_NOT_NULL(strstr(g.f.log, rows[i].map))
		{
			TH_LOG("%s", g.f.log);
		}
		g.f.log[0] = '\0';
		guest_end(&g);
		EXPECT_STREQ(rows[i].unmap, g.f.log);
	}
}

TEST(memory_stays_while_the_container_has_a_device)
{
	for (int be = 0; be < 2; be++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, memory, 2));
		EXPECT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		EXPECT_EQ(0, guest_plug(&g, be, "0000:00:06.0"));
		g.f.log[0] = '\0';
		machine_unplug(&g.m, &g.dev[1]);
		EXPECT_NULL(strstr(g.f.log, "UNMAP"));
		g.n = 1;
		guest_end(&g);
		EXPECT_NOT_NULL(strstr(g.f.log, "UNMAP"));
	}
}

TEST(the_first_of_several_map_errors_is_told)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-10.0", NULL, memory, 2));
	fake_fail(&g.f, "IOAS_MAP", 1, EINVAL);
	fake_fail(&g.f, "IOAS_MAP", 2, ENOMEM);
	EXPECT_EQ(-EINVAL, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	EXPECT_NOT_NULL(strstr(g.err.message, "Region pc.ram: "));
	guest_end(&g);
}

TEST(map_errors)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *call;
		unsigned nth;
		int err;
		const char *message; /* after the container's address; NULL: it works */
		const char *trace;
	} rows[] = {
		/* busy ground is cleared, once */
		{ "qemu-10.0", HIOD_BACKEND_LEGACY, "MAP_DMA", 1, EBUSY, NULL,
		  "c MAP_DMA!; c UNMAP_DMA; c MAP_DMA; c MAP_DMA; g GET_DEVICE_FD" },
		/* the others are tried, the first failure is told */
		{ "qemu-10.0", HIOD_BACKEND_LEGACY, "MAP_DMA", 1, EINVAL,
		  ", 0x0, 0x40000, (nil)) = -22 (Invalid argument)",
		  "c MAP_DMA!; c MAP_DMA; c UNMAP_DMA; c UNMAP_DMA; close c; close g" },
		{ "qemu-11.1", HIOD_BACKEND_LEGACY, "MAP_DMA", 2, ENOMEM,
		  ", 0xfffc0000, 0x40000, (nil)) = -12 (Cannot allocate memory)",
		  "c MAP_DMA; c MAP_DMA!; c UNMAP_DMA; c UNMAP_DMA; close c; close g" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "IOAS_MAP", 1, EEXIST,
		  ", 0x0, 0x40000, (nil)) = -17 (File exists)",
		  "i IOAS_MAP!; i IOAS_MAP; d DETACH(12); i DESTROY(11); i IOAS_UNMAP; "
		  "i IOAS_UNMAP; i DESTROY(10); close i; close d" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool legacy = rows[i].be == HIOD_BACKEND_LEGACY;
		struct guest g;
		int rc;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, memory, 2));
		fake_fail(&g.f, rows[i].call, rows[i].nth, rows[i].err);
		rc = guest_plug(&g, rows[i].be, "0000:00:05.0");
		EXPECT_EQ(rows[i].message ? -rows[i].err : 0, rc);
		EXPECT_NOT_NULL(strstr(g.f.log, rows[i].trace))
		{
			TH_LOG("%s", g.f.log);
		}
		if (rows[i].message) {
			const char *front = legacy ? "vfio 0000:00:05.0: failed to setup container "
						     "for group 26: memory listener initialization "
						     "failed: Region "
						   : "vfio 0000:00:05.0: memory listener "
						     "initialization failed: Region ";
			const char *tail = strstr(g.err.message, ", 0x");

			EXPECT_EQ(0, strncmp(front, g.err.message, strlen(front)))
			{
				TH_LOG("%s", g.err.message);
			}
			EXPECT_NOT_NULL(strstr(g.err.message, rows[i].nth == 1
								      ? ": Region pc.ram: vfio_"
								      : ": Region pc.bios: vfio_"));
			EXPECT_STREQ(rows[i].message, tail ? tail : "");
		}
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(unmapping_up_to_2_64_is_retried_a_page_shorter_by_old_versions)
{
	static const struct hiod_mem_region top = { .iova = 0xffffffffffff0000, .size = 0x10000 };
	static const struct {
		const char *profile, *trace;
	} rows[] = {
		{ "qemu-10.1", "c UNMAP_DMA!; c UNMAP_DMA; g UNSET" },
		{ "qemu-10.2", "c UNMAP_DMA!; g UNSET" },
	};

	for (int i = 0; i < 2; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, &top, 1));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
		fake_fail(&g.f, "UNMAP_DMA", 1, EINVAL);
		guest_end(&g);
		EXPECT_NOT_NULL(strstr(g.f.log, rows[i].trace))
		{
			TH_LOG("%s", g.f.log);
		}
	}
}

TEST(erratum_772415_keeps_read_only_memory_out_of_a_nested_host_page_table)
{
	const char *viommu = "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on";
	struct guest g;

	for (unsigned flags = 0; flags < 2; flags++) {
		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", viommu, memory, 2));
		g.f.ranges[1].last = (1ull << 48) - 1;
		g.f.hw_flags = flags;
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		EXPECT_NOT_NULL(strstr(g.f.log, flags ? "i IOAS_MAP; d GET_INFO"
						      : "i IOAS_MAP; i IOAS_MAP; d GET_INFO"));
		guest_end(&g);
	}
}

TEST_HARNESS_MAIN
