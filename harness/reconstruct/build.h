/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A description under construction. Internal to harness/reconstruct. */
#ifndef HIOD_RECONSTRUCT_BUILD_H
#define HIOD_RECONSTRUCT_BUILD_H

#include "harness/reconstruct/facts.h"

struct build {
	const struct recon *r;
	int only; /* unit of r, or -1 for all */
	struct host *h;
	/* For each IOMMU of h the unit of r that it is of; NULL: none was told of. */
	const struct unit *unit[UNITS_MAX + 1];
	bool oom;
};

/* Appends an entry; key and note are printf's. */
#define BUILD_SAYS(b, how, note, key, ...) build_says(b, how, build_text(b, key, __VA_ARGS__), note)
/* Takes key and note, either of which may be NULL for want of memory. */
void build_says(struct build *b, enum host_how how, char *key, char *note);
__attribute__((format(printf, 2, 3))) char *build_text(struct build *b, const char *fmt, ...);
/* A copy; NULL of NULL. */
char *build_dup(struct build *b, const char *s);
/* n zeroed elements of size. */
void *build_array(struct build *b, size_t n, size_t size);
/* Whether the kernel command line has this word, as a whole one. */
bool build_cmdline_has(const struct build *b, const char *word);

/* In this order: devices want units. */
void build_units(struct build *b);
void build_devices(struct build *b);

/* Bits of the last address of the widest aperture that user domains of this IOMMU have; 0: none. */
unsigned int build_width(const struct host *h, const struct host_iommu *io);

#endif
