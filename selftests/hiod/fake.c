// SPDX-License-Identifier: GPL-2.0-or-later
/* The scripted shim; see fake.h. */
#include "selftests/hiod/fake.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "harness/uapi/uapi_compat.h"

static const struct {
	const char *bdf;
	int group;
	bool mdev;
} devices[] = {
	{ "0000:00:05.0", 26, false },
	{ "0000:00:06.0", 27, false },
	{ "0000:01:00.1", 26, false },
	{ "0000:00:07.0", 28, true },
};

#define N_DEVICES (sizeof(devices) / sizeof(devices[0]))

static struct fake *fake_of(struct shim *s)
{
	return (struct fake *)s;
}

/* Whether this call must fail: a negative errno, or 0. */
static int verdict_of(struct fake *f, const char *call)
{
	int rc = 0;

	f->calls++;
	for (unsigned i = 0; i < FAKE_RULES; i++) {
		struct fake_rule *r = &f->rules[i];

		if (!r->call || strcmp(r->call, call))
			continue;
		r->seen++;
		if (!rc && (!r->nth || r->seen == r->nth))
			rc = -r->err;
	}
	return rc ? rc : f->calls == f->fail_call ? -EIO : 0;
}

__attribute__((format(printf, 2, 3))) static void note(struct fake *f, const char *fmt, ...)
{
	size_t n = strlen(f->log);
	va_list ap;

	if (n)
		n += snprintf(f->log + n, sizeof(f->log) - n, "; ");
	if (n >= sizeof(f->log))
		return;
	va_start(ap, fmt);
	vsnprintf(f->log + n, sizeof(f->log) - n, fmt, ap);
	va_end(ap);
}

static void note_more(struct fake *f, const char *text)
{
	size_t n = strlen(f->log);

	snprintf(f->log + n, sizeof(f->log) - n, "%s", text);
}

static int new_fd(struct fake *f, char kind, unsigned dev)
{
	for (int i = 0; i < FAKE_FDS; i++) {
		if (f->fds[i].kind)
			continue;
		f->fds[i] = (struct fake_handle){ .kind = kind, .dev = dev };
		return FAKE_BASE + i;
	}
	return -EMFILE;
}

static struct fake_handle *handle(struct fake *f, int fd)
{
	if (fd >= FAKE_BASE && fd < FAKE_BASE + FAKE_FDS && f->fds[fd - FAKE_BASE].kind)
		return &f->fds[fd - FAKE_BASE];
	f->errors++;
	return NULL;
}

static bool is_container(const struct fake *f, int fd)
{
	return fd >= FAKE_BASE && fd < FAKE_BASE + FAKE_FDS && f->fds[fd - FAKE_BASE].kind == 'c';
}

/* Which device's node or sysfs entry is it? */
static int device_of(const char *path)
{
	for (unsigned i = 0; i < N_DEVICES; i++) {
		char node[64], number[32];

		snprintf(node, sizeof(node), "/dev/vfio/devices/vfio%u", i);
		snprintf(number, sizeof(number), "/dev/char/252:%u", i);
		if (strstr(path, devices[i].bdf) || !strcmp(path, node) || !strcmp(path, number))
			return i;
	}
	return -1;
}

static int fake_open(struct shim *s, const char *path, int flags)
{
	struct fake *f = fake_of(s);
	char call[128];
	int rc, dev = device_of(path);

	(void)flags;
	snprintf(call, sizeof(call), "open %s", path);
	rc = verdict_of(f, call);
	if (!strncmp(path, "/sys/", 5))
		return rc ? rc : dev < 0 ? -ENOENT : new_fd(f, 'f', dev);
	note(f, "%s%s", call, rc ? "!" : "");
	if (rc)
		return rc;
	if (!strcmp(path, "/dev/vfio/vfio"))
		return new_fd(f, 'c', 0);
	if (!strcmp(path, "/dev/iommu"))
		return f->no_dev_iommu ? -ENOENT : new_fd(f, 'i', 0);
	if (dev >= 0)
		return new_fd(f, 'd', dev);
	return new_fd(f, 'g', 0);
}

