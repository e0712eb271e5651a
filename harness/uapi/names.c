// SPDX-License-Identifier: GPL-2.0-or-later
/* Words for kinds of file descriptors, and the kind that a path gives. */
#include <string.h>

#include "harness/uapi/uapi.h"

static const char *const fd_names[UAPI_FD_NR] = {
	[UAPI_FD_UNKNOWN] = "unknown",	   [UAPI_FD_FILE] = "file",
	[UAPI_FD_CONTAINER] = "container", [UAPI_FD_GROUP] = "group",
	[UAPI_FD_DEVICE] = "device",	   [UAPI_FD_IOMMUFD] = "iommufd",
	[UAPI_FD_VDPA] = "vdpa",	   [UAPI_FD_FAULT] = "fault",
	[UAPI_FD_VEVENTQ] = "veventq",	   [UAPI_FD_MIGRATION] = "migration",
	[UAPI_FD_EVENTFD] = "eventfd",	   [UAPI_FD_DMABUF] = "dmabuf",
};

const char *uapi_fd_name(enum uapi_fd kind)
{
	return (unsigned int)kind < UAPI_FD_NR ? fd_names[kind] : fd_names[UAPI_FD_UNKNOWN];
}

enum uapi_fd uapi_fd_from_name(const char *name)
{
	for (unsigned int i = 0; i < UAPI_FD_NR; i++)
		if (!strcmp(fd_names[i], name))
			return (enum uapi_fd)i;
	return UAPI_FD_UNKNOWN;
}

/*
 * What follows prefix in path; NULL when path does not begin so. Every file that is opened is
 * asked about, and is seldom one of these: mostly the first letters tell.
 */
static const char *after(const char *path, const char *prefix)
{
	for (; *prefix; path++, prefix++)
		if (*path != *prefix)
			return NULL;
	return path;
}

static bool is(const char *s, const char *word)
{
	s = after(s, word);
	return s && !*s;
}

static bool number(const char *s)
{
	if (!s || !*s)
		return false;
	for (; *s; s++)
		if (*s < '0' || *s > '9')
			return false;
	return true;
}

enum uapi_fd uapi_fd_from_path(const char *path)
{
	const char *rest = after(path, "/dev/");

	if (!rest)
		return UAPI_FD_FILE;
	if (is(rest, "iommu"))
		return UAPI_FD_IOMMUFD;
	if (number(after(rest, "vhost-vdpa-")))
		return UAPI_FD_VDPA;
	rest = after(rest, "vfio/");
	if (!rest)
		return UAPI_FD_FILE;
	if (is(rest, "vfio"))
		return UAPI_FD_CONTAINER;
	if (number(rest) || number(after(rest, "noiommu-")))
		return UAPI_FD_GROUP;
	rest = after(rest, "devices/");
	return rest && *rest ? UAPI_FD_DEVICE : UAPI_FD_FILE;
}
