/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that identify a machine, and what stands for them in a capture: UUIDs,
 * machine ids, MAC and IP addresses, serial numbers, host names, the values on
 * the kernel's command line that are not about IOMMUs and devices; PCI
 * addresses where asked for. The same name always has the same replacement, so
 * what belonged together still does.
 *
 * A backend that redacts sits below the recorder: what a recorder was never
 * told, no file can hold, however the recording ends.
 */
#ifndef HIOD_CAPTURE_REDACT_H
#define HIOD_CAPTURE_REDACT_H

#include <stddef.h>

#include "harness/shim/shim.h"

/*
 * Rename PCI addresses too: device after device from 0000:00:01 on. Functions
 * of one device stay functions of one device, with their numbers.
 */
#define REDACT_BDF 1u

struct redact;

/* hostname is copied and may be NULL. NULL: no memory. */
struct redact *redact_new(unsigned int flags, const char *hostname);
/* NULL is allowed. */
void redact_free(struct redact *r);

/* Also looked for in a text: not in sysfs, whose words a host's name may be. */
#define REDACT_HOSTS 1u
/* Nor where a number with dots is a version. */
#define REDACT_IPS 2u

/* What stands for a text, for a kernel command line; the caller frees. NULL: no memory. */
char *redact_text(struct redact *r, const char *text, unsigned int also);
char *redact_cmdline(struct redact *r, const char *text);
/*
 * The reverse for a path or a device's name: each replacement in it becomes
 * what it stands for; what is none stays. The caller frees. NULL: no memory.
 */
char *redact_back(struct redact *r, const char *text);

/*
 * A backend over another: paths and the device name of
 * VFIO_GROUP_GET_DEVICE_FD are taken as redacted; what files hold (whole, up to
 * a NUL), links lead to and directories list comes back redacted. All else
 * passes. Both are borrowed. NULL: no memory.
 */
struct shim *shim_redact_new(struct shim *under, struct redact *r);

#endif
