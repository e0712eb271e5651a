// SPDX-License-Identifier: GPL-2.0-or-later
#include "selftests/hiod/vdpa_host.h"

#include <inttypes.h>
#include <stdio.h>

void vdpa_host_init(struct vdpa_host *vh)
{
	*vh = (struct vdpa_host){
		.h = { .release = (char *)"6.12.117", .nvdpas = 1, .ngroups = 1, .ndevices = 1 },
		.v = {
			.name = (char *)"vdpa0",
			.link = (char *)"../../../devices/pci0000:00/0000:00:08.0/vdpa0",
			.driver = (char *)"vhost_vdpa",
			.node_dir = (char *)"vhost-vdpa-0",
			.node = { .present = true, .major = 511, .mode = 0600 },
			.kind = HOST_VDPA_VIRTIO,
			.told = true,
			.device_id = 1,
			.features = 0x300000000,
			.backend_features = 0x10e,
			.range = { 0, (1ull << 39) - 1 },
			.queues = 2,
			.queue_max = 256,
			.groups = 1,
			.spaces = 1,
		},
		.g = { .id = 26, .nregions = 1 },
		.r = { { 0xfee00000, 0xfeefffff, HOST_REGION_MSI } },
		.d = { .bdf = (char *)"0000:00:08.0",
		       .link = (char *)"../../../devices/pci0000:00/0000:00:08.0",
		       .driver = (char *)"vp-vdpa",
		       .group = 26,
		       .iommu = -1 },
	};
}

struct shim *vdpa_host_model(struct vdpa_host *vh)
{
	vh->h.features = host_features_default(vh->h.release);
	vh->h.vdpas = &vh->v;
	vh->h.groups = &vh->g;
	vh->h.devices = &vh->d;
	vh->g.regions = vh->r;
	return model_new(&vh->h, NULL);
}

unsigned vdpa_alive(const struct shim *model)
{
	struct model_stats st;

	model_stats(model, &st);
	return st.fds + st.mappings;
}

const char *show_ranges(const struct hiod_range *r, size_t n)
{
	static char text[512];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIx64 "-%" PRIx64,
					 i ? " " : "", r[i].start, r[i].last);
	return text;
}
