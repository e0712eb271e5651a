// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "harness/capture/load.h"
#include "selftests/supervise/world.h"

int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

static void say(void *ctx, const char *line)
{
	struct world *w = ctx;
	size_t n = strlen(w->said);

	snprintf(w->said + n, sizeof(w->said) - n, "%s\n", line);
}

int world_start(struct world *w)
{
	return world_start_on(w, WORLD_HOST);
}

int world_start_on(struct world *w, const char *host)
{
	const char *corpus = getenv("HIOD_CORPUS");
	char path[PATH_MAX];

	memset(w, 0, sizeof(*w));
	w->fds = count_fds();
	snprintf(path, sizeof(path), "%s/hosts/%s.host.json", corpus ? corpus : "corpus", host);
	if (capture_load_host(path, &w->host, NULL, &w->err))
		return -1;
	w->sup = supervisor_new(&w->err);
	if (w->sup)
		w->model = model_new(w->host, supervisor_mem(w->sup));
	return w->model ? 0 : -1;
}

int world_run(struct world *w, const char *target, const char *arg, struct shim *shim)
{
	char *const argv[] = { "/proc/self/exe", "--target", (char *)target, (char *)arg, NULL };
	int r;

	w->cfg.shim = shim ? shim : w->model;
	w->cfg.say = say;
	w->cfg.ctx = w;
	w->said[0] = '\0';
	fflush(NULL);
	r = supervisor_run(w->sup, &w->cfg, argv, &w->status, &w->err);
	supervisor_stats(w->sup, &w->stats);
	return r;
}

unsigned int world_left(const struct world *w)
{
	struct model_stats s;

	model_stats(w->model, &s);
	return w->stats.open + s.fds + s.containers + s.groups_open + s.iommufds + s.objects +
	       s.devices_open + s.devices_bound + s.mappings;
}

void world_end(struct world *w)
{
	shim_destroy(w->model);
	supervisor_free(w->sup);
	host_free(w->host);
}

/* ---- targets ----------------------------------------------------------------- */

void target_main(int argc, char **argv, const char *name, target_fn *fn)
{
	int status;

	if (argc < 3 || strcmp(argv[1], "--target") || strcmp(argv[2], name))
		return;
	status = fn(argc > 3 ? argv[3] : NULL);
	fflush(NULL);
	_exit(status);
}

int get_cdev(void)
{
	int fd = open("/dev/vfio/devices/vfio0", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

int get_iommufd(void)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

int bind_iommufd(int cdev, int iommufd)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b), .iommufd = iommufd };

	return ioctl(cdev, VFIO_DEVICE_BIND_IOMMUFD, &b) ? -1 : (int)b.out_devid;
}

unsigned int alloc_ioas(int iommufd)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };

	return ioctl(iommufd, IOMMU_IOAS_ALLOC, &a) ? 0 : a.out_ioas_id;
}

const char *group_path(void)
{
	static char path[64];
	char link[PATH_MAX];
	ssize_t n = readlink(DEVICE_DIR "/iommu_group", link, sizeof(link) - 1);

	CHECK(n > 0);
	link[n] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%.20s", strrchr(link, '/') + 1);
	return path;
}
