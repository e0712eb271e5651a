// SPDX-License-Identifier: GPL-2.0-or-later
/* Two descriptions, member by member; units by their registers' address, devices by theirs. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/vfio.h>

#include "harness/capture/host_derive.h"
#include "harness/capture/host_names.h"
#include "harness/capture/json.h"
#include "harness/cli/diff.h"
#include "harness/explain/explain.h"
#include "harness/uapi/uapi.h"
#include "mocks/model.h"

static const char *yes_no(bool v)
{
	return v ? "yes" : "no";
}

/* A text that a change has, or nothing where there is none. */
static const char *done(struct diff *d, struct text *t)
{
	text_char(t, '\0');
	d->failed |= t->failed;
	return t->failed ? "" : t->b;
}

/* ---- the host ---- */

/* Words of one line that another has not. */
static void put_missing(struct text *t, const char *words, const char *other)
{
	while (words && *words) {
		size_t n = strcspn(words, " ");
		bool there = false;

		for (const char *o = other; n && o && *o && !there; o += strspn(o, " ")) {
			size_t len = strcspn(o, " ");

			there = len == n && !strncmp(o, words, n);
			o += len;
		}
		if (n && !there) {
			if (t->n)
				text_char(t, ' ');
			text_put(t, words, n);
		}
		words += n;
		words += strspn(words, " ");
	}
}

/* What one side has of a list of words, and the other has not. */
static void diff_words(struct diff *d, const char *key, const char *what, const char *before,
		       const char *after)
{
	struct text gone = { 0 }, new = { 0 };
	struct diff_change c = { .subject = "host", .key = key, .words = what };

	put_missing(&gone, before, after);
	put_missing(&new, after, before);
	if (gone.n || new.n) {
		c.before = gone.n ? done(d, &gone) : NULL;
		c.after = new.n ? done(d, &new) : NULL;
		diff_say(d, &c);
	}
	d->failed |= gone.failed || new.failed;
	text_free(&gone);
	text_free(&new);
}

static void put_features(struct text *t, uint32_t features)
{
	for (int f = 0; f < HOST_F_NR; f++) {
		if (!(features >> f & 1))
			continue;
		if (t->n)
			text_char(t, ' ');
		text_str(t, host_feature_name((enum host_feature)f));
	}
}

static void diff_features(struct diff *d)
{
	struct text a = { 0 }, b = { 0 };

	put_features(&a, d->a->features);
	put_features(&b, d->b->features);
	diff_words(d, "features", "of the kernel, on one side only", done(d, &a), done(d, &b));
	text_free(&a);
	text_free(&b);
}

static void diff_flag(struct diff *d, const char *key, const char *words, bool a, bool b)
{
	if (a != b)
		diff_say(d,
			 &(struct diff_change){ "host", NULL, key, words, yes_no(a), yes_no(b) });
}

#define EXTENSIONS 11

/* What VFIO_CHECK_EXTENSION says on a fresh container; no container: no to all. */
static void ask_extensions(struct diff *d, const struct host *h, bool has[EXTENSIONS])
{
	struct shim *s = model_new(h, NULL);
	int c = s ? shim_open(s, "/dev/vfio/vfio", O_RDWR) : -1;

	d->failed |= !s;
	for (unsigned e = 0; e < EXTENSIONS; e++)
		has[e] = c >= 0 && shim_ioctl_val(s, c, VFIO_CHECK_EXTENSION, e) > 0;
	if (c >= 0)
		shim_close(s, c);
	if (s)
		shim_destroy(s);
}

