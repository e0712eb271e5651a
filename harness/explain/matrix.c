// SPDX-License-Identifier: GPL-2.0-or-later
/* One cell of hosts × vIOMMUs; see explain.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/explain/explain.h"
#include "harness/reconstruct/reconstruct.h"
#include "mocks/model.h"

#define MDEV_PATH "/sys/bus/mdev/devices/"

const struct explain_config explain_configs[] = {
	{ .title = "default", .width = "" },
	{ .title = "aw-bits=39", .width = ",aw-bits=39" },
	{ .title = "aw-bits=48", .width = ",aw-bits=48" },
	{ .title = "scalable", .width = "", .scalable = true },
	{ .title = "first stage", .width = "", .scalable = true, .first_stage = true },
	{ .title = "no caching-mode", .width = "", .no_caching_mode = true },
};
_Static_assert(sizeof(explain_configs) == EXPLAIN_CONFIGS * sizeof(*explain_configs), "all");

/* Whole pages that do not overlap; nothing reads them but the model. */
const struct hiod_mem_region explain_small_guest[EXPLAIN_SMALL_GUEST] = {
	{ .iova = 0, .size = 64u << 20, .vaddr = (void *)0x10000000, .name = "pc.ram" },
	{ .iova = 0xfffc0000,
	  .size = 256u << 10,
	  .vaddr = (void *)0x18000000,
	  .readonly = true,
	  .name = "pc.bios" },
};

bool explain_config_text(const struct explain_config *c, const struct hiod_profile *p, char *buf,
			 size_t len)
{
	char extra[96] = "";

	if ((c->scalable && !p->scalable_option) || (c->first_stage && !p->first_stage_option))
		return false;
	if (c->first_stage)
		snprintf(extra, sizeof(extra), ",%s=on,%s=on", p->scalable_option,
			 p->first_stage_option);
	else if (c->scalable)
		snprintf(extra, sizeof(extra), ",%s=on", p->scalable_option);
	snprintf(buf, len, "intel-iommu%s%s%s", c->no_caching_mode ? "" : ",caching-mode=on",
		 c->width, extra);
	return true;
}

/* What is assumed of the width makes an answer that asked the host unknown. */
static int weigh(const struct host *h, const struct host_device *d, struct hiod_verdict *v)
{
	char *assumed, would[sizeof(v->hint)];
	bool width;

	if (recon_rests_on(h, d, &assumed, &width))
		return -ENOMEM;
	free(assumed);
	if (!width || v->stage == HIOD_STAGE_CONFIG)
		return 0;
	snprintf(would, sizeof(would), "as assumed: %s%s%.400s", hiod_answer_name(v->verdict),
		 *v->message ? ": " : "", v->message);
	memcpy(v->hint, would, sizeof(v->hint));
	snprintf(v->message, sizeof(v->message), "the host's address width is not known");
	v->verdict = v->qemu = HIOD_UNKNOWN;
	return 0;
}

int explain_ask(const struct host *h, const struct host_device *d, const struct explain_question *q,
		struct hiod_verdict *v)
{
	struct shim *s = model_new(h, NULL);
	char mdev[sizeof(MDEV_PATH) + 64];
	const struct hiod_check check = {
		.profile = q->profile,
		.viommu = q->viommu,
		.device_first = q->device_first,
		.backend = q->backend,
		/* Mediated devices are on a bus of their own: sysfsdev=. */
		.bdf = d->mdev ? mdev : d->bdf,
		.mem = q->mem,
		.nmem = q->nmem,
	};

	memset(v, 0, sizeof(*v));
	v->host_aw_bits = -1;
	if (!s)
		return -ENOMEM;
	snprintf(mdev, sizeof(mdev), MDEV_PATH "%s", d->bdf);
	hiod_check_run(s, &check, v);
	shim_destroy(s);
	return q->weigh ? weigh(h, d, v) : 0;
}
