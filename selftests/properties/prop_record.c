// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recording and describing lose nothing: what is replayed is what was
 * recorded, a described host describes itself again, and a call that went
 * through a transcript's line and back into memory is the same call.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe.h"
#include "harness/capture/host_eq.h"
#include "harness/capture/json.h"
#include "harness/capture/marshal.h"
#include "harness/capture/record.h"
#include "harness/capture/replay.h"
#include "harness/capture/survey.h"
#include "harness/capture/transcript_json.h"
#include "harness/property/property.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/memory.h"

/* ---- record and replay -------------------------------------------------------------- */

static bool same_verdict(const struct hiod_verdict *a, const struct hiod_verdict *b)
{
	return a->verdict == b->verdict && a->qemu == b->qemu && a->stage == b->stage &&
	       a->host_aw_bits == b->host_aw_bits && a->nranges == b->nranges &&
	       (!a->nranges || !memcmp(a->ranges, b->ranges, a->nranges * sizeof(a->ranges[0]))) &&
	       a->warnings == b->warnings;
}

static enum property_result replay(struct choices *c, void *ctx)
{
	char text[VIOMMU_TEXT_MAX];
	struct hiod_mem_region mem[2];
	struct hiod_check q = { .bdf = HOST_BDF, .mem = mem };
	struct record_config cfg = { .client = "property" };
	enum property_result res = PROPERTY_DISCARD;
	struct capture_error err = { "" };
	struct transcript t = { 0 };
	struct shim *model = NULL, *rec = NULL, *rep = NULL;
	struct hiod_verdict a, b;
	struct host *h;

	q.profile = make_profile(c);
	q.backend = make_backend(c);
	q.viommu = make_viommu(c, q.profile, text);
	q.nmem = make_memory(c, mem, 2);
	h = make_host(c, 0);
	cfg.to = &t;
	model = h ? model_new(h, NULL) : NULL;
	rec = model ? shim_record_new(model, &cfg, &err) : NULL;
	if (!rec)
		goto out;
	hiod_check_run(rec, &q, &a);
	choices_note(c, "%zu calls, %s: %s", t.ncalls, hiod_answer_name(a.verdict), a.message);
	if (record_finish(rec, NULL, &err)) {
		if (!memory_failed())
			res = property_fail(c, "recording failed: %s", err.msg);
	} else if ((rep = shim_replay_new(&t, NULL))) {
		hiod_check_run(rep, &q, &b);
		if (memory_failed())
			res = PROPERTY_DISCARD;
		else if (replay_finish(rep, &err))
			res = property_fail(c, "replay: %s", err.msg);
		else if (!same_verdict(&a, &b))
			res = property_fail(c, "recorded %s, replayed %s: %s",
					    hiod_answer_name(a.verdict),
					    hiod_answer_name(b.verdict), b.message);
		else
			res = PROPERTY_PASS;
		hiod_verdict_free(&b);
	}
	hiod_verdict_free(&a);
out:
	shim_destroy(rep);
	shim_destroy(rec);
	shim_destroy(model);
	transcript_free(&t);
	host_free(h);
	return res;
}

/* ---- describe, model, describe --------------------------------------------------------- */

/* The host that a survey of a host's model describes. 0 or -errno. */
static int survey_of(const struct host *h, struct host **out, struct capture_error *err)
{
	struct record_config cfg = { .client = "probe" };
	struct survey_plan plan = { 0 };
	struct transcript t = { 0 };
	struct shim *model, *rec = NULL;
	int rc;

	cfg.to = &t;
	model = model_new(h, NULL);
	if (!model)
		return -ENOMEM;
	rc = survey_plan_make(model, SURVEY_ALL, NULL, 0, &plan, err);
	if (!rc) {
		plan.ask_vdpa = true;
		rec = shim_record_new(model, &cfg, err);
		rc = rec ? survey(rec, &plan, NULL, NULL) : -ENOMEM;
	}
	if (!rc)
		rc = record_finish(rec, NULL, err);
	shim_destroy(rec);
	shim_destroy(model);
	survey_plan_free(&plan);
	if (!rc)
		rc = describe(&t, "property", out, err);
	transcript_free(&t);
	return rc;
}

