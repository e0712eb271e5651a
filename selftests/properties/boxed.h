/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs on mocked kernels happen in a sandbox, where a build has one: whatever a
 * property finds, no call of it reaches a real host.
 */
#ifndef HIOD_PROPERTIES_BOXED_H
#define HIOD_PROPERTIES_BOXED_H

#include "harness/property/sandbox/sandbox.h"

/* Absent from builds without libseccomp. */
#pragma weak sandbox_enter

/* For the rest of the test's process. Coverage data may still be written. 0 or -errno. */
static inline int boxed(void)
{
	static const char *const writable[] = { ".", "/tmp", NULL };
	int rc = sandbox_enter ? sandbox_enter(writable, SANDBOX_PTRACE, stderr) : 0;

	return rc < 0 ? rc : 0;
}

#endif
