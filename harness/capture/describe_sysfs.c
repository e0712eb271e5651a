// SPDX-License-Identifier: GPL-2.0-or-later
/* What files, links and directories tell of the host. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/describe_state.h"
#include "harness/capture/host_names.h"

#define PCI_DIR	   "/sys/bus/pci/devices/"
#define GROUP_DIR  "/sys/kernel/iommu_groups/"
#define CLASS_DIR  "/sys/class/iommu/"
#define MODULE_DIR "/sys/module/"

/* The rest of path after prefix; NULL when it does not begin so. */
static const char *after(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) ? NULL : path + n;
}

/* The first component of s to name, its rest without the slash; NULL when it is too long. */
static const char *component(const char *s, char *name, size_t cap)
{
	size_t n = strcspn(s, "/");

	if (!n || n >= cap)
		return NULL;
	memcpy(name, s, n);
	name[n] = 0;
	return s[n] ? s + n + 1 : s + n;
}

/* Text without its last newline. */
static char *text_of(struct describer *d, const struct call *c)
{
	size_t n = c->out_len;
	char *s;

	if (n && c->out[n - 1] == '\n')
		n--;
	s = strndup((const char *)c->out, n);
	if (!s)
		d_nomem(d);
	return s;
}

static void set_text(struct describer *d, char **s, const struct call *c)
{
	char *text = text_of(d, c);

	if (text)
		d_set(d, s, text, strlen(text));
	free(text);
}

/* A file that nothing else here models. */
static void other_file(struct describer *d, const char *path, const char *content, size_t len,
		       bool link, int err)
{
	struct host *h = d->h;
	struct host_file *v;

	/* A client may ask for any name; a host has files by absolute ones. */
	if (path[0] != '/')
		return;
	for (size_t i = 0; i < h->nfiles; i++) {
		if (!strcmp(h->files[i].path, path))
			return;
	}
	v = realloc(h->files, (h->nfiles + 1) * sizeof(*v));
	if (!v) {
		d_nomem(d);
		return;
	}
	h->files = v;
	v += h->nfiles;
	*v = (struct host_file){ .path = strdup(path), .link = link, .err = err };
	if (content)
		v->content = strndup(content, len);
	if (!v->path || (content && !v->content))
		d_nomem(d);
	h->nfiles++;
}

/* ---- /proc/cmdline and module parameters -------------------------------- */

/* As the kernel reads a bool parameter; no value is yes. */
static bool truth(const char *s)
{
	return !*s || *s == 'y' || *s == 'Y' || *s == '1' || !strncmp(s, "on", 2);
}

/* A parameter's name: dashes and underscores are the same. */
static const char *param(const char *word, const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++) {
		char c = word[i] == '-' ? '_' : word[i];

		if (c != name[i])
			return NULL;
	}
	if (word[i] == '=')
		return word + i + 1;
	return word[i] ? NULL : word + i;
}

static void set_param(struct describer *d, const char *word)
{
	struct host *h = d->h;
	const char *v;

	if ((v = param(word, "vfio_iommu_type1.allow_unsafe_interrupts")))
		h->type1_unsafe = truth(v);
	else if ((v = param(word, "iommufd.allow_unsafe_interrupts")))
		h->iommufd_unsafe = truth(v);
	else if ((v = param(word, "vfio.enable_unsafe_noiommu_mode")))
		h->noiommu = truth(v);
	else if ((v = param(word, "vfio_iommu_type1.dma_entry_limit"))) {
		h->dma_entry_limit = (uint32_t)strtoul(v, NULL, 0);
		d->limit_known = true;
	}
}

static void read_cmdline(struct describer *d, const struct call *c)
{
	char *words, *save = NULL;

	if (d->h->cmdline)
		return;
	d->h->cmdline = text_of(d, c);
	words = text_of(d, c);
	if (!words)
		return;
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		set_param(d, w);
	d->params_known = true;
	free(words);
}

