// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod scenario: lives of devices, on model kernels or on this machine's. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/capture/load.h"
#include "harness/capture/record.h"
#include "harness/capture/survey.h"
#include "harness/cli/cli.h"
#include "harness/scenario/scenario.h"
#include "harness/shim/backends.h"
#include "hiod/profile.h"
#include "mocks/model.h"

#define SUFFIX ".scn"

/* A list of words; not owned. */
struct list {
	const char **v;
	size_t n;
};

struct options {
	struct list profiles, hosts, devices;
	const char *record; /* file for the one run's transcript; NULL: none */
	bool live, verbose;
};

/* One scenario's tally over hosts and profiles. */
struct tally {
	unsigned pass, fail, skip;
	char why[1024]; /* of the last skip */
};

static int list_add(struct list *l, const char *text)
{
	const char **v = realloc(l->v, (l->n + 1) * sizeof(*v));

	if (!v)
		return cli_error("out of memory");
	l->v = v;
	v[l->n++] = text;
	return 0;
}

/* ---- files ---- */

static int is_scenario(const struct dirent *e)
{
	size_t n = strlen(e->d_name), s = strlen(SUFFIX);

	return n > s && !strcmp(e->d_name + n - s, SUFFIX);
}

static int add_path(struct cli_files *f, char *path)
{
	char **v = path ? realloc(f->path, (f->n + 1) * sizeof(*v)) : NULL;

	if (!v) {
		free(path);
		return cli_error("out of memory");
	}
	f->path = v;
	v[f->n++] = path;
	return 0;
}

static int add_dir(struct cli_files *f, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_scenario, alphasort), r = 0;

	if (n < 0)
		return cli_error("%s: %s", dir, strerror(errno));
	if (!n)
		r = cli_error("%s: no *%s in this directory", dir, SUFFIX);
	for (int i = 0; i < n; i++) {
		char *path;

		if (!r)
			r = add_path(f, asprintf(&path, "%s/%s", dir, names[i]->d_name) < 0 ? NULL
											    : path);
		free(names[i]);
	}
	free(names);
	return r;
}

static int expand(struct cli_files *f, char **argv, int argc)
{
	int r = 0;

	*f = (struct cli_files){ 0 };
	for (int i = 0; i < argc && !r; i++) {
		struct stat st;

		if (!stat(argv[i], &st) && S_ISDIR(st.st_mode))
			r = add_dir(f, argv[i]);
		else
			r = add_path(f, strdup(argv[i]));
	}
	return r;
}

/* "dir/a-life.scn": "a-life" */
static char *test_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash ? slash + 1 : path);
	size_t n = name ? strlen(name) : 0, s = strlen(SUFFIX);

	if (n > s && !strcmp(name + n - s, SUFFIX))
		name[n - s] = '\0';
	for (char *p = name; p && *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '#')
			*p = '?';
	return name;
}

/* ---- hosts ---- */

/* A host that a scenario names: beside it in hosts/, else in the corpus's. NULL: no memory. */
static char *host_path(const char *scenario, const char *name)
{
	static const char *const places[] = { "hosts", "../hosts" };
	const char *slash = strrchr(scenario, '/');
	int dir = slash ? (int)(slash - scenario) : 1;
	char *path = NULL;

	if (strchr(name, '/'))
		return strdup(name);
	for (size_t i = 0; i < 2; i++) {
		free(path);
		if (asprintf(&path, "%.*s/%s/%s.host.json", dir, slash ? scenario : ".", places[i],
			     name) < 0)
			return NULL;
		if (!access(path, R_OK))
			break;
	}
	return path;
}

static bool is_bound(const struct host_device *d)
{
	return d->driver && strstr(d->driver, "vfio");
}

/* What a scenario calls @1, @2, ... and @v1, @v2, ... Not owned: the lists are. */
struct cast {
	struct list vfio, vdpa;
};

static bool is_node(const char *device)
{
	return strstr(device, "vhost-vdpa-") != NULL;
}

