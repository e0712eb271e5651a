/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A supervised program for a test: the test's own binary again, as one of its
 * targets, on the model of a recorded host.
 */
#ifndef SELFTESTS_SUPERVISE_WORLD_H
#define SELFTESTS_SUPERVISE_WORLD_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/host.h"
#include "harness/shim/shim.h"
#include "harness/supervise/supervise.h"
#include "mocks/model.h"

/* A host with VFIO, iommufd and one assigned device that has a BAR to map. */
#define WORLD_HOST "vm-6.12-built-vtd-aw39"
#define BDF	   "0000:00:05.0"
#define DEVICE_DIR "/sys/bus/pci/devices/" BDF

struct world {
	struct host *host;
	struct shim *model;
	struct supervisor *sup;
	struct supervise_config cfg;
	struct supervise_stats stats; /* of the last run */
	struct capture_error err;
	int status;	 /* of the last program, as wait(2) has it */
	char said[4096]; /* the lines of what was refused */
	int fds;	 /* open in this process at the start */
};

/* 0, or -1: the host could not be loaded, or memory is short. */
int world_start(struct world *w);
/* The same on another host of the corpus. */
int world_start_on(struct world *w, const char *host);
/*
 * Runs a target of this binary with an argument (NULL: none) on a shim (NULL:
 * the model). supervisor_run()'s result.
 */
int world_run(struct world *w, const char *target, const char *arg, struct shim *shim);
/* What is still open in the model, counted together. */
unsigned int world_left(const struct world *w);
void world_end(struct world *w);

/* Descriptors that this process has open. */
int count_fds(void);

/* ---- targets: they run in the supervised process, and end it --------------- */

typedef int target_fn(const char *arg);
void target_main(int argc, char **argv, const char *name, target_fn *fn);

/* TARGET(name) { ... return 0; }: arg is its argument or NULL. */
#define TARGET(name)                                                                               \
	static int target_##name(const char *arg);                                                 \
	__attribute__((constructor)) static void target_reg_##name(int argc, char **argv)          \
	{                                                                                          \
		target_main(argc, argv, #name, target_##name);                                     \
	}                                                                                          \
	static int target_##name(__attribute__((unused)) const char *arg)

/* Ends the target with status 1 and says where. */
#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "# %s:%d: %s (errno %d)\n", __FILE__, __LINE__, #cond,     \
				errno);                                                            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)
/* The call fails with that errno. */
#define FAILS(err, call) CHECK((errno = 0, (call) == -1) && errno == (err))

/* Opened or the target ends. */
int get_cdev(void);
int get_iommufd(void);
/* -1 and errno, or the device's id. */
int bind_iommufd(int cdev, int iommufd);
/* The id of a new IOAS, or 0. */
unsigned int alloc_ioas(int iommufd);
/* The file of the device's group. */
const char *group_path(void);

#endif
