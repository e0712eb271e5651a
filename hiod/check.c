// SPDX-License-Identifier: GPL-2.0-or-later
/* A start of QEMU, in small; see check.h. */
#include "hiod/check.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hiod/hint.h"
#include "hiod/machine.h"
#include "hiod/vdpa_pci.h"

const char *hiod_stage_name(enum hiod_stage stage)
{
	static const char *const name[] = {
		[HIOD_STAGE_CONFIG] = "config",
		[HIOD_STAGE_OPEN] = "open",
		[HIOD_STAGE_REALIZE] = "realize",
		[HIOD_STAGE_CHECK] = "check",
	};

	return name[stage];
}

/* All that lives during one check. */
struct start {
	Machine m;
	IOMMUFDBackend be;
	VFIOPCIDevice dev;
	VDPAPCIDevice vdpa; /* instead of dev, with that backend */
	struct pci_place place;
	bool plugged;	   /* machine_unplug() of dev is due */
	bool vdpa_plugged; /* vdpa_pci_unplug() is */
	struct hiod_error err;
};

/* The host IOMMU device of whichever was plugged; NULL: it has none. */
static HostIOMMUDevice *hiod_of(const struct start *st)
{
	return st->vdpa_plugged ? st->vdpa.vdpa.hiod : st->dev.vbasedev.hiod;
}

/* A vIOMMU behind the device on the command line, which it does not see any more. */
static int add_late_viommu(struct start *st, const struct hiod_check *c)
{
	if (!c->viommu || !c->device_first)
		return 0;
	hiod_anomaly_note(&st->m.anomalies, HIOD_ANOMALY_LISTED_FIRST, 0, 0);
	return machine_add_viommu(&st->m, c->viommu, &st->err);
}

/* Where the device goes: into the first free slot, or as the topology says. */
static int place(struct start *st, const struct hiod_check *c)
{
	bool vdpa = c->backend == HIOD_BACKEND_VDPA;
	PCIDevice *pdev = vdpa ? &st->vdpa.pdev : &st->dev.pdev;

	if (!c->topology) {
		pdev->devfn = machine_free_devfn(&st->m);
		return 0;
	}
	pdev->model = vdpa ? "virtio-pci" : "vfio-pci";
	return machine_place(&st->m, pdev, &st->place, &st->err);
}

/* In QEMU's order: machine, objects, devices as listed, the end of the command line. */
static int start(struct start *st, struct shim *s, const struct hiod_check *c)
{
	bool iommufd = c->backend == HIOD_BACKEND_IOMMUFD;
	char path[VFIO_PCI_PATH_MAX];
	const char *sysfsdev = c->bdf;
	int rc;

	rc = machine_init(&st->m, s, c->profile, c->machine, c->mem, c->nmem, NULL, &st->err);
	if (rc)
		return rc;
	if (iommufd) {
		rc = iommufd_backend_init(&st->be, s, c->profile, NULL, &st->err);
		if (rc)
			return rc;
	}
	if (c->topology) {
		rc = machine_add_topology(&st->m, c->topology, c->bdf,
					  c->backend == HIOD_BACKEND_VDPA, &st->place, &st->err);
		if (rc)
			return rc;
	}
	if (c->viommu && !c->device_first) {
		rc = machine_add_viommu(&st->m, c->viommu, &st->err);
		if (rc)
			return rc;
	}
	rc = place(st, c);
	if (rc)
		return rc;
	if (c->backend == HIOD_BACKEND_VDPA) {
		st->vdpa_plugged = true;
		rc = vdpa_pci_plug(&st->vdpa, &st->m, c->bdf, &st->err);
		return rc ? rc : add_late_viommu(st, c);
	}
	if (sysfsdev[0] != '/') {
		rc = vfio_pci_path(c->bdf, path, &st->err);
		if (rc)
			return rc;
		sysfsdev = path;
	}
	st->plugged = true;
	rc = machine_plug(&st->m, &st->dev, sysfsdev, iommufd ? &st->be : NULL, &st->err);
	if (!rc)
		rc = add_late_viommu(st, c);
	return rc ? rc : machine_done(&st->m, &st->err);
}