static enum property_result describe_model(struct choices *c, void *ctx)
{
	struct host *h = make_host(c, choices_bool(c, 30) ? HOST_WITH_2 : 0), *one = NULL,
		    *two = NULL;
	enum property_result res = PROPERTY_DISCARD;
	struct capture_error err = { "" };
	char where[160];
	int rc;

	if (!h)
		return PROPERTY_DISCARD;
	/* What a device reserves other than its group lists, a description does not have. */
	for (size_t i = 0; i < h->ndevices; i++) {
		h->devices[i].nregions = 0;
		h->devices[i].own_regions = false;
	}
	rc = survey_of(h, &one, &err);
	if (rc && rc != -ENOMEM && !memory_failed())
		res = property_fail(c, "the first description: %s", err.msg);
	if (!rc) {
		rc = survey_of(one, &two, &err);
		if (rc && rc != -ENOMEM && !memory_failed())
			res = property_fail(c, "the second description: %s", err.msg);
		if (!rc)
			res = memory_failed() ? PROPERTY_DISCARD
			      : host_eq(one, two, where, sizeof(where))
				      ? PROPERTY_PASS
				      : property_fail(c, "described twice, %s differs", where);
	}
	host_free(two);
	host_free(one);
	host_free(h);
	return res;
}

/* ---- marshal and decode ------------------------------------------------------------------ */

#define ARG_MAX	 512
#define MEM_MAX	 256
#define POINTERS 4

/* A request in memory: its argument, and what its pointers point to. */
struct request {
	const struct uapi_row *row;
	uint8_t *arg; /* ARG_MAX, aligned */
	uint8_t mem[POINTERS][MEM_MAX];
	uintptr_t given; /* the ioctl's third argument */
};

static void put_field(struct request *r, const struct uapi_field *f, uint64_t v)
{
	uapi_put(f, r->arg, ARG_MAX, v);
}

static void make_request(struct choices *c, struct request *r)
{
	const struct uapi_row *row = r->row;
	uint32_t size = row->size ? row->size : 8;
	unsigned int np = 0;

	memset(r->arg, 0, ARG_MAX);
	memset(r->mem, 0, sizeof(r->mem));
	r->given = (uintptr_t)r->arg;
	if (row->rule == UAPI_SIZE_VALUE || row->rule == UAPI_SIZE_NONE) {
		r->given = (uintptr_t)choices_range(c, 0, UINTPTR_MAX);
		return;
	}
	if (row->rule == UAPI_SIZE_STR) {
		size_t n = choices_upto(c, 40);

		for (size_t i = 0; i < n; i++)
			r->arg[i] = (uint8_t)('!' + choices_upto(c, 90));
		return;
	}
	choices_fill(c, r->arg, size < ARG_MAX ? size : ARG_MAX);
	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];

		if (f->kind == UAPI_ARGSZ)
			put_field(r, f,
				  choices_bool(c, 80) ? size
						      : choices_range(c, row->min, ARG_MAX / 2));
		else if (f->kind == UAPI_CAPS)
			put_field(r, f, 0);
	}
	/* Lengths that fit: what they claim is there. */
	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];
		struct uapi_target t;
		uint64_t len;

		if (f->kind != UAPI_PTR)
			continue;
		len = choices_upto(c, 4);
		if (f->ptr_len_width)
			memcpy(r->arg + f->ptr_len_off, &len, f->ptr_len_width);
		if (f->ptr_elem_off)
			memset(r->arg + f->ptr_elem_off, 0, 4), r->arg[f->ptr_elem_off] = 8;
		if (np == POINTERS || choices_bool(c, 20)) {
			put_field(r, f, 0);
			continue;
		}
		choices_fill(c, r->mem[np], MEM_MAX);
		put_field(r, f, (uintptr_t)r->mem[np++]);
		if (uapi_target(f, r->arg, ARG_MAX, &t) && t.len > MEM_MAX)
			put_field(r, f, 0);
	}
	/* In-place data tells its own length. */
	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];
		struct uapi_target t;

		if (f->kind == UAPI_INLINE && uapi_target(f, r->arg, ARG_MAX, &t) &&
		    t.len != UINT64_MAX && f->off + t.len > ARG_MAX && f->ptr_len_width)
			memset(r->arg + f->ptr_len_off, 0, f->ptr_len_width);
	}
}

