// SPDX-License-Identifier: GPL-2.0-or-later
/* Both replies of IOMMU_IOAS_IOVA_RANGES as bytes of the fuzzer's, against a second reading. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/iommufd.h"
#include "hiod/type1_info.h"
#include "selftests/properties/agree.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/mutate.h"

/* Ranges that a reply may have: as many as HIOD_REPLY_MAX bytes hold. */
#define NUM_MAX (HIOD_REPLY_MAX / (uint32_t)sizeof(struct hiod_range))

/* A kernel that gives the prepared answers. */
struct answer {
	struct shim shim;
	struct ranges_replies rr;
	const uint8_t *ranges;
	size_t n;
	unsigned int calls;
};

static int answer_ranges(struct answer *a, struct iommu_ioas_iova_ranges *q)
{
	unsigned int i = a->calls++ ? 1 : 0;
	uint32_t given = q->num_iovas;

	q->num_iovas = a->rr.num[i];
	q->out_iova_alignment = a->rr.alignment;
	if (i && a->n && q->allowed_iovas)
		memcpy((void *)(uintptr_t)q->allowed_iovas, a->ranges,
		       (a->n < given ? a->n : given) * sizeof(struct hiod_range));
	return -(int)(uint16_t)(a->rr.rc[i] & 0xfff);
}

static int answer_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct answer *a = (struct answer *)s;

	return req == (uint32_t)IOMMU_IOAS_IOVA_RANGES
		       ? answer_ranges(a, (struct iommu_ioas_iova_ranges *)arg)
		       : -ENOTTY;
}

static const struct shim_ops answer_ops = { .name = "answer", .ioctl = answer_ioctl };

static size_t sample_ranges(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	return make_ranges_replies(c, buf, cap);
}

static enum property_result iova_ranges(struct choices *c, void *ctx)
{
	static struct oracle o;
	static uint8_t buf[REPLY_MAX];
	size_t len, there;
	const uint8_t *in = choices_view(c, buf, sizeof(buf), &len, sample_ranges, NULL);
	const struct hiod_profile *p = hiod_profile_default();
	struct answer a = { .shim.ops = &answer_ops };
	struct ranges_replies *rr = &a.rr;
	IOMMUFDBackend be = { .shim = &a.shim, .profile = p, .fd = 3, .users = 1 };
	struct hiod_anomalies an;
	struct hiod_ranges list = { 0 };
	enum property_result res;
	struct hiod_error err;
	uint64_t pgsizes = 0;
	int rc, first, second;
	uint32_t near;
	bool texts;

	if (len <= sizeof(*rr)) {
		memcpy(rr, in, len);
		there = 0;
	} else {
		memcpy(rr, in, sizeof(*rr));
		a.ranges = in + sizeof(*rr);
		there = (len - sizeof(*rr)) / sizeof(struct hiod_range);
	}
	texts = rr->texts % 8 == 1;
	/*
	 * Between some pages of ranges and the bound nothing changes but what a
	 * buffer costs. At the bound it costs as much as hundreds of inputs: only
	 * those that bring no ranges and want texts come that far.
	 */
	near = NUM_MAX - (a.ranges || !texts ? 0 : 8);
	for (int i = 0; i < 2; i++)
		if (rr->num[i] > 256 && rr->num[i] <= near)
			rr->num[i] &= 255;
	first = rr->rc[0] & 0xfff;
	second = rr->rc[1] & 0xfff;
	choices_note(c, "errno %d with num %u, errno %d with num %u, %u of %zu entries written",
		     first, rr->num[0], second, rr->num[1], rr->written, there);
	there = there < rr->written ? there : rr->written;
	there = there < rr->num[0] ? there : rr->num[0];
	a.n = there;

	/* The rule of the uapi: one question for the count, one for the ranges. */
	if (first && first != EMSGSIZE) {
		oracle_ranges(&o, NULL, 0);
	} else if (rr->num[0] > NUM_MAX || (!second && rr->num[1] > rr->num[0])) {
		oracle_ranges(&o, NULL, 0);
		o.says = ORACLE_MALFORMED;
		o.why = "more entries than there is room for";
	} else if (second) {
		oracle_ranges(&o, NULL, 0);
	} else if (rr->num[1] > there) {
		oracle_ranges(&o, a.ranges, there);
		o.says = ORACLE_MALFORMED;
		o.why = "entries that were not written";
	} else {
		oracle_ranges(&o, a.ranges, rr->num[1]);
	}
	an.seen = 0; /* what was not seen has no numbers */
	hiod_error_init(&err);
	/* A text costs as much as the reply. */
	err.quiet = !texts;
	rc = iommufd_backend_get_iova_ranges(&be, 1, &list, &pgsizes, &an, &err);
	res = oracle_agrees(c, rc, &list, &an, &o);
	if (res == PROPERTY_PASS && a.calls > 2)
		res = property_fail(c, "%u calls", a.calls);
	if (res == PROPERTY_PASS && o.says == ORACLE_FINE && pgsizes != rr->alignment)
		res = property_fail(c, "page sizes 0x%" PRIx64, pgsizes);
	if (res == PROPERTY_PASS && rc && err.quiet != !err.message[0])
		res = property_fail(c, err.quiet ? "a text that nobody reads" : "no text");
	range_list_free(&list);
	return res;
}

const struct property property_iova_ranges = { "iova_ranges", iova_ranges, .cases = 20000,
					       .mutate = mutate_ranges, .cross = cross_ranges };
