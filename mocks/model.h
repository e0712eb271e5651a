/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model kernel: a shim backend that answers as the kernel of a described
 * host would. Which personality it has is told by the description's feature
 * bits, each honoured for itself; README.md says what is modelled and what not.
 *
 * Not thread-safe: one model serves one thread at a time.
 */
#ifndef HIOD_MOCKS_MODEL_H
#define HIOD_MOCKS_MODEL_H

#include "harness/capture/host.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi.h"

/*
 * A model of h, which must outlive it and is not changed. mem is how the
 * caller's memory is read and written; NULL: uapi_mem_self. Descriptors are
 * numbered from 3, lowest free first, and are no descriptors of this process;
 * those inside requests (VFIO_GROUP_SET_CONTAINER, BIND_IOMMUFD) are of the
 * same numbering. The owner calls shim_destroy(). NULL: no memory.
 */
struct shim *model_new(const struct host *h, const struct uapi_mem *mem);

/* What is alive in a model, for tests that demand that nothing leaks. */
struct model_stats {
	unsigned int fds;	    /* open descriptors */
	unsigned int containers;    /* VFIO containers, also those only a group still holds */
	unsigned int groups_open;   /* groups that someone has open */
	unsigned int iommufds;	    /* iommufd contexts, also those only a device still holds */
	unsigned int objects;	    /* iommufd objects of every kind */
	unsigned int ioas;	    /* of them: IOAS */
	unsigned int hwpts;	    /* of them: page tables, nested ones included */
	unsigned int devices_bound; /* of them: devices bound to an iommufd, mdevs included */
	unsigned int devices_open;  /* devices with at least one descriptor that has access */
	unsigned int mappings;	    /* DMA mappings of containers and IOASes together */
};

/* s: a model, not a wrapper around one. */
void model_stats(const struct shim *s, struct model_stats *out);

/*
 * The first request that no kernel modelled here has on the kind of descriptor
 * it came on ("device: unknown request 0x3bff"), NULL when there was none. The
 * kernel's errno was answered all the same; a test names this as its failure.
 */
const char *model_unknown(const struct shim *s);

/*
 * The device's driver is gone (true) or back (false): opening its group or
 * cdev, and fetching its descriptor, is ENODEV. -ENODEV: no such device.
 */
int model_device_lost(struct shim *s, const char *bdf, bool lost);

/*
 * Who can tell whether the client's pages from va, len bytes of whole pages, can
 * be pinned, for writing too: 0 or -EFAULT; 1: some are a device's, which type1
 * takes and iommufd does not. Asked where the kernel pins: when something is
 * mapped behind an IOMMU, or what is mapped gets one. Without it (NULL) pinning
 * never fails.
 */
typedef int model_pinnable_fn(void *ctx, uint64_t va, uint64_t len, bool write);
void model_set_pinnable(struct shim *s, model_pinnable_fn *fn, void *ctx);

/*
 * Who can tell what a descriptor is that the client gives as an eventfd and that
 * is none of the model's: 0, -EINVAL (it is another file), -EBADF. Asked by
 * vhost-vdpa. Without it (NULL) there are no eventfds: -EBADF.
 */
typedef int model_eventfd_fn(void *ctx, int fd);
void model_set_eventfd(struct shim *s, model_eventfd_fn *fn, void *ctx);

/*
 * The kernel is one with CONFIG_IOMMUFD_TEST, and its IOMMU_TEST_CMD makes mock
 * devices and tells what is mapped for them (selftest.c). Without this the
 * request is unknown.
 */
void model_set_mock_devices(struct shim *s);

/*
 * Called before each ioctl that the client makes, not for those fn makes
 * itself: what another thread of the client would do between two calls. NULL
 * takes it away.
 */
typedef void model_hook_fn(void *ctx, struct shim *s, int fd, uint32_t req);
void model_set_hook(struct shim *s, model_hook_fn *fn, void *ctx);

#endif
