/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to say of one host: widths, the vIOMMUs that fit, and changes
 * that would make others fit. Whatever can be asked of hiod_check_run() on the
 * model kernel is asked there.
 */
#ifndef HIOD_EXPLAIN_EXPLAIN_H
#define HIOD_EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/capture/host.h"
#include "hiod/check.h"

/* Significant bits of the highest address of an aperture. */
unsigned int explain_bits_of(uint64_t last);
/* Bits of a kind of domain on a unit of h; 0: a device cannot have one. */
unsigned int explain_width(const struct host *h, size_t unit, enum host_domain_kind kind);
/*
 * The same registers on another kernel (NULL: this one) or command line: bits
 * of type1's domain. 0: none, or the unit has no registers.
 */
unsigned int explain_width_if(const struct host *h, size_t unit, const char *release,
			      const char *cmdline);
/* Of both backends the lesser, of those that there are; 0: there is none. */
unsigned int explain_unit_bits(const struct host *h, size_t unit);
/* "told", "derived" or "assumed", and how (*note); NULL: recorded, which needs no word. */
const char *explain_width_source(const struct host *h, size_t unit, const char **note);
/* "dmar0", or "the IOMMU". */
const char *explain_unit_name(const struct host *h, size_t unit);

/* What is cut from a device's addresses, and more: its own regions, or its group's. */
const struct host_region *explain_regions(const struct host *h, const struct host_device *d,
					  size_t *n);
/* Memory that the firmware wants mapped one to one: the kernel does not give the device away. */
bool explain_locked(const struct host *h, const struct host_device *d);
/* Those that VFIO has; all of a host where it has none. device: that one only, or NULL. */
bool explain_chosen(const struct host *h, const struct host_device *d, const char *device);
/* Whether the kernel's version was assumed. */
bool explain_kernel_assumed(const struct host *h);

/* A vIOMMU that is asked about. */
struct explain_config {
	const char *title; /* "aw-bits=39" */
	const char *width; /* option text behind caching-mode */
	bool scalable, first_stage, no_caching_mode;
};

/* default, aw-bits=39, aw-bits=48, scalable, first stage, no caching-mode: as check --matrix. */
extern const struct explain_config explain_configs[];
#define EXPLAIN_CONFIGS 6

/* The -device text of one; false: this version has no such option. */
bool explain_config_text(const struct explain_config *c, const struct hiod_profile *p, char *buf,
			 size_t len);

/*
 * One device behind one vIOMMU (NULL: none) on the model of h, with guest
 * memory mapped if mem is not NULL. With weigh, an answer that rests on an
 * assumed width is unknown, as hiod check has it. 0, or -ENOMEM; v is the
 * caller's to hiod_verdict_free() in either case.
 */
struct explain_question {
	const struct hiod_profile *profile;
	enum hiod_backend backend;
	const char *viommu;
	bool device_first;
	bool weigh;
	const struct hiod_mem_region *mem;
	size_t nmem;
};
int explain_ask(const struct host *h, const struct host_device *d, const struct explain_question *q,
		struct hiod_verdict *v);

/* A guest of 64 MiB before it runs, as hiod check maps. */
#define EXPLAIN_SMALL_GUEST 2
extern const struct hiod_mem_region explain_small_guest[EXPLAIN_SMALL_GUEST];

/* One sentence for each change that would help, in order, to say(). */
typedef void explain_say_fn(void *ctx, const char *sentence);
void explain_advice(const struct host *h, explain_say_fn *say, void *ctx);

#endif
