// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that somebody may have of one machine, in any order: lines of logs of
 * every age and quoted in every way, DMAR and IVRS tables, lists of regions. A
 * description comes of them that holds what prop_dmesg.c wants of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/property.h"
#include "harness/reconstruct/reconstruct.h"
#include "selftests/properties/itself.h"
#include "selftests/properties/list.h"
#include "selftests/properties/memory.h"

#define TABLE_MAX 1024
#define LINE_ROOM 256

static const char *const lines[] = {
	"DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap 1c0000c40660462 ecap 19e2ff0505e",
	"DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap f050da",
	"DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap f050d2",
	"DMAR: dmar2: reg_base_addr fed92000 ver 1:0 cap 0 ecap 0",
	"DMAR: dmar2: reg_base_addr fed92000 ver 1:0 cap ffffffffffffffff ecap ffffffffffffffff",
	"DMAR: dmar3: reg_base_addr fed93000 ver 6:0 cap 9ed008c40780466 ecap 3ee9e86f050df",
	"DMAR: dmar3: reg_base_addr fed93000 ver 6:0 cap 480080d2008c222f0606 ecap f00f42",
	"IOMMU fed90000: ver 1:0 cap c9008020e30272 ecap 1000",
	"IOMMU 0: reg_base_addr fed91000 ver 1:0 cap d2008c40660462 ecap f050da",
	"/sys/class/iommu/dmar0/intel-iommu/cap:d2008c40660462",
	"/sys/class/iommu/dmar0/intel-iommu/ecap:f050da",
	"/sys/class/iommu/x/intel-iommu/ecap:f050da",
	"/sys/class/iommu/dmar0/intel-iommu/version:1:0",
	"DMAR: Host address width 39",
	"DMAR: Host address width 46",
	"DMAR: Host address width 0",
	"DMAR: DRHD base: 0x000000fed90000 flags: 0x0",
	"DMAR: DRHD base: 0x000000fed91000 flags: 0x1",
	"DMAR: RMRR base: 0x0000007a2a0000 end: 0x0000007a2bffff",
	"DMAR: RMRR base: 0x0000007a2c0000 end: 0x0000007a2bffff",
	"DMAR: ATSR flags: 0x0",
	"DMAR: SATC flags: 0x1",
	"Linux version 6.12.43+deb13-amd64 (debian-kernel@lists.debian.org)",
	"Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)",
	"a word about Linux version 5.4",
	"Linux version unknown",
	"Command line: root=/dev/sda1 intel_iommu=on,sm_on intremap=off iommu=pt ",
	"Kernel command line: root=/dev/sda1 nointremap vfio_iommu_type1.allow_unsafe_interrupts=1",
	"DMI: Dell Inc. PowerEdge R640/0RGP26, BIOS 2.12.2 07/09/2021",
	"SMBIOS 3.2: DMI: present",
	"DMAR-IR: Enabled IRQ remapping in x2apic mode",
	"Enabled Interrupt-remapping",
	"AMD-Vi: Interrupt remapping enabled",
	"AMD-Vi: Disabling interrupt remapping",
	"DMAR: No interrupt remapping support",
	"pci 0000:00:00.2: AMD-Vi: Extended features (0x58f77ef22294a5a, 0x0): PPR NX GT",
	"AMD-Vi: Extended features: 0x58f77ef22294ade PPR X2APIC NX",
	"AMD-Vi: Extended features  PPR X2APIC NX",
	"Extended features (0x1)",
	"AMD-Vi: IVHD EFR: 0x246577efa2254afa",
	"arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features 0x0000001c)",
	"arm-smmu-v3 arm-smmu-v3.0.auto: ias 0-bit, oas 44-bit",
	"something else: ias 44-bit",
	"qemu-system-x86_64: -device vfio-pci: aw-bits 48 > host aw-bits 39",
	"aw-bits 57 > host aw-bits 48",
	"aw-bits 57 > host aw-bits 0",
	"vfio-pci 0000:04:00.1: Device is ineligible for IOMMU domain attach due to platform RMRR",
	"pci 0000:00:1f.3: Firmware has requested this device have a 1:1 IOMMU mapping",
	"Device is ineligible for IOMMU domain attach",
	"pci 0000:00:02.0: [8086:3e92] type 00 class 0x030000",
	"pci 0000:00:14.0: [8086:a36d] type 00 class 0x0c0330",
	"pci 0000:00:1f.3: [8086:a36d] type 00 class 0x040300 PCIe Root Complex Integrated Endpoint",
	"pci 0000:00:1f.3: class 0x040300",
};