/* Those asked for. */
static int cast_asked(const struct options *o, struct cast *c)
{
	int r = 0;

	*c = (struct cast){ 0 };
	for (size_t i = 0; i < o->devices.n && !r; i++)
		r = list_add(is_node(o->devices.v[i]) ? &c->vdpa : &c->vfio, o->devices.v[i]);
	return r;
}

static void cast_free(struct cast *c)
{
	free(c->vfio.v);
	free(c->vdpa.v);
}

/* Where none were asked for: those that VFIO has, and the vDPA devices that were asked. */
static int cast_of(const struct options *o, const struct host *h, struct cast *c)
{
	int r = cast_asked(o, c);

	for (size_t i = 0; !o->devices.n && i < h->ndevices && !r; i++)
		if (is_bound(&h->devices[i]))
			r = list_add(&c->vfio, h->devices[i].bdf);
	for (size_t i = 0; !o->devices.n && i < h->nvdpas && !r; i++)
		if (h->vdpas[i].told)
			r = list_add(&c->vdpa, h->vdpas[i].node_dir);
	return r;
}

/* ---- runs ---- */

static void run_one(const struct options *o, const struct scenario *sc, const char *on,
		    const struct scenario_world *w, struct tally *t)
{
	struct scenario_error why;

	switch (scenario_run(sc, w, &why)) {
	case SCENARIO_PASS:
		t->pass++;
		if (o->verbose)
			printf("# %s, %s: pass\n", w->profile->name, on);
		break;
	case SCENARIO_FAIL:
		t->fail++;
		printf("# %s, %s: %s\n", w->profile->name, on, why.msg);
		break;
	case SCENARIO_SKIP:
		t->skip++;
		memcpy(t->why, why.msg, sizeof(t->why));
		if (o->verbose)
			printf("# %s, %s: skip: %s\n", w->profile->name, on, why.msg);
		break;
	}
}

/* run_one() with all calls in a transcript. */
static int run_recorded(const struct options *o, const struct scenario *sc, const char *on,
			struct scenario_world *w, struct tally *t)
{
	struct shim *under = w->shim;
	struct record_config cfg = {
		.source = w->model ? "the model kernel" : "the running kernel",
		.path = o->record,
	};
	struct capture_error err;
	char *client;
	int r = 0;

	if (asprintf(&client, "hiod %s scenario %s", w->profile->name, scenario_name(sc)) < 0)
		return cli_error("out of memory");
	cfg.client = client;
	w->shim = shim_record_new(under, &cfg, &err);
	free(client);
	if (!w->shim)
		return cli_error("%s", err.msg);
	run_one(o, sc, on, w, t);
	if (record_finish(w->shim, NULL, &err))
		r = cli_error("%s", err.msg);
	shim_destroy(w->shim);
	w->shim = under;
	return r;
}

/* Every profile that was asked for. h: the host to model; NULL: the running kernel. */
static int run_profiles(const struct options *o, const struct scenario *sc, const char *on,
			const struct host *h, const struct cast *c, struct tally *t)
{
	const struct hiod_profile *p;

	for (size_t i = 0; (p = hiod_profile_at(i)) != NULL; i++) {
		struct shim *s = NULL;
		bool wanted = !o->profiles.n;
		int status = 0;

		for (size_t k = 0; k < o->profiles.n; k++)
			wanted |= !strcmp(o->profiles.v[k], p->name);
		if (!wanted)
			continue;
		s = h ? model_new(h, &uapi_mem_checked) : shim_kernel_new();
		if (!s)
			return cli_error("out of memory");
		struct scenario_world w = {
			.profile = p,
			.shim = s,
			.model = h ? s : NULL,
			.devices = c->vfio.v,
			.ndevices = c->vfio.n,
			.vdpas = c->vdpa.v,
			.nvdpas = c->vdpa.n,
		};

		if (o->record)
			status = run_recorded(o, sc, on, &w, t);
		else
			run_one(o, sc, on, &w, t);
		shim_destroy(s);
		if (status)
			return status;
	}
	return 0;
}

