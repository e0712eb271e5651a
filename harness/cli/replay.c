// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod replay: the same client again on a transcript; any deviation is an error with its line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe.h"
#include "harness/capture/replay.h"
#include "harness/capture/rerun.h"
#include "harness/capture/transcript.h"
#include "harness/cli/cli.h"
#include "harness/cli/verdict.h"
#include "mocks/model.h"

/* One line each of expected and got are enough of an endless array. */
#define DIFFERENCES_MAX 20

struct reporting {
	const char *path;
	size_t printed;
};

static bool print_difference(void *ctx, const struct rerun_difference *d)
{
	struct reporting *r = ctx;

	printf("%s:%u: %s differs\n  recorded: %s\n  model:    %s\n", r->path, d->call->line,
	       d->what, d->expected, d->got);
	return ++r->printed < DIFFERENCES_MAX;
}

/* A probe has no client to run: its calls are issued on the model of the host it describes. */
static int replay_probe(const char *path, const struct transcript *t, bool verbose)
{
	struct capture_error err;
	struct host *h;
	struct rerun_stats stats = { 0 };
	struct reporting rep = { .path = path };

	if (describe(t, path, &h, &err))
		return cli_error("%s", err.msg);

	struct shim *model = model_new(h, NULL);
	int r = model ? transcript_rerun(t, model, print_difference, &rep, &stats, &err) : 0;
	int status = CLI_OK;

	if (!model)
		status = cli_error("out of memory");
	else if (r && rep.printed < DIFFERENCES_MAX)
		status = cli_error("%s", err.msg);
	else if (rep.printed)
		status = CLI_NO;
	if (status != CLI_BAD) {
		printf("%s: %zu calls on the model, %zu differ%s\n", path, stats.calls,
		       stats.differ, r ? " (stopped there)" : "");
		for (size_t i = 0; verbose && i < stats.nrequests; i++)
			printf("  %6zu %s, %zu differ\n", stats.request[i].calls,
			       stats.request[i].name, stats.request[i].differ);
	}
	shim_destroy(model);
	host_free(h);
	return status;
}

/* Prints the members of two results that differ; true when there are any. */
static bool result_differs(const char *path, const char *recorded, const char *now)
{
	json_t *a = json_loads(recorded, 0, NULL), *b = json_loads(now, 0, NULL), *value;
	const char *key;
	bool differs = false;

	json_object_foreach(b, key, value)
	{
		json_t *was = json_object_get(a, key);

		if (was && json_equal(was, value))
			continue;
		/* Recordings from before there were warnings do not say that there are none. */
		if (!was && json_is_array(value) && !json_array_size(value))
			continue;
		char *x = was ? json_dumps(was, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
		char *y = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		printf("%s: result '%s' differs\n  recorded: %s\n  now:      %s\n", path, key,
		       x ? x : "(nothing)", y ? y : "");
		free(x);
		free(y);
		differs = true;
	}
	json_decref(a);
	json_decref(b);
	return differs;
}

static int replay_check(const char *path, const struct transcript *t, struct hiod_check *c)
{
	struct capture_error err;
	struct hiod_verdict v;
	struct shim *s = shim_replay_new(t, NULL);
	json_t *o = json_object();
	char *now = NULL;
	int status = CLI_OK;

	if (!s || !o) {
		shim_destroy(s);
		json_decref(o);
		return cli_error("out of memory");
	}
	c->bdf = t->device;
	hiod_check_run(s, c, &v);
	verdict_settle(&v);
	if (!verdict_to_json(&v, o))
		now = json_dumps(o, JSON_COMPACT);
	if (!now) {
		status = cli_error("out of memory");
	} else if (replay_finish(s, &err)) {
		printf("%s\n", err.msg);
		status = CLI_NO;
	} else if (result_differs(path, t->result, now)) {
		status = CLI_NO;
	} else {
		printf("%s: %zu calls replayed, %s\n", path, t->ncalls,
		       hiod_answer_name(v.verdict));
	}
	free(now);
	json_decref(o);
	hiod_verdict_free(&v);
	shim_destroy(s);
	return status;
}

static int replay(const char *path, bool verbose)
{
	struct transcript t;
	struct capture_error err;
	struct hiod_check c = { 0 };
	char *storage = NULL;
	int status;

	if (transcript_load(path, 0, &t, &err))
		return cli_error("%s", err.msg);
	if (!strcmp(t.client, "probe"))
		status = replay_probe(path, &t, verbose);
	else if (!client_parse(t.client, &c, &storage))
		status = cli_error("%s:1: client '%s' cannot be run again here: expected 'probe' "
				   "or 'hiod PROFILE BACKEND VIOMMU' with a known profile",
				   path, t.client);
	else if (!t.device)
		status = cli_error("%s:1: no device named", path);
	else
		status = replay_check(path, &t, &c);
	free(storage);
	transcript_free(&t);
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool verbose = false;
	int ch, status = CLI_OK;

	while ((ch = getopt_long(argc, argv, "vh", longopts, NULL)) != -1) {
		switch (ch) {
		case 'v': verbose = true; break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (optind == argc)
		return cli_usage(c, "no transcript given");
	for (int i = optind; i < argc; i++) {
		int r = replay(argv[i], verbose);

		status = r > status ? r : status;
	}
	return status;
}

const struct cli_command cli_replay = {
	.name = "replay",
	.args = "[OPTION]... CAPTURE...",
	.summary = "run the same client again on a transcript",
	.help = "A transcript of hiod itself is answered call by call from the recording: another\n"
		"call, other bytes or another result is a deviation, named with its line. A probe's\n"
		"calls are issued on the model kernel of the host that the transcript describes, and\n"
		"the replies compared byte by byte.\n\n"
		"  -v, --verbose   for probes: the calls compared, by request\n"
		"  -h, --help      this text\n\n"
		"Exit status: 0 no deviation, 1 some, 2 bad input (a recording that was cut short is).\n",
	.run = run,
};
