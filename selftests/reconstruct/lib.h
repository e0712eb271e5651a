/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of harness/reconstruct share. */
#ifndef SELFTESTS_RECONSTRUCT_LIB_H
#define SELFTESTS_RECONSTRUCT_LIB_H

#include "harness/ktap/ktap.h"
#include "harness/reconstruct/reconstruct.h"

/* Feeds text of len bytes under the name "t". */
int feed_bytes(struct recon *r, enum recon_text kind, const void *text, size_t len);
int feed(struct recon *r, enum recon_text kind, const char *text);
/* The host of one log, for a release unless it is NULL; NULL when there is none. */
struct host *host_of(const char *dmesg, const char *release);

/* The note about a line, "" when there is none. */
const char *note_at(const struct recon *r, unsigned int line);
/* The first entry for a key; NULL. */
const struct host_provenance *says(const struct host *h, const char *key);
/* Bits of the last address of a domain that h gives on its unit; 0 when attaching fails. */
unsigned int bits(const struct host *h, size_t unit, enum host_domain_kind kind);

/* A table under construction, in a buffer with nothing behind it. */
struct table {
	uint8_t *p;
	size_t n;
};

void table_begin(struct table *t, const char *sig);
void table_put(struct table *t, uint64_t v, size_t bytes);
/* Sets the header's length and checksum to what they must be. */
void table_end(struct table *t);
void table_free(struct table *t);

#endif
