// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The usable addresses of a vDPA device. GET_IOVA_RANGE tells the aperture of
 * the IOMMU's domain and leaves the reserved regions in it: those are the
 * group's, of the device that the vDPA device belongs to, and sysfs has them.
 * Source: drivers/vhost/vdpa.c, drivers/iommu/iommu.c.
 */
#include "hiod/vdpa.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* reserved_regions is one page at most. */
#define REGIONS_MAX 4096

ssize_t vdpa_load(struct shim *s, const char *path, char *buf, size_t size)
{
	int fd = shim_open(s, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = shim_read(s, fd, buf + used, size - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 && used < size - 1);
	shim_close(s, fd);
	buf[used] = '\0';
	return n < 0 ? n : (ssize_t)used;
}

/* Directory of the node in sysfs, by the number of the open descriptor. */
static bool node_dir(VDPADevice *v, char dir[VDPA_PATH_MAX])
{
	char link[64], target[VDPA_PATH_MAX];
	struct shim_stat st;
	const char *t = target;
	ssize_t n;

	if (shim_fstat(v->shim, v->fd, &st) < 0)
		return false;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u", st.rdev_major, st.rdev_minor);
	n = shim_readlink(v->shim, link, target, sizeof(target) - 1);
	if (n <= 0 || n >= (ssize_t)sizeof(target) - 1)
		return false;
	target[n] = '\0';
	/* "../../devices/...", two levels below /sys. */
	if (strncmp(t, "../../", 6))
		return false;
	return snprintf(dir, VDPA_PATH_MAX, "/sys/%s", t + 6) < VDPA_PATH_MAX;
}

/* The group of the nearest ancestor of dir that is in one; -1: none is. */
static int group_above(VDPADevice *v, char dir[VDPA_PATH_MAX])
{
	char path[VDPA_PATH_MAX + 16], target[VDPA_PATH_MAX], *slash, *end;
	unsigned long id;
	ssize_t n;

	while ((slash = strrchr(dir, '/')) && slash - dir > (ptrdiff_t)strlen("/sys")) {
		*slash = '\0';
		snprintf(path, sizeof(path), "%s/iommu_group", dir);
		n = shim_readlink(v->shim, path, target, sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		slash = strrchr(target, '/');
		if (!slash || slash[1] < '0' || slash[1] > '9')
			return -1;
		id = strtoul(slash + 1, &end, 10);
		return *end || id > INT32_MAX ? -1 : (int)id;
	}
	return -1;
}

/* One line, "0xSTART 0xLAST TYPE"; regions that their owner may give up are not reserved. */
static bool parse_line(const char *line, struct hiod_range *r)
{
	char *end;

	r->start = strtoull(line, &end, 0);
	if (end == line || *end != ' ')
		return false;
	line = end + 1;
	r->last = strtoull(line, &end, 0);
	return end != line && *end == ' ' && r->start <= r->last &&
	       strncmp(end + 1, "direct-relaxable", 16);
}

static int read_regions(VDPADevice *v, int group, struct hiod_ranges *reserved)
{
	char path[64], text[REGIONS_MAX + 1];
	struct hiod_range r;
	ssize_t n;
	int rc = 0;

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/reserved_regions", group);
	n = vdpa_load(v->shim, path, text, sizeof(text));
	if (n < 0) {
		hiod_report(v->report, HIOD_REPORT_WARNING, NULL, "%s: %s", path,
			    strerror((int)-n));
		return 0;
	}
	for (char *line = text; line && *line && !rc;) {
		char *next = strchr(line, '\n');

		if (next)
			*next++ = '\0';
		if (parse_line(line, &r))
			rc = range_list_insert(reserved, &r);
		line = next;
	}
	return rc;
}

/* A device without a group, as the simulators are, maps by itself: nothing is cut. */
int vdpa_read_ranges(VDPADevice *v, struct hiod_error *err)
{
	struct hiod_ranges reserved = { 0 };
	char dir[VDPA_PATH_MAX];
	int group = node_dir(v, dir) ? group_above(v, dir) : -1, rc = 0;

	if (group >= 0)
		rc = read_regions(v, group, &reserved);
	if (!rc)
		rc = range_inverse_array(&reserved, &v->iova_ranges, v->range.start, v->range.last);
	range_list_free(&reserved);
	return rc ? hiod_error_nomem(err) : 0;
}
