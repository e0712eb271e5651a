// SPDX-License-Identifier: GPL-2.0-or-later
/* Deriving abilities from the description. */
#include "harness/capture/host_derive.h"
#include "harness/conform/ability.h"

static bool domain(const struct host *h, const struct host_iommu *io, enum host_domain_kind kind)
{
	struct host_domain d;

	host_domain_get(h, io, kind, &d);
	return !d.attach_errno;
}

static bool narrow(const struct host *h, const struct host_iommu *io)
{
	struct host_domain d;

	for (int k = 0; k < HOST_DOMAIN_NR; k++) {
		host_domain_get(h, io, (enum host_domain_kind)k, &d);
		if (d.aperture.last >> 62)
			return false;
	}
	return true;
}

static uint32_t unit_able(const struct host *h, const struct host_iommu *io)
{
	const bool fd = h->iommufd.present, isolated = io->isolated_msi != 0;
	uint32_t able = narrow(h, io) ? ABLE_NARROW : 0;

	if (!isolated && !h->type1_unsafe)
		able |= ABLE_UNSAFE1;
	else if (domain(h, io, HOST_DOMAIN_TYPE1))
		able |= ABLE_ATTACH;
	if (!fd)
		return able;
	if (!isolated && !h->iommufd_unsafe)
		return able | ABLE_UNSAFE;
	if (!domain(h, io, HOST_DOMAIN_PAGING))
		return able;
	able |= ABLE_BIND;
	able |= domain(h, io, HOST_DOMAIN_DIRTY) ? ABLE_DIRTY : ABLE_NO_DIRTY;
	able |= domain(h, io, HOST_DOMAIN_PARENT) ? ABLE_PARENT : ABLE_NO_PARENT;
	return able;
}

uint32_t host_able(const struct host *h, const struct host_device *d, size_t ngroups)
{
	uint32_t able = 0;

	if (ngroups)
		able |= ABLE_GROUP;
	if (ngroups > 1)
		able |= ABLE_TWO;
	if (h->iommufd.present)
		able |= ABLE_IOMMUFD;
	if (h->container.present && !h->container_is_iommufd)
		able |= ABLE_TYPE1;
	if (d && d->has_cdev)
		able |= ABLE_CDEV;
	if (d && d->iommu >= 0)
		able |= unit_able(h, &h->iommus[d->iommu]);
	if (!(able & ABLE_TYPE1))
		able &= ~(ABLE_ATTACH | ABLE_UNSAFE1);
	return able;
}
