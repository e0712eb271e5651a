// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod-conform: options, the two sides, and what is printed at the end. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "harness/conform/hosts.h"
#include "harness/conform/mutants.h"
#include "harness/conform/run.h"
#include "harness/conform/running.h"
#include "harness/shim/backends.h"
#include "mocks/model.h"

#define BDFS	8
#define SUCCESS 40 /* per cent of the calls */
#define HITS	10 /* of each result */

#define EXIT_DIFFERS 1
#define EXIT_USAGE   2
#define EXIT_SKIP    4

struct options {
	struct run_options run;
	const char *bdf[BDFS];
	size_t nbdf;
	const char *vdpa; /* the node that sequences are about; NULL: VFIO and iommufd */
	const char *host; /* --against model: of this made host */
	int mutant;	  /* -1: none */
	bool against_model, all_mutants, require, ktap, quiet;
};

static const char usage[] =
	"usage: hiod-conform --bdf BDF [--bdf BDF]... [options]\n"
	"       hiod-conform --vdpa NODE [options]\n"
	"       hiod-conform --against model [--host NAME] [--mutant RULE] [options]\n"
	"       hiod-conform --mutants [--host NAME] [options]\n"
	"Runs the same sequences of calls on the kernel and on the model of this host, and\n"
	"tells where they differ.\n"
	"  --bdf BDF        a device that is bound to a VFIO driver\n"
	"  --vdpa NODE      a vhost-vdpa device, such as /dev/vhost-vdpa-0, instead: its sequences\n"
	"                   have nothing else. Opening it resets it\n"
	"  --against model  no kernel: two models of a made host\n"
	"  --host NAME      which made host (--list)\n"
	"  --mutant RULE    the second model has this rule changed (--list)\n"
	"  --mutants        each mutant in turn; fails when one is not told from the model\n"
	"  --calls N        at least so many calls (20000)\n"
	"  --seed S         of the sequences (1)\n"
	"  --sequence K     only sequence K of this seed\n"
	"  --length N       calls in a sequence, at most (30)\n"
	"  --require        go on, up to four times the calls, until every result that this\n"
	"                   kernel and host can give was seen 10 times; fail when one was not,\n"
	"                   or when less than 40 % of the calls succeeded\n"
	"  --ktap           results as KTAP, all else as its comments\n"
	"  --quiet          no table\n"
	"  --verbose        every sequence\n"
	"  --list           made hosts and mutants\n"
	"Exit: 0 no difference, 1 differences, 2 usage, 4 nothing to compare here.\n";

/* ---- options -------------------------------------------------------------------- */

static void list(void)
{
	for (size_t i = 0; made_host_name(i); i++)
		printf("host %s\n", made_host_name(i));
	for (size_t i = 0; mutant_name(i); i++)
		printf("mutant %zu %s\n", i + 1, mutant_name(i));
}

static bool number(const char *s, uint64_t max, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 0);
	return *s && *s != '-' && !*end && !errno && *v <= max;
}

static bool bad(const char *opt, const char *arg)
{
	fprintf(stderr, "hiod-conform: --%s: \"%s\" is not what this takes\n", opt, arg);
	return false;
}

enum {
	OPT_BDF,
	OPT_VDPA,
	OPT_AGAINST,
	OPT_HOST,
	OPT_MUTANT,
	OPT_MUTANTS,
	OPT_CALLS,
	OPT_SEED,
	OPT_SEQUENCE,
	OPT_LENGTH,
	OPT_REQUIRE,
	OPT_KTAP,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_LIST,
	OPT_HELP,
};

