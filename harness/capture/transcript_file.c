// SPDX-License-Identifier: GPL-2.0-or-later
/* The transcript's file: JSON Lines, a header first, the result last. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/file.h"
#include "harness/capture/transcript.h"
#include "harness/capture/transcript_json.h"

/* ---- writing ------------------------------------------------------------ */

static char *dump(json_t *o, size_t flags)
{
	char *s = o ? json_dumps(o, JSON_COMPACT | flags) : NULL;

	json_decref(o);
	return s;
}

char *transcript_header_line(const struct transcript *t)
{
	json_t *o = json_pack("{s:i,s:s}", "hiod-capture", TRANSCRIPT_VERSION, "client",
			      t->client ? t->client : "");
	const char *const keys[] = { "kernel", "arch", "source", "device" };
	const char *const vals[] = { t->kernel, t->arch, t->source, t->device };

	for (int i = 0; o && i < 4; i++) {
		if (vals[i] && json_object_set_new(o, keys[i], json_string(vals[i]))) {
			json_decref(o);
			return NULL;
		}
	}
	return dump(o, 0);
}

char *transcript_call_line(const struct call *c)
{
	/* Nine digits of a time. */
	return dump(call_to_json(c), JSON_REAL_PRECISION(9));
}

char *transcript_result_line(const char *result)
{
	json_t *v = json_loads(result ? result : "{}", 0, NULL);

	return dump(v ? json_pack("{s:o}", "result", v) : NULL, 0);
}

static int put_line(struct atomic_file *a, char *line)
{
	if (!line)
		return -ENOMEM;
	atomic_put(a, line, strlen(line));
	atomic_put(a, "\n", 1);
	free(line);
	return 0;
}

int transcript_save(const struct transcript *t, const char *path, struct capture_error *err)
{
	struct atomic_file a;
	int rc = atomic_begin(&a, path, err);

	if (rc)
		return rc;
	rc = put_line(&a, transcript_header_line(t));
	for (size_t i = 0; !rc && i < t->ncalls; i++)
		rc = put_line(&a, transcript_call_line(&t->calls[i]));
	if (!rc && t->result)
		rc = put_line(&a, transcript_result_line(t->result));
	if (rc) {
		atomic_abort(&a);
		return capture_fail(err, rc, "%s: out of memory, or a string that is not UTF-8",
				    path);
	}
	return atomic_commit(&a, err);
}

/* ---- reading ------------------------------------------------------------ */

static const char *const header_keys[] = { "hiod-capture", "client", "kernel", "arch",
					   "source",	   "device", NULL };

static void get_header(struct json_reader *r, const json_t *o, struct transcript *t)
{
	if (!json_object_get(o, "hiod-capture")) {
		json_fail(r, NULL, "found no \"hiod-capture\", expected a transcript's header");
		return;
	}
	json_int(r, o, "hiod-capture", TRANSCRIPT_VERSION, TRANSCRIPT_VERSION, 0, true);
	json_only(r, o, header_keys);
	t->client = json_dup(r, o, "client", true);
	t->kernel = json_dup(r, o, "kernel", false);
	t->arch = json_dup(r, o, "arch", false);
	t->source = json_dup(r, o, "source", false);
	t->device = json_dup(r, o, "device", false);
}

static const char *const result_keys[] = { "result", NULL };

static void get_result(struct json_reader *r, const json_t *o, struct transcript *t)
{
	json_t *v = json_object_of(r, o, "result", true);

	json_only(r, o, result_keys);
	if (r->rc)
		return;
	t->result = json_dumps(v, JSON_COMPACT);
	if (!t->result)
		r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
}

/* One line, without its newline. */
static void get_line(struct json_reader *r, const char *text, size_t len, bool last,
		     unsigned int flags, struct transcript *t)
{
	bool cut = false;
	struct call *c;
	json_t *o;

	if (t->result) {
		json_fail(r, NULL, "found a line after the result, expected the end of the file");
		return;
	}
	if (len > TRANSCRIPT_LINE_MAX) {
		json_fail(r, NULL, "found a line of %zu bytes, expected at most %u", len,
			  TRANSCRIPT_LINE_MAX);
		return;
	}
	o = json_parse(r, text, len, &cut);
	if (!o) {
		if (last && cut && r->rc == -EINVAL) {
			t->truncated = true;
			if (flags & TRANSCRIPT_PARTIAL && r->line > 1)
				r->rc = 0;
			else
				capture_fail(r->err, r->rc,
					     "%s:%u: the file ends within this line: the recording "
					     "was cut short",
					     r->file, r->line);
		}
		return;
	}
	if (r->line == 1) {
		get_header(r, o, t);
	} else if (json_object_get(o, "result")) {
		get_result(r, o, t);
	} else {
		c = transcript_add(t, SHIM_OP_ANY);
		if (!c) {
			r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
		} else {
			call_from_json(r, o, c);
			c->line = r->line;
		}
	}
	json_decref(o);
}

/* What is said of a transcript once its last line was read. */
static int finish(struct json_reader *r, const char *name, unsigned int flags, struct transcript *t)
{
	if (!r->rc && !r->line)
		r->rc = capture_fail(r->err, -EINVAL, "%s: found nothing, expected a capture",
				     name);
	if (!r->rc && !t->result && !(flags & TRANSCRIPT_PARTIAL))
		r->rc = capture_fail(
			r->err, -EINVAL,
			"%s:%u: the file ends without a result line: the recording was "
			"cut short",
			name, r->line);
	t->file = strdup(name);
	if (!t->file && !r->rc)
		r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", name);
	if (r->rc)
		transcript_free(t);
	return r->rc;
}

int transcript_load(const char *path, unsigned int flags, struct transcript *t,
		    struct capture_error *err)
{
	struct json_reader r = { .err = err, .file = path };
	size_t size = 0, room = 0;
	char *line = NULL;
	ssize_t n;
	FILE *f;
	int fd;

	*t = (struct transcript){ 0 };
	fd = capture_open(path, CAPTURE_FILE_MAX, &size, err);
	if (fd < 0)
		return fd;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return capture_fail(err, -ENOMEM, "%s: out of memory", path);
	}
	while (!r.rc && (n = getline(&line, &room, f)) > 0) {
		bool whole = line[n - 1] == '\n';

		r.line++;
		get_line(&r, line, (size_t)(whole ? n - 1 : n), !whole, flags, t);
	}
	if (!r.rc && !feof(f) && !ferror(f))
		r.rc = capture_fail(err, -ENOMEM, "%s: out of memory", path);
	if (!r.rc && ferror(f))
		r.rc = capture_fail(err, -EIO, "%s: cannot read: %s", path, strerror(errno));
	free(line);
	fclose(f);
	return finish(&r, path, flags, t);
}

int transcript_parse(const char *text, size_t len, const char *name, unsigned int flags,
		     struct transcript *t, struct capture_error *err)
{
	struct json_reader r = { .err = err, .file = name };
	const char *end = text + len, *nl;

	*t = (struct transcript){ 0 };
	while (!r.rc && text < end) {
		nl = memchr(text, '\n', (size_t)(end - text));
		r.line++;
		get_line(&r, text, (size_t)((nl ? nl : end) - text), !nl, flags, t);
		text = nl ? nl + 1 : end;
	}
	return finish(&r, name, flags, t);
}

char *transcript_result_str(const struct transcript *t, const char *key)
{
	json_t *o = t->result ? json_loads(t->result, 0, NULL) : NULL;
	const char *s = json_string_value(json_object_get(o, key));
	char *d = s ? strdup(s) : NULL;

	json_decref(o);
	return d;
}
