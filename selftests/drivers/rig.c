// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding a kernel and its device, with the reason when there is none; closing. */
#include "selftests/drivers/drivers.h"

#include <stdarg.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/shim/backends.h"
#include "mocks/model.h"
#include "selftests/mocks/hosts.h"

struct why {
	char *text;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static int skip(const struct why *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->text, w->len, fmt, ap);
	va_end(ap);
	return -ENODEV;
}

/* The last part of a link's target; NULL: no link. */
static const char *link_name(struct rig *r, const char *path, char *buf, size_t len)
{
	ssize_t n = shim_readlink(r->s, path, buf, len - 1);
	char *slash;

	if (n < 0)
		return NULL;
	buf[n] = '\0';
	slash = strrchr(buf, '/');
	return slash ? slash + 1 : buf;
}

const char *rig_attr(struct rig *r, const char *name, char *buf, size_t len)
{
	char path[192];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", r->sysfs, name);
	fd = shim_open(r->s, path, O_RDONLY);
	if (fd < 0)
		return NULL;
	n = shim_read(r->s, fd, buf, len - 1);
	shim_close(r->s, fd);
	if (n < 0)
		return NULL;
	buf[n] = '\0';
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return buf;
}

static int may_use(struct rig *r, const char *path, const char *missing, const struct why *w)
{
	int err = shim_access(r->s, path, F_OK);

	if (err)
		return skip(w, "no %s: %s", path, missing);
	if (shim_access(r->s, path, R_OK | W_OK))
		return skip(w, "no permission to open %s", path);
	return 0;
}

static int find_device(struct rig *r, const struct why *w)
{
	const char *env = getenv("HIOD_BDF");
	char path[128], buf[256];
	const char *driver;

	if (r->model) {
		snprintf(r->bdf, sizeof(r->bdf), "%s", BDF);
	} else {
		if (!env || !*env)
			env = getenv("VFIO_SELFTESTS_BDF");
		if (!env || !*env)
			return skip(w, "no device named: set HIOD_BDF");
		/* "00:05.0" is of domain 0. */
		snprintf(r->bdf, sizeof(r->bdf), "%s%s",
			 strchr(env, ':') == strrchr(env, ':') ? "0000:" : "", env);
	}
	snprintf(r->sysfs, sizeof(r->sysfs), "/sys/bus/pci/devices/%s", r->bdf);
	if (shim_access(r->s, r->sysfs, F_OK))
		return skip(w, "no PCI device %s", r->bdf);
	snprintf(path, sizeof(path), "%s/iommu_group", r->sysfs);
	if (!link_name(r, path, buf, sizeof(buf)))
		return skip(w, "%s is in no IOMMU group: no IOMMU, or it is off", r->bdf);
	snprintf(r->group_path, sizeof(r->group_path), "/dev/vfio/%.20s",
		 link_name(r, path, buf, sizeof(buf)));
	snprintf(path, sizeof(path), "%s/driver", r->sysfs);
	driver = link_name(r, path, buf, sizeof(buf));
	if (!driver)
		return skip(w, "%s has no driver: bind it to vfio-pci", r->bdf);
	if (!strstr(driver, "vfio"))
		return skip(w, "%s is bound to its host driver `%s`", r->bdf, driver);
	return 0;
}

static int find_cdev(struct rig *r, const struct why *w)
{
	char path[192], names[512];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/vfio-dev", r->sysfs);
	n = shim_listdir(r->s, path, names, sizeof(names));
	if (n <= 0)
		return skip(w, "%s is not there: no VFIO device, or a kernel before 6.1", path);
	snprintf(path, sizeof(path), "%s/vfio-dev/%.64s/dev", r->sysfs, names);
	if (shim_access(r->s, path, F_OK))
		return skip(w, "no cdev for %s: a kernel without VFIO_DEVICE_CDEV", r->bdf);
	snprintf(r->cdev_path, sizeof(r->cdev_path), "/dev/vfio/devices/%.64s", names);
	return 0;
}

/* iommufd may serve VFIO's node: it knows an address space that a container has not yet. */
static int check_container(struct rig *r, const struct why *w)
{
	struct uapi_type1_info info = { .argsz = sizeof(info) };
	int fd = shim_open(r->s, "/dev/vfio/vfio", O_RDWR), err, type1;

	if (fd < 0)
		return skip(w, "/dev/vfio/vfio does not open: %s", strerror(-fd));
	err = shim_ioctl(r->s, fd, VFIO_IOMMU_GET_INFO, &info);
	type1 = shim_ioctl_val(r->s, fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU);
	shim_close(r->s, fd);
	if (err == -ENODEV)
		return skip(w, "/dev/vfio/vfio is served by iommufd");
	if (type1 <= 0)
		return skip(w, "no type1 driver: vfio_iommu_type1 is not loaded");
	return 0;
}

