// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replies about an IOMMU as bytes of the fuzzer's: the parsers of hiod/ against
 * a second reading of the same reply.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/intel_iommu.h"
#include "hiod/iommufd.h"
#include "hiod/type1_info.h"
#include "hiod/vfio.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/mutate.h"
#include "selftests/properties/oracle.h"

/* ---- type1 ----------------------------------------------------------------- */

static size_t sample_type1(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	return make_type1_reply(c, buf, cap);
}

/* A list of hiod/ and one of the oracle's are the same. */
static bool same_ranges(const struct hiod_ranges *l, const struct oracle *o)
{
	return l->n == o->n && (!l->n || !memcmp(l->r, o->r, l->n * sizeof(l->r[0])));
}

static bool in_order(const struct hiod_ranges *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->r[i].start > l->r[i].last ||
		    (i && (l->r[i].start == 0 || l->r[i - 1].last >= l->r[i].start - 1)))
			return false;
	return true;
}

/* Whether what was noticed and what the oracle says are the same. */
static enum property_result agree(struct choices *c, int rc, const struct hiod_ranges *l,
				  const struct hiod_anomalies *an, const struct oracle *o)
{
	enum hiod_anomaly worst = hiod_anomaly_worst(an);
	enum hiod_answer v =
		worst == HIOD_ANOMALY_COUNT ? HIOD_ACCEPTED : hiod_anomaly_verdict(worst);

	if (rc && rc != -EPROTO && rc != -ENOMEM)
		return property_fail(c, "result %d", rc);
	if (rc == -ENOMEM)
		return PROPERTY_DISCARD;
	if (!in_order(l))
		return property_fail(c, "the list is not in order");
	if (rc == -EPROTO && v != HIOD_ERROR)
		return property_fail(c, "given up without an anomaly that is an error");
	switch (o->says) {
	case ORACLE_FINE:
		if (rc || v != HIOD_ACCEPTED)
			return property_fail(c, "a good reply: result %d, anomaly %d", rc,
					     (int)worst);
		if (!same_ranges(l, o))
			return property_fail(c, "other ranges than those of the reply");
		return PROPERTY_PASS;
	case ORACLE_MISSING:
		if (v != HIOD_UNKNOWN || l->n)
			return property_fail(c, "nothing is told: anomaly %d, %zu ranges",
					     (int)worst, l->n);
		return PROPERTY_PASS;
	case ORACLE_MALFORMED:
		if (v == HIOD_ACCEPTED)
			return property_fail(c, "taken for good: %s", o->why);
		return PROPERTY_PASS;
	}
	return PROPERTY_PASS;
}

static enum property_result type1_info(struct choices *c, void *ctx)
{
	static struct oracle o;
	static uint8_t in[REPLY_MAX];
	size_t len = choices_rest(c, in, sizeof(in), sample_type1, NULL);
	enum property_result res;
	struct hiod_anomalies an = { 0 };
	struct type1_info info;
	struct hiod_error err;
	uint8_t *reply;
	int rc;

	if (len < 24)
		len = 24;
	reply = page_end(len);
	memcpy(reply, in, len);
	oracle_type1(&o, reply, len);
	choices_note(c, "%zu bytes: %s", len,
		     o.says == ORACLE_FINE	? "fine"
		     : o.says == ORACLE_MISSING ? "no ranges"
						: o.why);
	hiod_error_init(&err);
	rc = type1_info_parse(reply, len, &info, &an, &err);
	res = agree(c, rc, &info.iova_ranges, &an, &o);
	if (res == PROPERTY_PASS && memcmp(reply, in, len))
		res = property_fail(c, "the reply was changed");
	if (res == PROPERTY_PASS && !rc && info.iova_ranges.n &&
	    range_get_last_bit(&info.iova_ranges.r[info.iova_ranges.n - 1]) > 63)
		res = property_fail(c, "more than 64 bits");
	range_list_free(&info.iova_ranges);
	return res;
}