/* What became known of the host, while the device is attached. */
static void read_host(struct start *st, struct hiod_verdict *v)
{
	const VFIOContainer *c = st->dev.vbasedev.container;
	const struct hiod_ranges *ranges = c ? &c->iova_ranges : &st->vdpa.vdpa.iova_ranges;
	size_t size = ranges->n * sizeof(*v->ranges);

	if (!ranges->n)
		return;
	v->host_aw_bits = range_get_last_bit(range_list_last(ranges)) + 1;
	/* Without memory for them the ranges stay unknown; the answer does not need them. */
	v->ranges = malloc(size);
	if (v->ranges) {
		memcpy(v->ranges, range_list_array(ranges), size);
		v->nranges = ranges->n;
	}
}

static void conclude(struct start *st, int rc, struct hiod_verdict *v)
{
	const struct hiod_anomalies *an = &st->m.anomalies;
	enum hiod_anomaly worst = hiod_anomaly_worst(an), fatal;
	const struct hiod_error *err = &st->err;

	v->stage = rc ? err->stage : HIOD_STAGE_CHECK;
	if (!rc) {
		v->qemu = HIOD_ACCEPTED;
		v->verdict = HIOD_ACCEPTED;
		if (worst == HIOD_ANOMALY_COUNT)
			return;
		v->verdict = hiod_anomaly_verdict(worst);
		hiod_anomaly_message(an, worst, v->message, sizeof(v->message));
		snprintf(v->hint, sizeof(v->hint), "%s", hiod_anomaly_hint(worst));
		return;
	}
	snprintf(v->message, sizeof(v->message), "%s", err->message);
	snprintf(v->hint, sizeof(v->hint), "%s", err->hint);
	switch (err->fail) {
	case HIOD_FAIL_QEMU:
		v->verdict = v->qemu = HIOD_REFUSED;
		if (v->stage == HIOD_STAGE_CHECK && worst == HIOD_ANOMALY_COUNT && hiod_of(st))
			hiod_hint_fit(&st->m, hiod_of(st),
				      st->dev.vbasedev.iommufd && st->dev.vbasedev.viommu_flags,
				      v->hint, sizeof(v->hint));
		break;
	case HIOD_FAIL_ANOMALY:
		fatal = hiod_anomaly_fatal(an, st->m.profile);
		v->verdict = HIOD_ERROR;
		v->qemu = hiod_anomaly_qemu(st->m.profile, fatal);
		break;
	case HIOD_FAIL_UNMODELLED: v->verdict = v->qemu = HIOD_UNKNOWN; break;
	case HIOD_FAIL_INTERNAL:
		v->verdict = HIOD_ERROR;
		v->qemu = HIOD_UNKNOWN;
		break;
	}
}

void hiod_check_run(struct shim *s, const struct hiod_check *c, struct hiod_verdict *v)
{
	struct start st;
	int rc;

	memset(&st.dev, 0, sizeof(st.dev));
	memset(&st.vdpa, 0, sizeof(st.vdpa));
	st.plugged = st.vdpa_plugged = false;
	hiod_error_init(&st.err);
	v->host_aw_bits = -1;
	v->ranges = NULL;
	v->nranges = 0;
	v->message[0] = '\0';
	v->hint[0] = '\0';

	rc = start(&st, s, c);
	if (st.plugged || st.vdpa_plugged)
		read_host(&st, v);
	conclude(&st, rc, v);
	v->warnings = 0;
	if (!rc && st.m.viommu_kind == MACHINE_VIOMMU_INTEL &&
	    intel_iommu_find(&st.m.viommu, st.dev.pdev.bus, st.dev.pdev.devfn))
		v->warnings =
			intel_iommu_warnings(&st.m.viommu.config, c->profile, st.dev.vbasedev.hiod);
	/* No QEMU has a host IOMMU device for vDPA: beyond opening it there is nothing to tell. */
	if (st.vdpa_plugged && v->stage > HIOD_STAGE_OPEN)
		v->qemu = HIOD_UNKNOWN;
	if (st.vdpa_plugged)
		vdpa_pci_unplug(&st.vdpa);
	if (st.plugged)
		machine_unplug(&st.m, &st.dev);
	/* What got no further than its place, and vDPA. */
	pci_device_displace(&st.dev.pdev);
	pci_device_displace(&st.vdpa.pdev);
	machine_finalize(&st.m);
}

void hiod_verdict_free(struct hiod_verdict *v)
{
	free(v->ranges);
	v->ranges = NULL;
	v->nranges = 0;
}
