// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod describe and hiod import: from what was recorded to what the product reads. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/capture/probe.h"
#include "harness/capture/transcript.h"
#include "harness/cli/cli.h"

/* FILE -o OUT, the arguments of both commands. 0, -1 after --help, or CLI_BAD. */
static int parse(const struct cli_command *c, int argc, char **argv, const char **in,
		 const char **out)
{
	static const struct option longopts[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch;

	*out = NULL;
	while ((ch = getopt_long(argc, argv, "o:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'o': *out = optarg; break;
		case 'h': cli_help(c, stdout); return -1;
		default: return cli_usage(c, NULL);
		}
	}
	if (argc - optind != 1)
		return cli_usage(c, "takes one file");
	*in = argv[optind];
	return 0;
}

static int run_describe(const struct cli_command *c, int argc, char **argv)
{
	const char *in = NULL, *out = NULL;
	struct host *h;
	struct capture_error err;
	int status = parse(c, argc, argv, &in, &out);

	if (status)
		return status < 0 ? CLI_OK : status;
	if (capture_load_host(in, &h, NULL, &err))
		return cli_error("%s", err.msg);
	if (out) {
		if (host_save(h, out, &err))
			status = cli_error("%s", err.msg);
	} else {
		char *text = host_text(h);

		if (text)
			fputs(text, stdout);
		else
			status = cli_error("out of memory, or a string that is not UTF-8");
		free(text);
	}
	host_free(h);
	return status;
}

static int run_import(const struct cli_command *c, int argc, char **argv)
{
	const char *in = NULL, *out = NULL;
	struct transcript t;
	struct capture_error err;
	int status = parse(c, argc, argv, &in, &out);

	if (status)
		return status < 0 ? CLI_OK : status;
	if (!out)
		return cli_usage(c, "needs -o FILE");
	if (probe_import(in, &t, &err))
		return cli_error("%s", err.msg);
	if (transcript_save(&t, out, &err))
		status = cli_error("%s", err.msg);
	transcript_free(&t);
	return status;
}

const struct cli_command cli_describe = {
	.name = "describe",
	.args = "CAPTURE [-o HOST]",
	.summary = "make a host description of a transcript",
	.help = "  -o, --output FILE   write there (whole or not at all); else to standard output\n"
		"  -h, --help          this text\n\n"
		"What the transcript does not tell stays unknown.\n",
	.run = run_describe,
};

const struct cli_command cli_import = {
	.name = "import",
	.args = "LOG -o CAPTURE",
	.summary = "make a transcript of a vfioprobe log",
	.help = "LOG is the text that vfioprobe prints, one call a line, with or without a boot log\n"
		"around it.\n\n"
		"  -o, --output FILE   the transcript (written whole or not at all)\n"
		"  -h, --help          this text\n",
	.run = run_import,
};
