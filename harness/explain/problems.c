// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of problems, and the walk over a host; see problems.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/explain/problems.h"

static const struct problem problems[PROBLEM_COUNT] = {
	[PROBLEM_DEFAULT_WIDTH] = { 1, "aw-bits-wider-than-host",
				    "the vIOMMU is wider than the host's IOMMU" },
	[PROBLEM_BAR_ABOVE] = { 2, "bar-above-iommu",
				"the IOMMU, not the CPU, is the limit: a BAR lies above it" },
	[PROBLEM_PLATFORM_WIDER] = { 2, "iommu-narrower-than-platform",
				     "the IOMMU has fewer address bits than the platform" },
	[PROBLEM_PHYS_BITS_OVERRULED] = { 3, "phys-bits-overruled",
					  "phys-bits is given, but -cpu host overrules it" },
	[PROBLEM_EMULATED_BAR_ABOVE] = { 4, "emulated-bar-above-iommu",
					 "shared memory of an emulated device lies above the IOMMU" },
	[PROBLEM_MGAW] = { 5, "mgaw-is-not-the-width",
			   "the width in the capability register is not the usable one" },
	[PROBLEM_IOMMUFD_SILENT] = { 6, "iommufd-says-invalid-argument",
				     "QEMU says only \"Invalid argument\", not which addresses" },
	[PROBLEM_AMD_HOLE] = { 7, "amd-1tb-hole",
			       "the guest's RAM meets AMD's HyperTransport hole below 1 TiB" },
	[PROBLEM_RAM_OVER_MSI] = { 8, "ram-over-msi-window",
				   "the guest's RAM covers the host's interrupt addresses" },
	[PROBLEM_ISA_REGION] = { 9, "isa-bridge-direct-region",
				 "the group's ISA bridge keeps the first 16 MiB" },
	[PROBLEM_RMRR] = { 10, "rmrr-not-assignable",
			   "the firmware holds the device's memory (RMRR)" },
	[PROBLEM_ONE_TO_ONE] = { 11, "reason-only-in-dmesg",
				 "firmware wants a 1:1 mapping, and QEMU cannot say so" },
	[PROBLEM_NESTED] = { 12, "host-is-a-narrow-guest",
			     "the host is itself a VM with a narrow vIOMMU" },
	[PROBLEM_ODD_WIDTH] = { 13, "width-between-39-and-48",
				"the IOMMU's width is none that intel-iommu has" },
	[PROBLEM_UNCHECKED_ORDER] = { 14, "width-not-checked",
				      "a device that QEMU does not check starts, and fails later" },
	[PROBLEM_FIXED_IOVA] = { 15, "fixed-iova-unusable",
				 "a program's built-in IOVA is not usable on this host" },
	[PROBLEM_BELOW_39] = { 0, "host-below-39-bits", "no intel-iommu fits this host" },
	[PROBLEM_FIRST_STAGE_BIT] = { 0, "first-stage-loses-a-bit",
				      "first-stage page tables leave half of the addresses" },
	[PROBLEM_IOMMUFD_ATTACH] = { 0, "iommufd-cannot-attach",
				     "this kernel attaches no device to an iommufd here" },
	[PROBLEM_NO_REMAPPING] = { 0, "no-interrupt-remapping",
				   "interrupts are not remapped, so VFIO refuses" },
	[PROBLEM_RAM_ABOVE] = { 0, "ram-above-iommu",
				"the guest has more RAM than the IOMMU maps" },
};

const struct problem *problem_at(size_t id)
{
	return id < PROBLEM_COUNT ? &problems[id] : NULL;
}

struct finding *findings_add(struct findings *f, enum problem_id id, const char *where,
			     const char *seen, ...)
{
	struct finding *one = &f->spare;
	va_list ap;

	if (f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 8;
		struct finding *more = realloc(f->v, room * sizeof(*more));

		if (more) {
			f->v = more;
			f->room = room;
		}
	}
	if (f->n < f->room)
		one = &f->v[f->n++];
	else
		f->no_memory = true;
	one->id = id;
	one->remedy[0] = '\0';
	snprintf(one->where, sizeof(one->where), "%s", where);
	va_start(ap, seen);
	vsnprintf(one->seen, sizeof(one->seen), seen, ap);
	va_end(ap);
	return one;
}

void finding_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

