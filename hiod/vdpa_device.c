// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening a vhost-vdpa node and asking what the host can do; see vdpa.h.
 * Source: drivers/vhost/vdpa.c.
 */
#include "hiod/vdpa.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include "harness/uapi/uapi_compat.h"
#include "hiod/path.h"
#include "hiod/type1_info.h"

#define NODE_PREFIX "vhost-vdpa-"

int vdpa_device_init(VDPADevice *v, struct shim *shim, struct hiod_report *report,
		     struct hiod_anomalies *anomalies, const char *node, struct hiod_error *err)
{
	const char *name = !strncmp(node, "/dev/", 5) ? node + 5 : node;
	const char *nr = name + strlen(NODE_PREFIX);

	memset(v, 0, sizeof(*v));
	v->shim = shim;
	v->report = report;
	v->anomalies = anomalies;
	v->fd = -1;
	if (strncmp(name, NODE_PREFIX, strlen(NODE_PREFIX)) || !*nr ||
	    nr[strspn(nr, "0123456789")] || strlen(nr) > 10) {
		err->stage = HIOD_STAGE_CONFIG;
		return hiod_error_set(err, -EINVAL,
				      "'%.64s' is no vhost-vdpa device: expected such as "
				      "/dev/" NODE_PREFIX "0",
				      node);
	}
	/* At most ten digits. */
	v->name = path_put(v->path, "/dev/");
	path_put(v->path + strlen("/dev/"), name);
	return 0;
}

/* strerror() has no word for one of the kernel's; the other hints say what the kernel means. */
static int fail_open(VDPADevice *v, int rc, struct hiod_error *err)
{
	if (rc == -VDPA_ENOTSUPP) {
		hiod_error_set(err, rc, "Could not open '%s': ENOTSUPP (524)", v->path);
		hiod_error_hint(err, "the IOMMU of the device behind it is not cache coherent");
		return rc;
	}
	hiod_error_set_errno(err, rc, "Could not open '%s'", v->path);
	if (rc == -EBUSY)
		hiod_error_hint(err, "a vhost-vdpa device has one user, and another has it open");
	return rc;
}

/* One structure or number that the kernel fills in. */
static int ask(VDPADevice *v, uint32_t req, const char *name, void *out, struct hiod_error *err)
{
	int rc = shim_ioctl(v->shim, v->fd, req, out);

	return rc < 0 ? hiod_error_set_errno(err, rc, "%s failed", name) : 0;
}

/*
 * The range that can be mapped. Kernels before 5.10 do not say: nothing is
 * known then, though users took it for 64 bits.
 */
static int ask_range(VDPADevice *v, struct hiod_error *err)
{
	struct vhost_vdpa_iova_range r = { 1, 0 };
	int rc = shim_ioctl(v->shim, v->fd, VHOST_VDPA_GET_IOVA_RANGE, &r);

	if (rc < 0) {
		hiod_anomaly_note(v->anomalies, HIOD_ANOMALY_RANGES_FALLBACK, (uint64_t)-rc, 0);
		return 0;
	}
	v->range = (struct hiod_range){ r.first, r.last };
	if (r.first > r.last)
		return hiod_fail_anomaly(v->anomalies, HIOD_ANOMALY_VDPA_RANGE, r.first, r.last,
					 err);
	v->range_known = true;
	return vdpa_read_ranges(v, err);
}

static int realize(VDPADevice *v, struct hiod_error *err)
{
	v->hiod = hiod_new(&host_iommu_device_legacy_vdpa_class);
	if (!v->hiod)
		return hiod_error_nomem(err);
	return HIOD_METHOD(v->hiod, realize)(v->hiod, v, err);
}

int vdpa_attach_device(VDPADevice *v, AddressSpace *as, struct hiod_error *err)
{
	int rc;

	err->stage = HIOD_STAGE_OPEN;
	rc = shim_open(v->shim, v->path, O_RDWR | O_CLOEXEC);
	if (rc < 0)
		return fail_open(v, rc, err);
	v->fd = rc;
	v->as = as;
	v->owned = false;
	err->stage = HIOD_STAGE_REALIZE;
	rc = ask(v, VHOST_GET_FEATURES, "VHOST_GET_FEATURES", &v->features, err);
	if (!rc)
		rc = ask(v, VHOST_GET_BACKEND_FEATURES, "VHOST_GET_BACKEND_FEATURES",
			 &v->backend_features, err);
	if (!rc)
		rc = ask_range(v, err);
	if (!rc)
		rc = vdpa_map_memory(v, err);
	if (!rc)
		rc = realize(v, err);
	if (rc)
		vdpa_detach_device(v);
	return rc;
}

void vdpa_detach_device(VDPADevice *v)
{
	if (v->fd < 0)
		return;
	hiod_unref(v->hiod);
	v->hiod = NULL;
	vdpa_unmap_memory(v);
	shim_close(v->shim, v->fd);
	v->fd = -1;
	range_list_free(&v->iova_ranges);
	v->range_known = false;
}

int vdpa_device_get_aw_bits(const VDPADevice *v)
{
	const struct hiod_ranges *l = &v->iova_ranges;

	if (l->n)
		return range_get_last_bit(range_list_last(l)) + 1;
	return v->range_known ? 0 : HOST_IOMMU_DEVICE_CAP_AW_BITS_MAX;
}

uint64_t vdpa_device_get_page_sizes(const VDPADevice *v)
{
	return -(uint64_t)HIOD_HOST_PAGE_SIZE;
}
