// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking the model of a host gives back the host. */
#include "harness/capture/host_eq.h"
#include "harness/conform/ask.h"
#include "harness/conform/hosts.h"
#include "harness/ktap/ktap.h"
#include "mocks/model.h"

FIXTURE(ask)
{
	struct host *made;
	struct shim *model;
	const char *bdf[4];
	size_t n;
	struct host *told;
};
FIXTURE_VARIANT(ask)
{
	const char *host;
};
FIXTURE_VARIANT_ADD(ask, vtd39_6_12)
{ .host = "vtd39-6.12" };
FIXTURE_VARIANT_ADD(ask, scalable_6_12)
{ .host = "vtd48-scalable-6.12" };
FIXTURE_VARIANT_ADD(ask, nested_7_3)
{ .host = "vtd48-nested-7.3" };
FIXTURE_VARIANT_ADD(ask, vtd57_6_18)
{ .host = "vtd57-6.18" };
FIXTURE_VARIANT_ADD(ask, compat_container)
{ .host = "vtd39-compat-6.12" };
FIXTURE_VARIANT_ADD(ask, type1_only_6_1)
{ .host = "vtd39-6.1" };
FIXTURE_VARIANT_ADD(ask, no_intremap)
{ .host = "vtd39-no-intremap-6.12" };
FIXTURE_VARIANT_ADD(ask, no_iommu)
{
	.host = "no-iommu-6.12",
};

FIXTURE_SETUP(ask)
{
	self->made = made_host(variant->host);
	ASSERT_NOT_NULL(self->made);
	for (; self->n < self->made->ndevices && self->n < 4; self->n++)
		self->bdf[self->n] = self->made->devices[self->n].bdf;
	self->model = model_new(self->made, NULL);
	ASSERT_NOT_NULL(self->model);
	ASSERT_EQ(0, ask_host(self->model, self->bdf, self->n, &self->told));
}

FIXTURE_TEARDOWN(ask)
{
	host_free(self->told);
	shim_destroy(self->model);
	host_free(self->made);
}

/* What the made host leaves to be derived, and what it has not in a form that could be told. */
static void forget_derived(struct host *h)
{
	for (size_t i = 0; i < h->niommus; i++) {
		for (int k = 0; k < HOST_DOMAIN_NR; k++)
			h->iommus[i].domain[k].known = false;
		h->iommus[i].hw_known = false;
		h->iommus[i].coherent = -1;
	}
	for (size_t i = 0; i < h->ndevices; i++) {
		h->devices[i].hw_caps = 0;
		h->devices[i].max_pasid_log2 = 0;
	}
}

TEST_F(ask, gives_back_what_was_described)
{
	char where[128] = "";
	bool same;

	forget_derived(self->told);
	same = host_eq(self->made, self->told, where, sizeof(where));
	EXPECT_TRUE(same);
	EXPECT_STREQ("", where);
}

TEST_F(ask, of_the_model_of_the_answer_gives_the_same_answer)
{
	struct shim *again = model_new(self->told, NULL);
	char where[128] = "";
	struct host *h;
	bool same;

	ASSERT_NOT_NULL(again);
	ASSERT_EQ(0, ask_host(again, self->bdf, self->n, &h));
	same = host_eq(self->told, h, where, sizeof(where));
	EXPECT_TRUE(same);
	EXPECT_STREQ("", where);
	host_free(h);
	shim_destroy(again);
}

TEST_F(ask, leaves_nothing_behind)
{
	struct model_stats st;

	model_stats(self->model, &st);
	EXPECT_EQ(0, st.fds);
	EXPECT_EQ(0, st.objects);
	EXPECT_EQ(0, st.mappings);
	EXPECT_EQ(0, st.groups_open);
	EXPECT_EQ(0, st.devices_bound);
}

TEST(a_device_that_is_not_there)
{
	struct host *made = made_host("vtd39-6.12"), *h;
	struct shim *model = model_new(made, NULL);
	const char *bdf[] = { "0000:00:05.0", "0000:ff:1f.7" };

	EXPECT_EQ(-ENODEV, ask_host(model, bdf, 2, &h));
	shim_destroy(model);
	host_free(made);
}

TEST(domains_are_told_as_the_hardware_has_them)
{
	struct host *made = made_host("vtd48-nested-7.3"), *h;
	struct shim *model = model_new(made, NULL);
	const char *bdf[] = { "0000:00:05.0" };
	const struct host_iommu *io;

	ASSERT_EQ(0, ask_host(model, bdf, 1, &h));
	ASSERT_EQ(1, h->niommus);
	io = &h->iommus[0];
	for (int k = 0; k < HOST_DOMAIN_NR; k++)
		EXPECT_TRUE(io->domain[k].known);
	/* The second stage's width, and one bit less where the first stage is preferred. */
	EXPECT_EQ((1ull << 48) - 1, io->domain[HOST_DOMAIN_PARENT].aperture.last);
	EXPECT_EQ((1ull << 47) - 1, io->domain[HOST_DOMAIN_PAGING].aperture.last);
	EXPECT_TRUE(io->hw_known);
	EXPECT_EQ(24, io->hw_len);
	host_free(h);
	shim_destroy(model);
	host_free(made);
}

TEST_HARNESS_MAIN
