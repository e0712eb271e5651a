/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iommufd half of the model's own structures: contexts, objects, IO
 * address spaces, page tables. Private to this directory, as internal.h is.
 */
#ifndef HIOD_MOCKS_ICTX_H
#define HIOD_MOCKS_ICTX_H

#include "mocks/internal.h"

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
	OBJ_SELFTEST,
};

/* First member of every object. users: what keeps DESTROY away. */
struct obj {
	enum obj_type type;
	uint32_t id;
	unsigned int users;
	struct ictx *ictx;
	struct dev *dev; /* of a device or access object */
};

/* As many as a device and its page tables need. */
#define OBJS_INLINE 8

struct ictx {
	struct model *m;
	unsigned int refs; /* the descriptor, bound devices, groups, fault queues */
	struct obj **objs; /* by id; [0] is never used */
	size_t objs_cap;
	struct obj *first[OBJS_INLINE]; /* objs at first */
	uint32_t nobjs;
	uint32_t first_free; /* no free id below */
	struct ioas *vfio_ioas;
	bool account_mm;
	uint64_t npages; /* mappings made so far: the last one's area.pages */
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
	bool mute;     /* for neither reading nor writing, which only compat asks for */
	bool file;
	uint64_t pages; /* the same in all that came from one mapping by COPY and cuts */
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

/* prot: IOMMU_IOAS_MAP_READABLE and WRITEABLE. */
int ioas_map_user(struct ioas *ioas, uint64_t *iova, uint64_t va, uint64_t length, uint32_t prot,
		  bool choose_iova, bool file);
/*
 * Page tables of Intel and AMD take no entry without access; of files, only a
 * memfd's pages can be pinned, and no descriptor here is one: -EINVAL.
 */
bool hwpt_refuses(const struct hwpt *h, const struct area *a);
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

/* selftest.c: mock devices, where model_set_mock_devices() has put them. */
#define TEST_CMD_MIN  68u
#define TEST_CMD_SIZE 72u
int cmd_test(struct ucmd *u);
void selftest_destroy(struct obj *o);

/* ---- compat.c: VFIO container requests on an iommufd ------------------------- */

int compat_ioctl(struct model *m, struct ictx *ictx, uint32_t req, uintptr_t arg);
int compat_create_ioas(struct ictx *ictx);
int cmd_vfio_ioas(struct ucmd *u);

#endif
