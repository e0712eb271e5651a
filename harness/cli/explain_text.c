// SPDX-License-Identifier: GPL-2.0-or-later
/* One host in words. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/cli/explain_print.h"
#include "harness/cli/verdict.h"
#include "harness/reconstruct/reconstruct.h"

const char *const explain_region_types[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "direct",
	[HOST_REGION_DIRECT_RELAXABLE] = "direct-relaxable",
	[HOST_REGION_RESERVED] = "reserved",
	[HOST_REGION_MSI] = "msi",
};

static const char *const region_words[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "firmware memory (direct)",
	[HOST_REGION_DIRECT_RELAXABLE] =
		"firmware memory that the kernel gives up (direct-relaxable)",
	[HOST_REGION_RESERVED] = "reserved",
	[HOST_REGION_MSI] = "interrupts (msi)",
};

static void print_width(const char *what, unsigned int w)
{
	if (w)
		printf(", %u bits with %s", w, what);
	else
		printf(", none with %s", what);
}

static void print_unit(const struct host *h, size_t i)
{
	const struct host_iommu *io = &h->iommus[i];
	const char *note = NULL, *how = explain_width_source(h, i, &note);
	unsigned int dirty = explain_width(h, i, HOST_DOMAIN_DIRTY);
	struct host_domain d;

	host_domain_get(h, io, HOST_DOMAIN_TYPE1, &d);
	printf("  %s", io->name ? io->name : "IOMMU");
	print_width("legacy VFIO", explain_width(h, i, HOST_DOMAIN_TYPE1));
	print_width("iommufd", explain_width(h, i, HOST_DOMAIN_PAGING));
	if (dirty)
		printf(", %u with iommufd and dirty tracking", dirty);
	printf("; pages%s%s%s", d.pgsizes & 1ull << 12 ? " 4K" : "",
	       d.pgsizes & 1ull << 21 ? " 2M" : "", d.pgsizes & 1ull << 30 ? " 1G" : "");
	if (!io->isolated_msi)
		printf("; NO interrupt remapping: VFIO refuses without allow_unsafe_interrupts");
	putchar('\n');
	if (io->has_regs)
		printf("    cap 0x%" PRIx64 " ecap 0x%" PRIx64 ": MGAW %u, SAGAW%s%s%s%s\n",
		       io->cap, io->ecap, (unsigned int)(io->cap >> 16 & 63) + 1,
		       io->cap >> 9 & 1 ? " 39" : "", io->cap >> 10 & 1 ? " 48" : "",
		       io->cap >> 11 & 1 ? " 57" : "", io->ecap >> 43 & 1 ? ", scalable mode" : "");
	if (how)
		printf("    the width is %s: %s\n", strcmp(how, "assumed") ? how : "ASSUMED", note);
}

static void print_firmware(const struct host_firmware *f)
{
	if (!f->width && !f->nregions)
		return;
	puts("\nFirmware");
	if (f->width)
		printf("  host address width: %u bits, the platform's; an IOMMU may have fewer\n",
		       f->width);
	for (size_t i = 0; i < f->nregions; i++) {
		printf("  0x%" PRIx64 "-0x%" PRIx64 " is for", f->regions[i].range.start,
		       f->regions[i].range.last);
		for (size_t d = 0; d < f->regions[i].ndevices; d++)
			printf(" %s", f->regions[i].devices[d]);
		puts(f->regions[i].ndevices ? "" : " devices that are not told");
	}
}

static void print_regions(const struct host *h, const struct host_device *d)
{
	size_t n;
	const struct host_region *v = explain_regions(h, d, &n);

	for (size_t i = 0; i < n; i++)
		printf("    hole 0x%" PRIx64 "-0x%" PRIx64 ": %s\n", v[i].start, v[i].last,
		       region_words[v[i].type]);
	if (explain_locked(h, d))
		puts("    NOT ASSIGNABLE: the firmware wants its memory mapped one to one (RMRR), "
		     "so the kernel\n"
		     "    refuses: EPERM at attach until 6.1, EINVAL when the group is taken since. "
		     "A BIOS setting\n"
		     "    may drop it; another device, in another group, is not affected");
}

/* The verdict of one cell. 1: of none, this version has no such option; 0; -ENOMEM. */
static int ask(const struct host *h, const struct host_device *d, enum hiod_backend b,
	       const struct hiod_profile *p, const struct explain_config *c, struct hiod_verdict *v)
{
	char viommu[200];
	const struct explain_question q = {
		.profile = p,
		.backend = b,
		.viommu = viommu,
		.mem = explain_small_guest,
		.nmem = EXPLAIN_SMALL_GUEST,
	};

	return explain_config_text(c, p, viommu, sizeof(viommu)) ? explain_ask(h, d, &q, v) : 1;
}

