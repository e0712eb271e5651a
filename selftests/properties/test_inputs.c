// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every saved input: what fuzzers found on their way (corpus/fuzz), and what
 * was once a failure (corpus/regressions). No fuzzer is needed.
 */
#include "harness/ktap/ktap.h"
#include "harness/property/files.h"
#include "selftests/properties/boxed.h"
#include "selftests/properties/list.h"

static unsigned int run_dir(struct ktap_meta *_metadata, const char *sub)
{
	const char *corpus = getenv("HIOD_CORPUS");
	const struct property *p;
	unsigned int inputs = 0;
	struct files_result r;
	char dir[512];

	snprintf(dir, sizeof(dir), "%s/%s", corpus ? corpus : "corpus", sub);
	for (size_t i = 0; (p = property_at(i)); i++) {
		EXPECT_EQ(0, files_run(p, dir, &r));
		EXPECT_EQ(0, r.failed)
		{
			TH_LOG("%s: %u of %u inputs", p->name, r.failed, r.inputs);
		}
		inputs += r.inputs;
	}
	return inputs;
}

TEST_TIMEOUT(saved_inputs_of_fuzzers, 300)
{
	ASSERT_EQ(0, boxed());
	EXPECT_LT(0, run_dir(_metadata, "fuzz"));
}

TEST(regressions)
{
	ASSERT_EQ(0, boxed());
	EXPECT_LT(0, run_dir(_metadata, "regressions"));
}

TEST_HARNESS_MAIN
