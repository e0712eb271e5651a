// SPDX-License-Identifier: GPL-2.0-or-later
/* Problems of a guest on a host, each remedy tried on the model; see problems.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/problems.h"

#define MIB	     ((uint64_t)1 << 20)
#define GIB	     ((uint64_t)1 << 30)
#define AMD_HT_START 0xfd00000000ull

/* What an attempt came to. */
struct attempt {
	struct guest_layout l;
	struct trial t;
};

static int attempt(const struct host *h, const struct host_device *d, const struct guest *g,
		   enum hiod_backend b, struct attempt *a)
{
	guest_lay_out(g, trial_host_is_amd(h, d), &a->l);
	return trial_run(h, d, hiod_profile_default(), b, &a->l, &a->t);
}

/* 1: this guest would start and be mapped whole; 0: not; or -ENOMEM. */
static int works(const struct host *h, const struct host_device *d, const struct guest *g,
		 enum hiod_backend b)
{
	struct attempt a;
	int r = attempt(h, d, g, b, &a);

	trial_free(&a.t);
	return r ? r : a.t.attached && !a.t.misses && !*a.l.refusal;
}

static unsigned int bits_of_ranges(const struct trial *t)
{
	return t->nranges ? explain_bits_of(t->ranges[t->nranges - 1].last) : 0;
}

/* The most phys-bits with which the guest is mapped; 0: none; or -ENOMEM. */
static int bits_that_work(const struct host *h, const struct host_device *d, const struct guest *g,
			  enum hiod_backend b, unsigned int most)
{
	int r = 0;

	for (unsigned int bits = most; bits >= 33 && !r; bits--) {
		struct guest other = *g;

		other.phys_bits = bits;
		other.cpu_bits = other.limit = 0;
		r = works(h, d, &other, b);
		if (r)
			return r < 0 ? r : (int)bits;
	}
	return r;
}

/* The most memory, in steps of 1 MiB, with which the guest is mapped; 0: none. */
static int memory_that_works(const struct host *h, const struct host_device *d,
			     const struct guest *g, enum hiod_backend b, uint64_t *most)
{
	uint64_t low = 0, high = g->mem / MIB;
	int r;

	/* Not monotonic where RAM moves, but what is found was tried. */
	while (high - low > 1) {
		struct guest other = *g;
		uint64_t middle = low + (high - low) / 2;

		other.mem = middle * MIB;
		r = works(h, d, &other, b);
		if (r < 0)
			return r;
		if (r)
			low = middle;
		else
			high = middle;
	}
	*most = low * MIB;
	return 0;
}

static const char *size_text(uint64_t size, char *buf, size_t len)
{
	if (size % GIB)
		snprintf(buf, len, "%" PRIu64 "M", size / MIB);
	else
		snprintf(buf, len, "%" PRIu64 "G", size / GIB);
	return buf;
}

static int bits_remedy(const struct host *h, const struct host_device *d, const struct guest *g,
		       const struct trial *t, struct finding *f)
{
	int bits = bits_that_work(h, d, g, t->backend, bits_of_ranges(t));

	if (bits < 0)
		return bits;
	if (bits)
		finding_remedy(
			f,
			"libvirt: <maxphysaddr mode='passthrough' limit='%d'/> in <cpu>; QEMU: "
			"-cpu host,host-phys-bits-limit=%d, or phys-bits=%d with another CPU "
			"model (tried: then all is mapped). pci-hole64-size and x-no-mmap=on "
			"are no cure",
			bits, bits, bits);
	else
		finding_remedy(f,
			       "no phys-bits let this guest be mapped here: less memory, a smaller "
			       "BAR (resizable BAR in the host), or another host");
	return 0;
}

