// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lines of a boot log that tell of IOMMUs. A line is known by its words,
 * not by its place, so that timestamps, journal prefixes and marks of quoted
 * mail do not matter; a mailer's wrapped line is joined with the next one.
 *
 * The words are those of drivers/iommu/intel/{dmar,iommu,irq_remapping}.c,
 * drivers/iommu/amd/init.c, drivers/iommu/arm/arm-smmu-v3 and drivers/pci of
 * Linux 2.6.30 to 7.3, and of QEMU's hw/i386/intel_iommu.c.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/reconstruct/facts.h"
#include "harness/reconstruct/scan.h"

/* A word that must come: SCAN_SHORT when the line ends before or in it. */
static enum scan want(const char **p, const char *word, const char **why)
{
	if (scan_word(p, word))
		return SCAN_USED;
	scan_blank(p);
	*why = word;
	return strncmp(word, *p, strlen(*p)) ? SCAN_BAD : SCAN_SHORT;
}

static enum scan want_hex(const char **p, uint64_t *v, const char *what, const char **why)
{
	enum scan s = scan_hex(p, v);

	if (s != SCAN_USED)
		*why = what;
	return s;
}

#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum scan s_ = (call);                                                             \
		if (s_ != SCAN_USED)                                                               \
			return s_;                                                                 \
	} while (0)

/* "dmar3" or "IOMMU 3" before key becomes "dmar3"; empty when neither is there. */
static void unit_name(const char *line, const char *key, char name[16])
{
	unsigned int n;
	const char *at;

	name[0] = 0;
	for (at = line; at < key; at++) {
		if (sscanf(at, "dmar%3u", &n) == 1 || sscanf(at, "IOMMU %3u:", &n) == 1 ||
		    sscanf(at, "IOMMU%3u:", &n) == 1)
			snprintf(name, 16, "dmar%u", n);
	}
}

struct regs {
	uint64_t base, cap, ecap;
	char name[16];
	char version[12];
};

/* Registers that all read as ones or zeros are of hardware that does not answer. */
static bool dead(const struct regs *g)
{
	return (!g->cap && !g->ecap) || (g->cap == UINT64_MAX && g->ecap == UINT64_MAX);
}

static enum scan add_regs(struct recon *r, const struct regs *g)
{
	struct unit *u = facts_find_unit(r, HOST_IOMMU_INTEL, g->base, g->name);

	for (size_t i = 0; !u && !g->base && !*g->name && i < r->nunits; i++)
		if (r->units[i].has_regs && r->units[i].cap == g->cap &&
		    r->units[i].ecap == g->ecap)
			u = &r->units[i];
	if (u && u->has_regs) {
		if (u->cap != g->cap || u->ecap != g->ecap)
			facts_note(r, r->line,
				   "other registers of a unit that %s has told of: ignored",
				   u->from);
		return SCAN_USED;
	}
	if (!u)
		u = facts_unit(r);
	else
		facts_from(r, &u->from);
	if (!u)
		return SCAN_USED;
	u->type = HOST_IOMMU_INTEL;
	u->base = g->base;
	if (*g->name)
		memcpy(u->name, g->name, sizeof(u->name));
	if (dead(g)) {
		facts_note(r, r->line, "cap and ecap are all %s: the unit did not answer",
			   g->cap ? "ones" : "zeros");
		return SCAN_USED;
	}
	u->has_regs = true;
	u->cap = g->cap;
	u->ecap = g->ecap;
	memcpy(u->version, g->version, sizeof(u->version));
	return SCAN_USED;
}

/* "ver 1:0 cap X ecap Y", all of which must be there. */
static enum scan rest_of_regs(const char **p, struct regs *g, const char **why)
{
	unsigned int major = 0, minor = 0;

	TRY(want(p, "ver", why));
	*why = "version";
	TRY(scan_dec(p, 255, &major));
	TRY(want(p, ":", why));
	TRY(scan_dec(p, 255, &minor));
	snprintf(g->version, sizeof(g->version), "%u:%u", major, minor);
	TRY(want(p, "cap", why));
	TRY(want_hex(p, &g->cap, "cap", why));
	TRY(want(p, "ecap", why));
	TRY(want_hex(p, &g->ecap, "ecap", why));
	return SCAN_USED;
}

/* DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c40660462 ecap f050da */
static enum scan unit_line(struct recon *r, const char *line, const char *p, const char **why)
{
	struct regs g = { 0 };

