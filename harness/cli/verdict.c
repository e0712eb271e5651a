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

/* Any addresses will do that are whole pages and do not overlap. */
const struct hiod_mem_region guest_memory[GUEST_MEMORY_REGIONS] = {
	{ .iova = 0, .size = 64u << 20, .vaddr = (void *)0x10000000, .name = "pc.ram" },
	{ .iova = 0xfffc0000,
	  .size = 256u << 10,
	  .vaddr = (void *)0x18000000,
	  .readonly = true,
	  .name = "pc.bios" },
};

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
/* Behind a backend into which the guest's memory is mapped. */
#define WITH_MEMORY "+memory"

/* In front of each line of a topology, behind the vIOMMU. */
#define ALSO " +"

char *client_of(const struct hiod_check *c)
{
	size_t room = c->topology ? 2 * strlen(c->topology) + sizeof(ALSO) : 1, n = 0;
	char *also = malloc(room), *text;
	int rc;

	if (!also)
		return NULL;
	also[0] = '\0';
	if (c->topology)
		n = (size_t)snprintf(also, room, ALSO);
	for (const char *p = c->topology; p && *p; p++) {
		if (*p == '\n')
			n += (size_t)snprintf(also + n, room - n, ALSO);
		else
			n += (size_t)snprintf(also + n, room - n, "%c", *p);
	}
	rc = asprintf(&text, "hiod %s%s%s %s%s %s%s%s", c->profile->name, c->machine ? "/" : "",
		      c->machine ? c->machine : "", backend_name(c->backend),
		      c->nmem ? WITH_MEMORY : "", c->device_first ? LATE : "",
		      c->viommu ? c->viommu : "none", also);
	free(also);
	return rc < 0 ? NULL : text;
}

/* Cuts the topology off and puts a line's end for each ALSO. NULL: there is none. */
static char *take_topology(char *viommu)
{
	char *topology = strstr(viommu, ALSO), *from, *to;

	if (!topology)
		return NULL;
	*topology = '\0';
	topology += strlen(ALSO);
	for (from = to = topology; *from; to++) {
		bool cut = !strncmp(from, ALSO, strlen(ALSO));

		*to = cut ? '\n' : *from;
		from += cut ? strlen(ALSO) : 1;
	}
	*to = '\0';
	return topology;
}

bool client_parse(const char *client, struct hiod_check *c, char **storage)
{
	char *profile, *backend, *viommu, *machine, *memory;
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
	memory = strstr(backend, WITH_MEMORY);
	if (memory) {
		*memory = '\0';
		c->mem = guest_memory;
		c->nmem = GUEST_MEMORY_REGIONS;
	}
	machine = strchr(profile, '/');
	if (machine)
		*machine++ = '\0';
	b = backend_from_name(backend);
	c->device_first = !strncmp(viommu, LATE, strlen(LATE));
	if (c->device_first)
		viommu += strlen(LATE);
	c->topology = take_topology(viommu);
	c->profile = hiod_profile_find(profile);
	c->machine = machine;
	c->viommu = strcmp(viommu, "none") ? viommu : NULL;
	c->backend = (enum hiod_backend)b;
	return b >= 0 && c->profile;
}
