// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each numbered problem of docs/problems.md: a host (and guest) that has it is
 * told so by name, with the numbers and the remedy; one that has not is not.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/capture/load.h"
#include "harness/explain/problems.h"
#include "harness/ktap/ktap.h"

enum change {
	AS_IT_IS,
	KERNEL_6_1,   /* RMRR refused at attach, with EPERM */
	NO_IOMMUFD,   /* the device has no cdev */
	REAL_SILICON, /* the unit's CAP_REG is a Skylake client's */
};

struct row {
	const char *slug;
	const char *host; /* in corpus/hosts, without .host.json */
	const char *guest;
	uint64_t iova;
	enum change change;
	const char *seen[4], *remedy[3]; /* parts of its texts; none: it is not found */
};

#define R	 "reconstructed/"
#define AW39	 "6.12-vtd-aw39"
#define AW48	 "6.12-vtd-aw48"
#define LOCKED	 R "acpidmar-026"
#define BIG_BAR	 "mem=16G,phys-bits=46,bar=16G"
#define SHARED	 "mem=16G,phys-bits=46,ivshmem=256M"
#define TERABYTE "mem=1024G,phys-bits=48,"

static char *path_of(const char *name)
{
	const char *corpus = getenv("HIOD_CORPUS");
	char *path;

	return asprintf(&path, "%s/hosts/%s.host.json", corpus ? corpus : "corpus", name) < 0
		       ? NULL
		       : path;
}

static struct host *load(struct ktap_meta *_metadata, const struct row *row)
{
	char *path = path_of(row->host);
	struct capture_error err = { 0 };
	struct host *h = NULL;

	if (capture_load_host(path, &h, NULL, &err)) {
		TH_LOG("%s", err.msg);
		h = NULL;
	}
	free(path);
	if (!h)
		return NULL;
	switch (row->change) {
	case AS_IT_IS: break;
	case KERNEL_6_1: h->features = host_features_default("6.1.0"); break;
	case NO_IOMMUFD: h->iommufd.present = false; break;
	case REAL_SILICON: h->iommus[0].cap = 0x1c0000c40660462; break;
	}
	return h;
}

static const struct finding *find(const struct findings *f, const char *slug)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(problem_at(f->v[i].id)->slug, slug))
			return &f->v[i];
	return NULL;
}

static bool holds(struct ktap_meta *_metadata, const char *text, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n && parts[i]; i++)
		if (!strstr(text, parts[i])) {
			TH_LOG("no '%s' in: %s", parts[i], text);
			return false;
		}
	return true;
}

/* Whether the row holds; says why not. */
static bool check(struct ktap_meta *_metadata, const struct row *row)
{
	const struct fixed_iova iova = { row->iova, row->iova ? 4096 : 0 };
	struct host *h = load(_metadata, row);
	const struct finding *one;
	struct findings f = { 0 };
	struct guest g;
	char err[200];
	bool good = h != NULL;

	if (good && row->guest && !guest_parse(row->guest, &g, err, sizeof(err))) {
		TH_LOG("%s", err);
		good = false;
	}
	if (good)
		good = !problems_find(h, NULL, row->guest ? &g : NULL, &iova, &f);
	one = good ? find(&f, row->slug) : NULL;
	if (good && !row->seen[0])
		good = !one;
	else if (good)
		good = one && holds(_metadata, one->seen, row->seen, 4) &&
		       holds(_metadata, one->remedy, row->remedy, 3);
	if (!good)
		TH_LOG("%s on %s%s%s: %s", row->slug, row->host, row->guest ? " with " : "",
		       row->guest ? row->guest : "", one ? one->seen : "not found");
	findings_free(&f);
	host_free(h);
	return good;
}

/* A problem's rows: those that have it, and those that have not. */
#define CHECK_ROWS(...)                                                                            \
	do {                                                                                       \
		static const struct row rows[] = { __VA_ARGS__ };                                  \
                                                                                                   \
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)                          \
			EXPECT_TRUE(check(_metadata, &rows[i]));                                   \
	} while (0)

TEST(problem_1_the_default_width_is_wider_than_the_host)
{
	CHECK_ROWS({ .slug = "aw-bits-wider-than-host",
		     .host = AW39,
		     .seen = { "aw-bits 48 > host aw-bits 39", "39 before qemu-10.0" },
		     .remedy = { "aw-bits=39 fits 39 bits", "pc-q35-9.1", "phys-bits do not" } },
		   { .slug = "aw-bits-wider-than-host",
		     .host = R "dmarhost-144",
		     .seen = { "aw-bits 48 > host aw-bits 42" },
		     .remedy = { "aw-bits=39" } },
		   { .slug = "aw-bits-wider-than-host", .host = AW48 },
		   { .slug = "aw-bits-wider-than-host", .host = R "dmarhost-001" });
}