static int fake_close(struct shim *s, int fd)
{
	struct fake *f = fake_of(s);
	struct fake_handle *h = handle(f, fd);

	if (!h)
		return -EBADF;
	if (h->kind != 'f')
		note(f, "close %c", h->kind);
	h->kind = 0;
	return 0;
}

/* ---- ioctls ---- */

struct info_reply {
	struct uapi_type1_info fixed;
	struct uapi_cap_migration migration;
	struct {
		struct vfio_info_cap_header header;
		uint32_t avail, pad; /* capabilities are 8-aligned from Linux 6.6 on */
	} dma_avail;
	struct {
		struct vfio_info_cap_header header;
		uint32_t nr, reserved;
		struct hiod_range r[16];
	} __attribute__((packed)) iova;
} __attribute__((packed));

/* As Linux chains them: migration, then what can be mapped, then the ranges. */
static size_t make_info(const struct fake *f, struct info_reply *r)
{
	memset(r, 0, sizeof(*r));
	r->fixed.flags = VFIO_IOMMU_INFO_PGSIZES;
	r->fixed.iova_pgsizes = f->pgsizes;
	if (f->no_info_caps)
		return sizeof(r->fixed);
	r->fixed.flags |= VFIO_IOMMU_INFO_CAPS;
	r->fixed.cap_offset = offsetof(struct info_reply, migration);
	r->migration.header =
		(struct vfio_info_cap_header){ VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 1,
					       offsetof(struct info_reply, dma_avail) };
	r->migration.pgsize_bitmap = 4096;
	r->migration.max_dirty_bitmap_size = 1 << 28;
	r->dma_avail.header =
		(struct vfio_info_cap_header){ VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1,
					       f->no_iova_cap ? 0
							      : offsetof(struct info_reply, iova) };
	r->dma_avail.avail = 65535;
	if (f->no_iova_cap)
		return offsetof(struct info_reply, iova);
	r->iova.header =
		(struct vfio_info_cap_header){ VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0 };
	r->iova.nr = f->nranges;
	memcpy(r->iova.r, f->ranges, f->nranges * sizeof(f->ranges[0]));
	return offsetof(struct info_reply, iova) + 16 + f->nranges * sizeof(f->ranges[0]);
}

static int get_info(struct fake *f, void *arg)
{
	struct info_reply made;
	const void *reply = &made;
	uint32_t argsz, want;
	size_t len;

	memcpy(&argsz, arg, sizeof(argsz));
	if (argsz > f->argsz_seen)
		f->argsz_seen = argsz;
	len = make_info(f, &made);
	if (f->info) {
		reply = f->info;
		len = f->info_len;
	}
	want = len > argsz ? len : argsz;
	if (f->argsz_step) {
		want = argsz + f->argsz_step;
		len = argsz + 1;
	}
	if (len > argsz) {
		struct uapi_type1_info fixed;

		memcpy(&fixed, reply, sizeof(fixed));
		fixed.cap_offset = 0;
		memcpy(arg, &fixed, sizeof(fixed));
	} else {
		if (f->nranges_written < f->nranges)
			len -= (f->nranges - f->nranges_written) * sizeof(f->ranges[0]);
		memcpy(arg, reply, len);
		if (f->argsz_shrinks)
			want = 24;
	}
	memcpy(arg, &want, sizeof(want));
	if (want != argsz) {
		char text[32];

		snprintf(text, sizeof(text), "=>%u", want);
		note_more(f, text);
	}
	return 0;
}

static int iova_ranges(struct fake *f, struct iommu_ioas_iova_ranges *a)
{
	uint32_t room = a->num_iovas, n = f->nranges;
	struct hiod_range *out = (void *)(uintptr_t)a->allowed_iovas;
	/* The call that has no room is the first of the two. */
	int64_t claim = f->num_iovas[a->allowed_iovas ? 1 : 0];

	for (uint32_t i = 0; i < n && i < room && i < f->nranges_written; i++)
		out[i] = f->ranges[i];
	a->num_iovas = claim >= 0 ? (uint32_t)claim : n;
	a->out_iova_alignment = 4096;
	return room < n ? -EMSGSIZE : 0;
}

