// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/capture/host_json.h"
#include "harness/cli/lines.h"
#include "harness/cli/source.h"

/* Text of a batch beyond which no line is added. */
#define BATCH_BYTES (64u << 10)
/* Files of one host, and bytes of a file, that are not worth a thread. */
#define FEW	  64
#define FEW_BYTES (256u << 10)

struct source {
	const struct cli_files *files;
	size_t next;	    /* file */
	const char *open;   /* name of the one that lines are read of; NULL: none */
	struct lines lines; /* of it */
	bool whole;	    /* it is one description on many lines, from a pipe */
	struct source_shard shard;
	uint64_t total; /* bytes of the files; 0: not asked for, or not known */
	uint64_t base;	/* of the files before the current one */
	uint64_t size;	/* of the current one, as it was asked for */
	uint64_t number;
};

void source_batch_free(struct source_batch *b)
{
	text_free(&b->text);
}

struct source *source_new(const struct cli_files *files)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->files = files;
	s->shard = (struct source_shard){ 1, 1 };
	s->lines.fd = -1;
	return s;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	lines_close(&s->lines);
	free(s);
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && !strcmp(name + n - s, suffix);
}

/* Standard input, or what a shell's <(command) is. */
static bool is_pipe(const char *path)
{
	return !strcmp(path, "-") || !strcmp(path, "/dev/stdin") || !strncmp(path, "/dev/fd/", 8);
}

static uint64_t size_of(const char *path)
{
	struct stat st;
	int r = strcmp(path, "-") ? stat(path, &st) : fstat(STDIN_FILENO, &st);

	return !r && S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

uint64_t source_total(struct source *s)
{
	if (s->total)
		return s->total;
	for (size_t i = 0; i < s->files->n; i++) {
		uint64_t size = size_of(s->files->path[i]);

		if (!size && is_pipe(s->files->path[i]))
			return s->total = 0;
		s->total += size;
	}
	return s->total;
}

int source_take_shard(struct source *s, const struct source_shard *shard)
{
	s->shard = *shard;
	if (shard->n > 1 && !source_total(s))
		return cli_error("--shard: how much there is cannot be told of a pipe or of empty "
				 "files: give it files");
	return 0;
}

bool source_is_many(const struct source *s)
{
	if (s->files->n > FEW)
		return true;
	for (size_t i = 0; i < s->files->n; i++) {
		const char *path = s->files->path[i];

		if (is_pipe(path) || size_of(path) > FEW_BYTES)
			return true;
	}
	return false;
}

/* In whose share, counted from 0, a host is that begins at a byte of the current file. */
static uint64_t share_of(const struct source *s, uint64_t place)
{
	const uint64_t at = s->base + place;
	uint64_t each, share;

	if (s->shard.n == 1)
		return 0;
	each = s->total / s->shard.n + !!(s->total % s->shard.n);
	share = at / each;
	/* What a file has grown by meanwhile belongs to the last share. */
	return share < s->shard.n ? share : s->shard.n - 1;
}

static bool is_ours(const struct source *s, uint64_t place)
{
	return share_of(s, place) == s->shard.k - 1;
}

static void add(struct source_batch *b, enum source_kind kind, const char *path, uint64_t line,
		const char *text, size_t len)
{
	b->item[b->n++] = (struct source_item){
		.kind = kind, .path = path, .line = line, .from = b->text.n, .len = len
	};
	text_put(&b->text, text, len);
	text_char(&b->text, '\0');
}

static void add_error(struct source_batch *b, const char *path, uint64_t line, const char *what)
{
	struct text t = { 0 };

	text_str(&t, path);
	if (line)
		text_printf(&t, ":%llu", (unsigned long long)line);
	text_str(&t, ": ");
	text_str(&t, what);
	b->text.failed |= t.failed;
	add(b, SOURCE_ERROR, path, line, t.b, t.n);
	text_free(&t);
}

static bool is_blank(const char *s, size_t n)
{
	while (n && strchr(" \t\r\n", s[n - 1]) && s[n - 1])
		n--;
	return !n;
}

/*
 * Whether text is of a description a line: its first line that is not blank
 * holds a whole object, which is no transcript's, and, where more has to come,
 * something stands behind it.
 */
static bool looks_like_lines(const char *text, size_t len, bool more)
{
	const char *end = text + len, *nl;
	size_t n;

	while (text < end && strchr(" \t\r\n", *text) && *text)
		text++;
	nl = memchr(text, '\n', (size_t)(end - text));
	n = nl ? (size_t)(nl - text) : (size_t)(end - text);
	if (memmem(text, n, "\"hiod-capture\"", 14))
		return false;
	while (n && strchr(" \t\r", text[n - 1]) && text[n - 1])
		n--;
	/* What is no object at all is a wrong line of a pipe, and a probe's log in a file. */
	if (!n || *text != '{')
		return !more;
	if (text[n - 1] != '}')
		return false;
	return !more || (nl && !is_blank(nl, (size_t)(end - nl)));
}

/* Opens what may hold lines. False: it is a file of one host, or cannot be read. */
static bool open_lines(struct source *s, struct source_batch *b, const char *path)
{
	const bool pipe = is_pipe(path);
	const bool named = ends_with(path, ".jsonl") || ends_with(path, ".ndjson");
	enum lines_result r;
	const char *text;
	struct stat st;
	size_t len;
	int fd;

	if (ends_with(path, ".capture.jsonl") || ends_with(path, ".host.json"))
		return false;
	if (!pipe && (stat(path, &st) || !S_ISREG(st.st_mode)))
		return false;
	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0)
		return false;
	lines_open(&s->lines, fd);
	r = lines_peek(&s->lines, pipe, &text, &len);
	if (pipe) {
		/* A pipe that cannot be read says so at its first line. */
		s->whole = r == LINES_ONE && len && (memchr(text, '\n', len) || s->lines.eof) &&
			   !looks_like_lines(text, len, false);
	} else {
		/* By its name it is one, whatever is wrong with its first line. */
		s->whole = false;
		if (r != LINES_ONE || !len ||
		    (named ? !!memmem(text, len, "\"hiod-capture\"", 14)
			   : !looks_like_lines(text, len, true))) {
			lines_close(&s->lines);
			return false;
		}
	}
	s->open = path;
	return true;
}

