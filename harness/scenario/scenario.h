/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a device, from a text file: devices are plugged in and out, the
 * guest's driver comes and goes, the system is reset. Each step is done as QEMU
 * does it, on any shim; after each one the tables, references, descriptors,
 * mappings and the kernel's objects are what they must be, and at the end there
 * are none. docs/scenario-format.md is the language.
 */
#ifndef HIOD_SCENARIO_H
#define HIOD_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include "harness/shim/shim.h"
#include "hiod/profile.h"

struct scenario;

/* One line: "FILE:LINE: ...", printable. */
struct scenario_error {
	char msg[1024];
};

/*
 * text: len bytes; name: what messages call the file. NULL: err filled, with
 * line, field, and what was expected. scenario_free() frees it.
 */
struct scenario *scenario_parse(const char *name, const char *text, size_t len,
				struct scenario_error *err);
/* The same from a file of at most 1 MiB. */
struct scenario *scenario_load(const char *path, struct scenario_error *err);
/* NULL is allowed. */
void scenario_free(struct scenario *sc);

/* The file's name as given. */
const char *scenario_name(const struct scenario *sc);
/* The hosts that the scenario names for the model, in its order; NULL past the end. */
const char *scenario_host(const struct scenario *sc, size_t i);

/* What a scenario runs on. */
struct scenario_world {
	const struct hiod_profile *profile;
	struct shim *shim;	    /* the kernel; nothing of VFIO's open in it */
	const struct shim *model;   /* the same, if it is the model kernel itself; else NULL */
	const char *const *devices; /* @1, @2, ...: "0000:00:05.0" */
	size_t ndevices;
	const char *const *vdpas; /* @v1, @v2, ...: "/dev/vhost-vdpa-0" */
	size_t nvdpas;
};

enum scenario_result {
	SCENARIO_PASS,
	SCENARIO_FAIL,
	SCENARIO_SKIP, /* not of this profile, host or kernel */
};

/* why: filled when it did not pass. Leaves nothing open in the shim. */
enum scenario_result scenario_run(const struct scenario *sc, const struct scenario_world *w,
				  struct scenario_error *why);

#endif