/* MODULE/parameters/NAME under /sys/module. */
static void read_param(struct describer *d, const char *path, const struct call *c)
{
	char module[64], word[256];
	const char *rest = component(after(path, MODULE_DIR), module, sizeof(module));
	char *text;

	other_file(d, path, (const char *)c->out, c->out_len, false, 0);
	if (!rest || !(rest = after(rest, "parameters/")))
		return;
	text = text_of(d, c);
	if (!text)
		return;
	snprintf(word, sizeof(word), "%s.%.60s=%.60s", module, rest, text);
	set_param(d, word);
	d->params_known = true;
	free(text);
}

/* ---- groups and IOMMUs -------------------------------------------------- */

static void read_regions(struct describer *d, int id, const struct call *c)
{
	struct host_group *g = d_group(d, id);
	char *text, *save = NULL;

	if (!g || g->regions)
		return;
	d_regions_listed(d, id);
	text = strndup((const char *)c->out, c->out_len);
	if (!text) {
		d_nomem(d);
		return;
	}
	for (char *s = strtok_r(text, "\n", &save); s && !d->rc; s = strtok_r(NULL, "\n", &save)) {
		struct host_region *v, r = { 0 };
		char word[32] = "";
		int k = 0;

		if (sscanf(s, "0x%" SCNx64 " 0x%" SCNx64 " %31s", &r.start, &r.last, word) != 3) {
			/* One page is all the kernel prints; its last line may be cut. */
			if (c->out[c->out_len - 1] != '\n' && !strtok_r(NULL, "\n", &save))
				break;
			d_fail(d, "found \"%.60s\", expected 0xSTART 0xLAST TYPE", s);
			break;
		}
		while (k < HOST_REGION_NR && strcmp(word, host_region_names[k]))
			k++;
		if (k == HOST_REGION_NR || r.start > r.last) {
			d_fail(d, "found \"%.60s\", expected a region of a known type", s);
			break;
		}
		r.type = (enum host_region_type)k;
		v = realloc(g->regions, (g->nregions + 1) * sizeof(*v));
		if (!v) {
			d_nomem(d);
			break;
		}
		g->regions = v;
		v[g->nregions++] = r;
	}
	free(text);
}

static void read_group_file(struct describer *d, int id, const char *name, const char *path,
			    const struct call *c)
{
	struct host_group *g = id < 0 ? NULL : d_group(d, id);

	if (!g)
		return;
	if (!strcmp(name, "type"))
		set_text(d, &g->type, c);
	else if (!strcmp(name, "reserved_regions"))
		read_regions(d, id, c);
	else
		other_file(d, path, (const char *)c->out, c->out_len, false, 0);
}

/* A file in an IOMMU's intel-iommu directory. */
static void read_register(struct describer *d, int io, const char *name, const char *path,
			  const struct call *c)
{
	struct host_iommu *u = &d->h->iommus[io];
	char *text = text_of(d, c), *end;
	uint64_t v;

	if (!text)
		return;
	v = strtoull(text, &end, strncmp(name, "domains_", 8) ? 16 : 10);
	u->type = HOST_IOMMU_INTEL;
	u->has_regs = true;
	if (!strcmp(name, "version"))
		d_set(d, &u->version, text, strlen(text));
	else if (*end || end == text)
		d_fail(d, "%s: found \"%.40s\", expected a number", path, text);
	else if (!strcmp(name, "cap"))
		u->cap = v;
	else if (!strcmp(name, "ecap"))
		u->ecap = v;
	else if (!strcmp(name, "address"))
		u->address = v;
	else if (!strcmp(name, "domains_supported"))
		u->domains_supported = (uint32_t)v;
	else if (!strcmp(name, "domains_used"))
		u->domains_used = (uint32_t)v;
	else
		other_file(d, path, (const char *)c->out, c->out_len, false, 0);
	free(text);
}

