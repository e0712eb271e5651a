// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's first stage on the host's page tables: which hosts QEMU takes for
 * it, what it does not look at, and the page tables that follow what the guest
 * sets up. Source: QEMU's hw/i386/intel_iommu_accel.c of 11.0 and 11.1.
 */
#include "hiod/intel_iommu_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"
#include "hiod/anomaly.h"
#include "hiod/iommufd.h"

/* Host capability registers, as IOMMU_GET_HW_INFO gives them (VT-d spec 11.4). */
#define HOST_CAP_FS1GP	    (1ull << 56)
#define HOST_ECAP_PSS(ecap) ((int)((ecap) >> 35 & 0x1f) + 1)
#define HOST_ECAP_NEST	    (1ull << 26)
#define HOST_ECAP_SMTS	    (1ull << 43)
#define HOST_ECAP_FSTS	    (1ull << 47)
#define HOST_ECAP_SMPWC	    (1ull << 48)

/* ---- the check ---- */

int intel_iommu_check_first_stage(const struct intel_iommu_config *c, const struct hiod_profile *p,
				  HostIOMMUDevice *hiod, bool aliased, struct hiod_anomalies *an,
				  struct hiod_error *err)
{
	const HostIOMMUDeviceCaps *caps = &hiod->caps;
	const struct uapi_hw_info_vtd *vtd = &caps->vendor_caps.vtd;
	const HostIOMMUDeviceIOMMUFD *idev;

	if (!hiod_is_a(hiod, &host_iommu_device_iommufd_class))
		return hiod_error_set(err, -EINVAL, "Need IOMMUFD backend when %s=on",
				      p->first_stage_option);
	if (caps->type != UAPI_HW_INFO_TYPE_VTD)
		return hiod_error_set(err, -EINVAL, "Incompatible host platform IOMMU type %d",
				      (int)caps->type);
	idev = (const HostIOMMUDeviceIOMMUFD *)hiod;
	if (idev->hw_info_len < sizeof(*vtd))
		hiod_anomaly_note(an, HIOD_ANOMALY_HW_INFO_SHORT, idev->hw_info_len, sizeof(*vtd));
	if (c->fs1gp && !(vtd->cap_reg & HOST_CAP_FS1GP))
		return hiod_error_set(err, -EINVAL,
				      "First stage 1GB large page is unsupported by host IOMMU");
	if (p->version >= HIOD_VERSION(11, 1) && caps->max_pasid_log2 &&
	    c->pasid_bits > HOST_ECAP_PSS(vtd->ecap_reg))
		return hiod_error_set(err, -EINVAL,
				      "PASID bits size %d > host IOMMU PASID bits size %d",
				      c->pasid_bits, HOST_ECAP_PSS(vtd->ecap_reg));
	if (aliased)
		return hiod_error_set(err, -EINVAL,
				      "Host device downstream to a PCI bridge is unsupported when "
				      "%s=on",
				      p->first_stage_option);
	return 0;
}

/* ---- what is not checked ---- */

uint32_t intel_iommu_warnings(const struct intel_iommu_config *c, const struct hiod_profile *p,
			      const HostIOMMUDevice *hiod)
{
	static const struct {
		enum intel_iommu_warning w;
		uint64_t ecap;
	} needs[] = {
		{ INTEL_IOMMU_WARN_SCALABLE, HOST_ECAP_SMTS },
		{ INTEL_IOMMU_WARN_FIRST_STAGE, HOST_ECAP_FSTS },
		{ INTEL_IOMMU_WARN_NESTING, HOST_ECAP_NEST },
		{ INTEL_IOMMU_WARN_COHERENCY, HOST_ECAP_SMPWC },
	};
	uint32_t set = 0;

	if (!c->first_stage || p->first_stage_rule != HIOD_FIRST_STAGE_CHECKED ||
	    hiod->caps.type != UAPI_HW_INFO_TYPE_VTD)
		return 0;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!(hiod->caps.vendor_caps.vtd.ecap_reg & needs[i].ecap))
			set |= 1u << needs[i].w;
	if (c->pasid_bits && !hiod->caps.max_pasid_log2)
		set |= 1u << INTEL_IOMMU_WARN_PASID;
	return set;
}

