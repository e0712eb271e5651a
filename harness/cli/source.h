/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where hosts come from, in their order: files of one host each, files and
 * pipes with a description a line, and a share of them all. It reads lines;
 * what is in them, and files of one host, is read by whoever gets the batch,
 * which may be another thread. One caller at a time.
 */
#ifndef HIOD_CLI_SOURCE_H
#define HIOD_CLI_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/cli/cli.h"
#include "harness/cli/text.h"

/* Items of a batch: few, so that threads end together; enough to forget the lock. */
#define SOURCE_BATCH 32

enum source_kind {
	SOURCE_FILE,  /* a file of one host */
	SOURCE_TEXT,  /* a description, in the batch's text */
	SOURCE_ERROR, /* a message, in the batch's text: what cannot be read */
};

struct source_item {
	enum source_kind kind;
	const char *path; /* of the source; "-" is standard input */
	uint64_t line;	  /* 0: not one of several lines */
	size_t from, len; /* of the batch's text; a NUL is behind it */
};

/* Zeroed, it is empty; source_batch_free() frees it. */
struct source_batch {
	uint64_t number; /* counts from 0 */
	struct source_item item[SOURCE_BATCH];
	size_t n;
	struct text text;
	uint64_t done; /* bytes of the input up to its end, as source_total() counts */
};

void source_batch_free(struct source_batch *b);

/* The kth of n equal shares of the bytes; a host belongs to where it begins. */
struct source_shard {
	uint64_t k; /* 1 to n */
	uint64_t n; /* 1: all */
};
#define SOURCE_SHARDS_MAX 1000000

struct source;

/* The files, or "-", which live on with their names. NULL: no memory. */
struct source *source_new(const struct cli_files *files);
/* Before the first batch. 0, or CLI_BAD after a message: a pipe has no shares. */
int source_take_shard(struct source *s, const struct source_shard *shard);
/* Bytes of all files; 0: not known. Asks for the size of each. */
uint64_t source_total(struct source *s);
/* More than a few hosts are to be expected. */
bool source_is_many(const struct source *s);
/* The next hosts into b, which is emptied before. False: there are none. */
bool source_next(struct source *s, struct source_batch *b);
void source_free(struct source *s);

#endif
