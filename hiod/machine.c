// SPDX-License-Identifier: GPL-2.0-or-later
/* The machine; see machine.h. Source: QEMU's hw/i386/pc.c, pc_q35.c, intel_iommu.c. */
#include "hiod/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Machine types older than this carry settings for intel-iommu that are not modelled. */
#define OLDEST_MACHINE HIOD_VERSION(4, 0)
/* Up to here a machine type keeps the 39 bits that were the default in its day. */
#define LAST_39BIT_MACHINE HIOD_VERSION(9, 1)

/* "MAJOR.MINOR", of 4.0.1 too. 0: it is not. */
static unsigned parse_version(const char *text)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10), minor;

	if (end == text || *end != '.')
		return 0;
	text = end + 1;
	minor = strtoul(text, &end, 10);
	if (end == text || (*end && strcmp(end, ".1")) || major > 99 || minor > 12)
		return 0;
	return HIOD_VERSION(major, minor);
}

static int set_type(Machine *m, const char *type, struct hiod_error *err)
{
	const char *prefix = "pc-q35-";
	unsigned version;

	if (!strcmp(type, "q35"))
		return 0;
	if (strncmp(type, prefix, strlen(prefix)))
		return hiod_error_unmodelled(err, "machine type '%s' is not modelled (q35 is)",
					     type);
	version = parse_version(type + strlen(prefix));
	if (version > m->profile->version || !version)
		return hiod_error_set(err, -EINVAL, "%s has no machine type '%s'", m->profile->name,
				      type);
	if (version < OLDEST_MACHINE)
		return hiod_error_unmodelled(err, "machine type '%s' is too old to be modelled",
					     type);
	m->version = version;
	/* 4.0 alone, for it was taken back in 4.0.1. */
	m->irqchip_split = !strcmp(type, "pc-q35-4.0");
	if (version <= LAST_39BIT_MACHINE)
		m->aw_bits = 39;
	return 0;
}

static int set_options(Machine *m, struct hiod_options *o, struct hiod_error *err)
{
	enum hiod_irqchip irqchip = m->irqchip_split ? HIOD_IRQCHIP_SPLIT : HIOD_IRQCHIP_ON;
	bool kvm = false;
	int rc;

	while ((rc = hiod_options_next(o, err)) > 0) {
		if (!strcmp(o->key, "accel"))
			kvm = !strncmp(o->value, "kvm", 3);
		else if (!strcmp(o->key, "default-bus-bypass-iommu") ||
			 !strcmp(o->key, "default_bus_bypass_iommu"))
			rc = hiod_option_bool(o, &m->root.bypass_iommu, err);
		else if (strcmp(o->key, "kernel-irqchip") && strcmp(o->key, "kernel_irqchip"))
			continue;
		else if (!strcmp(o->value, "split"))
			irqchip = HIOD_IRQCHIP_SPLIT;
		else if (!strcmp(o->value, "off"))
			irqchip = HIOD_IRQCHIP_OFF;
		else if (!strcmp(o->value, "on"))
			irqchip = HIOD_IRQCHIP_ON;
		else
			rc = hiod_error_set(err, -EINVAL,
					    "Parameter '%s' does not accept value '%s'", o->key,
					    o->value);
		if (rc < 0)
			return rc;
	}
	/* Without KVM there is no kernel to hold an interrupt controller. */
	m->irqchip = kvm ? irqchip : HIOD_IRQCHIP_OFF;
	return rc;
}

int machine_init(Machine *m, struct shim *shim, const struct hiod_profile *profile,
		 const char *machine, const struct hiod_mem_region *mem, size_t nmem,
		 struct hiod_report *report, struct hiod_error *err)
{
	struct hiod_options o;
	int rc;

	memset(m, 0, sizeof(*m));
	m->profile = profile;
	m->vfio = (VFIOState){
		.shim = shim,
		.profile = profile,
		.report = report,
		.anomalies = &m->anomalies,
	};
	m->sys = (AddressSpace){ .mem = mem, .nmem = nmem };
	m->seen = m->sys;
	m->root = (PCIBus){ .express = true, .root = true };
	pci_topology_init(&m->topology, &m->root);
	m->version = profile->version;
	m->aw_bits = profile->aw_bits;
	err->stage = HIOD_STAGE_CONFIG;
	if (!machine)
		return 0;
	rc = hiod_options_start(&o, machine, "type", err);
	if (rc)
		return rc;
	rc = set_type(m, o.value, err);
	return rc ? rc : set_options(m, &o, err);
}

