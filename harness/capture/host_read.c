// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads a host description, strictly: what is not understood is an error, not ignored. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/file.h"
#include "harness/capture/host_json.h"
#include "harness/capture/host_names.h"
#include "harness/capture/host_vdpa_json.h"
#include "harness/capture/json.h"

static int get_word(struct json_reader *r, const json_t *o, const char *key,
		    const char *const *words, int n)
{
	const char *s = json_str(r, o, key, true);

	for (int i = 0; s && i < n; i++) {
		if (!strcmp(s, words[i]))
			return i;
	}
	if (s)
		json_fail(r, key, "found \"%.40s\", expected \"%s\", ..., \"%s\"", s, words[0],
			  words[n - 1]);
	return 0;
}

static uint32_t get_octal(struct json_reader *r, const json_t *o, const char *key)
{
	const char *s = json_str(r, o, key, true);
	unsigned long v;
	char *end;

	if (!s)
		return 0;
	v = strtoul(s, &end, 8);
	if (*s != '0' || *end || v > 07777)
		json_fail(r, key, "found \"%.40s\", expected permissions such as \"0660\"", s);
	return (uint32_t)v;
}

/* calloc for n elements of an array; json_fail's on shortage. */
static void *elements(struct json_reader *r, size_t n, size_t size)
{
	void *v = r->rc || !n ? NULL : calloc(n, size);

	if (!v && n && !r->rc)
		r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
	return v;
}

/* The ith element, which must be an object; entered for messages. */
static const json_t *element(struct json_reader *r, const json_t *a, const char *key, size_t i,
			     size_t *mark)
{
	const json_t *v = json_array_get(a, i);

	*mark = json_enter(r, key, (int)i);
	if (!r->rc && !json_is_object(v))
		json_fail(r, NULL, "expected an object");
	return v;
}

static void get_range(struct json_reader *r, const json_t *o, uint64_t *start, uint64_t *last)
{
	*start = json_u64(r, o, "start", 0, true);
	*last = json_u64(r, o, "last", 0, true);
	if (!r->rc && *start > *last)
		json_fail(r, "last", "found 0x%llx, expected at least the start, 0x%llx",
			  (unsigned long long)*last, (unsigned long long)*start);
}

static void get_regions(struct json_reader *r, const json_t *o, const char *key,
			struct host_region **v, size_t *n)
{
	static const char *const keys[] = { "start", "last", "type", NULL };
	const json_t *a = json_array_of(r, o, key);
	size_t mark;

	*n = json_array_size(a);
	*v = elements(r, *n, sizeof(**v));
	for (size_t i = 0; i < *n && !r->rc; i++) {
		const json_t *e = element(r, a, key, i, &mark);

		json_only(r, e, keys);
		get_range(r, e, &(*v)[i].start, &(*v)[i].last);
		(*v)[i].type = (enum host_region_type)get_word(r, e, "type", host_region_names,
							       HOST_REGION_NR);
		json_leave(r, mark);
	}
	if (!*v)
		*n = 0;
}

static void get_numbers(struct json_reader *r, const json_t *o, uint32_t *maj, uint32_t *min)
{
	*maj = (uint32_t)json_int(r, o, "major", 0, HOST_MAJOR_MAX, 0, true);
	*min = (uint32_t)json_int(r, o, "minor", 0, HOST_MINOR_MAX, 0, true);
}

static void get_node(struct json_reader *r, const json_t *o, const char *key, struct host_node *n)
{
	static const char *const keys[] = { "major", "minor", "mode", "error", NULL };
	const json_t *v = json_object_of(r, o, key, false);
	size_t mark = json_enter(r, key, -1);

	if (v) {
		n->present = true;
		json_only(r, v, keys);
		get_numbers(r, v, &n->major, &n->minor);
		n->mode = get_octal(r, v, "mode");
		n->open_err = json_errno(r, v, "error");
	}
	json_leave(r, mark);
}

/* has/major/minor of a group's or device's node. */
static bool get_small_node(struct json_reader *r, const json_t *o, const char *key, uint32_t *maj,
			   uint32_t *min)
{
	static const char *const keys[] = { "major", "minor", NULL };
	const json_t *v = json_object_of(r, o, key, false);
	size_t mark = json_enter(r, key, -1);

	if (v) {
		json_only(r, v, keys);
		get_numbers(r, v, maj, min);
	}
	json_leave(r, mark);
	return v;
}