/* The IOMMU of that name; made when there is none. */
static int iommu_by_name(struct describer *d, const char *name)
{
	struct host *h = d->h;
	int io;

	for (size_t i = 0; i < h->niommus; i++) {
		if (h->iommus[i].name && !strcmp(h->iommus[i].name, name))
			return (int)i;
	}
	io = d_iommu_new(d);
	if (io >= 0)
		d_set(d, &h->iommus[io].name, name, strlen(name));
	return io;
}

/* ---- devices ------------------------------------------------------------ */

/* "252:0" of a cdev. */
static void read_dev(struct describer *d, int dev, const char *name, const struct call *c)
{
	struct host_device *v = &d->h->devices[dev];
	char *text = text_of(d, c);

	d_set(d, &v->vfio_dev, name, strlen(name));
	if (text)
		d_devnum(d, text, &v->cdev_major, &v->cdev_minor);
	v->has_cdev = true;
	free(text);
}

static void read_attr(struct describer *d, int dev, const char *name, const struct call *c)
{
	struct host_device *v = &d->h->devices[dev];
	struct host_attr *a;

	for (size_t i = 0; i < v->nattrs; i++) {
		if (!strcmp(v->attrs[i].name, name))
			return;
	}
	a = realloc(v->attrs, (v->nattrs + 1) * sizeof(*a));
	if (!a) {
		d_nomem(d);
		return;
	}
	v->attrs = a;
	a += v->nattrs;
	*a = (struct host_attr){ .name = strdup(name), .value = text_of(d, c) };
	v->nattrs++;
	if (!a->name)
		d_nomem(d);
}

/*
 * Last component of the target of a device's link, looked up ahead: a client
 * may read files behind a link before the link. False: it never does.
 */
static bool link_ahead(const struct describer *d, const char *bdf, const char *name, char *last,
		       size_t cap)
{
	char path[160];

	snprintf(path, sizeof(path), PCI_DIR "%s/%s", bdf, name);
	for (const struct call *c = d->call; c < d->t->calls + d->t->ncalls; c++) {
		const uint8_t *slash;
		size_t n;

		if (c->op != SHIM_OP_READLINK || c->ret <= 0 || strcmp(c->path, path))
			continue;
		slash = memrchr(c->out, '/', c->out_len);
		slash = slash ? slash + 1 : c->out;
		n = (size_t)(c->out + c->out_len - slash);
		if (!n || n >= cap)
			return false;
		memcpy(last, slash, n);
		last[n] = 0;
		return true;
	}
	return false;
}

/* Group of a device, which a file in its iommu_group directory shows to be there. */
static int group_of(struct describer *d, int dev)
{
	struct host_device *v = &d->h->devices[dev];
	char last[32] = "0";

	/* A client that never asks for the number cannot tell it from another. */
	if (v->group < 0)
		link_ahead(d, v->bdf, "iommu_group", last, sizeof(last));
	if (v->group < 0)
		v->group = d_group_id(d, last);
	if (v->group >= 0)
		d_group(d, v->group);
	return v->group;
}

int d_iommu_ahead(struct describer *d, int dev)
{
	char last[64];

	return link_ahead(d, d->h->devices[dev].bdf, "iommu", last, sizeof(last))
		       ? iommu_by_name(d, last)
		       : d_iommu_new(d);
}

/* The same of its IOMMU, by a file in that one's directory. */
static int iommu_of(struct describer *d, int dev)
{
	int io = d->h->devices[dev].iommu;

	if (io < 0)
		io = d_iommu_ahead(d, dev);
	d->h->devices[dev].iommu = io;
	return io;
}

static void read_device_file(struct describer *d, const char *path, const struct call *c)
{
	char bdf[32], name[64];
	const char *rest = component(after(path, PCI_DIR), bdf, sizeof(bdf)), *in;
	int dev = rest ? d_device(d, bdf) : -1, io;

	if (dev < 0)
		return;
	if ((in = after(rest, "iommu_group/"))) {
		read_group_file(d, group_of(d, dev), in, path, c);
	} else if ((in = after(rest, "iommu/intel-iommu/"))) {
		io = iommu_of(d, dev);
		if (io >= 0)
			read_register(d, io, in, path, c);
	} else if ((in = after(rest, "vfio-dev/")) && (in = component(in, name, sizeof(name))) &&
		   !strcmp(in, "dev")) {
		read_dev(d, dev, name, c);
	} else if (*rest && !strchr(rest, '/')) {
		read_attr(d, dev, rest, c);
	} else {
		other_file(d, path, (const char *)c->out, c->out_len, false, 0);
	}
}

