/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a host description that tells of vDPA devices, read and written. Internal. */
#ifndef HIOD_CAPTURE_HOST_VDPA_JSON_H
#define HIOD_CAPTURE_HOST_VDPA_JSON_H

#include "harness/capture/host.h"
#include "harness/capture/json.h"

/* The member "vdpa" of o, if it is there, into h. What is wrong is r's error. */
void host_read_vdpa(struct json_reader *r, const json_t *o, struct host *h);
/* Sets that member, if h has any; *bad: a value could not be made. */
void host_write_vdpa(json_t *o, const struct host *h, bool *bad);

#endif
