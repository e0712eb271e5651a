// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that are JSON, and wrong in one place: a member gone, of another type,
 * too large, twice, unknown. What bytes that are changed one by one nearly
 * never are. Refusals name a place; what is taken is what was written.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe.h"
#include "harness/capture/host_json.h"
#include "harness/capture/record.h"
#include "harness/capture/survey.h"
#include "harness/capture/transcript.h"
#include "harness/capture/transcript_json.h"
#include "harness/property/property.h"
#include "hiod/check.h"
#include "mocks/model.h"
#include "selftests/properties/details.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/itself.h"
#include "selftests/properties/list.h"

/* ---- a change somewhere in a tree ---------------------------------------------------- */

static json_t *any_value(struct choices *c)
{
	static const char *const words[] = {
		"",
		"0x",
		"0xffffffffffffffff",
		"0x10000000000000000",
		"ff00",
		"ff0",
		"EINVAL",
		"EMSGSIZE",
		"ENOTHING",
		"../../../devices/pci0000:00/0000:00:05.0",
		"0000:00:05.0",
		"/dev/vhost-vdpa-0",
		"msi",
		"6.12",
		"b2s=",
		"\n",
		"\xc3\xa9",
	};
	static const json_int_t numbers[] = { 0,   1,	-1,    4096,	   65536,
					      257, 524, 99999, 0x7fffffff, 0x7fffffffffffffff };

	switch (choices_upto(c, 8)) {
	case 0: return json_string(CHOICES_PICK(c, words));
	case 1: return json_integer(CHOICES_PICK(c, numbers));
	case 2: return json_integer((json_int_t)choices_range(c, 0, INT64_MAX));
	case 3: return json_null();
	case 4: return json_boolean(choices_bool(c, 50));
	case 5: return json_array();
	case 6: return json_object();
	case 7: return json_real(0.5);
	default: return json_pack("[s,i]", "0x1000", 5);
	}
}

static const char *key_at(json_t *o, size_t i)
{
	void *it = json_object_iter(o);

	while (i--)
		it = json_object_iter_next(o, it);
	return json_object_iter_key(it);
}

static void change_object(struct choices *c, json_t *o, const char *key)
{
	static const char *const names[] = { "what", "in",  "out",  "mem", "ret",  "fd",
					     "path", "req", "type", "arg", "text", "names" };

	switch (choices_upto(c, 4)) {
	case 0: json_object_del(o, key); break;
	case 1:
	case 2: json_object_set_new(o, key, any_value(c)); break;
	case 3: json_object_set(o, CHOICES_PICK(c, names), json_object_get(o, key)); break;
	default: json_object_set_new(o, CHOICES_PICK(c, names), any_value(c)); break;
	}
}

static void change_array(struct choices *c, json_t *a, size_t i)
{
	switch (choices_upto(c, 3)) {
	case 0: json_array_remove(a, i); break;
	case 1: json_array_set_new(a, i, any_value(c)); break;
	case 2: json_array_append(a, json_array_get(a, i)); break;
	default:
		json_array_insert_new(a, i,
				      json_deep_copy(json_array_get(a, json_array_size(a) - 1)));
	}
}

/* Goes down some way and changes what is there. */
static void change(struct choices *c, json_t *v)
{
	for (unsigned int depth = 0; depth < 12; depth++) {
		bool object = json_is_object(v);
		size_t n = object ? json_object_size(v) : json_array_size(v), i;
		json_t *child;
		const char *key;

		if (!n)
			return;
		i = choices_index(c, n);
		key = object ? key_at(v, i) : NULL;
		child = object ? json_object_get(v, key) : json_array_get(v, i);
		if ((json_is_object(child) || json_is_array(child)) && !choices_bool(c, 20)) {
			v = child;
			continue;
		}
		if (object)
			change_object(c, v, key);
		else
			change_array(c, v, i);
		return;
	}
}

/* text with some changes, as text again; NULL: no memory, or it is no JSON any more. */
static char *changed(struct choices *c, const char *text)
{
	json_t *v = json_loads(text, 0, NULL);
	char *out;

	for (unsigned int i = 0; v && i < 3 && (!i || choices_more(c, 40)); i++) {
		choices_begin(c);
		change(c, v);
		choices_end(c);
	}
	out = json_dumps(v, JSON_COMPACT);
	json_decref(v);
	return out;
}

/* ---- host descriptions ------------------------------------------------------------------ */

static const char detailed[] = "with details"; /* the ctx of hosts that have them */

static struct host *make(struct choices *c, unsigned int percent, const void *ctx)
{
	struct host *h = make_host(c, choices_bool(c, percent) ? HOST_WITH_2 : 0);

	if (h && ctx && !make_details(c, h)) {
		host_free(h);
		h = NULL;
	}
	return h;
}

static enum property_result host_tree(struct choices *c, void *ctx)
{
	struct host *h = make(c, 40, ctx), *back = NULL;
	char *text = h ? host_text(h) : NULL, *other = text ? changed(c, text) : NULL;
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	struct shim *s;
	int rc;

	host_free(h);
	free(text);
	if (!other)
		return PROPERTY_DISCARD;
	rc = host_parse(other, strlen(other), "property", &back, &err);
	choices_note(c, "%s: %.300s", rc ? err.msg : "taken", other);
	if (rc && (back || !good_message(&err)))
		res = property_fail(c, "refused with '%s'", err.msg);
	if (!rc) {
		res = reads_itself(c, back);
		s = model_new(back, NULL);
		shim_destroy(s);
	}
	host_free(back);
	free(other);
	return res;
}