static void diff_extensions(struct diff *d)
{
	static const char *const names[EXTENSIONS] = {
		[VFIO_TYPE1_IOMMU] = "vfio.TYPE1",
		[VFIO_SPAPR_TCE_IOMMU] = "vfio.SPAPR_TCE",
		[VFIO_TYPE1v2_IOMMU] = "vfio.TYPE1v2",
		[VFIO_DMA_CC_IOMMU] = "vfio.DMA_CC",
		[VFIO_EEH] = "vfio.EEH",
		[6] = "vfio.TYPE1_NESTING", /* its name has changed between headers */
		[VFIO_SPAPR_TCE_v2_IOMMU] = "vfio.SPAPR_TCE_v2",
		[VFIO_NOIOMMU_IOMMU] = "vfio.NOIOMMU",
		[VFIO_UNMAP_ALL] = "vfio.UNMAP_ALL",
		[VFIO_UPDATE_VADDR] = "vfio.UPDATE_VADDR",
	};
	bool a[EXTENSIONS], b[EXTENSIONS];

	ask_extensions(d, d->a, a);
	ask_extensions(d, d->b, b);
	for (size_t e = 0; e < EXTENSIONS; e++)
		if (names[e])
			diff_flag(d, names[e], "VFIO_CHECK_EXTENSION", a[e], b[e]);
}

static void diff_host(struct diff *d)
{
	const struct host *a = d->a, *b = d->b;

	diff_compare(d,
		     &(struct diff_change){ "host", NULL, "kernel", NULL, a->release, b->release });
	diff_words(d, "cmdline", "kernel command line, words on one side only", a->cmdline,
		   b->cmdline);
	diff_features(d);
	diff_flag(d, "container", "/dev/vfio/vfio exists", a->container.present,
		  b->container.present);
	diff_flag(d, "container-is-iommufd", "it is served by iommufd", a->container_is_iommufd,
		  b->container_is_iommufd);
	diff_flag(d, "iommufd", "/dev/iommu exists", a->iommufd.present, b->iommufd.present);
	diff_flag(d, "type1-unsafe-interrupts", "vfio_iommu_type1.allow_unsafe_interrupts",
		  a->type1_unsafe, b->type1_unsafe);
	diff_flag(d, "iommufd-unsafe-interrupts", "iommufd.allow_unsafe_interrupts",
		  a->iommufd_unsafe, b->iommufd_unsafe);
	diff_flag(d, "noiommu", "vfio.enable_unsafe_noiommu_mode", a->noiommu, b->noiommu);
	diff_extensions(d);
}

/* ---- units ---- */

/* Firmware may number them anew: those with registers are where these are. */
static const struct host_iommu *same_unit(const struct host *in, const struct host_iommu *io)
{
	for (size_t i = 0; io->has_regs && io->address && i < in->niommus; i++)
		if (in->iommus[i].has_regs && in->iommus[i].address == io->address)
			return &in->iommus[i];
	for (size_t i = 0; i < in->niommus; i++) {
		const struct host_iommu *o = &in->iommus[i];
		bool both = io->has_regs && io->address && o->has_regs && o->address;

		if (!both && io->name && o->name && !strcmp(io->name, o->name))
			return o;
	}
	return NULL;
}

static const char *unit_name(const struct host_iommu *io)
{
	return io->name ? io->name : "the IOMMU";
}

static void unit_change(struct diff *d, const char *name, const char *key, const char *words,
			const char *before, const char *after)
{
	diff_compare(d, &(struct diff_change){ "unit", name, key, words, before, after });
}

static void put_pages(struct text *t, uint64_t pages)
{
	static const char units[] = "KMGTPE";

	/* So many that no table has them: every power of two. */
	if (pages & (pages >> 1)) {
		text_hex(t, pages);
		return;
	}
	for (unsigned bit = 10; bit < 64; bit++)
		if (pages >> bit & 1)
			text_printf(t, "%s%u%c", t->n && t->b[t->n - 1] != ' ' ? " " : "",
				    1u << bit % 10, units[bit / 10 - 1]);
}

static void put_domain(struct text *t, const struct host *h, const struct host_iommu *io,
		       enum host_domain_kind kind)
{
	struct host_domain dom;

	host_domain_get(h, io, kind, &dom);
	if (dom.attach_errno) {
		const char *name = uapi_errno_name(dom.attach_errno);

		text_printf(t, "no: %s", name ? name : "an error");
		return;
	}
	text_hex(t, dom.aperture.start);
	text_char(t, '-');
	text_hex(t, dom.aperture.last);
	text_str(t, ", pages ");
	put_pages(t, dom.pgsizes);
}

