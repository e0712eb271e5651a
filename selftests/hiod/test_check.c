// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod_check_run(): answers and messages of whole starts. */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/fake.h"

static void run(struct fake *f, const char *profile, enum hiod_backend be, const char *viommu,
		struct hiod_verdict *v)
{
	struct hiod_check c = {
		.profile = hiod_profile_find(profile),
		.viommu = viommu,
		.backend = be,
		.bdf = "0000:00:05.0",
	};

	hiod_check_run(&f->shim, &c, v);
}

TEST(smoke)
{
	struct hiod_verdict v;
	struct fake f;

	for (int be = 0; be < 2; be++)
		for (size_t i = 0; hiod_profile_at(i); i++) {
			fake_init(&f);
			run(&f, hiod_profile_at(i)->name, be,
			    "intel-iommu,caching-mode=on,aw-bits=48", &v);
			TH_LOG("%s %s: %s | %s | %s", hiod_profile_at(i)->name,
			       hiod_answer_name(v.qemu), v.message, v.hint, f.log);
			EXPECT_EQ(0, fake_open_fds(&f));
			EXPECT_EQ(HIOD_REFUSED, v.verdict);
			EXPECT_EQ(39, v.host_aw_bits);
			hiod_verdict_free(&v);
		}
}

TEST_HARNESS_MAIN
