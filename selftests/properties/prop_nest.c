// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables that come and go below a running guest: what the guest writes
 * into its PASID table, what is attached by hand, dirty tracking, resets. A
 * call that fails leaves no trace in what is remembered, whatever the kernel
 * answers; and in the end the kernel holds nothing.
 */
#include <stdio.h>
#include <string.h>

#include "harness/property/property.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/machine.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/hostile.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

/* Of the guest's table, and of those that are attached by hand. */
static const uint32_t pasids[] = { 0, 1, 5, 1048575 }, by_hand[] = { 7, 8, 9, 10, 11, 12 };

#define GUESTS (sizeof(pasids) / sizeof(pasids[0]))
#define HANDS  (sizeof(by_hand) / sizeof(by_hand[0]))
#define MADE   4

struct nest {
	Machine m;
	IOMMUFDBackend be;
	VFIOPCIDevice dev;
	struct hostile h;
	struct hiod_mem_region mem[2];
	struct hiod_error err;
	uint32_t made[MADE]; /* page tables of ours */
	size_t nmade;
	bool first[GUESTS]; /* the guest's first stage should be there */
};

static HostIOMMUDeviceIOMMUFD *idev_of(struct nest *n)
{
	return (HostIOMMUDeviceIOMMUFD *)n->dev.vbasedev.hiod;
}

/* All that is remembered of the device's page tables. */
struct seen {
	uint32_t fs[GUESTS], on[GUESTS + HANDS];
};

static struct seen look(struct nest *n)
{
	const PCIDevice *p = &n->dev.pdev;
	struct seen s = { 0 };

	for (size_t i = 0; i < GUESTS; i++) {
		if (n->m.viommu_kind == MACHINE_VIOMMU_INTEL)
			s.fs[i] = intel_iommu_fs_hwpt(&n->m.viommu, p->bus, p->devfn, pasids[i]);
		s.on[i] = host_iommu_device_iommufd_hwpt(idev_of(n), pasids[i]);
	}
	for (size_t i = 0; i < HANDS; i++)
		s.on[GUESTS + i] = host_iommu_device_iommufd_hwpt(idev_of(n), by_hand[i]);
	return s;
}

static bool begin(struct choices *c, struct nest *n, struct shim *model, char *text)
{
	/* Most versions have no first stage to follow. */
	const struct hiod_profile *p =
		choices_bool(c, 25) ? make_profile(c) : hiod_profile_default();
	bool first = p->first_stage_option && !choices_bool(c, 15);
	size_t nmem = make_memory(c, n->mem, 2);
	int len, rc;

	len = snprintf(text, VIOMMU_TEXT_MAX, "intel-iommu,caching-mode=on,aw-bits=%d",
		       choices_bool(c, 30) ? 48 : 39);
	if (first)
		len += snprintf(text + len, VIOMMU_TEXT_MAX - (size_t)len, ",%s=on,%s=on",
				p->scalable_option, p->first_stage_option);
	if (first && !strcmp(p->pasid_option, "pasid-bits") && !choices_bool(c, 20))
		snprintf(text + len, VIOMMU_TEXT_MAX - (size_t)len, ",pasid-bits=%u",
			 (unsigned int)choices_upto(c, 20));
	hostile_init(&n->h, model, c, choices_bool(c, 60) ? 0 : 8);
	memset(&n->dev, 0, sizeof(n->dev));
	memset(n->first, 0, sizeof(n->first));
	n->nmade = 0;
	hiod_error_init(&n->err);
	rc = machine_init(&n->m, &n->h.shim, p, NULL, n->mem, nmem, NULL, &n->err);
	if (!rc)
		rc = machine_add_viommu(&n->m, text, &n->err);
	if (!rc)
		rc = iommufd_backend_init(&n->be, &n->h.shim, p, NULL, &n->err);
	n->dev.pdev.devfn = PCI_DEVFN(1, 0);
	if (!rc)
		rc = machine_plug(&n->m, &n->dev, "/sys/bus/pci/devices/" HOST_BDF, &n->be,
				  &n->err);
	choices_note(c, "%s, %s, a kernel that is %s: %d %s", p->name, text,
		     n->h.percent ? "hostile" : "honest", rc, rc ? n->err.message : "");
	return !rc && n->dev.vbasedev.hiod;
}

