// SPDX-License-Identifier: GPL-2.0-or-later
/* VFIO_DEVICE_GET_INFO replies whose length changes from call to call. */
#include <errno.h>
#include <string.h>

#include "harness/property/property.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/type1_info.h"
#include "hiod/vfio.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

/* A kernel whose answers are chosen: of each call its argsz, of all what else it tells. */
struct answer {
	struct shim shim;
	unsigned int calls, turns; /* that argsz changes in; FOR_EVER */
	struct choices *c;
	struct uapi_device_info info;
};

#define FOR_EVER 63
#define FAILS	 2 /* no length that any grows by */

/* It settles or fails, or wants another argsz: more, less, any. */
static int answer_device_info(struct answer *a, uint32_t *argsz)
{
	static const uint32_t steps[] = { 0, 16, 240, 100, 0x7fffffff, 0xffffffff, FAILS, 0 };
	uint32_t given = *argsz, step = 0;

	if (a->turns == FOR_EVER)
		step = 1;
	else if (a->calls < a->turns)
		step = CHOICES_PICK(a->c, steps);
	a->calls++;
	if (step == FAILS)
		return -(int)choices_range(a->c, 1, EHWPOISON);
	a->info.argsz = given + step;
	memcpy(argsz, &a->info, given < sizeof(a->info) ? given : sizeof(a->info));
	/* All of the buffer is the kernel's to write, up to its last byte. */
	if (given > sizeof(a->info))
		((volatile char *)argsz)[given - 1] = 0x5a;
	return 0;
}

static int answer_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct answer *a = (struct answer *)s;

	return req == (uint32_t)VFIO_DEVICE_GET_INFO ? answer_device_info(a, (uint32_t *)arg)
						     : -ENOTTY;
}

static const struct shim_ops answer_ops = { .name = "answer", .ioctl = answer_ioctl };

static enum property_result device_info(struct choices *c, void *ctx)
{
	struct answer a = { .shim.ops = &answer_ops, .c = c };
	struct hiod_anomalies an;
	VFIOState vfio = { .shim = &a.shim, .profile = hiod_profile_default(), .anomalies = &an };
	VFIODevice dev = { .vfio = &vfio, .fd = 3 };
	bool grows = choices_bool(c, 70);
	struct hiod_error err;
	int rc;

	/* Each turn may be a buffer more, and many teach no more than three. */
	a.turns = (unsigned int)choices_upto(c, FOR_EVER);
	if (a.turns != FOR_EVER)
		a.turns %= 4;
	a.info.flags = (uint32_t)choices_upto(c, UINT32_MAX);
	a.info.num_regions = (uint32_t)choices_upto(c, UINT32_MAX);
	a.info.num_irqs = (uint32_t)choices_upto(c, UINT32_MAX);
	an.seen = 0; /* what was not seen has no numbers */
	hiod_error_init(&err);
	/* A text costs as much as all the rest. */
	err.quiet = choices_upto(c, 7);
	rc = vfio_device_get_info(&dev, grows, &err);
	choices_note(c, "%u calls, argsz %u at last, result %d", a.calls, a.info.argsz, rc);
	if (!rc && (dev.flags != a.info.flags || dev.num_regions != a.info.num_regions ||
		    dev.num_irqs != a.info.num_irqs))
		return property_fail(c, "not what the reply says");
	if (!grows && a.calls != 1)
		return property_fail(c, "asked %u times", a.calls);
	if (a.calls > HIOD_REPLY_TRIES)
		return property_fail(c, "asked %u times", a.calls);
	if (rc && err.quiet != !err.message[0])
		return property_fail(c, err.quiet ? "a text that nobody reads" : "no text");
	if (rc == -EPROTO && err.fail == HIOD_FAIL_ANOMALY &&
	    hiod_anomaly_fatal(&an, vfio.profile) == HIOD_ANOMALY_COUNT)
		return property_fail(c, "given up without a reason");
	return PROPERTY_PASS;
}

const struct property property_device_info = { "device_info", device_info, .cases = 20000 };