const char *intel_iommu_warning_text(enum intel_iommu_warning w)
{
	static const char *const text[INTEL_IOMMU_WARN_COUNT] = {
		[INTEL_IOMMU_WARN_SCALABLE] =
			"the host's IOMMU has no scalable mode (ECAP.SMTS), which QEMU does not "
			"verify",
		[INTEL_IOMMU_WARN_FIRST_STAGE] =
			"the host's IOMMU has no first stage (ECAP.FSTS), which QEMU does not "
			"verify: page tables of the guest cannot be attached",
		[INTEL_IOMMU_WARN_NESTING] =
			"the host's IOMMU does not nest page tables (ECAP.NEST), which QEMU does "
			"not verify",
		[INTEL_IOMMU_WARN_COHERENCY] =
			"the host's IOMMU does not snoop caches when it walks page tables "
			"(ECAP.SMPWC), which QEMU does not verify: page tables that the guest does "
			"not flush may be read stale",
		[INTEL_IOMMU_WARN_PASID] =
			"the host offers no PASID for this device, which QEMU does not verify: the "
			"guest's IOMMU will announce PASIDs that this device cannot use",
	};

	return text[w];
}

/* ---- what the guest sets up ---- */

/* The iommufd device registered there, or NULL; *h: its entry. */
static HostIOMMUDeviceIOMMUFD *find(IntelIOMMUState *s, PCIBus *bus, int devfn,
				    struct intel_iommu_hiod **h)
{
	*h = *intel_iommu_lookup(s, bus, devfn);
	if (!*h || !hiod_is_a((*h)->hiod, &host_iommu_device_iommufd_class))
		return NULL;
	return (HostIOMMUDeviceIOMMUFD *)(*h)->hiod;
}

static struct intel_iommu_pasid **find_pasid(struct intel_iommu_hiod *h, uint32_t pasid)
{
	struct intel_iommu_pasid **p = &h->pasids;

	while (*p && (*p)->pasid != pasid)
		p = &(*p)->next;
	return p;
}

static int make_first_stage(IntelIOMMUState *s, HostIOMMUDeviceIOMMUFD *idev,
			    const struct intel_iommu_pasid_entry *pe, uint32_t *id,
			    struct hiod_error *err)
{
	const struct iommu_hwpt_vtd_s1 s1 = {
		.flags = (pe->sre ? IOMMU_VTD_S1_SRE : 0) | (pe->wpe ? IOMMU_VTD_S1_WPE : 0) |
			 (pe->eafe ? IOMMU_VTD_S1_EAFE : 0),
		.pgtbl_addr = pe->pgtbl_addr,
		.addr_width = pe->addr_width,
	};
	bool pasids = s->profile->version >= HIOD_VERSION(11, 1) && s->config.pasid_bits;

	return iommufd_backend_alloc_hwpt(idev->iommufd, idev->devid, idev->hwpt_id,
					  pasids ? UAPI_HWPT_PASID : 0, IOMMU_HWPT_DATA_VTD_S1,
					  sizeof(s1), &s1, id, err);
}

static bool same_entry(const struct intel_iommu_pasid_entry *a,
		       const struct intel_iommu_pasid_entry *b)
{
	return a->pgtt == b->pgtt && a->addr_width == b->addr_width && a->sre == b->sre &&
	       a->wpe == b->wpe && a->eafe == b->eafe && a->pgtbl_addr == b->pgtbl_addr;
}

/* Puts the device's pasid where pe says and keeps that in p; the old page table goes. */
static int attach(IntelIOMMUState *s, HostIOMMUDeviceIOMMUFD *idev, struct intel_iommu_pasid *p,
		  const struct intel_iommu_pasid_entry *pe, struct hiod_error *err)
{
	uint32_t fs = 0;
	int rc;

	if (pe->pgtt != INTEL_IOMMU_PGTT_FIRST_STAGE && pe->pgtt != INTEL_IOMMU_PGTT_PASS_THROUGH)
		return hiod_error_set(err, -EINVAL, "Invalid PGTT type %d", pe->pgtt);
	if (pe->pgtt == INTEL_IOMMU_PGTT_FIRST_STAGE) {
		rc = make_first_stage(s, idev, pe, &fs, err);
		if (rc)
			return rc;
	}
	rc = host_iommu_device_iommufd_attach_hwpt(idev, p->pasid, fs ? fs : idev->hwpt_id, err);
	if (rc) {
		if (fs)
			iommufd_backend_free_id(idev->iommufd, fs);
		return rc;
	}
	if (p->fs_hwpt_id)
		iommufd_backend_free_id(idev->iommufd, p->fs_hwpt_id);
	p->fs_hwpt_id = fs;
	p->entry = *pe;
	return 0;
}

