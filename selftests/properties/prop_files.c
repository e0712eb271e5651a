// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of anybody's: descriptions, transcripts, probe logs. They are taken,
 * and then what is written is what was read; or refused, in one line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe.h"
#include "harness/capture/host_eq.h"
#include "harness/capture/host_json.h"
#include "harness/capture/probe.h"
#include "harness/capture/record.h"
#include "harness/capture/transcript.h"
#include "harness/property/property.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/itself.h"
#include "selftests/properties/list.h"
#include "selftests/properties/memory.h"

#define TEXT_MAX 65536

/* A text with a few bytes, words or lines changed. */
static size_t spoil(struct choices *c, const char *text, uint8_t *buf, size_t cap)
{
	static const char *const words[] = { "null",
					     "-1",
					     "\"0x\"",
					     "{}",
					     "[]",
					     "true",
					     "1e99",
					     "\\u0000",
					     "\"",
					     "}",
					     "0x1",
					     ",",
					     "18446744073709551616" };
	size_t n = text ? strlen(text) : 0;

	if (n > cap)
		n = cap;
	memcpy(buf, text ? text : "", n);
	for (unsigned int i = 0; n && i < 4 && choices_more(c, 60); i++) {
		size_t at = choices_index(c, n), len = choices_upto(c, 40);
		const char *w = CHOICES_PICK(c, words);

		if (len > n - at)
			len = n - at;
		switch (choices_upto(c, 4)) {
		case 0: buf[at] = (uint8_t)choices_upto(c, 255); break;
		case 1: /* taken out */
			memmove(buf + at, buf + at + len, n - at - len);
			n -= len;
			break;
		case 2: /* said twice */
			if (n + len > cap)
				break;
			memmove(buf + at + len, buf + at, n - at);
			n += len;
			break;
		case 3:
			if (strlen(w) <= n - at)
				memcpy(buf + at, w, strlen(w));
			break;
		default: n = at; break;
		}
	}
	return n;
}