static void diff_domains(struct diff *d, const struct host_iommu *a, const struct host_iommu *b)
{
	static const char *const words[HOST_DOMAIN_NR] = {
		[HOST_DOMAIN_TYPE1] = "addresses and page sizes of legacy VFIO",
		[HOST_DOMAIN_PAGING] = "addresses and page sizes of iommufd",
		[HOST_DOMAIN_PASID] = "page tables with PASIDs",
		[HOST_DOMAIN_DIRTY] = "page tables with dirty tracking",
		[HOST_DOMAIN_PARENT] = "page tables to nest in",
	};

	for (int k = 0; k < HOST_DOMAIN_NR; k++) {
		struct text was = { 0 }, is = { 0 };
		char key[32];

		snprintf(key, sizeof(key), "domains.%s", host_domain_names[k]);
		put_domain(&was, d->a, a, (enum host_domain_kind)k);
		put_domain(&is, d->b, b, (enum host_domain_kind)k);
		unit_change(d, unit_name(a), key, words[k], done(d, &was), done(d, &is));
		text_free(&was);
		text_free(&is);
	}
}

static void put_hw_info(struct text *t, const struct host_iommu *io)
{
	char hex[2 * sizeof(io->hw_data) + 1];

	json_hex(hex, io->hw_data, io->hw_len);
	text_printf(t, "type %" PRIu32 " data %s", io->hw_type, io->hw_len ? hex : "none");
}

static void diff_hw_info(struct diff *d, const struct host_iommu *a, const struct host_iommu *b)
{
	struct text was = { 0 }, is = { 0 };

	if (a->hw_known)
		put_hw_info(&was, a);
	if (b->hw_known)
		put_hw_info(&is, b);
	unit_change(d, unit_name(a), "hw-info", "IOMMU_GET_HW_INFO",
		    a->hw_known ? done(d, &was) : NULL, b->hw_known ? done(d, &is) : NULL);
	text_free(&was);
	text_free(&is);
}

static void diff_registers(struct diff *d, const struct host_iommu *a, const struct host_iommu *b)
{
	const char *name = unit_name(a);
	char was[40], is[40];

	unit_change(d, name, "version", "of the IOMMU's architecture", a->version, b->version);
	if (!a->has_regs || !b->has_regs) {
		unit_change(d, name, "registers", "capability registers are known",
			    yes_no(a->has_regs), yes_no(b->has_regs));
		return;
	}
	for (int r = DIFF_CAP; r <= DIFF_ECAP; r++) {
		uint64_t x = r == DIFF_CAP ? a->cap : a->ecap, y = r == DIFF_CAP ? b->cap : b->ecap;

		snprintf(was, sizeof(was), "0x%" PRIx64, x);
		snprintf(is, sizeof(is), "0x%" PRIx64, y);
		unit_change(d, name, r == DIFF_CAP ? "cap" : "ecap", NULL, was, is);
		diff_vtd(d, name, (enum diff_register)r, x, y);
	}
}

static const char *tristate(int v)
{
	return v < 0 ? NULL : yes_no(v);
}

static void diff_unit(struct diff *d, const struct host_iommu *a, const struct host_iommu *b)
{
	const char *name = unit_name(a);

	unit_change(d, name, "name", NULL, a->name, b->name);
	unit_change(d, name, "type", NULL, host_iommu_names[a->type], host_iommu_names[b->type]);
	diff_registers(d, a, b);
	diff_domains(d, a, b);
	unit_change(d, name, "isolated-msi", "interrupts are remapped", tristate(a->isolated_msi),
		    tristate(b->isolated_msi));
	unit_change(d, name, "coherent", "DMA is coherent", tristate(a->coherent),
		    tristate(b->coherent));
	diff_hw_info(d, a, b);
}

/* ---- devices ---- */

static void device_change(struct diff *d, const struct host_device *dev, const char *key,
			  const char *words, const char *before, const char *after)
{
	diff_compare(d, &(struct diff_change){ "device", dev->bdf, key, words, before, after });
}

static void device_number(struct diff *d, const struct host_device *dev, const char *key,
			  const char *words, int before, int after)
{
	char was[16], is[16];

	snprintf(was, sizeof(was), "%d", before);
	snprintf(is, sizeof(is), "%d", after);
	device_change(d, dev, key, words, before < 0 ? NULL : was, after < 0 ? NULL : is);
}

