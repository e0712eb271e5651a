// SPDX-License-Identifier: GPL-2.0-or-later
/* What a scenario can do: one row a step. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/scenario/internal.h"
#include "harness/uapi/uapi.h"
#include "mocks/model.h"

static int do_machine(struct run *r, const struct step *s)
{
	if (r->up || r->gone)
		return scenario_fail(r, s->line, "machine: there is one; quit begins anew");
	r->machine_text = s->word[0];
	hiod_error_init(&r->err);
	r->up = true;
	r->nobjects = 0;
	return run_outcome(r, s,
			   machine_init(&r->m, &r->tap.pass.shim, r->w->profile, r->machine_text,
					r->mem, r->sc->nmem, NULL, &r->err));
}

static int do_viommu(struct run *r, const struct step *s)
{
	Machine *m = run_machine(r, s);

	if (!m)
		return -1;
	hiod_error_init(&r->err);
	return run_outcome(r, s, machine_add_viommu(m, s->word[0], &r->err));
}

static int do_device(struct run *r, const struct step *s)
{
	Machine *m = run_machine(r, s);

	if (!m)
		return -1;
	hiod_error_init(&r->err);
	return run_outcome(r, s, machine_add_bridge(m, s->word[0], &r->err));
}

/* What word names; NULL: why filled. */
static const char *host_of(struct run *r, const struct step *s, const char *word)
{
	const char *host = run_host(r, word);

	if (!host)
		scenario_fail(r, s->line, "%s: there is no device %s here (needs %s=N)",
			      s->type->name, word, word[1] == 'v' ? "vdpas" : "devices");
	return host;
}

static int do_plug(struct run *r, const struct step *s)
{
	const char *host = host_of(r, s, s->word[0]);

	if (!host || !run_machine(r, s))
		return -1;
	hiod_error_init(&r->err);
	return run_outcome(r, s, run_plug(r, host, s->word[1], s->words > 2 ? s->word[2] : ""));
}

static int do_unplug(struct run *r, const struct step *s)
{
	const char *host = host_of(r, s, s->word[0]);
	struct plug *p = host ? run_find(r, host) : NULL;
	Machine *m = host ? run_machine(r, s) : NULL;
	int rc = 0;

	if (!m)
		return -1;
	if (!p)
		return scenario_fail(r, s->line, "-dev: %s is not plugged in", host);
	if (!m->done)
		return scenario_fail(r, s->line, "-dev: expected start before");
	hiod_error_init(&r->err);
	if (!plug_pci(p)->bus->hotplug)
		rc = hiod_error_set(&r->err, -EINVAL, "Bus '%s' does not support hotplugging",
				    plug_pci(p)->bus->name);
	else if (run_unplug(r, p, s->line))
		return -1;
	return run_outcome(r, s, rc);
}

static int do_start(struct run *r, const struct step *s)
{
	Machine *m = run_machine(r, s);

	if (!m)
		return -1;
	if (m->done)
		return scenario_fail(r, s->line, "start: it has started; quit begins anew");
	hiod_error_init(&r->err);
	return run_outcome(r, s, machine_done(m, &r->err));
}

/* A machine whose guest runs; NULL: why filled. */
static Machine *running(struct run *r, const struct step *s)
{
	Machine *m = run_machine(r, s);

	if (m && !m->done) {
		scenario_fail(r, s->line, "%s: expected start before", s->type->name);
		return NULL;
	}
	if (m)
		hiod_error_init(&r->err);
	return m;
}

/* A device that cannot follow what the guest maps is the end of QEMU's process. */
static int followed(struct run *r, const struct step *s, int rc)
{
	run_outcome(r, s, rc);
	if (!rc)
		return 0;
	r->outcome = HIOD_ABORT;
	r->gone = s->line;
	return run_quit(r, s->line);
}

static int do_translation(struct run *r, const struct step *s)
{
	Machine *m = running(r, s);

	if (!m)
		return -1;
	return followed(r, s, machine_set_translation(m, !strcmp(s->word[0], "on"), &r->err));
}

static int do_reset(struct run *r, const struct step *s)
{
	Machine *m = running(r, s);

	return m ? followed(r, s, machine_reset(m, &r->err)) : -1;
}

static int do_viommu_reset(struct run *r, const struct step *s)
{
	Machine *m = running(r, s);

	if (!m)
		return -1;
	if (m->viommu_kind == MACHINE_VIOMMU_NONE)
		return scenario_fail(r, s->line, "viommu-reset: there is no vIOMMU");
	return followed(r, s, machine_reset_viommu(m, &r->err));
}

/* The next kernel finds translation as the last one left it, turns it off, and on again. */
static int do_kexec(struct run *r, const struct step *s)
{
	Machine *m = running(r, s);
	int rc;

	if (!m)
		return -1;
	rc = machine_set_translation(m, false, &r->err);
	if (!rc)
		rc = machine_set_translation(m, true, &r->err);
	return followed(r, s, rc);
}

static int do_quit(struct run *r, const struct step *s)
{
	int rc = run_quit(r, s->line);

	r->gone = 0;
	r->machine_text = NULL;
	return rc | check_nothing(r, s->line);
}

static int lose(struct run *r, const struct step *s, bool lost)
{
	const char *host = host_of(r, s, s->word[0]);

	if (!host)
		return -1;
	if (model_device_lost(r->w->shim, host, lost))
		return scenario_fail(r, s->line, "%s: the host has no device %s", s->type->name,
				     host);
	return 0;
}

static int do_lost(struct run *r, const struct step *s)
{
	return lose(r, s, true);
}

static int do_back(struct run *r, const struct step *s)
{
	return lose(r, s, false);
}

/* "fail REQUEST ERRNO [N]", "fail open ERRNO PATH [N]" */
static int do_fail(struct run *r, const struct step *s)
{
	bool open = !strcmp(s->word[0], "open");
	const char *nth = s->words > 2 + open ? s->word[2 + open] : "1";
	struct tap *t = &r->tap;
	uint64_t n;

	if (t->pending)
		return scenario_fail(r, s->line, "fail: the one before has not happened yet");
	if (open && s->words < 3)
		return scenario_fail(r, s->line, "fail: field 3: expected the path");
	if (!parse_number(nth, &n) || !n || n > UINT32_MAX)
		return scenario_fail(r, s->line, "fail: '%s': expected which call, from 1", nth);
	t->req = open ? 0 : uapi_find_name(s->word[0])->req;
	snprintf(t->path, sizeof(t->path), "%s", open ? s->word[2] : "");
	t->err = uapi_errno_from_name(s->word[1]);
	t->nth = (unsigned)n;
	t->pending = 1;
	return 0;
}

const struct step_type scenario_steps[] = {
	{ "machine", 1, 1, "t", do_machine, true },
	{ "viommu", 1, 1, "t", do_viommu, true },
	{ "device", 1, 1, "t", do_device, true },
	{ "+dev", 2, 3, "hbt", do_plug, true },
	{ "-dev", 1, 1, "h", do_unplug, true },
	{ "start", 0, 0, "", do_start, true },
	{ "translation", 1, 1, "o", do_translation, true },
	{ "viommu-reset", 0, 0, "", do_viommu_reset, true },
	{ "reset", 0, 0, "", do_reset, true },
	{ "kexec", 0, 0, "", do_kexec, true },
	{ "quit", 0, 0, "", do_quit, true },
	{ "lost", 1, 1, "h", do_lost, false },
	{ "back", 1, 1, "h", do_back, false },
	{ "fail", 2, 4, "ret", do_fail, false },
	{ NULL },
};
