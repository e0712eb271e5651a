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

/* An open file description; there is no dup, so one per descriptor. */
struct file {
	enum uapi_fd kind;
	union {
		struct container *container;
		struct group *group;
		struct devfile *dev;
		struct ictx *ictx;
		struct fault *fault;
		const struct node *node; /* a regular file or directory */
	};
	const struct node *node_opened; /* of a device node; NULL: opened by no path */
	uint64_t pos;
};

/* What an IOMMU unit gives, derived once. */
struct unit {
	struct host_domain domain[HOST_DOMAIN_NR];
	bool coherent;	   /* enforces cache coherency */
	bool isolated_msi; /* interrupt remapping protects against DMA writes to the MSI window */
};

struct model {
	struct shim shim;
	const struct host *h;
	const struct uapi_mem *mem;
	uint32_t features;
	bool has_cdev; /* the kernel is built with VFIO_DEVICE_CDEV */
	struct file **fds;
	size_t fds_cap;
	size_t fds_free; /* no free slot below this one */
	struct unit *units;
	struct group *groups;
	struct dev *devs;
	struct vfs *vfs; /* made by the first path that is asked */
	struct model_stats stats;
	model_hook_fn *hook;
	void *hook_ctx;
	bool in_hook;
	char unknown[64];
};

/* Installs f at the lowest free descriptor, from 3 on. -ENOMEM: f is still the caller's. */
int fd_install(struct model *m, struct file *f);
/* NULL when fd is not open. */
struct file *fd_get(struct model *m, int fd);
/* Remembers the first request that nobody knows; returns -ENOTTY. */
int unknown_request(struct model *m, const char *on, uint32_t req);
/* Opens the character device that a node stands for. */
int open_container(struct model *m);

/* ---- user.c: the caller's memory ------------------------------------------ */

int user_in(struct model *m, void *dst, uint64_t src, size_t len);
int user_out(struct model *m, uint64_t dst, const void *src, size_t len);
int user_zero(struct model *m, uint64_t dst, uint64_t len);
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
	bool busy;		/* a host driver owns a sibling's DMA */
	unsigned int file_refs; /* the group's descriptor and those of its devices */
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
	struct group **groups; /* in the order they came */
	size_t ngroups;
	size_t groups_cap;
	unsigned int nemulated; /* of them attached to type1 and emulated */
	struct t1_domain *domains;
	struct ivlist iovas;
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
	unsigned int open_count;
	struct ictx *ictx; /* bound to */
	struct obj *obj;   /* its device or access object there */
	bool attached;
	struct ioas *access_ioas; /* of an mdev */
	struct pasid_attach *pasids;
	size_t npasids;
	size_t pasids_cap;
};

struct devfile {
	struct dev *d;
	struct group *g; /* NULL: through the cdev */
	bool granted;
};

/* Region list of the device alone: what iommufd keeps out. */
const struct host_region *dev_regions(const struct dev *d, size_t *n);
/* A user through a group, in a container (ictx NULL) or an iommufd: the first binds and attaches. */
int dev_open(struct dev *d, struct ictx *ictx);
/* The same by the cdev: bound, not attached. */
int dev_bind_cdev(struct dev *d, struct ictx *ictx);
void dev_close(struct dev *d);
int devfile_new(struct model *m, struct dev *d, struct group *g, struct file **out);
void devfile_free(struct devfile *df);
int open_cdev(struct model *m, struct dev *d);
int device_ioctl(struct model *m, struct devfile *df, uint32_t req, uint64_t arg);
ssize_t device_pread(struct model *m, struct devfile *df, void *buf, size_t len, uint64_t off);
ssize_t device_pwrite(struct model *m, struct devfile *df, size_t len, uint64_t off);
int cdev_bind(struct model *m, struct devfile *df, uint64_t arg);
int cdev_attach(struct model *m, struct devfile *df, uint64_t arg);
int cdev_detach(struct model *m, struct devfile *df, uint64_t arg);
/* device_info.c */
int device_info(struct model *m, const struct dev *d, uint64_t arg);
int device_region_info(struct model *m, const struct dev *d, uint64_t arg);
int device_irq_info(struct model *m, const struct dev *d, uint64_t arg);

/* ---- iommufd.c: contexts and objects --------------------------------------- */

enum obj_type {
	OBJ_ANY,
	OBJ_DEVICE,
	OBJ_ACCESS,
	OBJ_IOAS,
	OBJ_HWPT_PAGING,
	OBJ_HWPT_NESTED,
	OBJ_FAULT,
	OBJ_VIOMMU, /* no driver modelled here makes one: looked up, never found */
};

