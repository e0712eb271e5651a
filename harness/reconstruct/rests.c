// SPDX-License-Identifier: GPL-2.0-or-later
/* From provenance to what must be said with a verdict. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/reconstruct/reconstruct.h"

/* "iommus[3].domains" with list "iommus" and i 3: the rest, ".domains"; else NULL. */
static const char *inside(const char *key, const char *list, size_t i)
{
	char prefix[40];
	int n = snprintf(prefix, sizeof(prefix), "%s[%zu]", list, i);

	return strncmp(key, prefix, (size_t)n) ? NULL : key + n;
}

static bool bears(const struct host *h, const struct host_device *d, const char *key)
{
	if (!strcmp(key, "kernel") || !strcmp(key, "cmdline") ||
	    inside(key, "devices", (size_t)(d - h->devices)) ||
	    (d->iommu >= 0 && inside(key, "iommus", (size_t)d->iommu)))
		return true;
	for (size_t g = 0; g < h->ngroups; g++)
		if (h->groups[g].id == d->group && inside(key, "groups", g))
			return true;
	return false;
}

int recon_rests_on(const struct host *h, const struct host_device *d, char **text, bool *width)
{
	*text = NULL;
	*width = false;
	for (size_t i = 0; i < h->nprovenance; i++) {
		const struct host_provenance *p = &h->provenance[i];
		const char *rest;
		char *more;

		if (p->how != HOST_ASSUMED || !bears(h, d, p->key))
			continue;
		rest = d->iommu >= 0 ? inside(p->key, "iommus", (size_t)d->iommu) : NULL;
		*width |= rest && !strcmp(rest, ".domains");
		if (asprintf(&more, "%s%s%s", *text ? *text : "", *text ? "; " : "", p->note) < 0) {
			free(*text);
			*text = NULL;
			return -ENOMEM;
		}
		free(*text);
		*text = more;
	}
	return 0;
}
