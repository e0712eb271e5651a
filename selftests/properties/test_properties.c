// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every property over generated cases. PROP_SEED, PROP_CASES and PROP_INPUT
 * (harness/property/property.h) choose others.
 */
#include "harness/ktap/ktap.h"
#include "selftests/properties/boxed.h"
#include "selftests/properties/list.h"

/* Seconds, for all cases of one property on a machine that is busy: a hang is found all the same. */
#define LIMIT 120

#define PROPERTY(prop)                                                                             \
	TEST_TIMEOUT(prop, LIMIT)                                                                  \
	{                                                                                          \
		const struct property *p = &property_##prop;                                       \
                                                                                                   \
		ASSERT_EQ(0, boxed());                                                             \
		EXPECT_EQ(0, property_run(p->name, p->fn, p->ctx, p->cases));                      \
	}
#define PROPERTY_JSON(prop)                                                                        \
	TEST_TIMEOUT(prop, LIMIT)                                                                  \
	{                                                                                          \
		const struct property *p = &property_##prop;                                       \
                                                                                                   \
		if (!p)                                                                            \
			SKIP(return, "this build has no file formats");                            \
		ASSERT_EQ(0, boxed());                                                             \
		EXPECT_EQ(0, property_run(p->name, p->fn, p->ctx, p->cases));                      \
	}
#include "selftests/properties/list.def"

TEST_HARNESS_MAIN
