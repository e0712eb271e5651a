/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the replies of a sequence have told so far: which fds are open and what
 * they are in, which objects exist, what is mapped. Only to aim the next call:
 * where it is wrong, a call fails that was meant to succeed, no more.
 */
#ifndef HIOD_CONFORM_KNOWN_H
#define HIOD_CONFORM_KNOWN_H

#include "harness/conform/side.h"

enum known_type {
	KNOWN_ANY,
	KNOWN_IOAS,
	KNOWN_DEVICE,
	KNOWN_HWPT,
	KNOWN_PARENT, /* HWPT made with NEST_PARENT */
	KNOWN_NESTED,
	KNOWN_FAULT,
};

struct known_fd {
	int16_t uid;  /* the call that brought it */
	uint8_t kind; /* enum uapi_fd */
	bool open;
	int group;	/* GROUP, DEVICE: index in host.groups */
	int device;	/* DEVICE: index in host.devices */
	int16_t in;	/* GROUP: container or iommufd; DEVICE: its group, NOBODY for a cdev */
	int16_t ctx;	/* DEVICE: iommufd it is bound to */
	int16_t pt;	/* DEVICE: IOAS or HWPT it was last attached to */
	uint8_t driver; /* CONTAINER: type set; IOMMUFD: type set in compat mode */
	uint8_t ngroups;
	bool compat; /* IOMMUFD: has a default IOAS */
	bool dirty;  /* CONTAINER: dirty tracking */
};

struct known_obj {
	int16_t uid;
	int16_t ctx;
	uint8_t type;
	bool alive;
	bool dirty; /* HWPT with dirty tracking */
	int16_t ioas;
	uint32_t number; /* on side 0 */
};

struct known_map {
	int16_t owner; /* IOAS, or fd of a container or iommufd */
	uint64_t iova;
	uint64_t len;
	bool read_only;
};

struct known {
	struct known_fd fd[SEQUENCE_MAX];
	size_t nfd;
	struct known_obj obj[SEQUENCE_MAX];
	size_t nobj;
	struct known_map map[SEQUENCE_MAX];
	size_t nmap;
};

void known_begin(struct known *k);
/* The call c, made on side s with result ret, is part of the past. */
void known_learn(struct known *k, const struct call *c, const struct side *s, int ret);

struct known_fd *known_fd(struct known *k, int uid);
struct known_obj *known_obj(struct known *k, int uid);
/* Whether the iommufd, or any device bound to it, makes the object's context live. */
bool known_alive(const struct known_obj *o, int ctx, enum known_type type);

#endif
