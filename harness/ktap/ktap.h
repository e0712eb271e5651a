/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests in the dialect of the kernel's kselftest_harness.h, KTAP v1 out.
 *
 *	TEST(name) { EXPECT_EQ(4, 2 + 2); }
 *	FIXTURE(f) { int fd; };
 *	FIXTURE_VARIANT(f) { int width; };		optional
 *	FIXTURE_VARIANT_ADD(f, narrow) { .width = 39 };
 *	FIXTURE_SETUP(f) { self->fd = variant->width; }
 *	FIXTURE_TEARDOWN(f) { close(self->fd); }
 *	TEST_F(f, opens) { ASSERT_LE(0, self->fd); }
 *	TEST_HARNESS_MAIN
 *
 * In a body: self, variant, _metadata. EXPECT_* records a failure and goes on,
 * ASSERT_* ends the test (teardown still runs); the expected value comes
 * first. Both may be followed by a block that runs on failure. SKIP(return,
 * "why %d", n) ends a test as skipped.
 *
 * Every test runs in a process of its own, in a process group of its own,
 * with a timeout; several run at once. A child ends by _exit(), as in the
 * kernel's harness, but checks for leaks and writes coverage data first.
 *
 * Knows libc only. The registry of tests is the one global here: constructors
 * fill it before main().
 */
#ifndef HIOD_KTAP_H
#define HIOD_KTAP_H

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The checks compare a literal with any integer type, and end in a loop whose
 * body is the test's own block or nothing.
 */
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wempty-body"

/* Result of a test, and exit status of its process; the kernel's numbers. */
#define KSFT_PASS  0
#define KSFT_FAIL  1
#define KSFT_XFAIL 2
#define KSFT_XPASS 3
#define KSFT_SKIP  4

/* Seconds that a test may take before its process group is killed. */
#define KTAP_TIMEOUT 30

struct ktap_meta;

/* A registered test of a fixture; plain tests have the fixture "global". */
struct ktap_test {
	const char *fixture;
	const char *name;
	/* Runs setup, body and teardown for a variant (NULL for tests without). */
	void (*run)(struct ktap_meta *meta, const void *variant);
	int timeout; /* seconds */
	struct ktap_test *next;
};

struct ktap_variant {
	const char *fixture;
	const char *name;
	const void *data;
	struct ktap_variant *next;
};

struct ktap_xfail {
	const char *fixture;
	const char *variant;
	const char *test;
	struct ktap_xfail *next;
};

/* The running test. */
struct ktap_meta {
	const char *name;
	int result;   /* KSFT_PASS, KSFT_FAIL, KSFT_SKIP */
	char *reason; /* KTAP_REASON bytes shared with the parent */
	bool trigger; /* a check has just failed */
	bool setup_done;
	jmp_buf bail;
};

#define KTAP_REASON 256

void ktap_add_test(struct ktap_test *t);
void ktap_add_variant(struct ktap_variant *v);
void ktap_add_xfail(struct ktap_xfail *x);
int ktap_main(int argc, char **argv);

/* Prints "# file:line:test:text" to stderr, as the kernel's TH_LOG does. */
__attribute__((format(printf, 4, 5))) void ktap_log(const struct ktap_meta *meta, const char *file,
						    int line, const char *fmt, ...);
/* Ends the failing check: true to leave the handler loop; does not return for ASSERT. */
bool ktap_bail(struct ktap_meta *meta, bool fatal);
__attribute__((format(printf, 2, 3))) void ktap_skip(struct ktap_meta *meta, const char *fmt, ...);

#define TH_LOG(...) ktap_log(_metadata, __FILE__, __LINE__, __VA_ARGS__)

#define SKIP(statement, ...)                                                                       \
	do {                                                                                       \
		ktap_skip(_metadata, __VA_ARGS__);                                                 \
		statement;                                                                         \
	} while (0)

