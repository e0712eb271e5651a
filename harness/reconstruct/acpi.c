// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "harness/reconstruct/acpi.h"

static uint64_t number(struct bytes b, size_t at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (at + i < b.n)
			v |= (uint64_t)b.p[at + i] << 8 * i;
	return v;
}

uint8_t acpi_u8(struct bytes b, size_t at)
{
	return (uint8_t)number(b, at, 1);
}

uint16_t acpi_u16(struct bytes b, size_t at)
{
	return (uint16_t)number(b, at, 2);
}

uint32_t acpi_u32(struct bytes b, size_t at)
{
	return (uint32_t)number(b, at, 4);
}

uint64_t acpi_u64(struct bytes b, size_t at)
{
	return number(b, at, 8);
}

int acpi_open(struct recon *r, const void *table, size_t len, const char *sig, size_t min,
	      const char *name, struct bytes *body, struct capture_error *err)
{
	uint8_t sum = 0;
	uint32_t says;

	facts_input(r, name);
	*body = (struct bytes){ .p = table, .n = len };
	if (len < ACPI_HEADER || memcmp(table, sig, 4))
		return capture_fail(err, -EINVAL, "%s: found no ACPI table %s, expected its binary",
				    name, sig);
	says = acpi_u32(*body, 4);
	if (says < min)
		return capture_fail(err, -EINVAL, "%s: found a table of %u bytes, expected %zu",
				    name, (unsigned int)says, min);
	if (len < min)
		return capture_fail(err, -EINVAL, "%s: found %zu bytes, expected at least %zu",
				    name, len, min);
	if (says > len)
		facts_note(r, 0, "its header says %u bytes, there are %zu", (unsigned int)says,
			   len);
	else
		body->n = says;
	for (size_t i = 0; i < body->n; i++)
		sum = (uint8_t)(sum + body->p[i]);
	if (sum && says <= len)
		facts_note(r, 0, "its checksum is wrong");
	return r->oom ? -ENOMEM : 0;
}
