// SPDX-License-Identifier: GPL-2.0-or-later
/* What the calling task has, as the kernel tells it: mappings, eventfds. Nothing is touched. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

/* Linux 6.11; newer than the headers that Debian 12 has. */
struct map_query {
	uint64_t size, flags, addr;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name_addr, build_id_addr;
};
_Static_assert(sizeof(struct map_query) == 104, "struct procmap_query of linux/fs.h");
#define MAP_QUERY    _IOWR('f', 17, struct map_query)
#define MAP_READABLE 1u
#define MAP_WRITABLE 2u

struct span {
	uint64_t start, end; /* end is not in it */
	bool readable, writable;
	dev_t dev;
	ino_t ino;
};

/* The mapping with addr in it. 1; 0: there is none; negative: this kernel cannot be asked so. */
static int ask(int fd, uint64_t addr, struct span *m)
{
	struct map_query q = { .size = sizeof(q), .addr = addr };

	if (ioctl(fd, MAP_QUERY, &q))
		return errno == ENOENT ? 0 : -errno;
	*m = (struct span){
		.start = q.start,
		.end = q.end,
		.readable = q.vma_flags & MAP_READABLE,
		.writable = q.vma_flags & MAP_WRITABLE,
		.dev = makedev(q.dev_major, q.dev_minor),
		.ino = q.inode,
	};
	return 1;
}

/* The same from the lines, which are read on from where the last call left them. */
static int look_up(FILE *lines, uint64_t addr, struct span *m)
{
	unsigned int major, minor;
	uint64_t ino;
	char r, w;

	while (fscanf(lines, "%" SCNx64 "-%" SCNx64 " %c%c%*2c %*x %x:%x %" SCNu64 "%*[^\n]",
		      &m->start, &m->end, &r, &w, &major, &minor, &ino) == 7) {
		m->dev = makedev(major, minor);
		m->ino = ino;
		m->readable = r == 'r';
		m->writable = w == 'w';
		if (addr < m->end)
			return addr >= m->start;
	}
	return 0;
}

int supervisor_pinnable(void *ctx, uint64_t va, uint64_t len, bool write)
{
	const struct supervisor *s = ctx;
	FILE *lines = NULL;
	char path[32];
	uint64_t at = va;
	bool bar = false;
	int fd, r = 1;

	if (va + len < va)
		return -EFAULT;
	snprintf(path, sizeof(path), "/proc/%u/maps", s->req->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -EFAULT;
	while (r == 1 && at < va + len) {
		struct span m;

		r = lines ? -ENOTTY : ask(fd, at, &m);
		if (r < 0) {
			lines = lines ? lines : fdopen(fd, "re");
			r = lines ? look_up(lines, at, &m) : 0;
		}
		if (r == 1 && (!m.readable || (write && !m.writable)))
			r = 0;
		if (r == 1) {
			bar |= handle_find(s, m.dev, m.ino) != NULL;
			at = m.end;
		}
	}
	if (lines)
		fclose(lines);
	else
		close(fd);
	return r == 1 ? bar : -EFAULT;
}

int supervisor_eventfd(void *ctx, int fd)
{
	char what[32], link[32];

	snprintf(what, sizeof(what), "fd/%d", fd);
	if (fd < 0 || target_link(ctx, what, link, sizeof(link)) < 0)
		return -EBADF;
	return strcmp(link, "anon_inode:[eventfd]") ? -EINVAL : 0;
}
