// SPDX-License-Identifier: GPL-2.0-or-later
/* See gen.h: inputs of other properties, as their own generators make them. */
#include <stdlib.h>
#include <string.h>

#include "harness/property/property.h"
#include "selftests/properties/gen.h"

size_t make_input(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	const struct property *p = ctx;
	struct choices in;
	uint8_t *bytes;
	size_t len = 0;

	choices_init_seed(&in, choices_u64(c));
	p->fn(&in, p->ctx);
	bytes = choices_encode(&in, &len);
	choices_free(&in);
	if (len > cap)
		len = cap;
	if (bytes)
		memcpy(buf, bytes, len);
	free(bytes);
	return bytes ? len : 0;
}
