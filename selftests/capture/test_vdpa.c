// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vDPA devices in captures: what the survey asks and what it leaves alone, and
 * that a description made of it is that of the host.
 */
#include <errno.h>

#include "harness/capture/describe.h"
#include "harness/capture/host_eq.h"
#include "harness/capture/host_json.h"
#include "harness/capture/record.h"
#include "harness/capture/redact.h"
#include "harness/capture/rerun.h"
#include "harness/capture/survey.h"
#include "harness/shim/backends.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"
#include "selftests/capture/surveyed.h"
#include "selftests/failing_malloc.h"

/* A simulator, and a virtio device behind an IOMMU whose MAC is told. */
static const char two[] =
	"{\"hiod-host\":1,\"origin\":\"made\",\"kernel\":\"6.12.117\","
	"\"groups\":[{\"id\":3,\"type\":\"DMA-FQ\",\"reserved\":[{\"start\":\"0xfee00000\","
	"\"last\":\"0xfeefffff\",\"type\":\"msi\"}]}],"
	"\"devices\":[{\"bdf\":\"0000:00:08.0\","
	"\"link\":\"../../../devices/pci0000:00/0000:00:08.0\",\"driver\":\"vp-vdpa\",\"group\":3}],"
	"\"vdpa\":[{\"name\":\"vdpa0\",\"link\":\"../../../devices/vdpa0\","
	"\"driver\":\"vhost_vdpa\",\"kind\":\"simulator\","
	"\"node\":{\"name\":\"vhost-vdpa-0\",\"major\":251,\"minor\":0,\"mode\":\"0600\"},"
	"\"told\":{\"device-id\":1,\"features\":\"0x308830028\",\"backend-features\":\"0x17e\","
	"\"first\":\"0x0\",\"last\":\"0xffffffffffffffff\",\"queues\":3,\"queue-max\":256,"
	"\"groups\":2,\"spaces\":2,\"queue-groups\":[0,0,1],"
	"\"config\":\"00000000000001000000dc05000000000000000000000000\"}},"
	"{\"name\":\"vdpa1\",\"link\":\"../../../devices/pci0000:00/0000:00:08.0/vdpa1\","
	"\"driver\":\"vhost_vdpa\",\"kind\":\"virtio-pci\","
	"\"node\":{\"name\":\"vhost-vdpa-1\",\"major\":251,\"minor\":1,\"mode\":\"0600\"},"
	"\"told\":{\"device-id\":1,\"features\":\"0x300000000\",\"backend-features\":\"0x10e\","
	"\"first\":\"0x0\",\"last\":\"0x7fffffffff\",\"queues\":2,\"queue-max\":256,"
	"\"groups\":1,\"spaces\":1,\"queue-sizes\":[256,256],"
	"\"config\":\"525400abcdef0100\"}}]}";

/* The conversation with a shim as a transcript. -errno. */
static int surveyed(struct shim *s, bool ask, struct transcript *t)
{
	const struct record_config cfg = { .client = "probe", .kernel = "6.12.117", .to = t };
	struct capture_error err;
	struct survey_plan plan;
	struct shim *rec = NULL;
	int rc = survey_plan_make(s, SURVEY_NAMED, NULL, 0, &plan, &err);

	plan.ask_vdpa = ask;
	if (!rc)
		rec = shim_record_new(s, &cfg, &err);
	if (!rc)
		rc = rec ? survey(rec, &plan, NULL, NULL) : -ENOMEM;
	if (!rc)
		rc = record_finish(rec, NULL, &err);
	shim_destroy(rec);
	survey_plan_free(&plan);
	return rc;
}

static unsigned int count(const struct transcript *t, int op, const char *path)
{
	unsigned int n = 0;

	for (size_t i = 0; i < t->ncalls; i++)
		n += (int)t->calls[i].op == op &&
		     (!path || (t->calls[i].path && !strcmp(t->calls[i].path, path)));
	return n;
}

FIXTURE(vdpa)
{
	struct host *h, *back;
	struct shim *s;
	struct transcript t;
};

FIXTURE_SETUP(vdpa)
{
	self->h = host_of_text(two);
	ASSERT_NOT_NULL(self->h);
	self->s = model_new(self->h, NULL);
	ASSERT_NOT_NULL(self->s);
}