#define TEST(test_name) TEST_TIMEOUT(test_name, KTAP_TIMEOUT)
#define TEST_TIMEOUT(test_name, secs)                                                              \
	static void ktap_body_##test_name(struct ktap_meta *_metadata);                            \
	static void ktap_run_##test_name(struct ktap_meta *_metadata, const void *v)               \
	{                                                                                          \
		(void)v;                                                                           \
		if (!setjmp(_metadata->bail))                                                      \
			ktap_body_##test_name(_metadata);                                          \
	}                                                                                          \
	static struct ktap_test ktap_test_##test_name = {                                          \
		.fixture = "global",                                                               \
		.name = #test_name,                                                                \
		.run = ktap_run_##test_name,                                                       \
		.timeout = (secs),                                                                 \
	};                                                                                         \
	__attribute__((constructor)) static void ktap_reg_##test_name(void)                        \
	{                                                                                          \
		ktap_add_test(&ktap_test_##test_name);                                             \
	}                                                                                          \
	static void ktap_body_##test_name(__attribute__((unused)) struct ktap_meta *_metadata)

#define FIXTURE(f)                                                                                 \
	struct ktap_variant_##f;                                                                   \
	struct ktap_fixture_##f
#define FIXTURE_VARIANT(f) struct ktap_variant_##f
#define FIXTURE_VARIANT_ADD(f, v)                                                                  \
	extern const struct ktap_variant_##f ktap_vdata_##f##_##v;                                 \
	static struct ktap_variant ktap_var_##f##_##v = {                                          \
		.fixture = #f,                                                                     \
		.name = #v,                                                                        \
		.data = &ktap_vdata_##f##_##v,                                                     \
	};                                                                                         \
	__attribute__((constructor)) static void ktap_regv_##f##_##v(void)                         \
	{                                                                                          \
		ktap_add_variant(&ktap_var_##f##_##v);                                             \
	}                                                                                          \
	const struct ktap_variant_##f ktap_vdata_##f##_##v =

#define FIXTURE_SETUP(f)                                                                           \
	static void ktap_setup_##f(__attribute__((unused)) struct ktap_meta *_metadata,            \
				   __attribute__((unused)) struct ktap_fixture_##f *self,          \
				   __attribute__((unused)) const struct ktap_variant_##f *variant)
#define FIXTURE_TEARDOWN(f)                                                                        \
	static void ktap_teardown_##f(__attribute__((unused)) struct ktap_meta *_metadata,         \
				      __attribute__((unused)) struct ktap_fixture_##f *self,       \
				      __attribute__((unused))                                      \
				      const struct ktap_variant_##f *variant)

#define TEST_F(f, t) TEST_F_TIMEOUT(f, t, KTAP_TIMEOUT)
#define TEST_F_TIMEOUT(f, t, secs)                                                                 \
	static void ktap_body_##f##_##t(struct ktap_meta *_metadata,                               \
					struct ktap_fixture_##f *self,                             \
					const struct ktap_variant_##f *variant);                   \
	static void ktap_run_##f##_##t(struct ktap_meta *_metadata, const void *v)                 \
	{                                                                                          \
		static struct ktap_fixture_##f self;                                               \
		if (!setjmp(_metadata->bail)) {                                                    \
			ktap_setup_##f(_metadata, &self, v);                                       \
			_metadata->setup_done = true;                                              \
			if (_metadata->result == KSFT_PASS)                                        \
				ktap_body_##f##_##t(_metadata, &self, v);                          \
		}                                                                                  \
		if (_metadata->setup_done && !setjmp(_metadata->bail))                             \
			ktap_teardown_##f(_metadata, &self, v);                                    \
		memset(&self, 0, sizeof(self));                                                    \
	}                                                                                          \
	static struct ktap_test ktap_test_##f##_##t = {                                            \
		.fixture = #f,                                                                     \
		.name = #t,                                                                        \
		.run = ktap_run_##f##_##t,                                                         \
		.timeout = (secs),                                                                 \
	};                                                                                         \
	__attribute__((constructor)) static void ktap_reg_##f##_##t(void)                          \
	{                                                                                          \
		ktap_add_test(&ktap_test_##f##_##t);                                               \
	}                                                                                          \
	static void ktap_body_##f##_##t(__attribute__((unused)) struct ktap_meta *_metadata,       \
					__attribute__((unused)) struct ktap_fixture_##f *self,     \
					__attribute__((unused))                                    \
					const struct ktap_variant_##f *variant)

/* Test t of fixture f with variant v is known to fail: counts as xfail, as xpass when it passes. */
#define XFAIL_ADD(f, v, t)                                                                         \
	static struct ktap_xfail ktap_xfail_##f##_##v##_##t = { #f, #v, #t, NULL };                \
	__attribute__((constructor)) static void ktap_regx_##f##_##v##_##t(void)                   \
	{                                                                                          \
		ktap_add_xfail(&ktap_xfail_##f##_##v##_##t);                                       \
	}

#define TEST_HARNESS_MAIN                                                                          \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return ktap_main(argc, argv);                                                      \
	}

#define KTAP_HANDLER(fatal)                                                                        \
	for (; _metadata->trigger; _metadata->trigger = ktap_bail(_metadata, fatal))

/* Prints a value as its type asks: signed decimal, or unsigned with hex. */
#define KTAP_SIGNED(x) (((__typeof__(x))-1) < (__typeof__(x))1)
#define KTAP_TEXT(buf, x)                                                                          \
	(KTAP_SIGNED(x)                                                                            \
		 ? snprintf(buf, sizeof(buf), "%lld", (long long)(uintmax_t)(x))                   \
		 : snprintf(buf, sizeof(buf), "%llu (0x%llx)", (unsigned long long)(uintmax_t)(x), \
			    (unsigned long long)(uintmax_t)(x)))

#define KTAP_CMP(expected, seen, op, fatal)                                                        \
	do {                                                                                       \
		__typeof__((expected) + 0) ktap_e = (expected);                                    \
		__typeof__((seen) + 0) ktap_s = (seen);                                            \
		if (!(ktap_e op ktap_s)) {                                                         \
			char ktap_eb[64], ktap_sb[64];                                             \
			KTAP_TEXT(ktap_eb, ktap_e);                                                \
			KTAP_TEXT(ktap_sb, ktap_s);                                                \
			TH_LOG("Expected %s (%s) %s %s (%s)", #expected, ktap_eb, #op, #seen,      \
			       ktap_sb);                                                           \
			_metadata->trigger = true;                                                 \
		}                                                                                  \
	} while (0);                                                                               \
	KTAP_HANDLER(fatal)

#define KTAP_PTR(seen, isnull, fatal)                                                              \
	do {                                                                                       \
		const void *ktap_s = (seen);                                                       \
		if ((ktap_s == NULL) != (isnull)) {                                                \
			TH_LOG("Expected %s to be %s, it is %p", #seen,                            \
			       (isnull) ? "NULL" : "not NULL", ktap_s);                            \
			_metadata->trigger = true;                                                 \
		}                                                                                  \
	} while (0);                                                                               \
	KTAP_HANDLER(fatal)

#define KTAP_STR(expected, seen, equal, fatal)                                                     \
	do {                                                                                       \
		const char *ktap_e = (expected), *ktap_s = (seen);                                 \
		if (!ktap_e || !ktap_s || (strcmp(ktap_e, ktap_s) == 0) != (equal)) {              \
			TH_LOG("Expected %s to %s %s\n#   expected: '%s'\n#   seen:     '%s'",     \
			       #seen, (equal) ? "equal" : "differ from", #expected,                \
			       ktap_e ? ktap_e : "(null)", ktap_s ? ktap_s : "(null)");            \
			_metadata->trigger = true;                                                 \
		}                                                                                  \
	} while (0);                                                                               \
	KTAP_HANDLER(fatal)

#define EXPECT_EQ(e, s)	   KTAP_CMP(e, s, ==, false)
#define EXPECT_NE(e, s)	   KTAP_CMP(e, s, !=, false)
#define EXPECT_LT(e, s)	   KTAP_CMP(e, s, <, false)
#define EXPECT_LE(e, s)	   KTAP_CMP(e, s, <=, false)
#define EXPECT_GT(e, s)	   KTAP_CMP(e, s, >, false)
#define EXPECT_GE(e, s)	   KTAP_CMP(e, s, >=, false)
#define EXPECT_TRUE(s)	   KTAP_CMP(0, !!(s), !=, false)
#define EXPECT_FALSE(s)	   KTAP_CMP(0, !!(s), ==, false)
#define EXPECT_NULL(s)	   KTAP_PTR(s, true, false)
#define EXPECT_NOT_NULL(s) KTAP_PTR(s, false, false)
#define EXPECT_STREQ(e, s) KTAP_STR(e, s, true, false)
#define EXPECT_STRNE(e, s) KTAP_STR(e, s, false, false)

#define ASSERT_EQ(e, s)	   KTAP_CMP(e, s, ==, true)
#define ASSERT_NE(e, s)	   KTAP_CMP(e, s, !=, true)
#define ASSERT_LT(e, s)	   KTAP_CMP(e, s, <, true)
#define ASSERT_LE(e, s)	   KTAP_CMP(e, s, <=, true)
#define ASSERT_GT(e, s)	   KTAP_CMP(e, s, >, true)
#define ASSERT_GE(e, s)	   KTAP_CMP(e, s, >=, true)
#define ASSERT_TRUE(s)	   KTAP_CMP(0, !!(s), !=, true)
#define ASSERT_FALSE(s)	   KTAP_CMP(0, !!(s), ==, true)
#define ASSERT_NULL(s)	   KTAP_PTR(s, true, true)
#define ASSERT_NOT_NULL(s) KTAP_PTR(s, false, true)
#define ASSERT_STREQ(e, s) KTAP_STR(e, s, true, true)
#define ASSERT_STRNE(e, s) KTAP_STR(e, s, false, true)

#endif
