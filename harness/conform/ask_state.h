/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking, under way; shared by the ask*.c files. */
#ifndef HIOD_CONFORM_ASK_STATE_H
#define HIOD_CONFORM_ASK_STATE_H

#include "harness/conform/ask.h"

struct asker {
	struct shim *s;
	struct host *h;
	bool nomem; /* looking goes on, and is given up at the end */
};

void ask_feature(struct asker *v, enum host_feature f, bool have);
/* The text of a file without its last newline, to be freed; NULL: not readable. path: a format. */
__attribute__((format(printf, 2, 3))) char *ask_file(struct asker *v, const char *path, ...);
/* The target of a link, to be freed; NULL: none. */
__attribute__((format(printf, 2, 3))) char *ask_link(struct asker *v, const char *path, ...);

/* ask_sysfs.c: release, parameters, and a device with its group and IOMMU. */
void ask_kernel(struct asker *v);
int ask_device(struct asker *v, const char *bdf);
void ask_nodes(struct asker *v);

/* ask_vfio.c: the device in a container of type1's, and what its own requests say. */
void ask_container(struct asker *v);
void ask_type1(struct asker *v, struct host_device *d);
void ask_infos(struct asker *v, struct host_device *d, int fd);
/* What VFIO_IOMMU_GET_INFO says of the domain that is attached. False: nothing. */
bool ask_iommu_info(struct asker *v, int fd, struct host_domain *dom, uint32_t *avail);

/* ask_iommufd.c: which commands there are, and the page tables the device can have. */
void ask_iommufd(struct asker *v);
void ask_cdev(struct asker *v, struct host_device *d);

#endif
