// SPDX-License-Identifier: GPL-2.0-or-later
/* Which paths the shim answers, and how the program's words for them are read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "harness/supervise/internal.h"

/*
 * Trees that are wholly the shim's, what is missing in them included. A name
 * that ends in '*' stands for all that begin with it.
 */
static const char *const served[] = {
	"/dev/iommu",
	"/dev/vfio",
	"/dev/vhost-vdpa*",
	"/sys/bus/mdev",
	"/sys/bus/pci",
	"/sys/class/iommu",
	"/sys/class/vfio-dev",
	"/sys/devices/pci*",
	"/sys/devices/virtual/iommu",
	"/sys/devices/virtual/mdev",
	"/sys/kernel/iommu_groups",
};

/* Walked through on the way there; a machine without such a tree has them not. */
static const char *const parents[] = {
	"/sys", "/sys/bus", "/sys/class", "/sys/devices", "/sys/devices/virtual", "/sys/kernel",
};

static bool within(const char *path, const char *tree)
{
	size_t n = strlen(tree);

	if (tree[n - 1] == '*')
		return !strncmp(path, tree, n - 1);
	return !strncmp(path, tree, n) && (!path[n] || path[n] == '/');
}

enum where path_served(const char *path)
{
	if (strncmp(path, "/dev/", 5) && strncmp(path, "/sys", 4))
		return WHERE_KERNEL;
	for (size_t i = 0; i < sizeof(served) / sizeof(*served); i++)
		if (within(path, served[i]))
			return WHERE_SHIM;
	for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++)
		if (!strcmp(path, parents[i]))
			return WHERE_PARENT;
	return WHERE_KERNEL;
}

void path_clean(char *path)
{
	char *to = path;
	const char *from = path;

	while (*from) {
		size_t n;

		while (*from == '/')
			from++;
		n = strcspn(from, "/");
		if (n == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (n && !(n == 1 && from[0] == '.')) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

/* The directory that a relative path starts from, with a slash, into s->path: its length. */
static ssize_t base(struct supervisor *s, int dirfd)
{
	const struct handle *h = dirfd == AT_FDCWD ? NULL : handle_of(s, dirfd);
	char what[32] = "cwd";
	ssize_t n;

	if (h && h->path) {
		n = snprintf(s->path, sizeof(s->path), "%s", h->path);
	} else {
		if (dirfd != AT_FDCWD)
			snprintf(what, sizeof(what), "fd/%d", dirfd);
		n = target_link(s, what, s->path, sizeof(s->path));
	}
	if (n < 0 || n + 1 >= (ssize_t)sizeof(s->path))
		return -1;
	s->path[n++] = '/';
	return n;
}

int path_where(struct supervisor *s, int dirfd, uint64_t addr, enum where *w)
{
	char whole[PATH_MAX];
	ssize_t n = target_string(s, addr, s->path, sizeof(s->path));
	bool slash;

	*w = WHERE_KERNEL;
	if (n <= 0)
		return (int)n;
	if (s->path[0] != '/') {
		char rel[PATH_MAX];
		ssize_t at;

		memcpy(rel, s->path, (size_t)n + 1);
		at = base(s, dirfd);
		/* What the kernel cannot find either, or does not lie in a directory of files. */
		if (at < 0 || s->path[0] != '/' || at + n >= (ssize_t)sizeof(s->path))
			return 0;
		memcpy(s->path + at, rel, (size_t)n + 1);
		n += at;
	}
	/*
	 * Links are the shim's to follow: ".." within a served tree goes to it as
	 * it stands, unless that leads out of the tree by the letter.
	 */
	memcpy(whole, s->path, (size_t)n + 1);
	slash = n > 1 && whole[n - 1] == '/';
	path_clean(whole);
	*w = path_served(whole);
	if (*w == WHERE_KERNEL || !strstr(s->path, "..") || path_served(s->path) != WHERE_SHIM) {
		n = (ssize_t)strlen(whole);
		memcpy(s->path, whole, (size_t)n + 1);
		/* A slash at the end asks for a directory. */
		if (slash && n > 1 && n + 1 < (ssize_t)sizeof(s->path))
			memcpy(s->path + n, "/", 2);
	}
	return 0;
}

bool path_is_empty(struct supervisor *s, uint64_t addr)
{
	char c = 1;

	return !addr || (!target_read(s, &c, addr, 1) && !c);
}
