// SPDX-License-Identifier: GPL-2.0-or-later
/* Options, rules and capability registers; see intel_iommu.h. */
#include "hiod/intel_iommu.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum kind { KIND_BOOL, KIND_AUTO, KIND_U8, KIND_U32, KIND_PASID_BOOL };

#define NEVER UINT32_MAX

/* Properties, and the versions in which they are there: [since, until). */
static const struct property {
	const char *name;
	enum kind kind;
	size_t offset;
	unsigned since, until;
	const char *now; /* what a later version calls it, if that is just a name */
} properties[] = {
#define P(text, kind, member, ...)                                                                 \
	{                                                                                          \
		text, kind, offsetof(struct intel_iommu_config, member), __VA_ARGS__               \
	}
	P("version", KIND_U32, version, 0, NEVER, NULL),
	P("eim", KIND_AUTO, eim, 0, NEVER, NULL),
	P("x-buggy-eim", KIND_BOOL, buggy_eim, 0, HIOD_VERSION(11, 1), NULL),
	P("aw-bits", KIND_U8, aw_bits, 0, NEVER, NULL),
	P("caching-mode", KIND_BOOL, caching_mode, 0, NEVER, NULL),
	P("x-scalable-mode", KIND_BOOL, scalable_mode, 0, HIOD_VERSION(11, 1), "scalable-mode"),
	P("scalable-mode", KIND_BOOL, scalable_mode, HIOD_VERSION(11, 1), NEVER, "x-scalable-mode"),
	P("x-flts", KIND_BOOL, first_stage, HIOD_VERSION(10, 0), HIOD_VERSION(11, 1), "fsts"),
	P("fsts", KIND_BOOL, first_stage, HIOD_VERSION(11, 1), NEVER, "x-flts"),
	P("fs1gp", KIND_BOOL, fs1gp, HIOD_VERSION(10, 0), NEVER, NULL),
	P("snoop-control", KIND_BOOL, snoop_control, 0, NEVER, NULL),
	P("x-pasid-mode", KIND_PASID_BOOL, pasid_bits, 0, HIOD_VERSION(11, 1), "pasid-bits"),
	P("pasid-bits", KIND_U8, pasid_bits, HIOD_VERSION(11, 1), NEVER, "x-pasid-mode"),
	P("svm", KIND_BOOL, svm, HIOD_VERSION(11, 0), NEVER, NULL),
	P("dma-drain", KIND_BOOL, dma_drain, 0, HIOD_VERSION(11, 1), NULL),
	P("dma-translation", KIND_BOOL, dma_translation, 0, NEVER, NULL),
	P("stale-tm", KIND_BOOL, stale_tm, HIOD_VERSION(9, 2), NEVER, NULL),
	/* of x86-iommu, its parent */
	P("intremap", KIND_AUTO, intremap, 0, NEVER, NULL),
	P("device-iotlb", KIND_BOOL, device_iotlb, 0, NEVER, NULL),
	P("pt", KIND_BOOL, pt, 0, HIOD_VERSION(11, 1), NULL),
#undef P
};

#define N_PROPERTIES (sizeof(properties) / sizeof(properties[0]))

static bool has_property(const struct hiod_profile *p, const struct property *prop)
{
	return p->version >= prop->since && p->version < prop->until;
}

static const struct property *find(const char *name)
{
	for (size_t i = 0; i < N_PROPERTIES; i++)
		if (!strcmp(properties[i].name, name))
			return &properties[i];
	return NULL;
}

void intel_iommu_config_init(struct intel_iommu_config *c, const struct hiod_profile *p,
			     uint8_t aw_bits)
{
	*c = (struct intel_iommu_config){
		.aw_bits = aw_bits,
		.fs1gp = p->first_stage_rule != HIOD_FIRST_STAGE_NONE,
		.dma_drain = true,
		.dma_translation = true,
		.pt = true,
	};
}

static int unknown_property(const struct property *prop, const struct hiod_profile *p,
			    const char *name, struct hiod_error *err)
{
	const struct property *other = prop && prop->now ? find(prop->now) : NULL;

	hiod_error_set(err, -EINVAL, "Property 'intel-iommu.%s' not found", name);
	if (other && has_property(p, other))
		hiod_error_hint(err, "%s calls it %s%s", p->name, other->name,
				other->kind == KIND_U8		 ? ", a number"
				: other->kind == KIND_PASID_BOOL ? ", on or off"
								 : "");
	return -EINVAL;
}

