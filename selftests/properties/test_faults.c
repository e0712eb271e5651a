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
#include "selftests/properties/boxed.h"
#include "selftests/properties/fault_paths.h"
#include "selftests/properties/plain.h"

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
	/* Something is there already: a mapping, another page table. */
	static const int of_taken[] = { EBUSY, EINTR, EIO, ENOTTY, 0 };
	static const int of_messages[] = { EINVAL, EFAULT, EEXIST, ENOSPC, ENOMEM, EPERM, 0 };
	const int *list =
		t->op == SHIM_OP_IOCTL && t->kind == UAPI_FD_VDPA ? of_vdpa
		: t->op == SHIM_OP_IOCTL && (t->req == (uint32_t)VFIO_IOMMU_MAP_DMA ||
					     t->req == (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT)
			? of_taken
		: t->op == SHIM_OP_IOCTL ? of_any
		: t->op == SHIM_OP_OPEN	 ? of_opens
		: t->op == SHIM_OP_WRITE ? of_messages
					 : of_paths;
	size_t n = 0;

	for (size_t i = 0; t->op == SHIM_OP_IOCTL && i < nexpected && n < ERRNOS - 4; i++)
		if (expected[i].req == t->req && expected[i].err && !expected[i].open)
			err[n++] = expected[i].err;
	while (*list && n < ERRNOS - 1)
		err[n++] = *list++;
	err[n] = 0;
}

#define ERR(...)                                                                                   \
	{                                                                                          \
		__VA_ARGS__, 0                                                                     \
	}
/* Of a path that is looked at, and of closing. */
#define ERR_PATH ERR(ENOENT, EACCES, EIO)

/*
 * Failures after which a device may be `accepted` all the same: the calls, and
 * each errno that a run here has for one. The numbers are the sections of
 * qemu-hiod.md, the facts of QEMU that hiod was written from; what they tell of
 * is in hw/vfio/container.c and its later names, hw/vfio/iommufd.c,
 * backends/iommufd.c and hw/vfio/device.c of the versions that profiles name.
 *
 * The first IOMMU_IOAS_IOVA_RANGES (2.5) gives EMSGSIZE in every run, with the
 * count; one without a count is the end of that question, and the answer
 * unknown.
 */
static const struct tolerated {
	enum shim_op op;
	uint32_t req;
	const char *path; /* a part of it; NULL: of no path */
	int err[ERRNOS];
	const char *where, *why;
} tolerated[] = {
	{ SHIM_OP_CLOSE, 0, NULL, ERR_PATH, "2.2, 2.4", "nobody looks at the result of close()" },
	{ SHIM_OP_IOCTL, (uint32_t)IOMMU_DESTROY, NULL,
	  ERR(ENOENT, EINVAL, EBUSY, EFAULT, E2BIG, EINTR, EIO, ENOTTY), "2.4",
	  "iommufd_backend_free_id() reports and goes on" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_DEVICE_DETACH_IOMMUFD_PT, NULL,
	  ERR(EFAULT, EINVAL, EINTR, EIO, ENOTTY), "2.9", "detaching reports and goes on" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_GROUP_UNSET_CONTAINER, NULL,
	  ERR(EINVAL, EBUSY, EINTR, EIO, ENOTTY), "2.2",
	  "leaving a container reports and goes on" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_IOMMU_UNMAP_DMA, NULL,
	  ERR(EINVAL, EFAULT, EOVERFLOW, EBUSY, ENOENT, ENODEV, EINTR, EIO, ENOTTY), "2.2",
	  "the listener ignores what unmapping gives" },
	{ SHIM_OP_IOCTL, (uint32_t)IOMMU_IOAS_UNMAP, NULL,
	  ERR(ENOENT, EINVAL, EBUSY, EDEADLK, EFAULT, E2BIG, EOVERFLOW, EINTR, EIO, ENOTTY), "2.7",
	  "the same; ENOENT is a success" },
	{ SHIM_OP_IOCTL, (uint32_t)UAPI_IOAS_CHANGE_PROCESS, NULL,
	  ERR(EINVAL, EFAULT, E2BIG, EOPNOTSUPP, EINTR, EIO, ENOTTY), "2.4",
	  "10.1 on: a probe, which only decides whether CPR is possible" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_CHECK_EXTENSION, NULL, ERR(ENODEV, EINTR, EIO, ENOTTY),
	  "2.2", "only 0 is a no: a failed probe counts as an extension that is there" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT, NULL, ERR(EINVAL), "2.6",
	  "joining: another page table is tried, and then a new one" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_DEVICE_ATTACH_IOMMUFD_PT, NULL,
	  ERR(ENOENT, EADDRINUSE, EBUSY, ENOMEM, EFAULT, EINTR, EIO, ENOTTY), "2.6",
	  "joining: that container is given up, and a new one made" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_GROUP_SET_CONTAINER, NULL,
	  ERR(EINVAL, EBADF, EBADFD, EBUSY, EPERM, EFAULT, EINTR, EIO, ENOTTY), "2.2",
	  "joining: the next container is tried, and then a new one" },
	{ SHIM_OP_IOCTL, (uint32_t)VFIO_IOMMU_MAP_DMA, NULL, ERR(EBUSY), "2.7",
	  "what is in the way is unmapped, and the mapping tried once more" },
	{ SHIM_OP_OPEN, 0, "/dev/vfio/devices/", ERR(ENOENT, EACCES, EBUSY, ENODEV, EMFILE, EINTR),
	  "2.4", "the device is looked for as /dev/char/MAJOR:MINOR then" },
	{ SHIM_OP_FSTAT, 0, NULL, ERR_PATH, "2.4",
	  "the same: it cannot be told to be the right one" },
	{ SHIM_OP_READLINK, 0, "/subsystem", ERR_PATH, "2.4",
	  "without the link the device counts as no mediated one" },
	/* Over vhost-vdpa, where no QEMU decides. */
	{ SHIM_OP_READLINK, 0, "/iommu_group", ERR(ENOENT), "hiod/vdpa.h",
	  "vdpa: a device in no group translates by itself, and nothing is reserved" },
	{ SHIM_OP_WRITE, VHOST_IOTLB_INVALIDATE, NULL,
	  ERR(EINVAL, EFAULT, EEXIST, ENOSPC, ENOMEM, EPERM), "hiod/vdpa.h",
	  "vdpa: unmapping reports and goes on" },
};

