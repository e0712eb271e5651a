/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict as JSON, and the client line under which a check is recorded. */
#ifndef HIOD_CLI_VERDICT_H
#define HIOD_CLI_VERDICT_H

#include <jansson.h>
#include <stdbool.h>

#include "hiod/check.h"

/*
 * Adds host_aw_bits, iova_ranges, verdict, qemu, stage, message, hint and
 * warnings to o, in this order. 0 or -ENOMEM.
 */
int verdict_to_json(const struct hiod_verdict *v, json_t *o);

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
