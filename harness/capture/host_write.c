// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a host description. Members that have their default (see the reader)
 * are left out, so that a description shows what is known and particular.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/file.h"
#include "harness/capture/host_json.h"
#include "harness/capture/host_names.h"
#include "harness/capture/host_vdpa_json.h"
#include "harness/capture/json.h"

/* Sets a member; remembers in *bad that one could not be made. */
static void set(json_t *o, const char *key, json_t *v, bool *bad)
{
	if (json_object_set_new(o, key, v))
		*bad = true;
}

static void set_str(json_t *o, const char *key, const char *s, bool *bad)
{
	if (s)
		set(o, key, json_string(s), bad);
}

static void set_true(json_t *o, const char *key, bool v, bool *bad)
{
	if (v)
		set(o, key, json_true(), bad);
}

static void set_int(json_t *o, const char *key, int64_t v, bool *bad)
{
	set(o, key, json_integer(v), bad);
}

static void set_bytes(json_t *o, const char *key, const void *data, size_t len, bool *bad)
{
	if (len)
		set(o, key, json_new_bytes(data, len), bad);
}

static json_t *features(const struct host *h, bool *bad)
{
	uint32_t def = host_features_default(h->release);
	json_t *o = json_object();

	for (int f = 0; f < HOST_F_NR; f++) {
		uint32_t bit = 1u << f;

		if ((h->features ^ def) & bit)
			set(o, host_feature_name((enum host_feature)f),
			    json_boolean(h->features & bit), bad);
	}
	return o;
}

static json_t *node(const struct host_node *n, bool *bad)
{
	json_t *o = json_object();

	set_int(o, "major", n->major, bad);
	set_int(o, "minor", n->minor, bad);
	set(o, "mode", json_sprintf("0%o", (unsigned int)n->mode), bad);
	if (n->open_err)
		set(o, "error", json_new_errno(n->open_err), bad);
	return o;
}

static json_t *regions(const struct host_region *v, size_t n, bool *bad)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();

		set(o, "start", json_new_u64(v[i].start), bad);
		set(o, "last", json_new_u64(v[i].last), bad);
		set(o, "type", json_string(host_region_names[v[i].type]), bad);
		if (json_array_append_new(a, o))
			*bad = true;
	}
	return a;
}

static json_t *domains(const struct host_iommu *io, bool *bad)
{
	json_t *all = json_object();

	for (int k = 0; k < HOST_DOMAIN_NR; k++) {
		const struct host_domain *d = &io->domain[k];
		json_t *o;

		if (!d->known)
			continue;
		o = json_object();
		if (d->attach_errno)
			set(o, "error", json_new_errno(d->attach_errno), bad);
		if (!d->attach_errno || d->pgsizes || d->aperture.start || d->aperture.last) {
			set(o, "start", json_new_u64(d->aperture.start), bad);
			set(o, "last", json_new_u64(d->aperture.last), bad);
			set(o, "page-sizes", json_new_u64(d->pgsizes), bad);
		}
		set(all, host_domain_names[k], o, bad);
	}
	return all;
}

static json_t *iommu(const struct host_iommu *io, bool *bad)
{
	json_t *o = json_object(), *d;

	set_str(o, "name", io->name, bad);
	set_str(o, "link", io->link, bad);
	set(o, "type", json_string(host_iommu_names[io->type]), bad);
	if (io->has_regs) {
		json_t *r = json_object();

		set_str(r, "version", io->version, bad);
		set(r, "address", json_new_u64(io->address), bad);
		set(r, "cap", json_new_u64(io->cap), bad);
		set(r, "ecap", json_new_u64(io->ecap), bad);
		set(o, "registers", r, bad);
	}
	if (io->domains_supported)
		set_int(o, "domains-supported", io->domains_supported, bad);
	if (io->domains_used)
		set_int(o, "domains-used", io->domains_used, bad);
	if (io->isolated_msi >= 0)
		set(o, "isolated-msi", json_boolean(io->isolated_msi), bad);
	if (io->coherent >= 0)
		set(o, "coherent", json_boolean(io->coherent), bad);
	d = domains(io, bad);
	if (json_object_size(d))
		set(o, "domains", json_incref(d), bad);
	json_decref(d);
	if (io->hw_known) {
		json_t *hw = json_object();

		set_int(hw, "type", io->hw_type, bad);
		set_bytes(hw, "data", io->hw_data, io->hw_len, bad);
		set(o, "hw-info", hw, bad);
	}
	return o;
}

