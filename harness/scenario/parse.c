// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scenario files: lines into steps. Whatever can be told wrong without a
 * kernel is told here, with line, field and what was expected.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/internal.h"
#include "harness/uapi/uapi.h"

#define MAX_FILE (1u << 20)
#define MAX_LINE 4096

struct parser {
	struct scenario *sc;
	struct scenario_error *err;
	unsigned line;
	char *word[MAX_WORDS + 2]; /* of the line; owned */
	int words;
};

__attribute__((format(printf, 2, 3))) static int wrong(struct parser *p, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(p->err->msg, sizeof(p->err->msg), "%s:%u: ", p->sc->name, p->line);

	if (n < 0 || (size_t)n >= sizeof(p->err->msg))
		return -1;
	va_start(ap, fmt);
	vsnprintf(p->err->msg + n, sizeof(p->err->msg) - (size_t)n, fmt, ap);
	va_end(ap);
	for (char *c = p->err->msg; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	return -1;
}

static void *grow(void *v, size_t n, size_t elem)
{
	/* In steps of 16: the caller asks for each. */
	return n % 16 ? v : realloc(v, (n + 16) * elem);
}

/* ---- conditions ---- */

/* "10.2" */
static const char *parse_version(const char *p, unsigned *v)
{
	char *end;
	unsigned long major = strtoul(p, &end, 10), minor;

	if (end == p || *end != '.' || !isdigit((unsigned char)end[1]) ||
	    !isdigit((unsigned char)*p))
		return NULL;
	minor = strtoul(end + 1, &end, 10);
	*v = HIOD_VERSION((unsigned)major & 0xff, (unsigned)minor & 0xff);
	return end;
}

/* One alternative: a profile's name, "10.2", "10.2..", "..10.1", "9.1..9.2". -1: none of these. */
static int alternative(const char *text, const struct hiod_profile *p)
{
	unsigned from = 0, to = UINT32_MAX;
	const char *q = text;

	if (hiod_profile_find(text))
		return !strcmp(p->name, text);
	if (strncmp(q, "..", 2)) {
		q = parse_version(q, &from);
		if (!q)
			return -1;
		if (!*q)
			to = from;
	}
	if (!strncmp(q, "..", 2)) {
		q += 2;
		if (*q)
			q = parse_version(q, &to);
	}
	if (!q || *q)
		return -1;
	return p->version >= from && p->version <= to;
}

/* -1: not a condition. */
static int holds(const char *text, const struct hiod_profile *p)
{
	char copy[sizeof(((struct condition *)0)->text)], *next = copy, *alt;
	bool negate = text[0] == '!';
	int result = 0;

	snprintf(copy, sizeof(copy), "%s", text + negate);
	while ((alt = strsep(&next, ",")) != NULL) {
		int a = alternative(alt, p);

		if (a < 0)
			return -1;
		result |= a;
	}
	return result ^ negate;
}

bool condition_holds(const struct condition *c, const struct hiod_profile *p)
{
	return !c->text[0] || holds(c->text, p) > 0;
}

/* Takes "[...]" in front of a line. */
static int take_condition(struct parser *p, const char **text, struct condition *c)
{
	const char *end;

	if (**text != '[')
		return 0;
	end = strchr(*text, ']');
	if (!end)
		return wrong(p, "'[' without ']'");
	if ((size_t)(end - *text) > sizeof(c->text))
		return wrong(p, "a condition of more than %zu characters", sizeof(c->text) - 1);
	snprintf(c->text, sizeof(c->text), "%.*s", (int)(end - *text - 1), *text + 1);
	if (holds(c->text, hiod_profile_default()) < 0)
		return wrong(p,
			     "condition [%s]: expected versions or profiles, as in [10.2..], "
			     "[..10.1], [9.1..9.2,11.1], [!v7]",
			     c->text);
	*text = end + 1;
	return 0;
}

/* ---- words ---- */

/* One word, or the inside of quotes; \" and \\ inside them. NULL: wrong() was said. */
static char *take_word(struct parser *p, const char **text)
{
	const char *q = *text;
	bool quoted = *q == '"';
	char *w = malloc(strlen(q) + 1);
	size_t n = 0;

	if (!w) {
		wrong(p, "out of memory");
		return NULL;
	}
	q += quoted;
	while (*q && (quoted ? *q != '"' : *q != ' ' && *q != '\t')) {
		if (quoted && *q == '\\' && (q[1] == '"' || q[1] == '\\'))
			q++;
		w[n++] = *q++;
	}
	w[n] = '\0';
	if (quoted && *q++ != '"') {
		wrong(p, "field %d: a quote without its end", p->words);
		free(w);
		return NULL;
	}
	*text = q;
	return w;
}

static void drop_words(struct parser *p)
{
	while (p->words)
		free(p->word[--p->words]);
}

static int take_words(struct parser *p, const char *text)
{
	for (;;) {
		text += strspn(text, " \t\r");
		if (!*text || *text == '#')
			return 0;
		if (p->words == MAX_WORDS)
			return wrong(p, "more than %d fields", MAX_WORDS - 1);
		p->word[p->words] = take_word(p, &text);
		if (!p->word[p->words])
			return -1;
		p->words++;
	}
}

/* ---- fields ---- */

bool parse_number(const char *text, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*v = strtoull(text, &end, 0);
	return !*end && !errno;
}

bool number_fits(const char *text, uint64_t v, bool *bad)
{
	static const char *const ops[] = { ">=", "<=", ">", "<", "" };
	size_t i = 0;
	uint64_t n;

	while (strncmp(text, ops[i], strlen(ops[i])))
		i++;
	*bad = !parse_number(text + strlen(ops[i]), &n);
	if (*bad)
		return false;
	switch (i) {
	case 0: return v >= n;
	case 1: return v <= n;
	case 2: return v > n;
	case 3: return v < n;
	default: return v == n;
	}
}

static bool is_hex(const char *p, size_t n)
{
	return strspn(p, "0123456789abcdefABCDEF") == n;
}

static bool is_host(const char *w)
{
	uint64_t n;

	if (*w == '@')
		return parse_number(w + 1 + (w[1] == 'v'), &n) && n >= 1 && n <= 99;
	if (*w == '/' || !strncmp(w, "vhost-vdpa-", 11))
		return true;
	return strlen(w) == 12 && is_hex(w, 4) && w[4] == ':' && is_hex(w + 5, 2) && w[7] == ':' &&
	       is_hex(w + 8, 2) && w[10] == '.' && is_hex(w + 11, 1);
}

static bool is_backend(const char *w)
{
	return !strcmp(w, "legacy") || !strcmp(w, "iommufd") || !strcmp(w, "vdpa") ||
	       (!strncmp(w, "iommufd:", 8) && w[8] &&
		strlen(w + 8) < sizeof(((struct object *)0)->id));
}

/* NULL: it is one; else what was expected. */
static const char *check_field(char kind, const char *w)
{
	uint64_t n;
	bool bad;

	switch (kind) {
	case 'h':
		return is_host(w)
			       ? NULL
			       : "a device: 0000:00:05.0, @1, a sysfs path, @v1 or /dev/vhost-vdpa-0";
	case 'b': return is_backend(w) ? NULL : "legacy, iommufd, iommufd:ID or vdpa";
	case 'n': return parse_number(w, &n) ? NULL : "a number, decimal or 0x";
	case 'c': number_fits(w, 0, &bad); return bad ? "a number, as 39, >=48 or <57" : NULL;
	case 'o': return !strcmp(w, "on") || !strcmp(w, "off") ? NULL : "on or off";
	case 'e': return uapi_errno_from_name(w) ? NULL : "the name of an errno, as ENODEV";
	case 'r':
		return !strcmp(w, "open") || uapi_find_name(w)
			       ? NULL
			       : "open, or a request as VFIO_DEVICE_GET_INFO";
	case 'v':
		return !strcmp(w, "accepted") || !strcmp(w, "refused") || !strcmp(w, "error") ||
				       !strcmp(w, "unknown")
			       ? NULL
			       : "accepted, refused, error or unknown";
	default: return NULL;
	}
}

static const struct step_type *find_type(const struct step_type *types, const char *name)
{
	for (; types->name; types++)
		if (!strcmp(types->name, name))
			return types;
	return NULL;
}

static int list_names(struct parser *p, const struct step_type *types, const char *what,
		      const char *seen)
{
	char names[600] = "";
	size_t n = 0;

	for (; types->name && n < sizeof(names); types++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, " %s", types->name);
	return wrong(p, "%s '%s': expected one of%s", what, seen, names);
}

static int check_fields(struct parser *p, const struct step_type *t, int first)
{
	const char *kinds = t->fields;
	int words = p->words - first;

	if (words < t->min)
		return wrong(p, "%s: %d field%s, expected at least %d", t->name, words,
			     words == 1 ? "" : "s", t->min);
	if (words > t->max)
		return wrong(p, "%s: field %d '%s': expected the end of the line", t->name,
			     t->max + 1, p->word[first + t->max]);
	for (int i = 0; i < words && *kinds; i++) {
		const char *expected = check_field(*kinds, p->word[first + i]);

		if (expected)
			return wrong(p, "%s: field %d '%s': expected %s", t->name, i + 1,
				     p->word[first + i], expected);
		kinds += kinds[1] != '\0';
	}
	return 0;
}

static int add_step(struct parser *p, const struct condition *when)
{
	bool expect = !strcmp(p->word[0], "expect");
	const struct step_type *types = expect ? scenario_expect : scenario_steps, *t;
	struct scenario *sc = p->sc;
	struct step *s;

	if (expect && p->words < 2)
		return list_names(p, types, "expect", "");
	t = find_type(types, p->word[expect]);
	if (!t)
		return list_names(p, types, expect ? "expect" : "step", p->word[expect]);
	if (check_fields(p, t, 1 + expect))
		return -1;
	s = grow(sc->step, sc->nsteps, sizeof(*s));
	if (!s)
		return wrong(p, "out of memory");
	sc->step = s;
	s += sc->nsteps++;
	*s = (struct step){ .type = t, .line = p->line, .when = *when };
	for (int i = 1 + expect; i < p->words; i++)
		s->word[s->words++] = p->word[i];
	free(p->word[0]);
	if (expect)
		free(p->word[1]);
	p->words = 0;
	return 0;
}

/* ---- the head of a file ---- */

static int head_hosts(struct parser *p)
{
	for (int i = 1; i < p->words; i++) {
		char **v = grow(p->sc->host, p->sc->nhosts, sizeof(*v));

		if (!v)
			return wrong(p, "out of memory");
		p->sc->host = v;
		v[p->sc->nhosts++] = p->word[i];
		p->word[i] = NULL;
	}
	return 0;
}

static int head_needs(struct parser *p)
{
	for (int i = 1; i < p->words; i++) {
		if (p->sc->nneeds == MAX_NEEDS)
			return wrong(p, "more than %d needs", MAX_NEEDS);
		p->sc->need_line[p->sc->nneeds] = p->line;
		p->sc->need[p->sc->nneeds++] = p->word[i];
		p->word[i] = NULL;
	}
	return 0;
}

/* "memory IOVA SIZE [ro]", or "memory none" */
static int head_memory(struct parser *p)
{
	struct scenario *sc = p->sc;
	struct hiod_mem_region *m;
	uint64_t iova, size;

	if (!sc->own_memory)
		sc->nmem = 0;
	sc->own_memory = true;
	if (p->words == 2 && !strcmp(p->word[1], "none"))
		return 0;
	if (sc->nmem == MAX_MEMORY)
		return wrong(p, "more than %d memory regions", MAX_MEMORY);
	if (p->words < 3 || p->words > 4 || (p->words == 4 && strcmp(p->word[3], "ro")))
		return wrong(p, "memory: expected IOVA SIZE [ro], or none");
	if (!parse_number(p->word[1], &iova) || !parse_number(p->word[2], &size) ||
	    (iova | size) & 0xfff || !size || size > 64 << 20)
		return wrong(p, "memory: expected multiples of 4096, and a size of at most 64 MiB");
	m = &sc->mem[sc->nmem++];
	*m = (struct hiod_mem_region){ .iova = iova, .size = size, .readonly = p->words == 4 };
	return 0;
}

static int head_profiles(struct parser *p)
{
	char text[80];
	const char *at = text;

	if (p->words != 2)
		return wrong(p, "profiles: expected one condition, as 10.2.. or v7,..9.2");
	snprintf(text, sizeof(text), "[%.70s]", p->word[1]);
	return take_condition(p, &at, &p->sc->profiles);
}

static const struct {
	const char *name;
	int (*take)(struct parser *p);
} heads[] = {
	{ "hosts", head_hosts },
	{ "needs", head_needs },
	{ "memory", head_memory },
	{ "profiles", head_profiles },
};

/* 1: not a line of the head. */
static int take_head(struct parser *p, const struct condition *when)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (strcmp(heads[i].name, p->word[0]))
			continue;
		if (p->sc->nsteps || when->text[0])
			return wrong(p, "%s: expected before the first step, without a condition",
				     heads[i].name);
		if (p->words < 2)
			return wrong(p, "%s: expected at least one field", heads[i].name);
		return heads[i].take(p);
	}
	return 1;
}

