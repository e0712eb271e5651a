// SPDX-License-Identifier: GPL-2.0-or-later
/* Decoding any bytes as any call: it ends, and what is cut is a beginning. */
#include <string.h>

#include "harness/property/property.h"
#include "harness/uapi/uapi.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/mutate.h"

#define IN_MAX	 320
#define TEXT_MAX 16384

static size_t rows(void)
{
	static size_t n;

	while (uapi_row_at(n))
		n++;
	return n;
}

static size_t sample(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	size_t n;

	if (choices_bool(c, 50))
		return make_type1_reply(c, buf, cap);
	n = choices_upto(c, 256);
	choices_fill(c, buf, n);
	return n;
}

static enum property_result decode(struct choices *c, void *ctx)
{
	static char whole[TEXT_MAX], part[TEXT_MAX];
	const struct uapi_row *row = uapi_row_at(choices_index(c, rows()));
	int ret = choices_bool(c, 30) ? -(int)choices_upto(c, 4095) : (int)choices_upto(c, 9);
	bool failed = choices_bool(c, 20);
	size_t cut = choices_upto(c, 200), len, full, again;
	uint8_t raw[IN_MAX], *img;
	struct uapi_buf bufs[4];
	struct uapi_cap cap;
	uint32_t pos = 0, steps = 0;
	size_t nbufs = 0;
	uint64_t first;

	len = choices_rest(c, raw, sizeof(raw), sample, NULL);
	img = page_end(len);
	memcpy(img, raw, len);
	choices_note(c, "%s, %zu bytes", row->name, len);
	for (size_t i = 0; i < row->nfields && nbufs < 4; i++) {
		struct uapi_target t;

		if (row->fields[i].kind == UAPI_PTR && uapi_target(&row->fields[i], img, len, &t))
			bufs[nbufs++] = (struct uapi_buf){ row->fields[i].name, img, len };
		if (row->fields[i].kind == UAPI_CAPS && uapi_get(&row->fields[i], img, len, &first))
			pos = (uint32_t)first;
	}
	while (uapi_cap_next(img, len, &pos, &cap) > 0) {
		if (cap.off > len - 8 || cap.end > len || cap.end < cap.off + 8)
			return property_fail(c, "a capability at %u to %u of %zu bytes", cap.off,
					     cap.end, len);
		if (++steps > len / 8)
			return property_fail(c, "%u steps in %zu bytes", steps, len);
	}
	full = uapi_decode(whole, sizeof(whole), row->fd, row->req, (uintptr_t)len, img, len,
			   failed ? NULL : img, failed ? 0 : len, bufs, nbufs, ret);
	again = uapi_decode(part, cut, row->fd, row->req, (uintptr_t)len, img, len,
			    failed ? NULL : img, failed ? 0 : len, bufs, nbufs, ret);
	if (full != again)
		return property_fail(c, "%zu characters, or %zu", full, again);
	if (full < sizeof(whole) && strlen(whole) != full)
		return property_fail(c, "%zu characters of %zu", strlen(whole), full);
	if (cut && strncmp(whole, part, strlen(part)))
		return property_fail(c, "what is cut is another text");
	if (cut && strlen(part) >= cut)
		return property_fail(c, "not cut");
	for (size_t i = 0; whole[i]; i++)
		if ((unsigned char)whole[i] < 0x20 || whole[i] == 0x7f)
			return property_fail(c, "a control character in the text");
	return PROPERTY_PASS;
}

/* Row, result (a flag and a number), failed, where to cut: then the reply. */
#define SKIP 5

static const struct reply_of replies[] = {
	{ UAPI_FD_CONTAINER, (uint32_t)VFIO_IOMMU_GET_INFO, SKIP, sample },
	{ UAPI_FD_DEVICE, (uint32_t)VFIO_DEVICE_GET_REGION_INFO, SKIP, NULL },
	{ UAPI_FD_DEVICE, (uint32_t)VFIO_DEVICE_GET_INFO, SKIP, NULL },
	{ UAPI_FD_IOMMUFD, (uint32_t)IOMMU_GET_HW_INFO, SKIP, NULL },
};

static size_t mutate_decode(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	return mutate_reply(&replies[seed & 3], data, size, max, seed >> 2);
}

static size_t cross_decode(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
			   size_t max, uint32_t seed)
{
	return cross_reply(&replies[seed & 3], a, na, b, nb, out, max, seed >> 2);
}

const struct property property_decode = { "decode", decode, .cases = 10000, .mutate = mutate_decode,
					  .cross = cross_decode };
