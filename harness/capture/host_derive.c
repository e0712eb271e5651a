// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From registers to domains: which aperture and page sizes the kernel's IOMMU
 * drivers give a user domain, and which kinds of domain they refuse.
 *
 * Two errnos with two meanings: EOPNOTSUPP, the driver makes no such domain
 * (IOMMU_HWPT_ALLOC fails with it); any other, the domain exists, with
 * aperture and page sizes, and attaching a device to it fails.
 */
#include <errno.h>
#include <string.h>

#include "harness/capture/host_derive.h"

#define SZ_4K  (1ull << 12)
#define SZ_2M  (1ull << 21)
#define SZ_1G  (1ull << 30)
#define ALL_4K 0xfffffffffffff000ull /* every power of two from 4K on */
#define AMD_V1 0x000fff7ffffff000ull /* every one from 4K to 2^51 but 512G */

#define BIT(reg, n)	      ((reg) >> (n)&1)
#define FIELD(reg, lo, nbits) ((reg) >> (lo) & ((1u << (nbits)) - 1))
#define CAP_SAGAW(cap)	      FIELD(cap, 8, 5)
#define CAP_MGAW(cap)	      (FIELD(cap, 16, 6) + 1)
#define CAP_SLLPS(cap)	      FIELD(cap, 34, 4)
#define CAP_FL1GP(cap)	      BIT(cap, 56)
#define CAP_FL5LP(cap)	      BIT(cap, 60)
#define ECAP_NEST(ecap)	      BIT(ecap, 26)
#define ECAP_SMTS(ecap)	      BIT(ecap, 43)
#define ECAP_SLADS(ecap)      BIT(ecap, 45)
#define ECAP_SLTS(ecap)	      BIT(ecap, 46)
#define ECAP_FLTS(ecap)	      BIT(ecap, 47)
#define ECAP_SMPWC(ecap)      BIT(ecap, 48)

/* What intel_iommu= on the command line says: the last sm_on/sm_off wins, sp_off stays. */
struct intel_opts {
	bool scalable;
	bool superpage;
};

static void parse_intel_word(const char *w, size_t len, struct intel_opts *o)
{
	if (len == 5 && !memcmp(w, "sm_on", 5))
		o->scalable = true;
	else if (len == 6 && !memcmp(w, "sm_off", 6))
		o->scalable = false;
	else if (len == 6 && !memcmp(w, "sp_off", 6))
		o->superpage = false;
}

static struct intel_opts intel_opts(const char *cmdline)
{
	static const char key[] = "intel_iommu=";
	struct intel_opts o = { .scalable = true, .superpage = true };
	const char *p = cmdline;

	while (p && (p = strstr(p, key))) {
		bool starts_word = p == cmdline || p[-1] == ' ';

		p += sizeof(key) - 1;
		while (starts_word && *p && *p != ' ') {
			size_t len = strcspn(p, ", ");

			parse_intel_word(p, len, &o);
			p += len;
			if (*p == ',')
				p++;
		}
	}
	return o;
}

static bool has(const struct host *h, enum host_feature f)
{
	return h->features & 1u << f;
}

static uint64_t last_of(unsigned int bits)
{
	return bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;
}