/* First member of every object. users: what keeps DESTROY away. */
struct obj {
	enum obj_type type;
	uint32_t id;
	unsigned int users;
	struct ictx *ictx;
	struct dev *dev; /* of a device or access object */
};

struct ictx {
	struct model *m;
	unsigned int refs; /* the descriptor, bound devices, groups, fault queues */
	struct obj **objs; /* by id; [0] is never used */
	size_t objs_cap;
	uint32_t nobjs;
	uint32_t first_free; /* no free id below */
	struct ioas *vfio_ioas;
	bool account_mm;
	bool no_iommu_mode;
};

int open_iommufd(struct model *m);
void ictx_put(struct ictx *ictx);
int iommufd_ioctl(struct model *m, struct ictx *ictx, uint32_t req, uintptr_t arg);
/* NULL when there is none of that id and type. */
struct obj *obj_get(struct ictx *ictx, uint32_t id, enum obj_type type);
/* The physical device bound under an id; NULL: none, or an mdev. */
struct dev *dev_by_id(struct ictx *ictx, uint32_t id);
/* Gives o, of size bytes and zeroed, the lowest free id. NULL: no memory. */
void *obj_new(struct ictx *ictx, size_t size, enum obj_type type);
/* Takes it out of the context and frees it. */
void obj_free(struct obj *o);

/* One iommufd call: the structure as the extensible rule read it. */
struct ucmd {
	struct model *m;
	struct ictx *ictx;
	uint64_t uaddr;
	uint32_t usize;
	uint32_t ksize;
	void *cmd;
};

/* Copies the structure back, no more than either side knows. */
int ucmd_respond(const struct ucmd *u);

/* ---- ioas.c, ioas_map.c ---------------------------------------------------- */

struct area {
	uint64_t iova;
	uint64_t last;
	uint64_t va;   /* user address, or offset in the file */
	bool writable; /* its pages may be mapped for writing */
	bool file;
};

struct ioas {
	struct obj obj;
	struct iset reserved;
	struct iset allowed;
	struct area *areas; /* ascending, disjoint */
	size_t nareas;
	size_t areas_cap;
	uint64_t alignment;
	bool no_large_pages;
	unsigned int naccess; /* mdevs attached */
	struct hwpt *hwpts;
};

struct ioas *ioas_new(struct ictx *ictx);
void ioas_destroy(struct ioas *ioas);
struct ioas *ioas_get(struct ictx *ictx, uint32_t id);
/* -EADDRINUSE when a mapping or an allowed range is there. */
int ioas_reserve(struct ioas *ioas, uint64_t start, uint64_t last, const void *owner);
/* Reserves all of the device's regions, or none. */
int ioas_reserve_dev(struct ioas *ioas, const struct dev *d);
int ioas_add_domain(struct ioas *ioas, struct hwpt *hwpt);
void ioas_remove_domain(struct ioas *ioas, struct hwpt *hwpt);
int ioas_add_access(struct ioas *ioas);
void ioas_remove_access(struct ioas *ioas);
int ioas_disable_large_pages(struct ioas *ioas);
/* Index of the first mapping whose last address is at or above iova. */
size_t ioas_first_area(const struct ioas *ioas, uint64_t iova);
bool ioas_area_overlaps(const struct ioas *ioas, uint64_t start, uint64_t last);

int ioas_map_user(struct ioas *ioas, uint64_t *iova, uint64_t va, uint64_t length, bool write,
		  bool choose_iova, bool file);
/* *unmapped is what is gone, also when it fails. */
int ioas_unmap_range(struct ioas *ioas, uint64_t start, uint64_t last, uint64_t *unmapped);
int ioas_cut(struct ioas *ioas, uint64_t last);

int cmd_ioas_alloc(struct ucmd *u);
int cmd_ioas_iova_ranges(struct ucmd *u);
int cmd_ioas_allow_iovas(struct ucmd *u);
int cmd_ioas_map(struct ucmd *u);
int cmd_ioas_map_file(struct ucmd *u);
int cmd_ioas_copy(struct ucmd *u);
int cmd_ioas_unmap(struct ucmd *u);
int cmd_ioas_change_process(struct ucmd *u);
int cmd_option(struct ucmd *u);

/* ---- hwpt.c, attach.c, hwinfo.c, viommu.c ----------------------------------- */

struct fault {
	struct obj obj;
};

