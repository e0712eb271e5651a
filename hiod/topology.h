/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's PCI as a command line draws it: bridges, ports and expanders from
 * QEMU's -device syntax, which bus a device goes to, and which slot it gets.
 *
 * Rules and texts: QEMU's hw/pci/pci.c, system/qdev-monitor.c and
 * hw/pci-bridge/, the texts as QEMU 10.0 and 11.1 print them. Only the q35
 * family, with -nodefaults: no display and no network card in slots 1 and 2.
 */
#ifndef HIOD_TOPOLOGY_H
#define HIOD_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hiod/error.h"
#include "hiod/options.h"
#include "hiod/pci.h"

#define PCI_ID_LEN 64 /* an id or a bus's name, with its NUL */

struct pci_node; /* a bridge, port or expander, with the bus below it */

/* What q35 has on its root bus by itself: 00.0, 1f.0, 1f.2, 1f.3. */
#define PCI_BUILT_IN 4

typedef struct PCITopology {
	PCIBus *root; /* pcie.0; not owned */
	PCIDevice built_in[PCI_BUILT_IN];
	struct pci_node *nodes; /* newest first */
} PCITopology;

/* Where a device is to sit. */
struct pci_place {
	char id[PCI_ID_LEN];  /* empty: none */
	char bus[PCI_ID_LEN]; /* empty: where QEMU looks first */
	int devfn;	      /* -1: the first free slot */
	bool multifunction;
};

/* What a "vfio-pci,..." says of the device's place and of the host device behind it. */
struct pci_vfio_options {
	char driver[PCI_ID_LEN]; /* "vfio-pci", or whatever else sits in a slot */
	struct pci_place place;
	char host[PCI_ID_LEN];	  /* "0000:00:05.0"; empty: not given */
	char sysfsdev[192];	  /* likewise */
	char iommufd[PCI_ID_LEN]; /* the iommufd object's id; empty: legacy backend */
};

/* root: empty, and named by this. It must not move while the topology is in use. */
void pci_topology_init(PCITopology *t, PCIBus *root);
/* Frees the bridges. Devices that the caller placed must be taken out before. */
void pci_topology_free(PCITopology *t);

/* Is that driver one that pci_topology_add() knows? */
bool pci_topology_knows(const char *driver);
/*
 * One more bridge, port or expander: "pcie-pci-bridge,id=br0,bus=pcie.0,addr=3".
 * The bus below has the id for its name. hot: while the guest runs. 0 or
 * -errno, err filled.
 */
int pci_topology_add(PCITopology *t, const char *text, bool hot, struct hiod_error *err);
/* NULL: no bus of that name. */
PCIBus *pci_topology_bus(PCITopology *t, const char *name);
/* Where a device goes that names no bus: QEMU finds the newest expander first. */
PCIBus *pci_topology_default_bus(PCITopology *t);

/* id, bus, addr and multifunction; anything else: 1. 0, or -EINVAL with err filled. */
int pci_place_set(struct pci_place *p, const char *driver, const struct hiod_options *o,
		  struct hiod_error *err);
void pci_place_init(struct pci_place *p);
/*
 * "vfio-pci,host=0000:00:05.0,bus=br0"; any driver is taken. Options that do not
 * matter here are skipped. 0 or -errno.
 */
int pci_vfio_options_parse(struct pci_vfio_options *v, const char *text, struct hiod_error *err);

/*
 * Which bus p names, and whether it takes a device now. NULL: err filled. hot:
 * while the guest runs.
 */
PCIBus *pci_topology_find(PCITopology *t, const struct pci_place *p, bool hot,
			  struct hiod_error *err);
/*
 * Gives dev a slot on bus, by QEMU's rules; dev->model is set. p outlives
 * dev's stay, for its id. 0, or -errno and dev is nowhere.
 */
int pci_device_place(PCIDevice *dev, PCIBus *bus, const struct pci_place *p, bool hot,
		     struct hiod_error *err);
/* Its slot is free again. Nothing for a device without a place. */
void pci_device_displace(PCIDevice *dev);

#endif
