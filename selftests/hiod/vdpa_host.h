/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with one vDPA device on a PCI device, and the model kernel of it. */
#ifndef HIOD_SELFTEST_VDPA_HOST_H
#define HIOD_SELFTEST_VDPA_HOST_H

#include "harness/capture/host.h"
#include "hiod/vdpa.h"
#include "mocks/model.h"

#define VDPA_NODE "/dev/vhost-vdpa-0"

/* Nothing in it is allocated: change what you like before vdpa_host_model(). */
struct vdpa_host {
	struct host h;
	struct host_vdpa v;  /* [0, 2^39 - 1], below 0000:00:08.0 */
	struct host_group g; /* 26: the MSI window */
	struct host_region r[4];
	struct host_device d;
};

void vdpa_host_init(struct vdpa_host *vh);
/* The owner calls shim_destroy(). */
struct shim *vdpa_host_model(struct vdpa_host *vh);
/* What is alive in a model but for files of its tree: 0 after everything was closed. */
unsigned vdpa_alive(const struct shim *model);
/* "0-fedfffff fef00000-7fffffffff"; in static memory, until the next call. */
const char *show_ranges(const struct hiod_range *r, size_t n);

#endif
