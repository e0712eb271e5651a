// SPDX-License-Identifier: GPL-2.0-or-later
/* The mutants: one function each, that asks the kernel behind it and changes the answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/mutants.h"
#include "harness/shim/pass.h"
#include "harness/uapi/uapi_compat.h"

#define SCRATCH 512
#define FDS	256

struct mutant;

struct rule {
	const char *name;
	int (*ioctl)(struct mutant *m, int fd, uint32_t req, uintptr_t arg);
};

struct mutant {
	struct shim_pass pass;
	const struct rule *rule;
	const struct uapi_mem *caller;
	struct uapi_mem mem; /* the caller's, and the scratch */
	uint8_t scratch[SCRATCH];
	bool driver[FDS]; /* containers that SET_IOMMU succeeded on */
};

static bool in_scratch(const struct mutant *m, uint64_t addr, size_t len)
{
	uint64_t base = (uintptr_t)m->scratch;

	return addr >= base && addr - base <= SCRATCH && len <= SCRATCH - (addr - base);
}

static int mem_in(void *ctx, void *dst, uint64_t src, size_t len)
{
	const struct mutant *m = ctx;

	if (!in_scratch(m, src, len))
		return m->caller->in(m->caller->ctx, dst, src, len);
	memcpy(dst, (const void *)(uintptr_t)src, len);
	return 0;
}

static int mem_out(void *ctx, uint64_t dst, const void *src, size_t len)
{
	const struct mutant *m = ctx;

	if (!in_scratch(m, dst, len))
		return m->caller->out(m->caller->ctx, dst, src, len);
	memcpy((void *)(uintptr_t)dst, src, len);
	return 0;
}

static int under(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	return m->pass.under->ops->ioctl(m->pass.under, fd, req, arg);
}

static bool get(const struct mutant *m, void *dst, uintptr_t arg, size_t len)
{
	return !mem_in((void *)m, dst, arg, len);
}

static void put(const struct mutant *m, uintptr_t arg, const void *src, size_t len)
{
	mem_out((void *)m, arg, src, len);
}

/* The same request with its structure in the scratch; 0: it does not fit there. */
static uint32_t copied(struct mutant *m, uintptr_t arg)
{
	uint32_t size;

	if (!get(m, &size, arg, sizeof(size)) || size < sizeof(size) || size > SCRATCH ||
	    !get(m, m->scratch, arg, size))
		return 0;
	return size;
}

/* ---- iommufd ---------------------------------------------------------------------- */

static int emsgsize_count(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	struct iommu_ioas_iova_ranges before, after;
	bool have = req == IOMMU_IOAS_IOVA_RANGES && get(m, &before, arg, sizeof(before));
	int ret = under(m, fd, req, arg);

	if (have && ret == -EMSGSIZE && get(m, &after, arg, sizeof(after))) {
		after.num_iovas = before.num_iovas;
		put(m, arg, &after, sizeof(after));
	}
	return ret;
}

static int msi_hole(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);
	struct iommu_ioas_iova_ranges c;
	struct iommu_iova_range r[2];

	if (req != IOMMU_IOAS_IOVA_RANGES || ret || !get(m, &c, arg, sizeof(c)) ||
	    c.num_iovas != 2 || !get(m, r, (uintptr_t)c.allowed_iovas, sizeof(r)) ||
	    r[1].start != 0xfef00000)
		return ret;
	r[0].last = r[1].last;
	put(m, (uintptr_t)c.allowed_iovas, r, sizeof(r[0]));
	c.num_iovas = 1;
	put(m, arg, &c, sizeof(c));
	return ret;
}

static int tail_unchecked(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	const struct uapi_row *row = uapi_find(UAPI_FD_IOMMUFD, req);
	int ret = under(m, fd, req, arg);
	uint32_t size;

	if (ret != -E2BIG || !row || row->rule != UAPI_SIZE_EXT)
		return ret;
	size = copied(m, arg);
	if (size <= row->size)
		return ret;
	memset(m->scratch + row->size, 0, size - row->size);
	ret = under(m, fd, req, (uintptr_t)m->scratch);
	put(m, arg, m->scratch, row->size);
	return ret;
}

