// SPDX-License-Identifier: GPL-2.0-or-later
/* An ioctl line of a probe log as a call. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/image.h"
#include "harness/capture/json.h"
#include "harness/capture/marshal.h"
#include "harness/capture/probe_ioctl.h"
#include "harness/uapi/uapi_compat.h"

/* Where the argument lies in the image; no program has memory there. */
#define ARG_ADDR 0x10000

int probe_errno(const char *word)
{
	char *end;
	long v;

	if (*word >= '0' && *word <= '9') {
		v = strtol(word, &end, 10);
		return *end || v > 4095 ? -1 : (int)v;
	}
	v = uapi_errno_from_name(word);
	return v > 0 ? (int)v : -1;
}

/* The value after " key=" in line, cut off at the next blank; NULL when there is none. */
static char *value_of(char *line, const char *key)
{
	size_t n = strlen(key);

	for (char *p = line; (p = strstr(p, key)); p += n) {
		if (p > line && p[-1] == ' ' && p[n] == '=')
			return p + n + 1;
	}
	return NULL;
}

/* Ends the word at s and copies it. */
static char *word(const char *s)
{
	return s ? strndup(s, strcspn(s, " ")) : NULL;
}

static int get_num(char *line, const char *key, int base, uint64_t *v)
{
	char *s = value_of(line, key), *end;

	if (!s)
		return -ENOENT;
	errno = 0;
	*v = strtoull(s, &end, base);
	return errno || end == s || (*end && *end != ' ') || *s == '-' ? -EINVAL : 0;
}

/* Hex digits, "-" for none. */
static int get_hex(char *line, const char *key, uint8_t **data, uint32_t *len)
{
	char *s = value_of(line, key);
	size_t n;
	int rc;

	*data = NULL;
	*len = 0;
	if (!s)
		return -ENOENT;
	n = strcspn(s, " ");
	if (n == 1 && *s == '-')
		n = 0;
	if (n / 2 > UAPI_SPAN_LIMIT)
		return -EINVAL;
	rc = json_unhex(s + (n ? 0 : 1), n, data);
	if (!rc)
		*len = (uint32_t)(n / 2);
	return rc;
}

/* The kind of fd that a request of this name goes to, described or not. */
static enum uapi_fd kind_by_name(const char *name)
{
	static const struct {
		const char *prefix;
		enum uapi_fd kind;
	} by[] = {
		{ "IOMMU_", UAPI_FD_IOMMUFD },	    { "VFIO_GROUP_", UAPI_FD_GROUP },
		{ "VFIO_DEVICE_", UAPI_FD_DEVICE }, { "VHOST_", UAPI_FD_VDPA },
		{ "VFIO_", UAPI_FD_CONTAINER },
	};

	for (size_t i = 0; i < sizeof(by) / sizeof(*by); i++) {
		if (!strncmp(name, by[i].prefix, strlen(by[i].prefix)))
			return by[i].kind;
	}
	return UAPI_FD_UNKNOWN;
}

static int parse_name(char *line, struct probe_ioctl *p, const char **why)
{
	char name[64];
	uint64_t nr;
	int rc;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, "( "), line);
	p->row = uapi_find_name(name);
	p->kind = p->row ? p->row->fd : kind_by_name(name);
	rc = get_num(line, "nr", 16, &nr);
	if (rc == -ENOENT && p->row) {
		p->req = p->row->req;
		return 0;
	}
	*why = "expected nr=0x and the request's number";
	if (rc || nr > UINT32_MAX)
		return -EINVAL;
	p->req = (uint32_t)nr;
	*why = "the request's number is not the one of its name";
	return p->row && p->row->req != p->req ? -EINVAL : 0;
}

