/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Valid requests of an iommufd about hardware and page tables (gen_hwpt.c). */
#ifndef HIOD_CONFORM_GEN_HWPT_H
#define HIOD_CONFORM_GEN_HWPT_H

#include "harness/conform/generate.h"

bool gen_hwpt_alloc(struct gen *gen, struct call *c, struct known_fd *on);
/* A page table nested in a parent that there is. */
bool gen_nested(struct gen *gen, struct call *c, int uid, struct known_fd *on);
bool gen_hw_info(struct gen *gen, struct call *c, struct known_fd *on);
bool gen_set_dirty(struct gen *gen, struct call *c, struct known_fd *on);
bool gen_get_dirty(struct gen *gen, struct call *c, struct known_fd *on);
bool gen_invalidate(struct gen *gen, struct call *c, struct known_fd *on);
bool gen_viommu(struct gen *gen, struct call *c, struct known_fd *on);
bool gen_vdevice(struct gen *gen, struct call *c, struct known_fd *on);

#endif
