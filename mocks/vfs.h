/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A read-only file tree with links, in memory. Private to this directory. */
#ifndef HIOD_MOCKS_VFS_H
#define HIOD_MOCKS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum node_type {
	NODE_DIR,
	NODE_FILE,
	NODE_LINK,
	NODE_CHR,
};

enum chr_role {
	CHR_OTHER, /* no driver behind it: ENXIO */
	CHR_CONTAINER,
	CHR_IOMMUFD,
	CHR_GROUP,
	CHR_CDEV,
	CHR_VDPA,
};

struct node {
	enum node_type type;
	const char *name; /* without a slash */
	size_t len;	  /* of the name, and its hash */
	uint32_t hash;
	struct node *parent;
	struct node *child; /* of a directory, first */
	struct node *last;
	struct node *next; /* sibling */
	const char *text;  /* content or link target */
	int err;	   /* positive: opening it fails */
	uint32_t mode;
	uint32_t major;
	uint32_t minor;
	enum chr_role role;
	void *target; /* struct group, struct dev, struct vdpa */
};

struct vfs *vfs_new(void);
void vfs_free(struct vfs *v);
/* Makes the missing directories of an absolute path, following links. NULL: no memory, or not a directory. */
struct node *vfs_mkdir(struct vfs *v, const char *path);
/* A child of dir, or the one that has that name already, emptied. NULL: no memory. */
struct node *vfs_add(struct vfs *v, struct node *dir, const char *name, enum node_type type);
void vfs_remove(struct vfs *v, struct node *n);
struct node *vfs_child(const struct node *dir, const char *name);
char *vfs_strdup(struct vfs *v, const char *s);
/*
 * Resolves an absolute path. follow: a link at its end too. -ENOENT, -ENOTDIR, -ELOOP. The answer
 * is remembered until a node comes or goes: a link's text is set before it is looked through.
 */
int vfs_lookup(struct vfs *v, const char *path, bool follow, struct node **out);
/* Path of a node, "/" first. Bytes written without the NUL, or -ENAMETOOLONG. */
int vfs_path(const struct node *n, char *buf, size_t len);
/* The text of a link that lies in directory from and leads to node to. NULL: no memory. */
char *vfs_relative(struct vfs *v, const struct node *from, const struct node *to);

#endif
