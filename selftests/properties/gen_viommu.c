// SPDX-License-Identifier: GPL-2.0-or-later
/* What a user may ask for: a version, a backend, a vIOMMU with its options, guest memory. */
#include <stdio.h>
#include <string.h>

#include "selftests/properties/gen.h"

const struct hiod_profile *make_profile(struct choices *c)
{
	static size_t n; /* how many there are */

	while (hiod_profile_at(n))
		n++;
	/* The newest is the plainest. */
	return hiod_profile_at(n - 1 - choices_index(c, n));
}

enum hiod_backend make_backend(struct choices *c)
{
	return choices_bool(c, 50) ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY;
}

struct text {
	char *buf;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, VIOMMU_TEXT_MAX - t->len, fmt, ap);
	va_end(ap);
	if (n > 0 && t->len + (size_t)n < VIOMMU_TEXT_MAX)
		t->len += (size_t)n;
	else
		t->buf[t->len] = '\0';
}

static void intel(struct choices *c, const struct hiod_profile *p, struct text *t)
{
	static const uint8_t widths[] = { 39, 48, 57, 38, 40, 47, 49, 64, 0, 255 };
	static const char *const flags[] = { "snoop-control", "device-iotlb", "dma-translation",
					     "intremap",      "eim",	      "caching-mode",
					     "dma-drain",     "pt",	      "x-buggy-eim" };
	bool first;

	add(t, "intel-iommu");
	if (!choices_bool(c, 10))
		add(t, ",caching-mode=on");
	if (choices_bool(c, 60))
		add(t, ",aw-bits=%u",
		    choices_bool(c, 90) ? widths[choices_upto(c, 1)] : CHOICES_PICK(c, widths));
	first = p->first_stage_option && choices_bool(c, 30);
	if (first)
		add(t, ",%s=on", p->first_stage_option);
	if (first ? !choices_bool(c, 10) : choices_bool(c, 20))
		add(t, ",%s=on", p->scalable_option);
	if (choices_bool(c, 15)) {
		if (!strcmp(p->pasid_option, "pasid-bits"))
			add(t, ",pasid-bits=%u", (unsigned int)choices_upto(c, 24));
		else
			add(t, ",%s=on", p->pasid_option);
	}
	if (p->first_stage_option && choices_bool(c, 20))
		add(t, ",fs1gp=%s", choices_bool(c, 50) ? "on" : "off");
	if (p->version >= HIOD_VERSION(11, 0) && choices_bool(c, 8))
		add(t, ",svm=on");
	if (choices_bool(c, 5))
		add(t, ",version=%u", (unsigned int)choices_upto(c, 2));
	for (unsigned int i = 0; i < 3 && choices_more(c, 20); i++)
		add(t, ",%s=%s", CHOICES_PICK(c, flags), choices_bool(c, 50) ? "on" : "off");
}

/* What a vIOMMU that is a PCI device says of its place. */
static void at_a_place(struct choices *c, struct text *t)
{
	static const char *const buses[] = { "pcie.0", "b0", "nowhere" };

	if (choices_bool(c, 10))
		add(t, ",bus=%s", CHOICES_PICK(c, buses));
	if (choices_bool(c, 10))
		add(t, ",addr=%x", (unsigned int)choices_upto(c, 32));
}

static void amd(struct choices *c, struct text *t)
{
	static const char *const flags[] = { "intremap", "device-iotlb", "pt",
					     "xtsup",	 "dma-remap",	 "id" };

	add(t, "amd-iommu");
	at_a_place(c, t);
	for (unsigned int i = 0; i < 3 && choices_more(c, 40); i++)
		add(t, ",%s=%s", CHOICES_PICK(c, flags), choices_bool(c, 50) ? "on" : "off");
}