/* What the newest version says of its default where it does not fit, and which ranges it saw. */
static int print_reason(const struct host *h, const struct host_device *d, enum hiod_backend b)
{
	struct hiod_verdict v;
	int r = ask(h, d, b, hiod_profile_default(), &explain_configs[0], &v);

	if (r)
		return r;
	printf("    %s:", backend_name(b));
	for (size_t i = 0; i < v.nranges; i++)
		printf("%s 0x%" PRIx64 "-0x%" PRIx64, i ? "," : " IOVA", v.ranges[i].start,
		       v.ranges[i].last);
	if (v.verdict != HIOD_ACCEPTED)
		printf("%s%s%s%s%s", v.nranges ? "; " : " ", v.message, *v.hint ? " [" : "", v.hint,
		       *v.hint ? "]" : "");
	putchar('\n');
	hiod_verdict_free(&v);
	return 0;
}

static int print_matrix_row(const struct host *h, const struct host_device *d,
			    const struct hiod_profile *p, enum hiod_backend b, bool unknown)
{
	static const char *const marks[] = {
		[HIOD_ACCEPTED] = "fits",   [HIOD_REFUSED] = "no", [HIOD_ERROR] = "error",
		[HIOD_UNKNOWN] = "unknown", [HIOD_SKIPPED] = "-",  [HIOD_ABORT] = "abort",
		[HIOD_HANG] = "hang",
	};

	printf("    %-11s %-7s", p->name, backend_name(b));
	for (size_t c = 0; c < EXPLAIN_CONFIGS; c++) {
		struct hiod_verdict v;
		const char *mark = "-";
		int r = ask(h, d, b, p, &explain_configs[c], &v);

		if (r < 0)
			return r;
		if (!r) {
			mark = unknown && v.stage != HIOD_STAGE_CONFIG ? "unknown"
								       : marks[v.verdict];
			hiod_verdict_free(&v);
		}
		printf(" %-*s", c + 1 < EXPLAIN_CONFIGS ? 11 : 0, mark);
	}
	putchar('\n');
	return 0;
}

static int print_matrix(const struct host *h, const struct host_device *d, bool unknown)
{
	int r = 0;

	printf("    %-10s %-8s", "intel-iommu", "");
	for (size_t c = 0; c < EXPLAIN_CONFIGS; c++)
		printf(" %-*s", c + 1 < EXPLAIN_CONFIGS ? 11 : 0, explain_configs[c].title);
	putchar('\n');
	for (size_t i = 0; hiod_profile_at(i) && !r; i++)
		for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD && !r; b++)
			r = print_matrix_row(h, d, hiod_profile_at(i), (enum hiod_backend)b,
					     unknown);
	return r;
}

static void print_title(const struct host *h, const struct host_device *d)
{
	printf("\nDevice %s", d->bdf);
	if (d->group >= 0)
		printf(", group %d", d->group);
	if (d->iommu >= 0 && h->iommus[d->iommu].name)
		printf(", behind %s", h->iommus[d->iommu].name);
	putchar('\n');
}

static int print_device(const struct host *h, const struct host_device *d)
{
	char *assumed;
	bool unknown;
	int r;

	if (recon_rests_on(h, d, &assumed, &unknown))
		return -ENOMEM;
	print_title(h, d);
	if (assumed)
		printf("    assumed: %s\n", assumed);
	free(assumed);
	print_regions(h, d);
	r = print_reason(h, d, HIOD_BACKEND_LEGACY);
	if (!r)
		r = print_reason(h, d, HIOD_BACKEND_IOMMUFD);
	return r ? r : print_matrix(h, d, unknown);
}

