// SPDX-License-Identifier: GPL-2.0-or-later
/* Between the guest and its kernel: counts descriptors, fails a call when told. */
#include <string.h>

#include "harness/scenario/internal.h"
#include "harness/uapi/uapi_compat.h"

static struct tap *to_tap(struct shim *s)
{
	return (struct tap *)s;
}

/* Is this the call that fails? */
static bool fails(struct tap *t)
{
	if (!t->nth || --t->nth)
		return false;
	t->pending = 0;
	t->req = 0;
	t->path[0] = '\0';
	return true;
}

static int tap_open(struct shim *s, const char *path, int flags)
{
	struct tap *t = to_tap(s);
	int fd;

	if (t->path[0] && !strncmp(path, t->path, strlen(t->path)) && fails(t))
		return -t->err;
	fd = shim_open(t->pass.under, path, flags);
	t->fds += fd >= 0;
	return fd;
}

static int tap_close(struct shim *s, int fd)
{
	struct tap *t = to_tap(s);
	int rc = shim_close(t->pass.under, fd);

	t->fds -= !rc;
	return rc;
}

static int tap_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct tap *t = to_tap(s);
	int rc;

	if (t->req == req && fails(t))
		return -t->err;
	rc = t->pass.under->ops->ioctl(t->pass.under, fd, req, arg);
	t->fds += req == VFIO_GROUP_GET_DEVICE_FD && rc >= 0;
	return rc;
}

/* Embedded: there is nothing to free. */
static void tap_destroy(struct shim *s)
{
	(void)s;
}

static const struct shim_ops tap_ops = {
	.name = "scenario",
	.open = tap_open,
	.close = tap_close,
	.ioctl = tap_ioctl,
	SHIM_PASS_IO,
	.destroy = tap_destroy,
};

void tap_init(struct tap *t, struct shim *under)
{
	*t = (struct tap){ .pass = { .shim = { .ops = &tap_ops }, .under = under } };
}
