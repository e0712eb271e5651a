// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is read by a path is what its bytes are, and what is saved is read
 * again: descriptions, transcripts, probe logs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/capture/host_eq.h"
#include "harness/capture/host_json.h"
#include "harness/capture/probe.h"
#include "harness/capture/transcript.h"
#include "harness/property/property.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/itself.h"
#include "selftests/properties/memory.h"

/* Not those of list.h: what is weak is not taken out of an archive. */
#define PROPERTY(name)
#define PROPERTY_JSON(name) extern const struct property property_##name;
#include "selftests/properties/list.def"
#undef PROPERTY
#undef PROPERTY_JSON

#define TEXT_MAX 65536

/* A file of these bytes, the same one each time; false: there can be none. */
static bool put(const void *text, size_t len, char path[64])
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("property", MFD_CLOEXEC);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, text, len, 0) == (ssize_t)len;
}

static void place(char path[64], const char *suffix)
{
	snprintf(path, 64, "/tmp/hiod-property-%ld%s", (long)getpid(), suffix);
}

static enum property_result hosts(struct choices *c, const char *text, size_t len)
{
	struct host *h = NULL, *by = NULL, *saved = NULL;
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	char path[64], to[64], where[160];
	int rc, rc2;

	if (!put(text, len, path))
		return PROPERTY_DISCARD;
	place(to, ".host.json");
	rc = host_parse(text, len, path, &h, &err);
	rc2 = host_load(path, &by, &err);
	choices_note(c, "parsed: %d, read: %d %s", rc, rc2, err.msg);
	if (!rc != !rc2 && !memory_failed())
		res = property_fail(c, "parsed: %d, read: %d, '%s'", rc, rc2, err.msg);
	else if (!rc && !rc2 && !host_eq(h, by, where, sizeof(where)))
		res = property_fail(c, "read by a path, %s differs", where);
	/* A string that is not UTF-8 cannot be written. */
	else if (!rc && !rc2 && !host_save(h, to, &err)) {
		if (host_load(to, &saved, &err))
			res = memory_failed()
				      ? PROPERTY_DISCARD
				      : property_fail(c, "cannot read what it saved: %s", err.msg);
		else if (!host_eq(h, saved, where, sizeof(where)))
			res = property_fail(c, "saved and read, %s differs", where);
		unlink(to);
	}
	host_free(saved);
	host_free(by);
	host_free(h);
	return res;
}

static enum property_result transcripts(struct choices *c, const char *text, size_t len, bool probe)
{
	enum property_result res = PROPERTY_PASS;
	struct transcript t, by, saved = { 0 };
	struct capture_error err = { "" };
	const char *what = NULL;
	long at;
	char path[64], to[64];
	int rc, rc2;

	if (!put(text, len, path))
		return PROPERTY_DISCARD;
	place(to, ".capture.jsonl");
	rc = probe ? probe_parse(text, len, path, &t, &err)
		   : transcript_parse(text, len, path, TRANSCRIPT_PARTIAL, &t, &err);
	rc2 = probe ? probe_import(path, &by, &err)
		    : transcript_load(path, TRANSCRIPT_PARTIAL, &by, &err);
	choices_note(c, "parsed: %d, read: %d %s", rc, rc2, err.msg);
	if (!rc != !rc2 && !memory_failed())
		res = property_fail(c, "parsed: %d, read: %d, '%s'", rc, rc2, err.msg);
	else if (!rc && !rc2 && (what = transcript_differs(&t, &by, &at)))
		res = property_fail(c, "read by a path, %s differs", what);
	else if (!rc && !rc2 && !transcript_save(&t, to, &err)) {
		free(transcript_result_str(&t, "device"));
		if (transcript_load(to, TRANSCRIPT_PARTIAL, &saved, &err))
			res = memory_failed()
				      ? PROPERTY_DISCARD
				      : property_fail(c, "cannot read what it saved: %s", err.msg);
		else if ((what = transcript_differs(&t, &saved, &at)))
			res = property_fail(c, "saved and read, %s differs", what);
		unlink(to);
	}
	transcript_free(&saved);
	if (!rc2)
		transcript_free(&by);
	if (!rc)
		transcript_free(&t);
	return res;
}

static enum property_result by_path(struct choices *c, void *ctx)
{
	static const struct property *const of[] = { &property_host_parser,
						     &property_transcript_parser,
						     &property_probe_parser };
	static uint8_t text[TEXT_MAX];
	size_t kind = choices_index(c, 3);
	size_t len = choices_rest(c, text, sizeof(text), make_input, (void *)of[kind]);

	if (!kind)
		return hosts(c, (const char *)text, len);
	return transcripts(c, (const char *)text, len, kind == 2);
}

const struct property property_by_path = { "by_path", by_path, .cases = 150 };
