// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridges and buses from -device options; see topology.h. */
#include "hiod/topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pci_node {
	const struct bridge_type *type;
	PCIDevice dev;
	PCIBus bus;
	struct pci_place place;
	unsigned chassis, slot;
	struct pci_node *next;
};

enum {
	BUS_EXPRESS = 1 << 0,  /* the bus below is PCI Express */
	DEV_EXPRESS = 1 << 1,  /* the device has a PCI Express capability */
	PORT = 1 << 2,	       /* one slot below */
	CHASSIS = 1 << 3,      /* chassis and slot are one's own */
	CHASSIS_NR = 1 << 4,   /* chassis_nr is mandatory */
	EXPANDER = 1 << 5,     /* a root bus below */
	SHPC = 1 << 6,	       /* a standard hot-plug controller, where ACPI has none */
	CONVENTIONAL = 1 << 7, /* an expander that no PCI Express bus takes */
};

static const struct bridge_type {
	const char *driver;
	unsigned flags;
	uint8_t pcie_type; /* PCIe 7.5.3.2 */
} types[] = {
	{ "pcie-root-port", BUS_EXPRESS | DEV_EXPRESS | PORT | CHASSIS, 4 },
	{ "ioh3420", BUS_EXPRESS | DEV_EXPRESS | PORT | CHASSIS, 4 },
	{ "x3130-upstream", BUS_EXPRESS | DEV_EXPRESS, 5 },
	{ "xio3130-downstream", BUS_EXPRESS | DEV_EXPRESS | PORT | CHASSIS, 6 },
	{ "pcie-pci-bridge", DEV_EXPRESS | SHPC, PCI_EXP_TYPE_PCI_BRIDGE },
	{ "pci-bridge", CHASSIS_NR, 0 },
	{ "i82801b11-bridge", 0, 0 },
	{ "pxb-pcie", BUS_EXPRESS | EXPANDER, 0 },
	{ "pxb", EXPANDER | CONVENTIONAL, 0 },
};

/* Properties of bridges that neither place anything nor refuse anything. */
static const char *const ignored[] = {
	"acpi-index",
	"aer",
	"bus-reserve",
	"disable-acs",
	"io-reserve",
	"mem-reserve",
	"msi",
	"numa_node",
	"port",
	"power_controller_present",
	"pref32-reserve",
	"pref64-reserve",
	"rombar",
	"romfile",
	"romsize",
	"x-speed",
	"x-width",
	"x-acpi-index",
	NULL,
};

static const struct bridge_type *find_type(const char *driver)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].driver, driver))
			return &types[i];
	return NULL;
}

bool pci_topology_knows(const char *driver)
{
	return find_type(driver) != NULL;
}

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(s, *words))
			return true;
	return false;
}

void pci_topology_init(PCITopology *t, PCIBus *root)
{
	static const struct {
		const char *model;
		uint8_t devfn;
		bool multifunction;
	} built_in[PCI_BUILT_IN] = {
		{ "mch", PCI_DEVFN(0, 0), false },
		{ "ICH9-LPC", PCI_DEVFN(31, 0), true },
		{ "ich9-ahci", PCI_DEVFN(31, 2), false },
		{ "ICH9-SMB", PCI_DEVFN(31, 3), false },
	};

	*t = (PCITopology){ .root = root };
	root->name = "pcie.0";
	root->devices = NULL;
	for (size_t i = 0; i < PCI_BUILT_IN; i++) {
		t->built_in[i] = (PCIDevice){
			.bus = root,
			.devfn = built_in[i].devfn,
			.model = built_in[i].model,
			.multifunction = built_in[i].multifunction,
			.placed = true,
			.next_on_bus = root->devices,
		};
		root->devices = &t->built_in[i];
	}
}

void pci_topology_free(PCITopology *t)
{
	while (t->nodes) {
		struct pci_node *n = t->nodes;

		t->nodes = n->next;
		pci_device_displace(&n->dev);
		free(n);
	}
}

PCIBus *pci_topology_bus(PCITopology *t, const char *name)
{
	/* The root bus is found first, whatever else has its name. */
	if (!strcmp(name, t->root->name))
		return t->root;
	for (struct pci_node *n = t->nodes; n; n = n->next)
		if (n->bus.name && !strcmp(n->bus.name, name))
			return &n->bus;
	return NULL;
}

PCIBus *pci_topology_default_bus(PCITopology *t)
{
	for (struct pci_node *n = t->nodes; n; n = n->next)
		if (n->type->flags & EXPANDER)
			return &n->bus;
	return t->root;
}

static bool on_bus(const PCIBus *bus, const char *id)
{
	for (const PCIDevice *d = bus->devices; d; d = d->next_on_bus)
		if (d->id && !strcmp(d->id, id))
			return true;
	return false;
}

static bool id_taken(const PCITopology *t, const char *id)
{
	for (const struct pci_node *n = t->nodes; n; n = n->next)
		if (on_bus(&n->bus, id))
			return true;
	return on_bus(t->root, id);
}

PCIBus *pci_topology_find(PCITopology *t, const struct pci_place *p, bool hot,
			  struct hiod_error *err)
{
	PCIBus *bus = p->bus[0] ? pci_topology_bus(t, p->bus) : pci_topology_default_bus(t);

	if (!bus) {
		hiod_error_set(err, -ENOENT, "Bus '%s' not found", p->bus);
		return NULL;
	}
	if (p->id[0] && id_taken(t, p->id)) {
		/* Two parsers, two texts. */
		hiod_error_set(err, -EEXIST,
			       hot ? "Duplicate device ID '%s'" : "Duplicate ID '%s' for device",
			       p->id);
		return NULL;
	}
	if (!hot || bus->hotplug)
		return bus;
	hiod_error_set(err, -EINVAL, "Bus '%s' does not support hotplugging",
		       bus->name ? bus->name : "");
	return NULL;
}

