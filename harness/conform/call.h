/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call of a sequence. Nothing in it is a number that a kernel gave: fds
 * and object ids are named by the call that brought them, buffers by their
 * slot. So one call means the same on both sides, and still means something
 * after calls before it have been deleted.
 */
#ifndef HIOD_CONFORM_CALL_H
#define HIOD_CONFORM_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/uapi/uapi.h"

#define SEQUENCE_MAX 48 /* calls in a sequence */
#define CALL_IMG     192
#define CALL_PATCHES 6
#define CALL_BUFS    2
#define BUF_IMG	     128
#define NOBODY	     (-1) /* no call: an fd that is not open, an id that does not exist */

enum call_op {
	CALL_OPEN,
	CALL_CLOSE,
	CALL_IOCTL,
	CALL_WRITE, /* the argument, room bytes of it */
};

/* Where a buffer lies. It always ends at an unmapped page. */
enum call_place {
	PLACE_BUF,
	PLACE_NULL,
	PLACE_UNMAPPED,
	PLACE_VALUE, /* the argument is call.value */
};

enum patch_what {
	PATCH_FD,  /* the fd of call `ref` */
	PATCH_ID,  /* the object id of call `ref` */
	PATCH_BUF, /* the address of bufs[ref] */
	PATCH_VA,  /* an address in the memory that mappings use: value is the offset */
};

struct call_patch {
	uint16_t off;
	uint8_t width;
	uint8_t what; /* enum patch_what */
	int16_t ref;
	uint64_t value;
};

/* Memory behind a pointer. */
struct call_buf {
	uint8_t place;
	uint8_t fill;  /* of the rest */
	uint16_t room; /* bytes from its start to the unmapped page, at most ROOM_BUF */
	uint16_t len;  /* bytes of img at its start */
	uint8_t img[BUF_IMG];
};

#define ROOM_ARG 8192
#define ROOM_BUF 4096

struct call {
	int16_t uid; /* unique in a sequence, also after deletions */
	uint8_t op;
	uint8_t kind; /* enum uapi_fd: what the generator took the fd for */
	int16_t fd;   /* the call that brought it, NOBODY */
	char path[48];
	int flags;
	uint32_t req;
	/* The argument. */
	uint8_t place;
	uint64_t value; /* CALL_OPEN: which group or device of the host the path is */
	uint16_t room;	/* bytes from its start to the unmapped page */
	uint8_t fill;	/* of what follows img */
	uint16_t len;
	uint8_t img[CALL_IMG];
	struct call_patch patch[CALL_PATCHES];
	uint8_t npatch;
	struct call_buf buf[CALL_BUFS];
};

struct sequence {
	struct call v[SEQUENCE_MAX];
	size_t n;
	bool reverse; /* at the end the last fd is closed first */
};

/* The row of an ioctl on the fd it was made for; NULL: none. */
static inline const struct uapi_row *call_row(const struct call *c)
{
	return c->op == CALL_IOCTL ? uapi_find((enum uapi_fd)c->kind, c->req) : NULL;
}

/* The field of that name; NULL. */
const struct uapi_field *call_field(const struct uapi_row *row, const char *name);
/* Stores a number in the argument's image, which grows to hold it. */
void call_put(struct call *c, uint16_t off, unsigned int width, uint64_t value);
uint64_t call_get(const struct call *c, uint16_t off, unsigned int width);
/* The same by the name of a field of the call's row, which must exist. */
void call_set(struct call *c, const char *name, uint64_t value);
/* A patch at that field; replaces the one that is there. False: no room for another. */
bool call_patch(struct call *c, uint16_t off, unsigned int width, enum patch_what what, int ref,
		uint64_t value);
bool call_set_patch(struct call *c, const char *name, enum patch_what what, int ref,
		    uint64_t value);
/* The patch at an offset; NULL: none. */
struct call_patch *call_patch_at(struct call *c, uint16_t off);
void call_unpatch(struct call *c, uint16_t off);
/* The first output field of a kind (UAPI_ID, UAPI_FDNO) of a row; NULL. */
const struct uapi_field *call_out(const struct uapi_row *row, enum uapi_kind kind);

#endif
