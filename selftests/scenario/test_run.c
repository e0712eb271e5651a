// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenarios that must fail, and how: each expectation and invariant can. */
#include <fcntl.h>
#include <linux/vfio.h>

#include "harness/ktap/ktap.h"
#include "harness/scenario/scenario.h"
#include "mocks/model.h"
#include "selftests/mocks/hosts.h"

/* A kernel with a fault of its own, over the model. */
enum fault { FAULT_NONE, FAULT_CLOSE, FAULT_UNMAP, FAULT_UNKNOWN };

struct faulty {
	struct shim shim;
	struct shim *model;
	enum fault fault;
	struct shim_ops ops;
};

static int faulty_open(struct shim *s, const char *path, int flags)
{
	return shim_open(((struct faulty *)s)->model, path, flags);
}

/* Says that it has closed. */
static int faulty_close(struct shim *s, int fd)
{
	struct faulty *f = (struct faulty *)s;

	return f->fault == FAULT_CLOSE ? 0 : shim_close(f->model, fd);
}

static int faulty_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct faulty *f = (struct faulty *)s;

	if (f->fault == FAULT_UNMAP && req == VFIO_IOMMU_UNMAP_DMA)
		return 0;
	if (f->fault == FAULT_UNKNOWN && req == VFIO_DEVICE_GET_INFO)
		shim_ioctl(f->model, fd, 0x3bff, NULL);
	return f->model->ops->ioctl(f->model, fd, req, arg);
}

static ssize_t faulty_read(struct shim *s, int fd, void *buf, size_t len)
{
	return shim_read(((struct faulty *)s)->model, fd, buf, len);
}

static int faulty_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	return shim_stat(((struct faulty *)s)->model, path, st);
}

static int faulty_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	return shim_fstat(((struct faulty *)s)->model, fd, st);
}

static int faulty_access(struct shim *s, const char *path, int mode)
{
	return shim_access(((struct faulty *)s)->model, path, mode);
}

static ssize_t faulty_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	return shim_readlink(((struct faulty *)s)->model, path, buf, len);
}

static ssize_t faulty_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	return shim_listdir(((struct faulty *)s)->model, path, buf, len);
}

static const struct shim_ops faulty_ops = {
	.name = "faulty",
	.open = faulty_open,
	.close = faulty_close,
	.ioctl = faulty_ioctl,
	.read = faulty_read,
	.stat = faulty_stat,
	.fstat = faulty_fstat,
	.access = faulty_access,
	.readlink = faulty_readlink,
	.listdir = faulty_listdir,
};

#define VIOMMU "viommu intel-iommu,caching-mode=on,aw-bits=39\n"
#define PORT   "device pcie-root-port,id=rp0\n"
#define PLUG   "+dev @1 legacy bus=rp0\n"

