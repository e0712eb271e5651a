// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guest memory into a vDPA device: IOTLB messages, written to the node by its
 * owner. Source: drivers/vhost/vdpa.c, vhost.c.
 */
#include "hiod/vdpa.h"

#include <errno.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"

#define BACKEND_BIT(name) (1ull << VHOST_BACKEND_F_##name)

/* The kernel answers with the message's whole size, and hides every error of a handler in EFAULT. */
static int send(VDPADevice *v, uint8_t type, const struct hiod_mem_region *m)
{
	struct vhost_msg_v2 msg;
	ssize_t n;

	memset(&msg, 0, sizeof(msg));
	msg.type = VHOST_IOTLB_MSG_V2;
	msg.iotlb.type = type;
	if (m) {
		msg.iotlb.iova = m->iova;
		msg.iotlb.size = m->size;
		msg.iotlb.uaddr = (uintptr_t)m->vaddr;
		msg.iotlb.perm = m->readonly ? VHOST_ACCESS_RO : VHOST_ACCESS_RW;
	}
	n = shim_write(v->shim, v->fd, &msg, sizeof(msg));
	if (n < 0)
		return (int)n;
	return n == (ssize_t)sizeof(msg) ? 0 : -EIO;
}

/* The owner is whose memory is mapped; message format and batches are agreed upon. */
static int take(VDPADevice *v, struct hiod_error *err)
{
	uint64_t wanted = BACKEND_BIT(IOTLB_MSG_V2) | BACKEND_BIT(IOTLB_BATCH);
	int rc;

	if (v->owned)
		return 0;
	rc = shim_ioctl(v->shim, v->fd, VHOST_SET_OWNER, NULL);
	if (rc < 0)
		return hiod_error_set_errno(err, rc, "VHOST_SET_OWNER failed");
	wanted &= v->backend_features;
	if (!(wanted & BACKEND_BIT(IOTLB_MSG_V2)))
		return hiod_error_set(err, -EOPNOTSUPP,
				      "vhost-vdpa has no IOTLB messages of version 2");
	rc = shim_ioctl(v->shim, v->fd, VHOST_SET_BACKEND_FEATURES, &wanted);
	if (rc < 0)
		return hiod_error_set_errno(err, rc, "VHOST_SET_BACKEND_FEATURES failed");
	v->owned = true;
	return 0;
}

static bool batches(const VDPADevice *v)
{
	return v->backend_features & BACKEND_BIT(IOTLB_BATCH);
}

int vdpa_map_memory(VDPADevice *v, struct hiod_error *err)
{
	int rc;

	if (!v->as->nmem)
		return 0;
	rc = take(v, err);
	if (rc)
		return rc;
	rc = batches(v) ? send(v, VHOST_IOTLB_BATCH_BEGIN, NULL) : 0;
	if (rc)
		return hiod_error_set_errno(err, rc, "vhost-vdpa takes no batch of mappings");
	for (; v->nmapped < v->as->nmem && !rc; v->nmapped++) {
		const struct hiod_mem_region *m = &v->as->mem[v->nmapped];

		rc = send(v, VHOST_IOTLB_UPDATE, m);
		if (rc) {
			hiod_error_set_errno(err, rc, "failed to map %s at 0x%llx, 0x%llx bytes",
					     m->name ? m->name : "ram", (unsigned long long)m->iova,
					     (unsigned long long)m->size);
			break;
		}
	}
	if (!rc && batches(v)) {
		rc = send(v, VHOST_IOTLB_BATCH_END, NULL);
		if (rc)
			hiod_error_set_errno(err, rc, "vhost-vdpa ends no batch of mappings");
	}
	return rc;
}

/* Closing the node would do it too: this is what a user does that goes on with it. */
void vdpa_unmap_memory(VDPADevice *v)
{
	while (v->nmapped) {
		const struct hiod_mem_region *m = &v->as->mem[--v->nmapped];
		int rc = send(v, VHOST_IOTLB_INVALIDATE, m);

		if (rc)
			hiod_report(v->report, HIOD_REPORT_ERROR, NULL,
				    "failed to unmap %s at 0x%llx: %s", m->name ? m->name : "ram",
				    (unsigned long long)m->iova, strerror(-rc));
	}
}
