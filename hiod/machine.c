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

	m->aw_bits = m->profile->aw_bits;
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
	if (version <= LAST_39BIT_MACHINE)
		m->aw_bits = 39;
	return 0;
}

static int set_options(Machine *m, struct hiod_options *o, struct hiod_error *err)
{
	enum hiod_irqchip irqchip = HIOD_IRQCHIP_ON;
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
	m->root = (PCIBus){ .express = true, .root = true };
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

int machine_add_viommu(Machine *m, const char *text, struct hiod_error *err)
{
	struct intel_iommu_config c;
	struct hiod_options o;
	int rc;

	err->stage = HIOD_STAGE_CONFIG;
	rc = hiod_options_start(&o, text, "driver", err);
	if (rc)
		return rc;
	if (strcmp(o.value, "intel-iommu"))
		return hiod_error_unmodelled(err, "vIOMMU '%s' is not modelled (intel-iommu is)",
					     o.value);
	intel_iommu_config_init(&c, m->profile, m->aw_bits);
	while ((rc = hiod_options_next(&o, err)) > 0) {
		rc = intel_iommu_config_set(&c, m->profile, &o, err);
		if (rc)
			break;
	}
	if (rc)
		return rc;
	if (m->has_viommu)
		return hiod_error_set(err, -EINVAL,
				      "QEMU does not support multiple vIOMMUs for x86 yet.");
	rc = intel_iommu_realize(&m->viommu, m->profile, &c, m->irqchip, &m->sys, &m->anomalies,
				 &m->root, err);
	m->has_viommu = !rc;
	return rc;
}

/* Does a rule of this version, outside of the vIOMMU itself, ask for caching-mode=on? */
static bool wants_caching_mode(const Machine *m)
{
	return m->has_viommu && !m->viommu.config.caching_mode && !m->profile->caching_mode_at_set;
}

int machine_plug(Machine *m, VFIOPCIDevice *dev, const char *sysfsdev, IOMMUFDBackend *iommufd,
		 struct hiod_error *err)
{
	int rc;

	if (!dev->pdev.bus)
		dev->pdev.bus = &m->root;
	if (m->done && wants_caching_mode(m)) {
		err->stage = HIOD_STAGE_CHECK;
		return hiod_error_set(err, -EINVAL, "%s", CACHING_MODE_TEXT);
	}
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
	vfio_pci_finalize(dev);
}

int machine_done(Machine *m, struct hiod_error *err)
{
	err->stage = HIOD_STAGE_CHECK;
	/* Whatever the device is: mediated and bypassed ones count too. */
	if (wants_caching_mode(m) && m->devices)
		return hiod_error_set(err, -EINVAL,
				      "We need to set caching-mode=on for intel-iommu to enable "
				      "device assignment with IOMMU protection.");
	m->done = true;
	return 0;
}

void machine_reset(Machine *m)
{
	if (m->has_viommu)
		intel_iommu_reset(&m->viommu);
}

void machine_finalize(Machine *m)
{
	if (!m->has_viommu)
		return;
	pci_clear_iommu(&m->root);
	intel_iommu_finalize(&m->viommu);
	m->has_viommu = false;
}