/* Known when the options are, and the device is not yet realized. */
static int plug_viommu(const Machine *m, struct hiod_error *err)
{
	if (m->viommu_kind == MACHINE_VIOMMU_NONE)
		return 0;
	return hiod_error_set(err, -EINVAL, "QEMU does not support multiple vIOMMUs for x86 yet.");
}

/* A vIOMMU that is a PCI device takes a slot, and only of a root bus. */
static int place_viommu(Machine *m, const char *model, struct hiod_error *err)
{
	PCIBus *bus = pci_topology_find(&m->topology, &m->viommu_place, false, err);
	int rc;

	if (!bus)
		return err->code;
	m->viommu_pdev = (PCIDevice){ .model = model };
	rc = pci_device_place(&m->viommu_pdev, bus, &m->viommu_place, false, err);
	if (rc || bus->root)
		return rc;
	pci_device_displace(&m->viommu_pdev);
	return hiod_error_set(err, -EINVAL, "%s must be plugged on the root bus", model);
}

static int add_intel_iommu(Machine *m, struct hiod_options *o, struct hiod_error *err)
{
	struct intel_iommu_config c;
	int rc;

	intel_iommu_config_init(&c, m->profile, m->aw_bits);
	while ((rc = hiod_options_next(o, err)) > 0) {
		rc = intel_iommu_config_set(&c, m->profile, o, err);
		if (rc)
			break;
	}
	if (!rc)
		rc = plug_viommu(m, err);
	if (!rc)
		rc = intel_iommu_realize(&m->viommu, m->profile, &c, m->irqchip, &m->seen,
					 &m->anomalies, &m->root, err);
	if (!rc)
		m->viommu_kind = MACHINE_VIOMMU_INTEL;
	return rc;
}

static int add_virtio_iommu(Machine *m, struct hiod_options *o, struct hiod_error *err)
{
	/* Writes there are interrupts on x86, whatever the host has. */
	static const struct hiod_resv_region apic = {
		{ 0xfee00000, 0xfeefffff },
		HIOD_RESV_MSI,
	};
	struct virtio_iommu_config c;
	int rc;

	/* Then the listener of each device told it of ranges and page sizes, later than now. */
	if (!m->profile->virtio_checks)
		return hiod_error_unmodelled(err, "virtio-iommu of %s is not modelled",
					     m->profile->name);
	virtio_iommu_config_init(&c, m->version);
	pci_place_init(&m->viommu_place);
	while ((rc = hiod_options_next(o, err)) > 0) {
		rc = pci_place_set(&m->viommu_place, "virtio-iommu-pci", o, err);
		if (rc == 1)
			rc = virtio_iommu_config_set(&c, o, err);
		if (rc)
			break;
	}
	if (!rc)
		rc = plug_viommu(m, err);
	if (!rc)
		rc = place_viommu(m, "virtio-iommu-pci", err);
	if (rc)
		return rc;
	rc = virtio_iommu_realize(&m->virtio_iommu, &c, &apic, 1, &m->seen, &m->anomalies, &m->root,
				  err);
	if (rc)
		pci_device_displace(&m->viommu_pdev);
	else
		m->viommu_kind = MACHINE_VIOMMU_VIRTIO;
	return rc;
}

static int add_amd_iommu(Machine *m, struct hiod_options *o, struct hiod_error *err)
{
	int rc = plug_viommu(m, err);

	pci_place_init(&m->viommu_place);
	if (!rc)
		rc = place_viommu(m, "AMDVI-PCI", err);
	if (rc)
		return rc;
	rc = amd_iommu_realize(&m->amd_iommu, m->profile, o, &m->seen, &m->root, err);
	if (rc)
		pci_device_displace(&m->viommu_pdev);
	else
		m->viommu_kind = MACHINE_VIOMMU_AMD;
	return rc;
}

int machine_add_viommu(Machine *m, const char *text, struct hiod_error *err)
{
	struct hiod_options o;
	int rc;

	err->stage = HIOD_STAGE_CONFIG;
	if (m->devices)
		hiod_anomaly_note(&m->anomalies, HIOD_ANOMALY_LISTED_FIRST, 0, 0);
	rc = hiod_options_start(&o, text, "driver", err);
	if (rc)
		return rc;
	if (m->done)
		return hiod_error_set(err, -EINVAL, "Device '%s' does not support hotplugging",
				      o.value);
	if (!strcmp(o.value, "intel-iommu"))
		return add_intel_iommu(m, &o, err);
	if (!strcmp(o.value, "virtio-iommu-pci") || !strcmp(o.value, "virtio-iommu"))
		return add_virtio_iommu(m, &o, err);
	if (!strcmp(o.value, "amd-iommu"))
		return add_amd_iommu(m, &o, err);
	return hiod_error_unmodelled(
		err,
		"vIOMMU '%s' is not modelled (intel-iommu, virtio-iommu-pci and amd-iommu are)",
		o.value);
}