/* One description on many lines: all that is left of a pipe. */
static void take_whole(struct source *s, struct source_batch *b)
{
	enum lines_result r = LINES_ONE;
	struct text all = { 0 };
	const char *line;
	size_t len;

	if (!is_ours(s, 0))
		return;
	while ((r = lines_next(&s->lines, &line, &len)) == LINES_ONE) {
		text_put(&all, line, len);
		text_char(&all, '\n');
		if (all.n > HOST_FILE_MAX)
			break;
	}
	if (r == LINES_END && !all.failed)
		add(b, SOURCE_TEXT, s->open, 0, all.b, all.n);
	else
		add_error(b, s->open, 0,
			  r == LINES_ERROR		   ? strerror(errno)
			  : r == LINES_NOMEM || all.failed ? "out of memory"
							   : "longer than a description may be");
	text_free(&all);
}

/* The lines of the open file. True: there may be more of them. */
static bool take_lines(struct source *s, struct source_batch *b)
{
	const char *line;
	size_t len;

	while (b->n < SOURCE_BATCH && b->text.n < BATCH_BYTES) {
		enum lines_result r = lines_next(&s->lines, &line, &len);

		b->done = s->base + s->lines.place;
		if (r == LINES_END || share_of(s, s->lines.place) >= s->shard.k)
			return false;
		if ((r == LINES_ONE && is_blank(line, len)) || !is_ours(s, s->lines.place))
			continue;
		if (r == LINES_ONE) {
			add(b, SOURCE_TEXT, s->open, s->lines.line, line, len);
			continue;
		}
		add_error(b, s->open, s->lines.line,
			  r == LINES_LONG    ? "longer than a description may be"
			  : r == LINES_NOMEM ? "out of memory"
					     : strerror(errno));
		if (r != LINES_LONG)
			return false;
	}
	return true;
}

static void close_lines(struct source *s)
{
	lines_close(&s->lines);
	s->open = NULL;
	s->base += s->size;
}

bool source_next(struct source *s, struct source_batch *b)
{
	b->n = 0;
	text_reset(&b->text);
	while (b->n < SOURCE_BATCH && b->text.n < BATCH_BYTES) {
		const char *path;

		if (s->open && s->whole)
			take_whole(s, b);
		else if (s->open && take_lines(s, b))
			continue;
		if (s->open)
			close_lines(s);
		if (s->next == s->files->n || b->n == SOURCE_BATCH)
			break;
		path = s->files->path[s->next++];
		s->size = s->total ? size_of(path) : 0;
		if (open_lines(s, b, path))
			continue;
		if (is_ours(s, 0))
			add(b, SOURCE_FILE, path, 0, "", 0);
		s->base += s->size;
		b->done = s->base;
	}
	b->number = s->number;
	s->number += b->n > 0;
	return b->n > 0;
}
