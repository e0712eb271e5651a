// SPDX-License-Identifier: GPL-2.0-or-later
/* Replies of a kernel, byte by byte: valid ones, and what is then done to them. */
#include <errno.h>
#include <string.h>

#include "selftests/properties/gen.h"

/* A reply being put together. */
struct reply {
	uint8_t *b;
	size_t len, cap;
	uint32_t cap_at[16]; /* offsets of the capabilities' headers */
	size_t ncaps;
};

static void put(struct reply *r, const void *data, size_t len)
{
	if (r->len + len > r->cap)
		len = r->cap - r->len;
	memcpy(r->b + r->len, data, len);
	r->len += len;
}

static void put32(struct reply *r, size_t off, uint32_t v)
{
	if (off + sizeof(v) <= r->cap)
		memcpy(r->b + off, &v, sizeof(v));
}

static uint32_t get32(const struct reply *r, size_t off)
{
	uint32_t v = 0;

	if (off + sizeof(v) <= r->len)
		memcpy(&v, r->b + off, sizeof(v));
	return v;
}

static void add_cap(struct reply *r, uint16_t id, const void *body, size_t len)
{
	struct vfio_info_cap_header h = { .id = id, .version = 1 };

	if (r->ncaps == sizeof(r->cap_at) / sizeof(r->cap_at[0]))
		return;
	if (r->ncaps)
		put32(r, r->cap_at[r->ncaps - 1] + 4, (uint32_t)r->len);
	r->cap_at[r->ncaps++] = (uint32_t)r->len;
	put(r, &h, sizeof(h));
	put(r, body, len);
}

static void add_ranges(struct choices *c, struct reply *r)
{
	struct hiod_range ranges[RANGES_MAX];
	uint32_t head[2 + 4 * RANGES_MAX] = { 0 };
	size_t n = make_ranges(c, ranges, RANGES_MAX);

	/* One that is told, and was not written. */
	if (n && choices_bool(c, 3))
		memset(&ranges[choices_index(c, n)], 0xa5, 8u << choices_upto(c, 1));
	head[0] = (uint32_t)n;
	memcpy(&head[2], ranges, n * sizeof(ranges[0]));
	add_cap(r, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, head, 8 + n * sizeof(ranges[0]));
}

static void add_one(struct choices *c, struct reply *r)
{
	uint64_t mig[3] = { 0, 0xfffffffffffff000, 1ull << 28 };
	uint32_t avail = 65535;
	uint8_t other[16] = { 0 };

	switch (choices_upto(c, 4)) {
	case 0: add_ranges(c, r); break;
	case 1:
		if (choices_bool(c, 20))
			mig[1] = choices_u64(c);
		add_cap(r, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, mig, sizeof(mig));
		break;
	case 2:
		if (choices_bool(c, 20))
			avail = (uint32_t)choices_range(c, 0, UINT32_MAX);
		add_cap(r, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &avail, sizeof(avail));
		break;
	case 3: /* one that nobody knows */
		add_cap(r, (uint16_t)(4 + choices_upto(c, 0xfff0)), other,
			choices_upto(c, sizeof(other)));
		break;
	default: /* the pad that 6.6 began to write */ put(r, other, 4); break;
	}
}

/* A place in or around the reply that a link or an offset may name. */
static uint32_t place(struct choices *c, const struct reply *r)
{
	static const uint32_t odd[] = { 0,	    1,		4,	   20,	       23,
					24,	    25,		28,	   0x80000000, 0xffffffff,
					0xfffffff8, 0x7ffffff8, 0x10000000 };

	switch (choices_upto(c, 4)) {
	case 0: return r->ncaps ? r->cap_at[choices_index(c, r->ncaps)] : 24;
	case 1: return CHOICES_PICK(c, odd);
	case 2: return (uint32_t)(r->len - choices_upto(c, 16));
	case 3: return (uint32_t)(r->len + choices_upto(c, 16));
	default: return (uint32_t)choices_upto(c, r->len);
	}
}

