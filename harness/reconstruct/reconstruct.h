/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From pasted text and firmware tables to a host description. Feed what there
 * is in any order, then ask for the host. What is not told is derived or
 * assumed, and the description's provenance says which.
 *
 * Functions return 0 or a negative errno: -ENOMEM; -EINVAL where the whole
 * input is no such thing. Parts that cannot be read are notes, not errors.
 */
#ifndef HIOD_RECONSTRUCT_H
#define HIOD_RECONSTRUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/capture/error.h"
#include "harness/capture/host.h"

struct recon;

/* NULL: no memory. */
struct recon *recon_new(void);
void recon_free(struct recon *r);

/* What kind of text a line is of. */
enum recon_text {
	RECON_DMESG,   /* a boot log, or a mail, journal or forum post with one in it */
	RECON_REGIONS, /* reserved_regions, as read or as grep prints several of them */
	RECON_RANGES,  /* usable IOVA ranges, two numbers a line, the last one inclusive */
};

/*
 * Reads lines to the end of f. name is for messages and provenance, and is
 * copied. Memory does not grow with the input: of a line only the first 4095
 * bytes count. -EIO when reading fails.
 */
int recon_read(struct recon *r, enum recon_text kind, FILE *f, const char *name);

/* A whole ACPI table. err tells why it is none; records in it that lie are notes. */
int recon_dmar(struct recon *r, const void *table, size_t len, const char *name,
	       struct capture_error *err);
int recon_ivrs(struct recon *r, const void *table, size_t len, const char *name,
	       struct capture_error *err);

/* The release to derive for, instead of the log's. -EINVAL: not of the form "6.12". */
int recon_kernel(struct recon *r, const char *release);
/* Where the inputs are from, in words; becomes the description's source. */
int recon_source(struct recon *r, const char *text);

/* Something that looked like ours and could not be read. */
struct recon_note {
	char *input;	   /* name */
	unsigned int line; /* 0: the input has none (a table) */
	char *why;
};

/* At most RECON_NOTES_MAX are kept; *more counts the rest. Owned by r. */
#define RECON_NOTES_MAX 200
const struct recon_note *recon_notes(const struct recon *r, size_t *n, size_t *more);

/* IOMMU units told of so far. */
size_t recon_units(const struct recon *r);

/*
 * The description of the machine (unit < 0), or of it with this unit alone.
 * The caller's to host_free(). -ENODATA: the inputs tell of no IOMMU.
 */
int recon_host(const struct recon *r, int unit, struct host **h, struct capture_error *err);

/*
 * What an answer about this device rests on. *text: the assumptions, with "; "
 * between them, NULL when there are none; the caller frees. *width: among
 * them is the width of its IOMMU, so that no answer is better than unknown.
 * 0 or -ENOMEM.
 */
int recon_rests_on(const struct host *h, const struct host_device *d, char **text, bool *width);

#endif
