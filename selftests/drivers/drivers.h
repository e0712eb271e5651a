/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of the drivers behind the uapi, written once: each runs on the model
 * kernel, and on the real kernel with a device of this machine where there is
 * one. What is missing is a SKIP with its reason, never a failure.
 *
 * Lives here: what a kernel promises its users, in calls of any shim. Not
 * here: what only the model can show (selftests/mocks), parsing of replies
 * that no kernel gives (selftests/hiod).
 *
 * Environment:
 *	HIOD_BDF, VFIO_SELFTESTS_BDF	the real device: "0000:00:05.0"
 *	HIOD_MODEL_RELEASE		the release that the model plays: "6.12.117"
 */
#ifndef HIOD_SELFTESTS_DRIVERS_H
#define HIOD_SELFTESTS_DRIVERS_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness/capture/host.h"
#include "harness/ktap/ktap.h"
#include "harness/shim/shim.h"
#include "harness/uapi/uapi_compat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* How a device is given to its user. */
enum rig_mode {
	RIG_TYPE1,   /* container and group, VFIO_TYPE1_IOMMU */
	RIG_TYPE1V2, /* the same with VFIO_TYPE1v2_IOMMU */
	RIG_COMPAT,  /* the same calls, v2, with an iommufd as the container */
	RIG_IOMMUFD, /* the device's cdev bound to an iommufd */
};

#define RIG_MEM	    (64u * 4096) /* bytes at rig.mem */
#define RIG_RANGES  64		 /* room that the tests keep for IOVA ranges */
#define RIG_POISON  0xa5
#define RIG_UNKNOWN 0x3bffu /* a request that no kernel knows */

/* A kernel, a device of it, and what a test has made of them. Descriptors: -1 when not open. */
struct rig {
	enum rig_mode mode;
	bool model;
	struct shim *s;
	struct host *h; /* what the model is made of; NULL: the real kernel */
	uint32_t features;
	uint8_t *mem; /* RIG_MEM bytes to be mapped */
	char bdf[64];
	char sysfs[96]; /* the device's directory */
	char group_path[64];
	char cdev_path[128]; /* "": none */
	int lock;	     /* of the real device, against other tests */

	int container; /* with RIG_COMPAT the same as iommufd */
	int group;
	int dev;
	int iommufd;
	uint32_t devid, ioas, hwpt; /* RIG_IOMMUFD */
};

/* Does this kernel have a feature, by its release? */
#define RIG_HAS(r, f) (!!((r)->features & 1u << HOST_F_##f))

/*
 * Finds the kernel and the device; nothing of them is open afterwards. 0, or
 * -ENODEV with the reason in why: to be skipped. Aborts without memory.
 */
int rig_open(struct rig *r, enum rig_mode mode, bool model, char *why, size_t len);
/* For a test that has one already: another mode of the same device, or of a model of its own. */
int rig_open_beside(struct rig *r, const struct rig *beside, enum rig_mode mode, char *why,
		    size_t len);
/* Closes everything. False: something stayed alive in the model, and it is no leak of the test. */
bool rig_close(struct rig *r);
/* Closes the descriptors that are open, the device's first. */
void rig_drop(struct rig *r);

/* The steps of an attach. 0 or -errno; what was opened stays in r, also on failure. */
int rig_open_container(struct rig *r); /* container or iommufd */
int rig_open_group(struct rig *r);
int rig_open_cdev(struct rig *r);
int rig_set_container(struct rig *r);
int rig_set_iommu(struct rig *r);
int rig_get_device(struct rig *r); /* VFIO_GROUP_GET_DEVICE_FD */
int rig_bind(struct rig *r);
int rig_attach_pt(struct rig *r); /* to a new IOAS */
/* All of those that the mode has. */
int rig_attach(struct rig *r);
/* Why this host may refuse to attach its device with err (negative); NULL: it may not. */
const char *rig_refusal(const struct rig *r, int err);

/* On a page table of its own (RIG_IOMMUFD), instead of the one that the kernel made. */
int rig_attach_own(struct rig *r);
/*
 * Does this kernel answer a mapping without access with a warning in its log,
 * besides the errno? So does the generic page table code of Linux 7.x.
 */
static inline bool rig_warns_of_mute(const struct rig *r)
{
	return !r->model && RIG_HAS(r, WIDTH_MGAW);
}

