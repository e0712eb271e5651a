// SPDX-License-Identifier: GPL-2.0-or-later
#include "hiod/path.h"

#include <fcntl.h>

char *path_put(char *to, const char *part)
{
	while ((*to = *part)) {
		to++;
		part++;
	}
	return to;
}

char *path_put_number(char *to, uint32_t v)
{
	char digits[11], *d = digits + sizeof(digits) - 1;

	*d = '\0';
	do {
		*--d = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return path_put(to, d);
}

ssize_t path_load(struct shim *s, const char *path, char *buf, size_t size)
{
	int fd = shim_open(s, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = shim_read(s, fd, buf + used, size - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 && used < size - 1);
	shim_close(s, fd);
	buf[used] = '\0';
	return n < 0 ? n : (ssize_t)used;
}