static void get_domains(struct json_reader *r, const json_t *o, struct host_iommu *io)
{
	static const char *const keys[] = { "error", "start", "last", "page-sizes", NULL };
	const json_t *all = json_object_of(r, o, "domains", false);
	const char *known[HOST_DOMAIN_NR + 1] = { 0 };
	size_t mark = json_enter(r, "domains", -1);

	memcpy(known, host_domain_names, sizeof(host_domain_names));
	if (all)
		json_only(r, all, known);
	for (int k = 0; all && k < HOST_DOMAIN_NR; k++) {
		struct host_domain *d = &io->domain[k];
		const json_t *v = json_object_of(r, all, host_domain_names[k], false);
		size_t inner = json_enter(r, host_domain_names[k], -1);

		if (v) {
			d->known = true;
			json_only(r, v, keys);
			d->attach_errno = json_errno(r, v, "error");
			if (!d->attach_errno || json_object_get(v, "start")) {
				get_range(r, v, &d->aperture.start, &d->aperture.last);
				d->pgsizes = json_u64(r, v, "page-sizes", 0, true);
			}
		}
		json_leave(r, inner);
	}
	json_leave(r, mark);
}

static void get_registers(struct json_reader *r, const json_t *o, struct host_iommu *io)
{
	static const char *const keys[] = { "version", "address", "cap", "ecap", NULL };
	const json_t *v = json_object_of(r, o, "registers", false);
	size_t mark = json_enter(r, "registers", -1);

	if (v) {
		io->has_regs = true;
		json_only(r, v, keys);
		io->version = json_dup(r, v, "version", false);
		io->address = json_u64(r, v, "address", 0, true);
		io->cap = json_u64(r, v, "cap", 0, true);
		io->ecap = json_u64(r, v, "ecap", 0, true);
	}
	json_leave(r, mark);
}

static void get_hw_info(struct json_reader *r, const json_t *o, struct host_iommu *io)
{
	static const char *const keys[] = { "type", "data", NULL };
	const json_t *v = json_object_of(r, o, "hw-info", false);
	size_t mark = json_enter(r, "hw-info", -1);
	uint8_t *data;

	if (v) {
		io->hw_known = true;
		json_only(r, v, keys);
		io->hw_type = (uint32_t)json_int(r, v, "type", 0, UINT32_MAX, 0, true);
		data = json_bytes(r, v, "data", sizeof(io->hw_data), &io->hw_len);
		if (data)
			memcpy(io->hw_data, data, io->hw_len);
		free(data);
	}
	json_leave(r, mark);
}

/* 1, 0, or -1 when absent. */
static int get_tristate(struct json_reader *r, const json_t *o, const char *key)
{
	return json_object_get(o, key) ? json_flag(r, o, key, false) : -1;
}

static void get_iommu(struct json_reader *r, const json_t *o, struct host_iommu *io)
{
	static const char *const keys[] = { "name",
					    "link",
					    "type",
					    "registers",
					    "domains-supported",
					    "domains-used",
					    "isolated-msi",
					    "coherent",
					    "domains",
					    "hw-info",
					    NULL };

	json_only(r, o, keys);
	io->name = json_dup(r, o, "name", false);
	io->link = json_dup(r, o, "link", false);
	io->type = (enum host_iommu_type)get_word(r, o, "type", host_iommu_names, HOST_IOMMU_NR);
	get_registers(r, o, io);
	io->domains_supported =
		(uint32_t)json_int(r, o, "domains-supported", 0, UINT32_MAX, 0, false);
	io->domains_used = (uint32_t)json_int(r, o, "domains-used", 0, UINT32_MAX, 0, false);
	io->isolated_msi = get_tristate(r, o, "isolated-msi");
	io->coherent = get_tristate(r, o, "coherent");
	get_domains(r, o, io);
	get_hw_info(r, o, io);
}

static void get_group(struct json_reader *r, const json_t *o, struct host_group *g)
{
	static const char *const keys[] = { "id", "type", "reserved", "node", NULL };

	json_only(r, o, keys);
	g->id = (int)json_int(r, o, "id", 0, INT32_MAX, 0, true);
	g->type = json_dup(r, o, "type", false);
	get_regions(r, o, "reserved", &g->regions, &g->nregions);
	g->has_node = get_small_node(r, o, "node", &g->node_major, &g->node_minor);
}

