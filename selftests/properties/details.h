/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What few hosts have and make_host() leaves out: functions that a reset
 * reaches, capabilities of devices and regions, vDPA devices that tell of their
 * queues, nodes that are refused, firmware's tables, other makes of IOMMUs.
 */
#ifndef HIOD_PROPERTIES_DETAILS_H
#define HIOD_PROPERTIES_DETAILS_H

#include "harness/capture/host.h"
#include "harness/property/choices.h"

/* Adds some to a host of make_host(). False: no memory; h is host_free()'s still. */
bool make_details(struct choices *c, struct host *h);

#endif
