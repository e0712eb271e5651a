// SPDX-License-Identifier: GPL-2.0-or-later
/* One call as one JSON object: which members each operation has. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host.h"
#include "harness/capture/transcript_json.h"

/* Thirty years, whose microseconds a double has exactly. */
#define T_MAX 1e9

/* What an operation's object holds besides "call", "ret", "errno" and "t". */
#define ON_FD	 1
#define ON_PATH	 2
#define HAS_LEN	 4
#define HAS_OFF	 8
#define HAS_FLAG 16
#define GIVES	 32 /* bytes out: the result is their number */
#define TAKES	 64 /* bytes in */
#define STATS	 128

static const unsigned int op_shape[] = {
	[SHIM_OP_OPEN] = ON_PATH | HAS_FLAG,
	[SHIM_OP_CLOSE] = ON_FD,
	[SHIM_OP_IOCTL] = ON_FD,
	[SHIM_OP_READ] = ON_FD | HAS_LEN | GIVES,
	[SHIM_OP_WRITE] = ON_FD | TAKES,
	[SHIM_OP_PREAD] = ON_FD | HAS_LEN | HAS_OFF | GIVES,
	[SHIM_OP_PWRITE] = ON_FD | HAS_OFF | TAKES,
	[SHIM_OP_FSTAT] = ON_FD | STATS,
	[SHIM_OP_STAT] = ON_PATH | STATS,
	[SHIM_OP_ACCESS] = ON_PATH | HAS_FLAG,
	[SHIM_OP_READLINK] = ON_PATH | HAS_LEN | GIVES,
	[SHIM_OP_LISTDIR] = ON_PATH | HAS_LEN | GIVES,
};

/* ---- writing ------------------------------------------------------------ */

static bool is_text(const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (b[i] != '\n' && b[i] != '\t' && (b[i] < 0x20 || b[i] > 0x7e))
			return false;
	}
	return true;
}

/* Sets a member; remembers that one could not be made. */
static void set(json_t *o, const char *key, json_t *v, bool *bad)
{
	if (json_object_set_new_nocheck(o, key, v))
		*bad = true;
}

static void set_bytes(json_t *o, const char *key, const uint8_t *b, size_t len, bool *bad)
{
	/* Read by people: text as text. */
	if (is_text(b, len))
		set(o, "text", json_stringn_nocheck((const char *)b, len), bad);
	else
		set(o, key, json_new_bytes(b, len), bad);
}

static json_t *names_to_json(const uint8_t *b, size_t len, bool *bad)
{
	json_t *a = json_array();

	for (size_t i = 0; i < len;) {
		size_t n = strnlen((const char *)b + i, len - i);

		/* No name, or one that is not UTF-8, cannot be told: the caller falls back to hex. */
		if (!n || json_array_append_new(a, json_stringn((const char *)b + i, n)))
			*bad = true;
		i += n + 1;
	}
	return a;
}

static void set_names(json_t *o, const struct call *c, bool *bad)
{
	bool odd = c->out_len && c->out[c->out_len - 1];
	json_t *a = names_to_json(c->out, c->out_len, &odd);

	if (odd) {
		json_decref(a);
		set(o, "out", json_new_bytes(c->out, c->out_len), bad);
	} else {
		set(o, "names", a, bad);
	}
}

static void set_ioctl(json_t *o, const struct call *c, bool *bad)
{
	const struct uapi_row *row = capture_row(c->kind, c->req);

	set(o, "req", json_new_u64(c->req), bad);
	if (row)
		set(o, "name", json_string(row->name), bad);
	if (c->has_arg)
		set(o, "arg", json_new_u64(c->arg), bad);
	if (c->in && row && row->rule == UAPI_SIZE_STR && c->in_len && !c->in[c->in_len - 1] &&
	    is_text(c->in, c->in_len - 1))
		set(o, "str", json_stringn_nocheck((const char *)c->in, c->in_len - 1), bad);
	else if (c->in)
		set(o, "in", json_new_bytes(c->in, c->in_len), bad);
	if (c->out)
		set(o, "out", json_new_bytes(c->out, c->out_len), bad);
	if (c->nmem) {
		json_t *mem = json_object();

		for (size_t i = 0; i < c->nmem; i++) {
			const struct call_mem *m = &c->mem[i];
			json_t *v = json_object();

			if (m->in)
				set(v, "in", json_new_bytes(m->in, m->in_len), bad);
			if (m->out)
				set(v, "out", json_new_bytes(m->out, m->out_len), bad);
			set(mem, m->what, v, bad);
		}
		set(o, "mem", mem, bad);
	}
}

