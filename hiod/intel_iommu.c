// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables and the check of intel_iommu; see intel_iommu.h. */
#include "hiod/intel_iommu_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hiod/anomaly.h"
#include "hiod/iommufd.h"

/* Keyed by the alias: devices behind one conventional bus share an address space. */
struct intel_iommu_as {
	const PCIBus *bus;
	uint8_t devfn;
	AddressSpace as;
	struct intel_iommu_as *next;
};

static unsigned bucket(const PCIBus *bus, uint8_t devfn)
{
	return ((uintptr_t)bus >> 4 ^ devfn ^ devfn >> 3) % INTEL_IOMMU_BUCKETS;
}

struct intel_iommu_hiod **intel_iommu_lookup(IntelIOMMUState *s, const PCIBus *bus, uint8_t devfn)
{
	struct intel_iommu_hiod **p = &s->hiods[bucket(bus, devfn)];

	while (*p && ((*p)->bus != bus || (*p)->devfn != devfn))
		p = &(*p)->next;
	return p;
}

HostIOMMUDevice *intel_iommu_find(const IntelIOMMUState *s, const PCIBus *bus, int devfn)
{
	const struct intel_iommu_hiod *h = *intel_iommu_lookup((IntelIOMMUState *)s, bus, devfn);

	return h ? h->hiod : NULL;
}

unsigned intel_iommu_count(const IntelIOMMUState *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < INTEL_IOMMU_BUCKETS; i++)
		for (const struct intel_iommu_hiod *h = s->hiods[i]; h; h = h->next)
			n++;
	return n;
}

/* ---- the check ---- */

int intel_iommu_check_hiod(const struct intel_iommu_config *c, const struct hiod_profile *p,
			   HostIOMMUDevice *hiod, bool aliased, struct hiod_anomalies *an,
			   struct hiod_error *err)
{
	int (*get_cap)(HostIOMMUDevice *, int, struct hiod_error *) = HIOD_METHOD(hiod, get_cap);
	int host;

	if (!get_cap)
		return hiod_error_set(err, -EINVAL, ".get_cap() not implemented");
	host = get_cap(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, err);
	if (host < 0)
		return host;
	if (c->aw_bits > host)
		return hiod_error_set(err, -EINVAL, "aw-bits %d > host aw-bits %d", c->aw_bits,
				      host);
	if (!c->first_stage || p->first_stage_rule == HIOD_FIRST_STAGE_NONE)
		return 0;
	if (p->first_stage_rule == HIOD_FIRST_STAGE_REFUSED)
		return hiod_error_set(err, -EINVAL,
				      "host device is uncompatible with stage-1 translation");
	return intel_iommu_check_first_stage(c, p, hiod, aliased, an, err);
}

/* ---- PCIIOMMUOps ---- */

static AddressSpace *get_address_space(PCIBus *bus, void *opaque, int devfn)
{
	IntelIOMMUState *s = opaque;
	struct intel_iommu_as *as;

	for (as = s->spaces; as; as = as->next) {
		if (as->bus != bus || as->devfn != (uint8_t)devfn)
			continue;
		/* What devices see may have changed since there was one. */
		as->as = *s->sys;
		return &as->as;
	}
	as = calloc(1, sizeof(*as));
	if (!as)
		return NULL;
	as->bus = bus;
	as->devfn = devfn;
	as->as = *s->sys;
	as->next = s->spaces;
	s->spaces = as;
	return &as->as;
}

static int set_iommu_device(PCIBus *bus, void *opaque, int devfn, HostIOMMUDevice *hiod,
			    struct hiod_error *err)
{
	IntelIOMMUState *s = opaque;
	struct intel_iommu_hiod *h, **slot;
	int rc;

	if (s->profile->caching_mode_at_set && !s->config.caching_mode)
		return hiod_error_set(err, -EINVAL, "%s", CACHING_MODE_TEXT);
	slot = intel_iommu_lookup(s, bus, devfn);
	if (*slot)
		return hiod_error_set(err, -EEXIST, "Host IOMMU device already exist");
	rc = intel_iommu_check_hiod(&s->config, s->profile, hiod, hiod->aliased, s->anomalies, err);
	if (rc)
		return rc;
	h = malloc(sizeof(*h));
	if (!h)
		return hiod_error_nomem(err);
	*h = (struct intel_iommu_hiod){ .bus = bus, .devfn = devfn, .hiod = hiod_ref(hiod) };
	*slot = h;
	return 0;
}

static void unset_iommu_device(PCIBus *bus, void *opaque, int devfn)
{
	IntelIOMMUState *s = opaque;
	struct intel_iommu_hiod **slot, *h;

	slot = intel_iommu_lookup(s, bus, devfn);
	h = *slot;

	if (!h)
		return;
	intel_iommu_unbind_all(h);
	*slot = h->next;
	hiod_unref(h->hiod);
	free(h);
}

static uint64_t get_viommu_flags(void *opaque)
{
	const IntelIOMMUState *s = opaque;
	uint64_t flags = 0;

	if (s->profile->first_stage_rule != HIOD_FIRST_STAGE_CHECKED || !s->config.first_stage)
		return 0;
	flags |= VIOMMU_FLAG_WANT_NESTING_PARENT;
	if (s->profile->version >= HIOD_VERSION(11, 1) && s->config.pasid_bits)
		flags |= VIOMMU_FLAG_PASID_SUPPORTED;
	return flags;
}

const PCIIOMMUOps intel_iommu_ops = {
	.get_address_space = get_address_space,
	.set_iommu_device = set_iommu_device,
	.unset_iommu_device = unset_iommu_device,
	.get_viommu_flags = get_viommu_flags,
};

/* ---- life ---- */

int intel_iommu_realize(IntelIOMMUState *s, const struct hiod_profile *p,
			const struct intel_iommu_config *c, enum hiod_irqchip irqchip,
			AddressSpace *sys, struct hiod_anomalies *anomalies, PCIBus *bus,
			struct hiod_error *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->profile = p;
	s->config = *c;
	s->sys = sys;
	s->anomalies = anomalies;
	rc = intel_iommu_config_decide(&s->config, p, irqchip, err);
	if (rc)
		return rc;
	intel_iommu_reset(s);
	pci_setup_iommu(bus, &intel_iommu_ops, s);
	return 0;
}

void intel_iommu_reset(IntelIOMMUState *s)
{
	for (unsigned i = 0; i < INTEL_IOMMU_BUCKETS; i++)
		for (struct intel_iommu_hiod *h = s->hiods[i]; h; h = h->next)
			intel_iommu_unbind_all(h);
	s->cap = intel_iommu_cap(&s->config, s->profile);
	s->ecap = intel_iommu_ecap(&s->config, s->profile);
}

void intel_iommu_finalize(IntelIOMMUState *s)
{
	for (unsigned i = 0; i < INTEL_IOMMU_BUCKETS; i++) {
		while (s->hiods[i])
			unset_iommu_device((PCIBus *)s->hiods[i]->bus, s, s->hiods[i]->devfn);
	}
	while (s->spaces) {
		struct intel_iommu_as *as = s->spaces;

		s->spaces = as->next;
		free(as);
	}
}
