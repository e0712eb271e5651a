// SPDX-License-Identifier: GPL-2.0-or-later
/* A device's place: its options, and the slot that it gets on a bus; see topology.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hiod/topology.h"

#define N_SLOTS 32

/* ---- options ---- */

void pci_place_init(struct pci_place *p)
{
	*p = (struct pci_place){ .devfn = -1 };
}

/* "3", "3.1": hexadecimal. -1: it is not. */
static int parse_addr(const char *text)
{
	char *end;
	unsigned long slot = strtoul(text, &end, 16), func = 0;

	if (end == text || strspn(text, " \t+-"))
		return -1;
	if (*end == '.') {
		text = end + 1;
		func = strtoul(text, &end, 16);
		if (end == text || strspn(text, " \t+-"))
			return -1;
	}
	if (*end || slot >= N_SLOTS || func > 7)
		return -1;
	return PCI_DEVFN(slot, func);
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int take_id(char id[PCI_ID_LEN], const char *value, struct hiod_error *err)
{
	bool sound = letter(value[0]);

	for (const char *p = value; *p; p++)
		sound &= letter(*p) || (*p >= '0' && *p <= '9') || strchr("-._", *p);
	if (!sound) {
		hiod_error_set(err, -EINVAL, "Parameter 'id' expects an identifier");
		hiod_error_hint(err, "Identifiers consist of letters, digits, '-', '.', '_', "
				     "starting with a letter.");
		return -EINVAL;
	}
	if (strlen(value) >= PCI_ID_LEN)
		return hiod_error_unmodelled(err, "the id '%.20s...' is too long", value);
	strcpy(id, value);
	return 0;
}

int pci_place_set(struct pci_place *p, const char *driver, const struct hiod_options *o,
		  struct hiod_error *err)
{
	if (!strcmp(o->key, "id"))
		return take_id(p->id, o->value, err);
	if (!strcmp(o->key, "multifunction"))
		return hiod_option_bool(o, &p->multifunction, err);
	if (!strcmp(o->key, "bus")) {
		if (strlen(o->value) >= PCI_ID_LEN || strchr(o->value, '/'))
			return hiod_error_unmodelled(err, "bus paths are not modelled");
		strcpy(p->bus, o->value);
		return 0;
	}
	if (strcmp(o->key, "addr"))
		return 1;
	p->devfn = parse_addr(o->value);
	if (p->devfn >= 0)
		return 0;
	return hiod_error_set(err, -EINVAL, "Property '%s.addr' doesn't take value '%s'", driver,
			      o->value);
}

/* A value into room bytes. */
static int take_text(char *dst, size_t room, const struct hiod_options *o, struct hiod_error *err)
{
	if (strlen(o->value) >= room)
		return hiod_error_set(err, -EINVAL, "option too long: '%.40s...'", o->value);
	strcpy(dst, o->value);
	return 0;
}

int pci_vfio_options_parse(struct pci_vfio_options *v, const char *text, struct hiod_error *err)
{
	struct hiod_options o;
	int rc;

	*v = (struct pci_vfio_options){ 0 };
	pci_place_init(&v->place);
	err->stage = HIOD_STAGE_CONFIG;
	rc = hiod_options_start(&o, text, "driver", err);
	if (rc)
		return rc;
	if (take_text(v->driver, sizeof(v->driver), &o, err))
		return err->code;
	while ((rc = hiod_options_next(&o, err)) > 0) {
		rc = pci_place_set(&v->place, v->driver, &o, err);
		if (rc == 1 && !strcmp(o.key, "host"))
			rc = take_text(v->host, sizeof(v->host), &o, err);
		else if (rc == 1 && !strcmp(o.key, "sysfsdev"))
			rc = take_text(v->sysfsdev, sizeof(v->sysfsdev), &o, err);
		else if (rc == 1 && !strcmp(o.key, "iommufd"))
			rc = take_text(v->iommufd, sizeof(v->iommufd), &o, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* ---- slots ---- */

static PCIDevice *at(const PCIBus *bus, int devfn)
{
	PCIDevice *d = bus->devices;

	while (d && d->devfn != devfn)
		d = d->next_on_bus;
	return d;
}

/* Which a guest looks for first. Behind a port there is one slot only. */
static PCIDevice *function_0(const PCIBus *bus, int devfn)
{
	return at(bus, bus->port ? 0 : PCI_DEVFN(PCI_SLOT(devfn), 0));
}

static int first_free(const PCIBus *bus)
{
	for (int slot = 0; slot < N_SLOTS; slot++)
		if (!at(bus, PCI_DEVFN(slot, 0)))
			return PCI_DEVFN(slot, 0);
	return -1;
}

static int check_functions(const PCIBus *bus, int devfn, bool multifunction, struct hiod_error *err)
{
	unsigned slot = PCI_SLOT(devfn), func = PCI_FUNC(devfn);
	const PCIDevice *zero = at(bus, PCI_DEVFN(slot, 0));

	if (func && zero && !zero->multifunction)
		return hiod_error_set(err, -EINVAL,
				      "PCI: single function device can't be populated in function "
				      "%x.%x",
				      slot, func);
	for (unsigned f = 1; !func && !multifunction && f < 8; f++)
		if (at(bus, PCI_DEVFN(slot, f)))
			return hiod_error_set(err, -EINVAL,
					      "PCI: %x.0 indicates single function, but %x.%x is "
					      "already populated.",
					      slot, slot, f);
	return 0;
}

static int check_slot(const PCIDevice *dev, const PCIBus *bus, int devfn, bool hot,
		      struct hiod_error *err)
{
	const PCIDevice *other = at(bus, devfn);

	if (other)
		return hiod_error_set(
			err, -EINVAL,
			"PCI: slot %d function %d not available for %s, in use by %s,id=%s",
			PCI_SLOT(devfn), PCI_FUNC(devfn), dev->model, other->model,
			other->id ? other->id : "(null)");
	other = hot ? function_0(bus, devfn) : NULL;
	if (other)
		return hiod_error_set(err, -EINVAL,
				      "PCI: slot %d function %d already occupied by %s, new func "
				      "%s cannot be exposed to guest.",
				      PCI_SLOT(other->devfn), PCI_FUNC(other->devfn), other->model,
				      dev->model);
	return 0;
}

int pci_device_place(PCIDevice *dev, PCIBus *bus, const struct pci_place *p, bool hot,
		     struct hiod_error *err)
{
	int devfn = p->devfn, rc;

	if (bus->bridges_only && !dev->bridge)
		return hiod_error_set(err, -EINVAL,
				      "PCI: Only PCI/PCIe bridges can be plugged into pxb-pcie");
	if (devfn < 0)
		devfn = first_free(bus);
	if (devfn < 0)
		return hiod_error_set(err, -EINVAL,
				      "PCI: no slot/function available for %s, all in use or "
				      "reserved",
				      dev->model);
	rc = check_slot(dev, bus, devfn, hot, err);
	if (!rc)
		rc = check_functions(bus, devfn, p->multifunction, err);
	if (rc)
		return rc;
	if (bus->no_slot_0 && !PCI_SLOT(devfn))
		return hiod_error_set(err, -EINVAL,
				      "Unsupported PCI slot 0 for standard hotplug controller. "
				      "Valid slots are between 1 and 31.");
	dev->bus = bus;
	dev->devfn = (uint8_t)devfn;
	dev->id = p->id[0] ? p->id : NULL;
	dev->multifunction = p->multifunction;
	dev->placed = true;
	dev->next_on_bus = bus->devices;
	bus->devices = dev;
	return 0;
}

void pci_device_displace(PCIDevice *dev)
{
	PCIDevice **p;

	if (!dev->placed)
		return;
	for (p = &dev->bus->devices; *p != dev; p = &(*p)->next_on_bus)
		;
	*p = dev->next_on_bus;
	dev->placed = false;
}