static const struct {
	const char *text, *message;
	enum fault fault;
	enum scenario_result result;
} rows[] = {
	/* outcomes */
	{ VIOMMU "+dev @1 legacy\nexpect refused\n",
	  "f:3: +dev (line 2): accepted; expected refused" },
	{ "viommu intel-iommu,caching-mode=on,aw-bits=48\n+dev @1 legacy\nquit\n",
	  "f:2: +dev: refused: vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 48 > host aw-bits "
	  "39; expected accepted" },
	{ "viommu intel-iommu,caching-mode=on,aw-bits=48\n+dev @1 legacy\n",
	  "f:2: +dev: refused: vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 48 > host aw-bits "
	  "39; expected accepted" },
	{ "viommu intel-iommu,caching-mode=on,aw-bits=48\n+dev @1 legacy\nexpect refused \"aw*\"\n",
	  "f:3: message: 'vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 48 > host aw-bits 39', "
	  "expected 'aw*'" },
	{ "viommu intel-iommu,caching-mode=on,aw-bits=48\n+dev @1 legacy\nexpect refused\n"
	  "start\n",
	  "f:4: start: QEMU ended at line 2; quit begins anew" },
	{ "expect accepted\nstart\n", "f:1: expect accepted: nothing was done yet" },
	{ "start\nexpect verdict refused\n", "f:2: verdict accepted, expected refused" },
	{ "viommu intel-iommu,aw-bits=40\nexpect refused\nexpect hint \"none\"\n",
	  "f:3: hint: '', expected 'none'" },
	/* steps that make no sense */
	{ "start\nstart\n", "f:2: start: it has started; quit begins anew" },
	{ "reset\n", "f:1: reset: expected start before" },
	{ "start\nviommu-reset\n", "f:2: viommu-reset: there is no vIOMMU" },
	{ "+dev @1 legacy\n-dev @1\n", "f:2: -dev: expected start before" },
	{ "start\n-dev @1\n", "f:2: -dev: 0000:00:05.0 is not plugged in" },
	{ "+dev @2 legacy\n", "f:1: +dev: there is no device @2 here (needs devices=N)" },
	{ "start\nmachine q35\n", "f:2: machine: there is one; quit begins anew" },
	{ "lost 0000:00:09.0\n", "f:1: lost: the host has no device 0000:00:09.0" },
	{ "fail VFIO_DEVICE_GET_INFO EIO\nstart\n",
	  "f:2: the failure that was to be injected never happened" },
	{ "fail VFIO_DEVICE_GET_INFO EIO 0\nstart\n",
	  "f:1: fail: '0': expected which call, from 1" },
	{ "fail open EIO\nstart\n", "f:1: fail: field 3: expected the path" },
	/* states */
	{ VIOMMU "+dev @1 legacy\nexpect table 0\n", "f:3: table is 1 (0x1), expected 0" },
	{ "+dev @1 legacy\nexpect refs @1 >1\n",
	  "f:2: refs of 0000:00:05.0 is 1 (0x1), expected >1" },
	{ "+dev @1 legacy\nexpect aw-bits @1 48\n",
	  "f:2: aw-bits of 0000:00:05.0 is 39 (0x27), expected 48" },
	{ "+dev @1 legacy\nexpect kernel-aw-bits @1 <39\n",
	  "f:2: kernel-aw-bits of 0000:00:05.0 is 39 (0x27), expected <39" },
	{ "+dev @1 legacy\nexpect alias @1 pcie.0:02.0\n",
	  "f:2: alias: 'pcie.0:01.0', expected 'pcie.0:02.0'" },
	{ "+dev @1 legacy\nexpect other-container @1 @1\n",
	  "f:2: 0000:00:05.0 and 0000:00:05.0 share a container" },
	{ "start\nexpect aw-bits @1 39\n", "f:2: expect aw-bits: 0000:00:05.0 is not plugged in" },
	{ "+dev @1 legacy\nexpect fds 2\n", "f:2: fds is 3 (0x3), expected 2" },
	{ "+dev @1 iommufd\nexpect objects 2\n", "f:2: objects is 3 (0x3), expected 2" },
	{ "+dev @1 iommufd\nexpect ioas 0\n", "f:2: ioas is 1 (0x1), expected 0" },
	{ "+dev @1 iommufd\nexpect hwpts 0\n", "f:2: hwpts is 1 (0x1), expected 0" },
	{ "+dev @1 legacy\nexpect containers 0\n", "f:2: containers is 1 (0x1), expected 0" },
	{ "+dev @1 legacy\nexpect mappings 0\n", "f:2: mappings is 1 (0x1), expected 0" },
	{ "+dev @1 legacy\nexpect devices 0\n", "f:2: devices is 1 (0x1), expected 0" },
	{ VIOMMU "expect cap 1\n",
	  "f:2: cap is 9282482383832351366 (0x80d2008c22260286), expected 1" },
	{ VIOMMU "expect ecap 1\n", "f:2: ecap is 15732554 (0xf00f4a), expected 1" },
	{ VIOMMU "expect page-sizes 1\n", "f:2: expect page-sizes: the vIOMMU is no virtio-iommu" },
	{ "viommu virtio-iommu-pci\n+dev @1 legacy\nexpect reserved @1 none\n",
	  "f:3: reserved regions: '0xfee00000-0xfeefffff,0x8000000000-0xffffffffffffffff', "
	  "expected 'none'" },
	/* a kernel that is wrong about what it has */
	{ PORT "start\n" PLUG "-dev @1\n", "f:4: 3 descriptors are open in the kernel, expected 0",
	  FAULT_CLOSE },
	{ VIOMMU PORT "start\n" PLUG "translation on\n", "f:5: 1 mappings are alive, expected 0",
	  FAULT_UNMAP },
	{ "+dev @1 legacy\n", "f:1: device: unknown request 0x3bff", FAULT_UNKNOWN },
	/* needs */
	{ "needs devices=2\nstart\n", "f:1: too few devices", FAULT_NONE, SCENARIO_SKIP },
	{ "needs width>39\nstart\n", "f:1: the host has 39 bits with legacy, needed >39",
	  FAULT_NONE, SCENARIO_SKIP },
	{ "needs one-group\nstart\n", "f:1: needs two devices", FAULT_NONE, SCENARIO_SKIP },
	{ "profiles ..11.0\nstart\n", "f:1: not of this profile", FAULT_NONE, SCENARIO_SKIP },
	{ "needs luck\nstart\n",
	  "f:1: needs: 'luck': expected devices=N, vdpas=N, model, legacy, iommufd, width=N (or "
	  "width>=N, width<N), one-group or two-groups" },
	{ "needs width=many\nstart\n", "f:1: widthmany: expected a number, as 39 or >=48" },
};