/* ---- a kernel that gives one prepared answer --------------------------------- */

struct answer {
	struct shim shim;
	const uint8_t *in; /* the input */
	size_t len;
	unsigned int calls;
	struct choices *c;
	uint32_t argsz;
};

static int answer_ranges(struct answer *a, struct iommu_ioas_iova_ranges *q)
{
	struct ranges_replies rr;
	unsigned int i = a->calls++ ? 1 : 0;
	uint32_t n, given = q->num_iovas;

	memcpy(&rr, a->in, sizeof(rr));
	q->num_iovas = rr.num[i];
	q->out_iova_alignment = rr.alignment;
	if (i && q->allowed_iovas) {
		n = (uint32_t)((a->len - sizeof(rr)) / sizeof(struct hiod_range));
		n = n < rr.written ? n : rr.written;
		n = n < given ? n : given;
		memcpy((void *)(uintptr_t)q->allowed_iovas, a->in + sizeof(rr),
		       n * sizeof(struct hiod_range));
	}
	return -(int)(uint16_t)(rr.rc[i] & 0xfff);
}

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

/* Another argsz each time: growing, shrinking, any; 0 for all choices settles at once. */
static int answer_device_info(struct answer *a, uint32_t *argsz)
{
	static const uint32_t steps[] = { 0, 1, 16, 0x7fffffff, 0xffffffff, 24 };
	struct uapi_device_info info;
	uint32_t given = *argsz;

	a->calls++;
	memcpy(&info, argsz, given < sizeof(info) ? given : sizeof(info));
	info.argsz = given + CHOICES_PICK(a->c, steps);
	info.flags = (uint32_t)choices_u64(a->c);
	info.num_regions = (uint32_t)choices_u64(a->c);
	info.num_irqs = (uint32_t)choices_u64(a->c);
	a->argsz = info.argsz;
	if (choices_bool(a->c, 5))
		return -(int)choices_range(a->c, 1, 524);
	memcpy(argsz, &info, given < sizeof(info) ? given : sizeof(info));
	/* All of the buffer is the kernel's to write. */
	if (given > sizeof(info))
		memset((char *)argsz + sizeof(info), 0x5a, given - sizeof(info));
	return 0;
}

static int answer_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct answer *a = (struct answer *)s;

	switch (req) {
	case (uint32_t)IOMMU_IOAS_IOVA_RANGES:
		return answer_ranges(a, (struct iommu_ioas_iova_ranges *)arg);
	case (uint32_t)IOMMU_GET_HW_INFO: return answer_hw_info(a, (struct uapi_hw_info *)arg);
	case (uint32_t)VFIO_DEVICE_GET_INFO: return answer_device_info(a, (uint32_t *)arg);
	default: return -ENOTTY;
	}
}

static const struct shim_ops answer_ops = { .name = "answer", .ioctl = answer_ioctl };

/* ---- iommufd ----------------------------------------------------------------- */

static size_t sample_ranges(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	return make_ranges_replies(c, buf, cap);
}

static enum property_result iova_ranges(struct choices *c, void *ctx)
{
	static struct oracle o;
	static uint8_t in[REPLY_MAX];
	size_t len = choices_rest(c, in, sizeof(in), sample_ranges, NULL);
	const struct hiod_profile *p = hiod_profile_default();
	struct answer a = { .shim.ops = &answer_ops, .in = in, .len = len };
	IOMMUFDBackend be = { .shim = &a.shim, .profile = p, .fd = 3, .users = 1 };
	struct hiod_anomalies an = { 0 };
	struct hiod_ranges list = { 0 };
	struct ranges_replies rr;
	enum property_result res;
	struct hiod_error err;
	uint64_t pgsizes = 0;
	size_t there;
	int rc, first, second;

