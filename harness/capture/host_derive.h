/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from VT-d registers and the kernel's rules when no recording
 * says it: apertures, page sizes, stages. Sources: VT-d specification 10.4
 * (CAP_REG, ECAP_REG); kernel drivers/iommu/intel/iommu.c of 6.12 and 7.3.
 */
#ifndef HIOD_CAPTURE_HOST_DERIVE_H
#define HIOD_CAPTURE_HOST_DERIVE_H

#include "harness/capture/host.h"

/*
 * The domain of a kind on an IOMMU: the recorded one when known, else derived
 * from type, registers, and the features of h (kernel release, overrides;
 * intel_iommu=sm_off and sp_off on its command line). out->attach_errno tells
 * when the kernel refuses (no second level on <= 6.12: EINVAL; no such domain
 * kind on this hardware: EOPNOTSUPP for HWPT_ALLOC).
 */
void host_domain_get(const struct host *h, const struct host_iommu *io, enum host_domain_kind kind,
		     struct host_domain *out);

#endif
