// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The files of the described host: PCI devices, groups and IOMMU units in
 * sysfs, two of procfs, the nodes in /dev. What the description holds as a
 * file of its own replaces whatever is made here.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mocks/vfs.h"
#include "mocks/internal.h"

/* Building goes on after a failed allocation and is given up at the end. */
struct build {
	struct model *m;
	struct vfs *v;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static struct node *dir(struct build *b, const char *fmt, ...)
{
	char path[4096];
	struct node *n;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	n = vfs_mkdir(b->v, path);
	b->failed |= !n;
	return n;
}

static struct node *add(struct build *b, struct node *at, const char *name, enum node_type type,
			const char *text)
{
	struct node *n = at ? vfs_add(b->v, at, name, type) : NULL;

	if (n && text)
		n->text = vfs_strdup(b->v, text);
	b->failed |= !n || (text && !n->text);
	return n;
}

__attribute__((format(printf, 4, 5))) static void file(struct build *b, struct node *at,
						       const char *name, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(b, at, name, NODE_FILE, text);
}

/* A link in at, called name, that leads to a node, as the kernel words it. */
static void link_to(struct build *b, struct node *at, const char *name, const struct node *to)
{
	struct node *n = add(b, at, name, NODE_LINK, NULL);

	if (!n || !to)
		return;
	n->text = vfs_relative(b->v, at, to);
	b->failed |= !n->text;
}

static struct node *chr(struct build *b, struct node *at, const char *name, uint32_t mode,
			uint32_t major, uint32_t minor)
{
	struct node *n = add(b, at, name, NODE_CHR, NULL), *by_number;
	char number[32];

	if (!n)
		return NULL;
	n->mode = mode;
	n->major = major;
	n->minor = minor;
	by_number = dir(b, "/dev/char");
	snprintf(number, sizeof(number), "%" PRIu32 ":%" PRIu32, major, minor);
	link_to(b, by_number, number, n);
	return n;
}

static void host_node(struct build *b, const char *at, const char *name, const struct host_node *hn,
		      enum chr_role role)
{
	struct node *n;

	if (!hn->present)
		return;
	n = chr(b, dir(b, "%s", at), name, hn->mode, hn->major, hn->minor);
	if (!n)
		return;
	n->role = role;
	n->err = hn->open_err;
}

/* Lines sorted as described; cut at the page that sysfs gives an attribute. */
static void regions_file(struct build *b, struct node *at, const struct host_group *g)
{
	static const char *const type[] = {
		[HOST_REGION_DIRECT] = "direct",
		[HOST_REGION_DIRECT_RELAXABLE] = "direct-relaxable",
		[HOST_REGION_RESERVED] = "reserved",
		[HOST_REGION_MSI] = "msi",
	};
	char text[4096 + 64];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < g->nregions && n < 4096; i++) {
		const struct host_region *r = &g->regions[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "0x%016" PRIx64 " 0x%016" PRIx64 " %s\n", r->start, r->last,
				      type[r->type]);
	}
	if (n > 4095)
		text[4095] = '\0';
	add(b, at, "reserved_regions", NODE_FILE, text);
}

static void build_group(struct build *b, struct group *g)
{
	const struct host_group *h = g->h;
	struct node *at = dir(b, "/sys/kernel/iommu_groups/%d", h->id), *n;
	char name[32];

	dir(b, "/sys/kernel/iommu_groups/%d/devices", h->id);
	if (h->type)
		file(b, at, "type", "%s\n", h->type);
	regions_file(b, at, h);
	if (!h->has_node)
		return;
	snprintf(name, sizeof(name), g->type == GROUP_NOIOMMU ? "noiommu-%d" : "%d", h->id);
	n = chr(b, dir(b, "/dev/vfio"), name, 0600, h->node_major, h->node_minor);
	if (n) {
		n->role = CHR_GROUP;
		n->target = g;
	}
}

/* Where the unit lies: where the first device's link leads, or where virtual ones are. */
static struct node *unit_dir(struct build *b, struct node *dev, const struct host_iommu *io)
{
	char path[4096];
	int n;

	if (!io->link || !dev)
		return dir(b, "/sys/devices/virtual/iommu/%s", io->name);
	n = vfs_path(dev, path, sizeof(path) - 1);
	if (n < 0)
		return NULL;
	path[n] = '\0';
	return dir(b, "%s/%s", path, io->link);
}

