// SPDX-License-Identifier: GPL-2.0-or-later
/* File arguments: directories stand for the hosts in them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/cli.h"

#define HOST_SUFFIX    ".host.json"
#define CAPTURE_SUFFIX ".capture.jsonl"
#define LINES_SUFFIX   ".hosts.jsonl"

static int add(struct cli_files *f, char *path)
{
	if (path && f->n == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		char **more = realloc(f->path, room * sizeof(*more));

		if (!more) {
			free(path);
			return cli_error("out of memory");
		}
		f->path = more;
		f->room = room;
	}
	if (!path)
		return cli_error("out of memory");
	f->path[f->n++] = path;
	return 0;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), s = strlen(suffix);

	return n > s && !strcmp(name + n - s, suffix);
}

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s%s%s", dir, ends_with(dir, "/") ? "" : "/", name) < 0 ? NULL
											: path;
}

static int wanted(const struct dirent *e)
{
	return ends_with(e->d_name, HOST_SUFFIX) || ends_with(e->d_name, CAPTURE_SUFFIX) ||
	       ends_with(e->d_name, LINES_SUFFIX);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory that are hosts', sorted as bytes; into f, without the directory. */
static int read_dir(struct cli_files *f, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = 0;

	if (!d)
		return cli_error("%s: %s", dir, strerror(errno));
	while (!r && (errno = 0, e = readdir(d)))
		if (wanted(e))
			r = add(f, strdup(e->d_name));
	if (!r && errno)
		r = cli_error("%s: %s", dir, strerror(errno));
	closedir(d);
	if (f->n)
		qsort(f->path, f->n, sizeof(*f->path), by_name);
	return r;
}

/* Whether the sorted names hold a description of the same host as a transcript. */
static bool has_description(const struct cli_files *names, const char *transcript)
{
	char wish[NAME_MAX + 1], *key = wish;

	snprintf(wish, sizeof(wish), "%.*s" HOST_SUFFIX,
		 (int)(strlen(transcript) - strlen(CAPTURE_SUFFIX)), transcript);
	return bsearch(&key, names->path, names->n, sizeof(*names->path), by_name);
}

static int expand_dir(struct cli_files *f, const char *dir)
{
	struct cli_files names = { 0 };
	int r = read_dir(&names, dir);
	size_t before = f->n;

	for (size_t i = 0; i < names.n && !r; i++) {
		const char *name = names.path[i];

		if (!ends_with(name, CAPTURE_SUFFIX) || !has_description(&names, name))
			r = add(f, join(dir, name));
	}
	cli_files_free(&names);
	if (!r && f->n == before)
		r = cli_error("%s: no *%s and no *%s in this directory", dir, HOST_SUFFIX,
			      CAPTURE_SUFFIX);
	return r;
}

int cli_files_expand(struct cli_files *f, char **argv, int argc)
{
	int r = 0;

	*f = (struct cli_files){ 0 };
	for (int i = 0; i < argc && !r; i++) {
		struct stat st;

		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			r = expand_dir(f, argv[i]);
		else
			r = add(f, strdup(argv[i]));
	}
	return r;
}

int cli_files_named(struct cli_files *f, char **argv, int argc)
{
	int r = 0;

	*f = (struct cli_files){ 0 };
	for (int i = 0; i < argc && !r; i++)
		r = add(f, strdup(argv[i]));
	return r;
}

void cli_files_free(struct cli_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->path[i]);
	free(f->path);
}
