/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generators: from choices to what a kernel may answer, what a host may be and
 * what a user may ask for. 0 for every choice is the plainest valid thing.
 */
#ifndef HIOD_PROPERTIES_GEN_H
#define HIOD_PROPERTIES_GEN_H

#include "harness/capture/host.h"
#include "harness/property/choices.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/check.h"
#include "hiod/range.h"

/* ---- ranges ---------------------------------------------------------------- */

#define RANGES_MAX 40

/* Ends that IOMMUs have, and their neighbours; now and then anything. */
uint64_t make_top(struct choices *c);
/* As a kernel tells them: sorted, disjoint, not touching. Returns how many, >= 1. */
size_t make_valid_ranges(struct choices *c, struct hiod_range *r, size_t max);
/*
 * The same with some of it wrong: unsorted, overlapping, identical, touching,
 * empty, reversed, at 0 and 2^64 - 1. May be none at all.
 */
size_t make_ranges(struct choices *c, struct hiod_range *r, size_t max);

/* ---- replies --------------------------------------------------------------- */

#define REPLY_MAX 4096

/*
 * A VFIO_IOMMU_GET_INFO reply: the structure and its chain, valid or with
 * offsets, links, versions, ids, counts and ranges that no kernel gives.
 * Returns its bytes, >= 24; its own argsz may say otherwise.
 */
size_t make_type1_reply(struct choices *c, uint8_t *buf, size_t cap);
/* VT-d's capability and extended capability registers, field by field. */
uint64_t make_vtd_cap(struct choices *c);
uint64_t make_vtd_ecap(struct choices *c);
/*
 * An IOMMU_GET_HW_INFO reply: the structure (40 bytes) and behind it the
 * vendor data, of any type and length. Returns the bytes.
 */
size_t make_hw_info_reply(struct choices *c, uint8_t *buf, size_t cap);
/*
 * The same for the two replies of IOMMU_IOAS_IOVA_RANGES: struct
 * ranges_replies, then the entries.
 */
struct ranges_replies {
	int16_t rc[2];	    /* errno of the call, positive: 0, EMSGSIZE, ... */
	uint32_t num[2];    /* num_iovas that it leaves */
	uint64_t alignment; /* out_iova_alignment of both */
	uint32_t written;   /* entries that are written, at most as many as there are */
	uint32_t texts;	    /* 1 modulo 8: of a failure the text is wanted too */
};
size_t make_ranges_replies(struct choices *c, uint8_t *buf, size_t cap);

/* ---- hosts ----------------------------------------------------------------- */

#define HOST_BDF    "0000:00:05.0"
#define HOST_WITH_2 1u /* two devices, each in a group of its own */
#define HOST_PLAIN  2u /* a usable VT-d host: no missing node, no refusal of interrupts */

/* host_free() frees it. NULL: no memory. */
struct host *make_host(struct choices *c, unsigned int flags);
/* A vDPA device, /dev/vhost-vdpa-0, for a host that has none. False: no memory. */
bool make_vdpa(struct choices *c, struct host *h);
/*
 * calloc() and strdup() for a host that is being built: building goes on after
 * one that fails, which clears *ok, and is given up at the end.
 */
void *make_zeroed(size_t n, size_t size, bool *ok);
char *make_text(const char *s, bool *ok);
/* The host that make_host() makes of nothing but zeros. */
struct host *make_plain_host(void);

/* ---- inputs ---------------------------------------------------------------- */

/* For choices_rest(): an input of another property (ctx, a struct property), at most cap bytes. */
size_t make_input(struct choices *c, void *ctx, uint8_t *buf, size_t cap);

/* ---- questions ------------------------------------------------------------- */

#define VIOMMU_TEXT_MAX 256

/* A vIOMMU's -device text of that profile, in valid syntax; NULL: none. text: where it stands. */
const char *make_viommu(struct choices *c, const struct hiod_profile *p,
			char text[VIOMMU_TEXT_MAX]);
#define MACHINE_TEXT_MAX VIOMMU_TEXT_MAX
/* A -machine text, of that profile or of none; NULL: none was given. */
const char *make_machine(struct choices *c, const struct hiod_profile *p,
			 char text[MACHINE_TEXT_MAX]);
/* A drawing with bridges and the device's place; NULL: none was given. */
const char *make_topology(struct choices *c, char text[MACHINE_TEXT_MAX]);
const struct hiod_profile *make_profile(struct choices *c);
enum hiod_backend make_backend(struct choices *c);
/* Guest memory: at most max regions that do not overlap. */
size_t make_memory(struct choices *c, struct hiod_mem_region *m, size_t max);

/* ---- memory ---------------------------------------------------------------- */

/*
 * len bytes that end at an unmapped page and hold 0xa5, up to 64 KB; the same
 * memory again at the next call. Aborts when there is none.
 */
void *page_end(size_t len);

#endif
