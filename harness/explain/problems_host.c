// SPDX-License-Identifier: GPL-2.0-or-later
/* Problems of units and devices, whatever the guest; see problems.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/explain/problems.h"

#define CAP_MGAW(cap) ((unsigned int)((cap) >> 16 & 63) + 1)

/* Of a reconstructed host: what the numbers rest on. */
static const char *doubt(const struct host *h, size_t unit)
{
	const char *note, *how = explain_width_source(h, unit, &note);

	return how && !strcmp(how, "assumed") ? "; the width is assumed, not told" : "";
}

/*
 * QEMU's vIOMMU before any change of the host's: fields of CAP_REG that it
 * always has (fault record offset 0x220, 16-bit domain ids, MAMV 18) and no
 * silicon seen so far has together. Source: QEMU's hw/i386/intel_iommu.c.
 */
static bool is_qemu_vtd(const struct host_iommu *io)
{
	return io->type == HOST_IOMMU_INTEL && io->has_regs && (io->cap >> 24 & 0x3ff) == 0x22 &&
	       (io->cap & 7) == 6 && (io->cap >> 40 & 0xff) == 0 && (io->cap >> 48 & 0x3f) == 18;
}

/* The oldest version whose default is that wide. */
static const struct hiod_profile *since(unsigned int aw_bits)
{
	for (size_t i = 0; hiod_profile_at(i); i++)
		if (hiod_profile_at(i)->aw_bits >= aw_bits)
			return hiod_profile_at(i);
	return hiod_profile_default();
}

/* Default vIOMMU of the newest version, by whichever backend gets as far as the check. */
static int ask_default(const struct host *h, const struct host_device *d, bool device_first,
		       struct hiod_verdict *v)
{
	int r = 0;

	for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD && !r; b++) {
		const struct explain_question q = {
			.profile = hiod_profile_default(),
			.backend = (enum hiod_backend)b,
			.viommu = "intel-iommu,caching-mode=on",
			.device_first = device_first,
			.mem = explain_small_guest,
			.nmem = EXPLAIN_SMALL_GUEST,
		};

		if (b != HIOD_BACKEND_LEGACY)
			hiod_verdict_free(v);
		r = explain_ask(h, d, &q, v);
		if (!r && (v->verdict == HIOD_ACCEPTED || v->stage == HIOD_STAGE_CHECK))
			break;
	}
	return r;
}

/* The default width, and what it becomes where the vIOMMU is not there to check. */
static int default_width(const struct host *h, size_t unit, const struct host_device *d,
			 struct findings *f)
{
	struct hiod_verdict v, late;
	unsigned int bits;
	struct finding *one;
	int r = ask_default(h, d, false, &v);

	bits = v.host_aw_bits < 0 ? 0 : (unsigned int)v.host_aw_bits;
	if (r || !strstr(v.message, "> host aw-bits") || bits < 39) {
		hiod_verdict_free(&v);
		return r;
	}
	one = findings_add(f, PROBLEM_DEFAULT_WIDTH, explain_unit_name(h, unit),
			   "%s (%s; the default was 39 before %s%s)", v.message,
			   hiod_profile_default()->name, since(48)->name, doubt(h, unit));
	finding_remedy(one,
		       "-device intel-iommu,aw-bits=39 fits %u bits; so does a machine type up "
		       "to pc-q35-9.1, whose default is 39. The guest's phys-bits do not "
		       "matter for this check",
		       bits);
	hiod_verdict_free(&v);

	r = ask_default(h, d, true, &late);
	if (!r && late.qemu == HIOD_ACCEPTED) {
		one = findings_add(
			f, PROBLEM_UNCHECKED_ORDER, explain_unit_name(h, unit),
			"with the device before intel-iommu on the command line %s accepts "
			"48 bits on a host of %u: no check is made; nor does virtio-iommu "
			"compare widths, and a device that is plugged in later is checked "
			"only then%s",
			hiod_profile_default()->name, bits, doubt(h, unit));
		finding_remedy(one,
			       "put -device intel-iommu in front of every vfio-pci, and give it "
			       "the least width of all hosts that a device may come from: "
			       "aw-bits=39");
	}
	hiod_verdict_free(&late);
	return r;
}

