// SPDX-License-Identifier: GPL-2.0-or-later
/* What is released, in which order, when a call fails; and that nothing stays open. */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/guest.h"

#define Q10 1
#define Q11 2

TEST(failure_tails)
{
	static const struct {
		unsigned profiles;
		enum hiod_backend be;
		const char *call;
		unsigned nth;
		const char *tail;
	} rows[] = {
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "open /dev/vfio/26", 1, "open /dev/vfio/26!" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "GET_STATUS", 1, "GET_STATUS!; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "open /dev/vfio/vfio", 1,
		  "open /dev/vfio/vfio!; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "GET_API_VERSION", 1,
		  "GET_API_VERSION!; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "SET_CONTAINER", 1,
		  "SET_CONTAINER!; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "SET_IOMMU", 1,
		  "SET_IOMMU(3)!; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "IOMMU_GET_INFO", 1,
		  "IOMMU_GET_INFO(24)!; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "IOMMU_GET_INFO", 2,
		  "IOMMU_GET_INFO(120)!; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "GET_DEVICE_FD", 1,
		  "GET_DEVICE_FD!; g UNSET_CONTAINER; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_LEGACY, "GET_INFO", 1,
		  "d GET_INFO(24)!; close d; g UNSET_CONTAINER; close c; close g" },
		{ Q10 | Q11, HIOD_BACKEND_IOMMUFD, "open /dev/iommu", 1,
		  "open /dev/iommu!; close d" },
		{ Q10, HIOD_BACKEND_IOMMUFD, "BIND", 1, "BIND(16)!; close i; close d" },
		{ Q11, HIOD_BACKEND_IOMMUFD, "BIND", 1, "BIND(24)!; close i; close d" },
		{ Q10, HIOD_BACKEND_IOMMUFD, "GET_HW_INFO", 1,
		  "GET_HW_INFO(40, dev 1, len 24)!; close i; close d" },
		{ Q11, HIOD_BACKEND_IOMMUFD, "GET_HW_INFO", 1,
		  "GET_HW_INFO(40, dev 1, len 40)!; i DESTROY(10); close i; close d" },
		{ Q11, HIOD_BACKEND_IOMMUFD, "GET_HW_INFO", 2,
		  "GET_HW_INFO(40, dev 1, len 40)!; d DETACH(12); i DESTROY(11); i DESTROY(10); "
		  "close i; close d" },
		{ Q10 | Q11, HIOD_BACKEND_IOMMUFD, "IOAS_ALLOC", 1,
		  "IOAS_ALLOC(12)!; close i; close d" },
		{ Q10 | Q11, HIOD_BACKEND_IOMMUFD, "HWPT_ALLOC", 1,
		  "HWPT_ALLOC(48, flags 0, dev 1, pt 10)!; i DESTROY(10); close i; close d" },
		{ Q10, HIOD_BACKEND_IOMMUFD, "ATTACH", 1,
		  "ATTACH(12, pt 11)!; i DESTROY(11); i DESTROY(10); close i; close d" },
		{ Q11, HIOD_BACKEND_IOMMUFD, "ATTACH", 1,
		  "ATTACH(16, pt 11)!; i DESTROY(11); i DESTROY(10); close i; close d" },
		{ Q10, HIOD_BACKEND_IOMMUFD, "GET_INFO", 1,
		  "d GET_INFO(24)!; d DETACH(8); i DESTROY(11); i DESTROY(10); close i; close d" },
		{ Q11, HIOD_BACKEND_IOMMUFD, "GET_INFO", 1,
		  "d GET_INFO(24)!; d DETACH(12); i DESTROY(11); i DESTROY(10); close i; close d" },
		/* an error while releasing changes nothing */
		{ Q10, HIOD_BACKEND_IOMMUFD, "DETACH", 1, NULL },
		{ Q11, HIOD_BACKEND_IOMMUFD, "DESTROY", 0, NULL },
		{ Q11, HIOD_BACKEND_IOMMUFD, "CHANGE_PROCESS", 1, NULL },
		{ Q11, HIOD_BACKEND_LEGACY, "UNSET_CONTAINER", 1, NULL },
		/* IOVA_RANGES: attach goes on */
		{ Q10 | Q11, HIOD_BACKEND_IOMMUFD, "IOVA_RANGES", 1, NULL },
		{ Q10 | Q11, HIOD_BACKEND_IOMMUFD, "IOVA_RANGES", 2, NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned p = Q10; p <= Q11; p <<= 1) {
			struct guest g;
			const char *tail;
			int rc;

			if (!(rows[i].profiles & p))
				continue;
			ASSERT_EQ(0, guest_init(&g, p == Q10 ? "qemu-10.0" : "qemu-11.1", NULL,
						NULL, 0));
			fake_fail(&g.f, rows[i].call, rows[i].nth, EPERM);
			rc = guest_plug(&g, rows[i].be, "0000:00:05.0");
			EXPECT_EQ(rows[i].tail != NULL, rc != 0)
			{
				TH_LOG("row %zu: %s", i, g.f.log);
			}
			if (rows[i].tail) {
				tail = strstr(g.f.log, rows[i].tail);
				/* the second of two like calls is the one that failed */
				EXPECT_STREQ(rows[i].tail, tail ? tail : g.f.log);
			}
			guest_end(&g);
			EXPECT_EQ(0, fake_open_fds(&g.f));
			EXPECT_EQ(0, g.f.errors);
		}
	}
}

