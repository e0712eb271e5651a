// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The iommufd context: its objects and ids, and the table of its commands with
 * the sizes that each age of the kernel knows.
 */
#include <stdlib.h>

#include "mocks/ictx.h"
#include "mocks/internal.h"

int open_iommufd(struct model *m)
{
	struct ictx *ictx = calloc(1, sizeof(*ictx));
	const struct file f = { .kind = UAPI_FD_IOMMUFD, .ictx = ictx };
	int fd;

	if (!ictx)
		return -ENOMEM;
	ictx->m = m;
	ictx->refs = 1;
	ictx->first_free = 1;
	ictx->objs = ictx->first;
	ictx->objs_cap = OBJS_INLINE;
	fd = fd_install(m, &f);
	if (fd < 0) {
		free(ictx);
		return fd;
	}
	m->stats.iommufds++;
	return fd;
}

/* The last user is gone: page tables first, what they stand on after them. */
static void destroy_type(struct ictx *ictx, enum obj_type type)
{
	for (size_t id = 1; id < ictx->objs_cap; id++) {
		struct obj *o = ictx->objs[id];

		if (!o || o->type != type)
			continue;
		if (type == OBJ_HWPT_NESTED || type == OBJ_HWPT_PAGING)
			hwpt_destroy((struct hwpt *)o);
		else if (type == OBJ_IOAS)
			ioas_destroy((struct ioas *)o);
		else if (type == OBJ_SELFTEST)
			selftest_destroy(o);
		else
			obj_free(o);
	}
}

void ictx_put(struct ictx *ictx)
{
	if (--ictx->refs)
		return;
	destroy_type(ictx, OBJ_SELFTEST);
	destroy_type(ictx, OBJ_HWPT_NESTED);
	destroy_type(ictx, OBJ_HWPT_PAGING);
	destroy_type(ictx, OBJ_FAULT);
	destroy_type(ictx, OBJ_IOAS);
	ictx->m->stats.iommufds--;
	if (ictx->objs != ictx->first)
		free(ictx->objs);
	free(ictx);
}

struct obj *obj_get(struct ictx *ictx, uint32_t id, enum obj_type type)
{
	struct obj *o = id < ictx->objs_cap ? ictx->objs[id] : NULL;

	return o && (type == OBJ_ANY || o->type == type) ? o : NULL;
}

struct dev *dev_by_id(struct ictx *ictx, uint32_t id)
{
	struct obj *o = obj_get(ictx, id, OBJ_DEVICE);

	return o ? o->dev : NULL;
}

static void count(struct model *m, enum obj_type type, int by)
{
	m->stats.objects += by;
	switch (type) {
	case OBJ_IOAS: m->stats.ioas += by; break;
	case OBJ_HWPT_PAGING:
	case OBJ_HWPT_NESTED: m->stats.hwpts += by; break;
	case OBJ_DEVICE:
	case OBJ_ACCESS: m->stats.devices_bound += by; break;
	default: break;
	}
}

/* Twice as many; the first ones are moved out of the context. */
static int more_ids(struct ictx *ictx)
{
	size_t old = ictx->objs_cap, size = 2 * old * sizeof(*ictx->objs);
	struct obj **v = realloc(ictx->objs == ictx->first ? NULL : ictx->objs, size);

	if (!v)
		return -ENOMEM;
	if (ictx->objs == ictx->first)
		memcpy(v, ictx->first, sizeof(ictx->first));
	memset(v + old, 0, old * sizeof(*v));
	ictx->objs = v;
	ictx->objs_cap = 2 * old;
	return 0;
}

void *obj_new(struct ictx *ictx, size_t size, enum obj_type type)
{
	uint32_t id = ictx->first_free;
	struct obj *o;

	while (id < ictx->objs_cap && ictx->objs[id])
		id++;
	if (id >= ictx->objs_cap && more_ids(ictx))
		return NULL;
	o = calloc(1, size);
	if (!o)
		return NULL;
	o->type = type;
	o->id = id;
	o->ictx = ictx;
	ictx->objs[id] = o;
	ictx->first_free = id + 1;
	ictx->nobjs++;
	count(ictx->m, type, 1);
	return o;
}

void obj_free(struct obj *o)
{
	struct ictx *ictx = o->ictx;

	ictx->objs[o->id] = NULL;
	if (o->id < ictx->first_free)
		ictx->first_free = o->id;
	ictx->nobjs--;
	count(ictx->m, o->type, -1);
	free(o);
}

int ucmd_respond(const struct ucmd *u)
{
	return user_out(u->m, u->uaddr, u->cmd, u->usize < u->ksize ? u->usize : u->ksize);
}

static int cmd_destroy(struct ucmd *u)
{
	struct iommu_destroy *cmd = u->cmd;
	struct obj *o = obj_get(u->ictx, cmd->id, OBJ_ANY);

	if (!o)
		return -ENOENT;
	if (o->users)
		return -EBUSY;
	switch (o->type) {
	case OBJ_IOAS: ioas_destroy((struct ioas *)o); break;
	case OBJ_HWPT_PAGING:
	case OBJ_HWPT_NESTED: hwpt_destroy((struct hwpt *)o); break;
	case OBJ_SELFTEST: selftest_destroy(o); break;
	default: obj_free(o);
	}
	return 0;
}

/* size and min in bytes; 0 where a command did not exist. */
struct command {
	int (*fn)(struct ucmd *u);
	uint8_t feature; /* enum host_feature that brought it */
	uint8_t min;	 /* end of the last member of its first ABI */
	uint8_t size;	 /* newest */
};