static int run_host(const struct options *o, const struct scenario *sc, const char *path,
		    struct tally *t)
{
	struct capture_error err;
	struct cast c;
	struct host *h;
	int r;

	if (capture_load_host(path, &h, NULL, &err))
		return cli_error("%s", err.msg);
	r = cast_of(o, h, &c);
	if (!r)
		r = run_profiles(o, sc, h->name, h, &c, t);
	cast_free(&c);
	host_free(h);
	return r;
}

static int run_hosts(const struct options *o, const struct scenario *sc, struct tally *t)
{
	int r = 0;

	for (size_t i = 0; i < o->hosts.n && !r; i++)
		r = run_host(o, sc, o->hosts.v[i], t);
	for (size_t i = 0; !o->hosts.n && !r && scenario_host(sc, i); i++) {
		char *path = host_path(scenario_name(sc), scenario_host(sc, i));

		r = path ? run_host(o, sc, path, t) : cli_error("out of memory");
		free(path);
	}
	if (!r && !o->hosts.n && !scenario_host(sc, 0))
		r = cli_error("%s names no hosts: choose with --host", scenario_name(sc));
	return r;
}

/*
 * This machine's devices that VFIO has, where none were named; vDPA devices only
 * by name, since opening one resets it.
 */
static int run_live(const struct options *o, const struct scenario *sc, struct tally *t)
{
	struct shim *s = shim_kernel_new();
	struct survey_plan plan = { 0 };
	struct capture_error err = { 0 };
	struct cast c;
	int r, found = 0;

	if (!s)
		return cli_error("out of memory");
	if (!o->devices.n)
		found = survey_plan_make(s, SURVEY_BOUND, NULL, 0, &plan, &err);
	shim_destroy(s);
	r = cast_asked(o, &c);
	if (found && found != -ENODEV)
		r = cli_error("%s", err.msg);
	for (size_t i = 0; i < plan.ndevices && !r; i++)
		r = list_add(&c.vfio, plan.devices[i]);
	if (!r)
		r = run_profiles(o, sc, "live", NULL, &c, t);
	cast_free(&c);
	survey_plan_free(&plan);
	return r;
}

static void print_result(unsigned n, const struct scenario *sc, const struct tally *t)
{
	char *name = test_name(scenario_name(sc));
	const char *reason = strstr(t->why, ": ");

	if (t->fail)
		printf("not ok %u %s\n", n, name ? name : "");
	else if (t->pass)
		printf("ok %u %s\n", n, name ? name : "");
	else
		printf("ok %u %s # SKIP %s\n", n, name ? name : "",
		       reason ? reason + 2 : "nothing to run it on");
	free(name);
}

static int run_all(const struct options *o, struct scenario **sc, size_t n)
{
	unsigned pass = 0, fail = 0, skip = 0, runs = 0;
	int r = 0;

	printf("KTAP version 1\n1..%zu\n", n);
	for (size_t i = 0; i < n && !r; i++) {
		struct tally t = { 0 };

		r = o->live ? run_live(o, sc[i], &t) : run_hosts(o, sc[i], &t);
		if (r)
			break;
		print_result((unsigned)i + 1, sc[i], &t);
		fflush(stdout);
		fail += t.fail > 0;
		pass += !t.fail && t.pass;
		skip += !t.fail && !t.pass;
		runs += t.pass + t.fail;
	}
	if (r)
		return r;
	printf("# %u runs\n", runs);
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", pass, fail, skip);
	if (fail)
		return CLI_NO;
	return pass ? CLI_OK : CLI_NOTHING;
}

