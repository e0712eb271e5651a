// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod check: hosts × devices × backends × vIOMMUs, one verdict each, on the model kernel. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "harness/capture/error.h"
#include "harness/capture/load.h"
#include "harness/capture/record.h"
#include "harness/capture/survey.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/output.h"
#include "harness/cli/topology.h"
#include "harness/cli/verdict.h"
#include "harness/reconstruct/reconstruct.h"
#include "harness/shim/backends.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"

#define MAX_VIOMMUS 64
#define MDEV_PATH   "/sys/bus/mdev/devices/"

struct options {
	const struct hiod_profile *profile;
	const char *machine;
	const char *device; /* NULL: every device of a host */
	char *topology;	    /* -device options, a line each; NULL: the device is on pcie.0 */
	char *viommu[MAX_VIOMMUS];
	size_t nviommus;
	bool viommu_given;	     /* not the default */
	bool backend[HIOD_BACKENDS]; /* by enum hiod_backend */
	bool vdpa_where_there; /* no backend was named: vDPA devices count, and none is no news */
	bool matrix;
	bool device_first;  /* on QEMU's command line, before the vIOMMU */
	bool memory;	    /* the guest has some, which is mapped */
	bool live;	    /* ask the running kernel, not the model of a host */
	const char *record; /* file for the one check's transcript; NULL: none */
	enum output_format format;
};

/* A loaded host, kept until its rows are printed. */
struct loaded {
	struct host *host;
	char *name;
};

static int add_viommu(struct options *o, const char *text)
{
	if (o->nviommus == MAX_VIOMMUS)
		return cli_error("more than %d vIOMMUs", MAX_VIOMMUS);
	o->viommu[o->nviommus] = strdup(text);
	if (!o->viommu[o->nviommus])
		return cli_error("out of memory");
	o->nviommus++;
	return 0;
}

/* The default configurations: each with caching-mode=on, and the default without it. */
static int add_matrix(struct options *o)
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