/* Everything that the request claims to be there is there, and whole. */
static bool honest(const struct request *r)
{
	struct uapi_span span[UAPI_SPANS_MAX];
	int n = uapi_spans(r->row, &uapi_mem_self, r->given, span, UAPI_SPANS_MAX);

	for (int i = 0; i < n; i++) {
		if (span[i].len > (span[i].addr == r->given ? ARG_MAX : MEM_MAX))
			return false;
		/* A size that ends within an address: that address means nothing. */
		for (size_t k = 0; span[i].addr == r->given && k < r->row->nfields; k++) {
			const struct uapi_field *f = &r->row->fields[k];

			if (f->kind == UAPI_PTR && span[i].len > f->off &&
			    span[i].len < (uint32_t)f->off + f->width)
				return false;
		}
	}
	return true;
}

/* The kernel answers: outputs get numbers, memory behind pointers bytes. */
static void answer(struct choices *c, struct request *r, const struct marshal *m)
{
	size_t end = 0; /* of what the kernel may write of the argument */

	for (int i = 0; i < m->n; i++)
		if (m->before[i].dir & UAPI_OUT && m->before[i].addr == m->arg)
			end = m->before[i].len;
	for (size_t i = 0; i < r->row->nfields; i++) {
		const struct uapi_field *f = &r->row->fields[i];

		if (f->dir & UAPI_OUT && f->width && f->width <= 8 && f->kind != UAPI_PTR &&
		    f->kind != UAPI_ARGSZ && f->kind != UAPI_CAPS && f->kind != UAPI_INLINE &&
		    (size_t)f->off + f->width <= end && choices_bool(c, 70)) {
			/* Lengths of what lies elsewhere do not grow. */
			bool length = false;

			for (size_t k = 0; k < r->row->nfields; k++)
				length |= (r->row->fields[k].kind == UAPI_PTR ||
					   r->row->fields[k].kind == UAPI_INLINE) &&
					  r->row->fields[k].ptr_len_off == f->off &&
					  r->row->fields[k].ptr_len_width;
			if (!length)
				put_field(r, f, choices_u64(c));
		}
	}
	for (int i = 0; i < m->n; i++)
		if (m->before[i].dir & UAPI_OUT && m->before[i].addr != m->arg &&
		    m->before[i].len <= MEM_MAX)
			choices_fill(c, (void *)(uintptr_t)m->before[i].addr, m->before[i].len);
}

/* Through the text of a line and back. */
static enum property_result line_is_same(struct choices *c, const struct call *call)
{
	struct capture_error err = { "" };
	struct json_reader r = { .err = &err, .file = "property", .line = 2 };
	char *line = transcript_call_line(call);
	enum property_result res = PROPERTY_PASS;
	struct call back = { 0 };
	const char *differs;
	json_t *o;

	if (!line)
		return PROPERTY_DISCARD;
	o = json_parse(&r, line, strlen(line), NULL);
	if (o)
		call_from_json(&r, o, &back);
	if (r.rc && memory_failed()) {
		res = PROPERTY_DISCARD;
	} else if (r.rc) {
		res = property_fail(c, "its own line cannot be read: %s: %s", err.msg, line);
	} else {
		differs = call_differs(call, &back);
		if (differs)
			res = property_fail(c, "%s differs after a line: %s", differs, line);
	}
	json_decref(o);
	call_free(&back);
	free(line);
	return res;
}

