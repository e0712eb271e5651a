// SPDX-License-Identifier: GPL-2.0-or-later
/* See fault_paths.h. */
#include <stdio.h>
#include <string.h>

#include "hiod/machine.h"
#include "hiod/profile.h"
#include "selftests/properties/fault_paths.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/plain.h"

/* Its options for scalable mode and first stage are called what the version calls them. */
/* Of plain_model(), the host with PASIDs. */
#define PASID_HOST 1

#define FIRST_STAGE "intel-iommu,caching-mode=on"

static const struct {
	enum fault_path_kind kind;
	const char *viommu;
	bool first;
} ways[] = {
	{ PATH_CHECK, "", false },
	{ PATH_CHECK, "intel-iommu,caching-mode=on,aw-bits=39", false },
	{ PATH_CHECK, "intel-iommu,caching-mode=on,aw-bits=48", false },
	{ PATH_CHECK, FIRST_STAGE, true },
	{ PATH_CHECK, "virtio-iommu-pci", false },
	{ PATH_CHECK, "virtio-iommu-pci,granule=64k", false },
	{ PATH_CHECK, "amd-iommu", false },
	/* Those that follow are not for vDPA. */
	{ PATH_SECOND, "", false },
	{ PATH_GUEST, "", false },
	{ PATH_GUEST, "intel-iommu,caching-mode=on,aw-bits=39", false },
	{ PATH_GUEST, FIRST_STAGE, true },
	{ PATH_GUEST, "virtio-iommu-pci", false },
};

#define WAYS	  (sizeof(ways) / sizeof(ways[0]))
#define VDPA_WAYS 7
/* Of one version: by VFIO with each backend on all hosts, and over vhost-vdpa on two. */
#define VFIO_PATHS (WAYS * 2 * PLAIN_HOSTS)
#define PATHS_OF   (VFIO_PATHS + VDPA_WAYS * 2)

static const struct hiod_mem_region memory[] = { { 0, 0x40000, (void *)0x10000000, false, NULL } };

static void put_viommu(struct fault_path *p, size_t way)
{
	size_t n;

	p->kind = ways[way].kind;
	p->first = ways[way].first && p->profile->first_stage_option;
	n = (size_t)snprintf(p->viommu, sizeof(p->viommu), "%s", ways[way].viommu);
	if (!p->first)
		return;
	p->pasids = !strcmp(p->profile->pasid_option, "pasid-bits") && p->host == PASID_HOST;
	snprintf(p->viommu + n, sizeof(p->viommu) - n, ",%s=on,%s=on%s",
		 p->profile->scalable_option, p->profile->first_stage_option,
		 p->pasids ? ",pasid-bits=16" : "");
}

bool fault_path_at(unsigned int i, struct fault_path *p)
{
	memset(p, 0, sizeof(*p));
	p->profile = hiod_profile_at(i / PATHS_OF);
	if (!p->profile)
		return false;
	i %= PATHS_OF;
	if (i >= VFIO_PATHS) {
		i -= VFIO_PATHS;
		p->backend = HIOD_BACKEND_VDPA;
		p->host = i % 2;
		put_viommu(p, i / 2);
		return true;
	}
	p->backend = i % 2 ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY;
	p->host = i / 2 % PLAIN_HOSTS;
	put_viommu(p, i / (2 * PLAIN_HOSTS));
	return true;
}

/* ---- taking one ------------------------------------------------------------------------ */

struct world {
	Machine m;
	IOMMUFDBackend be;
	VFIOPCIDevice dev[2];
	bool iommufd;
	struct hiod_error err;
};

/* A machine, and its iommufd. */
static int power_on(struct world *w, const struct fault_path *p, struct tap *t)
{
	int rc;

	memset(w, 0, sizeof(*w));
	hiod_error_init(&w->err);
	w->iommufd = p->backend == HIOD_BACKEND_IOMMUFD;
	w->dev[0].pdev.devfn = PCI_DEVFN(1, 0);
	w->dev[1].pdev.devfn = PCI_DEVFN(2, 0);
	rc = machine_init(&w->m, &t->shim, p->profile, NULL, memory, 1, NULL, &w->err);
	if (!rc && *p->viommu)
		rc = machine_add_viommu(&w->m, p->viommu, &w->err);
	if (!rc && w->iommufd)
		rc = iommufd_backend_init(&w->be, &t->shim, p->profile, NULL, &w->err);
	return rc;
}

static int plug(struct world *w, size_t i)
{
	static const char *const path[] = { "/sys/bus/pci/devices/" HOST_BDF,
					    "/sys/bus/pci/devices/0000:00:06.0" };

	return machine_plug(&w->m, &w->dev[i], path[i], w->iommufd ? &w->be : NULL, &w->err);
}

