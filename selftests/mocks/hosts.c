// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftests/mocks/hosts.h"

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static char *dup_text(const char *s)
{
	return s ? must(strdup(s)) : NULL;
}

/* One more element at the end of an array of *n. */
static void *grow(void *v, size_t *n, size_t elem)
{
	char *p = must(realloc(v, (*n + 1) * elem));

	memset(p + *n * elem, 0, elem);
	++*n;
	return p;
}

int test_unit(struct host *h, uint64_t cap, uint64_t ecap)
{
	struct host_iommu *io;
	char name[32];

	h->iommus = grow(h->iommus, &h->niommus, sizeof(*h->iommus));
	io = &h->iommus[h->niommus - 1];
	snprintf(name, sizeof(name), "dmar%zu", h->niommus - 1);
	io->name = dup_text(name);
	io->type = HOST_IOMMU_INTEL;
	io->has_regs = true;
	io->cap = cap;
	io->ecap = ecap;
	io->address = 0xfed90000;
	io->version = dup_text("1:0");
	io->domains_supported = 65536;
	io->domains_used = 5;
	io->isolated_msi = 1;
	io->coherent = -1;
	return (int)h->niommus - 1;
}

void test_region(struct host_group *g, uint64_t start, uint64_t last, enum host_region_type type)
{
	g->regions = grow(g->regions, &g->nregions, sizeof(*g->regions));
	g->regions[g->nregions - 1] = (struct host_region){ start, last, type };
}

struct host_group *test_group(struct host *h, int id)
{
	struct host_group *g;

	h->groups = grow(h->groups, &h->ngroups, sizeof(*h->groups));
	g = &h->groups[h->ngroups - 1];
	g->id = id;
	g->type = dup_text("DMA-FQ");
	g->has_node = true;
	g->node_major = 253;
	g->node_minor = (uint32_t)h->ngroups - 1;
	test_region(g, MSI_FIRST, MSI_LAST, HOST_REGION_MSI);
	return g;
}

static void fill_info(struct host_device *d)
{
	d->info_known = true;
	d->info_flags = VFIO_DEVICE_FLAGS_PCI;
	d->num_regions = 9;
	d->num_irqs = 5;
	for (uint32_t i = 0; i < d->num_regions; i++) {
		d->region_info = grow(d->region_info, &d->nregion_info, sizeof(*d->region_info));
		d->region_info[i] = (struct host_region_info){
			.index = i,
			.err = i == VFIO_PCI_VGA_REGION_INDEX ? EINVAL : 0,
			.flags = i ? 0 : 7,
			.size = i ? 0 : 4096,
			.offset = (uint64_t)i << 40,
		};
	}
	for (uint32_t i = 0; i < d->num_irqs; i++) {
		d->irq_info = grow(d->irq_info, &d->nirq_info, sizeof(*d->irq_info));
		d->irq_info[i] = (struct host_irq_info){
			.index = i,
			.flags = i ? 9 : 7,
			.count = i >= VFIO_PCI_ERR_IRQ_INDEX,
		};
	}
}

struct host_device *test_device(struct host *h, const char *bdf, int group, int unit)
{
	struct host_device *d;
	char name[32];

	h->devices = grow(h->devices, &h->ndevices, sizeof(*h->devices));
	d = &h->devices[h->ndevices - 1];
	d->bdf = dup_text(bdf);
	d->driver = dup_text("vfio-pci");
	d->group = group;
	d->iommu = unit;
	snprintf(name, sizeof(name), "vfio%zu", h->ndevices - 1);
	d->vfio_dev = dup_text(name);
	d->has_cdev = h->iommufd.present;
	d->cdev_major = 252;
	d->cdev_minor = (uint32_t)h->ndevices - 1;
	d->attrs = grow(d->attrs, &d->nattrs, sizeof(*d->attrs));
	d->attrs[0] = (struct host_attr){ dup_text("vendor"), dup_text("0x1b36") };
	d->attrs = grow(d->attrs, &d->nattrs, sizeof(*d->attrs));
	d->attrs[1] = (struct host_attr){ dup_text("device"), dup_text("0x0005") };
	fill_info(d);
	return d;
}

