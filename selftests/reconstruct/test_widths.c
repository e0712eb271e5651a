// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Widths against what is not computed by the same code: numbers written down
 * from the VT-d rules for registers of public boot logs, and real kernels, whose
 * own drivers told their domains when they were captured.
 */
#include <dirent.h>

#include "harness/capture/host_derive.h"
#include "harness/capture/host_json.h"
#include "selftests/reconstruct/lib.h"

static struct host *host_with(uint64_t cap, uint64_t ecap, const char *release)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap %" PRIx64 " ecap %" PRIx64 "\n",
		 cap, ecap);
	return host_of(text, release);
}

TEST(registers_of_public_logs_have_their_widths)
{
	static const struct {
		uint64_t cap, ecap;
		unsigned int old_bits, new_bits, dirty; /* <= 6.12, >= 6.13; 0: none */
	} rows[] = {
		{ 0x1c0000c40660462, 0x19e2ff0505e, 39, 39, 0 },
		{ 0xd2008c40660462, 0xf050da, 39, 39, 0 },
		{ 0x8d2078c106f0466, 0xf020df, 48, 48, 0 },
		{ 0x9ed008c40780466, 0x3ee9e86f050df, 48, 47, 48 },
		{ 0xc9de008cee690462, 0x12ca9a00f0ef5e, 42, 41, 0 },
		{ 0xf9ed008cee780c66, 0x3fef9ea6f0efdf, 57, 56, 57 },
		{ 0xd2008c22260206, 0xf00f4a, 39, 39, 0 },
		{ 0xd2008c222f0606, 0xf00f4a, 48, 48, 0 },
		{ 0xc0000020230270, 0x1000, 36, 36, 0 },
	};
	static const char *const olds[] = { "5.4", "6.1.0-56-amd64", "6.6", "6.12.117" };
	static const char *const news[] = { "6.13", "6.18.2", "7.3.4" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t k = 0; k < 7; k++) {
			const char *release = k < 4 ? olds[k] : news[k - 4];
			unsigned int want = k < 4 ? rows[i].old_bits : rows[i].new_bits;
			struct host *h = host_with(rows[i].cap, rows[i].ecap, release);

			ASSERT_NOT_NULL(h);
			EXPECT_EQ(want, bits(h, 0, HOST_DOMAIN_PAGING))
			{
				TH_LOG("%#" PRIx64 " on %s", rows[i].cap, release);
			}
			EXPECT_EQ(want, bits(h, 0, HOST_DOMAIN_TYPE1));
			if (k >= 3)
				EXPECT_EQ(rows[i].dirty, bits(h, 0, HOST_DOMAIN_DIRTY))
				{
					TH_LOG("%#" PRIx64 " on %s", rows[i].cap, release);
				}
			EXPECT_EQ(HOST_DERIVED, says(h, "iommus[0].domains")->how);
			host_free(h);
		}
	}
}

/* SAGAW at bit 8, MGAW - 1 at bit 16. */
#define CAP(sagaw, mgaw) ((uint64_t)(sagaw) << 8 | (uint64_t)((mgaw)-1) << 16 | 1)