static void spoil(struct choices *c, struct reply *r)
{
	static const uint32_t nrs[] = { 0, 1, 0x10000000, 0xffffffff, 0x0fffffff, 0xa5a5a5a5, 64 };
	static const uint16_t versions[] = { 0, 2, 65535 };
	static const uint16_t ids[] = { 0, 1, 2, 3, 0xffff };
	uint32_t at = r->ncaps ? r->cap_at[choices_index(c, r->ncaps)] : 24;
	uint16_t v16;

	switch (choices_upto(c, 9)) {
	case 0: put32(r, 16, place(c, r)); break;				/* cap_offset */
	case 1: put32(r, at + 4, place(c, r)); break;				/* next */
	case 2: put32(r, at + 4, at + 4 * (uint32_t)choices_upto(c, 3)); break; /* self, overlap */
	case 3: put32(r, 4, (uint32_t)choices_upto(c, 3)); break;		/* flags */
	case 4:									/* nr_iovas */
		put32(r, at + 8,
		      choices_bool(c, 50) ? CHOICES_PICK(c, nrs)
					  : get32(r, at + 8) + (uint32_t)choices_upto(c, 2));
		break;
	case 5:
		v16 = CHOICES_PICK(c, versions);
		if (at + 4 <= r->len)
			memcpy(r->b + at + 2, &v16, sizeof(v16));
		break;
	case 6:
		v16 = CHOICES_PICK(c, ids);
		if (at + 4 <= r->len)
			memcpy(r->b + at, &v16, sizeof(v16));
		break;
	case 7: /* cut off */ r->len = 24 + (size_t)choices_upto(c, r->len - 24); break;
	case 8: put32(r, 0, place(c, r)); break; /* argsz */
	default: r->b[choices_index(c, r->len)] ^= (uint8_t)(1u << choices_upto(c, 7)); break;
	}
}

size_t make_type1_reply(struct choices *c, uint8_t *buf, size_t cap)
{
	static const uint64_t sizes[] = { 0x40201000, 0xfffffffffffff000, 0x1000, 0, 1, 0x10000 };
	struct uapi_type1_info info = { .flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
					.iova_pgsizes = CHOICES_PICK(c, sizes) };
	struct reply r = { .b = buf, .cap = cap };

	put(&r, &info, sizeof(info));
	do {
		choices_begin(c);
		add_one(c, &r);
		choices_end(c);
	} while (r.ncaps < 8 && choices_more(c, 60));
	put32(&r, 0, (uint32_t)r.len);
	put32(&r, 16, r.ncaps ? r.cap_at[0] : 0);
	for (unsigned int i = 0; i < 3 && choices_more(c, 40); i++)
		spoil(c, &r);
	return r.len;
}

/* nr bits of a register at lo. */
static uint64_t bits(struct choices *c, unsigned int lo, unsigned int nr)
{
	return choices_range(c, 0, (1ull << nr) - 1) << lo;
}

/* Sources: VT-d specification 11.4.2, 11.4.3. */
uint64_t make_vtd_cap(struct choices *c)
{
	static const uint64_t sagaw[] = { 2, 4, 6, 12, 8, 14, 0, 1, 16, 31 };
	static const uint64_t mgaw[] = { 38, 47, 56, 45, 40, 41, 63, 0, 51 };
	uint64_t cap = 0xd2008c22000006ull;

	cap |= CHOICES_PICK(c, sagaw) << 8;
	cap |= (choices_bool(c, 15) ? choices_upto(c, 63) : CHOICES_PICK(c, mgaw)) << 16;
	cap |= bits(c, 7, 1);					      /* CM */
	cap = (cap & ~(3ull << 34)) | (3 - choices_upto(c, 3)) << 34; /* SLLPS */
	cap |= bits(c, 56, 1) | bits(c, 60, 1) | bits(c, 63, 1);      /* FL1GP, FL5LP, ESRTPS */
	return cap;
}

