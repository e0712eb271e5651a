// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs a scenario: the guest, its devices, and what became of each step. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/scenario/internal.h"

int scenario_fail(struct run *r, unsigned line, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (r->why->msg[0])
		return -1; /* the first failure is the one that counts */
	n = snprintf(r->why->msg, sizeof(r->why->msg), "%s:%u: ", r->sc->name, line);
	if (n < 0 || (size_t)n >= sizeof(r->why->msg))
		return -1;
	va_start(ap, fmt);
	vsnprintf(r->why->msg + n, sizeof(r->why->msg) - (size_t)n, fmt, ap);
	va_end(ap);
	for (char *c = r->why->msg; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	return -1;
}

const char *run_host(const struct run *r, const char *word)
{
	bool vdpa = word[1] == 'v';
	const char *const *list = vdpa ? r->w->vdpas : r->w->devices;
	size_t n;

	if (*word != '@')
		return word;
	n = strtoul(word + 1 + vdpa, NULL, 10);
	return n && n <= (vdpa ? r->w->nvdpas : r->w->ndevices) ? list[n - 1] : NULL;
}

struct plug *run_find(struct run *r, const char *host)
{
	struct plug *p = r->plugs;

	while (p && strcmp(p->host, host))
		p = p->next;
	return p;
}

PCIDevice *plug_pci(struct plug *p)
{
	return p->is_vdpa ? &p->vdpa.pdev : &p->dev.pdev;
}

HostIOMMUDevice *plug_hiod(const struct plug *p)
{
	return p->is_vdpa ? p->vdpa.vdpa.hiod : p->dev.vbasedev.hiod;
}

/* ---- the machine ---- */

static int start_machine(struct run *r)
{
	int rc;

	hiod_error_init(&r->err);
	rc = machine_init(&r->m, &r->tap.pass.shim, r->w->profile, r->machine_text, r->mem,
			  r->sc->nmem, NULL, &r->err);
	r->up = true;
	r->nobjects = 0;
	return rc;
}

Machine *run_machine(struct run *r, const struct step *s)
{
	if (r->gone) {
		scenario_fail(r, s->line, "%s: QEMU ended at line %u; quit begins anew",
			      s->type->name, r->gone);
		return NULL;
	}
	if (!r->up && start_machine(r)) {
		scenario_fail(r, s->line, "%s: no machine: %s", s->type->name, r->err.message);
		return NULL;
	}
	return &r->m;
}

int run_unplug(struct run *r, struct plug *p, unsigned line)
{
	HostIOMMUDevice *hiod = plug_hiod(p);
	struct plug **at = &r->plugs;
	int rc = 0;

	if (hiod)
		hiod_ref(hiod);
	if (p->is_vdpa)
		vdpa_pci_unplug(&p->vdpa);
	else
		machine_unplug(&r->m, &p->dev);
	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	if (hiod && hiod->refs != 1)
		rc = scenario_fail(r, line,
				   "%s is unplugged, and its host IOMMU device has %u references",
				   p->host, hiod->refs - 1);
	hiod_unref(hiod);
	free(p);
	return rc;
}

int run_quit(struct run *r, unsigned line)
{
	int rc = 0;

	while (r->plugs) {
		rc |= run_unplug(r, r->plugs, line);
		rc |= check_invariants(r, line);
	}
	if (r->up)
		machine_finalize(&r->m);
	r->up = false;
	for (size_t i = 0; i < r->nobjects; i++)
		if (r->object[i].be.users)
			rc = scenario_fail(r, line, "nobody is left, and %s has %u users",
					   r->object[i].id, r->object[i].be.users);
	r->nobjects = 0;
	return rc;
}

/* ---- devices ---- */

/* "-object iommufd,id=ID", made when the first device asks for it. NULL: r->err filled. */
static IOMMUFDBackend *get_object(struct run *r, const char *id)
{
	struct object *o;

	for (size_t i = 0; i < r->nobjects; i++)
		if (!strcmp(r->object[i].id, id))
			return &r->object[i].be;
	if (r->nobjects == MAX_OBJECTS) {
		hiod_error_unmodelled(&r->err, "more than %d iommufd objects", MAX_OBJECTS);
		return NULL;
	}
	o = &r->object[r->nobjects];
	if (iommufd_backend_init(&o->be, &r->tap.pass.shim, r->w->profile, NULL, &r->err))
		return NULL;
	snprintf(o->id, sizeof(o->id), "%s", id);
	r->nobjects++;
	return &o->be;
}

static bool is_checked(struct plug *p)
{
	struct pci_iommu_alias a;

	pci_device_get_iommu_bus_devfn(plug_pci(p), &a);
	return a.iommu_bus && a.iommu_bus->iommu_ops->set_iommu_device;
}

static int plug(struct run *r, struct plug *p, IOMMUFDBackend *be, const char *options)
{
	const char *model = p->is_vdpa ? "virtio-pci" : "vfio-pci";
	char text[256], path[VFIO_PCI_PATH_MAX];
	const char *sysfsdev = p->host;
	int rc;

	snprintf(text, sizeof(text), "%s%s%s", model, *options ? "," : "", options);
	rc = pci_vfio_options_parse(&p->opt, text, &r->err);
	plug_pci(p)->model = model;
	if (!rc)
		rc = machine_place(&r->m, plug_pci(p), &p->opt.place, &r->err);
	if (!rc && p->is_vdpa) {
		p->checked = is_checked(p);
		return vdpa_pci_plug(&p->vdpa, &r->m, p->host, &r->err);
	}
	if (!rc && *sysfsdev != '/') {
		rc = vfio_pci_path(p->host, path, &r->err);
		sysfsdev = path;
	}
	if (rc)
		return rc;
	p->checked = is_checked(p);
	return machine_plug(&r->m, &p->dev, sysfsdev, be, &r->err);
}

int run_plug(struct run *r, const char *host, const char *backend, const char *options)
{
	IOMMUFDBackend *be = NULL;
	struct plug *p;
	int rc;

	if (!strncmp(backend, "iommufd", 7)) {
		be = get_object(r, backend[7] ? backend + 8 : "iommufd0");
		if (!be)
			return r->err.code;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return hiod_error_nomem(&r->err);
	snprintf(p->host, sizeof(p->host), "%s", host);
	p->is_vdpa = !strcmp(backend, "vdpa");
	p->next = r->plugs;
	r->plugs = p;
	rc = plug(r, p, be, options);
	/* The object of a device that did not come about ends at once. */
	if (rc)
		run_unplug(r, p, r->last ? r->last->line : 0);
	return rc;
}

/* ---- outcomes ---- */

static enum hiod_answer answer(const struct run *r, int rc)
{
	if (!rc)
		return HIOD_ACCEPTED;
	switch (r->err.fail) {
	case HIOD_FAIL_QEMU: return HIOD_REFUSED;
	case HIOD_FAIL_ANOMALY:
		return hiod_anomaly_qemu(r->w->profile,
					 hiod_anomaly_fatal(&r->m.anomalies, r->w->profile));
	case HIOD_FAIL_UNMODELLED: return HIOD_UNKNOWN;
	case HIOD_FAIL_INTERNAL: break;
	}
	return HIOD_ERROR;
}

int run_outcome(struct run *r, const struct step *s, int rc)
{
	r->last = s;
	r->looked = false;
	r->outcome = answer(r, rc);
	/* Whatever the command line asks for must be had; later, a refusal is an answer. */
	if (rc && (!r->m.done || r->outcome == HIOD_ABORT || r->outcome == HIOD_HANG)) {
		r->gone = s->line;
		return run_quit(r, s->line);
	}
	return 0;
}

/* What nobody expected to be otherwise was to be accepted. */
static int settle(struct run *r)
{
	if (!r->last || r->looked || r->outcome == HIOD_ACCEPTED)
		return 0;
	return scenario_fail(r, r->last->line, "%s: %s: %s; expected accepted", r->last->type->name,
			     hiod_answer_name(r->outcome), r->err.message);
}

static int run_step(struct run *r, const struct step *s)
{
	if (!condition_holds(&s->when, r->w->profile))
		return 0;
	if (!s->type->outcome && settle(r))
		return -1;
	if (s->type->action) {
		r->last = s;
		r->looked = true;
	}
	if (s->type->run(r, s))
		return -1;
	return check_invariants(r, s->line);
}

static int run_all(struct run *r)
{
	unsigned line = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < r->sc->nsteps; i++) {
		line = r->sc->step[i].line;
		rc = run_step(r, &r->sc->step[i]);
	}
	rc |= settle(r);
	if (!rc && r->tap.pending)
		rc = scenario_fail(r, line, "the failure that was to be injected never happened");
	rc |= run_quit(r, line);
	rc |= check_nothing(r, line);
	return rc;
}

/* Guest memory is real, since a real kernel pins it. */
static int map_memory(struct run *r)
{
	for (size_t i = 0; i < r->sc->nmem; i++) {
		void *at;

		r->mem[i] = r->sc->mem[i];
		at = mmap(NULL, (size_t)r->mem[i].size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (at == MAP_FAILED)
			return scenario_fail(r, 0, "no memory for the guest");
		r->mem[i].vaddr = at;
	}
	return 0;
}

static void unmap_memory(struct run *r)
{
	for (size_t i = 0; i < r->sc->nmem; i++)
		if (r->mem[i].vaddr)
			munmap(r->mem[i].vaddr, (size_t)r->mem[i].size);
}

enum scenario_result scenario_run(const struct scenario *sc, const struct scenario_world *w,
				  struct scenario_error *why)
{
	struct run *r = calloc(1, sizeof(*r));
	enum scenario_result result = SCENARIO_FAIL;
	struct pinned before, after;

	why->msg[0] = '\0';
	if (!r) {
		snprintf(why->msg, sizeof(why->msg), "out of memory");
		return SCENARIO_FAIL;
	}
	r->sc = sc;
	r->w = w;
	r->why = why;
	tap_init(&r->tap, w->shim);
	pinned_now(&before);
	if (!map_memory(r)) {
		result = check_needs(r);
		if (result == SCENARIO_PASS && run_all(r))
			result = SCENARIO_FAIL;
	}
	pinned_now(&after);
	if (result == SCENARIO_PASS && !w->model &&
	    (after.locked != before.locked || after.pinned != before.pinned)) {
		scenario_fail(r, sc->step[sc->nsteps - 1].line,
			      "pages stay locked (%lu KiB, were %lu) or pinned (%lu KiB, were %lu)",
			      after.locked, before.locked, after.pinned, before.pinned);
		result = SCENARIO_FAIL;
	}
	unmap_memory(r);
	free(r);
	return result;
}
