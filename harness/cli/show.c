// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod show: a transcript as strace-like text. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/transcript.h"
#include "harness/cli/cli.h"

/* The longest line that is worth printing whole; longer ones end in "...". */
#define LINE_MAX_SHOWN (1u << 20)

static int print_call(const struct call *c, bool times)
{
	size_t need = call_decode(NULL, 0, c);
	size_t size = need < LINE_MAX_SHOWN ? need + 1 : LINE_MAX_SHOWN;
	char *text = malloc(size);

	if (!text)
		return cli_error("out of memory");
	call_decode(text, size, c);
	printf("%5u  ", c->line);
	if (times && c->t >= 0)
		printf("%9.6f  ", c->t);
	printf("%s%s\n", text, need < size ? "" : "...");
	free(text);
	return CLI_OK;
}

static int show(const char *path, bool times)
{
	struct transcript t;
	struct capture_error err;
	int status = CLI_OK;

	if (transcript_load(path, TRANSCRIPT_PARTIAL, &t, &err))
		return cli_error("%s", err.msg);
	printf("# %s: client %s%s%s%s%s\n", path, t.client, t.kernel ? ", kernel " : "",
	       t.kernel ? t.kernel : "", t.device ? ", device " : "", t.device ? t.device : "");
	if (t.source)
		printf("# %s\n", t.source);
	for (size_t i = 0; i < t.ncalls && status == CLI_OK; i++)
		status = print_call(&t.calls[i], times);
	if (t.result)
		printf("# result %s\n", t.result);
	else
		printf("# no result: the recording was cut short\n");
	if (t.truncated) {
		printf("# the last line was incomplete and is left out\n");
		fprintf(stderr, "hiod: %s: the last line is incomplete: shown without it\n", path);
	}
	transcript_free(&t);
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "time", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool times = false;
	int ch, status = CLI_OK;

	while ((ch = getopt_long(argc, argv, "th", longopts, NULL)) != -1) {
		switch (ch) {
		case 't': times = true; break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (optind == argc)
		return cli_usage(c, "no transcript given");
	for (int i = optind; i < argc; i++) {
		int r = show(argv[i], times);

		status = r > status ? r : status;
	}
	return status;
}

const struct cli_command cli_show = {
	.name = "show",
	.args = "[OPTION]... CAPTURE...",
	.summary = "print a transcript as strace-like text, one call a line",
	.help = "  -t, --time   seconds since the first call, where recorded\n"
		"  -h, --help   this text\n\n"
		"Each line begins with the line number in the file. Flags have names, capability\n"
		"chains and arrays behind pointers are expanded. A recording that was cut short is\n"
		"shown as far as it goes.\n",
	.run = run,
};
