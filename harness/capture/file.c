// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounded reading of files, and files that appear whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/capture/file.h"

int capture_open(const char *path, size_t max, size_t *size, struct capture_error *err)
{
	/* O_NONBLOCK: a FIFO by mistake must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0) {
		rc = -errno;
		return capture_fail(err, rc, "%s: %s", path, strerror(-rc));
	}
	if (fstat(fd, &st)) {
		rc = -errno;
		capture_fail(err, rc, "%s: %s", path, strerror(-rc));
	} else if (S_ISDIR(st.st_mode)) {
		rc = capture_fail(err, -EISDIR, "%s: found a directory, expected a file", path);
	} else if (!S_ISREG(st.st_mode)) {
		rc = capture_fail(err, -EINVAL, "%s: not a regular file", path);
	} else if (!st.st_size) {
		rc = capture_fail(err, -EINVAL,
				  "%s: the file is empty, expected a capture or a description",
				  path);
	} else if ((uint64_t)st.st_size > max) {
		rc = capture_fail(err, -EFBIG, "%s: found %lld bytes, expected at most %zu", path,
				  (long long)st.st_size, max);
	} else {
		*size = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	return rc;
}

int capture_slurp(const char *path, size_t max, char **text, size_t *len, struct capture_error *err)
{
	size_t size = 0, used = 0;
	ssize_t n = 0;
	char *buf;
	int rc = 0;
	int fd = capture_open(path, max, &size, err);

	if (fd < 0)
		return fd;
	buf = malloc(size + 1);
	if (!buf) {
		close(fd);
		return capture_fail(err, -ENOMEM, "%s: out of memory", path);
	}
	/* A file that grows meanwhile is cut at the size it had. */
	while (used < size && (n = read(fd, buf + used, size - used)) > 0)
		used += (size_t)n;
	if (n < 0) {
		rc = -errno;
		capture_fail(err, rc, "%s: %s", path, strerror(-rc));
	}
	close(fd);
	if (rc) {
		free(buf);
		return rc;
	}
	buf[used] = 0;
	*text = buf;
	*len = used;
	return 0;
}

int atomic_begin(struct atomic_file *a, const char *path, struct capture_error *err)
{
	size_t n = strlen(path) + 40;
	struct stat st;
	int fd = -1, rc;

	*a = (struct atomic_file){ 0 };
	/* rename() would replace a directory's link or fail late; a device node must stay one. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return capture_fail(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
				    "%s: exists and is not a regular file", path);
	a->path = strdup(path);
	a->tmp = malloc(n);
	if (!a->path || !a->tmp) {
		rc = capture_fail(err, -ENOMEM, "%s: out of memory", path);
		goto fail;
	}
	/* Not mkstemp(): the file shall have the mode that the caller's umask gives. */
	for (int i = 0; i < 100 && fd < 0; i++) {
		snprintf(a->tmp, n, "%s.%ld-%d.tmp", path, (long)getpid(), i);
		fd = open(a->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		rc = -errno;
		capture_fail(err, rc, "%s: cannot create a file beside it: %s", path,
			     strerror(-rc));
		free(a->tmp);
		a->tmp = NULL;
		goto fail;
	}
	a->f = fdopen(fd, "w");
	if (!a->f) {
		rc = -errno;
		close(fd);
		capture_fail(err, rc, "%s: %s", path, strerror(-rc));
		goto fail;
	}
	return 0;
fail:
	atomic_abort(a);
	return rc;
}

void atomic_abort(struct atomic_file *a)
{
	if (a->f)
		fclose(a->f);
	if (a->tmp)
		unlink(a->tmp);
	free(a->tmp);
	free(a->path);
	*a = (struct atomic_file){ 0 };
}

void atomic_put(struct atomic_file *a, const void *data, size_t len)
{
	/* stdio forgets which error it was by the time the file is flushed. */
	if (!a->rc && fwrite(data, 1, len, a->f) != len)
		a->rc = -errno;
}

int atomic_commit(struct atomic_file *a, struct capture_error *err)
{
	int rc = a->rc;

	if (!rc && (fflush(a->f) || fsync(fileno(a->f))))
		rc = -errno;
	if (fclose(a->f) && !rc)
		rc = -errno;
	a->f = NULL;
	if (!rc && rename(a->tmp, a->path))
		rc = -errno;
	if (rc) {
		capture_fail(err, rc, "%s: cannot write: %s", a->path, strerror(-rc));
	} else {
		free(a->tmp);
		a->tmp = NULL;
	}
	atomic_abort(a);
	return rc;
}

int atomic_write(const char *path, const char *text, size_t len, struct capture_error *err)
{
	struct atomic_file a;
	int rc = atomic_begin(&a, path, err);

	if (rc)
		return rc;
	atomic_put(&a, text, len);
	return atomic_commit(&a, err);
}