static void put_regions(struct text *t, const struct host *h, const struct host_device *dev)
{
	size_t n;
	const struct host_region *r = explain_regions(h, dev, &n);

	for (size_t i = 0; i < n; i++) {
		if (t->n)
			text_str(t, ", ");
		text_hex(t, r[i].start);
		text_char(t, '-');
		text_hex(t, r[i].last);
		text_char(t, ' ');
		text_str(t, host_region_names[r[i].type]);
	}
	if (!n)
		text_str(t, "none");
}

static void put_capabilities(struct text *t, const struct host_device *dev)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = { { 1 << 0, "dirty-tracking" },
		      { 1 << 1, "pasid-execute" },
		      { 1 << 2, "pasid-privileged" },
		      { 1 << 3, "no-ats" } };
	uint64_t left = dev->hw_caps;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(left & names[i].bit))
			continue;
		left &= ~names[i].bit;
		if (t->n)
			text_char(t, ' ');
		text_str(t, names[i].name);
	}
	if (left) {
		if (t->n)
			text_char(t, ' ');
		text_hex(t, left);
	}
	if (!t->n)
		text_str(t, "none");
}

static const char *unit_of(const struct host *h, const struct host_device *dev)
{
	return dev->iommu < 0 ? NULL : unit_name(&h->iommus[dev->iommu]);
}

static const char *group_type(const struct host *h, const struct host_device *dev)
{
	const struct host_group *g = host_find_group(h, dev->group);

	return g ? g->type : NULL;
}

static void diff_device(struct diff *d, const struct host_device *a, const struct host_device *b)
{
	struct text was = { 0 }, is = { 0 };

	device_change(d, a, "driver", NULL, a->driver, b->driver);
	device_number(d, a, "group", "IOMMU group", a->group, b->group);
	device_change(d, a, "group-type", "domain of the group", group_type(d->a, a),
		      group_type(d->b, b));
	device_change(d, a, "iommu", "unit", unit_of(d->a, a), unit_of(d->b, b));
	device_change(d, a, "cdev", "/dev/vfio/devices has it", yes_no(a->has_cdev),
		      yes_no(b->has_cdev));
	put_regions(&was, d->a, a);
	put_regions(&is, d->b, b);
	device_change(d, a, "reserved", "reserved regions", done(d, &was), done(d, &is));
	text_reset(&was);
	text_reset(&is);
	put_capabilities(&was, a);
	put_capabilities(&is, b);
	device_change(d, a, "hw-capabilities", "capabilities in IOMMU_GET_HW_INFO", done(d, &was),
		      done(d, &is));
	text_free(&was);
	text_free(&is);
	device_number(d, a, "max-pasid-log2", "width of its PASIDs in bits", a->max_pasid_log2,
		      b->max_pasid_log2);
	diff_verdicts(d, a, b);
}

/* ---- all ---- */

static void one_side(struct diff *d, const char *subject, const char *name, bool before)
{
	diff_say(d, &(struct diff_change){ .subject = subject,
					   .name = name,
					   .key = "presence",
					   .before = before ? "there" : NULL,
					   .after = before ? NULL : "there" });
}

void diff_hosts(struct diff *d)
{
	const struct host *a = d->a, *b = d->b;

	diff_host(d);
	for (size_t i = 0; i < a->niommus; i++) {
		const struct host_iommu *o = same_unit(b, &a->iommus[i]);

		if (o)
			diff_unit(d, &a->iommus[i], o);
		else
			one_side(d, "unit", unit_name(&a->iommus[i]), true);
	}
	for (size_t i = 0; i < b->niommus; i++)
		if (!same_unit(a, &b->iommus[i]))
			one_side(d, "unit", unit_name(&b->iommus[i]), false);
	for (size_t i = 0; i < a->ndevices; i++) {
		const struct host_device *o = host_find_device(b, a->devices[i].bdf);

		if (o)
			diff_device(d, &a->devices[i], o);
		else
			one_side(d, "device", a->devices[i].bdf, true);
	}
	for (size_t i = 0; i < b->ndevices; i++)
		if (!host_find_device(a, b->devices[i].bdf))
			one_side(d, "device", b->devices[i].bdf, false);
}