static int hw_info(struct fake *f, struct uapi_hw_info *a)
{
	struct iommu_hw_info_vtd vtd = { .flags = f->hw_flags,
					 .cap_reg = f->hw_cap,
					 .ecap_reg = f->hw_ecap };
	uint32_t n = f->hw_data_len < a->data_len ? f->hw_data_len : a->data_len;

	/* No object of that kind has this id. */
	if (f->access_ids & 1u << a->dev_id)
		return -ENOENT;
	if (n > sizeof(vtd))
		n = sizeof(vtd);
	if (n)
		memcpy((void *)(uintptr_t)a->data_uptr, &vtd, n);
	a->data_len = f->hw_data_len;
	a->data_type = f->hw_type;
	a->out_max_pasid_log2 = f->max_pasid_log2;
	a->out_capabilities = f->hw_caps;
	return 0;
}

/* The call's name in the log, and its argument as the traces show it. */
static void name_call(char kind, uint32_t req, uintptr_t arg, char name[32], char shown[64])
{
	const uint32_t *u = (const void *)arg;
	bool d = kind == 'd';

	shown[0] = '\0';
	switch (req) {
#define NAME(text) strcpy(name, text)
	case VFIO_GET_API_VERSION: NAME("GET_API_VERSION"); break;
	case VFIO_CHECK_EXTENSION:
		NAME("CHECK_EXTENSION");
		sprintf(shown, "(%u)", (unsigned)arg);
		break;
	case VFIO_SET_IOMMU:
		NAME("SET_IOMMU");
		sprintf(shown, "(%u)", (unsigned)arg);
		break;
	case VFIO_GROUP_GET_STATUS: NAME("GET_STATUS"); break;
	case VFIO_GROUP_SET_CONTAINER: NAME("SET_CONTAINER"); break;
	case VFIO_GROUP_UNSET_CONTAINER: NAME("UNSET_CONTAINER"); break;
	case VFIO_GROUP_GET_DEVICE_FD: NAME("GET_DEVICE_FD"); break;
	case VFIO_DEVICE_GET_INFO:
		NAME("GET_INFO");
		sprintf(shown, "(%u)", u[0]);
		break;
	case VFIO_IOMMU_GET_INFO:
		NAME("IOMMU_GET_INFO");
		sprintf(shown, "(%u)", u[0]);
		break;
	case VFIO_IOMMU_MAP_DMA: NAME("MAP_DMA"); break;
	case VFIO_IOMMU_UNMAP_DMA: NAME("UNMAP_DMA"); break;
	case VFIO_DEVICE_BIND_IOMMUFD:
		NAME("BIND");
		sprintf(shown, "(%u)", u[0]);
		break;
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		NAME("ATTACH");
		sprintf(shown, "(%u, pt %u", u[0], u[2]);
		sprintf(shown + strlen(shown), u[1] ? ", pasid %u)" : ")", u[0] > 12 ? u[3] : 0);
		break;
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
		NAME("DETACH");
		sprintf(shown, u[1] ? "(%u, pasid %u)" : "(%u)", u[0], u[0] > 8 ? u[2] : 0);
		break;
	case IOMMU_DESTROY:
		NAME("DESTROY");
		sprintf(shown, "(%u)", u[1]);
		break;
	case IOMMU_IOAS_ALLOC:
		NAME("IOAS_ALLOC");
		sprintf(shown, "(%u)", u[0]);
		break;
	case IOMMU_IOAS_IOVA_RANGES:
		NAME("IOVA_RANGES");
		sprintf(shown, "(num %u)", u[2]);
		break;
	case IOMMU_IOAS_MAP: NAME("IOAS_MAP"); break;
	case IOMMU_IOAS_UNMAP: NAME("IOAS_UNMAP"); break;
	case IOMMU_HWPT_ALLOC:
		NAME("HWPT_ALLOC");
		sprintf(shown, "(%u, flags %u, dev %u, pt %u)", u[0], u[1], u[2], u[3]);
		break;
	case IOMMU_GET_HW_INFO:
		NAME("GET_HW_INFO");
		sprintf(shown, "(%u, dev %u, len %u)", u[0], u[2], u[3]);
		break;
	case IOMMU_HWPT_SET_DIRTY_TRACKING:
		NAME("SET_DIRTY");
		sprintf(shown, "(%u, %s)", u[2], u[1] ? "on" : "off");
		break;
	case IOMMU_HWPT_GET_DIRTY_BITMAP:
		NAME("GET_DIRTY");
		sprintf(shown, "(%u)", u[1]);
		break;
	case IOMMU_HWPT_INVALIDATE:
		NAME("INVALIDATE");
		sprintf(shown, "(%u, %u entries)", u[1], u[6]);
		break;
	case UAPI_IOAS_CHANGE_PROCESS: NAME("CHANGE_PROCESS"); break;
	default: sprintf(name, "%s%#x", d ? "device " : "", req); break;
#undef NAME
	}
}

