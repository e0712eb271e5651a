// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fault queues, the vIOMMU family and the no-IOMMU lookup. No driver modelled
 * here makes a vIOMMU (of the kernel's drivers only SMMUv3's does), so that
 * what stands on one has its arguments checked and then finds none.
 */
#include <stdlib.h>

#include "mocks/ictx.h"
#include "mocks/internal.h"

void fault_close(struct fault *f)
{
	struct ictx *ictx = f->obj.ictx;

	f->obj.users--;
	ictx_put(ictx);
}

int cmd_fault_alloc(struct ucmd *u)
{
	struct iommu_fault_alloc *cmd = u->cmd;
	struct file f = { .kind = UAPI_FD_FAULT };
	struct fault *fault;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	fault = obj_new(u->ictx, sizeof(*fault), OBJ_FAULT);
	if (!fault)
		return -ENOMEM;
	f.fault = fault;
	err = fd_install(u->m, &f);
	if (err < 0) {
		obj_free(&fault->obj);
		return err;
	}
	fault->obj.users = 1; /* the descriptor */
	u->ictx->refs++;
	cmd->out_fault_id = fault->obj.id;
	cmd->out_fault_fd = (uint32_t)err;
	err = ucmd_respond(u);
	if (err) {
		shim_close(&u->m->shim, (int)cmd->out_fault_fd);
		obj_free(&fault->obj);
	}
	return err;
}

int cmd_viommu_alloc(struct ucmd *u)
{
	const struct uapi_viommu_alloc *cmd = u->cmd;

	if (cmd->flags || !cmd->type)
		return -EOPNOTSUPP;
	return dev_by_id(u->ictx, cmd->dev_id) ? -EOPNOTSUPP : -ENOENT;
}

int cmd_vdevice_alloc(struct ucmd *u)
{
	const struct uapi_vdevice_alloc *cmd = u->cmd;

	return obj_get(u->ictx, cmd->viommu_id, OBJ_VIOMMU) ? -EOPNOTSUPP : -ENOENT;
}

int cmd_veventq_alloc(struct ucmd *u)
{
	const struct uapi_veventq_alloc *cmd = u->cmd;

	if (cmd->flags || cmd->reserved || !cmd->type)
		return -EOPNOTSUPP;
	if (!cmd->veventq_depth)
		return -EINVAL;
	return obj_get(u->ictx, cmd->viommu_id, OBJ_VIOMMU) ? -EOPNOTSUPP : -ENOENT;
}

int cmd_hw_queue_alloc(struct ucmd *u)
{
	const struct uapi_hw_queue_alloc *cmd = u->cmd;

	if (cmd->flags || !cmd->type)
		return -EOPNOTSUPP;
	if (!cmd->length)
		return -EINVAL;
	if (range_wraps(cmd->nesting_parent_iova, cmd->length))
		return -EOVERFLOW;
	return obj_get(u->ictx, cmd->viommu_id, OBJ_VIOMMU) ? -EOPNOTSUPP : -ENOENT;
}

/*
 * There is no physical memory here: the address that was mapped stands for it,
 * and a mapping for one contiguous piece.
 */
int cmd_noiommu_get_pa(struct ucmd *u)
{
	struct uapi_ioas_noiommu_get_pa *cmd = u->cmd;
	const struct ioas *ioas;
	const struct hwpt *h;
	const struct area *a;
	size_t i;

	if (cmd->flags || cmd->reserved)
		return -EOPNOTSUPP;
	if (!cmd->length)
		return -EINVAL;
	if (cmd->iova == UINT64_MAX)
		return -EOVERFLOW;
	ioas = ioas_get(u->ictx, cmd->ioas_id);
	if (!ioas)
		return -ENOENT;
	i = ioas_first_area(ioas, cmd->iova);
	if (i == ioas->nareas || ioas->areas[i].iova > cmd->iova)
		return -ENOENT;
	for (h = ioas->hwpts; h && h->io;)
		h = h->next;
	if (!h)
		return -EOPNOTSUPP;
	a = &ioas->areas[i];
	cmd->out_phys = a->va + (cmd->iova - a->iova);
	if (cmd->length - 1 > a->last - cmd->iova)
		cmd->length = a->last - cmd->iova + 1;
	return ucmd_respond(u);
}