static const struct option longopts[] = {
	{ "bdf", 1, NULL, OPT_BDF },
	{ "vdpa", 1, NULL, OPT_VDPA },
	{ "against", 1, NULL, OPT_AGAINST },
	{ "host", 1, NULL, OPT_HOST },
	{ "mutant", 1, NULL, OPT_MUTANT },
	{ "mutants", 0, NULL, OPT_MUTANTS },
	{ "calls", 1, NULL, OPT_CALLS },
	{ "seed", 1, NULL, OPT_SEED },
	{ "sequence", 1, NULL, OPT_SEQUENCE },
	{ "length", 1, NULL, OPT_LENGTH },
	{ "require", 0, NULL, OPT_REQUIRE },
	{ "ktap", 0, NULL, OPT_KTAP },
	{ "quiet", 0, NULL, OPT_QUIET },
	{ "verbose", 0, NULL, OPT_VERBOSE },
	{ "list", 0, NULL, OPT_LIST },
	{ "help", 0, NULL, OPT_HELP },
	{ 0 },
};

static bool option(struct options *o, int opt, const char *arg)
{
	uint64_t v;

	switch (opt) {
	case OPT_BDF:
		if (o->nbdf == BDFS)
			return bad("bdf", arg);
		o->bdf[o->nbdf++] = arg;
		return true;
	case OPT_VDPA: o->vdpa = arg; return true;
	case OPT_AGAINST:
		o->against_model = true;
		return !strcmp(arg, "model") || bad("against", arg);
	case OPT_HOST: o->host = arg; return true;
	case OPT_MUTANT:
		o->mutant = mutant_from_name(arg);
		o->against_model = true;
		return o->mutant >= 0 || bad("mutant", arg);
	case OPT_MUTANTS: o->all_mutants = o->against_model = true; return true;
	case OPT_CALLS: return number(arg, UINT64_MAX, &o->run.calls) || bad("calls", arg);
	case OPT_SEED: return number(arg, UINT64_MAX, &o->run.seed) || bad("seed", arg);
	case OPT_SEQUENCE:
		if (!number(arg, INT64_MAX, &v))
			return bad("sequence", arg);
		o->run.sequence = (int64_t)v;
		return true;
	case OPT_LENGTH:
		if (!number(arg, SEQUENCE_MAX, &v) || !v)
			return bad("length", arg);
		o->run.length = (unsigned int)v;
		return true;
	case OPT_REQUIRE: o->require = true; return true;
	case OPT_KTAP: o->ktap = true; return true;
	case OPT_QUIET: o->quiet = true; return true;
	case OPT_VERBOSE: o->run.verbose = true; return true;
	default: return false;
	}
}

