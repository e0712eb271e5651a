/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that only parses, or talks to a mocked kernel, needs very little of
 * the real one. After sandbox_enter() it has no more:
 *
 * - a VFIO, iommufd or vhost ioctl that reaches the kernel ends the process
 *   (by request type: ';' and 0xaf), and so do network, exec and ptrace;
 * - by Landlock, where the kernel has it, /dev is closed but for null, zero and
 *   urandom, and nothing can be written but below the folders named.
 *
 * In a directory of its own: it needs libseccomp, which builds without it lack.
 */
#ifndef HIOD_PROPERTY_SANDBOX_H
#define HIOD_PROPERTY_SANDBOX_H

#include <stdio.h>

/* LeakSanitizer looks at memory from a process of its own, by ptrace: leave that. */
#define SANDBOX_PTRACE 1u

/*
 * For ever, and for all children. writable: folders, NULL-terminated; those
 * that do not exist are left out. A kernel without Landlock is said once, on
 * note (may be NULL): paths are open then. 0, 1 (no Landlock), or -errno.
 */
int sandbox_enter(const char *const *writable, unsigned int flags, FILE *note);

#endif
