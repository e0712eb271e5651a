// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod uapi: what is described. */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/uapi/uapi.h"

static void list(void)
{
	const struct uapi_row *r;

	for (size_t i = 0; (r = uapi_row_at(i)); i++)
		printf("%-10s 0x%08" PRIx32 "  %-4s %s\n", uapi_fd_name(r->fd), r->req,
		       r->since ? r->since : "", r->name);
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "markdown", no_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool markdown = false;
	int ch;

	while ((ch = getopt_long(argc, argv, "mh", longopts, NULL)) != -1) {
		switch (ch) {
		case 'm': markdown = true; break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (optind != argc)
		return cli_usage(c, "takes no arguments");
	if (markdown)
		uapi_print_markdown(stdout);
	else
		list();
	return CLI_OK;
}

const struct cli_command cli_uapi = {
	.name = "uapi",
	.args = "[OPTION]...",
	.summary = "list the ioctls that are described",
	.help = "  -m, --markdown   as the table of docs/uapi.md, with the fields\n"
		"  -h, --help       this text\n\n"
		"Columns: kind of fd, request, kernel release that brought it, name.\n",
	.run = run,
};
