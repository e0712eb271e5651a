/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hosts of the corpus for a test: read from their files, or compiled in where there is no JSON. */
#ifndef HIOD_SELFTESTS_VERDICTS_HOSTS_H
#define HIOD_SELFTESTS_VERDICTS_HOSTS_H

#include "harness/capture/host.h"

struct compiled_host {
	const char *name;
	struct host host;
};

/* Ended by a NULL name. Only in builds without JSON: made by hosts-to-c. */
extern struct compiled_host compiled_hosts[];

/* The host of this name in corpus/hosts; NULL after printing why. Give back with test_host_put(). */
struct host *test_host_get(const char *name);
void test_host_put(struct host *h);

#endif
