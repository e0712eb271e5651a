/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts one after the other, from files of one or of many, for commands that take their time. */
#ifndef HIOD_CLI_EACH_H
#define HIOD_CLI_EACH_H

#include "harness/capture/host.h"
#include "harness/cli/cli.h"

/* name: as in the tables of hiod check. Returns the exit status that it asks for. */
typedef int each_host_fn(void *ctx, const char *name, const struct host *h);

/*
 * Calls fn for each host of the files, in order; what cannot be read is a
 * message, and CLI_BAD. Else CLI_OK if any call returned it, or CLI_NOTHING.
 */
int each_host(const struct cli_files *files, each_host_fn *fn, void *ctx);

#endif
