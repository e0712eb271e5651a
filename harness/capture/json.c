// SPDX-License-Identifier: GPL-2.0-or-later
/* Strict reading of JSON values by key, and the few values that have a form of their own. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/json.h"
#include "harness/uapi/uapi.h"

int json_fail(struct json_reader *r, const char *key, const char *fmt, ...)
{
	char what[600], where[300];
	va_list ap;

	if (r->rc)
		return r->rc;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(where, sizeof(where), "%s%s%s", r->path, r->path[0] && key ? "." : "",
		 key ? key : "");
	r->rc = -EINVAL;
	if (r->line)
		return capture_fail(r->err, r->rc, "%s:%u: %s%s%s", r->file, r->line, where,
				    where[0] ? ": " : "", what);
	return capture_fail(r->err, r->rc, "%s: %s%s%s", r->file, where, where[0] ? ": " : "",
			    what);
}

/* Behind the string that begins behind a quotation mark at s; end: it does not end. */
static const char *skip_string(const char *s, const char *end)
{
	const char *from = s, *q = s;

	while ((q = memchr(q, '"', (size_t)(end - q)))) {
		size_t slashes = 0;

		while (q - slashes > from && q[-1 - (ptrdiff_t)slashes] == '\\')
			slashes++;
		q++;
		if (slashes % 2 == 0)
			return q;
	}
	return end;
}

/*
 * Depth and number of values, counted on the text before a tree is built: a
 * tree costs a hundred times its text.
 */
static int json_bounds(struct json_reader *r, const char *text, size_t len)
{
	const char *end = text + len;
	size_t depth = 0, values = 1;

	for (const char *p = text; p < end;) {
		char c = *p++;

		if (c == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (c == ',') {
			values++;
		} else if (c == '{' || c == '[') {
			values++;
			if (++depth > JSON_DEPTH_MAX)
				return json_fail(r, NULL,
						 "found values nested deeper than %d levels",
						 JSON_DEPTH_MAX);
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		}
		if (values > JSON_VALUES_MAX)
			return json_fail(r, NULL, "found more than %d values", JSON_VALUES_MAX);
	}
	return 0;
}

json_t *json_parse(struct json_reader *r, const char *text, size_t len, bool *truncated)
{
	json_error_t je;
	json_t *v;

	if (truncated)
		*truncated = false;
	if (memchr(text, 0, len)) {
		json_fail(r, NULL, "found a NUL byte, expected JSON text");
		return NULL;
	}
	if (json_bounds(r, text, len))
		return NULL;
	v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!v) {
		enum json_error_code code = json_error_code(&je);

		if (truncated)
			*truncated = code == json_error_premature_end_of_input ||
				     je.position >= (int)len;
		/* Jansson has no code and no words for most of its allocations. */
		if (code == json_error_out_of_memory || !je.text[0])
			r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
		else if (r->line)
			json_fail(r, NULL, "not JSON at column %d: %s", je.column, je.text);
		else
			json_fail(r, NULL, "not JSON at line %d column %d: %s", je.line, je.column,
				  je.text);
		return NULL;
	}
	if (!json_is_object(v)) {
		json_fail(r, NULL, "found a JSON array, expected an object");
		json_decref(v);
		return NULL;
	}
	return v;
}

static const char *json_type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "a number";
	case JSON_REAL: return "a fraction";
	case JSON_TRUE:
	case JSON_FALSE: return "a boolean";
	default: return "null";
	}
}

/* The member, checked to exist when it must. */
static json_t *json_member(struct json_reader *r, const json_t *obj, const char *key, bool must)
{
	json_t *v;

	if (r->rc)
		return NULL;
	v = json_object_get(obj, key);
	if (!v && must)
		json_fail(r, key, "missing");
	return v;
}

void json_only(struct json_reader *r, const json_t *obj, const char *const *keys)
{
	const char *const *next = keys; /* files have their keys in the list's order */
	const char *key;
	json_t *v;

	if (r->rc)
		return;
	json_object_foreach((json_t *)obj, key, v)
	{
		const char *const *k = next;

		while (*k && strcmp(*k, key))
			k++;
		if (!*k)
			for (k = keys; k < next && strcmp(*k, key);)
				k++;
		if (!*k || (k == next && strcmp(*k, key))) {
			json_fail(r, key, "found a key that this version does not know");
			return;
		}
		next = k + 1;
	}
}

const char *json_str(struct json_reader *r, const json_t *obj, const char *key, bool must)
{
	json_t *v = json_member(r, obj, key, must);

	if (!v)
		return NULL;
	if (!json_is_string(v)) {
		json_fail(r, key, "found %s, expected a string", json_type_name(v));
		return NULL;
	}
	return json_string_value(v);
}

char *json_dup(struct json_reader *r, const json_t *obj, const char *key, bool must)
{
	const char *s = json_str(r, obj, key, must);
	char *d;

	if (!s)
		return NULL;
	d = strdup(s);
	if (!d)
		r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
	return d;
}

int64_t json_int(struct json_reader *r, const json_t *obj, const char *key, int64_t min,
		 int64_t max, int64_t def, bool must)
{
	json_t *v = json_member(r, obj, key, must);

	if (!v)
		return def;
	if (!json_is_integer(v)) {
		json_fail(r, key, "found %s, expected a number", json_type_name(v));
		return def;
	}
	if (json_integer_value(v) < min || json_integer_value(v) > max) {
		json_fail(r, key,
			  "found %" JSON_INTEGER_FORMAT ", expected %" PRId64 " to %" PRId64,
			  json_integer_value(v), min, max);
		return def;
	}
	return json_integer_value(v);
}

