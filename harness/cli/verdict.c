// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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

void verdict_settle(struct hiod_verdict *v)
{
	static const char call[] = "vfio_container_dma_map(0x", instead[] = "...";
	char *at = strstr(v->message, call), *rest;

	if (!at)
		return;
	at += sizeof(call) - 1;
	rest = at + strspn(at, "0123456789abcdef");
	if (rest - at < (ptrdiff_t)sizeof(instead) - 1)
		return;
	memmove(at + sizeof(instead) - 1, rest, strlen(rest) + 1);
	memcpy(at, instead, sizeof(instead) - 1);
}

void verdict_to_text(const struct hiod_verdict *v, struct text *t)
{
	bool first = true;

	if (v->host_aw_bits < 0)
		text_str(t, "\"host_aw_bits\":null,\"iova_ranges\":[");
	else
		text_printf(t, "\"host_aw_bits\":%d,\"iova_ranges\":[", v->host_aw_bits);
	for (size_t i = 0; i < v->nranges; i++) {
		text_str(t, i ? ",[\"" : "[\"");
		text_hex(t, v->ranges[i].start);
		text_str(t, "\",\"");
		text_hex(t, v->ranges[i].last);
		text_str(t, "\"]");
	}
	text_str(t, "],\"verdict\":\"");
	text_str(t, hiod_answer_name(v->verdict));
	text_str(t, "\",\"qemu\":\"");
	text_str(t, hiod_answer_name(v->qemu));
	text_str(t, "\",\"stage\":\"");
	text_str(t, hiod_stage_name(v->stage));
	text_str(t, "\",\"message\":");
	text_json(t, v->message);
	text_str(t, ",\"hint\":");
	text_json(t, v->hint);
	text_str(t, ",\"warnings\":[");
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++) {
		if (!(v->warnings & 1u << w))
			continue;
		if (!first)
			text_char(t, ',');
		first = false;
		text_json(t, intel_iommu_warning_text(w));
	}
	text_char(t, ']');
}

int verdict_to_json(const struct hiod_verdict *v, json_t *o)
{
	struct text t = { 0 };
	json_t *members = NULL;
	int err;

	text_char(&t, '{');
	verdict_to_text(v, &t);
	text_char(&t, '}');
	if (!t.failed)
		members = json_loadb(t.b, t.n, 0, NULL);
	err = members ? json_object_update(o, members) : -1;
	json_decref(members);
	text_free(&t);
	return err ? -ENOMEM : 0;
}

/* "0x" and 1 to 16 digits. */
static bool from_hex(const json_t *o, uint64_t *v)
{
	const char *s = json_string_value(o);
	size_t n = s ? strlen(s) : 0;

	if (n < 3 || n > 18 || strncmp(s, "0x", 2) || strspn(s + 2, "0123456789abcdef") != n - 2)
		return false;
	*v = strtoull(s, NULL, 16);
	return true;
}

static int ranges_from_json(const json_t *a, struct hiod_verdict *v)
{
	size_t n = json_array_size(a);

	if (!json_is_array(a))
		return -EINVAL;
	v->ranges = n ? calloc(n, sizeof(*v->ranges)) : NULL;
	if (n && !v->ranges)
		return -ENOMEM;
	v->nranges = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(a, i);

		if (json_array_size(pair) != 2 ||
		    !from_hex(json_array_get(pair, 0), &v->ranges[i].start) ||
		    !from_hex(json_array_get(pair, 1), &v->ranges[i].last))
			return -EINVAL;
	}
	return 0;
}

static int warnings_from_json(const json_t *a, uint32_t *warnings)
{
	if (!json_is_array(a))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(a); i++) {
		const char *text = json_string_value(json_array_get(a, i));
		unsigned w = 0;

		while (w < INTEL_IOMMU_WARN_COUNT && text &&
		       strcmp(text, intel_iommu_warning_text(w)))
			w++;
		if (!text || w == INTEL_IOMMU_WARN_COUNT)
			return -EINVAL;
		*warnings |= 1u << w;
	}
	return 0;
}

static int answer_from_json(const json_t *o, enum hiod_answer *a)
{
	const char *s = json_string_value(o);

	for (int i = 0; s && i <= HIOD_HANG; i++) {
		if (!strcmp(s, hiod_answer_name((enum hiod_answer)i))) {
			*a = (enum hiod_answer)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int stage_from_json(const json_t *o, enum hiod_stage *stage)
{
	const char *s = json_string_value(o);

	for (int i = 0; s && i <= HIOD_STAGE_CHECK; i++) {
		if (!strcmp(s, hiod_stage_name((enum hiod_stage)i))) {
			*stage = (enum hiod_stage)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int string_from_json(const json_t *o, char *to, size_t room)
{
	size_t n = json_string_length(o);

	/* Bytes that were no UTF-8 have become longer, at the end of a message that was cut. */
	if (!json_is_string(o))
		return -EINVAL;
	n = n < room ? n : room - 1;
	memcpy(to, json_string_value(o), n);
	to[n] = '\0';
	return 0;
}

static int bits_from_json(const json_t *o, int *bits)
{
	*bits = -1;
	if (json_is_null(o))
		return 0;
	if (!json_is_integer(o) || json_integer_value(o) < 0 || json_integer_value(o) > 64)
		return -EINVAL;
	*bits = (int)json_integer_value(o);
	return 0;
}

int verdict_from_json(const json_t *o, struct hiod_verdict *v, const char **key)
{
	int rc;

	memset(v, 0, sizeof(*v));
#define MEMBER(name) json_object_get(o, *key = (name))
	rc = bits_from_json(MEMBER("host_aw_bits"), &v->host_aw_bits);
	rc = rc ? rc : ranges_from_json(MEMBER("iova_ranges"), v);
	rc = rc ? rc : answer_from_json(MEMBER("verdict"), &v->verdict);
	rc = rc ? rc : answer_from_json(MEMBER("qemu"), &v->qemu);
	rc = rc ? rc : stage_from_json(MEMBER("stage"), &v->stage);
	rc = rc ? rc : string_from_json(MEMBER("message"), v->message, sizeof(v->message));
	rc = rc ? rc : string_from_json(MEMBER("hint"), v->hint, sizeof(v->hint));
	rc = rc ? rc : warnings_from_json(MEMBER("warnings"), &v->warnings);
#undef MEMBER
	if (rc)
		hiod_verdict_free(v);
	return rc;
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