/* A BAR above the last usable address; and whether a knob was turned in vain. */
static int bar_above(const struct host *h, const struct host_device *d, const struct guest *g,
		     const struct attempt *a, const struct trial_region *tr, struct findings *f)
{
	bool emulated = tr->r.kind == GUEST_EMULATED;
	unsigned int bits = bits_of_ranges(&a->t);
	struct finding *one;
	int r;

	one = findings_add(f, emulated ? PROBLEM_EMULATED_BAR_ABOVE : PROBLEM_BAR_ABOVE, d->bdf,
			   "%s 0x%" PRIx64 "-0x%" PRIx64 " (phys-bits %u), usable up to 0x%" PRIx64
			   " (%u bits); QEMU: %s",
			   tr->r.name, tr->r.start, tr->r.start + tr->r.size - 1, a->l.phys_bits,
			   tr->hole.start - 1, bits, tr->message);
	r = bits_remedy(h, d, g, &a->t, one);
	if (r || !a->l.phys_bits_overruled)
		return r;
	one = findings_add(f, PROBLEM_PHYS_BITS_OVERRULED, d->bdf,
			   "phys-bits=%u was given, %u are in force: -cpu host sets "
			   "host-phys-bits=on; %s stays at 0x%" PRIx64,
			   g->phys_bits, a->l.phys_bits, tr->r.name, tr->r.start);
	return bits_remedy(h, d, g, &a->t, one);
}

static int amd_hole(const struct host *h, const struct host_device *d, const struct guest *g,
		    const struct attempt *a, const struct trial_region *tr, struct findings *f)
{
	struct guest other = *g;
	struct finding *one;
	uint64_t most = 0;
	char text[32];
	int r, moved;

	if (tr)
		one = findings_add(f, PROBLEM_AMD_HOLE, d->bdf,
				   "%s 0x%" PRIx64 "-0x%" PRIx64 " meets 0x%" PRIx64 "-0x%" PRIx64
				   "; QEMU: %s",
				   tr->r.name, tr->r.start, tr->r.start + tr->r.size - 1,
				   tr->hole.start, tr->hole.last, tr->message);
	else
		one = findings_add(
			f, PROBLEM_AMD_HOLE, d->bdf,
			"RAM above 4 GiB moves to 1 TiB, behind 0xfd00000000-0xffffffffff; "
			"QEMU: %s",
			a->l.refusal);
	other.version = 0;
	other.cpu = GUEST_CPU_AMD;
	other.phys_bits = 48;
	other.cpu_bits = other.limit = 0;
	moved = works(h, d, &other, a->t.backend);
	r = moved < 0 ? moved : memory_that_works(h, d, g, a->t.backend, &most);
	if (r)
		return r;
	finding_remedy(
		one, "%smem=%s is the most that fits as it is",
		moved ? "a machine type of 7.1 or newer with an AMD processor model puts the "
			"RAM behind 1 TiB (phys-bits=48, tried: then all is mapped); "
		      : "",
		size_text(most, text, sizeof(text)));
	return 0;
}

/* RAM that the host cannot map: which of the reasons it is. */
static int ram_missed(const struct host *h, const struct host_device *d, const struct guest *g,
		      const struct attempt *a, const struct trial_region *tr, struct findings *f)
{
	uint64_t last = tr->r.start + tr->r.size - 1, most = 0;
	struct finding *one;
	char text[32];
	int r;

	if (tr->miss == TRIAL_HOLE && tr->hole.start <= AMD_HT_START &&
	    tr->hole.last >= AMD_HT_START)
		return amd_hole(h, d, g, a, tr, f);
	if (tr->miss == TRIAL_HOLE && tr->hole_type == HOST_REGION_MSI)
		one = findings_add(f, PROBLEM_RAM_OVER_MSI, d->bdf,
				   "%s 0x%" PRIx64 "-0x%" PRIx64 " covers 0x%" PRIx64 "-0x%" PRIx64
				   ", where the host has interrupts; QEMU: %s",
				   tr->r.name, tr->r.start, last, tr->hole.start, tr->hole.last,
				   tr->message);
	else if (tr->miss == TRIAL_ABOVE)
		one = findings_add(f, PROBLEM_RAM_ABOVE, d->bdf,
				   "%s 0x%" PRIx64 "-0x%" PRIx64 ", usable up to 0x%" PRIx64
				   "; QEMU: %s",
				   tr->r.name, tr->r.start, last, tr->hole.start - 1, tr->message);
	else
		return 0;
	r = memory_that_works(h, d, g, a->t.backend, &most);
	if (!r && most)
		finding_remedy(one, "mem=%s is the most that fits (tried)%s",
			       size_text(most, text, sizeof(text)),
			       g->machine == GUEST_VIRT
				       ? "; a guest of the host's own architecture "
					 "leaves this window free"
				       : "");
	else if (!r)
		finding_remedy(one, "no amount of memory fits: another device or host");
	return r;
}

