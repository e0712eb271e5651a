// SPDX-License-Identifier: GPL-2.0-or-later
/* describe() takes what all reads of an fd gave for the file, however a client reads. */
#include <errno.h>

#include "harness/capture/describe.h"
#include "harness/capture/marshal.h"
#include "selftests/capture/lib.h"

#define DEVICE "/sys/bus/pci/devices/0000:00:05.0/"

static void add_open(struct transcript *t, const char *path, int fd)
{
	struct call *c = transcript_add(t, SHIM_OP_OPEN);

	c->path = strdup(path);
	c->ret = fd;
}

/* text NULL: the read fails. */
static void add_read(struct transcript *t, enum shim_op op, int fd, uint64_t off, const char *text)
{
	struct call *c = transcript_add(t, op);

	c->fd = fd;
	c->kind = UAPI_FD_FILE;
	c->len = 64;
	c->off = off;
	c->ret = text ? (int64_t)strlen(text) : -EIO;
	if (text)
		call_bytes(&c->out, &c->out_len, text, strlen(text));
}

static void add_close(struct transcript *t, int fd)
{
	transcript_add(t, SHIM_OP_CLOSE)->fd = fd;
}

static const char *attr(const struct host *h, const char *name)
{
	const struct host_device *d = &h->devices[0];

	for (size_t i = 0; i < d->nattrs; i++) {
		if (!strcmp(d->attrs[i].name, name))
			return d->attrs[i].value;
	}
	return "(none)";
}

TEST(a_file_is_what_its_reads_gave_until_it_was_closed)
{
	struct transcript t = { .client = strdup("probe") };
	struct capture_error err = { "" };
	struct host *h;

	/* To its end. */
	add_open(&t, DEVICE "vendor", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "0x8086\n");
	add_read(&t, SHIM_OP_READ, 3, 0, "");
	add_close(&t, 3);
	/* Two at a time, in pieces; the second is never closed. */
	add_open(&t, DEVICE "device", 3);
	add_open(&t, DEVICE "class", 4);
	add_read(&t, SHIM_OP_READ, 3, 0, "0x1");
	add_read(&t, SHIM_OP_PREAD, 4, 0, "0x0200");
	add_read(&t, SHIM_OP_PREAD, 4, 2, "ignored");
	add_read(&t, SHIM_OP_PREAD, 4, 6, "00\n");
	add_read(&t, SHIM_OP_READ, 3, 0, "533\n");
	add_close(&t, 3);
	/* Empty, and failing after a part. */
	add_open(&t, DEVICE "label", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "");
	add_close(&t, 3);
	add_open(&t, DEVICE "irq", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "11");
	add_read(&t, SHIM_OP_READ, 3, 0, NULL);
	add_close(&t, 3);
	/* Closed out of sight: the number is another file's now. */
	add_open(&t, DEVICE "revision", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "0x02\n");
	add_open(&t, DEVICE "numa_node", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "-1\n");

	ASSERT_EQ(0, describe(&t, "reads", &h, &err));
	EXPECT_STREQ("0x8086", attr(h, "vendor"));
	EXPECT_STREQ("0x1533", attr(h, "device"));
	EXPECT_STREQ("0x020000", attr(h, "class"));
	EXPECT_STREQ("", attr(h, "label"));
	EXPECT_STREQ("11", attr(h, "irq"));
	EXPECT_STREQ("0x02", attr(h, "revision"));
	EXPECT_STREQ("-1", attr(h, "numa_node"));
	EXPECT_EQ(0, h->nfiles);
	host_free(h);
	transcript_free(&t);
}

TEST(a_file_that_makes_no_sense_is_named_at_its_first_read)
{
	struct transcript t = { .client = strdup("probe") };
	struct capture_error err = { "" };
	struct host *h;

	add_open(&t, DEVICE "vfio-dev/vfio0/dev", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "25");
	add_read(&t, SHIM_OP_READ, 3, 0, "2\n");
	add_close(&t, 3);
	for (size_t i = 0; i < t.ncalls; i++)
		t.calls[i].line = (unsigned int)i + 2;
	EXPECT_EQ(-EINVAL, describe(&t, "reads", &h, &err));
	EXPECT_STREQ("reads:3: found \"252\", expected MAJOR:MINOR, at most 4095:1048575", err.msg);
	transcript_free(&t);
}

/* realpath() asks each directory of a path whether it is a link. */
TEST(what_is_no_link_is_there_all_the_same)
{
	static const char *const paths[] = { "/sys", "/sys/bus", "/sys/devices/pci0000:00" };
	struct transcript t = { .client = strdup("qemu") };
	struct capture_error err = { "" };
	struct host *h;

	for (size_t i = 0; i < 3; i++) {
		struct call *c = transcript_add(&t, SHIM_OP_READLINK);

		c->path = strdup(paths[i]);
		c->ret = i == 2 ? -EACCES : -EINVAL;
	}
	add_open(&t, DEVICE "vendor", 3);
	add_read(&t, SHIM_OP_READ, 3, 0, "0x8086\n");
	ASSERT_EQ(0, describe(&t, "links", &h, &err));
	ASSERT_EQ(1, h->nfiles);
	EXPECT_STREQ("/sys/devices/pci0000:00", h->files[0].path);
	EXPECT_EQ(EACCES, h->files[0].err);
	host_free(h);
	transcript_free(&t);
}

TEST(a_link_to_nothing_is_named)
{
	struct transcript t = { .client = strdup("qemu") };
	struct capture_error err = { "" };
	struct call *c = transcript_add(&t, SHIM_OP_READLINK);
	struct host *h;

	c->path = strdup(DEVICE "iommu_group");
	c->len = 511;
	c->line = 2;
	EXPECT_EQ(-EINVAL, describe(&t, "links", &h, &err));
	EXPECT_STREQ("links:2: found a link to nothing, expected its target", err.msg);
	transcript_free(&t);
}

/* Not a byte more than n: what is behind is not the listing's. */
static void add_listing(struct transcript *t, const char *path, const char *names, size_t n)
{
	struct call *c = transcript_add(t, SHIM_OP_LISTDIR);

	c->path = strdup(path);
	c->ret = (int64_t)n;
	c->out = malloc(n);
	c->out_len = (uint32_t)n;
	memcpy(c->out, names, n);
}

TEST(the_last_name_of_a_listing_may_lack_its_end)
{
	static const char *const entries[] = { "v", "vfi", "noiommu-vfi", "vfio7" };
	struct transcript t = { .client = strdup("qemu") };
	struct capture_error err = { "" };
	struct host *h;

	add_listing(&t, "/sys/kernel/iommu_groups",
		    "3\0x4\0"
		    "12345678901\0"
		    "25",
		    19);
	for (size_t i = 0; i < 4; i++)
		add_listing(&t, DEVICE "vfio-dev", entries[i], strlen(entries[i]));
	ASSERT_EQ(0, describe(&t, "listings", &h, &err))
	{
		TH_LOG("%s", err.msg);
	}
	ASSERT_EQ(2, h->ngroups);
	EXPECT_EQ(3, h->groups[0].id);
	EXPECT_EQ(25, h->groups[1].id);
	ASSERT_EQ(1, h->ndevices);
	EXPECT_STREQ("vfio7", h->devices[0].vfio_dev);
	EXPECT_FALSE(h->devices[0].noiommu);
	host_free(h);
	transcript_free(&t);
}

TEST_HARNESS_MAIN
