// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hosts-to-c FILE...: host descriptions as C initialisers, for builds without
 * a JSON library (make check-32). Runs on the build machine, which has one.
 *
 *	struct compiled_host { const char *name; struct host host; };
 *	extern struct compiled_host compiled_hosts[]; ended by a NULL name
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/error.h"
#include "harness/capture/load.h"

static void str(const char *s)
{
	if (!s) {
		printf("NULL");
		return;
	}
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\%03o", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void member(const char *name, const char *value)
{
	printf(".%s = ", name);
	str(value);
	printf(", ");
}

static void bytes(const char *name, size_t k, size_t i, const char *what, const uint8_t *p,
		  size_t n)
{
	if (!n)
		return;
	printf("static uint8_t %s_%zu_%zu_%s[] = {", name, k, i, what);
	for (size_t j = 0; j < n; j++)
		printf(" 0x%02x,", p[j]);
	printf(" };\n");
}

static void regions(const char *array, const struct host_region *r, size_t n)
{
	printf("static struct host_region %s[] = {", array);
	for (size_t i = 0; i < n; i++)
		printf(" { 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %d },", r[i].start, r[i].last,
		       (int)r[i].type);
	printf(" { 0 } };\n");
}

static void node(const char *name, const struct host_node *n)
{
	printf(".%s = { %d, %d, %" PRIu32 ", %" PRIu32 ", %" PRIu32 " }, ", name, n->present,
	       n->open_err, n->major, n->minor, n->mode);
}

static void iommus(const struct host *h, size_t k)
{
	printf("static struct host_iommu iommus_%zu[] = {\n", k);
	for (size_t i = 0; i < h->niommus; i++) {
		const struct host_iommu *io = &h->iommus[i];

		printf("\t{ ");
		member("name", io->name);
		member("link", io->link);
		member("version", io->version);
		printf(".type = %d, .has_regs = %d, .cap = 0x%" PRIx64 "ull, .ecap = 0x%" PRIx64
		       "ull, .address = 0x%" PRIx64 "ull, .domains_supported = %" PRIu32
		       ", .domains_used = %" PRIu32
		       ", .isolated_msi = %d, .coherent = %d, .hw_known = %d, .hw_type = %" PRIu32
		       ", .hw_len = %" PRIu32 ", ",
		       (int)io->type, io->has_regs, io->cap, io->ecap, io->address,
		       io->domains_supported, io->domains_used, io->isolated_msi, io->coherent,
		       io->hw_known, io->hw_type, io->hw_len);
		printf(".hw_data = {");
		for (size_t j = 0; j < io->hw_len && j < sizeof(io->hw_data); j++)
			printf(" 0x%02x,", io->hw_data[j]);
		printf(" }, .domain = {");
		for (int d = 0; d < HOST_DOMAIN_NR; d++)
			printf(" { %d, %d, { 0x%" PRIx64 "ull, 0x%" PRIx64 "ull }, 0x%" PRIx64
			       "ull },",
			       io->domain[d].known, io->domain[d].attach_errno,
			       io->domain[d].aperture.start, io->domain[d].aperture.last,
			       io->domain[d].pgsizes);
		printf(" } },\n");
	}
	printf("\t{ 0 }\n};\n");
}

static void device_arrays(const struct host *h, size_t k)
{
	for (size_t i = 0; i < h->ndevices; i++) {
		const struct host_device *d = &h->devices[i];
		char array[64];

		printf("static struct host_attr attrs_%zu_%zu[] = {", k, i);
		for (size_t j = 0; j < d->nattrs; j++) {
			printf(" { ");
			str(d->attrs[j].name);
			printf(", ");
			str(d->attrs[j].value);
			printf(" },");
		}
		printf(" { 0 } };\n");
		snprintf(array, sizeof(array), "dregions_%zu_%zu", k, i);
		regions(array, d->regions, d->nregions);
		bytes("device", k, i, "caps", d->info_caps, d->info_caps_len);
		for (size_t j = 0; j < d->nregion_info; j++)
			if (d->region_info[j].caps_len) {
				snprintf(array, sizeof(array), "device_%zu_region", k);
				bytes(array, i, j, "caps", d->region_info[j].caps,
				      d->region_info[j].caps_len);
			}
		printf("static struct host_region_info rinfo_%zu_%zu[] = {", k, i);
		for (size_t j = 0; j < d->nregion_info; j++) {
			const struct host_region_info *r = &d->region_info[j];

			printf(" { %" PRIu32 ", %d, %" PRIu32 ", 0x%" PRIx64 "ull, 0x%" PRIx64
			       "ull, ",
			       r->index, r->err, r->flags, r->size, r->offset);
			if (r->caps_len)
				printf("device_%zu_region_%zu_%zu_caps, ", k, i, j);
			else
				printf("NULL, ");
			printf("%" PRIu32 " },", r->caps_len);
		}
		printf(" { 0 } };\nstatic struct host_irq_info irqs_%zu_%zu[] = {", k, i);
		for (size_t j = 0; j < d->nirq_info; j++)
			printf(" { %" PRIu32 ", %d, %" PRIu32 ", %" PRIu32 " },",
			       d->irq_info[j].index, d->irq_info[j].err, d->irq_info[j].flags,
			       d->irq_info[j].count);
		printf(" { 0 } };\nstatic struct host_reset_dev reset_%zu_%zu[] = {", k, i);
		for (size_t j = 0; j < d->nreset; j++)
			printf(" { \"%s\", %d },", d->reset[j].bdf, d->reset[j].group);
		printf(" { 0 } };\n");
	}
}

static void devices(const struct host *h, size_t k)
{
	printf("static struct host_device devices_%zu[] = {\n", k);
	for (size_t i = 0; i < h->ndevices; i++) {
		const struct host_device *d = &h->devices[i];

		printf("\t{ ");
		member("bdf", d->bdf);
		member("link", d->link);
		member("driver", d->driver);
		member("vfio_dev", d->vfio_dev);
		printf(".group = %d, .iommu = %d, .mdev = %d, .noiommu = %d, .busy = %d, "
		       ".has_cdev = %d, .cdev_major = %" PRIu32 ", .cdev_minor = %" PRIu32
		       ", .attrs = attrs_%zu_%zu, .nattrs = %zu, .hw_caps = 0x%" PRIx64
		       "ull, .max_pasid_log2 = %d, .regions = dregions_%zu_%zu, .nregions = %zu, "
		       ".own_regions = %d, .info_known = %d, .info_flags = %" PRIu32
		       ", .num_regions = %" PRIu32 ", .num_irqs = %" PRIu32
		       ", .info_caps_len = %" PRIu32 ", ",
		       d->group, d->iommu, d->mdev, d->noiommu, d->busy, d->has_cdev, d->cdev_major,
		       d->cdev_minor, k, i, d->nattrs, d->hw_caps, d->max_pasid_log2, k, i,
		       d->nregions, d->own_regions, d->info_known, d->info_flags, d->num_regions,
		       d->num_irqs, d->info_caps_len);
		if (d->info_caps_len)
			printf(".info_caps = device_%zu_%zu_caps, ", k, i);
		printf(".region_info = rinfo_%zu_%zu, .nregion_info = %zu, .irq_info = "
		       "irqs_%zu_%zu, .nirq_info = %zu, .reset = reset_%zu_%zu, .nreset = %zu "
		       "},\n",
		       k, i, d->nregion_info, k, i, d->nirq_info, k, i, d->nreset);
	}
	printf("\t{ 0 }\n};\n");
}

static void groups(const struct host *h, size_t k)
{
	for (size_t i = 0; i < h->ngroups; i++) {
		char array[64];

		snprintf(array, sizeof(array), "gregions_%zu_%zu", k, i);
		regions(array, h->groups[i].regions, h->groups[i].nregions);
	}
	printf("static struct host_group groups_%zu[] = {\n", k);
	for (size_t i = 0; i < h->ngroups; i++) {
		const struct host_group *g = &h->groups[i];

		printf("\t{ ");
		member("type", g->type);
		printf(".id = %d, .regions = gregions_%zu_%zu, .nregions = %zu, .has_node = %d, "
		       ".node_major = %" PRIu32 ", .node_minor = %" PRIu32 " },\n",
		       g->id, k, i, g->nregions, g->has_node, g->node_major, g->node_minor);
	}
	printf("\t{ 0 }\n};\n");
}

static void words(size_t k, size_t i, const char *what, const uint32_t *v, size_t n)
{
	if (!v)
		return;
	printf("static uint32_t vdpa_%zu_%zu_%s[] = {", k, i, what);
	for (size_t j = 0; j < n; j++)
		printf(" %" PRIu32 ",", v[j]);
	printf(" };\n");
}

static void words_member(size_t k, size_t i, const char *what, const uint32_t *v, size_t n)
{
	if (v)
		printf(".%s = vdpa_%zu_%zu_%s, .n%s = %zu, ", what, k, i, what, what, n);
}

static void vdpas(const struct host *h, size_t k)
{
	for (size_t i = 0; i < h->nvdpas; i++) {
		const struct host_vdpa *v = &h->vdpas[i];

		bytes("vdpa", k, i, "config", v->config, v->config_len);
		words(k, i, "queue_group", v->queue_group, v->nqueue_group);
		words(k, i, "queue_desc_group", v->queue_desc_group, v->nqueue_desc_group);
		words(k, i, "queue_size", v->queue_size, v->nqueue_size);
	}
	printf("static struct host_vdpa vdpas_%zu[] = {\n", k);
	for (size_t i = 0; i < h->nvdpas; i++) {
		const struct host_vdpa *v = &h->vdpas[i];

		printf("{ ");
		member("name", v->name);
		member("link", v->link);
		member("driver", v->driver);
		member("node_dir", v->node_dir);
		printf(".node = { %d, %d, %u, %u, 0%o }, ", v->node.present, v->node.open_err,
		       v->node.major, v->node.minor, v->node.mode);
		printf(".kind = %d, .told = %d, .device_id = %" PRIu32 ", .features = 0x%" PRIx64
		       "ull, .backend_features = 0x%" PRIx64 "ull, .range = { 0x%" PRIx64
		       "ull, 0x%" PRIx64 "ull }, ",
		       (int)v->kind, v->told, v->device_id, v->features, v->backend_features,
		       v->range.start, v->range.last);
		printf(".queues = %" PRIu32 ", .queue_max = %" PRIu32 ", .groups = %" PRIu32
		       ", .spaces = %" PRIu32 ", ",
		       v->queues, v->queue_max, v->groups, v->spaces);
		words_member(k, i, "queue_group", v->queue_group, v->nqueue_group);
		words_member(k, i, "queue_desc_group", v->queue_desc_group, v->nqueue_desc_group);
		words_member(k, i, "queue_size", v->queue_size, v->nqueue_size);
		if (v->config_len)
			printf(".config = vdpa_%zu_%zu_config, .config_len = %" PRIu32 ", ", k, i,
			       v->config_len);
		printf("},\n");
	}
	printf("\t{ 0 }\n};\n");
}

static void files(const struct host *h, size_t k)
{
	printf("static struct host_file files_%zu[] = {\n", k);
	for (size_t i = 0; i < h->nfiles; i++) {
		printf("\t{ ");
		member("path", h->files[i].path);
		member("content", h->files[i].content);
		printf(".link = %d, .err = %d },\n", h->files[i].link, h->files[i].err);
	}
	printf("\t{ 0 }\n};\n");
}

static void host(const struct host *h, size_t k)
{
	printf("\t{ ");
	str(h->name);
	printf(", { ");
	member("name", h->name);
	member("source", h->source);
	member("origin", h->origin);
	member("release", h->release);
	member("cmdline", h->cmdline);
	node("container", &h->container);
	node("iommufd", &h->iommufd);
	printf(".features = 0x%" PRIx32 "u, .type1_unsafe = %d, .iommufd_unsafe = %d, "
	       ".noiommu = %d, .compat_noiommu = %d, .container_is_iommufd = %d, "
	       ".dma_entry_limit = %" PRIu32 ", .iommus = iommus_%zu, .niommus = %zu, "
	       ".groups = groups_%zu, .ngroups = %zu, .devices = devices_%zu, .ndevices = %zu, "
	       ".vdpas = vdpas_%zu, .nvdpas = %zu, "
	       ".files = files_%zu, .nfiles = %zu } },\n",
	       h->features, h->type1_unsafe, h->iommufd_unsafe, h->noiommu, h->compat_noiommu,
	       h->container_is_iommufd, h->dma_entry_limit, k, h->niommus, k, h->ngroups, k,
	       h->ndevices, k, h->nvdpas, k, h->nfiles);
}

int main(int argc, char **argv)
{
	size_t n = (size_t)argc - 1;
	struct host **h = calloc(n + 1, sizeof(*h));

	if (!h)
		return 1;
	printf("/* Made by hosts-to-c. */\n#include <stddef.h>\n"
	       "#include \"harness/capture/host.h\"\n"
	       "#include \"selftests/verdicts/hosts.h\"\n");
	for (size_t k = 0; k < n; k++) {
		struct capture_error err;

		if (capture_load_host(argv[k + 1], &h[k], NULL, &err)) {
			fprintf(stderr, "hosts-to-c: %s\n", err.msg);
			return 2;
		}
		iommus(h[k], k);
		device_arrays(h[k], k);
		devices(h[k], k);
		vdpas(h[k], k);
		groups(h[k], k);
		files(h[k], k);
	}
	printf("struct compiled_host compiled_hosts[] = {\n");
	for (size_t k = 0; k < n; k++)
		host(h[k], k);
	printf("\t{ NULL, { 0 } }\n};\n");
	for (size_t k = 0; k < n; k++)
		host_free(h[k]);
	free(h);
	return fflush(stdout) || ferror(stdout);
}