struct hwpt {
	struct obj obj;
	struct ioas *ioas; /* the parent's for a nested one */
	struct hwpt *next; /* in the IOAS */
	struct hwpt *parent;
	struct fault *fault;
	const struct host_iommu *io; /* NULL: software page table of a no-IOMMU device */
	enum host_domain_kind kind;
	struct host_domain d;
	bool auto_domain;
	bool nest_parent;
	bool pasid_compat;
	bool dirty;
	bool coherent;
	struct iommu_hwpt_vtd_s1 s1; /* of a nested one */
};

/*
 * A page table on ioas for the device. With attach the device is attached
 * before the aperture is reserved, as the kernel does for its own.
 */
int hwpt_paging_new(struct ioas *ioas, struct dev *d, uint32_t flags, bool has_data, bool attach,
		    struct hwpt **out);
void hwpt_destroy(struct hwpt *h);
/* Drops a user; the kernel's own tables go with the last one. */
void hwpt_put(struct hwpt *h);
/* 0, or why the device cannot be attached to it. */
int hwpt_compatible(const struct hwpt *h, const struct dev *d);

int cmd_hwpt_alloc(struct ucmd *u);
int cmd_set_dirty(struct ucmd *u);
int cmd_get_dirty(struct ucmd *u);
int cmd_invalidate(struct ucmd *u);

/* attach.c: pt_id in: IOAS or page table; out: the page table used. */
int dev_attach(struct dev *d, uint32_t *pt_id);
void dev_detach(struct dev *d);
int dev_attach_pasid(struct dev *d, uint32_t pasid, uint32_t *pt_id);
void dev_detach_pasid(struct dev *d, uint32_t pasid);
int hwpt_attach(struct hwpt *h, struct dev *d);
void hwpt_detach(struct dev *d);

/* Capability bits of IOMMU_GET_HW_INFO. */
uint64_t dev_hw_caps(const struct dev *d);
int cmd_hw_info(struct ucmd *u);

int cmd_fault_alloc(struct ucmd *u);
int cmd_viommu_alloc(struct ucmd *u);
int cmd_vdevice_alloc(struct ucmd *u);
int cmd_veventq_alloc(struct ucmd *u);
int cmd_hw_queue_alloc(struct ucmd *u);
int cmd_noiommu_get_pa(struct ucmd *u);
/* The descriptor of a fault queue is closed. */
void fault_close(struct fault *f);

/* ---- compat.c: VFIO container requests on an iommufd ------------------------- */

int compat_ioctl(struct model *m, struct ictx *ictx, uint32_t req, uintptr_t arg);
int compat_create_ioas(struct ictx *ictx);
int cmd_vfio_ioas(struct ucmd *u);

/* ---- vfs.c, sysfs.c: the file tree ------------------------------------------- */

enum node_type {
	NODE_DIR,
	NODE_FILE,
	NODE_LINK,
	NODE_CHR,
};

enum chr_role {
	CHR_OTHER, /* no driver behind it: ENXIO */
	CHR_CONTAINER,
	CHR_IOMMUFD,
	CHR_GROUP,
	CHR_CDEV,
};

struct node {
	enum node_type type;
	const char *name;
	struct node *parent;
	struct node *child; /* of a directory, first */
	struct node *last;
	struct node *next; /* sibling */
	const char *text;  /* content or link target */
	int err;	   /* positive: opening it fails */
	uint32_t mode;
	uint32_t major;
	uint32_t minor;
	enum chr_role role;
	void *target; /* struct group, struct dev */
};

struct vfs *vfs_new(void);
void vfs_free(struct vfs *v);
/* Makes the missing directories of an absolute path, following links. NULL: no memory, or not a directory. */
struct node *vfs_mkdir(struct vfs *v, const char *path);
/* A child of dir, or the one that has that name already, emptied. NULL: no memory. */
struct node *vfs_add(struct vfs *v, struct node *dir, const char *name, enum node_type type);
void vfs_remove(struct node *n);
struct node *vfs_child(const struct node *dir, const char *name);
char *vfs_strdup(struct vfs *v, const char *s);
/* Resolves an absolute path. follow: a link at its end too. -ENOENT, -ENOTDIR, -ELOOP, -EINVAL. */
int vfs_lookup(const struct vfs *v, const char *path, bool follow, struct node **out);
/* Path of a node, "/" first. Bytes written without the NUL, or -ENAMETOOLONG. */
int vfs_path(const struct node *n, char *buf, size_t len);
/* The text of a link that lies in directory from and leads to node to. NULL: no memory. */
char *vfs_relative(struct vfs *v, const struct node *from, const struct node *to);

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
