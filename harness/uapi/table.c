// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding a row: by kind of fd and number (an index, on every call's path), by place, by name. */
#include <string.h>

#include "harness/uapi/rows.h"

struct table {
	const struct uapi_row *rows;
	size_t n;
	uint32_t base; /* low byte of the first row's request */
};

#define TABLE(k, id)                                                                               \
	[UAPI_FD_##k] = { uapi_rows_##id, UAPI_ARRAY_SIZE(uapi_rows_##id), UAPI_##k##_BASE }

static const struct table tables[UAPI_FD_NR] = {
	TABLE(CONTAINER, container), TABLE(GROUP, group),
	TABLE(DEVICE, device),	     TABLE(MIGRATION, migration),
	TABLE(IOMMUFD, iommufd),     [UAPI_FD_VDPA] = { uapi_rows_vdpa, UAPI_VDPA_ROWS, 0 },
};

const struct uapi_row *uapi_find(enum uapi_fd kind, uint32_t req)
{
	const struct table *t;
	uint32_t at;

	if ((unsigned int)kind >= UAPI_FD_NR)
		return NULL;
	/* An iommufd takes container requests below its own first number. */
	if (kind == UAPI_FD_IOMMUFD && (req & 0xff) < UAPI_IOMMUFD_BASE)
		kind = UAPI_FD_CONTAINER;
	t = &tables[kind];
	at = kind == UAPI_FD_VDPA ? UAPI_VDPA_SLOT(req) : (req & 0xff) - t->base;
	/* A hole in a table has request 0, which is no described request. */
	if (at >= t->n || t->rows[at].req != req || !req)
		return NULL;
	return &t->rows[at];
}

const struct uapi_row *uapi_row_at(size_t i)
{
	for (size_t k = 0; k < UAPI_FD_NR; k++)
		for (size_t at = 0; at < tables[k].n; at++)
			if (tables[k].rows[at].name && i-- == 0)
				return &tables[k].rows[at];
	return NULL;
}

const struct uapi_row *uapi_find_name(const char *name)
{
	for (size_t k = 0; k < UAPI_FD_NR; k++)
		for (size_t at = 0; at < tables[k].n; at++) {
			const struct uapi_row *row = &tables[k].rows[at];

			if (row->name && !strcmp(row->name, name))
				return row;
		}
	return NULL;
}
