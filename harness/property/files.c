// SPDX-License-Identifier: GPL-2.0-or-later
/* Inputs from files; see files.h. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/files.h"

#define PATH_ROOM 4096

/* The whole file; the caller frees. NULL with errno. */
static uint8_t *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *buf = f ? malloc(FILES_INPUT_MAX) : NULL;

	*len = 0;
	if (buf)
		*len = fread(buf, 1, FILES_INPUT_MAX, f);
	if (buf && ferror(f)) {
		free(buf);
		buf = NULL;
	}
	if (f)
		fclose(f);
	return buf;
}

enum property_result files_run_one(const struct property *p, const char *path)
{
	enum property_result res;
	uint8_t *data, *exact;
	size_t len;

	data = slurp(path, &len);
	/* In memory of its own length, so that reading past it is found. */
	exact = data ? realloc(data, len ? len : 1) : NULL;
	if (!exact) {
		fprintf(stderr, "# %s: %s\n", path, strerror(errno));
		free(data);
		return PROPERTY_FAIL;
	}
	res = property_input(p->name, p->fn, p->ctx, exact, len, stderr);
	if (res == PROPERTY_FAIL)
		fprintf(stderr, "# that was %s\n", path);
	free(exact);
	return res;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int files_run(const struct property *p, const char *dir, struct files_result *r)
{
	char path[PATH_ROOM];
	struct dirent **names = NULL;
	int n, rc = 0;

	*r = (struct files_result){ 0 };
	snprintf(path, sizeof(path), "%s/%s", dir, p->name);
	n = scandir(path, &names, visible, alphasort);
	if (n < 0) {
		if (errno == ENOENT)
			return 0;
		rc = -errno;
		fprintf(stderr, "# %s: %s\n", path, strerror(-rc));
		return rc;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", dir, p->name, names[i]->d_name);
		r->inputs++;
		r->failed += files_run_one(p, path) == PROPERTY_FAIL;
		free(names[i]);
	}
	free(names);
	return rc;
}
