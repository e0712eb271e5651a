/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report on hosts: add them one by one, then write the page. What is kept of
 * a host is what the page shows of it, not the description.
 */
#ifndef HIOD_REPORT_REPORT_H
#define HIOD_REPORT_REPORT_H

#include <stdio.h>

#include "harness/explain/problems.h"

struct report;

/* Whose answers the page shows. NULL: no memory. */
struct report *report_new(const struct hiod_profile *p);
void report_free(struct report *r);

/* h is not kept; name (the label of its file) is copied. 0 or -ENOMEM. */
int report_add(struct report *r, const char *name, const struct host *h);

/* How many were added. */
size_t report_hosts(const struct report *r);

/* The whole page to f. 0, or the negative errno of writing. */
int report_write(const struct report *r, FILE *f);

#endif
