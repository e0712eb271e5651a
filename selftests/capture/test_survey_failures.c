// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The survey where there is little or nothing to survey, and where calls fail:
 * it says what it lacks, goes on, and leaves nothing open.
 */
#include <errno.h>

#include "harness/capture/describe.h"
#include "harness/capture/record.h"
#include "harness/capture/survey.h"
#include "harness/shim/backends.h"
#include "harness/uapi/uapi_compat.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"
#include "selftests/capture/surveyed.h"

/* ---- the plan ----------------------------------------------------------- */

TEST(a_plan_names_what_there_is_or_says_why_there_is_nothing)
{
	static const struct {
		enum survey_which which;
		const char *bdf[2];
		size_t n;
		int rc;
		const char *want; /* devices, each after a blank; or words of the message */
	} cases[] = {
		{ SURVEY_BOUND, { 0 }, 0, 0, " 0000:01:00.0 0000:02:00.0" },
		{ SURVEY_ALL,
		  { 0 },
		  0,
		  0,
		  " 0000:00:1f.0 0000:00:1f.3 0000:01:00.0 0000:01:00.1 0000:02:00.0" },
		{ SURVEY_NAMED, { "00:1F.3" }, 1, 0, " 0000:00:1f.3" },
		{ SURVEY_NAMED, { "0000:02:00.0", "02:00.0" }, 2, 0, " 0000:02:00.0" },
		{ SURVEY_NAMED, { "0000:03:00.0" }, 1, -ENODEV, "no PCI device 0000:03:00.0" },
		{ SURVEY_NAMED, { "02:00" }, 1, -EINVAL, "'02:00' is no PCI device" },
		{ SURVEY_NAMED, { "02:00.8" }, 1, -EINVAL, "'02:00.8' is no PCI device" },
		{ SURVEY_NAMED, { "../../x" }, 1, -EINVAL, "'../../x' is no PCI device" },
	};
	struct host *h = many_host();
	struct shim *model;

	ASSERT_NOT_NULL(h);
	model = model_new(h, NULL);
	ASSERT_NOT_NULL(model);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct capture_error err = { "" };
		struct survey_plan plan;
		char got[200] = "";

		EXPECT_EQ(cases[i].rc, survey_plan_make(model, cases[i].which, cases[i].bdf,
							cases[i].n, &plan, &err));
		for (size_t k = 0; k < plan.ndevices; k++) {
			strcat(got, " ");
			strcat(got, plan.devices[k]);
		}
		if (cases[i].rc) {
			EXPECT_TRUE(one_line_with(err.msg, cases[i].want));
		} else {
			EXPECT_STREQ(cases[i].want, got);
		}
		EXPECT_EQ(cases[i].rc ? 0 : 2, plan.nunits);
		survey_plan_free(&plan);
	}
	EXPECT_TRUE(all_closed(model));
	shim_destroy(model);
	host_free(h);
}