FIXTURE_TEARDOWN(vdpa)
{
	transcript_free(&self->t);
	host_free(self->back);
	if (self->s)
		EXPECT_TRUE(all_closed(self->s));
	shim_destroy(self->s);
	host_free(self->h);
}

TEST_F(vdpa, nodes_are_opened_only_when_asked)
{
	ASSERT_EQ(0, surveyed(self->s, false, &self->t));
	EXPECT_EQ(0, count(&self->t, SHIM_OP_OPEN, "/dev/vhost-vdpa-0"));
	EXPECT_EQ(0, count(&self->t, SHIM_OP_OPEN, "/dev/vhost-vdpa-1"));
	EXPECT_EQ(0, count(&self->t, SHIM_OP_IOCTL, NULL));
	transcript_free(&self->t);
	self->t = (struct transcript){ 0 };
	ASSERT_EQ(0, surveyed(self->s, true, &self->t));
	EXPECT_EQ(1, count(&self->t, SHIM_OP_OPEN, "/dev/vhost-vdpa-0"));
	EXPECT_EQ(1, count(&self->t, SHIM_OP_OPEN, "/dev/vhost-vdpa-1"));
	EXPECT_EQ(0, count(&self->t, SHIM_OP_WRITE, NULL));
}

TEST_F(vdpa, description_of_a_survey_is_the_hosts)
{
	struct capture_error err;
	struct host a, b;
	char where[128];

	ASSERT_EQ(0, surveyed(self->s, true, &self->t));
	ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
	/* The part that is about vDPA: the rest has its own tests. */
	a = (struct host){ .vdpas = self->h->vdpas, .nvdpas = self->h->nvdpas };
	b = (struct host){ .vdpas = self->back->vdpas, .nvdpas = self->back->nvdpas };
	EXPECT_TRUE(host_eq(&a, &b, where, sizeof(where)))
	{
		TH_LOG("at %s", where);
	}
}

TEST_F(vdpa, what_was_not_opened_is_not_told)
{
	struct capture_error err;

	ASSERT_EQ(0, surveyed(self->s, false, &self->t));
	ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
	ASSERT_EQ(2, self->back->nvdpas);
	EXPECT_FALSE(self->back->vdpas[1].told);
	EXPECT_STREQ("vhost-vdpa-1", self->back->vdpas[1].node_dir);
	EXPECT_EQ(251, self->back->vdpas[1].node.major);
	EXPECT_EQ(1, self->back->vdpas[1].node.minor);
	EXPECT_EQ(0600, self->back->vdpas[1].node.mode);
	EXPECT_EQ(HOST_VDPA_VIRTIO, self->back->vdpas[1].kind);
	EXPECT_EQ(HOST_VDPA_SIM, self->back->vdpas[0].kind);
}

TEST_F(vdpa, survey_again_on_the_model_is_the_same)
{
	struct rerun_stats stats = { 0 };
	struct capture_error err;
	struct shim *model;

	ASSERT_EQ(0, surveyed(self->s, true, &self->t));
	ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
	model = model_new(self->back, NULL);
	ASSERT_NOT_NULL(model);
	EXPECT_EQ(0, transcript_rerun(&self->t, model, NULL, NULL, &stats, &err));
	EXPECT_LT(30, stats.calls);
	EXPECT_EQ(0, stats.differ);
	shim_destroy(model);
}

/* A client that opens a node, and looks in sysfs for what is behind it. */
TEST_F(vdpa, check_of_a_device_is_described_too)
{
	const struct hiod_check c = { .profile = hiod_profile_default(),
				      .backend = HIOD_BACKEND_VDPA,
				      .bdf = "/dev/vhost-vdpa-1" };
	const struct record_config cfg = { .client = "hiod qemu-11.1 vdpa none",
					   .kernel = "6.12.117",
					   .device = "/dev/vhost-vdpa-1",
					   .to = &self->t };
	struct hiod_verdict before, after;
	struct capture_error err;
	struct shim *rec, *model;

	rec = shim_record_new(self->s, &cfg, &err);
	ASSERT_NOT_NULL(rec);
	hiod_check_run(rec, &c, &before);
	ASSERT_EQ(0, record_finish(rec, NULL, &err));
	shim_destroy(rec);
	ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
	ASSERT_EQ(1, self->back->nvdpas);
	EXPECT_STREQ("vdpa1", self->back->vdpas[0].name);
	EXPECT_STREQ("../../../devices/pci0000:00/0000:00:08.0/vdpa1", self->back->vdpas[0].link);
	EXPECT_TRUE(self->back->vdpas[0].told);
	model = model_new(self->back, NULL);
	ASSERT_NOT_NULL(model);
	hiod_check_run(model, &c, &after);
	EXPECT_EQ(39, after.host_aw_bits);
	EXPECT_EQ(2, after.nranges);
	EXPECT_EQ(before.nranges, after.nranges);
	EXPECT_EQ(before.verdict, after.verdict);
	hiod_verdict_free(&before);
	hiod_verdict_free(&after);
	shim_destroy(model);
}

