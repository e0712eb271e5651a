// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod check --live: this machine, asked itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "harness/capture/error.h"
#include "harness/capture/survey.h"
#include "harness/cli/check.h"
#include "harness/shim/backends.h"

/* The PCI devices to check become the host's. 0, or a negative errno with err filled. */
static int live_devices(const struct check_options *o, struct shim *s, struct host *h,
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

/* The checks of this machine, of which only the devices are known. */
static int check_devices(const struct check_options *o, const struct check_host *l,
			 struct output *out)
{
	struct output_part part = { 0 };
	int status, rc;

	if (o->record && check_rows(o, l->host) != 1)
		return check_not_one(check_rows(o, l->host));
	status = check_host(o, l, &part);
	rc = output_append(out, &part);
	if (rc)
		status = check_output_failed(o, rc);
	output_part_free(&part);
	return status;
}

int check_live(const struct check_options *o, struct output *out)
{
	const bool vfio = o->backend[HIOD_BACKEND_LEGACY] || o->backend[HIOD_BACKEND_IOMMUFD];
	struct shim *s = shim_kernel_new();
	struct host *h = calloc(1, sizeof(*h));
	struct capture_error err = { 0 };
	int status = CLI_NOTHING, r = s && h ? 0 : -ENOMEM;
	struct utsname u;

	if (!r && !uname(&u))
		h->release = strdup(u.release);
	if (!r && vfio && !(o->device && strstr(o->device, "vhost-vdpa-")))
		r = live_devices(o, s, h, &err);
	if (!r && o->backend[HIOD_BACKEND_VDPA] && !o->vdpa_where_there)
		r = live_vdpas(s, h);
	shim_destroy(s);
	if (!r)
		status = check_devices(o, &(struct check_host){ .host = h, .name = "live" }, out);
	else if (r == -ENODEV)
		fprintf(stderr, "hiod: %s\n", err.msg);
	else
		status = cli_error("%s", r == -ENOMEM ? "out of memory" : err.msg);
	host_free(h);
	return status;
}
