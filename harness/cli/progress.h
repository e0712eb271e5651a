/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a long run is: a line on stderr that is overwritten, on a terminal only. */
#ifndef HIOD_CLI_PROGRESS_H
#define HIOD_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	bool shown;   /* there is a line to overwrite */
	double begin; /* seconds */
	double next;  /* when to write again */
};

/* on: stderr is a terminal, and nothing else writes to that terminal meanwhile. */
void progress_begin(struct progress *p, bool on);
/* hosts so far; done of total bytes of input, 0: not known. */
void progress_show(struct progress *p, uint64_t hosts, uint64_t done, uint64_t total);
/* Takes the line away, before something else is written there and at the end. */
void progress_clear(struct progress *p);

#endif