TEST(problem_2_a_bar_lies_above_the_iommu)
{
	CHECK_ROWS(
		{ .slug = "bar-above-iommu",
		  .host = AW39,
		  .guest = BIG_BAR,
		  .seen = { "0x380000000000-0x3803ffffffff", "phys-bits 46",
			    "up to 0x7fffffffff (39 bits)",
			    "vfio_container_dma_map(0x..., 0x380000000000, 0x400000000, 0x...) = "
			    "-22 (Invalid argument)" },
		  .remedy = { "<maxphysaddr mode='passthrough' limit='39'/>",
			      "host-phys-bits-limit=39", "phys-bits=39" } },
		/* 42 bits: the limit is the host's, not a rule of thumb. */
		{ .slug = "bar-above-iommu",
		  .host = R "dmarhost-144",
		  .guest = BIG_BAR,
		  .seen = { "up to 0x3ffffffffff (42 bits)" },
		  .remedy = { "limit='42'" } },
		{ .slug = "bar-above-iommu", .host = AW48, .guest = BIG_BAR },
		{ .slug = "bar-above-iommu",
		  .host = AW39,
		  .guest = "mem=16G,phys-bits=39,bar=16G" },
		{ .slug = "bar-above-iommu", .host = AW39 });
	CHECK_ROWS({ .slug = "iommu-narrower-than-platform",
		     .host = R "dmarhost-143",
		     .seen = { "42 address bits", "IOMMU 41" },
		     .remedy = { "host-phys-bits-limit=41" } },
		   { .slug = "iommu-narrower-than-platform", .host = R "dmarhost-144" });
}

TEST(problem_3_phys_bits_that_are_not_in_force)
{
	CHECK_ROWS({ .slug = "phys-bits-overruled",
		     .host = AW39,
		     .guest = "mem=16G,cpu-bits=46,phys-bits=40,bar=16G",
		     .seen = { "phys-bits=40 was given, 46 are in force", "host-phys-bits=on",
			       "0x380000000000" },
		     .remedy = { "host-phys-bits-limit=39" } },
		   { .slug = "phys-bits-overruled",
		     .host = AW39,
		     .guest = "mem=16G,cpu-bits=46,host-phys-bits-limit=39,bar=16G" },
		   { .slug = "phys-bits-overruled",
		     .host = AW39,
		     .guest = "mem=16G,phys-bits=40,bar=16G" },
		   { .slug = "phys-bits-overruled",
		     .host = AW48,
		     .guest = "mem=16G,cpu-bits=46,phys-bits=40,bar=16G" });
}

TEST(problem_4_an_emulated_bar_lies_above_the_iommu)
{
	CHECK_ROWS({ .slug = "emulated-bar-above-iommu",
		     .host = AW39,
		     .guest = SHARED,
		     .seen = { "ivshmem 0x380000000000-0x38000fffffff", "up to 0x7fffffffff",
			       "unable to continue" },
		     .remedy = { "limit='39'" } },
		   /* A model of a processor of 40 bits, whose firmware stays low. */
		   { .slug = "emulated-bar-above-iommu",
		     .host = AW39,
		     .guest = "mem=16G,phys-bits=40,ivshmem=256M" },
		   { .slug = "emulated-bar-above-iommu", .host = AW48, .guest = SHARED },
		   { .slug = "emulated-bar-above-iommu", .host = AW39, .guest = BIG_BAR });
}

TEST(problem_5_mgaw_is_not_the_width)
{
	CHECK_ROWS({ .slug = "mgaw-is-not-the-width",
		     .host = R "dmarhost-175",
		     .seen = { "cap 0x8ed008c40780466 says MGAW 57", "end at 48 bits" },
		     .remedy = { "host-phys-bits-limit=48", "IOVA ranges" } },
		   { .slug = "mgaw-is-not-the-width", .host = R "dmarhost-144" },
		   { .slug = "mgaw-is-not-the-width", .host = AW48 });
}

TEST(problem_6_iommufd_names_no_addresses)
{
	CHECK_ROWS({ .slug = "iommufd-says-invalid-argument",
		     .host = AW39,
		     .guest = BIG_BAR,
		     .seen = { "[fee00000-feefffff], [8000000000-ffffffffffffffff]",
			       "0x380000000000" },
		     .remedy = { "move the region" } },
		   { .slug = "iommufd-says-invalid-argument", .host = AW48, .guest = BIG_BAR },
		   { .slug = "iommufd-says-invalid-argument",
		     .host = AW39,
		     .guest = BIG_BAR,
		     .change = NO_IOMMUFD },
		   { .slug = "iommufd-says-invalid-argument", .host = AW39 });
}

