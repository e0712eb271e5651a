// SPDX-License-Identifier: GPL-2.0-or-later
/* What files, links and nodes say. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/ask_state.h"

#define TEXT 4096

static char *keep(struct asker *v, const char *s, size_t len)
{
	char *p = strndup(s, len);

	v->nomem |= !p;
	return p;
}

char *ask_file(struct asker *v, const char *path, ...)
{
	char name[256], buf[TEXT];
	ssize_t n, used = 0;
	va_list ap;
	int fd;

	va_start(ap, path);
	vsnprintf(name, sizeof(name), path, ap);
	va_end(ap);
	fd = shim_open(v->s, name, O_RDONLY);
	if (fd < 0)
		return NULL;
	while (used < TEXT && (n = shim_read(v->s, fd, buf + used, (size_t)(TEXT - used))) > 0)
		used += n;
	shim_close(v->s, fd);
	if (used && buf[used - 1] == '\n')
		used--;
	return keep(v, buf, (size_t)used);
}

char *ask_link(struct asker *v, const char *path, ...)
{
	char name[256], buf[512];
	va_list ap;
	ssize_t n;

	va_start(ap, path);
	vsnprintf(name, sizeof(name), path, ap);
	va_end(ap);
	n = shim_readlink(v->s, name, buf, sizeof(buf));
	return n < 0 ? NULL : keep(v, buf, (size_t)n);
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- the kernel ---------------------------------------------------------------- */

/* A parameter of a module, else of the command line; the value or NULL, to be freed. */
static char *parameter(struct asker *v, const char *module, const char *name)
{
	char *s = ask_file(v, "/sys/module/%s/parameters/%s", module, name), *end;
	char key[96];
	const char *p = v->h->cmdline;
	size_t n = (size_t)snprintf(key, sizeof(key), "%s.%s=", module, name);

	if (s || !p)
		return s;
	for (; (p = strstr(p, key)); p += n) {
		if (p != v->h->cmdline && p[-1] != ' ')
			continue;
		end = strchr(p, ' ');
		return keep(v, p + n, end ? (size_t)(end - p) - n : strlen(p + n));
	}
	return NULL;
}

static bool yes(struct asker *v, const char *module, const char *name)
{
	char *s = parameter(v, module, name);
	bool on = s && (*s == 'Y' || *s == 'y' || *s == '1');

	free(s);
	return on;
}

void ask_kernel(struct asker *v)
{
	char *limit;

	v->h->release = ask_file(v, "/proc/sys/kernel/osrelease");
	v->h->cmdline = ask_file(v, "/proc/cmdline");
	v->h->features = host_features_default(v->h->release);
	v->h->type1_unsafe = yes(v, "vfio_iommu_type1", "allow_unsafe_interrupts");
	v->h->iommufd_unsafe = yes(v, "iommufd", "allow_unsafe_interrupts");
	limit = parameter(v, "vfio_iommu_type1", "dma_entry_limit");
	if (limit && strtoul(limit, NULL, 0) != 65535)
		v->h->dma_entry_limit = (uint32_t)strtoul(limit, NULL, 0);
	free(limit);
}

static void node(struct asker *v, const char *path, struct host_node *n)
{
	struct shim_stat st;
	int fd;

	if (shim_stat(v->s, path, &st))
		return;
	*n = (struct host_node){ .present = true,
				 .major = st.rdev_major,
				 .minor = st.rdev_minor,
				 .mode = st.mode & 07777 };
	fd = shim_open(v->s, path, O_RDWR);
	if (fd < 0)
		n->open_err = -fd;
	else
		shim_close(v->s, fd);
}

void ask_nodes(struct asker *v)
{
	node(v, "/dev/vfio/vfio", &v->h->container);
	node(v, "/dev/iommu", &v->h->iommufd);
}

/* ---- a device, its group, its IOMMU --------------------------------------------- */

static void *one_more(struct asker *v, void *array, size_t *n, size_t size)
{
	void **a = array;
	char *p = realloc(*a, (*n + 1) * size);

	if (!p) {
		v->nomem = true;
		return NULL;
	}
	*a = p;
	memset(p + *n * size, 0, size);
	return p + size * (*n)++;
}

static void regions(struct asker *v, struct host_group *g)
{
	static const char *const names[HOST_REGION_NR] = { "direct", "direct-relaxable", "reserved",
							   "msi" };
	char *s = ask_file(v, "/sys/kernel/iommu_groups/%d/reserved_regions", g->id), *save = NULL;

	for (char *l = s ? strtok_r(s, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save)) {
		struct host_region r = { 0 }, *to;
		char type[32];
		int k = 0;

		if (sscanf(l, "0x%" SCNx64 " 0x%" SCNx64 " %31s", &r.start, &r.last, type) != 3)
			break;
		while (k < HOST_REGION_NR - 1 && strcmp(type, names[k]))
			k++;
		r.type = (enum host_region_type)k;
		to = one_more(v, &g->regions, &g->nregions, sizeof(*to));
		if (to)
			*to = r;
	}
	free(s);
}

