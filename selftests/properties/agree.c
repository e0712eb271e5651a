// SPDX-License-Identifier: GPL-2.0-or-later
/* See agree.h. */
#include <errno.h>

#include "selftests/properties/agree.h"

/* A list of hiod/ and one of the oracle's are the same. */
static bool same_ranges(const struct hiod_ranges *l, const struct oracle *o)
{
	const struct hiod_range *r = range_list_array(l);

	for (size_t i = 0; i < l->n && i < o->n; i++)
		if (r[i].start != o->r[i].start || r[i].last != o->r[i].last)
			return false;
	return l->n == o->n;
}

static bool in_order(const struct hiod_ranges *l)
{
	const struct hiod_range *r = range_list_array(l);

	for (size_t i = 0; i < l->n; i++)
		if (r[i].start > r[i].last ||
		    (i && (r[i].start == 0 || r[i - 1].last >= r[i].start - 1)))
			return false;
	return true;
}

enum property_result oracle_agrees(struct choices *c, int rc, const struct hiod_ranges *l,
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
