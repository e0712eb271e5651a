/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transcript: what one client asked of a kernel and what it was told, call
 * by call, errno and bytes of failed calls included. On disk: JSON Lines
 * (docs/capture-format.md); here: an array of struct call.
 */
#ifndef HIOD_CAPTURE_TRANSCRIPT_H
#define HIOD_CAPTURE_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/capture/error.h"
#include "harness/shim/backends.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

#define TRANSCRIPT_VERSION 1
/* A call's spans are bounded by UAPI_SPAN_LIMIT each; no honest line is longer. */
#define TRANSCRIPT_LINE_MAX (8u << 20)

/* Memory behind a pointer in a request, by the pointer field's name. */
struct call_mem {
	char *what;
	uint8_t *in; /* what the kernel could read; NULL: nothing */
	uint32_t in_len;
	uint8_t *out; /* what the kernel wrote, from the start of the buffer; NULL: nothing */
	uint32_t out_len;
};

struct call {
	unsigned int line; /* in the file it was read from; 0: made in memory */
	enum shim_op op;   /* SHIM_OP_OPEN ... SHIM_OP_LISTDIR */
	int fd;		   /* calls on an fd; -1 otherwise */
	enum uapi_fd kind; /* of fd, before the call */
	char *path;	   /* calls by path; NULL otherwise */
	uint32_t req;	   /* ioctl */
	bool has_arg;	   /* ioctl whose argument is the number arg, not an address */
	uint64_t arg;
	uint32_t flags; /* open: flags; access: mode */
	uint64_t len;	/* read, pread, readlink, listdir: room; write, pwrite: bytes given */
	uint64_t off;	/* pread, pwrite */
	/*
	 * in: the argument's bytes before an ioctl as far as the kernel may
	 * read them (a string with its NUL), or what was written. out: the
	 * argument's bytes after it, from its start, NULL when unchanged; or
	 * what was read, the link's target, the names with their NULs.
	 */
	uint8_t *in;
	uint32_t in_len;
	uint8_t *out;
	uint32_t out_len;
	struct call_mem *mem;
	size_t nmem;
	struct shim_stat st; /* stat, fstat that succeeded */
	int64_t ret;	     /* as struct shim_ops returns it: >= 0, or -errno */
	double t;	     /* seconds since the first call; negative: not recorded */
};

struct transcript {
	/* The first line. Strings may be NULL, but for client. */
	char *client; /* "probe", "hiod PROFILE BACKEND VIOMMU", or a program */
	char *kernel; /* release */
	char *arch;   /* machine, as uname(2) has it */
	char *source; /* where it was recorded, in words */
	char *device; /* BDF of the device it is about */
	/* The calls. */
	struct call *calls;
	size_t ncalls;
	size_t cap; /* room in calls */
	/* The last line: what the client made of it, as compact JSON text; NULL: cut short. */
	char *result;
	bool truncated; /* the file ended within a line, which was dropped */
	char *file;	/* where it was read from, for messages; NULL: made in memory */
};

/* The line of the ith call in t's file, or in the one that saving t would make. */
static inline unsigned int transcript_line(const struct transcript *t, size_t i)
{
	return i < t->ncalls && t->calls[i].line ? t->calls[i].line : (unsigned int)i + 2;
}

/* Load also what a killed recorder left: no result, the last line incomplete. */
#define TRANSCRIPT_PARTIAL 1

/*
 * Reads a transcript into t, which needs no initialisation and is empty after
 * a failure. Errors name the line: -EINVAL (not a transcript, or not valid),
 * -EFBIG, -EISDIR, -ENOMEM, or open(2)'s.
 */
int transcript_load(const char *path, unsigned int flags, struct transcript *t,
		    struct capture_error *err);
/* The same from text; name is for messages. An empty text is no transcript: -EINVAL. */
int transcript_parse(const char *text, size_t len, const char *name, unsigned int flags,
		     struct transcript *t, struct capture_error *err);
/* Writes all of it: under a temporary name, then renamed. */
int transcript_save(const struct transcript *t, const char *path, struct capture_error *err);
/* Frees what t owns and empties it; an empty one is allowed. */
void transcript_free(struct transcript *t);

/*
 * A new call at the end of t, zeroed but for op, fd -1 and t -1. NULL: no
 * memory. The pointer is good until the next one is added.
 */
struct call *transcript_add(struct transcript *t, enum shim_op op);
/* Frees what a call owns. */
void call_free(struct call *c);
/* Equal but for lines and times: NULL, or the name of the first member that differs. */
const char *call_differs(const struct call *a, const struct call *b);
/* The same of whole transcripts; *line is the index of the differing call, or -1. */
const char *transcript_differs(const struct transcript *a, const struct transcript *b, long *at);

/* A string member of the result: a copy the caller frees, or NULL. */
char *transcript_result_str(const struct transcript *t, const char *key);

/*
 * The lines of the file, without newline; the caller frees. NULL: no memory.
 * A result is the text of a JSON object, or NULL for {}.
 */
char *transcript_header_line(const struct transcript *t);
char *transcript_call_line(const struct call *c);
char *transcript_result_line(const char *result);

/* "open", "ioctl", ...: the word in the file. */
const char *call_op_name(enum shim_op op);
/*
 * One line of strace-like text for a call, NUL-terminated and cut to cap;
 * returns the length it would have. Replies are expanded by uapi_decode().
 */
size_t call_decode(char *dst, size_t cap, const struct call *c);

/* The row of a request on a kind of fd; iommufd's own when a container node turns out to be one. */
const struct uapi_row *capture_row(enum uapi_fd kind, uint32_t req);

#endif
