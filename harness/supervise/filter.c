// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which calls stop for the supervisor: those that take a path, and those on
 * descriptors as far as their numbers show that they may be about a device.
 */
#include <linux/kvm.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/supervise/internal.h"

#define VFIO_TYPE  0x3b00u /* ';' in the second byte of a request: VFIO and iommufd */
#define VHOST_TYPE 0xaf00u /* vhost, and vhost-vdpa with it */
#define MMAP_KIND  0x2fu   /* MAP_TYPE | MAP_ANONYMOUS */

/* Rules of one call are alternatives; cmp.arg UINT_MAX: always. */
static const struct {
	int nr;
	struct scmp_arg_cmp cmp;
} calls[] = {
#define ALWAYS                                                                                     \
	{                                                                                          \
		.arg = UINT_MAX                                                                    \
	}
#define MASKED(n, mask, value)                                                                     \
	{                                                                                          \
		.arg = n, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value              \
	}
#define FAR(n)                                                                                     \
	{                                                                                          \
		.arg = n, .op = SCMP_CMP_GE, .datum_a = 1ull << REGION_SHIFT                       \
	}
	{ SCMP_SYS(open), ALWAYS },
	{ SCMP_SYS(creat), ALWAYS },
	{ SCMP_SYS(openat), ALWAYS },
	{ SCMP_SYS(openat2), ALWAYS },
	{ SCMP_SYS(stat), ALWAYS },
	{ SCMP_SYS(lstat), ALWAYS },
	{ SCMP_SYS(fstat), ALWAYS },
	{ SCMP_SYS(newfstatat), ALWAYS },
	{ SCMP_SYS(statx), ALWAYS },
	{ SCMP_SYS(access), ALWAYS },
	{ SCMP_SYS(faccessat), ALWAYS },
	{ SCMP_SYS(faccessat2), ALWAYS },
	{ SCMP_SYS(readlink), ALWAYS },
	{ SCMP_SYS(readlinkat), ALWAYS },
	{ SCMP_SYS(getxattr), ALWAYS },
	{ SCMP_SYS(lgetxattr), ALWAYS },
	{ SCMP_SYS(listxattr), ALWAYS },
	{ SCMP_SYS(llistxattr), ALWAYS },
	{ SCMP_SYS(uname), ALWAYS },
	{ SCMP_SYS(chdir), ALWAYS },
	{ SCMP_SYS(fchdir), ALWAYS },
	{ SCMP_SYS(getdents), ALWAYS },
	{ SCMP_SYS(getdents64), ALWAYS },
	{ SCMP_SYS(lseek), ALWAYS },
	{ SCMP_SYS(ioctl), MASKED(1, 0xff00, VFIO_TYPE) },
	{ SCMP_SYS(ioctl), MASKED(1, 0xff00, VHOST_TYPE) },
	{ SCMP_SYS(ioctl), MASKED(1, 0xffffffff, KVM_SET_DEVICE_ATTR) },
	{ SCMP_SYS(mmap), MASKED(3, MMAP_KIND, MAP_SHARED) },
	{ SCMP_SYS(mmap), MASKED(3, MMAP_KIND, MAP_SHARED_VALIDATE) },
	{ SCMP_SYS(pread64), FAR(3) },
	{ SCMP_SYS(pwrite64), FAR(3) },
	{ SCMP_SYS(preadv), FAR(3) },
	{ SCMP_SYS(pwritev), FAR(3) },
	{ SCMP_SYS(preadv2), FAR(3) },
	{ SCMP_SYS(pwritev2), FAR(3) },
#undef ALWAYS
#undef MASKED
#undef FAR
};

static int add_rules(scmp_filter_ctx ctx, const struct supervise_config *cfg)
{
	int r = cfg->real ? seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(close), 0) : 0;

	if (!r && cfg->writes)
		r = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(write), 0);
	if (!r && cfg->writes)
		r = seccomp_rule_add(ctx, SCMP_ACT_NOTIFY, SCMP_SYS(writev), 0);
	for (size_t i = 0; !r && i < sizeof(calls) / sizeof(*calls); i++) {
		bool always = calls[i].cmp.arg == UINT_MAX;

		/* An architecture need not have them all: the old ones are gone in the newer. */
		r = seccomp_rule_add_array(ctx, SCMP_ACT_NOTIFY, calls[i].nr, always ? 0 : 1,
					   always ? NULL : &calls[i].cmp);
		if (r == -EDOM)
			r = 0;
	}
	return r;
}

/* The filter's program, by way of a file: the library has no other way that all versions know. */
static int export(scmp_filter_ctx ctx, struct sock_fprog *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	off_t size;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(ctx, fd);
	size = r ? 0 : lseek(fd, 0, SEEK_END);
	if (!r && (size <= 0 || size > BPF_MAXINSNS * (off_t)sizeof(*out->filter)))
		r = -E2BIG;
	if (!r) {
		out->filter = malloc((size_t)size);
		out->len = (unsigned short)((size_t)size / sizeof(*out->filter));
		if (!out->filter)
			r = -ENOMEM;
		else if (pread(fd, out->filter, (size_t)size, 0) != size)
			r = -EIO;
	}
	close(fd);
	return r;
}

int filter_build(struct supervisor *s, struct capture_error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!ctx)
		return capture_fail(err, -ENOMEM, "out of memory");
	/* Programs of another architecture have other numbers and layouts: they are told. */
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY);
	r = r ? r : add_rules(ctx, s->cfg);
	r = r ? r : export(ctx, &s->filter);
	seccomp_release(ctx);
	if (r)
		return capture_fail(err, r,
				    "cannot make a filter with user notification (needs Linux "
				    "5.19): %s",
				    strerror(-r));
	return 0;
}