json_t *call_to_json(const struct call *c)
{
	unsigned int shape = op_shape[c->op];
	json_t *o = json_object();
	bool bad = !o;

	set(o, "call", json_string(call_op_name(c->op)), &bad);
	if (shape & ON_FD) {
		set(o, "fd", json_integer(c->fd), &bad);
		set(o, "kind", json_string(uapi_fd_name(c->kind)), &bad);
	}
	if (shape & ON_PATH)
		set(o, "path", json_string(c->path), &bad);
	if (shape & HAS_FLAG)
		set(o, "flags", json_new_u64(c->flags), &bad);
	if (c->op == SHIM_OP_IOCTL)
		set_ioctl(o, c, &bad);
	if (shape & HAS_LEN)
		set(o, "len", json_integer((json_int_t)c->len), &bad);
	if (shape & HAS_OFF)
		set(o, "off", json_new_u64(c->off), &bad);
	if (shape & TAKES)
		set_bytes(o, "in", c->in, c->in_len, &bad);
	if (shape & GIVES && c->ret >= 0) {
		if (c->op == SHIM_OP_LISTDIR)
			set_names(o, c, &bad);
		else
			set_bytes(o, "out", c->out, c->out_len, &bad);
	}
	if (shape & STATS && c->ret >= 0) {
		set(o, "mode", json_sprintf("0%" PRIo32, c->st.mode), &bad);
		set(o, "rdev",
		    json_pack("[I,I]", (json_int_t)c->st.rdev_major, (json_int_t)c->st.rdev_minor),
		    &bad);
	}
	set(o, "ret", json_integer(c->ret >= 0 ? (json_int_t)c->ret : -1), &bad);
	if (c->ret < 0)
		set(o, "errno", json_new_errno((int)-c->ret), &bad);
	if (c->t >= 0)
		set(o, "t", json_real((double)(int64_t)(c->t * 1e6 + 0.5) / 1e6), &bad);
	if (bad) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* ---- reading ------------------------------------------------------------ */

static void no_memory(struct json_reader *r)
{
	if (!r->rc)
		r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
}

/* "text" or hex under key, one of them; an empty value is a buffer of no bytes. */
static void get_bytes(struct json_reader *r, const json_t *obj, const char *key, uint8_t **data,
		      uint32_t *len)
{
	const char *text = json_str(r, obj, "text", false);

	if (text && json_object_get(obj, key)) {
		json_fail(r, key, "found together with \"text\", expected one of them");
		return;
	}
	if (!text) {
		*data = json_bytes(r, obj, key, UAPI_SPAN_LIMIT, len);
		return;
	}
	*len = (uint32_t)strlen(text);
	*data = malloc(*len + 1u);
	if (*data)
		memcpy(*data, text, *len + 1u);
	else
		no_memory(r);
}

static void get_names(struct json_reader *r, const json_t *obj, struct call *c)
{
	json_t *names = json_array_of(r, obj, "names"), *v;
	size_t i, size = 0;

	if (names && json_object_get(obj, "out")) {
		json_fail(r, "out", "found together with \"names\", expected one of them");
		return;
	}
	if (!names) {
		c->out = json_bytes(r, obj, "out", UAPI_SPAN_LIMIT, &c->out_len);
		return;
	}
	json_array_foreach(names, i, v)
	{
		if (!json_is_string(v) || !json_string_length(v)) {
			json_fail(r, "names", "element %zu is not a name", i);
			return;
		}
		size += json_string_length(v) + 1;
	}
	c->out = malloc(size + 1);
	if (!c->out) {
		no_memory(r);
		return;
	}
	json_array_foreach(names, i, v)
	{
		memcpy(c->out + c->out_len, json_string_value(v), json_string_length(v) + 1);
		c->out_len += (uint32_t)json_string_length(v) + 1;
	}
}

static void get_stat(struct json_reader *r, const json_t *obj, struct call *c)
{
	const char *mode = json_str(r, obj, "mode", true);
	json_t *rdev = json_array_of(r, obj, "rdev");
	json_int_t maj, min;
	char *end;

	if (r->rc)
		return;
	c->st.mode = (uint32_t)strtoul(mode, &end, 8);
	if (*mode != '0' || *end || strlen(mode) > 7) {
		json_fail(r, "mode", "found \"%.40s\", expected octal digits such as \"020600\"",
			  mode);
		return;
	}
	if (!rdev || json_unpack(rdev, "[I,I!]", &maj, &min) || maj < 0 || min < 0 ||
	    maj > HOST_MAJOR_MAX || min > HOST_MINOR_MAX) {
		json_fail(r, "rdev", "expected [major, minor]");
		return;
	}
	c->st.rdev_major = (uint32_t)maj;
	c->st.rdev_minor = (uint32_t)min;
}

static const char *const mem_keys[] = { "in", "out", NULL };

static void get_mem(struct json_reader *r, const json_t *obj, struct call *c)
{
	json_t *mem = json_object_of(r, obj, "mem", false), *v;
	const char *what;

	if (!mem)
		return;
	if (json_object_size(mem) > UAPI_SPANS_MAX) {
		json_fail(r, "mem", "found %zu buffers, expected at most %d", json_object_size(mem),
			  UAPI_SPANS_MAX);
		return;
	}
	c->mem = calloc(json_object_size(mem) + 1, sizeof(*c->mem));
	if (!c->mem) {
		no_memory(r);
		return;
	}
	json_object_foreach(mem, what, v)
	{
		struct call_mem *m = &c->mem[c->nmem++];
		size_t mark = json_enter(r, "mem", -1);

		json_object_of(r, mem, what, true);
		json_enter(r, what, -1);
		json_only(r, v, mem_keys);
		m->what = strdup(what);
		if (!m->what)
			no_memory(r);
		m->in = json_bytes(r, v, "in", UAPI_SPAN_LIMIT, &m->in_len);
		m->out = json_bytes(r, v, "out", UAPI_SPAN_LIMIT, &m->out_len);
		json_leave(r, mark);
	}
}

static void get_ioctl(struct json_reader *r, const json_t *obj, struct call *c)
{
	const char *name = json_str(r, obj, "name", false), *str = json_str(r, obj, "str", false);
	uint64_t req = json_u64(r, obj, "req", 0, true);
	const struct uapi_row *row;

	if (req > UINT32_MAX)
		json_fail(r, "req", "found 0x%" PRIx64 ", expected 32 bits", req);
	c->req = (uint32_t)req;
	row = capture_row(c->kind, c->req);
	if (name && row && strcmp(name, row->name))
		json_fail(r, "name", "found \"%.60s\", but 0x%" PRIx32 " on a fd of kind %s is %s",
			  name, c->req, uapi_fd_name(c->kind), row->name);
	c->has_arg = json_object_get(obj, "arg");
	c->arg = json_u64(r, obj, "arg", 0, false);
	if (str && json_object_get(obj, "in"))
		json_fail(r, "str", "found together with \"in\", expected one of them");
	c->in = json_bytes(r, obj, "in", UAPI_SPAN_LIMIT, &c->in_len);
	if (str && !r->rc) {
		c->in = (uint8_t *)strdup(str);
		c->in_len = (uint32_t)strlen(str) + 1;
		if (!c->in)
			no_memory(r);
	}
	c->out = json_bytes(r, obj, "out", UAPI_SPAN_LIMIT, &c->out_len);
	get_mem(r, obj, c);
}

static enum shim_op get_op(struct json_reader *r, const json_t *obj)
{
	const char *name = json_str(r, obj, "call", true);

	for (int op = 0; name && op < SHIM_OP_ANY; op++) {
		if (!strcmp(name, call_op_name((enum shim_op)op)))
			return (enum shim_op)op;
	}
	if (name)
		json_fail(r, "call", "found \"%.40s\", expected \"open\", \"ioctl\", ...", name);
	return SHIM_OP_ANY;
}

/* Which keys an operation's object may have. */
static void check_keys(struct json_reader *r, const json_t *obj, const struct call *c)
{
	unsigned int shape = op_shape[c->op];
	const char *keys[24], **k = keys;

	*k++ = "call", *k++ = "ret", *k++ = "errno", *k++ = "t";
	if (shape & ON_FD)
		*k++ = "fd", *k++ = "kind";
	if (shape & ON_PATH)
		*k++ = "path";
	if (shape & HAS_FLAG)
		*k++ = "flags";
	if (shape & HAS_LEN)
		*k++ = "len";
	if (shape & HAS_OFF)
		*k++ = "off";
	if (c->op == SHIM_OP_IOCTL)
		*k++ = "req", *k++ = "name", *k++ = "arg", *k++ = "str", *k++ = "in", *k++ = "out",
		*k++ = "mem";
	if (c->op == SHIM_OP_LISTDIR)
		*k++ = "names", *k++ = "out";
	else if (shape & GIVES)
		*k++ = "text", *k++ = "out";
	if (shape & TAKES)
		*k++ = "text", *k++ = "in";
	if (shape & STATS)
		*k++ = "mode", *k++ = "rdev";
	*k = NULL;
	json_only(r, obj, keys);
}

static void get_ret(struct json_reader *r, const json_t *obj, struct call *c)
{
	int e = json_errno(r, obj, "errno");

	c->ret = json_int(r, obj, "ret", -1, INT64_MAX, -1, true);
	if (c->ret < 0 && !e)
		json_fail(r, "errno", "missing in a call that returned -1");
	else if (c->ret >= 0 && e)
		json_fail(r, "errno", "found in a call that returned %" PRId64, c->ret);
	if (c->ret < 0)
		c->ret = -e;
	else if (c->op == SHIM_OP_IOCTL || c->op == SHIM_OP_OPEN)
		json_int(r, obj, "ret", -1, INT32_MAX, -1, true);
}

void call_from_json(struct json_reader *r, const json_t *obj, struct call *c)
{
	const char *kind;
	unsigned int shape;
	json_t *t;

	c->fd = -1;
	c->t = -1;
	c->op = get_op(r, obj);
	if (r->rc)
		return;
	shape = op_shape[c->op];
	check_keys(r, obj, c);
	if (shape & ON_FD) {
		c->fd = (int)json_int(r, obj, "fd", -1, INT32_MAX, -1, true);
		kind = json_str(r, obj, "kind", true);
		c->kind = kind ? uapi_fd_from_name(kind) : UAPI_FD_UNKNOWN;
		if (kind && c->kind == UAPI_FD_UNKNOWN &&
		    strcmp(kind, uapi_fd_name(UAPI_FD_UNKNOWN)))
			json_fail(r, "kind", "found \"%.40s\", expected \"%s\", \"%s\", ...", kind,
				  uapi_fd_name(UAPI_FD_CONTAINER), uapi_fd_name(UAPI_FD_GROUP));
	}
	if (shape & ON_PATH)
		c->path = json_dup(r, obj, "path", true);
	if (shape & HAS_FLAG) {
		uint64_t flags = json_u64(r, obj, "flags", 0, true);

		c->flags = (uint32_t)flags;
		if (flags > UINT32_MAX)
			json_fail(r, "flags", "found 0x%" PRIx64 ", expected 32 bits", flags);
	}
	if (shape & HAS_LEN)
		c->len = (uint64_t)json_int(r, obj, "len", 0, INT64_MAX, 0, true);
	if (shape & HAS_OFF)
		c->off = json_u64(r, obj, "off", 0, true);
	get_ret(r, obj, c);
	if (c->op == SHIM_OP_IOCTL)
		get_ioctl(r, obj, c);
	if (shape & TAKES) {
		get_bytes(r, obj, "in", &c->in, &c->in_len);
		c->len = c->in_len;
	}
	if (shape & GIVES && c->ret >= 0) {
		if (c->op == SHIM_OP_LISTDIR)
			get_names(r, obj, c);
		else
			get_bytes(r, obj, "out", &c->out, &c->out_len);
		if (c->ret != c->out_len)
			json_fail(r, "ret",
				  "found %" PRId64 ", expected %" PRIu32
				  ", the number of bytes given",
				  c->ret, c->out_len);
		if (c->out_len > c->len)
			json_fail(r, "len",
				  "found %" PRIu64 ", expected room for %" PRIu32 " bytes", c->len,
				  c->out_len);
	}
	if (shape & STATS && c->ret >= 0)
		get_stat(r, obj, c);
	t = json_object_get(obj, "t");
	if (t && !json_is_number(t))
		json_fail(r, "t", "expected seconds");
	if (t)
		c->t = json_number_value(t);
	if (t && !(c->t >= 0 && c->t <= T_MAX))
		json_fail(r, "t", "found %g, expected 0 to %g seconds since the first call", c->t,
			  T_MAX);
}
