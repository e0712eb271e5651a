/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a parser of hiod/ made of a reply about ranges, and what the oracle says of that reply. */
#ifndef HIOD_PROPERTIES_AGREE_H
#define HIOD_PROPERTIES_AGREE_H

#include "harness/property/property.h"
#include "hiod/anomaly.h"
#include "hiod/range.h"
#include "selftests/properties/oracle.h"

/* rc, l and an: the parser's result, its list, and what it noticed. */
enum property_result oracle_agrees(struct choices *c, int rc, const struct hiod_ranges *l,
				   const struct hiod_anomalies *an, const struct oracle *o);

#endif