TEST_F(vdpa, errors_of_opening)
{
	static const struct {
		int err;
		int described;
	} rows[] = { { 524, 524 }, { EACCES, EACCES }, { EBUSY, 0 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct shim_fault fault = { .op = SHIM_OP_OPEN,
						  .fd_path = "/dev/vhost-vdpa-0",
						  .err = rows[i].err };
		struct shim *s = shim_fault_new(self->s, &fault, 1);
		struct capture_error err;

		ASSERT_EQ(0, surveyed(s, true, &self->t));
		ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
		EXPECT_EQ(rows[i].described, self->back->vdpas[0].node.open_err);
		EXPECT_FALSE(self->back->vdpas[0].told);
		EXPECT_TRUE(self->back->vdpas[1].told);
		host_free(self->back);
		self->back = NULL;
		transcript_free(&self->t);
		self->t = (struct transcript){ 0 };
		shim_destroy(s);
	}
}

/* The features of a kernel by what its requests answer. */
TEST_F(vdpa, requests_that_a_kernel_does_not_have_are_features)
{
	static const struct {
		const char *release;
		bool desc, size, fork;
	} rows[] = {
		{ "6.1.0-56-amd64", false, false, false },
		{ "6.8.0", true, false, false },
		{ "6.12.117", true, true, true },
		{ "6.14.0", true, true, false },
		{ "7.3.4", true, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capture_error err;

		shim_destroy(self->s);
		self->h->features = host_features_default(rows[i].release);
		self->s = model_new(self->h, NULL);
		ASSERT_EQ(0, surveyed(self->s, true, &self->t));
		ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
		EXPECT_EQ(rows[i].desc, self->back->features >> HOST_F_VDPA_DESC & 1);
		EXPECT_EQ(rows[i].size, self->back->features >> HOST_F_VDPA_SIZE & 1);
		EXPECT_EQ(rows[i].fork, self->back->features >> HOST_F_VHOST_FORK & 1);
		host_free(self->back);
		self->back = NULL;
		transcript_free(&self->t);
		self->t = (struct transcript){ 0 };
	}
}

TEST_F(vdpa, address_of_a_network_device_is_redacted)
{
	struct redact *r = redact_new(0, NULL);
	struct shim *s = r ? shim_redact_new(self->s, r) : NULL;
	struct capture_error err;

	ASSERT_NOT_NULL(s);
	ASSERT_EQ(0, surveyed(s, true, &self->t));
	ASSERT_EQ(0, describe(&self->t, "t", &self->back, &err));
	ASSERT_EQ(2, self->back->nvdpas);
	ASSERT_EQ(8, self->back->vdpas[1].config_len);
	EXPECT_EQ(0, memcmp(self->back->vdpas[1].config, "\x02\0\0\0\0\x02\x01\0", 8));
	shim_destroy(s);
	redact_free(r);
}

TEST_F(vdpa, every_call_of_the_survey_may_fail)
{
	unsigned int n = 0;

	for (unsigned int nth = 1;; nth++) {
		const struct shim_fault fault = { .op = SHIM_OP_ANY, .nth = nth, .err = EIO };
		struct shim *s = shim_fault_new(self->s, &fault, 1);
		bool fired;

		EXPECT_EQ(0, surveyed(s, true, &self->t));
		fired = shim_fault_fired(s, 0);
		transcript_free(&self->t);
		self->t = (struct transcript){ 0 };
		shim_destroy(s);
		EXPECT_TRUE(all_closed(self->s));
		if (!fired)
			break;
		n++;
	}
	EXPECT_LT(40, n);
}

TEST_F(vdpa, every_allocation_of_a_description_may_fail)
{
	unsigned int n = 0;

	ASSERT_EQ(0, surveyed(self->s, true, &self->t));
	for (unsigned int nth = 1;; nth++) {
		struct capture_error err;
		struct host *h = NULL;
		bool fired;
		int rc;

		failing_malloc_arm(nth);
		rc = describe(&self->t, "t", &h, &err);
		host_free(h);
		fired = failing_malloc_disarm();
		if (!fired)
			break;
		EXPECT_EQ(-ENOMEM, rc);
		n++;
	}
	EXPECT_LT(20, n);
}

/* vp_vdpa tells 4096 bytes, nearly all of them nothing. */
TEST(config_space_that_is_mostly_nothing_is_short_in_a_file)
{
	struct host *h = host_of_text(two), *back;
	struct capture_error err;
	char *text, where[128];

	ASSERT_NOT_NULL(h);
	free(h->vdpas[1].config);
	h->vdpas[1].config = malloc(4096);
	ASSERT_NOT_NULL(h->vdpas[1].config);
	memset(h->vdpas[1].config, 0xff, 4096);
	h->vdpas[1].config[1] = 0x54;
	h->vdpas[1].config_len = 4096;
	text = host_text(h);
	ASSERT_NOT_NULL(text);
	EXPECT_NOT_NULL(strstr(text, "\"config\": \"ff54\""));
	ASSERT_EQ(0, host_parse(text, strlen(text), "t.host.json", &back, &err));
	EXPECT_EQ(4096, back->vdpas[1].config_len);
	EXPECT_TRUE(host_eq(h, back, where, sizeof(where)));
	free(text);
	host_free(back);
	host_free(h);
}

TEST(readers_refuse_what_is_no_vdpa_device)
{
	static const struct {
		const char *vdpa, *want;
	} rows[] = {
		{ "{\"kind\":\"other\"}", "name" },
		{ "{\"name\":\"a/b\",\"kind\":\"other\"}", "expected a device's name" },
		{ "{\"name\":\"a\",\"kind\":\"net\"}", "found \"net\", expected \"simulator\"" },
		{ "{\"name\":\"a\",\"kind\":\"other\"},{\"name\":\"a\",\"kind\":\"other\"}",
		  "a second time" },
		{ "{\"name\":\"a\",\"kind\":\"other\",\"told\":{\"features\":\"0x0\","
		  "\"backend-features\":\"0x0\",\"first\":\"0x0\",\"last\":\"0x0\"}}",
		  "only an open node tells" },
		{ "{\"name\":\"a\",\"kind\":\"other\",\"node\":{\"name\":\"n\",\"major\":1,\"minor\":1,"
		  "\"mode\":\"0600\"},\"told\":{\"features\":\"0x0\",\"backend-features\":\"0x0\","
		  "\"first\":\"0x0\",\"last\":\"0x0\",\"queues\":2,\"queue-groups\":[0]}}",
		  "expected one for each of 2 queues" },
		{ "{\"name\":\"a\",\"kind\":\"other\",\"node\":{\"name\":\"n\",\"major\":1,\"minor\":1,"
		  "\"mode\":\"600\"}}",
		  "permissions" },
		{ "{\"name\":\"a\",\"kind\":\"other\",\"x\":1}", "x" },
		{ "{\"name\":\"a\",\"kind\":\"other\",\"node\":{\"name\":\"n\",\"major\":1,\"minor\":1,"
		  "\"mode\":\"0600\"},\"told\":{\"features\":\"0x0\",\"backend-features\":\"0x0\","
		  "\"first\":\"0x0\",\"last\":\"0x0\",\"config\":\"0102\",\"config-size\":1}}",
		  "expected at least the 2 bytes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct capture_error err = { "" };
		struct host *h;
		char text[1024];

		snprintf(text, sizeof(text),
			 "{\"hiod-host\":1,\"origin\":\"made\",\"kernel\":\"6.12\",\"vdpa\":[%s]}",
			 rows[i].vdpa);
		EXPECT_EQ(-EINVAL, host_parse(text, strlen(text), "t", &h, &err));
		EXPECT_TRUE(one_line_with(err.msg, rows[i].want))
		{
			TH_LOG("%s", err.msg);
		}
	}
}

TEST_HARNESS_MAIN
