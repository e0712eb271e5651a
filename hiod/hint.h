/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to change in a refused vIOMMU configuration; used by check.c alone. */
#ifndef HIOD_HINT_H
#define HIOD_HINT_H

#include <stddef.h>
#include "hiod/machine.h"

/*
 * The smallest change that this version's rules and this host accept, as in
 * "aw-bits=39 fits this host", or an empty text where none is known to. dev is
 * attached, and the host's replies were sound.
 */
void hiod_hint_fit(const Machine *m, const VFIOPCIDevice *dev, char *buf, size_t len);

#endif