TEST(registers_that_no_hardware_should_have)
{
	static const struct {
		const char *what;
		uint64_t cap;
		unsigned int bits_6_12, bits_7_3;
	} rows[] = {
		{ "no page table at all", CAP(0, 48), 0, 0 },
		{ "MGAW of one bit", CAP(4, 1), 1, 0 },
		{ "MGAW below 39, three levels", CAP(2, 36), 36, 36 },
		{ "MGAW below 39, four levels only", CAP(4, 36), 36, 36 },
		{ "MGAW of 64 bits, four levels", CAP(4, 64), 48, 48 },
		{ "two levels only", CAP(1, 48), 30, 0 },
		{ "six levels only, which no kernel builds", CAP(16, 64), 0, 57 },
		{ "every bit of SAGAW", CAP(31, 57), 57, 57 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct host *h = host_with(rows[i].cap, 0xf00f4a, "6.12");

		ASSERT_NOT_NULL(h);
		EXPECT_EQ(rows[i].bits_6_12, bits(h, 0, HOST_DOMAIN_TYPE1))
		{
			TH_LOG("%s", rows[i].what);
		}
		host_free(h);
		h = host_with(rows[i].cap, 0xf00f4a, "7.3");
		EXPECT_EQ(rows[i].bits_7_3, bits(h, 0, HOST_DOMAIN_TYPE1))
		{
			TH_LOG("%s on 7.3", rows[i].what);
		}
		host_free(h);
	}
}

TEST(without_registers_the_width_is_told_or_assumed)
{
	struct host *h = host_of("DMAR: Host address width 39\n", "6.12");

	EXPECT_EQ(39, bits(h, 0, HOST_DOMAIN_PAGING));
	EXPECT_EQ(HOST_ASSUMED, says(h, "iommus[0].domains")->how);
	EXPECT_EQ(39, h->firmware.width);
	host_free(h);
	h = host_of(
		"DMAR: Host address width 46\nqemu: -device vfio-pci: vfio 0000:03:00.0: Failed "
		"to set vIOMMU: aw-bits 48 > host aw-bits 39\n",
		"6.12");
	EXPECT_EQ(39, bits(h, 0, HOST_DOMAIN_PAGING));
	EXPECT_EQ(HOST_DERIVED, says(h, "iommus[0].domains")->how);
	host_free(h);
}

TEST(a_width_that_hangs_on_an_unknown_kernel_is_assumed)
{
	/* First stage of 6.13: one bit less. */
	struct host *h = host_with(0x9ed008c40780466, 0x3ee9e86f050df, NULL);

	EXPECT_EQ(HOST_ASSUMED, says(h, "iommus[0].domains")->how);
	EXPECT_NOT_NULL(strstr(says(h, "iommus[0].domains")->note, "47 bits with 6.13"));
	host_free(h);
	/* Neither has a choice. */
	h = host_with(0xd2008c40660462, 0xf050da, NULL);
	EXPECT_EQ(HOST_DERIVED, says(h, "iommus[0].domains")->how);
	host_free(h);
}

static struct host *recorded(const char *log)
{
	const char *corpus = getenv("HIOD_CORPUS");
	struct capture_error err;
	struct host *h = NULL;
	char path[300];

	snprintf(path, sizeof(path), "%s/hosts/vm-%.*s.host.json", corpus ? corpus : "corpus",
		 (int)(strlen(log) - strlen(".dmesg")), log);
	if (host_load(path, &h, &err))
		fprintf(stderr, "# %s\n", err.msg);
	return h;
}

/*
 * The log of each VM's own boot against what its drivers told when the same
 * host was captured: registers, remapping, and every domain that was asked for.
 */
TEST(reconstructed_vms_are_what_their_drivers_report)
{
	static const char dir[] = "selftests/reconstruct/vm";
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t logs = 0, domains = 0;

	ASSERT_NOT_NULL(d);
	while ((e = readdir(d))) {
		struct recon *r;
		struct host *h, *real;
		char path[400];
		FILE *f;

		if (!strstr(e->d_name, ".dmesg"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		r = recon_new();
		f = fopen(path, "r");
		ASSERT_NOT_NULL(f);
		ASSERT_EQ(0, recon_read(r, RECON_DMESG, f, e->d_name));
		fclose(f);
		real = recorded(e->d_name);
		ASSERT_NOT_NULL(real);
		ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
		ASSERT_EQ(real->niommus, h->niommus);
		EXPECT_STREQ(real->release, h->release);
		EXPECT_EQ(real->features, h->features);
		EXPECT_EQ(real->iommus[0].type, h->iommus[0].type);
		EXPECT_EQ(real->iommus[0].cap, h->iommus[0].cap);
		EXPECT_EQ(real->iommus[0].ecap, h->iommus[0].ecap);
		EXPECT_EQ(real->iommus[0].address, h->iommus[0].address);
		if (real->iommus[0].isolated_msi >= 0)
			EXPECT_EQ(real->iommus[0].isolated_msi, h->iommus[0].isolated_msi);
		for (int k = 0; k < HOST_DOMAIN_NR; k++) {
			const struct host_domain *want = &real->iommus[0].domain[k];
			struct host_domain seen;

			if (!want->known)
				continue;
			host_domain_get(h, &h->iommus[0], (enum host_domain_kind)k, &seen);
			domains++;
			EXPECT_EQ(want->attach_errno, seen.attach_errno)
			{
				TH_LOG("%s: kind %d", e->d_name, k);
			}
			if (want->attach_errno)
				continue;
			EXPECT_EQ(want->aperture.start, seen.aperture.start);
			EXPECT_EQ(want->aperture.last, seen.aperture.last)
			{
				TH_LOG("%s: kind %d", e->d_name, k);
			}
			EXPECT_EQ(want->pgsizes, seen.pgsizes);
		}
		logs++;
		host_free(h);
		host_free(real);
		recon_free(r);
	}
	closedir(d);
	EXPECT_EQ(20, logs);
	EXPECT_LT(40, domains);
}

TEST_HARNESS_MAIN
