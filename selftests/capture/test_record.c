// SPDX-License-Identifier: GPL-2.0-or-later
/* The recorder: changes nothing, and writes down what the backend below did to memory. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/capture/record.h"
#include "harness/uapi/uapi_compat.h"
#include "selftests/capture/fake.h"
#include "selftests/capture/lib.h"

FIXTURE(rec)
{
	struct scratch s;
	struct fake fake;
	struct transcript t;
	struct shim *r;
	struct capture_error err;
	char path[200];
};

static int no_ioctl(struct fake *f, int fd, uint32_t req, void *arg)
{
	(void)f, (void)fd, (void)req, (void)arg;
	return -ENOTTY;
}

FIXTURE_SETUP(rec)
{
	scratch_make(&self->s);
	snprintf(self->path, sizeof(self->path), "%s", scratch_path(&self->s, "x.capture.jsonl"));
	fake_init(&self->fake);
	self->fake.ioctl = no_ioctl;
	struct record_config cfg = { .client = "test",
				     .kernel = "6.12",
				     .to = &self->t,
				     .path = self->path,
				     .times = true };

	self->r = shim_record_new(&self->fake.shim, &cfg, &self->err);
	ASSERT_NOT_NULL(self->r);
}

FIXTURE_TEARDOWN(rec)
{
	shim_destroy(self->r);
	transcript_free(&self->t);
	scratch_remove(&self->s);
}

/* Opens a node and gives the last call, of an ioctl on it. */
#define LAST (&self->t.calls[self->t.ncalls - 1])

TEST_F(rec, each_operation_passes_through_and_is_written_down)
{
	struct shim *r = self->r;
	struct shim_stat st;
	char buf[16] = "";

	self->fake.bytes = "ab\0";
	self->fake.len = 3;
	EXPECT_EQ(3, shim_open(r, "/dev/iommu", O_RDWR));
	EXPECT_EQ(3, shim_read(r, 3, buf, sizeof(buf)));
	EXPECT_STREQ("ab", buf);
	EXPECT_EQ(2, shim_pread(r, 3, buf, 2, 0x10000000000));
	EXPECT_EQ(2, shim_write(r, 3, "xy", 2));
	EXPECT_EQ(1, shim_pwrite(r, 3, "z", 1, 4));
	EXPECT_EQ('z', self->fake.written[0]);
	EXPECT_EQ(0, shim_fstat(r, 3, &st));
	EXPECT_EQ(257, st.rdev_minor);
	EXPECT_EQ(0, shim_stat(r, "/dev/iommu", &st));
	EXPECT_EQ(0, shim_access(r, "/dev/iommu", R_OK));
	EXPECT_EQ(3, shim_readlink(r, "/l", buf, sizeof(buf)));
	EXPECT_EQ(3, shim_listdir(r, "/d", buf, sizeof(buf)));
	self->fake.fail = EACCES;
	EXPECT_EQ(-EACCES, shim_open(r, "/dev/vfio/1", O_RDWR));
	EXPECT_EQ(-EACCES, shim_read(r, 3, buf, sizeof(buf)));
	EXPECT_EQ(-EACCES, shim_fstat(r, 3, &st));
	EXPECT_EQ(0, shim_close(r, 3));
	EXPECT_EQ(14, self->fake.calls);
	ASSERT_EQ(14, self->t.ncalls);
	EXPECT_EQ(UAPI_FD_IOMMUFD, self->t.calls[1].kind);
	EXPECT_EQ(3, self->t.calls[1].out_len);
	EXPECT_EQ(-EACCES, self->t.calls[11].ret);
	EXPECT_NULL(self->t.calls[11].out);
	EXPECT_EQ(0, record_finish(self->r, "{\"rc\":0}", &self->err));
	/* The file says the same as the memory, times included. */
	EXPECT_TRUE(loads_as(self->path, &self->t, &self->err))
	{
		TH_LOG("%s", self->err.msg);
	}
	for (size_t i = 0; i < self->t.ncalls; i++)
		EXPECT_TRUE(self->t.calls[i].t >= 0);
}

TEST_F(rec, calls_after_the_end_pass_through_unrecorded)
{
	EXPECT_EQ(0, record_finish(self->r, NULL, &self->err));
	EXPECT_EQ(3, shim_open(self->r, "/dev/iommu", O_RDWR));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(self->r, 3, 0x3b64, 0));
	EXPECT_EQ(0, self->t.ncalls);
	EXPECT_STREQ("{}", self->t.result);
}

/* ---- memory ---- */