static void get_region_infos(struct json_reader *r, const json_t *o, struct host_device *d)
{
	static const char *const good[] = { "index", "flags", "size", "offset", "caps", NULL };
	static const char *const failed[] = { "index", "error", NULL };
	const json_t *a = json_array_of(r, o, "regions");
	size_t n = json_array_size(a), mark;

	d->region_info = elements(r, n, sizeof(*d->region_info));
	for (size_t i = 0; i < n && !r->rc; i++) {
		struct host_region_info *ri = &d->region_info[i];
		const json_t *e = element(r, a, "regions", i, &mark);

		d->nregion_info = i + 1;
		ri->index = (uint32_t)json_int(r, e, "index", 0, UINT32_MAX, 0, true);
		ri->err = json_errno(r, e, "error");
		json_only(r, e, ri->err ? failed : good);
		if (!ri->err) {
			ri->flags = (uint32_t)json_int(r, e, "flags", 0, UINT32_MAX, 0, true);
			ri->size = json_u64(r, e, "size", 0, true);
			ri->offset = json_u64(r, e, "offset", 0, true);
			ri->caps = json_bytes(r, e, "caps", HOST_CAPS_MAX, &ri->caps_len);
		}
		json_leave(r, mark);
	}
}

static void get_irq_infos(struct json_reader *r, const json_t *o, struct host_device *d)
{
	static const char *const good[] = { "index", "flags", "count", NULL };
	static const char *const failed[] = { "index", "error", NULL };
	const json_t *a = json_array_of(r, o, "irqs");
	size_t n = json_array_size(a), mark;

	d->irq_info = elements(r, n, sizeof(*d->irq_info));
	for (size_t i = 0; i < n && !r->rc; i++) {
		struct host_irq_info *ii = &d->irq_info[i];
		const json_t *e = element(r, a, "irqs", i, &mark);

		d->nirq_info = i + 1;
		ii->index = (uint32_t)json_int(r, e, "index", 0, UINT32_MAX, 0, true);
		ii->err = json_errno(r, e, "error");
		json_only(r, e, ii->err ? failed : good);
		if (!ii->err) {
			ii->flags = (uint32_t)json_int(r, e, "flags", 0, UINT32_MAX, 0, true);
			ii->count = (uint32_t)json_int(r, e, "count", 0, UINT32_MAX, 0, true);
		}
		json_leave(r, mark);
	}
}

static void get_reset_devs(struct json_reader *r, const json_t *o, struct host_device *d)
{
	static const char *const keys[] = { "bdf", "group", NULL };
	const json_t *a = json_array_of(r, o, "hot-reset");
	size_t n = json_array_size(a), mark;
	unsigned int seg, bus, dev, fn;
	char end;

	d->reset = elements(r, n, sizeof(*d->reset));
	for (size_t i = 0; i < n && !r->rc; i++) {
		const json_t *e = element(r, a, "hot-reset", i, &mark);

		d->nreset = i + 1;
		json_only(r, e, keys);
		d->reset[i].bdf = json_dup(r, e, "bdf", true);
		d->reset[i].group = (int)json_int(r, e, "group", 0, INT32_MAX, -1, false);
		if (!r->rc &&
		    sscanf(d->reset[i].bdf, "%4x:%2x:%2x.%1x%c", &seg, &bus, &dev, &fn, &end) != 4)
			json_fail(r, "bdf", "expected DDDD:BB:DD.F");
		json_leave(r, mark);
	}
}

static void get_attrs(struct json_reader *r, const json_t *o, struct host_device *d)
{
	json_t *all = json_object_of(r, o, "attributes", false), *v;
	size_t mark = json_enter(r, "attributes", -1);
	const char *key;

	d->attrs = elements(r, json_object_size(all), sizeof(*d->attrs));
	if (d->attrs) {
		json_object_foreach(all, key, v)
		{
			struct host_attr *a = &d->attrs[d->nattrs++];

			if (!*key || strchr(key, '/'))
				json_fail(r, key, "expected a file name");
			a->name = strdup(key);
			a->value = json_dup(r, all, key, true);
			if (!a->name && !r->rc)
				r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
		}
	}
	json_leave(r, mark);
}

