// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts of the corpus from their files. */
#include <stdio.h>
#include <stdlib.h>

#include "harness/capture/error.h"
#include "harness/capture/load.h"
#include "selftests/verdicts/hosts.h"

struct host *test_host_get(const char *name)
{
	const char *dir = getenv("HIOD_CORPUS");
	struct capture_error err;
	struct host *h;
	char path[256];

	snprintf(path, sizeof(path), "%s/hosts/%s.host.json", dir ? dir : "corpus", name);
	if (capture_load_host(path, &h, NULL, &err)) {
		fprintf(stderr, "# %s\n", err.msg);
		return NULL;
	}
	return h;
}

void test_host_put(struct host *h)
{
	host_free(h);
}