/* QEMU may go on where the replies do not tell enough; then it is not accepted, as in a check. */
static void power_off(struct world *w, int rc, struct fault_answer *a)
{
	enum hiod_anomaly worst = hiod_anomaly_worst(&w->m.anomalies);

	a->verdict = rc ? HIOD_REFUSED : HIOD_ACCEPTED;
	snprintf(a->message, sizeof(a->message), "%s", rc ? w->err.message : "");
	if (!rc && worst != HIOD_ANOMALY_COUNT) {
		a->verdict = hiod_anomaly_verdict(worst);
		hiod_anomaly_message(&w->m.anomalies, worst, a->message, sizeof(a->message));
	}
	machine_unplug(&w->m, &w->dev[1]);
	machine_unplug(&w->m, &w->dev[0]);
	machine_finalize(&w->m);
}

/* A second device joins; the first one is plugged in without a fault. */
static void run_second(const struct fault_path *p, struct tap *t, struct fault_answer *a)
{
	static struct world w;
	unsigned int nth = t->nth;
	int rc;

	t->nth = 0;
	rc = power_on(&w, p, t);
	if (!rc)
		rc = plug(&w, 0);
	t->calls = 0;
	t->nth = nth;
	if (t->later)
		t->under = t->later;
	if (!rc)
		rc = plug(&w, 1);
	power_off(&w, rc, a);
}

/* The guest's own page tables: for requests without a PASID, and, n being 2, with one. */
static int first_stages(struct world *w, size_t n)
{
	static const uint32_t pasids[] = { HIOD_NO_PASID, 5 };
	const PCIDevice *d = &w->dev[0].pdev;
	const struct intel_iommu_pasid_entry pe = { .pgtt = INTEL_IOMMU_PGTT_FIRST_STAGE,
						    .addr_width = 48,
						    .pgtbl_addr = 0x1000 };
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = intel_iommu_bind_pasid(&w->m.viommu, d->bus, d->devfn, pasids[i], &pe,
					    &w->err);
	for (size_t i = 0; !rc && i < n; i++)
		rc = intel_iommu_invalidate_pasid(&w->m.viommu, d->bus, d->devfn, pasids[i], 0x2000,
						  1, false, &w->err);
	for (size_t i = 0; !rc && i < n; i++)
		rc = intel_iommu_unbind_pasid(&w->m.viommu, d->bus, d->devfn, pasids[i], &w->err);
	return rc;
}

static int dirty_tracking(struct world *w)
{
	VFIOContainer *k = w->dev[0].vbasedev.container;
	uint64_t map[2] = { 0 };
	int rc = vfio_iommufd_set_dirty_tracking(k, true, &w->err);

	if (!rc)
		rc = vfio_iommufd_query_dirty_bitmap(k, 0, 64 << 12, 4096, map, &w->err);
	if (!rc)
		rc = vfio_iommufd_set_dirty_tracking(k, false, &w->err);
	return rc;
}

static void run_guest(const struct fault_path *p, struct tap *t, struct fault_answer *a)
{
	static struct world w;
	int rc = power_on(&w, p, t);

	if (!rc)
		rc = plug(&w, 0);
	if (!rc)
		rc = machine_done(&w.m, &w.err);
	if (!rc && w.iommufd)
		rc = dirty_tracking(&w);
	if (!rc && p->first && w.iommufd)
		rc = first_stages(&w, p->pasids ? 2 : 1);
	if (!rc)
		rc = machine_set_translation(&w.m, true, &w.err);
	if (!rc)
		rc = machine_set_translation(&w.m, false, &w.err);
	if (!rc)
		rc = machine_reset(&w.m, &w.err);
	power_off(&w, rc, a);
}

void fault_path_run(const struct fault_path *p, struct tap *t, struct fault_answer *a)
{
	struct hiod_check q = { .profile = p->profile,
				.backend = p->backend,
				.viommu = *p->viommu ? p->viommu : NULL,
				.bdf = p->backend == HIOD_BACKEND_VDPA ? "/dev/vhost-vdpa-0"
								       : HOST_BDF,
				.mem = memory,
				.nmem = 1 };
	struct hiod_verdict v;

	switch (p->kind) {
	case PATH_SECOND: run_second(p, t, a); return;
	case PATH_GUEST: run_guest(p, t, a); return;
	case PATH_CHECK: break;
	}
	hiod_check_run(&t->shim, &q, &v);
	a->verdict = v.verdict;
	snprintf(a->message, sizeof(a->message), "%s", v.message);
	hiod_verdict_free(&v);
}

void fault_path_name(const struct fault_path *p, char *name, size_t cap)
{
	static const char *const kinds[] = { "check", "second", "guest" };

	snprintf(name, cap, "%s %s %s %s, host %zu", p->profile->name,
		 p->backend == HIOD_BACKEND_VDPA      ? "vdpa"
		 : p->backend == HIOD_BACKEND_IOMMUFD ? "iommufd"
						      : "legacy",
		 kinds[p->kind], *p->viommu ? p->viommu : "-", p->host);
}
