/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest with devices, plugged in one after the other, on the scripted shim. */
#ifndef HIOD_SELFTEST_GUEST_H
#define HIOD_SELFTEST_GUEST_H

#include "hiod/check.h"
#include "hiod/machine.h"
#include "selftests/hiod/fake.h"

struct guest {
	struct fake f;
	Machine m;
	IOMMUFDBackend be;
	VFIOPCIDevice dev[3];
	unsigned n;
	struct hiod_error err;
};

/* viommu: NULL for none. 0 or -errno, g->err filled. */
int guest_init(struct guest *g, const char *profile, const char *viommu,
	       const struct hiod_mem_region *mem, size_t nmem);
/* The next of g->dev, on the root bus. 0 or -errno, g->err filled. */
int guest_plug(struct guest *g, enum hiod_backend be, const char *bdf);
/* Unplugs all devices, the last one first. */
void guest_end(struct guest *g);

#endif
