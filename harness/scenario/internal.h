/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of harness/scenario and by nobody else. */
#ifndef HIOD_SCENARIO_INTERNAL_H
#define HIOD_SCENARIO_INTERNAL_H

#include <stdint.h>
#include "harness/scenario/scenario.h"
#include "harness/shim/pass.h"
#include "hiod/machine.h"
#include "hiod/vdpa_pci.h"

#define MAX_WORDS   24 /* of a line */
#define MAX_MEMORY  8  /* regions of guest memory */
#define MAX_OBJECTS 4  /* iommufd objects of a guest */
#define MAX_NEEDS   12

/* ---- parse.c: lines and words ---- */

struct step;
struct run;

/* What a line's first word means. Another step is another row in steps.c or expect.c. */
struct step_type {
	const char *name;
	int min, max;	    /* words behind it */
	const char *fields; /* one letter a word, the last one for all that follow: parse.c */
	/* 0; -1 with run->why filled: the scenario fails here. */
	int (*run)(struct run *r, const struct step *s);
	/* Has an outcome: accepted, unless an expectation of one follows. */
	bool action;
	bool outcome; /* is such an expectation */
};

/* "[..10.1]": which profiles a line is for. Empty: all. */
struct condition {
	char text[64];
};

struct step {
	const struct step_type *type;
	unsigned line;
	struct condition when;
	char *word[MAX_WORDS]; /* behind the first; owned */
	int words;
};

struct scenario {
	char *name;
	char **host;
	size_t nhosts;
	struct hiod_mem_region mem[MAX_MEMORY];
	size_t nmem;
	bool own_memory; /* a memory line was there */
	struct condition profiles;
	char *need[MAX_NEEDS];
	unsigned need_line[MAX_NEEDS];
	size_t nneeds;
	struct step *step;
	size_t nsteps;
};

extern const struct step_type scenario_steps[];	 /* steps.c; ended by a NULL name */
extern const struct step_type scenario_expect[]; /* expect.c: behind "expect" */

bool condition_holds(const struct condition *c, const struct hiod_profile *p);
/* A decimal or 0x number. */
bool parse_number(const char *text, uint64_t *v);
/* "39", ">=48", "<48" against v; false with *bad set when it is none of these. */
bool number_fits(const char *text, uint64_t v, bool *bad);

/* ---- tap.c: the shim between the guest and its kernel ---- */

/* Counts descriptors, and fails a call when told. */
struct tap {
	struct shim_pass pass;
	unsigned fds;	  /* open, opened through this */
	uint32_t req;	  /* the request to fail; 0: none */
	char path[128];	  /* the prefix of a path whose opening fails; empty: none */
	int err;	  /* with this errno, positive */
	unsigned nth;	  /* the nth from now: 1 is the next */
	unsigned pending; /* injected failures that have not happened yet */
};

void tap_init(struct tap *t, struct shim *under);

/* ---- run.c ---- */

/* A device of the guest. */
struct plug {
	char host[192]; /* BDF, a sysfs path, or a node of vhost-vdpa */
	bool is_vdpa;
	VFIOPCIDevice dev; /* unless it is one of those */
	VDPAPCIDevice vdpa;
	struct pci_vfio_options opt;
	bool checked; /* there was a vIOMMU above it when it came */
	struct plug *next;
};

struct object {
	char id[32];
	IOMMUFDBackend be;
};

struct run {
	const struct scenario *sc;
	const struct scenario_world *w;
	struct scenario_error *why;
	struct tap tap;
	struct hiod_mem_region mem[MAX_MEMORY];

	const char *machine_text; /* of the next machine; not owned */
	Machine m;
	bool up;       /* there is a machine */
	unsigned gone; /* the line at which QEMU ended by itself; 0: it has not */
	struct object object[MAX_OBJECTS];
	size_t nobjects;
	struct plug *plugs; /* newest first */

	/* The last action's outcome. */
	const struct step *last;
	enum hiod_answer outcome;
	struct hiod_error err;
	bool looked; /* an expectation has looked at it */
};

/* Fills why with "FILE:LINE: ..." and returns -1. */
__attribute__((format(printf, 3, 4))) int scenario_fail(struct run *r, unsigned line,
							const char *fmt, ...);
/* A machine that takes steps; NULL: why filled. */
Machine *run_machine(struct run *r, const struct step *s);
/* An action is done: rc and r->err tell how. Always 0. */
int run_outcome(struct run *r, const struct step *s, int rc);
/* QEMU's process is gone, and all that it had. Failures are told. */
int run_quit(struct run *r, unsigned line);
/* "@1" is the first device of the world, "@v1" the first of vDPA. NULL: there is no such. */
const char *run_host(const struct run *r, const char *word);
struct plug *run_find(struct run *r, const char *host);
PCIDevice *plug_pci(struct plug *p);
/* NULL: it has none. */
HostIOMMUDevice *plug_hiod(const struct plug *p);
/* Plugs a device in, as "+dev" does. options may be "". 0 or -errno, r->err filled. */
int run_plug(struct run *r, const char *host, const char *backend, const char *options);
/* 0, or -1: something of it is left. */
int run_unplug(struct run *r, struct plug *p, unsigned line);

/* ---- invariants.c ---- */

/* After each step. 0, or -1 and why filled. */
int check_invariants(struct run *r, unsigned line);
/* When there is no machine: nothing is left. */
int check_nothing(struct run *r, unsigned line);
/* Of the process, for kernels whose objects cannot be counted: locked and pinned pages. */
struct pinned {
	unsigned long locked, pinned; /* KiB */
};
void pinned_now(struct pinned *p);

/* ---- needs.c ---- */

/* PASS, or SKIP or FAIL with why filled. */
enum scenario_result check_needs(struct run *r);

#endif