static void group(struct asker *v, int id, struct host_device *d)
{
	struct shim_stat st;
	struct host_group *g;
	char path[48];

	if (host_find_group(v->h, id))
		return;
	g = one_more(v, &v->h->groups, &v->h->ngroups, sizeof(*g));
	if (!g)
		return;
	g->id = id;
	g->type = ask_file(v, "/sys/kernel/iommu_groups/%d/type", id);
	regions(v, g);
	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%d", id);
	d->noiommu = !shim_stat(v->s, path, &st);
	if (!d->noiommu)
		snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	if (shim_stat(v->s, path, &st))
		return;
	g->has_node = true;
	g->node_major = st.rdev_major;
	g->node_minor = st.rdev_minor;
}

static uint64_t number(struct asker *v, const char *bdf, const char *file, int base)
{
	char *s = ask_file(v, "/sys/bus/pci/devices/%s/iommu/intel-iommu/%s", bdf, file);
	uint64_t n = s ? strtoull(s, NULL, base) : 0;

	free(s);
	return n;
}

static enum host_iommu_type type_by_link(const char *name, const char *link)
{
	if (!strncmp(name, "dmar", 4))
		return HOST_IOMMU_INTEL;
	if (!strncmp(name, "ivhd", 4))
		return HOST_IOMMU_AMD;
	if (!strncmp(name, "smmu3", 5))
		return HOST_IOMMU_SMMUV3;
	return strstr(link, "/virtio") ? HOST_IOMMU_VIRTIO : HOST_IOMMU_OTHER;
}

/* Index of the unit that the link leads to. */
static int iommu(struct asker *v, const char *bdf, const char *link)
{
	const char *name = last_component(link);
	struct host_iommu *io;

	for (size_t i = 0; i < v->h->niommus; i++)
		if (v->h->iommus[i].name && !strcmp(v->h->iommus[i].name, name))
			return (int)i;
	io = one_more(v, &v->h->iommus, &v->h->niommus, sizeof(*io));
	if (!io)
		return -1;
	io->name = keep(v, name, strlen(name));
	io->link = keep(v, link, strlen(link));
	io->type = type_by_link(name, link);
	io->isolated_msi = io->coherent = -1;
	io->version = ask_file(v, "/sys/bus/pci/devices/%s/iommu/intel-iommu/version", bdf);
	io->has_regs = io->version != NULL;
	if (io->has_regs) {
		io->type = HOST_IOMMU_INTEL;
		io->cap = number(v, bdf, "cap", 16);
		io->ecap = number(v, bdf, "ecap", 16);
		io->address = number(v, bdf, "address", 16);
		io->domains_supported = (uint32_t)number(v, bdf, "domains_supported", 10);
		io->domains_used = (uint32_t)number(v, bdf, "domains_used", 10);
	}
	return (int)v->h->niommus - 1;
}

static void attributes(struct asker *v, struct host_device *d)
{
	static const char *const names[] = { "vendor",
					     "device",
					     "class",
					     "irq",
					     "dma_mask_bits",
					     "consistent_dma_mask_bits",
					     "subsystem_vendor",
					     "subsystem_device",
					     "revision",
					     "numa_node" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *s = ask_file(v, "/sys/bus/pci/devices/%s/%s", d->bdf, names[i]);
		struct host_attr *a =
			s ? one_more(v, &d->attrs, &d->nattrs, sizeof(*d->attrs)) : NULL;

		if (!a) {
			free(s);
			continue;
		}
		a->name = keep(v, names[i], strlen(names[i]));
		a->value = s;
	}
}

/* vfio-dev/X, and X's number when it is a cdev. */
static void vfio_dev(struct asker *v, struct host_device *d)
{
	char path[96], names[512], *s;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", d->bdf);
	n = shim_listdir(v->s, path, names, sizeof(names));
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1) {
		if (d->vfio_dev ||
		    (strncmp(names + i, "vfio", 4) && strncmp(names + i, "noiommu", 7)))
			continue;
		d->vfio_dev = keep(v, names + i, strlen(names + i));
	}
	if (!d->vfio_dev)
		return;
	s = ask_file(v, "%s/%s/dev", path, d->vfio_dev);
	d->has_cdev = s && sscanf(s, "%" SCNu32 ":%" SCNu32, &d->cdev_major, &d->cdev_minor) == 2;
	free(s);
}

int ask_device(struct asker *v, const char *bdf)
{
	struct host_device *d;
	char *s, *link = ask_link(v, "/sys/bus/pci/devices/%s", bdf);

	if (!link)
		return v->nomem ? -ENOMEM : -ENODEV;
	d = one_more(v, &v->h->devices, &v->h->ndevices, sizeof(*d));
	if (!d) {
		free(link);
		return -ENOMEM;
	}
	d->link = link;
	d->group = d->iommu = -1;
	d->bdf = keep(v, bdf, strlen(bdf));
	if (!d->bdf)
		return -ENOMEM;
	s = ask_link(v, "/sys/bus/pci/devices/%s/driver", bdf);
	if (s)
		d->driver = keep(v, last_component(s), strlen(last_component(s)));
	free(s);
	s = ask_link(v, "/sys/bus/pci/devices/%s/iommu_group", bdf);
	if (s) {
		d->group = atoi(last_component(s));
		group(v, d->group, d);
	}
	free(s);
	s = ask_link(v, "/sys/bus/pci/devices/%s/iommu", bdf);
	if (s)
		d->iommu = iommu(v, bdf, s);
	free(s);
	attributes(v, d);
	vfio_dev(v, d);
	return v->nomem ? -ENOMEM : 0;
}
