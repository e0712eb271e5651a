// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One device, or two beside each other, attached on a hostile kernel; their host
 * IOMMU devices are realized and asked all that a vIOMMU asks. What prop_realize.c
 * holds for a whole start holds here for the devices alone: no machine, options,
 * topology or guest memory.
 */
#include <errno.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/intel_iommu.h"
#include "hiod/pci.h"
#include "hiod/type1_info.h"
#include "hiod/vdpa.h"
#include "hiod/vfio.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/hostile.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

#define DEVICES 2
#define NODE	"/dev/vhost-vdpa-0"

#define PCI "/sys/bus/pci/devices/"

static const char *const paths[DEVICES] = { PCI HOST_BDF, PCI "0000:00:06.0" };

struct device {
	enum hiod_backend backend;
	VFIODevice vfio;
	VDPADevice vdpa; /* instead, with that backend */
	int aw_bits;	 /* once asked */
};

struct run {
	struct hostile h;
	struct hiod_anomalies an;
	VFIOState vfio;
	IOMMUFDBackend be;
	AddressSpace as;
	struct device dev[DEVICES];
	struct hiod_error err;
	bool quiet; /* texts cost a sixth of all: not each run reads them */
};

/* A failure has words where they are wanted. */
static bool speechless(const struct run *r)
{
	return !r->quiet && !r->err.message[0];
}

/* As a guest without memory, so that nothing is mapped. */
static int begin(struct run *r, struct shim *model, struct choices *c, const struct hiod_profile *p)
{
	hostile_init(&r->h, model, c, 12);
	r->an.seen = 0;
	r->vfio = (VFIOState){ .shim = &r->h.shim, .profile = p, .anomalies = &r->an };
	hiod_error_init(&r->err);
	r->err.quiet = r->quiet;
	return iommufd_backend_init(&r->be, &r->h.shim, p, NULL, &r->err);
}

/* look: as a user finds it, in sysfs; else what is found there of a device that is no mediated one. */
static int find(struct run *r, unsigned int i, bool look)
{
	VFIODevice *d = &r->dev[i].vfio;

	if (look)
		return vfio_device_init(d, &r->vfio, paths[i], &r->err);
	memset(d, 0, sizeof(*d));
	d->vfio = &r->vfio;
	d->fd = -1;
	memcpy(d->sysfsdev, paths[i], sizeof(PCI HOST_BDF));
	d->name = d->sysfsdev + strlen(PCI);
	return 0;
}

static int attach(struct run *r, unsigned int i, uint64_t viommu_flags, bool look)
{
	struct device *d = &r->dev[i];
	int rc;

	hiod_error_init(&r->err);
	r->err.quiet = r->quiet;
	if (d->backend == HIOD_BACKEND_VDPA) {
		rc = vdpa_device_init(&d->vdpa, &r->h.shim, NULL, &r->an, NODE, &r->err);
		return rc ? rc : vdpa_attach_device(&d->vdpa, &r->as, &r->err);
	}
	rc = find(r, i, look);
	if (rc)
		return rc;
	d->vfio.iommufd = d->backend == HIOD_BACKEND_IOMMUFD ? &r->be : NULL;
	d->vfio.viommu_flags = viommu_flags;
	return vfio_attach_device(&d->vfio, &r->as, &r->err);
}

/* Nothing for a device that is not attached. */
static void detach(struct device *d)
{
	if (d->backend == HIOD_BACKEND_VDPA)
		vdpa_detach_device(&d->vdpa);
	else
		vfio_detach_device(&d->vfio);
}

static HostIOMMUDevice *hiod_of(const struct device *d)
{
	return d->backend == HIOD_BACKEND_VDPA ? d->vdpa.hiod : d->vfio.hiod;
}

/* ---- what a vIOMMU asks ---------------------------------------------------------- */

