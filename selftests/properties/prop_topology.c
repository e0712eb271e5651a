// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's PCI: bridges, slots and aliases against a second statement of the
 * same rules that keeps a flat list, and drawings as text of anybody's.
 */
#include <stdio.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/machine.h"
#include "hiod/topology.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

/* ---- the naive model: what was added, in the order of adding --------------------------- */

#define THINGS 24 /* bridges and devices */

enum { BUS_EXPRESS = 1, DEV_EXPRESS = 2, TO_PCI = 4, EXPANDER = 8, IS_PORT = 16 };

static const struct kind {
	const char *driver;
	unsigned int is;
} kinds[] = {
	{ "pcie-root-port", BUS_EXPRESS | DEV_EXPRESS | IS_PORT },
	{ "pcie-pci-bridge", DEV_EXPRESS | TO_PCI },
	{ "pxb-pcie", BUS_EXPRESS | EXPANDER },
	{ "pci-bridge", 0 },
	{ "i82801b11-bridge", 0 },
	{ "x3130-upstream", BUS_EXPRESS | DEV_EXPRESS },
	{ "xio3130-downstream", BUS_EXPRESS | DEV_EXPRESS | IS_PORT },
	{ "ioh3420", BUS_EXPRESS | DEV_EXPRESS | IS_PORT },
	{ "pxb", EXPANDER },
};

/* Buses: -1 is the root, others the thing whose bus it is. */
struct thing {
	const struct kind *kind; /* NULL: a device */
	int on;
	int devfn;
	bool multi;
	bool bypass;
	unsigned int number; /* chassis */
};

struct naive {
	PCIBus root;
	PCITopology t;
	struct thing v[THINGS];
	PCIDevice dev[THINGS];
	struct pci_place place[THINGS];
	size_t n;
	bool per_bus, bypass;
	struct hiod_error err;
};

static AddressSpace *no_as(PCIBus *bus, void *opaque, int devfn)
{
	return opaque;
}

static const PCIIOMMUOps ops = { .get_address_space = no_as };

/* Who sits there: the index, THINGS for what q35 has itself, -1 for nobody. */
static int at(const struct naive *g, int on, int devfn)
{
	static const int own[] = { PCI_DEVFN(0, 0), PCI_DEVFN(31, 0), PCI_DEVFN(31, 2),
				   PCI_DEVFN(31, 3) };

	for (size_t i = 0; on < 0 && i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i] == devfn)
			return THINGS;
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].on == on && g->v[i].devfn == devfn)
			return (int)i;
	return -1;
}

static bool tells_of_others(const struct naive *g, int who)
{
	return who == THINGS ? false : g->v[who].multi;
}

/* The expander or host bridge at the top of a bus: its thing, or -1. */
static int top_of(const struct naive *g, int on)
{
	while (on >= 0 && !(g->v[on].kind->is & EXPANDER))
		on = g->v[on].on;
	return on;
}

/* Whether QEMU takes x; x->devfn, if -1, becomes the slot that it gets. */
static bool takes(const struct naive *g, struct thing *x, bool hot)
{
	unsigned int up = x->on < 0 ? BUS_EXPRESS : g->v[x->on].kind->is;
	unsigned int is = x->kind ? x->kind->is : 0;
	bool bridge = x->kind && !(is & EXPANDER);
	int zero, slot;

	if (hot && (x->on < 0 || up & EXPANDER))
		return false;
	if (up & EXPANDER && !bridge)
		return false;
	for (slot = 0; x->devfn < 0 && slot < 32; slot++)
		if (at(g, x->on, PCI_DEVFN(slot, 0)) < 0)
			x->devfn = PCI_DEVFN(slot, 0);
	if (x->devfn < 0 || at(g, x->on, x->devfn) >= 0)
		return false;
	slot = PCI_SLOT(x->devfn);
	zero = at(g, x->on, PCI_DEVFN(slot, 0));
	if (hot && (up & IS_PORT ? at(g, x->on, 0) : zero) >= 0)
		return false;
	if (PCI_FUNC(x->devfn) && zero >= 0 && !(zero == THINGS && slot == 31) &&
	    !tells_of_others(g, zero))
		return false;
	for (int f = 1; !PCI_FUNC(x->devfn) && !x->multi && f < 8; f++)
		if (at(g, x->on, PCI_DEVFN(slot, f)) >= 0)
			return false;
	/* Behind an expander a PCIe-to-PCI bridge keeps slot 0 for its hot-plug controller. */
	if (up & TO_PCI && top_of(g, x->on) >= 0 && !slot)
		return false;
	if (is & EXPANDER && (x->on >= 0 || !(is & BUS_EXPRESS)))
		return false;
	for (size_t i = 0; is & IS_PORT && i < g->n; i++)
		if (g->v[i].kind && g->v[i].kind->is & IS_PORT && g->v[i].number == x->number)
			return false;
	return true;
}