	unit_name(line, p, g.name);
	TRY(want_hex(&p, &g.base, "reg_base_addr", why));
	TRY(rest_of_regs(&p, &g, why));
	return add_regs(r, &g);
}

/* IOMMU fed90000: ver 1:0 cap c9008020e30272 ecap 1000 (before 2.6.39) */
static enum scan old_unit_line(struct recon *r, const char *line, const char *p, const char **why)
{
	struct regs g = { 0 };

	if (scan_hex(&p, &g.base) != SCAN_USED || !scan_word(&p, ":"))
		return SCAN_OTHER;
	scan_blank(&p);
	if (strncmp(p, "ver ", 4))
		return SCAN_OTHER;
	TRY(rest_of_regs(&p, &g, why));
	return add_regs(r, &g);
}

/* /sys/class/iommu/dmar0/intel-iommu/cap:d2008c40660462, as grep prints it; ecap likewise. */
static enum scan sysfs_line(struct recon *r, const char *line, const char *p, const char **why)
{
	char name[16];
	struct unit *u;
	bool ecap = *p == 'e';
	uint64_t v;

	if (strncmp(p, ecap ? "ecap:" : "cap:", ecap ? 5 : 4))
		return SCAN_OTHER;
	unit_name(line, p, name);
	if (!*name)
		return SCAN_OTHER;
	p += ecap ? 5 : 4;
	TRY(want_hex(&p, &v, ecap ? "ecap" : "cap", why));
	u = facts_find_unit(r, HOST_IOMMU_INTEL, 0, name);
	if (!u) {
		u = facts_unit(r);
		if (!u)
			return SCAN_USED;
		u->type = HOST_IOMMU_INTEL;
		memcpy(u->name, name, sizeof(name));
	}
	if (u->has_regs)
		return SCAN_USED;
	/* The two come in either order; together they make the registers. */
	*(ecap ? &u->ecap : &u->cap) = v;
	u->has_regs = u->cap && u->ecap;
	return SCAN_USED;
}

static enum scan width_line(struct recon *r, const char *line, const char *p, const char **why)
{
	unsigned int bits;

	*why = "width";
	TRY(scan_dec(&p, 64, &bits));
	if (!bits)
		return SCAN_BAD;
	if (r->haw && r->haw != (int)bits) {
		facts_note(r, r->line, "host address width %u, where %s says %d: ignored", bits,
			   r->haw_from, r->haw);
		return SCAN_USED;
	}
	r->haw = (int)bits;
	facts_from(r, &r->haw_from);
	return SCAN_USED;
}

static enum scan drhd_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t base, flags;
	struct unit *u;

	TRY(want_hex(&p, &base, "base", why));
	TRY(want(&p, "flags:", why));
	TRY(want_hex(&p, &flags, "flags", why));
	u = facts_find_unit(r, HOST_IOMMU_INTEL, base, "");
	if (!u)
		u = facts_unit(r);
	if (!u)
		return SCAN_USED;
	u->type = HOST_IOMMU_INTEL;
	u->base = base;
	u->include_all = flags & 1;
	return SCAN_USED;
}

static enum scan rmrr_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t start, last;
	struct rmrr *m;

	TRY(want_hex(&p, &start, "base", why));
	TRY(want(&p, "end:", why));
	TRY(want_hex(&p, &last, "end", why));
	if (last < start) {
		*why = "end (below the base)";
		return SCAN_BAD;
	}
	/* The kernel tells of one once; a log may be pasted twice, a table beside it. */
	for (size_t i = 0; i < r->nrmrrs; i++)
		if (r->rmrrs[i].start == start && r->rmrrs[i].last == last)
			return SCAN_USED;
	m = facts_rmrr(r);
	if (m) {
		m->start = start;
		m->last = last;
	}
	return SCAN_USED;
}

static enum scan atsr_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t flags;

	TRY(want_hex(&p, &flags, "flags", why));
	r->atsr += !r->has_dmar;
	return SCAN_USED;
}

static enum scan satc_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t flags;

	TRY(want_hex(&p, &flags, "flags", why));
	r->satc += !r->has_dmar;
	return SCAN_USED;
}

/* The kernel's own line, not a quote of its words: nothing but a prefix before it. */
static bool at_start(const char *line, const char *key)
{
	while (key > line && key[-1] == ' ')
		key--;
	return key == line || key[-1] == ']' || key[-1] == ':' || key[-1] == '>' || key[-1] == '|';
}

