// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * intel_iommu's options: rules and their order, texts, capability registers.
 * The register values are those of Debian's QEMU 10.0.13 and 11.1.3 (TCG, q35).
 */
#include "harness/ktap/ktap.h"
#include "hiod/machine.h"

struct row {
	const char *profile, *machine, *options;
	uint64_t cap, ecap;
};

/* 0, or -errno with err filled. */
static int make(Machine *m, const char *profile, const char *machine, const char *options,
		struct hiod_error *err)
{
	char text[192];
	int rc;

	hiod_error_init(err);
	snprintf(text, sizeof(text), "intel-iommu%s%s", *options ? "," : "", options);
	rc = machine_init(m, NULL, hiod_profile_find(profile), machine, NULL, 0, NULL, err);
	return rc ? rc : machine_add_viommu(m, text, err);
}

#define Q10 "qemu-10.0"
#define Q11 "qemu-11.1"
#define SM  "x-scalable-mode=on"

TEST(cap_and_ecap)
{
	static const struct row rows[] = {
		{ Q10, NULL, "", 0x00d2008c222f0606, 0xf00f4a },
		{ Q10, NULL, "aw-bits=39", 0x00d2008c22260206, 0xf00f4a },
		{ Q10, NULL, "caching-mode=on", 0x00d2008c222f0686, 0xf00f4a },
		{ Q10, NULL, "caching-mode=on,aw-bits=39", 0x00d2008c22260286, 0xf00f4a },
		{ Q10, NULL, "intremap=off", 0x00d2008c222f0606, 0xf42 },
		{ Q10, NULL, "device-iotlb=on", 0x00d2008c222f0606, 0xf00f4e },
		{ Q10, NULL, "snoop-control=on", 0x00d2008c222f0606, 0xf00fca },
		{ Q10, NULL, "pt=off", 0x00d2008c222f0606, 0xf00f0a },
		{ Q10, NULL, "dma-translation=off", 0x00d2008c222f0006, 0xf00f4a },
		{ Q10, NULL, "dma-drain=off", 0x0012008c222f0606, 0xf00f4a },
		{ Q10, NULL, SM, 0x00d2008c222f0606, 0x480080f00f4a },
		{ Q10, NULL, SM ",x-flts=on", 0x01d2008c222f0606, 0x880000f00f4a },
		{ Q10, NULL, SM ",x-flts=on,fs1gp=off", 0x00d2008c222f0606, 0x880000f00f4a },
		{ Q10, NULL, SM ",x-pasid-mode=on", 0x00d2008c222f0606, 0x490080f00f4a },
		{ Q10, "pc-q35-9.1", "", 0x00d2008c22260206, 0xf00f4a },
		{ Q11, NULL, "", 0x80d2008c222f0606, 0xf00f4a },
		{ Q11, NULL, "aw-bits=39", 0x80d2008c22260206, 0xf00f4a },
		{ Q11, NULL, "caching-mode=on", 0x80d2008c222f0686, 0xf00f4a },
		{ Q11, NULL, "scalable-mode=on", 0x80d2008c222f0606, 0x480080f00f4a },
		{ Q11, NULL, "scalable-mode=on,fsts=on", 0x81d2008c222f0606, 0x880000f00f4a },
		{ Q11, NULL, "scalable-mode=on,fsts=on,fs1gp=off", 0x80d2008c222f0606,
		  0x880000f00f4a },
		{ Q11, NULL, "scalable-mode=on,pasid-bits=1", 0x80d2008c222f0606, 0x490080f00f4a },
		{ Q11, NULL, "scalable-mode=on,pasid-bits=8", 0x80d2008c222f0606, 0x493880f00f4a },
		{ Q11, NULL, "scalable-mode=on,pasid-bits=20", 0x80d2008c222f0606, 0x499880f00f4a },
		{ Q11, NULL, "scalable-mode=on,fsts=on,pasid-bits=20", 0x81d2008c222f0606,
		  0x899800f00f4a },
		{ Q11, NULL, "svm=on,scalable-mode=on,fsts=on,device-iotlb=on,pasid-bits=20",
		  0x81d2008c222f0606, 0x8d9a20f00f4e },
		{ Q11, "pc-q35-9.1", "", 0x80d2008c22260206, 0xf00f4a },
		{ Q11, "pc-q35-9.2", "", 0x80d2008c222f0606, 0xf00f4a },
		{ Q11, "pc-q35-10.1", "", 0x80d2008c222f0606, 0xf00f4a },
		/* by their rules: 39 bits were the default; PSS and ESRTPS came in between */
		{ "qemu-9.1", NULL, "", 0x00d2008c22260206, 0xf00f4a },
		{ "qemu-9.2", NULL, "", 0x00d2008c22260206, 0xf00f4a },
		{ "qemu-10.1", NULL, SM ",x-pasid-mode=on", 0x00d2008c222f0606, 0x493880f00f4a },
		{ "qemu-10.2", NULL, "", 0x80d2008c222f0606, 0xf00f4a },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct hiod_error err;
		Machine m;

		EXPECT_EQ(0, make(&m, r->profile, r->machine, r->options, &err))
		{
			TH_LOG("%s %s: %s", r->profile, r->options, err.message);
		}
		EXPECT_EQ(r->cap, m.viommu.cap)
		{
			TH_LOG("%s %s: CAP %" PRIx64, r->profile, r->options, m.viommu.cap);
		}
		EXPECT_EQ(r->ecap, m.viommu.ecap)
		{
			TH_LOG("%s %s: ECAP %" PRIx64, r->profile, r->options, m.viommu.ecap);
		}
		machine_finalize(&m);
	}
}

