// SPDX-License-Identifier: GPL-2.0-or-later
/* The device cdev: opened, bound to an iommufd, attached to a page table. */
#include "mocks/ictx.h"
#include "mocks/internal.h"

/* Bytes of the bind structure that this kernel knows: 16, or 24 with the token. */
static int bind_in(struct model *m, struct uapi_bind_iommufd *b, uint64_t arg)
{
	uint32_t argsz;
	int err;

	memset(b, 0, sizeof(*b));
	if (!FEAT(m, BIND_TOKEN))
		return user_in_argsz(m, b, 16, arg);
	err = user_in(m, &argsz, arg, sizeof(argsz));
	if (err)
		return err;
	if (argsz < 16)
		return -EINVAL;
	return user_in_ext(m, b, sizeof(*b), arg, argsz);
}

/* No device of a description asks for a token, and one that is given matches nothing. */
static int check_token(struct model *m, const struct uapi_bind_iommufd *b)
{
	uint8_t uuid[16];
	int err;

	if (!(b->flags & UAPI_BIND_FLAG_TOKEN))
		return 0;
	err = user_in(m, uuid, b->token_uuid_ptr, sizeof(uuid));
	return err ? err : -EINVAL;
}

static int bind_to(struct model *m, struct devfile *df, struct uapi_bind_iommufd *b, uint64_t arg)
{
	struct file *f = model_fd(m, b->iommufd);
	int err;

	if (df->granted)
		return -EINVAL;
	err = check_token(m, b);
	if (err)
		return err;
	if (!f)
		return -EBADF;
	if (f->kind != UAPI_FD_IOMMUFD)
		return -EBADFD;
	if (df->d->open_count)
		return -EINVAL;
	if (df->d->lost)
		return -ENODEV;
	err = dev_bind_cdev(df->d, f->ictx);
	if (err)
		return err;
	b->out_devid = df->d->obj->id;
	err = user_out(m, arg + offsetof(struct uapi_bind_iommufd, out_devid), &b->out_devid,
		       sizeof(b->out_devid));
	if (err)
		dev_close(df->d);
	return err;
}

int cdev_bind(struct model *m, struct devfile *df, uint64_t arg)
{
	struct uapi_bind_iommufd b;
	int err = bind_in(m, &b, arg);

	if (err)
		return err;
	if (b.flags & ~(FEAT(m, BIND_TOKEN) ? UAPI_BIND_FLAG_TOKEN : 0) || b.iommufd < 0 || df->g)
		return -EINVAL;
	if (df->d->g->opened)
		return -EBUSY;
	err = bind_to(m, df, &b, arg);
	if (err)
		return err;
	df->granted = true;
	df->d->g->cdevs_bound++;
	return 0;
}

/* pasid is at xoff and read only when its flag is set, as far as this kernel has it. */
static int pasid_in(struct model *m, uint32_t argsz, uint64_t arg, size_t xoff, uint32_t *pasid)
{
	if (argsz < xoff + sizeof(*pasid))
		return -EINVAL;
	return user_in(m, pasid, arg + xoff, sizeof(*pasid));
}

int cdev_attach(struct model *m, struct devfile *df, uint64_t arg)
{
	const size_t pt_at = offsetof(struct uapi_attach_iommufd_pt, pt_id);
	struct uapi_attach_iommufd_pt a = { 0 };
	struct dev *d = df->d;
	bool pasid;
	int err = user_in_argsz(m, &a, 12, arg);

	if (err)
		return err;
	pasid = FEAT(m, PASID) && a.flags & UAPI_ATTACH_FLAG_PASID;
	if (a.flags & ~(pasid ? UAPI_ATTACH_FLAG_PASID : 0))
		return -EINVAL;
	if (pasid) {
		if (d->h->mdev)
			return -EOPNOTSUPP;
		err = pasid_in(m, a.argsz, arg, offsetof(struct uapi_attach_iommufd_pt, pasid),
			       &a.pasid);
		if (err)
			return err;
	}
	err = pasid ? dev_attach_pasid(d, a.pasid, &a.pt_id) : dev_attach(d, &a.pt_id);
	if (err)
		return err;
	err = user_out(m, arg + pt_at, &a.pt_id, sizeof(a.pt_id));
	if (err)
		dev_detach(d); /* of a PASID, too, it is the device that goes */
	return err;
}

int cdev_detach(struct model *m, struct devfile *df, uint64_t arg)
{
	struct uapi_detach_iommufd_pt det = { 0 };
	bool pasid;
	int err = user_in_argsz(m, &det, 8, arg);

	if (err)
		return err;
	pasid = FEAT(m, PASID) && det.flags & UAPI_DETACH_FLAG_PASID;
	if (det.flags & ~(pasid ? UAPI_DETACH_FLAG_PASID : 0))
		return -EINVAL;
	if (!pasid) {
		dev_detach(df->d);
		return 0;
	}
	if (df->d->h->mdev)
		return -EOPNOTSUPP;
	err = pasid_in(m, det.argsz, arg, offsetof(struct uapi_detach_iommufd_pt, pasid),
		       &det.pasid);
	if (!err)
		dev_detach_pasid(df->d, det.pasid);
	return err;
}
