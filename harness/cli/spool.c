// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/spool.h"

#define IN_MEMORY (64u << 10)

/* The file, without a name before anything is in it. */
static FILE *make_file(void)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	FILE *f = NULL;
	int fd, err;

	if (asprintf(&path, "%s/hiod-XXXXXX", dir && *dir ? dir : "/tmp") < 0)
		return NULL;
	fd = mkstemp(path);
	err = errno;
	if (fd >= 0) {
		unlink(path);
		f = fdopen(fd, "w+");
		err = errno;
		if (!f)
			close(fd);
	}
	free(path);
	errno = err;
	return f;
}

static int write_file(struct spool *s, const char *b, size_t n)
{
	return !n || fwrite(b, 1, n, s->f) == n ? 0 : -errno;
}

int spool_put(struct spool *s, const char *strings, size_t n)
{
	int rc;

	if (!s->f && s->text.n + n <= IN_MEMORY) {
		text_put(&s->text, strings, n);
		return s->text.failed ? -ENOMEM : 0;
	}
	if (!s->f) {
		s->f = make_file();
		if (!s->f)
			return -errno;
		rc = write_file(s, s->text.b, s->text.n);
		text_free(&s->text);
		if (rc)
			return rc;
	}
	return write_file(s, strings, n);
}

int spool_rewind(struct spool *s)
{
	if (s->f && (fflush(s->f) || fseek(s->f, 0, SEEK_SET)))
		return -errno;
	s->at = 0;
	return 0;
}

const char *spool_next(struct spool *s)
{
	const char *from = s->text.b + s->at;

	if (s->f)
		return getdelim(&s->line, &s->room, '\0', s->f) > 0 ? s->line : NULL;
	if (s->at == s->text.n)
		return NULL;
	s->at += strlen(from) + 1;
	return from;
}

void spool_free(struct spool *s)
{
	if (s->f)
		fclose(s->f);
	free(s->line);
	text_free(&s->text);
	*s = (struct spool){ 0 };
}
