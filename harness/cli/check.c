// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod check: its options, and who answers what they ask for. */
#include <errno.h>
#include <getopt.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/error.h"
#include "harness/capture/file.h"
#include "harness/capture/load.h"
#include "harness/cli/check.h"
#include "harness/cli/topology.h"
#include "harness/cli/verdict.h"

static int add_viommu(struct check_options *o, const char *text)
{
	if (o->nviommus == CHECK_VIOMMUS_MAX)
		return cli_error("more than %d vIOMMUs", CHECK_VIOMMUS_MAX);
	o->viommu[o->nviommus] = strdup(text);
	if (!o->viommu[o->nviommus])
		return cli_error("out of memory");
	o->nviommus++;
	return 0;
}

/* The default configurations: each with caching-mode=on, and the default without it. */
static int add_matrix(struct check_options *o)
{
	const struct hiod_profile *p = o->profile;
	char text[160];
	int r = add_viommu(o, "intel-iommu,caching-mode=on");

	r = r ? r : add_viommu(o, "intel-iommu,caching-mode=on,aw-bits=39");
	r = r ? r : add_viommu(o, "intel-iommu,caching-mode=on,aw-bits=48");
	if (!r && p->scalable_option) {
		snprintf(text, sizeof(text), "intel-iommu,caching-mode=on,%s=on",
			 p->scalable_option);
		r = add_viommu(o, text);
	}
	if (!r && p->first_stage_option) {
		snprintf(text, sizeof(text), "intel-iommu,caching-mode=on,%s=on,%s=on",
			 p->scalable_option, p->first_stage_option);
		r = add_viommu(o, text);
	}
	return r ? r : add_viommu(o, "intel-iommu");
}

static int bad_profile(const struct cli_command *c, const char *name)
{
	fprintf(stderr, "hiod %s: no profile '%s'; there are", c->name, name);
	for (size_t i = 0; hiod_profile_at(i); i++)
		fprintf(stderr, " %s", hiod_profile_at(i)->name);
	fputc('\n', stderr);
	return CLI_BAD;
}

/* A decimal number from 1 to max, and nothing behind it but end. 0: it is none. */
static uint64_t number(const char *text, uint64_t max, char end, const char **rest)
{
	unsigned long long v;
	char *stop;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	v = strtoull(text, &stop, 10);
	if (errno || *stop != end || v > max)
		return 0;
	*rest = stop + (end != '\0');
	return v;
}

static int parse_jobs(const struct cli_command *c, struct check_options *o, const char *text)
{
	const char *rest;

	o->jobs = (unsigned int)number(text, CHECK_JOBS_MAX, '\0', &rest);
	return o->jobs ? 0
		       : cli_usage(c, "-j %s: expected a number from 1 to %d", text,
				   CHECK_JOBS_MAX);
}

static int parse_shard(const struct cli_command *c, struct check_options *o, const char *text)
{
	const char *rest;

	o->shard.k = number(text, SOURCE_SHARDS_MAX, '/', &rest);
	o->shard.n = o->shard.k ? number(rest, SOURCE_SHARDS_MAX, '\0', &rest) : 0;
	if (!o->shard.n || o->shard.k > o->shard.n)
		return cli_usage(c, "--shard %s: expected K/N, K from 1 to N, N at most %d", text,
				 SOURCE_SHARDS_MAX);
	return 0;
}

