/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule, read; private to rule*.c. */
#ifndef HIOD_SUPERVISE_RULE_INTERNAL_H
#define HIOD_SUPERVISE_RULE_INTERNAL_H

#include "harness/shim/backends.h"
#include "harness/supervise/rule.h"

struct rule {
	const char *text;
	enum shim_op op;
	const struct uapi_row *row; /* of SHIM_OP_IOCTL */
	char *path;		    /* prefix; NULL: any */
	char *field;		    /* NULL: the call fails */
	uint64_t value;		    /* of the field, or a positive errno */
	unsigned int nth;	    /* 0: each */
	unsigned int seen, fired;
};

/* rule_parse.c: 0 or a negative errno and a message. rule_free() either way. */
int rule_parse(struct rule *r, const char *text, struct capture_error *err);
void rule_free(struct rule *r);

/*
 * rule_field.c: writes value into the field of the reply at arg. 0; -ENOENT:
 * the reply has no such field (an array that is too short, no such capability);
 * -EFAULT.
 */
int rule_set_field(const struct rule *r, const struct uapi_mem *mem, uintptr_t arg);
/* Whether there can be such a field at all. */
bool rule_field_known(const struct uapi_row *row, const char *field);

#endif
