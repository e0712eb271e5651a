/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the survey share: hosts, and that a model has nothing left. */
#ifndef SELFTESTS_CAPTURE_SURVEYED_H
#define SELFTESTS_CAPTURE_SURVEYED_H

#include "harness/capture/host.h"
#include "harness/shim/shim.h"

/* What of many_host() a redacted capture must not hold. */
#define MANY_UUID	"3e6be9de-8139-11d1-9106-a43f08d823a6"
#define MANY_MACHINE_ID "9f2c4d6e8a0b1c3d5e7f90123456789a"
#define MANY_MAC	"52:54:00:ab:cd:ef"
#define MANY_HOSTNAME	"brandenburg"
#define MANY_IP		"10.17.4.31"
#define MANY_SERIAL	"CZ3-4711"

/* A description's text as a host; NULL after a message. host_free() frees it. */
struct host *host_of_text(const char *json);
/* Several units, groups and devices, and much that identifies the machine. */
struct host *many_host(void);
/* A host of the corpus by the path of its description, or by its name; NULL after a message. */
struct host *host_of_path(const char *path);
struct host *host_of_corpus(const char *name);

/* Nothing is open, made or mapped in a model. */
bool all_closed(struct shim *model);

#endif