static int parse(const struct cli_command *c, struct options *o, int argc, char **argv)
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
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch, backend, r = 0;

	*o = (struct options){ .profile = hiod_profile_default(), .memory = true };
	while (!r && (ch = getopt_long(argc, argv, "v:m:b:p:d:f:h", longopts, NULL)) != -1) {
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
			if (!strcmp(optarg, "table"))
				o->format = OUTPUT_TABLE;
			else if (!strcmp(optarg, "json"))
				o->format = OUTPUT_JSON;
			else if (!strcmp(optarg, "ktap"))
				o->format = OUTPUT_KTAP;
			else
				r = cli_usage(c, "no format '%s'; there are table, json and ktap",
					      optarg);
			break;
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

/* Several statuses as one: bad input first, then a refusal, then success. */
static int worse(int a, int b)
{
	if (a == CLI_BAD || b == CLI_BAD)
		return CLI_BAD;
	if (a == CLI_NO || b == CLI_NO)
		return CLI_NO;
	return a == CLI_OK || b == CLI_OK ? CLI_OK : CLI_NOTHING;
}

static int status_of(const struct hiod_verdict *v)
{
	if (v->verdict == HIOD_SKIPPED)
		return CLI_NOTHING;
	return v->verdict == HIOD_ACCEPTED ? CLI_OK : CLI_NO;
}

/* Runs one check on the host's backend; with o->record its calls go to a transcript. */
static int check_one(const struct options *o, const struct host *h, const struct hiod_check *c,
		     struct hiod_verdict *v)
{
	struct shim *under = o->live ? shim_kernel_new() : model_new(h, NULL), *s = under;
	struct capture_error err;
	int status = 0;

	memset(v, 0, sizeof(*v));
	if (!under)
		return cli_error("out of memory");
	if (o->record) {
		char *client = client_of(c);
		const struct record_config cfg = {
			.client = client,
			.kernel = h->release,
			.source = o->live ? "the running kernel" : "the model kernel",
			.device = c->bdf,
			.path = o->record,
		};

		s = client ? shim_record_new(under, &cfg, &err) : NULL;
		free(client);
		if (!s)
			status = cli_error("%s", client ? err.msg : "out of memory");
	}
	if (s)
		hiod_check_run(s, c, v);
	if (s && o->record) {
		json_t *result = json_object();
		char *text = verdict_to_json(v, result) ? NULL : json_dumps(result, JSON_COMPACT);

		if (!text)
			status = cli_error("out of memory");
		else if (record_finish(s, text, &err))
			status = cli_error("%s", err.msg);
		free(text);
		json_decref(result);
		shim_destroy(s);
	}
	shim_destroy(under);
	return status;
}

/* A driver that serves VFIO has it. */
static bool is_bound(const struct host_device *d)
{
	return d->driver && strstr(d->driver, "vfio");
}

/*
 * Whether a device is to be checked: the one asked for; else those that VFIO
 * has, or all of a host where it has none. A capture knows the others too,
 * since they share groups.
 */
static bool is_chosen(const struct options *o, const struct host *h, const struct host_device *d)
{
	bool any = false;

	if (o->device)
		return !strcmp(o->device, d->bdf);
	for (size_t i = 0; i < h->ndevices; i++)
		any |= is_bound(&h->devices[i]);
	return !any || is_bound(d);
}

/* Whether a vDPA device is to be checked: all of a host, or the one asked for. */
static bool is_chosen_vdpa(const struct options *o, const struct host_vdpa *v)
{
	const char *d = o->device;

	if (d && !strncmp(d, "/dev/", 5))
		d += 5;
	return v->node_dir && (!d || !strcmp(d, v->node_dir));
}

/*
 * Of a reconstructed host: *assumed becomes what the answer rests on. Where
 * the width is among it, an answer that asked the host is unknown, ours and
 * QEMU's; the hint keeps what it would be.
 */
static int weigh_assumptions(const struct host *h, const char *device, struct hiod_verdict *v,
			     char **assumed)
{
	const struct host_device *d = host_find_device(h, device);
	char would[sizeof(v->hint)];
	bool width;

	*assumed = NULL;
	if (!d || v->verdict == HIOD_SKIPPED)
		return 0;
	if (recon_rests_on(h, d, assumed, &width))
		return cli_error("out of memory");
	if (!width || v->stage == HIOD_STAGE_CONFIG)
		return 0;
	snprintf(would, sizeof(would), "as assumed: %s%s%.400s", hiod_answer_name(v->verdict),
		 *v->message ? ": " : "", v->message);
	memcpy(v->hint, would, sizeof(v->hint));
	snprintf(v->message, sizeof(v->message), "the host's address width is not known");
	v->verdict = v->qemu = HIOD_UNKNOWN;
	v->host_aw_bits = -1;
	free(v->ranges);
	v->ranges = NULL;
	v->nranges = 0;
	return 0;
}

/* One verdict, whose owner this is, into the table. Returns the exit status it asks for. */
static int add_verdict(const struct options *o, const struct loaded *l, const struct hiod_check *c,
		       const char *device, struct hiod_verdict *v, int status, struct output *out)
{
	char *assumed = NULL;
	int bad = weigh_assumptions(l->host, device, v, &assumed);
	const struct output_row row = {
		.host = l->name,
		.device = device,
		.backend = backend_name(c->backend),
		.viommu = c->viommu,
		.profile = o->profile->name,
		.verdict = v,
		.assumed = assumed,
	};

	if (!bad && output_add(out, &row))
		bad = cli_error("out of memory");
	free(assumed);
	status = worse(status, status_of(v));
	hiod_verdict_free(v);
	return bad ? bad : status;
}

/* One device behind every vIOMMU; where: how hiod/ finds it. */
static int check_device(const struct options *o, const struct loaded *l, enum hiod_backend b,
			const char *device, const char *where, int status, struct output *out)
{
	for (size_t i = 0; i < o->nviommus && status != CLI_BAD; i++) {
		const struct hiod_check c = {
			.profile = o->profile,
			.machine = o->machine,
			.topology = o->topology,
			.viommu = o->viommu[i],
			.backend = b,
			.device_first = o->device_first,
			.bdf = where,
			.mem = o->memory && b != HIOD_BACKEND_VDPA ? guest_memory : NULL,
			.nmem = o->memory && b != HIOD_BACKEND_VDPA ? GUEST_MEMORY_REGIONS : 0,
		};
		struct hiod_verdict v;
		int bad = check_one(o, l->host, &c, &v);

		if (bad) {
			hiod_verdict_free(&v);
			return bad;
		}
		status = add_verdict(o, l, &c, device, &v, status, out);
	}
	return status;
}

/* Why there is nothing to check, as verdicts. */
static int skip_device(const struct options *o, const struct loaded *l, const char *device,
		       const char *why, int status, struct output *out)
{
	for (size_t i = 0; i < o->nviommus && status != CLI_BAD; i++) {
		const struct hiod_check c = { .viommu = o->viommu[i],
					      .backend = HIOD_BACKEND_VDPA };
		struct hiod_verdict v = { .verdict = HIOD_SKIPPED,
					  .qemu = HIOD_SKIPPED,
					  .host_aw_bits = -1 };

		snprintf(v.message, sizeof(v.message), "%s", why);
		status = add_verdict(o, l, &c, device, &v, status, out);
	}
	return status;
}

static bool skips_vdpa(const struct options *o, const struct host *h)
{
	for (size_t d = 0; d < h->nvdpas; d++)
		if (is_chosen_vdpa(o, &h->vdpas[d]))
			return false;
	return o->backend[HIOD_BACKEND_VDPA] && !o->vdpa_where_there;
}

static int check_vdpas(const struct options *o, const struct loaded *l, int status,
		       struct output *out)
{
	const struct host *h = l->host;

	if (!o->backend[HIOD_BACKEND_VDPA])
		return status;
	if (skips_vdpa(o, h))
		status = skip_device(o, l, o->device ? o->device : "-",
				     "this host has no such vhost-vdpa device", status, out);
	for (size_t d = 0; d < h->nvdpas && status != CLI_BAD; d++) {
		const struct host_vdpa *v = &h->vdpas[d];

		if (!is_chosen_vdpa(o, v))
			continue;
		if (v->told || v->node.open_err || o->live)
			status = check_device(o, l, HIOD_BACKEND_VDPA, v->node_dir, v->node_dir,
					      status, out);
		else
			status = skip_device(o, l, v->node_dir,
					     "the device was not asked when the host was captured "
					     "(hiod capture --vdpa)",
					     status, out);
	}
	return status;
}

/* One host against everything that was asked for. Returns the exit status it asks for. */
static int check_host(const struct options *o, const struct loaded *l, struct output *out)
{
	int status = CLI_NOTHING;

	for (size_t d = 0; d < l->host->ndevices; d++) {
		const struct host_device *dev = &l->host->devices[d];
		char mdev[sizeof(MDEV_PATH) + 64];

		if (!is_chosen(o, l->host, dev))
			continue;
		/* On a bus of their own, where no address says where they are: sysfsdev=. */
		snprintf(mdev, sizeof(mdev), MDEV_PATH "%s", dev->bdf);
		for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD; b++) {
			if (status != CLI_BAD && o->backend[b])
				status = check_device(o, l, (enum hiod_backend)b, dev->bdf,
						      dev->mdev ? mdev : dev->bdf, status, out);
		}
	}
	return status == CLI_BAD ? status : check_vdpas(o, l, status, out);
}

