// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tests of harness/capture share. */
#include <dirent.h>
#include <ftw.h>
#include <unistd.h>

#include "selftests/capture/lib.h"

const char *corpus_dir(void)
{
	const char *dir = getenv("HIOD_CORPUS");

	return dir ? dir : "corpus";
}

struct corpus corpus_files(const char *sub, const char *suffix)
{
	struct corpus c = { 0 };
	struct dirent **names;
	char dir[256];
	int n;

	snprintf(dir, sizeof(dir), "%s/%s", corpus_dir(), sub);
	n = scandir(dir, &names, NULL, alphasort);
	c.path = n > 0 ? calloc((size_t)n, sizeof(*c.path)) : NULL;
	for (int i = 0; i < n; i++) {
		size_t len = strlen(names[i]->d_name), s = strlen(suffix);

		if (c.path && len > s && !strcmp(names[i]->d_name + len - s, suffix) &&
		    asprintf(&c.path[c.n], "%s/%s", dir, names[i]->d_name) > 0)
			c.n++;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return c;
}

void corpus_free(struct corpus *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->path[i]);
	free(c->path);
	*c = (struct corpus){ 0 };
}

void scratch_make(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%.40s/hiod-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(s->dir))
		s->dir[0] = 0;
}

const char *scratch_path(struct scratch *s, const char *name)
{
	snprintf(s->path, sizeof(s->path), "%s/%.80s", s->dir, name);
	return s->path;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void scratch_remove(struct scratch *s)
{
	if (s->dir[0])
		nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

bool put_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(data, 1, len, f) == len;

	return f && !fclose(f) && ok;
}

bool put_text(const char *path, const char *text)
{
	return put_file(path, text, strlen(text));
}

char *get_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	long n;

	if (f && !fseek(f, 0, SEEK_END) && (n = ftell(f)) >= 0) {
		rewind(f);
		text = malloc((size_t)n + 1);
		*len = text ? fread(text, 1, (size_t)n, f) : 0;
		if (text)
			text[*len] = 0;
	}
	if (f)
		fclose(f);
	return text;
}

bool one_line_with(const char *msg, const char *want)
{
	if (!*msg || !strstr(msg, want))
		return false;
	for (const char *p = msg; *p; p++) {
		if ((unsigned char)*p < 0x20)
			return false;
	}
	return true;
}

bool loads_as(const char *path, const struct transcript *t, struct capture_error *err)
{
	struct transcript u;
	const char *d;
	long at;

	if (transcript_load(path, 0, &u, err))
		return false;
	d = transcript_differs(t, &u, &at);
	if (d)
		snprintf(err->msg, sizeof(err->msg), "%s differs in call %ld", d, at);
	transcript_free(&u);
	return !d;
}
