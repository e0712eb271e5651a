// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that can happen to a guest, in any order, on an honest or on a hostile
 * kernel: bridges, devices over VFIO and over vhost-vdpa, a vIOMMU late or a
 * second one, translation, resets, migration, questions about its devices. What
 * fails says so; nothing is used that is not open; nothing stays.
 */
#include <stdio.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/machine.h"
#include "hiod/vdpa_pci.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/hostile.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

#define DEVICES 3

static const char *const bdfs[] = { HOST_BDF, "0000:00:06.0", "0000:00:07.0", "00:05.0",
				    "no device" };
static const char *const nodes[] = { "/dev/vhost-vdpa-0", "vhost-vdpa-0", "vhost-vdpa-1",
				     "/dev/vdpa" };

/* What is told without a failure. */
struct listener {
	struct hiod_report report;
	unsigned int n;
	bool empty; /* a message without words */
};

struct guest {
	Machine m;
	IOMMUFDBackend be;
	VFIOPCIDevice dev[DEVICES];
	VDPAPCIDevice vdpa;
	struct pci_place place[DEVICES + 1];
	bool in[DEVICES], vdpa_in;
	struct hostile h;
	struct hiod_mem_region mem[2];
	struct listener l;
	struct hiod_error err;
};

static void listen(struct hiod_report *r, enum hiod_report_kind kind, const char *message,
		   const char *hint)
{
	struct listener *l = (struct listener *)r;

	l->n++;
	l->empty |= !message[0] || !hint;
}

static int begin(struct choices *c, struct guest *g, struct shim *model)
{
	const struct hiod_profile *p = make_profile(c);
	char text[VIOMMU_TEXT_MAX], machine[MACHINE_TEXT_MAX];
	size_t nmem = make_memory(c, g->mem, 2);
	const char *viommu = make_viommu(c, p, text), *type = make_machine(c, p, machine);
	int rc;

	hostile_init(&g->h, model, c, choices_bool(c, 50) ? 0 : 6);
	g->l = (struct listener){ .report.emit = listen };
	memset(g->dev, 0, sizeof(g->dev));
	memset(&g->vdpa, 0, sizeof(g->vdpa));
	memset(g->in, 0, sizeof(g->in));
	g->vdpa_in = false;
	g->vdpa.vdpa.fd = -1;
	hiod_error_init(&g->err);
	rc = machine_init(&g->m, &g->h.shim, p, type, g->mem, nmem, &g->l.report, &g->err);
	if (!rc && viommu)
		rc = machine_add_viommu(&g->m, viommu, &g->err);
	if (!rc)
		rc = iommufd_backend_init(&g->be, &g->h.shim, p, &g->l.report, &g->err);
	return rc;
}

/* In a slot of its own, or wherever the choices say. */
static int place(struct choices *c, struct guest *g, PCIDevice *pdev, struct pci_place *p,
		 const char *model)
{
	static const char *const buses[] = { "", "pcie.0", "b0", "b1", "b2" };

	pdev->model = model;
	pci_place_init(p);
	if (choices_bool(c, 40)) {
		pdev->devfn = machine_free_devfn(&g->m);
		return 0;
	}
	strcpy(p->bus, CHOICES_PICK(c, buses));
	if (choices_bool(c, 20))
		p->devfn = (int)choices_upto(c, 255);
	p->multifunction = choices_bool(c, 20);
	return machine_place(&g->m, pdev, p, &g->err);
}

static int plug(struct choices *c, struct guest *g, unsigned int i)
{
	const char *bdf = choices_bool(c, 15) ? CHOICES_PICK(c, bdfs) : bdfs[i & 1];
	bool iommufd = choices_bool(c, 50);
	char path[VFIO_PCI_PATH_MAX];
	int rc;

	if (g->in[i])
		return 0;
	memset(&g->dev[i], 0, sizeof(g->dev[i]));
	rc = place(c, g, &g->dev[i].pdev, &g->place[i], "vfio-pci");
	if (!rc)
		rc = vfio_pci_path(bdf, path, &g->err);
	if (!rc)
		rc = machine_plug(&g->m, &g->dev[i], path, iommufd ? &g->be : NULL, &g->err);
	if (rc)
		machine_unplug(&g->m, &g->dev[i]);
	g->in[i] = !rc;
	return rc;
}

