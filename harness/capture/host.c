// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A host description in memory: freeing it, finding things in it, and the
 * table of named kernel features with the releases that have them.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host.h"

static void free_device(struct host_device *d)
{
	free(d->bdf);
	free(d->link);
	free(d->driver);
	free(d->vfio_dev);
	for (size_t i = 0; i < d->nattrs; i++) {
		free(d->attrs[i].name);
		free(d->attrs[i].value);
	}
	free(d->attrs);
	free(d->regions);
	free(d->info_caps);
	for (size_t i = 0; i < d->nregion_info; i++)
		free(d->region_info[i].caps);
	free(d->region_info);
	free(d->irq_info);
	for (size_t i = 0; i < d->nreset; i++)
		free(d->reset[i].bdf);
	free(d->reset);
}

static void free_vdpa(struct host_vdpa *v)
{
	free(v->name);
	free(v->link);
	free(v->driver);
	free(v->node_dir);
	free(v->queue_group);
	free(v->queue_desc_group);
	free(v->queue_size);
	free(v->config);
}

void host_free(struct host *h)
{
	if (!h)
		return;
	free(h->name);
	free(h->source);
	free(h->origin);
	free(h->release);
	free(h->cmdline);
	for (size_t i = 0; i < h->niommus; i++) {
		free(h->iommus[i].name);
		free(h->iommus[i].link);
		free(h->iommus[i].version);
	}
	free(h->iommus);
	for (size_t i = 0; i < h->ngroups; i++) {
		free(h->groups[i].type);
		free(h->groups[i].regions);
	}
	free(h->groups);
	for (size_t i = 0; i < h->ndevices; i++)
		free_device(&h->devices[i]);
	free(h->devices);
	for (size_t i = 0; i < h->nvdpas; i++)
		free_vdpa(&h->vdpas[i]);
	free(h->vdpas);
	for (size_t i = 0; i < h->nfiles; i++) {
		free(h->files[i].path);
		free(h->files[i].content);
	}
	free(h->files);
	for (size_t i = 0; i < h->firmware.nregions; i++) {
		struct host_firmware_region *f = &h->firmware.regions[i];

		for (size_t d = 0; d < f->ndevices; d++)
			free(f->devices[d]);
		free(f->devices);
	}
	free(h->firmware.regions);
	for (size_t i = 0; i < h->nprovenance; i++) {
		free(h->provenance[i].key);
		free(h->provenance[i].note);
	}
	free(h->provenance);
	free(h);
}

const struct host_device *host_find_device(const struct host *h, const char *bdf)
{
	for (size_t i = 0; i < h->ndevices; i++)
		if (h->devices[i].bdf && !strcmp(h->devices[i].bdf, bdf))
			return &h->devices[i];
	return NULL;
}

const struct host_group *host_find_group(const struct host *h, int id)
{
	for (size_t i = 0; i < h->ngroups; i++)
		if (h->groups[i].id == id)
			return &h->groups[i];
	return NULL;
}

const struct host_vdpa *host_find_vdpa(const struct host *h, const char *node)
{
	if (!strncmp(node, "/dev/", 5))
		node += 5;
	for (size_t i = 0; i < h->nvdpas; i++)
		if (h->vdpas[i].node_dir && !strcmp(h->vdpas[i].node_dir, node))
			return &h->vdpas[i];
	return NULL;
}

#define VER(major, minor) ((uint32_t)(major) << 16 | (minor))
#define NEVER		  UINT32_MAX

