/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The next call of a sequence. Each sequence has a goal, a deep state that
 * random calls alone would not reach (a bound and attached device with a page
 * table and mappings; a container with two groups; a group in an iommufd), and
 * walks there step by step, with other calls in between: valid ones for what
 * is open, and wrong ones, which are valid ones with one or two rules broken.
 */
#ifndef HIOD_CONFORM_GENERATE_H
#define HIOD_CONFORM_GENERATE_H

#include "harness/capture/host.h"
#include "harness/conform/ability.h"
#include "harness/conform/known.h"
#include "harness/property/choices.h"

#define GENERATE_EDGES 96
#define AIMS_MAX       512

/* What stays the same for a whole run. */
struct generator {
	const struct host *host;
	/* Those that sequences use; indices in host.devices, host.groups. */
	int device[4], group[4];
	size_t ndevices, ngroups;
	uint32_t able; /* ABLE_* */
	/* The only thing that sequences use, where it is not NULL. */
	const struct host_vdpa *vdpa;
	uint64_t widest; /* last address of any page table */
	/* Results that calls are aimed at: indices in expected[]. */
	uint16_t aims[AIMS_MAX];
	size_t naims;
	/* Ends of apertures and reserved regions, and powers of two. */
	uint64_t edge[GENERATE_EDGES];
	size_t nedges;
};

/*
 * bdf: n devices of host to use; those that are not there, have no VFIO driver
 * or no group are left out. -ENODEV: none is left and there is no iommufd.
 */
int generator_init(struct generator *g, const struct host *host, const char *const *bdf, size_t n);

enum goal {
	GOAL_NONE,
	GOAL_TYPE1,
	GOAL_TYPE1_V1,
	GOAL_TWO_GROUPS,
	GOAL_CDEV,
	GOAL_HWPT,
	GOAL_COMPAT,
	GOAL_IOAS,
	GOAL_NR,
};

/* One sequence being made. */
struct gen {
	const struct generator *g;
	struct choices *c;
	struct known k;
	enum goal goal;
	unsigned int step; /* of the goal's last part, which is repeated */
	uint64_t nr;	   /* of the sequence: what it aims at most */
	size_t aimed;	   /* calls that were aimed so far */
};

/* nr: of the sequence in its run; results are aimed at in turn. */
void gen_begin(struct gen *gen, const struct generator *g, struct choices *c, uint64_t nr);
/* uid: the new call's. Always gives one. */
void gen_next(struct gen *gen, int uid, struct call *out);
/* Changes a call that would harm the kernel into one that does not. */
void gen_avoid(struct gen *gen, struct call *c);

/* ---- shared by the files that make calls ------------------------------------ */

/* A request of a kind of fd: how often it is made, and how it is filled in. */
struct recipe {
	uint32_t req;
	uint8_t weight;
	/* The call is begun: the argument has its size, all else is 0. False: not possible now. */
	bool (*fill)(struct gen *gen, struct call *c, struct known_fd *on);
};

extern const struct recipe recipes_container[], recipes_group[], recipes_device[],
	recipes_iommufd[];
extern const size_t nrecipes_container, nrecipes_group, nrecipes_device, nrecipes_iommufd;

/* Begins an ioctl on an fd as a request for a kind of fd. */
void gen_ioctl(struct call *c, int uid, int fd, enum uapi_fd kind, uint32_t req);
void gen_open(struct call *c, int uid, const char *path, enum uapi_fd kind, int index);
/* Opens of a kind, of the run's devices. */
bool gen_open_kind(struct gen *gen, struct call *c, int uid, enum uapi_fd kind, size_t nth);
/* A request filled in as its recipe says. False: not possible now. */
bool gen_request(struct gen *gen, struct call *c, int uid, struct known_fd *on, enum uapi_fd kind,
		 uint32_t req);

/* A random open fd of a kind; NULL: none. */
struct known_fd *gen_fd(struct gen *gen, enum uapi_fd kind);
/* A random live object of a context; NULL: none. */
struct known_obj *gen_obj(struct gen *gen, int ctx, enum known_type type);
/* Patches the id of such an object in; false when there is none. */
bool gen_id(struct gen *gen, struct call *c, const char *field, int ctx, enum known_type type);
/* A random mapping of an owner; NULL: none. */
struct known_map *gen_map(struct gen *gen, int owner);

/* An IOVA and a length for a new mapping. page: what they should be multiples of. */
uint64_t gen_iova(struct gen *gen, int owner, uint64_t page);
uint64_t gen_length(struct gen *gen, uint64_t page);
/* Any number that some rule may care about. */
uint64_t gen_edge(struct gen *gen);
/* The memory to map, so that length bytes of it are there when they can be. */
uint64_t gen_va(struct gen *gen, uint64_t iova, uint64_t length, uint64_t page);

/* goals.c: the next step towards the sequence's goal, and what is done there. False: none. */
bool gen_towards_goal(struct gen *gen, struct call *c, int uid);
/* A goal on whose way the result lies that the sequence aims at most; draws. */
enum goal gen_goal_of(const struct gen *gen);

/* wrong.c: breaks one rule of a valid call. */
void gen_break(struct gen *gen, struct call *c);

#endif
