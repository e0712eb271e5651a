// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod report: hosts as one HTML file. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/file.h"
#include "harness/cli/cli.h"
#include "harness/cli/each.h"
#include "harness/report/report.h"

struct options {
	const struct hiod_profile *profile;
	const char *output;
};

static int parse(const struct cli_command *c, struct options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "profile", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch;

	*o = (struct options){ .profile = hiod_profile_default() };
	while ((ch = getopt_long(argc, argv, "o:p:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'o': o->output = optarg; break;
		case 'p':
			o->profile = hiod_profile_find(optarg);
			if (!o->profile)
				return cli_usage(c, "no profile '%s'", optarg);
			break;
		case 'h': cli_help(c, stdout); return -1;
		default: return cli_usage(c, NULL);
		}
	}
	if (!o->output)
		return cli_usage(c, "-o FILE is missing");
	return optind == argc ? cli_usage(c, "no host given") : 0;
}

static int add_host(void *ctx, const char *name, const struct host *h)
{
	int rc = report_add(ctx, name, h);

	return rc ? cli_error("%s: %s", name, strerror(-rc)) : CLI_OK;
}

static int write_page(const struct report *r, const char *path)
{
	struct capture_error err;
	struct atomic_file a;
	int rc;

	if (!strcmp(path, "-"))
		return report_write(r, stdout) ? cli_error("cannot write the report") : CLI_OK;
	if (atomic_begin(&a, path, &err))
		return cli_error("%s", err.msg);
	rc = report_write(r, a.f);
	if (rc) {
		atomic_abort(&a);
		return cli_error("%s: %s", path, strerror(-rc));
	}
	return atomic_commit(&a, &err) ? cli_error("%s", err.msg) : CLI_OK;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	struct cli_files files;
	struct options o;
	struct report *r;
	int status = parse(c, &o, argc, argv), written;

	if (status)
		return status < 0 ? CLI_OK : status;
	r = report_new(o.profile);
	if (!r)
		return cli_error("out of memory");
	status = cli_files_expand(&files, argv + optind, argc - optind);
	/* Hosts that cannot be read are told and left out; the page is of the others. */
	if (!status)
		status = each_host(&files, add_host, r);
	cli_files_free(&files);
	/* No page of nothing over one that may be there. */
	if (report_hosts(r)) {
		written = write_page(r, o.output);
		if (written)
			status = written;
	}
	report_free(r);
	return status;
}

const struct cli_command cli_report = {
	.name = "report",
	.args = "[--profile NAME] -o FILE HOST...",
	.summary = "hosts, what fits them and their address maps, as one HTML file",
	.help = "A matrix of hosts × vIOMMU configurations and, for each host, a map of its IOVAs to a\n"
		"logarithmic scale. The file needs no network and no script. It is written whole or\n"
		"not at all. HOST is a description, a capture, or a directory of them.\n\n"
		"  -o, --output FILE    where to (- for standard output)\n"
		"  -p, --profile NAME   answers of this QEMU: qemu-9.1, ... (default newest)\n"
		"  -h, --help           this text\n\n"
		"Exit status: 0 written, 2 bad input (what could be read is in the report) or usage.\n",
	.run = run,
};
