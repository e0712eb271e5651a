// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Logs and firmware tables of anybody's: something is made of them, or they are
 * refused in one line. What is made is a description that can be written, read
 * and modelled, and that says what it rests on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/property.h"
#include "harness/reconstruct/reconstruct.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/itself.h"
#include "selftests/properties/list.h"
#include "selftests/properties/memory.h"

#define INPUT_MAX 16384

static const char *const lines[] = {
	"[    0.000000] Linux version 6.12.43+deb13-amd64 (debian-kernel@lists.debian.org)\n",
	"[    0.000000] Command line: root=/dev/sda1 intel_iommu=on,sm_on iommu=pt\n",
	"[    0.012345] ACPI: DMAR 0x000000007A7C0000 0000A8 (v01 INTEL  EDK2     00000002)\n",
	"[    0.212345] DMAR: Host address width 39\n",
	"[    0.212346] DMAR: DRHD base: 0x000000fed90000 flags: 0x0\n",
	"[    0.212347] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap "
	"19e2ff0505e\n",
	"[    0.212348] DMAR: DRHD base: 0x000000fed91000 flags: 0x1\n",
	"[    0.212349] DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap "
	"f050da\n",
	"[    0.212350] DMAR: RMRR base: 0x0000007a2a0000 end: 0x0000007a2bffff\n",
	"[    0.212351] DMAR: ATSR flags: 0x0\n",
	"[    0.300000] pci 0000:00:02.0: [8086:3e92] type 00 class 0x030000\n",
	"[    0.300001] pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 PCIe Legacy Endpoint\n",
	"[    0.400000] pci 0000:01:00.0: Adding to iommu group 1\n",
	"[    0.400001] iommu: Adding device 0000:00:02.0 to group 0\n",
	"[    0.400002] DMAR: Intel(R) Virtualization Technology for Directed I/O\n",
	"[    0.500000] AMD-Vi: IOMMU performance counters supported\n",
	"[    0.500001] pci 0000:00:00.2: AMD-Vi: Found IOMMU cap 0x40\n",
	"[    0.500002] AMD-Vi: Extended features (0x58f77ef22294a5a, 0x0): PPR NX GT IA GA PC\n",
	"[    0.600000] arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features "
	"0x0000001c)\n",
	"/sys/kernel/iommu_groups/1/reserved_regions:0x00000000fee00000 0x00000000feefffff msi\n",
	"0x00000000fee00000 0x00000000feefffff msi\n",
	"0x0 0xfedfffff\n0xfef00000 0x7fffffffff\n",
};

static size_t add(uint8_t *buf, size_t n, size_t cap, const void *p, size_t len)
{
	if (n + len > cap)
		return n;
	memcpy(buf + n, p, len);
	return n + len;
}

/* A DMAR or IVRS table: its header, and records with types and lengths of their own. */
static size_t table(struct choices *c, uint8_t *buf, size_t cap)
{
	bool ivrs = choices_bool(c, 40);
	uint32_t len;
	size_t n;
	uint8_t sum = 0;

	memset(buf, 0, 48);
	memcpy(buf, ivrs ? "IVRS" : "DMAR", 4);
	buf[8] = 1;
	buf[36] = (uint8_t)choices_upto(c, 63);
	n = 48;
	for (unsigned int i = 0; i < 6 && choices_more(c, 80); i++) {
		uint8_t rec[64];
		size_t size = 16 + choices_upto(c, 40);

		choices_fill(c, rec, sizeof(rec));
		if (ivrs) {
			static const uint8_t types[] = { 0x10, 0x11, 0x40, 0x20, 0x21, 0x22 };

			rec[0] = CHOICES_PICK(c, types);
			rec[2] = (uint8_t)size;
			rec[3] = 0;
		} else {
			rec[0] = (uint8_t)choices_upto(c, 5);
			rec[1] = 0;
			rec[2] = (uint8_t)size;
			rec[3] = 0;
			/* A scope: a PCI endpoint with one step of a path. */
			if (size >= 24) {
				rec[16] = (uint8_t)choices_range(c, 1, 3);
				rec[17] = 8;
			}
		}
		n = add(buf, n, cap, rec, size);
	}
	len = (uint32_t)n;
	/* A header that says more than there is, or less. */
	if (choices_bool(c, 15))
		len = choices_bool(c, 50) ? len + 1 + (uint32_t)choices_upto(c, 63)
					  : (uint32_t)choices_range(c, 0, UINT32_MAX);
	memcpy(buf + 4, &len, sizeof(len));
	for (size_t i = 0; i < n; i++)
		sum += buf[i];
	buf[9] = (uint8_t)-sum;
	return n;
}

static size_t sample(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	static const char syntax[] = "0x:. \n,f[]";
	size_t n = 0;

	if (*(const unsigned int *)ctx >= 3)
		return table(c, buf, cap);
	for (unsigned int i = 0; i < 30 && choices_more(c, 94); i++) {
		const char *l = CHOICES_PICK(c, lines);

		n = add(buf, n, cap, l, strlen(l));
	}
	for (unsigned int i = 0; n && i < 4 && choices_more(c, 40); i++)
		buf[choices_index(c, n)] =
			(uint8_t)(choices_bool(c, 70) ? syntax[choices_index(c, sizeof(syntax) - 1)]
						      : (char)choices_upto(c, 255));
	return n;
}