static void print_trial_region(const struct trial_region *tr)
{
	uint64_t last = tr->r.start + tr->r.size - 1;

	printf("      %-13s 0x%" PRIx64 "-0x%" PRIx64, tr->r.name, tr->r.start, last);
	if (!*tr->message) {
		puts(": mapped");
		return;
	}
	if (tr->miss == TRIAL_ABOVE)
		printf(": NOT MAPPED, usable up to 0x%" PRIx64, tr->hole.start - 1);
	else if (tr->miss == TRIAL_HOLE)
		printf(": NOT MAPPED, hole 0x%" PRIx64 "-0x%" PRIx64 "%s%s%s", tr->hole.start,
		       tr->hole.last, tr->hole_type >= 0 ? " (" : "",
		       tr->hole_type >= 0 ? explain_region_types[tr->hole_type] : "",
		       tr->hole_type >= 0 ? ")" : "");
	else
		printf(": NOT MAPPED");
	printf("\n        QEMU %s: ", tr->fatal ? "ends" : "goes on");
	for (const char *p = tr->message; *p; p++) {
		putchar(*p);
		if (*p == '\n')
			printf("        ");
	}
	putchar('\n');
}

static int print_trial(const struct explain_options *o, const struct host *h,
		       const struct host_device *d)
{
	struct guest_layout l;

	guest_lay_out(&o->guest, trial_host_is_amd(h, d), &l);
	printf("\nThis guest on %s: ", d->bdf);
	if (l.phys_bits)
		printf("%u address bits%s, ", l.phys_bits,
		       l.phys_bits_overruled ? " (phys-bits overruled by -cpu host)" : "");
	printf("RAM above 4 GiB %s", l.relocated ? "moved to 1 TiB" : "in place");
	if (o->guest.bar || o->guest.ivshmem)
		printf(", BARs %s",
		       l.top_window ? "at the top of the address space" : "behind RAM");
	putchar('\n');
	if (*l.refusal)
		printf("    before any mapping: %s\n", l.refusal);
	for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD; b++) {
		struct trial t;
		int r = trial_run(h, d, o->profile, (enum hiod_backend)b, &l, &t);

		if (!r) {
			printf("    %s, %s%s%s\n", o->profile->name,
			       backend_name((enum hiod_backend)b), t.attached ? "" : ": ",
			       t.message);
			for (size_t i = 0; i < t.n; i++)
				print_trial_region(&t.region[i]);
		}
		trial_free(&t);
		if (r)
			return r;
	}
	return 0;
}

static void print_findings(const struct explain_options *o, const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->v[i];

		if (o->only && problem_at(one->id) != o->only)
			continue;
		printf("problem: %s — %s\n    %s: ", problem_at(one->id)->slug,
		       problem_at(one->id)->title, one->where);
		for (const char *p = one->seen; *p; p++)
			putchar(*p == '\n' ? ' ' : *p);
		if (*one->remedy)
			printf("\n    what helps: %s", one->remedy);
		putchar('\n');
	}
	if (!f->n && !o->only)
		puts("  none of those known by name");
}

static void print_sentence(void *ctx, const char *sentence)
{
	printf("  %s\n", sentence);
}

int explain_print_text(const struct explain_options *o, const struct host *h,
		       const struct findings *f)
{
	int r = 0;

	if (o->only) {
		print_findings(o, f);
		return 0;
	}
	printf("Host %s, kernel %s (%s)\n", h->name, h->release ? h->release : "not known",
	       h->origin ? h->origin : "made");
	if (h->source)
		printf("  %s\n", h->source);
	if (!o->problems_only) {
		printf("\nIOMMU units: %zu\n", h->niommus);
		for (size_t i = 0; i < h->niommus; i++)
			print_unit(h, i);
		print_firmware(&h->firmware);
	}
	for (size_t i = 0; i < h->ndevices && !r && !o->problems_only; i++)
		if (explain_chosen(h, &h->devices[i], o->device))
			r = print_device(h, &h->devices[i]);
	for (size_t i = 0; i < h->ndevices && !r && o->has_guest; i++)
		if (explain_chosen(h, &h->devices[i], o->device))
			r = print_trial(o, h, &h->devices[i]);
	if (r)
		return r;
	puts("\nProblems");
	print_findings(o, f);
	if (!o->problems_only) {
		puts("\nWhat would change it");
		explain_advice(h, print_sentence, NULL);
	}
	return 0;
}
