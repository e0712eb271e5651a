// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fault sweep: every call of every path through hiod/ fails, once with
 * each errno that a kernel has for it, and every reply is short, late, of
 * another length or another value. After each: nothing is left, nothing was
 * used that is not open, the message names the call, and the answer is never
 * wider than without the fault. It may stay `accepted` only by the table below.
 */
#include <linux/vhost_types.h>

#include "harness/conform/table.h"
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/machine.h"
#include "selftests/properties/boxed.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/plain.h"
#include "selftests/properties/tap.h"

/* ---- paths ---------------------------------------------------------------------------- */

struct path {
	const struct hiod_profile *profile;
	enum hiod_backend backend;
	const char *viommu;
	bool second; /* another device is there, in the same address space */
	size_t host; /* plain_model() */
};

static const char *const viommus[] = {
	NULL,
	"intel-iommu,caching-mode=on,aw-bits=39",
	"intel-iommu,caching-mode=on,aw-bits=48",
	"virtio-iommu-pci",
	"virtio-iommu-pci,granule=64k",
};

#define NVIOMMUS (sizeof(viommus) / sizeof(viommus[0]))
/* Of one version: by VFIO with each backend, on two hosts, and one with a second device... */
#define VFIO_PATHS (2 * (NVIOMMUS + 1) * 2)
/* ... and over vhost-vdpa, on two hosts. */
#define PATHS_OF (VFIO_PATHS + NVIOMMUS * 2)

static const struct hiod_mem_region memory[] = { { 0, 0x40000, (void *)0x10000000, false, NULL } };

/* The ith path; false past the end. */
static bool path_at(unsigned int i, struct path *p)
{
	unsigned int v;

	p->profile = hiod_profile_at(i / PATHS_OF);
	if (!p->profile)
		return false;
	i %= PATHS_OF;
	if (i >= VFIO_PATHS) {
		i -= VFIO_PATHS;
		p->backend = HIOD_BACKEND_VDPA;
		p->host = i % 2;
		p->viommu = viommus[i / 2];
		p->second = false;
		return true;
	}
	p->backend = i % 2 ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY;
	p->host = i / 2 % 2;
	v = i / 4;
	p->second = v == NVIOMMUS;
	p->viommu = p->second ? NULL : viommus[v];
	return true;
}

struct answer {
	enum hiod_answer verdict;
	char message[1024];
};

/* A second device joins; the first one is plugged in without a fault. */
static void run_second(const struct path *p, struct tap *t, struct answer *a)
{
	static Machine m;
	static VFIOPCIDevice dev[2];
	bool iommufd = p->backend == HIOD_BACKEND_IOMMUFD;
	unsigned int nth = t->nth;
	struct hiod_error err;
	IOMMUFDBackend be;
	int rc;

	hiod_error_init(&err);
	memset(dev, 0, sizeof(dev));
	t->nth = 0;
	rc = machine_init(&m, &t->shim, p->profile, NULL, memory, 1, NULL, &err);
	if (!rc && iommufd)
		rc = iommufd_backend_init(&be, &t->shim, p->profile, NULL, &err);
	dev[0].pdev.devfn = PCI_DEVFN(1, 0);
	dev[1].pdev.devfn = PCI_DEVFN(2, 0);
	if (!rc)
		rc = machine_plug(&m, &dev[0], "/sys/bus/pci/devices/" HOST_BDF,
				  iommufd ? &be : NULL, &err);
	t->calls = 0;
	t->nth = nth;
	if (t->later)
		t->under = t->later;
	if (!rc)
		rc = machine_plug(&m, &dev[1], "/sys/bus/pci/devices/0000:00:06.0",
				  iommufd ? &be : NULL, &err);
	a->verdict = rc ? HIOD_REFUSED : HIOD_ACCEPTED;
	snprintf(a->message, sizeof(a->message), "%s", rc ? err.message : "");
	machine_unplug(&m, &dev[1]);
	machine_unplug(&m, &dev[0]);
	machine_finalize(&m);
}

static void run(const struct path *p, struct tap *t, struct answer *a)
{
	struct hiod_check q = { .profile = p->profile,
				.backend = p->backend,
				.viommu = p->viommu,
				.bdf = p->backend == HIOD_BACKEND_VDPA ? "/dev/vhost-vdpa-0"
								       : HOST_BDF,
				.mem = memory,
				.nmem = 1 };
	struct hiod_verdict v;

	if (p->second) {
		run_second(p, t, a);
		return;
	}
	hiod_check_run(&t->shim, &q, &v);
	a->verdict = v.verdict;
	snprintf(a->message, sizeof(a->message), "%s", v.message);
	hiod_verdict_free(&v);
}

/* ---- what fails, and with what ----------------------------------------------------------- */

#define ERRNOS 16

