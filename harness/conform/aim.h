/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls aimed at one result of the list of those that there are. */
#ifndef HIOD_CONFORM_AIM_H
#define HIOD_CONFORM_AIM_H

#include "harness/conform/generate.h"
#include "harness/conform/table.h"

/* The entries of expected[] that a host can give; returns how many. */
size_t aims_init(uint16_t *aims, const struct host *h, uint32_t able);
/* The result that a sequence aims at most; NULL: none. */
const struct expected *gen_focus(const struct gen *gen);
/* False: nothing of the kind is open, or there is nothing the request could be about. */
bool gen_aim(struct gen *gen, struct call *c, int uid);

#endif
