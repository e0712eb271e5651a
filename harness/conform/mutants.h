/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels with one rule wrong: a shim in front of another that changes some
 * replies. Whoever compares kernels must tell each of them from the original.
 * They know the rows and the rules, not what is behind them.
 */
#ifndef HIOD_CONFORM_MUTANTS_H
#define HIOD_CONFORM_MUTANTS_H

#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

/* The rule that mutant k breaks, k from 0; NULL past the end. */
const char *mutant_name(size_t k);
/* -1: no such name. A number counts from 1. */
int mutant_from_name(const char *name);

/*
 * Mutant k of what make() gives, which gets the memory it must use. Owns that
 * shim. mem: the caller's memory; must outlive the mutant. NULL: no memory.
 */
struct shim *mutant_new(size_t k, struct shim *(*make)(void *ctx, const struct uapi_mem *mem),
			void *ctx, const struct uapi_mem *mem);

#endif