static void virtio(struct choices *c, struct text *t)
{
	static const char *const granules[] = { "4k", "host", "64k", "16k", "8k" };

	add(t, "virtio-iommu-pci");
	if (choices_bool(c, 40))
		add(t, ",aw-bits=%u", (unsigned int)choices_range(c, 32, 64));
	if (choices_bool(c, 40))
		add(t, ",granule=%s", CHOICES_PICK(c, granules));
	if (choices_bool(c, 20))
		add(t, ",boot-bypass=%s", choices_bool(c, 50) ? "on" : "off");
	at_a_place(c, t);
}

const char *make_viommu(struct choices *c, const struct hiod_profile *p, char text[VIOMMU_TEXT_MAX])
{
	static const unsigned int how[] = { 12, 4, 1, 1 };
	struct text t = { .buf = text };

	text[0] = '\0';
	switch (choices_weighted(c, how, 4)) {
	case 0: intel(c, p, &t); break;
	case 1: virtio(c, &t); break;
	case 2: amd(c, &t); break;
	default: break;
	}
	choices_note(c, "%s with %s", p->name, text[0] ? text : "no vIOMMU");
	return text[0] ? text : NULL;
}

const char *make_machine(struct choices *c, const struct hiod_profile *p,
			 char text[MACHINE_TEXT_MAX])
{
	static const char *const irqchips[] = { "on", "off", "split", "auto" };
	struct text t = { .buf = text };
	unsigned int version = p->version;

	text[0] = '\0';
	if (!choices_bool(c, 25))
		return NULL;
	if (choices_bool(c, 50))
		version = HIOD_VERSION(choices_range(c, 3, 12), choices_upto(c, 3));
	if (choices_bool(c, 20))
		add(&t, "q35");
	else
		add(&t, "pc-q35-%u.%u", version >> 8, version & 255);
	if (choices_bool(c, 50))
		add(&t, ",accel=%s", choices_bool(c, 80) ? "kvm" : "tcg");
	if (choices_bool(c, 50))
		add(&t, ",kernel-irqchip=%s", CHOICES_PICK(c, irqchips));
	if (choices_bool(c, 20))
		add(&t, ",default-bus-bypass-iommu=%s", choices_bool(c, 80) ? "on" : "maybe");
	choices_note(c, "-machine %s", text);
	return text;
}

const char *make_topology(struct choices *c, char text[MACHINE_TEXT_MAX])
{
	static const char *const ups[] = { "pcie-root-port,id=up", "pcie-pci-bridge,id=up",
					   "pxb-pcie,id=up,bus_nr=64",
					   "pci-bridge,id=up,chassis_nr=1",
					   "pxb-pcie,id=up,bus_nr=64,bypass_iommu=on" };
	static const char *const downs[] = { "", "pcie-root-port,id=down,bus=up,chassis=2\n",
					     "pcie-pci-bridge,id=down,bus=up\n",
					     "pci-bridge,id=down,bus=up,chassis_nr=2\n" };
	static const char *const buses[] = { "up", "down", "pcie.0", "nowhere" };
	struct text t = { .buf = text };

	text[0] = '\0';
	if (!choices_bool(c, 25))
		return NULL;
	add(&t, "%s\n%s", CHOICES_PICK(c, ups), CHOICES_PICK(c, downs));
	add(&t, "%s,bus=%s", choices_bool(c, 80) ? "vfio-pci" : "virtio-net-pci",
	    CHOICES_PICK(c, buses));
	if (choices_bool(c, 30))
		add(&t, ",addr=%x.%x", (unsigned int)choices_upto(c, 31),
		    (unsigned int)choices_upto(c, 7));
	choices_note(c, "topology: %s", text);
	return text;
}

size_t make_memory(struct choices *c, struct hiod_mem_region *m, size_t max)
{
	uint64_t at = 0;
	size_t n = 0;

	for (; n < max && choices_more(c, 50); n++) {
		choices_begin(c);
		at += choices_upto(c, 255) << 12;
		m[n] = (struct hiod_mem_region){ .iova = at,
						 .size = (1 + choices_upto(c, 255)) << 12,
						 .vaddr = (void *)(uintptr_t)0x10000000,
						 .readonly = choices_bool(c, 10) };
		at += m[n].size;
		choices_end(c);
	}
	return n;
}
