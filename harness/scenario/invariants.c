// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What holds between any two steps. What should be there is added up from the
 * guest's own tables; what is there is counted by the shim and by the kernel.
 */
#include <stdio.h>
#include <string.h>

#include "harness/scenario/internal.h"
#include "mocks/model.h"

/* What the guest's tables add up to. */
struct sum {
	unsigned fds, groups, containers, iommufds, ioas, hwpts, bound, attached, mappings;
	unsigned auto_hwpts; /* at most so many more, which the kernel made by itself */
	unsigned devices, vdpas;
};

static unsigned mappings_of(const VFIOContainer *c)
{
	unsigned n = 0;

	for (size_t i = 0; c->registered && i < c->as->nmem; i++)
		n += !(c->bypass_ro && c->as->mem[i].readonly);
	return n;
}

static int add_container(struct run *r, const VFIOContainer *c, struct sum *sum, unsigned line)
{
	unsigned devices = 0, hwpts = 0;

	sum->mappings += mappings_of(c);
	if (!c->is_iommufd) {
		sum->containers++;
		sum->fds++;
		return 0;
	}
	sum->ioas++;
	for (const VFIOIOASHwpt *h = c->hwpts; h; h = h->next) {
		hwpts++;
		for (const VFIODevice *d = h->devices; d; d = d->hwpt_next)
			devices++;
	}
	sum->hwpts += hwpts;
	if (devices > c->ndevices)
		return scenario_fail(r, line, "page tables have %u devices, their container %u",
				     devices, c->ndevices);
	/* Attached to the IOAS itself. */
	sum->auto_hwpts += c->ndevices - devices;
	return 0;
}

static int add_tables(struct run *r, struct sum *sum, unsigned line)
{
	for (const VFIOContainer *c = r->m.vfio.containers; c; c = c->next)
		if (add_container(r, c, sum, line))
			return -1;
	for (const VFIOGroup *g = r->m.vfio.groups; g; g = g->next) {
		if (!g->devices)
			return scenario_fail(r, line, "group %d without a device", g->groupid);
		sum->groups++;
		sum->fds++;
	}
	for (size_t i = 0; i < r->nobjects; i++) {
		sum->iommufds += r->object[i].be.users > 0;
		sum->fds += r->object[i].be.users > 0;
	}
	return 0;
}

/* What a plugged device holds, by the way it is there. */
static int check_vfio(struct run *r, const struct plug *p, struct sum *sum, unsigned line)
{
	const VFIODevice *d = &p->dev.vbasedev;

	if (!p->dev.realized || !d->container || d->fd < 0)
		return scenario_fail(r, line, "%s is plugged in and not attached", p->host);
	if (!d->hiod != !vfio_device_has_hiod(d))
		return scenario_fail(r, line, "%s %s a host IOMMU device", p->host,
				     d->hiod ? "has" : "has not");
	sum->attached++;
	sum->bound += d->iommufd != NULL;
	sum->devices++;
	return 0;
}

static int check_vdpa(struct run *r, const struct plug *p, struct sum *sum, unsigned line)
{
	const VDPADevice *v = &p->vdpa.vdpa;

	if (!p->vdpa.realized || v->fd < 0 || !v->hiod)
		return scenario_fail(r, line, "%s is plugged in and not attached", p->host);
	if (v->nmapped != v->as->nmem)
		return scenario_fail(r, line, "%s has %zu regions mapped, expected %zu", p->host,
				     v->nmapped, v->as->nmem);
	sum->mappings += (unsigned)v->nmapped;
	sum->vdpas++;
	return 0;
}

/* One plugged device: attached, registered as it should be, referenced as often. */
static int check_device(struct run *r, struct plug *p, struct sum *sum, unsigned *table,
			unsigned line)
{
	HostIOMMUDevice *h = plug_hiod(p), *entry = machine_find_hiod(&r->m, plug_pci(p));
	const struct hiod_ranges *ranges;
	bool taken = p->checked && h;

	if (p->is_vdpa ? check_vdpa(r, p, sum, line) : check_vfio(r, p, sum, line))
		return -1;
	ranges = p->is_vdpa ? &p->vdpa.vdpa.iova_ranges : &p->dev.vbasedev.container->iova_ranges;
	/* QEMU's virtio-iommu lets a device of unknown ranges pass, without an entry. */
	if (r->m.viommu_kind == MACHINE_VIOMMU_VIRTIO && !ranges->n)
		taken = entry != NULL;
	if (taken ? entry != h : entry && entry == h)
		return scenario_fail(r, line, "%s is %s the vIOMMU's table", p->host,
				     entry ? "wrongly in" : "not in");
	if (h && h->refs != 1 + (unsigned)taken)
		return scenario_fail(r, line,
				     "the host IOMMU device of %s has %u references, expected %u",
				     p->host, h->refs, 1 + (unsigned)taken);
	*table += taken;
	sum->fds++;
	return 0;
}