TEST(problem_7_ram_meets_the_hole_of_amd)
{
	CHECK_ROWS(
		{ .slug = "amd-1tb-hole",
		  .host = R "resv-006",
		  .guest = TERABYTE "cpu=intel",
		  .seen = { "0x100000000-0x1007fffffff", "0xfd00000000-0xffffffffff",
			    "= -22 (Invalid argument)" },
		  .remedy = { "mem=1010G is the most", "7.1 or newer", "tried" } },
		{ .slug = "amd-1tb-hole",
		  .host = R "resv-006",
		  .guest = TERABYTE "machine=pc-q35-7.0",
		  .seen = { "0xfd00000000-0xffffffffff" },
		  .remedy = { "mem=1010G" } },
		/* Moved, but the address space is too small for it. */
		{ .slug = "amd-1tb-hole",
		  .host = R "resv-006",
		  .guest = "mem=1024G,phys-bits=40",
		  .seen = { "Address space limit 0xffffffffff < 0x20", "phys-bits too low (40)" },
		  .remedy = { "phys-bits=48" } },
		{ .slug = "amd-1tb-hole", .host = R "resv-006", .guest = TERABYTE "cpu=amd" },
		{ .slug = "amd-1tb-hole",
		  .host = R "resv-006",
		  .guest = "mem=1010G,phys-bits=48,cpu=intel" },
		{ .slug = "amd-1tb-hole", .host = AW48, .guest = TERABYTE "cpu=intel" },
		{ .slug = "amd-1tb-hole", .host = R "resv-006" });
}

TEST(problem_8_ram_over_the_interrupt_window)
{
	CHECK_ROWS(
		{ .slug = "ram-over-msi-window",
		  .host = AW39,
		  .guest = "mem=4G,machine=virt",
		  .seen = { "mach-virt.ram 0x40000000-0x13fffffff", "0xfee00000-0xfeefffff",
			    "0x40000000, 0x100000000" },
		  .remedy = { "mem=3054M is the most" } },
		{ .slug = "ram-over-msi-window",
		  .host = R "resv-006",
		  .guest = "mem=4G,machine=virt",
		  .seen = { "0xfee00000-0xfeefffff" },
		  .remedy = { "mem=3054M" } },
		{ .slug = "ram-over-msi-window", .host = AW39, .guest = "mem=3054M,machine=virt" },
		{ .slug = "ram-over-msi-window", .host = AW39, .guest = "mem=4G" });
}

TEST(problem_9_an_isa_bridge_keeps_the_first_megabytes)
{
	CHECK_ROWS({ .slug = "isa-bridge-direct-region",
		     .host = R "resv-005",
		     .seen = { "0x0-0xffffff (direct)", "group 0" },
		     .remedy = { "CONFIG_INTEL_IOMMU_FLOPPY_WA", "direct-relaxable" } },
		   { .slug = "isa-bridge-direct-region", .host = R "resv-003" },
		   { .slug = "isa-bridge-direct-region", .host = R "resv-001" });
}

TEST(problem_10_the_firmware_holds_the_device)
{
	CHECK_ROWS({ .slug = "rmrr-not-assignable",
		     .host = LOCKED,
		     .seen = { "0x7dcc4000-0x7dce3fff", "Failed to set group container" },
		     .remedy = { "firmware setting", "another group" } },
		   { .slug = "rmrr-not-assignable",
		     .host = LOCKED,
		     .change = KERNEL_6_1,
		     .seen = { "Operation not permitted" },
		     .remedy = { "firmware setting" } },
		   /* Relaxable: the kernel gives it up. The first 16 MiB are another problem. */
		   { .slug = "rmrr-not-assignable", .host = R "resv-002" },
		   { .slug = "rmrr-not-assignable", .host = R "resv-005" },
		   { .slug = "rmrr-not-assignable", .host = AW39 });
}

TEST(problem_11_the_reason_is_only_in_the_log)
{
	CHECK_ROWS({ .slug = "reason-only-in-dmesg",
		     .host = LOCKED,
		     .seen = { "Failed to set group container: Invalid argument",
			       "Firmware has requested this device have a 1:1 IOMMU mapping" },
		     .remedy = { "dmesg", "DMA protection" } },
		   /* There QEMU's message is another, and so is the log's. */
		   { .slug = "reason-only-in-dmesg", .host = LOCKED, .change = KERNEL_6_1 },
		   { .slug = "reason-only-in-dmesg", .host = AW39 });
}

