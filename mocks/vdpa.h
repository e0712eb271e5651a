/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vhost-vdpa in the model: one node, one opener, a virtio device behind it.
 * Private to this directory. Functions return 0, or -errno as the kernel's
 * ioctl would.
 */
#ifndef HIOD_MOCKS_VDPA_H
#define HIOD_MOCKS_VDPA_H

#include "mocks/internal.h"

/* Kernel's max_iotlb_entries, of vhost_vdpa and of vdpa_sim alike. */
#define VDPA_MAPS_MAX 2048

/* An address space; exists from the first message for it until the node is closed. */
struct vdpa_as {
	bool exists;
	struct ivlist maps; /* disjoint, ascending */
};

struct vdpa_queue {
	bool ready;
	uint16_t size; /* entries, 0: as many as there are after a reset; of vp_vdpa */
	uint16_t base; /* the next available descriptor, as the device keeps it */
};

struct vdpa {
	struct model *m;
	const struct host_vdpa *h;
	bool opened;
	bool owned;
	uint8_t fork_owner;
	uint8_t status;
	bool suspended;
	bool in_batch;
	uint32_t batch_asid;
	uint64_t features; /* of the driver */
	uint64_t acked;	   /* backend features of the user */
	uint8_t *config;   /* made with the first open, and kept */
	struct vdpa_as *as;
	struct vdpa_queue *queue;
};

/* What the driver of the device can do. */
bool vdpa_maps_itself(const struct vdpa *v);
bool vdpa_has(const struct vdpa *v, unsigned int backend_bit);

/* The device's reset: status, queues; mappings and configuration stay. */
void vdpa_reset(struct vdpa *v);
/* vdpa_queue.c: the requests that name a queue, and what else only an owner may ask. */
int vdpa_queue_ioctl(struct vdpa *v, uint32_t req, uint64_t arg);
/* A descriptor to be signalled, -1 for none. */
int vdpa_eventfd(struct model *m, int32_t fd);
/* vdpa_iotlb.c: the end of all mappings. */
void vdpa_unmap_all(struct vdpa *v);

#endif
