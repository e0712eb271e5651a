// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The survey of files: the kernel, its modules' parameters, IOMMU units,
 * groups with their members, and devices.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/survey_state.h"

#define PCI_DIR	  "/sys/bus/pci/devices"
#define UNIT_DIR  "/sys/class/iommu"
#define GROUP_DIR "/sys/kernel/iommu_groups"
/* sysfs gives a page; a command line may be longer. */
#define TEXT_MAX 16384

static void read_in(struct survey *v, const char *dir, const char *name)
{
	char path[SV_PATH], *text;
	ssize_t n;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path)) {
		sv_note(v, dir, -ENAMETOOLONG);
		return;
	}
	text = sv_alloc(v, TEXT_MAX);
	if (!text)
		return;
	n = sv_read(v, path, text, TEXT_MAX);
	/* What a kernel or a device has no file for is no news. */
	if (n < 0 && n != -ENOENT)
		sv_note(v, path, (int)n);
	free(text);
}

static void read_all(struct survey *v, const char *dir, const char *const *names)
{
	for (; *names && !v->rc; names++)
		read_in(v, dir, *names);
}

static void unit_files(struct survey *v, const char *unit)
{
	static const char *const files[] = { "intel-iommu/version",
					     "intel-iommu/address",
					     "intel-iommu/cap",
					     "intel-iommu/ecap",
					     "intel-iommu/domains_supported",
					     "intel-iommu/domains_used",
					     "amd-iommu/cap",
					     "amd-iommu/features",
					     NULL };
	char dir[SV_PATH];

	snprintf(dir, sizeof(dir), UNIT_DIR "/%.64s", unit);
	read_all(v, dir, files);
}

static bool in_plan(const struct survey *v, const char *bdf)
{
	for (size_t i = 0; i < v->plan->ndevices; i++) {
		if (!strcmp(v->plan->devices[i], bdf))
			return true;
	}
	return false;
}

/* A device that is not asked itself, but shares its group with others: who it is, who has it. */
static void member_files(struct survey *v, const char *name)
{
	static const char *const files[] = { "vendor", "device", "class", NULL };
	static const char *const links[] = { "", "/iommu_group", "/iommu", "/driver" };
	char dir[SV_PATH], path[SV_PATH + 16], last[64];

	/* Members on other buses have no place in a description. */
	if (strlen(name) > 20 || !strchr(name, ':') || in_plan(v, name))
		return;
	snprintf(dir, sizeof(dir), PCI_DIR "/%s", name);
	read_all(v, dir, files);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, links[i]);
		sv_link(v, path, last, sizeof(last));
	}
}

static void group_files(struct survey *v, const char *group)
{
	static const char *const files[] = { "type", "reserved_regions", "name", NULL };
	char dir[SV_PATH], path[SV_PATH + 16], *names;
	ssize_t n;

	snprintf(dir, sizeof(dir), GROUP_DIR "/%.16s", group);
	snprintf(path, sizeof(path), "%s/devices", dir);
	n = sv_list(v, path, &names);
	read_all(v, dir, files);
	for (ssize_t i = 0; i < n && !v->rc; i += (ssize_t)strlen(names + i) + 1)
		member_files(v, names + i);
	if (n >= 0)
		free(names);
}

void sv_host_files(struct survey *v)
{
	static const char *const files[] = {
		"/proc/sys/kernel/osrelease",
		"/proc/cmdline",
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
		"/sys/module/vfio_iommu_type1/parameters/disable_hugepages",
		"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
		"/sys/module/iommufd/parameters/allow_unsafe_interrupts",
		NULL
	};
	char *groups;
	ssize_t n;

	for (size_t i = 0; files[i] && !v->rc; i++)
		read_in(v, "", files[i] + 1);
	for (size_t i = 0; i < v->plan->nunits && !v->rc; i++)
		unit_files(v, v->plan->units[i]);
	/* Before any device: a description keeps groups and members in this order. */
	n = sv_list(v, GROUP_DIR, &groups);
	for (ssize_t i = 0; i < n && !v->rc; i += (ssize_t)strlen(groups + i) + 1)
		group_files(v, groups + i);
	if (n >= 0)
		free(groups);
}

/* The entry in vfio-dev/, and the numbers of its node. */
static void vfio_dev(struct survey *v, const char *dir, struct sv_device *dev)
{
	char path[SV_PATH], file[SV_PATH + 80], *names;
	ssize_t n;

	snprintf(path, sizeof(path), "%.64s/vfio-dev", dir);
	n = sv_list(v, path, &names);
	for (ssize_t i = 0; i < n && !dev->vfio[0]; i += (ssize_t)strlen(names + i) + 1) {
		const char *name = names + i;

		dev->noiommu = !strncmp(name, "noiommu-vfio", 12);
		if ((dev->noiommu || !strncmp(name, "vfio", 4)) && strlen(name) < 64)
			strcpy(dev->vfio, name);
	}
	if (n >= 0)
		free(names);
	if (!dev->vfio[0])
		return;
	snprintf(file, sizeof(file), "%s/dev", dev->vfio);
	read_in(v, path, file);
}

void sv_device_files(struct survey *v, struct sv_device *dev)
{
	static const char *const files[] = {
		"vendor",
		"device",
		"class",
		"irq",
		"dma_mask_bits",
		"consistent_dma_mask_bits",
		"numa_node",
		"revision",
		"subsystem_vendor",
		"subsystem_device",
		NULL,
	};
	char dir[SV_PATH], path[SV_PATH + 16], last[64];

	snprintf(dir, sizeof(dir), PCI_DIR "/%.32s", dev->bdf);
	read_all(v, dir, files);
	sv_link(v, dir, last, sizeof(last));
	snprintf(path, sizeof(path), "%s/iommu_group", dir);
	sv_link(v, path, dev->group, sizeof(dev->group));
	snprintf(path, sizeof(path), "%s/iommu", dir);
	sv_link(v, path, last, sizeof(last));
	snprintf(path, sizeof(path), "%s/driver", dir);
	sv_link(v, path, last, sizeof(last));
	vfio_dev(v, dir, dev);
}
