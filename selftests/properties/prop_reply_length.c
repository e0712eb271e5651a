// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Questions whose reply may be longer than the room for it: a kernel that asks
 * for more each time, for less the second time, for nearly what there is, for
 * ever. What counts is what it was given room for, and what it wrote there.
 */
#include <errno.h>
#include <string.h>

#include "harness/property/property.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/type1_info.h"
#include "hiod/vfio.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

/* How the argsz of one reply follows from the room for it. */
enum way { FITS, GROWS, SHRINKS, JUMPS, NEARLY, WAYS };

/* A kernel that fills all of its room, and says how much it would have wanted. */
struct answer {
	struct shim shim;
	struct choices *c;
	enum way way, then; /* of the first replies, and of those from turn on */
	unsigned int turn;
	unsigned int calls;
	uint32_t inline_len;
	uint32_t room, wanted; /* of the last call */
	int ret;
};

/* The byte that the n-th reply has at off. */
static uint8_t byte_at(unsigned int n, size_t off)
{
	return (uint8_t)(off * 5 + n);
}

static uint32_t wanted(struct answer *a, uint32_t room)
{
	uint32_t less;

	switch (a->calls > a->turn ? a->then : a->way) {
	case GROWS: return room + 1 + (uint32_t)choices_upto(a->c, 63);
	case SHRINKS:
		less = (uint32_t)choices_upto(a->c, 63);
		return less < room ? room - 1 - less : 0;
	case JUMPS: return (uint32_t)choices_range(a->c, 0, UINT32_MAX);
	case NEARLY: /* the end of the caller's own memory, or some bytes behind it */
		return a->inline_len + (uint32_t)choices_upto(a->c, 24);
	default: return room;
	}
}

static int answer_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct answer *a = (struct answer *)s;
	uint8_t *p = (uint8_t *)arg;

	memcpy(&a->room, p, sizeof(a->room));
	a->calls++;
	if (a->calls > HIOD_REPLY_TRIES || choices_bool(a->c, 2)) {
		a->ret = -(int)choices_range(a->c, 1, 524);
		return a->ret;
	}
	a->wanted = wanted(a, a->room);
	for (size_t i = 0; i < a->room; i++)
		p[i] = byte_at(a->calls, i);
	memcpy(p, &a->wanted, sizeof(a->wanted));
	return 0;
}

static const struct shim_ops answer_ops = { .name = "answer", .ioctl = answer_ioctl };

/* The call that may not be repeated any more, and why it was the last. */
static enum property_result judge(struct choices *c, const struct answer *a, bool grows, int rc,
				  const struct hiod_anomalies *an, const struct hiod_error *err)
{
	bool more = grows && a->wanted > a->room;
	int want = a->ret ? a->ret : more ? -EPROTO : 0;

	if (rc != want)
		return property_fail(c, "result %d, not %d", rc, want);
	if (rc && !err->message[0])
		return property_fail(c, "no message");
	if (!a->ret && more && a->wanted <= HIOD_REPLY_MAX && a->calls < HIOD_REPLY_TRIES)
		return property_fail(c, "given up after %u calls", a->calls);
	if (!a->ret && (rc == -EPROTO) != (hiod_anomaly_worst(an) == HIOD_ANOMALY_ARGSZ_UNSETTLED))
		return property_fail(c, "given up without the anomaly, or the other way round");
	if (!rc &&
	    (hiod_anomaly_worst(an) == HIOD_ANOMALY_ARGSZ_SHRANK) != (grows && a->wanted < a->room))
		return property_fail(c, "a reply that shrank is not noted, or another is");
	return PROPERTY_PASS;
}

static enum property_result reply_length(struct choices *c, void *ctx)
{
	static const uint32_t rooms[] = { 256, 24, 64, 32 };
	struct answer a = { .shim.ops = &answer_ops, .c = c };
	struct hiod_anomalies an = { 0 };
	VFIOState vfio = { .shim = &a.shim, .profile = hiod_profile_default(), .anomalies = &an };
	bool grows = !choices_bool(c, 15);
	enum property_result res;
	struct hiod_error err;
	size_t len = 0;
	void *small, *buf = NULL;
	int rc;

	a.inline_len = CHOICES_PICK(c, rooms);
	a.way = (enum way)choices_upto(c, WAYS - 1);
	a.then = (enum way)choices_upto(c, WAYS - 1);
	a.turn = (unsigned int)choices_upto(c, 3);
	if (choices_bool(c, 20)) /* in the end, or never */
		a.turn = HIOD_REPLY_TRIES - 1 + (unsigned int)choices_upto(c, 2);
	small = page_end(a.inline_len);
	hiod_error_init(&err);
	rc = vfio_get_info(&vfio, 3, (uint32_t)VFIO_IOMMU_GET_INFO, sizeof(struct uapi_type1_info),
			   small, a.inline_len, &buf, &len, grows, "no reply", &err);
	choices_note(c, "%u calls, the last with room for %u: %u wanted, errno %d, result %d",
		     a.calls, a.room, a.wanted, -a.ret, rc);
	if (a.calls > HIOD_REPLY_TRIES || (!grows && a.calls != 1))
		return property_fail(c, "asked %u times", a.calls);
	res = judge(c, &a, grows, rc, &an, &err);
	if (rc)
		return res;
	if (res == PROPERTY_PASS && len != a.room)
		res = property_fail(c, "%zu bytes count, of %u", len, a.room);
	for (size_t i = sizeof(a.wanted); i < len && res == PROPERTY_PASS; i++)
		if (((uint8_t *)buf)[i] != byte_at(a.calls, i))
			res = property_fail(c, "byte %zu is not the kernel's", i);
	vfio_reply_free(small, buf);
	return res;
}

const struct property property_reply_length = { "reply_length", reply_length, .cases = 10000 };
