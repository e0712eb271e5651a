/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that grows in a fixed buffer and counts what did not fit. Private to this directory. */
#ifndef HIOD_UAPI_TEXT_H
#define HIOD_UAPI_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *dst;
	size_t cap; /* of dst, with the NUL; 0: nothing is written */
	size_t len; /* that the whole text has, without the NUL */
};

__attribute__((format(printf, 2, 3))) void uapi_text(struct text *t, const char *fmt, ...);
/* hex(0a0b...): at most 64 bytes are shown, then their number. */
void uapi_text_hex(struct text *t, const void *data, size_t len);
/* "..." with everything that is not printable ASCII as \xNN; ends at the first NUL. */
void uapi_text_str(struct text *t, const void *data, size_t len);

struct uapi_field;
/* The value of a field that is no address, no data and no capability offset. */
void uapi_text_value(struct text *t, const struct uapi_field *f, uint64_t val);

#endif