static int answer_ranges(struct fake *f, int fd, uint32_t req, void *arg)
{
	struct iommu_ioas_iova_ranges *q = arg;
	struct iommu_iova_range *v = (void *)(uintptr_t)q->allowed_iovas;

	(void)f, (void)fd, (void)req;
	if (q->num_iovas)
		v[0] = (struct iommu_iova_range){ 0, 0xfedfffff };
	q->num_iovas = 2;
	q->out_iova_alignment = 4096;
	return -EMSGSIZE;
}

TEST_F(rec, errno_and_bytes_of_a_failed_call_are_part_of_it)
{
	struct iommu_iova_range v[2] = { { 1, 1 }, { 1, 1 } };
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q), .ioas_id = 1, .num_iovas = 1 };
	uint64_t last;

	q.allowed_iovas = (uintptr_t)v;
	self->fake.ioctl = answer_ranges;
	shim_open(self->r, "/dev/iommu", O_RDWR);
	EXPECT_EQ(-EMSGSIZE, shim_ioctl(self->r, 3, IOMMU_IOAS_IOVA_RANGES, &q));
	/* The caller's memory is as the backend left it. */
	EXPECT_EQ(2, q.num_iovas);
	EXPECT_EQ(0xfedfffff, v[0].last);
	EXPECT_EQ(1, v[1].last);
	EXPECT_EQ(-EMSGSIZE, LAST->ret);
	EXPECT_EQ(sizeof(q), LAST->in_len);
	ASSERT_EQ(sizeof(q), LAST->out_len);
	EXPECT_EQ(1, LAST->in[8]);
	EXPECT_EQ(2, LAST->out[8]);
	ASSERT_EQ(1, LAST->nmem);
	EXPECT_STREQ("allowed_iovas", LAST->mem[0].what);
	EXPECT_NULL(LAST->mem[0].in);
	ASSERT_EQ(16, LAST->mem[0].out_len);
	memcpy(&last, LAST->mem[0].out + 8, 8);
	EXPECT_EQ(0xfedfffff, last);
}

TEST_F(rec, a_failed_call_that_wrote_nothing_has_no_bytes_out)
{
	struct iommu_iova_range v = { 7, 7 };
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q), .ioas_id = 1, .num_iovas = 1 };

	q.allowed_iovas = (uintptr_t)&v;
	shim_open(self->r, "/dev/iommu", O_RDWR);
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->r, 3, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_NULL(LAST->out);
	EXPECT_TRUE(!LAST->nmem || !LAST->mem[0].out);
}

static int answer_info(struct fake *f, int fd, uint32_t req, void *arg)
{
	uint32_t *w = arg;

	(void)f, (void)fd, (void)req;
	w[0] = 120;
	w[1] = 3;
	/* A backend out of its mind: far behind what it said. */
	((uint8_t *)arg)[199] = 0x77;
	return 0;
}

TEST_F(rec, bytes_written_past_the_protocol_are_recorded_too)
{
	uint32_t buf[50] = { sizeof(buf) };

	self->fake.ioctl = answer_info;
	shim_open(self->r, "/dev/vfio/vfio", O_RDWR);
	EXPECT_EQ(0, shim_ioctl(self->r, 3, VFIO_IOMMU_GET_INFO, buf));
	EXPECT_EQ(24, LAST->in_len);
	ASSERT_EQ(200, LAST->out_len);
	EXPECT_EQ(0x77, LAST->out[199]);
}

static int answer_fd(struct fake *f, int fd, uint32_t req, void *arg)
{
	(void)fd, (void)arg;
	return req == VFIO_GROUP_GET_DEVICE_FD ? f->next_fd++ : -ENOTTY;
}

TEST_F(rec, the_kind_of_an_fd_that_a_request_returned_is_known)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	int fd;

	self->fake.ioctl = answer_fd;
	shim_open(self->r, "/dev/vfio/26", O_RDWR);
	fd = shim_ioctl(self->r, 3, VFIO_GROUP_GET_DEVICE_FD, (void *)"0000:00:05.0");
	EXPECT_EQ(4, fd);
	EXPECT_EQ(UAPI_FD_GROUP, LAST->kind);
	EXPECT_STREQ("0000:00:05.0", (char *)LAST->in);
	shim_ioctl(self->r, fd, VFIO_DEVICE_GET_INFO, &info);
	EXPECT_EQ(UAPI_FD_DEVICE, LAST->kind);
	/* A closed fd's number may come back as another kind. */
	shim_close(self->r, fd);
	self->fake.next_fd = 4;
	shim_open(self->r, "/dev/iommu", O_RDWR);
	shim_ioctl_val(self->r, 4, 0x3bff, 0);
	EXPECT_EQ(UAPI_FD_IOMMUFD, LAST->kind);
}

