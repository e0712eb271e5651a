// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The descriptions that the program holds. Each is a memfd, opened anew by way
 * of /proc so that the kernel reports its last close like any file's, whoever
 * holds it then: a duplicate, a forked child, a message under way, a mapping.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

#define MEMFD_NAME "hiod"
#define MEMFD_LINK "/memfd:" MEMFD_NAME " "
/* Regions 0 to 8 of vfio-pci, each at its index << REGION_SHIFT. */
#define DEVICE_BYTES (9ll << REGION_SHIFT)
/* Of the flags of open(2), those that stay with a description. */
#define KEPT_FLAGS (O_ACCMODE | O_NONBLOCK | O_APPEND)

static int fill(int fd, enum uapi_fd kind, const uint8_t *content, size_t len)
{
	if (kind == UAPI_FD_DEVICE && ftruncate(fd, DEVICE_BYTES))
		return -errno;
	while (len) {
		ssize_t n = write(fd, content, len);

		if (n < 0)
			return -errno;
		content += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A descriptor of a memfd of its own that reports its end; *wd is what it reports as. */
static int make_file(struct supervisor *s, enum uapi_fd kind, int flags, const void *content,
		     size_t len, int *wd)
{
	int memfd, fd, r;
	char link[64];

	/* With the first of them: a recording on the real kernel has none. */
	if (s->inotify < 0)
		s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (s->inotify < 0)
		return -errno;
	memfd = memfd_create(MEMFD_NAME, MFD_CLOEXEC);
	if (memfd < 0)
		return -errno;
	r = fill(memfd, kind, content, len);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", memfd);
	fd = r ? -1 : open(link, (flags & KEPT_FLAGS) | O_CLOEXEC);
	if (!r && fd < 0)
		r = -errno;
	/* Before the watch begins: this close is not the program's. */
	close(memfd);
	if (r)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	*wd = inotify_add_watch(s->inotify, link, IN_CLOSE_WRITE | IN_CLOSE_NOWRITE);
	if (*wd < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

struct handle *handle_new(struct supervisor *s, enum uapi_fd kind, int fd, const char *path,
			  int flags, const void *content, size_t len, int *file, int *err)
{
	struct handle *h = calloc(1, sizeof(*h));
	struct stat st;

	*err = -ENOMEM;
	if (!h)
		return NULL;
	h->kind = kind;
	h->fd = fd;
	h->size = len;
	h->path = path ? strdup(path) : NULL;
	*file = path && !h->path ? -ENOMEM : make_file(s, kind, flags, content, len, &h->wd);
	if (*file < 0 || fstat(*file, &st)) {
		*err = *file < 0 ? *file : -errno;
		free(h->path);
		free(h);
		return NULL;
	}
	h->dev = st.st_dev;
	h->ino = st.st_ino;
	h->next = s->handles;
	s->handles = h;
	s->stats.open++;
	return h;
}

static void forget(struct supervisor *s, struct handle **at)
{
	struct handle *h = *at;

	*at = h->next;
	s->stats.open--;
	free(h->names);
	free(h->path);
	free(h);
}

void handle_drop(struct supervisor *s, struct handle *h)
{
	inotify_rm_watch(s->inotify, h->wd);
	for (struct handle **at = &s->handles; *at; at = &(*at)->next) {
		if (*at == h) {
			forget(s, at);
			return;
		}
	}
}

struct handle *handle_find(const struct supervisor *s, dev_t dev, ino_t ino)
{
	for (struct handle *h = s->handles; h; h = h->next)
		if (h->ino == ino && h->dev == dev)
			return h;
	return NULL;
}

struct handle *handle_of(struct supervisor *s, int fd)
{
	char what[32], link[sizeof(MEMFD_LINK) + 32], full[64];
	struct stat st;

	if (s->cfg->real)
		return real_handle(s, fd);
	if (!s->handles || fd < 0)
		return NULL;
	snprintf(what, sizeof(what), "fd/%d", fd);
	/* The name first: to stat() what is not ours may wait for another machine. */
	if (target_link(s, what, link, sizeof(link)) < 0 ||
	    strncmp(link, MEMFD_LINK, strlen(MEMFD_LINK)))
		return NULL;
	snprintf(full, sizeof(full), "/proc/%u/%s", s->req->pid, what);
	return stat(full, &st) ? NULL : handle_find(s, st.st_dev, st.st_ino);
}

/* The program has nothing of it any more. Watches go with their inodes. */
static void closed(struct supervisor *s, int wd)
{
	for (struct handle **at = &s->handles; *at; at = &(*at)->next) {
		struct handle *h = *at;

		if (h->wd != wd)
			continue;
		inotify_rm_watch(s->inotify, wd);
		if (h->fd >= 0)
			shim_close(s->cfg->shim, h->fd);
		forget(s, at);
		return;
	}
}

void handles_reap(struct supervisor *s)
{
	union {
		char bytes[4096];
		struct inotify_event align;
	} u;
	bool any = false;
	ssize_t n;

	while ((n = read(s->inotify, u.bytes, sizeof(u.bytes))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(u.bytes + at);

			if (e->mask & IN_CLOSE) {
				closed(s, e->wd);
				any = true;
			}
			at += (ssize_t)sizeof(*e) + e->len;
		}
	}
	if (any && s->cfg->called)
		s->cfg->called(s->cfg->ctx);
}

void handles_close_all(struct supervisor *s)
{
	bool any = s->handles;

	handles_reap(s);
	/* What left the supervised programs by way of a socket, or ended too late to be told. */
	while (s->handles)
		closed(s, s->handles->wd);
	if (any && s->cfg->called)
		s->cfg->called(s->cfg->ctx);
}