int intel_iommu_config_set(struct intel_iommu_config *c, const struct hiod_profile *p,
			   const struct hiod_options *o, struct hiod_error *err)
{
	const struct property *prop = find(o->key);
	uint64_t number = 0;
	bool on;
	void *at;
	int rc;

	if (!strcmp(o->key, "id"))
		return 0;
	if (!prop || !has_property(p, prop))
		return unknown_property(prop, p, o->key, err);
	at = (char *)c + prop->offset;
	switch (prop->kind) {
	case KIND_BOOL: return hiod_option_bool(o, at, err);
	case KIND_AUTO: return hiod_option_on_off_auto(o, at, err);
	case KIND_PASID_BOOL:
		rc = hiod_option_bool(o, &on, err);
		if (!rc)
			c->pasid_bits = on;
		return rc;
	case KIND_U8:
		rc = hiod_option_uint(o, UINT8_MAX, "uint8_t", &number, err);
		if (!rc)
			*(uint8_t *)at = number;
		return rc;
	case KIND_U32:
		rc = hiod_option_uint(o, UINT32_MAX, "uint32_t", &number, err);
		if (!rc)
			*(uint32_t *)at = number;
		return rc;
	}
	return 0;
}

/* x86-iommu, the parent, realizes first. */
static int decide_irq(struct intel_iommu_config *c, enum hiod_irqchip irqchip,
		      struct hiod_error *err)
{
	bool full = irqchip == HIOD_IRQCHIP_ON;

	if (c->intremap == ON_OFF_AUTO_ON && full)
		return hiod_error_set(err, -EINVAL,
				      "Interrupt Remapping cannot work with kernel-irqchip=on, "
				      "please use 'split|off'.");
	if (c->intremap == ON_OFF_AUTO_AUTO)
		c->intremap = full ? ON_OFF_AUTO_OFF : ON_OFF_AUTO_ON;
	return 0;
}

static int decide_eim(struct intel_iommu_config *c, enum hiod_irqchip irqchip,
		      struct hiod_error *err)
{
	bool intremap = c->intremap == ON_OFF_AUTO_ON;

	if (c->eim == ON_OFF_AUTO_ON && !intremap)
		return hiod_error_set(err, -EINVAL,
				      "eim=on cannot be selected without intremap=on");
	if (c->eim == ON_OFF_AUTO_AUTO)
		c->eim = (irqchip == HIOD_IRQCHIP_SPLIT || c->buggy_eim) && intremap
				 ? ON_OFF_AUTO_ON
				 : ON_OFF_AUTO_OFF;
	return 0;
}

static int decide_aw_bits(const struct intel_iommu_config *c, const struct hiod_profile *p,
			  struct hiod_error *err)
{
	const char *word = p->first_stage_word;

	if (p->first_stage_rule == HIOD_FIRST_STAGE_NONE) {
		if (c->aw_bits == 39 || c->aw_bits == 48)
			return 0;
		return hiod_error_set(err, -EINVAL, "Supported values for aw-bits are: 39, 48");
	}
	if (c->first_stage) {
		if (c->aw_bits == 48)
			return 0;
		return hiod_error_set(err, -EINVAL,
				      "Scalable mode(%s=on): supported value for aw-bits is: 48",
				      p->first_stage_on_word);
	}
	if (c->aw_bits == 39 || c->aw_bits == 48)
		return 0;
	if (c->scalable_mode)
		return hiod_error_set(err, -EINVAL,
				      "Scalable mode(%s=off): supported values for aw-bits are: "
				      "39, 48",
				      word);
	return hiod_error_set(err, -EINVAL,
			      "Legacy mode: supported values for aw-bits are: 39, 48");
}

static int decide_svm(const struct intel_iommu_config *c, const struct hiod_profile *p,
		      struct hiod_error *err)
{
	if (!c->device_iotlb)
		return hiod_error_set(err, -EINVAL, "Need to set device IOTLB for svm");
	if (!c->first_stage)
		return hiod_error_set(err, -EINVAL, "Need to set %s for svm", p->first_stage_word);
	if (!c->dma_translation)
		return hiod_error_set(err, -EINVAL, "Need to set dma-translation for svm");
	if (!c->pasid_bits)
		return hiod_error_set(err, -EINVAL, "Need to set PASID support for svm");
	return 0;
}

