// SPDX-License-Identifier: GPL-2.0-or-later
/* Valid requests of an iommufd about address spaces; the table of all of them. */
#include "harness/conform/gen_hwpt.h"
#include "harness/uapi/uapi_compat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static bool destroy(struct gen *gen, struct call *c, struct known_fd *on)
{
	return gen_id(gen, c, "id", on->uid, KNOWN_ANY);
}

static bool iova_ranges(struct gen *gen, struct call *c, struct known_fd *on)
{
	uint32_t n = (uint32_t)choices_upto(gen->c, 5);

	if (!gen_id(gen, c, "ioas_id", on->uid, KNOWN_IOAS))
		return false;
	/* As many as there usually are, more and fewer; seldom nothing behind the pointer. */
	if (choices_bool(gen->c, 30))
		n = 16;
	call_set(c, "num_iovas", n);
	c->buf[0].room = (uint16_t)(n * 16);
	if (!n && choices_bool(gen->c, 50))
		return true;
	return call_set_patch(c, "allowed_iovas", PATCH_BUF, 0, 0);
}

static bool allow_iovas(struct gen *gen, struct call *c, struct known_fd *on)
{
	uint32_t n = (uint32_t)choices_upto(gen->c, 3);
	struct call_buf *b = &c->buf[0];

	if (!gen_id(gen, c, "ioas_id", on->uid, KNOWN_IOAS))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t r[2];

		r[0] = gen_iova(gen, NOBODY, 4096);
		r[1] = choices_bool(gen->c, 85) ? r[0] + gen_length(gen, 4096) - 1 : gen_edge(gen);
		for (int k = 0; k < 16; k++)
			b->img[i * 16 + (uint32_t)k] = (uint8_t)(r[k / 8] >> (k % 8 * 8));
	}
	b->len = (uint16_t)(n * 16);
	b->room = b->len;
	call_set(c, "num_iovas", n);
	return call_set_patch(c, "allowed_iovas", PATCH_BUF, 0, 0);
}

/* Until a device is attached any byte may be mapped. */
static uint64_t page_of(struct gen *gen)
{
	return choices_bool(gen->c, 12) ? 1 : 4096;
}

static uint32_t map_flags(struct gen *gen)
{
	static const uint32_t flags[] = { 7, 7, 7, 5, 3, 6, 4, 1, 0 };

	return CHOICES_PICK(gen->c, flags);
}

static bool map(struct gen *gen, struct call *c, struct known_fd *on)
{
	const struct known_obj *ioas = gen_obj(gen, on->uid, KNOWN_IOAS);
	uint64_t page = page_of(gen), iova, len;

	if (!ioas)
		return false;
	iova = gen_iova(gen, ioas->uid, page);
	len = gen_length(gen, page);
	call_set(c, "flags", map_flags(gen));
	call_set(c, "iova", iova);
	call_set(c, "length", len);
	call_set_patch(c, "user_va", PATCH_VA, 0, gen_va(gen, iova, len, page));
	return call_set_patch(c, "ioas_id", PATCH_ID, ioas->uid, 0);
}

static bool map_file(struct gen *gen, struct call *c, struct known_fd *on)
{
	/* One that no iommufd stands behind: gen_avoid(). */
	const struct known_fd *f = gen_fd(gen, UAPI_FD_CONTAINER);

	if (!gen_id(gen, c, "ioas_id", on->uid, KNOWN_IOAS))
		return false;
	call_set(c, "flags", map_flags(gen));
	call_set(c, "iova", gen_iova(gen, NOBODY, 4096));
	call_set(c, "length", gen_length(gen, 4096));
	return call_set_patch(c, "fd", PATCH_FD, f ? f->uid : NOBODY, 0);
}

static bool copy(struct gen *gen, struct call *c, struct known_fd *on)
{
	const struct known_obj *src = gen_obj(gen, on->uid, KNOWN_IOAS);
	const struct known_map *m = src ? gen_map(gen, src->uid) : NULL;
	uint64_t page = page_of(gen), iova, len;

	if (!src || (!m && !choices_bool(gen->c, 20)))
		return false;
	iova = m ? m->iova : gen_iova(gen, NOBODY, page);
	len = m ? m->len : 4096;
	if (m && choices_bool(gen->c, 25)) {
		len = gen_length(gen, page);
		iova += choices_bool(gen->c, 50) ? page : 0;
	}
	call_set(c, "flags", map_flags(gen));
	call_set(c, "src_iova", iova);
	call_set(c, "length", len);
	call_set_patch(c, "src_ioas_id", PATCH_ID, src->uid, 0);
	src = gen_obj(gen, on->uid, KNOWN_IOAS);
	call_set(c, "dst_iova", gen_iova(gen, src->uid, page));
	return call_set_patch(c, "dst_ioas_id", PATCH_ID, src->uid, 0);
}