/* Whatever call fails, of whatever start: nothing stays open, and there is an answer. */
TEST(every_call_may_fail)
{
	static const char *const viommus[] = {
		NULL,
		"intel-iommu,caching-mode=on,aw-bits=39",
		"intel-iommu,caching-mode=on",
		"virtio-iommu-pci",
		"virtio-iommu-pci,granule=64k",
	};
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };
	unsigned n = 0;

	for (size_t p = 0; hiod_profile_at(p); p++) {
		for (unsigned i = 0; i < 10; i++) {
			struct hiod_check c = {
				.profile = hiod_profile_at(p),
				.viommu = viommus[i / 2],
				.backend = i % 2 ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY,
				.bdf = "0000:00:05.0",
				.mem = memory,
				.nmem = 1,
			};

			for (unsigned nth = 1;; nth++) {
				struct hiod_verdict v;
				struct fake f;

				fake_init(&f);
				f.fail_call = nth;
				hiod_check_run(&f.shim, &c, &v);
				EXPECT_EQ(0, fake_open_fds(&f))
				{
					TH_LOG("%s: %s", c.profile->name, f.log);
				}
				EXPECT_EQ(0, f.errors);
				EXPECT_EQ(v.verdict == HIOD_ACCEPTED, v.message[0] == '\0');
				hiod_verdict_free(&v);
				if (f.calls < nth)
					break;
				n++;
			}
		}
	}
	TH_LOG("%u failures", n);
	EXPECT_LT(500, n);
}

/* The same for a device that joins another's address space; the other must not suffer. */
TEST(every_call_of_a_second_device_may_fail)
{
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };
	unsigned n = 0;

	for (size_t p = 0; hiod_profile_at(p); p++) {
		for (unsigned i = 0; i < 6; i++) {
			/* the first ATTACH or SET_CONTAINER: taken, incompatible, refused */
			static const int join[] = { 0, EINVAL, EBUSY };
			enum hiod_backend be = i % 2 ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY;

			for (unsigned nth = 1;; nth++) {
				unsigned before, fds;
				struct guest g;

				ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, memory,
							1));
				ASSERT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
				if (join[i / 2])
					fake_fail(&g.f, i % 2 ? "ATTACH" : "SET_CONTAINER", 1,
						  join[i / 2]);
				fds = fake_open_fds(&g.f);
				before = g.f.calls;
				g.f.fail_call = before + nth;
				guest_plug(&g, be, "0000:00:06.0");
				n++;
				g.n = 1;
				machine_unplug(&g.m, &g.dev[1]);
				EXPECT_EQ(fds, fake_open_fds(&g.f))
				{
					TH_LOG("%s: %s", hiod_profile_at(p)->name, g.f.log);
				}
				EXPECT_EQ(39, vfio_device_get_aw_bits(&g.dev[0].vbasedev));
				fds = g.f.calls;
				guest_end(&g);
				EXPECT_EQ(0, fake_open_fds(&g.f));
				EXPECT_EQ(0, g.f.errors);
				if (fds < before + nth)
					break;
			}
		}
	}
	EXPECT_LT(300, n);
}

TEST_HARNESS_MAIN
