// SPDX-License-Identifier: GPL-2.0-or-later
/* See amd_iommu.h. */
#include "hiod/amd_iommu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keyed by the alias: devices behind one conventional bus share an address space. */
struct amd_iommu_as {
	const PCIBus *bus;
	uint8_t devfn;
	AddressSpace as;
	char refusal[96];
	struct amd_iommu_as *next;
};

static AddressSpace *get_address_space(PCIBus *bus, void *opaque, int devfn)
{
	AMDVIState *s = opaque;
	struct amd_iommu_as *as;

	for (as = s->spaces; as; as = as->next)
		if (as->bus == bus && as->devfn == (uint8_t)devfn)
			return &as->as;
	as = calloc(1, sizeof(*as));
	if (!as)
		return NULL;
	as->bus = bus;
	as->devfn = devfn;
	as->as = *s->sys;
	/* Before a guest runs every bus has the number 0. */
	snprintf(as->refusal, sizeof(as->refusal),
		 "Region amd_iommu: device 00.%02x.%x requires iommu notifier which is not "
		 "currently supported",
		 PCI_SLOT(devfn), PCI_FUNC(devfn));
	if (s->refuses)
		as->as.refusal = as->refusal;
	as->next = s->spaces;
	s->spaces = as;
	return &as->as;
}

static const PCIIOMMUOps amd_iommu_ops = { .get_address_space = get_address_space };

static bool has_no_bearing(const char *key)
{
	static const char *const known[] = { "id",	     "bus", "addr",  "intremap",
					     "device-iotlb", "pt",  "xtsup", "pci-id" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(key, known[i]))
			return true;
	return false;
}

int amd_iommu_realize(AMDVIState *s, const struct hiod_profile *p, struct hiod_options *o,
		      AddressSpace *sys, PCIBus *bus, struct hiod_error *err)
{
	int rc;

	*s = (AMDVIState){ .refuses = p->amd_rule == HIOD_AMD_REFUSED, .sys = sys };
	if (p->amd_rule == HIOD_AMD_UNKNOWN)
		return hiod_error_unmodelled(err, "amd-iommu of %s is not modelled", p->name);
	while ((rc = hiod_options_next(o, err)) > 0)
		if (!has_no_bearing(o->key))
			return hiod_error_unmodelled(err, "amd-iommu's option '%s' is not modelled",
						     o->key);
	if (rc)
		return rc;
	pci_setup_iommu(bus, &amd_iommu_ops, s);
	return 0;
}

void amd_iommu_finalize(AMDVIState *s)
{
	while (s->spaces) {
		struct amd_iommu_as *as = s->spaces;

		s->spaces = as->next;
		free(as);
	}
}
