// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The question itself, asked of a kernel: does each QEMU take this device
 * behind this vIOMMU? Held to arithmetic on the ranges as they were read
 * without any of that code, and one backend to the other.
 */
#include "hiod/check.h"
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(check);
/* The legacy backend asks for TYPE1v2. */
FIXTURE_VARIANT_ADD(check, model_type1v2)
{ RIG_TYPE1V2, true };
FIXTURE_VARIANT_ADD(check, type1v2)
{ RIG_TYPE1V2, false };
RIG_VARIANT_IOMMUFD(check);
RIG_FIXTURE(backends);
RIG_VARIANT_IOMMUFD(backends);

static enum hiod_backend backend(const struct rig *r)
{
	return r->mode == RIG_IOMMUFD ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY;
}

/* aw: of the vIOMMU; 0: no vIOMMU. */
static void ask(struct rig *r, const struct hiod_profile *p, enum hiod_backend b, unsigned int aw,
		struct hiod_verdict *v)
{
	char viommu[64];
	struct hiod_check c = { .profile = p, .backend = b, .bdf = r->bdf };

	snprintf(viommu, sizeof(viommu), "intel-iommu,caching-mode=on,aw-bits=%u", aw);
	if (aw)
		c.viommu = viommu;
	hiod_check_run(r->s, &c, v);
}

/*
 * The ranges as QEMU's way to them shows them: with iommufd on a page table
 * that is made before the device is attached.
 */
static int ranges(struct rig *r, struct host_range *v)
{
	int err = r->mode == RIG_IOMMUFD ? rig_attach_own(r) : 0;

	return err ? err : rig_ranges(r, v, RIG_RANGES);
}

/* Bits of the highest address that a device reaches. */
static unsigned int width(const struct host_range *v, int n)
{
	return v[n - 1].last ? 64 - (unsigned int)__builtin_clzll(v[n - 1].last) : 0;
}

TEST_F(check, verdict_is_arithmetic_on_the_ranges)
{
	static const unsigned int aws[] = { 39, 48 };
	struct rig *r = &self->rig;
	/* By the IOAS, and by a page table of its own. */
	struct host_range all[2][RIG_RANGES];
	int count[2];

	RIG_ATTACH(r);
	count[0] = rig_ranges(r, all[0], RIG_RANGES);
	count[1] = ranges(r, all[1]);
	ASSERT_LE(1, count[0]);
	ASSERT_LE(1, count[1]);
	rig_drop(r);
	for (size_t i = 0; hiod_profile_at(i); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(aws); k++) {
			const struct hiod_profile *p = hiod_profile_at(i);
			const struct host_range *v = all[!p->attach_to_ioas];
			int n = count[!p->attach_to_ioas];
			bool fits = aws[k] <= width(v, n);
			char tail[64];
			struct hiod_verdict verdict;

			ask(r, p, backend(r), aws[k], &verdict);
			EXPECT_STREQ(fits ? "accepted" : "refused",
				     hiod_answer_name(verdict.verdict))
			{
				TH_LOG("%s aw-bits=%u: %s", p->name, aws[k], verdict.message);
			}
			EXPECT_EQ(verdict.verdict, verdict.qemu);
			EXPECT_EQ((int)width(v, n), verdict.host_aw_bits);
			EXPECT_EQ(n, (int)verdict.nranges);
			if ((int)verdict.nranges == n) {
				EXPECT_EQ(0, memcmp(v, verdict.ranges, (size_t)n * sizeof(*v)));
			}
			snprintf(tail, sizeof(tail), "aw-bits %u > host aw-bits %u", aws[k],
				 width(v, n));
			EXPECT_EQ(fits, !strstr(verdict.message, tail));
			hiod_verdict_free(&verdict);
		}
	}
}