/* ---- the alias, by the outermost conventional bus --------------------------------------- */

struct alias {
	bool seen; /* there is a vIOMMU */
	int bus, devfn;
	bool aliased;
};

static struct alias alias_of(const struct naive *g, const struct thing *x)
{
	struct alias a = { .bus = x->on, .devfn = x->devfn };
	int outermost = -1, top;

	for (int b = x->on; b >= 0; b = g->v[b].on) {
		if (!(g->v[b].kind->is & BUS_EXPRESS))
			outermost = b;
		/* From here on an expander asks for a vIOMMU of its own (10.2). */
		if (g->v[b].kind->is & EXPANDER && g->per_bus)
			break;
	}
	if (outermost >= 0) {
		bool to_pci = g->v[outermost].kind->is & TO_PCI;

		a.aliased = true;
		a.bus = to_pci ? outermost : g->v[outermost].on;
		a.devfn = to_pci ? 0 : g->v[outermost].devfn;
	}
	top = top_of(g, x->on);
	a.seen = top < 0 || !g->per_bus;
	top = top_of(g, a.bus);
	a.seen &= !(top < 0 ? g->bypass : g->v[top].bypass);
	return a;
}

static PCIBus *bus_of(struct naive *g, int i)
{
	char id[8];

	snprintf(id, sizeof(id), "b%d", i);
	return i < 0 ? &g->root : pci_topology_bus(&g->t, id);
}

static enum property_result same_alias(struct choices *c, struct naive *g, size_t i)
{
	struct alias want = alias_of(g, &g->v[i]);
	struct pci_iommu_alias got;

	if (g->v[i].kind)
		return PROPERTY_PASS;
	pci_device_get_iommu_bus_devfn(&g->dev[i], &got);
	if ((got.iommu_bus != NULL) != want.seen)
		return property_fail(c, "device %zu has %s vIOMMU", i, want.seen ? "no" : "a");
	if (got.iommu_bus && got.iommu_bus != &g->root)
		return property_fail(c, "device %zu: the vIOMMU of another bus", i);
	if (got.aliased != want.aliased || got.aliased_bus != bus_of(g, want.bus) ||
	    got.aliased_devfn != want.devfn)
		return property_fail(c, "device %zu is seen as %02x on bus %d", i,
				     got.aliased_devfn, want.bus);
	return PROPERTY_PASS;
}

/* ---- the property ------------------------------------------------------------------------ */

static int add_bridge(struct naive *g, const struct thing *x, bool hot)
{
	char text[160], bus[16], addr[24] = "";

	snprintf(bus, sizeof(bus), x->on < 0 ? "pcie.0" : "b%d", x->on);
	if (x->devfn >= 0)
		snprintf(addr, sizeof(addr), ",addr=%x.%x", PCI_SLOT(x->devfn), PCI_FUNC(x->devfn));
	snprintf(text, sizeof(text), "%s,id=b%zu,bus=%s%s,multifunction=%s", x->kind->driver, g->n,
		 bus, addr, x->multi ? "on" : "off");
	if (x->kind->is & IS_PORT)
		snprintf(text + strlen(text), 40, ",chassis=%u", x->number);
	if (!strcmp(x->kind->driver, "pci-bridge"))
		snprintf(text + strlen(text), 40, ",chassis_nr=1");
	if (x->kind->is & EXPANDER)
		snprintf(text + strlen(text), 40, ",bus_nr=%zu,bypass_iommu=%s", 100 + g->n,
			 x->bypass ? "on" : "off");
	return pci_topology_add(&g->t, text, hot, &g->err);
}

