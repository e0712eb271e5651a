// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which page table serves a VFIO device of the iommufd backend: the requests to
 * attach and detach, the HostIOMMUDevice's callbacks on top of them, and dirty
 * tracking of a container's page tables. Source: QEMU's hw/vfio/iommufd.c.
 *
 * The kernel replaces a page table in one step and leaves the old one where the
 * new one does not fit. What is kept here follows the kernel: room is made
 * before a call, the record is written after it, so that any failure leaves
 * both as they were.
 */
#include "hiod/vfio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/uapi/uapi_compat.h"

/* The first version whose attach and detach name a PASID. */
#define PASID_VERSION HIOD_VERSION(11, 1)

static int check_pasid(const VFIODevice *vbasedev, uint32_t pasid, struct hiod_error *err)
{
	const struct hiod_profile *p = vbasedev->vfio->profile;

	if (pasid == HIOD_NO_PASID || p->version >= PASID_VERSION)
		return 0;
	return hiod_error_set(err, -EOPNOTSUPP, "%s attaches no PASID (%u of %s)", p->name, pasid,
			      vbasedev->name);
}

/* " pasid 5", as far as this version's messages have it. */
static const char *pasid_text(const VFIODevice *vbasedev, uint32_t pasid, char buf[24])
{
	buf[0] = '\0';
	if (vbasedev->vfio->profile->pasid_in_attach_text)
		snprintf(buf, 24, " pasid %u", pasid);
	return buf;
}

int iommufd_cdev_attach_pt(VFIODevice *vbasedev, uint32_t pasid, uint32_t id,
			   struct hiod_error *err)
{
	struct uapi_attach_iommufd_pt a = {
		.argsz = vbasedev->vfio->profile->attach_argsz,
		.flags = pasid != HIOD_NO_PASID ? UAPI_ATTACH_FLAG_PASID : 0,
		.pt_id = id,
		.pasid = pasid,
	};
	char text[24];
	int rc = check_pasid(vbasedev, pasid, err);