void test_file(struct host *h, const char *path, const char *content, bool link, int err)
{
	h->files = grow(h->files, &h->nfiles, sizeof(*h->files));
	h->files[h->nfiles - 1] = (struct host_file){
		.path = dup_text(path),
		.content = dup_text(content),
		.link = link,
		.err = err,
	};
}

struct host *test_host(const struct host_spec *spec)
{
	struct host *h = must(calloc(1, sizeof(*h)));
	struct host_iommu *io;

	h->name = dup_text("test");
	h->release = dup_text(spec->release ? spec->release : "6.12.117");
	h->cmdline = dup_text(spec->cmdline ? spec->cmdline : "quiet");
	h->features = host_features_default(h->release);
	h->container = (struct host_node){ true, 0, 10, 196, 0666 };
	if (!spec->no_cdev && h->features & 1u << HOST_F_HWPT)
		h->iommufd = (struct host_node){ true, 0, 10, 257, 0660 };
	if (spec->no_iommu) {
		test_device(h, BDF, -1, -1);
		free(h->devices[0].vfio_dev);
		h->devices[0].vfio_dev = NULL;
		h->devices[0].has_cdev = false;
		return h;
	}
	test_unit(h, spec->cap ? spec->cap : CAP_39, spec->cap ? spec->ecap : ECAP);
	io = &h->iommus[0];
	io->type = spec->type;
	io->has_regs = spec->type == HOST_IOMMU_INTEL;
	io->isolated_msi = !spec->no_intremap;
	test_group(h, 1);
	test_device(h, BDF, 1, 0);
	return h;
}

int test_open_group(struct shim *s, int id)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	return shim_open(s, path, O_RDWR);
}

int test_set_container(struct shim *s, int group, int container)
{
	int32_t fd = container;

	return shim_ioctl(s, group, VFIO_GROUP_SET_CONTAINER, &fd);
}

int test_device_fd(struct shim *s, int group, const char *bdf)
{
	char name[128];

	snprintf(name, sizeof(name), "%s", bdf);
	return shim_ioctl(s, group, VFIO_GROUP_GET_DEVICE_FD, name);
}

int test_type1(struct shim *s, int id, int *group)
{
	int c = shim_open(s, "/dev/vfio/vfio", O_RDWR), err;

	if (c < 0)
		return c;
	*group = test_open_group(s, id);
	if (*group < 0)
		return *group;
	err = test_set_container(s, *group, c);
	if (!err)
		err = shim_ioctl_val(s, c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	return err ? err : c;
}

int test_map(struct shim *s, int container, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = 0x10000000,
		.iova = iova,
		.size = size,
	};

	return shim_ioctl(s, container, VFIO_IOMMU_MAP_DMA, &map);
}

int test_unmap(struct shim *s, int container, uint64_t iova, uint64_t *size)
{
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u), .iova = iova, .size = *size };
	int err = shim_ioctl(s, container, VFIO_IOMMU_UNMAP_DMA, &u);

	*size = u.size;
	return err;
}

int test_info(struct shim *s, int container, uint32_t argsz, void *buf, size_t len)
{
	memset(buf, 0xa5, len);
	memcpy(buf, &argsz, sizeof(argsz));
	return shim_ioctl(s, container, VFIO_IOMMU_GET_INFO, buf);
}

int test_ranges(struct shim *s, int container, struct host_range *r, int max)
{
	union {
		struct uapi_type1_info info;
		uint8_t b[4096];
	} u = { .info.argsz = sizeof(u) };
	uint32_t pos, n = 0;
	int err = shim_ioctl(s, container, VFIO_IOMMU_GET_INFO, &u);

	if (err)
		return err;
	for (pos = u.info.cap_offset; pos;) {
		struct vfio_info_cap_header hdr;

		memcpy(&hdr, u.b + pos, sizeof(hdr));
		if (hdr.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
			memcpy(&n, u.b + pos + 8, sizeof(n));
			for (uint32_t i = 0; i < n && (int)i < max; i++)
				memcpy(&r[i], u.b + pos + 16 + i * sizeof(*r), sizeof(*r));
		}
		pos = hdr.next;
	}
	return (int)n;
}

