// SPDX-License-Identifier: GPL-2.0-or-later
/* Inputs that nobody would paste in good faith: bounded in memory, never fatal. */
#include <jansson.h>
#include <sys/resource.h>

#include "selftests/reconstruct/lib.h"

static const char log_text[] =
	"[    0.000000] Linux version 6.8.0 (x@y)\n[    0.0] Command line: a intel_iommu=on\n"
	"DMAR: Host address width 39\nDMAR: DRHD base: 0x000000fed90000 flags: 0x0\n"
	"DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap 19e2ff0505e\n"
	"DMAR: RMRR base: 0x0000007c000000 end: 0x000000803fffff\nDMAR: ATSR flags: 0x0\n"
	"AMD-Vi: Extended features (0x246577efa2254afa, 0x10): PPR\n"
	"vfio-pci 0000:07:00.0: DMAR: Device is ineligible for IOMMU domain attach\n"
	"pci 0000:00:14.0: [8086:a36d] type 00 class 0x0c0330\n"
	"arm-smmu-v3 x: ias 44-bit, oas 44-bit\naw-bits 48 > host aw-bits 39\n";

/* Whatever was told, there is a host or there is none. */
static void build(struct recon *r)
{
	struct host *h = NULL;

	recon_host(r, -1, &h, NULL);
	host_free(h);
	recon_host(r, 0, &h, NULL);
	host_free(h);
}

TEST(a_log_cut_anywhere_is_read)
{
	for (size_t n = 1; n < sizeof(log_text); n++) {
		struct recon *r = recon_new();

		ASSERT_EQ(0, feed_bytes(r, RECON_DMESG, log_text, n));
		build(r);
		recon_free(r);
	}
}

static uint32_t next(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

TEST(damaged_and_binary_text_is_read)
{
	uint32_t seed = 0x68696f64;

	for (int round = 0; round < 2000; round++) {
		struct recon *r = recon_new();
		char text[sizeof(log_text)];
		enum recon_text kind = next(&seed) % 3;

		memcpy(text, log_text, sizeof(text));
		for (uint32_t k = next(&seed) % 40; k; k--)
			text[next(&seed) % sizeof(text)] = (char)next(&seed);
		if (round % 4 == 0)
			for (size_t k = 0; k < sizeof(text); k++)
				text[k] = (char)next(&seed);
		ASSERT_EQ(0, feed_bytes(r, kind, text, sizeof(text)));
		build(r);
		recon_free(r);
	}
}

TEST(damaged_tables_are_read)
{
	uint32_t seed = 0x64656d6f;

	for (int round = 0; round < 4000; round++) {
		struct recon *r = recon_new();
		size_t n = 51 + next(&seed) % 200;
		uint8_t *p = malloc(n);
		bool dmar = round & 1;

		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t)(i < 48 || next(&seed) % 3 ? 0 : next(&seed) % 40);
		memcpy(p, dmar ? "DMAR" : "IVRS", 4);
		p[4] = (uint8_t)n;
		p[48] = (uint8_t)(dmar ? next(&seed) % 6 : 0x10 + (next(&seed) & 0x33));
		p[50] = (uint8_t)(8 + next(&seed) % 60);
		(dmar ? recon_dmar : recon_ivrs)(r, p, n, "t", NULL);
		build(r);
		recon_free(r);
		free(p);
	}
}

/* A stream of n bytes that costs no memory: one byte over and over, or a line. */
struct endless {
	size_t left, at;
	const char *text;
};

static ssize_t give(void *cookie, char *buf, size_t size)
{
	struct endless *e = cookie;
	size_t n = size < e->left ? size : e->left, len = strlen(e->text);

	for (size_t i = 0; i < n; i++)
		buf[i] = e->text[e->at++ % len];
	e->left -= n;
	return (ssize_t)n;
}

