/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host that a running kernel is: surveyed, and described from what it answered. */
#ifndef HIOD_CONFORM_RUNNING_H
#define HIOD_CONFORM_RUNNING_H

#include "harness/capture/error.h"
#include "harness/capture/host.h"
#include "harness/shim/shim.h"

/*
 * What `hiod capture` and `hiod describe` make of the kernel behind s, without
 * a file between them, for the devices named by bdf. release is the kernel's.
 * *out is the caller's to host_free(). -ENODEV: a device is not here, and err
 * says which; -ENOMEM; or what describe() says.
 */
int running_host(struct shim *s, const char *release, const char *const *bdf, size_t n, bool vdpa,
		 struct host **out, struct capture_error *err);

#endif
