/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model's own structures, shared by the files of this directory and by
 * nobody else. Functions return 0 or a result >= 0, or -errno as the kernel's
 * ioctl would.
 */
#ifndef HIOD_MOCKS_INTERNAL_H
#define HIOD_MOCKS_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/capture/host.h"
#include "harness/uapi/uapi_compat.h"
#include "mocks/model.h"

#define PAGE_SZ	  4096ull
#define PAGE_MASK (~(PAGE_SZ - 1))

#define FEAT(m, f) ((m)->features >> HOST_F_##f & 1)

struct model;
struct container;
struct group;
struct dev;
struct ictx;
struct ioas;
struct hwpt;
struct vdpa;
struct vfs;

/* ---- ranges.c: sets of intervals ------------------------------------------ */

/* Makes room for one more element in a vector of n. -ENOMEM. */
int vec_room(void **v, size_t *cap, size_t n, size_t elem);

/* Disjoint ranges in ascending order: the valid IOVAs of a type1 container. */
struct ivlist {
	struct host_range *v;
	size_t n;
	size_t cap;
};

int ivlist_copy(struct ivlist *dst, const struct ivlist *src);
void ivlist_free(struct ivlist *l);
/* Restrict to [start, last]; an empty list becomes that range. -ENOMEM. */
int ivlist_resize(struct ivlist *l, uint64_t start, uint64_t last);
/* Cut [start, last] out. -ENOMEM. */
int ivlist_exclude(struct ivlist *l, uint64_t start, uint64_t last);
/* Wholly inside one range; an empty list holds everything. */
bool ivlist_holds(const struct ivlist *l, uint64_t start, uint64_t last);

/* Intervals that may overlap, each with an owner, by ascending start. */
struct iset_ent {
	uint64_t start;
	uint64_t last;
	const void *owner;
};

struct iset {
	struct iset_ent *v;
	size_t n;
	size_t cap;
};

void iset_free(struct iset *s);
int iset_add(struct iset *s, uint64_t start, uint64_t last, const void *owner);
void iset_remove_owner(struct iset *s, const void *owner);
bool iset_overlaps(const struct iset *s, uint64_t start, uint64_t last);

/* Walks the maximal holes of a set in [0, 2^64-1], ascending. */
struct hole_iter {
	const struct iset *s;
	size_t i;
	uint64_t from;
	bool done;
};

void hole_iter_init(struct hole_iter *it, const struct iset *s);
bool hole_next(struct hole_iter *it, uint64_t *start, uint64_t *last);

/* ---- model.c: descriptors and state --------------------------------------- */

/* A device, opened once. */
struct devfile {
	struct dev *d;
	struct group *g; /* NULL: through the cdev */
	bool granted;
	bool holds_group; /* keeps the group open when its own descriptor is closed */
};

/* An open file description; there is no dup, so one per descriptor. */
struct file {
	enum uapi_fd kind;
	union {
		struct container *container;
		struct group *group;
		struct devfile dev;
		struct ictx *ictx;
		struct fault *fault;
		struct vdpa *vdpa;
		const struct node *node; /* a regular file or directory */
	};
	const struct node *node_opened; /* of a device node; NULL: opened by no path */
	uint64_t pos;
	bool writable; /* of a vhost-vdpa node */
};

/* What an IOMMU unit gives, derived once. */
struct unit {
	struct host_domain domain[HOST_DOMAIN_NR];
	bool coherent;	   /* enforces cache coherency */
	bool isolated_msi; /* interrupt remapping protects against DMA writes to the MSI window */
};

/* A client seldom has more open at once: an opening of those allocates no file. */
#define FILES_INLINE 16

struct model {
	struct shim shim;
	const struct host *h;
	const struct uapi_mem *mem;
	uint32_t features;
	bool has_cdev; /* the kernel is built with VFIO_DEVICE_CDEV */
	struct file **fds;
	size_t fds_cap;
	struct file first[FILES_INLINE]; /* of the lowest descriptors */
	size_t fds_free;		 /* no free slot below this one */
	struct unit *units;
	struct group *groups;
	struct dev *devs;
	struct vdpa *vdpas;
	struct vfs *vfs; /* made by the first path that is asked */
	struct model_stats stats;
	model_hook_fn *hook;
	void *hook_ctx;
	bool in_hook;
	bool mock_devices; /* IOMMU_TEST_CMD is modelled */
	model_pinnable_fn *pinnable;
	void *pinnable_ctx;
	model_eventfd_fn *eventfd;
	void *eventfd_ctx;
	char unknown[64];
};

/* A copy of f at the lowest free descriptor, from 3 on; -ENOMEM. */
int fd_install(struct model *m, const struct file *f);
/* NULL when fd is not open. */
struct file *model_fd(struct model *m, int fd);
/* Remembers the first request that nobody knows; returns -ENOTTY. */
int unknown_request(struct model *m, const char *on, uint32_t req);
/* open_*: what opening a device node does; a new descriptor, or -errno. */
int open_container(struct model *m);

