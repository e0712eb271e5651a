/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences between kernel and model that are known and stay. Each has a
 * name and a section in docs/conformance.md; a run counts and names them.
 */
#ifndef HIOD_CONFORM_EXCUSE_H
#define HIOD_CONFORM_EXCUSE_H

#include "harness/capture/host.h"
#include "harness/conform/call.h"

#define EXCUSES 1

/* The name of a known difference; NULL past the last. */
const char *excuse_name(unsigned int i);
/* Which known difference a sequence of calls that differs at call `at` shows; -1: none. */
int excuse_find(const struct host *h, const struct sequence *seq, int at);

#endif
