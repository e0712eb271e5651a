// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Redaction: what identifies a machine is gone, the same name is the same
 * everywhere, and a redacted capture gives the verdicts of the other.
 */
#include <fcntl.h>

#include "harness/capture/describe.h"
#include "harness/capture/record.h"
#include "harness/capture/redact.h"
#include "harness/capture/rerun.h"
#include "harness/capture/survey.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"
#include "selftests/capture/surveyed.h"

TEST(names_in_texts_are_replaced_where_a_word_begins)
{
	static const struct {
		unsigned int flags, also;
		const char *text, *want;
	} cases[] = {
		{ 0, 0, "a " MANY_UUID ".", "a 00000000-0000-4000-8000-000000000001." },
		{ 0, 0, "x" MANY_UUID, "x" MANY_UUID },
		{ 0, 0, MANY_UUID "0", MANY_UUID "0" },
		{ 0, 0, "/" MANY_MACHINE_ID "/", "/00000000000000000000000000000001/" },
		{ 0, 0, "0x00000000fee00000 0x00000000feefffff msi\n",
		  "0x00000000fee00000 0x00000000feefffff msi\n" },
		{ 0, 0, "52:54:00:ab:cd:ef 52:54:00:AB:CD:EF",
		  "02:00:00:00:00:01 02:00:00:00:00:01" },
		{ 0, 0, "52-54-00-ab-cd-ef", "02:00:00:00:00:01" },
		{ 0, 0, "52:54:00:ab:cd", "52:54:00:ab:cd" },
		{ 0, 0, "10.1.2.3", "10.1.2.3" },
		{ 0, REDACT_IPS, "at 10.1.2.3, 10.1.2.4, 10.1.2.3",
		  "at 192.0.2.1, 192.0.2.2, 192.0.2.1" },
		{ 0, REDACT_IPS, "6.12.117 1.2.3.4.5 300.1.1.1", "6.12.117 1.2.3.4.5 300.1.1.1" },
		{ 0, 0, MANY_HOSTNAME, MANY_HOSTNAME },
		{ 0, REDACT_HOSTS, MANY_HOSTNAME " " MANY_HOSTNAME ".example.org",
		  "host1 host1.example.org" },
		{ 0, REDACT_HOSTS, MANY_HOSTNAME "er", MANY_HOSTNAME "er" },
		{ 0, 0, "0000:3b:00.1", "0000:3b:00.1" },
		{ REDACT_BDF, 0, "0000:3b:00.1 0000:3b:00.0 10000:e1:00.0",
		  "0000:00:01.1 0000:00:01.0 0000:00:02.0" },
		{ REDACT_BDF, 0, "../pci0000:3a/0000:3a:02.0/0000:3b:00.1",
		  "../pci0000:00/0000:00:01.0/0000:00:02.1" },
		{ REDACT_BDF, 0, "0000:3b:00.1 3b:00.0 0000:3b:00.8",
		  "0000:00:01.1 00:01.0 0000:3b:00.8" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct redact *r = redact_new(cases[i].flags, MANY_HOSTNAME);
		char *got = r ? redact_text(r, cases[i].text, cases[i].also) : NULL;

		ASSERT_NOT_NULL(got);
		EXPECT_STREQ(cases[i].want, got);
		free(got);
		redact_free(r);
	}
}

TEST(of_a_command_line_only_what_is_known_to_be_harmless_stays)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "quiet intel_iommu=on,sm_off iommu=pt", "quiet intel_iommu=on,sm_off iommu=pt" },
		{ "vfio_iommu_type1.allow_unsafe_interrupts=1 vfio-pci.ids=10de:1eb8",
		  "vfio_iommu_type1.allow_unsafe_interrupts=1 vfio-pci.ids=10de:1eb8" },
		{ "root=/dev/sda1 resume=/dev/sda1 x=/dev/sdb",
		  "root=redacted1 resume=redacted1 x=redacted2" },
		{ "ip=" MANY_IP " iommu.strict=0", "ip=redacted1 iommu.strict=0" },
		{ "foo=\"a b\" iommufd.allow_unsafe_interrupts=1\n",
		  "foo=redacted1 iommufd.allow_unsafe_interrupts=1\n" },
		{ "  ro  root= " MANY_IP " ", "  ro  root= 192.0.2.1 " },
		{ "intel_iommu_secret=1 vfiox=2", "intel_iommu_secret=redacted1 vfiox=redacted2" },
		{ MANY_HOSTNAME, "host1" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct redact *r = redact_new(0, MANY_HOSTNAME);
		char *got = r ? redact_cmdline(r, cases[i].text) : NULL;

		ASSERT_NOT_NULL(got);
		EXPECT_STREQ(cases[i].want, got);
		free(got);
		redact_free(r);
	}
}

