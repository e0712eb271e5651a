/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One call as one JSON object, and back. Internal to the transcript's reader and writer. */
#ifndef HIOD_CAPTURE_TRANSCRIPT_JSON_H
#define HIOD_CAPTURE_TRANSCRIPT_JSON_H

#include "harness/capture/json.h"
#include "harness/capture/transcript.h"

/* Fills c, which has been zeroed; r->rc tells of errors. */
void call_from_json(struct json_reader *r, const json_t *obj, struct call *c);
/* NULL: no memory. */
json_t *call_to_json(const struct call *c);

#endif
