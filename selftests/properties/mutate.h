/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutations that know what a reply is: walks over the descriptions of
 * harness/uapi that change a field, a length, a flag, or a link of a chain,
 * and take capabilities out, in, and from another reply.
 */
#ifndef HIOD_PROPERTIES_MUTATE_H
#define HIOD_PROPERTIES_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "harness/uapi/uapi.h"

/*
 * Changes the reply to that request, on that kind of descriptor, which begins
 * at data + skip. Returns the new size, 0 when there was nothing to change.
 */
size_t mutate_reply(enum uapi_fd kind, uint32_t req, size_t skip, uint8_t *data, size_t size,
		    size_t max, uint32_t seed);
/* The input of the property iova_ranges: struct ranges_replies and its entries. */
size_t mutate_ranges(uint8_t *data, size_t size, size_t max, uint32_t seed);

#endif
