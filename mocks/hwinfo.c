// SPDX-License-Identifier: GPL-2.0-or-later
/* IOMMU_GET_HW_INFO: what the IOMMU's driver tells of the hardware behind a device. */
#include "mocks/ictx.h"
#include "mocks/internal.h"

uint64_t dev_hw_caps(const struct dev *d)
{
	uint64_t caps = d->h->hw_caps;

	if (!FEAT(d->m, HW_INFO_PASID))
		caps &= UAPI_HW_CAP_DIRTY;
	if (d->unit && !d->unit->domain[HOST_DOMAIN_DIRTY].attach_errno)
		caps |= UAPI_HW_CAP_DIRTY;
	return caps;
}

struct hw {
	uint32_t type;
	uint32_t len;
	const void *data;
	struct iommu_hw_info_vtd vtd;
	struct uapi_hw_info_smmuv3 smmuv3;
};

/* Registers of units whose data was not recorded; SMMUv3's are not described and read as zero. */
static void get_hw(const struct dev *d, struct hw *hw)
{
	const struct host_iommu *io = d->io;

	memset(hw, 0, sizeof(*hw));
	if (io->hw_known) {
		hw->type = io->hw_type;
		hw->len = io->hw_len < sizeof(io->hw_data) ? io->hw_len : sizeof(io->hw_data);
		hw->data = io->hw_data;
	} else if (io->type == HOST_IOMMU_INTEL && io->has_regs) {
		hw->type = UAPI_HW_INFO_TYPE_VTD;
		hw->len = sizeof(hw->vtd);
		/* The driver sets the flag of erratum 772415 on every unit. */
		hw->vtd.flags = 1;
		hw->vtd.cap_reg = io->cap;
		hw->vtd.ecap_reg = io->ecap;
		hw->data = &hw->vtd;
	} else if (io->type == HOST_IOMMU_SMMUV3 && FEAT(d->m, VIOMMU)) {
		hw->type = UAPI_HW_INFO_TYPE_SMMUV3;
		hw->len = sizeof(hw->smmuv3);
		hw->data = &hw->smmuv3;
	}
}

static bool reserved_set(const struct model *m, const struct uapi_hw_info *cmd)
{
	if (cmd->reserved[0] || cmd->reserved[1] || cmd->reserved[2])
		return true;
	/* Before it told of PASIDs that byte was reserved too. */
	return !FEAT(m, HW_INFO_PASID) && cmd->out_max_pasid_log2;
}

int cmd_hw_info(struct ucmd *u)
{
	struct uapi_hw_info *cmd = u->cmd;
	uint32_t flags = FEAT(u->m, INPUT_TYPE) ? UAPI_HW_INFO_INPUT_TYPE : 0, copy;
	const struct dev *d;
	struct hw hw;
	int err;

	if (cmd->flags & ~flags || reserved_set(u->m, cmd))
		return -EOPNOTSUPP;
	d = dev_by_id(u->ictx, cmd->dev_id);
	if (!d)
		return -ENOENT;
	if (!d->io)
		return -EOPNOTSUPP;
	get_hw(d, &hw);
	/* A driver that tells nothing does not mind what is asked for. */
	if (cmd->flags && hw.type && cmd->data_type && cmd->data_type != hw.type)
		return -EOPNOTSUPP;
	copy = cmd->data_len < hw.len ? cmd->data_len : hw.len;
	err = user_out(u->m, cmd->data_uptr, hw.data, copy);
	if (!err)
		err = user_zero(u->m, cmd->data_uptr + copy, cmd->data_len - copy);
	if (err)
		return err;
	cmd->data_len = hw.len;
	cmd->data_type = hw.type;
	cmd->out_max_pasid_log2 = FEAT(u->m, HW_INFO_PASID) ? d->h->max_pasid_log2 : 0;
	cmd->out_capabilities = dev_hw_caps(d);
	return ucmd_respond(u);
}
