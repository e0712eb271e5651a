/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few hosts that are always the same, with their models made once: what a
 * property needs a million times a second is not built anew each time.
 */
#ifndef HIOD_PROPERTIES_PLAIN_H
#define HIOD_PROPERTIES_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/shim/shim.h"

#define PLAIN_HOSTS 4

/* The model of the ith host, 39 bits of 6.12 first; NULL: no memory. */
struct shim *plain_model(size_t i);
/* Nothing is open, made or mapped in it. */
bool plain_clean(const struct shim *model);
/* Makes all models anew: a failed property may leave something. */
void plain_renew(void);

#endif
