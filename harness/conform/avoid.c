// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that no sequence makes, since the kernel would come to harm: the rest
 * of the run would be on a broken one. docs/conformance.md has the list.
 */
#include <linux/iommufd.h>
#include <linux/vfio.h>

#include "harness/conform/generate.h"
#include "harness/uapi/uapi_compat.h"

#define PROT (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

/*
 * An IOAS that maps the descriptor of an iommufd, or of a device or group that
 * holds one, keeps all of them from ever being closed (6.13 and later).
 */
static void no_cycle(struct gen *gen, struct call *c)
{
	const struct uapi_field *f = call_field(call_row(c), "fd");
	struct call_patch *p = f ? call_patch_at(c, f->off) : NULL;
	const struct known_fd *fd = p && p->what == PATCH_FD ? known_fd(&gen->k, p->ref) : NULL;

	if (fd && fd->kind != UAPI_FD_CONTAINER)
		p->ref = NOBODY;
}

/*
 * The page tables of 7.0 and later warn (WARN_ON in map_range() of
 * drivers/iommu/generic_pt/iommu_pt.h) of a mapping for neither reading nor
 * writing, which only the compat layer lets through.
 */
static void no_mute(const struct gen *gen, struct call *c)
{
	const struct uapi_field *f = call_field(call_row(c), "flags");

	if (!f || !(gen->g->host->features >> HOST_F_WIDTH_MGAW & 1))
		return;
	if (!(call_get(c, f->off, f->width) & PROT))
		call_put(c, f->off, f->width, call_get(c, f->off, f->width) | PROT);
}

/*
 * Where the aperture ends at 2^64-1, an iommufd of 7.x gives the last page back
 * once more than it took it when a mapping that ends there goes: from then on
 * pinning that page is ENOMEM (try_grab_folio() of mm/gup.c warns).
 */
static void no_top(const struct gen *gen, struct call *c, const char *start, const char *length)
{
	const struct uapi_field *iova = call_field(call_row(c), start);
	const struct uapi_field *len = call_field(call_row(c), length);
	uint64_t at;

	if (!(gen->g->host->features >> HOST_F_WIDTH_MGAW & 1))
		return;
	at = call_get(c, iova->off, iova->width);
	if (at + call_get(c, len->off, len->width) == 0)
		call_put(c, iova->off, iova->width, at - (1 << 20));
}

/*
 * A length beyond the memory that a sequence has. What no page table has room
 * for is refused before that matters; else the kernel goes on to pin memory
 * that is not there, of which a model knows nothing.
 */
static void no_void(const struct gen *gen, struct call *c, const char *length)
{
	const struct uapi_field *len = call_field(call_row(c), length);
	uint64_t v = call_get(c, len->off, len->width);

	if (v > MAP_BYTES && v - 1 <= gen->g->widest)
		call_put(c, len->off, len->width, UINT64_MAX - 4095);
}

void gen_avoid(struct gen *gen, struct call *c)
{
	const struct known_fd *fd;

	if (c->op != CALL_IOCTL || c->place != PLACE_BUF || !call_row(c))
		return;
	fd = c->fd < 0 ? NULL : known_fd(&gen->k, c->fd);
	if (!fd || fd->kind != UAPI_FD_IOMMUFD)
		return;
	switch (c->req) {
	case IOMMU_IOAS_MAP:
		no_void(gen, c, "length");
		no_top(gen, c, "iova", "length");
		break;
	case IOMMU_IOAS_COPY: no_top(gen, c, "dst_iova", "length"); break;
	case UAPI_IOAS_MAP_FILE:
		no_cycle(gen, c);
		no_void(gen, c, "length");
		no_top(gen, c, "iova", "length");
		break;
	case VFIO_IOMMU_MAP_DMA:
		no_mute(gen, c);
		no_void(gen, c, "size");
		no_top(gen, c, "iova", "size");
		break;
	}
}
