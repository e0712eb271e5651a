// SPDX-License-Identifier: GPL-2.0-or-later
/* One mapping with an unmapped page behind it: a read past a reply ends the process. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "selftests/properties/gen.h"

#define ROOM 65536u
#define PAGE 4096u

void *page_end(size_t len)
{
	static uint8_t *base;
	uint8_t *at;

	if (!base) {
		void *p = mmap(NULL, ROOM + PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED || mprotect((uint8_t *)p + ROOM, PAGE, PROT_NONE))
			abort();
		base = p;
	}
	if (len > ROOM)
		abort();
	at = base + ROOM - len;
	memset(at, 0xa5, len);
	return at;
}