/* The file's name without directory and suffix; bytes that are no printable ASCII become '?'. */
static char *label(const char *path)
{
	static const char *const suffixes[] = { ".host.json", ".capture.jsonl", ".json", ".jsonl",
						".txt" };
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);

	for (size_t i = 0; name && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(name), s = strlen(suffixes[i]);

		if (n > s && !strcmp(name + n - s, suffixes[i])) {
			name[n - s] = '\0';
			break;
		}
	}
	for (char *p = name; p && *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return name;
}

static size_t rows_of(const struct options *o, const struct host *h)
{
	size_t devices = 0, vdpas = skips_vdpa(o, h);

	for (size_t d = 0; d < h->ndevices; d++)
		devices += is_chosen(o, h, &h->devices[d]);
	for (size_t d = 0; d < h->nvdpas && o->backend[HIOD_BACKEND_VDPA]; d++)
		vdpas += is_chosen_vdpa(o, &h->vdpas[d]);
	return (devices * (size_t)(o->backend[HIOD_BACKEND_LEGACY] +
				   o->backend[HIOD_BACKEND_IOMMUFD]) +
		vdpas) *
	       o->nviommus;
}

/* The checks of n hosts, total of them; frees the hosts. */
static int check_hosts(const struct options *o, struct loaded *hosts, size_t n, int status)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += rows_of(o, hosts[i].host);
	if (o->record && total != 1)
		status = cli_error("--record takes one check, these are %zu: choose with --device, "
				   "--backend and --viommu",
				   total);
	struct output *out =
		(total && !o->record) || status != CLI_BAD ? output_new(o->format, total) : NULL;

	for (size_t i = 0; i < n; i++) {
		if (out && hosts[i].name)
			status = worse(status, check_host(o, &hosts[i], out));
		else
			status = CLI_BAD;
		host_free(hosts[i].host);
		free(hosts[i].name);
	}
	output_finish(out);
	if (status == CLI_NOTHING)
		fprintf(stderr, "hiod: nothing to check: no device%s%s in these hosts\n",
			o->device ? " " : "", o->device ? o->device : "");
	return status;
}

