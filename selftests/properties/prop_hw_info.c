// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMU_GET_HW_INFO replies as bytes of the fuzzer's, and what is said of them. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/intel_iommu.h"
#include "hiod/iommufd.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/mutate.h"

/* A kernel that gives one prepared answer. */
struct answer {
	struct shim shim;
	const uint8_t *in; /* the input */
	size_t len;
};

static int answer_hw_info(struct answer *a, struct uapi_hw_info *q)
{
	struct uapi_hw_info info;
	uint32_t n = q->data_len;

	memcpy(&info, a->in, sizeof(info));
	if (q->data_uptr) {
		n = n < a->len - sizeof(info) ? n : (uint32_t)(a->len - sizeof(info));
		memcpy((void *)(uintptr_t)q->data_uptr, a->in + sizeof(info), n);
	}
	q->data_len = info.data_len;
	q->data_type = info.data_type;
	q->out_max_pasid_log2 = info.out_max_pasid_log2;
	q->out_capabilities = info.out_capabilities;
	return 0;
}

static int answer_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct answer *a = (struct answer *)s;

	return req == (uint32_t)IOMMU_GET_HW_INFO ? answer_hw_info(a, (struct uapi_hw_info *)arg)
						  : -ENOTTY;
}

static const struct shim_ops answer_ops = { .name = "answer", .ioctl = answer_ioctl };

static size_t sample_hw_info(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	return make_hw_info_reply(c, buf, cap);
}

/* What the guest's first stage asks of VT-d's registers (VT-d specification 11.4). */
static enum property_result hw_info(struct choices *c, void *ctx)
{
	static const uint32_t rooms[] = { 40, 24, 0 };
	static uint8_t in[REPLY_MAX];
	const struct hiod_profile *p = make_profile(c);
	struct intel_iommu_config cfg = { .aw_bits = 48,
					  .first_stage = true,
					  .scalable_mode = true };
	uint32_t room = CHOICES_PICK(c, rooms), got = 0, warnings;
	struct answer a = { .shim.ops = &answer_ops, .in = in };
	IOMMUFDBackend be = { .shim = &a.shim, .profile = p, .fd = 3, .users = 1 };
	HostIOMMUDeviceIOMMUFD dev = { .parent.klass = &host_iommu_device_iommufd_class };
	HostIOMMUDeviceCaps *caps = &dev.parent.caps;
	struct uapi_hw_info info;
	struct hiod_error err;
	uint64_t ecap = 0;
	int rc;

	cfg.pasid_bits = (uint8_t)choices_upto(c, 20);
	a.len = choices_rest(c, in, sizeof(in), sample_hw_info, NULL);
	if (a.len < sizeof(info)) {
		memset(in + a.len, 0, sizeof(info) - a.len);
		a.len = sizeof(info);
	}
	memcpy(&info, in, sizeof(info));
	hiod_error_init(&err);
	rc = iommufd_backend_get_device_info(&be, 7, room ? &caps->vendor_caps : NULL, room, caps,
					     &got, &err);
	if (rc)
		return property_fail(c, "result %d", rc);
	if (caps->type != info.data_type || caps->hw_caps != info.out_capabilities ||
	    caps->max_pasid_log2 != info.out_max_pasid_log2 || got != info.data_len)
		return property_fail(c, "not what the reply says");
	/* The registers as far as they were told: the rest is zero. */
	if (a.len > sizeof(info) + 16 && room >= 24)
		memcpy(&ecap, in + sizeof(info) + 16,
		       a.len - sizeof(info) < 24 ? a.len - sizeof(info) - 16 : sizeof(ecap));
	choices_note(c, "type %u, ecap 0x%" PRIx64, caps->type, ecap);
	warnings = intel_iommu_warnings(&cfg, p, &dev.parent);
	if (p->first_stage_rule != HIOD_FIRST_STAGE_CHECKED ||
	    caps->type != UAPI_HW_INFO_TYPE_VTD) {
		if (warnings)
			return property_fail(c, "warnings 0x%x about another IOMMU", warnings);
		return PROPERTY_PASS;
	}
	for (unsigned int i = 0; i < INTEL_IOMMU_WARN_COUNT; i++) {
		static const unsigned int bit[] = { [INTEL_IOMMU_WARN_SCALABLE] = 43,
						    [INTEL_IOMMU_WARN_FIRST_STAGE] = 47,
						    [INTEL_IOMMU_WARN_NESTING] = 26,
						    [INTEL_IOMMU_WARN_COHERENCY] = 48 };
		bool lacks = i == INTEL_IOMMU_WARN_PASID ? cfg.pasid_bits && !caps->max_pasid_log2
							 : !(ecap >> bit[i] & 1);

		if ((warnings >> i & 1) != lacks)
			return property_fail(c, "warning %u is %s", i, lacks ? "missing" : "wrong");
		if (!intel_iommu_warning_text((enum intel_iommu_warning)i)[0])
			return property_fail(c, "warning %u has no text", i);
	}
	return PROPERTY_PASS;
}

/* Three choices come before the reply. */
static const struct reply_of get_hw_info = { UAPI_FD_IOMMUFD, (uint32_t)IOMMU_GET_HW_INFO, 3,
					     sample_hw_info };

static size_t mutate_hw_info(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	return mutate_reply(&get_hw_info, data, size, max, seed);
}

static size_t cross_hw_info(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
			    size_t max, uint32_t seed)
{
	return cross_reply(&get_hw_info, a, na, b, nb, out, max, seed);
}

const struct property property_hw_info = { "hw_info", hw_info, .cases = 20000,
					   .mutate = mutate_hw_info, .cross = cross_hw_info };