void d_file_read(struct describer *d, const char *path, const struct call *c)
{
	char name[64];
	const char *rest;
	int io;

	if (d_vdpa_file(d, path, c))
		return;
	if (!strcmp(path, "/proc/sys/kernel/osrelease")) {
		set_text(d, &d->h->release, c);
		if (!host_kernel_version(d->h->release ? d->h->release : ""))
			d_fail(d, "found \"%.40s\", expected a kernel release", d->h->release);
	} else if (!strcmp(path, "/proc/cmdline")) {
		read_cmdline(d, c);
	} else if (after(path, MODULE_DIR)) {
		read_param(d, path, c);
	} else if (after(path, PCI_DIR)) {
		read_device_file(d, path, c);
	} else if ((rest = after(path, GROUP_DIR)) &&
		   (rest = component(rest, name, sizeof(name)))) {
		read_group_file(d, d_group_id(d, name), rest, path, c);
	} else if ((rest = after(path, CLASS_DIR)) &&
		   (rest = component(rest, name, sizeof(name))) &&
		   (rest = after(rest, "intel-iommu/"))) {
		io = iommu_by_name(d, name);
		if (io >= 0)
			read_register(d, io, rest, path, c);
	} else {
		other_file(d, path, (const char *)c->out, c->out_len, false, 0);
	}
}

void d_file_error(struct describer *d, const char *path, int err)
{
	/* A file that is not there needs no mention: nothing is, unless described. */
	if (err != ENOENT)
		other_file(d, path, NULL, 0, false, err);
}

/* ---- links and directories ---------------------------------------------- */

static enum host_iommu_type type_by_link(const char *name, const char *link)
{
	if (!strncmp(name, "dmar", 4))
		return HOST_IOMMU_INTEL;
	if (!strncmp(name, "ivhd", 4))
		return HOST_IOMMU_AMD;
	if (!strncmp(name, "smmu3", 5))
		return HOST_IOMMU_SMMUV3;
	if (strstr(link, "/virtio"))
		return HOST_IOMMU_VIRTIO;
	return HOST_IOMMU_OTHER;
}

static void set_iommu(struct describer *d, int dev, const char *target, const char *last)
{
	struct host *h = d->h;
	int io = h->devices[dev].iommu;

	/* One that its domains showed before its name was read keeps its place. */
	if (io < 0)
		io = iommu_by_name(d, last);
	h->devices[dev].iommu = io;
	if (io < 0)
		return;
	d_set(d, &h->iommus[io].name, last, strlen(last));
	d_set(d, &h->iommus[io].link, target, strlen(target));
	if (h->iommus[io].type == HOST_IOMMU_OTHER)
		h->iommus[io].type = type_by_link(last, target);
}