static enum scan version_line(struct recon *r, const char *line, const char *p, const char **why)
{
	size_t n;

	scan_blank(&p);
	n = strcspn(p, " (");
	if (!at_start(line, strstr(line, "Linux version")) || !host_kernel_version(p))
		return SCAN_OTHER;
	/* Of several boots the last counts. */
	if (!r->release_given) {
		facts_set(r, &r->release, p, n);
		facts_from(r, &r->release_from);
	}
	free(r->cmdline);
	r->cmdline = NULL;
	return SCAN_USED;
}

static enum scan cmdline_line(struct recon *r, const char *line, const char *p, const char **why)
{
	size_t n;

	scan_blank(&p);
	n = strlen(p);
	while (n && p[n - 1] == ' ')
		n--;
	facts_set(r, &r->cmdline, p, n);
	facts_from(r, &r->cmdline_from);
	return SCAN_USED;
}

static enum scan machine_line(struct recon *r, const char *line, const char *p, const char **why)
{
	scan_blank(&p);
	if (!at_start(line, p - 5) || r->machine || !*p || strstr(line, "SMBIOS"))
		return SCAN_OTHER;
	facts_set(r, &r->machine, p, strlen(p));
	return SCAN_USED;
}

static enum scan set_remapping(struct recon *r, int on)
{
	r->remapping = on;
	r->remapping_known = true;
	facts_from(r, &r->remapping_from);
	return SCAN_USED;
}

static enum scan remapping_on(struct recon *r, const char *line, const char *p, const char **why)
{
	return set_remapping(r, 1);
}

static enum scan remapping_off(struct recon *r, const char *line, const char *p, const char **why)
{
	return set_remapping(r, 0);
}

/* Of the one AMD unit that the log knows by number, or of all of them: they are alike. */
static enum scan add_efr(struct recon *r, uint64_t efr)
{
	struct unit *u = NULL;

	for (size_t i = 0; i < r->nunits; i++) {
		if (r->units[i].type != HOST_IOMMU_AMD)
			continue;
		u = &r->units[i];
		if (!u->has_efr) {
			u->has_efr = true;
			u->efr = efr;
		}
	}
	if (!u) {
		u = facts_unit(r);
		if (u) {
			u->type = HOST_IOMMU_AMD;
			u->has_efr = true;
			u->efr = efr;
		}
	}
	return SCAN_USED;
}

/* AMD-Vi: Extended features (0x246577efa2254afa, 0x10): PPR NX GT ... */
static enum scan efr_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t efr;

	if (!strstr(line, "AMD-Vi"))
		return SCAN_OTHER;
	/* Before 4.6 the names of the features only. */
	if (*p != '(' && *p != ':')
		return SCAN_OTHER;
	p++;
	TRY(want_hex(&p, &efr, "extended features", why));
	return add_efr(r, efr);
}

static enum scan ivhd_efr_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t efr;

	TRY(want_hex(&p, &efr, "EFR", why));
	return add_efr(r, efr);
}

/* arm-smmu-v3 arm-smmu-v3.1.auto: ias 48-bit, oas 48-bit */
static enum scan smmu_line(struct recon *r, const char *line, const char *p, const char **why)
{
	unsigned int ias, oas;
	struct unit *u;

	if (!strstr(line, "arm-smmu"))
		return SCAN_OTHER;
	*why = "ias";
	TRY(scan_dec(&p, 64, &ias));
	TRY(want(&p, "-bit, oas", why));
	*why = "oas";
	TRY(scan_dec(&p, 64, &oas));
	if (!ias) {
		*why = "ias";
		return SCAN_BAD;
	}
	u = facts_unit(r);
	if (u) {
		u->type = HOST_IOMMU_SMMUV3;
		u->ias = ias;
	}
	return SCAN_USED;
}

/* QEMU: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39 */
static enum scan told_line(struct recon *r, const char *line, const char *p, const char **why)
{
	unsigned int bits;

	*why = "width";
	TRY(scan_dec(&p, 64, &bits));
	if (!bits)
		return SCAN_BAD;
	/* Of devices behind several units the narrowest. */
	if (!r->told_bits || (int)bits < r->told_bits) {
		r->told_bits = (int)bits;
		facts_from(r, &r->told_from);
	}
	return SCAN_USED;
}

/* pci 0000:04:00.1: ... Device is ineligible for IOMMU domain attach due to platform RMRR ... */
static enum scan locked_line(struct recon *r, const char *line, const char *p, const char **why)
{
	struct pci *d;
	char bdf[16];

