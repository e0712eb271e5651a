// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding names in texts, and the table of what stands for each. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/redact.h"

enum kind {
	NAME_UUID,
	NAME_ID, /* 32 hexadecimal digits: machine and boot ids */
	NAME_MAC,
	NAME_IP,
	NAME_SLOT, /* a PCI address without its function */
	NAME_HOST,
	NAME_VALUE, /* of a parameter that is nobody's business */
	NAME_NR,
};

struct pair {
	enum kind kind;
	char *from, *to;
};

struct redact {
	unsigned int flags;
	char *hostname;
	struct pair *pairs;
	size_t npairs;
	unsigned int count[NAME_NR];
};

struct redact *redact_new(unsigned int flags, const char *hostname)
{
	struct redact *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->flags = flags;
	/* Too short or too common to be told from other words. */
	if (hostname && strlen(hostname) > 2 && strcmp(hostname, "(none)") &&
	    strcmp(hostname, "localhost")) {
		r->hostname = strdup(hostname);
		if (!r->hostname) {
			free(r);
			return NULL;
		}
	}
	return r;
}

void redact_free(struct redact *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->npairs; i++) {
		free(r->pairs[i].from);
		free(r->pairs[i].to);
	}
	free(r->pairs);
	free(r->hostname);
	free(r);
}

/* ---- the table ---------------------------------------------------------- */

static int name_for(char **to, enum kind kind, unsigned int n)
{
	switch (kind) {
	case NAME_UUID: return asprintf(to, "00000000-0000-4000-8000-%012x", n);
	case NAME_ID: return asprintf(to, "%032x", n);
	case NAME_MAC: return asprintf(to, "02:00:00:00:%02x:%02x", n >> 8 & 0xff, n & 0xff);
	case NAME_IP: return asprintf(to, "192.0.2.%u", n % 256);
	/* Slots from 1 to 31, then the next bus. */
	case NAME_SLOT:
		return asprintf(to, "0000:%02x:%02x", (n - 1) / 31 & 0xff, (n - 1) % 31 + 1);
	case NAME_HOST: return asprintf(to, "host%u", n);
	default: return asprintf(to, "redacted%u", n);
	}
}

/* What stands for the len bytes at s; NULL: no memory. */
static const char *stand_in(struct redact *r, enum kind kind, const char *s, size_t len)
{
	struct pair *p;

	for (size_t i = 0; i < r->npairs; i++) {
		p = &r->pairs[i];
		if (p->kind == kind && !strncasecmp(p->from, s, len) && !p->from[len])
			return p->to;
	}
	p = realloc(r->pairs, (r->npairs + 1) * sizeof(*p));
	if (!p)
		return NULL;
	r->pairs = p;
	p += r->npairs;
	*p = (struct pair){ .kind = kind, .from = strndup(s, len) };
	if (!p->from || name_for(&p->to, kind, ++r->count[kind]) < 0) {
		free(p->from);
		return NULL;
	}
	r->npairs++;
	return p->to;
}

/* What the len bytes at s stand for; NULL: nothing. */
static const char *original(const struct redact *r, enum kind kind, const char *s, size_t len)
{
	for (size_t i = 0; i < r->npairs; i++) {
		const struct pair *p = &r->pairs[i];

		if (p->kind == kind && !strncasecmp(p->to, s, len) && !p->to[len])
			return p->from;
	}
	return NULL;
}

/* ---- finding names: the length of one at s, 0: none --------------------- */

static size_t hex(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && isxdigit((unsigned char)s[n]))
		n++;
	return n;
}

static size_t uuid_at(const char *s)
{
	static const size_t parts[] = { 8, 4, 4, 4, 12 };
	size_t n = 0;

	for (size_t i = 0; i < 5; i++) {
		if (i && s[n++] != '-')
			return 0;
		if (hex(s + n, parts[i]) != parts[i])
			return 0;
		n += parts[i];
	}
	return isxdigit((unsigned char)s[n]) ? 0 : n;
}

static size_t id_at(const char *s)
{
	return hex(s, 33) == 32 && !isalnum((unsigned char)s[32]) ? 32 : 0;
}