static enum scenario_result run(const char *text, enum fault fault, const char *const *devices,
				size_t ndevices, struct scenario_error *why)
{
	struct host *h = test_host(&(struct host_spec){ 0 });
	struct shim *model = model_new(h, &uapi_mem_checked);
	struct faulty f = { .shim.ops = &faulty_ops, .model = model, .fault = fault };
	struct scenario *sc = scenario_parse("f", text, strlen(text), why);
	const struct scenario_world w = {
		.profile = hiod_profile_find("qemu-11.1"),
		.shim = fault ? &f.shim : model,
		.model = model,
		.devices = devices,
		.ndevices = ndevices,
	};
	enum scenario_result result = SCENARIO_FAIL;

	if (sc)
		result = scenario_run(sc, &w, why);
	scenario_free(sc);
	shim_destroy(model);
	host_free(h);
	return result;
}

static const char *const devices[] = { BDF };

TEST(what_fails_is_told_with_its_line)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum scenario_result expected = rows[i].result ? rows[i].result : SCENARIO_FAIL;
		struct scenario_error why;

		EXPECT_EQ(expected, run(rows[i].text, rows[i].fault, devices, 1, &why))
		{
			TH_LOG("row %zu: %s", i, rows[i].text);
		}
		EXPECT_STREQ(rows[i].message, why.msg);
	}
}

TEST(without_a_device_a_scenario_is_skipped)
{
	struct scenario_error why;

	EXPECT_EQ(SCENARIO_SKIP, run("start\n", FAULT_NONE, NULL, 0, &why));
	EXPECT_STREQ("f:1: no device", why.msg);
}

/* Fewer steps for what passes: the corpus has the rest. */
TEST(what_holds_passes)
{
	static const char *const texts[] = {
		VIOMMU PORT "start\n" PLUG "expect table 1\nexpect table >=1\nexpect table <2\n",
		VIOMMU "+dev @1 iommufd:mine id=x,addr=4\nexpect alias @1 pcie.0:04.0\n",
		"+dev @1 legacy\n",
		"quit\nquit\n",
		"[..9.2] expect table 77\nstart\n",
		"viommu intel-iommu,aw-bits=40\nexpect refused \"*39, 48\"\nquit\nstart\n",
		"viommu intel-iommu,aw-bits=40\nexpect refused \"Legacy mode: supported values for "
		"aw-bits are: 39, 48\"\n",
		"start\nviommu intel-iommu\nexpect refused \"Device 'intel-iommu' does not support "
		"hotplugging\"\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scenario_error why = { "" };

		EXPECT_EQ(SCENARIO_PASS, run(texts[i], FAULT_NONE, devices, 1, &why))
		{
			TH_LOG("%s: %s", texts[i], why.msg);
		}
	}
}

TEST_HARNESS_MAIN
