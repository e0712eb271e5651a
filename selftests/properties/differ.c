// SPDX-License-Identifier: GPL-2.0-or-later
/* See differ.h. */
#include <stdio.h>
#include <string.h>

#include "selftests/properties/differ.h"

enum { INTEL, VIRTIO, AMD, NONE };

static bool crosses(const struct hiod_profile *a, const struct hiod_profile *b, unsigned int major,
		    unsigned int minor)
{
	unsigned int at = HIOD_VERSION(major, minor);

	return (a->version >= at) != (b->version >= at);
}

static bool widths(const struct differ_question *q, const struct host *h,
		   const struct hiod_profile *a, const struct hiod_profile *b)
{
	return q->kind == INTEL && !q->aw_bits && crosses(a, b, 10, 0);
}

static bool first_stage(const struct differ_question *q, const struct host *h,
			const struct hiod_profile *a, const struct hiod_profile *b)
{
	return q->kind == INTEL && q->first_stage &&
	       (a->first_stage_rule != b->first_stage_rule || crosses(a, b, 11, 1));
}

static bool pasid_iotlb(const struct differ_question *q, const struct host *h,
			const struct hiod_profile *a, const struct hiod_profile *b)
{
	return q->kind == INTEL && q->pasid && q->device_iotlb && crosses(a, b, 11, 0);
}

static bool virtio_series(const struct differ_question *q, const struct host *h,
			  const struct hiod_profile *a, const struct hiod_profile *b)
{
	return q->kind == VIRTIO && a->virtio_checks != b->virtio_checks;
}

static bool amd(const struct differ_question *q, const struct host *h, const struct hiod_profile *a,
		const struct hiod_profile *b)
{
	return q->kind == AMD && a->amd_rule != b->amd_rule;
}

/* The series attaches to the IOAS itself: no page table with dirty tracking. */
static bool dirty(const struct differ_question *q, const struct host *h,
		  const struct hiod_profile *a, const struct hiod_profile *b)
{
	uint64_t need = 1ull << 43 | 1ull << 45 | 1ull << 46 | 1ull << 47 | 1ull << 48;

	return q->backend == HIOD_BACKEND_IOMMUFD && a->attach_to_ioas != b->attach_to_ioas &&
	       h->features & 1u << HOST_F_FIRST_STAGE && (h->iommus[0].ecap & need) == need;
}

static const struct {
	const char *name;
	bool (*is)(const struct differ_question *q, const struct host *h,
		   const struct hiod_profile *a, const struct hiod_profile *b);
} reasons[] = {
	{ "default-width", widths },
	{ "first-stage", first_stage },
	{ "pasid-device-iotlb", pasid_iotlb },
	{ "virtio-in-the-series", virtio_series },
	{ "amd-iommu", amd },
	{ "dirty-tracking", dirty },
};

const char *differ_name(size_t i)
{
	return i < sizeof(reasons) / sizeof(reasons[0]) ? reasons[i].name : NULL;
}

const char *differ_reason(const struct differ_question *q, const struct host *h,
			  const struct hiod_profile *a, const struct hiod_profile *b)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].is(q, h, a, b))
			return reasons[i].name;
	return NULL;
}

static const char *on(bool yes, const char *option, const char *value, char buf[64])
{
	buf[0] = '\0';
	if (yes && option)
		snprintf(buf, 64, ",%s=%s", option, value);
	return buf;
}

const char *differ_viommu(const struct differ_question *q, const struct hiod_profile *p,
			  char text[VIOMMU_TEXT_MAX])
{
	bool number = !strcmp(p->pasid_option, "pasid-bits");
	char b[5][64], width[8];

	snprintf(width, sizeof(width), "%u", q->aw_bits);
	switch (q->kind) {
	case INTEL:
		snprintf(text, VIOMMU_TEXT_MAX, "intel-iommu,caching-mode=%s%s%s%s%s%s",
			 q->no_caching ? "off" : "on", on(q->aw_bits, "aw-bits", width, b[0]),
			 on(q->scalable || q->first_stage || q->pasid, p->scalable_option, "on",
			    b[1]),
			 on(q->first_stage, p->first_stage_option, "on", b[2]),
			 on(q->pasid, p->pasid_option, number ? "8" : "on", b[3]),
			 on(q->device_iotlb, "device-iotlb", "on", b[4]));
		return text;
	case VIRTIO: snprintf(text, VIOMMU_TEXT_MAX, "virtio-iommu-pci"); return text;
	case AMD: snprintf(text, VIOMMU_TEXT_MAX, "amd-iommu"); return text;
	default: return NULL;
	}
}
