// SPDX-License-Identifier: GPL-2.0-or-later
/* What the shim tells of a file, as the kernel's structures. */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

#define ATTRIBUTE_BYTES 4096 /* sysfs tells a page for each of its files */
/* No device of the machine has this number: the last of the unnamed ones. */
#define FILESYSTEM makedev(0, 0xfffff)

/* Equal paths have equal numbers, and 0 is none. */
static uint64_t inode(const char *path)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; path && *path; path++)
		h = (h ^ (uint8_t)*path) * 0x100000001b3;
	return (h >> 16) | 1;
}

static uint64_t shown_size(const struct shim_stat *st, uint64_t size)
{
	if (S_ISREG(st->mode) && size < ATTRIBUTE_BYTES)
		return ATTRIBUTE_BYTES;
	return S_ISREG(st->mode) || S_ISLNK(st->mode) ? size : 0;
}

void stat_fill(struct stat *to, const struct shim_stat *st, const char *path, uint64_t size)
{
	memset(to, 0, sizeof(*to));
	to->st_dev = FILESYSTEM;
	to->st_ino = (ino_t)inode(path);
	to->st_mode = st->mode;
	to->st_nlink = S_ISDIR(st->mode) ? 2 : 1;
	to->st_uid = geteuid();
	to->st_gid = getegid();
	to->st_rdev = makedev(st->rdev_major, st->rdev_minor);
	to->st_size = (off_t)shown_size(st, size);
	to->st_blksize = ATTRIBUTE_BYTES;
}

void statx_fill(struct statx *to, const struct shim_stat *st, const char *path, uint64_t size)
{
	memset(to, 0, sizeof(*to));
	to->stx_mask = STATX_BASIC_STATS;
	to->stx_blksize = ATTRIBUTE_BYTES;
	to->stx_nlink = S_ISDIR(st->mode) ? 2 : 1;
	to->stx_uid = geteuid();
	to->stx_gid = getegid();
	to->stx_mode = (uint16_t)st->mode;
	to->stx_ino = inode(path);
	to->stx_size = shown_size(st, size);
	to->stx_rdev_major = st->rdev_major;
	to->stx_rdev_minor = st->rdev_minor;
	to->stx_dev_major = major(FILESYSTEM);
	to->stx_dev_minor = minor(FILESYSTEM);
}
