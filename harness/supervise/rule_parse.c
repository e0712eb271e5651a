// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of a rule. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/capture/transcript.h"
#include "harness/supervise/rule_internal.h"

static int bad(const struct rule *r, struct capture_error *err, const char *what)
{
	return capture_fail(err, -EINVAL, "%s: %s", r->text, what);
}

/* Whether name is text, or ends with it after a '_'. */
static bool ends_with(const char *name, const char *text, size_t n)
{
	size_t len = strlen(name);

	if (len < n || strncasecmp(name + len - n, text, n))
		return false;
	return len == n || name[len - n - 1] == '_';
}

static int find_request(struct rule *r, const char *text, size_t n, struct capture_error *err)
{
	const struct uapi_row *row, *other = NULL;

	for (size_t i = 0; (row = uapi_row_at(i)); i++) {
		if (!ends_with(row->name, text, n))
			continue;
		if (strlen(row->name) == n) {
			r->row = row;
			return 0;
		}
		/* One request may have rows on several kinds of descriptor. */
		if (r->row && strcmp(r->row->name, row->name))
			other = row;
		else
			r->row = row;
	}
	if (other)
		return capture_fail(err, -EINVAL, "%s: '%.*s' may be %s or %s", r->text, (int)n,
				    text, r->row->name, other->name);
	return r->row ? 0
		      : capture_fail(err, -EINVAL,
				     "%s: '%.*s' is no request and no operation (open, close, "
				     "read, pread, stat, access, readlink, listdir)",
				     r->text, (int)n, text);
}

static int find_call(struct rule *r, const char *text, size_t n, struct capture_error *err)
{
	for (int op = 0; op < SHIM_OP_ANY; op++) {
		const char *name = call_op_name((enum shim_op)op);

		if (op == SHIM_OP_IOCTL || strlen(name) != n || strncmp(name, text, n))
			continue;
		r->op = (enum shim_op)op;
		return 0;
	}
	r->op = SHIM_OP_IOCTL;
	return find_request(r, text, n, err);
}

static int read_value(struct rule *r, const char *text, struct capture_error *err)
{
	char *end;

	if (!r->field) {
		int e = uapi_errno_from_name(text);

		if (!e)
			return bad(r, err, "expected the name of an errno after '='");
		r->value = (uint64_t)e;
		return 0;
	}
	errno = 0;
	r->value = strtoull(text, &end, 0);
	if (!*text || *end || errno)
		return bad(r, err, "expected a number after '='");
	return 0;
}

int rule_parse(struct rule *r, const char *text, struct capture_error *err)
{
	const char *at = text + strcspn(text, "#:=");
	int rc;

	*r = (struct rule){ .text = text };
	rc = find_call(r, text, (size_t)(at - text), err);
	while (!rc && (*at == '#' || *at == ':')) {
		const char *from = at + 1;

		at = from + strcspn(from, "#:=");
		if (from[-1] == '#') {
			char *end;
			unsigned long n = strtoul(from, &end, 10);

			if (end != at || !n || n > UINT32_MAX || *from == '-')
				rc = bad(r, err, "expected a count from 1 on after '#'");
			r->nth = (unsigned int)n;
			continue;
		}
		/* A path may hold colons, as addresses of devices do. */
		if (r->op != SHIM_OP_IOCTL)
			at = from + strcspn(from, "#=");
		char **to = r->op == SHIM_OP_IOCTL ? &r->field : &r->path;

		if (*to || at == from)
			return bad(r, err, "expected one field or path after ':'");
		*to = strndup(from, (size_t)(at - from));
		if (!*to)
			return capture_fail(err, -ENOMEM, "out of memory");
	}
	if (rc)
		return rc;
	if (*at != '=')
		return bad(r, err, "expected '='");
	if (r->field && !rule_field_known(r->row, r->field))
		return capture_fail(err, -EINVAL, "%s: %s has no field '%s'", text, r->row->name,
				    r->field);
	return read_value(r, at + 1, err);
}

void rule_free(struct rule *r)
{
	free(r->path);
	free(r->field);
}
