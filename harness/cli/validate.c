// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod validate: is this a file that the other commands can read. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/capture/probe.h"
#include "harness/capture/transcript.h"
#include "harness/cli/cli.h"
#include "harness/cli/each.h"

#define LINES_SUFFIX ".hosts.jsonl"

static bool has_lines(const char *path)
{
	size_t n = strlen(path), s = strlen(LINES_SUFFIX);

	return n >= s && !strcmp(path + n - s, LINES_SUFFIX);
}

static int count(void *ctx, const char *name, const struct host *h)
{
	++*(uint64_t *)ctx;
	return CLI_OK;
}

/* A description a line: each line that is wrong is named. */
static int validate_lines(char *path, bool quiet)
{
	const struct cli_files one = { .path = &path, .n = 1 };
	uint64_t n = 0;
	int status = each_host(&one, count, &n);

	if (status == CLI_NOTHING)
		return cli_error("%s: no host description in it", path);
	if (!status && !quiet)
		printf("%s: %llu valid host descriptions\n", path, (unsigned long long)n);
	return status;
}

static int validate(char *path, bool quiet)
{
	struct capture_error err;
	enum capture_format f;
	struct transcript t;
	struct host *h;
	int r;

	if (has_lines(path))
		return validate_lines(path, quiet);
	r = capture_detect(path, &f, &err);
	if (!r && f == CAPTURE_HOST) {
		r = host_load(path, &h, &err);
		if (!r)
			host_free(h);
	} else if (!r) {
		r = f == CAPTURE_PROBE ? probe_import(path, &t, &err)
				       : transcript_load(path, 0, &t, &err);
		if (!r)
			transcript_free(&t);
	}
	if (r)
		return cli_error("%s", err.msg);
	if (!quiet)
		printf("%s: valid %s\n", path, capture_format_name(f));
	return CLI_OK;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool quiet = false;
	int ch, status = CLI_OK;

	while ((ch = getopt_long(argc, argv, "qh", longopts, NULL)) != -1) {
		switch (ch) {
		case 'q': quiet = true; break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (optind == argc)
		return cli_usage(c, "no file given");
	for (int i = optind; i < argc; i++) {
		int r = validate(argv[i], quiet);

		status = r > status ? r : status;
	}
	return status;
}

const struct cli_command cli_validate = {
	.name = "validate",
	.args = "[OPTION]... FILE...",
	.summary = "check host descriptions and transcripts against their formats",
	.help = "Names file, line or key, and what was expected, for the first thing wrong in each;\n"
		"of a FILE.hosts.jsonl, a description a line, in each line.\n\n"
		"  -q, --quiet   say nothing of valid files\n"
		"  -h, --help    this text\n\n"
		"Exit status: 0 all valid, 2 some not.\n",
	.run = run,
};
