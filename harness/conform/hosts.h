/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts made for running model against model: between them every kind of
 * container, page table and personality that a description can ask for.
 */
#ifndef HIOD_CONFORM_HOSTS_H
#define HIOD_CONFORM_HOSTS_H

#include "harness/capture/host.h"

/* Their names, in order; NULL past the end. */
const char *made_host_name(size_t i);
/* To be freed with host_free(). NULL: no such name, or no memory. */
struct host *made_host(const char *name);

#endif