static int bind(struct choices *c, struct nest *n, size_t i)
{
	static const uint8_t types[] = { INTEL_IOMMU_PGTT_FIRST_STAGE,
					 INTEL_IOMMU_PGTT_PASS_THROUGH, INTEL_IOMMU_PGTT_NESTED };
	struct intel_iommu_pasid_entry pe = {
		.pgtt = CHOICES_PICK(c, types),
		.addr_width = choices_bool(c, 20) ? 57 : 48,
		.sre = choices_bool(c, 20),
		.wpe = choices_bool(c, 20),
		.pgtbl_addr = (1 + choices_upto(c, 3)) << 12,
	};
	int rc = intel_iommu_bind_pasid(&n->m.viommu, n->dev.pdev.bus, n->dev.pdev.devfn, pasids[i],
					&pe, &n->err);

	if (!rc)
		n->first[i] = pe.pgtt == INTEL_IOMMU_PGTT_FIRST_STAGE;
	return rc;
}

/* A page table of ours, or one less. */
static int make_or_free(struct choices *c, struct nest *n)
{
	uint32_t flags = choices_bool(c, 30) ? (uint32_t)choices_upto(c, 15) : 0, id;
	int rc;

	if (n->nmade == MADE || (n->nmade && choices_bool(c, 30))) {
		iommufd_backend_free_id(&n->be, n->made[--n->nmade]);
		return 0;
	}
	rc = iommufd_backend_alloc_hwpt(&n->be, idev_of(n)->devid, idev_of(n)->ioas_id, flags,
					IOMMU_HWPT_DATA_NONE, 0, NULL, &id, &n->err);
	if (!rc)
		n->made[n->nmade++] = id;
	return rc;
}

static int dirty(struct choices *c, struct nest *n)
{
	VFIOContainer *k = n->dev.vbasedev.container;
	uint64_t map[2] = { 0 };

	if (choices_bool(c, 60))
		return vfio_iommufd_set_dirty_tracking(k, choices_bool(c, 60), &n->err);
	return vfio_iommufd_query_dirty_bitmap(k, choices_upto(c, 15) << 12, 64 << 12, 4096, map,
					       &n->err);
}

/* The guest's entry for a PASID is no more. */
static void gone(struct nest *n, struct seen *want, size_t i)
{
	const HostIOMMUDeviceIOMMUFD *idev = idev_of(n);

	n->first[i] = false;
	want->on[i] = 0;
	if (pasids[i] == HIOD_NO_PASID)
		want->on[i] = idev->hwpt_id ? idev->hwpt_id : idev->ioas_id;
}

enum what { BIND, UNBIND, INVALIDATE, ATTACH, DETACH, MAKE, DIRTY, RESET };

/* What a guest does, and what is done to it: many at once, some go, others are asked for again. */
static enum what make_step(struct choices *c, bool hands)
{
	static const enum what guest[] = { BIND,   BIND, UNBIND, INVALIDATE, ATTACH,
					   DETACH, MAKE, DIRTY,	 RESET },
			       hand[] = { ATTACH, ATTACH, ATTACH, DETACH, MAKE, BIND, UNBIND };

	return hands ? CHOICES_PICK(c, hand) : CHOICES_PICK(c, guest);
}

/*
 * One step. 0 or -errno. *want: what is to be remembered after it, where that
 * is known before; a page table that it makes is not.
 */
static int step(struct choices *c, struct nest *n, enum what what, struct seen *want, size_t *bound)
{
	size_t i = choices_index(c, GUESTS), k = choices_index(c, HANDS);
	HostIOMMUDeviceIOMMUFD *idev = idev_of(n);
	PCIDevice *p = &n->dev.pdev;
	uint32_t id;
	int rc;

	switch (what) {
	case BIND: *bound = i; return bind(c, n, i);
	case UNBIND:
		rc = intel_iommu_unbind_pasid(&n->m.viommu, p->bus, p->devfn, pasids[i], &n->err);
		if (!rc)
			gone(n, want, i);
		return rc;
	case INVALIDATE:
		return intel_iommu_invalidate_pasid(&n->m.viommu, p->bus, p->devfn, pasids[i],
						    choices_upto(c, 255) << 12, choices_upto(c, 64),
						    choices_bool(c, 30), &n->err);
	case ATTACH:
		id = n->nmade && choices_bool(c, 70) ? n->made[choices_index(c, n->nmade)]
						     : idev->hwpt_id;
		want->on[GUESTS + k] = id;
		return host_iommu_device_iommufd_attach_hwpt(idev, by_hand[k], id, &n->err);
	case DETACH:
		want->on[GUESTS + k] = 0;
		return host_iommu_device_iommufd_detach_hwpt(idev, by_hand[k], &n->err);
	case MAKE: return make_or_free(c, n);
	case DIRTY: return dirty(c, n);
	case RESET:
		intel_iommu_reset(&n->m.viommu);
		for (i = 0; i < GUESTS; i++)
			gone(n, want, i);
		return 0;
	}
	return 0;
}