void test_bound(const struct host *h, struct shim **s, int *iommufd, int *dev)
{
	*s = must(model_new(h, &uapi_mem_checked));
	*iommufd = shim_open(*s, "/dev/iommu", O_RDWR);
	*dev = test_open_cdev(*s, "vfio0");
	test_bind(*s, *dev, *iommufd);
	test_ioas(*s, *iommufd);
}

void test_stop(struct shim **s)
{
	shim_destroy(*s);
	*s = NULL;
}

int test_open_cdev(struct shim *s, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	return shim_open(s, path, O_RDWR);
}

int test_bind(struct shim *s, int dev, int iommufd)
{
	struct vfio_device_bind_iommufd b = { .argsz = 16, .iommufd = iommufd };
	int err = shim_ioctl(s, dev, VFIO_DEVICE_BIND_IOMMUFD, &b);

	return err ? err : (int)b.out_devid;
}

int test_ioas(struct shim *s, int iommufd)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	int err = shim_ioctl(s, iommufd, IOMMU_IOAS_ALLOC, &a);

	return err ? err : (int)a.out_ioas_id;
}

int test_attach(struct shim *s, int dev, uint32_t pt_id)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = 12, .pt_id = pt_id };
	int err = shim_ioctl(s, dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);

	return err ? err : (int)a.pt_id;
}

int test_detach(struct shim *s, int dev)
{
	struct vfio_device_detach_iommufd_pt d = { .argsz = 8 };

	return shim_ioctl(s, dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

int test_destroy(struct shim *s, int iommufd, uint32_t id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = id };

	return shim_ioctl(s, iommufd, IOMMU_DESTROY, &d);
}

int test_hwpt(struct shim *s, int iommufd, uint32_t flags, uint32_t dev, uint32_t pt_id)
{
	struct uapi_hwpt_alloc a = {
		.size = sizeof(a), .flags = flags, .dev_id = dev, .pt_id = pt_id
	};
	int err = shim_ioctl(s, iommufd, IOMMU_HWPT_ALLOC, &a);

	return err ? err : (int)a.out_hwpt_id;
}

int test_ioas_ranges(struct shim *s, int iommufd, uint32_t ioas, struct host_range *r, int max,
		     uint64_t *align)
{
	struct iommu_ioas_iova_ranges q = {
		.size = sizeof(q),
		.ioas_id = ioas,
		.num_iovas = (uint32_t)max,
		.allowed_iovas = (uintptr_t)r,
	};
	int err = shim_ioctl(s, iommufd, IOMMU_IOAS_IOVA_RANGES, &q);

	if (align)
		*align = q.out_iova_alignment;
	return err ? err : (int)q.num_iovas;
}

int test_ioas_map(struct shim *s, int iommufd, uint32_t ioas, uint64_t iova, uint64_t len)
{
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = 0x10000000,
		.length = len,
		.iova = iova,
	};

	return shim_ioctl(s, iommufd, IOMMU_IOAS_MAP, &m);
}

int test_ioas_unmap(struct shim *s, int iommufd, uint32_t ioas, uint64_t iova, uint64_t *len)
{
	struct iommu_ioas_unmap u = {
		.size = sizeof(u), .ioas_id = ioas, .iova = iova, .length = *len
	};
	int err = shim_ioctl(s, iommufd, IOMMU_IOAS_UNMAP, &u);

	*len = u.length;
	return err;
}

bool test_all_gone(const struct shim *s)
{
	static const struct model_stats none;
	struct model_stats now;

	model_stats(s, &now);
	return !memcmp(&now, &none, sizeof(now));
}
