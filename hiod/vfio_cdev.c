// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way from sysfs to a device's VFIO node; see vfio_cdev.h. Source: QEMU's
 * hw/vfio/iommufd.c and util/chardev_open.c.
 */
#include "hiod/vfio_cdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "hiod/path.h"

/* Longest name of a vfio-dev entry: "vfio" and a number. */
#define ENTRY_MAX 32

struct devnum {
	uint32_t major, minor;
};

/* An fd of path if it is that character device, else -errno. */
static int open_if(struct shim *s, const char *path, const struct devnum *dev)
{
	struct shim_stat st;
	int rc, fd = shim_open(s, path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return fd;
	rc = shim_fstat(s, fd, &st);
	if (rc >= 0 && S_ISCHR(st.mode) && st.rdev_major == dev->major &&
	    st.rdev_minor == dev->minor)
		return fd;
	shim_close(s, fd);
	return rc < 0 ? rc : -ENXIO;
}

static int open_node(struct shim *s, const char *path, const struct devnum *dev)
{
	char by_number[64], *to = path_put(by_number, "/dev/char/");
	int fd = open_if(s, path, dev);

	if (fd >= 0)
		return fd;
	path_put_number(path_put(path_put_number(to, dev->major), ":"), dev->minor);
	return open_if(s, by_number, dev);
}

/* The first entry of a directory listing that starts with "vfio", or NULL. */
static const char *find_entry(const char *names, size_t len)
{
	for (const char *n = names; n < names + len; n += strlen(n) + 1)
		if (!strncmp(n, "vfio", 4))
			return n;
	return NULL;
}

/* "MAJOR:MINOR" and whatever follows. */
static bool parse_devnum(const char *text, struct devnum *dev)
{
	char *end, *end2;
	unsigned long major = strtoul(text, &end, 10), minor;

	if (end == text || *end != ':')
		return false;
	minor = strtoul(end + 1, &end2, 10);
	if (end2 == end + 1 || major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	*dev = (struct devnum){ major, minor };
	return true;
}

static int open_cdev(VFIODevice *vbasedev, const char *dir, struct hiod_error *err)
{
	struct shim *s = vbasedev->vfio->shim;
	char names[2048], path[VFIO_PATH_MAX + ENTRY_MAX + sizeof("//dev")], text[64];
	struct devnum dev;
	const char *entry;
	ssize_t len;
	int rc;

	len = shim_listdir(s, dir, names, sizeof(names) - 1);
	if (len < 0)
		return hiod_error_set_errno(err, (int)len, "couldn't open directory %s", dir);
	names[len] = '\0';
	entry = find_entry(names, len);
	if (!entry || strlen(entry) > ENTRY_MAX)
		return hiod_error_set(err, -ENOENT, "failed to find vfio-dev/vfioX/dev");
	path_put(path_put(path_put(path_put(path, dir), "/"), entry), "/dev");
	len = path_load(s, path, text, sizeof(text));
	if (len < 0)
		return hiod_error_set(err, (int)len, "failed to load \"%s\"", path);
	if (!parse_devnum(text, &dev))
		return hiod_error_set(err, -EINVAL, "failed to get major:minor for \"%s\"", path);
	path_put(path_put(path, "/dev/vfio/devices/"), entry);
	rc = open_node(s, path, &dev);
	if (rc < 0)
		return hiod_error_set_errno(err, rc, "Failed to open %s", path);
	return rc;
}

int vfio_cdev_open(VFIODevice *vbasedev, struct hiod_error *err)
{
	char dir[VFIO_PATH_MAX];
	int rc;

	rc = vfio_sysfs_path(vbasedev, "vfio-dev", dir, err);
	if (rc)
		return rc;
	err->stage = HIOD_STAGE_OPEN;
	rc = open_cdev(vbasedev, dir, err);
	if (rc < 0) {
		hiod_error_prepend(err, "vfio %s: ", dir);
		return rc;
	}
	err->stage = HIOD_STAGE_REALIZE;
	return rc;
}
