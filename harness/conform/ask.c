// SPDX-License-Identifier: GPL-2.0-or-later
/* The order in which a kernel is asked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/ask_state.h"

void ask_feature(struct asker *v, enum host_feature f, bool have)
{
	if (have)
		v->h->features |= 1u << f;
	else
		v->h->features &= ~(1u << f);
}

static char *text(struct asker *v, const char *s)
{
	char *p = strdup(s);

	v->nomem |= !p;
	return p;
}

int ask_host(struct shim *s, const char *const *bdf, size_t n, struct host **out)
{
	struct asker v = { .s = s };
	int rc = 0;

	v.h = calloc(1, sizeof(*v.h));
	if (!v.h)
		return -ENOMEM;
	v.h->source = text(&v, "asked of a running kernel");
	v.h->origin = text(&v, "recorded");
	ask_kernel(&v);
	ask_nodes(&v);
	for (size_t i = 0; i < n && !rc; i++)
		rc = ask_device(&v, bdf[i]);
	if (!rc && !v.nomem) {
		ask_container(&v);
		ask_iommufd(&v);
		for (size_t i = 0; i < v.h->ndevices; i++) {
			ask_type1(&v, &v.h->devices[i]);
			ask_cdev(&v, &v.h->devices[i]);
		}
	}
	if (!rc && v.nomem)
		rc = -ENOMEM;
	if (rc)
		host_free(v.h);
	else
		*out = v.h;
	return rc;
}
