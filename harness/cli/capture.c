// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod capture: record what this host's kernel answers, for check, describe and replay elsewhere. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/capture/load.h"
#include "harness/capture/record.h"
#include "harness/capture/redact.h"
#include "harness/capture/survey.h"
#include "harness/cli/cli.h"
#include "mocks/model.h"

#define MAX_DEVICES 256

struct options {
	const char *device[MAX_DEVICES];
	size_t ndevices;
	const char *out;
	const char *from; /* host whose model is asked; NULL: the running kernel */
	bool all, redact, redact_bdf;
	bool vdpa;     /* open the nodes of vDPA devices too */
	bool progress; /* even when stderr is no terminal */
};

/* What is asked, and how it is named. */
struct asked {
	struct shim *shim; /* the kernel, or the model of host */
	struct host *host;
	struct utsname uts;
	struct redact *redact; /* NULL: nothing is */
	struct survey_plan plan;
};

static int parse_redact(const struct cli_command *c, struct options *o, const char *what)
{
	o->redact = true;
	if (!what)
		return 0;
	if (strcmp(what, "bdf"))
		return cli_usage(c, "cannot redact '%s'; there is bdf", what);
	o->redact_bdf = true;
	return 0;
}

static int parse(const struct cli_command *c, struct options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "all", no_argument, NULL, 'a' },
		{ "output", required_argument, NULL, 'o' },
		{ "redact", optional_argument, NULL, 'r' },
		{ "vdpa", no_argument, NULL, 'V' },
		{ "progress", no_argument, NULL, 'P' },
		{ "from", required_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int ch, r = 0;

	*o = (struct options){ 0 };
	while (!r && (ch = getopt_long(argc, argv, "d:ao:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'd':
			if (o->ndevices == MAX_DEVICES)
				r = cli_usage(c, "more than %d devices", MAX_DEVICES);
			else
				o->device[o->ndevices++] = optarg;
			break;
		case 'a': o->all = true; break;
		case 'o': o->out = optarg; break;
		case 'r': r = parse_redact(c, o, optarg); break;
		case 'V': o->vdpa = true; break;
		case 'P': o->progress = true; break;
		case 'F': o->from = optarg; break;
		case 'h': cli_help(c, stdout); return -1;
		default: r = cli_usage(c, NULL);
		}
	}
	if (r)
		return r;
	if (optind < argc)
		return cli_usage(c, "takes no file but that of -o");
	if (o->all && o->ndevices)
		return cli_usage(c, "--all and --device exclude each other");
	return o->out ? 0 : cli_usage(c, "needs -o FILE");
}

/* ---- while it works ----------------------------------------------------- */

struct reporting {
	bool progress, terminal, open; /* open: a line without its end is on the terminal */
	unsigned int notes;
};

static void end_line(struct reporting *r)
{
	if (r->open)
		fputs("\r\033[K", stderr);
	r->open = false;
}

static void on_progress(void *ctx, size_t i, size_t n, const char *bdf, const char *stage)
{
	struct reporting *r = ctx;

	if (!r->progress)
		return;
	end_line(r);
	fprintf(stderr, "device %zu of %zu, %s: %s", i + 1, n, bdf, stage);
	if (!r->terminal)
		fputc('\n', stderr);
	r->open = r->terminal;
	fflush(stderr);
}

static void on_note(void *ctx, const char *text)
{
	struct reporting *r = ctx;

	end_line(r);
	r->notes++;
	fprintf(stderr, "hiod: %s\n", text);
}

/* ---- what is asked ------------------------------------------------------ */

static int open_host(const struct options *o, struct asked *a)
{
	struct capture_error err;

	if (uname(&a->uts))
		return cli_error("uname: %s", strerror(errno));
	if (o->from && capture_load_host(o->from, &a->host, NULL, &err))
		return cli_error("%s", err.msg);
	a->shim = o->from ? model_new(a->host, NULL) : shim_kernel_new();
	if (!a->shim)
		return cli_error("out of memory");
	if (o->redact) {
		a->redact = redact_new(o->redact_bdf ? REDACT_BDF : 0,
				       o->from ? NULL : a->uts.nodename);
		if (!a->redact)
			return cli_error("out of memory");
	}
	return 0;
}

static void close_host(struct asked *a)
{
	survey_plan_free(&a->plan);
	redact_free(a->redact);
	shim_destroy(a->shim);
	host_free(a->host);
}

/* PCI devices get their new names in the order of the old ones. */
static int rename_devices(struct asked *a)
{
	char **bdf;
	size_t n;
	int rc = survey_pci(a->shim, &bdf, &n);

	for (size_t i = 0; i < n; i++) {
		char *to = redact_text(a->redact, bdf[i], 0);

		if (!to)
			rc = -ENOMEM;
		free(to);
		free(bdf[i]);
	}
	free(bdf);
	for (size_t i = 0; i < a->plan.ndevices && !rc; i++) {
		char *to = redact_text(a->redact, a->plan.devices[i], 0);

		if (!to)
			return -ENOMEM;
		free(a->plan.devices[i]);
		a->plan.devices[i] = to;
	}
	return rc;
}

static bool has_vdpa(const struct asked *a)
{
	char **nodes;
	size_t n;

	if (survey_vdpa(a->shim, &nodes, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		free(nodes[i]);
	free(nodes);
	return n;
}

static int make_plan(const struct options *o, struct asked *a)
{
	enum survey_which which = o->all ? SURVEY_ALL : o->ndevices ? SURVEY_NAMED : SURVEY_BOUND;
	struct capture_error err;
	int rc = survey_plan_make(a->shim, which, o->device, o->ndevices, &a->plan, &err);

	/* vDPA devices are enough where they were asked for by name. */
	if (rc == -ENODEV && o->vdpa && !o->ndevices && has_vdpa(a))
		rc = survey_plan_make(a->shim, SURVEY_NAMED, NULL, 0, &a->plan, &err);
	a->plan.ask_vdpa = o->vdpa;
	if (rc == -ENODEV) {
		fprintf(stderr, "hiod: nothing to capture: %s\n", err.msg);
		return CLI_NOTHING;
	}
	if (rc)
		return cli_error("%s", err.msg);
	if (a->redact && rename_devices(a))
		return cli_error("out of memory");
	return 0;
}

/* ---- the transcript ----------------------------------------------------- */

static struct shim *recorder(const struct options *o, const struct asked *a, struct shim *under)
{
	const struct record_config from = {
		.client = "probe",
		.kernel = o->from ? a->host->release : a->uts.release,
		.arch = o->from ? NULL : a->uts.machine,
		.device = a->plan.ndevices == 1 ? a->plan.devices[0] : NULL,
		.path = o->out,
	};
	struct record_config cfg = from;
	char source[512], *text = NULL, *kernel = NULL;
	struct capture_error err;
	struct shim *s = NULL;

	if (o->from)
		snprintf(source, sizeof(source), "hiod capture of the model of %.200s",
			 a->host->name);
	else
		snprintf(source, sizeof(source), "hiod capture on %s %s, %s", a->uts.sysname,
			 a->uts.release, a->uts.version);
	cfg.source = source;
	if (a->redact) {
		cfg.source = text = redact_text(a->redact, source, REDACT_HOSTS);
		cfg.kernel = kernel =
			redact_text(a->redact, cfg.kernel ? cfg.kernel : "", REDACT_HOSTS);
	}
	if (!cfg.source || (a->redact && !kernel))
		cli_error("out of memory");
	else if (!(s = shim_record_new(under, &cfg, &err)))
		cli_error("%s", err.msg);
	free(text);
	free(kernel);
	return s;
}

static json_t *answer(int rc)
{
	const char *name = uapi_errno_name(-rc);

	if (!rc)
		return json_string("ok");
	return name ? json_string(name) : json_integer(-rc);
}

/* The table that no client reads: kept beside the conversation. Without it when redacting. */
static int add_dmar(const struct asked *a, json_t *o)
{
	uint8_t *data;
	ssize_t n = a->redact ? 0 : survey_dmar(a->shim, &data);
	char *hex;
	int rc;

	if (n <= 0)
		return 0;
	hex = malloc(2 * (size_t)n + 1);
	for (ssize_t i = 0; hex && i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", data[i]);
	rc = hex ? json_object_set_new(o, "dmar", json_string(hex)) : -1;
	free(hex);
	free(data);
	return rc;
}

/* The transcript's last line: how far each backend of each device was followed. */
static char *result_text(const struct asked *a, const struct survey_answer *answers)
{
	json_t *o = json_object(), *list = json_array();
	char *text = NULL;
	int bad = json_object_set_new(o, "devices", list);

	for (size_t i = 0; i < a->plan.ndevices && !bad; i++) {
		json_t *d = json_object();

		bad |= json_object_set_new(d, "device", json_string(a->plan.devices[i]));
		bad |= json_object_set_new(d, "legacy", answer(answers[i].legacy));
		bad |= json_object_set_new(d, "iommufd", answer(answers[i].iommufd));
		bad |= json_object_set_new(d, "compat", answer(answers[i].compat));
		bad |= json_array_append_new(list, d);
	}
	if (!bad && !add_dmar(a, o))
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static int run_survey(const struct asked *a, struct shim *rec, struct reporting *rep,
		      const char *out)
{
	const struct survey_hooks hooks = { on_progress, on_note, rep };
	struct survey_answer *answers = calloc(a->plan.ndevices + 1, sizeof(*answers));
	size_t legacy = 0, iommufd = 0, compat = 0;
	struct capture_error err;
	char *result = NULL;
	int status = 0;

	if (!answers || survey(rec, &a->plan, &hooks, answers) ||
	    !(result = result_text(a, answers)))
		status = cli_error("out of memory");
	end_line(rep);
	if (!status && record_finish(rec, result, &err))
		status = cli_error("%s", err.msg);
	for (size_t i = 0; i < a->plan.ndevices && !status; i++) {
		legacy += !answers[i].legacy;
		iommufd += !answers[i].iommufd;
		compat += !answers[i].compat;
	}
	if (!status)
		fprintf(stderr,
			"hiod: %s: %zu device%s; answered to the end: %zu by legacy VFIO, "
			"%zu by iommufd, %zu by iommufd's VFIO layer\n",
			out, a->plan.ndevices, a->plan.ndevices == 1 ? "" : "s", legacy, iommufd,
			compat);
	if (!status && a->plan.nvdpas)
		fprintf(stderr, "hiod: %s: %zu vDPA device%s, %s\n", out, a->plan.nvdpas,
			a->plan.nvdpas == 1 ? "" : "s",
			a->plan.ask_vdpa ? "opened" : "not opened (--vdpa: that resets them)");
	free(result);
	free(answers);
	return status;
}

static int capture(const struct options *o, struct asked *a)
{
	struct reporting rep = { .terminal = isatty(STDERR_FILENO) };
	struct shim *under = a->shim, *hidden = NULL, *rec;
	int status = make_plan(o, a);

	if (status)
		return status;
	rep.progress = o->progress || rep.terminal;
	if (a->redact) {
		under = hidden = shim_redact_new(a->shim, a->redact);
		if (!hidden)
			return cli_error("out of memory");
	}
	rec = recorder(o, a, under);
	status = rec ? run_survey(a, rec, &rep, o->out) : CLI_BAD;
	shim_destroy(rec);
	shim_destroy(hidden);
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	struct options o;
	struct asked a = { 0 };
	int status = parse(c, &o, argc, argv);

	if (status)
		return status < 0 ? CLI_OK : status;
	status = open_host(&o, &a);
	if (!status)
		status = capture(&o, &a);
	close_host(&a);
	return status;
}

const struct cli_command cli_capture = {
	.name = "capture",
	.args = "[OPTION]... -o FILE",
	.summary = "record what this host's kernel answers to VFIO and iommufd clients",
	.help = "Asks each device and each backend what any of the profiles would, and sysfs for the\n"
		"IOMMU units and groups; FILE is a transcript that check, describe, show and replay\n"
		"read on any machine. Nothing is mapped, written or bound; a device that VFIO opens\n"
		"is reset by the kernel, as by every use. Needs access to the nodes in /dev/vfio and\n"
		"to /dev/iommu; what is missing is said once, and the rest is recorded.\n\n"
		"  -o, --output FILE     the transcript; each line is complete once it is written\n"
		"  -d, --device BDF      this device: 0000:00:05.0; may be repeated (default: every\n"
		"                        PCI device that is bound to vfio-pci)\n"
		"  -a, --all             every PCI device, as far as each answers\n"
		"      --redact[=bdf]    replace UUIDs, MAC and IP addresses, serials, host names and\n"
		"                        what the command line says of other things; with =bdf\n"
		"                        rename PCI devices too\n"
		"      --vdpa            open the nodes of vDPA devices (/dev/vhost-vdpa-N) too, and ask\n"
		"                        them: opening one resets the device behind it, and fails while\n"
		"                        a guest has it. Without this only sysfs is asked about them\n"
		"      --progress        tell the device and stage even when stderr is no terminal\n"
		"      --from HOST       ask the model kernel of this host instead of the running\n"
		"                        one, to try it out\n"
		"  -h, --help            this text\n\n"
		"Exit status: 0 recorded, 2 bad usage or output, 4 nothing to capture.\n",
	.run = run,
};