#define NTOLERATED (sizeof(tolerated) / sizeof(tolerated[0]))

/* Some hold only where a device joins another, or over vhost-vdpa. */
static bool holds_on(size_t i, const struct fault_path *p)
{
	if (!strncmp(tolerated[i].why, "joining:", 8))
		return p->kind == PATH_SECOND;
	return strncmp(tolerated[i].why, "vdpa:", 5) || p->backend == HIOD_BACKEND_VDPA;
}

/* The place of a failure in the table: of its call, and of its errno there. False: it has none. */
static bool tolerated_by(const struct fault_path *p, const struct tap *t, int err, size_t *call,
			 size_t *nth)
{
	for (*call = 0; *call < NTOLERATED; ++*call) {
		const struct tolerated *x = &tolerated[*call];

		if (x->op != t->op || x->req != t->req || !holds_on(*call, p) ||
		    (x->path && !strstr(t->path, x->path)))
			continue;
		for (*nth = 0; x->err[*nth]; ++*nth)
			if (x->err[*nth] == err)
				return true;
	}
	return false;
}

/*
 * What the message of a failed call has in it: QEMU's words for a request, or
 * the name of a file; "" for a call that none is known for.
 */
static const char *words_for(const struct fault_path *p, const struct tap *t)
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
		/* What could not be unmapped is in the way when it is mapped again. */
		{ (uint32_t)VFIO_IOMMU_UNMAP_DMA, "dma_map" },
		{ (uint32_t)IOMMU_IOAS_UNMAP, "dma_map" },
		{ (uint32_t)VFIO_DEVICE_DETACH_IOMMUFD_PT, "detach" },
		{ (uint32_t)IOMMU_HWPT_SET_DIRTY_TRACKING, "IOMMU_HWPT_SET_DIRTY_TRACKING" },
		{ (uint32_t)IOMMU_HWPT_GET_DIRTY_BITMAP, "IOMMU_HWPT_GET_DIRTY_BITMAP" },
		{ (uint32_t)IOMMU_HWPT_INVALIDATE, "IOMMU_HWPT_INVALIDATE" },
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

	if (t->op == SHIM_OP_WRITE)
		return t->req == VHOST_IOTLB_UPDATE ? "failed to map" : "batch of mappings";
	for (size_t i = 0; t->op == SHIM_OP_IOCTL && i < sizeof(of) / sizeof(of[0]); i++)
		if (of[i].req == t->req)
			return of[i].words;
	if (t->op == SHIM_OP_IOCTL)
		return "";
	/* Over vhost-vdpa sysfs is read for one thing only. */
	if (p->backend == HIOD_BACKEND_VDPA && strncmp(t->path, "/dev/", 5))
		return "reserved regions of the device";
	if (t->op == SHIM_OP_READ)
		return "failed to load";
	return *t->path ? strrchr(t->path, '/') + 1 : "";
}

/* ---- the sweep ------------------------------------------------------------------------------ */

struct counts {
	unsigned int paths, calls, faults, accepted;
	unsigned int most; /* errnos of one call */
	unsigned int reached[NTOLERATED][ERRNOS];
};

static void look(struct ktap_meta *_metadata, const struct fault_path *p, const struct tap *t,
		 const struct shim *model, const struct fault_answer *a, const char *what)
{
	char name[256];

	EXPECT_TRUE(plain_clean(model))
	{
		fault_path_name(p, name, sizeof(name));
		TH_LOG("%s, call %u (%s): something is left", name, t->nth, what);
	}
	EXPECT_EQ(0, t->nopen);
	EXPECT_FALSE(t->misuse);
	EXPECT_EQ(a->verdict == HIOD_ACCEPTED, a->message[0] == '\0');
}

