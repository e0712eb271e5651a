// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest's memory map; see guest.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/explain/guest.h"
#include "hiod/profile.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define TIB (1ull << 40)

/* More than x86 has, so that no sum below overflows. */
#define SIZE_LIMIT (1ull << 52)

/* q35: RAM of this much or more keeps 2 GiB below 4 GiB; less stays below whole. */
#define Q35_LOW_MAX   0xb0000000ull
#define Q35_LOW_SPLIT 0x80000000ull
#define Q35_HOLE64    (32 * GIB)
/* OVMF's window behind RAM; QEMU's pci-hole64-size does not reach it. */
#define OVMF_WINDOW (32 * GIB)
#define Q35_BIOS    (256 * KIB)
#define VIRT_RAM    0x40000000ull

/* HyperTransport, which AMD's IOMMUs do not translate; machines since 7.1 avoid it. */
#define AMD_HT_START 0xfd00000000ull
#define AMD_HT_END   TIB
#define AMD_HT_SINCE HIOD_VERSION(7, 1)

/* Phys-bits above which the firmware stays, for the sake of old guests. */
#define OVMF_BITS_MAX	 46
#define SEABIOS_BITS_MAX 44

static uint64_t align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

static bool parse_size(const char *v, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	uint64_t n;
	unsigned int shift = 0;

	if (*v < '0' || *v > '9')
		return false;
	errno = 0;
	n = strtoull(v, &end, 0);
	if (*end) {
		unit = strchr(units, *end & ~0x20);
		if (!unit || !*unit || (end[1] && strcmp(end + 1, "iB") && strcmp(end + 1, "B")))
			return false;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (errno || n > SIZE_LIMIT >> shift)
		return false;
	*out = n << shift;
	return true;
}

static bool parse_bits(const char *v, unsigned int *out)
{
	char *end;
	unsigned long n = strtoul(v, &end, 10);

	if (*v < '0' || *v > '9' || *end || n < 32 || n > 52)
		return false;
	*out = (unsigned int)n;
	return true;
}

static bool parse_machine(const char *v, struct guest *g)
{
	unsigned int major, minor;
	int end = 0;

	if (!strcmp(v, "q35") || !strcmp(v, "virt")) {
		g->machine = *v == 'q' ? GUEST_Q35 : GUEST_VIRT;
		return true;
	}
	if (sscanf(v, "pc-q35-%2u.%2u%n", &major, &minor, &end) != 2 || v[end])
		return false;
	g->version = HIOD_VERSION(major, minor);
	return true;
}

static bool parse_pair(const char *key, const char *v, struct guest *g)
{
	if (!strcmp(key, "mem"))
		return parse_size(v, &g->mem) && g->mem >= MIB && !(g->mem % (64 * KIB));
	if (!strcmp(key, "bar") || !strcmp(key, "ivshmem")) {
		uint64_t *size = *key == 'b' ? &g->bar : &g->ivshmem;

		/* BARs are powers of two. */
		return parse_size(v, size) && *size >= 4 * KIB && !(*size & (*size - 1));
	}
	if (!strcmp(key, "pci-hole64-size"))
		return parse_size(v, &g->hole64) && g->hole64;
	if (!strcmp(key, "phys-bits"))
		return parse_bits(v, &g->phys_bits);
	if (!strcmp(key, "cpu-bits"))
		return parse_bits(v, &g->cpu_bits);
	if (!strcmp(key, "host-phys-bits-limit"))
		return parse_bits(v, &g->limit);
	if (!strcmp(key, "machine"))
		return parse_machine(v, g);
	if (!strcmp(key, "firmware")) {
		g->firmware = *v == 's' ? GUEST_SEABIOS : GUEST_OVMF;
		return !strcmp(v, "seabios") || !strcmp(v, "ovmf");
	}
	if (!strcmp(key, "cpu")) {
		g->cpu = *v == 'i' ? GUEST_CPU_INTEL : GUEST_CPU_AMD;
		return !strcmp(v, "intel") || !strcmp(v, "amd");
	}
	return false;
}

static bool is_key(const char *key)
{
	static const char *const keys[] = { "mem",	 "bar",
					    "ivshmem",	 "pci-hole64-size",
					    "phys-bits", "cpu-bits",
					    "machine",	 "host-phys-bits-limit",
					    "firmware",	 "cpu" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

bool guest_parse(const char *text, struct guest *g, char *err, size_t len)
{
	char *copy = strdup(text), *save = NULL;
	bool ok = copy != NULL;

	*g = (struct guest){ 0 };
	if (!ok)
		snprintf(err, len, "out of memory");
	for (char *p = ok ? strtok_r(copy, ",", &save) : NULL; p; p = strtok_r(NULL, ",", &save)) {
		char *v = strchr(p, '=');

		if (v)
			*v++ = '\0';
		if (!v || !is_key(p))
			snprintf(err, len,
				 "%s '%.40s'; there are mem, phys-bits, cpu-bits, "
				 "host-phys-bits-limit, bar, ivshmem, pci-hole64-size, machine, "
				 "firmware and cpu",
				 v ? "no key" : "no value in", p);
		else if (!parse_pair(p, v, g))
			snprintf(err, len, "%s='%.40s' is not understood", p, v);
		else
			continue;
		ok = false;
		break;
	}
	if (ok && !g->mem) {
		snprintf(err, len, "mem=SIZE is missing");
		ok = false;
	}
	if (ok && g->machine == GUEST_VIRT && (g->bar || g->ivshmem || g->cpu_bits)) {
		snprintf(err, len, "BARs and processors are laid out for q35 only");
		ok = false;
	}
	if (ok && g->limit && !g->cpu_bits) {
		snprintf(err, len, "host-phys-bits-limit takes effect with cpu-bits only");
		ok = false;
	}
	free(copy);
	return ok;
}

static void add(struct guest_layout *l, const char *name, enum guest_kind kind, uint64_t start,
		uint64_t size)
{
	l->region[l->n++] = (struct guest_region){ name, kind, start, size };
}

/* What a guest's firmware believes of phys-bits: those that QEMU makes up it does not. */
static unsigned int trusted_bits(unsigned int bits, bool amd)
{
	if (bits > 40 || (amd && bits == 40) || (!amd && (bits == 36 || bits == 39)))
		return bits;
	return 0;
}

/*
 * The 64-bit window: an eighth of the address space, at its top, where the
 * firmware trusts phys-bits and RAM leaves room for it; else behind RAM.
 */
static uint64_t window(const struct guest *g, struct guest_layout *l, bool amd, uint64_t ram_end)
{
	unsigned int bits = trusted_bits(l->phys_bits, amd), max = OVMF_BITS_MAX;
	uint64_t base = align_up(ram_end, GIB);

	if (g->firmware == GUEST_SEABIOS)
		max = ram_end > TIB + 4 * GIB ? 52 : SEABIOS_BITS_MAX;
	if (bits > max)
		bits = max;
	if (bits) {
		uint64_t eighth = 1ull << (bits - 3);

		l->top_window = base + eighth < 1ull << bits &&
				(g->firmware == GUEST_SEABIOS || OVMF_WINDOW < eighth);
		if (l->top_window)
			return (1ull << bits) - eighth;
	}
	if (g->firmware == GUEST_SEABIOS)
		return base;
	/* Aligned by the largest BAR that fits the window. */
	return align_up(base, OVMF_WINDOW);
}

static void place_bars(const struct guest *g, struct guest_layout *l, uint64_t at)
{
	const struct {
		const char *name;
		enum guest_kind kind;
		uint64_t size;
	} bars[] = { { "BAR", GUEST_BAR, g->bar }, { "ivshmem", GUEST_EMULATED, g->ivshmem } };

	for (size_t i = 0; i < 2; i++) {
		/* Largest first. */
		size_t b = g->ivshmem > g->bar ? 1 - i : i;

		if (!bars[b].size)
			continue;
		at = align_up(at, bars[b].size);
		add(l, bars[b].name, bars[b].kind, at, bars[b].size);
		at += bars[b].size;
	}
	if (l->phys_bits && at > 1ull << l->phys_bits)
		snprintf(l->refusal, sizeof(l->refusal),
			 "the BARs do not fit below the guest's %u address bits: its firmware "
			 "leaves them unassigned",
			 l->phys_bits);
}

static void lay_out_q35(const struct guest *g, bool amd, struct guest_layout *l)
{
	uint64_t low = g->mem < Q35_LOW_MAX ? g->mem : Q35_LOW_SPLIT, high = g->mem - low;
	uint64_t start = 4 * GIB, hole = g->hole64 ? g->hole64 : Q35_HOLE64, used;

	used = align_up(start + high, GIB) + hole - 1;
	if (amd && (!g->version || g->version >= AMD_HT_SINCE) && used >= AMD_HT_START) {
		start = AMD_HT_END;
		l->relocated = true;
		used = align_up(start + high, GIB) + hole - 1;
	}
	add(l, "pc.ram", GUEST_RAM, 0, low);
	add(l, "pc.bios", GUEST_ROM, 4 * GIB - Q35_BIOS, Q35_BIOS);
	if (high)
		add(l, "pc.ram", GUEST_RAM, start, high);
	if (l->phys_bits > 32 && used >> l->phys_bits) {
		snprintf(l->refusal, sizeof(l->refusal),
			 "Address space limit 0x%" PRIx64 " < 0x%" PRIx64 " phys-bits too low (%u)",
			 ((uint64_t)1 << l->phys_bits) - 1, used, l->phys_bits);
		return;
	}
	place_bars(g, l, window(g, l, amd, start + high));
}

void guest_lay_out(const struct guest *g, bool host_is_amd, struct guest_layout *out)
{
	bool amd = g->cpu == GUEST_CPU_AMD || (g->cpu == GUEST_CPU_OF_HOST && host_is_amd);

	*out = (struct guest_layout){ .phys_bits = g->phys_bits };
	if (g->cpu_bits) {
		unsigned int bits = g->cpu_bits;

		if (g->limit && bits > g->limit)
			bits = g->limit;
		out->phys_bits_overruled = g->phys_bits && g->phys_bits != bits;
		out->phys_bits = bits;
	}
	if (g->machine == GUEST_Q35) {
		lay_out_q35(g, amd, out);
		return;
	}
	/* In one piece; there is no hole for the host's interrupts in it. */
	add(out, "mach-virt.ram", GUEST_RAM, VIRT_RAM, g->mem);
}
