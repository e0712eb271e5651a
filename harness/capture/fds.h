/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which fds are open and what is behind them. */
#ifndef HIOD_CAPTURE_FDS_H
#define HIOD_CAPTURE_FDS_H

#include "harness/uapi/uapi.h"

struct fd_entry {
	int fd;
	enum uapi_fd kind;
	int other; /* its number on another backend, or the user's own use */
};

struct fd_table {
	struct fd_entry *v;
	size_t n, cap;
};

/* Adds or replaces. NULL: no memory. */
struct fd_entry *fd_put(struct fd_table *t, int fd, enum uapi_fd kind);
/* NULL: not open. */
struct fd_entry *fd_get(const struct fd_table *t, int fd);
enum uapi_fd fd_kind(const struct fd_table *t, int fd);
void fd_del(struct fd_table *t, int fd);
/* The open fd with the smallest number; NULL: none. */
struct fd_entry *fd_lowest(const struct fd_table *t);
void fd_clear(struct fd_table *t);

#endif
