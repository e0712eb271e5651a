/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the inputs told so far. Internal to harness/reconstruct. */
#ifndef HIOD_RECONSTRUCT_FACTS_H
#define HIOD_RECONSTRUCT_FACTS_H

#include <stdint.h>

#include "harness/reconstruct/reconstruct.h"

/* The kernel's own limit of VT-d units is 1024; more of any of these is a hostile input. */
#define UNITS_MAX   256
#define RMRRS_MAX   512
#define DEVICES_MAX 4096
#define REGIONS_MAX 4096

#define LINE_MAX_BYTES 4096

/* A PCI device as a DMAR scope names it: a start bus, and steps down from there. */
struct scope {
	uint8_t type; /* 1 endpoint, 2 bridge and all below, 3.. not PCI functions */
	uint8_t bus;
	uint8_t nsteps; /* more than the kept ones: only counted */
	struct {
		uint8_t dev, fn;
	} step[4];
};

struct unit {
	enum host_iommu_type type;
	char name[16]; /* "dmar0"; empty: not told */
	uint64_t base; /* 0: not told */
	bool has_regs;
	uint64_t cap, ecap;
	char version[12];
	bool include_all; /* DRHD: every device of the segment that no other names */
	uint16_t segment;
	struct scope *scopes;
	size_t nscopes;
	bool has_efr; /* AMD */
	uint64_t efr;
	unsigned int ias; /* SMMUv3: input address bits; 0: not told */
	char *from;	  /* "dmesg.txt:12" */
};

struct rmrr {
	uint64_t start, last;
	uint16_t segment;
	bool unity; /* AMD's IVMD, not VT-d's RMRR */
	bool all;   /* IVMD for every device */
	struct scope *scopes;
	size_t nscopes;
	char *from;
};

/* A line of reserved_regions. */
struct region {
	int group; /* -1: not told */
	struct host_region r;
};

/* A PCI function that the log tells of. */
struct pci {
	char bdf[16];
	uint32_t class; /* 24 bits; 0: not told */
	bool locked;	/* the kernel refused it for its RMRR */
	char *from;	/* of the refusal */
};

struct recon {
	bool oom;
	char *input; /* being read */
	unsigned int line;
	char *release, *release_from;
	bool release_given; /* by recon_kernel(): a log does not replace it */
	char *cmdline, *cmdline_from;
	char *machine;
	char *source;
	char *inputs; /* names, for the source */
	int haw;      /* host address width in bits; 0: not told */
	char *haw_from;
	int told_bits; /* what QEMU said that the host has; 0 */
	char *told_from;
	int remapping; /* of interrupts: 1, 0, -1 not told */
	char *remapping_from;
	bool remapping_known; /* the kernel said it; else a table's flag */
	unsigned int atsr, satc;
	bool has_dmar; /* the table has them all; a log's are the same ones */
	struct unit *units;
	size_t nunits;
	struct rmrr *rmrrs;
	size_t nrmrrs;
	struct region *regions;
	size_t nregions;
	char *regions_from;
	struct host_range *ranges;
	size_t nranges;
	char *ranges_from;
	struct pci *pcis;
	size_t npcis;
	struct recon_note *notes;
	size_t nnotes, more_notes;
	/* A line that ended early: the next may be the rest of it. */
	char held[LINE_MAX_BYTES];
	unsigned int held_line;
	const char *held_why;
};

/* A note about the current line (line 0: a table). */
__attribute__((format(printf, 3, 4))) void facts_note(struct recon *r, unsigned int line,
						      const char *fmt, ...);
/* "NAME:12", or "NAME" with line 0, in place of *s; NULL in *s with r->oom. */
void facts_from(struct recon *r, char **s);
/* Replaces *s by a copy of len bytes of text. */
void facts_set(struct recon *r, char **s, const char *text, size_t len);
/* The input that is read from now on. */
void facts_input(struct recon *r, const char *name);

/* One more of each, zeroed; NULL with a note, or with r->oom. */
struct unit *facts_unit(struct recon *r);
struct rmrr *facts_rmrr(struct recon *r);
struct region *facts_region(struct recon *r);
struct host_range *facts_range(struct recon *r);
/* The function of this address, a new one where it is not known yet. */
struct pci *facts_pci(struct recon *r, const char *bdf);

/* The unit at this address or, where it is 0, with this name; NULL. */
struct unit *facts_find_unit(struct recon *r, enum host_iommu_type type, uint64_t base,
			     const char *name);

/* Text lines; dmesg_end() when there are no more. */
void dmesg_line(struct recon *r, const char *line);
void dmesg_end(struct recon *r);
void regions_line(struct recon *r, const char *line);
void ranges_line(struct recon *r, const char *line);

#endif
