// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation of hiod/ may fail: the answer says so, nothing stays open,
 * nothing leaks.
 *
 * The allocator is replaced for the whole program; only between arm() and
 * disarm() does it count and fail. Under AddressSanitizer it hands on to the
 * sanitizer's allocator, else to libc's.
 */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/fake.h"

void *__interceptor_malloc(size_t n) __attribute__((weak));
void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t n) __attribute__((weak));
void __interceptor_free(void *p) __attribute__((weak));
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static bool armed;
static unsigned count, fail_at;
static int balance; /* allocated less freed while armed */

/* The sanitizer's own start-up allocates before its shadow memory is there. */
#define PLAIN __attribute__((no_sanitize("address", "undefined")))

PLAIN static bool fails(void)
{
	return armed && ++count == fail_at;
}

PLAIN void *malloc(size_t n)
{
	if (fails())
		return NULL;
	balance += armed;
	return __interceptor_malloc ? __interceptor_malloc(n) : __libc_malloc(n);
}

PLAIN void *calloc(size_t n, size_t size)
{
	if (fails())
		return NULL;
	balance += armed;
	return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

PLAIN void *realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	balance += armed && !p;
	return __interceptor_realloc ? __interceptor_realloc(p, n) : __libc_realloc(p, n);
}

PLAIN void free(void *p)
{
	balance -= armed && p;
	if (__interceptor_free)
		__interceptor_free(p);
	else
		__libc_free(p);
}

TEST(every_allocation_may_fail)
{
	static const char *const viommus[] = {
		"intel-iommu,caching-mode=on,aw-bits=39",
		"virtio-iommu-pci,aw-bits=48",
	};
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };
	unsigned failed = 0;

	for (size_t p = 0; hiod_profile_at(p); p++) {
		for (int i = 0; i < 4; i++) {
			int be = i % 2;
			struct hiod_check c = {
				.profile = hiod_profile_at(p),
				.viommu = viommus[i / 2],
				.backend = be,
				.bdf = "0000:00:05.0",
				.mem = memory,
				.nmem = 1,
			};

			for (unsigned nth = 1;; nth++) {
				struct hiod_verdict v;
				struct fake f;

				fake_init(&f);
				/* more than fit into the buffers on the stack */
				f.nranges = 0;
				for (uint64_t r = 0; r < 16; r++)
					fake_range(&f, r << 30, (r << 30) + 0xfffff);
				f.ranges[15].last = (1ull << 39) - 1;
				count = 0;
				balance = 0;
				fail_at = nth;
				armed = true;
				hiod_check_run(&f.shim, &c, &v);
				hiod_verdict_free(&v);
				armed = false;
				EXPECT_EQ(0, fake_open_fds(&f));
				EXPECT_EQ(0, balance)
				{
					TH_LOG("%s %s %d: allocation %u leaks", c.profile->name,
					       c.viommu, be, nth);
				}
				if (count < nth) {
					EXPECT_EQ(HIOD_ACCEPTED, v.verdict);
					break;
				}
				failed++;
				/* The copy of the ranges, at the end, may be done without. */
				if (v.verdict == HIOD_ACCEPTED) {
					EXPECT_EQ(39, v.host_aw_bits);
					continue;
				}
				EXPECT_EQ(HIOD_ERROR, v.verdict);
				EXPECT_EQ(HIOD_UNKNOWN, v.qemu);
				EXPECT_STREQ("out of memory", v.message);
			}
		}
	}
	TH_LOG("%u allocations", failed);
	EXPECT_LT(50, failed);
}

TEST_HARNESS_MAIN