TEST(slots_beyond_the_first_31_go_to_the_next_bus_and_come_back)
{
	struct redact *r = redact_new(REDACT_BDF, NULL);
	char last[32] = "";

	ASSERT_NOT_NULL(r);
	for (unsigned int i = 0; i < 100; i++) {
		char bdf[32], *to, *back;

		snprintf(bdf, sizeof(bdf), "0000:%02x:%02x.%u", 0x20 + i / 32, i % 32, i % 8);
		to = redact_text(r, bdf, 0);
		back = to ? redact_back(r, to) : NULL;
		ASSERT_NOT_NULL(back);
		EXPECT_STREQ(bdf, back);
		EXPECT_EQ(bdf[11], to[11]);
		EXPECT_LT(0, strcmp(to, last));
		snprintf(last, sizeof(last), "%s", to);
		free(back);
		free(to);
	}
	EXPECT_STREQ("0000:03:07.3", last);
	redact_free(r);
}

TEST(a_redacted_file_is_whole_however_it_is_read)
{
	struct host *h = many_host();
	struct shim *model = h ? model_new(h, NULL) : NULL, *s;
	struct redact *r = redact_new(0, MANY_HOSTNAME);
	char whole[1024] = "", pieces[1024] = "";
	ssize_t n, used = 0;
	int fd;

	ASSERT_NOT_NULL(model);
	ASSERT_NOT_NULL(r);
	s = shim_redact_new(model, r);
	ASSERT_NOT_NULL(s);
	fd = shim_open(s, "/proc/cmdline", O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, shim_read(s, fd, whole, sizeof(whole) - 1));
	EXPECT_EQ(0, shim_read(s, fd, whole, 1));
	while ((n = shim_pread(s, fd, pieces + used, 7, (uint64_t)used)) > 0)
		used += n;
	EXPECT_EQ(0, n);
	EXPECT_STREQ(whole, pieces);
	EXPECT_NOT_NULL(strstr(whole, "intel_iommu=on,sm_on vfio-pci.ids=10de:1eb8 quiet\n"));
	EXPECT_EQ(0, shim_close(s, fd));
	EXPECT_EQ(-EBADF, shim_read(s, fd, whole, 1));
	EXPECT_EQ(-ENOENT, shim_open(s, "/proc/none", O_RDONLY));
	fd = shim_open(s, "/sys/class/dmi/id/product_serial", O_RDONLY);
	n = shim_read(s, fd, whole, sizeof(whole) - 1);
	ASSERT_LT(0, n);
	whole[n] = '\0';
	EXPECT_STREQ("redacted\n", whole);
	EXPECT_EQ(0, shim_close(s, fd));
	shim_destroy(s);
	EXPECT_TRUE(all_closed(model));
	shim_destroy(model);
	redact_free(r);
	host_free(h);
}

TEST(functions_in_a_reply_are_renamed_as_in_a_path)
{
	/* struct vfio_pci_hot_reset_info with one device behind it */
	struct {
		uint32_t argsz, flags, count;
		struct vfio_pci_dependent_device dev;
	} info = { .argsz = sizeof(info) };
	struct redact *r = redact_new(REDACT_BDF, NULL);
	struct host *h = many_host();
	struct host_device *d = h ? &h->devices[0] : NULL;
	struct shim *model, *s;
	char path[64], bdf[16], *now;
	int fd, iommufd;

	ASSERT_NOT_NULL(d);
	ASSERT_NOT_NULL(r);
	d->reset = calloc(1, sizeof(*d->reset));
	ASSERT_NOT_NULL(d->reset);
	d->nreset = 1;
	*d->reset = (struct host_reset_dev){ strdup(d->bdf), d->group };
	model = model_new(h, NULL);
	s = model ? shim_redact_new(model, r) : NULL;
	ASSERT_NOT_NULL(s);
	now = redact_text(r, d->bdf, 0);
	EXPECT_STRNE(d->bdf, now);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", d->vfio_dev);
	fd = shim_open(s, path, O_RDWR);
	iommufd = shim_open(s, "/dev/iommu", O_RDWR);
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };

	ASSERT_EQ(0, shim_ioctl(s, fd, VFIO_DEVICE_BIND_IOMMUFD, &bind));
	ASSERT_EQ(0, shim_ioctl(s, fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info));
	snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%x", info.dev.segment, info.dev.bus,
		 info.dev.devfn >> 3, info.dev.devfn & 7);
	EXPECT_STREQ(now, bdf);
	free(now);
	shim_destroy(s);
	shim_destroy(model);
	redact_free(r);
	host_free(h);
}

/* A survey of every device of h below a redactor, to a file as well. */
static struct host *survey_redacted(struct ktap_meta *_metadata, const struct host *h,
				    struct redact *r, const char *path, struct transcript *t)
{
	const struct record_config cfg = { .client = "probe", .path = path, .to = t };
	struct shim *model = model_new(h, NULL), *s, *rec;
	struct survey_plan plan = { 0 };
	struct capture_error err;
	struct host *a = NULL;

