// SPDX-License-Identifier: GPL-2.0-or-later
/* What a scenario can expect: one row an expectation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/scenario/internal.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/type1_info.h"
#include "mocks/model.h"

/* ---- texts ---- */

/* "*" stands for any run of characters. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Puts names for "@1" and "@v1". */
static void expand(const struct run *r, const char *text, char *dst, size_t room)
{
	size_t n = 0;

	for (; *text && n + 1 < room; text++) {
		char word[8];
		const char *host = NULL;
		size_t v = text[0] == '@' && text[1] == 'v';
		size_t digits = *text == '@' ? strspn(text + 1 + v, "0123456789") : 0;

		if (digits && digits < 3) {
			snprintf(word, sizeof(word), "%.*s", (int)(digits + v) + 1, text);
			host = run_host(r, word);
		}
		if (host) {
			n += (size_t)snprintf(dst + n, room - n, "%s", host);
			text += digits + v;
		} else {
			dst[n++] = *text;
		}
	}
	dst[n < room ? n : room - 1] = '\0';
}

static int compare_text(struct run *r, const struct step *s, const char *what, const char *pattern,
			const char *seen)
{
	char expected[1200];

	expand(r, pattern, expected, sizeof(expected));
	if (matches(expected, seen))
		return 0;
	return scenario_fail(r, s->line, "%s: '%s', expected '%s'", what, seen, expected);
}

/* ---- outcomes ---- */

static int outcome(struct run *r, const struct step *s, enum hiod_answer expected)
{
	if (!r->last)
		return scenario_fail(r, s->line, "expect %s: nothing was done yet", s->type->name);
	r->looked = true;
	if (r->outcome != expected)
		return scenario_fail(r, s->line, "%s (line %u): %s%s%s; expected %s",
				     r->last->type->name, r->last->line,
				     hiod_answer_name(r->outcome), r->err.message[0] ? ": " : "",
				     r->err.message, s->type->name);
	return s->words ? compare_text(r, s, "message", s->word[0], r->err.message) : 0;
}

static int is_accepted(struct run *r, const struct step *s)
{
	return outcome(r, s, HIOD_ACCEPTED);
}

static int is_refused(struct run *r, const struct step *s)
{
	return outcome(r, s, HIOD_REFUSED);
}

static int is_abort(struct run *r, const struct step *s)
{
	return outcome(r, s, HIOD_ABORT);
}

static int is_hang(struct run *r, const struct step *s)
{
	return outcome(r, s, HIOD_HANG);
}

static int is_unknown(struct run *r, const struct step *s)
{
	return outcome(r, s, HIOD_UNKNOWN);
}

static int has_hint(struct run *r, const struct step *s)
{
	return compare_text(r, s, "hint", s->word[0], r->err.hint);
}

/* Our own answer, from what the machine has met so far. */
static int has_verdict(struct run *r, const struct step *s)
{
	enum hiod_anomaly worst = hiod_anomaly_worst(&r->m.anomalies);
	enum hiod_answer v = r->outcome;
	char text[512] = "";

	if (worst != HIOD_ANOMALY_COUNT) {
		v = hiod_anomaly_verdict(worst);
		hiod_anomaly_message(&r->m.anomalies, worst, text, sizeof(text));
	}
	if (strcmp(hiod_answer_name(v), s->word[0]))
		return scenario_fail(r, s->line, "verdict %s%s%s, expected %s", hiod_answer_name(v),
				     *text ? ": " : "", text, s->word[0]);
	return s->words > 1 ? compare_text(r, s, "verdict", s->word[1], text) : 0;
}

/* ---- state ---- */

static int compare(struct run *r, const struct step *s, const char *expected, uint64_t seen)
{
	bool bad;

	if (number_fits(expected, seen, &bad))
		return 0;
	return scenario_fail(r, s->line, "%s%s%s is %" PRIu64 " (0x%" PRIx64 "), expected %s",
			     s->type->name, s->words > 1 ? " of " : "",
			     s->words > 1 ? run_host(r, s->word[0]) : "", seen, seen, expected);
}

static struct plug *plug_of(struct run *r, const struct step *s, const char *word)
{
	const char *host = run_host(r, word);
	struct plug *p = host ? run_find(r, host) : NULL;

	if (!p)
		scenario_fail(r, s->line, "expect %s: %s is not plugged in", s->type->name,
			      host ? host : word);
	return p;
}

/* One that has a container. */
static struct plug *vfio_of(struct run *r, const struct step *s, const char *word)
{
	struct plug *p = plug_of(r, s, word);