static void get_info(struct json_reader *r, const json_t *o, struct host_device *d)
{
	static const char *const keys[] = { "flags", "regions", "irqs", "caps", NULL };
	const json_t *v = json_object_of(r, o, "info", false);
	size_t mark = json_enter(r, "info", -1);

	if (v) {
		d->info_known = true;
		json_only(r, v, keys);
		d->info_flags = (uint32_t)json_int(r, v, "flags", 0, UINT32_MAX, 0, true);
		d->num_regions = (uint32_t)json_int(r, v, "regions", 0, UINT32_MAX, 0, true);
		d->num_irqs = (uint32_t)json_int(r, v, "irqs", 0, UINT32_MAX, 0, true);
		d->info_caps = json_bytes(r, v, "caps", HOST_CAPS_MAX, &d->info_caps_len);
	}
	json_leave(r, mark);
}

static void get_device(struct json_reader *r, const json_t *o, struct host_device *d)
{
	static const char *const keys[] = {
		"bdf",	   "link", "driver",	 "group",	    "iommu",	      "mdev",
		"noiommu", "busy", "attributes", "vfio-dev",	    "cdev",	      "info",
		"regions", "irqs", "reserved",	 "hw-capabilities", "max-pasid-log2", "hot-reset",
		NULL
	};

	json_only(r, o, keys);
	d->bdf = json_dup(r, o, "bdf", true);
	d->link = json_dup(r, o, "link", false);
	d->driver = json_dup(r, o, "driver", false);
	d->group = (int)json_int(r, o, "group", 0, INT32_MAX, -1, false);
	d->iommu = (int)json_int(r, o, "iommu", 0, INT32_MAX, -1, false);
	d->mdev = json_flag(r, o, "mdev", false);
	d->noiommu = json_flag(r, o, "noiommu", false);
	d->busy = json_flag(r, o, "busy", false);
	get_attrs(r, o, d);
	d->vfio_dev = json_dup(r, o, "vfio-dev", false);
	d->has_cdev = get_small_node(r, o, "cdev", &d->cdev_major, &d->cdev_minor);
	if (d->has_cdev && !d->vfio_dev)
		json_fail(r, "vfio-dev", "missing, expected the name of the device's node");
	d->hw_caps = json_u64(r, o, "hw-capabilities", 0, false);
	d->max_pasid_log2 = (uint8_t)json_int(r, o, "max-pasid-log2", 0, 255, 0, false);
	d->own_regions = json_object_get(o, "reserved");
	get_regions(r, o, "reserved", &d->regions, &d->nregions);
	get_info(r, o, d);
	get_region_infos(r, o, d);
	get_irq_infos(r, o, d);
	get_reset_devs(r, o, d);
}

static void get_file(struct json_reader *r, const json_t *o, struct host_file *f)
{
	static const char *const keys[] = { "path", "content", "link", "error", NULL };
	int kinds = !!json_object_get(o, "content") + !!json_object_get(o, "link") +
		    !!json_object_get(o, "error");

	json_only(r, o, keys);
	f->path = json_dup(r, o, "path", true);
	if (f->path && f->path[0] != '/')
		json_fail(r, "path", "found \"%.60s\", expected an absolute path", f->path);
	if (!r->rc && kinds != 1)
		json_fail(r, NULL, "expected one of \"content\", \"link\", \"error\"");
	f->err = json_errno(r, o, "error");
	f->link = json_object_get(o, "link");
	if (!f->err)
		f->content = json_dup(r, o, f->link ? "link" : "content", true);
}

static void get_firmware_region(struct json_reader *r, const json_t *o,
				struct host_firmware_region *f)
{
	static const char *const keys[] = { "start", "last", "devices", NULL };
	const json_t *a = json_array_of(r, o, "devices");
	size_t n = json_array_size(a);

