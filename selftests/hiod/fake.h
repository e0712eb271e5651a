/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scripted shim backend: answers as a kernel with one kind of host would,
 * writes every call down in one line of text, and fails or distorts calls as
 * told. It checks little: a kernel that enforces its rules is in mocks/.
 *
 * Three devices: 0000:00:05.0 (group 26, vfio0), 0000:00:06.0 (group 27,
 * vfio1) and 0000:01:00.1 (group 26, vfio2). 0000:00:07.0 is mediated (group
 * 28, vfio3).
 */
#ifndef HIOD_SELFTEST_FAKE_H
#define HIOD_SELFTEST_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "harness/shim/shim.h"
#include "hiod/range.h"

struct fake_rule {
	const char *call; /* as in the log: "SET_CONTAINER", "open /dev/vfio/26" */
	unsigned nth;	  /* from 1; 0: every one */
	int err;	  /* positive errno */
	unsigned seen;
};

struct fake_handle {
	char kind;	   /* 0: closed; g, c, d, i; f: a sysfs file */
	unsigned dev;	   /* of d and f: index of the device */
	bool in_container; /* of g */
	unsigned pos;	   /* of f: bytes read */
};

#define FAKE_FDS   64
#define FAKE_RULES 4
#define FAKE_BASE  9 /* the first fd */

struct fake {
	struct shim shim;

	/* The host. fake_init() makes it [0, 0xfedfffff], [0xfef00000, 2^39 - 1], VT-d. */
	struct hiod_range ranges[16];
	unsigned nranges;
	bool no_iova_cap, no_info_caps;
	uint64_t pgsizes;
	uint32_t hw_type, hw_data_len;
	uint32_t hw_flags;
	uint64_t hw_cap, hw_ecap, hw_caps;
	uint8_t max_pasid_log2;
	bool no_viable; /* the groups are not */
	bool no_dev_iommu;
	unsigned extension; /* the one CHECK_EXTENSION that says yes */

	/* Distortions. */
	struct fake_rule rules[FAKE_RULES];
	unsigned fail_call; /* the nth call of any kind but close fails with EIO; 0: none */
	const void *info;   /* the whole reply of IOMMU_GET_INFO, instead of a made one */
	size_t info_len;
	uint32_t argsz_step;  /* IOMMU_GET_INFO always wants that many bytes more */
	bool argsz_shrinks;   /* ... and says 24 when all is there */
	int64_t num_iovas[2]; /* what the first and the second IOVA_RANGES claim; -1: the truth */
	uint32_t nranges_written; /* no more than that many are written */
	int api_version;
	bool cdev_is_other; /* /dev/vfio/devices/vfioN has other numbers than sysfs says */

	/* What happened. */
	char log[8192];
	unsigned calls;	 /* of any kind but close */
	unsigned errors; /* calls that no sane client makes: double close, ioctl on no fd */
	struct fake_handle fds[FAKE_FDS];
	uint32_t next_id, next_devid;
	uint32_t access_ids; /* bit per devid: of a mediated device, which has no IOMMU */
	uint32_t argsz_seen; /* the largest argsz of IOMMU_GET_INFO */
};

void fake_init(struct fake *f);
/* Adds a rule. */
void fake_fail(struct fake *f, const char *call, unsigned nth, int err);
void fake_range(struct fake *f, uint64_t start, uint64_t last); /* one more range */
unsigned fake_open_fds(const struct fake *f);
#endif
