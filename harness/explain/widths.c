// SPDX-License-Identifier: GPL-2.0-or-later
/* Widths of units and regions of devices; see explain.h. */
#include <stdio.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/explain/explain.h"

unsigned int explain_bits_of(uint64_t last)
{
	unsigned int n = 0;

	for (; last; last >>= 1)
		n++;
	return n;
}

unsigned int explain_width(const struct host *h, size_t unit, enum host_domain_kind kind)
{
	struct host_domain d;

	host_domain_get(h, &h->iommus[unit], kind, &d);
	return d.attach_errno ? 0 : explain_bits_of(d.aperture.last);
}

unsigned int explain_width_if(const struct host *h, size_t unit, const char *release,
			      const char *cmdline)
{
	struct host other = *h;
	struct host_iommu io;

	if (!h->iommus[unit].has_regs)
		return 0;
	io = h->iommus[unit];
	memset(io.domain, 0, sizeof(io.domain));
	other.iommus = &io;
	other.niommus = 1;
	other.cmdline = (char *)cmdline;
	other.features = release ? host_features_default(release) : h->features;
	return explain_width(&other, 0, HOST_DOMAIN_TYPE1);
}

unsigned int explain_unit_bits(const struct host *h, size_t unit)
{
	unsigned int t = explain_width(h, unit, HOST_DOMAIN_TYPE1);
	unsigned int p = explain_width(h, unit, HOST_DOMAIN_PAGING);

	return !t || (p && p < t) ? p : t;
}

const char *explain_width_source(const struct host *h, size_t unit, const char **note)
{
	static const char *const words[] = { "told", "derived", "assumed" };
	char key[40];

	snprintf(key, sizeof(key), "iommus[%zu].domains", unit);
	for (size_t i = 0; i < h->nprovenance; i++) {
		if (strcmp(h->provenance[i].key, key))
			continue;
		*note = h->provenance[i].note ? h->provenance[i].note : "";
		return words[h->provenance[i].how];
	}
	return NULL;
}

const char *explain_unit_name(const struct host *h, size_t unit)
{
	return h->iommus[unit].name ? h->iommus[unit].name : "the IOMMU";
}

const struct host_region *explain_regions(const struct host *h, const struct host_device *d,
					  size_t *n)
{
	const struct host_group *g = host_find_group(h, d->group);

	*n = d->own_regions ? d->nregions : g ? g->nregions : 0;
	return d->own_regions ? d->regions : g ? g->regions : NULL;
}

bool explain_locked(const struct host *h, const struct host_device *d)
{
	size_t n;
	const struct host_region *v = explain_regions(h, d, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i].type == HOST_REGION_DIRECT)
			return true;
	return false;
}

static bool is_bound(const struct host_device *d)
{
	return d->driver && strstr(d->driver, "vfio");
}

bool explain_chosen(const struct host *h, const struct host_device *d, const char *device)
{
	bool any = false;

	if (device)
		return !strcmp(device, d->bdf);
	for (size_t i = 0; i < h->ndevices; i++)
		any |= is_bound(&h->devices[i]);
	return !any || is_bound(d);
}

bool explain_kernel_assumed(const struct host *h)
{
	for (size_t i = 0; i < h->nprovenance; i++)
		if (!strcmp(h->provenance[i].key, "kernel"))
			return h->provenance[i].how == HOST_ASSUMED;
	return false;
}
