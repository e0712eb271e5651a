/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ACPI tables have in common (ACPI specification 5.2.6; include/acpi/actbl.h):
 * a header of 36 bytes, little endian numbers, records with a length each.
 */
#ifndef HIOD_RECONSTRUCT_ACPI_H
#define HIOD_RECONSTRUCT_ACPI_H

#include "harness/reconstruct/facts.h"

#define ACPI_HEADER 36

/* Bytes of a table or record, and nothing past them. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

/* Zero past the end: callers have checked lengths of what they rely on. */
uint8_t acpi_u8(struct bytes b, size_t at);
uint16_t acpi_u16(struct bytes b, size_t at);
uint32_t acpi_u32(struct bytes b, size_t at);
uint64_t acpi_u64(struct bytes b, size_t at);

/*
 * Checks signature and length; a table that is longer than its header says is
 * cut, a wrong checksum is a note. *body: the table as far as it counts. 0, or
 * -EINVAL with err.
 */
int acpi_open(struct recon *r, const void *table, size_t len, const char *sig, size_t min,
	      const char *name, struct bytes *body, struct capture_error *err);

#endif