/* The step was done: is each PASID on the page table that it should be on? */
static enum property_result remembered(struct choices *c, const struct nest *n, struct seen *want,
				       const struct seen *after, size_t bound)
{
	const HostIOMMUDeviceIOMMUFD *idev = (const void *)n->dev.vbasedev.hiod;

	if (bound < GUESTS)
		want->on[bound] = after->fs[bound] ? after->fs[bound] : idev->hwpt_id;
	for (size_t i = 0; i < GUESTS + HANDS; i++) {
		/* What a hostile kernel does not let go may stay. */
		if (i < GUESTS && i != bound && n->h.percent)
			continue;
		if (after->on[i] != want->on[i])
			return property_fail(c, "PASID %u is on page table %u, not on %u",
					     i < GUESTS ? pasids[i] : by_hand[i - GUESTS],
					     after->on[i], want->on[i]);
	}
	return PROPERTY_PASS;
}

static enum property_result nesting(struct choices *c, void *ctx)
{
	static struct nest n;
	enum property_result res = PROPERTY_PASS;
	char text[VIOMMU_TEXT_MAX];
	struct shim *model = plain_model(1 + choices_upto(c, 1));
	bool there, hands;

	if (!model)
		return PROPERTY_DISCARD;
	there = begin(c, &n, model, text);
	hands = choices_bool(c, 40);
	for (unsigned int k = 0; there && k < 16 && res == PROPERTY_PASS && choices_more(c, 94);
	     k++) {
		struct seen before = look(&n), want = before, after;
		unsigned int refused = n.h.refused;
		size_t bound = GUESTS;
		enum what what;
		int rc;

		choices_begin(c);
		what = make_step(c, hands);
		n.err.message[0] = '\0';
		rc = step(c, &n, what, &want, &bound);
		choices_end(c);
		after = look(&n);
		choices_note(c, "step %u: %u: %d %s", k, what, rc, rc ? n.err.message : "");
		if (rc && !n.err.message[0])
			res = property_fail(c, "step %u failed without a message", k);
		if (rc && memcmp(&before, &after, sizeof(before)))
			res = property_fail(c, "step %u failed, and something changed: %s", k,
					    n.err.message);
		/* A reset goes on whatever is refused. */
		if (!rc && what != RESET && n.h.refused != refused)
			res = property_fail(c, "step %u was refused by the kernel, and succeeded",
					    k);
		if (!rc && res == PROPERTY_PASS)
			res = remembered(c, &n, &want, &after, bound);
		for (size_t i = 0; i < GUESTS && !n.h.percent && res == PROPERTY_PASS; i++)
			if ((after.fs[i] != 0) != n.first[i])
				res = property_fail(c, "the first stage of PASID %u is %s",
						    pasids[i], n.first[i] ? "gone" : "still there");
	}
	while (there && n.nmade)
		iommufd_backend_free_id(&n.be, n.made[--n.nmade]);
	machine_unplug(&n.m, &n.dev);
	machine_finalize(&n.m);
	if (res == PROPERTY_PASS && n.h.misuse)
		res = property_fail(c, "%s", n.h.misuse);
	if (res == PROPERTY_PASS && n.h.nopen)
		res = property_fail(c, "%zu descriptors are still open", n.h.nopen);
	if (res == PROPERTY_PASS && !plain_clean(model))
		res = property_fail(c, "something stays in the kernel");
	if (!plain_clean(model))
		plain_renew();
	return res;
}

const struct property property_nesting = { "nesting", nesting, .cases = 4000 };