void d_readlink(struct describer *d, const struct call *c)
{
	const char *rest = after(c->path, PCI_DIR), *last;
	char bdf[32], *target;
	int dev;

	if (c->ret < 0) {
		/* EINVAL: it is there, and no link, as most of what is on a path is. */
		if (c->ret != -EINVAL)
			d_file_error(d, c->path, (int)-c->ret);
		return;
	}
	/* symlink(2) makes no such link. Its reply has no bytes, and no memory either. */
	if (!c->out_len) {
		d_fail(d, "found a link to nothing, expected its target");
		return;
	}
	target = strndup((const char *)c->out, c->out_len);
	if (!target) {
		d_nomem(d);
		return;
	}
	if (d_vdpa_link(d, c->path, target)) {
		free(target);
		return;
	}
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	rest = rest ? component(rest, bdf, sizeof(bdf)) : NULL;
	dev = rest ? d_device(d, bdf) : -1;
	if (dev >= 0 && !*rest) {
		d_set(d, &d->h->devices[dev].link, target, strlen(target));
	} else if (dev >= 0 && !strcmp(rest, "iommu_group")) {
		int id = d_group_id(d, last);

		if (d->h->devices[dev].group >= 0 && d->h->devices[dev].group != id)
			d_fail(d, "found group %d, but %d before", id, d->h->devices[dev].group);
		if (id >= 0 && d_group(d, id))
			d->h->devices[dev].group = id;
	} else if (dev >= 0 && !strcmp(rest, "iommu")) {
		set_iommu(d, dev, target, last);
	} else if (dev >= 0 && !strcmp(rest, "driver")) {
		d_set(d, &d->h->devices[dev].driver, last, strlen(last));
	} else {
		if (dev >= 0 && !strcmp(rest, "subsystem") && !strcmp(last, "mdev"))
			d->h->devices[dev].mdev = true;
		other_file(d, c->path, target, strlen(target), true, 0);
	}
	free(target);
}

static void list_group(struct describer *d, int id, const struct call *c)
{
	if (id >= 0)
		d_group(d, id);
	for (uint32_t i = 0; i < c->out_len && !d->rc;) {
		const char *name = (const char *)c->out + i;
		size_t n = strnlen(name, c->out_len - i);
		char bdf[32];
		int dev;

		i += (uint32_t)n + 1;
		if (!n || n >= sizeof(bdf))
			continue;
		memcpy(bdf, name, n);
		bdf[n] = 0;
		dev = d_device(d, bdf);
		if (dev >= 0)
			d->h->devices[dev].group = id;
	}
}

/* The groups there are, in this order. The last name of a listing may lack its NUL. */
static void list_groups(struct describer *d, const struct call *c)
{
	for (uint32_t i = 0; i < c->out_len && !d->rc;) {
		const char *name = (const char *)c->out + i;
		size_t n = strnlen(name, c->out_len - i);
		char id[10];

		i += (uint32_t)n + 1;
		if (!n || n >= sizeof(id))
			continue;
		memcpy(id, name, n);
		id[n] = 0;
		if (!id[strspn(id, "0123456789")])
			d_group(d, (int)strtol(id, NULL, 10));
	}
}

/* Of n bytes without a NUL. */
static bool begins(const char *s, size_t n, const char *prefix)
{
	size_t len = strlen(prefix);

	return n >= len && !memcmp(s, prefix, len);
}

void d_listdir(struct describer *d, const struct call *c)
{
	const char *rest = after(c->path, PCI_DIR);
	char name[64];
	int dev;

	if (c->ret < 0) {
		d_file_error(d, c->path, (int)-c->ret);
	} else if (rest && (rest = component(rest, name, sizeof(name)))) {
		dev = d_device(d, name);
		if (dev < 0)
			return;
		if (!strcmp(rest, "iommu_group/devices"))
			list_group(d, group_of(d, dev), c);
		if (strcmp(rest, "vfio-dev"))
			return;
		for (uint32_t i = 0; i < c->out_len;) {
			const char *s = (const char *)c->out + i;
			size_t n = strnlen(s, c->out_len - i);

			if (begins(s, n, "vfio") || begins(s, n, "noiommu-vfio"))
				d_set(d, &d->h->devices[dev].vfio_dev, s, n);
			if (begins(s, n, "noiommu-vfio"))
				d->h->devices[dev].noiommu = true;
			i += (uint32_t)n + 1;
		}
	} else if ((rest = after(c->path, GROUP_DIR)) &&
		   (rest = component(rest, name, sizeof(name))) && !strcmp(rest, "devices")) {
		list_group(d, d_group_id(d, name), c);
	} else if (!strcmp(c->path, "/sys/kernel/iommu_groups")) {
		list_groups(d, c);
	}
}