/* What devices can reach now, as the kernel tells it: their number, or -errno. */
int rig_ranges(struct rig *r, struct host_range *v, int max);
/* The smallest page that can be mapped, after attach. */
uint64_t rig_page(struct rig *r);
/* An address with 32 pages of room before and behind it, after attach; 0: there is none. */
uint64_t rig_iova(struct rig *r);
/* Maps rig.mem + off for reading and writing. 0 or -errno. */
int rig_map(struct rig *r, uint64_t iova, uint64_t off, uint64_t size);
/* *size: bytes in, bytes unmapped out. 0 or -errno. */
int rig_unmap(struct rig *r, uint64_t iova, uint64_t *size);
/* Everything. */
int rig_unmap_all(struct rig *r, uint64_t *size);

/* A reply in a buffer of poison: bytes [0, argsz) and what lies behind them. */
struct rig_reply {
	uint8_t b[4096];
};

/* req with argsz bytes of buffer, whose word at 8 is index. -errno or 0. */
int rig_info(struct rig *r, int fd, uint32_t req, uint32_t argsz, uint32_t index,
	     struct rig_reply *out);
/* One more than the last byte that is not poison. */
size_t rig_written(const struct rig_reply *reply);
static inline uint32_t rig_word(const struct rig_reply *reply, size_t at)
{
	uint32_t v;

	memcpy(&v, reply->b + at, sizeof(v));
	return v;
}

/* A sysfs attribute of the device without the newline at its end; NULL: not there. */
const char *rig_attr(struct rig *r, const char *name, char *buf, size_t len);

/* Ends the test as skipped where the host may refuse its device, else as failed. */
#define RIG_ATTACH(r)                                                                              \
	do {                                                                                       \
		int rig_err_ = rig_attach(r);                                                      \
		const char *rig_why_ = rig_err_ ? rig_refusal(r, rig_err_) : NULL;                 \
		if (rig_why_)                                                                      \
			SKIP(return, "%s", rig_why_);                                              \
		ASSERT_EQ(0, rig_err_);                                                            \
	} while (0)

/* The fixture of a file of tests; variants are added by the macros below. */
#define RIG_FIXTURE(f)                                                                             \
	FIXTURE(f)                                                                                 \
	{                                                                                          \
		struct rig rig;                                                                    \
	};                                                                                         \
	FIXTURE_VARIANT(f)                                                                         \
	{                                                                                          \
		enum rig_mode mode;                                                                \
		bool model;                                                                        \
	};                                                                                         \
	FIXTURE_SETUP(f)                                                                           \
	{                                                                                          \
		char why[KTAP_REASON];                                                             \
                                                                                                   \
		if (rig_open(&self->rig, variant->mode, variant->model, why, sizeof(why)))         \
			SKIP(return, "%s", why);                                                   \
	}                                                                                          \
	FIXTURE_TEARDOWN(f)                                                                        \
	{                                                                                          \
		EXPECT_TRUE(rig_close(&self->rig));                                                \
	}                                                                                          \
	_Static_assert(true, "")

#define RIG_VARIANT_TYPE1(f)                                                                       \
	FIXTURE_VARIANT_ADD(f, model_type1)                                                        \
	{ RIG_TYPE1, true };                                                                       \
	FIXTURE_VARIANT_ADD(f, model_type1v2)                                                      \
	{ RIG_TYPE1V2, true };                                                                     \
	FIXTURE_VARIANT_ADD(f, type1)                                                              \
	{ RIG_TYPE1, false };                                                                      \
	FIXTURE_VARIANT_ADD(f, type1v2)                                                            \
	{                                                                                          \
		RIG_TYPE1V2, false                                                                 \
	}
#define RIG_VARIANT_COMPAT(f)                                                                      \
	FIXTURE_VARIANT_ADD(f, model_compat)                                                       \
	{ RIG_COMPAT, true };                                                                      \
	FIXTURE_VARIANT_ADD(f, compat)                                                             \
	{                                                                                          \
		RIG_COMPAT, false                                                                  \
	}
#define RIG_VARIANT_IOMMUFD(f)                                                                     \
	FIXTURE_VARIANT_ADD(f, model_iommufd)                                                      \
	{ RIG_IOMMUFD, true };                                                                     \
	FIXTURE_VARIANT_ADD(f, iommufd)                                                            \
	{                                                                                          \
		RIG_IOMMUFD, false                                                                 \
	}
/* Those with a group; all. */
#define RIG_VARIANTS_GROUP(f)                                                                      \
	RIG_VARIANT_TYPE1(f);                                                                      \
	RIG_VARIANT_COMPAT(f)
#define RIG_VARIANTS(f)                                                                            \
	RIG_VARIANTS_GROUP(f);                                                                     \
	RIG_VARIANT_IOMMUFD(f)

#endif