static int add_device(struct naive *g, const struct thing *x, bool hot)
{
	struct pci_place *p = &g->place[g->n];
	PCIDevice *d = &g->dev[g->n];
	PCIBus *bus;

	pci_place_init(p);
	p->devfn = x->devfn;
	p->multifunction = x->multi;
	snprintf(p->bus, sizeof(p->bus), x->on < 0 ? "pcie.0" : "b%d", x->on);
	*d = (PCIDevice){ .model = "vfio-pci" };
	bus = pci_topology_find(&g->t, p, hot, &g->err);
	return bus ? pci_device_place(d, bus, p, hot, &g->err) : g->err.code;
}

static enum property_result topology(struct choices *c, void *ctx)
{
	static struct naive g;
	enum property_result res = PROPERTY_PASS;

	g.n = 0;
	g.root = (PCIBus){ .express = true, .root = true };
	g.per_bus = choices_bool(c, 30);
	g.root.bypass_iommu = g.bypass = choices_bool(c, 10);
	(g.per_bus ? pci_setup_iommu_per_bus : pci_setup_iommu)(&g.root, &ops, NULL);
	pci_topology_init(&g.t, &g.root);
	hiod_error_init(&g.err);
	while (g.n < THINGS && res == PROPERTY_PASS && choices_more(c, 92)) {
		struct thing x = { .on = (int)choices_upto(c, g.n) - 1, .devfn = -1 };
		bool hot, want;
		int rc;

		choices_begin(c);
		if (choices_bool(c, 60))
			x.kind = &CHOICES_PICK(c, kinds);
		if (choices_bool(c, 40))
			x.devfn = (int)(choices_bool(c, 50) ? choices_upto(c, 3) << 3
							    : choices_upto(c, 255));
		x.multi = choices_bool(c, 30);
		x.bypass = choices_bool(c, 20);
		x.number = (unsigned int)choices_upto(c, 40);
		hot = choices_bool(c, 5);
		choices_end(c);
		/* Below a device there is nothing. */
		if (x.on >= 0 && !g.v[x.on].kind)
			x.on = -1;
		want = takes(&g, &x, hot);
		/* The slot is QEMU's to find, where none was named. */
		g.v[g.n] = x;
		rc = x.kind ? add_bridge(&g, &x, hot) : add_device(&g, &x, hot);
		choices_note(c, "%zu: %s on %d at %d%s%s: %d %s", g.n,
			     x.kind ? x.kind->driver : "device", x.on, x.devfn,
			     x.multi ? ", multifunction" : "", hot ? ", hot" : "", rc,
			     rc ? g.err.message : "");
		if (rc && !g.err.message[0])
			res = property_fail(c, "refused without a message");
		else if (!rc != want)
			res = property_fail(c, "%s, by the rules it is not: %s",
					    rc ? "refused" : "taken", rc ? g.err.message : "");
		g.n += !rc;
		if (!rc && res == PROPERTY_PASS)
			res = same_alias(c, &g, g.n - 1);
	}
	/* What came later changes nothing for those that were there. */
	for (size_t i = 0; i < g.n && res == PROPERTY_PASS; i++)
		res = same_alias(c, &g, i);
	for (size_t i = g.n; i--;)
		if (!g.v[i].kind)
			pci_device_displace(&g.dev[i]);
	pci_topology_free(&g.t);
	return res;
}

/* ---- text of anybody's -------------------------------------------------------------------- */

#define TEXT_MAX 2048