TEST(eim_follows_the_irqchip)
{
	static const struct {
		const char *machine, *options;
		unsigned eim_and_ir; /* ECAP bits 4 and 3 */
	} rows[] = {
		{ "q35", "", 1 },
		{ "q35,accel=kvm,kernel-irqchip=split", "", 3 },
		{ "q35,kernel-irqchip=split", "", 1 }, /* no KVM: there is none in the kernel */
		{ "q35,accel=kvm", "", 0 },
		{ "q35,accel=kvm,kernel-irqchip=off", "", 1 },
		{ "q35,accel=kvm,kernel-irqchip=split", "eim=off", 1 },
		{ "q35,accel=kvm,kernel-irqchip=split", "intremap=off", 0 },
		{ "q35", "eim=on", 3 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_error err;
		Machine m;

		EXPECT_EQ(0, make(&m, Q10, rows[i].machine, rows[i].options, &err));
		EXPECT_EQ(rows[i].eim_and_ir, (unsigned)(m.viommu.ecap >> 3 & 3))
		{
			TH_LOG("%s %s", rows[i].machine, rows[i].options);
		}
		machine_finalize(&m);
	}
}

TEST(refusals)
{
	static const struct {
		const char *profile, *options, *message, *hint;
	} rows[] = {
		/* spelling */
		{ "qemu-9.1", "x-flts=on", "Property 'intel-iommu.x-flts' not found", "" },
		{ Q10, "fsts=on", "Property 'intel-iommu.fsts' not found",
		  "qemu-10.0 calls it x-flts" },
		{ Q11, "x-flts=on", "Property 'intel-iommu.x-flts' not found",
		  "qemu-11.1 calls it fsts" },
		{ Q11, "x-scalable-mode=on", "Property 'intel-iommu.x-scalable-mode' not found",
		  "qemu-11.1 calls it scalable-mode" },
		{ Q11, "x-pasid-mode=on", "Property 'intel-iommu.x-pasid-mode' not found",
		  "qemu-11.1 calls it pasid-bits, a number" },
		{ Q10, "pasid-bits=8", "Property 'intel-iommu.pasid-bits' not found",
		  "qemu-10.0 calls it x-pasid-mode, on or off" },
		{ Q11, "dma-drain=on", "Property 'intel-iommu.dma-drain' not found", "" },
		{ Q11, "pt=on", "Property 'intel-iommu.pt' not found", "" },
		{ Q11, "x-buggy-eim=on", "Property 'intel-iommu.x-buggy-eim' not found", "" },
		{ Q10, "svm=on", "Property 'intel-iommu.svm' not found", "" },
		{ "qemu-9.1", "stale-tm=on", "Property 'intel-iommu.stale-tm' not found", "" },
		{ "qemu-9.1", "fs1gp=on", "Property 'intel-iommu.fs1gp' not found", "" },
		{ Q10, "no-such", "Property 'intel-iommu.no-such' not found", "" },
		/* values */
		{ Q10, "caching-mode=maybe", "Parameter 'caching-mode' expects 'on' or 'off'", "" },
		{ Q10, "intremap=maybe", "Parameter 'intremap' does not accept value 'maybe'", "" },
		{ Q10, "aw-bits=256", "Parameter 'aw-bits' expects uint8_t", "" },
		{ Q10, "aw-bits=-1", "Parameter 'aw-bits' expects uint8_t", "" },
		{ Q10, "aw-bits=wide", "Parameter 'aw-bits' expects integer", "" },
		{ Q10, "aw-bits=48x", "Parameter 'aw-bits' expects integer", "" },
		{ Q10, "aw-bits=", "Parameter 'aw-bits' expects integer", "" },
		/* widths */
		{ "qemu-9.1", "aw-bits=57", "Supported values for aw-bits are: 39, 48", "" },
		{ "qemu-9.2", "aw-bits=0", "Supported values for aw-bits are: 39, 48", "" },
		{ Q10, "aw-bits=57", "Legacy mode: supported values for aw-bits are: 39, 48", "" },
		{ Q10, "aw-bits=47,x-scalable-mode=on",
		  "Scalable mode(flts=off): supported values for aw-bits are: 39, 48", "" },
		{ Q11, "aw-bits=64,scalable-mode=on",
		  "Scalable mode(fsts=off): supported values for aw-bits are: 39, 48", "" },
		{ Q10, "aw-bits=39,x-scalable-mode=on,x-flts=on",
		  "Scalable mode(flts=on): supported value for aw-bits is: 48", "" },
		{ Q11, "aw-bits=57,scalable-mode=on,fsts=on",
		  "Scalable mode(fsts=on): supported value for aw-bits is: 48", "" },
		/* each rule alone */
		{ Q10, "eim=on,intremap=off", "eim=on cannot be selected without intremap=on", "" },
		{ Q10, "x-flts=on", "x-flts is only available in scalable mode", "" },
		{ Q11, "fsts=on", "fsts is only available in scalable mode", "" },
		{ Q10, "x-scalable-mode=on,dma-drain=off",
		  "Need to set dma_drain for scalable mode", "" },
		{ Q10, "x-pasid-mode=on", "Need to set scalable mode for PASID", "" },
		{ Q11, "pasid-bits=8", "Need to set scalable mode for PASID", "" },
		{ Q11, "scalable-mode=on,pasid-bits=21",
		  "PASID width 21 exceeds Max PASID Width 20 allowed in PCI spec", "" },
		{ Q10, "x-scalable-mode=on,x-pasid-mode=on,device-iotlb=on",
		  "PASID based device IOTLB is not supported", "" },
		{ Q11, "svm=on", "Need to set device IOTLB for svm", "" },
		{ Q11, "svm=on,device-iotlb=on", "Need to set fsts for svm", "" },
		{ Q11, "svm=on,device-iotlb=on,scalable-mode=on,fsts=on,dma-translation=off",
		  "Need to set dma-translation for svm", "" },
		{ Q11, "svm=on,device-iotlb=on,scalable-mode=on,fsts=on",
		  "Need to set PASID support for svm", "" },
		/* which of two comes first */
		{ Q10, "eim=on,intremap=off,x-flts=on",
		  "eim=on cannot be selected without intremap=on", "" },
		{ Q10, "x-flts=on,aw-bits=57", "x-flts is only available in scalable mode", "" },
		{ Q10, "aw-bits=57,x-scalable-mode=on,dma-drain=off",
		  "Scalable mode(flts=off): supported values for aw-bits are: 39, 48", "" },
		{ Q10, "x-pasid-mode=on,device-iotlb=on,aw-bits=57",
		  "PASID based device IOTLB is not supported", "" },
		{ Q11, "aw-bits=57,pasid-bits=21",
		  "Legacy mode: supported values for aw-bits are: 39, 48", "" },
		{ Q11, "pasid-bits=21", "Need to set scalable mode for PASID", "" },
		{ Q11, "scalable-mode=on,pasid-bits=21,svm=on",
		  "PASID width 21 exceeds Max PASID Width 20 allowed in PCI spec", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_error err;
		Machine m;

		EXPECT_GT(0, make(&m, rows[i].profile, NULL, rows[i].options, &err));
		EXPECT_STREQ(rows[i].message, err.message);
		EXPECT_STREQ(rows[i].hint, err.hint);
		EXPECT_EQ(HIOD_STAGE_CONFIG, err.stage);
		EXPECT_EQ(HIOD_FAIL_QEMU, err.fail);
		machine_finalize(&m);
	}
}

TEST(accepted_spellings)
{
	static const struct {
		const char *profile, *options;
	} rows[] = {
		{ "qemu-9.1", "id=iommu0,caching-mode" }, /* a flag alone is on */
		{ "qemu-9.2", "stale-tm=on" },
		{ Q10, "caching-mode=yes,intremap=auto,eim=auto,version=1" },
		{ Q10, "aw-bits=0x30" },
		{ Q10, "aw-bits=57,aw-bits=48" }, /* the last one counts */
		{ Q11, "scalable-mode=on,pasid-bits=8,device-iotlb=on" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_error err;
		Machine m;

		EXPECT_EQ(0, make(&m, rows[i].profile, NULL, rows[i].options, &err))
		{
			TH_LOG("%s", err.message);
		}
		machine_finalize(&m);
	}
}

TEST(machines)
{
	static const struct {
		const char *profile, *machine;
		int fail; /* enum hiod_fail, or -1: accepted */
		int aw_bits;
	} rows[] = {
		{ "qemu-9.1", NULL, -1, 39 },
		{ "qemu-9.2", "pc-q35-9.2", -1, 39 },
		{ Q10, "q35", -1, 48 },
		{ Q10, "pc-q35-9.2", -1, 48 },
		{ Q10, "pc-q35-9.1", -1, 39 },
		{ Q10, "type=pc-q35-8.2,accel=tcg", -1, 39 },
		{ Q10, "pc-q35-4.0.1", -1, 39 },
		{ Q11, "pc-q35-10.0,usb=off", -1, 48 },
		{ Q10, "pc-q35-11.1", HIOD_FAIL_QEMU, 0 }, /* newer than that QEMU */
		{ Q10, "pc-q35-banana", HIOD_FAIL_QEMU, 0 },
		{ Q10, "q35,default-bus-bypass-iommu=x", HIOD_FAIL_QEMU, 0 },
		{ Q10, "pc-q35-3.1", HIOD_FAIL_UNMODELLED, 0 },
		{ Q10, "pc", HIOD_FAIL_UNMODELLED, 0 },
		{ Q10, "microvm", HIOD_FAIL_UNMODELLED, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_error err;
		Machine m;
		int rc = make(&m, rows[i].profile, rows[i].machine, "", &err);

		EXPECT_EQ(rows[i].fail < 0, rc == 0)
		{
			TH_LOG("%s: %s", rows[i].machine, err.message);
		}
		EXPECT_EQ(rows[i].fail, rc ? (int)err.fail : -1);
		EXPECT_EQ(rows[i].aw_bits, rc ? 0 : m.viommu.config.aw_bits);
		machine_finalize(&m);
	}
}

TEST(interrupt_remapping_and_a_full_kernel_irqchip_exclude_each_other)
{
	struct hiod_error err;
	Machine m;

	EXPECT_GT(0, make(&m, Q10, "q35,accel=kvm,kernel-irqchip=on", "intremap=on", &err));
	EXPECT_STREQ("Interrupt Remapping cannot work with kernel-irqchip=on, please use "
		     "'split|off'.",
		     err.message);
}

TEST(a_machine_has_one_viommu)
{
	struct hiod_error err;
	Machine m;

	EXPECT_EQ(0, make(&m, Q11, NULL, "", &err));
	EXPECT_GT(0, machine_add_viommu(&m, "intel-iommu", &err));
	EXPECT_STREQ("QEMU does not support multiple vIOMMUs for x86 yet.", err.message);
	machine_finalize(&m);
}

TEST(profiles_are_found_by_name_and_listed_in_order)
{
	size_t n = 0;

	for (unsigned last = 0; hiod_profile_at(n); n++) {
		const struct hiod_profile *p = hiod_profile_at(n);

		/* the series and the release that it went into have one number */
		EXPECT_LE(last, p->version);
		EXPECT_TRUE(p == hiod_profile_find(p->name));
		last = p->version;
	}
	EXPECT_STREQ("v7", hiod_profile_at(0)->name);
	EXPECT_TRUE(hiod_profile_at(n - 1) == hiod_profile_default());
	EXPECT_STREQ("qemu-11.1", hiod_profile_default()->name);
	EXPECT_NULL(hiod_profile_find("qemu-7.2"));
}

TEST_HARNESS_MAIN
