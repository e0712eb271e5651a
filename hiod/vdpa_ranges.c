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
#include <stdlib.h>
#include <string.h>
#include "hiod/path.h"

/* reserved_regions is one page at most. */
#define REGIONS_MAX 4096

/* Directory of the node in sysfs, by the number of the open descriptor. 0 or -errno. */
static int node_dir(VDPADevice *v, char dir[VDPA_PATH_MAX])
{
	char link[64], *to = path_put(link, "/sys/dev/char/"), target[VDPA_PATH_MAX];
	struct shim_stat st;
	const char *t = target;
	ssize_t n = shim_fstat(v->shim, v->fd, &st);

	if (n < 0)
		return (int)n;
	path_put_number(path_put(path_put_number(to, st.rdev_major), ":"), st.rdev_minor);
	n = shim_readlink(v->shim, link, target, sizeof(target) - 1);
	if (n < 0)
		return (int)n;
	target[n] = '\0';
	/* "../../devices/...", two levels below /sys. */
	if (n >= (ssize_t)sizeof(target) - 1 || strncmp(t, "../../", 6))
		return -EINVAL;
	path_put(path_put(dir, "/sys/"), t + strlen("../../"));
	return 0;
}

/* The group of the nearest ancestor of dir that is in one. 0: *group, -1 where none is. Or -errno. */
static int group_above(VDPADevice *v, char dir[VDPA_PATH_MAX], int *group)
{
	char path[VDPA_PATH_MAX + 16], target[VDPA_PATH_MAX], *slash, *end;
	unsigned long id;
	ssize_t n;

	*group = -1;
	while ((slash = strrchr(dir, '/')) && slash - dir > (ptrdiff_t)strlen("/sys")) {
		*slash = '\0';
		path_put(path_put(path, dir), "/iommu_group");
		n = shim_readlink(v->shim, path, target, sizeof(target) - 1);
		if (n == -ENOENT)
			continue;
		if (n < 0)
			return (int)n;
		target[n] = '\0';
		slash = strrchr(target, '/');
		if (!slash || slash[1] < '0' || slash[1] > '9')
			return -EINVAL;
		id = strtoul(slash + 1, &end, 10);
		if (*end || id > INT32_MAX)
			return -EINVAL;
		*group = (int)id;
		return 0;
	}
	return 0;
}

/* One line, "0xSTART 0xLAST TYPE". */
static bool parse_line(const char *line, struct hiod_range *r, const char **type)
{
	char *end;

	r->start = strtoull(line, &end, 0);
	if (end == line || *end != ' ')
		return false;
	line = end + 1;
	r->last = strtoull(line, &end, 0);
	*type = end + 1;
	return end != line && *end == ' ' && r->start <= r->last;
}

/* 0, -ENOMEM, or, *untold set, why the regions are not known. */
static int read_regions(VDPADevice *v, int group, struct hiod_ranges *reserved, int *untold)
{
	char path[64], text[REGIONS_MAX + 1];
	const char *type;
	struct hiod_range r;
	ssize_t n;
	int rc = 0;

	path_put(path_put_number(path_put(path, "/sys/kernel/iommu_groups/"), (uint32_t)group),
		 "/reserved_regions");
	n = path_load(v->shim, path, text, sizeof(text));
	if (n < 0) {
		hiod_report(v->report, HIOD_REPORT_WARNING, NULL, "%s: %s", path,
			    strerror((int)-n));
		*untold = (int)n;
		return 0;
	}
	for (char *line = text; line && *line && !rc;) {
		char *next = strchr(line, '\n');

		if (next)
			*next++ = '\0';
		if (!parse_line(line, &r, &type))
			*untold = -EINVAL;
		/* Regions that their owner may give up are not reserved. */
		else if (strncmp(type, "direct-relaxable", 16))
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
	int group = -1, rc = 0, untold = node_dir(v, dir);

	if (!untold)
		untold = group_above(v, dir, &group);
	if (group >= 0)
		rc = read_regions(v, group, &reserved, &untold);
	if (untold)
		hiod_anomaly_note(v->anomalies, HIOD_ANOMALY_VDPA_UNCUT, (uint64_t)-untold, 0);
	if (!rc)
		rc = range_inverse_array(&reserved, &v->iova_ranges, v->range.start, v->range.last);
	range_list_free(&reserved);
	return rc ? hiod_error_nomem(err) : 0;
}
