// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/verdict.h"
#include "hiod/intel_iommu.h"
#include "hiod/profile.h"

static const char *const backends[] = {
	[HIOD_BACKEND_LEGACY] = "legacy",
	[HIOD_BACKEND_IOMMUFD] = "iommufd",
	[HIOD_BACKEND_VDPA] = "vdpa",
};

const char *backend_name(enum hiod_backend b)
{
	return backends[b];
}

int backend_from_name(const char *name)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		if (!strcmp(name, backends[i]))
			return (int)i;
	return -1;
}

static json_t *hex(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, v);
	return json_string(text);
}

int verdict_to_json(const struct hiod_verdict *v, json_t *o)
{
	json_t *ranges = json_array(), *warnings = json_array();
	int err = 0;

	for (size_t i = 0; i < v->nranges; i++)
		err |= json_array_append_new(ranges, json_pack("[oo]", hex(v->ranges[i].start),
							       hex(v->ranges[i].last)));
	err |= json_object_set_new(o, "host_aw_bits",
				   v->host_aw_bits < 0 ? json_null()
						       : json_integer(v->host_aw_bits));
	err |= json_object_set_new(o, "iova_ranges", ranges);
	err |= json_object_set_new(o, "verdict", json_string(hiod_answer_name(v->verdict)));
	err |= json_object_set_new(o, "qemu", json_string(hiod_answer_name(v->qemu)));
	err |= json_object_set_new(o, "stage", json_string(hiod_stage_name(v->stage)));
	err |= json_object_set_new(o, "message", json_string(v->message));
	err |= json_object_set_new(o, "hint", json_string(v->hint));
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++)
		if (v->warnings & 1u << w)
			err |= json_array_append_new(warnings,
						     json_string(intel_iommu_warning_text(w)));
	err |= json_object_set_new(o, "warnings", warnings);
	return err ? -ENOMEM : 0;
}

/* In front of a vIOMMU that comes after the device. */
#define LATE "late:"

char *client_of(const struct hiod_check *c)
{
	char *text;

	return asprintf(&text, "hiod %s%s%s %s %s%s", c->profile->name, c->machine ? "/" : "",
			c->machine ? c->machine : "", backend_name(c->backend),
			c->device_first ? LATE : "", c->viommu ? c->viommu : "none") < 0
		       ? NULL
		       : text;
}

bool client_parse(const char *client, struct hiod_check *c, char **storage)
{
	char *profile, *backend, *viommu, *machine;
	int b;

	*storage = NULL;
	if (strncmp(client, "hiod ", 5))
		return false;
	profile = *storage = strdup(client + 5);
	if (!profile)
		return false;
	backend = strchr(profile, ' ');
	viommu = backend ? strchr(backend + 1, ' ') : NULL;
	if (!viommu)
		return false;
	*backend++ = '\0';
	*viommu++ = '\0';
	machine = strchr(profile, '/');
	if (machine)
		*machine++ = '\0';
	b = backend_from_name(backend);
	c->device_first = !strncmp(viommu, LATE, strlen(LATE));
	if (c->device_first)
		viommu += strlen(LATE);
	c->profile = hiod_profile_find(profile);
	c->machine = machine;
	c->viommu = strcmp(viommu, "none") ? viommu : NULL;
	c->backend = (enum hiod_backend)b;
	return b >= 0 && c->profile;
}
