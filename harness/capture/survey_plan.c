// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is to survey: PCI devices, and IOMMU units. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/survey_state.h"

#define PCI_DIR	  "/sys/bus/pci/devices"
#define UNIT_DIR  "/sys/class/iommu"
#define GROUP_DIR "/sys/kernel/iommu_groups"
#define VDPA_DIR  "/sys/bus/vdpa/devices"

/* "0000:00:05.0", or "00:05.0": the long form to bdf. */
static bool parse_bdf(const char *s, char bdf[32])
{
	static const char shape[] = "hh:hh.o";
	size_t colon = strcspn(s, ":"), i;
	const char *rest = s;

	if (colon >= 4 && colon <= 8 && s[colon]) {
		for (i = 0; i < colon; i++) {
			if (!isxdigit((unsigned char)s[i]))
				return false;
		}
		rest = s + colon + 1;
	}
	for (i = 0; shape[i]; i++) {
		unsigned char c = (unsigned char)rest[i];

		if (shape[i] == 'h'   ? !isxdigit(c)
		    : shape[i] == 'o' ? c < '0' || c > '7'
				      : c != shape[i])
			return false;
	}
	if (rest[i])
		return false;
	snprintf(bdf, 32, "%s%.20s", rest == s ? "0000:" : "", s);
	for (char *p = bdf; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return true;
}

struct names {
	char **v;
	size_t n;
};

static void names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct names){ 0 };
}

