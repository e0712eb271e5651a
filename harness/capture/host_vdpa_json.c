// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/capture/host_vdpa_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_names.h"

static void *elements(struct json_reader *r, size_t n, size_t size)
{
	void *v = r->rc || !n ? NULL : calloc(n, size);

	if (!v && n && !r->rc)
		r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
	return v;
}

/* One number for each queue, or nothing. */
static void get_by_queue(struct json_reader *r, const json_t *o, const char *key, uint32_t queues,
			 uint32_t **v, size_t *n)
{
	const json_t *a = json_array_of(r, o, key);
	size_t size = json_array_size(a);

	if (!a || r->rc)
		return;
	if (size != queues) {
		json_fail(r, key, "found %zu numbers, expected one for each of %u queues", size,
			  queues);
		return;
	}
	*v = elements(r, size, sizeof(**v));
	for (size_t i = 0; i < size && !r->rc; i++) {
		const json_t *e = json_array_get(a, i);
		json_int_t number = json_integer_value(e);

		if (!json_is_integer(e) || number < 0 || number > UINT32_MAX)
			json_fail(r, key, "expected numbers from 0 to 4294967295");
		else
			(*v)[i] = (uint32_t)number;
	}
	*n = *v ? size : 0;
}

/* Bytes at the end that are all ones, as where a device has nothing, are left out. */
static void get_config(struct json_reader *r, const json_t *o, struct host_vdpa *v)
{
	uint32_t size;
	uint8_t *all;

	v->config = json_bytes(r, o, "config", HOST_VDPA_CONFIG, &v->config_len);
	size = (uint32_t)json_int(r, o, "config-size", 1, HOST_VDPA_CONFIG, v->config_len, false);
	if (r->rc || size == v->config_len)
		return;
	if (size < v->config_len) {
		json_fail(r, "config-size",
			  "found %u, expected at least the %u bytes of \"config\"", size,
			  v->config_len);
		return;
	}
	all = elements(r, size, 1);
	if (!all)
		return;
	memset(all, 0xff, size);
	if (v->config_len)
		memcpy(all, v->config, v->config_len);
	free(v->config);
	v->config = all;
	v->config_len = size;
}

static void get_told(struct json_reader *r, const json_t *o, struct host_vdpa *v)
{
	static const char *const keys[] = { "device-id",
					    "features",
					    "backend-features",
					    "first",
					    "last",
					    "queues",
					    "queue-max",
					    "groups",
					    "spaces",
					    "config",
					    "config-size",
					    "queue-groups",
					    "queue-desc-groups",
					    "queue-sizes",
					    NULL };

	v->told = true;
	json_only(r, o, keys);
	v->device_id = (uint32_t)json_int(r, o, "device-id", 0, UINT32_MAX, 0, false);
	v->features = json_u64(r, o, "features", 0, true);
	v->backend_features = json_u64(r, o, "backend-features", 0, true);
	v->range.start = json_u64(r, o, "first", 0, true);
	v->range.last = json_u64(r, o, "last", 0, true);
	v->queues = (uint32_t)json_int(r, o, "queues", 0, HOST_VDPA_MANY, 0, false);
	v->queue_max = (uint32_t)json_int(r, o, "queue-max", 0, UINT16_MAX, 0, false);
	v->groups = (uint32_t)json_int(r, o, "groups", 0, UINT32_MAX, 0, false);
	v->spaces = (uint32_t)json_int(r, o, "spaces", 0, HOST_VDPA_MANY, 0, false);
	get_config(r, o, v);
	get_by_queue(r, o, "queue-groups", v->queues, &v->queue_group, &v->nqueue_group);
	get_by_queue(r, o, "queue-desc-groups", v->queues, &v->queue_desc_group,
		     &v->nqueue_desc_group);
	get_by_queue(r, o, "queue-sizes", v->queues, &v->queue_size, &v->nqueue_size);
}

static uint32_t get_mode(struct json_reader *r, const json_t *o)
{
	const char *s = json_str(r, o, "mode", true);
	unsigned long mode;
	char *end;

	if (!s)
		return 0;
	mode = strtoul(s, &end, 8);
	if (*s != '0' || *end || mode > 07777)
		json_fail(r, "mode", "found \"%.40s\", expected permissions such as \"0600\"", s);
	return (uint32_t)mode;
}

static void get_node(struct json_reader *r, const json_t *o, struct host_vdpa *v)
{
	static const char *const keys[] = { "name", "major", "minor", "mode", "error", NULL };

	json_only(r, o, keys);
	v->node_dir = json_dup(r, o, "name", true);
	if (v->node_dir && (!*v->node_dir || strchr(v->node_dir, '/')))
		json_fail(r, "name", "found \"%.40s\", expected such as \"vhost-vdpa-0\"",
			  v->node_dir);
	v->node.present = true;
	v->node.major = (uint32_t)json_int(r, o, "major", 0, HOST_MAJOR_MAX, 0, true);
	v->node.minor = (uint32_t)json_int(r, o, "minor", 0, HOST_MINOR_MAX, 0, true);
	v->node.mode = get_mode(r, o);
	v->node.open_err = json_errno(r, o, "error");
}

static enum host_vdpa_kind get_kind(struct json_reader *r, const json_t *o)
{
	const char *s = json_str(r, o, "kind", true);

	for (int i = 0; s && i < HOST_VDPA_NR; i++) {
		if (!strcmp(s, host_vdpa_names[i]))
			return (enum host_vdpa_kind)i;
	}
	if (s)
		json_fail(r, "kind", "found \"%.40s\", expected \"%s\", ..., \"%s\"", s,
			  host_vdpa_names[0], host_vdpa_names[HOST_VDPA_NR - 1]);
	return HOST_VDPA_OTHER;
}

