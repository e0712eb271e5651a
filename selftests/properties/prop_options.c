// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU's option syntax, as text of anybody's: it is taken or refused with a message. */
#include <stdio.h>
#include <string.h>

#include "harness/property/property.h"
#include "hiod/machine.h"
#include "hiod/options.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

#define TEXT_MAX 1024

/*
 * One word, a key or a value, is made longer: up to its room, to the byte or
 * about. Returns the text's length.
 */
static size_t lengthen(struct choices *c, uint8_t *buf, size_t n, size_t cap)
{
	static const size_t rooms[] = { sizeof(((struct hiod_options *)0)->key),
					sizeof(((struct hiod_options *)0)->value) };
	size_t room = CHOICES_PICK(c, rooms), at = choices_index(c, n), from = at, to = at, more;

	while (from && !strchr(",=", buf[from - 1]))
		from--;
	while (to < n && !strchr(",=", buf[to]))
		to++;
	room += choices_upto(c, 2);
	room -= 1 + choices_upto(c, 1);
	if (to - from >= room || n + room > cap)
		return n;
	more = room - (to - from);
	memmove(buf + to + more, buf + to, n - to);
	memset(buf + to, 'x', more);
	return n + more;
}

static size_t sample(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	static const char syntax[] = ",=x019 ";
	char text[VIOMMU_TEXT_MAX];
	const bool *machine = ctx;
	const char *t = *machine ? make_machine(c, hiod_profile_default(), text)
				 : make_viommu(c, hiod_profile_default(), text);
	size_t n = t ? strlen(t) : 0;

	if (n > cap)
		n = cap;
	memcpy(buf, t ? t : "", n);
	if (n && choices_bool(c, 10))
		n = lengthen(c, buf, n, cap);
	for (unsigned int i = 0; n && i < 3 && choices_more(c, 40); i++) {
		size_t at = choices_index(c, n);

		buf[at] = choices_bool(c, 60)
				  ? (uint8_t)syntax[choices_index(c, sizeof(syntax) - 1)]
				  : (uint8_t)choices_upto(c, 255);
	}
	return n;
}

static enum property_result options(struct choices *c, void *ctx)
{
	const struct hiod_profile *p = make_profile(c);
	bool machine = choices_bool(c, 30);
	uint8_t raw[TEXT_MAX];
	char text[TEXT_MAX + 1];
	struct hiod_error err;
	static Machine m;
	unsigned int major, minor;
	size_t len;
	int rc;

	len = choices_rest(c, raw, sizeof(raw), sample, &machine);
	memcpy(text, raw, len);
	text[len] = '\0';
	choices_note(c, "%s: '%s'", p->name, text);
	if (hiod_profile_find(p->name) != p)
		return property_fail(c, "%s is not found by its name", p->name);
	hiod_error_init(&err);
	rc = machine_init(&m, NULL, p, machine ? text : NULL, NULL, 0, NULL, &err);
	if (!rc && !machine)
		rc = machine_add_viommu(&m, text, &err);
	if (!rc && err.message[0])
		return property_fail(c, "taken, and '%s'", err.message);
	if (rc && !err.message[0])
		return property_fail(c, "%d without a message", rc);
	if (rc && strchr(err.message, '\n') && !strchr(text, '\n'))
		return property_fail(c, "a message of several lines");
	/* Machine types up to 9.1 have 39 bits, whichever version runs them. */
	if (!rc && machine && sscanf(text, "pc-q35-%u.%u", &major, &minor) == 2 &&
	    (major < 9 || (major == 9 && minor < 2)) && m.aw_bits != 39)
		return property_fail(c, "%u.%u with a width of %u", major, minor, m.aw_bits);
	if (!rc && m.viommu_kind == MACHINE_VIOMMU_INTEL) {
		uint8_t aw = m.viommu.config.aw_bits;

		if (aw != 39 && aw != 48)
			return property_fail(c, "a width of %u", aw);
		/* 48 bits unasked: since the machine types of 10.0. */
		if (!strstr(text, "aw-bits") && (aw == 48) != (p->version >= HIOD_VERSION(10, 0)))
			return property_fail(c, "a width of %u by itself", aw);
		/* VT-d specification 11.4.2: MGAW, and a SAGAW that fits it. */
		if ((m.viommu.cap >> 16 & 0x3f) != aw - 1u)
			return property_fail(c, "MGAW is not the width");
		if (m.viommu.config.dma_translation && !(m.viommu.cap >> (aw == 48 ? 10 : 9) & 1))
			return property_fail(c, "SAGAW does not have the width");
		if (m.viommu.config.dma_translation && !(m.viommu.cap >> 9 & 1))
			return property_fail(c, "SAGAW does not have 39 bits");
		/* EIM needs IR; PASID needs scalable mode. */
		if (m.viommu.ecap >> 4 & 1 && !(m.viommu.ecap >> 3 & 1))
			return property_fail(c, "EIM without IR");
		if (m.viommu.ecap >> 40 & 1 && !(m.viommu.ecap >> 43 & 1))
			return property_fail(c, "PASID without scalable mode");
	}
	machine_finalize(&m);
	return PROPERTY_PASS;
}

const struct property property_viommu_options = { "viommu_options", options, .cases = 15000 };
