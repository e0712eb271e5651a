/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults from text: a backend over any other that fails the calls a rule names,
 * or changes what a reply says. The words are those of the descriptions, so
 * that a trace can be read and a rule written from it.
 *
 *   CALL[#N]=ERRNO           IOMMU_IOAS_IOVA_RANGES#2=ENOMEM   open:/dev/iommu=EACCES
 *   REQUEST[#N]:FIELD=VALUE  VFIO_IOMMU_GET_INFO:cap_offset=0xfff0
 *
 * CALL is a request by its name or by the end of it, as far as that is one
 * request's alone; or an operation of the shim (open, close, read, pread, stat,
 * access, readlink, listdir), with :PATH for those that begin with it. #N
 * counts from 1 those that match; without it each is meant. FIELD is a field of
 * the argument, or ARRAY[I].FIELD behind a pointer or in place, or
 * CAPABILITY.FIELD, CAPABILITY.ARRAY[I].FIELD.
 */
#ifndef HIOD_SUPERVISE_RULE_H
#define HIOD_SUPERVISE_RULE_H

#include "harness/capture/error.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

/*
 * Wraps under with n rules, whose texts are borrowed. mem: the caller's memory.
 * NULL and a message, which begins with the rule, when one cannot be read.
 */
struct shim *shim_rules_new(struct shim *under, const char *const *text, size_t n,
			    const struct uapi_mem *mem, struct capture_error *err);

/* How many calls rule i has failed or changed so far. */
unsigned int rules_fired(const struct shim *s, size_t i);

#endif