static void unplug(struct guest *g, unsigned int i)
{
	if (g->in[i])
		machine_unplug(&g->m, &g->dev[i]);
	g->in[i] = false;
}

static int plug_vdpa(struct choices *c, struct guest *g)
{
	const char *node = choices_bool(c, 10) ? CHOICES_PICK(c, nodes) : nodes[0];
	int rc;

	if (g->vdpa_in)
		return 0;
	memset(&g->vdpa, 0, sizeof(g->vdpa));
	g->vdpa.vdpa.fd = -1;
	rc = place(c, g, &g->vdpa.pdev, &g->place[DEVICES], "virtio-net-pci");
	if (!rc)
		rc = vdpa_pci_plug(&g->vdpa, &g->m, node, &g->err);
	if (rc)
		vdpa_pci_unplug(&g->vdpa);
	g->vdpa_in = !rc;
	return rc;
}

static void unplug_vdpa(struct guest *g)
{
	if (g->vdpa_in)
		vdpa_pci_unplug(&g->vdpa);
	g->vdpa_in = false;
}

/* The class over iommufd, which no kernel serves: it says so, and does nothing else. */
static enum property_result ask_vdpa(struct choices *c, struct guest *g)
{
	HostIOMMUDevice *hiod = hiod_new(&host_iommu_device_iommufd_vdpa_class.parent);
	HostIOMMUDeviceIOMMUFD *idev = (HostIOMMUDeviceIOMMUFD *)hiod;
	bool said = true;

	if (!hiod)
		return PROPERTY_PASS;
	g->err.message[0] = '\0';
	if (!HIOD_METHOD(hiod, realize)(hiod, &g->vdpa.vdpa, &g->err) || !g->err.message[0])
		said = false;
	if (!host_iommu_device_iommufd_attach_hwpt(idev, 0, 1, &g->err) ||
	    !host_iommu_device_iommufd_detach_hwpt(idev, 0, &g->err))
		said = false;
	hiod_unref(hiod);
	return said ? PROPERTY_PASS : property_fail(c, "iommufd for vDPA");
}

/* Everything that can be asked of a device's object and of its place. */
static enum property_result ask(struct choices *c, struct guest *g, unsigned int i)
{
	HostIOMMUDevice *hiod = i < DEVICES ? g->dev[i].vbasedev.hiod : g->vdpa.vdpa.hiod;
	PCIDevice *pdev = i < DEVICES ? &g->dev[i].pdev : &g->vdpa.pdev;
	const struct hiod_resv_regions *regions;
	struct hiod_ranges ranges = { 0 };
	int cap = (int)choices_upto(c, 3), v;
	PasidInfo pasid;

	if (i < DEVICES ? !g->in[i] : !g->vdpa_in)
		return PROPERTY_PASS;
	if (i == DEVICES && ask_vdpa(c, g) == PROPERTY_FAIL)
		return PROPERTY_FAIL;
	regions = machine_resv_regions(&g->m, pdev);
	for (size_t k = 1; regions && k < regions->n; k++)
		if (regions->r[k].range.start <= regions->r[k - 1].range.last)
			return property_fail(c, "reserved regions that are not in order");
	if (i < DEVICES && machine_check_migration(&g->m, &g->dev[i], cap & 1, &g->err) &&
	    !g->err.message[0])
		return property_fail(c, "no migration, and no message");
	if (!hiod)
		return PROPERTY_PASS;
	g->err.message[0] = '\0';
	v = HIOD_METHOD(hiod, get_cap) ? HIOD_METHOD(hiod, get_cap)(hiod, cap, &g->err) : 0;
	if (cap > HOST_IOMMU_DEVICE_CAP_AW_BITS && v >= 0)
		return property_fail(c, "capability %d is %d", cap, v);
	if (v < 0 && !g->err.message[0])
		return property_fail(c, "capability %d: %d without a message", cap, v);
	if (cap == HOST_IOMMU_DEVICE_CAP_AW_BITS && v > 64)
		return property_fail(c, "%d bits", v);
	if (HIOD_METHOD(hiod, get_iova_ranges) &&
	    !HIOD_METHOD(hiod, get_iova_ranges)(hiod, &ranges))
		range_list_free(&ranges);
	if (HIOD_METHOD(hiod, get_pasid_info) && HIOD_METHOD(hiod, get_pasid_info)(hiod, &pasid) &&
	    !pasid.max_pasid_log2)
		return property_fail(c, "PASIDs of no bits");
	return PROPERTY_PASS;
}