TEST(problem_12_the_host_is_a_narrow_guest)
{
	CHECK_ROWS({ .slug = "host-is-a-narrow-guest",
		     .host = AW39,
		     .seen = { "QEMU's own intel-iommu of 39 bits", "0x7fffffffff" },
		     .remedy = { "outer QEMU", "intel-iommu,aw-bits=48" } },
		   { .slug = "host-is-a-narrow-guest",
		     .host = "6.12-virtio-aw46-unsafe-q10",
		     .seen = { "a virtio-iommu of 46 bits" },
		     .remedy = { "virtio-iommu-pci,aw-bits=48" } },
		   { .slug = "host-is-a-narrow-guest", .host = AW48 },
		   { .slug = "host-is-a-narrow-guest", .host = AW39, .change = REAL_SILICON },
		   { .slug = "host-is-a-narrow-guest", .host = R "dmarhost-144" });
}

TEST(problem_13_a_width_that_no_vIOMMU_has)
{
	CHECK_ROWS({ .slug = "width-between-39-and-48",
		     .host = R "dmarhost-144",
		     .seen = { "42 bits", "only 39 fits" },
		     .remedy = { "aw-bits=39", "host-phys-bits-limit=42" } },
		   { .slug = "width-between-39-and-48", .host = AW39 },
		   { .slug = "width-between-39-and-48", .host = AW48 },
		   { .slug = "width-between-39-and-48", .host = R "dmarhost-001" });
}

TEST(problem_14_a_device_that_is_not_checked)
{
	CHECK_ROWS({ .slug = "width-not-checked",
		     .host = AW39,
		     .seen = { "qemu-11.1 accepts 48 bits on a host of 39", "plugged in later" },
		     .remedy = { "in front of every vfio-pci", "aw-bits=39" } },
		   { .slug = "width-not-checked", .host = AW48 });
}

TEST(problem_15_an_iova_that_is_built_in)
{
	CHECK_ROWS({ .slug = "fixed-iova-unusable",
		     .host = AW39,
		     .iova = 0x8800000000,
		     .seen = { "0x8800000000-0x8800000fff is not usable",
			       "[8000000000-ffffffffffffffff]" },
		     .remedy = { "VFIO_IOMMU_GET_INFO", "0x7fffffffff" } },
		   { .slug = "fixed-iova-unusable",
		     .host = AW48,
		     .iova = 0xfee01000,
		     .seen = { "[fee00000-feefffff]" } },
		   { .slug = "fixed-iova-unusable", .host = AW48, .iova = 0x8800000000 },
		   { .slug = "fixed-iova-unusable", .host = AW39, .iova = 0x100000000 },
		   { .slug = "fixed-iova-unusable", .host = AW39 });
}

TEST(problems_without_a_number)
{
	CHECK_ROWS({ .slug = "host-below-39-bits",
		     .host = R "dmarhost-001",
		     .seen = { "36 bits" },
		     .remedy = { "virtio-iommu" } },
		   { .slug = "host-below-39-bits", .host = AW39 },
		   { .slug = "first-stage-loses-a-bit",
		     .host = R "dmarhost-176",
		     .seen = { "56 bits", "57 with the second stage" },
		     .remedy = { "intel_iommu=sm_off" } },
		   { .slug = "first-stage-loses-a-bit", .host = AW48 },
		   { .slug = "iommufd-cannot-attach",
		     .host = "vm-6.12-vtd-firststage",
		     .seen = { "first stage only" },
		     .remedy = { "6.13" } },
		   { .slug = "iommufd-cannot-attach", .host = AW39 },
		   { .slug = "no-interrupt-remapping",
		     .host = "6.12-vtd-aw39-intremap-off",
		     .seen = { "off" },
		     .remedy = { "allow_unsafe_interrupts" } },
		   { .slug = "no-interrupt-remapping", .host = AW39 },
		   { .slug = "ram-above-iommu",
		     .host = AW39,
		     .guest = "mem=600G,phys-bits=46",
		     .seen = { "up to 0x7fffffffff" },
		     .remedy = { "mem=510G" } },
		   { .slug = "ram-above-iommu", .host = AW39, .guest = "mem=500G,phys-bits=46" });
}

TEST(every_problem_has_a_name_of_its_own)
{
	bool seen[16] = { false };

	for (size_t i = 0; problem_at(i); i++) {
		const struct problem *p = problem_at(i);

		ASSERT_TRUE(p->slug != NULL);
		ASSERT_TRUE(p->number >= 0 && p->number <= 15);
		seen[p->number] = true;
		EXPECT_EQ(strlen(p->slug),
			  strspn(p->slug, "abcdefghijklmnopqrstuvwxyz0123456789-"));
		for (size_t k = 0; k < i; k++)
			EXPECT_NE(0, strcmp(p->slug, problem_at(k)->slug));
	}
	for (size_t n = 1; n <= 15; n++)
		EXPECT_TRUE(seen[n]);
}

TEST_HARNESS_MAIN
