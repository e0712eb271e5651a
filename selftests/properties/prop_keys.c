// SPDX-License-Identifier: GPL-2.0-or-later
/* A description with one key more, anywhere, that no version knows: it is refused by its name. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_json.h"
#include "harness/property/property.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/itself.h"
#include "selftests/properties/list.h"

/* Some object of the tree; borrowed. */
static json_t *some_object(struct choices *c, json_t *v)
{
	for (unsigned int depth = 0; depth < 8; depth++) {
		json_t *in[16], *child;
		const char *key;
		size_t n = 0, i;

		json_object_foreach(v, key, child)
		{
			/* Of an array any element may be it. */
			if (json_is_array(child) && json_array_size(child)) {
				i = choices_index(c, json_array_size(child));
				child = json_array_get(child, i);
			}
			if (json_is_object(child) && n < sizeof(in) / sizeof(in[0]))
				in[n++] = child;
		}
		if (!n || choices_bool(c, 25))
			break;
		v = in[choices_index(c, n)];
	}
	return v;
}

/* The key stands in front of the at-th of those that are there, or last. */
static bool insert(json_t *o, const char *name, size_t at)
{
	json_t *copy = json_copy(o), *v;
	bool ok = copy && !json_object_clear(o);
	const char *key;
	size_t i = 0;

	json_object_foreach(copy, key, v)
	{
		if (i++ == at)
			ok = ok && !json_object_set_new(o, name, json_true());
		ok = ok && !json_object_set(o, key, v);
	}
	if (at >= i)
		ok = ok && !json_object_set_new(o, name, json_true());
	json_decref(copy);
	return ok;
}

static enum property_result host_keys(struct choices *c, void *ctx)
{
	static const char *const names[] = { "unheard", "Name", "types", "_", "zzz" };
	struct host *h = make_host(c, choices_bool(c, 40) ? HOST_WITH_2 : 0), *back = NULL;
	char *text = h ? host_text(h) : NULL, *other = NULL;
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	const char *name = CHOICES_PICK(c, names);
	json_t *root = text ? json_loads(text, 0, NULL) : NULL, *o = NULL;

	if (root) {
		o = some_object(c, root);
		if (insert(o, name, choices_index(c, json_object_size(o) + 1)))
			other = json_dumps(root, JSON_COMPACT);
	}
	if (!other)
		res = PROPERTY_DISCARD;
	else if (!host_parse(other, strlen(other), "property", &back, &err))
		res = property_fail(c, "'%s' is taken", name);
	else if (!strstr(err.msg, name))
		res = property_fail(c, "refused, but not for '%s': %s", name, err.msg);
	if (other)
		choices_note(c, "%.400s", other);
	json_decref(root);
	host_free(back);
	host_free(h);
	free(text);
	free(other);
	return res;
}

const struct property property_host_keys = { "host_keys", host_keys, .cases = 2000 };
