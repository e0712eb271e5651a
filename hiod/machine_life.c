// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens to a machine that runs: devices get places, the guest's driver
 * turns translation on and off, the system is reset; see machine.h. Source:
 * QEMU's hw/i386/intel_iommu.c, hw/vfio/listener.c, system/qdev-monitor.c.
 */
#include <errno.h>
#include <string.h>
#include "hiod/machine.h"
#include "hiod/vdpa_pci.h"

int machine_add_bridge(Machine *m, const char *text, struct hiod_error *err)
{
	return pci_topology_add(&m->topology, text, m->done, err);
}

int machine_place(Machine *m, PCIDevice *dev, const struct pci_place *place, struct hiod_error *err)
{
	PCIBus *bus;
	int rc;

	err->stage = HIOD_STAGE_CONFIG;
	bus = pci_topology_find(&m->topology, place, m->done, err);
	if (!bus)
		return err->code;
	rc = machine_refuses_hotplug(m, err);
	if (rc)
		return rc;
	return pci_device_place(dev, bus, place, m->done, err);
}

/* ---- what devices below the vIOMMU see ---- */

static bool below(const Machine *m, const VFIOContainer *c)
{
	return c->as != &m->sys;
}

/* Is there a container that a mapping of the guest's would have to reach? */
static bool any_below(const Machine *m)
{
	const VFIOContainer *c = m->vfio.containers;

	while (c && !below(m, c))
		c = c->next;
	return c;
}

/*
 * intel-iommu asks more of a device when its mappings are to be followed than
 * when it was plugged in: only then a notifier is registered.
 */
static int check_notifiers(const Machine *m, struct hiod_error *err)
{
	const struct intel_iommu_config *c = &m->viommu.config;

	if (m->viommu_kind != MACHINE_VIOMMU_INTEL || !any_below(m))
		return 0;
	err->stage = HIOD_STAGE_CHECK;
	if (c->snoop_control)
		return hiod_error_set(err, -ENOTSUP,
				      "Snoop Control with vhost or VFIO is not supported");
	for (const VFIOPCIDevice *d = m->devices; !c->caching_mode && d; d = d->next) {
		struct pci_iommu_alias a;

		pci_device_get_iommu_bus_devfn((PCIDevice *)&d->pdev, &a);
		if (!d->vbasedev.container || !below(m, d->vbasedev.container))
			continue;
		/* The guest's numbers of buses are not known here. */
		if (a.aliased_bus != &m->root)
			return hiod_error_set(err, -ENOTSUP, "device requires caching mode");
		return hiod_error_set(err, -ENOTSUP, "device %02x.%02x.%x requires caching mode", 0,
				      PCI_SLOT(a.aliased_devfn), PCI_FUNC(a.aliased_devfn));
	}
	return 0;
}

static void unmap_all(Machine *m)
{
	for (VFIOContainer *c = m->vfio.containers; c; c = c->next)
		if (below(m, c))
			vfio_listener_unregister(c);
	for (VDPAPCIDevice *d = m->vdpas; d; d = d->next)
		if (d->vdpa.as != &m->sys)
			vdpa_unmap_memory(&d->vdpa);
}

/* All are tried; the first failure is told. */
static int map_all(Machine *m, struct hiod_error *err)
{
	int rc, first = 0;

	for (VFIOContainer *c = m->vfio.containers; c; c = c->next) {
		if (!below(m, c))
			continue;
		c->as->mem = m->seen.mem;
		c->as->nmem = m->seen.nmem;
		rc = vfio_listener_register(c, err);
		first = first ? first : rc;
	}
	for (VDPAPCIDevice *d = m->vdpas; d; d = d->next) {
		if (d->vdpa.as == &m->sys)
			continue;
		d->vdpa.as->mem = m->seen.mem;
		d->vdpa.as->nmem = m->seen.nmem;
		rc = vdpa_map_memory(&d->vdpa, err);
		first = first ? first : rc;
	}
	return first;
}

/* Without a driver: virtio-iommu may be told to keep devices off memory then too. */
static bool sees_nothing(const Machine *m)
{
	return m->viommu_kind == MACHINE_VIOMMU_VIRTIO && !m->virtio_iommu.config.boot_bypass;
}

int machine_set_translation(Machine *m, bool on, struct hiod_error *err)
{
	int rc = 0;

	if (m->viommu_kind == MACHINE_VIOMMU_NONE || on == m->translation)
		return 0;
	if (on) {
		rc = check_notifiers(m, err);
		if (rc)
			return rc;
	}
	unmap_all(m);
	m->translation = on;
	m->seen = on || sees_nothing(m) ? (AddressSpace){ 0 } : m->sys;
	return map_all(m, err);
}

int machine_reset_viommu(Machine *m, struct hiod_error *err)
{
	int rc = machine_set_translation(m, false, err);

	/* virtio-iommu's page sizes and frozen granule outlast it. */
	if (m->viommu_kind == MACHINE_VIOMMU_INTEL)
		intel_iommu_reset(&m->viommu);
	return rc;
}

int machine_reset(Machine *m, struct hiod_error *err)
{
	/* Devices are reset too, and stay attached: of no account here. */
	return machine_reset_viommu(m, err);
}

/* ---- the table ---- */

unsigned machine_table_size(const Machine *m)
{
	switch (m->viommu_kind) {
	case MACHINE_VIOMMU_INTEL: return intel_iommu_count(&m->viommu);
	case MACHINE_VIOMMU_VIRTIO: return virtio_iommu_count(&m->virtio_iommu);
	case MACHINE_VIOMMU_AMD:
	case MACHINE_VIOMMU_NONE: break;
	}
	return 0;
}

HostIOMMUDevice *machine_find_hiod(const Machine *m, const PCIDevice *p)
{
	switch (m->viommu_kind) {
	case MACHINE_VIOMMU_INTEL: return intel_iommu_find(&m->viommu, p->bus, p->devfn);
	case MACHINE_VIOMMU_VIRTIO: return virtio_iommu_find(&m->virtio_iommu, p->bus, p->devfn);
	case MACHINE_VIOMMU_AMD:
	case MACHINE_VIOMMU_NONE: break;
	}
	return NULL;
}