static int answer(struct fake *f, struct fake_handle *h, uint32_t req, uintptr_t arg)
{
	void *p = (void *)arg;
	uint32_t *u = p;

	switch (req) {
	case VFIO_GET_API_VERSION: return f->api_version;
	case VFIO_CHECK_EXTENSION: return arg == f->extension;
	case VFIO_GROUP_GET_STATUS: u[1] = f->no_viable ? 0 : VFIO_GROUP_FLAGS_VIABLE; return 0;
	case VFIO_GROUP_SET_CONTAINER:
		if (!is_container(f, *(int *)p))
			return -EBADF;
		h->in_container = true;
		return 0;
	case VFIO_GROUP_UNSET_CONTAINER:
		if (!h->in_container)
			f->errors++;
		h->in_container = false;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD: return new_fd(f, 'd', device_of(p));
	case VFIO_DEVICE_GET_INFO:
		u[1] = 3;
		u[2] = 9;
		u[3] = 5;
		return 0;
	case VFIO_IOMMU_GET_INFO: return get_info(f, p);
	case VFIO_DEVICE_BIND_IOMMUFD:
		u[3] = f->next_devid++;
		if (devices[h->dev].mdev)
			f->access_ids |= 1u << u[3];
		return 0;
	case IOMMU_IOAS_ALLOC: u[2] = f->next_id++; return 0;
	case IOMMU_HWPT_ALLOC: u[4] = f->next_id++; return 0;
	case IOMMU_IOAS_IOVA_RANGES: return iova_ranges(f, p);
	case IOMMU_GET_HW_INFO: return hw_info(f, p);
	case UAPI_IOAS_CHANGE_PROCESS: return -ENOTTY;
	default: return 0;
	}
}

static int fake_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct fake *f = fake_of(s);
	struct fake_handle *h = handle(f, fd);
	char name[32], shown[64];
	int rc;

	if (!h)
		return -EBADF;
	name_call(h->kind, req, arg, name, shown);
	note(f, "%c %s%s", h->kind, name, shown);
	rc = verdict_of(f, name);
	if (rc) {
		note_more(f, "!");
		return rc;
	}
	rc = answer(f, h, req, arg);
	if (rc < 0 && (req == IOMMU_GET_HW_INFO || req == VFIO_GROUP_SET_CONTAINER))
		note_more(f, "!");
	if (req == VFIO_CHECK_EXTENSION)
		note_more(f, rc ? "=1" : "=0");
	if (req == IOMMU_IOAS_ALLOC || req == IOMMU_HWPT_ALLOC) {
		char text[16];

		snprintf(text, sizeof(text), "=%u", f->next_id - 1);
		note_more(f, text);
	}
	return rc;
}

/* ---- files ---- */

static ssize_t fake_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct fake *f = fake_of(s);
	struct fake_handle *h = handle(f, fd);
	char text[32];
	size_t n;
	int rc = verdict_of(f, "read");

	if (rc)
		return rc;
	if (!h || h->kind != 'f')
		return -EBADF;
	/* A few bytes at a time: who wants all must go on asking. */
	n = snprintf(text, sizeof(text), "252:%u\n", h->dev) - h->pos;
	n = n < len ? n : len;
	n = n < 3 ? n : 3;
	memcpy(buf, text + h->pos, n);
	h->pos += n;
	return n;
}