static long peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* One line of 100 MB; a tenth of it in broken lines, and in lines that may be wrapped. */
TEST_TIMEOUT(a_hundred_megabytes_cost_no_memory, 240)
{
	static const char *const texts[] = {
		"x",
		"DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap zz\n",
		"DMAR: RMRR base: 0x1000 end: 0x1fff\nDMAR: dmar0: reg_base_addr fed90000 ver\n",
	};
	long before = peak_kib();

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct endless e = { .left = i ? 10u << 20 : 100u << 20, .text = texts[i] };
		struct recon *r = recon_new();
		size_t n, more;
		FILE *f = fopencookie(&e, "r", (cookie_io_functions_t){ .read = give });

		ASSERT_NOT_NULL(f);
		ASSERT_EQ(0, recon_read(r, RECON_DMESG, f, "t"));
		fclose(f);
		recon_notes(r, &n, &more);
		EXPECT_LE(n, RECON_NOTES_MAX);
		if (i)
			EXPECT_LT(100000, more);
		build(r);
		recon_free(r);
	}
	EXPECT_LT(peak_kib() - before, 32 << 10);
}

TEST(numbers_of_things_are_bounded)
{
	struct recon *r = recon_new();
	char *text = malloc(100 * 6000), *p = text;
	struct host *h;
	size_t n, more;

	for (unsigned int i = 1; i <= 1000; i++)
		p += sprintf(p, "dmar0: reg_base_addr %x000 ver 1:0 cap %x ecap f050da\n", i, i);
	for (unsigned int i = 1; i <= 1000; i++)
		p += sprintf(p, "RMRR base: 0x%x000 end: 0x%xfff\n", i, i);
	ASSERT_EQ(0, feed(r, RECON_DMESG, text));
	recon_notes(r, &n, &more);
	EXPECT_EQ(RECON_NOTES_MAX, n);
	EXPECT_LT(0, more);
	EXPECT_EQ(256, recon_units(r));
	ASSERT_EQ(0, recon_host(r, -1, &h, NULL));
	EXPECT_EQ(512, h->firmware.nregions);
	host_free(h);
	recon_free(r);
	free(text);
}

/* Messages and traces of the corpus: read without a note, and those with facts give them. */
TEST(messages_that_users_post_are_read)
{
	static const struct {
		const char *id;
		unsigned int bits; /* of the width; 0: the text has no IOMMU */
	} rows[] = {
		{ "msg-001", 39 }, { "msg-002", 39 }, { "msg-003", 0 },
		{ "msg-013", 42 }, { "msg-029", 64 }, { "msg-033", 64 },
		{ "msg-041", 44 }, { "msg-042", 48 }, { "trace-002", 0 },
	};
	const char *corpus = getenv("HIOD_CORPUS");
	char path[300], line[8192];
	size_t seen = 0, lines = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/hosts/reconstructed/messages.jsonl",
		 corpus ? corpus : "corpus");
	f = fopen(path, "r");
	ASSERT_NOT_NULL(f);
	while (fgets(line, sizeof(line), f)) {
		json_t *o = json_loads(line, 0, NULL);
		const char *id = json_string_value(json_object_get(o, "id"));
		const char *text = json_string_value(json_object_get(o, "text"));
		struct recon *r = recon_new();
		struct host *h = NULL;

		lines++;
		ASSERT_NOT_NULL(id);
		ASSERT_EQ(0, feed(r, RECON_DMESG, text));
		recon_host(r, -1, &h, NULL);
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			if (strcmp(id, rows[i].id))
				continue;
			seen++;
			EXPECT_EQ(!rows[i].bits, !h)
			{
				TH_LOG("%s", id);
			}
			if (h)
				EXPECT_EQ(rows[i].bits, bits(h, 0, HOST_DOMAIN_PAGING))
				{
					TH_LOG("%s", id);
				}
		}
		host_free(h);
		recon_free(r);
		json_decref(o);
	}
	fclose(f);
	EXPECT_EQ(sizeof(rows) / sizeof(*rows), seen);
	EXPECT_LE(35, lines);
}

TEST_HARNESS_MAIN