	s = model ? shim_redact_new(model, r) : NULL;
	rec = s ? shim_record_new(s, &cfg, &err) : NULL;
	ASSERT_NOT_NULL(rec);
	EXPECT_EQ(0, survey_plan_make(model, SURVEY_ALL, NULL, 0, &plan, &err));
	for (size_t i = 0; i < plan.ndevices; i++) {
		char *to = redact_text(r, plan.devices[i], 0);

		free(plan.devices[i]);
		plan.devices[i] = to;
	}
	EXPECT_EQ(0, survey(rec, &plan, NULL, NULL));
	EXPECT_EQ(0, record_finish(rec, NULL, &err));
	EXPECT_TRUE(all_closed(model));
	EXPECT_EQ(0, describe(t, "redacted", &a, &err))
	{
		TH_LOG("%s", err.msg);
	}
	survey_plan_free(&plan);
	shim_destroy(rec);
	shim_destroy(s);
	shim_destroy(model);
	return a;
}

static void check(const struct host *h, const char *bdf, int backend, struct hiod_verdict *v)
{
	const struct hiod_check c = {
		.profile = hiod_profile_default(),
		.viommu = "intel-iommu,caching-mode=on",
		.backend = (enum hiod_backend)backend,
		.bdf = bdf,
	};
	struct shim *model = model_new(h, NULL);

	memset(v, 0, sizeof(*v));
	if (model)
		hiod_check_run(model, &c, v);
	shim_destroy(model);
}

FIXTURE(redacted)
{
	struct host *h;
	struct redact *r;
	struct scratch tmp;
};

FIXTURE_VARIANT(redacted)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(redacted, names)
{ .flags = 0 };
FIXTURE_VARIANT_ADD(redacted, names_and_bdfs)
{ .flags = REDACT_BDF };

FIXTURE_SETUP(redacted)
{
	scratch_make(&self->tmp);
	self->h = many_host();
	self->r = redact_new(variant->flags, MANY_HOSTNAME);
	ASSERT_NOT_NULL(self->h);
	ASSERT_NOT_NULL(self->r);
}

FIXTURE_TEARDOWN(redacted)
{
	host_free(self->h);
	redact_free(self->r);
	scratch_remove(&self->tmp);
}

TEST_F(redacted, capture_holds_no_original_and_gives_the_same_verdicts)
{
	static const char *const originals[] = {
		MANY_UUID,     MANY_MACHINE_ID, MANY_MAC,  "52-54-00",
		MANY_HOSTNAME, MANY_IP,		"10.17.4", "/linux",
	};
	static const char *const addresses[] = { "01:00", "02:00", "1c.0", "1f." };
	const char *path = scratch_path(&self->tmp, "c.capture.jsonl");
	struct rerun_stats st;
	struct capture_error err;
	struct transcript t = { 0 };
	struct shim *model;
	size_t len;
	char *text;
	struct host *a = survey_redacted(_metadata, self->h, self->r, path, &t);

	ASSERT_NOT_NULL(a);
	text = get_file(path, &len);
	ASSERT_NOT_NULL(text);
	for (size_t i = 0; i < sizeof(originals) / sizeof(*originals); i++) {
		EXPECT_NULL(strstr(text, originals[i]))
		{
			TH_LOG("%s is in it", originals[i]);
		}
	}
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		EXPECT_EQ(!(variant->flags & REDACT_BDF), !!strstr(text, addresses[i]))
		{
			TH_LOG("%s", addresses[i]);
		}
	}
	free(text);
	EXPECT_TRUE(loads_as(path, &t, &err));

	EXPECT_EQ(self->h->ndevices, a->ndevices);
	for (size_t i = 0; i < self->h->ndevices * 2; i++) {
		const char *bdf = self->h->devices[i / 2].bdf;
		char *to = redact_text(self->r, bdf, 0);
		struct hiod_verdict x, y;

		check(self->h, bdf, i % 2, &x);
		check(a, to, i % 2, &y);
		EXPECT_EQ(x.verdict, y.verdict);
		EXPECT_EQ(x.qemu, y.qemu);
		EXPECT_EQ(x.stage, y.stage);
		EXPECT_EQ(x.host_aw_bits, y.host_aw_bits);
		hiod_verdict_free(&x);
		hiod_verdict_free(&y);
		free(to);
	}
	model = model_new(a, NULL);
	ASSERT_NOT_NULL(model);
	EXPECT_EQ(0, transcript_rerun(&t, model, NULL, NULL, &st, &err));
	EXPECT_EQ(0, st.differ);
	shim_destroy(model);
	transcript_free(&t);
	host_free(a);
}

TEST_HARNESS_MAIN