uint64_t make_vtd_ecap(struct choices *c)
{
	uint64_t ecap = 0xf00f0aull;

	ecap |= bits(c, 6, 1) | bits(c, 7, 1) | bits(c, 2, 1); /* PT, SC, DT */
	ecap |= bits(c, 26, 1);				       /* NEST */
	if (choices_bool(c, 60)) {			       /* SMTS */
		ecap |= 1ull << 43;
		ecap |= bits(c, 45, 1) | bits(c, 46, 1) | bits(c, 47, 1) | bits(c, 48, 1);
		ecap |= bits(c, 31, 1) | bits(c, 35, 5) | bits(c, 40, 1);
	}
	return ecap;
}

size_t make_hw_info_reply(struct choices *c, uint8_t *buf, size_t cap)
{
	static const uint32_t lens[] = { 24, 0, 8, 16, 23, 25, 40, 64, 0xffffffff };
	static const uint32_t types[] = { 1, 0, 2, 3, 4, 0xffffffff };
	static const uint8_t pasids[] = { 0, 20, 1, 5, 21, 31, 63, 255 };
	struct uapi_hw_info info = { .size = sizeof(info) };
	struct uapi_hw_info_vtd vtd = { 0 };
	struct reply r = { .b = buf, .cap = cap };
	uint8_t more[40];

	info.data_len = CHOICES_PICK(c, lens);
	info.data_type = CHOICES_PICK(c, types);
	info.out_max_pasid_log2 = CHOICES_PICK(c, pasids);
	info.out_capabilities = choices_bool(c, 20) ? choices_u64(c) : choices_upto(c, 7);
	vtd.flags = (uint32_t)choices_upto(c, 1);
	vtd.cap_reg = choices_bool(c, 10) ? choices_u64(c) : make_vtd_cap(c);
	vtd.ecap_reg = choices_bool(c, 10) ? choices_u64(c) : make_vtd_ecap(c);
	put(&r, &info, sizeof(info));
	put(&r, &vtd, sizeof(vtd));
	if (choices_bool(c, 20)) {
		choices_fill(c, more, sizeof(more));
		put(&r, more, sizeof(more));
	}
	return r.len;
}

size_t make_ranges_replies(struct choices *c, uint8_t *buf, size_t cap)
{
	static const int16_t firsts[] = { EMSGSIZE, 0, ENOENT, EINVAL, ENOMEM, EFAULT, EINTR };
	static const int16_t seconds[] = { 0, EMSGSIZE, ENOENT, ENOMEM, EINTR };
	static const uint32_t nums[] = { 0, 1, 17, 65536, 65537, 0x10000000, 0xffffffff };
	static const uint64_t alignments[] = { 4096, 1, 0, 3, 1ull << 21, UINT64_MAX };
	struct hiod_range ranges[RANGES_MAX];
	size_t n = make_ranges(c, ranges, RANGES_MAX);
	struct ranges_replies rr = { .num = { (uint32_t)n, (uint32_t)n }, .written = (uint32_t)n };
	struct reply r = { .b = buf, .cap = cap };

	rr.rc[0] = CHOICES_PICK(c, firsts);
	rr.rc[1] = choices_bool(c, 80) ? 0 : CHOICES_PICK(c, seconds);
	rr.alignment = CHOICES_PICK(c, alignments);
	for (int i = 0; i < 2; i++) {
		if (choices_bool(c, 10))
			rr.num[i] = CHOICES_PICK(c, nums);
		else if (choices_bool(c, 10))
			rr.num[i] += choices_bool(c, 50) ? 1 : UINT32_MAX;
	}
	if (choices_bool(c, 10))
		rr.written = (uint32_t)choices_upto(c, n);
	rr.texts = choices_bool(c, 12);
	put(&r, &rr, sizeof(rr));
	put(&r, ranges, n * sizeof(ranges[0]));
	return r.len;
}
