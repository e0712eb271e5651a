// SPDX-License-Identifier: GPL-2.0-or-later
/* The array of properties; see list.h. */
#include <string.h>

#include "selftests/properties/list.h"

#define PROPERTY(name)	    &property_##name,
#define PROPERTY_JSON(name) &property_##name,
static const struct property *const all[] = {
#include "selftests/properties/list.def"
};

const struct property *property_at(size_t i)
{
	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
		if (all[k] && !i--)
			return all[k];
	return NULL;
}

const struct property *property_find(const char *name)
{
	const struct property *p;

	for (size_t i = 0; (p = property_at(i)); i++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}
