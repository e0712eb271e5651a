// SPDX-License-Identifier: GPL-2.0-or-later
/* Valid requests of an iommufd about hardware, page tables and virtual IOMMUs. */
#include <string.h>

#include "harness/conform/gen_hwpt.h"
#include "harness/uapi/uapi_compat.h"

/* Sends the structure as an older caller does: so many bytes of it. */
static void older(struct gen *gen, struct call *c, uint16_t size)
{
	if (!choices_bool(gen->c, 30))
		return;
	call_set(c, "size", size);
	c->len = c->room = size;
}

static void nested_data(struct gen *gen, struct call *c)
{
	struct iommu_hwpt_vtd_s1 s1 = { .addr_width = choices_bool(gen->c, 70) ? 48 : 57 };
	uint32_t len = sizeof(s1);

	if (choices_bool(gen->c, 20))
		len += (uint32_t)choices_upto(gen->c, 16) - 8;
	if (choices_bool(gen->c, 15))
		s1.flags = choices_upto(gen->c, 15);
	call_set(c, "data_type", choices_bool(gen->c, 90) ? IOMMU_HWPT_DATA_VTD_S1 : 2);
	call_set(c, "data_len", len);
	call_set_patch(c, "data_uptr", PATCH_BUF, 0, 0);
	memcpy(c->buf[0].img, &s1, sizeof(s1));
	c->buf[0].len = sizeof(s1);
	c->buf[0].room = (uint16_t)(len > sizeof(s1) ? len : sizeof(s1));
	c->buf[0].fill = 0;
}

bool gen_hwpt_alloc(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint32_t flags[] = { 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 8, 16 };
	uint32_t f = CHOICES_PICK(gen->c, flags);
	const struct known_obj *parent = gen_obj(gen, on->uid, KNOWN_PARENT);

	if (!gen_id(gen, c, "dev_id", on->uid, KNOWN_DEVICE))
		return false;
	if (parent && choices_bool(gen->c, 40)) {
		call_set_patch(c, "pt_id", PATCH_ID, parent->uid, 0);
		nested_data(gen, c);
		f &= 8 | 4;
	} else if (!gen_id(gen, c, "pt_id", on->uid,
			   choices_bool(gen->c, 85) ? KNOWN_IOAS : KNOWN_ANY)) {
		return false;
	} else if (choices_bool(gen->c, 6)) {
		nested_data(gen, c);
	}
	call_set(c, "flags", f);
	if (f & UAPI_HWPT_FAULT_ID_VALID)
		gen_id(gen, c, "fault_id", on->uid, KNOWN_FAULT);
	else
		older(gen, c, choices_bool(gen->c, 50) ? 40 : 24);
	/* The older structures have no room for what was set behind their end. */
	for (size_t i = 0; i < c->npatch; i++)
		if (c->patch[i].off + c->patch[i].width > c->len)
			c->patch[i] = c->patch[--c->npatch];
	return true;
}

bool gen_nested(struct gen *gen, struct call *c, int uid, struct known_fd *on)
{
	gen_ioctl(c, uid, on->uid, UAPI_FD_IOMMUFD, IOMMU_HWPT_ALLOC);
	nested_data(gen, c);
	return gen_id(gen, c, "dev_id", on->uid, KNOWN_DEVICE) &&
	       gen_id(gen, c, "pt_id", on->uid, KNOWN_PARENT);
}

bool gen_hw_info(struct gen *gen, struct call *c, struct known_fd *on)
{
	static const uint16_t lens[] = { 0, 24, 24, 8, 64, 25, 128 };
	uint16_t len = CHOICES_PICK(gen->c, lens);

	if (!gen_id(gen, c, "dev_id", on->uid, KNOWN_DEVICE))
		return false;
	call_set(c, "data_len", len);
	if (choices_bool(gen->c, 12)) {
		call_set(c, "flags", UAPI_HW_INFO_INPUT_TYPE);
		call_set(c, "data_type", choices_upto(gen->c, 3));
	}
	c->buf[0].room = len;
	if (len || choices_bool(gen->c, 50))
		call_set_patch(c, "data_uptr", PATCH_BUF, 0, 0);
	older(gen, c, 32);
	return true;
}

/* One that can track when there is any. */
static const struct known_obj *tracking(struct gen *gen, int ctx)
{
	const struct known_obj *o = NULL;

	for (int i = 0; i < 4 && !(o && o->dirty); i++)
		o = gen_obj(gen, ctx, KNOWN_HWPT);
	return o;
}

bool gen_set_dirty(struct gen *gen, struct call *c, struct known_fd *on)
{
	const struct known_obj *o = tracking(gen, on->uid);

	call_set(c, "flags", choices_upto(gen->c, 1));
	return o && call_set_patch(c, "hwpt_id", PATCH_ID, o->uid, 0);
}

bool gen_get_dirty(struct gen *gen, struct call *c, struct known_fd *on)
{
	const struct known_obj *o = tracking(gen, on->uid);
	const struct known_map *m;
	uint64_t iova, len;

	if (!o)
		return false;
	m = gen_map(gen, o->ioas);
	iova = m ? m->iova : gen_iova(gen, NOBODY, 4096);
	len = m && m->len < 4096 * 4096 ? m->len : 4096;
	call_set_patch(c, "hwpt_id", PATCH_ID, o->uid, 0);
	call_set(c, "flags", choices_bool(gen->c, 30));
	call_set(c, "iova", iova);
	call_set(c, "length", choices_bool(gen->c, 90) ? len : gen_length(gen, 1));
	call_set(c, "page_size",
		 choices_bool(gen->c, 85)   ? 4096
		 : choices_bool(gen->c, 50) ? 0
					    : 1);
	c->buf[0].room = 512;
	c->buf[0].fill = 0;
	return call_set_patch(c, "data", PATCH_BUF, 0, 0);
}

bool gen_invalidate(struct gen *gen, struct call *c, struct known_fd *on)
{
	uint32_t n = (uint32_t)choices_upto(gen->c, 2);

	if (!gen_id(gen, c, "hwpt_id", on->uid,
		    choices_bool(gen->c, 60) ? KNOWN_NESTED : KNOWN_HWPT))
		return false;
	call_set(c, "entry_num", n);
	call_set(c, "entry_len", choices_bool(gen->c, 85) ? 24 : choices_upto(gen->c, 40));
	call_set(c, "data_type", choices_bool(gen->c, 15));
	c->buf[0].room = 96;
	c->buf[0].fill = 0;
	return call_set_patch(c, "data_uptr", PATCH_BUF, 0, 0);
}

bool gen_viommu(struct gen *gen, struct call *c, struct known_fd *on)
{
	if (!gen_id(gen, c, "dev_id", on->uid, KNOWN_DEVICE))
		return false;
	gen_id(gen, c, "hwpt_id", on->uid, KNOWN_HWPT);
	call_set(c, "type", choices_upto(gen->c, 3));
	older(gen, c, 24);
	return true;
}

bool gen_vdevice(struct gen *gen, struct call *c, struct known_fd *on)
{
	gen_id(gen, c, "viommu_id", on->uid, KNOWN_ANY);
	return gen_id(gen, c, "dev_id", on->uid, KNOWN_DEVICE);
}