static struct node *build_unit(struct build *b, struct node *dev, const struct host_iommu *io)
{
	struct node *at = unit_dir(b, dev, io), *regs;

	if (!at)
		return NULL;
	link_to(b, dir(b, "/sys/class/iommu"), at->name, at);
	b->failed |= !vfs_add(b->v, at, "devices", NODE_DIR);
	if (io->type != HOST_IOMMU_INTEL || !io->has_regs)
		return at;
	regs = add(b, at, "intel-iommu", NODE_DIR, NULL);
	if (io->version)
		file(b, regs, "version", "%s\n", io->version);
	file(b, regs, "address", "%" PRIx64 "\n", io->address);
	file(b, regs, "cap", "%" PRIx64 "\n", io->cap);
	file(b, regs, "ecap", "%" PRIx64 "\n", io->ecap);
	file(b, regs, "domains_supported", "%" PRIu32 "\n", io->domains_supported);
	file(b, regs, "domains_used", "%" PRIu32 "\n", io->domains_used);
	return at;
}

static struct node *device_dir(struct build *b, const struct host_device *h)
{
	const char *bus = h->mdev ? "mdev" : "pci";
	struct node *list = dir(b, "/sys/bus/%s/devices", bus), *at;
	char text[256];

	if (h->link) {
		snprintf(text, sizeof(text), "%s", h->link);
	} else if (h->mdev) {
		snprintf(text, sizeof(text), "../../../devices/virtual/mdev/%s", h->bdf);
	} else {
		/* On the root bus of its own bus number. */
		snprintf(text, sizeof(text), "../../../devices/pci%.7s/%s", h->bdf, h->bdf);
	}
	at = dir(b, "/sys/bus/%s/devices/%s", bus, text);
	add(b, list, h->bdf, NODE_LINK, text);
	link_to(b, at, "subsystem", dir(b, "/sys/bus/%s", bus));
	if (h->driver) {
		struct node *drv = dir(b, "/sys/bus/%s/drivers/%s", bus, h->driver);

		link_to(b, at, "driver", drv);
		link_to(b, drv, h->bdf, at);
	}
	return at;
}

static void build_vfio_dev(struct build *b, struct node *at, struct dev *d)
{
	const struct host_device *h = d->h;
	struct node *list, *entry, *n;

	if (!h->vfio_dev)
		return;
	list = add(b, at, "vfio-dev", NODE_DIR, NULL);
	entry = add(b, list, h->vfio_dev, NODE_DIR, NULL);
	link_to(b, dir(b, "/sys/class/vfio-dev"), h->vfio_dev, entry);
	if (!h->has_cdev)
		return;
	file(b, entry, "dev", "%" PRIu32 ":%" PRIu32 "\n", h->cdev_major, h->cdev_minor);
	n = chr(b, dir(b, "/dev/vfio/devices"), h->vfio_dev, 0600, h->cdev_major, h->cdev_minor);
	if (n) {
		n->role = CHR_CDEV;
		n->target = d;
	}
}

static void build_device(struct build *b, struct dev *d, struct node **units)
{
	const struct host_device *h = d->h;
	struct node *at = device_dir(b, h);

	if (!at)
		return;
	for (size_t i = 0; i < h->nattrs; i++)
		file(b, at, h->attrs[i].name, "%s\n", h->attrs[i].value);
	if (d->io) {
		struct node *unit = units[h->iommu];

		if (!unit)
			unit = units[h->iommu] = build_unit(b, at, d->io);
		link_to(b, at, "iommu", unit);
		if (unit)
			link_to(b, vfs_child(unit, "devices"), h->bdf, at);
	}
	if (d->g) {
		struct node *group = dir(b, "/sys/kernel/iommu_groups/%d", d->g->h->id);

		link_to(b, at, "iommu_group", group);
		if (group)
			link_to(b, vfs_child(group, "devices"), h->bdf, at);
	}
	build_vfio_dev(b, at, d);
}