static const char *const regions[] = {
	"/sys/kernel/iommu_groups/1/reserved_regions:0x00000000fee00000 0x00000000feefffff msi",
	"/sys/kernel/iommu_groups/7/reserved_regions:0x7a2a0000 0x7a2bffff direct-relaxable",
	"/sys/kernel/iommu_groups/7/reserved_regions:0x000000fd00000000 0x000000ffffffffff reserved",
	"/sys/kernel/iommu_groups/99999/reserved_regions:0x0 0xfff direct",
	"/sys/kernel/iommu_groups/-3/reserved_regions:0x0 0xfff direct",
	"0x0000000008000000 0x00000000080fffff msi",
	"0x2000 0x1fff reserved",
	"0x1000 0x1fff unknown",
	"nothing",
	" ",
};

static const char *const ranges[] = {
	"0x0 0xfedfffff",
	"0xfef00000 0x7fffffffff",
	"iova 0x100000000 - 0xffffffffffff",
	"0x2000 0x1fff",
	"0x1000",
	"\t",
};

/* ---- text --------------------------------------------------------------------------- */

/* As people paste it. */
static int feed(struct choices *c, struct recon *r, enum recon_text kind, const char *line)
{
	static const char *const before[] = { "",	  "[    0.212345] ",
					      "> ",	  "Nov 23 11:40:21 host kernel: ",
					      "| ",	  "\x1b[32m[    0.2] \x1b[0m",
					      "\xc2\xa0", "\xc2\xa9 " };
	static const char *const after[] = { "\n", "\r\n", "", " \n\n", "\x01\n" };
	char text[2 * LINE_ROOM];
	size_t n, at;
	FILE *f;
	int rc;

	n = (size_t)snprintf(text, sizeof(text), "%s%s%s", CHOICES_PICK(c, before), line,
			     CHOICES_PICK(c, after));
	if (choices_bool(c, 15)) {
		/* Broken where a mail breaks lines, or cut off. */
		at = choices_index(c, n);
		if (choices_bool(c, 60))
			text[at] = '\n';
		else
			text[at] = '\0', n = at;
	}
	f = n ? fmemopen(text, n, "r") : NULL;
	if (!f)
		return 0;
	rc = recon_read(r, kind, f, "property");
	fclose(f);
	return rc;
}

/* ---- tables --------------------------------------------------------------------------- */

struct table {
	uint8_t b[TABLE_MAX];
	size_t n;
};

static void put(struct table *t, uint64_t v, size_t width)
{
	for (size_t i = 0; i < width && t->n < TABLE_MAX; i++)
		t->b[t->n++] = (uint8_t)(i < 8 ? v >> 8 * i : 0);
}

/* What a record names: an endpoint or a bridge, on the root bus or below a port. */
static void scope(struct choices *c, struct table *t)
{
	static const uint8_t devs[] = { 0x02, 0x14, 0x1f, 0x1c };
	size_t steps = 1 + (choices_bool(c, 20) ? choices_upto(c, 9) : 0);

	put(t, 1 + choices_upto(c, 2), 1);
	put(t, choices_bool(c, 5) ? choices_upto(c, 255) : 6 + 2 * steps, 1);
	put(t, 0, 3);
	put(t, choices_bool(c, 20), 1);
	for (size_t i = 0; i < steps; i++) {
		put(t, CHOICES_PICK(c, devs), 1);
		put(t, choices_bool(c, 20) ? 3 : 0, 1);
	}
}

static void dmar_record(struct choices *c, struct table *t)
{
	static const uint8_t reserved[] = { 4, 8, 20, 4, 8 };
	size_t at = t->n, type = choices_upto(c, 6);

	put(t, type, 2);
	put(t, 0, 2);
	if (type == 0) {
		put(t, choices_bool(c, 30), 1);
		put(t, 0, 1);
		put(t, choices_bool(c, 10), 2);
		put(t, choices_bool(c, 5) ? 0 : 0xfed90000 + 0x1000 * choices_upto(c, 3), 8);
	} else if (type == 1) {
		uint64_t start = 0x7a2a0000 + 0x20000 * choices_upto(c, 1);

		put(t, 0, 2);
		put(t, choices_bool(c, 10), 2);
		put(t, start, 8);
		put(t, choices_bool(c, 10) ? 0 : start + 0x1ffff, 8);
	} else if (!choices_bool(c, 10)) {
		put(t, 0, reserved[type - 2]);
	}
	while (type < 3 && choices_more(c, 50))
		scope(c, t);
	t->b[at + 2] = (uint8_t)(t->n - at);
	t->b[at + 3] = (uint8_t)((t->n - at) >> 8);
}

