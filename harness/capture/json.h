/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict reading of JSON values by key, shared by both formats. The first
 * error sticks: later getters return defaults, so that a reader is a straight
 * list of getters with one test at its end. Each error names the file, the
 * line or key path, what was found and what was expected.
 */
#ifndef HIOD_CAPTURE_JSON_H
#define HIOD_CAPTURE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/capture/error.h"

/* Deeper or more numerous values than any file of ours has, far below what costs. */
#define JSON_DEPTH_MAX	32
#define JSON_VALUES_MAX 400000

struct json_reader {
	struct capture_error *err;
	const char *file;
	unsigned int line; /* 0: not a line-based file */
	int rc;		   /* first error, negative errno; 0 */
	char path[160];	   /* key path of the object being read: "devices[0]" */
};

/*
 * Parses one JSON object of len bytes. NULL: r->rc is set. Duplicate keys, NUL
 * characters, too deep or too many values are errors. truncated (may be NULL)
 * tells that what is wrong is at the end of the text: the value goes on after it.
 */
json_t *json_parse(struct json_reader *r, const char *text, size_t len, bool *truncated);

/* Records an error at key (NULL: the object itself) of the current object. */
int json_fail(struct json_reader *r, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Every key of obj must be in keys, a NULL-terminated list. */
void json_only(struct json_reader *r, const json_t *obj, const char *const *keys);

/* Getters: the member may be absent unless must; the default is 0, NULL, false or def. */
const char *json_str(struct json_reader *r, const json_t *obj, const char *key, bool must);
/* The same, copied; the caller frees. */
char *json_dup(struct json_reader *r, const json_t *obj, const char *key, bool must);
int64_t json_int(struct json_reader *r, const json_t *obj, const char *key, int64_t min,
		 int64_t max, int64_t def, bool must);
/* A string "0x..." of at most 16 digits. */
uint64_t json_u64(struct json_reader *r, const json_t *obj, const char *key, uint64_t def,
		  bool must);
bool json_flag(struct json_reader *r, const json_t *obj, const char *key, bool def);
/* Hex digits, two a byte. NULL when absent (or empty); the caller frees. */
uint8_t *json_bytes(struct json_reader *r, const json_t *obj, const char *key, size_t max,
		    uint32_t *len);
/* An errno by name or number: positive errno, 0 when absent. */
int json_errno(struct json_reader *r, const json_t *obj, const char *key);
/* An object or array member; NULL when absent. */
json_t *json_object_of(struct json_reader *r, const json_t *obj, const char *key, bool must);
json_t *json_array_of(struct json_reader *r, const json_t *obj, const char *key);

/* Enters key[i] (i < 0: key) for messages; returns what json_leave() wants. */
size_t json_enter(struct json_reader *r, const char *key, int i);
void json_leave(struct json_reader *r, size_t mark);

/* "0x" and digits to *v: 0, or -EINVAL. */
int json_parse_u64(const char *s, uint64_t *v);
/* 2 * len lower-case digits and a NUL to dst. */
void json_hex(char *dst, const void *data, size_t len);
/* Hex text to a new buffer; NULL and -EINVAL for an odd or wrong digit. */
int json_unhex(const char *text, size_t chars, uint8_t **data);

/* Values for writing; NULL when out of memory. */
json_t *json_new_u64(uint64_t v);
json_t *json_new_bytes(const void *data, size_t len);
json_t *json_new_errno(int err);

#endif
