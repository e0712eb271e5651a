// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hints that are never wrong: every proposal is put through the same rules and
 * the same check as the configuration that was refused; see hint.h.
 */
#include "hiod/hint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Single changes; a proposal is a set of them. */
enum {
	CHANGE_AW_39 = 1 << 0,
	CHANGE_AW_48 = 1 << 1,
	CHANGE_CACHING = 1 << 2,
	CHANGE_FS1GP = 1 << 3,
	CHANGE_PASID = 1 << 4,
	CHANGE_FIRST_STAGE = 1 << 5,
	CHANGE_ALL = (1 << 6) - 1,
};

static int changes(unsigned set)
{
	int n = 0;

	for (; set; set &= set - 1)
		n++;
	return n;
}

struct proposal {
	struct intel_iommu_config c;
	char text[128];
};

static void add(struct proposal *p, const char *fmt, const char *name, int value)
{
	size_t n = strlen(p->text);

	if (n)
		p->text[n++] = ',';
	snprintf(p->text + n, sizeof(p->text) - n, fmt, name, value);
}

/* False: a change that would change nothing, or makes no sense. */
static bool propose(const Machine *m, const HostIOMMUDevice *hiod, bool nested, unsigned set,
		    struct proposal *p)
{
	const struct hiod_profile *prof = m->profile;
	int aw = set & CHANGE_AW_39 ? 39 : set & CHANGE_AW_48 ? 48 : 0;
	int pss = (int)(hiod->caps.vendor_caps.vtd.ecap_reg >> 35 & 0x1f) + 1;

	p->c = m->viommu.config;
	p->text[0] = '\0';
	if (aw) {
		if ((set & CHANGE_AW_39 && set & CHANGE_AW_48) || p->c.aw_bits == aw)
			return false;
		p->c.aw_bits = aw;
		add(p, "%s=%d", "aw-bits", aw);
	}
	if (set & CHANGE_CACHING) {
		if (p->c.caching_mode)
			return false;
		p->c.caching_mode = true;
		add(p, "%s=on", "caching-mode", 0);
	}
	if (set & CHANGE_FS1GP) {
		if (!p->c.first_stage || !p->c.fs1gp)
			return false;
		p->c.fs1gp = false;
		add(p, "%s=off", "fs1gp", 0);
	}
	if (set & CHANGE_PASID) {
		if (prof->version < HIOD_VERSION(11, 1) || p->c.pasid_bits <= pss)
			return false;
		p->c.pasid_bits = pss;
		add(p, "%s=%d", prof->pasid_option, pss);
	}
	if (set & CHANGE_FIRST_STAGE) {
		/*
		 * Where the host's page table was made to be nested, one that
		 * is not may be of another kind and width: nothing is known.
		 */
		if (!p->c.first_stage || nested)
			return false;
		p->c.first_stage = false;
		add(p, "%s=off", prof->first_stage_option, 0);
	}
	return true;
}

static bool fits(const Machine *m, HostIOMMUDevice *hiod, struct intel_iommu_config *c)
{
	struct hiod_anomalies an = { 0 };
	struct hiod_error err;

	hiod_error_init(&err);
	/* Every version asks for caching mode, sooner or later. */
	return c->caching_mode && !intel_iommu_config_decide(c, m->profile, m->irqchip, &err) &&
	       !intel_iommu_check_hiod(c, m->profile, hiod, hiod->aliased, &an, &err);
}

/* virtio-iommu: a start with another granule. */
static void hint_granule(HostIOMMUDevice *hiod, char *buf, size_t len)
{
	uint64_t host = HIOD_METHOD(hiod, get_page_size_mask)(hiod);
	struct hiod_error err;

	hiod_error_init(&err);
	for (unsigned i = VIRTIO_IOMMU_GRANULE_4K; i < VIRTIO_IOMMU_GRANULE_COUNT; i++) {
		enum virtio_iommu_granule g = (enum virtio_iommu_granule)i;

		if (virtio_iommu_check_page_size_mask(virtio_iommu_granule_mask(g), host, false,
						      &err))
			continue;
		snprintf(buf, len, "granule=%s fits this host", virtio_iommu_granule_name(g));
		return;
	}
}

void hiod_hint_fit(const Machine *m, HostIOMMUDevice *hiod, bool nested, char *buf, size_t len)
{
	struct hiod_error err;
	struct proposal p;
	int host;

	buf[0] = '\0';
	if (m->viommu_kind == MACHINE_VIOMMU_VIRTIO)
		hint_granule(hiod, buf, len);
	if (m->viommu_kind != MACHINE_VIOMMU_INTEL)
		return;
	for (int n = 1; n <= 4; n++) {
		for (unsigned set = 1; set <= CHANGE_ALL; set++) {
			if (changes(set) != n || !propose(m, hiod, nested, set, &p) ||
			    !fits(m, hiod, &p.c))
				continue;
			snprintf(buf, len, "%s fits this host", p.text);
			return;
		}
	}
	hiod_error_init(&err);
	host = HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &err);
	if (host < 39)
		snprintf(buf, len, "this host has %d bits; the least that intel-iommu has is 39",
			 host);
}