static void list_unusable(const struct trial *t, char *buf, size_t len)
{
	uint64_t from = 0;
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i <= t->nranges && n < len; i++) {
		bool end = i == t->nranges;

		/* Behind the last address there is nothing. */
		if (end && t->nranges && !from)
			break;
		if (end || t->ranges[i].start > from)
			n += (size_t)snprintf(buf + n, len - n, "%s[%" PRIx64 "-%" PRIx64 "]",
					      n ? ", " : "", from,
					      end ? UINT64_MAX : t->ranges[i].start - 1);
		from = end ? 0 : t->ranges[i].last + 1;
	}
}

static void iommufd_silent(const struct host_device *d, const struct trial *t, struct findings *f)
{
	char areas[400];

	for (size_t i = 0; i < t->n; i++) {
		const struct trial_region *tr = &t->region[i];
		struct finding *one;

		if (!*tr->message || tr->miss == TRIAL_ELSE)
			continue;
		list_unusable(t, areas, sizeof(areas));
		one = findings_add(f, PROBLEM_IOMMUFD_SILENT, d->bdf,
				   "%s 0x%" PRIx64 "-0x%" PRIx64
				   " meets one of the unusable areas %s",
				   tr->r.name, tr->r.start, tr->r.start + tr->r.size - 1, areas);
		finding_remedy(one, "move the region out of these areas: see the other problems of "
				    "this guest");
		return;
	}
}

int problems_of_guest(const struct host *h, const struct host_device *d, const struct guest *g,
		      struct findings *f)
{
	struct attempt a, fd;
	int r = attempt(h, d, g, HIOD_BACKEND_LEGACY, &a), r2 = 0;
	const struct attempt *use = &a;

	fd.t = (struct trial){ 0 };
	if (!r)
		r2 = attempt(h, d, g, HIOD_BACKEND_IOMMUFD, &fd);
	if (!a.t.attached)
		use = &fd;
	r = r ? r : r2;
	if (!r && *use->l.refusal && use->l.relocated)
		r = amd_hole(h, d, g, use, NULL, f);
	for (size_t i = 0; i < use->t.n && !r; i++) {
		const struct trial_region *tr = &use->t.region[i];
		bool ram = tr->r.kind == GUEST_RAM || tr->r.kind == GUEST_ROM;

		if (!*tr->message)
			continue;
		if (ram)
			r = ram_missed(h, d, g, use, tr, f);
		else if (tr->miss == TRIAL_ABOVE)
			r = bar_above(h, d, g, use, tr, f);
	}
	if (!r && fd.t.misses)
		iommufd_silent(d, &fd.t, f);
	trial_free(&a.t);
	trial_free(&fd.t);
	return r;
}

int problems_of_iova(const struct host *h, const struct host_device *d,
		     const struct fixed_iova *iova, struct findings *f)
{
	struct guest_layout l = { .n = 1 };
	struct finding *one;
	struct trial t;
	char areas[400];
	int r;

	l.region[0] = (struct guest_region){ "IOVA", GUEST_EMULATED, iova->start, iova->size };
	r = trial_run(h, d, hiod_profile_default(), HIOD_BACKEND_LEGACY, &l, &t);
	if (!r && t.misses) {
		list_unusable(&t, areas, sizeof(areas));
		one = findings_add(f, PROBLEM_FIXED_IOVA, d->bdf,
				   "0x%" PRIx64 "-0x%" PRIx64 " is not usable: it meets one of %s",
				   iova->start, iova->start + iova->size - 1, areas);
		finding_remedy(one,
			       "let the program choose from the ranges that "
			       "VFIO_IOMMU_GET_INFO (or IOMMU_IOAS_IOVA_RANGES) reports, up to "
			       "0x%" PRIx64 " here",
			       t.nranges ? t.ranges[t.nranges - 1].last : 0);
	}
	trial_free(&t);
	return r;
}