/* ---- files ---- */

static int take_line(struct parser *p, const char *text)
{
	struct condition when = { "" };
	int rc;

	text += strspn(text, " \t\r");
	if (take_condition(p, &text, &when) || take_words(p, text))
		return -1;
	if (!p->words) {
		if (when.text[0])
			return wrong(p, "a condition without a step");
		return 0;
	}
	rc = take_head(p, &when);
	if (rc == 1)
		rc = add_step(p, &when);
	return rc;
}

static int take_text(struct parser *p, const char *text, size_t len)
{
	const char *end = text + len, *nl;
	char line[MAX_LINE];
	int rc;

	for (; text < end; text = nl + 1) {
		p->line++;
		nl = memchr(text, '\n', (size_t)(end - text));
		if (!nl)
			nl = end;
		if ((size_t)(nl - text) >= sizeof(line))
			return wrong(p, "a line of more than %d bytes", MAX_LINE - 1);
		if (memchr(text, '\0', (size_t)(nl - text)))
			return wrong(p, "a NUL byte");
		memcpy(line, text, (size_t)(nl - text));
		line[nl - text] = '\0';
		rc = take_line(p, line);
		drop_words(p);
		if (rc)
			return rc;
	}
	if (!p->sc->nsteps)
		return wrong(p, "no step in this file");
	return 0;
}