static json_t *group(const struct host_group *g, bool *bad)
{
	json_t *o = json_object();

	set_int(o, "id", g->id, bad);
	set_str(o, "type", g->type, bad);
	set(o, "reserved", regions(g->regions, g->nregions, bad), bad);
	if (g->has_node) {
		json_t *n = json_object();

		set_int(n, "major", g->node_major, bad);
		set_int(n, "minor", g->node_minor, bad);
		set(o, "node", n, bad);
	}
	return o;
}

static json_t *region_infos(const struct host_device *d, bool *bad)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->nregion_info; i++) {
		const struct host_region_info *ri = &d->region_info[i];
		json_t *o = json_object();

		set_int(o, "index", ri->index, bad);
		if (ri->err) {
			set(o, "error", json_new_errno(ri->err), bad);
		} else {
			set_int(o, "flags", ri->flags, bad);
			set(o, "size", json_new_u64(ri->size), bad);
			set(o, "offset", json_new_u64(ri->offset), bad);
			set_bytes(o, "caps", ri->caps, ri->caps_len, bad);
		}
		if (json_array_append_new(a, o))
			*bad = true;
	}
	return a;
}

static json_t *irq_infos(const struct host_device *d, bool *bad)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->nirq_info; i++) {
		const struct host_irq_info *ii = &d->irq_info[i];
		json_t *o = json_object();

		set_int(o, "index", ii->index, bad);
		if (ii->err) {
			set(o, "error", json_new_errno(ii->err), bad);
		} else {
			set_int(o, "flags", ii->flags, bad);
			set_int(o, "count", ii->count, bad);
		}
		if (json_array_append_new(a, o))
			*bad = true;
	}
	return a;
}

static json_t *reset_devs(const struct host_device *d, bool *bad)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->nreset; i++) {
		json_t *o = json_object();

		set_str(o, "bdf", d->reset[i].bdf, bad);
		if (d->reset[i].group >= 0)
			set_int(o, "group", d->reset[i].group, bad);
		if (json_array_append_new(a, o))
			*bad = true;
	}
	return a;
}

static void device_vfio(json_t *o, const struct host_device *d, bool *bad)
{
	set_str(o, "vfio-dev", d->vfio_dev, bad);
	if (d->has_cdev) {
		json_t *n = json_object();

		set_int(n, "major", d->cdev_major, bad);
		set_int(n, "minor", d->cdev_minor, bad);
		set(o, "cdev", n, bad);
	}
	if (d->hw_caps)
		set(o, "hw-capabilities", json_new_u64(d->hw_caps), bad);
	if (d->max_pasid_log2)
		set_int(o, "max-pasid-log2", d->max_pasid_log2, bad);
	if (d->own_regions)
		set(o, "reserved", regions(d->regions, d->nregions, bad), bad);
	if (d->info_known) {
		json_t *n = json_object();

		set_int(n, "flags", d->info_flags, bad);
		set_int(n, "regions", d->num_regions, bad);
		set_int(n, "irqs", d->num_irqs, bad);
		set_bytes(n, "caps", d->info_caps, d->info_caps_len, bad);
		set(o, "info", n, bad);
	}
	if (d->nregion_info)
		set(o, "regions", region_infos(d, bad), bad);
	if (d->nirq_info)
		set(o, "irqs", irq_infos(d, bad), bad);
	if (d->nreset)
		set(o, "hot-reset", reset_devs(d, bad), bad);
}

static json_t *device(const struct host_device *d, bool *bad)
{
	json_t *o = json_object();

	set_str(o, "bdf", d->bdf, bad);
	set_str(o, "link", d->link, bad);
	set_str(o, "driver", d->driver, bad);
	if (d->group >= 0)
		set_int(o, "group", d->group, bad);
	if (d->iommu >= 0)
		set_int(o, "iommu", d->iommu, bad);
	set_true(o, "mdev", d->mdev, bad);
	set_true(o, "noiommu", d->noiommu, bad);
	set_true(o, "busy", d->busy, bad);
	if (d->nattrs) {
		json_t *a = json_object();

		for (size_t i = 0; i < d->nattrs; i++)
			set(a, d->attrs[i].name, json_string(d->attrs[i].value), bad);
		set(o, "attributes", a, bad);
	}
	device_vfio(o, d, bad);
	return o;
}

static json_t *file(const struct host_file *f, bool *bad)
{
	json_t *o = json_object();

	set_str(o, "path", f->path, bad);
	if (f->err)
		set(o, "error", json_new_errno(f->err), bad);
	else
		set_str(o, f->link ? "link" : "content", f->content, bad);
	return o;
}