static int destroy_busy(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);

	return req == IOMMU_DESTROY && ret == -EBUSY ? 0 : ret;
}

static int enoent(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);

	return ret == -ENOENT && (req & 0xff) >= 0x80 ? -EINVAL : ret;
}

/* The id that was freed is taken at once by an object that nobody knows. */
static int id_not_reused(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);
	struct iommu_ioas_alloc filler = { .size = sizeof(filler) };

	if (req != IOMMU_DESTROY || ret)
		return ret;
	memcpy(m->scratch, &filler, sizeof(filler));
	under(m, fd, IOMMU_IOAS_ALLOC, (uintptr_t)m->scratch);
	return ret;
}

static int reserved_ignored(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	const struct uapi_row *row = uapi_find(UAPI_FD_IOMMUFD, req);
	int ret = under(m, fd, req, arg);
	uint32_t size;

	if (ret != -EOPNOTSUPP || !row || row->rule != UAPI_SIZE_EXT)
		return ret;
	size = copied(m, arg);
	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];

		if (f->kind == UAPI_RESERVED && f->off + f->width <= size)
			memset(m->scratch + f->off, 0, f->width);
	}
	if (!size)
		return ret;
	ret = under(m, fd, req, (uintptr_t)m->scratch);
	if (ret != -EOPNOTSUPP)
		put(m, arg, m->scratch, size);
	return ret;
}

static int overlap(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);

	return ret == -EEXIST ? 0 : ret;
}

static int hw_info_tail(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	uint8_t before[128];
	struct iommu_hw_info c = { 0 };
	bool have = req == IOMMU_GET_HW_INFO && get(m, &c, arg, 32) && c.data_len > 24 &&
		    c.data_len <= sizeof(before) &&
		    get(m, before, (uintptr_t)c.data_uptr, c.data_len);
	int ret = under(m, fd, req, arg);

	if (have && !ret)
		put(m, (uintptr_t)c.data_uptr + 24, before + 24, c.data_len - 24);
	return ret;
}

/* ---- VFIO -------------------------------------------------------------------------- */

static int attach_id(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	uint32_t before;
	bool have = req == VFIO_DEVICE_ATTACH_IOMMUFD_PT && get(m, &before, arg + 8, 4);
	int ret = under(m, fd, req, arg);

	if (have && !ret)
		put(m, arg + 8, &before, 4);
	return ret;
}

/* Where the capabilities of a reply end; 0: it has none. */
static uint32_t chain_end(const struct mutant *m, uintptr_t arg, uint8_t *img, size_t cap)
{
	struct uapi_type1_info info;
	struct uapi_cap c = { .end = 0 };
	uint32_t pos, last = 0;
	size_t len;

	if (!get(m, &info, arg, sizeof(info)) || !info.cap_offset)
		return 0;
	len = info.argsz < cap ? info.argsz : cap;
	if (!get(m, img, arg, len))
		return 0;
	pos = info.cap_offset;
	while (uapi_cap_next(img, len, &pos, &c) == 1)
		last = c.off;
	if (c.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE && last + 16 <= len) {
		uint32_t nr;

		memcpy(&nr, img + last + 8, sizeof(nr));
		return last + 16 + nr * 16;
	}
	return last;
}

static int argsz_raised(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);
	uint8_t img[SCRATCH];
	uint32_t end;

	if (req != VFIO_IOMMU_GET_INFO || ret)
		return ret;
	end = chain_end(m, arg, img, sizeof(img));
	if (end)
		put(m, arg, &end, sizeof(end));
	return ret;
}

static int argsz_kept(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	uint32_t before;
	bool have = req == VFIO_IOMMU_GET_INFO && get(m, &before, arg, sizeof(before));
	int ret = under(m, fd, req, arg);

	if (have && !ret)
		put(m, arg, &before, sizeof(before));
	return ret;
}