void findings_free(struct findings *f)
{
	free(f->v);
	*f = (struct findings){ 0 };
}

/* The first device that counts and is behind the unit; NULL: none. */
static const struct host_device *device_behind(const struct host *h, size_t unit,
					       const char *device)
{
	const struct host_device *locked = NULL;

	for (size_t i = 0; i < h->ndevices; i++) {
		const struct host_device *d = &h->devices[i];

		if (d->iommu != (int)unit || !explain_chosen(h, d, device))
			continue;
		/* One that cannot be opened tells nothing of its unit. */
		if (!explain_locked(h, d))
			return d;
		locked = d;
	}
	return locked;
}

static int of_guest(const struct host *h, const char *device, const struct guest *g,
		    const struct fixed_iova *iova, struct findings *f)
{
	int r = 0;

	for (size_t i = 0; i < h->ndevices && !r; i++) {
		const struct host_device *d = &h->devices[i];

		if (!explain_chosen(h, d, device))
			continue;
		if (g)
			r = problems_of_guest(h, d, g, f);
		if (!r && iova && iova->size)
			r = problems_of_iova(h, d, iova, f);
	}
	return r;
}

/* Whether all that the finders look at is alike in two units. */
static bool alike(const struct host *h, size_t a, size_t b, bool device_a, bool device_b)
{
	const struct host_iommu *x = &h->iommus[a], *y = &h->iommus[b];
	const uint64_t mgaw = 0x3f0000;
	const char *note, *how_a = explain_width_source(h, a, &note);
	const char *how_b = explain_width_source(h, b, &note);

	if (x->type != y->type || x->has_regs != y->has_regs || (x->cap ^ y->cap) & mgaw ||
	    x->isolated_msi != y->isolated_msi || device_a != device_b ||
	    strcmp(how_a ? how_a : "", how_b ? how_b : ""))
		return false;
	for (int k = 0; k < HOST_DOMAIN_NR; k++)
		if (explain_width(h, a, (enum host_domain_kind)k) !=
		    explain_width(h, b, (enum host_domain_kind)k))
			return false;
	return explain_width_if(h, a, NULL, "intel_iommu=sm_off") ==
	       explain_width_if(h, b, NULL, "intel_iommu=sm_off");
}

/* "dmar0" becomes "dmar0, dmar1"; with no room left, "...". */
static void append_name(struct finding *f, const char *name)
{
	size_t n = strlen(f->where), room = sizeof(f->where) - n;

	if (n > 4 && !strcmp(f->where + n - 4, " ..."))
		return;
	if (strlen(name) +
		    sizeof(", "
			   "...") +
		    2 <
	    room)
		snprintf(f->where + n, room, ", %s", name);
	else
		snprintf(f->where + n, room, " ...");
}

/* Units that are alike have their problems said once, under all their names. */
static int of_units(const struct host *h, const char *device, struct findings *out)
{
	struct unit_findings {
		size_t first, end;
		const struct host_device *d;
	} *u = calloc(h->niommus + 1, sizeof(*u));
	int r = u ? 0 : -ENOMEM;

	for (size_t i = 0; i < h->niommus && !r; i++) {
		size_t j = 0;

		u[i].d = device_behind(h, i, device);
		u[i].first = u[i].end = out->n;
		/* Asked for one device, its unit alone matters. */
		if (!u[i].d && device)
			continue;
		while (j < i &&
		       !(u[j].end > u[j].first && alike(h, i, j, u[i].d != NULL, u[j].d != NULL)))
			j++;
		for (size_t k = u[j].first; j < i && k < u[j].end; k++)
			append_name(&out->v[k], explain_unit_name(h, i));
		if (j < i)
			continue;
		r = problems_of_unit(h, i, u[i].d, out);
		u[i].end = out->n;
	}
	free(u);
	return r;
}

int problems_find(const struct host *h, const char *device, const struct guest *guest,
		  const struct fixed_iova *iova, struct findings *out)
{
	int r;

	*out = (struct findings){ 0 };
	r = of_units(h, device, out);
	for (size_t i = 0; i < h->ndevices && !r; i++)
		if (explain_chosen(h, &h->devices[i], device))
			r = problems_of_device(h, &h->devices[i], out);
	if (!r)
		r = of_guest(h, device, guest, iova, out);
	return !r && out->no_memory ? -ENOMEM : r;
}