int intel_iommu_bind_pasid(IntelIOMMUState *s, PCIBus *bus, int devfn, uint32_t pasid,
			   const struct intel_iommu_pasid_entry *pe, struct hiod_error *err)
{
	struct intel_iommu_pasid **slot, *p;
	struct intel_iommu_hiod *h;
	HostIOMMUDeviceIOMMUFD *idev = find(s, bus, devfn, &h);
	int rc;

	if (!idev || s->profile->first_stage_rule != HIOD_FIRST_STAGE_CHECKED ||
	    !s->config.first_stage)
		return hiod_error_set(err, -ENODEV, "no first stage of this device is the host's");
	slot = find_pasid(h, pasid);
	if (*slot && same_entry(&(*slot)->entry, pe))
		return 0;
	if (*slot) {
		rc = attach(s, idev, *slot, pe, err);
		if (rc && err->fail == HIOD_FAIL_QEMU)
			hiod_error_prepend(err, "Replacing HWPT attachment failed: ");
		return rc;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return hiod_error_nomem(err);
	p->pasid = pasid;
	rc = attach(s, idev, p, pe, err);
	if (rc) {
		if (err->fail == HIOD_FAIL_QEMU)
			hiod_error_prepend(err, "Attaching to HWPT failed: ");
		free(p);
		return rc;
	}
	p->next = h->pasids;
	h->pasids = p;
	return 0;
}

/* The entry that slot points to is taken out, once the device is off its page table. */
static int unbind(HostIOMMUDeviceIOMMUFD *idev, struct intel_iommu_pasid **slot,
		  struct hiod_error *err)
{
	struct intel_iommu_pasid *p = *slot;
	int rc = host_iommu_device_iommufd_detach_hwpt(idev, p->pasid, err);

	if (rc) {
		hiod_error_prepend(err, "Detaching from HWPT failed: ");
		return rc;
	}
	if (p->fs_hwpt_id)
		iommufd_backend_free_id(idev->iommufd, p->fs_hwpt_id);
	*slot = p->next;
	free(p);
	return 0;
}

int intel_iommu_unbind_pasid(IntelIOMMUState *s, PCIBus *bus, int devfn, uint32_t pasid,
			     struct hiod_error *err)
{
	struct intel_iommu_pasid **slot;
	struct intel_iommu_hiod *h;
	HostIOMMUDeviceIOMMUFD *idev = find(s, bus, devfn, &h);

	if (!idev)
		return 0;
	slot = find_pasid(h, pasid);
	return *slot ? unbind(idev, slot, err) : 0;
}

void intel_iommu_unbind_all(struct intel_iommu_hiod *h)
{
	HostIOMMUDeviceIOMMUFD *idev = (HostIOMMUDeviceIOMMUFD *)h->hiod;
	struct hiod_error err;

	hiod_error_init(&err);
	while (h->pasids) {
		struct intel_iommu_pasid *p = h->pasids;

		if (!unbind(idev, &h->pasids, &err))
			continue;
		/* Nobody will ask again: the page table is given up, the device's end takes it. */
		hiod_report(idev->iommufd->report, HIOD_REPORT_ERROR, NULL, "%s", err.message);
		h->pasids = p->next;
		free(p);
	}
}

int intel_iommu_invalidate_pasid(IntelIOMMUState *s, PCIBus *bus, int devfn, uint32_t pasid,
				 uint64_t addr, uint64_t npages, bool leaf, struct hiod_error *err)
{
	const struct iommu_hwpt_vtd_s1_invalidate inv = {
		.addr = addr,
		.npages = npages,
		.flags = leaf ? IOMMU_VTD_INV_FLAGS_LEAF : 0,
	};
	uint32_t id = intel_iommu_fs_hwpt(s, bus, devfn, pasid), n = 1;
	struct intel_iommu_hiod *h;
	HostIOMMUDeviceIOMMUFD *idev = find(s, bus, devfn, &h);

	if (!id)
		return 0;
	return iommufd_backend_invalidate_cache(
		idev->iommufd, id, IOMMU_HWPT_INVALIDATE_DATA_VTD_S1, sizeof(inv), &n, &inv, err);
}

uint32_t intel_iommu_fs_hwpt(const IntelIOMMUState *s, const PCIBus *bus, int devfn, uint32_t pasid)
{
	struct intel_iommu_hiod *h = *intel_iommu_lookup((IntelIOMMUState *)s, bus, devfn);
	const struct intel_iommu_pasid *p = h ? *find_pasid(h, pasid) : NULL;

	return p ? p->fs_hwpt_id : 0;
}