static int check_files(const struct options *o, const struct cli_files *files)
{
	struct loaded *hosts = calloc(files->n, sizeof(*hosts));
	int status = CLI_NOTHING;
	size_t n = 0;

	if (!hosts)
		return cli_error("out of memory");
	for (size_t i = 0; i < files->n; i++) {
		struct capture_error err;

		if (capture_load_host(files->path[i], &hosts[n].host, NULL, &err)) {
			status = cli_error("%s", err.msg);
			continue;
		}
		hosts[n].name = label(files->path[i]);
		n++;
	}
	status = check_hosts(o, hosts, n, status);
	free(hosts);
	return status;
}

/* The PCI devices to check become the host's. 0, or a negative errno with err filled. */
static int live_devices(const struct options *o, struct shim *s, struct host *h,
			struct capture_error *err)
{
	struct survey_plan plan = { 0 };
	int r = survey_plan_make(s, o->device ? SURVEY_NAMED : SURVEY_BOUND, &o->device,
				 o->device ? 1 : 0, &plan, err);

	h->devices = r ? NULL : calloc(plan.ndevices, sizeof(*h->devices));
	for (size_t i = 0; h->devices && i < plan.ndevices; i++) {
		h->devices[i].bdf = strdup(plan.devices[i]);
		h->ndevices += h->devices[i].bdf != NULL;
	}
	if (!r && h->ndevices != plan.ndevices)
		r = -ENOMEM;
	survey_plan_free(&plan);
	return r;
}

/* The vhost-vdpa nodes. Opening one resets its device: only who asks for them by name gets here. */
static int live_vdpas(struct shim *s, struct host *h)
{
	char **nodes;
	size_t n;
	int r = survey_vdpa(s, &nodes, &n);

	h->vdpas = r ? NULL : calloc(n + 1, sizeof(*h->vdpas));
	for (size_t i = 0; i < n; i++) {
		if (h->vdpas)
			h->vdpas[h->nvdpas++].node_dir = nodes[i];
		else
			free(nodes[i]);
	}
	free(nodes);
	return r || h->vdpas ? r : -ENOMEM;
}

/* This machine as a host of which only the devices to check are known. */
static int check_live(const struct options *o)
{
	const bool vfio = o->backend[HIOD_BACKEND_LEGACY] || o->backend[HIOD_BACKEND_IOMMUFD];
	struct shim *s = shim_kernel_new();
	struct loaded l = { .host = calloc(1, sizeof(*l.host)), .name = strdup("live") };
	struct capture_error err = { 0 };
	int status = CLI_NOTHING, r = s && l.host && l.name ? 0 : -ENOMEM;
	struct utsname u;

	if (!r && !uname(&u))
		l.host->release = strdup(u.release);
	if (!r && vfio && !(o->device && strstr(o->device, "vhost-vdpa-")))
		r = live_devices(o, s, l.host, &err);
	if (!r && o->backend[HIOD_BACKEND_VDPA] && !o->vdpa_where_there)
		r = live_vdpas(s, l.host);
	shim_destroy(s);
	if (!r)
		return check_hosts(o, &l, 1, status);
	if (r == -ENODEV)
		fprintf(stderr, "hiod: %s\n", err.msg);
	else
		status = cli_error("%s", r == -ENOMEM ? "out of memory" : err.msg);
	host_free(l.host);
	free(l.name);
	return status;
}