/* -1: go on; else the exit status. */
static int parse(struct options *o, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (opt == OPT_HELP) {
			fputs(usage, stdout);
			return 0;
		}
		if (opt == OPT_LIST) {
			list();
			return 0;
		}
		if (!option(o, opt, optarg))
			return EXIT_USAGE;
	}
	if (optind < argc || (!o->nbdf && !o->vdpa && !o->against_model)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/* ---- the two sides ----------------------------------------------------------------- */

struct sides {
	struct host *host;
	int mutant;
	struct pair pair;
	struct generator gen;
};

static struct shim *new_model(void *ctx, const struct uapi_mem *mem)
{
	return model_new(ctx, mem);
}

static struct shim *renew(void *ctx, const struct uapi_mem *mem)
{
	struct sides *s = ctx;

	if (s->mutant >= 0)
		return mutant_new((size_t)s->mutant, new_model, s->host, mem);
	return model_new(s->host, mem);
}

static void sides_free(struct sides *s)
{
	shim_destroy(s->pair.side[0].shim);
	pair_free(&s->pair);
	host_free(s->host);
}

/* The kernel's description, or the made one. 0 or an exit status. */
static int find_host(const struct options *o, struct shim *kernel, struct host **out)
{
	struct capture_error err = { 0 };
	struct utsname u;
	int rc;

	if (o->against_model) {
		*out = made_host(o->host ? o->host : made_host_name(0));
		if (*out)
			return 0;
		fprintf(stderr, "hiod-conform: no made host \"%s\"; see --list\n", o->host);
		return EXIT_USAGE;
	}
	rc = uname(&u) ? -errno
		       : running_host(kernel, u.release, o->bdf, o->nbdf, o->vdpa, out, &err);
	if (rc == -ENODEV) {
		printf("SKIP: %s\n", err.msg);
		return EXIT_SKIP;
	}
	if (rc)
		fprintf(stderr, "hiod-conform: %s\n", *err.msg ? err.msg : strerror(-rc));
	return rc ? EXIT_USAGE : 0;
}

/* Names and the second side. 0 or an exit status. */
static int sides_start(struct sides *s, const struct options *o)
{
	s->pair.name[0] = o->against_model ? "model" : "kernel";
	s->pair.name[1] = s->mutant >= 0 ? "mutant" : "model";
	s->pair.host = s->host;
	s->pair.renew_ctx = s;
	s->pair.renew = renew;
	s->pair.side[1].shim = renew(s, &s->pair.side[1].mem);
	return s->pair.side[0].shim && s->pair.side[1].shim ? 0 : EXIT_USAGE;
}

/* A run that is about one vhost-vdpa node. */
static int sides_of_vdpa(struct sides *s, const struct options *o)
{
	generator_init(&s->gen, s->host, NULL, 0);
	s->pair.no_vfio = true;
	s->gen.able = 0;
	s->gen.naims = 0;
	s->gen.vdpa = host_find_vdpa(s->host, o->vdpa);
	if (!s->gen.vdpa || !s->gen.vdpa->told) {
		printf("SKIP: no vhost-vdpa device %s that can be opened\n", o->vdpa);
		return EXIT_SKIP;
	}
	return pair_share(&s->pair) ? EXIT_USAGE : sides_start(s, o);
}

/* 0 or an exit status; s is to be freed then as well. */
static int sides_init(struct sides *s, const struct options *o, int mutant)
{
	const char *bdf[BDFS];
	size_t n = o->nbdf;
	struct shim *first;
	int rc;

	memset(s, 0, sizeof(*s));
	s->mutant = mutant;
	if (pair_init(&s->pair))
		return EXIT_USAGE;
	first = o->against_model ? NULL : shim_kernel_new();
	rc = find_host(o, first, &s->host);
	if (!rc && !first)
		first = model_new(s->host, &s->pair.side[0].mem);
	s->pair.side[0].shim = first;
	if (rc)
		return rc;
	memcpy(bdf, o->bdf, sizeof(bdf));
	for (size_t i = 0; o->against_model && !o->nbdf && i < s->host->ndevices && i < BDFS; i++)
		bdf[n++] = s->host->devices[i].bdf;
	if (o->vdpa)
		return sides_of_vdpa(s, o);
	if (generator_init(&s->gen, s->host, bdf, n)) {
		printf("SKIP: no device with a VFIO driver and a group, and no iommufd\n");
		return EXIT_SKIP;
	}
	return sides_start(s, o);
}

/* ---- runs ---------------------------------------------------------------------------- */

static void print_host(FILE *f, const struct host *h, const struct generator *g)
{
	fprintf(f, "host: kernel %s, %zu devices in %zu groups, features:",
		h->release ? h->release : "?", g->ndevices, g->ngroups);
	for (int i = 0; i < HOST_F_NR; i++)
		if (h->features >> i & 1)
			fprintf(f, " %s", host_feature_name((enum host_feature)i));
	fprintf(f, "\n");
}

struct outcome {
	bool same, successful, covered;
};

static int compare(const struct options *o, FILE *out, struct outcome *res)
{
	struct run_result *r = malloc(sizeof(*r));
	struct run_options run_opt = o->run;
	struct sides *s = malloc(sizeof(*s));
	struct coverage cov = { 0 };
	int rc = r && s ? sides_init(s, o, o->mutant) : EXIT_USAGE;

	if (!rc) {
		run_opt.out = out;
		run_opt.want = o->require && o->run.sequence < 0 ? HITS : 0;
		print_host(out, s->host, &s->gen);
		rc = run(&s->pair, &s->gen, &run_opt, r) ? EXIT_USAGE : 0;
	}
	if (!rc) {
		if (!o->quiet)
			table_print(out, &r->table);
		/* What must be seen is a list of VFIO's and iommufd's results. */
		if (!o->vdpa)
			coverage_print(out, &r->table, s->host, s->gen.able, HITS, &cov);
		fprintf(out,
			"%s against %s: seed 0x%" PRIx64 ", %" PRIu64 " sequences, %" PRIu64
			" calls, %" PRIu64 " %% successful, %" PRIu64
			" sequences differ in %u ways\n",
			s->pair.name[0], s->pair.name[1], o->run.seed, r->sequences, r->table.calls,
			r->table.calls ? r->table.succeeded * 100 / r->table.calls : 0,
			r->differing, r->kinds);
		for (unsigned int i = 0; i < EXCUSES; i++)
			if (r->excused[i])
				fprintf(out, "known difference %s: %" PRIu64 " sequences\n",
					excuse_name(i), r->excused[i]);
		res->same = !r->differing;
		res->successful = r->table.succeeded * 100 >= r->table.calls * SUCCESS;
		res->covered = !cov.few;
	}
	if (s)
		sides_free(s);
	free(s);
	free(r);
	return rc;
}

/* Whether each mutant is told from the model, and after how many calls. */
static int mutants(const struct options *o, FILE *out)
{
	unsigned int missed = 0, n = 0;
	int rc = 0;

	for (size_t k = 0; mutant_name(k) && !rc; k++, n++) {
		struct run_result *r = malloc(sizeof(*r));
		struct sides *s = malloc(sizeof(*s));
		struct run_options run_opt = o->run;

		run_opt.stop_after = 1;
		run_opt.out = out;
		rc = r && s ? sides_init(s, o, (int)k) : EXIT_USAGE;
		fprintf(out, "\nmutant %zu, %s\n", k + 1, mutant_name(k));
		if (!rc)
			rc = run(&s->pair, &s->gen, &run_opt, r) ? EXIT_USAGE : 0;
		if (!rc)
			fprintf(out, "mutant %s: %s after %" PRIu64 " calls\n", mutant_name(k),
				r->kinds ? "caught" : "NOT CAUGHT", r->table.calls);
		missed += !rc && !r->kinds;
		if (s)
			sides_free(s);
		free(s);
		free(r);
	}
	fprintf(out, "%u mutants, %u not caught\n", n, missed);
	return rc ? rc : missed ? EXIT_DIFFERS : 0;
}

/* What was printed, as comments. */
static void print_comments(const char *text)
{
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		printf("# %.*s\n", (int)(end - text), text);
	}
}

