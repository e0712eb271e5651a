// SPDX-License-Identifier: GPL-2.0-or-later
/* A table of open fds: clients have a handful. */
#include <stdlib.h>

#include "harness/capture/fds.h"

struct fd_entry *fd_get(const struct fd_table *t, int fd)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].fd == fd)
			return &t->v[i];
	}
	return NULL;
}

struct fd_entry *fd_put(struct fd_table *t, int fd, enum uapi_fd kind)
{
	struct fd_entry *e = fd_get(t, fd);

	if (!e && t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 8;
		struct fd_entry *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return NULL;
		t->v = v;
		t->cap = cap;
	}
	if (!e)
		e = &t->v[t->n++];
	*e = (struct fd_entry){ .fd = fd, .kind = kind, .other = -1 };
	return e;
}

enum uapi_fd fd_kind(const struct fd_table *t, int fd)
{
	const struct fd_entry *e = fd_get(t, fd);

	return e ? e->kind : UAPI_FD_UNKNOWN;
}

void fd_del(struct fd_table *t, int fd)
{
	struct fd_entry *e = fd_get(t, fd);

	if (!e)
		return;
	/* Order is kept: the last one is the one opened last. */
	for (t->n--; e < t->v + t->n; e++)
		e[0] = e[1];
}

struct fd_entry *fd_lowest(const struct fd_table *t)
{
	struct fd_entry *low = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (!low || t->v[i].fd < low->fd)
			low = &t->v[i];
	}
	return low;
}

void fd_clear(struct fd_table *t)
{
	free(t->v);
	*t = (struct fd_table){ 0 };
}
