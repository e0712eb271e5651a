// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod run: an unmodified program on the model of a host, or on a transcript. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/capture/load.h"
#include "harness/capture/record.h"
#include "harness/capture/replay.h"
#include "harness/cli/cli.h"
#include "harness/shim/backends.h"
#include "harness/supervise/rule.h"
#include "harness/supervise/supervise.h"
#include "mocks/model.h"

#define MAX_RULES 32

struct options {
	const char *host, *replay, *record, *trace_file;
	const char *fault[MAX_RULES];
	size_t nfaults;
	bool trace, mock_devices;
};

/* All that a run needs, from the backend up; each may be NULL. */
struct stack {
	struct supervisor *sup;
	struct host *host;
	struct transcript script; /* replayed */
	struct shim *base, *rules, *recorder;
	struct transcript seen; /* calls not yet traced */
	FILE *trace;
	bool seen_bad;
};

/* The calls that the recorder has written down since the last time. */
static void show_calls(void *ctx)
{
	struct stack *k = ctx;

	for (size_t i = 0; k->trace && i < k->seen.ncalls; i++) {
		size_t need = call_decode(NULL, 0, &k->seen.calls[i]);
		char *text = malloc(need + 1);

		if (text) {
			call_decode(text, need + 1, &k->seen.calls[i]);
			fprintf(k->trace, "%s\n", text);
		}
		free(text);
	}
	for (size_t i = 0; i < k->seen.ncalls; i++)
		call_free(&k->seen.calls[i]);
	k->seen.ncalls = 0;
}

static int make_base(struct stack *k, const struct options *o)
{
	const struct uapi_mem *mem = supervisor_mem(k->sup);
	struct capture_error err;

	if (o->replay) {
		if (transcript_load(o->replay, 0, &k->script, &err))
			return cli_error("%s", err.msg);
		k->base = shim_replay_new(&k->script, mem);
	} else if (!o->host) {
		k->base = supervisor_real_new(k->sup);
	} else {
		if (capture_load_host(o->host, &k->host, NULL, &err))
			return cli_error("%s", err.msg);
		k->base = model_new(k->host, mem);
		if (k->base)
			model_set_pinnable(k->base, supervisor_pinnable, k->sup);
		if (k->base)
			model_set_eventfd(k->base, supervisor_eventfd, k->sup);
		if (k->base && o->mock_devices)
			model_set_mock_devices(k->base);
	}
	return k->base ? 0 : cli_error("out of memory");
}

static int make_rules(struct stack *k, const struct options *o)
{
	struct capture_error err;

	if (!o->nfaults)
		return 0;
	k->rules = shim_rules_new(k->base, o->fault, o->nfaults, supervisor_mem(k->sup), &err);
	return k->rules ? 0 : cli_error("--fault %s", err.msg);
}

/* A recorder on top: for a file, for the trace, or for both. */
static int make_recorder(struct stack *k, const struct options *o, char *const argv[])
{
	struct utsname u;
	const struct record_config cfg = {
		.client = argv[0],
		.kernel = k->host     ? k->host->release
			  : uname(&u) ? NULL
				      : u.release,
		.source = o->host ? "hiod run, on a model" : "hiod run, on the real kernel",
		.path = o->record,
		.to = o->trace ? &k->seen : NULL,
		.mem = supervisor_mem(k->sup),
	};
	struct capture_error err;

	if (!o->trace && !o->record)
		return 0;
	if (o->trace_file) {
		k->trace = fopen(o->trace_file, "we");
		if (!k->trace)
			return cli_error("%s: %s", o->trace_file, strerror(errno));
		setvbuf(k->trace, NULL, _IOLBF, 0);
	} else if (o->trace) {
		k->trace = stderr;
	}
	k->recorder = shim_record_new(k->rules ? k->rules : k->base, &cfg, &err);
	return k->recorder ? 0 : cli_error("%s", err.msg);
}

/* What became of the program, as wait(2) has it: for the caller's caller. */
static int end_like(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* Ended by a signal: so do we, without a second dump of memory. */
	if (WIFSIGNALED(status)) {
		const struct rlimit none = { 0, 0 };
		sigset_t one;

		fflush(NULL);
		setrlimit(RLIMIT_CORE, &none);
		signal(WTERMSIG(status), SIG_DFL);
		sigemptyset(&one);
		sigaddset(&one, WTERMSIG(status));
		raise(WTERMSIG(status));
		sigprocmask(SIG_UNBLOCK, &one, NULL);
		return 128 + WTERMSIG(status);
	}
	return CLI_BAD;
}

/* After the program: what the backends have to say of it. Returns the exit status. */
static int conclude(struct stack *k, const struct options *o, int status)
{
	struct capture_error err;
	int bad = 0;

	if (k->recorder && record_finish(k->recorder, NULL, &err))
		bad = cli_error("%s", err.msg);
	if (o->replay && replay_finish(k->base, &err))
		bad = cli_error("%s", err.msg);
	if (o->host && model_unknown(k->base))
		fprintf(stderr, "hiod: the model kernel does not know what %s asked for: %s\n",
			"the program", model_unknown(k->base));
	if (k->rules)
		for (size_t i = 0; i < o->nfaults; i++)
			if (!rules_fired(k->rules, i))
				fprintf(stderr, "hiod: --fault %s: no such call was made\n",
					o->fault[i]);
	return bad ? bad : end_like(status);
}

