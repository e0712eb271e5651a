// SPDX-License-Identifier: GPL-2.0-or-later
/* A drawing of the guest's PCI, a -device option a line; see machine.h. */
#include <errno.h>
#include <string.h>
#include "hiod/machine.h"

#define LINE_MAX_LEN 512

/* "virtio-net-pci": a device over vhost-vdpa may be one. */
static bool is_virtio(const char *driver)
{
	size_t n = strlen(driver);

	return !strncmp(driver, "virtio-", 7) && n > 11 && !strcmp(driver + n - 4, "-pci") &&
	       strncmp(driver, "virtio-iommu", 12);
}

/* The next line that says something, without "-device ". 1, 0 at the end, -errno. */
static int next_line(const char **text, unsigned *n, char line[LINE_MAX_LEN],
		     struct hiod_error *err)
{
	while (**text) {
		size_t len = strcspn(*text, "\n");
		const char *p = *text + strspn(*text, " \t");
		const char *end = *text + len;

		*text = end + (*end == '\n');
		++*n;
		while (end > p && strchr(" \t\r", end[-1]))
			end--;
		if (p >= end || *p == '#')
			continue;
		/* What follows it is on this line: "-device" and blanks alone name no driver. */
		if (end - p > 8 && !strncmp(p, "-device", 7) && (p[7] == ' ' || p[7] == '\t'))
			p += 8 + strspn(p + 8, " \t");
		if (end - p >= LINE_MAX_LEN)
			return hiod_error_set(err, -EINVAL, "option too long: '%.40s...'", p);
		memcpy(line, p, (size_t)(end - p));
		line[end - p] = '\0';
		return 1;
	}
	return 0;
}

/* Is the line about the device asked for? One without host= is about any. */
static bool is_meant(const struct pci_vfio_options *v, const char *host)
{
	char a[VFIO_PCI_PATH_MAX], b[VFIO_PCI_PATH_MAX];
	struct hiod_error ignored;

	if (v->sysfsdev[0])
		return !strcmp(v->sysfsdev, host);
	if (!v->host[0])
		return true;
	hiod_error_init(&ignored);
	ignored.quiet = true;
	return !vfio_pci_path(v->host, a, &ignored) && !vfio_pci_path(host, b, &ignored) &&
	       !strcmp(a, b);
}

static int take_line(Machine *m, const char *line, const char *host, bool vdpa,
		     struct pci_place *place, struct hiod_error *err)
{
	struct pci_vfio_options v;
	struct hiod_options o;
	int rc = hiod_options_start(&o, line, "driver", err);

	if (rc)
		return rc;
	if (strcmp(o.value, "vfio-pci") && !is_virtio(o.value))
		return machine_add_bridge(m, line, err);
	rc = pci_vfio_options_parse(&v, line, err);
	if (!rc && is_virtio(o.value) == vdpa && is_meant(&v, host))
		*place = v.place;
	return rc;
}

int machine_add_topology(Machine *m, const char *text, const char *host, bool vdpa,
			 struct pci_place *place, struct hiod_error *err)
{
	char line[LINE_MAX_LEN];
	unsigned n = 0;
	int rc;

	err->stage = HIOD_STAGE_CONFIG;
	pci_place_init(place);
	while ((rc = next_line(&text, &n, line, err)) > 0) {
		rc = take_line(m, line, host, vdpa, place, err);
		if (!rc)
			continue;
		if (!err->hint[0])
			hiod_error_hint(err, "topology, line %u: %s", n, line);
		return rc;
	}
	/* A line that is too long to be one. */
	if (rc)
		hiod_error_hint(err, "topology, line %u", n);
	return rc;
}