static int run_files(const struct options *o, const struct cli_files *f)
{
	struct scenario **sc = calloc(f->n, sizeof(*sc));
	int status = sc ? CLI_OK : cli_error("out of memory");

	/* All are read first: a file that cannot be read is no failed test. */
	for (size_t i = 0; sc && i < f->n; i++) {
		struct scenario_error err;

		sc[i] = scenario_load(f->path[i], &err);
		if (!sc[i])
			status = cli_error("%s", err.msg);
	}
	if (!status)
		status = run_all(o, sc, f->n);
	for (size_t i = 0; sc && i < f->n; i++)
		scenario_free(sc[i]);
	free(sc);
	return status;
}

static int add_profile(const struct cli_command *c, struct options *o, const char *name)
{
	if (hiod_profile_find(name))
		return list_add(&o->profiles, name);
	fprintf(stderr, "hiod %s: no profile '%s'; there are", c->name, name);
	for (size_t i = 0; hiod_profile_at(i); i++)
		fprintf(stderr, " %s", hiod_profile_at(i)->name);
	fputc('\n', stderr);
	return CLI_BAD;
}

/* -1: help was asked for. */
static int parse(const struct cli_command *c, struct options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "profile", required_argument, NULL, 'p' },
		{ "host", required_argument, NULL, 'H' },
		{ "device", required_argument, NULL, 'd' },
		{ "record", required_argument, NULL, 'r' },
		{ "live", no_argument, NULL, 'l' },
		{ "verbose", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch, r = 0;

	while (!r && (ch = getopt_long(argc, argv, "p:H:d:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'p': r = add_profile(c, o, optarg); break;
		case 'H': r = list_add(&o->hosts, optarg); break;
		case 'd': r = list_add(&o->devices, optarg); break;
		case 'r': o->record = optarg; break;
		case 'l': o->live = true; break;
		case 'V': o->verbose = true; break;
		case 'h': cli_help(c, stdout); return -1;
		default: r = cli_usage(c, NULL);
		}
	}
	if (!r && o->live && o->hosts.n)
		r = cli_usage(c, "--live and --host exclude each other");
	if (!r && optind == argc)
		r = cli_usage(c, "no scenario given");
	if (!r && o->record &&
	    (argc - optind != 1 || o->profiles.n != 1 || (o->hosts.n != 1 && !o->live)))
		r = cli_usage(c, "--record is for one FILE, one --profile and one --host");
	return r;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	struct options o = { 0 };
	struct cli_files files = { 0 };
	int status = parse(c, &o, argc, argv);

	if (status == -1) {
		status = CLI_OK;
	} else if (!status) {
		status = expand(&files, argv + optind, argc - optind);
		if (!status)
			status = run_files(&o, &files);
		cli_files_free(&files);
	}
	free(o.profiles.v);
	free(o.hosts.v);
	free(o.devices.v);
	return status;
}

const struct cli_command cli_scenario = {
	.name = "scenario",
	.args = "[OPTION]... FILE...",
	.summary = "lives of devices: plugged in and out, reset, lost; nothing is left behind",
	.help = "FILE is a scenario, or a directory of *.scn (docs/scenario-format.md). Each is one\n"
		"test of the KTAP output: it runs on the model kernel of each host that it names, as\n"
		"each QEMU. After every step tables, references, descriptors, mappings and kernel\n"
		"objects are what they must be; at the end there are none.\n\n"
		"  -p, --profile NAME    as this QEMU only: v7, qemu-9.1, ...; may be repeated\n"
		"  -H, --host HOST       a description or capture instead of the hosts that the\n"
		"                        scenario names; may be repeated\n"
		"      --live            on this machine's own drivers, with its devices that are\n"
		"                        bound to vfio-pci. What needs the model is skipped\n"
		"  -d, --device BDF      @1 of the scenario, then @2, ...: 0000:00:05.0; @v1, ... for\n"
		"                        /dev/vhost-vdpa-0, which is opened only when named with --live\n"
		"      --record FILE     write the calls of the run (there must be one) to a\n"
		"                        transcript\n"
		"      --verbose         tell of every run\n"
		"  -h, --help            this text\n\n"
		"Exit status: 0 all passed, 1 some failed, 2 bad input or usage, 4 all skipped.\n",
	.run = run,
};