static int fake_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	struct fake *f = fake_of(s);
	struct fake_handle *h = handle(f, fd);
	int rc = verdict_of(f, "fstat");

	if (rc || !h)
		return rc ? rc : -EBADF;
	*st = (struct shim_stat){ S_IFCHR | 0600, 252, h->dev };
	/* The first node that is opened is not the one meant. */
	if (f->cdev_is_other) {
		f->cdev_is_other = false;
		st->rdev_minor += 100;
	}
	return 0;
}

static int fake_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	int rc = verdict_of(fake_of(s), "stat");

	*st = (struct shim_stat){ S_IFDIR | 0755, 0, 0 };
	return rc ? rc : device_of(path) < 0 ? -ENOENT : 0;
}

static int fake_access(struct shim *s, const char *path, int mode)
{
	struct fake *f = fake_of(s);
	int rc = verdict_of(f, "access");

	(void)mode;
	note(f, "access %s", path);
	return rc ? rc : f->no_dev_iommu ? -ENOENT : 0;
}

static ssize_t fake_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct fake *f = fake_of(s);
	int dev = device_of(path), rc;
	char target[128];
	size_t n;

	rc = verdict_of(f, "readlink");
	if (rc || dev < 0)
		return rc ? rc : -ENOENT;
	if (strstr(path, "/subsystem"))
		strcpy(target, devices[dev].mdev ? "../../../../bus/mdev" : "../../../bus/pci");
	else
		snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d",
			 devices[dev].group);
	n = strlen(target);
	n = n < len ? n : len;
	memcpy(buf, target, n);
	return n;
}

static ssize_t fake_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	int dev = device_of(path), rc = verdict_of(fake_of(s), "listdir");

	if (rc || dev < 0)
		return rc ? rc : -ENOENT;
	return snprintf(buf, len, "power%cvfio%d", 0, dev) + 1;
}

static ssize_t fake_none(struct shim *s, int fd, const void *buf, size_t len)
{
	(void)fd;
	(void)buf;
	(void)len;
	fake_of(s)->errors++;
	return -EINVAL;
}

static ssize_t fake_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	(void)off;
	return fake_none(s, fd, buf, len);
}

static ssize_t fake_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	(void)off;
	return fake_none(s, fd, buf, len);
}

static void fake_destroy(struct shim *s)
{
	(void)s;
}

static const struct shim_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.read = fake_read,
	.write = fake_none,
	.pread = fake_pread,
	.pwrite = fake_pwrite,
	.fstat = fake_fstat,
	.stat = fake_stat,
	.access = fake_access,
	.readlink = fake_readlink,
	.listdir = fake_listdir,
	.destroy = fake_destroy,
};

void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->shim.ops = &fake_ops;
	fake_range(f, 0, 0xfedfffff);
	fake_range(f, 0xfef00000, (1ull << 39) - 1);
	f->pgsizes = 0x40201000;
	f->hw_type = UAPI_HW_INFO_TYPE_VTD;
	f->hw_data_len = sizeof(struct iommu_hw_info_vtd);
	f->hw_cap = 1ull << 56;
	f->hw_ecap = 19ull << 35;
	f->num_iovas[0] = f->num_iovas[1] = -1;
	f->nranges_written = UINT32_MAX;
	f->extension = VFIO_TYPE1v2_IOMMU;
	f->next_id = 10;
	f->next_devid = 1;
}

void fake_fail(struct fake *f, const char *call, unsigned nth, int err)
{
	for (unsigned i = 0; i < FAKE_RULES; i++) {
		if (f->rules[i].call)
			continue;
		f->rules[i] = (struct fake_rule){ call, nth, err, 0 };
		return;
	}
	abort();
}

void fake_range(struct fake *f, uint64_t start, uint64_t last)
{
	f->ranges[f->nranges++] = (struct hiod_range){ start, last };
}

unsigned fake_open_fds(const struct fake *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FAKE_FDS; i++)
		n += f->fds[i].kind != 0;
	return n;
}
