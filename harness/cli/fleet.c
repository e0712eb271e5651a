// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many hosts: threads take batches of them from the source, check them, and
 * format the rows; the batches leave in the order in which they were taken.
 * A thread that is too far ahead waits, so that memory does not grow with the
 * number of hosts.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/error.h"
#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/cli/arena.h"
#include "harness/cli/check.h"
#include "harness/cli/progress.h"

/* Batches under way for each thread. */
#define AHEAD 4

struct batch {
	struct source_batch in;
	struct output_part rows;
	struct text errors; /* for stderr */
	int status;
	bool done;
};

struct fleet {
	const struct check_options *o;
	struct source *source;
	struct output *out;
	pthread_mutex_t lock; /* of all below, and of the source */
	pthread_cond_t moved; /* a batch has left, or all is over */
	struct batch *ring;   /* number % size: the batches taken and not yet left */
	uint64_t size;
	uint64_t taken;
	uint64_t left;
	uint64_t hosts;
	bool over;   /* no more is taken */
	bool failed; /* the output was not taken */
	int status;
	struct progress progress;
	uint64_t total;
};

static void complain(struct batch *b, const char *what)
{
	text_str(&b->errors, "hiod: ");
	text_str(&b->errors, what);
	text_char(&b->errors, '\n');
	b->status = CLI_BAD;
}

static int load(const struct source_batch *b, const struct source_item *i, struct host **h,
		struct capture_error *err)
{
	char at[4096 + 32];
	int rc;

	if (i->kind == SOURCE_FILE)
		return capture_load_host(i->path, h, NULL, err);
	if (i->line)
		snprintf(at, sizeof(at), "%s:%llu", i->path, (unsigned long long)i->line);
	else
		snprintf(at, sizeof(at), "%s", i->path);
	arena_begin();
	rc = host_parse(b->text.b + i->from, i->len, at, h, err);
	arena_end();
	return rc;
}

static void check_item(const struct check_options *o, struct batch *b, const struct source_item *i)
{
	struct capture_error err;
	struct host *h;
	char *name;

	if (i->kind == SOURCE_ERROR) {
		complain(b, b->in.text.b + i->from);
		return;
	}
	if (load(&b->in, i, &h, &err)) {
		complain(b, err.msg);
		return;
	}
	name = check_name(i->path, i->line, h);
	if (name)
		b->status = check_worse(b->status,
					check_host(o, &(struct check_host){ h, name }, &b->rows));
	else
		complain(b, "out of memory");
	free(name);
	host_free(h);
}

static void check_batch(const struct check_options *o, struct batch *b)
{
	if (b->in.text.failed) {
		complain(b, "out of memory");
		return;
	}
	for (size_t i = 0; i < b->in.n; i++)
		check_item(o, b, &b->in.item[i]);
	if (b->errors.failed)
		b->status = CLI_BAD;
}

/* The next batch, whose place in the ring is free. NULL: it is over. */
static struct batch *take(struct fleet *f)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&f->lock);
	while (!f->over && f->taken - f->left == f->size)
		pthread_cond_wait(&f->moved, &f->lock);
	if (!f->over) {
		b = &f->ring[f->taken % f->size];
		b->done = false;
		b->status = CLI_NOTHING;
		output_part_reset(&b->rows);
		text_reset(&b->errors);
		f->over = !source_next(f->source, &b->in);
		f->taken += !f->over;
		if (f->over) {
			b = NULL;
			pthread_cond_broadcast(&f->moved);
		}
	}
	pthread_mutex_unlock(&f->lock);
	return b;
}

/* With the lock held: a batch whose turn it is. */
static void leave(struct fleet *f, struct batch *b)
{
	int rc = f->failed ? 0 : output_append(f->out, &b->rows);

	if (b->errors.n) {
		progress_clear(&f->progress);
		fwrite(b->errors.b, 1, b->errors.n, stderr);
	}
	f->status = check_worse(f->status, b->status);
	f->hosts += b->in.n;
	if (rc) {
		progress_clear(&f->progress);
		f->status = check_output_failed(f->o, rc);
		f->failed = f->over = true;
	}
	progress_show(&f->progress, f->hosts, b->in.done, f->total);
}

/* A batch is done: it leaves, and those behind it that waited for it. */
static void give(struct fleet *f, struct batch *b)
{
	pthread_mutex_lock(&f->lock);
	b->done = true;
	while (f->left < f->taken && f->ring[f->left % f->size].done) {
		leave(f, &f->ring[f->left % f->size]);
		f->left++;
	}
	pthread_cond_broadcast(&f->moved);
	pthread_mutex_unlock(&f->lock);
}

static void *work(void *arg)
{
	struct fleet *f = arg;
	struct batch *b;

	while ((b = take(f))) {
		check_batch(f->o, b);
		give(f, b);
	}
	arena_free();
	return NULL;
}

static unsigned int cpus(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return n > CHECK_JOBS_MAX ? CHECK_JOBS_MAX : (unsigned int)n;
}

/* This thread works too; where another cannot be had, the rest do its work. */
static void work_together(struct fleet *f, unsigned int jobs)
{
	pthread_t *threads = calloc(jobs, sizeof(*threads));
	unsigned int n = 0;

	while (threads && n + 1 < jobs && !pthread_create(&threads[n], NULL, work, f))
		n++;
	work(f);
	while (n)
		pthread_join(threads[--n], NULL);
	free(threads);
}

/* A bar on the terminal must not cross lines that are printed there. */
static bool wants_progress(const struct check_options *o)
{
	const bool at_once = o->format == OUTPUT_JSON || o->format == OUTPUT_CSV;

	return isatty(STDERR_FILENO) && (o->output || !at_once || !isatty(STDOUT_FILENO));
}

int fleet_run(const struct check_options *o, struct source *s, struct output *out)
{
	const unsigned int jobs = o->jobs ? o->jobs : source_is_many(s) ? cpus() : 1;
	struct fleet f = {
		.o = o,
		.source = s,
		.out = out,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.moved = PTHREAD_COND_INITIALIZER,
		.size = (uint64_t)jobs * AHEAD,
		.status = CLI_NOTHING,
	};

	f.ring = calloc(f.size, sizeof(*f.ring));
	if (!f.ring)
		return cli_error("out of memory");
	arena_install();
	progress_begin(&f.progress, wants_progress(o));
	f.total = f.progress.on ? source_total(s) : 0;
	work_together(&f, jobs);
	progress_clear(&f.progress);
	for (uint64_t i = 0; i < f.size; i++) {
		source_batch_free(&f.ring[i].in);
		output_part_free(&f.ring[i].rows);
		text_free(&f.ring[i].errors);
	}
	free(f.ring);
	return f.status;
}
