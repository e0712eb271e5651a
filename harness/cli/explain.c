// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hiod explain: hosts in words and numbers. What is said is worked out in
 * harness/explain; here it is asked for, and handed to a printer.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/cli/each.h"
#include "harness/cli/explain_print.h"

static int bad_guest(const struct cli_command *c, const char *text, struct guest *g)
{
	char err[256];

	return guest_parse(text, g, err, sizeof(err)) ? 0 : cli_usage(c, "--guest: %s", err);
}

/* "0x8800000000" or "0x8800000000,0x100000": an address, and how much from there. */
static int parse_iova(const struct cli_command *c, const char *text, struct fixed_iova *out)
{
	char *end;

	out->size = 4096;
	errno = 0;
	out->start = strtoull(text, &end, 0);
	if (end != text && *end == ',')
		out->size = strtoull(end + 1, &end, 0);
	if (end == text || *end || errno || *text == '-' || !out->size ||
	    (out->start | out->size) & 4095 || out->start + out->size - 1 < out->start)
		return cli_usage(c, "--iova: '%s' is not ADDRESS[,SIZE] in whole pages", text);
	return 0;
}

static int parse_problem(const struct cli_command *c, const char *slug, struct explain_options *o)
{
	for (size_t i = 0; problem_at(i); i++)
		if (!strcmp(problem_at(i)->slug, slug)) {
			o->only = problem_at(i);
			return 0;
		}
	return cli_usage(c, "no problem '%s' (--list-problems tells)", slug);
}

static void list_problems(void)
{
	for (size_t i = 0; problem_at(i); i++) {
		const struct problem *p = problem_at(i);

		if (p->number)
			printf("%2d  ", p->number);
		else
			printf(" -  ");
		printf("%-30s %s\n", p->slug, p->title);
	}
}

static int parse(const struct cli_command *c, struct explain_options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "guest", required_argument, NULL, 'g' },
		{ "iova", required_argument, NULL, 'i' },
		{ "profile", required_argument, NULL, 'p' },
		{ "format", required_argument, NULL, 'f' },
		{ "problems", optional_argument, NULL, 'P' },
		{ "list-problems", no_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch, r = 0;

	*o = (struct explain_options){ .profile = hiod_profile_default() };
	while (!r && (ch = getopt_long(argc, argv, "d:g:i:p:f:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'd': o->device = optarg; break;
		case 'g':
			o->has_guest = true;
			r = bad_guest(c, optarg, &o->guest);
			break;
		case 'i': r = parse_iova(c, optarg, &o->iova); break;
		case 'p':
			o->profile = hiod_profile_find(optarg);
			if (!o->profile)
				r = cli_usage(c, "no profile '%s'", optarg);
			break;
		case 'f':
			o->json = !strcmp(optarg, "json");
			if (!o->json && strcmp(optarg, "text"))
				r = cli_usage(c, "no format '%s'; there are text and json", optarg);
			break;
		case 'P':
			o->problems_only = true;
			if (optarg)
				r = parse_problem(c, optarg, o);
			break;
		case 'L': list_problems(); return -1;
		case 'h': cli_help(c, stdout); return -1;
		default: r = cli_usage(c, NULL);
		}
	}
	if (!r && optind == argc)
		r = cli_usage(c, "no host given");
	return r;
}

/* One host; gathers what a printer needs. Returns the exit status it asks for. */
static int explain(const struct explain_options *o, const struct host *h)
{
	struct findings f;
	int r = problems_find(h, o->device, o->has_guest ? &o->guest : NULL, &o->iova, &f);
	size_t devices = 0;

	if (!r)
		r = o->json ? explain_print_json(o, h, &f) : explain_print_text(o, h, &f);
	findings_free(&f);
	if (r)
		return cli_error("%s", strerror(-r));
	for (size_t i = 0; i < h->ndevices; i++)
		devices += explain_chosen(h, &h->devices[i], o->device);
	if (devices)
		return CLI_OK;
	fflush(stdout);
	fprintf(stderr, "hiod: no device%s%s in %s\n", o->device ? " " : "",
		o->device ? o->device : "", h->name);
	return CLI_NOTHING;
}

struct walk {
	const struct explain_options *o;
	size_t hosts;
};

static int explain_next(void *ctx, const char *name, const struct host *h)
{
	struct walk *w = ctx;

	(void)name;
	if (w->hosts++ && !w->o->json && !w->o->only)
		putchar('\n');
	return explain(w->o, h);
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	struct explain_options o;
	struct walk w = { .o = &o };
	struct cli_files files;
	int status = parse(c, &o, argc, argv);

	if (status)
		return status < 0 ? CLI_OK : status;
	status = cli_files_expand(&files, argv + optind, argc - optind);
	if (!status)
		status = each_host(&files, explain_next, &w);
	cli_files_free(&files);
	return status;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.args = "[OPTION]... HOST...",
	.summary = "say in words what a host can do, what would fit, and what is wrong",
	.help = "Its IOMMU units and their widths, what the firmware reserves, and for each device the\n"
		"IOVA ranges, the holes, whether it can be assigned at all, which intel-iommu\n"
		"configurations fit by version of QEMU and backend, what would change that, and which\n"
		"of the problems of docs/problems.md the host has.\n\n"
		"  -d, --device BDF      only this device\n"
		"  -g, --guest KEY=VALUE,...  lay this guest out and map it on the host:\n"
		"                        mem=16G (required), phys-bits=46, bar=16G (of the assigned\n"
		"                        device), ivshmem=256M (of an emulated one), pci-hole64-size=1T,\n"
		"                        cpu-bits=46 and host-phys-bits-limit=39 (a guest with -cpu host,\n"
		"                        on a processor of so many bits), cpu=intel|amd (default: the\n"
		"                        host's), firmware=ovmf|seabios (default ovmf),\n"
		"                        machine=q35|pc-q35-X.Y|virt (default q35)\n"
		"  -i, --iova ADDR[,SIZE]  an address that a program has built in: is it usable\n"
		"  -p, --profile NAME    whose words for --guest: qemu-9.1, ... (default newest)\n"
		"      --problems[=NAME] only the problems, and what --guest came to; with a name, only\n"
		"                        this one, if the host has it\n"
		"      --list-problems   those that are known by name\n"
		"  -f, --format FORMAT   text or json, an object a host and line (default text)\n"
		"  -h, --help            this text\n\n"
		"Exit status: 0 explained, 2 bad input or usage, 4 no such device.\n",
	.run = run,
};