	if (rc)
		return rc;
	rc = shim_ioctl(vbasedev->vfio->shim, vbasedev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
	if (rc >= 0)
		return 0;
	return hiod_error_set_errno(err, rc, "[iommufd=%d] error attach %s (%d)%s to id=%u",
				    vbasedev->iommufd->fd, vbasedev->name, vbasedev->fd,
				    pasid_text(vbasedev, pasid, text), id);
}

int iommufd_cdev_detach_pt(VFIODevice *vbasedev, uint32_t pasid, struct hiod_error *err)
{
	struct uapi_detach_iommufd_pt d = {
		.argsz = vbasedev->vfio->profile->detach_argsz,
		.flags = pasid != HIOD_NO_PASID ? UAPI_DETACH_FLAG_PASID : 0,
		.pasid = pasid,
	};
	char text[24];
	int rc = check_pasid(vbasedev, pasid, err);

	if (rc)
		return rc;
	rc = shim_ioctl(vbasedev->vfio->shim, vbasedev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
	if (rc >= 0)
		return 0;
	return hiod_error_set_errno(err, rc, "detach %s%s failed", vbasedev->name,
				    pasid_text(vbasedev, pasid, text));
}

/* ---- HostIOMMUDeviceIOMMUFDVFIO ---- */

void iommufd_cdev_tell_hiod(VFIODevice *vbasedev)
{
	HostIOMMUDeviceIOMMUFD *idev = (HostIOMMUDeviceIOMMUFD *)vbasedev->hiod;

	if (!idev || !vbasedev->container)
		return;
	idev->hwpt_id = vbasedev->hwpt ? vbasedev->hwpt->hwpt_id : 0;
	idev->ioas_id = vbasedev->container->ioas_id;
}

static struct hiod_attached *find(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid)
{
	for (unsigned i = 0; i < idev->nattached; i++)
		if (idev->attached[i].pasid == pasid)
			return &idev->attached[i];
	return NULL;
}

static void forget(HostIOMMUDeviceIOMMUFD *idev, struct hiod_attached *a)
{
	*a = idev->attached[--idev->nattached];
}

static int make_room(HostIOMMUDeviceIOMMUFD *idev)
{
	unsigned room = idev->attached_room ? 2 * idev->attached_room : 4;
	struct hiod_attached *more;

	if (idev->nattached < idev->attached_room)
		return 0;
	more = realloc(idev->attached, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	idev->attached = more;
	idev->attached_room = room;
	return 0;
}

int iommufd_vfio_attach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid, uint32_t hwpt_id,
			     struct hiod_error *err)
{
	struct hiod_attached *a;
	int rc;

	if (make_room(idev))
		return hiod_error_nomem(err);
	rc = iommufd_cdev_attach_pt(idev->parent.agent, pasid, hwpt_id, err);
	if (rc)
		return rc;
	a = find(idev, pasid);
	/* Back where the device was at first: nothing is left to undo. */
	if (pasid == HIOD_NO_PASID && hwpt_id == (idev->hwpt_id ? idev->hwpt_id : idev->ioas_id)) {
		if (a)
			forget(idev, a);
		return 0;
	}
	if (!a)
		a = &idev->attached[idev->nattached++];
	*a = (struct hiod_attached){ pasid, hwpt_id };
	return 0;
}

int iommufd_vfio_detach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid, struct hiod_error *err)
{
	struct hiod_attached *a = find(idev, pasid);
	int rc;

	if (!a)
		return 0;
	if (pasid == HIOD_NO_PASID)
		rc = iommufd_cdev_attach_pt(idev->parent.agent, pasid,
					    idev->hwpt_id ? idev->hwpt_id : idev->ioas_id, err);
	else
		rc = iommufd_cdev_detach_pt(idev->parent.agent, pasid, err);
	if (!rc)
		forget(idev, a);
	return rc;
}

void iommufd_cdev_detach_pasids(VFIODevice *vbasedev)
{
	HostIOMMUDeviceIOMMUFD *idev = (HostIOMMUDeviceIOMMUFD *)vbasedev->hiod;
	struct hiod_error err;

	hiod_error_init(&err);
	while (idev && idev->nattached) {
		uint32_t pasid = idev->attached[--idev->nattached].pasid;

		if (pasid != HIOD_NO_PASID && iommufd_cdev_detach_pt(vbasedev, pasid, &err))
			hiod_report(vbasedev->vfio->report, HIOD_REPORT_ERROR, NULL, "%s",
				    err.message);
	}
}

void iommufd_vfio_finalize(HostIOMMUDevice *hiod)
{
	free(((HostIOMMUDeviceIOMMUFD *)hiod)->attached);
}

/* ---- dirty tracking ---- */

int vfio_iommufd_set_dirty_tracking(VFIOContainer *c, bool start, struct hiod_error *err)
{
	struct hiod_error ignored;
	VFIOIOASHwpt *h, *done;
	int rc;

	for (h = c->hwpts; h; h = h->next)
		h->was_tracking = h->tracking;
	for (h = c->hwpts; h; h = h->next) {
		if (!h->dirty_tracking || h->tracking == start)
			continue;
		rc = iommufd_backend_set_dirty_tracking(c->be, h->hwpt_id, start, err);
		if (rc)
			goto undo;
		h->tracking = start;
	}
	return 0;

undo:
	hiod_error_init(&ignored);
	for (done = c->hwpts; done != h; done = done->next) {
		if (done->tracking == done->was_tracking)
			continue;
		iommufd_backend_set_dirty_tracking(c->be, done->hwpt_id, !start, &ignored);
		done->tracking = !start;
	}
	return rc;
}

int vfio_iommufd_query_dirty_bitmap(VFIOContainer *c, uint64_t iova, uint64_t size,
				    uint64_t page_size, void *bitmap, struct hiod_error *err)
{
	for (const VFIOIOASHwpt *h = c->hwpts; h; h = h->next) {
		int rc;

		if (!h->dirty_tracking)
			continue;
		rc = iommufd_backend_get_dirty_bitmap(c->be, h->hwpt_id, iova, size, page_size, 0,
						      bitmap, err);
		if (rc)
			return rc;
	}
	return 0;
}
