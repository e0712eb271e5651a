/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ioctl line of a probe log, and the buffers of the lines after it. Internal to the importer. */
#ifndef HIOD_CAPTURE_PROBE_IOCTL_H
#define HIOD_CAPTURE_PROBE_IOCTL_H

#include "harness/capture/transcript.h"

/* What the lines of one call say. */
struct probe_ioctl {
	const struct uapi_row *row; /* by name; NULL: not described */
	enum uapi_fd kind;	    /* of the fd it was issued on, by name */
	uint32_t req;
	bool has_arg;
	uint64_t arg;
	char *str;	     /* string argument */
	uint8_t *in, *after; /* whole argument, before and after the call */
	uint32_t len;
	int64_t ret;
	uint32_t addr_width; /* "nested VTD_S1 aw=N" */
	/* From "data64=" or "ranges=": the buffer behind the pointer, after the call. */
	uint8_t *buf;
	uint32_t buf_len;
};

/* Parses one line. 0; -EINVAL with *why set to what was expected; -ENOMEM. */
int probe_ioctl_parse(char *line, struct probe_ioctl *p, const char **why);
/* A line "  type=..." or "  num_iovas=..." below it. The same results. */
int probe_ioctl_buffer(char *line, struct probe_ioctl *p, const char **why);
/* Fills a call: which bytes went in and came out. 0, -EINVAL, -ENOMEM. */
int probe_ioctl_call(const struct probe_ioctl *p, struct call *c, const char **why);
void probe_ioctl_free(struct probe_ioctl *p);

/* "EINVAL", "21", "0": positive errno or 0; -1 for a word that is none. */
int probe_errno(const char *word);

#endif