#define BASE	0x80u
#define NR(req) (((req)&0xff) - BASE)
#define CMD(req, f, lo, hi, func)                                                                  \
	[NR(req)] = { .fn = func, .feature = HOST_F_##f, .min = lo, .size = hi }

static const struct command commands[] = {
	CMD(IOMMU_DESTROY, IOMMUFD, 8, 8, cmd_destroy),
	CMD(IOMMU_IOAS_ALLOC, IOMMUFD, 12, 12, cmd_ioas_alloc),
	CMD(IOMMU_IOAS_ALLOW_IOVAS, IOMMUFD, 24, 24, cmd_ioas_allow_iovas),
	CMD(IOMMU_IOAS_COPY, IOMMUFD, 40, 40, cmd_ioas_copy),
	CMD(IOMMU_IOAS_IOVA_RANGES, IOMMUFD, 32, 32, cmd_ioas_iova_ranges),
	CMD(IOMMU_IOAS_MAP, IOMMUFD, 40, 40, cmd_ioas_map),
	CMD(IOMMU_IOAS_UNMAP, IOMMUFD, 24, 24, cmd_ioas_unmap),
	CMD(IOMMU_OPTION, IOMMUFD, 24, 24, cmd_option),
	CMD(IOMMU_VFIO_IOAS, IOMMUFD, 12, 12, cmd_vfio_ioas),
	CMD(IOMMU_HWPT_ALLOC, HWPT, 24, 48, cmd_hwpt_alloc),
	CMD(IOMMU_GET_HW_INFO, HWPT, 32, 40, cmd_hw_info),
	CMD(IOMMU_HWPT_SET_DIRTY_TRACKING, DIRTY, 16, 16, cmd_set_dirty),
	CMD(IOMMU_HWPT_GET_DIRTY_BITMAP, DIRTY, 48, 48, cmd_get_dirty),
	CMD(IOMMU_HWPT_INVALIDATE, INVALIDATE, 32, 32, cmd_invalidate),
	CMD(IOMMU_FAULT_QUEUE_ALLOC, FAULT, 16, 16, cmd_fault_alloc),
	CMD(UAPI_IOAS_MAP_FILE, VIOMMU, 40, 40, cmd_ioas_map_file),
	CMD(UAPI_VIOMMU_ALLOC, VIOMMU, 24, 40, cmd_viommu_alloc),
	CMD(UAPI_VDEVICE_ALLOC, VIOMMU, 24, 24, cmd_vdevice_alloc),
	CMD(UAPI_IOAS_CHANGE_PROCESS, CHANGE_PROCESS, 8, 8, cmd_ioas_change_process),
	CMD(UAPI_VEVENTQ_ALLOC, PASID, 28, 32, cmd_veventq_alloc),
	CMD(UAPI_HW_QUEUE_ALLOC, INPUT_TYPE, 40, 40, cmd_hw_queue_alloc),
	CMD(UAPI_IOAS_NOIOMMU_GET_PA, NOIOMMU_PA, 40, 40, cmd_noiommu_get_pa),
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))
#define TEST_NR	  32u /* IOMMU_TEST_CMD; a description cannot tell the state of its mock devices */

static bool known(const struct model *m, uint32_t nr)
{
	return m->features >> commands[nr].feature & 1;
}

/* The structure's size in this kernel: some grew after they came. */
static uint32_t kernel_size(const struct model *m, uint32_t req)
{
	switch (req) {
	case IOMMU_HWPT_ALLOC:
		if (FEAT(m, FAULT))
			return 48;
		return FEAT(m, INVALIDATE) ? 40 : 24;
	case IOMMU_GET_HW_INFO: return FEAT(m, DIRTY) ? 40 : 32;
	case UAPI_VIOMMU_ALLOC: return FEAT(m, INPUT_TYPE) ? 40 : 24;
	default: return commands[NR(req)].size;
	}
}

/* Beyond the last command this kernel has, a number is no command at all. */
static bool in_table(const struct model *m, uint32_t nr)
{
	if (FEAT(m, IOMMUFD_TEST) && nr <= TEST_NR)
		return true;
	for (uint32_t i = nr; i < NCOMMANDS; i++)
		if (known(m, i))
			return true;
	return false;
}

int iommufd_ioctl(struct model *m, struct ictx *ictx, uint32_t req, uintptr_t arg)
{
	uint64_t buf[TEST_CMD_SIZE / 8]; /* the largest command */
	struct ucmd u = { .m = m, .ictx = ictx, .uaddr = arg, .cmd = buf };
	uint32_t nr = NR(req);
	bool command = req >> 8 == ';' && nr < NCOMMANDS;
	int err;

	/* Only the number's low byte tells whether it is one of iommufd's own. */
	if ((req & 0xff) < BASE || !in_table(m, nr))
		return command ? -ENOTTY : compat_ioctl(m, ictx, req, arg);
	err = user_in(m, &u.usize, arg, sizeof(u.usize));
	if (err)
		return err;
	if (m->mock_devices && req >> 8 == ';' && nr == TEST_NR) {
		if (u.usize < TEST_CMD_MIN)
			return -EINVAL;
		u.ksize = TEST_CMD_SIZE;
		err = user_in_ext(m, buf, u.ksize, arg, u.usize);
		return err ? err : cmd_test(&u);
	}
	if (!command)
		return unknown_request(m, "iommufd", req);
	if (!known(m, nr))
		return -ENOTTY; /* another kernel's */
	if (u.usize < commands[nr].min)
		return -EINVAL;
	u.ksize = kernel_size(m, req);
	memset(buf, 0, sizeof(buf));
	err = user_in_ext(m, buf, u.ksize, arg, u.usize);
	return err ? err : commands[nr].fn(&u);
}