static void ktap_line(unsigned int nr, bool ok, const char *name)
{
	printf("%sok %u conform.%s\n", ok ? "" : "not ", nr, name);
}

int main(int argc, char **argv)
{
	struct options o = { .run = { .seed = 1, .calls = 20000, .sequence = -1 }, .mutant = -1 };
	struct outcome res = { .same = false };
	FILE *out = stdout;
	char *text = NULL;
	size_t len;
	int rc = parse(&o, argc, argv);

	if (rc >= 0)
		return rc;
	if (o.ktap)
		out = open_memstream(&text, &len);
	if (!out)
		return EXIT_USAGE;
	rc = o.all_mutants ? mutants(&o, out) : compare(&o, out, &res);
	if (o.ktap) {
		fclose(out);
		printf("KTAP version 1\n");
		if (rc == EXIT_SKIP)
			printf("1..0 # SKIP nothing to compare here\n");
		print_comments(text);
		free(text);
	}
	if (rc || o.all_mutants) {
		if (o.ktap && rc != EXIT_SKIP)
			printf("1..1\n"), ktap_line(1, !rc, "mutants_are_caught");
		return rc;
	}
	if (o.ktap) {
		printf("1..%u\n", o.require ? 3 : 1);
		ktap_line(1, res.same, "no_difference");
	}
	if (o.ktap && o.require) {
		ktap_line(2, res.successful, "calls_succeed");
		ktap_line(3, res.covered, "results_are_reached");
	}
	if (o.require && !res.successful)
		fprintf(stderr, "hiod-conform: less than %d %% of the calls succeeded\n", SUCCESS);
	if (o.require && !res.covered)
		fprintf(stderr, "hiod-conform: some results were not reached often enough\n");
	return res.same && (!o.require || (res.successful && res.covered)) ? 0 : EXIT_DIFFERS;
}