struct scenario *scenario_parse(const char *name, const char *text, size_t len,
				struct scenario_error *err)
{
	struct scenario *sc = calloc(1, sizeof(*sc));
	struct parser p = { .sc = sc, .err = err };

	if (sc)
		sc->name = strdup(name);
	if (!sc || !sc->name) {
		snprintf(err->msg, sizeof(err->msg), "out of memory");
		scenario_free(sc);
		return NULL;
	}
	/* A little of memory, that every host can map. */
	sc->mem[0] = (struct hiod_mem_region){ .iova = 0, .size = 1 << 16 };
	sc->nmem = 1;
	if (take_text(&p, text, len)) {
		scenario_free(sc);
		return NULL;
	}
	return sc;
}

struct scenario *scenario_load(const char *path, struct scenario_error *err)
{
	FILE *f = fopen(path, "re");
	struct scenario *sc = NULL;
	char *text = NULL;
	size_t n = 0;

	if (f)
		text = malloc(MAX_FILE + 1);
	if (text)
		n = fread(text, 1, MAX_FILE + 1, f);
	if (!f || (text && ferror(f)))
		snprintf(err->msg, sizeof(err->msg), "%.512s: %s", path, strerror(errno));
	else if (!text)
		snprintf(err->msg, sizeof(err->msg), "out of memory");
	else if (n > MAX_FILE)
		snprintf(err->msg, sizeof(err->msg), "%.512s: more than %u bytes", path, MAX_FILE);
	else
		sc = scenario_parse(path, text, n, err);
	if (f)
		fclose(f);
	free(text);
	return sc;
}

void scenario_free(struct scenario *sc)
{
	if (!sc)
		return;
	for (size_t i = 0; i < sc->nsteps; i++)
		for (int w = 0; w < sc->step[i].words; w++)
			free(sc->step[i].word[w]);
	for (size_t i = 0; i < sc->nhosts; i++)
		free(sc->host[i]);
	for (size_t i = 0; i < sc->nneeds; i++)
		free(sc->need[i]);
	free(sc->step);
	free(sc->host);
	free(sc->name);
	free(sc);
}

const char *scenario_name(const struct scenario *sc)
{
	return sc->name;
}

const char *scenario_host(const struct scenario *sc, size_t i)
{
	return i < sc->nhosts ? sc->host[i] : NULL;
}
