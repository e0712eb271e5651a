// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod reconstruct: a host description from what a user can paste. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/file.h"
#include "harness/capture/host_json.h"
#include "harness/cli/cli.h"
#include "harness/reconstruct/reconstruct.h"

/* Real tables have a few kilobytes. */
#define TABLE_MAX (1u << 20)
#define SUFFIX	  ".host.json"

struct options {
	const char *out; /* NULL: standard output */
	bool units;	 /* one description for each unit, too */
	bool quiet;
	bool any; /* an input was named */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_text(struct recon *r, enum recon_text kind, const char *path)
{
	bool standard = !strcmp(path, "-");
	FILE *f = standard ? stdin : fopen(path, "re");
	int rc, error;

	if (!f)
		return cli_error("%s: %s", path, strerror(errno));
	errno = 0;
	rc = recon_read(r, kind, f, standard ? "stdin" : base_name(path));
	error = errno;
	if (!standard)
		fclose(f);
	if (rc)
		return cli_error("%s: %s", path,
				 rc == -ENOMEM ? "out of memory" : strerror(error ? error : EIO));
	return 0;
}

static int read_table(struct recon *r, bool dmar, const char *path)
{
	struct capture_error err;
	char *data;
	size_t len;
	int rc;

	if (capture_slurp(path, TABLE_MAX, &data, &len, &err))
		return cli_error("%s", err.msg);
	rc = (dmar ? recon_dmar : recon_ivrs)(r, data, len, base_name(path), &err);
	free(data);
	if (rc)
		return cli_error("%s", rc == -ENOMEM ? "out of memory" : err.msg);
	return 0;
}

static int parse(const struct cli_command *c, struct options *o, struct recon *r, int argc,
		 char **argv)
{
	static const struct option longopts[] = {
		{ "dmesg", required_argument, NULL, 'd' },
		{ "reserved-regions", required_argument, NULL, 'r' },
		{ "iova-ranges", required_argument, NULL, 'i' },
		{ "dmar", required_argument, NULL, 'D' },
		{ "ivrs", required_argument, NULL, 'I' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "source", required_argument, NULL, 's' },
		{ "units", no_argument, NULL, 'u' },
		{ "output", required_argument, NULL, 'o' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch, rc = 0;

	while (!rc && (ch = getopt_long(argc, argv, "o:k:qh", longopts, NULL)) != -1) {
		o->any |= strchr("driDI", ch) != NULL;
		switch (ch) {
		case 'd': rc = read_text(r, RECON_DMESG, optarg); break;
		case 'r': rc = read_text(r, RECON_REGIONS, optarg); break;
		case 'i': rc = read_text(r, RECON_RANGES, optarg); break;
		case 'D': rc = read_table(r, true, optarg); break;
		case 'I': rc = read_table(r, false, optarg); break;
		case 'k':
			if (recon_kernel(r, optarg))
				rc = cli_usage(c, "no release '%s'; one is like 6.12", optarg);
			break;
		case 's':
			if (recon_source(r, optarg))
				rc = cli_error("out of memory");
			break;
		case 'u': o->units = true; break;
		case 'o': o->out = optarg; break;
		case 'q': o->quiet = true; break;
		case 'h': cli_help(c, stdout); return -1;
		default: rc = cli_usage(c, NULL);
		}
	}
	if (!rc && optind < argc)
		rc = cli_usage(c, "takes no argument but options, such as --dmesg %s",
			       argv[optind]);
	if (!rc && !o->any)
		rc = cli_usage(c, "needs --dmesg, --dmar, --ivrs, --reserved-regions or "
				  "--iova-ranges");
	if (!rc && o->units && !o->out)
		rc = cli_usage(c, "--units needs -o FILE");
	return rc;
}

static void print_notes(const struct recon *r)
{
	size_t n, more;
	const struct recon_note *v = recon_notes(r, &n, &more);

	for (size_t i = 0; i < n; i++) {
		if (v[i].line)
			fprintf(stderr, "hiod: %s:%u: not read: %s\n", v[i].input, v[i].line,
				v[i].why);
		else
			fprintf(stderr, "hiod: %s: not read: %s\n", v[i].input, v[i].why);
	}
	if (more)
		fprintf(stderr, "hiod: %zu more not read\n", more);
}

/* Writes the host of a unit, or of all (-1), to path, or to standard output. */
static int write_host(const struct recon *r, int unit, const char *path)
{
	struct capture_error err;
	struct host *h;
	char *text;
	int status = 0;

	if (recon_host(r, unit, &h, &err))
		return cli_error("%s", err.msg);
	if (path) {
		if (host_save(h, path, &err))
			status = cli_error("%s", err.msg);
	} else {
		text = host_text(h);
		if (text)
			fputs(text, stdout);
		else
			status = cli_error("out of memory, or a string that is not UTF-8");
		free(text);
	}
	host_free(h);
	return status;
}

/* "dir/x.host.json" -> "dir/x-unit3.host.json", for each. */
static int write_units(const struct recon *r, const char *out)
{
	size_t n = strlen(out), s = strlen(SUFFIX);
	int status = 0;

	if (n > s && !strcmp(out + n - s, SUFFIX))
		n -= s;
	for (size_t i = 0; i < recon_units(r) && !status; i++) {
		char *path;

		if (asprintf(&path, "%.*s-unit%zu" SUFFIX, (int)n, out, i) < 0)
			return cli_error("out of memory");
		status = write_host(r, (int)i, path);
		free(path);
	}
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	struct options o = { 0 };
	struct recon *r = recon_new();
	int status = r ? parse(c, &o, r, argc, argv) : cli_error("out of memory");

	if (!status) {
		if (!o.quiet)
			print_notes(r);
		status = write_host(r, -1, o.out);
		if (!status && o.units)
			status = write_units(r, o.out);
	}
	recon_free(r);
	return status < 0 ? CLI_OK : status;
}

const struct cli_command cli_reconstruct = {
	.name = "reconstruct",
	.args = "--dmesg FILE [OPTION]... [-o HOST]",
	.summary = "make a host description of a boot log or of firmware tables",
	.help = "What nobody recorded is derived by the kernel's rules or assumed; the description's\n"
		"\"provenance\" says which, and hiod check says with each verdict what it assumes.\n\n"
		"  --dmesg FILE             a boot log, or a mail or journal with one in it: DMAR lines\n"
		"                           with cap and ecap, RMRR, ATSR, AMD-Vi and SMMUv3 lines, QEMU's\n"
		"                           'host aw-bits', the kernel's release and command line\n"
		"  --dmar FILE, --ivrs FILE the ACPI tables: /sys/firmware/acpi/tables/DMAR, IVRS\n"
		"  --reserved-regions FILE  /sys/kernel/iommu_groups/N/reserved_regions, or of several\n"
		"                           groups as grep prints them\n"
		"  --iova-ranges FILE       usable IOVA ranges, two 0x numbers a line, the last inclusive\n"
		"                           Each may be repeated; - is standard input (not for tables).\n"
		"  -k, --kernel RELEASE     derive for this kernel, not for the log's\n"
		"      --source TEXT        where the inputs come from, for the description\n"
		"  -o, --output FILE        write there (whole or not at all); else to standard output\n"
		"      --units              also a description of each IOMMU unit alone: FILE-unitN\n"
		"  -q, --quiet              do not list lines that could not be read\n"
		"  -h, --help               this text\n\n"
		"Lines that look like ours and cannot be read are listed with number and reason; they\n"
		"do not change the exit status. Exit status: 0 written, 2 bad input or usage.\n",
	.run = run,
};
