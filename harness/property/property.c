// SPDX-License-Identifier: GPL-2.0-or-later
/* Running cases of a property, and what is told of one that fails. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "harness/property/property.h"
#include "harness/property/shrink.h"

#define SHRINK_RUNS 20000
#define SHRINK_MS   10000
/* Discarded cases for each wanted one before the property counts as useless. */
#define DISCARDS 10

enum property_result property_fail(struct choices *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->message, sizeof(c->message), fmt, ap);
	va_end(ap);
	return PROPERTY_FAIL;
}

void property_report_free(struct property_report *r)
{
	free(r->choices);
	free(r->bytes);
	r->choices = NULL;
	r->bytes = NULL;
}

static void print_note(void *ctx, const char *text)
{
	fprintf(ctx, "#   %s\n", text);
}

/* The case once more, watched. */
static enum property_result watch(struct choices *c, property_fn *fn, void *ctx, FILE *out)
{
	c->note = print_note;
	c->note_ctx = out;
	return fn(c, ctx);
}

static void print_hex(FILE *out, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", b[i]);
}

/* A body for selftests that fails until the bug is gone. */
static void print_ctest(FILE *out, const char *name, const uint8_t *b, size_t len)
{
	fprintf(out, "# as a C test:\n#\tTEST(%s_regression)\n#\t{\n", name);
	fprintf(out, "#\t\tstatic const uint8_t input[] = {");
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s0x%02x,", i % 12 ? " " : "\n#\t\t\t", b[i]);
	fprintf(out, "%s\n#\t\t};\n#\n", len ? "" : " 0");
	fprintf(out,
		"#\t\tEXPECT_EQ(PROPERTY_PASS, property_input(\"%s\", %s, ctx, input, %zu, "
		"stderr));\n#\t}\n",
		name, name, len);
}

static int failed(const char *name, struct choices *best, property_fn *fn, void *ctx,
		  const struct property_options *opt, struct property_report *r)
{
	struct shrink_limit lim = { opt->shrink_runs ? opt->shrink_runs : SHRINK_RUNS,
				    opt->shrink_ms ? opt->shrink_ms : SHRINK_MS };
	FILE *out = opt->out ? opt->out : stderr;
	size_t before = best->nrec;
	struct choices c;

	r->failed = true;
	fprintf(out, "# property %s: case %u of seed 0x%" PRIx64 " failed: %s\n", name, r->case_nr,
		opt->seed, best->message);
	r->runs = shrink(best, fn, ctx, &lim);
	r->bytes = choices_encode(best, &r->len);
	r->choices = best->rec;
	r->nchoices = best->nrec;
	best->rec = NULL;
	memcpy(r->message, best->message, sizeof(r->message));
	choices_free(best);
	if (!r->bytes)
		return -ENOMEM;
	fprintf(out, "# shrunk from %zu to %zu choices in %u runs: %s\n", before, r->nchoices,
		r->runs, r->message);
	choices_init_bytes(&c, r->bytes, r->len);
	choices_keep(&c, false);
	watch(&c, fn, ctx, out);
	choices_free(&c);
	fprintf(out, "# again: PROP_INPUT=%s", r->len ? "" : "-");
	print_hex(out, r->bytes, r->len);
	fprintf(out, "\n");
	print_ctest(out, name, r->bytes, r->len);
	return -EINVAL;
}

int property_try(const char *name, property_fn *fn, void *ctx, const struct property_options *opt,
		 struct property_report *report)
{
	struct property_report mine, *r = report ? report : &mine;
	FILE *out = opt->out ? opt->out : stderr;
	int rc = 0;

	memset(r, 0, sizeof(*r));
	while (r->passed < opt->cases && !rc) {
		/* Each case has a seed of its own, made of the run's and its number. */
		uint64_t mix = opt->seed ^ ((uint64_t)r->case_nr << 32);
		enum property_result res;
		struct choices c;

		choices_init_seed(&c, choices_mix(&mix));
		res = fn(&c, ctx);
		if (c.nomem) {
			choices_free(&c);
			return -ENOMEM;
		}
		if (res == PROPERTY_FAIL) {
			rc = failed(name, &c, fn, ctx, opt, r);
			break;
		}
		choices_free(&c);
		r->case_nr++;
		if (res == PROPERTY_PASS) {
			r->passed++;
		} else if (++r->discarded > DISCARDS * (r->passed + 10)) {
			fprintf(out, "# property %s: %u cases discarded, %u passed\n", name,
				r->discarded, r->passed);
			rc = -EINVAL;
		}
	}
	if (r == &mine)
		property_report_free(r);
	return rc;
}

enum property_result property_input(const char *name, property_fn *fn, void *ctx, const void *data,
				    size_t len, FILE *out)
{
	enum property_result res;
	struct choices c;

	choices_init_bytes(&c, data, len);
	choices_keep(&c, false);
	res = fn(&c, ctx);
	if (res == PROPERTY_FAIL && out) {
		fprintf(out, "# property %s: %s\n", name, c.message);
		choices_init_bytes(&c, data, len);
		choices_keep(&c, false);
		watch(&c, fn, ctx, out);
	}
	return res;
}

/* -1 when the text is no hex. */
static ssize_t unhex(const char *s, uint8_t *buf)
{
	size_t n = 0;

	if (!strcmp(s, "-"))
		return 0;
	for (; s[0]; s += 2, n++) {
		unsigned int b;
		int end = 0;

		if (sscanf(s, "%2x%n", &b, &end) != 1 || end != 2)
			return -1;
		buf[n] = (uint8_t)b;
	}
	return (ssize_t)n;
}

static int run_input(const char *name, property_fn *fn, void *ctx, const char *hex)
{
	uint8_t *buf = malloc(strlen(hex) / 2 + 1);
	ssize_t n = buf ? unhex(hex, buf) : -1;
	int rc = -EINVAL;

	if (n < 0)
		fprintf(stderr, "# PROP_INPUT is not hex\n");
	else if (property_input(name, fn, ctx, buf, (size_t)n, stderr) != PROPERTY_FAIL)
		rc = 0;
	free(buf);
	return rc;
}

/* FNV-1a. */
static uint64_t seed_of(const char *name)
{
	uint64_t h = 0xcbf29ce484222325ull;

	while (*name)
		h = (h ^ (uint8_t)*name++) * 0x100000001b3ull;
	return h;
}

int property_run(const char *name, property_fn *fn, void *ctx, unsigned int cases)
{
	const char *seed = getenv("PROP_SEED"), *n = getenv("PROP_CASES"),
		   *input = getenv("PROP_INPUT");
	struct property_options opt = { .seed = seed_of(name), .cases = cases };
	struct property_report r;
	int rc;

	if (input)
		return run_input(name, fn, ctx, input);
	if (seed && !strcmp(seed, "random")) {
		if (getrandom(&opt.seed, sizeof(opt.seed), 0) != sizeof(opt.seed))
			return -errno;
	} else if (seed) {
		opt.seed = strtoull(seed, NULL, 0);
	}
	if (n)
		opt.cases = (unsigned int)strtoul(n, NULL, 0);
	fprintf(stderr, "# property %s: PROP_SEED=0x%" PRIx64 " PROP_CASES=%u\n", name, opt.seed,
		opt.cases);
	rc = property_try(name, fn, ctx, &opt, &r);
	fprintf(stderr, "# property %s: %u passed, %u discarded%s\n", name, r.passed, r.discarded,
		r.failed ? ", 1 failed" : "");
	property_report_free(&r);
	return rc;
}