	if (len < sizeof(rr)) {
		memset(in + len, 0, sizeof(rr) - len);
		a.len = len = sizeof(rr);
	}
	memcpy(&rr, in, sizeof(rr));
	there = (len - sizeof(rr)) / sizeof(struct hiod_range);
	first = rr.rc[0] & 0xfff;
	second = rr.rc[1] & 0xfff;
	choices_note(c, "errno %d with num %u, errno %d with num %u, %u of %zu entries written",
		     first, rr.num[0], second, rr.num[1], rr.written, there);
	there = there < rr.written ? there : rr.written;
	there = there < rr.num[0] ? there : rr.num[0];

	/* The rule of the uapi: one question for the count, one for the ranges. */
	if (first && first != EMSGSIZE) {
		oracle_ranges(&o, NULL, 0);
	} else if (rr.num[0] > HIOD_REPLY_MAX / 16 || (!second && rr.num[1] > rr.num[0])) {
		oracle_ranges(&o, NULL, 0);
		o.says = ORACLE_MALFORMED;
		o.why = "more entries than there is room for";
	} else if (second) {
		oracle_ranges(&o, NULL, 0);
	} else if (rr.num[1] > there) {
		oracle_ranges(&o, in + sizeof(rr), there);
		o.says = ORACLE_MALFORMED;
		o.why = "entries that were not written";
	} else {
		oracle_ranges(&o, in + sizeof(rr), rr.num[1]);
	}
	hiod_error_init(&err);
	rc = iommufd_backend_get_iova_ranges(&be, 1, &list, &pgsizes, &an, &err);
	res = agree(c, rc, &list, &an, &o);
	if (res == PROPERTY_PASS && a.calls > 2)
		res = property_fail(c, "%u calls", a.calls);
	if (res == PROPERTY_PASS && o.says == ORACLE_FINE && pgsizes != rr.alignment)
		res = property_fail(c, "page sizes 0x%" PRIx64, pgsizes);
	range_list_free(&list);
	return res;
}

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

/* ---- devices ------------------------------------------------------------------ */

static enum property_result device_info(struct choices *c, void *ctx)
{
	struct answer a = { .shim.ops = &answer_ops, .c = c };
	struct hiod_anomalies an = { 0 };
	VFIOState vfio = { .shim = &a.shim, .profile = hiod_profile_default(), .anomalies = &an };
	VFIODevice dev = { .vfio = &vfio, .fd = 3 };
	bool grows = choices_bool(c, 70);
	struct hiod_error err;
	int rc;

	hiod_error_init(&err);
	rc = vfio_device_get_info(&dev, grows, &err);
	choices_note(c, "%u calls, argsz %u at last, result %d", a.calls, a.argsz, rc);
	if (!grows && a.calls != 1)
		return property_fail(c, "asked %u times", a.calls);
	if (a.calls > HIOD_REPLY_TRIES)
		return property_fail(c, "asked %u times", a.calls);
	if (rc && !err.message[0])
		return property_fail(c, "no message");
	if (rc == -EPROTO && err.fail == HIOD_FAIL_ANOMALY &&
	    hiod_anomaly_fatal(&an, vfio.profile) == HIOD_ANOMALY_COUNT)
		return property_fail(c, "given up without a reason");
	return PROPERTY_PASS;
}

static size_t mutate_type1(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	return mutate_reply("VFIO_IOMMU_GET_INFO", 0, data, size, max, seed);
}

static size_t mutate_hw_info(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	/* Three choices come before the reply. */
	return mutate_reply("IOMMU_GET_HW_INFO", 3, data, size, max, seed);
}

const struct property property_type1_info = { "type1_info", type1_info, .cases = 20000,
					      .mutate = mutate_type1 };
const struct property property_iova_ranges = { "iova_ranges", iova_ranges, .cases = 20000,
					       .mutate = mutate_ranges };
const struct property property_hw_info = { "hw_info", hw_info, .cases = 20000,
					   .mutate = mutate_hw_info };
const struct property property_device_info = { "device_info", device_info, .cases = 20000 };