static size_t sample(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	static const char *const lines[] = {
		"pcie-root-port,id=rp0\n",
		"-device pcie-pci-bridge,id=br,bus=rp0\n",
		"vfio-pci,bus=br,addr=2\n",
		"vfio-pci,host=00:05.0,id=dev0,bus=rp0,multifunction=on,iommufd=iommufd0\n",
		"vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:00:05.0,addr=1e.7\n",
		"pxb-pcie,id=pxb,bus_nr=128,bypass_iommu=on\n",
		"pcie-root-port,id=rp1,bus=pxb,chassis=4,slot=3,hotplug=off\n",
		"virtio-net-pci,netdev=n,bus=br,addr=4\n",
		"pci-bridge,id=b,chassis_nr=1,bus=br,shpc=on,addr=1f\n",
		"i82801b11-bridge,id=dmi,addr=1e\n",
		"# a guest\n",
		"-device \t\n",
		"ioh3420,port=0x10,rombar=0,x-speed=16\r\n",
	};
	static const char syntax[] = ",=-#\n \tx09";
	size_t n = 0;

	for (unsigned int i = 0; i < 12 && choices_more(c, 80); i++) {
		const char *l = CHOICES_PICK(c, lines);

		if (n + strlen(l) > cap)
			break;
		memcpy(buf + n, l, strlen(l));
		n += strlen(l);
	}
	for (unsigned int i = 0; n && i < 3 && choices_more(c, 40); i++) {
		size_t where = choices_index(c, n);

		buf[where] = choices_bool(c, 70)
				     ? (uint8_t)syntax[choices_index(c, sizeof(syntax) - 1)]
				     : (uint8_t)choices_upto(c, 255);
	}
	return n;
}

static enum property_result drawing(struct choices *c, void *ctx)
{
	static const char *const hosts[] = { "0000:00:05.0", "00:06.0", "/dev/vhost-vdpa-0",
					     "/sys/bus/pci/devices/0000:00:05.0", "" };
	const struct hiod_profile *p = make_profile(c);
	const char *host = CHOICES_PICK(c, hosts);
	static const char *const viommus[] = { "intel-iommu,caching-mode=on", "virtio-iommu-pci",
					       "amd-iommu", NULL };
	const char *viommu = CHOICES_PICK(c, viommus);
	bool vdpa = choices_bool(c, 20), done = choices_bool(c, 10);
	static uint8_t raw[TEXT_MAX];
	static char text[TEXT_MAX + 1];
	enum property_result res = PROPERTY_PASS;
	PCIDevice dev = { .model = "vfio-pci" };
	struct pci_place place;
	struct pci_iommu_alias a;
	struct hiod_error err;
	static Machine m;
	size_t len;
	int rc;

	len = choices_rest(c, raw, sizeof(raw), sample, NULL);
	memcpy(text, raw, len);
	text[len] = '\0';
	choices_note(c, "%s, device %s: '%s'", p->name, host, text);
	hiod_error_init(&err);
	rc = machine_init(&m, NULL, p, NULL, NULL, 0, NULL, &err);
	if (!rc && viommu && machine_add_viommu(&m, viommu, &err))
		hiod_error_init(&err);
	if (!rc && done && machine_done(&m, &err))
		hiod_error_init(&err);
	if (!rc)
		rc = machine_add_topology(&m, text, host, vdpa, &place, &err);
	if (rc && !err.message[0])
		res = property_fail(c, "%d without a message", rc);
	if (rc && !err.hint[0])
		res = property_fail(c, "'%s', and no line is named", err.message);
	if (!rc && err.message[0])
		res = property_fail(c, "taken, and '%s'", err.message);
	if (!rc) {
		rc = machine_place(&m, &dev, &place, &err);
		if (rc && (!err.message[0] || dev.placed))
			res = property_fail(c, "no place, '%s'", err.message);
		if (!rc) {
			pci_device_get_iommu_bus_devfn(&dev, &a);
			if (!a.aliased &&
			    (a.aliased_bus != dev.bus || a.aliased_devfn != dev.devfn))
				res = property_fail(c, "another one, and no alias");
			pci_device_displace(&dev);
		}
	}
	machine_finalize(&m);
	return res;
}

const struct property property_topology = { "topology", topology, .cases = 8000 };
const struct property property_topology_options = { "topology_options", drawing, .cases = 8000 };