/* A capability that a class may not have: a failure has words. */
static enum property_result ask_cap(struct choices *c, struct run *r, const struct device *d,
				    int cap)
{
	HostIOMMUDevice *hiod = hiod_of(d);
	int rc;

	r->err.message[0] = '\0';
	rc = HIOD_METHOD(hiod, get_cap)(hiod, cap, &r->err);
	if (rc < 0 && speechless(r))
		return property_fail(c, "capability %d: %d without a message", cap, rc);
	if (cap == HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE && d->backend == HIOD_BACKEND_IOMMUFD) {
		if (rc < 0 ? hiod->caps.type <= INT32_MAX : (uint32_t)rc != hiod->caps.type)
			return property_fail(c, "IOMMU type %u is told as %d", hiod->caps.type, rc);
	} else if (rc >= 0) {
		return property_fail(c, "capability %d is told: %d", cap, rc);
	}
	return PROPERTY_PASS;
}

static bool within(const struct hiod_range *r, const struct oracle *o)
{
	return o->n && r->start >= o->r[0].start && r->last <= o->r[o->n - 1].last;
}

/* The ranges that the kernel told, or with vDPA a part of them; as_told: they were fine. */
static enum property_result ask_ranges(struct choices *c, const struct run *r,
				       const struct device *d, bool as_told)
{
	HostIOMMUDevice *hiod = hiod_of(d);
	const struct oracle *o = &r->h.ranges;
	struct hiod_ranges list = { 0 };
	const struct hiod_range *all;
	enum property_result res = PROPERTY_PASS;

	if (HIOD_METHOD(hiod, get_iova_ranges)(hiod, &list))
		return PROPERTY_DISCARD; /* no memory */
	all = range_list_array(&list);
	for (size_t i = 0; i < list.n && res == PROPERTY_PASS; i++)
		if (all[i].start > all[i].last || (i && all[i - 1].last + 1 >= all[i].start))
			res = property_fail(c, "range %zu is out of order", i);
	if (res == PROPERTY_PASS && as_told && o->n < ORACLE_RANGES) {
		if (d->backend != HIOD_BACKEND_VDPA &&
		    (list.n != o->n || memcmp(all, o->r, list.n * sizeof(*all))))
			res = property_fail(c, "%zu ranges, but the reply has %zu", list.n, o->n);
		for (size_t i = 0; d->backend == HIOD_BACKEND_VDPA && i < list.n; i++)
			if (!within(&all[i], o))
				res = property_fail(c, "range %zu was not told", i);
	}
	range_list_free(&list);
	return res;
}

static enum property_result ask_pasid(struct choices *c, const struct device *d)
{
	HostIOMMUDevice *hiod = hiod_of(d);
	bool (*get)(HostIOMMUDevice *, PasidInfo *) = HIOD_METHOD(hiod, get_pasid_info);
	PasidInfo info;

	if (!get != (d->backend != HIOD_BACKEND_IOMMUFD))
		return property_fail(c, "PASIDs are told by the wrong class");
	if (get && get(hiod, &info) != (hiod->caps.max_pasid_log2 != 0))
		return property_fail(c, "%u bits of PASID, told otherwise",
				     hiod->caps.max_pasid_log2);
	return PROPERTY_PASS;
}

static uint64_t page_sizes(const struct device *d)
{
	return d->backend == HIOD_BACKEND_VDPA ? -(uint64_t)HIOD_HOST_PAGE_SIZE
					       : d->vfio.container->pgsizes;
}

/* intel-iommu's check: without a first stage it is about the width and nothing else. */
static enum property_result check_intel(struct choices *c, struct run *r, const struct device *d,
					const struct intel_iommu_config *cfg)
{
	HostIOMMUDevice *hiod = hiod_of(d);
	int rc;

	r->err.message[0] = '\0';
	rc = intel_iommu_check_hiod(cfg, r->vfio.profile, hiod, false, &r->an, &r->err);
	choices_note(c, "intel-iommu of %u bits%s: %d %s", cfg->aw_bits,
		     cfg->first_stage ? " with a first stage" : "", rc, rc ? r->err.message : "");
	if (rc && speechless(r))
		return property_fail(c, "refused without a message");
	if (!rc && cfg->aw_bits > d->aw_bits)
		return property_fail(c, "intel-iommu of %u bits on %d", cfg->aw_bits, d->aw_bits);
	if (rc && !cfg->first_stage && cfg->aw_bits <= d->aw_bits)
		return property_fail(c, "%u bits refused on %d", cfg->aw_bits, d->aw_bits);
	if (!rc && !cfg->first_stage && intel_iommu_warnings(cfg, r->vfio.profile, hiod))
		return property_fail(c, "a warning about a first stage that is not there");
	return PROPERTY_PASS;
}

