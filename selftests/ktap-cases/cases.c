// SPDX-License-Identifier: GPL-2.0-or-later
/* Tests that end in every way a test can end; selftests/ktap checks what the harness says of them. */
#include <signal.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"

FIXTURE(width)
{
	int bits;
};

FIXTURE_VARIANT(width)
{
	int bits;
};

FIXTURE_VARIANT_ADD(width, narrow)
{ .bits = 39 };
FIXTURE_VARIANT_ADD(width, wide)
{ .bits = 48 };

FIXTURE_SETUP(width)
{
	self->bits = variant->bits;
}

FIXTURE_TEARDOWN(width)
{
	TH_LOG("teardown of %d", self->bits);
}

TEST_F(width, is_39)
{
	ASSERT_EQ(39, self->bits);
}

TEST_F(width, known_bug)
{
	EXPECT_EQ(39, self->bits)
	{
		TH_LOG("handler ran");
	}
}

XFAIL_ADD(width, wide, known_bug)
XFAIL_ADD(width, narrow, known_bug)

TEST(passes)
{
	EXPECT_STREQ("a", "a");
}

TEST(expect_goes_on)
{
	EXPECT_EQ(1, 2);
	TH_LOG("went on");
}

TEST(assert_stops)
{
	ASSERT_LT(2, 1);
	TH_LOG("went on after an assertion");
}

TEST(skips)
{
	SKIP(return, "no device %s", "here");
}

TEST_TIMEOUT(hangs, 1)
{
	for (;;)
		pause();
}

TEST(dies)
{
	signal(SIGTERM, SIG_DFL);
	raise(SIGTERM);
}

TEST(leaks)
{
	void *volatile p = malloc(10);

	p = NULL;
	(void)p;
}

TEST_HARNESS_MAIN