static void get_vdpa(struct json_reader *r, const json_t *o, struct host_vdpa *v)
{
	static const char *const keys[] = {
		"name", "link", "driver", "kind", "node", "told", NULL
	};
	const json_t *part;
	size_t mark;

	json_only(r, o, keys);
	v->name = json_dup(r, o, "name", true);
	if (v->name && (!*v->name || strchr(v->name, '/')))
		json_fail(r, "name", "found \"%.40s\", expected a device's name", v->name);
	v->link = json_dup(r, o, "link", false);
	v->driver = json_dup(r, o, "driver", false);
	v->kind = get_kind(r, o);
	part = json_object_of(r, o, "node", false);
	mark = json_enter(r, "node", -1);
	if (part)
		get_node(r, part, v);
	json_leave(r, mark);
	part = json_object_of(r, o, "told", false);
	mark = json_enter(r, "told", -1);
	if (part)
		get_told(r, part, v);
	json_leave(r, mark);
	if (v->told && !v->node_dir)
		json_fail(r, "node", "missing, and only an open node tells");
}

void host_read_vdpa(struct json_reader *r, const json_t *o, struct host *h)
{
	const json_t *a = json_array_of(r, o, "vdpa");
	size_t n = json_array_size(a), mark;

	h->vdpas = elements(r, n, sizeof(*h->vdpas));
	for (size_t i = 0; i < n && !r->rc; i++) {
		const json_t *e = json_array_get(a, i);

		h->nvdpas = i + 1;
		mark = json_enter(r, "vdpa", (int)i);
		if (!json_is_object(e))
			json_fail(r, NULL, "expected an object");
		else
			get_vdpa(r, e, &h->vdpas[i]);
		for (size_t j = 0; j < i && !r->rc; j++) {
			if (!strcmp(h->vdpas[j].name, h->vdpas[i].name))
				json_fail(r, "name", "found \"%.40s\" a second time",
					  h->vdpas[i].name);
		}
		json_leave(r, mark);
	}
}

/* ---- writing -------------------------------------------------------------- */

static void set(json_t *o, const char *key, json_t *v, bool *bad)
{
	if (json_object_set_new(o, key, v))
		*bad = true;
}

/* What nobody asked is 0, and left out. */
static void set_number(json_t *o, const char *key, uint32_t v, bool *bad)
{
	if (v)
		set(o, key, json_integer(v), bad);
}

static void set_by_queue(json_t *o, const char *key, const uint32_t *v, size_t n, bool *bad)
{
	json_t *a;

	if (!v)
		return;
	a = json_array();
	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(a, json_integer(v[i])))
			*bad = true;
	}
	set(o, key, a, bad);
}

static void set_config(json_t *o, const struct host_vdpa *v, bool *bad)
{
	uint32_t n = v->config_len;

	while (n && v->config[n - 1] == 0xff)
		n--;
	/* Few of them are easier read as they are. */
	if (v->config_len - n < 16)
		n = v->config_len;
	if (n)
		set(o, "config", json_new_bytes(v->config, n), bad);
	if (n < v->config_len)
		set(o, "config-size", json_integer(v->config_len), bad);
}

static json_t *told(const struct host_vdpa *v, bool *bad)
{
	json_t *o = json_object();

	set_number(o, "device-id", v->device_id, bad);
	set(o, "features", json_new_u64(v->features), bad);
	set(o, "backend-features", json_new_u64(v->backend_features), bad);
	set(o, "first", json_new_u64(v->range.start), bad);
	set(o, "last", json_new_u64(v->range.last), bad);
	set_number(o, "queues", v->queues, bad);
	set_number(o, "queue-max", v->queue_max, bad);
	set_number(o, "groups", v->groups, bad);
	set_number(o, "spaces", v->spaces, bad);
	set_config(o, v, bad);
	set_by_queue(o, "queue-groups", v->queue_group, v->nqueue_group, bad);
	set_by_queue(o, "queue-desc-groups", v->queue_desc_group, v->nqueue_desc_group, bad);
	set_by_queue(o, "queue-sizes", v->queue_size, v->nqueue_size, bad);
	return o;
}

static json_t *vdpa(const struct host_vdpa *v, bool *bad)
{
	json_t *o = json_object(), *n;

	set(o, "name", json_string(v->name), bad);
	if (v->link)
		set(o, "link", json_string(v->link), bad);
	if (v->driver)
		set(o, "driver", json_string(v->driver), bad);
	set(o, "kind", json_string(host_vdpa_names[v->kind]), bad);
	if (v->node_dir) {
		n = json_object();
		set(n, "name", json_string(v->node_dir), bad);
		set(n, "major", json_integer(v->node.major), bad);
		set(n, "minor", json_integer(v->node.minor), bad);
		set(n, "mode", json_sprintf("0%o", (unsigned int)v->node.mode), bad);
		if (v->node.open_err)
			set(n, "error", json_new_errno(v->node.open_err), bad);
		set(o, "node", n, bad);
	}
	if (v->told)
		set(o, "told", told(v, bad), bad);
	return o;
}

void host_write_vdpa(json_t *o, const struct host *h, bool *bad)
{
	json_t *a;

	if (!h->nvdpas)
		return;
	a = json_array();
	for (size_t i = 0; i < h->nvdpas; i++) {
		if (json_array_append_new(a, vdpa(&h->vdpas[i], bad)))
			*bad = true;
	}
	set(o, "vdpa", a, bad);
}