/* The errnos of a call, 0 at the end: those of the kernel's source, and those of any call. */
static void errnos_of(const struct tap *t, int err[ERRNOS])
{
	static const int of_paths[] = { ENOENT, EACCES, EIO, 0 };
	static const int of_opens[] = { ENOENT, EACCES, EBUSY, ENODEV, EMFILE, EINTR, 0 };
	static const int of_any[] = { EINTR, EIO, ENOTTY, 0 };
	/* drivers/vhost/vdpa.c and vhost.c: requests, messages, and opening (524: ENOTSUPP). */
	static const int of_vdpa[] = { EINTR, EIO,    ENOTTY,	  EPERM, EFAULT,
				       EBUSY, EINVAL, EOPNOTSUPP, 524,	 0 };
	static const int of_messages[] = { EINVAL, EFAULT, EEXIST, ENOSPC, ENOMEM, EPERM, 0 };
	const int *list = t->op == SHIM_OP_IOCTL && t->kind == UAPI_FD_VDPA ? of_vdpa
			  : t->op == SHIM_OP_IOCTL			    ? of_any
			  : t->op == SHIM_OP_OPEN			    ? of_opens
			  : t->op == SHIM_OP_WRITE			    ? of_messages
									    : of_paths;
	size_t n = 0;

	for (size_t i = 0; t->op == SHIM_OP_IOCTL && i < nexpected && n < ERRNOS - 4; i++)
		if (expected[i].req == t->req && expected[i].err && !expected[i].open)
			err[n++] = expected[i].err;
	while (*list && n < ERRNOS - 1)
		err[n++] = *list++;
	err[n] = 0;
}

#define ANY_ERRNO 0

/*
 * Failures after which a device may be `accepted` all the same. The source of
 * each is QEMU of the versions that the profiles name: hw/vfio/container.c and
 * its later names, hw/vfio/iommufd.c, backends/iommufd.c, hw/vfio/device.c.
 *
 * The first IOMMU_IOAS_IOVA_RANGES gives EMSGSIZE in every run, with the count;
 * one without a count is the end of that question, and the answer unknown.
 */
static const struct tolerated {
	enum shim_op op;
	uint32_t req;
	const char *path; /* a part of it; NULL: of no path */
	int err;
	const char *why;
} tolerated[] = {
	{ SHIM_OP_CLOSE, 0, NULL, ANY_ERRNO, "nobody looks at the result of close()" },
	{ SHIM_OP_IOCTL, (uint32_t)IOMMU_DESTROY, NULL, ANY_ERRNO,
	  "iommufd_backend_free_id() reports and goes on" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_DEVICE_DETACH_IOMMUFD_PT, NULL, ANY_ERRNO,
	  "detaching reports and goes on" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_GROUP_UNSET_CONTAINER, NULL, ANY_ERRNO,
	  "leaving a container reports and goes on" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_IOMMU_UNMAP_DMA, NULL, ANY_ERRNO,
	  "the listener ignores what unmapping gives" },
	{ SHIM_OP_IOCTL, (uint32_t)IOMMU_IOAS_UNMAP, NULL, ANY_ERRNO,
	  "the same; ENOENT is a success" },
	{ SHIM_OP_IOCTL, (uint32_t)UAPI_IOAS_CHANGE_PROCESS, NULL, ANY_ERRNO,
	  "10.1 on: a probe, which only decides whether CPR is possible" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_CHECK_EXTENSION, NULL, ANY_ERRNO,
	  "only 0 is a no: a failed probe counts as an extension that is there" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT, NULL, EINVAL,
	  "joining: another page table is tried, and then a new one" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT, NULL, ANY_ERRNO,
	  "joining: that container is given up, and a new one made" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_GROUP_SET_CONTAINER, NULL, ANY_ERRNO,
	  "joining: the next container is tried, and then a new one" },
	{ SHIM_OP_OPEN, 0, "/dev/vfio/devices/", ANY_ERRNO,
	  "the device is looked for as /dev/char/MAJOR:MINOR then" },
	{ SHIM_OP_FSTAT, 0, NULL, ANY_ERRNO, "the same: it cannot be told to be the right one" },
	{ SHIM_OP_READLINK, 0, "/subsystem", ANY_ERRNO,
	  "without the link the device counts as no mediated one" },
	/* Over vhost-vdpa, where no QEMU decides: hiod/vdpa.h. */
	{ SHIM_OP_READLINK, 0, "/iommu_group", ENOENT,
	  "vdpa: a device in no group translates by itself, and nothing is reserved" },
	{ SHIM_OP_WRITE, VHOST_IOTLB_INVALIDATE, NULL, ANY_ERRNO,
	  "vdpa: unmapping reports and goes on" },
};

#define NTOLERATED (sizeof(tolerated) / sizeof(tolerated[0]))