TEST_F(check, without_a_viommu_it_is_accepted)
{
	struct rig *r = &self->rig;
	struct hiod_verdict verdict;

	RIG_ATTACH(r);
	rig_drop(r);
	for (size_t i = 0; hiod_profile_at(i); i++) {
		ask(r, hiod_profile_at(i), backend(r), 0, &verdict);
		EXPECT_STREQ("accepted", hiod_answer_name(verdict.verdict))
		{
			TH_LOG("%s: %s", hiod_profile_at(i)->name, verdict.message);
		}
		hiod_verdict_free(&verdict);
	}
}

TEST_F(backends, agree)
{
	static const unsigned int aws[] = { 39, 48 };
	struct rig *r = &self->rig;
	struct rig other;
	struct host_range v[RIG_RANGES];
	char why[KTAP_REASON];
	int n;

	if (rig_open_beside(&other, r, RIG_TYPE1V2, why, sizeof(why)))
		SKIP(goto out, "%s", why);
	RIG_ATTACH(r);
	n = ranges(r, v);
	rig_drop(r);
	ASSERT_LE(1, n);
	if (!width(v, n))
		SKIP(goto out, "a page table of its own reaches nothing here");
	for (size_t i = 0; hiod_profile_at(i); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(aws); k++) {
			struct hiod_verdict a, b;

			ask(r, hiod_profile_at(i), HIOD_BACKEND_IOMMUFD, aws[k], &a);
			ask(&other, hiod_profile_at(i), HIOD_BACKEND_LEGACY, aws[k], &b);
			EXPECT_EQ(a.verdict, b.verdict);
			EXPECT_EQ(a.host_aw_bits, b.host_aw_bits);
			EXPECT_STREQ(a.message, b.message)
			{
				TH_LOG("%s aw-bits=%u", hiod_profile_at(i)->name, aws[k]);
			}
			hiod_verdict_free(&a);
			hiod_verdict_free(&b);
		}
	}
out:
	rig_close(&other);
}

/* Guest memory is mapped where it can be, and nothing of a check stays behind. */
TEST_F(check, guest_memory_is_mapped_and_given_back)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	struct hiod_verdict verdict;
	uint64_t at;

	RIG_ATTACH(r);
	ASSERT_LE(1, ranges(r, v));
	at = rig_iova(r);
	rig_drop(r);
	if (!at)
		SKIP(return, "a page table of its own reaches nothing here");
	const struct hiod_mem_region mem[] = {
		{ .iova = at, .size = 8192, .vaddr = r->mem },
		{ .iova = at + 16384, .size = 4096, .vaddr = r->mem + 8192, .readonly = true },
	};
	const struct hiod_check c = {
		.profile = hiod_profile_default(),
		.backend = backend(r),
		.bdf = r->bdf,
		.mem = mem,
		.nmem = ARRAY_SIZE(mem),
	};

	for (int i = 0; i < 3; i++) {
		hiod_check_run(r->s, &c, &verdict);
		EXPECT_STREQ("accepted", hiod_answer_name(verdict.verdict))
		{
			TH_LOG("%s", verdict.message);
		}
		hiod_verdict_free(&verdict);
	}
	ASSERT_EQ(0, rig_attach(r));
	EXPECT_EQ(0, rig_map(r, at, 0, 8192));
}

/* A host that refuses the device altogether: both backends say so, with the errno. */
TEST_F(check, refused_attach_is_told)
{
	struct rig *r = &self->rig;
	struct hiod_verdict verdict;
	int err = rig_attach(r);

	rig_drop(r);
	if (!err)
		SKIP(return, "this host takes the device");
	ASSERT_NOT_NULL(rig_refusal(r, err));
	for (size_t i = 0; hiod_profile_at(i); i++) {
		ask(r, hiod_profile_at(i), backend(r), 39, &verdict);
		EXPECT_STREQ("refused", hiod_answer_name(verdict.verdict));
		EXPECT_EQ(verdict.verdict, verdict.qemu);
		EXPECT_NOT_NULL(strstr(verdict.message, strerror(-err)))
		{
			TH_LOG("%s: %s", hiod_profile_at(i)->name, verdict.message);
		}
		hiod_verdict_free(&verdict);
	}
}

TEST_HARNESS_MAIN
