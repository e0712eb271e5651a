// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hiod explain: one host in words and numbers. Widths come from the rules of
 * host_derive.c, answers from hiod_check_run() on the model; here they are put
 * side by side, and what would change them is tried, not guessed.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_derive.h"
#include "harness/capture/load.h"
#include "harness/cli/cli.h"
#include "harness/cli/verdict.h"
#include "harness/reconstruct/reconstruct.h"
#include "hiod/check.h"
#include "mocks/model.h"

static const char *const region_words[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "firmware memory (direct)",
	[HOST_REGION_DIRECT_RELAXABLE] =
		"firmware memory that the kernel gives up (direct-relaxable)",
	[HOST_REGION_RESERVED] = "reserved",
	[HOST_REGION_MSI] = "interrupts (msi)",
};

static unsigned int bits_of(uint64_t last)
{
	unsigned int n = 0;

	for (; last; last >>= 1)
		n++;
	return n;
}

/* Bits of a kind of domain on a unit of h; 0: a device cannot have one. */
static unsigned int width(const struct host *h, size_t unit, enum host_domain_kind kind)
{
	struct host_domain d;

	host_domain_get(h, &h->iommus[unit], kind, &d);
	return d.attach_errno ? 0 : bits_of(d.aperture.last);
}

static void print_width(const char *what, unsigned int w)
{
	if (w)
		printf(", %u bits with %s", w, what);
	else
		printf(", none with %s", what);
}

static const char *how_of(const struct host *h, size_t unit, const char **note)
{
	static const char *const words[] = { "told", "derived", "ASSUMED" };
	char key[40];

	snprintf(key, sizeof(key), "iommus[%zu].domains", unit);
	for (size_t i = 0; i < h->nprovenance; i++) {
		if (strcmp(h->provenance[i].key, key))
			continue;
		*note = h->provenance[i].note;
		return words[h->provenance[i].how];
	}
	return NULL;
}

static void print_unit(const struct host *h, size_t i)
{
	const struct host_iommu *io = &h->iommus[i];
	const char *note = NULL, *how = how_of(h, i, &note);
	struct host_domain d;

	host_domain_get(h, io, HOST_DOMAIN_TYPE1, &d);
	printf("  %s", io->name ? io->name : "IOMMU");
	print_width("legacy VFIO", width(h, i, HOST_DOMAIN_TYPE1));
	print_width("iommufd", width(h, i, HOST_DOMAIN_PAGING));
	if (width(h, i, HOST_DOMAIN_DIRTY))
		printf(", %u with iommufd and dirty tracking", width(h, i, HOST_DOMAIN_DIRTY));
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
		printf("    the width is %s: %s\n", how, note);
}

/*
 * The same registers on another kernel or command line: what a change there
 * would give. 0 where the width was told by drivers, who know better.
 */
static unsigned int width_if(const struct host *h, size_t unit, const char *release,
			     const char *cmdline)
{
	struct host other = *h;
	struct host_iommu io;

	if (!h->iommus[unit].has_regs)
		return 0;
	io = h->iommus[unit];
	memset(io.domain, 0, sizeof(io.domain));
	other.iommus = &io;
	other.niommus = 1;
	other.cmdline = (char *)cmdline;
	other.features = release ? host_features_default(release) : h->features;
	return width(&other, 0, HOST_DOMAIN_TYPE1);
}

/* The oldest version whose default is too wide; NULL: none is. */
static const struct hiod_profile *first_too_wide(unsigned int bits)
{
	for (size_t i = 0; hiod_profile_at(i); i++)
		if (hiod_profile_at(i)->aw_bits > bits)
			return hiod_profile_at(i);
	return NULL;
}

/* The vIOMMU that a unit carries, by what both backends give. */
static void print_fitting(const struct host *h, size_t i)
{
	unsigned int t = width(h, i, HOST_DOMAIN_TYPE1), p = width(h, i, HOST_DOMAIN_PAGING);
	unsigned int bits = !t || (p && p < t) ? p : t;
	const struct hiod_profile *too_wide = first_too_wide(bits);
	const char *name = h->iommus[i].name ? h->iommus[i].name : "the IOMMU";

	if (!bits)
		return;
	if (bits < 39)
		printf("  %s: %u bits carry no intel-iommu, which has 39 at least\n", name, bits);
	else if (too_wide)
		printf("  %s: -device intel-iommu,aw-bits=%d fits %u bits; the default since %s, %u, "
		       "does not\n",
		       name, bits < 48 ? 39 : 48, bits, too_wide->name, too_wide->aw_bits);
}