	if (!p || !p->is_vdpa)
		return p;
	scenario_fail(r, s->line, "expect %s: %s is a vDPA device, expected one of VFIO",
		      s->type->name, p->host);
	return NULL;
}

static int has_aw_bits(struct run *r, const struct step *s)
{
	struct plug *p = plug_of(r, s, s->word[0]);
	int bits;

	if (!p)
		return -1;
	bits = p->is_vdpa ? vdpa_device_get_aw_bits(&p->vdpa.vdpa)
			  : vfio_device_get_aw_bits(&p->dev.vbasedev);
	return compare(r, s, s->word[1], (uint64_t)bits);
}

/* What the kernel says now, whatever was read when the container was made. */
static int ask_kernel(struct run *r, VFIOContainer *c, struct hiod_ranges *ranges)
{
	struct hiod_anomalies an = { 0 };
	struct hiod_error err;
	struct type1_info info;
	uint64_t pgsizes, small[64];
	size_t len;
	void *buf;
	int rc;

	hiod_error_init(&err);
	if (c->is_iommufd)
		return iommufd_backend_get_iova_ranges(c->be, c->ioas_id, ranges, &pgsizes, &an,
						       &err);
	rc = vfio_get_info(&r->m.vfio, c->fd, VFIO_IOMMU_GET_INFO, sizeof(struct uapi_type1_info),
			   small, sizeof(small), &buf, &len, true, "", &err);
	if (rc)
		return rc;
	rc = type1_info_parse(buf, len, &info, &an, &err);
	vfio_reply_free(small, buf);
	*ranges = info.iova_ranges;
	return rc;
}

static int has_kernel_aw_bits(struct run *r, const struct step *s)
{
	struct plug *p = vfio_of(r, s, s->word[0]);
	struct hiod_ranges ranges = { 0 };
	int rc, bits = 64;

	if (!p)
		return -1;
	rc = ask_kernel(r, p->dev.vbasedev.container, &ranges);
	if (rc)
		rc = scenario_fail(r, s->line, "the kernel does not tell its ranges: %s",
				   strerror(-rc));
	if (ranges.n)
		bits = range_get_last_bit(range_list_last(&ranges)) + 1;
	range_list_free(&ranges);
	return rc ? rc : compare(r, s, s->word[1], (uint64_t)bits);
}

static int has_table(struct run *r, const struct step *s)
{
	return compare(r, s, s->word[0], r->up ? machine_table_size(&r->m) : 0);
}

static int has_refs(struct run *r, const struct step *s)
{
	struct plug *p = plug_of(r, s, s->word[0]);
	const HostIOMMUDevice *h = p ? plug_hiod(p) : NULL;

	return p ? compare(r, s, s->word[1], h ? h->refs : 0) : -1;
}

static int has_devices(struct run *r, const struct step *s)
{
	uint64_t n = 0;

	for (const struct plug *p = r->plugs; p; p = p->next)
		n++;
	return compare(r, s, s->word[0], n);
}

/* "br0:00.0" */
static int has_alias(struct run *r, const struct step *s)
{
	struct plug *p = plug_of(r, s, s->word[0]);
	struct pci_iommu_alias a;
	char text[96];

	if (!p)
		return -1;
	pci_device_get_iommu_bus_devfn(plug_pci(p), &a);
	snprintf(text, sizeof(text), "%s:%02x.%x", a.aliased_bus->name ? a.aliased_bus->name : "",
		 PCI_SLOT(a.aliased_devfn), PCI_FUNC(a.aliased_devfn));
	return compare_text(r, s, "alias", s->word[1], text);
}

static int same_container(struct run *r, const struct step *s, bool same)
{
	struct plug *a = vfio_of(r, s, s->word[0]), *b = a ? vfio_of(r, s, s->word[1]) : NULL;

	if (!b)
		return -1;
	if ((a->dev.vbasedev.container == b->dev.vbasedev.container) == same)
		return 0;
	return scenario_fail(r, s->line, "%s and %s %s a container", a->host, b->host,
			     same ? "do not share" : "share");
}

static int shares(struct run *r, const struct step *s)
{
	return same_container(r, s, true);
}

static int shares_not(struct run *r, const struct step *s)
{
	return same_container(r, s, false);
}

/* ---- the kernel's objects; where it cannot be asked nothing is compared ---- */

static int has_fds(struct run *r, const struct step *s)
{
	return compare(r, s, s->word[0], r->tap.fds);
}