static int add_bridge(struct choices *c, struct guest *g)
{
	static const char *const kinds[] = { "pcie-root-port", "pcie-pci-bridge", "pxb-pcie",
					     "pci-bridge" };
	static const char *const ups[] = { "", ",bus=b0", ",bus=b1" };
	char text[160];

	snprintf(text, sizeof(text), "%s,id=b%u%s,%s=%u", CHOICES_PICK(c, kinds),
		 (unsigned int)choices_upto(c, 2), CHOICES_PICK(c, ups),
		 choices_bool(c, 50) ? "chassis" : "chassis_nr", (unsigned int)choices_upto(c, 3));
	return machine_add_bridge(&g->m, text, &g->err);
}

/* One thing that happens; *gone: QEMU ends itself where this fails. */
static int step(struct choices *c, struct guest *g, unsigned int what, bool *gone)
{
	char text[VIOMMU_TEXT_MAX];
	const char *viommu;

	*gone = what >= 5 && what <= 8;
	switch (what) {
	case 0: return plug(c, g, (unsigned int)choices_upto(c, DEVICES - 1));
	case 1: return plug_vdpa(c, g);
	case 2: unplug(g, (unsigned int)choices_upto(c, DEVICES - 1)); return 0;
	case 3: unplug_vdpa(g); return 0;
	case 4: return add_bridge(c, g);
	case 5: return machine_set_translation(&g->m, true, &g->err);
	case 6: return machine_set_translation(&g->m, false, &g->err);
	case 7: return machine_reset(&g->m, &g->err);
	case 8: return machine_done(&g->m, &g->err);
	default:
		viommu = make_viommu(c, g->m.profile, text);
		return viommu ? machine_add_viommu(&g->m, viommu, &g->err) : 0;
	}
}

static enum property_result at_the_end(struct choices *c, const struct guest *g,
				       const struct shim *model)
{
	if (g->h.hangs)
		return property_fail(c, "more than %d calls", HOSTILE_CALLS);
	if (g->h.misuse)
		return property_fail(c, "%s", g->h.misuse);
	if (g->h.nopen)
		return property_fail(c, "%zu descriptors are still open", g->h.nopen);
	if (!plain_clean(model))
		return property_fail(c, "something stays in the kernel");
	if (g->l.empty)
		return property_fail(c, "a report without words");
	return PROPERTY_PASS;
}

static enum property_result guest(struct choices *c, void *ctx)
{
	static struct guest g;
	struct shim *model = plain_model(choices_upto(c, PLAIN_HOSTS - 1));
	enum property_result res = PROPERTY_PASS;
	bool gone = false;

	if (!model)
		return PROPERTY_DISCARD;
	gone = begin(c, &g, model);
	for (unsigned int n = 0; n < 16 && res == PROPERTY_PASS && !gone && choices_more(c, 92);
	     n++) {
		unsigned int what, table;
		int rc;

		choices_begin(c);
		what = (unsigned int)choices_upto(c, 10);
		g.err.message[0] = '\0';
		if (what == 10) {
			res = ask(c, &g, (unsigned int)choices_upto(c, DEVICES));
			choices_end(c);
			continue;
		}
		rc = step(c, &g, what, &gone);
		gone &= rc < 0;
		choices_end(c);
		choices_note(c, "step %u: %u: %d %s", n, what, rc, rc ? g.err.message : "");
		if (rc && !g.err.message[0])
			res = property_fail(c, "step %u failed without a message", n);
		table = machine_table_size(&g.m);
		if (table > DEVICES + 1u)
			res = property_fail(c, "%u entries in the table", table);
	}
	unplug_vdpa(&g);
	for (unsigned int i = DEVICES; i--;)
		unplug(&g, i);
	machine_finalize(&g.m);
	if (res == PROPERTY_PASS)
		res = at_the_end(c, &g, model);
	if (!plain_clean(model))
		plain_renew();
	return res;
}

const struct property property_guest = { "guest", guest, .cases = 4000 };
