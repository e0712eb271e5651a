/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What describe() knows while it walks a transcript: the host as far as it is
 * known, and the state of the fds and objects that replies refer to. Internal.
 */
#ifndef HIOD_CAPTURE_DESCRIBE_STATE_H
#define HIOD_CAPTURE_DESCRIBE_STATE_H

#include "harness/capture/describe.h"

/* An object of an iommufd. */
struct d_object {
	uint32_t id;
	enum d_what { D_DEVICE, D_IOAS, D_HWPT } what;
	int device;		    /* D_DEVICE: index; D_HWPT: the one it was made for */
	enum host_domain_kind kind; /* D_HWPT */
	uint32_t ioas;		    /* D_HWPT: its parent, 0: nested */
	uint32_t attached;	    /* D_DEVICE: id of the IOAS (auto) or HWPT; 0: none */
};

/* A container or an iommufd, alive or not. */
struct d_context {
	bool iommufd;
	bool set;    /* VFIO_SET_IOMMU has succeeded */
	size_t maps; /* mappings that succeeded and were not unmapped */
	int *groups; /* ids of the groups attached */
	size_t ngroups;
	int compat_device; /* device that the compat layer has attached; -1: none */
	struct d_object *objects;
	size_t nobjects;
};

struct d_fd {
	int fd;
	enum uapi_fd kind;
	const char *path; /* as opened; NULL: from an ioctl; borrowed from the transcript */
	int context;	  /* index; groups: the one it is attached to; -1: none */
	int group;	  /* id; -1: none */
	int device;	  /* index; -1: none */
	bool cdev;
	/* Files: what its reads gave so far, and the first of them; NULL: none succeeded. */
	const struct call *first;
	uint8_t *text;
	uint32_t len;
};

/* What was seen of a domain besides what its description holds. */
struct d_seen {
	bool made;	    /* a HWPT of this kind was allocated */
	bool aperture;	    /* ranges or info told it */
	uint64_t pgsizes;   /* 0: not told */
	uint64_t alignment; /* lowest page size, as IOVA_RANGES tells it; 0: not told */
};

/* What was seen of a device besides what its description holds. */
struct d_dev {
	bool bound;		  /* its node opened: a VFIO driver has it */
	struct host_range *holes; /* between the IOVA ranges that were usable with it attached */
	size_t nholes;
};

struct describer {
	const struct transcript *t;
	const char *file;
	struct capture_error *err;
	const struct call *call; /* being looked at */
	struct host *h;
	struct d_seen (*seen)[HOST_DOMAIN_NR]; /* per IOMMU */
	struct d_dev *dev;		       /* per device */
	int *listed; /* ids of the groups whose reserved_regions were read */
	size_t nlisted;
	struct d_context *contexts;
	size_t ncontexts;
	struct d_fd *fds;
	size_t nfds;
	uint32_t on, off;  /* features that replies showed */
	bool params_known; /* the command line or the modules' parameters were read */
	bool limit_known;
	int rc;
};

/* Notes an error at the call being looked at; the first one counts. */
int d_fail(struct describer *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int d_nomem(struct describer *d);

struct d_fd *d_fd_find(struct describer *d, int fd);
/* A fresh context; -1: no memory. */
int d_context_new(struct describer *d, bool iommufd);
struct d_object *d_object_find(struct d_context *x, uint32_t id);
struct d_object *d_object_put(struct describer *d, struct d_context *x, uint32_t id,
			      enum d_what what);
void d_object_del(struct d_context *x, uint32_t id);

/* Index of the device, group (id), made when not there yet; -1: no memory. */
int d_device(struct describer *d, const char *bdf);
struct host_group *d_group(struct describer *d, int id);
/* The number of a group; -1: text is none, and the description fails. */
int d_group_id(struct describer *d, const char *text);
/* Index of the IOMMU behind a device, made when the device has a group; -1: it has none. */
int d_iommu_of(struct describer *d, int device);
/* The device of a group that is the transcript's, else the first that VFIO has, else the first; -1. */
int d_device_of_group(struct describer *d, int group);
/* n usable ranges, 16 bytes each, with the device attached: what lies between is reserved. */
void d_holes(struct describer *d, int device, const uint8_t *ranges, uint32_t n);
/* From the lowest to the highest of n > 0 ranges. False: one is none, and the description fails. */
bool d_span(struct describer *d, const uint8_t *ranges, uint32_t n, struct host_range *span);
/*
 * What a domain was seen to reach, through one device. A device whose reserved
 * regions lie at an end sees less than another behind the same IOMMU: all count.
 */
void d_aperture(struct describer *d, int io, enum host_domain_kind kind,
		const struct host_range *span);
/* A group's reserved_regions were read: nothing is to be concluded about them. */
void d_regions_listed(struct describer *d, int group);
/* A new IOMMU without a name; its index, -1: no memory. */
int d_iommu_new(struct describer *d);
/* The IOMMU that the device's link names later in the transcript; else a new one. -1: no memory. */
int d_iommu_ahead(struct describer *d, int dev);
/* Sets *s to a copy unless it is set already. */
void d_set(struct describer *d, char **s, const char *text, size_t len);
void d_feature(struct describer *d, enum host_feature f, bool have);
/* "252:0" and whatever follows, as a file "dev" in sysfs has it; else the description fails. */
void d_devnum(struct describer *d, const char *text, uint32_t *major, uint32_t *minor);

/* describe_vdpa.c: each looks at what is about vDPA; false: it is not. */
bool d_vdpa_open(struct describer *d, const struct call *c);
bool d_vdpa_node(struct describer *d, const char *path, const struct shim_stat *st);
bool d_vdpa_link(struct describer *d, const char *path, const char *target);
bool d_vdpa_file(struct describer *d, const char *path, const struct call *c);
void d_vdpa(struct describer *d, const struct call *c, const struct d_fd *f);
void d_vdpa_finish(struct describer *d);

/* What follows from all replies together. describe_finish.c: */
void d_finish(struct describer *d);

/* Each looks at one call, after it. describe_sysfs.c: */
void d_file_read(struct describer *d, const char *path, const struct call *c);
void d_file_error(struct describer *d, const char *path, int err);
void d_readlink(struct describer *d, const struct call *c);
void d_listdir(struct describer *d, const struct call *c);
/* describe_node.c: */
void d_open(struct describer *d, const struct call *c);
void d_node(struct describer *d, const char *path, const struct shim_stat *st);
void d_access(struct describer *d, const struct call *c);
/* describe_vfio.c, describe_device.c, describe_iommufd.c: */
void d_container(struct describer *d, const struct call *c, struct d_fd *f);
void d_group_call(struct describer *d, const struct call *c, struct d_fd *f);
void d_device_call(struct describer *d, const struct call *c, struct d_fd *f);
void d_iommufd(struct describer *d, const struct call *c, struct d_fd *f);

/* The bytes of a call's argument before (in) and after it. */
static inline bool d_in(const struct call *c, size_t off, void *v, size_t size)
{
	if (off + size > c->in_len)
		return false;
	__builtin_memcpy(v, c->in + off, size);
	return true;
}

static inline bool d_after(const struct call *c, size_t off, void *v, size_t size)
{
	if (off + size > c->out_len)
		return d_in(c, off, v, size);
	__builtin_memcpy(v, c->out + off, size);
	return true;
}

#endif