static unsigned int min_uint(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Width of the second stage by the adjusted guest address width; 0: the unit is not used. */
static unsigned int agaw_width(const struct host_iommu *io, bool scalable)
{
	unsigned int sagaw = CAP_SAGAW(io->cap);

	if (scalable && ECAP_FLTS(io->ecap)) {
		unsigned int first = 1u << 2 | (CAP_FL5LP(io->cap) ? 1u << 3 : 0);

		sagaw = ECAP_SLTS(io->ecap) ? sagaw & first : first;
	}
	for (int agaw = 3; agaw >= 0; agaw--)
		if (sagaw & 1u << agaw)
			return min_uint(30 + 9 * agaw, CAP_MGAW(io->cap));
	return 0;
}

/*
 * Width of the second stage by MGAW and the deepest page table the unit walks
 * (a deeper one serves a narrower width); 0: unusable.
 */
static unsigned int mgaw_width(const struct host_iommu *io)
{
	unsigned int mgaw = CAP_MGAW(io->cap), sagaw = CAP_SAGAW(io->cap);

	if (mgaw > 48 && sagaw >= 1u << 3)
		return min_uint(57, mgaw);
	if (mgaw > 39 && sagaw >= 1u << 2)
		return min_uint(48, mgaw);
	if (mgaw > 30 && sagaw >= 1u << 1)
		return min_uint(39, mgaw);
	return 0;
}

static uint64_t second_stage_sizes(const struct host_iommu *io, struct intel_opts o)
{
	uint64_t sizes = SZ_4K;

	if (o.superpage && CAP_SLLPS(io->cap) & 1)
		sizes |= SZ_2M;
	if (o.superpage && CAP_SLLPS(io->cap) & 2)
		sizes |= SZ_1G;
	return sizes;
}

static uint64_t first_stage_sizes(const struct host_iommu *io, struct intel_opts o)
{
	if (!o.superpage)
		return SZ_4K;
	return SZ_4K | SZ_2M | (CAP_FL1GP(io->cap) ? SZ_1G : 0);
}

/* The first stage's input addresses are sign-extended: half of them are usable. */
static void first_stage(const struct host *h, const struct host_iommu *io, struct intel_opts o,
			struct host_domain *out)
{
	unsigned int mgaw = CAP_MGAW(io->cap), width;

	if (!has(h, HOST_F_WIDTH_MGAW))
		width = agaw_width(io, o.scalable);
	else if (mgaw > 48 && CAP_FL5LP(io->cap))
		width = min_uint(57, mgaw);
	else
		width = min_uint(48, mgaw);
	if (!width) {
		out->attach_errno = ENODEV;
		return;
	}
	out->aperture.last = last_of(width - 1);
	out->pgsizes = first_stage_sizes(io, o);
}

static void second_stage(const struct host *h, const struct host_iommu *io, struct intel_opts o,
			 struct host_domain *out)
{
	unsigned int width =
		has(h, HOST_F_WIDTH_MGAW) ? mgaw_width(io) : agaw_width(io, o.scalable);

	out->pgsizes = second_stage_sizes(io, o);
	if (!width) {
		out->attach_errno = has(h, HOST_F_WIDTH_MGAW) ? EINVAL : ENODEV;
		return;
	}
	out->aperture.last = last_of(width);
	if (o.scalable && ECAP_SMTS(io->ecap) && !ECAP_SLTS(io->ecap))
		out->attach_errno = has(h, HOST_F_FIRST_STAGE) ? EOPNOTSUPP : EINVAL;
}

/*
 * Until 6.12 type1 took the first stage only where no unit of the system has a
 * second one: what the DMA API had chosen for the whole system.
 */
static bool type1_first_stage(const struct host *h)
{
	bool any = false, flts = true, slts = true;

	for (size_t i = 0; i < h->niommus; i++) {
		const struct host_iommu *io = &h->iommus[i];

		if (io->type != HOST_IOMMU_INTEL || !io->has_regs)
			continue;
		if (!ECAP_SMTS(io->ecap))
			return false;
		any = true;
		flts &= ECAP_FLTS(io->ecap);
		slts &= ECAP_SLTS(io->ecap);
	}
	return any && flts && !slts;
}

static void intel_domain(const struct host *h, const struct host_iommu *io,
			 enum host_domain_kind kind, struct host_domain *out)
{
	struct intel_opts o = intel_opts(h->cmdline);
	bool first;

	o.scalable = o.scalable && ECAP_SMTS(io->ecap);
	if ((kind == HOST_DOMAIN_PASID && !has(h, HOST_F_PASID)) ||
	    (kind == HOST_DOMAIN_PARENT && !(o.scalable && ECAP_NEST(io->ecap))) ||
	    (kind == HOST_DOMAIN_DIRTY && !(has(h, HOST_F_DIRTY) && o.scalable &&
					    ECAP_SLADS(io->ecap) && ECAP_SMPWC(io->ecap)))) {
		out->attach_errno = EOPNOTSUPP;
		return;
	}
	if (has(h, HOST_F_FIRST_STAGE))
		first = o.scalable && ECAP_FLTS(io->ecap) && kind != HOST_DOMAIN_DIRTY &&
			kind != HOST_DOMAIN_PARENT;
	else
		first = kind == HOST_DOMAIN_TYPE1 && o.scalable && type1_first_stage(h);
	if (first)
		first_stage(h, io, o, out);
	else
		second_stage(h, io, o, out);
}

/* What a driver gives when nothing was recorded and no register tells. */
static void default_domain(const struct host *h, const struct host_iommu *io,
			   struct host_domain *out)
{
	switch (io->type) {
	case HOST_IOMMU_INTEL:
		out->aperture.last = last_of(48);
		out->pgsizes = SZ_4K | SZ_2M | SZ_1G;
		return;
	case HOST_IOMMU_AMD:
		if (h->cmdline && strstr(h->cmdline, "pgtbl_v2")) {
			/* Four levels: whether the processor walks five is not described. */
			out->aperture.last = last_of(47);
			out->pgsizes = SZ_4K | SZ_2M | SZ_1G;
			return;
		}
		out->aperture.last = UINT64_MAX;
		out->pgsizes = AMD_V1;
		return;
	case HOST_IOMMU_SMMUV3:
		out->aperture.last = last_of(48);
		out->pgsizes = SZ_4K | SZ_2M | SZ_1G;
		return;
	default: out->aperture.last = UINT64_MAX; out->pgsizes = ALL_4K;
	}
}

void host_domain_get(const struct host *h, const struct host_iommu *io, enum host_domain_kind kind,
		     struct host_domain *out)
{
	enum host_domain_kind other =
		kind == HOST_DOMAIN_TYPE1 ? HOST_DOMAIN_PAGING : HOST_DOMAIN_TYPE1;

	if (io->domain[kind].known) {
		*out = io->domain[kind];
		return;
	}
	memset(out, 0, sizeof(*out));
	if (io->type == HOST_IOMMU_INTEL && io->has_regs)
		intel_domain(h, io, kind, out);
	else if (kind != HOST_DOMAIN_TYPE1 && kind != HOST_DOMAIN_PAGING)
		out->attach_errno = EOPNOTSUPP;
	else if (io->domain[other].known && !io->domain[other].attach_errno)
		*out = io->domain[other]; /* both backends see the same page tables */
	else
		default_domain(h, io, out);
	out->known = false;
}
