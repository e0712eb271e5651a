/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two models of a made host, or a model and a mutant of it, ready to be compared. */
#ifndef SELFTESTS_CONFORM_SIDES_H
#define SELFTESTS_CONFORM_SIDES_H

#include "harness/conform/hosts.h"
#include "harness/conform/mutants.h"
#include "harness/conform/run.h"

struct sides {
	struct host *host;
	int mutant;
	struct pair pair;
	struct generator gen;
};

/* mutant: -1 for none. 0, or not. */
int sides_init(struct sides *s, const char *host, int mutant);
void sides_free(struct sides *s);

#endif