/* The device, right below its parent, and its node's directory below it. */
static void build_vdpa(struct build *b, struct vdpa *v)
{
	const struct host_vdpa *h = vdpa_host(v);
	struct node *list = dir(b, "/sys/bus/vdpa/devices"), *at, *entry, *n;
	char link[256], number[32];

	snprintf(link, sizeof(link), "../../../devices/%s", h->name);
	at = dir(b, "/sys/bus/vdpa/devices/%s", h->link ? h->link : link);
	add(b, list, h->name, NODE_LINK, h->link ? h->link : link);
	link_to(b, at, "subsystem", dir(b, "/sys/bus/vdpa"));
	if (h->driver) {
		struct node *drv = dir(b, "/sys/bus/vdpa/drivers/%s", h->driver);

		link_to(b, at, "driver", drv);
		link_to(b, drv, h->name, at);
	}
	if (!h->node_dir)
		return;
	entry = add(b, at, h->node_dir, NODE_DIR, NULL);
	snprintf(number, sizeof(number), "%" PRIu32 ":%" PRIu32, h->node.major, h->node.minor);
	file(b, entry, "dev", "%s\n", number);
	link_to(b, dir(b, "/sys/dev/char"), number, entry);
	n = chr(b, dir(b, "/dev"), h->node_dir, h->node.mode, h->node.major, h->node.minor);
	if (n) {
		n->role = CHR_VDPA;
		n->target = v;
		n->err = h->node.open_err;
	}
}

/* A file that was seen: its content, its link, or that it cannot be opened. */
static void override(struct build *b, const struct host_file *hf)
{
	const char *slash = strrchr(hf->path, '/');
	struct node *at, *n;
	char path[4096];
	int found;

	if (!slash || (size_t)(slash - hf->path) >= sizeof(path))
		return;
	memcpy(path, hf->path, (size_t)(slash - hf->path));
	path[slash - hf->path] = '\0';
	if (hf->err == ENOENT || hf->err == ENOTDIR) {
		/* The parent need not exist either. */
		if (!vfs_lookup(b->v, path[0] ? path : "/", true, &at) &&
		    (n = vfs_child(at, slash + 1)))
			vfs_remove(b->v, n);
		return;
	}
	/* What lies in a file, or in the place of what lies in a directory, is of no host. */
	found = vfs_lookup(b->v, path[0] ? path : "/", true, &at);
	if (found == -ENOTDIR || (!found && at->type != NODE_DIR))
		return;
	at = dir(b, "%s", path[0] ? path : "/");
	n = at ? vfs_child(at, slash + 1) : NULL;
	if (!n || n->type != NODE_DIR || !n->child)
		n = add(b, at, slash + 1, hf->link ? NODE_LINK : NODE_FILE, hf->content);
	if (n)
		n->err = hf->err;
}

static void build_all(struct build *b, struct node **units)
{
	const struct host *h = b->m->h;

	/* A kernel with VFIO and an IOMMU layer has these whatever is in them. */
	dir(b, "/sys/bus/pci/devices");
	dir(b, "/sys/kernel/iommu_groups");
	dir(b, "/sys/class/iommu");
	file(b, dir(b, "/proc/sys/kernel"), "osrelease", "%s\n", h->release ? h->release : "");
	file(b, dir(b, "/proc"), "cmdline", "%s\n", h->cmdline ? h->cmdline : "");
	host_node(b, "/dev/vfio", "vfio", &h->container,
		  h->container_is_iommufd ? CHR_IOMMUFD : CHR_CONTAINER);
	host_node(b, "/dev", "iommu", &h->iommufd, CHR_IOMMUFD);
	for (size_t i = 0; i < h->ngroups; i++)
		build_group(b, &b->m->groups[i]);
	for (size_t i = 0; i < h->ndevices; i++)
		build_device(b, &b->m->devs[i], units);
	for (size_t i = 0; i < h->niommus; i++)
		if (!units[i])
			build_unit(b, NULL, &h->iommus[i]);
	for (size_t i = 0; i < h->nvdpas; i++)
		build_vdpa(b, vdpa_at(b->m, i));
	for (size_t i = 0; i < h->nfiles; i++)
		override(b, &h->files[i]);
}

/* Not a part of sysfs_get(): every question about a path would set up its buffers. */
__attribute__((noinline)) static int build_tree(struct model *m)
{
	struct build b = { .m = m, .v = vfs_new() };
	struct node **units; /* by index in host.iommus, once made */

	units = calloc(m->h->niommus + 1, sizeof(*units));
	if (b.v && units)
		build_all(&b, units);
	if (!b.v || !units || b.failed) {
		free(units);
		vfs_free(b.v);
		return -ENOMEM;
	}
	free(units);
	m->vfs = b.v;
	return 0;
}

int sysfs_get(struct model *m, struct vfs **out)
{
	int err = m->vfs ? 0 : build_tree(m);

	*out = m->vfs;
	return err;
}
