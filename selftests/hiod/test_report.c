// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said without failing: warnings, and errors met while releasing. */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"

struct listener {
	struct hiod_report report;
	char text[512]; /* "E: message | hint\n" for each */
};

static void emit(struct hiod_report *r, enum hiod_report_kind kind, const char *message,
		 const char *hint)
{
	struct listener *l = (struct listener *)r;
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%c: %s%s%s\n",
		 kind == HIOD_REPORT_ERROR ? 'E' : 'W', message, *hint ? " | " : "", hint);
}

static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };

TEST(reports)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *call;
		unsigned nth;
		int err;
		const char *text; /* the start of what is said */
	} rows[] = {
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "read", 99, EIO, "" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "IOVA_RANGES", 1, ENOTTY,
		  "W: Cannot get IOVA ranges: Inappropriate ioctl for device | Fallback to default "
		  "64bit IOVA range and 4K page size\n" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "IOVA_RANGES", 2, EMSGSIZE,
		  "W: Cannot get IOVA ranges: Message too long | Fallback to default 64bit IOVA "
		  "range and 4K page size\n" },
		{ "qemu-10.0", HIOD_BACKEND_IOMMUFD, "DESTROY", 1, EBUSY,
		  "E: Failed to free id: 11 Device or resource busy\n" },
		{ "qemu-10.0", HIOD_BACKEND_IOMMUFD, "DETACH", 1, EIO,
		  "E: detach 0000:00:05.0 failed: Input/output error\n" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "DETACH", 1, EIO,
		  "E: detach 0000:00:05.0 pasid 0 failed: Input/output error\n" },
		{ "qemu-11.1", HIOD_BACKEND_LEGACY, "UNSET_CONTAINER", 1, EINVAL,
		  "E: vfio: error disconnecting group 26 from container\n" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "IOAS_MAP", 1, EFAULT,
		  "W: IOMMU_IOAS_MAP failed: Bad address, PCI BAR?\n" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "IOAS_UNMAP", 1, ENOENT, "" },
		{ "qemu-11.1", HIOD_BACKEND_IOMMUFD, "IOAS_UNMAP", 1, EIO,
		  "E: vfio_container_dma_unmap(" },
		{ "qemu-11.1", HIOD_BACKEND_LEGACY, "UNMAP_DMA", 1, EIO,
		  "E: vfio_container_dma_unmap(" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct listener l = { .report.emit = emit };
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, memory, 1));
		g.m.vfio.report = g.be.report = &l.report;
		fake_fail(&g.f, rows[i].call, rows[i].nth, rows[i].err);
		guest_plug(&g, rows[i].be, "0000:00:05.0");
		guest_end(&g);
		if (*rows[i].text)
			l.text[strlen(rows[i].text)] = '\0';
		EXPECT_STREQ(rows[i].text, l.text);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(a_device_without_dirty_tracking_in_a_container_that_has_it)
{
	struct listener l = { .report.emit = emit };
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	g.m.vfio.report = &l.report;
	g.f.hw_caps = UAPI_HW_CAP_DIRTY;
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	EXPECT_TRUE(g.dev[0].vbasedev.container->dirty_pages_supported);
	g.f.hw_caps = 0;
	fake_fail(&g.f, "ATTACH", 1, EINVAL); /* so that it gets a page table of its own */
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:06.0"));
	EXPECT_STREQ("W: IOMMU instance for device 0000:00:06.0 doesn't support dirty tracking\n",
		     l.text);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* Long texts are cut, never overrun. */
TEST(errors_live_in_fixed_buffers)
{
	struct hiod_error e;
	char longest[3000];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	hiod_error_init(&e);
	EXPECT_EQ(-EINVAL, hiod_error_set(&e, -EINVAL, "%s", longest));
	EXPECT_EQ(sizeof(e.message) - 1, strlen(e.message));
	hiod_error_prepend(&e, "front: ");
	EXPECT_EQ(sizeof(e.message) - 1, strlen(e.message));
	EXPECT_EQ(0, strncmp(e.message, "front: xx", 9));
	EXPECT_EQ(-ENOENT, hiod_error_set_errno(&e, -ENOENT, "%s", longest));
	EXPECT_EQ(sizeof(e.message) - 1, strlen(e.message));
	hiod_error_hint(&e, "%s", longest);
	EXPECT_EQ(sizeof(e.hint) - 1, strlen(e.hint));
	hiod_error_set_errno(&e, -ENOENT, "opening");
	EXPECT_STREQ("opening: No such file or directory", e.message);
	EXPECT_STREQ("", e.hint); /* of another error */
	hiod_error_prepend(&e, "%s", longest);
	EXPECT_EQ('x', e.message[0]);
}

TEST(a_quiet_error_has_all_but_its_texts)
{
	struct hiod_anomalies an = { 0 };
	struct hiod_error e;

	hiod_error_init(&e);
	EXPECT_FALSE(e.quiet);
	e.quiet = true;
	e.stage = HIOD_STAGE_OPEN;
	EXPECT_EQ(-EINVAL, hiod_error_set(&e, -EINVAL, "a"));
	EXPECT_EQ(-ENOENT, hiod_error_set_errno(&e, -ENOENT, "b"));
	hiod_error_prepend(&e, "c");
	hiod_error_hint(&e, "d");
	EXPECT_EQ(-ENOENT, e.code);
	EXPECT_EQ(HIOD_STAGE_OPEN, e.stage);
	EXPECT_EQ(-EPROTO, hiod_fail_anomaly(&an, HIOD_ANOMALY_CHAIN_CYCLE, 24, 0, &e));
	EXPECT_EQ(HIOD_FAIL_ANOMALY, e.fail);
	EXPECT_EQ(1u << HIOD_ANOMALY_CHAIN_CYCLE, an.seen);
	EXPECT_EQ(-ENOMEM, hiod_error_nomem(&e));
	EXPECT_EQ(HIOD_FAIL_INTERNAL, e.fail);
	EXPECT_EQ(-EOPNOTSUPP, hiod_error_unmodelled(&e, "e"));
	EXPECT_EQ(HIOD_FAIL_UNMODELLED, e.fail);
	EXPECT_STREQ("", e.message);
	EXPECT_STREQ("", e.hint);
}

TEST_HARNESS_MAIN