static void ivrs_record(struct choices *c, struct table *t)
{
	static const uint8_t types[] = { 0x10, 0x11, 0x40, 0x20, 0x21, 0x22, 0x30 };
	uint8_t type = CHOICES_PICK(c, types);
	size_t at = t->n;

	put(t, type, 1);
	put(t, choices_bool(c, 80) ? 9 : 0, 1);
	put(t, 0, 2);
	put(t, choices_bool(c, 50) ? 0x10 : 0x18, 2);
	if (choices_bool(c, 5)) {
		put(t, 0, 1);
	} else if (type == 0x10 || type == 0x11 || type == 0x40) {
		put(t, 0x40, 2);
		put(t, choices_bool(c, 10) ? 0 : 0xfd200000 + 0x1000 * choices_upto(c, 1), 8);
		put(t, 0, 8);
		if (type != 0x10)
			put(t, 0x58f77ef22294ade, 8);
	} else {
		put(t, 0x10, 2);
		put(t, 0, 8);
		put(t, choices_bool(c, 10) ? UINT64_MAX : 0x7a2a0000, 8);
		put(t, choices_bool(c, 10) ? 0 : 0x20000, 8);
	}
	t->b[at + 2] = (uint8_t)(t->n - at);
}

static int tables(struct choices *c, struct recon *r, bool ivrs, struct capture_error *err)
{
	struct table t = { .n = 0 };
	uint8_t sum = 0;

	put(&t, 0, 48);
	memcpy(t.b, ivrs ? "IVRS" : "DMAR", 4);
	t.b[8] = 1;
	t.b[36] = (uint8_t)(choices_bool(c, 10) ? choices_upto(c, 255) : 38);
	t.b[37] = choices_bool(c, 70);
	for (unsigned int i = 0; i < 8 && t.n < TABLE_MAX - 128 && choices_more(c, 80); i++) {
		choices_begin(c);
		if (ivrs)
			ivrs_record(c, &t);
		else
			dmar_record(c, &t);
		choices_end(c);
	}
	t.b[4] = (uint8_t)(t.n + (choices_bool(c, 5) ? choices_upto(c, 80) : 0));
	t.b[5] = (uint8_t)(t.n >> 8);
	for (size_t i = 0; i < t.n; i++)
		sum = (uint8_t)(sum + t.b[i]);
	t.b[9] = (uint8_t)(choices_bool(c, 90) ? -sum : 1);
	if (choices_bool(c, 5))
		t.n = choices_index(c, t.n);
	return (ivrs ? recon_ivrs : recon_dmar)(r, t.b, t.n, "table", err);
}

/* ---- one machine ------------------------------------------------------------------------ */

static enum property_result piece(struct choices *c, struct recon *r)
{
	struct capture_error err = { "" };
	int rc;

	switch (choices_upto(c, 6)) {
	default: rc = feed(c, r, RECON_DMESG, CHOICES_PICK(c, lines)); break;
	case 3: rc = feed(c, r, RECON_REGIONS, CHOICES_PICK(c, regions)); break;
	case 4: rc = feed(c, r, RECON_RANGES, CHOICES_PICK(c, ranges)); break;
	case 5:
	case 6:
		rc = tables(c, r, choices_bool(c, 40), &err);
		if (rc && !memory_failed() && !good_message(&err))
			return property_fail(c, "refused with '%s'", err.msg);
		return PROPERTY_PASS;
	}
	return rc && !memory_failed() ? property_fail(c, "reading failed: %d", rc) : PROPERTY_PASS;
}

static enum property_result firmware(struct choices *c, void *ctx)
{
	enum property_result res = PROPERTY_PASS;
	struct recon *r = recon_new();
	size_t units;

	if (!r)
		return PROPERTY_DISCARD;
	if (choices_bool(c, 20) && recon_kernel(r, "6.12.117") && !memory_failed())
		res = property_fail(c, "no such kernel");
	if (choices_bool(c, 5) && !recon_kernel(r, "six"))
		res = property_fail(c, "a kernel that is none");
	if (choices_bool(c, 20) && recon_source(r, "a forum") && !memory_failed())
		res = property_fail(c, "no source");
	for (unsigned int i = 0; i < 16 && res == PROPERTY_PASS && choices_more(c, 92); i++) {
		choices_begin(c);
		res = piece(c, r);
		choices_end(c);
	}
	if (res == PROPERTY_PASS)
		res = reconstructs(c, r, -1);
	units = recon_units(r);
	if (res == PROPERTY_PASS && units)
		res = reconstructs(c, r, (int)choices_upto(c, units - 1));
	recon_free(r);
	return res;
}

const struct property property_firmware = { "firmware", firmware, .cases = 600 };