/* ---- user.c: the caller's memory ------------------------------------------ */

static inline int user_in(struct model *m, void *dst, uint64_t src, size_t len)
{
	return len ? m->mem->in(m->mem->ctx, dst, src, len) : 0;
}

static inline int user_out(struct model *m, uint64_t dst, const void *src, size_t len)
{
	return len ? m->mem->out(m->mem->ctx, dst, src, len) : 0;
}

int user_zero(struct model *m, uint64_t dst, uint64_t len);
/* Can the pages of [va, va + len) be pinned? 0 or -EFAULT; 0 where nobody can tell. */
int user_pinnable(struct model *m, uint64_t va, uint64_t len, bool write);
/* The same for who maps the memory of devices too. */
int user_pinnable_or_mmio(struct model *m, uint64_t va, uint64_t len, bool write);
/*
 * The extensible-structure rule: usize bytes at arg, of which the kernel knows
 * ksize. Missing ones read as zero; excess ones must be zero (-E2BIG).
 */
int user_in_ext(struct model *m, void *dst, size_t ksize, uint64_t arg, uint64_t usize);
/*
 * The VFIO rule: minsz bytes, of which the first four are argsz. -EFAULT,
 * -EINVAL when argsz is smaller than minsz.
 */
int user_in_argsz(struct model *m, void *dst, size_t minsz, uint64_t arg);

/* ---- group.c, container.c, type1.c ---------------------------------------- */

enum group_type {
	GROUP_IOMMU,
	GROUP_EMULATED, /* mdev */
	GROUP_NOIOMMU,
};

struct group {
	struct model *m;
	const struct host_group *h;
	enum group_type type;
	bool busy; /* a host driver owns a sibling's DMA */
	/* The group's descriptor, and those of devices that came while it was in a container. */
	unsigned int file_refs;
	bool opened;
	struct container *container;
	struct ictx *iommufd;	/* in the role of a container */
	unsigned int devs_open; /* descriptors of its devices that came through it */
	unsigned int cdevs_bound;
	const void *dma_owner;
	unsigned int owner_cnt;
	struct t1_domain *domain; /* type1's, while attached */
	struct hwpt *hwpt;	  /* iommufd's, while a device of it is attached */
	unsigned int nattached;
};

int open_group(struct model *m, struct group *g);
int group_ioctl(struct model *m, struct group *g, uint32_t req, uint64_t arg);
/* One of the group's descriptors is closed. */
void group_put(struct group *g);
/* -EPERM: the DMA of the group has another owner. */
int group_claim(struct group *g, const void *owner);
void group_release(struct group *g);

/* A VFIO type1 mapping. */
struct t1_dma {
	uint64_t iova;
	uint64_t size;
	uint64_t vaddr;
	/* What the dirty bitmap holds behind its last page: the rest of that word, and the next. */
	uint64_t stale[2];
	bool vaddr_invalid;
};

/* A type1 domain: groups that share one page table. */
struct t1_domain {
	struct host_domain d;
	const struct host_iommu *io;
	bool coherent;
	unsigned int ngroups;
	struct t1_domain *next;
};

enum driver {
	DRIVER_NONE,
	DRIVER_TYPE1,
	DRIVER_NOIOMMU,
};

struct container {
	struct model *m;
	unsigned int refs; /* the descriptor and each group in it */
	enum driver driver;
	bool noiommu;
	bool v2;
	bool nesting; /* VFIO_TYPE1_NESTING_IOMMU: only tables that can be nested will do */
	struct group **groups; /* in the order they came */
	size_t ngroups;
	size_t groups_cap;
	unsigned int nemulated; /* of them attached to type1 and emulated */
	struct t1_domain *domains;
	struct ivlist iovas; /* valid ones */
	uint64_t pgsizes;
	struct t1_dma *dma; /* by ascending iova */
	size_t ndma;
	size_t dma_cap;
	uint32_t dma_avail;
	unsigned int vaddr_invalid;
	bool dirty_tracking;
};

int container_ioctl(struct model *m, struct container *c, uint32_t req, uintptr_t arg);
int container_attach_group(struct container *c, struct group *g);
void container_detach_group(struct container *c, struct group *g);
void container_put(struct container *c);

int t1_init(struct container *c, unsigned long type);
void t1_exit(struct container *c);
int t1_check_extension(const struct model *m, const struct container *c, uintptr_t ext);
int t1_attach_group(struct container *c, struct group *g);
void t1_detach_group(struct container *c, struct group *g);
int t1_get_info(struct container *c, uint64_t arg);
/* type1_dma.c */
int t1_map(struct container *c, uint64_t arg);
int t1_unmap(struct container *c, uint64_t arg);
int t1_dirty_pages(struct container *c, uint64_t arg);
/* The mapping that intersects [start, start + size), as the kernel's lookup sees it. */
struct t1_dma *t1_find(struct container *c, uint64_t start, uint64_t size);
void t1_unmap_all(struct container *c);