bool good_message(const struct capture_error *err)
{
	const char *s = err->msg;

	if (!*s)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* ---- host descriptions --------------------------------------------------------------- */

enum property_result reads_itself(struct choices *c, const struct host *h)
{
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	struct host *back = NULL;
	char *text = host_text(h), *again, where[160];

	if (!text)
		return PROPERTY_DISCARD;
	if (host_parse(text, strlen(text), "property", &back, &err)) {
		res = memory_failed() ? PROPERTY_DISCARD
				      : property_fail(c, "cannot read what it wrote: %s", err.msg);
	} else if (!host_eq(h, back, where, sizeof(where))) {
		res = property_fail(c, "%s changes when it is written and read", where);
	} else {
		again = host_text(back);
		if (again && strcmp(text, again))
			res = property_fail(c, "written a second time, it is another text");
		free(again);
	}
	host_free(back);
	free(text);
	return res;
}

static enum property_result host_json(struct choices *c, void *ctx)
{
	struct host *h = make_host(c, choices_bool(c, 40) ? HOST_WITH_2 : 0);
	enum property_result res;

	if (!h)
		return PROPERTY_DISCARD;
	res = reads_itself(c, h);
	host_free(h);
	return res;
}

static size_t sample_host(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	struct host *h = make_host(c, choices_bool(c, 40) ? HOST_WITH_2 : 0);
	char *text = h ? host_text(h) : NULL;
	size_t n = spoil(c, text, buf, cap);

	free(text);
	host_free(h);
	return n;
}

static enum property_result host_parser(struct choices *c, void *ctx)
{
	static uint8_t text[TEXT_MAX];
	size_t len = choices_rest(c, text, sizeof(text), sample_host, NULL);
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	struct host *h = NULL;
	struct shim *s;
	int rc;

	rc = host_parse((const char *)text, len, "property", &h, &err);
	choices_note(c, "%.*s", (int)(len < 300 ? len : 300), (const char *)text);
	if (rc && (h || !good_message(&err))) {
		host_free(h);
		return property_fail(c, "refused with '%s'", err.msg);
	}
	if (rc)
		return PROPERTY_PASS;
	res = reads_itself(c, h);
	/* Whatever is taken can be modelled. */
	s = model_new(h, NULL);
	shim_destroy(s);
	host_free(h);
	return res;
}

/* ---- transcripts ---------------------------------------------------------------------- */

/* A recording of a check of any host, as its file has it. */
static char *recording(struct choices *c)
{
	char viommu[VIOMMU_TEXT_MAX];
	struct hiod_check q = { .bdf = HOST_BDF };
	struct record_config cfg = { .client = "property" };
	struct capture_error err = { "" };
	struct transcript t = { 0 };
	struct hiod_verdict v;
	struct host *h = make_host(c, 0);
	struct shim *model = h ? model_new(h, NULL) : NULL, *rec;
	char *text = calloc(1, 4 * TEXT_MAX), *line;
	size_t used = 0;

	cfg.to = &t;
	q.profile = make_profile(c);
	q.backend = make_backend(c);
	q.viommu = make_viommu(c, q.profile, viommu);
	rec = model ? shim_record_new(model, &cfg, &err) : NULL;
	if (rec) {
		hiod_check_run(rec, &q, &v);
		hiod_verdict_free(&v);
		record_finish(rec, NULL, &err);
	}
	for (size_t i = 0; text && rec && i < t.ncalls + 2; i++) {
		line = !i	      ? transcript_header_line(&t)
		       : i > t.ncalls ? transcript_result_line(NULL)
				      : transcript_call_line(&t.calls[i - 1]);
		if (line && used + strlen(line) + 2 < 4 * TEXT_MAX) {
			memcpy(text + used, line, strlen(line));
			used += strlen(line);
			text[used++] = '\n';
		}
		free(line);
	}
	shim_destroy(rec);
	shim_destroy(model);
	transcript_free(&t);
	host_free(h);
	return text;
}

static size_t sample_transcript(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	char *text = recording(c);
	size_t n = spoil(c, text, buf, cap);

	free(text);
	return n;
}

/* A host that a transcript tells of must be one that can be written, read and modelled. */
static enum property_result describes(struct choices *c, const struct transcript *t)
{
	struct capture_error err = { "" };
	enum property_result res = PROPERTY_PASS;
	struct host *h = NULL;
	int rc = describe(t, "property", &h, &err);

	if (rc && (h || !good_message(&err)))
		res = property_fail(c, "no description, with '%s'", err.msg);
	if (!rc)
		res = reads_itself(c, h);
	host_free(h);
	return res;
}

static enum property_result transcript_parser(struct choices *c, void *ctx)
{
	static uint8_t text[TEXT_MAX];
	size_t len = choices_rest(c, text, sizeof(text), sample_transcript, NULL);
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	char shown[512];
	struct transcript t;
	int rc;

	rc = transcript_parse((const char *)text, len, "property", TRANSCRIPT_PARTIAL, &t, &err);
	choices_note(c, "%zu bytes: %d %s", len, rc, err.msg);
	if (rc)
		return good_message(&err) ? PROPERTY_PASS
					  : property_fail(c, "refused with '%s'", err.msg);
	for (size_t i = 0; i < t.ncalls && res == PROPERTY_PASS; i++) {
		if (call_decode(shown, sizeof(shown), &t.calls[i]) >= sizeof(shown) &&
		    strlen(shown) != sizeof(shown) - 1)
			res = property_fail(c, "call %zu is not cut where the room ends", i);
		if (call_differs(&t.calls[i], &t.calls[i]))
			res = property_fail(c, "call %zu differs from itself", i);
	}
	if (res == PROPERTY_PASS)
		res = describes(c, &t);
	transcript_free(&t);
	return res;
}

/* ---- probe logs ------------------------------------------------------------------------ */

static size_t sample_probe(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	static const char *const lines[] = {
		"LAB_BEGIN 6.12.117 uptime=4.66 0.00\n",
		"sysfs /sys/bus/pci/devices/0000:00:05.0/vendor = 0x1b36\n",
		"sysfs /sys/bus/pci/devices/0000:00:05.0/iommu_group/reserved_regions = "
		"0x00000000fee00000 0x00000000feefffff msi\n",
		"[    1.234567] DMAR: IOMMU enabled\n",
		"link /sys/bus/pci/devices/0000:00:05.0/iommu_group -> ../../../kernel/iommu_groups/3\n",
		"open /dev/vfio/3 ret=4 errno=0\n",
		"VFIO_GROUP_GET_STATUS nr=0x3b67 in=0800000000000000 ret=0 errno=0 "
		"out=0800000001000000\n",
		"VFIO_IOMMU_GET_INFO nr=0x3b70 in=180000000000000000000000000000000000000000000000 "
		"ret=0 errno=0 out=780000000300000000f0ffffffffffff0000000000000000\n",
		"IOMMU_IOAS_IOVA_RANGES nr=0x3b84 in=2000000001000000 ret=-1 errno=EMSGSIZE out=20\n",
		"LAB_END\n",
	};
	char text[8192];
	size_t n = 0;

	for (unsigned int i = 0; i < 20 && choices_more(c, 92); i++) {
		const char *l = CHOICES_PICK(c, lines);

		if (n + strlen(l) >= sizeof(text))
			break;
		memcpy(text + n, l, strlen(l));
		n += strlen(l);
	}
	text[n] = '\0';
	return spoil(c, text, buf, cap);
}

static enum property_result probe_parser(struct choices *c, void *ctx)
{
	static uint8_t text[TEXT_MAX];
	size_t len = choices_rest(c, text, sizeof(text), sample_probe, NULL);
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	struct transcript t;
	int rc;

	probe_looks_like((const char *)text, len);
	rc = probe_parse((const char *)text, len, "property", &t, &err);
	choices_note(c, "%zu bytes: %d %s", len, rc, err.msg);
	if (rc)
		return good_message(&err) ? PROPERTY_PASS
					  : property_fail(c, "refused with '%s'", err.msg);
	for (size_t i = 0; i < t.ncalls; i++)
		if (transcript_line(&t, i) > len)
			res = property_fail(c, "line %u in %zu bytes", transcript_line(&t, i), len);
	if (res == PROPERTY_PASS)
		res = describes(c, &t);
	transcript_free(&t);
	return res;
}

const struct property property_host_json = { "host_json", host_json, .cases = 2000 };
const struct property property_host_parser = { "host_parser", host_parser, .cases = 1500 };
const struct property property_transcript_parser = { "transcript_parser", transcript_parser,
						     .cases = 1200 };
const struct property property_probe_parser = { "probe_parser", probe_parser, .cases = 3000 };