static int parse(const struct cli_command *c, struct check_options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "viommu", required_argument, NULL, 'v' },
		{ "machine", required_argument, NULL, 'm' },
		{ "backend", required_argument, NULL, 'b' },
		{ "profile", required_argument, NULL, 'p' },
		{ "device", required_argument, NULL, 'd' },
		{ "format", required_argument, NULL, 'f' },
		{ "matrix", no_argument, NULL, 'M' },
		{ "device-first", no_argument, NULL, 'D' },
		{ "topology", required_argument, NULL, 't' },
		{ "add-device", required_argument, NULL, 'a' },
		{ "record", required_argument, NULL, 'r' },
		{ "live", no_argument, NULL, 'l' },
		{ "no-memory", no_argument, NULL, 'N' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "shard", required_argument, NULL, 's' },
		{ "output", required_argument, NULL, 'o' },
		{ "merge", no_argument, NULL, 'g' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch, backend, format, r = 0;

	*o = (struct check_options){ .profile = hiod_profile_default(),
				     .memory = true,
				     .shard = { 1, 1 } };
	while (!r && (ch = getopt_long(argc, argv, "v:m:b:p:d:f:j:o:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'v':
			o->viommu_given = true;
			r = add_viommu(o, optarg);
			break;
		case 'm': o->machine = optarg; break;
		case 'd': o->device = optarg; break;
		case 'M': o->matrix = true; break;
		case 'D': o->device_first = true; break;
		case 't': r = topology_load(&o->topology, optarg); break;
		case 'a': r = topology_add(&o->topology, optarg); break;
		case 'r': o->record = optarg; break;
		case 'l': o->live = true; break;
		case 'N': o->memory = false; break;
		case 'b':
			backend = backend_from_name(optarg);
			if (backend >= 0)
				o->backend[backend] = true;
			else
				r = cli_usage(c,
					      "no backend '%s'; there are legacy, iommufd and vdpa",
					      optarg);
			break;
		case 'p':
			o->profile = hiod_profile_find(optarg);
			if (!o->profile)
				r = bad_profile(c, optarg);
			break;
		case 'f':
			format = output_format_from_name(optarg);
			if (format >= 0)
				o->format = (enum output_format)format;
			else
				r = cli_usage(c,
					      "no format '%s'; there are table, json, ktap, junit "
					      "and csv",
					      optarg);
			break;
		case 'j': r = parse_jobs(c, o, optarg); break;
		case 's': r = parse_shard(c, o, optarg); break;
		case 'o': o->output = optarg; break;
		case 'g': o->merge = true; break;
		case 'h': cli_help(c, stdout); return -1;
		default: r = cli_usage(c, NULL);
		}
	}
	if (!r && o->topology)
		r = topology_check(o->topology, o->profile);
	/* Real memory would have to be locked. */
	o->memory &= !o->live;
	if (!r && o->matrix)
		r = add_matrix(o);
	if (!r && !o->nviommus)
		r = add_viommu(o, "intel-iommu,caching-mode=on");
	if (!o->backend[0] && !o->backend[1] && !o->backend[2])
		o->backend[0] = o->backend[1] = o->backend[2] = o->vdpa_where_there = true;
	return r;
}

char *check_printable(const char *name)
{
	char *copy = strdup(name);

	for (char *p = copy; p && *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return copy;
}

char *check_label(const char *path)
{
	static const char *const suffixes[] = { ".host.json", ".hosts.jsonl", ".capture.jsonl",
						".json",      ".jsonl",	      ".txt" };
	const char *slash = strrchr(path, '/');
	char *name = check_printable(slash ? slash + 1 : path);

	for (size_t i = 0; name && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(name), s = strlen(suffixes[i]);

		if (n > s && !strcmp(name + n - s, suffixes[i])) {
			name[n - s] = '\0';
			break;
		}
	}
	return name;
}

char *check_name(const char *path, uint64_t line, const struct host *h)
{
	char *label, *name;

	if (h->named)
		return check_printable(h->name);
	label = check_label(strcmp(path, "-") ? path : "stdin");
	if (!label || !line)
		return label;
	if (asprintf(&name, "%s:%llu", label, (unsigned long long)line) < 0)
		name = NULL;
	free(label);
	return name;
}

int check_output_failed(const struct check_options *o, int rc)
{
	const char *dir = getenv("TMPDIR");

	if (rc == -ENOMEM)
		return cli_error("out of memory");
	if (ferror(stdout)) {
		/* Said here, where the errno is known, and not again at the end. */
		__fpurge(stdout);
		clearerr(stdout);
		return cli_error("cannot write the output: %s", strerror(-rc));
	}
	if (o->output)
		return cli_error("%s: cannot write: %s", o->output, strerror(-rc));
	return cli_error("%s: cannot keep results there: %s", dir && *dir ? dir : "/tmp",
			 strerror(-rc));
}

int check_not_one(size_t n)
{
	return cli_error("--record takes one check, these are %zu: choose with --device, "
			 "--backend and --viommu",
			 n);
}

/* The one check of these files, recorded; there must be no other. */
static int check_recorded(const struct check_options *o, const struct cli_files *files,
			  struct output *out)
{
	struct output_part part = { 0 };
	struct check_host one = { 0 };
	int status = CLI_NOTHING, rc;
	struct host *host = NULL;
	char *name = NULL;
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++) {
		struct capture_error err;
		struct host *h;
		size_t rows;

		if (capture_load_host(files->path[i], &h, NULL, &err)) {
			status = cli_error("%s", err.msg);
			continue;
		}
		rows = check_rows(o, h);
		n += rows;
		if (rows == 1 && !host) {
			host = h;
			name = h->named ? check_printable(h->name) : check_label(files->path[i]);
		} else {
			host_free(h);
		}
	}
	if (n != 1) {
		status = check_not_one(n);
	} else if (!name) {
		status = cli_error("out of memory");
	} else if (status != CLI_BAD) {
		one = (struct check_host){ host, name };
		status = check_host(o, &one, &part);
		rc = output_append(out, &part);
		if (rc)
			status = check_output_failed(o, rc);
	}
	output_part_free(&part);
	host_free(host);
	free(name);
	return status;
}

int check_files(const struct check_options *o, const struct cli_files *files, struct output *out)
{
	struct source *s;
	int status;

	if (o->record)
		return check_recorded(o, files, out);
	s = source_new(files);
	if (!s)
		return cli_error("out of memory");
	status = source_take_shard(s, &o->shard);
	if (!status)
		status = fleet_run(o, s, out);
	source_free(s);
	if (status == CLI_NOTHING && o->shard.n > 1)
		fprintf(stderr, "hiod: nothing to check in this share of the hosts\n");
	else if (status == CLI_NOTHING)
		fprintf(stderr, "hiod: nothing to check: no device%s%s in these hosts\n",
			o->device ? " " : "", o->device ? o->device : "");
	return status;
}

/* Where a command line of QEMU's begins: behind a "--" with a host before it. 0: nowhere. */
static int command_at(int argc, char **argv)
{
	for (int i = 2; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--"))
			return i;
	return 0;
}

/* A command line says these itself. */
static int both(const struct cli_command *c, const struct check_options *o, bool viommu_given)
{
	if (viommu_given || o->machine || o->device || o->topology || o->device_first || o->live ||
	    o->matrix || o->merge)
		return cli_usage(c, "the command line behind '--' says which vIOMMU, machine, "
				    "devices and topology");
	return 0;
}

/* What one output holds: results of shards, of this machine, or of files. */
static int check_one_output(const struct check_options *o, const struct cli_files *files, FILE *f)
{
	struct output *out = output_new(o->format, f);
	int status, rc;

	if (!out)
		return cli_error("out of memory");
	if (o->merge)
		status = check_merge(o, files, out);
	else if (o->live)
		status = check_live(o, out);
	else
		status = check_files(o, files, out);
	rc = output_finish(out, status == CLI_BAD || (o->live && status == CLI_NOTHING));
	return rc ? check_output_failed(o, rc) : status;
}

/* To stdout or, whole or not at all, to a file. argc is 0 where there is no command line. */
static int check_all(const struct check_options *o, const struct cli_files *files, int argc,
		     char **argv)
{
	struct atomic_file a = { 0 };
	struct capture_error err;
	int status;

	if (o->output && atomic_begin(&a, o->output, &err))
		return cli_error("%s", err.msg);
	status = argc ? check_command(o, files, argc, argv, a.f ? a.f : stdout)
		      : check_one_output(o, files, a.f ? a.f : stdout);
	if (!a.f)
		return status;
	if (ferror(a.f)) {
		atomic_abort(&a);
		return CLI_BAD;
	}
	return atomic_commit(&a, &err) ? cli_error("%s", err.msg) : status;
}

/* Options that do not go together. */
static int consistent(const struct cli_command *c, const struct check_options *o, int hosts,
		      char **argv)
{
	if (o->live && hosts)
		return cli_usage(c, "--live takes no hosts, but %s", argv[optind]);
	if (!o->live && !hosts)
		return cli_usage(c, o->merge ? "no results given" : "no host given");
	if (o->shard.n > 1 && (o->live || o->record || o->merge))
		return cli_usage(c, "--shard is for many hosts: not with --live, --record or "
				    "--merge");
	if (o->merge && (o->live || o->record))
		return cli_usage(c, "--merge only reads results");
	return 0;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	int command = command_at(argc, argv), end = command ? command : argc, status;
	struct cli_files files = { 0 };
	struct check_options o;

	status = parse(c, &o, end, argv);
	/* Without a host before it, "--" only ends the options. */
	if (!status && command && optind == command) {
		optind++;
		command = 0;
		end = argc;
	}
	if (!status && command)
		status = both(c, &o, o.viommu_given);
	if (!status)
		status = consistent(c, &o, end - optind, argv);
	if (!status && !o.live)
		status = o.merge ? cli_files_named(&files, argv + optind, end - optind)
				 : cli_files_expand(&files, argv + optind, end - optind);
	if (!status)
		status =
			check_all(&o, &files, command ? argc - command - 1 : 0, argv + command + 1);
	else if (status == -1)
		status = CLI_OK;
	cli_files_free(&files);
	free(o.topology);
	for (size_t i = 0; i < o.nviommus; i++)
		free(o.viommu[i]);
	return status;
}

const struct cli_command cli_check = {
	.name = "check",
	.args = "[OPTION]... HOST...|--live|--merge RESULT...\n"
		"  or   hiod check [OPTION]... HOST... -- qemu-system-x86_64 ...",
	.summary = "would these hosts carry this vIOMMU, and what would QEMU say",
	.help = "HOST is a host description, a capture (it is described first), a file with a description\n"
		"a line (\"-\" is standard input), or a directory of them. Every device of a host that VFIO has (where it has none: every device) is put\n"
		"behind every backend and vIOMMU given. With QEMU's own command line behind '--' that says\n"
		"which: it is read, not run, and the options that were not looked at are named.\n\n"
		"  -v, --viommu SPEC     as QEMU's -device: intel-iommu,aw-bits=48,caching-mode=on or\n"
		"                        virtio-iommu,granule=host,aw-bits=48; may be repeated (default\n"
		"                        intel-iommu,caching-mode=on)\n"
		"      --matrix          add the default configurations: no option, aw-bits=39 and 48,\n"
		"                        scalable mode, first stage; and one without caching-mode\n"
		"  -b, --backend NAME    legacy, iommufd or vdpa (a virtio device over vhost-vdpa, whose\n"
		"                        host IOMMU device no QEMU has yet: what QEMU says is unknown);\n"
		"                        may be repeated (default all, vdpa where a host has it)\n"
		"  -p, --profile NAME    behave as this QEMU: qemu-9.1, ... qemu-11.1 (default newest), or v7,\n"
		"                        the series itself\n"
		"  -m, --machine TYPE    machine type, for its compat defaults: pc-q35-9.1\n"
		"                        and options: pc-q35-9.1,accel=kvm,kernel-irqchip=split\n"
		"      --topology FILE   the guest's bridges and ports, a -device option of QEMU's a line\n"
		"                        (docs/topology-format.md); a vfio-pci line places the device\n"
		"      --add-device SPEC one such line: pcie-pci-bridge,id=br0 or vfio-pci,bus=br0,addr=1;\n"
		"                        may be repeated\n"
		"      --device-first    the device stands before the vIOMMU on QEMU's command line,\n"
		"                        as in -device vfio-pci,... -device intel-iommu,...\n"
		"      --no-memory       map no guest memory; without it 64 MiB are, as by QEMU with -m 64,\n"
		"                        but for --live, where they would be locked\n"
		"      --live            ask this machine's own drivers; its devices are those bound to\n"
		"                        vfio-pci, or --device. Nothing is bound, and nothing left open.\n"
		"                        vDPA devices only with --backend vdpa: opening one resets it\n"
		"  -d, --device NAME     only this device: 0000:00:05.0, or /dev/vhost-vdpa-0\n"
		"      --record FILE     write the calls of the check (there must be one) to a\n"
		"                        transcript, for hiod show and hiod replay\n"
		"  -f, --format FORMAT   table, json (one object a line), ktap, junit or csv (default table)\n"
		"  -o, --output FILE     write there, when all is done, instead of to standard output\n"
		"  -j, --jobs N          threads (default as many as CPUs where there are many hosts); the\n"
		"                        order of the results is that of the hosts\n"
		"      --shard K/N       only the Kth of N shares of the hosts, equal in bytes\n"
		"      --merge           read results, in json and in the shards' order, and print them as\n"
		"                        one, in any format, as one run over all would have\n"
		"  -h, --help            this text\n\n"
		"With a guest's first stage on the host's page tables (fsts=on, x-flts=on) an accepted\n"
		"host may be warned of: what it lacks and QEMU does not verify (nesting, a first stage,\n"
		"coherent page walks, PASIDs). A warning changes no verdict and no exit status; json has\n"
		"them in \"warnings\".\n\n"
		"Exit status: 0 all accepted, 1 some not (unknown counts as not), 2 bad input or\n"
		"usage, 4 nothing to check.\n",
	.run = run,
};