TEST(a_plan_says_what_a_host_lacks)
{
	static const struct {
		const char *json;
		enum survey_which which;
		const char *want;
	} cases[] = {
		{ "{\"hiod-host\": 1, \"origin\": \"made\", \"kernel\": \"6.12\"}", SURVEY_BOUND,
		  "no IOMMU group" },
		{ "{\"hiod-host\": 1, \"origin\": \"made\", \"kernel\": \"6.12\"}", SURVEY_ALL,
		  "no PCI devices" },
		{ "{\"hiod-host\": 1, \"origin\": \"made\", \"kernel\": \"6.12\","
		  "\"groups\": [{\"id\": 1}],"
		  "\"devices\": [{\"bdf\": \"0000:00:01.0\", \"driver\": \"e1000e\","
		  "\"group\": 1}]}",
		  SURVEY_BOUND, "no PCI device is bound to vfio-pci" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct host *h = host_of_text(cases[i].json);
		struct capture_error err = { "" };
		struct survey_plan plan;
		struct shim *model;

		ASSERT_NOT_NULL(h);
		model = model_new(h, NULL);
		ASSERT_NOT_NULL(model);
		EXPECT_EQ(-ENODEV, survey_plan_make(model, cases[i].which, NULL, 0, &plan, &err));
		EXPECT_TRUE(one_line_with(err.msg, cases[i].want))
		{
			TH_LOG("%s", err.msg);
		}
		EXPECT_EQ(0, plan.ndevices);
		shim_destroy(model);
		host_free(h);
	}
}

/* ---- failures ----------------------------------------------------------- */

struct noted {
	char seen[64][160];
	size_t n;
	bool twice;
};

static void note(void *ctx, const char *text)
{
	struct noted *k = ctx;

	for (size_t i = 0; i < k->n; i++)
		k->twice |= !strcmp(k->seen[i], text);
	if (k->n < 64)
		snprintf(k->seen[k->n++], sizeof(k->seen[0]), "%s", text);
}

/* The nth call fails with err: the survey ends in order. The number of calls that failed. */
static unsigned int survey_failing(struct ktap_meta *_metadata, const struct host *h,
				   const struct survey_plan *plan, unsigned int nth, int err)
{
	const struct shim_fault rule = { .op = SHIM_OP_ANY, .nth = nth, .err = err };
	const struct record_config cfg = { .client = "probe", .kernel = h->release };
	struct transcript t = { 0 };
	struct record_config to = cfg;
	struct capture_error e;
	struct noted noted = { 0 };
	const struct survey_hooks hooks = { NULL, note, &noted };
	struct shim *model = model_new(h, NULL), *fault, *rec;
	struct host *a = NULL;
	unsigned int fired;

	fault = model ? shim_fault_new(model, &rule, 1) : NULL;
	to.to = &t;
	rec = fault ? shim_record_new(fault, &to, &e) : NULL;
	ASSERT_NOT_NULL(rec);
	EXPECT_EQ(0, survey(rec, plan, &hooks, NULL));
	EXPECT_EQ(0, record_finish(rec, NULL, &e));
	EXPECT_TRUE(all_closed(model))
	{
		TH_LOG("%s: something is left when call %u fails with %d", h->name, nth, err);
	}
	EXPECT_FALSE(noted.twice);
	/* Whatever it makes of it, it is an answer. */
	if (!describe(&t, "failing", &a, &e)) {
		host_free(a);
	} else {
		EXPECT_TRUE(one_line_with(e.msg, "failing"));
	}
	fired = shim_fault_fired(fault, 0);
	shim_destroy(rec);
	shim_destroy(fault);
	shim_destroy(model);
	transcript_free(&t);
	return fired;
}

TEST_TIMEOUT(whichever_call_fails_nothing_is_left_open, 300)
{
	static const int errs[] = { EIO, EBUSY, EPERM, ENOENT };
	static const char *const names[] = { "7.3-vtd-aw48-q11", "7.3-noiommu-unsafe",
					     "debian-6.1-vtd-aw39" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct capture_error err;
		struct survey_plan plan;
		struct shim *model;
		struct host *h = host_of_corpus(names[i]);
		unsigned int n = 0;

		ASSERT_NOT_NULL(h);
		model = model_new(h, NULL);
		ASSERT_EQ(0, survey_plan_make(model, SURVEY_ALL, NULL, 0, &plan, &err));
		shim_destroy(model);
		/* Until there is no nth call. */
		while (survey_failing(_metadata, h, &plan, n + 1, errs[n % 4]))
			n++;
		EXPECT_LT(100, n);
		survey_plan_free(&plan);
		host_free(h);
	}
}

/* A kind of call that always fails, as on a host where something is missing or not allowed. */
TEST(what_a_host_refuses_is_said_once_and_is_no_end)
{
	static const struct {
		const char *path;
		uint32_t req;
		int err;
		const char *note; /* NULL: the node was there, nothing is said */
		struct survey_answer want;
	} cases[] = {
		{ "/dev/vfio/vfio", 0, ENOENT, "/dev/vfio/vfio: No such file", { -ENOENT, 0, 0 } },
		{ "/dev/iommu", 0, ENOENT, "/dev/iommu: No such file", { 0, -ENOENT, -ENOENT } },
		{ "/dev/iommu",
		  0,
		  EACCES,
		  "/dev/iommu: Permission denied",
		  { 0, -EACCES, -EACCES } },
		{ "/dev/vfio/1", 0, EBUSY, "/dev/vfio/1: Device or res", { -EBUSY, 0, -EBUSY } },
		{ "/dev/vfio/devices/",
		  0,
		  EACCES,
		  "/dev/vfio/devices/vfio0: Perm",
		  { 0, -EACCES, 0 } },
		{ NULL, VFIO_SET_IOMMU, EPERM, NULL, { -EPERM, 0, -EPERM } },
		{ NULL, VFIO_GROUP_SET_CONTAINER, EBUSY, NULL, { -EBUSY, 0, -EBUSY } },
		{ NULL, VFIO_DEVICE_BIND_IOMMUFD, EPERM, NULL, { 0, -EPERM, 0 } },
		{ NULL, VFIO_DEVICE_ATTACH_IOMMUFD_PT, EINVAL, NULL, { 0, -EINVAL, 0 } },
		{ NULL, IOMMU_IOAS_ALLOC, ENOMEM, NULL, { 0, -ENOMEM, 0 } },
	};
	struct capture_error err;
	struct survey_plan plan;
	struct shim *model;
	struct host *h = host_of_corpus("7.3-vtd-aw48-q11");

	ASSERT_NOT_NULL(h);
	model = model_new(h, NULL);
	ASSERT_NOT_NULL(model);
	ASSERT_EQ(0, survey_plan_make(model, SURVEY_BOUND, NULL, 0, &plan, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct shim_fault rule = {
			.op = cases[i].req ? SHIM_OP_IOCTL : SHIM_OP_OPEN,
			.req = cases[i].req,
			.fd_path = cases[i].path,
			.err = cases[i].err,
		};
		struct shim *s = shim_fault_new(model, &rule, 1);
		struct survey_answer a;
		struct noted noted = { 0 };
		const struct survey_hooks hooks = { NULL, note, &noted };

		ASSERT_NOT_NULL(s);
		EXPECT_EQ(0, survey(s, &plan, &hooks, &a));
		EXPECT_EQ(cases[i].want.legacy, a.legacy);
		EXPECT_EQ(cases[i].want.iommufd, a.iommufd);
		EXPECT_EQ(cases[i].want.compat, a.compat);
		EXPECT_EQ(cases[i].note ? 1 : 0, noted.n);
		if (cases[i].note) {
			EXPECT_EQ(0, strncmp(cases[i].note, noted.seen[0], strlen(cases[i].note)));
		}
		EXPECT_TRUE(all_closed(model));
		shim_destroy(s);
	}
	survey_plan_free(&plan);
	shim_destroy(model);
	host_free(h);
}

TEST_HARNESS_MAIN