/* One device of a command line, as if its options had been given one by one. */
static int check_command_device(const struct options *base, const struct command *cmd,
				const struct command_device *d, const struct cli_files *files)
{
	struct options o = *base;

	memset(o.backend, 0, sizeof(o.backend));
	o.backend[d->iommufd ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY] = true;
	o.device = d->name;
	o.device_first = d->is_first;
	o.machine = cmd->machine;
	o.topology = cmd->topology;
	o.viommu[0] = cmd->viommu;
	o.nviommus = 1;
	return check_files(&o, files);
}

/* What stands behind "--": hosts, or after them QEMU and its options. */
static int check_command(const struct options *o, const struct cli_files *files, int argc,
			 char **argv)
{
	int status = CLI_NOTHING, r;
	struct command cmd;

	r = command_parse(&cmd, argc, argv);
	if (!r && cmd.topology)
		r = topology_check(cmd.topology, o->profile);
	if (!r && (!cmd.viommu || !cmd.ndevices))
		fprintf(stderr, "hiod: nothing to check: no %s in this command line\n",
			cmd.viommu ? "vfio-pci device" : "vIOMMU");
	if (!r && cmd.ignored)
		fprintf(stderr, "hiod: not looked at: %s\n", cmd.ignored);
	for (size_t i = 0; !r && cmd.viommu && i < cmd.ndevices; i++)
		status = worse(status, check_command_device(o, &cmd, &cmd.device[i], files));
	command_free(&cmd);
	return r ? r : status;
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
static int both(const struct cli_command *c, const struct options *o, bool viommu_given)
{
	if (viommu_given || o->machine || o->device || o->topology || o->device_first || o->live ||
	    o->matrix)
		return cli_usage(c, "the command line behind '--' says which vIOMMU, machine, "
				    "devices and topology");
	return 0;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	int command = command_at(argc, argv), end = command ? command : argc, status;
	struct options o;

	status = parse(c, &o, end, argv);
	/* Without a host before it, "--" only ends the options. */
	if (!status && command && optind == command) {
		optind++;
		command = 0;
		end = argc;
	}
	if (!status && command)
		status = both(c, &o, o.viommu_given);
	if (status == -1) {
		status = CLI_OK;
	} else if (!status && o.live) {
		status = optind == end
				 ? check_live(&o)
				 : cli_usage(c, "--live takes no hosts, but %s", argv[optind]);
	} else if (!status && optind == end) {
		status = cli_usage(c, "no host given");
	} else if (!status) {
		struct cli_files files;

		status = cli_files_expand(&files, argv + optind, end - optind);
		if (!status && command)
			status = check_command(&o, &files, argc - command - 1, argv + command + 1);
		else if (!status)
			status = check_files(&o, &files);
		cli_files_free(&files);
	}
	free(o.topology);
	for (size_t i = 0; i < o.nviommus; i++)
		free(o.viommu[i]);
	return status;
}

const struct cli_command cli_check = {
	.name = "check",
	.args = "[OPTION]... HOST...|--live  or  [OPTION]... HOST... -- qemu-system-x86_64 ...",
	.summary = "would these hosts carry this vIOMMU, and what would QEMU say",
	.help = "HOST is a host description, a capture (it is described first), or a directory of\n"
		"them. Every device of a host that VFIO has (where it has none: every device) is put\n"
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
		"  -f, --format FORMAT   table, json (one object a line) or ktap (default table)\n"
		"  -h, --help            this text\n\n"
		"With a guest's first stage on the host's page tables (fsts=on, x-flts=on) an accepted\n"
		"host may be warned of: what it lacks and QEMU does not verify (nesting, a first stage,\n"
		"coherent page walks, PASIDs). A warning changes no verdict and no exit status; json has\n"
		"them in \"warnings\".\n\n"
		"Exit status: 0 all accepted, 1 some not (unknown counts as not), 2 bad input or\n"
		"usage, 4 nothing to check.\n",
	.run = run,
};
