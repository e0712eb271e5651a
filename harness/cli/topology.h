/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's PCI from the command line: docs/topology-format.md. */
#ifndef HIOD_CLI_TOPOLOGY_H
#define HIOD_CLI_TOPOLOGY_H

#include "hiod/profile.h"

/* *text, NULL at first and the caller's to free, gets one more line. 0, or CLI_BAD after a message. */
int topology_add(char **text, const char *line);
/* The lines of a file, without comments. 0, or CLI_BAD after a message. */
int topology_load(char **text, const char *path);
/* Is there anything in it that is not modelled? 0, or CLI_BAD after a message. */
int topology_check(const char *text, const struct hiod_profile *profile);

#endif
