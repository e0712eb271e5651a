// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzzers' driver: one property, PROPERTY (a macro), as a target with
 * libFuzzer's interface, which AFL++ and honggfuzz serve too. A failure of the
 * property is a crash, with its notes and message printed before.
 *
 * With HAVE_SANDBOX it runs in one, where it may write below $HIOD_FUZZ_DIR
 * (the working directory without) and /tmp; HIOD_FUZZ_SANDBOX=no keeps it out.
 * With HAVE_MUTATE (libFuzzer) the property's own mutator is used as well.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/property.h"
#ifdef HAVE_SANDBOX
#include "harness/property/sandbox/sandbox.h"
#endif

#define NAME2(p) property_##p
#define NAME1(p) NAME2(p)
#define TARGET	 NAME1(PROPERTY)

extern const struct property TARGET;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max, unsigned int seed);

#ifdef __SANITIZE_ADDRESS__
#define HAVE_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN
#endif
#endif

#ifdef HAVE_ASAN
const char *__asan_default_options(void);

/*
 * What is freed comes back soon: a quarantine of 256 MB makes every allocation
 * a cache miss, and an input here allocates kilobytes; nor is new memory filled,
 * which MemorySanitizer's build watches. Of a stack malloc() and its caller are
 * kept: with less LeakSanitizer finds no leak (it takes what has no caller for a
 * coroutine's), and further up the engine keeps no frames, and what is read there
 * grows the table of stacks without end. $ASAN_OPTIONS asks for more of both, and
 * `make fuzz-repro` is another build, with whole stacks.
 */
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:max_malloc_fill_size=0:"
	       "malloc_context_size=2";
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct property *p = &TARGET;

	if (property_input(p->name, p->fn, p->ctx, data, size, NULL) == PROPERTY_FAIL) {
		property_input(p->name, p->fn, p->ctx, data, size, stderr);
		abort();
	}
	return 0;
}

#ifdef HAVE_SANDBOX
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A process that only starts others, with the same arguments but these, runs no input. */
static int starts_others(int argc, char **argv)
{
	static const char *const by[] = { "-fork=", "-merge=", "-minimize_crash=", "-jobs=" };

	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < sizeof(by) / sizeof(by[0]); k++)
			if (!strncmp(argv[i], by[k], strlen(by[k])))
				return 1;
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = getenv("HIOD_FUZZ_DIR"), *no = getenv("HIOD_FUZZ_SANDBOX");
	const char *writable[] = { dir ? dir : ".", "/tmp", NULL };
	int rc;

	if (starts_others(*argc, *argv) || (no && !strcmp(no, "no")))
		return 0;
	/* Leaks are looked for by ptrace. */
	rc = sandbox_enter(writable, SANDBOX_PTRACE, stderr);
	if (rc < 0) {
		fprintf(stderr, "# sandbox: %s\n", strerror(-rc));
		exit(2);
	}
	/*
	 * A sanitizer's report starts the symbolizer, which may not run in here.
	 * Talking to one that is gone must not end the report before the engine
	 * has saved the input.
	 */
	signal(SIGPIPE, SIG_IGN);
	return 0;
}
#endif

#ifdef HAVE_MUTATE
/* Every other mutation is the fuzzer's own: it knows what comparisons wanted. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	size_t n = 0;

	if (TARGET.mutate && seed & 1)
		n = TARGET.mutate(data, size, max, seed >> 1);
	return n ? n : LLVMFuzzerMutate(data, size, max);
}

/* The beginning of one, the end of the other. */
static size_t cut_and_join(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
			   size_t max, unsigned int seed)
{
	size_t cut = seed % (na + 1), n = cut < max ? cut : max, more = nb > cut ? nb - cut : 0;

	if (n)
		memcpy(out, a, n);
	if (more > max - n)
		more = max - n;
	if (more)
		memcpy(out + n, b + nb - more, more);
	return n + more;
}

/*
 * libFuzzer crosses as often as it mutates where both are given: three times
 * of four nothing is crossed, and it chooses again.
 */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max, unsigned int seed)
{
	if (seed & 3)
		return 0;
	seed >>= 2;
	if (TARGET.cross && seed & 3)
		return TARGET.cross(a, na, b, nb, out, max, seed >> 2);
	return cut_and_join(a, na, b, nb, out, max, seed >> 2);
}
#endif