static int answer_fault(struct fake *f, int fd, uint32_t req, void *arg)
{
	struct iommu_fault_alloc *a = arg;

	(void)f, (void)fd, (void)req;
	a->out_fault_id = 5;
	a->out_fault_fd = 9;
	return 0;
}

TEST_F(rec, the_kind_of_an_fd_in_a_reply_is_known)
{
	struct iommu_fault_alloc a = { .size = sizeof(a) };
	char buf[4];

	self->fake.ioctl = answer_fault;
	shim_open(self->r, "/dev/iommu", O_RDWR);
	EXPECT_EQ(0, shim_ioctl(self->r, 3, IOMMU_FAULT_QUEUE_ALLOC, &a));
	shim_read(self->r, 9, buf, sizeof(buf));
	EXPECT_EQ(UAPI_FD_FAULT, LAST->kind);
}

static int answer_swap(struct fake *f, int fd, uint32_t req, void *arg)
{
	uint64_t *v = arg;

	(void)f, (void)fd, (void)req;
	*v = ~*v;
	return 0;
}

TEST_F(rec, an_unknown_request_is_recorded_as_its_number_says)
{
	uint64_t v = 0x1122334455667788;

	self->fake.ioctl = answer_swap;
	shim_open(self->r, "/dev/iommu", O_RDWR);
	EXPECT_EQ(0, shim_ioctl(self->r, 3, (uint32_t)_IOWR('z', 1, uint64_t), &v));
	EXPECT_EQ(~0x1122334455667788ull, v);
	ASSERT_EQ(8, LAST->in_len);
	EXPECT_EQ(0x88, LAST->in[0]);
	ASSERT_EQ(8, LAST->out_len);
	EXPECT_EQ(0x77, LAST->out[0]);
	EXPECT_EQ(0, shim_ioctl(self->r, 3, (uint32_t)_IOW('z', 2, uint64_t), &v));
	EXPECT_EQ(8, LAST->in_len);
	EXPECT_NULL(LAST->out);
	/* No direction, no size: a number. */
	self->fake.ioctl = no_ioctl;
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(self->r, 3, (uint32_t)_IO('z', 3), 42));
	EXPECT_TRUE(LAST->has_arg);
	EXPECT_EQ(42, LAST->arg);
	EXPECT_NULL(LAST->in);
	EXPECT_EQ(0, record_finish(self->r, NULL, &self->err));
	EXPECT_TRUE(loads_as(self->path, &self->t, &self->err))
	{
		TH_LOG("%s", self->err.msg);
	}
}

TEST_F(rec, a_bad_pointer_is_recorded_and_handed_on)
{
	shim_open(self->r, "/dev/iommu", O_RDWR);
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->r, 3, IOMMU_IOAS_ALLOC, NULL));
	EXPECT_NULL(LAST->in);
	EXPECT_FALSE(LAST->has_arg);
	EXPECT_EQ(2, self->t.ncalls);
}

TEST_F(rec, of_a_size_below_four_only_the_word_is_read)
{
	uint32_t size = 3;

	shim_open(self->r, "/dev/iommu", O_RDWR);
	shim_ioctl(self->r, 3, IOMMU_IOAS_ALLOC, &size);
	ASSERT_EQ(4, LAST->in_len);
	EXPECT_EQ(3, LAST->in[0]);
}

/* What the reader takes is bounded: a recording ends aloud before that, in whole lines. */
TEST_F(rec, a_recording_larger_than_what_is_read_is_ended)
{
	enum { BYTES = 1 << 20 };
	uint8_t *data = calloc(1, BYTES);
	struct transcript t;

	ASSERT_NOT_NULL(data);
	shim_open(self->r, "/sys/x", O_RDWR);
	self->fake.fail = EIO;
	for (unsigned int i = 0; i < 40; i++)
		shim_pwrite(self->r, 3, data, BYTES, i);
	EXPECT_EQ(-EFBIG, record_finish(self->r, NULL, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, "cannot record: File too large"))
	{
		TH_LOG("%s", self->err.msg);
	}
	ASSERT_EQ(0, transcript_load(self->path, TRANSCRIPT_PARTIAL, &t, &self->err));
	EXPECT_LT(20, t.ncalls);
	EXPECT_LT(t.ncalls, 40);
	transcript_free(&t);
	free(data);
}

TEST_HARNESS_MAIN