/* ---- device.c, cdev.c ------------------------------------------------------ */

struct pasid_attach {
	uint32_t pasid;
	struct hwpt *hwpt;
};

/* A VFIO device; which descriptors it has does not matter to it. */
struct dev {
	struct model *m;
	const struct host_device *h;
	struct group *g;	     /* NULL: in none, no VFIO */
	const struct host_iommu *io; /* NULL: behind none */
	const struct unit *unit;
	bool lost;
	bool low_power; /* VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY was asked for */
	unsigned int open_count;
	struct ictx *ictx;	  /* bound to */
	struct obj *obj;	  /* its device or access object there */
	bool attached;		  /* as VFIO sees it */
	bool attached_as_pasid;	  /* not so, but by way of PASID 0, which is none */
	struct ioas *access_ioas; /* of an mdev */
	struct pasid_attach *pasids;
	size_t npasids;
	size_t pasids_cap;
};

/* A VFIO driver is bound to it. */
bool dev_present(const struct dev *d);
/* Region list of the device alone: what iommufd keeps out. */
const struct host_region *dev_regions(const struct dev *d, size_t *n);
/* A user through a group, in a container (ictx NULL) or an iommufd: the first binds and attaches. */
int dev_open(struct dev *d, struct ictx *ictx);
/* The same by the cdev: bound, not attached. */
int dev_bind_cdev(struct dev *d, struct ictx *ictx);
void dev_close(struct dev *d);
/* A file of it that is not granted yet. */
struct file devfile(struct dev *d, struct group *g);
void devfile_release(struct devfile *df);
int open_cdev(struct model *m, struct dev *d);
int device_ioctl(struct model *m, struct devfile *df, uint32_t req, uint64_t arg);
ssize_t device_pread(struct model *m, struct devfile *df, void *buf, size_t len, uint64_t off);
ssize_t device_pwrite(struct model *m, struct devfile *df, size_t len, uint64_t off);
int cdev_bind(struct model *m, struct devfile *df, uint64_t arg);
int cdev_attach(struct model *m, struct devfile *df, uint64_t arg);
int cdev_detach(struct model *m, struct devfile *df, uint64_t arg);
/* device_reset.c */
int device_hot_reset_info(struct model *m, const struct devfile *df, uint64_t arg);
int device_hot_reset(struct model *m, const struct devfile *df, uint64_t arg);
/* device_pci.c */
bool dev_is_pci(const struct dev *d);
int device_ioeventfd(struct model *m, const struct dev *d, uint64_t arg);
int device_feature(struct model *m, struct dev *d, uint64_t arg);
/* device_info.c */
int device_info(struct model *m, const struct dev *d, uint64_t arg);
int device_region_info(struct model *m, const struct dev *d, uint64_t arg);
int device_irq_info(struct model *m, const struct dev *d, uint64_t arg);
/* An interrupt of the device; false when it has none of that index. */
bool dev_irq(const struct dev *d, uint32_t index, struct host_irq_info *q);

/* ---- vdpa.c, vdpa_iotlb.c: vhost-vdpa (vdpa.h) ------------------------------ */

/* As many as the host has; NULL: no memory. Freed with the model, open or not. */
struct vdpa *vdpas_new(struct model *m);
void vdpas_free(struct model *m);
struct vdpa *vdpa_at(struct model *m, size_t i);
const struct host_vdpa *vdpa_host(const struct vdpa *v);
int open_vdpa(struct model *m, struct vdpa *v, bool writable);
void vdpa_close(struct vdpa *v);
int vdpa_ioctl(struct vdpa *v, uint32_t req, uint64_t arg);
/* A message written to the node. Bytes, or -errno. */
ssize_t vdpa_write(struct vdpa *v, const void *buf, size_t len);

/* ---- sysfs.c, paths.c: the file tree (vfs.h) -------------------------------- */

/* The tree of the host, made on first use. -ENOMEM. */
int sysfs_get(struct model *m, struct vfs **out);

/* paths.c: the shim's operations on paths. */
int model_open(struct shim *s, const char *path, int flags);
int model_stat(struct shim *s, const char *path, struct shim_stat *st);
int model_fstat(struct shim *s, int fd, struct shim_stat *st);
int model_access(struct shim *s, const char *path, int mode);
ssize_t model_readlink(struct shim *s, const char *path, char *buf, size_t len);
ssize_t model_listdir(struct shim *s, const char *path, char *buf, size_t len);

static inline struct model *to_model(const struct shim *s)
{
	return (struct model *)s;
}

static inline uint64_t range_end(uint64_t start, uint64_t len)
{
	return start + len - 1;
}

/* start + len - 1 does not fit. len is not 0. */
static inline bool range_wraps(uint64_t start, uint64_t len)
{
	return start + (len - 1) < start;
}

#endif
