// SPDX-License-Identifier: GPL-2.0-or-later
/* Valid requests of containers, groups and devices; the container's serve an iommufd too. */
#include <stdio.h>
#include <string.h>

#include "harness/conform/generate.h"
#include "harness/uapi/uapi_compat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- container ------------------------------------------------------------------ */

static bool check_extension(struct gen *gen, struct call *c, struct known_fd *on)
{
	c->value = choices_bool(gen->c, 85) ? choices_upto(gen->c, 11) : gen_edge(gen);
	return true;
}

static bool set_iommu(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint64_t types[] = { 3, 1, 3, 1, 6, 8, 0, 7, 9 };

	c->value = CHOICES_PICK(gen->c, types);
	return true;
}

/* Sizes around the struct, each capability's end, and plenty. */
static bool get_info(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint16_t around[] = { 16,	17,  20,  23,  24,  25,	 32,  36,  40,	56,  57,
					   63,	64,  68,  72,  80,  84,	 88,  87,  96,	100, 104,
					   112, 115, 116, 117, 119, 120, 121, 135, 136, 152, 168 };
	uint32_t argsz = choices_bool(gen->c, 40) ? 4096 : CHOICES_PICK(gen->c, around);

	call_set(c, "argsz", argsz);
	c->room = (uint16_t)(argsz < c->len ? c->len : argsz);
	if (argsz < c->len) {
		c->len = (uint16_t)argsz;
		c->room = (uint16_t)argsz;
	}
	return true;
}

static bool map_dma(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint32_t flags[] = { 3, 3, 3, 1, 2, 0, 4, 7 };
	uint64_t iova = gen_iova(gen, on->uid, 4096), len = gen_length(gen, 4096);
	uint32_t f = choices_bool(gen->c, 80) ? 3 : CHOICES_PICK(gen->c, flags);
	const struct known_map *m = gen_map(gen, on->uid);

	if (f == VFIO_DMA_MAP_FLAG_VADDR && m && choices_bool(gen->c, 70)) {
		iova = m->iova;
		len = m->len;
	}
	call_set(c, "flags", f);
	call_set(c, "iova", iova);
	call_set(c, "size", len);
	return call_set_patch(c, "vaddr", PATCH_VA, 0, gen_va(gen, iova, len, 4096));
}

/* A range of a mapping: all of it, more, or a part. */
static void unmap_range(struct gen *gen, int owner, uint64_t page, uint64_t *iova, uint64_t *len)
{
	const struct known_map *m = gen_map(gen, owner);

	if (!m || choices_bool(gen->c, 15)) {
		*iova = gen_iova(gen, owner, page);
		*len = gen_length(gen, page);
		return;
	}
	*iova = m->iova;
	*len = m->len;
	if (choices_bool(gen->c, 65))
		return;
	switch (choices_index(gen->c, 5)) {
	case 0: *len += page; break;
	case 1: *iova -= page, *len += page; break;
	case 2: *iova += page; break;
	case 3: *len -= page; break;
	default: *iova -= page, *len += 2 * page; break;
	}
}

/* struct vfio_bitmap at off, of a buffer that fits the range or not. */
static void bitmap(struct gen *gen, struct call *c, uint16_t off, uint64_t range)
{
	uint64_t bytes = (range / 4096 + 63) / 64 * 8;
	static const uint64_t pgsizes[] = { 4096, 4096, 4096, 4096, 8192, 2048, 0, 4097 };

	if (!bytes || bytes > ROOM_BUF)
		bytes = 8;
	call_put(c, off, 8, CHOICES_PICK(gen->c, pgsizes));
	call_put(c, off + 8, 8, choices_bool(gen->c, 85) ? bytes : choices_upto(gen->c, 16));
	call_patch(c, off + 16, 8, PATCH_BUF, 0, 0);
	c->buf[0].room = (uint16_t)bytes;
}

static bool unmap_dma(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint32_t flags[] = { VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
					  VFIO_DMA_UNMAP_FLAG_ALL,
					  VFIO_DMA_UNMAP_FLAG_VADDR,
					  VFIO_DMA_UNMAP_FLAG_VADDR | VFIO_DMA_UNMAP_FLAG_ALL,
					  3,
					  5,
					  7 };
	uint32_t f = choices_bool(gen->c, 70) ? 0 : CHOICES_PICK(gen->c, flags);
	uint64_t iova, len;

	unmap_range(gen, on->uid, 4096, &iova, &len);
	if (f & VFIO_DMA_UNMAP_FLAG_ALL && choices_bool(gen->c, 80))
		iova = len = 0;
	call_set(c, "flags", f);
	call_set(c, "iova", iova);
	call_set(c, "size", len);
	if (f & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) {
		call_set(c, "argsz", choices_bool(gen->c, 90) ? 48 : 40);
		bitmap(gen, c, 24, len);
		c->room = 48;
	}
	return true;
}