/* Changes of the host that would make it wider. */
static void print_unit_advice(const struct host *h, size_t i)
{
	unsigned int now = width(h, i, HOST_DOMAIN_TYPE1), then;
	unsigned int dirty = width(h, i, HOST_DOMAIN_DIRTY);
	const char *name = h->iommus[i].name ? h->iommus[i].name : "the IOMMU";

	then = width_if(h, i, NULL, "intel_iommu=sm_off");
	if (then > now)
		printf("  %s: intel_iommu=sm_off on the host's command line gives %u bits "
		       "(second stage)\n",
		       name, then);
	if (dirty > width(h, i, HOST_DOMAIN_PAGING))
		printf("  %s: with an iommufd, a QEMU that asks for dirty tracking gets %u bits\n",
		       name, dirty);
	if (!width(h, i, HOST_DOMAIN_PAGING) && now)
		printf("  %s: attaching to an iommufd fails on this kernel; legacy VFIO does not\n",
		       name);
	then = width_if(h, i, "7.3", h->cmdline);
	if (!now && then)
		printf("  %s: unusable on this kernel; 7.3 gives %u bits\n", name, then);
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
	const struct host_group *g = host_find_group(h, d->group);
	const struct host_region *v = d->own_regions ? d->regions : g ? g->regions : NULL;
	size_t n = d->own_regions ? d->nregions : g ? g->nregions : 0;
	bool locked = false;

	for (size_t i = 0; i < n; i++) {
		printf("    hole 0x%" PRIx64 "-0x%" PRIx64 ": %s\n", v[i].start, v[i].last,
		       region_words[v[i].type]);
		locked |= v[i].type == HOST_REGION_DIRECT;
	}
	if (locked)
		puts("    NOT ASSIGNABLE: the firmware wants its memory mapped one to one (RMRR), "
		     "so the kernel\n"
		     "    refuses: EPERM at attach until 6.1, EINVAL when the group is taken since. "
		     "A BIOS setting\n"
		     "    may drop it; another device, in another group, is not affected");
}

/* The options that are asked about; a version that lacks one has a dash. */
struct config {
	const char *title;
	const char *width; /* option text */
	bool scalable, first;
};

static const struct config configs[] = {
	{ "default", "", false, false },
	{ "aw-bits=39", ",aw-bits=39", false, false },
	{ "aw-bits=48", ",aw-bits=48", false, false },
	{ "scalable", "", true, false },
	{ "first stage", "", true, true },
};

#define NCONFIGS (sizeof(configs) / sizeof(*configs))

/* The verdict of one cell; false where this version has no such option, or no memory. */
static bool ask(const struct host *h, const struct host_device *d, enum hiod_backend b,
		const struct hiod_profile *p, const struct config *c, struct hiod_verdict *v)
{
	char viommu[160], extra[96] = "";
	struct shim *s;

	if ((c->scalable && !p->scalable_option) || (c->first && !p->first_stage_option))
		return false;
	if (c->first)
		snprintf(extra, sizeof(extra), ",%s=on,%s=on", p->scalable_option,
			 p->first_stage_option);
	else if (c->scalable)
		snprintf(extra, sizeof(extra), ",%s=on", p->scalable_option);
	snprintf(viommu, sizeof(viommu), "intel-iommu,caching-mode=on%s%s", c->width, extra);

	const struct hiod_check check = {
		.profile = p,
		.viommu = viommu,
		.backend = b,
		.bdf = d->bdf,
		.mem = guest_memory,
		.nmem = GUEST_MEMORY_REGIONS,
	};

	s = model_new(h, NULL);
	if (!s)
		return false;
	memset(v, 0, sizeof(*v));
	hiod_check_run(s, &check, v);
	shim_destroy(s);
	return true;
}

/* What the newest version says of its default where it does not fit, and which ranges it saw. */
static void print_reason(const struct host *h, const struct host_device *d, enum hiod_backend b)
{
	struct hiod_verdict v;

	if (!ask(h, d, b, hiod_profile_default(), &configs[0], &v))
		return;
	printf("    %s:", backend_name(b));
	for (size_t i = 0; i < v.nranges; i++)
		printf("%s 0x%" PRIx64 "-0x%" PRIx64, i ? "," : " IOVA", v.ranges[i].start,
		       v.ranges[i].last);
	if (v.verdict != HIOD_ACCEPTED)
		printf("%s%s%s%s%s", v.nranges ? "; " : " ", v.message, *v.hint ? " [" : "", v.hint,
		       *v.hint ? "]" : "");
	putchar('\n');
	hiod_verdict_free(&v);
}

