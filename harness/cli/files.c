// SPDX-License-Identifier: GPL-2.0-or-later
/* File arguments: directories stand for the hosts in them. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/cli/cli.h"

#define HOST_SUFFIX    ".host.json"
#define CAPTURE_SUFFIX ".capture.jsonl"

static int add(struct cli_files *f, char *path)
{
	char **more = path ? realloc(f->path, (f->n + 1) * sizeof(*more)) : NULL;

	if (!more) {
		free(path);
		return cli_error("out of memory");
	}
	f->path = more;
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
	return ends_with(e->d_name, HOST_SUFFIX) || ends_with(e->d_name, CAPTURE_SUFFIX);
}

/* Whether the sorted names hold a description of the same host as a transcript. */
static bool has_description(struct dirent **names, int n, const char *transcript)
{
	size_t stem = strlen(transcript) - strlen(CAPTURE_SUFFIX);

	for (int i = 0; i < n; i++)
		if (!strncmp(names[i]->d_name, transcript, stem) &&
		    !strcmp(names[i]->d_name + stem, HOST_SUFFIX))
			return true;
	return false;
}

static int expand_dir(struct cli_files *f, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, wanted, alphasort), r = 0;
	size_t before = f->n;

	if (n < 0)
		return cli_error("%s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (!r && (!ends_with(name, CAPTURE_SUFFIX) || !has_description(names, n, name)))
			r = add(f, join(dir, name));
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
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

void cli_files_free(struct cli_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->path[i]);
	free(f->path);
}
