// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod: finds the command and runs it. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"

static const struct cli_command *const commands[] = {
	&cli_capture,  &cli_check,	 &cli_describe, &cli_diff,     &cli_explain,
	&cli_import,   &cli_reconstruct, &cli_replay,	&cli_report,   &cli_run,
	&cli_scenario, &cli_show,	 &cli_uapi,	&cli_validate,
};

#define NCOMMANDS (sizeof(commands) / sizeof(*commands))

int cli_error(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("hiod: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CLI_BAD;
}

void cli_help(const struct cli_command *c, FILE *f)
{
	fprintf(f, "Usage: hiod %s %s\n\n%s\n\n%s", c->name, c->args, c->summary, c->help);
}

int cli_usage(const struct cli_command *c, const char *fmt, ...)
{
	if (fmt) {
		va_list ap;

		fprintf(stderr, "hiod %s: ", c->name);
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputc('\n', stderr);
	}
	fprintf(stderr, "Try 'hiod %s --help'.\n", c->name);
	return CLI_BAD;
}

int cli_finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		return cli_error("cannot write the output: %s", strerror(errno));
	return status;
}

static void usage(FILE *f)
{
	fputs("Usage: hiod COMMAND [OPTION]... [FILE]...\n\n"
	      "Host IOMMU devices on real, recorded and modelled kernels.\n\n"
	      "Commands:\n",
	      f);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(f, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
	fputs("\n'hiod COMMAND --help' tells more. 'hiod --version' prints the version.\n\n"
	      "Exit status: 0 all compatible, valid or equal; 1 some not; 2 bad input or usage;\n"
	      "4 nothing to test here.\n",
	      f);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		usage(stderr);
		return CLI_BAD;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		usage(stdout);
		return cli_finish(CLI_OK);
	}
	if (!strcmp(name, "--version")) {
		printf("hiod %s\n", HIOD_RELEASE);
		return cli_finish(CLI_OK);
	}
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return cli_finish(commands[i]->run(commands[i], argc - 1, argv + 1));
	cli_error("no command '%s'", name);
	fputs("Try 'hiod --help'.\n", stderr);
	return CLI_BAD;
}
