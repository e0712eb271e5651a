// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts of the corpus that were compiled in. */
#include <stdio.h>
#include <string.h>

#include "selftests/verdicts/hosts.h"

struct host *test_host_get(const char *name)
{
	for (struct compiled_host *c = compiled_hosts; c->name; c++)
		if (!strcmp(c->name, name))
			return &c->host;
	fprintf(stderr, "# no host %s compiled in\n", name);
	return NULL;
}

void test_host_put(struct host *h)
{
	(void)h;
}