static void odd_widths(const struct host *h, size_t unit, unsigned int bits, struct findings *f)
{
	const char *name = explain_unit_name(h, unit);
	const struct host_iommu *io = &h->iommus[unit];
	struct finding *one;

	if (bits < 39) {
		one = findings_add(f, PROBLEM_BELOW_39, name, "%u bits; intel-iommu has 39 or 48%s",
				   bits, doubt(h, unit));
		finding_remedy(one, "no vIOMMU, or virtio-iommu-pci, which tells the guest of the "
				    "addresses it must not use");
	} else if (bits > 39 && bits < 47) {
		one = findings_add(f, PROBLEM_ODD_WIDTH, name,
				   "%u bits: of intel-iommu's widths only 39 fits, 48 does not%s",
				   bits, doubt(h, unit));
		finding_remedy(one,
			       "-device intel-iommu,aw-bits=39; the guest's own phys-bits may "
			       "stay at %u (host-phys-bits-limit=%u), they are another limit",
			       bits, bits);
	}
	if (io->has_regs && CAP_MGAW(io->cap) > bits) {
		one = findings_add(f, PROBLEM_MGAW, name,
				   "cap 0x%" PRIx64 " says MGAW %u, the usable addresses end at %u "
				   "bits%s",
				   io->cap, CAP_MGAW(io->cap), bits, doubt(h, unit));
		finding_remedy(one,
			       "take the width from the IOVA ranges that VFIO reports, not from "
			       "the register: host-phys-bits-limit=%u (libvirt: maxphysaddr "
			       "limit='%u')",
			       bits, bits);
	}
	if (h->firmware.width > bits && io->type == HOST_IOMMU_INTEL) {
		one = findings_add(
			f, PROBLEM_PLATFORM_WIDER, name,
			"the platform has %u address bits (DMAR host address width), the "
			"IOMMU %u%s",
			h->firmware.width, bits, doubt(h, unit));
		finding_remedy(one,
			       "with large BARs limit the guest's phys-bits to the IOMMU's: "
			       "host-phys-bits-limit=%u (libvirt: maxphysaddr limit='%u'); try it "
			       "with hiod explain --guest",
			       bits, bits);
	}
}

/* What another kernel command line, another backend or another outer VM would change. */
static void stages(const struct host *h, size_t unit, unsigned int bits, struct findings *f)
{
	const struct host_iommu *io = &h->iommus[unit];
	unsigned int off = explain_width_if(h, unit, NULL, "intel_iommu=sm_off");
	unsigned int dirty = explain_width(h, unit, HOST_DOMAIN_DIRTY);
	const char *name = explain_unit_name(h, unit);
	struct finding *one;

	if (off > bits && off == bits + 1) {
		one = findings_add(f, PROBLEM_FIRST_STAGE_BIT, name,
				   "%u bits with first-stage page tables, which kernels since 6.13 "
				   "prefer; %u with the second stage%s",
				   bits, off, doubt(h, unit));
		finding_remedy(one, "intel_iommu=sm_off on the host's command line%s",
			       dirty > bits ? ", or an iommufd with dirty tracking, which has the "
					      "second stage"
					    : "");
	}
	if (is_qemu_vtd(io) || io->type == HOST_IOMMU_VIRTIO) {
		bool virtio = io->type == HOST_IOMMU_VIRTIO;

		if (bits >= 48)
			return;
		one = findings_add(f, PROBLEM_NESTED, name,
				   "%s of %u bits%s: BARs above 0x%" PRIx64 " cannot be mapped",
				   virtio ? "a virtio-iommu" : "QEMU's own intel-iommu", bits,
				   virtio ? "" : " (cap has the marks of the emulated unit)",
				   ((uint64_t)1 << bits) - 1);
		finding_remedy(one, "in the outer QEMU: -device %s",
			       virtio ? "virtio-iommu-pci,aw-bits=48"
				      : "intel-iommu,aw-bits=48, where its own host carries that");
	}
}