static int check_group(struct rig *r, const struct why *w)
{
	struct vfio_group_status st = { .argsz = sizeof(st) };
	int err = may_use(r, r->group_path, "a kernel without VFIO_GROUP, or no vfio driver", w);
	int fd;

	if (err)
		return err;
	fd = shim_open(r->s, r->group_path, O_RDWR);
	if (fd == -EBUSY)
		return skip(w, "%s is in use by another process", r->group_path);
	if (fd < 0)
		return skip(w, "%s does not open: %s", r->group_path, strerror(-fd));
	err = shim_ioctl(r->s, fd, VFIO_GROUP_GET_STATUS, &st);
	shim_close(r->s, fd);
	if (!err && !(st.flags & VFIO_GROUP_FLAGS_VIABLE))
		return skip(w, "%s is not viable: a device of it has a host driver", r->group_path);
	return 0;
}

static int find_nodes(struct rig *r, const struct why *w)
{
	const bool group = r->mode != RIG_IOMMUFD;
	int err = 0;

	if (r->mode == RIG_TYPE1 || r->mode == RIG_TYPE1V2) {
		err = may_use(r, "/dev/vfio/vfio", "vfio is not loaded", w);
		err = err ? err : check_container(r, w);
	} else {
		err = may_use(r, "/dev/iommu", "a kernel without IOMMUFD, or not loaded", w);
	}
	if (!err && group)
		err = check_group(r, w);
	if (!group && !err)
		err = find_cdev(r, w);
	else if (!err && find_cdev(r, &(struct why){ (char[256]){ 0 }, 256 }))
		r->cdev_path[0] = '\0';
	if (!err && r->cdev_path[0] && !group)
		err = may_use(r, r->cdev_path, "udev has not made it", w);
	return err;
}

/* One test at a time has the device, of whatever program. */
static int lock_device(struct rig *r, const struct why *w)
{
	r->lock = open(r->sysfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->lock < 0 || flock(r->lock, LOCK_EX))
		return skip(w, "%s cannot be locked: %s", r->sysfs, strerror(errno));
	return 0;
}

static void make_model(struct rig *r, const char *release)
{
	const struct host_spec spec = { .release = release };

	struct host_region_info *config;

	r->h = test_host(&spec);
	config = &r->h->devices[0].region_info[VFIO_PCI_CONFIG_REGION_INDEX];
	config->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	config->size = 256;
	test_region(&r->h->groups[0], 0xf0000, 0xfffff, HOST_REGION_RESERVED);
	r->s = model_new(r->h, &uapi_mem_checked);
}

static int find_kernel(struct rig *r, enum rig_mode mode, bool model, bool lock, char *text,
		       size_t len)
{
	const struct why w = { text, len };
	const char *release = getenv("HIOD_MODEL_RELEASE");
	struct utsname un;
	int err;

	*r = (struct rig){
		.mode = mode,
		.model = model,
		.lock = -1,
		.container = -1,
		.group = -1,
		.dev = -1,
		.iommufd = -1,
	};
	r->mem = mmap(NULL, RIG_MEM, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (r->mem == MAP_FAILED)
		abort();
	if (model) {
		make_model(r, release ? release : "6.12.117");
		r->features = r->h->features;
	} else {
		r->s = shim_kernel_new();
		r->features = uname(&un) ? 0 : host_features_default(un.release);
	}
	if (!r->s)
		abort();
	err = find_device(r, &w);
	if (!err && !model && lock)
		err = lock_device(r, &w);
	return err ? err : find_nodes(r, &w);
}

int rig_open(struct rig *r, enum rig_mode mode, bool model, char *why, size_t len)
{
	return find_kernel(r, mode, model, true, why, len);
}

int rig_open_beside(struct rig *r, const struct rig *beside, enum rig_mode mode, char *why,
		    size_t len)
{
	return find_kernel(r, mode, beside->model, false, why, len);
}

void rig_drop(struct rig *r)
{
	int *const fds[] = { &r->dev, &r->group, &r->container, &r->iommufd };

	if (r->container == r->iommufd)
		r->container = -1;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			shim_close(r->s, *fds[i]);
		*fds[i] = -1;
	}
	r->devid = r->ioas = r->hwpt = 0;
}

bool rig_close(struct rig *r)
{
	bool clean;

	rig_drop(r);
	clean = !r->model || test_all_gone(r->s);
	shim_destroy(r->s);
	host_free(r->h);
	munmap(r->mem, RIG_MEM);
	if (r->lock >= 0)
		close(r->lock);
	return clean;
}
