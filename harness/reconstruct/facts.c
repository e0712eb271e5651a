// SPDX-License-Identifier: GPL-2.0-or-later
/* Keeping what the inputs told, within bounds. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/reconstruct/facts.h"

struct recon *recon_new(void)
{
	struct recon *r = calloc(1, sizeof(*r));

	if (r)
		r->remapping = -1;
	return r;
}

void recon_free(struct recon *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nunits; i++) {
		free(r->units[i].scopes);
		free(r->units[i].from);
	}
	for (size_t i = 0; i < r->nrmrrs; i++) {
		free(r->rmrrs[i].scopes);
		free(r->rmrrs[i].from);
	}
	for (size_t i = 0; i < r->nnotes; i++) {
		free(r->notes[i].input);
		free(r->notes[i].why);
	}
	for (size_t i = 0; i < r->npcis; i++)
		free(r->pcis[i].from);

	char *const strings[] = { r->input,	 r->release,   r->release_from,	  r->cmdline,
				  r->machine,	 r->source,    r->cmdline_from,	  r->inputs,
				  r->haw_from,	 r->told_from, r->remapping_from, r->regions_from,
				  r->ranges_from };

	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		free(strings[i]);
	free(r->units);
	free(r->rmrrs);
	free(r->regions);
	free(r->ranges);
	free(r->pcis);
	free(r->notes);
	free(r);
}

void facts_note(struct recon *r, unsigned int line, const char *fmt, ...)
{
	struct recon_note *more, *n;
	va_list ap;
	int len;

	if (r->nnotes == RECON_NOTES_MAX) {
		r->more_notes++;
		return;
	}
	more = realloc(r->notes, (r->nnotes + 1) * sizeof(*more));
	if (!more) {
		r->oom = true;
		return;
	}
	r->notes = more;
	n = &more[r->nnotes];
	n->line = line;
	n->input = strdup(r->input ? r->input : "input");
	va_start(ap, fmt);
	len = vasprintf(&n->why, fmt, ap);
	va_end(ap);
	if (len < 0)
		n->why = NULL;
	/* Who reads notes reads whole ones. */
	if (n->input && n->why) {
		r->nnotes++;
		return;
	}
	free(n->input);
	free(n->why);
	r->oom = true;
}

void facts_set(struct recon *r, char **s, const char *text, size_t len)
{
	free(*s);
	*s = strndup(text, len);
	r->oom |= !*s;
}

void facts_from(struct recon *r, char **s)
{
	int n;

	free(*s);
	if (r->line)
		n = asprintf(s, "%s:%u", r->input ? r->input : "input", r->line);
	else
		n = asprintf(s, "%s", r->input ? r->input : "input");
	if (n < 0) {
		*s = NULL;
		r->oom = true;
	}
}

void facts_input(struct recon *r, const char *name)
{
	char *all;

	facts_set(r, &r->input, name, strlen(name));
	r->line = 0;
	if (asprintf(&all, "%s%s%s", r->inputs ? r->inputs : "", r->inputs ? ", " : "", name) < 0) {
		r->oom = true;
		return;
	}
	free(r->inputs);
	r->inputs = all;
}

/* One more element at the end of *v, zeroed. */
static void *one_more(struct recon *r, void **v, size_t *n, size_t size, size_t max,
		      const char *what)
{
	char *more;

	if (*n == max) {
		facts_note(r, r->line, "more than %zu %s", max, what);
		return NULL;
	}
	more = realloc(*v, (*n + 1) * size);
	if (!more) {
		r->oom = true;
		return NULL;
	}
	*v = more;
	memset(more + *n * size, 0, size);
	return more + (*n)++ * size;
}

struct unit *facts_unit(struct recon *r)
{
	struct unit *u =
		one_more(r, (void **)&r->units, &r->nunits, sizeof(*u), UNITS_MAX, "IOMMU units");

	if (u)
		facts_from(r, &u->from);
	return u;
}

struct rmrr *facts_rmrr(struct recon *r)
{
	struct rmrr *m = one_more(r, (void **)&r->rmrrs, &r->nrmrrs, sizeof(*m), RMRRS_MAX,
				  "reserved regions of the firmware");

	if (m)
		facts_from(r, &m->from);
	return m;
}

struct region *facts_region(struct recon *r)
{
	return one_more(r, (void **)&r->regions, &r->nregions, sizeof(struct region), REGIONS_MAX,
			"reserved regions");
}

struct host_range *facts_range(struct recon *r)
{
	return one_more(r, (void **)&r->ranges, &r->nranges, sizeof(struct host_range), REGIONS_MAX,
			"IOVA ranges");
}

struct pci *facts_pci(struct recon *r, const char *bdf)
{
	struct pci *p;

	for (size_t i = 0; i < r->npcis; i++)
		if (!strcmp(r->pcis[i].bdf, bdf))
			return &r->pcis[i];
	p = one_more(r, (void **)&r->pcis, &r->npcis, sizeof(*p), DEVICES_MAX, "PCI functions");
	if (p)
		snprintf(p->bdf, sizeof(p->bdf), "%s", bdf);
	return p;
}

struct unit *facts_find_unit(struct recon *r, enum host_iommu_type type, uint64_t base,
			     const char *name)
{
	for (size_t i = 0; i < r->nunits; i++) {
		struct unit *u = &r->units[i];

		if (u->type != type)
			continue;
		if (base ? u->base == base : *name && !strcmp(u->name, name))
			return u;
	}
	return NULL;
}

const struct recon_note *recon_notes(const struct recon *r, size_t *n, size_t *more)
{
	*n = r->nnotes;
	*more = r->more_notes;
	return r->notes;
}

size_t recon_units(const struct recon *r)
{
	return r->nunits;
}

int recon_kernel(struct recon *r, const char *release)
{
	if (!host_kernel_version(release))
		return -EINVAL;
	facts_set(r, &r->release, release, strlen(release));
	facts_set(r, &r->release_from, "given", 5);
	r->release_given = true;
	return r->oom ? -ENOMEM : 0;
}

int recon_source(struct recon *r, const char *text)
{
	facts_set(r, &r->source, text, strlen(text));
	return r->oom ? -ENOMEM : 0;
}
