// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of a host or a configuration, each tried before it is said. */
#include <stdarg.h>
#include <stdio.h>

#include "harness/explain/explain.h"

struct voice {
	explain_say_fn *say;
	void *ctx;
};

__attribute__((format(printf, 2, 3))) static void say(const struct voice *v, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->say(v->ctx, text);
}

/* The oldest version whose default is too wide; NULL: none is. */
static const struct hiod_profile *first_too_wide(unsigned int bits)
{
	for (size_t i = 0; hiod_profile_at(i); i++)
		if (hiod_profile_at(i)->aw_bits > bits)
			return hiod_profile_at(i);
	return NULL;
}

/* The vIOMMU that a unit carries, by what both backends give. */
static void advise_viommu(const struct host *h, size_t i, const struct voice *v)
{
	unsigned int bits = explain_unit_bits(h, i);
	const struct hiod_profile *too_wide = first_too_wide(bits);
	const char *name = explain_unit_name(h, i);

	if (!bits)
		return;
	if (bits < 39)
		say(v, "%s: %u bits carry no intel-iommu, which has 39 at least", name, bits);
	else if (too_wide)
		say(v,
		    "%s: -device intel-iommu,aw-bits=%d fits %u bits; the default since %s, %u, "
		    "does not",
		    name, bits < 48 ? 39 : 48, bits, too_wide->name, too_wide->aw_bits);
}

/* Changes of the host that would make it wider. */
static void advise_host(const struct host *h, size_t i, const struct voice *v)
{
	unsigned int now = explain_width(h, i, HOST_DOMAIN_TYPE1), then;
	unsigned int dirty = explain_width(h, i, HOST_DOMAIN_DIRTY);
	const char *name = explain_unit_name(h, i);

	then = explain_width_if(h, i, NULL, "intel_iommu=sm_off");
	if (then > now)
		say(v,
		    "%s: intel_iommu=sm_off on the host's command line gives %u bits (second "
		    "stage)",
		    name, then);
	if (dirty > explain_width(h, i, HOST_DOMAIN_PAGING))
		say(v, "%s: with an iommufd, a QEMU that asks for dirty tracking gets %u bits",
		    name, dirty);
	if (!explain_width(h, i, HOST_DOMAIN_PAGING) && now)
		say(v, "%s: attaching to an iommufd fails on this kernel; legacy VFIO does not",
		    name);
	then = explain_width_if(h, i, "7.3", h->cmdline);
	if (!now && then)
		say(v, "%s: unusable on this kernel; 7.3 gives %u bits", name, then);
}

void explain_advice(const struct host *h, explain_say_fn *fn, void *ctx)
{
	const struct voice v = { fn, ctx };

	for (size_t i = 0; i < h->niommus; i++) {
		advise_viommu(h, i, &v);
		advise_host(h, i, &v);
	}
	if (explain_kernel_assumed(h))
		say(&v, "the kernel was not told: hiod reconstruct --kernel RELEASE");
}
