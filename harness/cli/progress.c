// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "harness/cli/progress.h"

#define FIRST_AFTER 0.5 /* s: what is done by then needs no line */
#define EVERY	    0.1
#define BAR	    24

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void progress_begin(struct progress *p, bool on)
{
	*p = (struct progress){ .on = on };
	if (!on)
		return;
	p->begin = now();
	p->next = p->begin + FIRST_AFTER;
}

void progress_show(struct progress *p, uint64_t hosts, uint64_t done, uint64_t total)
{
	char bar[BAR + 1];
	double t = p->on ? now() : 0, rate;

	if (!p->on || t < p->next)
		return;
	p->next = t + EVERY;
	p->shown = true;
	rate = (double)hosts / (t - p->begin);
	if (!total) {
		fprintf(stderr, "\r\033[K%" PRIu64 " hosts, %.0f/s", hosts, rate);
		return;
	}
	if (done > total)
		done = total;
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)((double)done / (double)total * BAR));
	bar[BAR] = '\0';
	fprintf(stderr, "\r\033[K[%s] %3.0f%%  %" PRIu64 " hosts, %.0f/s", bar,
		(double)done / (double)total * 100, hosts, rate);
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