int json_parse_u64(const char *s, uint64_t *v)
{
	size_t n = 0;

	if (s[0] != '0' || s[1] != 'x')
		return -EINVAL;
	s += 2;
	*v = 0;
	for (; s[n]; n++) {
		char c = s[n];

		if (n >= 16 || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return -EINVAL;
		*v = *v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n ? 0 : -EINVAL;
}

uint64_t json_u64(struct json_reader *r, const json_t *obj, const char *key, uint64_t def,
		  bool must)
{
	const char *s = json_str(r, obj, key, must);
	uint64_t v;

	if (!s)
		return def;
	if (json_parse_u64(s, &v)) {
		json_fail(r, key, "found \"%.40s\", expected \"0x\" and 1 to 16 lower-case digits",
			  s);
		return def;
	}
	return v;
}

bool json_flag(struct json_reader *r, const json_t *obj, const char *key, bool def)
{
	json_t *v = json_member(r, obj, key, false);

	if (!v)
		return def;
	if (!json_is_boolean(v)) {
		json_fail(r, key, "found %s, expected true or false", json_type_name(v));
		return def;
	}
	return json_is_true(v);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int json_unhex(const char *text, size_t chars, uint8_t **data)
{
	uint8_t *d;

	*data = NULL;
	if (chars % 2)
		return -EINVAL;
	d = malloc(chars / 2 + 1);
	if (!d)
		return -ENOMEM;
	for (size_t i = 0; i < chars / 2; i++) {
		int hi = hex_digit(text[2 * i]), lo = hex_digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			free(d);
			return -EINVAL;
		}
		d[i] = (uint8_t)(hi << 4 | lo);
	}
	*data = d;
	return 0;
}

uint8_t *json_bytes(struct json_reader *r, const json_t *obj, const char *key, size_t max,
		    uint32_t *len)
{
	const char *s = json_str(r, obj, key, false);
	uint8_t *d = NULL;
	size_t n;
	int rc;

	*len = 0;
	if (!s || !*s)
		return NULL;
	n = strlen(s);
	if (n / 2 > max) {
		json_fail(r, key, "found %zu bytes, expected at most %zu", n / 2, max);
		return NULL;
	}
	rc = json_unhex(s, n, &d);
	if (rc == -ENOMEM)
		r->rc = capture_fail(r->err, rc, "%s: out of memory", r->file);
	else if (rc)
		json_fail(r, key, "found \"%.40s\", expected pairs of lower-case hex digits", s);
	else
		*len = (uint32_t)(n / 2);
	return d;
}

int json_errno(struct json_reader *r, const json_t *obj, const char *key)
{
	json_t *v = json_member(r, obj, key, false);
	int e;

	if (!v)
		return 0;
	if (json_is_integer(v))
		return (int)json_int(r, obj, key, 1, 4095, 0, false);
	if (!json_is_string(v)) {
		json_fail(r, key, "found %s, expected an errno name", json_type_name(v));
		return 0;
	}
	e = uapi_errno_from_name(json_string_value(v));
	if (e <= 0) {
		json_fail(r, key, "found \"%.40s\", expected an errno name such as \"EINVAL\"",
			  json_string_value(v));
		return 0;
	}
	return e;
}

json_t *json_object_of(struct json_reader *r, const json_t *obj, const char *key, bool must)
{
	json_t *v = json_member(r, obj, key, must);

	if (v && !json_is_object(v)) {
		json_fail(r, key, "found %s, expected an object", json_type_name(v));
		return NULL;
	}
	return v;
}

json_t *json_array_of(struct json_reader *r, const json_t *obj, const char *key)
{
	json_t *v = json_member(r, obj, key, false);

	if (v && !json_is_array(v)) {
		json_fail(r, key, "found %s, expected an array", json_type_name(v));
		return NULL;
	}
	return v;
}

/* As much of s as fits behind at bytes of the path. Returns where it ends. */
static size_t path_put(struct json_reader *r, size_t at, const char *s, size_t n)
{
	size_t room = sizeof(r->path) - 1 - at;

	n = n < room ? n : room;
	memcpy(r->path + at, s, n);
	r->path[at + n] = 0;
	return at + n;
}

size_t json_enter(struct json_reader *r, const char *key, int i)
{
	size_t mark = strlen(r->path), at = mark;
	char digits[12];
	size_t d = sizeof(digits);

	if (mark)
		at = path_put(r, at, ".", 1);
	at = path_put(r, at, key, strlen(key));
	if (i < 0)
		return mark;
	digits[--d] = ']';
	do {
		digits[--d] = (char)('0' + i % 10);
		i /= 10;
	} while (i);
	digits[--d] = '[';
	path_put(r, at, digits + d, sizeof(digits) - d);
	return mark;
}

void json_leave(struct json_reader *r, size_t mark)
{
	r->path[mark] = 0;
}

void json_hex(char *dst, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++) {
		dst[2 * i] = digits[b[i] >> 4];
		dst[2 * i + 1] = digits[b[i] & 15];
	}
	dst[2 * len] = 0;
}

json_t *json_new_u64(uint64_t v)
{
	return json_sprintf("0x%" PRIx64, v);
}

json_t *json_new_bytes(const void *data, size_t len)
{
	char *s = malloc(2 * len + 1);
	json_t *v;

	if (!s)
		return NULL;
	json_hex(s, data, len);
	v = json_stringn_nocheck(s, 2 * len);
	free(s);
	return v;
}

json_t *json_new_errno(int err)
{
	const char *name = uapi_errno_name(err);

	return name ? json_string(name) : json_integer(err);
}
