// SPDX-License-Identifier: GPL-2.0-or-later
/* See guest.h. */
#include "selftests/hiod/guest.h"

#include <string.h>

int guest_init(struct guest *g, const char *profile, const char *viommu,
	       const struct hiod_mem_region *mem, size_t nmem)
{
	int rc;

	memset(g, 0, sizeof(*g));
	fake_init(&g->f);
	hiod_error_init(&g->err);
	rc = machine_init(&g->m, &g->f.shim, hiod_profile_find(profile), NULL, mem, nmem, NULL,
			  &g->err);
	if (!rc && viommu)
		rc = machine_add_viommu(&g->m, viommu, &g->err);
	if (!rc)
		rc = iommufd_backend_init(&g->be, &g->f.shim, g->m.profile, NULL, &g->err);
	return rc;
}

int guest_plug(struct guest *g, enum hiod_backend be, const char *bdf)
{
	char path[VFIO_PCI_PATH_MAX];
	VFIOPCIDevice *dev = &g->dev[g->n];
	int rc = vfio_pci_path(bdf, path, &g->err);

	dev->pdev.devfn = PCI_DEVFN(1 + g->n, 0);
	g->n++;
	return rc ? rc
		  : machine_plug(&g->m, dev, path, be == HIOD_BACKEND_IOMMUFD ? &g->be : NULL,
				 &g->err);
}

void guest_end(struct guest *g)
{
	while (g->n--)
		machine_unplug(&g->m, &g->dev[g->n]);
	machine_finalize(&g->m);
}
