/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict as JSON and back, and the client line under which a check is recorded. */
#ifndef HIOD_CLI_VERDICT_H
#define HIOD_CLI_VERDICT_H

#include <jansson.h>
#include <stdbool.h>

#include "harness/cli/text.h"
#include "hiod/check.h"

/*
 * Takes the address of a container of this process out of QEMU's message of a
 * failed mapping: it is another each time, and what is printed shall be the same.
 */
void verdict_settle(struct hiod_verdict *v);

/*
 * The members host_aw_bits, iova_ranges, verdict, qemu, stage, message, hint
 * and warnings of an object, in this order, without its braces.
 */
void verdict_to_text(const struct hiod_verdict *v, struct text *t);
/* Adds the same members to o. 0 or -ENOMEM. */
int verdict_to_json(const struct hiod_verdict *v, json_t *o);
/*
 * The reverse: o has these members, others are not looked at. 0, and the
 * caller's to hiod_verdict_free(); -EINVAL with *key the first that is missing
 * or no such thing; -ENOMEM.
 */
int verdict_from_json(const json_t *o, struct hiod_verdict *v, const char **key);

/* "legacy", "iommufd", "vdpa". */
const char *backend_name(enum hiod_backend b);
/* -1 when there is none of that name. */
int backend_from_name(const char *name);

/*
 * The client of a recorded check: "hiod PROFILE[/MACHINE] BACKEND[+memory] VIOMMU",
 * with " +OPTION" behind it for each line of a topology. The caller frees; NULL: no
 * memory.
 */
char *client_of(const struct hiod_check *c);
/*
 * The reverse: fills profile, machine, backend, memory, viommu and topology. *storage keeps the
 * strings and is the caller's to free. False when client is not such a line,
 * or names a profile that is not there.
 */
bool client_parse(const char *client, struct hiod_check *c, char **storage);

/*
 * The memory of a q35 guest of 64 MiB, as it lies before the guest runs: what
 * QEMU maps when a device gets its container. No memory of this process: for
 * the model kernel only.
 */
#define GUEST_MEMORY_REGIONS 2
extern const struct hiod_mem_region guest_memory[GUEST_MEMORY_REGIONS];

#endif