static enum property_result ask(struct choices *c, struct run *r, struct device *d,
				const struct intel_iommu_config *cfg, bool as_told)
{
	unsigned int also = (unsigned int)choices_upto(c, 15);
	HostIOMMUDevice *hiod = hiod_of(d);
	enum property_result res;

	d->aw_bits = HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &r->err);
	if (d->aw_bits < 0 || d->aw_bits > 64)
		return property_fail(c, "%d bits", d->aw_bits);
	if (as_told && d->backend != HIOD_BACKEND_VDPA &&
	    d->aw_bits != oracle_aw_bits(&r->h.ranges))
		return property_fail(c, "%d bits, but the reply says %d", d->aw_bits,
				     oracle_aw_bits(&r->h.ranges));
	if (HIOD_METHOD(hiod, get_page_size_mask)(hiod) != page_sizes(d))
		return property_fail(c, "other page sizes than its container has");
	res = ask_pasid(c, d);
	/* The rest in turns: each answer costs an allocation, or words. */
	if (res == PROPERTY_PASS && also & 1)
		res = ask_ranges(c, r, d, as_told);
	if (res == PROPERTY_PASS && also & 2)
		res = check_intel(c, r, d, cfg);
	if (res == PROPERTY_PASS && (also & 12) == 8)
		res = ask_cap(c, r, d, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE);
	if (res == PROPERTY_PASS && (also & 12) == 12)
		res = ask_cap(c, r, d, (int)choices_range(c, 2, INT32_MAX));
	return res;
}

/* ---- a device -------------------------------------------------------------------- */

/* The device shares what an earlier one was told. */
static bool joined(const struct run *r, unsigned int i)
{
	const VFIODevice *a = &r->dev[0].vfio, *b = &r->dev[i].vfio;

	return i && r->dev[0].backend != HIOD_BACKEND_VDPA &&
	       r->dev[i].backend != HIOD_BACKEND_VDPA && a->container == b->container;
}

static enum property_result judge(struct choices *c, struct run *r, unsigned int i,
				  const struct intel_iommu_config *cfg)
{
	struct device *d = &r->dev[i];
	enum hiod_anomaly worst = hiod_anomaly_worst(&r->an);
	bool old = joined(r, i);
	enum property_result res;

	if (!old && worst == HIOD_ANOMALY_COUNT) {
		if (!r->h.told)
			return property_fail(c, "accepted without a question about ranges");
		if (r->h.ranges.says != ORACLE_FINE)
			return property_fail(c, "accepted, but: %s",
					     r->h.ranges.says == ORACLE_MISSING
						     ? "no ranges were told"
						     : r->h.ranges.why);
	}
	/* A mediated device has none. */
	if (!hiod_of(d))
		return r->h.mdev ? PROPERTY_PASS : property_fail(c, "no host IOMMU device");
	res = ask(c, r, d, cfg, !old && r->h.told && r->h.ranges.says == ORACLE_FINE);
	if (res == PROPERTY_PASS && old && hiod_of(&r->dev[0]) && d->aw_bits != r->dev[0].aw_bits)
		res = property_fail(c, "%d and %d bits in one container", r->dev[0].aw_bits,
				    d->aw_bits);
	return res;
}

static enum property_result add(struct choices *c, struct run *r, unsigned int i,
				const struct intel_iommu_config *cfg, uint64_t viommu_flags)
{
	int rc;

	r->h.told = false;
	rc = attach(r, i, viommu_flags, choices_upto(c, 7) == 7);
	choices_note(c, "device %u, backend %d of %s: %d %s", i, r->dev[i].backend,
		     r->vfio.profile->name, rc, rc ? r->err.message : "");
	if (rc)
		return speechless(r) ? property_fail(c, "failed without a message: %d", rc)
				     : PROPERTY_PASS;
	return judge(c, r, i, cfg);
}