#define VDPA_NODE "/dev/vhost-vdpa-"

/* Are there vhost-vdpa nodes, to be written to? */
static bool has_vdpa(const struct stack *k, const struct options *o)
{
	if (o->host)
		return k->host->nvdpas;
	if (!o->replay)
		return !access(VDPA_NODE "0", F_OK);
	for (size_t i = 0; i < k->script.ncalls; i++) {
		const char *path = k->script.calls[i].path;

		if (path && !strncmp(path, VDPA_NODE, strlen(VDPA_NODE)))
			return true;
	}
	return false;
}

static int run_stack(struct stack *k, const struct options *o, char *const argv[])
{
	struct supervise_config cfg = { .called = k->recorder ? show_calls : NULL, .ctx = k };
	struct capture_error err;
	int status = 0;

	cfg.real = !o->host && !o->replay;
	cfg.writes = has_vdpa(k, o);
	cfg.release = k->host ? k->host->release : k->script.kernel;
	cfg.shim = k->recorder ? k->recorder : k->rules ? k->rules : k->base;
	if (supervisor_run(k->sup, &cfg, argv, &status, &err))
		return cli_error("%s", err.msg);
	show_calls(k);
	return conclude(k, o, status);
}

static int start(const struct options *o, char *const argv[])
{
	struct stack k = { 0 };
	struct capture_error err;
	int status;

	k.sup = supervisor_new(&err);
	if (!k.sup)
		return cli_error("%s", err.msg);
	status = make_base(&k, o);
	status = status ? status : make_rules(&k, o);
	status = status ? status : make_recorder(&k, o, argv);
	status = status ? status : run_stack(&k, o, argv);
	shim_destroy(k.recorder);
	shim_destroy(k.rules);
	shim_destroy(k.base);
	supervisor_free(k.sup);
	transcript_free(&k.seen);
	transcript_free(&k.script);
	host_free(k.host);
	if (k.trace && k.trace != stderr)
		fclose(k.trace);
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "host", required_argument, NULL, 'H' },
		{ "replay", required_argument, NULL, 'R' },
		{ "record", required_argument, NULL, 'r' },
		{ "fault", required_argument, NULL, 'f' },
		{ "iommufd-test", no_argument, NULL, 'm' },
		{ "trace", no_argument, NULL, 't' },
		{ "trace-file", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { 0 };
	int ch;

	/* '+': the program's options are its own. */
	while ((ch = getopt_long(argc, argv, "+H:f:to:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'H': o.host = optarg; break;
		case 'R': o.replay = optarg; break;
		case 'r': o.record = optarg; break;
		case 'm': o.mock_devices = true; break;
		case 'f':
			if (o.nfaults == MAX_RULES)
				return cli_usage(c, "more than %d rules", MAX_RULES);
			o.fault[o.nfaults++] = optarg;
			break;
		case 'o': o.trace_file = optarg; /* fall through */
		case 't': o.trace = true; break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (o.host && o.replay)
		return cli_usage(c, "--host and --replay exclude each other");
	if (!o.host && !o.replay && !o.record)
		return cli_usage(c, "one of --host, --replay and --record is needed");
	if (!o.host && o.mock_devices)
		return cli_usage(c, "--iommufd-test needs --host");
	if (!o.host && !o.replay && o.nfaults)
		return cli_usage(c, "no --fault on a real host");
	if (optind == argc)
		return cli_usage(c, "no program given");
	return start(&o, argv + optind);
}

const struct cli_command cli_run = {
	.name = "run",
	.args = "--host HOST|--replay CAPTURE|--record FILE [OPTION]... [--] PROGRAM [ARG]...",
	.summary = "run an unmodified program, as QEMU, on a described host",
	.help = "The program's calls on VFIO, iommufd and PCI sysfs are answered by the model kernel\n"
		"of the host, or from a transcript; all others it makes itself. It needs no privilege,\n"
		"no device and no change, and starts nothing that outlives it unseen: hiod ends when\n"
		"the last process has ended.\n\n"
		"  -H, --host HOST       a host description, or a capture (described first)\n"
		"      --replay CAPTURE  answer from a transcript, in its order: any other call is a\n"
		"                        deviation\n"
		"      --record FILE     write the calls to a transcript; without the two before on the real\n"
		"                        host: the program makes its calls itself\n"
		"  -f, --fault RULE      CALL[#N]=ERRNO: fail the Nth such call (without #N: each);\n"
		"                        CALL[#N]:FIELD=VALUE: change a field of its reply. CALL is a\n"
		"                        request (VFIO_IOMMU_GET_INFO, IOAS_IOVA_RANGES), or open, stat,\n"
		"                        access, readlink, listdir or pread with :PATH after it\n"
		"      --iommufd-test    the host's kernel has CONFIG_IOMMUFD_TEST: its mock devices, for\n"
		"                        the kernel's own tests\n"
		"  -t, --trace           each answered call as a decoded line, to stderr\n"
		"  -o, --trace-file FILE the same to a file\n"
		"  -h, --help            this text\n\n"
		"Exit status: the program's; ended by a signal, hiod ends by the same. 2: it could not\n"
		"be started, bad input or usage, or the replay deviated.\n",
	.run = run,
};
