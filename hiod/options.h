/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's option syntax: "first,key=value,flag,...", where a comma inside a
 * value is written twice, and a flag alone means "flag=on".
 */
#ifndef HIOD_OPTIONS_H
#define HIOD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hiod/error.h"

/* A walk over an option string. Nothing is allocated; texts live in the walk. */
struct hiod_options {
	const char *next; /* what is left */
	char key[64];
	char value[192];
};

/*
 * Takes the first word, without "=", into value: the driver or machine type;
 * "driver=" or "type=" in front (key) is allowed. -EINVAL if there is none or
 * it is too long, err filled.
 */
int hiod_options_start(struct hiod_options *o, const char *text, const char *key,
		       struct hiod_error *err);
/* The next pair. 1, 0 at the end, -EINVAL (too long), err filled. */
int hiod_options_next(struct hiod_options *o, struct hiod_error *err);

enum on_off_auto { ON_OFF_AUTO_AUTO, ON_OFF_AUTO_ON, ON_OFF_AUTO_OFF };

/* The current value as that type, refused in the words of QEMU's parsers. 0 or -EINVAL. */
int hiod_option_bool(const struct hiod_options *o, bool *v, struct hiod_error *err);
int hiod_option_on_off_auto(const struct hiod_options *o, enum on_off_auto *v,
			    struct hiod_error *err);
/* type: "uint8_t", "uint32_t"; max: its largest value. */
int hiod_option_uint(const struct hiod_options *o, uint64_t max, const char *type, uint64_t *v,
		     struct hiod_error *err);

#endif
