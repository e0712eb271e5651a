// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways to a caller's memory: this process, trusting its addresses or not. */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness/uapi/uapi.h"

/* Nothing is ever mapped there (vm.mmap_min_addr); NULL and NULL plus a member's offset. */
#define FIRST_PAGE 4096

static bool wild(uint64_t addr, size_t len)
{
	return addr < FIRST_PAGE || addr > UINTPTR_MAX || len > UINTPTR_MAX - addr;
}

/* Most are one number: of a length that the compiler knows it makes no call. */
static inline void copy(void *dst, const void *src, size_t len)
{
	switch (len) {
	case 4: memcpy(dst, src, 4); break;
	case 8: memcpy(dst, src, 8); break;
	case 16: memcpy(dst, src, 16); break;
	default: memcpy(dst, src, len);
	}
}

static int self_in(void *ctx, void *dst, uint64_t src, size_t len)
{
	if (!len)
		return 0;
	if (wild(src, len))
		return -EFAULT;
	copy(dst, (const void *)(uintptr_t)src, len);
	return 0;
}

static int self_out(void *ctx, uint64_t dst, const void *src, size_t len)
{
	if (!len)
		return 0;
	if (wild(dst, len))
		return -EFAULT;
	copy((void *)(uintptr_t)dst, src, len);
	return 0;
}

const struct uapi_mem uapi_mem_self = { .in = self_in, .out = self_out };

static int checked_in(void *ctx, void *dst, uint64_t src, size_t len)
{
	struct iovec to = { dst, len };
	struct iovec from = { (void *)(uintptr_t)src, len };

	if (!len)
		return 0;
	if (wild(src, len) || process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)len)
		return -EFAULT;
	return 0;
}

static int checked_out(void *ctx, uint64_t dst, const void *src, size_t len)
{
	struct iovec from = { (void *)(uintptr_t)src, len };
	struct iovec to = { (void *)(uintptr_t)dst, len };

	if (!len)
		return 0;
	if (wild(dst, len) || process_vm_writev(getpid(), &from, 1, &to, 1, 0) != (ssize_t)len)
		return -EFAULT;
	return 0;
}

const struct uapi_mem uapi_mem_checked = { .in = checked_in, .out = checked_out };