/* Does a rule of this version, outside of the vIOMMU itself, ask for caching-mode=on? */
static bool wants_caching_mode(const Machine *m)
{
	return m->viommu_kind == MACHINE_VIOMMU_INTEL && !m->viommu.config.caching_mode &&
	       !m->profile->caching_mode_at_set;
}

int machine_refuses_hotplug(const Machine *m, struct hiod_error *err)
{
	if (!m->done || !wants_caching_mode(m))
		return 0;
	err->stage = HIOD_STAGE_CHECK;
	return hiod_error_set(err, -EINVAL, "%s", CACHING_MODE_TEXT);
}

int machine_plug(Machine *m, VFIOPCIDevice *dev, const char *sysfsdev, IOMMUFDBackend *iommufd,
		 struct hiod_error *err)
{
	int rc;

	if (!dev->pdev.bus)
		dev->pdev.bus = &m->root;
	if (machine_refuses_hotplug(m, err))
		return err->code;
	rc = vfio_pci_realize(dev, &m->vfio, sysfsdev, iommufd, &m->sys, err);
	if (rc)
		return rc;
	dev->next = m->devices;
	m->devices = dev;
	return 0;
}

void machine_unplug(Machine *m, VFIOPCIDevice *dev)
{
	VFIOPCIDevice **p = &m->devices;

	while (*p && *p != dev)
		p = &(*p)->next;
	if (*p)
		*p = dev->next;
	vfio_pci_exit(dev);
	/* It may have got no further than its place. */
	if (dev->vbasedev.vfio)
		vfio_pci_finalize(dev);
	pci_device_displace(&dev->pdev);
}

uint8_t machine_free_devfn(const Machine *m)
{
	/* intel-iommu is no PCI device; the others are, and came first. */
	bool taken =
		m->viommu_kind == MACHINE_VIOMMU_VIRTIO || m->viommu_kind == MACHINE_VIOMMU_AMD;

	return PCI_DEVFN(1 + taken, 0);
}

int machine_check_migration(const Machine *m, const VFIOPCIDevice *dev, bool tracks_writes,
			    struct hiod_error *err)
{
	const VFIOContainer *c = dev->vbasedev.container;

	if (!c || c->as == &m->sys)
		return 0;
	if (!m->profile->migration_blocked && !tracks_writes)
		return 0;
	return hiod_error_set(err, -ENOTSUP,
			      "%s: Migration is currently not supported with vIOMMU enabled",
			      dev->vbasedev.name);
}

int machine_done(Machine *m, struct hiod_error *err)
{
	err->stage = HIOD_STAGE_CHECK;
	/* Whatever the device is: mediated and bypassed ones count too. */
	if (wants_caching_mode(m) && m->devices)
		return hiod_error_set(err, -EINVAL,
				      "We need to set caching-mode=on for intel-iommu to enable "
				      "device assignment with IOMMU protection.");
	if (m->viommu_kind == MACHINE_VIOMMU_VIRTIO)
		virtio_iommu_freeze_granule(&m->virtio_iommu);
	m->done = true;
	return 0;
}

const struct hiod_resv_regions *machine_resv_regions(const Machine *m, PCIDevice *p)
{
	struct pci_iommu_alias a;

	if (m->viommu_kind != MACHINE_VIOMMU_VIRTIO || !p->bus)
		return NULL;
	pci_device_get_iommu_bus_devfn(p, &a);
	if (!a.iommu_bus)
		return NULL;
	return virtio_iommu_resv_regions(&m->virtio_iommu, a.aliased_bus, a.aliased_devfn);
}

void machine_finalize(Machine *m)
{
	/* A machine whose options were wrong has got no further. */
	pci_device_displace(&m->viommu_pdev);
	pci_topology_free(&m->topology);
	if (m->viommu_kind == MACHINE_VIOMMU_NONE)
		return;
	pci_clear_iommu(&m->root);
	switch (m->viommu_kind) {
	case MACHINE_VIOMMU_INTEL: intel_iommu_finalize(&m->viommu); break;
	case MACHINE_VIOMMU_VIRTIO: virtio_iommu_finalize(&m->virtio_iommu); break;
	case MACHINE_VIOMMU_AMD: amd_iommu_finalize(&m->amd_iommu); break;
	case MACHINE_VIOMMU_NONE: break;
	}
	m->viommu_kind = MACHINE_VIOMMU_NONE;
}