/* The first release with a feature, and the first without it again. */
static const struct {
	const char *name;
	uint32_t from;
	uint32_t until;
} features[HOST_F_NR] = {
	[HOST_F_CAPS_ALIGN8] = { "caps-align8", VER(6, 6), NEVER },
	[HOST_F_INFO_PAD] = { "info-pad", VER(6, 6), NEVER },
	[HOST_F_TYPE1_NESTING] = { "type1-nesting", 0, VER(6, 13) },
	[HOST_F_BADFD] = { "badfd", VER(6, 2), NEVER },
	[HOST_F_RMRR_EPERM] = { "rmrr-eperm", 0, VER(6, 2) },
	[HOST_F_MAP_EOVERFLOW] = { "map-eoverflow", VER(6, 18), NEVER },
	[HOST_F_IOMMUFD] = { "iommufd", VER(6, 2), NEVER },
	[HOST_F_HWPT] = { "hwpt", VER(6, 6), NEVER },
	[HOST_F_DIRTY] = { "dirty", VER(6, 7), NEVER },
	[HOST_F_INVALIDATE] = { "invalidate", VER(6, 8), NEVER },
	[HOST_F_FAULT] = { "fault", VER(6, 11), NEVER },
	[HOST_F_VIOMMU] = { "viommu", VER(6, 13), NEVER },
	[HOST_F_FIRST_STAGE] = { "first-stage", VER(6, 13), NEVER },
	[HOST_F_CHANGE_PROCESS] = { "change-process", VER(6, 14), NEVER },
	[HOST_F_PASID] = { "pasid", VER(6, 15), NEVER },
	[HOST_F_HW_INFO_PASID] = { "hw-info-pasid", VER(6, 15), NEVER },
	[HOST_F_INPUT_TYPE] = { "input-type", VER(6, 17), NEVER },
	[HOST_F_BIND_TOKEN] = { "bind-token", VER(6, 18), NEVER },
	[HOST_F_WIDTH_MGAW] = { "width-mgaw", VER(7, 0), NEVER },
	[HOST_F_NOIOMMU_PA] = { "noiommu-pa", VER(7, 3), NEVER },
	[HOST_F_IOMMUFD_TEST] = { "iommufd-test", NEVER, NEVER },
	[HOST_F_VDPA_RESUME] = { "vdpa-resume", VER(6, 3), NEVER },
	[HOST_F_VDPA_AFTER_OK] = { "vdpa-after-driver-ok", VER(6, 6), NEVER },
	[HOST_F_VDPA_DESC] = { "vdpa-desc-group", VER(6, 7), NEVER },
	[HOST_F_VDPA_SIZE] = { "vdpa-vring-size", VER(6, 9), NEVER },
	[HOST_F_VDPA_ASID_BUSY] = { "vdpa-asid-busy", VER(7, 0), NEVER },
	[HOST_F_VHOST_FORK] = { "vhost-fork", VER(6, 17), NEVER },
};

const char *host_feature_name(enum host_feature f)
{
	return (unsigned int)f < HOST_F_NR ? features[f].name : NULL;
}

int host_feature_from_name(const char *name)
{
	for (int f = 0; f < HOST_F_NR; f++)
		if (!strcmp(features[f].name, name))
			return f;
	return -1;
}

/* A decimal number of at most 16 bits at *s; -1 when there is none. Moves *s past it. */
static int32_t number(const char **s)
{
	int32_t v = 0;

	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; ++*s) {
		v = v * 10 + (**s - '0');
		if (v > UINT16_MAX)
			return -1;
	}
	return v;
}

uint32_t host_kernel_version(const char *release)
{
	int32_t major, minor;

	if (!release)
		return 0;
	major = number(&release);
	if (major < 0 || *release++ != '.')
		return 0;
	minor = number(&release);
	return minor < 0 ? 0 : VER(major, minor);
}

uint32_t host_features_default(const char *release)
{
	uint32_t ver = host_kernel_version(release), bits = 0;

	if (!ver)
		ver = VER(6, 12);
	for (unsigned int f = 0; f < HOST_F_NR; f++)
		if (ver >= features[f].from && ver < features[f].until)
			bits |= 1u << f;
	/* The PASID part of IOMMU_GET_HW_INFO, and vhost's fork control, went into 6.12's stable series. */
	if (ver == VER(6, 12))
		bits |= 1u << HOST_F_HW_INFO_PASID | 1u << HOST_F_VHOST_FORK;
	return bits;
}
