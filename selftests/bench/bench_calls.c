// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a call costs on each backend, as ratios to a raw ioctl on /dev/null
 * (ENOTTY). All subjects run in one process, in turn, batch by batch, so that
 * a machine whose speed drifts slows all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "harness/capture/load.h"
#include "harness/capture/record.h"
#include "harness/capture/replay.h"
#include "harness/shim/backends.h"
#include "harness/uapi/uapi_compat.h"
#include "mocks/model.h"

#define BATCH  2000 /* calls */
#define ROUNDS 301
#define INFO   4096 /* bytes of GET_INFO's buffer */

#define HOST "6.12-vtd-aw39"

enum subject { RAW, KERNEL, MODEL, REPLAY, SUBJECTS };

static const char *const subject_name[SUBJECTS] = {
	[RAW] = "raw ioctl on /dev/null",
	[KERNEL] = "the same, shim backend kernel",
	[MODEL] = "GET_INFO with its chain, model kernel",
	[REPLAY] = "GET_INFO with its chain, replay",
};

struct bench {
	int null;
	struct shim *kernel, *model;
	int container;		    /* on the model */
	struct transcript recorded; /* BATCH GET_INFOs behind what leads to them */
	double ns[SUBJECTS][ROUNDS];
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void get_info(struct shim *s, int container)
{
	_Alignas(8) static unsigned char buf[INFO];
	uint32_t argsz = INFO;

	memcpy(buf, &argsz, sizeof(argsz));
	if (shim_ioctl(s, container, VFIO_IOMMU_GET_INFO, buf)) {
		fprintf(stderr, "bench_calls: GET_INFO failed\n");
		exit(1);
	}
}

/* A container with the host's first group and type1 in it; -1 when that fails. */
static int open_container(struct shim *s, const struct host *h)
{
	char path[64];
	int c = shim_open(s, "/dev/vfio/vfio", O_RDWR), g;

	snprintf(path, sizeof(path), "/dev/vfio/%d", h->groups[0].id);
	g = shim_open(s, path, O_RDWR);
	if (c < 0 || g < 0 || shim_ioctl(s, g, VFIO_GROUP_SET_CONTAINER, &c) ||
	    shim_ioctl_val(s, c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	return c;
}

static int prepare(struct bench *b, struct host **host)
{
	const char *dir = getenv("HIOD_CORPUS");
	struct capture_error err;
	char path[256];

	snprintf(path, sizeof(path), "%s/hosts/%s.host.json", dir ? dir : "corpus", HOST);
	if (capture_load_host(path, host, NULL, &err)) {
		fprintf(stderr, "bench_calls: %s\n", err.msg);
		return -1;
	}
	b->null = open("/dev/null", O_RDWR);
	b->kernel = shim_kernel_new();
	b->model = model_new(*host, NULL);

	struct shim *under = model_new(*host, NULL);
	const struct record_config cfg = { .client = "bench", .to = &b->recorded };
	struct shim *recorder = shim_record_new(under, &cfg, &err);

	if (b->null < 0 || !b->kernel || !b->model || !recorder)
		return -1;
	int c = open_container(recorder, *host);

	for (int i = 0; i < BATCH; i++)
		get_info(recorder, c);
	if (record_finish(recorder, NULL, &err))
		return -1;
	shim_destroy(recorder);
	shim_destroy(under);
	b->container = open_container(b->model, *host);
	return b->container < 0 ? -1 : 0;
}

/* ns per call of one batch. */
static double batch(struct bench *b, enum subject what, const struct host *h)
{
	struct shim *s = b->model;
	uint32_t arg = 4;
	int c = b->container;
	double start;

	if (what == REPLAY) {
		s = shim_replay_new(&b->recorded, NULL);
		c = s ? open_container(s, h) : -1;
		if (c < 0)
			exit(1);
	}
	start = now_ns();
	switch (what) {
	case RAW:
		for (int i = 0; i < BATCH; i++)
			if (!ioctl(b->null, VFIO_IOMMU_GET_INFO, &arg))
				exit(1);
		break;
	case KERNEL:
		for (int i = 0; i < BATCH; i++)
			if (!shim_ioctl(b->kernel, b->null, VFIO_IOMMU_GET_INFO, &arg))
				exit(1);
		break;
	default:
		for (int i = 0; i < BATCH; i++)
			get_info(s, c);
	}
	double ns = (now_ns() - start) / BATCH;

	if (what == REPLAY)
		shim_destroy(s);
	return ns;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	static struct bench b;
	struct host *h = NULL;

	if (prepare(&b, &h))
		return 1;
	for (int r = 0; r < ROUNDS; r++)
		for (int s = 0; s < SUBJECTS; s++)
			b.ns[s][r] = batch(&b, (enum subject)s, h);
	for (int s = 0; s < SUBJECTS; s++)
		qsort(b.ns[s], ROUNDS, sizeof(double), by_value);
	printf("%d batches of %d calls each, in turn\n", ROUNDS, BATCH);
	printf("%-40s %9s %9s %12s %12s\n", "", "best ns", "median ns", "best/raw", "median/raw");
	for (int s = 0; s < SUBJECTS; s++)
		printf("%-40s %9.1f %9.1f %12.2f %12.2f\n", subject_name[s], b.ns[s][0],
		       b.ns[s][ROUNDS / 2], b.ns[s][0] / b.ns[RAW][0],
		       b.ns[s][ROUNDS / 2] / b.ns[RAW][ROUNDS / 2]);
	shim_destroy(b.kernel);
	shim_destroy(b.model);
	transcript_free(&b.recorded);
	host_free(h);
	return 0;
}
