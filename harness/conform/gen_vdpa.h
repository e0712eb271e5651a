/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls on one vhost-vdpa node. They are a run of their own: a node has one
 * opener, no other kind of descriptor has a part in it, and what maps is
 * written, not asked by an ioctl.
 */
#ifndef HIOD_CONFORM_GEN_VDPA_H
#define HIOD_CONFORM_GEN_VDPA_H

#include "harness/conform/generate.h"

/* The next call of a sequence, where the generator has a node. Always gives one. */
void gen_vdpa_next(struct gen *gen, int uid, struct call *out);

#endif
