// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program outside the tree that uses libhiod-shim. It asks for the IOVA ranges
 * behind a device's IOMMU, as any user of VFIO does; what answers is one of
 *
 *	shim-client --kernel BDF		the running kernel
 *	shim-client HOST BDF [CAPTURE]		the model of a described host; CAPTURE: and
 *						writes down what was asked and answered
 *	shim-client --replay CAPTURE BDF	that recording
 *
 * and shim-client --fault HOST BDF is the model with an ioctl that fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/vfio.h>

#include <hiod-shim/backends.h>
#include <hiod-shim/load.h>
#include <hiod-shim/model.h>
#include <hiod-shim/record.h>
#include <hiod-shim/replay.h>

static int failed(const char *what, int rc)
{
	printf("%s: %s\n", what, strerror(-rc));
	return 1;
}

/* The group of a device, by its link in sysfs. */
static int group_of(struct shim *s, const char *bdf, char *node, size_t len)
{
	char path[128], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	n = shim_readlink(s, path, target, sizeof(target) - 1);
	if (n < 0)
		return n;
	target[n] = '\0';
	snprintf(node, len, "/dev/vfio/%s", strrchr(target, '/') + 1);
	return 0;
}

static void print_ranges(const struct vfio_iommu_type1_info *info)
{
	uint32_t pos = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
	struct uapi_cap cap;

	while (uapi_cap_next(info, info->argsz, &pos, &cap) > 0) {
		const struct vfio_iommu_type1_info_cap_iova_range *r =
			(const void *)((const char *)info + cap.off);

		if (cap.id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			continue;
		for (uint32_t i = 0; i < r->nr_iovas; i++)
			printf("0x%" PRIx64 " - 0x%" PRIx64 "\n", (uint64_t)r->iova_ranges[i].start,
			       (uint64_t)r->iova_ranges[i].end);
	}
}

/* The first call tells how much room the answer needs. */
static int ask_ranges(struct shim *s, int container)
{
	struct vfio_iommu_type1_info *info = calloc(1, sizeof(*info)), *more;
	int r;

	if (!info)
		return -ENOMEM;
	info->argsz = sizeof(*info);
	r = shim_ioctl(s, container, VFIO_IOMMU_GET_INFO, info);
	if (!r && info->argsz > sizeof(*info)) {
		more = calloc(1, info->argsz);
		if (more)
			more->argsz = info->argsz;
		free(info);
		info = more;
		r = info ? shim_ioctl(s, container, VFIO_IOMMU_GET_INFO, info) : -ENOMEM;
	}
	if (!r)
		print_ranges(info);
	free(info);
	return r;
}

static int client(struct shim *s, const char *bdf)
{
	char node[300];
	int container, group, r;

	r = group_of(s, bdf, node, sizeof(node));
	if (r < 0)
		return failed(bdf, r);
	container = shim_open(s, "/dev/vfio/vfio", O_RDWR);
	if (container < 0)
		return failed("/dev/vfio/vfio", container);
	group = shim_open(s, node, O_RDWR);
	if (group < 0) {
		shim_close(s, container);
		return failed(node, group);
	}
	r = shim_ioctl(s, group, VFIO_GROUP_SET_CONTAINER, &container);
	if (!r)
		r = shim_ioctl_val(s, container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	if (!r)
		r = ask_ranges(s, container);
	shim_close(s, group);
	shim_close(s, container);
	return r < 0 ? failed("VFIO", r) : 0;
}

static int on_kernel(const char *bdf)
{
	struct shim *s = shim_kernel_new();
	int status = s ? client(s, bdf) : failed("shim_kernel_new", -ENOMEM);

	shim_destroy(s);
	return status;
}

static int on_model(const char *path, const char *bdf, const char *capture, bool fault)
{
	static const struct shim_fault rule = {
		.op = SHIM_OP_IOCTL, .req = VFIO_IOMMU_GET_INFO, .nth = 2, .err = ENOMEM
	};
	struct capture_error err = { "" };
	struct shim *model = NULL, *over = NULL;
	struct host *h;
	int status = 1;

	if (capture_load_host(path, &h, NULL, &err)) {
		puts(err.msg);
		return 1;
	}
	model = model_new(h, NULL);
	if (model && capture)
		over = shim_record_new(model,
				       &(struct record_config){ .client = "shim-client",
								.device = bdf,
								.path = capture },
				       &err);
	else if (model && fault)
		over = shim_fault_new(model, &rule, 1);
	if (!model || ((capture || fault) && !over)) {
		puts(*err.msg ? err.msg : "out of memory");
	} else {
		status = client(over ? over : model, bdf);
		if (capture && record_finish(over, NULL, &err)) {
			puts(err.msg);
			status = 1;
		}
	}
	shim_destroy(over);
	shim_destroy(model);
	host_free(h);
	return status;
}

static int on_recording(const char *capture, const char *bdf)
{
	struct capture_error err;
	struct transcript t;
	struct shim *s;
	int status = 1;

	if (transcript_load(capture, 0, &t, &err)) {
		puts(err.msg);
		return 1;
	}
	s = shim_replay_new(&t, NULL);
	if (s) {
		status = client(s, bdf);
		if (replay_finish(s, &err)) {
			puts(err.msg);
			status = 1;
		}
	}
	shim_destroy(s);
	transcript_free(&t);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--kernel"))
		return on_kernel(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "--replay"))
		return on_recording(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "--fault"))
		return on_model(argv[2], argv[3], NULL, true);
	if ((argc == 3 || argc == 4) && argv[1][0] != '-')
		return on_model(argv[1], argv[2], argv[3], false);
	fputs("usage: shim-client HOST BDF [CAPTURE], --kernel BDF, --replay CAPTURE BDF, "
	      "or --fault HOST BDF\n",
	      stderr);
	return 2;
}