static int counted(struct run *r, const struct step *s, size_t offset)
{
	struct model_stats st;
	unsigned v;

	if (!r->w->model)
		return 0;
	model_stats(r->w->model, &st);
	memcpy(&v, (const char *)&st + offset, sizeof(v));
	return compare(r, s, s->word[0], v);
}

static int has_objects(struct run *r, const struct step *s)
{
	return counted(r, s, offsetof(struct model_stats, objects));
}

static int has_ioas(struct run *r, const struct step *s)
{
	return counted(r, s, offsetof(struct model_stats, ioas));
}

static int has_hwpts(struct run *r, const struct step *s)
{
	return counted(r, s, offsetof(struct model_stats, hwpts));
}

static int has_containers(struct run *r, const struct step *s)
{
	return counted(r, s, offsetof(struct model_stats, containers));
}

static int has_mappings(struct run *r, const struct step *s)
{
	return counted(r, s, offsetof(struct model_stats, mappings));
}

/* ---- the vIOMMU ---- */

static int of_kind(struct run *r, const struct step *s, enum machine_viommu kind, const char *name)
{
	if (r->up && r->m.viommu_kind == kind)
		return 0;
	return scenario_fail(r, s->line, "expect %s: the vIOMMU is no %s", s->type->name, name);
}

static int has_cap(struct run *r, const struct step *s)
{
	if (of_kind(r, s, MACHINE_VIOMMU_INTEL, "intel-iommu"))
		return -1;
	return compare(r, s, s->word[0], r->m.viommu.cap);
}

static int has_ecap(struct run *r, const struct step *s)
{
	if (of_kind(r, s, MACHINE_VIOMMU_INTEL, "intel-iommu"))
		return -1;
	return compare(r, s, s->word[0], r->m.viommu.ecap);
}

static int has_page_sizes(struct run *r, const struct step *s)
{
	if (of_kind(r, s, MACHINE_VIOMMU_VIRTIO, "virtio-iommu"))
		return -1;
	return compare(r, s, s->word[0], r->m.virtio_iommu.page_size_mask);
}

/* Its reserved regions, as "0xfee00000-0xfeefffff,..." */
static int has_reserved(struct run *r, const struct step *s)
{
	const struct hiod_resv_regions *l;
	struct plug *p = plug_of(r, s, s->word[0]);
	char text[1024] = "";
	size_t n = 0;

	if (!p || of_kind(r, s, MACHINE_VIOMMU_VIRTIO, "virtio-iommu"))
		return -1;
	l = machine_resv_regions(&r->m, plug_pci(p));
	for (size_t i = 0; l && i < l->n && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s0x%" PRIx64 "-0x%" PRIx64,
				      i ? "," : "", l->r[i].range.start, l->r[i].range.last);
	return compare_text(r, s, "reserved regions", s->word[1], text);
}

const struct step_type scenario_expect[] = {
	{ "accepted", 0, 0, "", is_accepted, .outcome = true },
	{ "refused", 0, 1, "t", is_refused, .outcome = true },
	{ "abort", 0, 1, "t", is_abort, .outcome = true },
	{ "hang", 0, 1, "t", is_hang, .outcome = true },
	{ "unknown", 0, 1, "t", is_unknown, .outcome = true },
	{ "hint", 1, 1, "t", has_hint },
	{ "verdict", 1, 2, "vt", has_verdict },
	{ "aw-bits", 2, 2, "hc", has_aw_bits },
	{ "kernel-aw-bits", 2, 2, "hc", has_kernel_aw_bits },
	{ "refs", 2, 2, "hc", has_refs },
	{ "alias", 2, 2, "ht", has_alias },
	{ "same-container", 2, 2, "h", shares },
	{ "other-container", 2, 2, "h", shares_not },
	{ "reserved", 2, 2, "ht", has_reserved },
	{ "table", 1, 1, "c", has_table },
	{ "devices", 1, 1, "c", has_devices },
	{ "fds", 1, 1, "c", has_fds },
	{ "objects", 1, 1, "c", has_objects },
	{ "ioas", 1, 1, "c", has_ioas },
	{ "hwpts", 1, 1, "c", has_hwpts },
	{ "containers", 1, 1, "c", has_containers },
	{ "mappings", 1, 1, "c", has_mappings },
	{ "cap", 1, 1, "c", has_cap },
	{ "ecap", 1, 1, "c", has_ecap },
	{ "page-sizes", 1, 1, "c", has_page_sizes },
	{ NULL },
};