/* No kernel has an iommufd for vDPA: the class says so, whatever it reads. */
static enum property_result vdpa_iommufd(struct choices *c, struct run *r)
{
	HostIOMMUDevice *hiod = hiod_new(&host_iommu_device_iommufd_vdpa_class.parent);
	enum property_result res = PROPERTY_PASS;

	if (!hiod)
		return PROPERTY_DISCARD;
	r->err.message[0] = '\0';
	if (HIOD_METHOD(hiod, realize)(hiod, &r->dev[0].vdpa, &r->err) != -EOPNOTSUPP ||
	    speechless(r))
		res = property_fail(c, "an iommufd for vDPA: '%s'", r->err.message);
	hiod_unref(hiod);
	return res;
}

static enum property_result run(struct choices *c, struct run *r, unsigned int n,
				const struct intel_iommu_config *cfg)
{
	static const enum hiod_backend backends[] = { HIOD_BACKEND_LEGACY, HIOD_BACKEND_IOMMUFD,
						      HIOD_BACKEND_VDPA };
	uint64_t flags = cfg->first_stage ? choices_upto(c, 3) : 0;
	bool newest_first = n == 2 && choices_bool(c, 50);
	enum property_result res = PROPERTY_PASS;

	for (unsigned int i = 0; i < n; i++)
		r->dev[i].backend = CHOICES_PICK(c, backends);
	for (unsigned int i = 0; i < n; i++) {
		/* At rest, for detach(), if the first one fails. */
		r->dev[i].vfio.container = NULL;
		r->dev[i].vdpa.fd = -1;
	}
	for (unsigned int i = 0; i < n && res == PROPERTY_PASS; i++)
		res = add(c, r, i, cfg, flags);
	if (res == PROPERTY_PASS && r->dev[0].backend == HIOD_BACKEND_VDPA && choices_bool(c, 10))
		res = vdpa_iommufd(c, r);
	for (unsigned int i = 0; i < n; i++)
		detach(&r->dev[newest_first ? n - 1 - i : i]);
	return res;
}

static enum property_result hiod_realize(struct choices *c, void *ctx)
{
	static const uint8_t widths[] = { 39, 48, 57 };
	static struct run r;
	struct intel_iommu_config cfg = { .caching_mode = true, .scalable_mode = true };
	const struct hiod_profile *p = make_profile(c);
	enum property_result res = PROPERTY_PASS;
	unsigned int n = *(const unsigned int *)ctx;
	struct shim *model;

	model = plain_model(choices_upto(c, PLAIN_HOSTS - 1));
	if (!model)
		return PROPERTY_DISCARD;
	cfg.aw_bits = CHOICES_PICK(c, widths);
	cfg.first_stage = choices_bool(c, 30);
	if (cfg.first_stage) {
		cfg.fs1gp = choices_bool(c, 50);
		cfg.pasid_bits = (uint8_t)choices_upto(c, 20);
	}
	r.quiet = n == 1 && cfg.aw_bits != 57;
	if (!begin(&r, model, c, p))
		res = run(c, &r, n, &cfg);
	else if (speechless(&r))
		res = property_fail(c, "no iommufd object, and no message");
	choices_note(c, "%u calls, %u changed", r.h.calls, r.h.changed);
	if (r.h.hangs)
		res = property_fail(c, "more than %d calls", HOSTILE_CALLS);
	else if (r.h.misuse)
		res = property_fail(c, "%s", r.h.misuse);
	else if (r.h.nopen)
		res = property_fail(c, "%zu descriptors are still open", r.h.nopen);
	if (plain_clean(model))
		return res;
	if (res == PROPERTY_PASS)
		res = property_fail(c, "the kernel still holds something");
	plain_renew();
	return res;
}

/* How many devices. A fuzzer that may choose chooses two, and has half as many inputs. */
static unsigned int one = 1, two = 2;

const struct property property_hiod_realize = { "hiod_realize", hiod_realize, &one,
						.cases = 20000 };
const struct property property_hiod_pair = { "hiod_pair", hiod_realize, &two, .cases = 10000 };
