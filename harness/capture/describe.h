/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a transcript to a host description: what the kernel's answers tell of
 * the host. A probe's transcript tells nearly all; one of a client of ours
 * what that client asked. What was not asked stays unknown.
 */
#ifndef HIOD_CAPTURE_DESCRIBE_H
#define HIOD_CAPTURE_DESCRIBE_H

#include "harness/capture/error.h"
#include "harness/capture/host.h"
#include "harness/capture/transcript.h"

/*
 * *h is the caller's to host_free(). -ENODATA when the transcript tells of no
 * device, container or iommufd at all; -EINVAL when its replies contradict
 * each other or cannot be read, with the line; -ENOMEM.
 */
int describe(const struct transcript *t, const char *file, struct host **h,
	     struct capture_error *err);

#endif