static enum property_result marshal(struct choices *c, void *ctx)
{
	static uint64_t arg_now[ARG_MAX / 8], arg_then[ARG_MAX / 8];
	static struct request now, then;
	struct call call = { .op = SHIM_OP_IOCTL, .fd = 3, .t = -1 },
		    live = { .op = SHIM_OP_IOCTL, .fd = 3, .t = -1 };
	enum property_result res;
	struct marshal m, m2 = { 0 };
	size_t nrows = 0;
	int rc, ret = choices_bool(c, 20) ? -EMSGSIZE : 0;
	const char *differs;

	while (uapi_row_at(nrows))
		nrows++;
	now.arg = (uint8_t *)arg_now;
	now.row = uapi_row_at(choices_index(c, nrows));
	make_request(c, &now);
	choices_note(c, "%s", now.row->name);
	if (!honest(&now))
		return PROPERTY_DISCARD;
	/* The same question in other memory. */
	then = now;
	then.arg = (uint8_t *)arg_then;
	memcpy(then.arg, now.arg, ARG_MAX);
	if (now.given == (uintptr_t)now.arg)
		then.given = (uintptr_t)then.arg;
	for (size_t i = 0; i < now.row->nfields; i++) {
		uint64_t p;

		if (now.row->fields[i].kind != UAPI_PTR ||
		    !uapi_get(&now.row->fields[i], now.arg, ARG_MAX, &p))
			continue;
		for (unsigned int k = 0; k < POINTERS; k++)
			if (p == (uintptr_t)now.mem[k])
				put_field(&then, &now.row->fields[i], (uintptr_t)then.mem[k]);
	}
	call.kind = live.kind = now.row->fd;
	call.req = live.req = now.row->req;
	rc = marshal_before(&m, now.row, call.req, now.given, &uapi_mem_self, &call);
	if (rc) {
		marshal_free(&m);
		call_free(&call);
		return PROPERTY_DISCARD;
	}
	if (now.given == (uintptr_t)now.arg)
		answer(c, &now, &m);
	call.ret = ret;
	rc = marshal_after(&m, ret, &call);
	marshal_free(&m);
	res = memory_failed() ? PROPERTY_DISCARD
	      : rc	      ? property_fail(c, "marshal_after(): %d", rc)
			      : line_is_same(c, &call);
	if (res == PROPERTY_PASS &&
	    !marshal_before(&m2, now.row, live.req, then.given, &uapi_mem_self, &live)) {
		differs = marshal_differs(now.row, &call, &live);
		rc = marshal_apply(&m2, &live, &call);
		if (memory_failed())
			res = PROPERTY_DISCARD;
		else if (differs)
			res = property_fail(c, "the same question differs in %s", differs);
		else if (rc)
			res = property_fail(c, "marshal_apply(): %d", rc);
		for (unsigned int k = 0; res == PROPERTY_PASS && k < POINTERS; k++)
			if (memcmp(now.mem[k], then.mem[k], MEM_MAX))
				res = property_fail(c, "other bytes behind pointer %u", k);
		for (size_t i = 0; res == PROPERTY_PASS && i < now.row->nfields; i++) {
			const struct uapi_field *f = &now.row->fields[i];
			uint64_t x = 0, y = 0;

			if (now.given != (uintptr_t)now.arg || f->kind == UAPI_PTR ||
			    !uapi_get(f, now.arg, ARG_MAX, &x) ||
			    !uapi_get(f, then.arg, ARG_MAX, &y))
				continue;
			if (x != y)
				res = property_fail(c, "%s is 0x%" PRIx64 ", was 0x%" PRIx64,
						    f->name, y, x);
		}
	}
	marshal_free(&m2);
	call_free(&live);
	call_free(&call);
	return res;
}

const struct property property_record_replay = { "record_replay", replay, .cases = 600 };
const struct property property_describe_model = { "describe_model", describe_model, .cases = 200 };
const struct property property_marshal = { "marshal", marshal, .cases = 10000 };
