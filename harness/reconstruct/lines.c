// SPDX-License-Identifier: GPL-2.0-or-later
/* A stream as lines; the two formats of ranges. */
#include <errno.h>
#include <string.h>

#include "harness/reconstruct/facts.h"
#include "harness/reconstruct/scan.h"

/* The words of /sys/kernel/iommu_groups/G/reserved_regions. */
static const char *const types[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "direct",
	[HOST_REGION_DIRECT_RELAXABLE] = "direct-relaxable",
	[HOST_REGION_RESERVED] = "reserved",
	[HOST_REGION_MSI] = "msi",
};

/* So many get an address of their own. */
#define GROUP_MAX 8191

static bool blank(const char *line)
{
	return !line[strspn(line, " \t")];
}

/* 0x00000000fee00000 0x00000000feefffff msi, perhaps with the path that grep puts before it. */
void regions_line(struct recon *r, const char *line)
{
	const char *p = strstr(line, "0x"), *path = strstr(line, "iommu_groups/");
	struct host_region g;
	struct region *to;
	int group = -1;
	size_t n;

	if (blank(line))
		return;
	if (path && (!p || path < p))
		if (sscanf(path, "iommu_groups/%7d/", &group) != 1 || group < 0)
			group = -1;
	if (group > GROUP_MAX) {
		facts_note(r, r->line, "a group above %d", GROUP_MAX);
		return;
	}
	if (!p || scan_hex(&p, &g.start) != SCAN_USED || scan_hex(&p, &g.last) != SCAN_USED) {
		facts_note(r, r->line, "expected two numbers, 0x..., and a type");
		return;
	}
	scan_blank(&p);
	n = strcspn(p, " \t");
	for (unsigned int t = 0; t < HOST_REGION_NR; t++) {
		if (strlen(types[t]) != n || strncmp(p, types[t], n))
			continue;
		if (g.last < g.start) {
			facts_note(r, r->line, "the region ends before it starts");
			return;
		}
		g.type = (enum host_region_type)t;
		to = facts_region(r);
		if (to)
			*to = (struct region){ .group = group, .r = g };
		if (!r->regions_from)
			facts_from(r, &r->regions_from);
		return;
	}
	facts_note(r, r->line,
		   "the region's type is none of direct, direct-relaxable, reserved, "
		   "msi");
}

/* Two numbers that begin with 0x; what is around them does not matter. */
void ranges_line(struct recon *r, const char *line)
{
	const char *p = strstr(line, "0x"), *q;
	struct host_range g, *to;

	if (blank(line))
		return;
	if (!p || scan_hex(&p, &g.start) != SCAN_USED || !(q = strstr(p, "0x")) ||
	    scan_hex(&q, &g.last) != SCAN_USED) {
		facts_note(r, r->line, "expected two numbers, 0x..., the last one inclusive");
		return;
	}
	if (g.last < g.start) {
		facts_note(r, r->line, "the range ends before it starts");
		return;
	}
	to = facts_range(r);
	if (to)
		*to = g;
	if (!r->ranges_from)
		facts_from(r, &r->ranges_from);
}

/* The line being read, cleaned as it comes. */
struct cleaner {
	char text[LINE_MAX_BYTES];
	size_t n;
	int escape; /* in a terminal's colours: 1 after ESC, 2 after ESC [ */
	bool c2;    /* the first byte of UTF-8's no-break space */
	bool any;
};

static void put(struct cleaner *c, char ch)
{
	if (c->n + 1 < sizeof(c->text))
		c->text[c->n++] = ch;
}

/* Colours vanish, no-break spaces become spaces, what cannot be printed '?'. */
static void clean(struct cleaner *c, unsigned char ch)
{
	c->any = true;
	if (c->escape == 2) {
		if (ch >= '@' && ch <= '~')
			c->escape = 0;
	} else if (c->escape == 1) {
		c->escape = ch == '[' ? 2 : 0;
	} else if (ch == 0x1b) {
		c->escape = 1;
	} else if (c->c2 || ch == 0xc2) {
		if (c->c2)
			put(c, ch == 0xa0 ? ' ' : '?');
		c->c2 = !c->c2;
	} else if (ch == '\t') {
		put(c, ' ');
	} else if (ch != '\r') {
		put(c, ch >= ' ' && ch <= '~' ? (char)ch : '?');
	}
}

static void finish(struct recon *r, enum recon_text kind, struct cleaner *c)
{
	c->text[c->n] = 0;
	r->line++;
	switch (kind) {
	case RECON_DMESG: dmesg_line(r, c->text); break;
	case RECON_REGIONS: regions_line(r, c->text); break;
	case RECON_RANGES: ranges_line(r, c->text); break;
	}
	c->n = 0;
	c->escape = 0;
	c->c2 = c->any = false;
}

int recon_read(struct recon *r, enum recon_text kind, FILE *f, const char *name)
{
	struct cleaner c = { .n = 0 };
	char block[1 << 14];
	size_t got;

	facts_input(r, name);
	while ((got = fread(block, 1, sizeof(block), f)) > 0 && !r->oom) {
		for (size_t i = 0; i < got; i++) {
			if (block[i] == '\n')
				finish(r, kind, &c);
			else
				clean(&c, (unsigned char)block[i]);
		}
	}
	if (c.any)
		finish(r, kind, &c);
	dmesg_end(r);
	if (r->oom)
		return -ENOMEM;
	return ferror(f) ? -EIO : 0;
}