	json_only(r, o, keys);
	get_range(r, o, &f->range.start, &f->range.last);
	f->devices = elements(r, n, sizeof(*f->devices));
	for (size_t i = 0; i < n && !r->rc; i++) {
		const char *s = json_string_value(json_array_get(a, i));

		if (!s) {
			json_fail(r, "devices", "expected strings");
			return;
		}
		f->devices[i] = strdup(s);
		f->ndevices = i + 1;
		if (!f->devices[i])
			r->rc = capture_fail(r->err, -ENOMEM, "%s: out of memory", r->file);
	}
}

static void get_provenance(struct json_reader *r, const json_t *o, struct host_provenance *p)
{
	static const char *const keys[] = { "key", "how", "note", NULL };

	json_only(r, o, keys);
	p->key = json_dup(r, o, "key", true);
	p->how = (enum host_how)get_word(r, o, "how", host_how_names, HOST_HOW_NR);
	p->note = json_dup(r, o, "note", true);
}

/* Overrides on top of what the release has. */
static void get_features(struct json_reader *r, const json_t *o, struct host *h)
{
	json_t *all = json_object_of(r, o, "features", false), *v;
	size_t mark = json_enter(r, "features", -1);
	const char *key;

	h->features = host_features_default(h->release);
	if (all) {
		json_object_foreach(all, key, v)
		{
			int f = host_feature_from_name(key);

			if (f < 0) {
				json_fail(r, key,
					  "found a feature that this version does not know");
				break;
			}
			if (json_flag(r, all, key, false))
				h->features |= 1u << f;
			else
				h->features &= ~(1u << f);
		}
	}
	json_leave(r, mark);
}

#define GET_ARRAY(r, o, key, v, n, one)                                                            \
	do {                                                                                       \
		const json_t *arr = json_array_of(r, o, key);                                      \
		size_t size = json_array_size(arr), mark_;                                         \
		(v) = elements(r, size, sizeof(*(v)));                                             \
		for (size_t i_ = 0; i_ < size && !(r)->rc; i_++) {                                 \
			const json_t *e_ = element(r, arr, key, i_, &mark_);                       \
			(n) = i_ + 1;                                                              \
			if (!(r)->rc)                                                              \
				one(r, e_, &(v)[i_]);                                              \
			json_leave(r, mark_);                                                      \
		}                                                                                  \
	} while (0)

static void get_firmware(struct json_reader *r, const json_t *o, struct host_firmware *f)
{
	static const char *const keys[] = { "width", "atsr", "satc", "reserved", NULL };
	const json_t *v = json_object_of(r, o, "firmware", false);
	size_t mark = json_enter(r, "firmware", -1);

	if (v) {
		json_only(r, v, keys);
		f->width = (uint32_t)json_int(r, v, "width", 1, 64, 0, false);
		f->atsr = (uint32_t)json_int(r, v, "atsr", 1, UINT32_MAX, 0, false);
		f->satc = (uint32_t)json_int(r, v, "satc", 1, UINT32_MAX, 0, false);
		GET_ARRAY(r, v, "reserved", f->regions, f->nregions, get_firmware_region);
	}
	json_leave(r, mark);
}

/* References and names that must be unique. */
static void check_refs(struct json_reader *r, const struct host *h)
{
	for (size_t i = 0; i < h->ngroups && !r->rc; i++) {
		for (size_t j = 0; j < i; j++) {
			if (h->groups[j].id == h->groups[i].id) {
				json_enter(r, "groups", (int)i);
				json_fail(r, "id", "found %d a second time", h->groups[i].id);
			}
		}
	}
	for (size_t i = 0; i < h->ndevices && !r->rc; i++) {
		const struct host_device *d = &h->devices[i];
		size_t mark = json_enter(r, "devices", (int)i);

		if (d->group >= 0 && !host_find_group(h, d->group))
			json_fail(r, "group", "found %d, which is not in \"groups\"", d->group);
		if (d->iommu >= 0 && (size_t)d->iommu >= h->niommus)
			json_fail(r, "iommu", "found %d, expected an index below %zu", d->iommu,
				  h->niommus);
		if (host_find_device(h, d->bdf) != d)
			json_fail(r, "bdf", "found \"%.40s\" a second time", d->bdf);
		json_leave(r, mark);
	}
}