/* The hot-plug capability of the bus below, and whether its slot 0 is a controller's. */
static void set_hotplug(struct pci_node *n, bool on)
{
	const PCIBus *up = n->dev.bus;
	bool acpi = true;

	while (!up->root)
		up = up->parent_dev->bus;
	/* ACPI describes the slots below the machine's own host bridge. */
	acpi = !up->parent_dev;
	n->bus.hotplug = on && !(n->type->flags & EXPANDER);
	n->bus.no_slot_0 = !acpi && n->type->flags & SHPC;
}

/* Chassis and slot number tell ports apart, also those of different models. */
static int check_chassis(const PCITopology *t, const struct pci_node *n, struct hiod_error *err)
{
	if (n->type->flags & CHASSIS_NR && !n->chassis)
		return hiod_error_set(err, -EINVAL,
				      "Bridge chassis not specified. Each bridge is required to be "
				      "assigned a unique chassis id > 0.");
	if (!(n->type->flags & CHASSIS))
		return 0;
	for (const struct pci_node *i = t->nodes; i; i = i->next)
		if (i->type->flags & CHASSIS && i->chassis == n->chassis && i->slot == n->slot)
			return hiod_error_set(err, -EBUSY, "Can't add chassis slot, error %d",
					      -EBUSY);
	return 0;
}

static int number(const struct hiod_options *o, uint64_t max, const char *type, unsigned *v,
		  struct hiod_error *err)
{
	uint64_t n;
	int rc = hiod_option_uint(o, max, type, &n, err);

	if (!rc)
		*v = n;
	return rc;
}

static int set_property(struct pci_node *n, const struct hiod_options *o, bool *hotplug,
			struct hiod_error *err)
{
	unsigned flags = n->type->flags, ignore;
	bool on;
	int rc = pci_place_set(&n->place, n->type->driver, o, err);

	if (rc <= 0)
		return rc;
	if (flags & CHASSIS && !strcmp(o->key, "chassis"))
		return number(o, UINT8_MAX, "uint8_t", &n->chassis, err);
	if (flags & CHASSIS && !strcmp(o->key, "slot"))
		return number(o, UINT16_MAX, "uint16_t", &n->slot, err);
	if (flags & CHASSIS_NR && !strcmp(o->key, "chassis_nr"))
		return number(o, UINT8_MAX, "uint8_t", &n->chassis, err);
	if (flags & EXPANDER && !strcmp(o->key, "bus_nr"))
		return number(o, UINT8_MAX, "uint8_t", &ignore, err);
	if (flags & EXPANDER && !strcmp(o->key, "bypass_iommu"))
		return hiod_option_bool(o, &n->bus.bypass_iommu, err);
	if (flags & PORT && !strcmp(o->key, "hotplug"))
		return hiod_option_bool(o, hotplug, err);
	if (!strcmp(o->key, "shpc"))
		return hiod_option_bool(o, &on, err);
	if (one_of(o->key, ignored))
		return 0;
	return hiod_error_unmodelled(err, "property '%s' of %s is not modelled", o->key,
				     n->type->driver);
}

static int realize(PCITopology *t, struct pci_node *n, bool hotplug, bool hot,
		   struct hiod_error *err)
{
	unsigned flags = n->type->flags;
	PCIBus *up;
	int rc;

	up = pci_topology_find(t, &n->place, hot, err);
	if (!up)
		return err->code;
	n->dev.model = n->type->driver;
	n->dev.bridge = !(flags & EXPANDER);
	n->dev.express = flags & DEV_EXPRESS;
	n->dev.pcie_type = n->type->pcie_type;
	rc = pci_device_place(&n->dev, up, &n->place, hot, err);
	if (rc)
		return rc;
	if (flags & EXPANDER && up != t->root)
		rc = hiod_error_set(err, -EINVAL, "PXB devices can be attached only to root bus");
	else if (flags & CONVENTIONAL)
		rc = hiod_error_set(err, -EINVAL, "pxb devices cannot reside on a PCIe bus");
	else
		rc = check_chassis(t, n, err);
	if (rc) {
		pci_device_displace(&n->dev);
		return rc;
	}
	n->bus.name = n->place.id[0] ? n->place.id : NULL;
	n->bus.parent_dev = &n->dev;
	n->bus.express = flags & BUS_EXPRESS;
	n->bus.root = flags & EXPANDER;
	n->bus.bridges_only = flags & EXPANDER;
	n->bus.port = flags & PORT;
	set_hotplug(n, hotplug);
	n->next = t->nodes;
	t->nodes = n;
	return 0;
}

int pci_topology_add(PCITopology *t, const char *text, bool hot, struct hiod_error *err)
{
	bool hotplug = true;
	struct hiod_options o;
	struct pci_node *n;
	int rc;

	err->stage = HIOD_STAGE_CONFIG;
	rc = hiod_options_start(&o, text, "driver", err);
	if (rc)
		return rc;
	if (!pci_topology_knows(o.value))
		return hiod_error_unmodelled(err, "device '%s' is no bridge that is modelled",
					     o.value);
	n = calloc(1, sizeof(*n));
	if (!n)
		return hiod_error_nomem(err);
	n->type = find_type(o.value);
	pci_place_init(&n->place);
	while ((rc = hiod_options_next(&o, err)) > 0) {
		rc = set_property(n, &o, &hotplug, err);
		if (rc)
			break;
	}
	if (!rc)
		rc = realize(t, n, hotplug, hot, err);
	if (rc)
		free(n);
	return rc;
}