int problems_of_unit(const struct host *h, size_t unit, const struct host_device *d,
		     struct findings *f)
{
	unsigned int type1 = explain_width(h, unit, HOST_DOMAIN_TYPE1);
	unsigned int paging = explain_width(h, unit, HOST_DOMAIN_PAGING);
	unsigned int bits = explain_unit_bits(h, unit);
	const char *name = explain_unit_name(h, unit);
	struct finding *one;
	int r = 0;

	if (!h->iommus[unit].isolated_msi && !h->type1_unsafe && !h->iommufd_unsafe) {
		one = findings_add(f, PROBLEM_NO_REMAPPING, name,
				   "interrupt remapping is off on this unit");
		finding_remedy(one, "turn it on (firmware, intremap), or trust the guest: "
				    "vfio_iommu_type1.allow_unsafe_interrupts=1, "
				    "iommufd.allow_unsafe_interrupts=1");
	}
	if (type1 && !paging && h->features & 1u << HOST_F_HWPT) {
		one = findings_add(
			f, PROBLEM_IOMMUFD_ATTACH, name,
			"%u bits with legacy VFIO, no page table for an iommufd: the unit "
			"has a first stage only",
			type1);
		finding_remedy(one,
			       "a kernel of 6.13 or newer, or -device vfio-pci without iommufd=");
	}
	if (!bits)
		return 0;
	if (d && !explain_locked(h, d))
		r = default_width(h, unit, d, f);
	odd_widths(h, unit, bits, f);
	stages(h, unit, bits, f);
	return r;
}

/* CONFIG_INTEL_IOMMU_FLOPPY_WA: what an ISA bridge is given, for its DMA controller. */
static bool is_isa_region(const struct host_region *r)
{
	return r->type == HOST_REGION_DIRECT && !r->start && r->last == 0xffffff;
}

static int why_not(const struct host *h, const struct host_device *d, struct hiod_verdict *v)
{
	const struct explain_question q = { .profile = hiod_profile_default() };

	return explain_ask(h, d, &q, v);
}

int problems_of_device(const struct host *h, const struct host_device *d, struct findings *f)
{
	bool amd = trial_host_is_amd(h, d);
	const struct host_region *v;
	struct hiod_verdict verdict;
	struct finding *one;
	size_t n;
	int r;

	if (!explain_locked(h, d))
		return 0;
	r = why_not(h, d, &verdict);
	v = explain_regions(h, d, &n);
	for (size_t i = 0; i < n && !r; i++) {
		if (is_isa_region(&v[i])) {
			one = findings_add(
				f, PROBLEM_ISA_REGION, d->bdf,
				"group %d keeps 0x0-0xffffff (direct), where a guest has "
				"its first RAM",
				d->group);
			finding_remedy(one,
				       "a kernel that makes the region direct-relaxable, or one "
				       "without CONFIG_INTEL_IOMMU_FLOPPY_WA, or a device of a "
				       "group without an ISA bridge");
		} else if (v[i].type == HOST_REGION_DIRECT && !amd) {
			one = findings_add(f, PROBLEM_RMRR, d->bdf,
					   "0x%" PRIx64 "-0x%" PRIx64
					   " must stay mapped one to one; "
					   "QEMU: %s",
					   v[i].start, v[i].last, verdict.message);
			finding_remedy(one,
				       "a firmware setting may drop it (shared memory features "
				       "of HP and HPE machines); a device of another group is "
				       "not affected. aw-bits and other vIOMMU options change "
				       "nothing");
		}
	}
	if (!r && strstr(verdict.message, "Invalid argument")) {
		one = findings_add(
			f, PROBLEM_ONE_TO_ONE, d->bdf,
			"QEMU: %s; the host's log: Firmware has requested this device have "
			"a 1:1 IOMMU mapping",
			verdict.message);
		finding_remedy(one, "look for that line in the host's dmesg; where pre-boot DMA "
				    "protection or a storage controller's firmware asks for the "
				    "mapping, its setup can turn it off");
	}
	hiod_verdict_free(&verdict);
	return r;
}
