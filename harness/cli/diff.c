// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod diff: what a kernel's or firmware's update has changed. */
#include <getopt.h>
#include <string.h>

#include "harness/capture/load.h"
#include "harness/cli/cli.h"
#include "harness/cli/diff.h"

static void put_member(struct text *t, const char *key, const char *value)
{
	text_printf(t, "%s\"%s\":", t->n ? "," : "{", key);
	if (value)
		text_json(t, value);
	else
		text_str(t, "null");
}

static void print_json(struct text *t, const struct diff_change *c)
{
	put_member(t, "subject", c->subject);
	put_member(t, "name", c->name);
	put_member(t, "key", c->key);
	put_member(t, "words", c->words);
	if (c->profile) {
		put_member(t, "backend", c->backend);
		put_member(t, "viommu", c->viommu);
		put_member(t, "profile", c->profile);
	}
	put_member(t, "before", c->before);
	put_member(t, "after", c->after);
	text_char(t, '}');
}

/* "unit dmar0: cap.MGAW (widest guest address in bits) was 39, is 48" */
static void print_words(struct text *t, const struct diff_change *c)
{
	text_str(t, c->subject);
	if (c->name)
		text_printf(t, " %s", c->name);
	text_str(t, ": ");
	if (!strcmp(c->key, "presence")) {
		text_str(t, c->before ? "only before" : "only after");
		return;
	}
	if (c->profile)
		text_printf(t, "%s, %s, %s", c->backend, c->viommu, c->profile);
	else
		text_str(t, c->key);
	if (c->words)
		text_printf(t, " (%s)", c->words);
	if (c->before && c->after)
		text_printf(t, "\n    was %s\n    is  %s", c->before, c->after);
	else if (c->before)
		text_printf(t, "\n    was %s", c->before);
	else
		text_printf(t, "\n    is  %s", c->after ? c->after : "nothing");
}

void diff_say(struct diff *d, const struct diff_change *c)
{
	d->changes++;
	text_reset(&d->line);
	if (d->json)
		print_json(&d->line, c);
	else
		print_words(&d->line, c);
	text_char(&d->line, '\n');
	if (d->line.failed)
		d->failed = true;
	else
		fwrite(d->line.b, 1, d->line.n, stdout);
}

void diff_compare(struct diff *d, const struct diff_change *c)
{
	if (!c->before != !c->after || (c->before && strcmp(c->before, c->after)))
		diff_say(d, c);
}

static int diff_files(const char *before, const char *after, bool json)
{
	struct capture_error err;
	struct host *a = NULL, *b = NULL;
	struct diff d = { .json = json };
	int status;

	if (capture_load_host(before, &a, NULL, &err) || capture_load_host(after, &b, NULL, &err)) {
		host_free(a);
		return cli_error("%s", err.msg);
	}
	d.a = a;
	d.b = b;
	diff_hosts(&d);
	status = d.failed ? cli_error("out of memory") : d.changes ? CLI_NO : CLI_OK;
	if (!json && status == CLI_OK)
		puts("no difference");
	text_free(&d.line);
	host_free(a);
	host_free(b);
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool json = false;
	int ch;

	while ((ch = getopt_long(argc, argv, "f:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'f':
			json = !strcmp(optarg, "json");
			if (!json && strcmp(optarg, "text"))
				return cli_usage(c, "no format '%s'; there are text and json",
						 optarg);
			break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (argc - optind != 2)
		return cli_usage(c, "expected two hosts, before and after");
	return diff_files(argv[optind], argv[optind + 1], json);
}

const struct cli_command cli_diff = {
	.name = "diff",
	.args = "[OPTION]... BEFORE AFTER",
	.summary = "what an update of the kernel or the firmware has changed",
	.help = "BEFORE and AFTER are host descriptions or captures. Compared are the kernel, its\n"
		"features and VFIO's extensions; the IOMMU units, with the registers' fields by name,\n"
		"address widths, page sizes and dirty tracking; devices with groups, reserved regions,\n"
		"usable IOVAs; and what every QEMU would say of every device that both have, with\n"
		"each default vIOMMU (as hiod check --matrix) on both backends. Units are the same\n"
		"where their registers are, devices where their addresses are.\n\n"
		"  -f, --format FORMAT   text or json: an object a line with subject (host, unit,\n"
		"                        device, verdict), name, key, words, before and after, of a\n"
		"                        verdict backend, viommu and profile; null: not there\n"
		"                        (default text)\n"
		"  -h, --help            this text\n\n"
		"Exit status: 0 no difference, 1 some, 2 bad input or usage.\n",
	.run = run,
};