/* Text as a file in memory. 0 or -errno. */
static int feed(struct recon *r, enum recon_text kind, void *p, size_t len)
{
	FILE *f = len ? fmemopen(p, len, "r") : NULL;
	int rc;

	if (!f)
		return 0;
	rc = recon_read(r, kind, f, "property");
	fclose(f);
	return rc;
}

enum property_result reconstructs(struct choices *c, const struct recon *r, int unit)
{
	enum property_result res;
	struct capture_error err = { "" };
	struct host *h = NULL;
	struct shim *s;
	int rc = recon_host(r, unit, &h, &err);

	if (rc == -ENOMEM)
		return PROPERTY_DISCARD;
	if (rc)
		return h || !good_message(&err) ? property_fail(c, "refused with '%s'", err.msg)
						: PROPERTY_PASS;
	res = reads_itself(c, h);
	for (size_t i = 0; i < h->ndevices && res == PROPERTY_PASS; i++) {
		char *text = NULL;
		bool width = false;

		if (recon_rests_on(h, &h->devices[i], &text, &width))
			res = PROPERTY_DISCARD;
		else if (width && !text)
			res = property_fail(c, "a width that is assumed, and no assumption");
		free(text);
	}
	s = model_new(h, NULL);
	shim_destroy(s);
	host_free(h);
	return res;
}

static enum property_result dmesg(struct choices *c, void *ctx)
{
	static char before[] = "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap "
			       "1c0000c40660462 ecap 19e2ff0505e\n"
			       "pci 0000:01:00.0: Adding to iommu group 1\n";
	static uint8_t in[INPUT_MAX];
	unsigned int kind = (unsigned int)choices_upto(c, 4);
	bool kernel = choices_bool(c, 20);
	struct recon *r = recon_new();
	enum property_result res = PROPERTY_PASS;
	struct capture_error err = { "" };
	const struct recon_note *notes;
	size_t len, n, more;
	int rc;

	if (!r)
		return PROPERTY_DISCARD;
	len = choices_rest(c, in, sizeof(in), sample, &kind);
	choices_note(c, "kind %u, %zu bytes: %.*s", kind, len, (int)(len < 200 ? len : 200),
		     (const char *)in);
	if (kind >= 3) {
		/* What is read behind its end is no table's. */
		rc = (kind == 3 ? recon_dmar : recon_ivrs)(r, memcpy(page_end(len), in, len), len,
							   "table", &err);
		if (rc && rc != -ENOMEM && !good_message(&err))
			res = property_fail(c, "refused with '%s'", err.msg);
	} else {
		if (kind)
			feed(r, RECON_DMESG, before, sizeof(before) - 1);
		rc = feed(r, (enum recon_text)kind, in, len);
		if (rc && rc != -ENOMEM && !memory_failed())
			res = property_fail(c, "reading failed: %d", rc);
	}
	if (kernel && recon_kernel(r, "6.12.117") && !memory_failed())
		res = property_fail(c, "no such kernel");
	notes = recon_notes(r, &n, &more);
	for (size_t i = 0; i < n; i++)
		if (!notes[i].why[0] || strchr(notes[i].why, '\n'))
			res = property_fail(c, "a note that says '%s'", notes[i].why);
	if (res == PROPERTY_PASS)
		res = reconstructs(c, r, -1);
	if (res == PROPERTY_PASS && recon_units(r))
		res = reconstructs(c, r, (int)recon_units(r) - 1);
	recon_free(r);
	return res;
}

/* Before the text or the table: its kind, and whether the kernel is named. */
#define BEFORE 2

/* A table whose length and sum fit, or whose length does not. */
static void fit(struct choices *c, uint8_t *p, uint32_t n)
{
	uint32_t says = choices_bool(c, 30) ? n + (uint32_t)choices_range(c, 0, 255) : n;
	uint8_t sum = 0;

	memcpy(p + 4, &says, sizeof(says));
	p[9] = 0;
	for (uint32_t i = 0; i < n; i++)
		sum += p[i];
	p[9] = (uint8_t)-sum;
}

/* Text or a table made anew; a table that was changed is one again. */
static size_t mutate_dmesg(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	unsigned int kind;
	struct choices c;

	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	if (size > BEFORE + 36 && data[0] % 5 >= 3 && !choices_bool(&c, 20)) {
		fit(&c, data + BEFORE, (uint32_t)(size - BEFORE));
		return size;
	}
	if (max < 512 || (size > BEFORE && !choices_bool(&c, 20)))
		return 0;
	kind = (unsigned int)choices_upto(&c, 4);
	data[0] = (uint8_t)kind;
	data[1] = choices_bool(&c, 50);
	return BEFORE + sample(&c, &kind, data + BEFORE, max - BEFORE);
}

const struct property property_dmesg_parser = { "dmesg_parser", dmesg, .cases = 1500,
						.mutate = mutate_dmesg };
