// SPDX-License-Identifier: GPL-2.0-or-later
/* Both replies of IOMMU_IOAS_IOVA_RANGES: see mutate.h and struct ranges_replies. */
#include <errno.h>
#include <string.h>

#include "harness/uapi/uapi_compat.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/mutate.h"

#define HEAD  sizeof(struct ranges_replies)
#define ENTRY sizeof(struct hiod_range)

/* How an entry is described. */
static const struct uapi_struct *entry_type(void)
{
	const struct uapi_row *row = uapi_find(UAPI_FD_IOMMUFD, (uint32_t)IOMMU_IOAS_IOVA_RANGES);

	for (size_t i = 0; row && i < row->nfields; i++)
		if (row->fields[i].kind == UAPI_PTR)
			return row->fields[i].ptr_type;
	return NULL;
}

static void all_counts(struct ranges_replies *rr, size_t n)
{
	rr->num[0] = rr->num[1] = rr->written = (uint32_t)n;
}

/* One more, behind the last. */
static size_t add_entry(struct choices *c, struct ranges_replies *rr, uint8_t *at, size_t n)
{
	struct hiod_range r = { 0, 0xfff };

	if (n) {
		memcpy(&r, at + (n - 1) * ENTRY, sizeof(r));
		r = (struct hiod_range){ r.last + 2 + choices_upto(c, 0xffff), r.last + 0x20000 };
	}
	memcpy(at + n * ENTRY, &r, sizeof(r));
	rr->num[0]++;
	rr->num[1]++;
	rr->written++;
	return n + 1;
}

size_t mutate_ranges(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	static const int16_t errs[] = { 0, EMSGSIZE, ENOENT, EINVAL };
	static const unsigned int how[] = { 2, 1, 1, 2, 5 };
	const struct uapi_struct *type = entry_type();
	struct ranges_replies rr;
	uint8_t *at = data + HEAD;
	struct choices c;
	size_t n;

	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	if (size < HEAD || choices_bool(&c, 6))
		return max < HEAD + ENTRY ? 0 : make_ranges_replies(&c, data, max);
	memcpy(&rr, data, HEAD);
	n = (size - HEAD) / ENTRY;
	switch (choices_weighted(&c, how, 5)) {
	case 0: all_counts(&rr, n); break;
	case 1: rr.num[choices_upto(&c, 1)] += choices_bool(&c, 50) ? 1 : UINT32_MAX; break;
	case 2: rr.rc[choices_upto(&c, 1)] = CHOICES_PICK(&c, errs); break;
	case 3:
		if (HEAD + (n + 1) * ENTRY > max)
			return 0;
		n = add_entry(&c, &rr, at, n);
		break;
	default:
		if (!n || !type || type->size != ENTRY)
			return 0;
		mutate_array(&c, type, at, n);
		break;
	}
	memcpy(data, &rr, HEAD);
	return HEAD + n * ENTRY;
}

/* One's entries to begin with and the other's to end with, or each of its own numbers. */
size_t cross_ranges(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
		    size_t max, uint32_t seed)
{
	size_t n, m, keep, from;
	struct ranges_replies rr, other;
	struct choices c;

	if (na < HEAD || nb < HEAD)
		return 0;
	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	n = (na - HEAD) / ENTRY;
	m = (nb - HEAD) / ENTRY;
	memcpy(&rr, a, HEAD);
	memcpy(&other, b, HEAD);
	keep = n;
	from = m;
	switch (choices_upto(&c, 3)) {
	case 0: /* what is told of the ranges */
		rr.num[0] = other.num[0];
		rr.num[1] = other.num[1];
		rr.written = other.written;
		break;
	case 1: memcpy(rr.rc, other.rc, sizeof(rr.rc)); break;
	default:
		keep = choices_index(&c, n + 1);
		from = choices_index(&c, m + 1);
		all_counts(&rr, keep + m - from);
		break;
	}
	if (HEAD + (keep + m - from) * ENTRY > max)
		return 0;
	memcpy(out, &rr, HEAD);
	memcpy(out + HEAD, a + HEAD, keep * ENTRY);
	memcpy(out + HEAD + keep * ENTRY, b + HEAD + from * ENTRY, (m - from) * ENTRY);
	return HEAD + (keep + m - from) * ENTRY;
}
