/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All properties, declared and in an array. */
#ifndef HIOD_PROPERTIES_LIST_H
#define HIOD_PROPERTIES_LIST_H

#include "harness/property/property.h"

/* In a build without the formats those that need them are not there. */
#define PROPERTY(name)	    extern const struct property property_##name;
#define PROPERTY_JSON(name) extern const struct property property_##name __attribute__((weak));
#include "selftests/properties/list.def"
#undef PROPERTY
#undef PROPERTY_JSON

/* The ith; NULL past the end. Those that are not there are left out. */
const struct property *property_at(size_t i);
/* By its name, or NULL. */
const struct property *property_find(const char *name);

#endif
