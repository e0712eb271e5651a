/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's versions answer differently on one host to one question: one
 * table, whose reasons docs/versions.md tells; a test holds the two together.
 */
#ifndef HIOD_PROPERTIES_DIFFER_H
#define HIOD_PROPERTIES_DIFFER_H

#include "selftests/properties/gen.h"

/* A question in no version's spelling. */
struct differ_question {
	uint8_t kind;	 /* 0: intel-iommu, 1: virtio-iommu, 2: amd-iommu, 3: none */
	uint8_t aw_bits; /* 0: the version's default */
	bool no_caching, scalable, first_stage, pasid, device_iotlb;
	enum hiod_backend backend;
};

/* In the spelling of p; NULL: no vIOMMU. Where it has no such option, the nearest it has. */
const char *differ_viommu(const struct differ_question *q, const struct hiod_profile *p,
			  char text[VIOMMU_TEXT_MAX]);
/* The name of the first reason for which the two may differ; NULL: none. */
const char *differ_reason(const struct differ_question *q, const struct host *h,
			  const struct hiod_profile *a, const struct hiod_profile *b);
/* All names, in order; NULL past the end. */
const char *differ_name(size_t i);

#endif