/* Six pairs or more, as boot loaders write them with a type in front. */
static size_t mac_at(const char *s)
{
	size_t n = 2;
	int pairs = 1;
	char sep = hex(s, 3) == 2 ? s[2] : 0;

	if (sep != ':' && sep != '-')
		return 0;
	while (s[n] == sep && hex(s + n + 1, 3) == 2) {
		n += 3;
		pairs++;
	}
	return pairs >= 6 && pairs <= 8 && !isalnum((unsigned char)s[n]) ? n : 0;
}

static size_t ip_at(const char *s)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		size_t d = 0;
		unsigned int v = 0;

		if (i && s[n++] != '.')
			return 0;
		while (d < 4 && isdigit((unsigned char)s[n + d]))
			v = 10 * v + (unsigned int)(s[n + d++] - '0');
		if (!d || v > 255)
			return 0;
		n += d;
	}
	return isalnum((unsigned char)s[n]) || s[n] == '.' ? 0 : n;
}

/* "0000:00:05" of "0000:00:05.0"; *domain false for "00:05" of "00:05.0". */
static size_t slot_at(const char *s, bool *domain)
{
	size_t n = hex(s, 9), d = 0;

	*domain = n >= 4 && n <= 8 && s[n] == ':';
	if (*domain)
		d = n + 1;
	if (hex(s + d, 3) != 2 || s[d + 2] != ':' || hex(s + d + 3, 3) != 2)
		return 0;
	n = d + 5;
	if (s[n] != '.' || s[n + 1] < '0' || s[n + 1] > '7' || isalnum((unsigned char)s[n + 2]))
		return 0;
	return n;
}

/* "pci0000:00", a root bus in the target of a link. */
static size_t root_at(const char *s)
{
	size_t n;

	if (strncmp(s, "pci", 3))
		return 0;
	n = hex(s + 3, 9);
	if (n < 4 || n > 8 || s[3 + n] != ':' || hex(s + 4 + n, 3) != 2 || s[6 + n] == ':')
		return 0;
	return 6 + n;
}

/* The host's name, with or without its domain. */
static size_t host_at(const struct redact *r, const char *s)
{
	size_t full = strlen(r->hostname), n = strcspn(r->hostname, ".");

	if (!strncasecmp(s, r->hostname, full))
		n = full;
	else if (n < 3 || strncasecmp(s, r->hostname, n))
		return 0;
	return isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == '_' ? 0 : n;
}

/* ---- rewriting ---------------------------------------------------------- */

struct rewriting {
	struct redact *r;
	FILE *f;
	bool back; /* replacements to originals */
	unsigned int also;
	bool failed;
};

static void put_name(struct rewriting *w, enum kind kind, const char *s, size_t len)
{
	const char *to = w->back ? original(w->r, kind, s, len) : stand_in(w->r, kind, s, len);

	if (to)
		fputs(to, w->f);
	else if (w->back)
		fwrite(s, 1, len, w->f);
	else
		w->failed = true;
}

/* A PCI address; one without a domain is one of domain 0, and written so again. */
static void put_slot(struct rewriting *w, const char *s, size_t len, bool domain)
{
	char full[32];
	const char *to;

	if (domain) {
		put_name(w, NAME_SLOT, s, len);
		return;
	}
	snprintf(full, sizeof(full), "0000:%.5s", s);
	to = w->back ? original(w->r, NAME_SLOT, full, 10) : stand_in(w->r, NAME_SLOT, full, 10);
	if (to)
		fputs(strncmp(to, "0000:", 5) ? to : to + 5, w->f);
	else if (w->back)
		fwrite(s, 1, len, w->f);
	else
		w->failed = true;
}

/* The name at s, rewritten; its length, 0: none begins here. */
static size_t rewrite_at(struct rewriting *w, const char *s)
{
	bool domain;
	size_t n;

	if ((n = uuid_at(s)))
		put_name(w, NAME_UUID, s, n);
	else if ((n = id_at(s)))
		put_name(w, NAME_ID, s, n);
	else if ((n = mac_at(s)))
		put_name(w, NAME_MAC, s, n);
	else if (w->also & REDACT_IPS && (n = ip_at(s)))
		put_name(w, NAME_IP, s, n);
	else if (w->r->flags & REDACT_BDF && (n = slot_at(s, &domain)))
		put_slot(w, s, n, domain);
	else if (w->r->flags & REDACT_BDF && !w->back && (n = root_at(s)))
		fputs("pci0000:00", w->f);
	else if (w->also & REDACT_HOSTS && w->r->hostname && (n = host_at(w->r, s)))
		put_name(w, NAME_HOST, w->r->hostname, strlen(w->r->hostname));
	return n;
}

