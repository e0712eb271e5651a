// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a scenario needs of its host and kernel: found out by asking, in the
 * same way as the scenario will; what is missing is a skip with its reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/internal.h"

/* What the first device is like with each backend. */
struct probe {
	bool asked, works;
	int aw_bits;
	char why[256]; /* it does not */
};

struct known {
	struct probe legacy, iommufd;
};

/* Attaches the first device to a guest without a vIOMMU. */
static const struct probe *ask(struct run *r, struct known *k, const char *backend)
{
	struct probe *p = *backend == 'l' ? &k->legacy : &k->iommufd;
	struct plug *dev;

	if (p->asked)
		return p;
	p->asked = true;
	if (!r->w->ndevices) {
		snprintf(p->why, sizeof(p->why), "no device");
		return p;
	}
	hiod_error_init(&r->err);
	if (machine_init(&r->m, &r->tap.pass.shim, r->w->profile, NULL, r->mem, r->sc->nmem, NULL,
			 &r->err))
		return p;
	r->up = true;
	r->nobjects = 0;
	if (!run_plug(r, r->w->devices[0], backend, "")) {
		dev = r->plugs;
		p->works = true;
		p->aw_bits = vfio_device_get_aw_bits(&dev->dev.vbasedev);
	} else {
		snprintf(p->why, sizeof(p->why), "%.200s", r->err.message);
	}
	run_quit(r, 0);
	return p;
}

static int group_of(struct run *r, const char *bdf)
{
	char path[128], target[256];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.64s/iommu_group", bdf);
	n = shim_readlink(&r->tap.pass.shim, path, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return slash ? atoi(slash + 1) : -1;
}

static enum scenario_result skip(struct run *r, unsigned line, const char *text)
{
	scenario_fail(r, line, "%s", text);
	return SCENARIO_SKIP;
}

static enum scenario_result need_backend(struct run *r, struct known *k, unsigned line,
					 const char *backend)
{
	const struct probe *p = ask(r, k, backend);
	char text[400];

	if (p->works)
		return SCENARIO_PASS;
	snprintf(text, sizeof(text), "%s does not work here: %s", backend, p->why);
	return skip(r, line, text);
}

/* Of every backend that works. */
static enum scenario_result need_width(struct run *r, struct known *k, unsigned line,
				       const char *width)
{
	static const char *const backends[] = { "legacy", "iommufd" };
	bool any = false, bad;

	for (size_t i = 0; i < 2; i++) {
		const struct probe *p = ask(r, k, backends[i]);
		char text[120];

		if (!p->works)
			continue;
		any = true;
		if (number_fits(width, (uint64_t)p->aw_bits, &bad))
			continue;
		if (bad) {
			scenario_fail(r, line, "width%s: expected a number, as 39 or >=48", width);
			return SCENARIO_FAIL;
		}
		snprintf(text, sizeof(text), "the host has %d bits with %s, needed %s", p->aw_bits,
			 backends[i], width);
		return skip(r, line, text);
	}
	return any ? SCENARIO_PASS : skip(r, line, "no backend works here");
}

static enum scenario_result need_groups(struct run *r, unsigned line, bool same)
{
	int a, b;

	if (r->w->ndevices < 2)
		return skip(r, line, "needs two devices");
	a = group_of(r, r->w->devices[0]);
	b = group_of(r, r->w->devices[1]);
	if ((a == b) == same)
		return SCENARIO_PASS;
	return skip(r, line,
		    same ? "the first two devices are of different groups"
			 : "the first two devices are of one group");
}

static enum scenario_result check_need(struct run *r, struct known *k, const char *need,
				       unsigned line)
{
	uint64_t n;

	if (!strncmp(need, "devices=", 8) && parse_number(need + 8, &n))
		return r->w->ndevices >= n ? SCENARIO_PASS : skip(r, line, "too few devices");
	if (!strncmp(need, "vdpas=", 6) && parse_number(need + 6, &n))
		return r->w->nvdpas >= n ? SCENARIO_PASS : skip(r, line, "too few vDPA devices");
	if (!strcmp(need, "model"))
		return r->w->model ? SCENARIO_PASS : skip(r, line, "of the model kernel alone");
	if (!strcmp(need, "legacy") || !strcmp(need, "iommufd"))
		return need_backend(r, k, line, need);
	if (!strncmp(need, "width=", 6))
		return need_width(r, k, line, need + 6);
	if (!strncmp(need, "width", 5))
		return need_width(r, k, line, need + 5);
	if (!strcmp(need, "one-group") || !strcmp(need, "two-groups"))
		return need_groups(r, line, *need == 'o');
	scenario_fail(
		r, line,
		"needs: '%s': expected devices=N, vdpas=N, model, legacy, iommufd, width=N (or "
		"width>=N, width<N), one-group or two-groups",
		need);
	return SCENARIO_FAIL;
}

/* Steps that only a model can do. */
static const struct step *model_step(const struct scenario *sc)
{
	for (size_t i = 0; i < sc->nsteps; i++)
		if (!strcmp(sc->step[i].type->name, "lost"))
			return &sc->step[i];
	return NULL;
}

enum scenario_result check_needs(struct run *r)
{
	const struct scenario *sc = r->sc;
	const struct step *s = model_step(sc);
	enum scenario_result result;
	struct known k = { 0 };

	if (!condition_holds(&sc->profiles, r->w->profile))
		return skip(r, 1, "not of this profile");
	if (!r->w->ndevices && !r->w->nvdpas)
		return skip(r, 1, "no device");
	if (s && !r->w->model)
		return skip(r, s->line, "of the model kernel alone");
	for (size_t i = 0; i < sc->nneeds; i++) {
		result = check_need(r, &k, sc->need[i], sc->need_line[i]);
		if (result != SCENARIO_PASS)
			return result;
	}
	return check_nothing(r, 1) ? SCENARIO_FAIL : SCENARIO_PASS;
}
