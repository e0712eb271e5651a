// SPDX-License-Identifier: GPL-2.0-or-later
/* VFIO_IOMMU_GET_INFO replies as bytes of the fuzzer's, against a second reading of them. */
#include <string.h>

#include "harness/property/property.h"
#include "hiod/type1_info.h"
#include "selftests/properties/agree.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/mutate.h"

static size_t sample_type1(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	return make_type1_reply(c, buf, cap);
}

#define LEAST 24 /* bytes that the caller of the parser has seen to */

static const uint8_t *at_least(const uint8_t *reply, size_t *len)
{
	size_t n = *len < LEAST ? LEAST : *len;
	uint8_t *at = page_end(n);

	memcpy(at, reply, *len);
	memset(at + *len, 0, n - *len);
	*len = n;
	return at;
}

static enum property_result type1_info(struct choices *c, void *ctx)
{
	static struct oracle o;
	static uint8_t buf[REPLY_MAX];
	size_t len;
	const uint8_t *reply = choices_view(c, buf, sizeof(buf), &len, sample_type1, NULL);
	enum property_result res;
	struct hiod_anomalies an;
	struct type1_info info;
	struct hiod_error err;
	int rc;

	/* What is no whole input of the fuzzer's, which knows its end, ends at a page's. */
	if (len < LEAST || reply == buf)
		reply = at_least(reply, &len);
	oracle_type1(&o, reply, len);
	choices_note(c, "%zu bytes: %s", len,
		     o.says == ORACLE_FINE	? "fine"
		     : o.says == ORACLE_MISSING ? "no ranges"
						: o.why);
	an.seen = 0; /* what was not seen has no numbers */
	hiod_error_init(&err);
	/* A text costs as much as the reply: of every eighth argsz, by its own number. */
	err.quiet = reply[0] & 0x38;
	rc = type1_info_parse(reply, len, &info, &an, &err);
	res = oracle_agrees(c, rc, &info.iova_ranges, &an, &o);
	if (res == PROPERTY_PASS && rc && err.quiet != !err.message[0])
		res = property_fail(c, err.quiet ? "a text that nobody reads" : "no text");
	if (res == PROPERTY_PASS && !rc && info.iova_ranges.n &&
	    range_get_last_bit(range_list_last(&info.iova_ranges)) > 63)
		res = property_fail(c, "more than 64 bits");
	range_list_free(&info.iova_ranges);
	return res;
}

static const struct reply_of get_info = { UAPI_FD_CONTAINER, (uint32_t)VFIO_IOMMU_GET_INFO, 0,
					  sample_type1 };

static size_t mutate_type1(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	return mutate_reply(&get_info, data, size, max, seed);
}

static size_t cross_type1(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
			  size_t max, uint32_t seed)
{
	return cross_reply(&get_info, a, na, b, nb, out, max, seed);
}

const struct property property_type1_info = { "type1_info", type1_info, .cases = 20000,
					      .mutate = mutate_type1, .cross = cross_type1 };