static int parse_result(char *line, struct probe_ioctl *p, const char **why)
{
	char *s = value_of(line, "ret"), *e = word(value_of(line, "errno")), *end;
	int err = e ? probe_errno(e) : -1;

	free(e);
	if (!e && value_of(line, "errno"))
		return -ENOMEM;
	*why = "expected ret=NUMBER errno=NAME";
	if (!s || err < 0)
		return -EINVAL;
	p->ret = strtoll(s, &end, 10);
	if (end == s || (*end && *end != ' ') || p->ret < -1 || p->ret > INT32_MAX)
		return -EINVAL;
	*why = "ret and errno contradict each other";
	if ((p->ret == -1) != (err > 0))
		return -EINVAL;
	if (err)
		p->ret = -err;
	return 0;
}

/* arg="...", arg=0x.. or in=HEX; some lines have none. */
static int parse_argument(char *line, struct probe_ioctl *p, const char **why)
{
	char *s = value_of(line, "arg");
	uint32_t n;
	int rc;

	*why = "expected in=HEX, arg=0x.. or arg=\"...\"";
	if (s && *s == '"') {
		char *q = strchr(s + 1, '"');

		if (!q)
			return -EINVAL;
		p->str = strndup(s + 1, (size_t)(q - s - 1));
		return p->str ? 0 : -ENOMEM;
	}
	if (s) {
		p->has_arg = true;
		return get_num(line, "arg", 16, &p->arg);
	}
	rc = get_hex(line, "in", &p->in, &p->len);
	if (rc == -ENOENT)
		return 0;
	if (rc)
		return rc;
	*why = "expected out=HEX of as many bytes as in=, or out=same";
	s = value_of(line, "out");
	if (s && !strncmp(s, "same", 4)) {
		p->after = malloc(p->len + 1u);
		if (!p->after)
			return -ENOMEM;
		memcpy(p->after, p->in, p->len);
		return 0;
	}
	rc = get_hex(line, "out", &p->after, &n);
	if (rc == -ENOMEM)
		return rc;
	return rc || n != p->len ? -EINVAL : 0;
}

int probe_ioctl_parse(char *line, struct probe_ioctl *p, const char **why)
{
	const char *aw = strstr(line, "nested VTD_S1 aw=");
	int rc;

	*p = (struct probe_ioctl){ 0 };
	rc = parse_name(line, p, why);
	if (!rc)
		rc = parse_result(line, p, why);
	if (!rc)
		rc = parse_argument(line, p, why);
	if (!rc && aw)
		p->addr_width = (uint32_t)strtoul(aw + strlen("nested VTD_S1 aw="), NULL, 10);
	if (rc)
		probe_ioctl_free(p);
	return rc;
}

void probe_ioctl_free(struct probe_ioctl *p)
{
	free(p->str);
	free(p->in);
	free(p->after);
	free(p->buf);
	*p = (struct probe_ioctl){ 0 };
}

/* "[0x0,0xfedfffff] [0xfef00000,...]": all ranges, where the hex dump stops at eight. */
static int more_ranges(const char *s, struct probe_ioctl *p)
{
	uint64_t pair[2];
	uint32_t used = 0;
	uint8_t *buf;

	for (; (s = strchr(s, '[')); s++) {
		if (sscanf(s, "[0x%" SCNx64 ",0x%" SCNx64 "]", &pair[0], &pair[1]) != 2)
			return -EINVAL;
		if (used + sizeof(pair) > p->buf_len) {
			buf = realloc(p->buf, used + sizeof(pair));
			if (!buf)
				return -ENOMEM;
			p->buf = buf;
			p->buf_len = used + (uint32_t)sizeof(pair);
			memcpy(p->buf + used, pair, sizeof(pair));
		}
		used += (uint32_t)sizeof(pair);
	}
	return 0;
}

int probe_ioctl_buffer(char *line, struct probe_ioctl *p, const char **why)
{
	bool ranges = !strncmp(line, "  num_iovas=", 12);
	int rc;

	free(p->buf);
	*why = "expected the buffer's bytes as hex";
	rc = get_hex(line, ranges ? "ranges" : "data64", &p->buf, &p->buf_len);
	if (rc == -ENOENT)
		rc = -EINVAL;
	if (!rc && ranges)
		rc = more_ranges(line, p);
	return rc;
}