static int names_add(struct names *l, const char *name)
{
	char **v;

	for (size_t i = 0; i < l->n; i++) {
		if (!strcmp(l->v[i], name))
			return 0;
	}
	v = realloc(l->v, (l->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	v[l->n] = strdup(name);
	if (!v[l->n])
		return -ENOMEM;
	l->n++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory that keep() wants, sorted. A directory that is not there has none. */
static int names_of(struct survey *v, const char *dir, bool (*keep)(struct survey *, const char *),
		    struct names *l)
{
	char *list;
	ssize_t n = sv_list(v, dir, &list);
	int rc = n == -ENOMEM ? -ENOMEM : 0;

	for (ssize_t i = 0; i < n && !rc; i += (ssize_t)strlen(list + i) + 1) {
		if (keep(v, list + i))
			rc = names_add(l, list + i);
	}
	if (n >= 0)
		free(list);
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	return rc;
}

static bool is_bdf(struct survey *v, const char *name)
{
	char bdf[32];

	return parse_bdf(name, bdf) && !strcmp(bdf, name);
}

static bool is_bound(struct survey *v, const char *name)
{
	char path[SV_PATH], driver[64];

	if (!is_bdf(v, name))
		return false;
	snprintf(path, sizeof(path), PCI_DIR "/%s/driver", name);
	/* vfio-pci, and those for one kind of device: mlx5_vfio_pci, ... */
	return sv_link(v, path, driver, sizeof(driver)) && strstr(driver, "vfio");
}

static bool is_short(struct survey *v, const char *name)
{
	return strlen(name) < 64;
}

static bool no_groups(struct survey *v)
{
	char *list;
	ssize_t n = sv_list(v, GROUP_DIR, &list);

	if (n >= 0)
		free(list);
	return n <= 0;
}

/* One of those given: there, and with something that VFIO could serve. */
static int named(struct survey *v, const char *given, struct names *l, struct capture_error *err)
{
	char bdf[32], path[SV_PATH], group[64];
	struct shim_stat st;

	if (!parse_bdf(given, bdf))
		return capture_fail(err, -EINVAL,
				    "'%.40s' is no PCI device: expected such as 0000:00:05.0",
				    given);
	snprintf(path, sizeof(path), PCI_DIR "/%s", bdf);
	if (shim_stat(v->s, path, &st) < 0)
		return capture_fail(err, -ENODEV, "no PCI device %s", bdf);
	snprintf(path, sizeof(path), PCI_DIR "/%s/iommu_group", bdf);
	if (!sv_link(v, path, group, sizeof(group)))
		return capture_fail(err, -ENODEV, "%s is in no IOMMU group%s", bdf,
				    no_groups(v) ? ": this host has none" : "");
	return names_add(l, bdf);
}

static int nothing(struct survey *v, enum survey_which which, struct capture_error *err)
{
	struct shim_stat st;

	if (shim_stat(v->s, PCI_DIR, &st) < 0)
		return capture_fail(err, -ENODEV, "no PCI devices: " PCI_DIR " is not there");
	if (which == SURVEY_ALL)
		return capture_fail(err, -ENODEV, "no PCI devices");
	if (no_groups(v))
		return capture_fail(err, -ENODEV,
				    "no IOMMU group: the IOMMU of this host is off or missing");
	return capture_fail(err, -ENODEV, "no PCI device is bound to vfio-pci");
}

static bool is_vdpa_node(struct survey *v, const char *name)
{
	const char *nr = name + strlen("vhost-vdpa-");

	return !strncmp(name, "vhost-vdpa-", strlen("vhost-vdpa-")) && *nr &&
	       !nr[strspn(nr, "0123456789")] && strlen(name) < 32;
}

/* Every device on the vdpa bus, with its node's directory if it has one. */
static int vdpas_of(struct survey *v, struct names *l)
{
	struct names devices = { 0 };
	int rc = names_of(v, VDPA_DIR, is_short, &devices);

	for (size_t i = 0; i < devices.n && !rc; i++) {
		struct names nodes = { 0 };
		char path[SV_PATH];

		snprintf(path, sizeof(path), VDPA_DIR "/%.64s", devices.v[i]);
		rc = names_of(v, path, is_vdpa_node, &nodes);
		snprintf(path, sizeof(path), "%.64s%s%.32s", devices.v[i], nodes.n ? "/" : "",
			 nodes.n ? nodes.v[0] : "");
		if (!rc)
			rc = names_add(l, path);
		names_free(&nodes);
	}
	names_free(&devices);
	return rc;
}

int survey_plan_make(struct shim *s, enum survey_which which, const char *const *bdf, size_t n,
		     struct survey_plan *plan, struct capture_error *err)
{
	struct survey v = { .s = s };
	struct names devices = { 0 }, units = { 0 }, vdpas = { 0 };
	int rc = 0;

	*plan = (struct survey_plan){ 0 };
	if (which != SURVEY_NAMED)
		rc = names_of(&v, PCI_DIR, which == SURVEY_ALL ? is_bdf : is_bound, &devices);
	for (size_t i = 0; i < n && which == SURVEY_NAMED && !rc; i++)
		rc = named(&v, bdf[i], &devices, err);
	if (!rc && !devices.n && (which != SURVEY_NAMED || n))
		rc = nothing(&v, which, err);
	if (!rc)
		rc = names_of(&v, UNIT_DIR, is_short, &units);
	if (!rc)
		rc = vdpas_of(&v, &vdpas);
	if (rc == -ENOMEM)
		capture_fail(err, rc, "out of memory");
	if (rc) {
		names_free(&devices);
		names_free(&units);
		names_free(&vdpas);
		return rc;
	}
	*plan = (struct survey_plan){
		.devices = devices.v,
		.ndevices = devices.n,
		.units = units.v,
		.nunits = units.n,
		.vdpas = vdpas.v,
		.nvdpas = vdpas.n,
	};
	return 0;
}

void survey_plan_free(struct survey_plan *plan)
{
	struct names devices = { plan->devices, plan->ndevices };
	struct names units = { plan->units, plan->nunits };
	struct names vdpas = { plan->vdpas, plan->nvdpas };

	names_free(&devices);
	names_free(&units);
	names_free(&vdpas);
	*plan = (struct survey_plan){ 0 };
}

int survey_vdpa(struct shim *s, char ***nodes, size_t *n)
{
	struct survey v = { .s = s };
	struct names l = { 0 }, with = { 0 };
	int rc = vdpas_of(&v, &l);

	for (size_t i = 0; i < l.n && !rc; i++) {
		const char *slash = strchr(l.v[i], '/');

		if (slash)
			rc = names_add(&with, slash + 1);
	}
	names_free(&l);
	if (rc)
		names_free(&with);
	*nodes = with.v;
	*n = with.n;
	return rc;
}

int survey_pci(struct shim *s, char ***bdf, size_t *n)
{
	struct survey v = { .s = s };
	struct names l = { 0 };
	int rc = names_of(&v, PCI_DIR, is_bdf, &l);

	if (rc)
		names_free(&l);
	*bdf = l.v;
	*n = l.n;
	return rc;
}