static void fail_call(struct ktap_meta *_metadata, const struct fault_path *p, struct shim *model,
		      unsigned int nth, int err, const struct fault_answer *without,
		      struct counts *n)
{
	struct shim_fault rule = { .op = SHIM_OP_ANY, .nth = nth, .err = err };
	static struct tap t;
	struct shim *fault;
	struct fault_answer a;
	char name[256];
	size_t call, k;
	bool may;

	tap_init(&t, model, nth);
	/* Of two devices the second one fails: the path puts the fault in. */
	fault = shim_fault_new(model, &rule, 1);
	ASSERT_NOT_NULL(fault);
	if (p->kind == PATH_SECOND)
		t.later = fault;
	else
		t.under = fault;
	fault_path_run(p, &t, &a);
	n->faults++;
	look(_metadata, p, &t, model, &a, uapi_errno_name(err));
	shim_destroy(fault);
	if (a.verdict != HIOD_ACCEPTED) {
		const char *words = words_for(p, &t);

		if (without->verdict == HIOD_ACCEPTED) {
			EXPECT_TRUE(*words && strstr(a.message, words))
			{
				const struct uapi_row *row = uapi_find(t.kind, t.req);

				TH_LOG("'%s' does not say '%s' of op %d %s %s", a.message, words,
				       (int)t.op, row ? row->name : "", t.path);
			}
		}
		return;
	}
	n->accepted++;
	EXPECT_EQ(HIOD_ACCEPTED, without->verdict)
	{
		TH_LOG("wider with a fault: %s, call %u", p->profile->name, nth);
	}
	may = tolerated_by(p, &t, err, &call, &k);
	EXPECT_TRUE(may)
	{
		const struct uapi_row *row = uapi_find(t.kind, t.req);

		fault_path_name(p, name, sizeof(name));
		TH_LOG("%s: accepted although call %u failed with %s: op %d %s %s", name, nth,
		       uapi_errno_name(err), (int)t.op, row ? row->name : "", t.path);
	}
	if (may)
		n->reached[call][k]++;
}

TEST_TIMEOUT(every_call_may_fail_with_every_errno, 300)
{
	static struct counts n;
	static struct tap t;
	unsigned int pairs = 0;
	struct fault_path p;

	ASSERT_EQ(0, boxed());
	for (unsigned int i = 0; fault_path_at(i, &p); i++) {
		struct shim *model = plain_model(p.host);
		unsigned int calls;
		struct fault_answer without;

		ASSERT_NOT_NULL(model);
		tap_init(&t, model, 0);
		fault_path_run(&p, &t, &without);
		calls = t.calls;
		look(_metadata, &p, &t, model, &without, "no fault");
		n.paths++;
		n.calls += calls;
		for (unsigned int nth = 1; nth <= calls; nth++) {
			int err[ERRNOS];
			struct fault_answer a;

			tap_init(&t, model, nth);
			fault_path_run(&p, &t, &a);
			errnos_of(&t, err);
			for (unsigned int e = 0; err[e]; e++) {
				fail_call(_metadata, &p, model, nth, err[e], &without, &n);
				n.most = e + 1 > n.most ? e + 1 : n.most;
			}
		}
	}
	for (size_t i = 0; i < NTOLERATED; i++) {
		for (size_t k = 0; tolerated[i].err[k]; k++) {
			EXPECT_LT(0, n.reached[i][k])
			{
				TH_LOG("%s (%s) was never reached: %s",
				       uapi_errno_name(tolerated[i].err[k]), tolerated[i].where,
				       tolerated[i].why);
			}
			pairs++;
		}
	}
	TH_LOG("%u paths, %u calls of them, up to %u errnos for each: %u faults, %u of them "
	       "accepted, by %u pairs of a call and an errno",
	       n.paths, n.calls, n.most, n.faults, n.accepted, pairs);
	EXPECT_LT(50000, n.faults);
}

/*
 * Replies that are short, of another value, or changed between two calls. Only
 * what the ranges are worth decides whether it may be accepted.
 */
TEST_TIMEOUT(every_reply_may_be_a_lie, 300)
{
	static struct tap t;
	unsigned int lies = 0, accepted = 0;
	struct fault_path p;

	ASSERT_EQ(0, boxed());
	for (unsigned int i = 0; fault_path_at(i, &p); i++) {
		struct shim *model = plain_model(p.host);
		unsigned int calls;
		struct fault_answer a;

		ASSERT_NOT_NULL(model);
		if (p.kind == PATH_SECOND)
			continue;
		tap_init(&t, model, 0);
		fault_path_run(&p, &t, &a);
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
					fault_path_run(&p, &t, &a);
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
	EXPECT_LT(30000, lies);
}

TEST_HARNESS_MAIN
