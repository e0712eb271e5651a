/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to change in a refused vIOMMU configuration; used by check.c alone. */
#ifndef HIOD_HINT_H
#define HIOD_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include "hiod/machine.h"

/*
 * The smallest change that this version's rules and this host accept, as in
 * "aw-bits=39 fits this host", or an empty text where none is known to. The
 * device of hiod is attached, and the host's replies were sound. nested: its
 * page table was made to be nested, and another might be of another width.
 */
void hiod_hint_fit(const Machine *m, HostIOMMUDevice *hiod, bool nested, char *buf, size_t len);

#endif
