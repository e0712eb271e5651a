/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of harness/capture share: the corpus, scratch files, small texts. */
#ifndef SELFTESTS_CAPTURE_LIB_H
#define SELFTESTS_CAPTURE_LIB_H

#include "harness/capture/transcript.h"
#include "harness/ktap/ktap.h"

/* HIOD_CORPUS, or "corpus". */
const char *corpus_dir(void);

/* Paths of all files in corpus/SUB whose name ends so, sorted; freed by corpus_free(). */
struct corpus {
	char **path;
	size_t n;
};
struct corpus corpus_files(const char *sub, const char *suffix);
void corpus_free(struct corpus *c);

/* A scratch directory, removed with what is in it by scratch_remove(). */
struct scratch {
	char dir[64];
	char path[160]; /* of the last scratch_path() */
};
void scratch_make(struct scratch *s);
const char *scratch_path(struct scratch *s, const char *name);
void scratch_remove(struct scratch *s);

/* Writes a file; false when that fails. */
bool put_file(const char *path, const void *data, size_t len);
bool put_text(const char *path, const char *text);
/* The whole file, NUL-terminated; NULL when it cannot be read. */
char *get_file(const char *path, size_t *len);

/* A message that is one printable line and holds want. */
bool one_line_with(const char *msg, const char *want);

/* True when the file loads as a transcript and is equal to t. */
bool loads_as(const char *path, const struct transcript *t, struct capture_error *err);

#endif
