// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vDPA devices: where they are, as sysfs tells it, and, where that was asked
 * for, what their open nodes tell. Opening a node resets the device behind it;
 * SET_OWNER, without which queues are not talked of, ends with closing it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/survey_state.h"
#include "harness/uapi/uapi_compat.h"

#define VDPA_DIR   "/sys/bus/vdpa/devices"
#define CONFIG_MAX 65536u
/* What a device of the kernel may have. */
#define QUEUES_MAX 65536u

/* vhost's fork control, newer than the header. */
#define GET_FORK _IOR(VHOST_VIRTIO, 0x85, uint8_t)

static void ask_config(struct survey *v, int fd)
{
	struct vhost_vdpa_config *c;
	uint32_t size = 0;

	if (shim_ioctl(v->s, fd, VHOST_VDPA_GET_CONFIG_SIZE, &size) < 0 || !size ||
	    size > CONFIG_MAX)
		return;
	c = sv_alloc(v, sizeof(*c) + size);
	if (!c)
		return;
	c->len = size;
	shim_ioctl(v->s, fd, VHOST_VDPA_GET_CONFIG, c);
	free(c);
}

/* Of each queue, until the kernel says that it does not tell. */
static void ask_queues(struct survey *v, int fd, uint32_t request, uint32_t queues)
{
	for (uint32_t i = 0; i < queues && !v->rc; i++) {
		struct vhost_vring_state s = { .index = i };

		if (shim_ioctl(v->s, fd, request, &s) < 0)
			return;
	}
}

static void ask_node(struct survey *v, int fd)
{
	static const uint32_t requests[] = {
		VHOST_VDPA_GET_DEVICE_ID,  VHOST_GET_FEATURES,	     VHOST_GET_BACKEND_FEATURES,
		VHOST_VDPA_GET_IOVA_RANGE, VHOST_VDPA_GET_VRING_NUM, VHOST_VDPA_GET_GROUP_NUM,
		VHOST_VDPA_GET_AS_NUM,	   VHOST_VDPA_GET_STATUS,    GET_FORK,
	};
	uint32_t queues = 0;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		uint64_t answer[2] = { 0 };

		shim_ioctl(v->s, fd, requests[i], answer);
	}
	ask_config(v, fd);
	if (shim_ioctl(v->s, fd, VHOST_VDPA_GET_VQS_COUNT, &queues) < 0 || queues > QUEUES_MAX)
		return;
	if (shim_ioctl(v->s, fd, VHOST_SET_OWNER, NULL) < 0)
		return;
	ask_queues(v, fd, VHOST_VDPA_GET_VRING_GROUP, queues);
	ask_queues(v, fd, VHOST_VDPA_GET_VRING_DESC_GROUP, queues);
	ask_queues(v, fd, VHOST_VDPA_GET_VRING_SIZE, queues);
}

static void node(struct survey *v, const char *dir, const char *name)
{
	char path[SV_PATH], text[64];
	struct shim_stat st;
	int fd;

	snprintf(path, sizeof(path), "%.200s/%.32s/dev", dir, name);
	sv_read(v, path, text, sizeof(text));
	snprintf(path, sizeof(path), "/dev/%.32s", name);
	shim_stat(v->s, path, &st);
	if (!v->plan->ask_vdpa)
		return;
	fd = sv_open_node(v, path);
	if (fd < 0)
		return;
	ask_node(v, fd);
	sv_close(v, &fd);
}

void sv_vdpa(struct survey *v)
{
	char dir[SV_PATH], path[SV_PATH + 16], last[64];

	for (size_t i = 0; i < v->plan->nvdpas && !v->rc; i++) {
		const char *entry = v->plan->vdpas[i], *slash = strchr(entry, '/');

		snprintf(dir, sizeof(dir), VDPA_DIR "/%.*s", slash ? (int)(slash - entry) : 100,
			 entry);
		sv_link(v, dir, last, sizeof(last));
		snprintf(path, sizeof(path), "%s/driver", dir);
		sv_link(v, path, last, sizeof(last));
		if (slash)
			node(v, dir, slash + 1);
	}
}
