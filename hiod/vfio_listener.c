// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory listener: guest memory into a container and out of it; see vfio.h. */
#include "hiod/vfio.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int dma_map(VFIOContainer *c, const struct hiod_mem_region *m)
{
	int rc;

	if (!c->is_iommufd)
		return vfio_legacy_dma_map(c, m);
	rc = iommufd_backend_map_dma(c->be, c->ioas_id, m);
	if (rc == -EFAULT)
		hiod_report(c->vfio->report, HIOD_REPORT_WARNING, NULL,
			    "IOMMU_IOAS_MAP failed: %s, PCI BAR?", strerror(EFAULT));
	return rc;
}

static int dma_unmap(VFIOContainer *c, const struct hiod_mem_region *m)
{
	if (!c->is_iommufd)
		return vfio_legacy_dma_unmap(c, m->iova, m->size);
	return iommufd_backend_unmap_dma(c->be, c->ioas_id, m->iova, m->size);
}

/* The host's erratum 772415: its parent page table must not hold read-only entries. */
static bool skipped(const VFIOContainer *c, const struct hiod_mem_region *m)
{
	return c->bypass_ro && m->readonly;
}

int vfio_listener_register(VFIOContainer *c, struct hiod_error *err)
{
	const AddressSpace *as = c->as;
	int rc, first = 0;

	if (as->refusal)
		return hiod_error_set(err, -EINVAL, "memory listener initialization failed: %s",
				      as->refusal);
	c->registered = true;
	for (size_t i = 0; i < as->nmem; i++) {
		const struct hiod_mem_region *m = &as->mem[i];

		if (skipped(c, m))
			continue;
		rc = dma_map(c, m);
		if (rc >= 0 || first)
			continue;
		first = rc;
		hiod_error_set(err, rc,
			       "vfio_container_dma_map(%p, 0x%" PRIx64 ", 0x%" PRIx64
			       ", %p) = %d (%s)",
			       (void *)c, m->iova, m->size, m->vaddr, rc, strerror(-rc));
		hiod_error_prepend(err, "memory listener initialization failed: Region %s: ",
				   m->name ? m->name : "ram");
	}
	return first;
}

void vfio_listener_unregister(VFIOContainer *c)
{
	const AddressSpace *as = c->as;
	int rc;

	if (!c->registered)
		return;
	c->registered = false;
	for (size_t i = 0; i < as->nmem; i++) {
		const struct hiod_mem_region *m = &as->mem[i];

		if (skipped(c, m))
			continue;
		rc = dma_unmap(c, m);
		if (rc < 0)
			hiod_report(c->vfio->report, HIOD_REPORT_ERROR, NULL,
				    "vfio_container_dma_unmap(%p, 0x%" PRIx64 ", 0x%" PRIx64
				    ") = %d (%s)",
				    (void *)c, m->iova, m->size, rc, strerror(-rc));
	}
}
