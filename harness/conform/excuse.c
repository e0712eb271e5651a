// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/conform/excuse.h"

#include <linux/vfio.h>

/* A type1 mapping that was asked to end with the address space. */
static bool maps_the_top(const struct call *c)
{
	const struct uapi_row *row = call_row(c);
	uint64_t iova, size;

	if (!row || c->kind != UAPI_FD_CONTAINER || c->req != VFIO_IOMMU_MAP_DMA)
		return false;
	iova = call_get(c, call_field(row, "iova")->off, 8);
	size = call_get(c, call_field(row, "size")->off, 8);
	return size && iova + size == 0;
}

/*
 * Until 6.17 such a mapping has 0 for its end. It stands where it does not
 * belong in the kernel's tree, so that which of the others are found depends
 * on how the tree was balanced; the model finds all but this one.
 */
static bool type1_top(const struct host *h, const struct sequence *seq, int at)
{
	if (h->features >> HOST_F_MAP_EOVERFLOW & 1)
		return false;
	if ((size_t)at < seq->n && seq->v[at].kind != UAPI_FD_CONTAINER &&
	    seq->v[at].kind != UAPI_FD_GROUP)
		return false;
	for (int i = 0; i < at && (size_t)i < seq->n; i++)
		if (maps_the_top(&seq->v[i]))
			return true;
	return false;
}

static const struct {
	const char *name;
	bool (*is)(const struct host *h, const struct sequence *seq, int at);
} excuses[EXCUSES] = {
	{ "type1-top", type1_top },
};

const char *excuse_name(unsigned int i)
{
	return i < EXCUSES ? excuses[i].name : NULL;
}

int excuse_find(const struct host *h, const struct sequence *seq, int at)
{
	for (int i = 0; i < EXCUSES; i++)
		if (excuses[i].is(h, seq, at))
			return i;
	return -1;
}
