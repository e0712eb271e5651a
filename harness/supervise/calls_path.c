// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that name a path, and the one that names the kernel. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

/* More than any attribute of sysfs. */
#define FILE_MAX (1u << 20)

/* The shim's call is made: whoever writes it down can show it. */
static void called(const struct supervisor *s)
{
	if (s->cfg->called)
		s->cfg->called(s->cfg->ctx);
}

/*
 * Where a path is. True: s->path is the shim's. False: the kernel was left to
 * answer; a path that cannot be read is its business too.
 */
static bool ours(struct supervisor *s, int dirfd, uint64_t path, bool parents)
{
	enum where w;

	if (!path_where(s, dirfd, path, &w) && (w == WHERE_SHIM || (parents && w == WHERE_PARENT)))
		return true;
	answer_pass(s);
	return false;
}

/* ---- open ---------------------------------------------------------------- */

/* All of a file into *to, which the caller frees: its length or a negative errno. */
static ssize_t read_all(struct supervisor *s, int fd, uint8_t **to)
{
	size_t n = 0, room = 4096;
	uint8_t *buf = malloc(room);
	ssize_t r = buf ? 0 : -ENOMEM;

	while (buf && n < FILE_MAX) {
		if (n == room) {
			uint8_t *more = realloc(buf, room * 2);

			if (!more) {
				r = -ENOMEM;
				break;
			}
			buf = more;
			room *= 2;
		}
		r = shim_read(s->cfg->shim, fd, buf + n, room - n);
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	*to = buf;
	return r < 0 ? r : (ssize_t)n;
}

static void give(struct supervisor *s, enum uapi_fd kind, int fd, int flags,
		 const struct shim_stat *st, const void *content, size_t len)
{
	int file, err;
	struct handle *h;

	if (s->cfg->real) {
		answer_pass(s); /* it opens a file itself, and has opened a device */
		return;
	}
	h = handle_new(s, kind, fd, s->path, flags, content, len, &file, &err);
	if (h) {
		h->st = *st;
		h->is_dir = S_ISDIR(st->mode);
		answer_fd(s, file, flags & O_CLOEXEC);
		return;
	}
	if (fd >= 0)
		shim_close(s->cfg->shim, fd);
	if (err == -ENOSPC)
		refuse(s, REFUSE_WATCHES, ENFILE, "open(%s): no more inotify watches", s->path);
	else
		answer(s, err);
}

/* A file is read at once, and no longer open in the shim when the program reads it. */
static void open_file(struct supervisor *s, int fd, int flags)
{
	struct shim_stat st = { .mode = S_IFDIR | 0755 };
	uint8_t *content = NULL;
	ssize_t n = flags & O_DIRECTORY ? 0 : shim_fstat(s->cfg->shim, fd, &st);

	if (!n && !S_ISDIR(st.mode))
		n = read_all(s, fd, &content);
	shim_close(s->cfg->shim, fd);
	/* The program reads its directory itself: what is in it is asked here. */
	if (s->cfg->real && !n && S_ISDIR(st.mode))
		shim_listdir(s->cfg->shim, s->path, (char *)s->buf, BUF_SIZE);
	called(s);
	if (n < 0)
		answer(s, n);
	else
		give(s, UAPI_FD_FILE, -1, flags, &st, content, (size_t)n);
	free(content);
}

/* /proc/self/fd/N and the like: a second description of what lies behind a descriptor. */
static bool reopens(struct supervisor *s)
{
	char link[PATH_MAX], name[32];
	const char *rest = NULL;
	struct stat st;
	ssize_t n;

	if (!strncmp(s->path, "/proc/self/", 11) || !strncmp(s->path, "/proc/thread-self/", 18))
		rest = strchr(s->path + 6, '/') + 1;
	else if (!strncmp(s->path, "/dev/fd/", 8))
		rest = s->path + 5;
	if (rest)
		snprintf(link, sizeof(link), "/proc/%u/%.200s", s->req->pid, rest);
	else if (!strncmp(s->path, "/proc/", 6) && strstr(s->path, "/fd/"))
		memcpy(link, s->path, strlen(s->path) + 1);
	else
		return false;
	/* As in handle_of(): only what may be ours is looked at. */
	n = readlink(link, name, sizeof(name));
	if (n < 7 || strncmp(name, "/memfd:", 7))
		return false;
	return !stat(link, &st) && handle_find(s, st.st_dev, st.st_ino);
}

void call_open(struct supervisor *s, int dirfd, uint64_t path, int flags)
{
	struct shim_stat st = { 0 };
	enum uapi_fd kind;
	enum where w;
	int fd;

	if (path_where(s, dirfd, path, &w) || w != WHERE_SHIM || (s->cfg->real && flags & O_PATH)) {
		if (s->handles && s->path[0] == '/' && reopens(s))
			refuse(s, REFUSE_REOPEN, ENXIO,
			       "open(%s): a device's descriptor is not opened anew", s->path);
		else
			answer_pass(s);
		return;
	}
	if (flags & O_PATH) {
		refuse(s, REFUSE_OPATH, EACCES, "open(%s): O_PATH is not served", s->path);
		return;
	}
	fd = shim_open(s->cfg->shim, s->path, flags);
	kind = uapi_fd_from_path(s->path);
	if (fd >= 0 && kind == UAPI_FD_FILE) {
		open_file(s, fd, flags);
		return;
	}
	called(s);
	if (fd < 0)
		answer(s, fd);
	else
		give(s, kind, fd, flags, &st, NULL, 0);
}

void call_openat2(struct supervisor *s, int dirfd, uint64_t path, uint64_t how, uint64_t size)
{
	struct open_how h = { 0 };
	enum where w;

	if (path_where(s, dirfd, path, &w) || w != WHERE_SHIM) {
		answer_pass(s);
		return;
	}
	if (size < sizeof(h) || target_read(s, &h, how, sizeof(h)))
		answer_pass(s); /* the kernel says what is wrong with it */
	else if (h.resolve & ~(uint64_t)RESOLVE_CACHED && !s->cfg->real)
		refuse(s, REFUSE_RESOLVE, EOPNOTSUPP, "openat2(%s): resolve flags are not served",
		       s->path);
	else
		call_open(s, dirfd, path, (int)h.flags);
}

/* ---- stat ---------------------------------------------------------------- */

/* Of s->path; *size is a link's or file's. */
static int look(struct supervisor *s, bool nofollow, struct shim_stat *st, uint64_t *size)
{
	char text[PATH_MAX];
	ssize_t n = nofollow ? shim_readlink(s->cfg->shim, s->path, text, sizeof(text)) : -EINVAL;
	int r = 0;

	*size = 0;
	if (n >= 0) {
		*st = (struct shim_stat){ .mode = S_IFLNK | 0777 };
		*size = (uint64_t)n;
	} else {
		r = shim_stat(s->cfg->shim, s->path, st);
	}
	called(s);
	return r;
}

void call_stat(struct supervisor *s, int dirfd, uint64_t path, uint64_t buf, int flags)
{
	struct shim_stat st;
	struct stat out;
	uint64_t size;
	int r;

	if (flags & AT_EMPTY_PATH && path_is_empty(s, path)) {
		call_fstat(s, dirfd, buf);
		return;
	}
	if (!ours(s, dirfd, path, true))
		return;
	r = look(s, flags & AT_SYMLINK_NOFOLLOW, &st, &size);
	if (!r) {
		stat_fill(&out, &st, s->path, size);
		r = target_write(s, buf, &out, sizeof(out));
	}
	answer(s, r);
}

void call_statx(struct supervisor *s, int dirfd, uint64_t path, int flags, uint64_t buf)
{
	const struct handle *h;
	struct shim_stat st;
	struct statx out;
	uint64_t size;
	int r;

	if (flags & AT_EMPTY_PATH && path_is_empty(s, path)) {
		h = handle_of(s, dirfd);
		if (!h) {
			answer_pass(s);
			return;
		}
		size = h->size;
		r = h->fd < 0 ? 0 : shim_fstat(s->cfg->shim, h->fd, &st);
		if (h->fd < 0)
			st = h->st;
		else
			called(s);
		statx_fill(&out, &st, h->path, size);
	} else {
		if (!ours(s, dirfd, path, true))
			return;
		r = look(s, flags & AT_SYMLINK_NOFOLLOW, &st, &size);
		if (!r)
			statx_fill(&out, &st, s->path, size);
	}
	answer(s, r ? r : target_write(s, buf, &out, sizeof(out)));
}

/* ---- the rest ------------------------------------------------------------- */

void call_access(struct supervisor *s, int dirfd, uint64_t path, int mode, int flags)
{
	int r;

	if (flags & AT_EMPTY_PATH || !ours(s, dirfd, path, true)) {
		if (flags & AT_EMPTY_PATH)
			answer_pass(s);
		return;
	}
	r = shim_access(s->cfg->shim, s->path, mode);
	called(s);
	answer(s, r);
}

void call_readlink(struct supervisor *s, int dirfd, uint64_t path, uint64_t buf, int64_t len)
{
	char text[PATH_MAX];
	ssize_t n;

	if (!ours(s, dirfd, path, true))
		return;
	if (len <= 0) {
		answer(s, -EINVAL);
		return;
	}
	n = shim_readlink(s->cfg->shim, s->path, text,
			  len < (int64_t)sizeof(text) ? (size_t)len : sizeof(text));
	called(s);
	if (n > 0 && target_write(s, buf, text, (size_t)n))
		n = -EFAULT;
	answer(s, n);
}

/* sysfs has none that a program could look for; a missing file is missing to these too. */
void call_xattr(struct supervisor *s, uint64_t path)
{
	struct shim_stat st;
	uint64_t size;
	int r;

	if (!ours(s, AT_FDCWD, path, false))
		return;
	r = look(s, true, &st, &size);
	answer(s, r ? r : -EOPNOTSUPP);
}

void call_chdir(struct supervisor *s, uint64_t path)
{
	enum where w;

	if (path_where(s, AT_FDCWD, path, &w) || w != WHERE_SHIM || s->cfg->real)
		answer_pass(s);
	else
		refuse(s, REFUSE_CHDIR, EACCES,
		       "chdir(%s): the directories of the host cannot be gone into", s->path);
}

void call_uname(struct supervisor *s, uint64_t buf)
{
	struct utsname u;

	if (!s->cfg->release || uname(&u)) {
		answer_pass(s);
		return;
	}
	memset(u.release, 0, sizeof(u.release));
	strncpy(u.release, s->cfg->release, sizeof(u.release) - 1);
	answer(s, target_write(s, buf, &u, sizeof(u)));
}
