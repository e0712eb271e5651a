// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The caller's memory, and the two rules by which structures of unknown age
 * cross it: VFIO's argsz and iommufd's extensible structures.
 */
#include "mocks/internal.h"

int user_zero(struct model *m, uint64_t dst, uint64_t len)
{
	static const uint8_t zero[PAGE_SZ];

	while (len) {
		size_t step = len < sizeof(zero) ? len : sizeof(zero);
		int err = user_out(m, dst, zero, step);

		if (err)
			return err;
		dst += step;
		len -= step;
	}
	return 0;
}

static int ask_pinnable(struct model *m, uint64_t va, uint64_t len, bool write)
{
	uint64_t first = va & PAGE_MASK;

	if (!m->pinnable || !len)
		return 0;
	return m->pinnable(m->pinnable_ctx, first, ((va + len - 1) | ~PAGE_MASK) - first + 1,
			   write);
}

int user_pinnable(struct model *m, uint64_t va, uint64_t len, bool write)
{
	return ask_pinnable(m, va, len, write) ? -EFAULT : 0;
}

int user_pinnable_or_mmio(struct model *m, uint64_t va, uint64_t len, bool write)
{
	return ask_pinnable(m, va, len, write) < 0 ? -EFAULT : 0;
}

/* All of [arg, arg + len) is zero: 0; -E2BIG; -EFAULT when memory ends before something else. */
static int check_zero(struct model *m, uint64_t arg, uint64_t len)
{
	for (uint64_t at = 0; at < len;) {
		uint8_t tail[256];
		size_t step = len - at < sizeof(tail) ? len - at : sizeof(tail);

		/* The kernel looks at one word after the other: what comes first counts. */
		if (user_in(m, tail, arg + at, step)) {
			step = 8 - (arg + at) % 8;
			if (step > len - at)
				step = len - at;
			if (user_in(m, tail, arg + at, step))
				return -EFAULT;
		}
		for (size_t i = 0; i < step; i++)
			if (tail[i])
				return -E2BIG;
		at += step;
	}
	return 0;
}

int user_in_ext(struct model *m, void *dst, size_t ksize, uint64_t arg, uint64_t usize)
{
	size_t known = usize < ksize ? usize : ksize;
	int err;

	if (known < ksize)
		memset((uint8_t *)dst + known, 0, ksize - known);
	/* The tail is looked at first: a garbage tail wins over a garbage head. */
	err = usize > ksize ? check_zero(m, arg + ksize, usize - ksize) : 0;
	return err ? err : user_in(m, dst, arg, known);
}

int user_in_argsz(struct model *m, void *dst, size_t minsz, uint64_t arg)
{
	uint32_t argsz;
	int err = user_in(m, dst, arg, minsz);

	if (err)
		return err;
	memcpy(&argsz, dst, sizeof(argsz));
	return argsz < minsz ? -EINVAL : 0;
}
