/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `hiod check`, in pieces: check.c reads the options, check_host.c asks one
 * host, fleet.c many, check_live.c this machine, check_command.c reads a
 * command line of QEMU's, merge.c puts the results of shards together.
 */
#ifndef HIOD_CLI_CHECK_H
#define HIOD_CLI_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/capture/host.h"
#include "harness/cli/cli.h"
#include "harness/cli/output.h"
#include "harness/cli/source.h"
#include "hiod/check.h"
#include "hiod/profile.h"

#define CHECK_VIOMMUS_MAX 64
#define CHECK_JOBS_MAX	  1024

struct check_options {
	const struct hiod_profile *profile;
	const char *machine;
	const char *device; /* NULL: every device of a host */
	char *topology;	    /* -device options, a line each; NULL: the device is on pcie.0 */
	char *viommu[CHECK_VIOMMUS_MAX];
	size_t nviommus;
	bool viommu_given;	     /* not the default */
	bool backend[HIOD_BACKENDS]; /* by enum hiod_backend */
	bool vdpa_where_there; /* no backend was named: vDPA devices count, and none is no news */
	bool matrix;
	bool device_first;  /* on QEMU's command line, before the vIOMMU */
	bool memory;	    /* the guest has some, which is mapped */
	bool live;	    /* ask the running kernel, not the model of a host */
	const char *record; /* file for the one check's transcript; NULL: none */
	enum output_format format;
	unsigned int jobs; /* threads; 0: as many as CPUs, where there are many hosts */
	struct source_shard shard;
	const char *output; /* file; NULL: stdout */
	bool merge;	    /* the files are results */
};

/* A host with the name that its rows have. */
struct check_host {
	const struct host *host;
	const char *name;
};

/* Several statuses as one: bad input first, then a refusal, then success. */
int check_worse(int a, int b);
/* How many rows check_host() adds. */
size_t check_rows(const struct check_options *o, const struct host *h);
/* One host against everything that was asked for. Returns the exit status it asks for. */
int check_host(const struct check_options *o, const struct check_host *l, struct output_part *out);
/* --record has one check, not n. CLI_BAD after a message. */
int check_not_one(size_t n);
/* Says what output_append() or output_finish() returned. CLI_BAD. */
int check_output_failed(const struct check_options *o, int rc);

/* A text of printable ASCII from a name; the caller frees. NULL: no memory. */
char *check_printable(const char *name);
/* The file's name without directory and suffix, printable; the caller frees. NULL: no memory. */
char *check_label(const char *path);
/*
 * The name of h in tables: its own, or that of its file ("-": standard input) and,
 * where line is not 0, the line: "fleet:17". NULL: no memory. The caller frees it.
 */
char *check_name(const char *path, uint64_t line, const struct host *h);

/*
 * Every host of the source, in its order whatever the number of threads. What
 * cannot be read is named on stderr and does not stop the rest.
 */
int fleet_run(const struct check_options *o, struct source *s, struct output *out);
/* The files' hosts by fleet_run(), or the one check of --record. */
int check_files(const struct check_options *o, const struct cli_files *files, struct output *out);
int check_live(const struct check_options *o, struct output *out);
/*
 * What stands behind "--": QEMU and its options. A device has an output of its
 * own on f, or all have one where a format has no two in a file.
 */
int check_command(const struct check_options *o, const struct cli_files *files, int argc,
		  char **argv, FILE *f);
/* Results in JSON Lines, of shards in their order, as one in any format. */
int check_merge(const struct check_options *o, const struct cli_files *files, struct output *out);

#endif
