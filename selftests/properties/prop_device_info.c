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

/* A kernel whose answers are chosen. */
struct answer {
	struct shim shim;
	unsigned int calls;
	struct choices *c;
	uint32_t argsz;
};

/* Another argsz each time: growing, shrinking, any; 0 for all choices settles at once. */
static int answer_device_info(struct answer *a, uint32_t *argsz)
{
	static const uint32_t steps[] = { 0, 1, 16, 0x7fffffff, 0xffffffff, 24, 100, 240 };
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

	return req == (uint32_t)VFIO_DEVICE_GET_INFO ? answer_device_info(a, (uint32_t *)arg)
						     : -ENOTTY;
}

static const struct shim_ops answer_ops = { .name = "answer", .ioctl = answer_ioctl };

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

const struct property property_device_info = { "device_info", device_info, .cases = 20000 };
