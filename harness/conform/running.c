// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/conform/running.h"

#include <errno.h>
#include <fcntl.h>

#include "harness/capture/describe.h"
#include "harness/capture/record.h"
#include "harness/capture/survey.h"

/* Whether the kernel is one that was built to test iommufd: its table has room at the end. */
static bool iommufd_test(struct shim *s)
{
	const uint32_t unused = 0x3b9f;
	int fd = shim_open(s, "/dev/iommu", O_RDWR);
	bool test;

	if (fd < 0)
		return false;
	test = shim_ioctl(s, fd, unused, NULL) == -EFAULT;
	shim_close(s, fd);
	return test;
}

int running_host(struct shim *s, const char *release, const char *const *bdf, size_t n, bool vdpa,
		 struct host **out, struct capture_error *err)
{
	struct survey_plan plan;
	struct transcript t = { 0 };
	const struct record_config cfg = { .client = "probe", .kernel = release, .to = &t };
	int rc = survey_plan_make(s, SURVEY_NAMED, bdf, n, &plan, err);
	struct shim *recorder;

	if (rc)
		return rc;
	plan.ask_vdpa = vdpa;
	recorder = shim_record_new(s, &cfg, err);
	rc = recorder ? survey(recorder, &plan, NULL, NULL) : -ENOMEM;
	if (!rc)
		rc = record_finish(recorder, NULL, err);
	shim_destroy(recorder);
	if (!rc)
		rc = describe(&t, "the running kernel", out, err);
	if (!rc && iommufd_test(s))
		(*out)->features |= 1u << HOST_F_IOMMUFD_TEST;
	transcript_free(&t);
	survey_plan_free(&plan);
	return rc;
}
