// SPDX-License-Identifier: GPL-2.0-or-later
/* Values as text. */
#include <inttypes.h>
#include <stdarg.h>

#include "harness/uapi/text.h"
#include "harness/uapi/uapi.h"

#define HEX_SHOWN 64

void uapi_text(struct text *t, const char *fmt, ...)
{
	va_list ap;
	size_t room = t->len < t->cap ? t->cap - t->len : 0;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? t->dst + t->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
}

void uapi_text_hex(struct text *t, const void *data, size_t len)
{
	const uint8_t *p = data;

	uapi_text(t, "hex(");
	for (size_t i = 0; i < len && i < HEX_SHOWN; i++)
		uapi_text(t, "%02x", p[i]);
	if (len > HEX_SHOWN)
		uapi_text(t, "... %zu bytes", len);
	uapi_text(t, ")");
}

void uapi_text_str(struct text *t, const void *data, size_t len)
{
	const uint8_t *p = data;

	uapi_text(t, "\"");
	for (size_t i = 0; i < len && p[i]; i++) {
		if (p[i] == '"' || p[i] == '\\')
			uapi_text(t, "\\%c", p[i]);
		else if (p[i] >= ' ' && p[i] < 0x7f)
			uapi_text(t, "%c", p[i]);
		else
			uapi_text(t, "\\x%02x", p[i]);
	}
	uapi_text(t, "\"");
}

static void flags(struct text *t, const struct uapi_name *n, uint64_t val)
{
	const char *sep = "";

	for (; n->name; n++) {
		if (!n->value || (val & n->value) != n->value)
			continue;
		uapi_text(t, "%s%s", sep, n->name);
		val &= ~n->value;
		sep = "|";
	}
	if (val)
		uapi_text(t, "%s0x%" PRIx64, sep, val);
	else if (!*sep)
		uapi_text(t, "0");
}

void uapi_text_value(struct text *t, const struct uapi_field *f, uint64_t val)
{
	switch ((enum uapi_kind)f->kind) {
	case UAPI_FLAGS: flags(t, f->names, val); return;
	case UAPI_ENUM:
		for (const struct uapi_name *n = f->names; n->name; n++)
			if (n->value == val) {
				uapi_text(t, "%s", n->name);
				return;
			}
		break;
	case UAPI_FDNO: uapi_text(t, "%" PRId32, (int32_t)val); return;
	case UAPI_HEX:
	case UAPI_RESERVED:
	case UAPI_PTR: uapi_text(t, "0x%" PRIx64, val); return;
	case UAPI_NUM:
	case UAPI_ARGSZ:
	case UAPI_ID:
	case UAPI_CAPS:
	case UAPI_INLINE:
	case UAPI_BYTES: break;
	}
	uapi_text(t, "%" PRIu64, val);
}
