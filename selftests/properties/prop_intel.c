// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * intel_iommu's check against a second statement of its rules: a table of
 * conditions on facts, first match counts. The code walks; the table is looked
 * up. Source: QEMU's hw/i386/intel_iommu.c and intel_iommu_accel.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/intel_iommu.h"
#include "hiod/iommufd.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

enum fact {
	NO_GET_CAP = 1 << 0,
	CAP_FAILS = 1 << 1,
	TOO_WIDE = 1 << 2,
	STAGE1 = 1 << 3,  /* and this version has it */
	REFUSED = 1 << 4, /* 10.0 to 10.2: no host is good enough */
	IOMMUFD = 1 << 5,
	VTD = 1 << 6,
	FS1GP_LACKS = 1 << 7,
	V11_1 = 1 << 8,
	PASID_LACKS = 1 << 9, /* the host tells a size, and it is too small */
	ALIASED = 1 << 10,
};

static const struct rule {
	unsigned int mask, value;
	const char *message; /* begins with; NULL: accepted */
} rules[] = {
	{ NO_GET_CAP, NO_GET_CAP, ".get_cap() not implemented" },
	{ CAP_FAILS, CAP_FAILS, "told by the device" },
	{ TOO_WIDE, TOO_WIDE, "aw-bits " },
	{ STAGE1, 0, NULL },
	{ REFUSED, REFUSED, "host device is uncompatible with stage-1 translation" },
	{ IOMMUFD, 0, "Need IOMMUFD backend when " },
	{ VTD, 0, "Incompatible host platform IOMMU type " },
	{ FS1GP_LACKS, FS1GP_LACKS, "First stage 1GB large page is unsupported" },
	{ V11_1 | PASID_LACKS, V11_1 | PASID_LACKS, "PASID bits size " },
	{ ALIASED, ALIASED, "Host device downstream to a PCI bridge is unsupported" },
	{ 0, 0, NULL },
};

/* A device that answers what it is told to answer. */
struct told {
	HostIOMMUDeviceIOMMUFD dev;
	int aw_bits;
};

static int told_get_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err)
{
	int bits = ((struct told *)hiod)->aw_bits;

	return bits < 0 ? hiod_error_set(err, bits, "told by the device") : bits;
}

static const HostIOMMUDeviceClass mute = { .name = "mute" };
static const HostIOMMUDeviceClass legacy = { .name = "legacy",
					     .parent = &host_iommu_device_class,
					     .get_cap = told_get_cap };
static const HostIOMMUDeviceClass iommufd = { .name = "iommufd",
					      .parent = &host_iommu_device_iommufd_class,
					      .get_cap = told_get_cap };

static enum property_result intel(struct choices *c, void *ctx)
{
	static const uint8_t widths[] = { 48, 39, 57 };
	const struct hiod_profile *p = make_profile(c);
	struct intel_iommu_config cfg = { .caching_mode = true, .scalable_mode = true };
	struct told t = { .dev.parent.name = (char *)"told" };
	HostIOMMUDeviceCaps *caps = &t.dev.parent.caps;
	struct uapi_hw_info_vtd *vtd = &caps->vendor_caps.vtd;
	struct hiod_anomalies an = { 0 };
	const struct rule *rule = rules;
	unsigned int facts = 0, host_pasid;
	struct hiod_error err;
	bool aliased;
	int rc;

	cfg.aw_bits = CHOICES_PICK(c, widths);
	cfg.first_stage = choices_bool(c, 70);
	cfg.fs1gp = choices_bool(c, 50);
	cfg.pasid_bits = (uint8_t)choices_upto(c, 20);
	aliased = choices_bool(c, 20);
	t.aw_bits = choices_bool(c, 5) ? -EINVAL : (int)choices_upto(c, 64);
	if (choices_bool(c, 50))
		t.aw_bits = cfg.aw_bits + (int)choices_upto(c, 2) - 1;
	t.dev.parent.klass = choices_bool(c, 5) ? &mute : choices_bool(c, 80) ? &iommufd : &legacy;
	t.dev.hw_info_len = 24;
	caps->type = choices_bool(c, 85) ? 1 : (uint32_t)choices_upto(c, 4);
	caps->max_pasid_log2 = (uint8_t)choices_upto(c, 20);
	vtd->cap_reg = make_vtd_cap(c);
	vtd->ecap_reg = make_vtd_ecap(c);

	/* The facts, each by itself. PSS is bits 39:35, one less than the size. */
	host_pasid = 1 + (unsigned int)((vtd->ecap_reg & 0xf800000000ull) / 0x800000000ull);
	facts |= t.dev.parent.klass == &mute ? NO_GET_CAP : 0;
	facts |= t.aw_bits < 0 ? CAP_FAILS : 0;
	facts |= t.aw_bits < cfg.aw_bits ? TOO_WIDE : 0;
	facts |= cfg.first_stage && p->version >= HIOD_VERSION(10, 0) ? STAGE1 : 0;
	facts |= p->version < HIOD_VERSION(11, 0) ? REFUSED : 0;
	facts |= t.dev.parent.klass == &iommufd ? IOMMUFD : 0;
	facts |= caps->type == 1 ? VTD : 0;
	facts |= cfg.fs1gp && !(vtd->cap_reg & 0x100000000000000ull) ? FS1GP_LACKS : 0;
	facts |= p->version >= HIOD_VERSION(11, 1) ? V11_1 : 0;
	facts |= caps->max_pasid_log2 && cfg.pasid_bits > host_pasid ? PASID_LACKS : 0;
	facts |= aliased ? ALIASED : 0;
	while ((facts & rule->mask) != rule->value)
		rule++;

	hiod_error_init(&err);
	rc = intel_iommu_check_hiod(&cfg, p, &t.dev.parent, aliased, &an, &err);
	choices_note(c, "%s: guest %u bits, host %d, facts 0x%x: %d '%s', the table: %s", p->name,
		     cfg.aw_bits, t.aw_bits, facts, rc, rc ? err.message : "",
		     rule->message ? rule->message : "accepted");
	if (!rc != !rule->message)
		return property_fail(c, "the table says %s",
				     rule->message ? rule->message : "accepted");
	if (rc && strncmp(err.message, rule->message, strlen(rule->message)))
		return property_fail(c, "'%s', the table says %s", err.message, rule->message);
	return PROPERTY_PASS;
}

const struct property property_intel_check = { "intel_check", intel, .cases = 20000 };