static json_t *firmware_region(const struct host_firmware_region *f, bool *bad)
{
	json_t *o = json_object(), *a = json_array();

	set(o, "start", json_new_u64(f->range.start), bad);
	set(o, "last", json_new_u64(f->range.last), bad);
	for (size_t i = 0; i < f->ndevices; i++)
		if (json_array_append_new(a, json_string(f->devices[i])))
			*bad = true;
	if (f->ndevices)
		set(o, "devices", json_incref(a), bad);
	json_decref(a);
	return o;
}

static json_t *provenance(const struct host_provenance *p, bool *bad)
{
	json_t *o = json_object();

	set_str(o, "key", p->key, bad);
	set_str(o, "how", host_how_names[p->how], bad);
	set_str(o, "note", p->note, bad);
	return o;
}

#define SET_ARRAY(o, key, v, n, one, bad)                                                          \
	do {                                                                                       \
		json_t *arr = json_array();                                                        \
		for (size_t i_ = 0; i_ < (n); i_++) {                                              \
			if (json_array_append_new(arr, one(&(v)[i_], (bad))))                      \
				*(bad) = true;                                                     \
		}                                                                                  \
		set((o), (key), arr, (bad));                                                       \
	} while (0)

static void set_firmware(json_t *o, const struct host_firmware *f, bool *bad)
{
	json_t *v = json_object();

	if (f->width)
		set_int(v, "width", f->width, bad);
	if (f->atsr)
		set_int(v, "atsr", f->atsr, bad);
	if (f->satc)
		set_int(v, "satc", f->satc, bad);
	if (f->nregions)
		SET_ARRAY(v, "reserved", f->regions, f->nregions, firmware_region, bad);
	if (json_object_size(v))
		set(o, "firmware", json_incref(v), bad);
	json_decref(v);
}

static void set_head(json_t *o, const struct host *h, bool *bad)
{
	json_t *f;

	set_int(o, "hiod-host", HOST_VERSION, bad);
	set_str(o, "name", h->named ? h->name : NULL, bad);
	set_str(o, "origin", h->origin, bad);
	set_str(o, "source", h->source, bad);
	set_str(o, "kernel", h->release, bad);
	set_str(o, "cmdline", h->cmdline, bad);
	f = features(h, bad);
	if (json_object_size(f))
		set(o, "features", json_incref(f), bad);
	json_decref(f);
	set_true(o, "type1-unsafe-interrupts", h->type1_unsafe, bad);
	set_true(o, "iommufd-unsafe-interrupts", h->iommufd_unsafe, bad);
	set_true(o, "noiommu", h->noiommu, bad);
	set_true(o, "compat-noiommu", h->compat_noiommu, bad);
	set_true(o, "container-is-iommufd", h->container_is_iommufd, bad);
	if (h->dma_entry_limit)
		set_int(o, "dma-entry-limit", h->dma_entry_limit, bad);
	if (h->container.present)
		set(o, "container", node(&h->container, bad), bad);
	if (h->iommufd.present)
		set(o, "iommufd", node(&h->iommufd, bad), bad);
}

char *host_text(const struct host *h)
{
	json_t *o = json_object();
	bool bad = !o;
	char *text, *line;

	set_head(o, h, &bad);
	SET_ARRAY(o, "iommus", h->iommus, h->niommus, iommu, &bad);
	SET_ARRAY(o, "groups", h->groups, h->ngroups, group, &bad);
	SET_ARRAY(o, "devices", h->devices, h->ndevices, device, &bad);
	host_write_vdpa(o, h, &bad);
	if (h->nfiles)
		SET_ARRAY(o, "files", h->files, h->nfiles, file, &bad);
	set_firmware(o, &h->firmware, &bad);
	if (h->nprovenance)
		SET_ARRAY(o, "provenance", h->provenance, h->nprovenance, provenance, &bad);
	text = bad ? NULL : json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	if (!text)
		return NULL;
	line = realloc(text, strlen(text) + 2);
	if (!line) {
		free(text);
		return NULL;
	}
	return strcat(line, "\n");
}

int host_save(const struct host *h, const char *path, struct capture_error *err)
{
	char *text = host_text(h);
	int rc;

	if (!text)
		return capture_fail(err, -ENOMEM,
				    "%s: out of memory, or a string that is not UTF-8", path);
	if (strlen(text) > HOST_FILE_MAX)
		rc = capture_fail(err, -EFBIG,
				  "%s: a description of %zu bytes, which is more than the %u that "
				  "are read",
				  path, strlen(text), HOST_FILE_MAX);
	else
		rc = atomic_write(path, text, strlen(text), err);
	free(text);
	return rc;
}