static int check_machine(struct run *r, struct sum *sum, unsigned line)
{
	const Machine *m = &r->m;
	unsigned table = 0, listed = 0, vdpas = 0;

	for (struct plug *p = r->plugs; p; p = p->next)
		if (check_device(r, p, sum, &table, line))
			return -1;
	for (const VFIOPCIDevice *d = m->devices; d; d = d->next)
		listed++;
	if (listed != sum->devices)
		return scenario_fail(r, line, "%u devices are plugged in, the machine has %u",
				     sum->devices, listed);
	for (const VDPAPCIDevice *d = m->vdpas; d; d = d->next)
		vdpas++;
	if (vdpas != sum->vdpas)
		return scenario_fail(r, line, "%u vDPA devices are plugged in, the machine has %u",
				     sum->vdpas, vdpas);
	if (machine_table_size(m) != table)
		return scenario_fail(r, line, "the vIOMMU's table has %u entries, expected %u",
				     machine_table_size(m), table);
	if (m->viommu_kind == MACHINE_VIOMMU_INTEL &&
	    (m->viommu.cap != intel_iommu_cap(&m->viommu.config, m->profile) ||
	     m->viommu.ecap != intel_iommu_ecap(&m->viommu.config, m->profile)))
		return scenario_fail(r, line,
				     "cap 0x%llx and ecap 0x%llx are not those of the options",
				     (unsigned long long)m->viommu.cap,
				     (unsigned long long)m->viommu.ecap);
	return add_tables(r, sum, line);
}

static int same(struct run *r, unsigned line, const char *what, unsigned seen, unsigned expected)
{
	if (seen == expected)
		return 0;
	return scenario_fail(r, line, "%u %s, expected %u", seen, what, expected);
}

/* The kernel against the guest. */
static int check_kernel(struct run *r, const struct sum *sum, unsigned line)
{
	struct model_stats st;
	const char *unknown;

	if (same(r, line, "descriptors are open", r->tap.fds, sum->fds))
		return -1;
	if (!r->w->model)
		return 0;
	unknown = model_unknown(r->w->model);
	if (unknown)
		return scenario_fail(r, line, "%s", unknown);
	model_stats(r->w->model, &st);
	if (same(r, line, "descriptors are open in the kernel", st.fds, sum->fds) ||
	    same(r, line, "groups are open", st.groups_open, sum->groups) ||
	    same(r, line, "devices are open", st.devices_open, sum->attached) ||
	    same(r, line, "mappings are alive", st.mappings, sum->mappings))
		return -1;
	/* /dev/vfio/vfio may be iommufd's, with an IOAS and page tables of its own. */
	if (st.containers != sum->containers && st.containers == 0)
		return 0;
	if (same(r, line, "containers are alive", st.containers, sum->containers) ||
	    same(r, line, "iommufds are alive", st.iommufds, sum->iommufds) ||
	    same(r, line, "IOASes are alive", st.ioas, sum->ioas) ||
	    same(r, line, "devices are bound", st.devices_bound, sum->bound) ||
	    same(r, line, "objects are neither devices, IOASes nor page tables",
		 st.objects - st.ioas - st.hwpts - st.devices_bound, 0))
		return -1;
	if (st.hwpts < sum->hwpts || st.hwpts > sum->hwpts + sum->auto_hwpts)
		return scenario_fail(r, line, "%u page tables are alive, expected %u to %u",
				     st.hwpts, sum->hwpts, sum->hwpts + sum->auto_hwpts);
	return 0;
}

int check_invariants(struct run *r, unsigned line)
{
	struct sum sum = { 0 };

	if (!r->up)
		return check_nothing(r, line);
	if (check_machine(r, &sum, line))
		return -1;
	return check_kernel(r, &sum, line);
}

int check_nothing(struct run *r, unsigned line)
{
	static const struct sum none;

	if (r->m.vfio.containers || r->m.vfio.groups || r->m.devices || r->m.vdpas)
		return scenario_fail(r, line,
				     "address spaces, groups or devices are left in the guest");
	return check_kernel(r, &none, line);
}

void pinned_now(struct pinned *p)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");

	*p = (struct pinned){ 0 };
	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "VmLck: %lu", &p->locked);
		sscanf(line, "VmPin: %lu", &p->pinned);
	}
	if (f)
		fclose(f);
}
