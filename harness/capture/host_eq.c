// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares two host descriptions key by key, in the order and with the names
 * of the file. Needs no JSON: it is part of every build.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/capture/host_eq.h"

struct diff {
	char *where; /* NULL: not wanted */
	size_t cap;
	bool found;
};

/* Notes a difference; false, so that comparisons chain with &&. */
static bool __attribute__((format(printf, 2, 3))) differs(struct diff *d, const char *fmt, ...)
{
	va_list ap;

	if (!d->found && d->where && d->cap) {
		va_start(ap, fmt);
		vsnprintf(d->where, d->cap, fmt, ap);
		va_end(ap);
	}
	d->found = true;
	return false;
}

static bool same_str(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_bytes(const void *a, size_t alen, const void *b, size_t blen)
{
	return alen == blen && (!alen || !memcmp(a, b, alen));
}

/* Compares one member and names it: at is a prefix such as "groups[0].". */
#define NUM(m, key)	   ((a->m) == (b->m) || differs(d, "%s%s", at, key))
#define STR(m, key)	   (same_str(a->m, b->m) || differs(d, "%s%s", at, key))
#define BYTES(m, len, key) (same_bytes(a->m, a->len, b->m, b->len) || differs(d, "%s%s", at, key))

static bool same_node(struct diff *d, const char *at, const struct host_node *a,
		      const struct host_node *b)
{
	if (!a->present && !b->present)
		return true;
	return (a->present == b->present || differs(d, "%.*s", (int)strlen(at) - 1, at)) &&
	       NUM(major, "major") && NUM(minor, "minor") && NUM(mode, "mode") &&
	       NUM(open_err, "error");
}

static bool same_domain(struct diff *d, const char *at, const struct host_domain *a,
			const struct host_domain *b)
{
	if (!a->known && !b->known)
		return true;
	return (a->known == b->known || differs(d, "%.*s", (int)strlen(at) - 1, at)) &&
	       NUM(attach_errno, "error") && NUM(aperture.start, "start") &&
	       NUM(aperture.last, "last") && NUM(pgsizes, "page-sizes");
}

static bool same_registers(struct diff *d, const char *at, const struct host_iommu *a,
			   const struct host_iommu *b)
{
	if (!a->has_regs && !b->has_regs)
		return true;
	return NUM(has_regs, "registers") && STR(version, "registers.version") &&
	       NUM(address, "registers.address") && NUM(cap, "registers.cap") &&
	       NUM(ecap, "registers.ecap");
}

static bool same_hw_info(struct diff *d, const char *at, const struct host_iommu *a,
			 const struct host_iommu *b)
{
	if (!a->hw_known && !b->hw_known)
		return true;
	return NUM(hw_known, "hw-info") && NUM(hw_type, "hw-info.type") &&
	       BYTES(hw_data, hw_len, "hw-info.data");
}

static bool same_iommu(struct diff *d, const char *at, const struct host_iommu *a,
		       const struct host_iommu *b)
{
	static const char *const kinds[HOST_DOMAIN_NR] = { "type1", "paging", "pasid", "dirty",
							   "parent" };
	char in[96];

	if (!(STR(name, "name") && STR(link, "link") && NUM(type, "type") &&
	      same_registers(d, at, a, b) && NUM(domains_supported, "domains-supported") &&
	      NUM(domains_used, "domains-used") && NUM(isolated_msi, "isolated-msi") &&
	      NUM(coherent, "coherent")))
		return false;
	for (int k = 0; k < HOST_DOMAIN_NR; k++) {
		snprintf(in, sizeof(in), "%sdomains.%s.", at, kinds[k]);
		if (!same_domain(d, in, &a->domain[k], &b->domain[k]))
			return false;
	}
	return same_hw_info(d, at, a, b);
}

static bool same_regions(struct diff *d, const char *at, const struct host_region *a, size_t na,
			 const struct host_region *b, size_t nb)
{
	for (size_t i = 0; i < na && i < nb; i++) {
		if (a[i].start != b[i].start || a[i].last != b[i].last || a[i].type != b[i].type)
			return differs(d, "%sreserved[%zu]", at, i);
	}
	return na == nb || differs(d, "%sreserved[%zu]", at, na < nb ? na : nb);
}

static bool same_group(struct diff *d, const char *at, const struct host_group *a,
		       const struct host_group *b)
{
	return NUM(id, "id") && STR(type, "type") &&
	       same_regions(d, at, a->regions, a->nregions, b->regions, b->nregions) &&
	       NUM(has_node, "node") &&
	       (!a->has_node || (NUM(node_major, "node.major") && NUM(node_minor, "node.minor")));
}

static bool same_attrs(struct diff *d, const char *at, const struct host_device *a,
		       const struct host_device *b)
{
	for (size_t i = 0; i < a->nattrs && i < b->nattrs; i++) {
		if (!same_str(a->attrs[i].name, b->attrs[i].name) ||
		    !same_str(a->attrs[i].value, b->attrs[i].value))
			return differs(d, "%sattributes.%s", at, a->attrs[i].name);
	}
	return NUM(nattrs, "attributes");
}

static bool same_region_info(struct diff *d, const char *at, const struct host_region_info *a,
			     const struct host_region_info *b)
{
	return NUM(index, "index") && NUM(err, "error") && NUM(flags, "flags") &&
	       NUM(size, "size") && NUM(offset, "offset") && BYTES(caps, caps_len, "caps");
}

static bool same_irq_info(struct diff *d, const char *at, const struct host_irq_info *a,
			  const struct host_irq_info *b)
{
	return NUM(index, "index") && NUM(err, "error") && NUM(flags, "flags") &&
	       NUM(count, "count");
}

static bool same_reset_dev(struct diff *d, const char *at, const struct host_reset_dev *a,
			   const struct host_reset_dev *b)
{
	return STR(bdf, "bdf") && NUM(group, "group");
}

static bool same_infos(struct diff *d, const char *at, const struct host_device *a,
		       const struct host_device *b)
{
	char in[96];

	if (!NUM(info_known, "info"))
		return false;
	if (a->info_known &&
	    !(NUM(info_flags, "info.flags") && NUM(num_regions, "info.regions") &&
	      NUM(num_irqs, "info.irqs") && BYTES(info_caps, info_caps_len, "info.caps")))
		return false;
	for (size_t i = 0; i < a->nregion_info && i < b->nregion_info; i++) {
		snprintf(in, sizeof(in), "%sregions[%zu].", at, i);
		if (!same_region_info(d, in, &a->region_info[i], &b->region_info[i]))
			return false;
	}
	if (!NUM(nregion_info, "regions"))
		return false;
	for (size_t i = 0; i < a->nirq_info && i < b->nirq_info; i++) {
		snprintf(in, sizeof(in), "%sirqs[%zu].", at, i);
		if (!same_irq_info(d, in, &a->irq_info[i], &b->irq_info[i]))
			return false;
	}
	if (!NUM(nirq_info, "irqs"))
		return false;
	for (size_t i = 0; i < a->nreset && i < b->nreset; i++) {
		snprintf(in, sizeof(in), "%shot-reset[%zu].", at, i);
		if (!same_reset_dev(d, in, &a->reset[i], &b->reset[i]))
			return false;
	}
	return NUM(nreset, "hot-reset");
}

static bool same_device(struct diff *d, const char *at, const struct host_device *a,
			const struct host_device *b)
{
	return STR(bdf, "bdf") && STR(link, "link") && STR(driver, "driver") &&
	       NUM(group, "group") && NUM(iommu, "iommu") && NUM(mdev, "mdev") &&
	       NUM(noiommu, "noiommu") && NUM(busy, "busy") && same_attrs(d, at, a, b) &&
	       STR(vfio_dev, "vfio-dev") && NUM(has_cdev, "cdev") &&
	       (!a->has_cdev || (NUM(cdev_major, "cdev.major") && NUM(cdev_minor, "cdev.minor"))) &&
	       NUM(hw_caps, "hw-capabilities") && NUM(max_pasid_log2, "max-pasid-log2") &&
	       NUM(own_regions, "reserved") &&
	       same_regions(d, at, a->regions, a->nregions, b->regions, b->nregions) &&
	       same_infos(d, at, a, b);
}

static bool same_words(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
	return !a == !b && na == nb && (!na || !memcmp(a, b, na * sizeof(*a)));
}

#define WORDS(m, n, key) (same_words(a->m, a->n, b->m, b->n) || differs(d, "%s%s", at, key))

static bool same_told(struct diff *d, const char *at, const struct host_vdpa *a,
		      const struct host_vdpa *b)
{
	return NUM(device_id, "told.device-id") && NUM(features, "told.features") &&
	       NUM(backend_features, "told.backend-features") && NUM(range.start, "told.first") &&
	       NUM(range.last, "told.last") && NUM(queues, "told.queues") &&
	       NUM(queue_max, "told.queue-max") && NUM(groups, "told.groups") &&
	       NUM(spaces, "told.spaces") && BYTES(config, config_len, "told.config") &&
	       WORDS(queue_group, nqueue_group, "told.queue-groups") &&
	       WORDS(queue_desc_group, nqueue_desc_group, "told.queue-desc-groups") &&
	       WORDS(queue_size, nqueue_size, "told.queue-sizes");
}

static bool same_vdpa(struct diff *d, const char *at, const struct host_vdpa *a,
		      const struct host_vdpa *b)
{
	char in[96];

	snprintf(in, sizeof(in), "%snode.", at);
	return STR(name, "name") && STR(link, "link") && STR(driver, "driver") &&
	       NUM(kind, "kind") && STR(node_dir, "node.name") &&
	       same_node(d, in, &a->node, &b->node) && NUM(told, "told") &&
	       (!a->told || same_told(d, at, a, b));
}

static bool same_file(struct diff *d, const char *at, const struct host_file *a,
		      const struct host_file *b)
{
	return STR(path, "path") && NUM(err, "error") && NUM(link, "link") &&
	       STR(content, a->link ? "link" : "content");
}

static bool same_firmware_region(struct diff *d, const char *at,
				 const struct host_firmware_region *a,
				 const struct host_firmware_region *b)
{
	for (size_t i = 0; i < a->ndevices && i < b->ndevices; i++)
		if (!same_str(a->devices[i], b->devices[i]))
			return differs(d, "%sdevices[%zu]", at, i);
	return NUM(range.start, "start") && NUM(range.last, "last") && NUM(ndevices, "devices");
}

static bool same_provenance(struct diff *d, const char *at, const struct host_provenance *a,
			    const struct host_provenance *b)
{
	return STR(key, "key") && NUM(how, "how") && STR(note, "note");
}

static bool same_features(struct diff *d, const struct host *a, const struct host *b)
{
	for (int f = 0; f < HOST_F_NR; f++) {
		if ((a->features ^ b->features) >> f & 1)
			return differs(d, "features.%s", host_feature_name((enum host_feature)f));
	}
	return true;
}

static bool same_head(struct diff *d, const struct host *a, const struct host *b)
{
	static const char at[] = "";

	return STR(origin, "origin") && STR(source, "source") && STR(release, "kernel") &&
	       STR(cmdline, "cmdline") && same_features(d, a, b) &&
	       NUM(type1_unsafe, "type1-unsafe-interrupts") &&
	       NUM(iommufd_unsafe, "iommufd-unsafe-interrupts") && NUM(noiommu, "noiommu") &&
	       NUM(compat_noiommu, "compat-noiommu") &&
	       NUM(container_is_iommufd, "container-is-iommufd") &&
	       NUM(dma_entry_limit, "dma-entry-limit") && NUM(firmware.width, "firmware.width") &&
	       NUM(firmware.atsr, "firmware.atsr") && NUM(firmware.satc, "firmware.satc") &&
	       same_node(d, "container.", &a->container, &b->container) &&
	       same_node(d, "iommufd.", &a->iommufd, &b->iommufd);
}

#define ARRAYS(v, n, key, same)                                                                    \
	do {                                                                                       \
		for (size_t i_ = 0; i_ < a->n && i_ < b->n; i_++) {                                \
			snprintf(in, sizeof(in), "%s[%zu].", key, i_);                             \
			if (!same(d, in, &a->v[i_], &b->v[i_]))                                    \
				return false;                                                      \
		}                                                                                  \
		if (a->n != b->n)                                                                  \
			return differs(d, "%s[%zu]", key, a->n < b->n ? a->n : b->n);              \
	} while (0)

static bool same_host(struct diff *d, const struct host *a, const struct host *b)
{
	char in[64];

	if (!same_head(d, a, b))
		return false;
	ARRAYS(iommus, niommus, "iommus", same_iommu);
	ARRAYS(groups, ngroups, "groups", same_group);
	ARRAYS(devices, ndevices, "devices", same_device);
	ARRAYS(vdpas, nvdpas, "vdpa", same_vdpa);
	ARRAYS(files, nfiles, "files", same_file);
	ARRAYS(firmware.regions, firmware.nregions, "firmware.reserved", same_firmware_region);
	ARRAYS(provenance, nprovenance, "provenance", same_provenance);
	return true;
}

bool host_eq(const struct host *a, const struct host *b, char *where, size_t cap)
{
	struct diff d = { .where = where, .cap = cap };

	if (where && cap)
		*where = 0;
	return same_host(&d, a, b);
}
