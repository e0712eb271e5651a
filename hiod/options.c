// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Option strings; see options.h. Texts: QEMU's qapi/qobject-input-visitor.c
 * and qapi/qapi-visit-core.c.
 */
#include "hiod/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copies up to a single comma, halving double ones. NULL: it does not fit. */
static const char *take(const char *p, char *dst, size_t size, bool stop_at_equals)
{
	size_t n = 0;

	for (; *p; p++) {
		if (stop_at_equals && *p == '=')
			break;
		if (*p == ',' && (stop_at_equals || *++p != ','))
			break;
		if (n == size - 1)
			return NULL;
		dst[n++] = *p;
	}
	dst[n] = '\0';
	return p;
}

int hiod_options_next(struct hiod_options *o, struct hiod_error *err)
{
	const char *p = o->next;

	if (!*p)
		return 0;
	p = take(p, o->key, sizeof(o->key), true);
	if (p && *p == '=') {
		p = take(p + 1, o->value, sizeof(o->value), false);
	} else if (p) {
		strcpy(o->value, "on");
		if (*p == ',')
			p++;
	}
	if (!p)
		return hiod_error_set(err, -EINVAL, "option too long: '%.40s...'", o->next);
	o->next = p;
	return 1;
}

int hiod_options_start(struct hiod_options *o, const char *text, const char *key,
		       struct hiod_error *err)
{
	size_t n = strlen(key);
	const char *p = text;

	if (!strncmp(p, key, n) && p[n] == '=')
		p += n + 1;
	p = take(p, o->value, sizeof(o->value), false);
	if (!p)
		return hiod_error_set(err, -EINVAL, "option too long: '%.40s...'", text);
	if (!o->value[0] || strchr(o->value, '='))
		return hiod_error_set(err, -EINVAL, "'%s' does not begin with a %s", text, key);
	o->next = p;
	return 0;
}

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

int hiod_option_bool(const struct hiod_options *o, bool *v, struct hiod_error *err)
{
	static const char *const yes[] = { "on", "yes", "true", "y", NULL };
	static const char *const no[] = { "off", "no", "false", "n", NULL };

	*v = one_of(o->value, yes);
	if (*v || one_of(o->value, no))
		return 0;
	return hiod_error_set(err, -EINVAL, "Parameter '%s' expects 'on' or 'off'", o->key);
}

int hiod_option_on_off_auto(const struct hiod_options *o, enum on_off_auto *v,
			    struct hiod_error *err)
{
	if (!strcmp(o->value, "auto"))
		*v = ON_OFF_AUTO_AUTO;
	else if (!strcmp(o->value, "on"))
		*v = ON_OFF_AUTO_ON;
	else if (!strcmp(o->value, "off"))
		*v = ON_OFF_AUTO_OFF;
	else
		return hiod_error_set(err, -EINVAL, "Parameter '%s' does not accept value '%s'",
				      o->key, o->value);
	return 0;
}

int hiod_option_uint(const struct hiod_options *o, uint64_t max, const char *type, uint64_t *v,
		     struct hiod_error *err)
{
	char *end;

	/* A number that does not fit in 64 bits becomes ULLONG_MAX, which max refuses. */
	*v = strtoull(o->value, &end, 0);
	if (end == o->value || *end)
		return hiod_error_set(err, -EINVAL, "Parameter '%s' expects integer", o->key);
	if (*v > max)
		return hiod_error_set(err, -EINVAL, "Parameter '%s' expects %s", o->key, type);
	return 0;
}
