// SPDX-License-Identifier: GPL-2.0-or-later
/* A host from any file that tells of one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/describe.h"
#include "harness/capture/file.h"
#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/capture/probe.h"
#include "harness/capture/transcript.h"

/* A probe log may begin with a boot log. */
#define DETECT_MAX (256u << 10)

const char *capture_format_name(enum capture_format f)
{
	switch (f) {
	case CAPTURE_HOST: return "description";
	case CAPTURE_TRANSCRIPT: return "transcript";
	default: return "probe log";
	}
}

/*
 * JSON begins with a brace; a transcript's first line is a whole object, and
 * names itself. Whatever else is JSON is taken for a description, whose reader
 * says what is wrong with it.
 */
static int detect_text(const char *path, const char *text, size_t len, enum capture_format *f,
		       struct capture_error *err)
{
	size_t at = strspn(text, " \t\r\n");
	const char *nl = memchr(text, '\n', len);
	size_t first = nl ? (size_t)(nl - text) : len;

	if (at < len && text[at] == '{') {
		*f = memmem(text, first, "\"hiod-capture\"", 14) ? CAPTURE_TRANSCRIPT
								 : CAPTURE_HOST;
		return 0;
	}
	if (!memchr(text, 0, len) && probe_looks_like(text, len)) {
		*f = CAPTURE_PROBE;
		return 0;
	}
	return capture_fail(err, -EINVAL,
			    "%s: found neither a host description, a transcript nor a probe log",
			    path);
}

int capture_detect(const char *path, enum capture_format *f, struct capture_error *err)
{
	size_t size = 0, used = 0;
	ssize_t n = 0;
	char *text;
	int rc, fd = capture_open(path, CAPTURE_FILE_MAX, &size, err);

	if (fd < 0)
		return fd;
	if (size > DETECT_MAX)
		size = DETECT_MAX;
	text = malloc(size + 1);
	if (!text) {
		close(fd);
		return capture_fail(err, -ENOMEM, "%s: out of memory", path);
	}
	while (used < size && (n = read(fd, text + used, size - used)) > 0)
		used += (size_t)n;
	rc = n < 0 ? -errno : 0;
	close(fd);
	text[used] = 0;
	if (rc)
		capture_fail(err, rc, "%s: %s", path, strerror(-rc));
	else
		rc = detect_text(path, text, used, f, err);
	free(text);
	return rc;
}

static int load_described(const char *path, enum capture_format f, struct host **h,
			  struct capture_error *err)
{
	struct transcript t;
	int rc = f == CAPTURE_PROBE ? probe_import(path, &t, err)
				    : transcript_load(path, 0, &t, err);

	if (rc)
		return rc;
	rc = describe(&t, path, h, err);
	transcript_free(&t);
	return rc;
}

int capture_load_host(const char *path, struct host **h, enum capture_format *format,
		      struct capture_error *err)
{
	enum capture_format f = CAPTURE_HOST;
	char *name;
	int rc;

	*h = NULL;
	rc = capture_detect(path, &f, err);
	if (rc)
		return rc;
	if (format)
		*format = f;
	rc = f == CAPTURE_HOST ? host_load(path, h, err) : load_described(path, f, h, err);
	if (rc || (*h)->named)
		return rc;
	name = host_name_from_path(path);
	if (!name) {
		host_free(*h);
		*h = NULL;
		return capture_fail(err, -ENOMEM, "%s: out of memory", path);
	}
	free((*h)->name);
	(*h)->name = name;
	return 0;
}