static void print_matrix(const struct host *h, const struct host_device *d, bool unknown)
{
	static const char *const marks[] = {
		[HIOD_ACCEPTED] = "fits",   [HIOD_REFUSED] = "no", [HIOD_ERROR] = "error",
		[HIOD_UNKNOWN] = "unknown", [HIOD_SKIPPED] = "-",  [HIOD_ABORT] = "abort",
		[HIOD_HANG] = "hang",
	};

	printf("    %-10s %-8s", "intel-iommu", "");
	for (size_t c = 0; c < NCONFIGS; c++)
		printf(" %-11s", configs[c].title);
	putchar('\n');
	for (size_t i = 0; hiod_profile_at(i); i++) {
		for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD; b++) {
			printf("    %-11s %-7s", hiod_profile_at(i)->name,
			       backend_name((enum hiod_backend)b));
			for (size_t c = 0; c < NCONFIGS; c++) {
				struct hiod_verdict v;
				const char *mark = "-";

				if (ask(h, d, (enum hiod_backend)b, hiod_profile_at(i), &configs[c],
					&v)) {
					mark = unknown && v.stage != HIOD_STAGE_CONFIG
						       ? "unknown"
						       : marks[v.verdict];
					hiod_verdict_free(&v);
				}
				printf(" %-*s", c + 1 < NCONFIGS ? 11 : 0, mark);
			}
			putchar('\n');
		}
	}
}

static int print_device(const struct host *h, const struct host_device *d)
{
	char *assumed;
	bool unknown;

	if (recon_rests_on(h, d, &assumed, &unknown))
		return cli_error("out of memory");
	printf("\nDevice %s", d->bdf);
	if (d->group >= 0)
		printf(", group %d", d->group);
	if (d->iommu >= 0 && h->iommus[d->iommu].name)
		printf(", behind %s", h->iommus[d->iommu].name);
	putchar('\n');
	if (assumed)
		printf("    assumed: %s\n", assumed);
	print_regions(h, d);
	for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD; b++)
		print_reason(h, d, (enum hiod_backend)b);
	print_matrix(h, d, unknown);
	free(assumed);
	return 0;
}

/* Those that VFIO has; all of a host where it has none. */
static bool is_chosen(const struct host *h, const struct host_device *d, const char *device)
{
	bool any = false;

	if (device)
		return !strcmp(device, d->bdf);
	for (size_t i = 0; i < h->ndevices; i++)
		any |= h->devices[i].driver && strstr(h->devices[i].driver, "vfio");
	return !any || (d->driver && strstr(d->driver, "vfio"));
}

static bool unknown_kernel(const struct host *h)
{
	for (size_t i = 0; i < h->nprovenance; i++)
		if (!strcmp(h->provenance[i].key, "kernel"))
			return h->provenance[i].how == HOST_ASSUMED;
	return false;
}

static int explain(const struct host *h, const char *device)
{
	int status = CLI_NOTHING;

	printf("Host %s, kernel %s (%s)\n", h->name, h->release, h->origin);
	if (h->source)
		printf("  %s\n", h->source);
	printf("\nIOMMU units: %zu\n", h->niommus);
	for (size_t i = 0; i < h->niommus; i++)
		print_unit(h, i);
	print_firmware(&h->firmware);
	for (size_t i = 0; i < h->ndevices && status != CLI_BAD; i++)
		if (is_chosen(h, &h->devices[i], device))
			status = print_device(h, &h->devices[i]);
	puts("\nWhat would change it");
	for (size_t i = 0; i < h->niommus; i++) {
		print_fitting(h, i);
		print_unit_advice(h, i);
	}
	if (unknown_kernel(h))
		puts("  the kernel was not told: hiod reconstruct --kernel RELEASE");
	if (status == CLI_NOTHING)
		fprintf(stderr, "hiod: no device%s%s in this host\n", device ? " " : "",
			device ? device : "");
	return status;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *device = NULL;
	struct capture_error err;
	struct host *h;
	int ch, status;

	while ((ch = getopt_long(argc, argv, "d:h", longopts, NULL)) != -1) {
		switch (ch) {
		case 'd': device = optarg; break;
		case 'h': cli_help(c, stdout); return CLI_OK;
		default: return cli_usage(c, NULL);
		}
	}
	if (argc - optind != 1)
		return cli_usage(c, "takes one host");
	if (capture_load_host(argv[optind], &h, NULL, &err))
		return cli_error("%s", err.msg);
	status = explain(h, device);
	host_free(h);
	return status;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.args = "[--device BDF] HOST",
	.summary = "say in words what a host can do, and what would fit",
	.help = "Its IOMMU units and their widths, what the firmware reserves, and for each device the\n"
		"IOVA ranges, the holes, whether it can be assigned at all, which intel-iommu\n"
		"configurations fit by version of QEMU and backend, and what would change that.\n\n"
		"  -d, --device BDF   only this device\n"
		"  -h, --help         this text\n\n"
		"Exit status: 0 explained, 2 bad input or usage, 4 no such device.\n",
	.run = run,
};