/* ---- as a call ---------------------------------------------------------- */

/*
 * The stage-1 data of a nested HWPT_ALLOC is not in the log, but vfioprobe's
 * own constants but for the width, which it names.
 */
static int nested_data(const struct probe_ioctl *p, struct call *c)
{
	struct iommu_hwpt_vtd_s1 s1 = { .pgtbl_addr = 0x100000, .addr_width = p->addr_width };
	struct call_mem *m = call_mem(c, "data_uptr");

	return m ? call_bytes(&m->in, &m->in_len, &s1, sizeof(s1)) : -ENOMEM;
}

/* What came out: the spans that were written, as far as the log shows them. */
static int outputs(const struct probe_ioctl *p, struct call *c, const struct uapi_span *before,
		   size_t nbefore)
{
	struct uapi_span v[UAPI_SPANS_MAX];
	struct image m = { .n = 0 };
	struct uapi_mem mem = image_mem(&m);
	uint32_t changed = p->len;
	int n, rc = 0;

	image_add(&m, ARG_ADDR, p->after, p->len);
	while (changed && p->in[changed - 1] == p->after[changed - 1])
		changed--;
	n = uapi_spans_written(p->row, &mem, ARG_ADDR, (int)p->ret, p->in, before, nbefore, v,
			       UAPI_SPANS_MAX);
	for (int i = 0; i < n && !rc; i++) {
		uint32_t len = v[i].len;

		if (v[i].addr == ARG_ADDR) {
			if (len < changed)
				len = changed;
			if (len > p->len)
				len = p->len;
			if (changed)
				rc = call_bytes(&c->out, &c->out_len, p->after, len);
		} else if (p->buf && v[i].dir & UAPI_OUT) {
			struct call_mem *b = call_mem(c, v[i].what);

			if (len > p->buf_len)
				len = p->buf_len;
			rc = b ? call_bytes(&b->out, &b->out_len, p->buf, len) : -ENOMEM;
		}
	}
	if (!rc && changed && !c->out)
		rc = call_bytes(&c->out, &c->out_len, p->after, changed);
	return rc;
}

int probe_ioctl_call(const struct probe_ioctl *p, struct call *c, const char **why)
{
	struct uapi_span before[UAPI_SPANS_MAX];
	struct image m = { .n = 0 };
	struct uapi_mem mem = image_mem(&m);
	uint32_t in_len = p->len;
	int n, rc = 0;

	c->req = p->req;
	c->has_arg = p->has_arg;
	c->arg = p->arg;
	c->ret = p->ret;
	if (p->str)
		return call_bytes(&c->in, &c->in_len, p->str, strlen(p->str) + 1);
	if (p->has_arg || !p->in)
		return 0;
	if (!p->row) {
		if (call_bytes(&c->in, &c->in_len, p->in, p->len))
			return -ENOMEM;
		return memcmp(p->in, p->after, p->len)
			       ? call_bytes(&c->out, &c->out_len, p->after, p->len)
			       : 0;
	}
	image_add(&m, ARG_ADDR, p->in, p->len);
	n = uapi_spans(p->row, &mem, ARG_ADDR, before, UAPI_SPANS_MAX);
	*why = "in= is shorter than the request's structure";
	if (n == -EFAULT)
		return -EINVAL;
	if (n > 0 && before[0].addr == ARG_ADDR && before[0].dir & UAPI_IN &&
	    before[0].len < in_len)
		in_len = before[0].len;
	rc = call_bytes(&c->in, &c->in_len, p->in, in_len);
	if (!rc && n > 0)
		rc = outputs(p, c, before, (size_t)n);
	if (!rc && p->addr_width)
		rc = nested_data(p, c);
	return rc;
}
