// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts to description: what is not an IOMMU's or a device's. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/reconstruct/build.h"

/* What most distributions ship with, and its rules are the ones before first stages. */
#define RELEASE_ASSUMED "6.12"

/* The misc driver's number, and those that /dev/vfio/vfio and /dev/iommu mostly get. */
#define MISC_MAJOR    10
#define VFIO_MINOR    196
#define IOMMUFD_MINOR 127

char *build_text(struct build *b, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	b->oom |= n < 0;
	return n < 0 ? NULL : s;
}

char *build_dup(struct build *b, const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	b->oom |= s && !copy;
	return copy;
}

void *build_array(struct build *b, size_t n, size_t size)
{
	void *v = n ? calloc(n, size) : NULL;

	b->oom |= n && !v;
	return v;
}

void build_says(struct build *b, enum host_how how, char *key, char *note)
{
	struct host *h = b->h;
	struct host_provenance *more =
		key && note ? realloc(h->provenance, (h->nprovenance + 1) * sizeof(*more)) : NULL;

	if (!more) {
		free(key);
		free(note);
		b->oom = true;
		return;
	}
	h->provenance = more;
	more[h->nprovenance++] = (struct host_provenance){ .key = key, .how = how, .note = note };
}

bool build_cmdline_has(const struct build *b, const char *word)
{
	const char *p = b->r->cmdline;
	size_t n = strlen(word);

	for (; p && (p = strstr(p, word)); p += n)
		if ((p == b->r->cmdline || p[-1] == ' ' || p[-1] == ',') &&
		    (!p[n] || p[n] == ' ' || p[n] == ','))
			return true;
	return false;
}

/* Options that end with a value of kernel parameters of type bool. */
static bool param_on(const struct build *b, const char *name)
{
	char word[80];
	bool on = false;

	for (const char *v = "1yY"; *v; v++) {
		snprintf(word, sizeof(word), "%s=%c", name, *v);
		on |= build_cmdline_has(b, word);
	}
	return on || build_cmdline_has(b, name);
}

static void head(struct build *b)
{
	const struct recon *r = b->r;
	struct host *h = b->h;

	h->name = strdup("reconstructed");
	h->origin = strdup("reconstructed");
	h->source = r->source ? build_dup(b, r->source)
			      : build_text(b, "%s%shiod reconstruct of %s",
					   r->machine ? r->machine : "", r->machine ? "; " : "",
					   r->inputs ? r->inputs : "nothing");
	h->release = build_dup(b, r->release ? r->release : RELEASE_ASSUMED);
	b->oom |= !h->name || !h->origin;
	if (r->release)
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, r->release_from), "%s", "kernel");
	else
		BUILD_SAYS(b, HOST_ASSUMED, build_dup(b, "kernel " RELEASE_ASSUMED), "%s",
			   "kernel");
	h->features = host_features_default(h->release);
	h->cmdline = build_dup(b, r->cmdline);
	if (!r->cmdline)
		BUILD_SAYS(b, HOST_ASSUMED,
			   build_dup(b, "no IOMMU option on the kernel command line"), "%s",
			   "cmdline");
	else if (build_cmdline_has(b, "intel_iommu=off") || build_cmdline_has(b, "iommu=off") ||
		 build_cmdline_has(b, "amd_iommu=off"))
		BUILD_SAYS(b, HOST_ASSUMED,
			   build_dup(b, "the IOMMU on, which the kernel command line turns off"),
			   "%s", "cmdline");
	else
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, r->cmdline_from), "%s", "cmdline");
	h->type1_unsafe = param_on(b, "vfio_iommu_type1.allow_unsafe_interrupts");
	h->iommufd_unsafe = param_on(b, "iommufd.allow_unsafe_interrupts");
	h->container = (struct host_node){
		.present = true, .major = MISC_MAJOR, .minor = VFIO_MINOR, .mode = 0666
	};
	if (h->features & 1u << HOST_F_IOMMUFD)
		h->iommufd = (struct host_node){
			.present = true, .major = MISC_MAJOR, .minor = IOMMUFD_MINOR, .mode = 0660
		};
}

/* "0000:00:1c.4/00.0" */
static char *scope_text(struct build *b, uint16_t segment, const struct scope *s)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%04x:%02x:", segment, s->bus);

	for (unsigned int i = 0; i < s->nsteps && i < sizeof(s->step) / sizeof(*s->step); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%02x.%x", i ? "/" : "",
			      s->step[i].dev & 31, s->step[i].fn & 7);
	return build_dup(b, text);
}

static void firmware(struct build *b)
{
	const struct recon *r = b->r;
	struct host_firmware *f = &b->h->firmware;

	f->width = (uint32_t)r->haw;
	f->atsr = r->atsr;
	f->satc = r->satc;
	if (r->haw)
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, r->haw_from), "%s", "firmware.width");
	f->regions = build_array(b, r->nrmrrs, sizeof(*f->regions));
	for (size_t i = 0; f->regions && i < r->nrmrrs; i++) {
		const struct rmrr *m = &r->rmrrs[i];
		struct host_firmware_region *to = &f->regions[f->nregions++];

		to->range = (struct host_range){ m->start, m->last };
		to->devices = build_array(b, m->nscopes, sizeof(*to->devices));
		for (size_t d = 0; to->devices && d < m->nscopes; d++) {
			char *text = scope_text(b, m->segment, &m->scopes[d]);

			if (text)
				to->devices[to->ndevices++] = text;
		}
		BUILD_SAYS(b, HOST_KNOWN, build_dup(b, m->from), "firmware.reserved[%zu]", i);
	}
}

int recon_host(const struct recon *r, int unit, struct host **h, struct capture_error *err)
{
	struct build b = { .r = r, .only = unit };

	*h = NULL;
	if (!r->nunits && !r->nregions && !r->nranges && !r->haw && !r->told_bits)
		return capture_fail(err, -ENODATA, "%s: found nothing that tells of an IOMMU",
				    r->inputs ? r->inputs : "no input");
	b.h = calloc(1, sizeof(*b.h));
	if (!b.h)
		return capture_fail(err, -ENOMEM, "out of memory");
	head(&b);
	if (!b.oom)
		firmware(&b);
	if (!b.oom)
		build_units(&b);
	if (!b.oom)
		build_devices(&b);
	if (b.oom) {
		host_free(b.h);
		return capture_fail(err, -ENOMEM, "out of memory");
	}
	*h = b.h;
	return 0;
}
