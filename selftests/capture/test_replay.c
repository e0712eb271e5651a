// SPDX-License-Identifier: GPL-2.0-or-later
/* The replayer: the same calls are answered, each kind of deviation is named with its line. */
#include <fcntl.h>
#include <unistd.h>

#include "harness/capture/marshal.h"
#include "harness/capture/record.h"
#include "harness/capture/replay.h"
#include "harness/uapi/uapi_compat.h"
#include "selftests/capture/fake.h"
#include "selftests/capture/lib.h"

/*
 * A client in small: opens, binds, asks. Each knob makes it deviate in one way.
 */
struct client {
	const char *path;
	int flags;
	int fd_off;	/* added to the fd of the ioctls */
	uint32_t ext;	/* VFIO_CHECK_EXTENSION's argument */
	uint32_t num;	/* num_iovas */
	uint32_t extra; /* a request more */
	uint32_t hwpt_len;
	uint8_t data;	/* first byte behind data_uptr */
	bool null_data; /* data_uptr NULL */
	bool no_close;
	size_t read_len;
	uint64_t off;
	const char *link;
	int mode;
	const char *device; /* GET_DEVICE_FD's string */
	uint8_t pad;	    /* garbage in a member that the kernel only writes */
};

static const struct client good = {
	.path = "/dev/iommu",
	.flags = O_RDWR,
	.ext = 3,
	.num = 2,
	.hwpt_len = 24,
	.read_len = 8,
	.off = 64,
	.link = "/sys/l",
	.mode = R_OK,
	.device = "0000:00:05.0",
};

struct seen {
	uint64_t iova[4];
	uint32_t num;
	uint32_t hwpt;
	uint64_t uptr;
	char text[16];
};

static void run(struct shim *s, const struct client *c, struct seen *seen)
{
	struct iommu_hwpt_vtd_s1 *s1 = calloc(1, 64);
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q), .ioas_id = 1 };
	struct uapi_hwpt_alloc h = { .size = sizeof(h), .dev_id = 1, .pt_id = 2 };
	struct shim_stat st;
	int fd, group;

	*seen = (struct seen){ 0 };
	fd = shim_open(s, c->path, c->flags) + c->fd_off;
	shim_fstat(s, fd, &st);
	shim_ioctl_val(s, fd, VFIO_CHECK_EXTENSION, c->ext);
	q.num_iovas = c->num;
	q.allowed_iovas = (uintptr_t)seen->iova;
	shim_ioctl(s, fd, IOMMU_IOAS_IOVA_RANGES, &q);
	seen->num = q.num_iovas;
	h.data_type = 1;
	h.data_len = c->hwpt_len;
	*(uint8_t *)s1 = c->data;
	h.data_uptr = c->null_data ? 0 : (uintptr_t)s1;
	h.out_hwpt_id = c->pad;
	if (c->extra)
		shim_ioctl_val(s, fd, c->extra, 0);
	shim_ioctl(s, fd, IOMMU_HWPT_ALLOC, &h);
	seen->hwpt = h.out_hwpt_id;
	seen->uptr = h.data_uptr == (uintptr_t)s1;
	shim_pread(s, fd, seen->text, c->read_len, c->off);
	shim_readlink(s, c->link, seen->text, sizeof(seen->text));
	shim_access(s, "/dev/iommu", c->mode);
	group = shim_open(s, "/dev/vfio/1", O_RDWR);
	shim_ioctl(s, group, VFIO_GROUP_GET_DEVICE_FD, (void *)c->device);
	shim_write(s, fd, c->data ? "uv" : "xy", 2);
	shim_close(s, group);
	if (!c->no_close)
		shim_close(s, fd - c->fd_off);
	free(s1);
}

static int kernel(struct fake *f, int fd, uint32_t req, void *arg)
{
	(void)fd;
	if (req == VFIO_CHECK_EXTENSION)
		return (uintptr_t)arg == 3;
	if (req == IOMMU_IOAS_IOVA_RANGES) {
		struct iommu_ioas_iova_ranges *q = arg;
		const struct iommu_iova_range v[2] = { { 0, 0xfedfffff },
						       { 0xfef00000, 0x7fffffffff } };

		/* The caller's array may lie anywhere. */
		memcpy((void *)(uintptr_t)q->allowed_iovas, v, sizeof(v));
		q->num_iovas = 3;
		return -EMSGSIZE;
	}
	if (req == IOMMU_HWPT_ALLOC) {
		((struct uapi_hwpt_alloc *)arg)->out_hwpt_id = 7;
		return 0;
	}
	return req == VFIO_GROUP_GET_DEVICE_FD ? f->next_fd++ : -ENOTTY;
}

FIXTURE(replay)
{
	struct scratch s;
	struct transcript t;
	struct seen recorded;
	struct capture_error err;
	char path[200];
};

