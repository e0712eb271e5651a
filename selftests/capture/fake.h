/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scripted backend: each operation answers what the test put there. */
#ifndef SELFTESTS_CAPTURE_FAKE_H
#define SELFTESTS_CAPTURE_FAKE_H

#include "harness/shim/shim.h"

struct fake {
	struct shim shim;
	/* Answers an ioctl; may write to the argument. */
	int (*ioctl)(struct fake *f, int fd, uint32_t req, void *arg);
	int next_fd;
	int fail; /* positive errno: every operation but close fails with it */
	size_t calls;
	const char *bytes; /* what read, pread, readlink and listdir give */
	size_t len;
	char written[64];
};

void fake_init(struct fake *f);

#endif