static int dma_avail(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);
	uint32_t pos, avail = 65535;
	uint8_t img[SCRATCH];
	struct uapi_cap c;

	if (req != VFIO_IOMMU_GET_INFO || ret || !chain_end(m, arg, img, sizeof(img)))
		return ret;
	memcpy(&pos, img + 16, sizeof(pos));
	while (uapi_cap_next(img, sizeof(img), &pos, &c) == 1)
		if (c.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			put(m, arg + c.off + 8, &avail, sizeof(avail));
	return ret;
}

/* Every reason but the bisected mapping is gone through first. */
static int unmap_bisects(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);
	struct vfio_iommu_type1_dma_unmap u;

	if (req == VFIO_SET_IOMMU && !ret && fd < FDS)
		m->driver[fd] = arg == VFIO_TYPE1v2_IOMMU;
	if (req != VFIO_IOMMU_UNMAP_DMA || ret != -EINVAL || fd >= FDS || !m->driver[fd] ||
	    !get(m, &u, arg, sizeof(u)) || u.argsz < sizeof(u) || u.flags || !u.size ||
	    (u.iova | u.size) % 4096 || u.iova + u.size - 1 < u.iova)
		return ret;
	u.size = 0;
	put(m, arg, &u, sizeof(u));
	return 0;
}

static int second_container(struct mutant *m, int fd, uint32_t req, uintptr_t arg)
{
	int ret = under(m, fd, req, arg);

	return req == VFIO_GROUP_SET_CONTAINER && ret == -EINVAL ? 0 : ret;
}

static const struct rule rules[] = {
	{ "emsgsize-count", emsgsize_count },
	{ "msi-hole", msi_hole },
	{ "tail-unchecked", tail_unchecked },
	{ "destroy-busy", destroy_busy },
	{ "attach-id", attach_id },
	{ "argsz-raised", argsz_raised },
	{ "argsz-kept", argsz_kept },
	{ "unmap-bisects", unmap_bisects },
	{ "dma-avail", dma_avail },
	{ "enoent", enoent },
	{ "id-not-reused", id_not_reused },
	{ "reserved-ignored", reserved_ignored },
	{ "second-container", second_container },
	{ "overlap", overlap },
	{ "hw-info-tail", hw_info_tail },
};

#define NRULES (sizeof(rules) / sizeof(rules[0]))

const char *mutant_name(size_t k)
{
	return k < NRULES ? rules[k].name : NULL;
}

int mutant_from_name(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	if (*name && !*end)
		return n >= 1 && n <= (long)NRULES ? (int)n - 1 : -1;
	for (size_t k = 0; k < NRULES; k++)
		if (!strcmp(rules[k].name, name))
			return (int)k;
	return -1;
}

/* ---- the shim ---------------------------------------------------------------------- */

static struct mutant *to_mutant(struct shim *s)
{
	return (struct mutant *)s;
}

static int m_close(struct shim *s, int fd)
{
	if (fd >= 0 && fd < FDS)
		to_mutant(s)->driver[fd] = false;
	return shim_pass_close(s, fd);
}

static int m_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	return to_mutant(s)->rule->ioctl(to_mutant(s), fd, req, arg);
}

static void m_destroy(struct shim *s)
{
	shim_destroy(to_mutant(s)->pass.under);
	free(s);
}

static const struct shim_ops mutant_ops = {
	.name = "mutant",
	.open = shim_pass_open,
	.close = m_close,
	.ioctl = m_ioctl,
	SHIM_PASS_IO,
	.destroy = m_destroy,
};

struct shim *mutant_new(size_t k, struct shim *(*make)(void *ctx, const struct uapi_mem *mem),
			void *ctx, const struct uapi_mem *mem)
{
	struct mutant *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->pass.shim.ops = &mutant_ops;
	m->rule = &rules[k];
	m->caller = mem;
	m->mem = (struct uapi_mem){ .in = mem_in, .out = mem_out, .ctx = m };
	m->pass.under = make(ctx, &m->mem);
	if (!m->pass.under) {
		free(m);
		return NULL;
	}
	return &m->pass.shim;
}
