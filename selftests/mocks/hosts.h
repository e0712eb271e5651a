/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small hosts for the model's tests, modelled on recorded ones, and the few
 * calls that nearly every test begins with.
 */
#ifndef HIOD_SELFTESTS_MOCKS_HOSTS_H
#define HIOD_SELFTESTS_MOCKS_HOSTS_H

#include "harness/capture/host.h"
#include "harness/uapi/uapi_compat.h"
#include "mocks/model.h"

/* Registers of QEMU's emulated units, as recorded, and of one real one with everything. */
#define CAP_39	   0xd2008c22260206ull
#define CAP_48	   0xd2008c222f0606ull
#define ECAP	   0xf00f4aull
#define ECAP_SM	   0x480080f00f4aull
#define CAP_FLTS   0x1d2008c222f0606ull
#define ECAP_FLTS  0x880000f00f4aull
#define CAP_FULL   0x9ed008c40780466ull
#define ECAP_FULL  0x3ee9e86f050dfull
#define MSI_FIRST  0xfee00000ull
#define MSI_LAST   0xfeefffffull
#define LAST(bits) ((1ull << (bits)) - 1)

#define BDF "0000:00:05.0"

struct host_spec {
	const char *release; /* NULL: "6.12.117" */
	const char *cmdline;
	enum host_iommu_type type; /* default: Intel */
	bool no_iommu;
	uint64_t cap; /* 0: 39 bits, no scalable mode */
	uint64_t ecap;
	bool no_intremap;
	bool no_cdev; /* a kernel without iommufd and cdevs */
};

/*
 * One unit, one group (1) with the MSI window, one vfio-pci device (BDF) in it.
 * Everything in it is allocated, so a test may change what it likes before it
 * makes a model. Aborts without memory. host_free() frees it.
 */
struct host *test_host(const struct host_spec *spec);
/* One more unit; its index. */
int test_unit(struct host *h, uint64_t cap, uint64_t ecap);
/* A group with the MSI window and a node. */
struct host_group *test_group(struct host *h, int id);
/* A device with a cdev where the host has them. unit -1: none. */
struct host_device *test_device(struct host *h, const char *bdf, int group, int unit);
void test_region(struct host_group *g, uint64_t start, uint64_t last, enum host_region_type type);
void test_file(struct host *h, const char *path, const char *content, bool link, int err);

/* Descriptors, or -errno. */
int test_open_group(struct shim *s, int id);
int test_set_container(struct shim *s, int group, int container);
int test_device_fd(struct shim *s, int group, const char *bdf);
/* A container with the group in it and type1v2 set; *group: its descriptor. */
int test_type1(struct shim *s, int id, int *group);
int test_map(struct shim *s, int container, uint64_t iova, uint64_t size);
int test_unmap(struct shim *s, int container, uint64_t iova, uint64_t *size);
/* VFIO_IOMMU_GET_INFO into buf, which is filled with 0xa5 but for argsz. */
int test_info(struct shim *s, int container, uint32_t argsz, void *buf, size_t len);
/* The IOVA ranges a container tells, by either kind's layout. Their number, or -errno. */
int test_ranges(struct shim *s, int container, struct host_range *r, int max);

/* A model with an iommufd, the first device bound to it (id 1), and an IOAS (id 2). */
void test_bound(const struct host *h, struct shim **s, int *iommufd, int *dev);
/* A host is not changed under its model: a test that changes it stops the model first. */
void test_stop(struct shim **s);
/* Opens /dev/vfio/devices/NAME. */
int test_open_cdev(struct shim *s, const char *name);
/* The device's object id, or -errno. */
int test_bind(struct shim *s, int dev, int iommufd);
int test_ioas(struct shim *s, int iommufd);
/* The page table's id, or -errno. */
int test_attach(struct shim *s, int dev, uint32_t pt_id);
int test_detach(struct shim *s, int dev);
int test_destroy(struct shim *s, int iommufd, uint32_t id);
/* With no data; the table's id, or -errno. */
int test_hwpt(struct shim *s, int iommufd, uint32_t flags, uint32_t dev, uint32_t pt_id);
/* Their number, or -errno. align may be NULL. */
int test_ioas_ranges(struct shim *s, int iommufd, uint32_t ioas, struct host_range *r, int max,
		     uint64_t *align);
int test_ioas_map(struct shim *s, int iommufd, uint32_t ioas, uint64_t iova, uint64_t len);
int test_ioas_unmap(struct shim *s, int iommufd, uint32_t ioas, uint64_t iova, uint64_t *len);

/* Nothing is alive: no descriptor, object, mapping. */
bool test_all_gone(const struct shim *s);

#endif
