// SPDX-License-Identifier: GPL-2.0-or-later
/* The shim's operations on paths, over the host's file tree. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mocks/ictx.h"
#include "mocks/vfs.h"
#include "mocks/internal.h"

static int lookup(struct shim *s, const char *path, bool follow, struct node **out)
{
	struct vfs *v;
	int err = sysfs_get(to_model(s), &v);

	return err ? err : vfs_lookup(v, path, follow, out);
}

static int open_file(struct model *m, const struct node *n)
{
	const struct file f = { .kind = UAPI_FD_FILE, .node = n };

	return fd_install(m, &f);
}

static int open_chr(struct model *m, const struct node *n, bool writes)
{
	switch (n->role) {
	case CHR_CONTAINER: return open_container(m);
	case CHR_IOMMUFD: return open_iommufd(m);
	case CHR_GROUP: return open_group(m, n->target);
	case CHR_CDEV: return open_cdev(m, n->target);
	case CHR_VDPA: return open_vdpa(m, n->target, writes);
	default: return -ENXIO;
	}
}

int model_open(struct shim *s, const char *path, int flags)
{
	struct model *m = to_model(s);
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	struct node *n;
	int fd, err = lookup(s, path, true, &n);

	if (err)
		return err;
	if (n->err)
		return -n->err;
	if (n->type == NODE_DIR && writes)
		return -EISDIR;
	if (n->type != NODE_DIR && flags & O_DIRECTORY)
		return -ENOTDIR;
	if (n->type != NODE_CHR)
		return n->type == NODE_FILE && writes ? -EACCES : open_file(m, n);
	fd = open_chr(m, n, writes);
	if (fd >= 0)
		model_fd(m, fd)->node_opened = n;
	return fd;
}

static void fill_stat(const struct node *n, struct shim_stat *st)
{
	static const uint32_t type[] = { [NODE_DIR] = S_IFDIR,
					 [NODE_FILE] = S_IFREG,
					 [NODE_LINK] = S_IFLNK,
					 [NODE_CHR] = S_IFCHR };

	st->mode = type[n->type] | n->mode;
	st->rdev_major = n->major;
	st->rdev_minor = n->minor;
}

int model_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct node *n;
	int err = lookup(s, path, true, &n);

	if (!err)
		fill_stat(n, st);
	return err;
}

int model_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	const struct file *f = model_fd(to_model(s), fd);

	if (!f)
		return -EBADF;
	if (f->kind == UAPI_FD_FILE) {
		fill_stat(f->node, st);
	} else if (f->node_opened) {
		fill_stat(f->node_opened, st);
	} else {
		/* An anonymous inode: a group's device, a fault queue. */
		*st = (struct shim_stat){ .mode = 0600 };
	}
	return 0;
}

int model_access(struct shim *s, const char *path, int mode)
{
	struct node *n;
	int err = lookup(s, path, true, &n);

	if (err)
		return err;
	/* Root passes everything but the execution of what nobody may execute. */
	return mode & X_OK && n->type != NODE_DIR && !(n->mode & 0111) ? -EACCES : 0;
}

ssize_t model_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct node *n;
	size_t size;
	int err = lookup(s, path, false, &n);

	if (err)
		return err;
	if (n->err)
		return -n->err;
	if (n->type != NODE_LINK)
		return -EINVAL;
	size = strlen(n->text);
	if (size > len)
		size = len;
	memcpy(buf, n->text, size);
	return (ssize_t)size;
}

ssize_t model_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	struct node *n;
	size_t used = 0;
	int err = lookup(s, path, true, &n);

	if (err)
		return err;
	if (n->err)
		return -n->err;
	if (n->type != NODE_DIR)
		return -ENOTDIR;
	for (const struct node *c = n->child; c; c = c->next) {
		size_t size = strlen(c->name) + 1;

		if (size > len - used)
			return -ERANGE;
		memcpy(buf + used, c->name, size);
		used += size;
	}
	return (ssize_t)used;
}