static bool dirty_pages(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint32_t flags[] = { 1, 1, 2, 4, 4, 4, 0, 3 };
	uint32_t f = CHOICES_PICK(gen->c, flags);
	uint64_t iova, len;

	if (!on->dirty && choices_bool(gen->c, 40))
		f = VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
	call_set(c, "flags", f);
	if (f != VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP)
		return true;
	unmap_range(gen, on->uid, 4096, &iova, &len);
	call_set(c, "argsz", choices_bool(gen->c, 90) ? 48 : 47);
	call_put(c, 8, 8, iova);
	call_put(c, 16, 8, len);
	bitmap(gen, c, 24, len);
	c->room = 48;
	return true;
}

const struct recipe recipes_container[] = {
	{ VFIO_GET_API_VERSION, 4, NULL },
	{ VFIO_CHECK_EXTENSION, 10, check_extension },
	{ VFIO_SET_IOMMU, 8, set_iommu },
	{ VFIO_IOMMU_GET_INFO, 22, get_info },
	{ VFIO_IOMMU_MAP_DMA, 26, map_dma },
	{ VFIO_IOMMU_UNMAP_DMA, 22, unmap_dma },
	{ VFIO_IOMMU_ENABLE, 1, NULL },
	{ VFIO_IOMMU_DISABLE, 1, NULL },
	{ VFIO_IOMMU_DIRTY_PAGES, 8, dirty_pages },
	{ 0x3b79, 1, NULL }, /* nobody's on a container */
};
const size_t nrecipes_container = ARRAY_SIZE(recipes_container);

/* ---- group ------------------------------------------------------------------------ */

static bool set_container(struct gen *gen, struct call *c, struct known_fd *on)
{
	const struct known_fd *in = NULL;
	static const unsigned int weights[] = { 45, 35, 10, 5, 5 };
	static const enum uapi_fd kinds[] = { UAPI_FD_CONTAINER, UAPI_FD_IOMMUFD, UAPI_FD_GROUP,
					      UAPI_FD_DEVICE, UAPI_FD_FILE };

	in = gen_fd(gen, kinds[choices_weighted(gen->c, weights, ARRAY_SIZE(weights))]);
	return call_set_patch(c, "container", PATCH_FD, in ? in->uid : NOBODY, 0);
}

/* The argument is a name: of this group's device, another's, none, with words behind it. */
static bool get_device_fd(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const unsigned int weights[] = { 80, 5, 5, 5, 3, 2 };
	const struct host *h = gen->g->host;
	const char *bdf = "0000:00:05.0";
	size_t how;
	int n;

	for (size_t i = 0; i < h->ndevices; i++)
		if (on->group >= 0 && h->devices[i].group == h->groups[on->group].id)
			bdf = h->devices[i].bdf;
	how = choices_weighted(gen->c, weights, ARRAY_SIZE(weights));
	if (how == 1 && gen->g->ndevices)
		bdf = h->devices[gen->g->device[choices_index(gen->c, gen->g->ndevices)]].bdf;
	n = snprintf((char *)c->img, sizeof(c->img), "%s%s", how == 2 ? "0000:ff:1f.7" : bdf,
		     how == 3	? " vf_token=00000000-0000-0000-0000-000000000001"
		     : how == 4 ? " nonsense"
				: "");
	c->len = (uint16_t)(n + 1);
	c->room = c->len;
	c->place = PLACE_BUF;
	/* No end within a page, or none before the memory ends. */
	if (how == 5) {
		c->len = (uint16_t)n;
		c->room = (uint16_t)(choices_bool(gen->c, 50) ? ROOM_ARG : n);
	}
	return true;
}

static bool fixed_size(struct gen *gen, struct call *c, struct known_fd *on)
{
	return true;
}

const struct recipe recipes_group[] = {
	{ VFIO_GROUP_GET_STATUS, 10, fixed_size },
	{ VFIO_GROUP_SET_CONTAINER, 12, set_container },
	{ VFIO_GROUP_UNSET_CONTAINER, 5, NULL },
	{ VFIO_GROUP_GET_DEVICE_FD, 14, get_device_fd },
	{ 0x3b6b, 1, NULL }, /* nobody's on a group */
};
const size_t nrecipes_group = ARRAY_SIZE(recipes_group);

/* ---- device ----------------------------------------------------------------------- */

