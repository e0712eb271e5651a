// SPDX-License-Identifier: GPL-2.0-or-later
/* The fuzzers' driver, without an engine: what its options leave to be seen. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"

#define PROPERTY of_test
#include "harness/property/main_libfuzzer.c"

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

/* Where no leak detection sees it. */
static uintptr_t hidden;

static enum property_result keeps(struct choices *c, void *ctx)
{
	size_t n = choices_upto(c, 255);

	hidden = ~(uintptr_t)malloc(n + 1);
	return PROPERTY_PASS;
}

const struct property property_of_test = { .name = "of_test", .fn = keeps };

/* An input in a process of its own, and what leak detection finds behind it: 0 or 1. */
static int leaks(int dropped)
{
	/* More than one, since a stale word may still point to the last. */
	static const uint8_t input[] = { 200, 100, 50, 25, 12, 6, 3, 1 };
	int status, quiet;
	pid_t pid = fork();

	if (!pid) {
		for (size_t i = 0; i < sizeof(input); i++) {
			LLVMFuzzerTestOneInput(input + i, sizeof(input) - i);
			if (!dropped)
				free((void *)~hidden);
		}
		quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(quiet, 2);
		_exit(__lsan_do_recoverable_leak_check());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* LeakSanitizer takes a block for reachable whose caller of malloc() it does not know. */
TEST(memory_that_an_input_leaves_is_found)
{
	if (!__lsan_do_recoverable_leak_check)
		SKIP(return, "a build without leak detection");
	EXPECT_EQ(leaks(1), 1);
	EXPECT_EQ(leaks(0), 0);
}

TEST_HARNESS_MAIN
