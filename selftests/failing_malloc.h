// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An allocator that fails when it is told to, for tests that sweep every
 * allocation of a path. Included by one source of a program: it replaces the
 * allocator of the whole program, and only while failing_malloc.armed does it
 * count and fail. Under AddressSanitizer it hands on to the sanitizer's
 * allocator, else to libc's.
 */
#ifndef HIOD_SELFTESTS_FAILING_MALLOC_H
#define HIOD_SELFTESTS_FAILING_MALLOC_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *__interceptor_malloc(size_t n) __attribute__((weak));
void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t n) __attribute__((weak));
void __interceptor_free(void *p) __attribute__((weak));
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static struct {
	bool armed, onwards;	     /* onwards: those after the one that fails do too */
	unsigned int count, fail_at; /* allocations since armed; which one fails, from 1 */
	int balance;		     /* allocated less freed while armed */
} failing_malloc;

/* The sanitizer's own start-up allocates before its shadow memory is there. */
#ifdef __clang__
#define PLAIN __attribute__((no_sanitize("address", "undefined", "memory")))
#else
#define PLAIN __attribute__((no_sanitize("address", "undefined")))
#endif

/* From here the nth allocation fails (0: none does). */
static inline void failing_malloc_arm(unsigned int nth)
{
	failing_malloc.balance = 0;
	failing_malloc.count = 0;
	failing_malloc.fail_at = nth;
	failing_malloc.onwards = false;
	failing_malloc.armed = true;
}

/* From here the nth allocation fails, and all after it. */
static inline void failing_malloc_arm_onwards(unsigned int nth)
{
	failing_malloc_arm(nth);
	failing_malloc.onwards = true;
}

/* Ends it. Returns whether an allocation failed. */
static inline bool failing_malloc_disarm(void)
{
	failing_malloc.armed = false;
	return failing_malloc.fail_at && failing_malloc.count >= failing_malloc.fail_at;
}

PLAIN static bool fails(void)
{
	if (!failing_malloc.armed)
		return false;
	failing_malloc.count++;
	return failing_malloc.count == failing_malloc.fail_at ||
	       (failing_malloc.onwards && failing_malloc.count > failing_malloc.fail_at);
}

/* These never fail and are not counted. */
PLAIN static inline void *unfailing_malloc(size_t n)
{
	return __interceptor_malloc ? __interceptor_malloc(n) : __libc_malloc(n);
}

PLAIN static inline void unfailing_free(void *p)
{
	if (__interceptor_free)
		__interceptor_free(p);
	else
		__libc_free(p);
}

PLAIN void *malloc(size_t n)
{
	if (fails())
		return NULL;
	failing_malloc.balance += failing_malloc.armed;
	return unfailing_malloc(n);
}

PLAIN void *calloc(size_t n, size_t size)
{
	if (fails())
		return NULL;
	failing_malloc.balance += failing_malloc.armed;
	return __interceptor_calloc ? __interceptor_calloc(n, size) : __libc_calloc(n, size);
}

PLAIN void *realloc(void *p, size_t n)
{
	if (fails())
		return NULL;
	failing_malloc.balance += failing_malloc.armed && !p;
	return __interceptor_realloc ? __interceptor_realloc(p, n) : __libc_realloc(p, n);
}

PLAIN void free(void *p)
{
	failing_malloc.balance -= failing_malloc.armed && p;
	unfailing_free(p);
}

/* Sanitizers have their own, which hand on to nobody. */
PLAIN char *strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = malloc(n);

	return p ? memcpy(p, s, n) : NULL;
}

PLAIN char *strndup(const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	char *p = malloc(n + 1);

	if (!p)
		return NULL;
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

#endif