/* ---- transcripts -------------------------------------------------------------------------- */

#define LINES 400

/* Everything that a survey asks of a host, its vDPA devices included. */
static void record_survey(struct shim *rec, struct shim *model)
{
	struct survey_plan plan = { 0 };
	struct capture_error err = { "" };

	if (!survey_plan_make(model, SURVEY_ALL, NULL, 0, &plan, &err)) {
		plan.ask_vdpa = true;
		survey(rec, &plan, NULL, NULL);
	}
	survey_plan_free(&plan);
}

static void record_check(struct choices *c, struct shim *rec)
{
	static const char *const devices[] = { HOST_BDF, "/dev/vhost-vdpa-0" };
	char viommu[VIOMMU_TEXT_MAX];
	struct hiod_mem_region mem[1];
	struct hiod_check q = { .mem = mem };
	struct hiod_verdict v;
	bool vdpa = choices_bool(c, 20);

	q.profile = make_profile(c);
	q.backend = vdpa ? HIOD_BACKEND_VDPA : make_backend(c);
	q.bdf = devices[vdpa];
	q.viommu = make_viommu(c, q.profile, viommu);
	q.nmem = make_memory(c, mem, 1);
	hiod_check_run(rec, &q, &v);
	hiod_verdict_free(&v);
}

/* The lines of a recording; each to be freed. */
static size_t record(struct choices *c, char *line[LINES], const void *ctx)
{
	struct record_config cfg = { .client = "property" };
	struct host *h = make(c, 30, ctx);
	struct shim *model = h ? model_new(h, NULL) : NULL, *rec;
	struct capture_error err = { "" };
	struct transcript t = { 0 };
	size_t n = 0;

	cfg.to = &t;
	rec = model ? shim_record_new(model, &cfg, &err) : NULL;
	if (rec) {
		if (choices_bool(c, 70))
			record_survey(rec, model);
		else
			record_check(c, rec);
		record_finish(rec, NULL, &err);
	}
	if (rec)
		line[n++] = transcript_header_line(&t);
	for (size_t i = 0; rec && i < t.ncalls && n < LINES - 1; i++)
		line[n++] = transcript_call_line(&t.calls[i]);
	if (rec)
		line[n++] = transcript_result_line(NULL);
	shim_destroy(rec);
	shim_destroy(model);
	transcript_free(&t);
	host_free(h);
	return n;
}

static void change_lines(struct choices *c, char *line[LINES], size_t n)
{
	for (unsigned int i = 0; n && i < 4 && choices_more(c, 80); i++) {
		size_t at = choices_index(c, n), with = choices_index(c, n);
		char *other;

		choices_begin(c);
		switch (choices_upto(c, 4)) {
		case 0: /* gone */
			free(line[at]);
			line[at] = NULL;
			break;
		case 1:
			other = line[at];
			line[at] = line[with];
			line[with] = other;
			break;
		default:
			other = line[at] ? changed(c, line[at]) : NULL;
			if (!other)
				break;
			choices_note(c, "line %zu: %.200s", at + 1, other);
			free(line[at]);
			line[at] = other;
			break;
		}
		choices_end(c);
	}
}

static char *join(char *line[LINES], size_t n)
{
	size_t len = 1, used = 0;
	char *text;

	for (size_t i = 0; i < n; i++)
		len += line[i] ? strlen(line[i]) + 1 : 0;
	text = malloc(len);
	for (size_t i = 0; text && i < n; i++) {
		if (!line[i])
			continue;
		strcpy(text + used, line[i]);
		used += strlen(line[i]);
		text[used++] = '\n';
	}
	if (text)
		text[used] = '\0';
	return text;
}

static enum property_result transcript_tree(struct choices *c, void *ctx)
{
	char *line[LINES], *text;
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	struct host *h = NULL;
	struct transcript t;
	size_t n = record(c, line, ctx);
	int rc;

	change_lines(c, line, n);
	text = join(line, n);
	while (n)
		free(line[--n]);
	if (!text)
		return PROPERTY_DISCARD;
	rc = transcript_parse(text, strlen(text), "property",
			      choices_bool(c, 80) ? TRANSCRIPT_PARTIAL : 0, &t, &err);
	free(text);
	choices_note(c, "%d %s", rc, err.msg);
	if (rc)
		return good_message(&err) ? PROPERTY_PASS
					  : property_fail(c, "refused with '%s'", err.msg);
	rc = describe(&t, "property", &h, &err);
	if (rc && (h || !good_message(&err)))
		res = property_fail(c, "no description, with '%s'", err.msg);
	if (!rc)
		res = reads_itself(c, h);
	host_free(h);
	transcript_free(&t);
	return res;
}

const struct property property_host_tree = { "host_tree", host_tree, .cases = 3000 };
const struct property property_transcript_tree = { "transcript_tree", transcript_tree,
						   .cases = 1000 };
const struct property property_detailed_host_tree = { "detailed_host_tree", host_tree,
						      .ctx = (void *)detailed, .cases = 2000 };
const struct property property_detailed_transcript_tree = { "detailed_transcript_tree",
							    transcript_tree,
							    .ctx = (void *)detailed, .cases = 200 };