/* Some hold only where a device joins another, or over vhost-vdpa. */
static bool holds_on(size_t i, const struct path *p)
{
	if (!strncmp(tolerated[i].why, "joining:", 8))
		return p->second;
	return strncmp(tolerated[i].why, "vdpa:", 5) || p->backend == HIOD_BACKEND_VDPA;
}

static int tolerated_by(const struct path *p, const struct tap *t, int err)
{
	for (size_t i = 0; i < NTOLERATED; i++) {
		const struct tolerated *x = &tolerated[i];

		if (x->op == t->op && x->req == t->req && (!x->err || x->err == err) &&
		    (!x->path || strstr(t->path, x->path)) && holds_on(i, p))
			return (int)i;
	}
	return -1;
}

/* What the message of a failed call has in it: QEMU's words for it. */
static const char *words_for(const struct tap *t)
{
	static const struct {
		uint32_t req;
		const char *words;
	} of[] = {
		{ (uint32_t)VFIO_GROUP_GET_STATUS, "status" },
		{ (uint32_t)VFIO_GET_API_VERSION, "vfio version" },
		{ (uint32_t)VFIO_GROUP_SET_CONTAINER, "group container" },
		{ (uint32_t)VFIO_SET_IOMMU, "set iommu for container" },
		{ (uint32_t)VFIO_IOMMU_GET_INFO, "IOMMU info" },
		{ (uint32_t)VFIO_IOMMU_MAP_DMA, "dma_map" },
		{ (uint32_t)IOMMU_IOAS_MAP, "dma_map" },
		{ (uint32_t)VFIO_GROUP_GET_DEVICE_FD, "getting device from group" },
		{ (uint32_t)VFIO_DEVICE_GET_INFO, "getting device info" },
		{ (uint32_t)VFIO_DEVICE_BIND_IOMMUFD, "bind device" },
		{ (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT, "attach" },
		{ (uint32_t)IOMMU_IOAS_ALLOC, "allocate ioas" },
		{ (uint32_t)IOMMU_HWPT_ALLOC, "allocate hwpt" },
		{ (uint32_t)IOMMU_GET_HW_INFO, "hardware info" },
		{ (uint32_t)IOMMU_IOAS_IOVA_RANGES, "IOVA ranges" },
		{ (uint32_t)VHOST_GET_FEATURES, "VHOST_GET_FEATURES" },
		{ (uint32_t)VHOST_GET_BACKEND_FEATURES, "VHOST_GET_BACKEND_FEATURES" },
		{ (uint32_t)VHOST_VDPA_GET_IOVA_RANGE, "IOVA ranges" },
		{ (uint32_t)VHOST_SET_OWNER, "VHOST_SET_OWNER" },
		{ (uint32_t)VHOST_SET_BACKEND_FEATURES, "VHOST_SET_BACKEND_FEATURES" },
	};

	if (t->op == SHIM_OP_WRITE && t->req == VHOST_IOTLB_UPDATE)
		return "failed to map";
	for (size_t i = 0; t->op == SHIM_OP_IOCTL && i < sizeof(of) / sizeof(of[0]); i++)
		if (of[i].req == t->req)
			return of[i].words;
	return NULL;
}

/* ---- the sweep ------------------------------------------------------------------------------ */

struct counts {
	unsigned int paths, calls, faults, accepted;
	unsigned int most; /* errnos of one call */
	unsigned int reached[NTOLERATED];
};

static void look(struct ktap_meta *_metadata, const struct path *p, const struct tap *t,
		 const struct shim *model, const struct answer *a, const char *what)
{
	EXPECT_TRUE(plain_clean(model))
	{
		TH_LOG("%s %s, call %u (%s): something is left", p->profile->name,
		       p->viommu ? p->viommu : "-", t->nth, what);
	}
	EXPECT_EQ(0, t->nopen);
	EXPECT_FALSE(t->misuse);
	EXPECT_EQ(a->verdict == HIOD_ACCEPTED, a->message[0] == '\0');
}

static void fail_call(struct ktap_meta *_metadata, const struct path *p, struct shim *model,
		      unsigned int nth, int err, const struct answer *without, struct counts *n)
{
	struct shim_fault rule = { .op = SHIM_OP_ANY, .nth = nth, .err = err };
	static struct tap t;
	struct shim *fault;
	struct answer a;
	int by;

	tap_init(&t, model, nth);
	/* Of two devices the second one fails: run_second() puts the fault in. */
	fault = shim_fault_new(model, &rule, 1);
	ASSERT_NOT_NULL(fault);
	if (p->second)
		t.later = fault;
	else
		t.under = fault;
	run(p, &t, &a);
	n->faults++;
	look(_metadata, p, &t, model, &a, uapi_errno_name(err));
	shim_destroy(fault);
	if (a.verdict != HIOD_ACCEPTED) {
		const char *words = words_for(&t);

		if (words && without->verdict == HIOD_ACCEPTED) {
			EXPECT_NOT_NULL(strstr(a.message, words))
			{
				TH_LOG("'%s' does not say '%s'", a.message, words);
			}
		}
		return;
	}
	n->accepted++;
	EXPECT_EQ(HIOD_ACCEPTED, without->verdict)
	{
		TH_LOG("wider with a fault: %s, call %u", p->profile->name, nth);
	}
	by = tolerated_by(p, &t, err);
	EXPECT_LE(0, by)
	{
		const struct uapi_row *row = uapi_find(t.kind, t.req);

		TH_LOG("%s, %s, %s: accepted although call %u failed with %s: op %d %s %s",
		       p->profile->name,
		       p->backend == HIOD_BACKEND_VDPA	    ? "vdpa"
		       : p->backend == HIOD_BACKEND_IOMMUFD ? "iommufd"
							    : "legacy",
		       p->second   ? "second"
		       : p->viommu ? p->viommu
				   : "-",
		       nth, uapi_errno_name(err), (int)t.op, row ? row->name : "", t.path);
	}
	if (by >= 0)
		n->reached[by]++;
}

TEST_TIMEOUT(every_call_may_fail_with_every_errno, 300)
{
	static struct counts n;
	static struct tap t;
	struct path p;

	ASSERT_EQ(0, boxed());
	for (unsigned int i = 0; path_at(i, &p); i++) {
		struct shim *model = plain_model(p.host);
		unsigned int calls;
		struct answer without;

		ASSERT_NOT_NULL(model);
		tap_init(&t, model, 0);
		run(&p, &t, &without);
		calls = t.calls;
		look(_metadata, &p, &t, model, &without, "no fault");
		n.paths++;
		n.calls += calls;
		for (unsigned int nth = 1; nth <= calls; nth++) {
			int err[ERRNOS];
			struct answer a;

			tap_init(&t, model, nth);
			run(&p, &t, &a);
			errnos_of(&t, err);
			for (unsigned int e = 0; err[e]; e++) {
				fail_call(_metadata, &p, model, nth, err[e], &without, &n);
				n.most = e + 1 > n.most ? e + 1 : n.most;
			}
		}
	}
	for (size_t i = 0; i < NTOLERATED; i++) {
		EXPECT_LT(0, n.reached[i])
		{
			TH_LOG("never reached: %s", tolerated[i].why);
		}
	}
	TH_LOG("%u paths, %u calls of them, up to %u errnos for each: %u faults, %u of them "
	       "accepted by %zu rules",
	       n.paths, n.calls, n.most, n.faults, n.accepted, NTOLERATED);
	EXPECT_LT(5000, n.faults);
}

/*
 * Replies that are short, of another value, or changed between two calls. Only
 * what the ranges are worth decides whether it may be accepted.
 */
TEST_TIMEOUT(every_reply_may_be_a_lie, 300)
{
	static struct tap t;
	unsigned int lies = 0, accepted = 0;
	struct path p;

	ASSERT_EQ(0, boxed());
	for (unsigned int i = 0; path_at(i, &p); i++) {
		struct shim *model = plain_model(p.host);
		unsigned int calls;
		struct answer a;

		ASSERT_NOT_NULL(model);
		if (p.second)
			continue;
		tap_init(&t, model, 0);
		run(&p, &t, &a);
		calls = t.calls;
		for (unsigned int nth = 1; nth <= calls; nth++) {
			for (int lie = TAP_SILENT; lie < TAP_LIES; lie++) {
				/* A field and a value; of the other lies there is one. */
				unsigned int max = lie == TAP_FIELD ? 12 * TAP_VALUES : 1;

				for (unsigned int k = 0; k < max; k++) {
					tap_init(&t, model, nth);
					t.lie = (enum tap_lie)lie;
					t.field = k / TAP_VALUES;
					t.value = k % TAP_VALUES;
					run(&p, &t, &a);
					if (!t.lied) {
						/* No such field: none behind it either. */
						if (lie == TAP_FIELD && !t.value)
							break;
						continue;
					}
					lies++;
					look(_metadata, &p, &t, model, &a, "a lie");
					if (a.verdict != HIOD_ACCEPTED)
						continue;
					accepted++;
					EXPECT_EQ(ORACLE_FINE, t.ranges.says)
					{
						TH_LOG("%s, call %u, lie %d: accepted, but %s",
						       p.profile->name, nth, lie, t.ranges.why);
					}
				}
			}
		}
	}
	TH_LOG("%u lies, %u of them accepted", lies, accepted);
	EXPECT_LT(3000, lies);
}

TEST_HARNESS_MAIN