int intel_iommu_config_decide(struct intel_iommu_config *c, const struct hiod_profile *p,
			      enum hiod_irqchip irqchip, struct hiod_error *err)
{
	int rc = decide_irq(c, irqchip, err);

	if (rc)
		return rc;
	if (c->pasid_bits && c->device_iotlb && p->pasid_iotlb_refused)
		return hiod_error_set(err, -EINVAL, "PASID based device IOTLB is not supported");
	rc = decide_eim(c, irqchip, err);
	if (rc)
		return rc;
	if (c->first_stage && !c->scalable_mode)
		return hiod_error_set(err, -EINVAL, "%s is only available in scalable mode",
				      p->first_stage_option);
	rc = decide_aw_bits(c, p, err);
	if (rc)
		return rc;
	if (c->scalable_mode && !c->dma_drain)
		return hiod_error_set(err, -EINVAL, "Need to set dma_drain for scalable mode");
	if (c->pasid_bits && !c->scalable_mode)
		return hiod_error_set(err, -EINVAL, "Need to set scalable mode for PASID");
	if (c->pasid_bits > 20)
		return hiod_error_set(
			err, -EINVAL,
			"PASID width %d exceeds Max PASID Width 20 allowed in PCI spec",
			c->pasid_bits);
	return c->svm ? decide_svm(c, p, err) : 0;
}

#define BIT64(n) (1ull << (n))

/* VT-d specification 11.4.2 */
uint64_t intel_iommu_cap(const struct intel_iommu_config *c, const struct hiod_profile *p)
{
	uint64_t cap = 6 |					  /* ND: 16-bit domain ids */
		       (uint64_t)0x22 << 24 |			  /* FRO: fault records at 0x220 */
		       BIT64(34) | BIT64(35) |			  /* SLLPS: 2 MB, 1 GB */
		       BIT64(39) |				  /* PSI */
		       (uint64_t)18 << 48 |			  /* MAMV */
		       (uint64_t)((c->aw_bits - 1) & 0x3f) << 16; /* MGAW: width - 1 */

	if (c->caching_mode)
		cap |= BIT64(7);
	if (c->dma_translation && c->aw_bits >= 39)
		cap |= BIT64(9);
	if (c->dma_translation && c->aw_bits >= 48)
		cap |= BIT64(10);
	if (c->dma_drain)
		cap |= BIT64(54) | BIT64(55);
	if (c->first_stage && c->fs1gp)
		cap |= BIT64(56);
	if (p->esrtps)
		cap |= BIT64(63);
	return cap;
}

/* PSS: supported PASID width - 1; absent up to 10.0, then fixed, then as asked for. */
static uint64_t pasid_size(const struct intel_iommu_config *c, const struct hiod_profile *p)
{
	if (p->version < HIOD_VERSION(10, 1))
		return 0;
	return p->version < HIOD_VERSION(11, 1) ? 7 : c->pasid_bits - 1;
}

/* VT-d specification 11.4.3 */
uint64_t intel_iommu_ecap(const struct intel_iommu_config *c, const struct hiod_profile *p)
{
	uint64_t ecap = BIT64(1) | 0xf << 8; /* QI; IRO: IOTLB registers at 0xf0 */

	if (c->device_iotlb)
		ecap |= BIT64(2);
	if (c->intremap == ON_OFF_AUTO_ON) {
		ecap |= BIT64(3) | 0xf << 20; /* IR, MHMV */
		if (c->eim == ON_OFF_AUTO_ON)
			ecap |= BIT64(4);
	}
	if (c->pt)
		ecap |= BIT64(6);
	if (c->snoop_control)
		ecap |= BIT64(7);
	if (c->first_stage)
		ecap |= BIT64(43) | BIT64(47); /* SMTS, FLTS */
	else if (c->scalable_mode)
		ecap |= BIT64(31) | BIT64(43) | BIT64(46); /* SRS, SMTS, SLTS */
	if (c->pasid_bits)
		ecap |= BIT64(40) | pasid_size(c, p) << 35;
	if (c->svm)
		ecap |= BIT64(29) | BIT64(33) | BIT64(42); /* PRS, NWFS, PDS */
	return ecap;
}