static void rewrite(struct rewriting *w, const char *s, size_t len)
{
	char before = 0;

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		/* A name begins where a word does. */
		if (!isalnum((unsigned char)before) && before != '.' && before != ':')
			n = rewrite_at(w, s + i);
		if (!n) {
			fputc(s[i], w->f);
			n = 1;
		}
		i += n;
		before = s[i - 1];
	}
}

static char *rewritten(struct redact *r, const char *text, bool back, unsigned int also)
{
	char *out = NULL;
	size_t n;
	struct rewriting w = { .r = r, .f = open_memstream(&out, &n), .back = back, .also = also };

	if (!w.f)
		return NULL;
	rewrite(&w, text, strlen(text));
	if (fclose(w.f) || w.failed) {
		free(out);
		return NULL;
	}
	return out;
}

char *redact_text(struct redact *r, const char *text, unsigned int also)
{
	return rewritten(r, text, false, also);
}

char *redact_back(struct redact *r, const char *text)
{
	return rewritten(r, text, true, 0);
}

/* ---- the command line --------------------------------------------------- */

/* Parameters whose values are about IOMMUs, interrupts, PCI and memory, or say nothing. */
static bool harmless(const char *word, size_t len)
{
	static const char *const names[] = {
		"iommu",
		"intel_iommu",
		"amd_iommu",
		"amd_iommu_intr",
		"arm_smmu",
		"iommufd",
		"vfio",
		"vfio_pci",
		"virtio_iommu",
		"kvm",
		"kvm_intel",
		"kvm_amd",
		"pci",
		"pcie_aspm",
		"pcie_ports",
		"pcie_acs_override",
		"intremap",
		"intel_idle",
		"x2apic_phys",
		"mitigations",
		"hugepages",
		"hugepagesz",
		"default_hugepagesz",
		"transparent_hugepage",
		"swiotlb",
		"acpi",
		"efi",
		"memmap",
		"mem",
		"numa",
		"console",
		"panic",
		"random.trust_cpu",
		"tsc",
		"clocksource",
		"loglevel",
		"modprobe.blacklist",
		"module_blacklist",
		"vfio_iommu_type1",
		"sriov",
		"maxcpus",
		"nr_cpus",
		"video",
	};
	size_t dot = strcspn(word, ".=");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]), k = 0;

		/* A module's parameters go with the module. */
		if (n != len && n != dot)
			continue;
		while (k < n && (word[k] == names[i][k] || (word[k] == '-' && names[i][k] == '_')))
			k++;
		if (k == n)
			return true;
	}
	return false;
}

static void put_word(struct rewriting *w, const char *s, size_t len)
{
	const char *eq = memchr(s, '=', len);
	size_t key = eq ? (size_t)(eq - s) : len;

	if (!eq || key + 1 == len || harmless(s, key)) {
		rewrite(w, s, len);
		return;
	}
	fwrite(s, 1, key + 1, w->f);
	put_name(w, NAME_VALUE, eq + 1, len - key - 1);
}

char *redact_cmdline(struct redact *r, const char *text)
{
	char *out = NULL;
	size_t n;
	struct rewriting w = { .r = r,
			       .f = open_memstream(&out, &n),
			       .also = REDACT_HOSTS | REDACT_IPS };

	if (!w.f)
		return NULL;
	while (*text) {
		bool quoted = false;
		size_t len = 0;

		/* Blanks within quotes are part of a word. */
		while (text[len] && (quoted || !isspace((unsigned char)text[len])))
			quoted ^= text[len++] == '"';
		if (len)
			put_word(&w, text, len);
		text += len;
		if (*text)
			fputc(*text++, w.f);
	}
	if (fclose(w.f) || w.failed) {
		free(out);
		return NULL;
	}
	return out;
}
