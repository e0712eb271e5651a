/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a guest's memory and BARs lie, before any kernel is asked.
 *
 * Memory: QEMU's hw/i386/pc_q35.c and pc.c (q35), hw/arm/virt.c (virt). BARs
 * above 4 GiB are placed by the guest's firmware: edk2's
 * OvmfPkg/Library/PlatformInitLib/MemDetect.c, SeaBIOS' src/fw/pciinit.c.
 */
#ifndef HIOD_EXPLAIN_GUEST_H
#define HIOD_EXPLAIN_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum guest_machine { GUEST_Q35, GUEST_VIRT };
enum guest_firmware { GUEST_OVMF, GUEST_SEABIOS };
enum guest_cpu { GUEST_CPU_OF_HOST, GUEST_CPU_INTEL, GUEST_CPU_AMD };

/* What was asked for. Sizes in bytes, 0: none. */
struct guest {
	uint64_t mem;
	uint64_t bar;		/* of the assigned device, 64-bit */
	uint64_t ivshmem;	/* shared memory BAR of an emulated device */
	uint64_t hole64;	/* pci-hole64-size; 0: QEMU's default, 32 GiB */
	unsigned int phys_bits; /* as given to QEMU: 32-52; 0: not given */
	/*
	 * Physical address bits of the host's processor. Given, the guest has
	 * -cpu host, whose host-phys-bits=on overrules phys-bits.
	 */
	unsigned int cpu_bits;
	unsigned int limit; /* host-phys-bits-limit, with cpu_bits only; 0: none */
	enum guest_machine machine;
	unsigned int version; /* of the machine type, HIOD_VERSION(); 0: the newest */
	enum guest_firmware firmware;
	enum guest_cpu cpu; /* whose vendor the guest sees */
};

enum guest_kind {
	GUEST_RAM,
	GUEST_ROM,
	GUEST_BAR, /* of an assigned device: where it cannot be mapped QEMU warns and goes on */
	GUEST_EMULATED, /* RAM behind an emulated device's BAR: QEMU ends where it cannot be mapped */
};

struct guest_region {
	const char *name; /* as QEMU calls it: "pc.ram" */
	enum guest_kind kind;
	uint64_t start, size;
};

#define GUEST_REGIONS_MAX 6

struct guest_layout {
	struct guest_region region[GUEST_REGIONS_MAX];
	size_t n;
	unsigned int phys_bits;	  /* in force */
	bool phys_bits_overruled; /* phys_bits was given and is not in force */
	bool relocated;		  /* RAM above 4 GiB begins at 1 TiB */
	bool top_window;	  /* BARs lie at the top of the address space, not behind RAM */
	/*
	 * What stops the guest before any mapping: QEMU's words where it is
	 * QEMU that stops, else ours. Empty: nothing.
	 */
	char refusal[160];
};

/*
 * "mem=16G,phys-bits=46,bar=16G": keys as of struct guest with '-' for '_';
 * firmware=ovmf|seabios, cpu=intel|amd, machine=q35|pc-q35-X.Y|virt. Sizes
 * take K, M, G, T (powers of 1024). True, or false with why in err.
 */
bool guest_parse(const char *text, struct guest *g, char *err, size_t len);

/* host_is_amd: whose vendor a guest with the host's processor sees. */
void guest_lay_out(const struct guest *g, bool host_is_amd, struct guest_layout *out);

#endif