FIXTURE_SETUP(replay)
{
	struct record_config cfg = { .client = "test" };
	struct fake fake;
	struct shim *r;

	scratch_make(&self->s);
	snprintf(self->path, sizeof(self->path), "%s", scratch_path(&self->s, "x.capture.jsonl"));
	fake_init(&fake);
	fake.ioctl = kernel;
	fake.bytes = "DMA-FQ\n";
	fake.len = 7;
	cfg.path = self->path;
	r = shim_record_new(&fake.shim, &cfg, &self->err);
	ASSERT_NOT_NULL(r);
	run(r, &good, &self->recorded);
	ASSERT_EQ(0, record_finish(r, NULL, &self->err));
	shim_destroy(r);
	ASSERT_EQ(0, transcript_load(self->path, 0, &self->t, &self->err))
	{
		TH_LOG("%s", self->err.msg);
	}
}

FIXTURE_TEARDOWN(replay)
{
	transcript_free(&self->t);
	scratch_remove(&self->s);
}

TEST_F(replay, the_same_client_is_answered_as_it_was)
{
	struct shim *s = shim_replay_new(&self->t, NULL);
	struct seen seen;

	run(s, &good, &seen);
	EXPECT_NULL(replay_error(s));
	EXPECT_EQ(0, replay_finish(s, &self->err))
	{
		TH_LOG("%s", self->err.msg);
	}
	EXPECT_EQ(0, memcmp(seen.iova, self->recorded.iova, sizeof(seen.iova)));
	EXPECT_EQ(3, seen.num);
	EXPECT_EQ(7, seen.hwpt);
	/* The client's own pointer, not the recorded one. */
	EXPECT_EQ(1, seen.uptr);
	EXPECT_STREQ("DMA-FQ\n", seen.text);
	shim_destroy(s);
}

TEST_F(replay, what_the_kernel_does_not_read_is_not_compared)
{
	struct client c = good;
	struct shim *s = shim_replay_new(&self->t, NULL);
	struct seen seen;

	c.pad = 0xa5;
	run(s, &c, &seen);
	EXPECT_EQ(0, replay_finish(s, &self->err))
	{
		TH_LOG("%s", self->err.msg);
	}
	shim_destroy(s);
}

#define KNOB(name, ...)                                                                            \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			.path = "/dev/iommu", .flags = O_RDWR, .ext = 3, .num = 2, .hwpt_len = 24, \
			.read_len = 8, .off = 64, .link = "/sys/l", .mode = R_OK,                  \
			.device = "0000:00:05.0", __VA_ARGS__                                      \
		}                                                                                  \
	}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

/* Each deviation, the line it is at, and what the message says of it. */
static const struct {
	struct {
		const char *name;
		struct client c;
	} k;
	unsigned int line;
	const char *what, *expected, *got;
} deviations[] = {
	{ KNOB("path", .path = "/dev/vfio/vfio"), 2, "path differs", "open(/dev/iommu",
	  "open(/dev/vfio/vfio" },
	{ KNOB("flags", .flags = O_RDONLY), 2, "flags differs", "0x2", "0x0" },
	{ KNOB("fd", .fd_off = 5), 3, "fd differs", "iommufd 3", " 8" },
	{ KNOB("value argument", .ext = 1), 4, "arg differs", "TYPE1v2", "TYPE1" },
	{ KNOB("number in a struct", .num = 1), 5, "num_iovas differs", "num_iovas=2",
	  "num_iovas=1" },
	{ KNOB("other request", .extra = 0x3b64), 6, "request differs", "IOMMU_HWPT_ALLOC",
	  "VFIO_GET_API_VERSION" },
	{ KNOB("unknown request", .extra = 0x3bff), 6, "request differs", "IOMMU_HWPT_ALLOC",
	  "3bff" },
	{ KNOB("length of a buffer", .hwpt_len = 16), 6, "data_len differs", "data_len=24",
	  "data_len=16" },
	{ KNOB("bytes behind a pointer", .data = 1), 6, "data_uptr differs", "expected", "got" },
	{ KNOB("a pointer that is NULL", .null_data = true), 6, "data_uptr differs", "expected",
	  "got" },
	{ KNOB("room to read", .read_len = 4), 7, "length differs", "8 bytes", "4 bytes" },
	{ KNOB("offset", .off = 0), 7, "offset differs", "0x40", "0x0" },
	{ KNOB("link", .link = "/sys/m"), 8, "path differs", "/sys/l", "/sys/m" },
	{ KNOB("mode", .mode = W_OK), 9, "mode differs", "0x4", "0x2" },
	{ KNOB("string", .device = "0000:00:06.0"), 11, "differs", "0000:00:05.0", "0000:00:06.0" },
};
#pragma GCC diagnostic pop