static void get_host(struct json_reader *r, const json_t *o, struct host *h)
{
	static const char *const keys[] = { "hiod-host",
					    "name",
					    "origin",
					    "source",
					    "kernel",
					    "cmdline",
					    "features",
					    "type1-unsafe-interrupts",
					    "iommufd-unsafe-interrupts",
					    "noiommu",
					    "compat-noiommu",
					    "container-is-iommufd",
					    "dma-entry-limit",
					    "container",
					    "iommufd",
					    "iommus",
					    "groups",
					    "devices",
					    "vdpa",
					    "files",
					    "firmware",
					    "provenance",
					    NULL };
	static const char *const origins[] = { "recorded", "reconstructed", "made" };

	if (!json_object_get(o, "hiod-host")) {
		json_fail(r, NULL, "found no \"hiod-host\", expected a host description");
		return;
	}
	json_int(r, o, "hiod-host", HOST_VERSION, HOST_VERSION, 0, true);
	json_only(r, o, keys);
	get_word(r, o, "origin", origins, 3);
	h->origin = json_dup(r, o, "origin", true);
	h->name = json_dup(r, o, "name", false);
	h->named = h->name;
	if (h->name && !*h->name)
		json_fail(r, "name", "expected at least one character");
	h->source = json_dup(r, o, "source", false);
	h->release = json_dup(r, o, "kernel", true);
	if (h->release && !host_kernel_version(h->release))
		json_fail(r, "kernel", "found \"%.40s\", expected a release such as \"6.12.1\"",
			  h->release);
	h->cmdline = json_dup(r, o, "cmdline", false);
	get_features(r, o, h);
	h->type1_unsafe = json_flag(r, o, "type1-unsafe-interrupts", false);
	h->iommufd_unsafe = json_flag(r, o, "iommufd-unsafe-interrupts", false);
	h->noiommu = json_flag(r, o, "noiommu", false);
	h->compat_noiommu = json_flag(r, o, "compat-noiommu", false);
	h->container_is_iommufd = json_flag(r, o, "container-is-iommufd", false);
	h->dma_entry_limit = (uint32_t)json_int(r, o, "dma-entry-limit", 1, UINT32_MAX, 0, false);
	get_node(r, o, "container", &h->container);
	get_node(r, o, "iommufd", &h->iommufd);
	GET_ARRAY(r, o, "iommus", h->iommus, h->niommus, get_iommu);
	GET_ARRAY(r, o, "groups", h->groups, h->ngroups, get_group);
	GET_ARRAY(r, o, "devices", h->devices, h->ndevices, get_device);
	host_read_vdpa(r, o, h);
	GET_ARRAY(r, o, "files", h->files, h->nfiles, get_file);
	get_firmware(r, o, &h->firmware);
	GET_ARRAY(r, o, "provenance", h->provenance, h->nprovenance, get_provenance);
	check_refs(r, h);
}

char *host_name_from_path(const char *path)
{
	static const char *const suffixes[] = { ".host.json", ".capture.jsonl", ".json", ".txt" };
	const char *base = strrchr(path, '/');
	char *name = strdup(base ? base + 1 : path);

	for (size_t i = 0; name && i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(name), s = strlen(suffixes[i]);

		if (n > s && !strcmp(name + n - s, suffixes[i])) {
			name[n - s] = 0;
			break;
		}
	}
	return name;
}

int host_parse(const char *text, size_t len, const char *name, struct host **out,
	       struct capture_error *err)
{
	struct json_reader r = { .err = err, .file = name };
	json_t *o = json_parse(&r, text, len, NULL);
	struct host *h;

	*out = NULL;
	if (!o)
		return r.rc;
	h = calloc(1, sizeof(*h));
	if (!h)
		r.rc = capture_fail(err, -ENOMEM, "%s: out of memory", name);
	else
		get_host(&r, o, h);
	if (!r.rc && !h->named) {
		h->name = host_name_from_path(name);
		if (!h->name)
			r.rc = capture_fail(err, -ENOMEM, "%s: out of memory", name);
	}
	json_decref(o);
	if (r.rc)
		host_free(h);
	else
		*out = h;
	return r.rc;
}

int host_load(const char *path, struct host **h, struct capture_error *err)
{
	size_t len;
	char *text;
	int rc;

	*h = NULL;
	rc = capture_slurp(path, HOST_FILE_MAX, &text, &len, err);
	if (rc)
		return rc;
	rc = host_parse(text, len, path, h, err);
	free(text);
	return rc;
}