	if (!scan_bdf_before(line, p, bdf))
		return SCAN_OTHER;
	d = facts_pci(r, bdf);
	if (d && !d->locked) {
		d->locked = true;
		facts_from(r, &d->from);
	}
	return SCAN_USED;
}

/* pci 0000:00:14.0: [8086:a36d] type 00 class 0x0c0330 */
static enum scan class_line(struct recon *r, const char *line, const char *p, const char **why)
{
	uint64_t class;
	struct pci *d;
	char bdf[16];

	if (!strstr(line, "] type ") || !scan_bdf_before(line, p, bdf) ||
	    scan_hex(&p, &class) != SCAN_USED || class > 0xffffff)
		return SCAN_OTHER;
	d = facts_pci(r, bdf);
	if (d)
		d->class = (uint32_t) class;
	return SCAN_USED;
}

/* In this order: the first whose key is in a line has it. */
static const struct rule {
	const char *key;
	enum scan (*take)(struct recon *r, const char *line, const char *after, const char **why);
} rules[] = {
	{ "reg_base_addr", unit_line },
	{ "RMRR base:", rmrr_line },
	{ "DRHD base:", drhd_line },
	{ "Host address width", width_line },
	{ "ATSR flags:", atsr_line },
	{ "SATC flags:", satc_line },
	{ "Linux version", version_line },
	{ "Kernel command line:", cmdline_line },
	{ "Command line:", cmdline_line },
	{ "DMI: ", machine_line },
	{ "Enabled IRQ remapping", remapping_on },
	{ "Enabled Interrupt-remapping", remapping_on },
	{ "AMD-Vi: Interrupt remapping enabled", remapping_on },
	{ "AMD-Vi: Disabling interrupt remapping", remapping_off },
	{ "No interrupt remapping support", remapping_off },
	{ "Extended features ", efr_line },
	{ "IVHD EFR:", ivhd_efr_line },
	{ ": ias", smmu_line },
	{ "host aw-bits", told_line },
	{ "Device is ineligible for IOMMU domain attach", locked_line },
	{ "Firmware has requested this device have a 1:1 IOMMU mapping", locked_line },
	{ "/intel-iommu/", sysfs_line },
	{ "IOMMU ", old_unit_line },
	{ " class 0x", class_line },
};

static enum scan take(struct recon *r, const char *line, const char **why)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		const char *at = strstr(line, rules[i].key);

		if (at)
			return rules[i].take(r, line, at + strlen(rules[i].key), why);
	}
	return SCAN_OTHER;
}

static bool is_ours(const char *line)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (strstr(line, rules[i].key))
			return true;
	return false;
}

static void note(struct recon *r, unsigned int line, enum scan s, const char *why)
{
	if (s == SCAN_SHORT)
		facts_note(r, line, "ends before its %s", why);
	else
		facts_note(r, line, "its %s cannot be read", why);
}

/* The rest of a wrapped line: without the marks of the quote that it is in. */
static const char *unquoted(const char *line)
{
	while (*line == '>' || *line == '|' || *line == ' ' || *line == '\t')
		line++;
	return line;
}

/* Whether line was the rest of the held one. The held one is done with in either case. */
static bool joins(struct recon *r, const char *line)
{
	const char *rest = unquoted(line), *why = "";
	size_t n = strlen(r->held);
	unsigned int now = r->line;
	bool joined = false;

	r->line = r->held_line;
	if (*rest && !is_ours(line) && n + strlen(rest) + 2 < sizeof(r->held)) {
		snprintf(r->held + n, sizeof(r->held) - n, " %s", rest);
		joined = take(r, r->held, &why) == SCAN_USED;
	}
	if (!joined)
		note(r, r->held_line, SCAN_SHORT, r->held_why);
	r->line = now;
	r->held[0] = 0;
	return joined;
}

void dmesg_line(struct recon *r, const char *line)
{
	const char *why = "";
	enum scan s;

	if (r->held[0] && joins(r, line))
		return;
	s = take(r, line, &why);
	if (s == SCAN_SHORT) {
		snprintf(r->held, sizeof(r->held), "%s", line);
		r->held_line = r->line;
		r->held_why = why;
	} else if (s == SCAN_BAD) {
		note(r, r->line, s, why);
	}
}

void dmesg_end(struct recon *r)
{
	if (r->held[0])
		note(r, r->held_line, SCAN_SHORT, r->held_why);
	r->held[0] = 0;
}