TEST_F(replay, each_kind_of_deviation_is_named_with_its_line)
{
	for (size_t i = 0; i < sizeof(deviations) / sizeof(*deviations); i++) {
		struct shim *s = shim_replay_new(&self->t, NULL);
		const char *e, *expected, *got;
		struct seen seen;
		char at[240];

		run(s, &deviations[i].k.c, &seen);
		e = replay_error(s);
		ASSERT_NOT_NULL(e)
		{
			TH_LOG("%s went unnoticed", deviations[i].k.name);
		}
		snprintf(at, sizeof(at), "%s:%u: ", self->path, deviations[i].line);
		expected = strstr(e, "expected ");
		got = strstr(e, ", got ");
		EXPECT_TRUE(!strncmp(e, at, strlen(at)) && strstr(e, deviations[i].what) &&
			    expected && got && strstr(expected, deviations[i].expected) &&
			    strstr(got, deviations[i].got))
		{
			TH_LOG("%s: %s", deviations[i].k.name, e);
		}
		EXPECT_EQ(-EPROTO, replay_finish(s, &self->err));
		EXPECT_TRUE(one_line_with(self->err.msg, at));
		/* The first deviation is the end. */
		EXPECT_EQ(-EIO, shim_open(s, "/dev/iommu", O_RDWR));
		EXPECT_EQ(-EIO, shim_close(s, 3));
		EXPECT_EQ(-EIO, shim_ioctl_val(s, 3, VFIO_CHECK_EXTENSION, 3));
		EXPECT_EQ(-EIO, shim_read(s, 3, seen.text, 1));
		EXPECT_STREQ(e, replay_error(s));
		shim_destroy(s);
	}
}

TEST_F(replay, data_written_is_compared)
{
	struct shim *s = shim_replay_new(&self->t, NULL);

	/* Up to the write, the good client's calls by hand are its own. */
	self->t.calls[10].in[0] ^= 1;
	struct seen seen;

	run(s, &good, &seen);
	ASSERT_NOT_NULL(replay_error(s));
	EXPECT_NOT_NULL(strstr(replay_error(s), ":12: data differs"));
	shim_destroy(s);
}

TEST_F(replay, calls_left_over_are_an_error_with_their_line)
{
	struct client c = good;
	struct shim *s = shim_replay_new(&self->t, NULL);
	struct seen seen;

	c.no_close = true;
	run(s, &c, &seen);
	EXPECT_NULL(replay_error(s));
	EXPECT_EQ(-EPROTO, replay_finish(s, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, ":14: expected close(iommufd 3)"))
	{
		TH_LOG("%s", self->err.msg);
	}
	shim_destroy(s);
}

TEST_F(replay, calls_past_the_end_are_an_error)
{
	struct shim *s = shim_replay_new(&self->t, NULL);
	struct seen seen;

	run(s, &good, &seen);
	EXPECT_EQ(-EIO, shim_open(s, "/dev/iommu", O_RDWR));
	ASSERT_NOT_NULL(replay_error(s));
	EXPECT_NOT_NULL(strstr(replay_error(s), "expected no more calls, got open(/dev/iommu"));
	shim_destroy(s);
}

TEST_F(replay, a_reply_larger_than_the_callers_memory_is_refused)
{
	static const uint8_t big[256];
	struct shim *s;
	struct seen seen;

	/* Behind the pointer: 2 entries were offered. */
	struct call_mem *m = call_mem(&self->t.calls[3], "allowed_iovas");

	call_bytes(&m->out, &m->out_len, big, 48);
	s = shim_replay_new(&self->t, NULL);
	run(s, &good, &seen);
	ASSERT_NOT_NULL(replay_error(s));
	EXPECT_NOT_NULL(strstr(replay_error(s), ":5: the recorded reply is larger"));
	shim_destroy(s);
	/* The argument itself. */
	call_bytes(&m->out, &m->out_len, big, 32);
	call_bytes(&self->t.calls[3].out, &self->t.calls[3].out_len, big, sizeof(big));
	s = shim_replay_new(&self->t, NULL);
	run(s, &good, &seen);
	ASSERT_NOT_NULL(replay_error(s));
	EXPECT_NOT_NULL(strstr(replay_error(s), ":5: the recorded reply is larger"));
	shim_destroy(s);
}

/* A changed reply shows where the client makes something of it, or in its result. */
TEST_F(replay, a_flipped_id_in_a_reply_makes_the_next_request_deviate)
{
	struct shim *s;
	struct iommu_destroy d = { .size = sizeof(d) };
	struct transcript t = { 0 };
	struct capture_error err = { "" };
	struct record_config cfg = { .client = "test", .to = &t };
	struct fake fake;
	struct uapi_hwpt_alloc h = { .size = sizeof(h), .dev_id = 1, .pt_id = 2 };

	fake_init(&fake);
	fake.ioctl = kernel;
	for (int pass = 0; pass < 2; pass++) {
		s = pass ? shim_replay_new(&t, NULL) : shim_record_new(&fake.shim, &cfg, &err);
		h.out_hwpt_id = 0;
		shim_open(s, "/dev/iommu", O_RDWR);
		shim_ioctl(s, 3, IOMMU_HWPT_ALLOC, &h);
		d.id = h.out_hwpt_id;
		shim_ioctl(s, 3, IOMMU_DESTROY, &d);
		shim_close(s, 3);
		if (!pass) {
			record_finish(s, NULL, &err);
			t.calls[1].out[16] ^= 4;
		} else {
			ASSERT_NOT_NULL(replay_error(s));
			EXPECT_NOT_NULL(strstr(replay_error(s), ":4: id differs"))
			{
				TH_LOG("%s", replay_error(s));
			}
		}
		shim_destroy(s);
	}
	transcript_free(&t);
}

TEST_HARNESS_MAIN