static bool unmap(struct gen *gen, struct call *c, struct known_fd *on)
{
	const struct known_obj *ioas = gen_obj(gen, on->uid, KNOWN_IOAS);
	const struct known_map *m = ioas ? gen_map(gen, ioas->uid) : NULL;
	uint64_t page = page_of(gen), iova, len;

	if (!ioas)
		return false;
	iova = m ? m->iova : gen_iova(gen, NOBODY, page);
	len = m ? m->len : gen_length(gen, page);
	if (choices_bool(gen->c, 15)) {
		iova = 0;
		len = UINT64_MAX;
	} else if (choices_bool(gen->c, 30)) {
		len += page * choices_upto(gen->c, 2) - page;
		iova += page * choices_upto(gen->c, 2) - page;
	}
	call_set(c, "iova", iova);
	call_set(c, "length", len);
	return call_set_patch(c, "ioas_id", PATCH_ID, ioas->uid, 0);
}

static bool option(struct gen *gen, struct call *c, struct known_fd *on)
{
	uint32_t id = choices_bool(gen->c, 70);

	call_set(c, "option_id", choices_bool(gen->c, 95) ? id : 2);
	call_set(c, "op", choices_bool(gen->c, 95) ? choices_upto(gen->c, 1) : 2);
	call_set(c, "val64", choices_bool(gen->c, 90) ? choices_upto(gen->c, 1) : gen_edge(gen));
	if (id == IOMMU_OPTION_HUGE_PAGES || choices_bool(gen->c, 10))
		gen_id(gen, c, "object_id", on->uid, KNOWN_IOAS);
	return true;
}

static bool vfio_ioas(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint16_t ops[] = { IOMMU_VFIO_IOAS_GET,   IOMMU_VFIO_IOAS_GET,
					IOMMU_VFIO_IOAS_SET,   IOMMU_VFIO_IOAS_SET,
					IOMMU_VFIO_IOAS_CLEAR, 3 };
	uint16_t op = CHOICES_PICK(gen->c, ops);

	call_set(c, "op", op);
	if (op == IOMMU_VFIO_IOAS_SET)
		return gen_id(gen, c, "ioas_id", on->uid, KNOWN_IOAS);
	return true;
}

static bool get_pa(struct gen *gen, struct call *c, struct known_fd *on)
{
	call_set(c, "iova", gen_iova(gen, NOBODY, 4096));
	return gen_id(gen, c, "ioas_id", on->uid, KNOWN_IOAS);
}

const struct recipe recipes_iommufd[] = {
	{ IOMMU_DESTROY, 9, destroy },
	{ IOMMU_IOAS_ALLOC, 7, NULL },
	{ IOMMU_IOAS_ALLOW_IOVAS, 7, allow_iovas },
	{ IOMMU_IOAS_COPY, 10, copy },
	{ IOMMU_IOAS_IOVA_RANGES, 14, iova_ranges },
	{ IOMMU_IOAS_MAP, 22, map },
	{ IOMMU_IOAS_UNMAP, 14, unmap },
	{ IOMMU_OPTION, 9, option },
	{ IOMMU_VFIO_IOAS, 6, vfio_ioas },
	{ IOMMU_HWPT_ALLOC, 16, gen_hwpt_alloc },
	{ IOMMU_GET_HW_INFO, 9, gen_hw_info },
	{ IOMMU_HWPT_SET_DIRTY_TRACKING, 5, gen_set_dirty },
	{ IOMMU_HWPT_GET_DIRTY_BITMAP, 7, gen_get_dirty },
	{ IOMMU_HWPT_INVALIDATE, 5, gen_invalidate },
	{ IOMMU_FAULT_QUEUE_ALLOC, 4, NULL },
	{ UAPI_IOAS_MAP_FILE, 2, map_file },
	{ UAPI_VIOMMU_ALLOC, 3, gen_viommu },
	{ UAPI_VDEVICE_ALLOC, 2, gen_vdevice },
	{ UAPI_IOAS_CHANGE_PROCESS, 2, NULL },
	{ UAPI_VEVENTQ_ALLOC, 1, NULL },
	{ UAPI_HW_QUEUE_ALLOC, 1, NULL },
	{ UAPI_IOAS_NOIOMMU_GET_PA, 1, get_pa },
	{ 0x3b9f, 1, NULL }, /* nobody's */
};
const size_t nrecipes_iommufd = ARRAY_SIZE(recipes_iommufd);
