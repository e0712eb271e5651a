// SPDX-License-Identifier: GPL-2.0-or-later
/* One host: its devices × backends × vIOMMUs, one verdict each, on the model kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/error.h"
#include "harness/capture/record.h"
#include "harness/cli/check.h"
#include "harness/cli/verdict.h"
#include "harness/reconstruct/reconstruct.h"
#include "harness/shim/backends.h"
#include "mocks/model.h"

#define MDEV_PATH "/sys/bus/mdev/devices/"

int check_worse(int a, int b)
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
static int check_one(const struct check_options *o, const struct host *h,
		     const struct hiod_check *c, struct hiod_verdict *v)
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
	if (s) {
		hiod_check_run(s, c, v);
		verdict_settle(v);
	}
	if (s && o->record) {
		struct text result = { 0 };

		text_char(&result, '{');
		verdict_to_text(v, &result);
		text_put(&result, "}", 2);
		if (result.failed)
			status = cli_error("out of memory");
		else if (record_finish(s, result.b, &err))
			status = cli_error("%s", err.msg);
		text_free(&result);
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
static bool is_chosen(const struct check_options *o, const struct host *h,
		      const struct host_device *d)
{
	bool any = false;

	if (o->device)
		return !strcmp(o->device, d->bdf);
	for (size_t i = 0; i < h->ndevices; i++)
		any |= is_bound(&h->devices[i]);
	return !any || is_bound(d);
}

/* Whether a vDPA device is to be checked: all of a host, or the one asked for. */
static bool is_chosen_vdpa(const struct check_options *o, const struct host_vdpa *v)
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

/* One verdict, whose owner this is, into the rows. Returns the exit status it asks for. */
static int add_verdict(const struct check_options *o, const struct check_host *l,
		       const struct hiod_check *c, const char *device, struct hiod_verdict *v,
		       int status, struct output_part *out)
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

	if (!bad)
		output_format_row(out, o->format, &row);
	free(assumed);
	status = check_worse(status, status_of(v));
	hiod_verdict_free(v);
	return bad ? bad : status;
}

/* One device behind every vIOMMU; where: how hiod/ finds it. */
static int check_device(const struct check_options *o, const struct check_host *l,
			enum hiod_backend b, const char *device, const char *where, int status,
			struct output_part *out)
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
static int skip_device(const struct check_options *o, const struct check_host *l,
		       const char *device, const char *why, int status, struct output_part *out)
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

static bool skips_vdpa(const struct check_options *o, const struct host *h)
{
	for (size_t d = 0; d < h->nvdpas; d++)
		if (is_chosen_vdpa(o, &h->vdpas[d]))
			return false;
	return o->backend[HIOD_BACKEND_VDPA] && !o->vdpa_where_there;
}

static int check_vdpas(const struct check_options *o, const struct check_host *l, int status,
		       struct output_part *out)
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
int check_host(const struct check_options *o, const struct check_host *l, struct output_part *out)
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

size_t check_rows(const struct check_options *o, const struct host *h)
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