static bool device_info(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint16_t sizes[] = { 24, 24, 16, 20, 23, 32, 64 };
	uint16_t argsz = CHOICES_PICK(gen->c, sizes);

	call_set(c, "argsz", argsz);
	if (argsz < c->len)
		c->len = argsz;
	c->room = argsz;
	return true;
}

static bool region_info(struct gen *gen, struct call *c, struct known_fd *on)
{
	uint32_t argsz = choices_bool(gen->c, 60) ? 32 : choices_bool(gen->c, 50) ? 64 : 128;

	call_set(c, "argsz", argsz);
	call_set(c, "index", choices_bool(gen->c, 90) ? choices_upto(gen->c, 9) : gen_edge(gen));
	c->room = (uint16_t)argsz;
	return true;
}

static bool irq_info(struct gen *gen, struct call *c, struct known_fd *on)
{
	call_set(c, "index", choices_bool(gen->c, 90) ? choices_upto(gen->c, 5) : gen_edge(gen));
	return true;
}

/* Interrupts are not what this compares: only requests that every driver refuses. */
static bool set_irqs(struct gen *gen, struct call *c, struct known_fd *on)
{
	call_set(c, "flags", choices_bool(gen->c, 50) ? 0 : 1u << 6);
	call_set(c, "index", choices_upto(gen->c, 6));
	return true;
}

/* Neither are features: unknown ones, and operations that exclude each other. */
static bool feature(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint32_t flags[] = { 0x1fff0, 0x2fff0, 0x4fff0, 0x3fff0, 0x8fff0, 0x30000 };

	call_put(c, 4, 4, CHOICES_PICK(gen->c, flags));
	return true;
}

static bool bind(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const enum uapi_fd kinds[] = { UAPI_FD_IOMMUFD, UAPI_FD_IOMMUFD,	  UAPI_FD_IOMMUFD,
					      UAPI_FD_IOMMUFD, UAPI_FD_CONTAINER, UAPI_FD_GROUP,
					      UAPI_FD_DEVICE,  UAPI_FD_FILE };
	const struct known_fd *fd = gen_fd(gen, CHOICES_PICK(gen->c, kinds));

	if (choices_bool(gen->c, 50)) {
		call_set(c, "argsz", 16);
		c->len = c->room = 16;
	}
	return call_set_patch(c, "iommufd", PATCH_FD, fd ? fd->uid : NOBODY, 0);
}

static bool attach(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const enum known_type types[] = { KNOWN_IOAS, KNOWN_IOAS,   KNOWN_HWPT,
						 KNOWN_HWPT, KNOWN_NESTED, KNOWN_ANY };
	const struct known_obj *o = gen_obj(gen, on->ctx, CHOICES_PICK(gen->c, types));

	if (choices_bool(gen->c, 70)) {
		call_set(c, "argsz", 12);
		c->len = c->room = 12;
	} else if (choices_bool(gen->c, 20)) {
		call_set(c, "flags", UAPI_ATTACH_FLAG_PASID);
		call_set(c, "pasid", choices_range(gen->c, 0, 1u << 20));
	}
	if (!o)
		o = gen_obj(gen, on->ctx, KNOWN_ANY);
	return call_set_patch(c, "pt_id", PATCH_ID, o ? o->uid : NOBODY, 0);
}

static bool detach(struct gen *gen, struct call *c, struct known_fd *on)
{
	if (choices_bool(gen->c, 70)) {
		call_set(c, "argsz", 8);
		c->len = c->room = 8;
	} else if (choices_bool(gen->c, 20)) {
		call_set(c, "flags", UAPI_ATTACH_FLAG_PASID);
		call_set(c, "pasid", choices_range(gen->c, 0, 1u << 20));
	}
	return true;
}

const struct recipe recipes_device[] = {
	{ VFIO_DEVICE_GET_INFO, 8, device_info },
	{ VFIO_DEVICE_GET_REGION_INFO, 8, region_info },
	{ VFIO_DEVICE_GET_IRQ_INFO, 6, irq_info },
	{ VFIO_DEVICE_SET_IRQS, 2, set_irqs },
	{ VFIO_DEVICE_RESET, 2, NULL },
	{ VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, 2, fixed_size },
	{ VFIO_DEVICE_FEATURE, 2, feature },
	{ VFIO_DEVICE_BIND_IOMMUFD, 16, bind },
	{ VFIO_DEVICE_ATTACH_IOMMUFD_PT, 22, attach },
	{ VFIO_DEVICE_DETACH_IOMMUFD_PT, 10, detach },
	{ 0x3b7a, 1, NULL }, /* nobody's on a device */
};
const size_t nrecipes_device = ARRAY_SIZE(recipes_device);
