// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Realizing a device against a hostile kernel. Whatever it answers: nothing
 * hangs, nothing stays open, nothing is used that is not open, and a host whose
 * ranges were malformed or missing is never `accepted`.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/check.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/hostile.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

static const char *width_of(const char *viommu)
{
	return viommu ? strstr(viommu, "aw-bits=") : NULL;
}

static enum property_result judge(struct choices *c, const struct hiod_check *q,
				  const struct hiod_verdict *v, const struct hostile *h)
{
	const char *w = width_of(q->viommu);

	if (h->hangs)
		return property_fail(c, "more than %d calls", HOSTILE_CALLS);
	if (h->misuse)
		return property_fail(c, "%s", h->misuse);
	if (h->nopen)
		return property_fail(c, "%zu descriptors are still open", h->nopen);
	if ((v->verdict == HIOD_ACCEPTED) != (v->message[0] == '\0'))
		return property_fail(c, "%s with the message '%s'", hiod_answer_name(v->verdict),
				     v->message);
	if (v->verdict == HIOD_ABORT || v->verdict == HIOD_HANG || v->verdict == HIOD_SKIPPED)
		return property_fail(c, "a verdict of QEMU's: %s", hiod_answer_name(v->verdict));
	if (v->verdict != HIOD_ACCEPTED)
		return PROPERTY_PASS;
	if (!h->told)
		return property_fail(c, "accepted without a question about ranges");
	if (h->ranges.says != ORACLE_FINE)
		return property_fail(c, "accepted, but: %s",
				     h->ranges.says == ORACLE_MISSING ? "no ranges were told"
								      : h->ranges.why);
	/* With vDPA what sysfs reserves is cut out of the range. */
	if (q->backend != HIOD_BACKEND_VDPA && v->host_aw_bits != oracle_aw_bits(&h->ranges))
		return property_fail(c, "%d bits, but the reply says %d", v->host_aw_bits,
				     oracle_aw_bits(&h->ranges));
	/* A mediated device has no host IOMMU device to compare with, others may bypass theirs. */
	if (!q->machine && !q->topology && !strncmp(q->viommu ? q->viommu : "", "intel", 5) && w &&
	    !h->mdev && atoi(w + 8) > oracle_aw_bits(&h->ranges))
		return property_fail(c, "accepted '%s' on %d bits", w, oracle_aw_bits(&h->ranges));
	return PROPERTY_PASS;
}

static enum property_result realize(struct choices *c, void *ctx)
{
	static struct hostile h;
	char text[VIOMMU_TEXT_MAX], machine[MACHINE_TEXT_MAX], drawing[MACHINE_TEXT_MAX];
	struct hiod_mem_region mem[2];
	struct hiod_check q = { .bdf = HOST_BDF, .mem = mem };
	enum property_result res;
	struct hiod_verdict v;
	struct shim *model;
	static const enum hiod_backend backends[] = { HIOD_BACKEND_LEGACY, HIOD_BACKEND_IOMMUFD,
						      HIOD_BACKEND_VDPA };

	q.profile = make_profile(c);
	q.backend = CHOICES_PICK(c, backends);
	if (q.backend == HIOD_BACKEND_VDPA)
		q.bdf = "/dev/vhost-vdpa-0";
	q.viommu = make_viommu(c, q.profile, text);
	q.nmem = make_memory(c, mem, 2);
	q.machine = make_machine(c, q.profile, machine);
	q.topology = make_topology(c, drawing);
	model = plain_model(choices_upto(c, PLAIN_HOSTS - 1));
	if (!model)
		return PROPERTY_DISCARD;
	hostile_init(&h, model, c, 12);
	hiod_check_run(&h.shim, &q, &v);
	choices_note(c, "%u calls, %u changed: %s at %s: %s", h.calls, h.changed,
		     hiod_answer_name(v.verdict), hiod_stage_name(v.stage), v.message);
	res = judge(c, &q, &v, &h);
	hiod_verdict_free(&v);
	if (res == PROPERTY_PASS && !plain_clean(model))
		res = property_fail(c, "the kernel still holds something");
	if (!plain_clean(model))
		plain_renew();
	return res;
}

const struct property property_realize = { "realize", realize, .cases = 10000 };
