// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sequences as text and as C tests. The tests of printed.inc are what the
 * printer writes for the sequences built here; that they are compiled into
 * this program and pass shows that what is printed is a test.
 */
#include "harness/conform/ctest.h"
#include "harness/conform/print.h"
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi_compat.h"
#include "mocks/model.h"
#include "selftests/conform/sides.h"

#define PRINTED "selftests/conform/printed.inc"

struct shim *ctest_shim(const struct uapi_mem *mem)
{
	/* Every test is a process of its own: the host lives as long as that. */
	static struct host *h;

	if (!h)
		h = made_host("vtd39-6.12");
	return h ? model_new(h, mem) : NULL;
}

#include "selftests/conform/printed.inc"

static struct call *next(struct sequence *seq)
{
	return &seq->v[seq->n++];
}

static struct call *request(struct sequence *seq, int fd, enum uapi_fd kind, uint32_t req)
{
	struct call *c = next(seq);

	gen_ioctl(c, (int)seq->n - 1, fd, kind, req);
	return c;
}

/* A cdev in an iommufd: fds, ids, addresses, bytes behind pointers, errors. */
static void cdev_sequence(struct sequence *seq)
{
	struct call *c;

	seq->n = 0;
	seq->reverse = false;
	gen_open(next(seq), 0, "/dev/iommu", UAPI_FD_IOMMUFD, 0);
	gen_open(next(seq), 1, "/dev/vfio/devices/vfio0", UAPI_FD_DEVICE, 0);
	gen_open(next(seq), 2, "/dev/vfio/99999", UAPI_FD_FILE, 0);
	c = request(seq, 1, UAPI_FD_DEVICE, VFIO_DEVICE_BIND_IOMMUFD);
	call_set_patch(c, "iommufd", PATCH_FD, 0, 0);
	request(seq, 0, UAPI_FD_IOMMUFD, IOMMU_IOAS_ALLOC);
	c = request(seq, 1, UAPI_FD_DEVICE, VFIO_DEVICE_ATTACH_IOMMUFD_PT);
	call_set_patch(c, "pt_id", PATCH_ID, 4, 0);
	c = request(seq, 0, UAPI_FD_IOMMUFD, IOMMU_IOAS_IOVA_RANGES);
	call_set_patch(c, "ioas_id", PATCH_ID, 4, 0);
	call_set_patch(c, "allowed_iovas", PATCH_BUF, 0, 0);
	call_set(c, "num_iovas", 1);
	c->buf[0].room = 16;
	c = request(seq, 0, UAPI_FD_IOMMUFD, IOMMU_IOAS_MAP);
	call_set_patch(c, "ioas_id", PATCH_ID, 4, 0);
	call_set_patch(c, "user_va", PATCH_VA, 0, 4096);
	call_set(c, "flags", 7);
	call_set(c, "iova", 0x10000);
	call_set(c, "length", 4096);
	c = request(seq, 0, UAPI_FD_IOMMUFD, IOMMU_DESTROY);
	call_set_patch(c, "id", PATCH_ID, 17, 0);
	c = request(seq, 0, UAPI_FD_IOMMUFD, IOMMU_IOAS_ALLOC);
	c->place = PLACE_UNMAPPED;
	c = next(seq);
	*c = (struct call){ .uid = 10, .op = CALL_CLOSE, .fd = 1, .kind = UAPI_FD_DEVICE };
}

/* A group in a container: a string, a number and nothing as arguments, an fd as the result. */
static void group_sequence(struct sequence *seq)
{
	static const char bdf[] = "0000:00:05.0";
	struct call *c;

	seq->n = 0;
	seq->reverse = true;
	gen_open(next(seq), 0, "/dev/vfio/vfio", UAPI_FD_CONTAINER, 0);
	gen_open(next(seq), 1, "/dev/vfio/3", UAPI_FD_GROUP, 0);
	c = request(seq, 1, UAPI_FD_GROUP, (uint32_t)VFIO_GROUP_SET_CONTAINER);
	c->place = PLACE_BUF;
	call_set_patch(c, "container", PATCH_FD, 0, 0);
	c = request(seq, 0, UAPI_FD_CONTAINER, (uint32_t)VFIO_SET_IOMMU);
	c->value = VFIO_TYPE1v2_IOMMU;
	c = request(seq, 1, UAPI_FD_GROUP, (uint32_t)VFIO_GROUP_GET_DEVICE_FD);
	c->place = PLACE_BUF;
	memcpy(c->img, bdf, sizeof(bdf));
	c->len = c->room = sizeof(bdf);
	request(seq, 4, UAPI_FD_DEVICE, (uint32_t)VFIO_DEVICE_RESET);
	c = request(seq, 0, UAPI_FD_CONTAINER, (uint32_t)VFIO_IOMMU_GET_INFO);
	call_set(c, "argsz", 120);
	c->room = 120;
	c = request(seq, 0, UAPI_FD_CONTAINER, 0x3bff);
	c->value = 0;
}

static const struct {
	const char *name;
	void (*build)(struct sequence *seq);
} printed[] = {
	{ "printed_cdev", cdev_sequence },
	{ "printed_group", group_sequence },
};

TEST(what_is_printed_is_what_is_compiled_here)
{
	struct sequence *seq = malloc(sizeof(*seq));
	static char have[1 << 16];
	char *text = NULL, *body;
	struct sides s;
	FILE *out, *f;
	size_t len;

	ASSERT_NOT_NULL(seq);
	ASSERT_EQ(0, sides_init(&s, "vtd39-6.12", -1));
	out = open_memstream(&text, &len);
	for (size_t i = 0; i < sizeof(printed) / sizeof(printed[0]); i++) {
		printed[i].build(seq);
		fprintf(out, i ? "\n" : "");
		print_ctest(out, &s.pair, seq, printed[i].name);
	}
	fclose(out);
	f = fopen(PRINTED, "r");
	ASSERT_NOT_NULL(f);
	have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
	fclose(f);
	body = strstr(have, "TEST(");
	ASSERT_NOT_NULL(body);
	if (getenv("HIOD_PRINTED")) {
		f = fopen(getenv("HIOD_PRINTED"), "w");
		ASSERT_NOT_NULL(f);
		fprintf(f, "%.*s%s", (int)(body - have), have, text);
		fclose(f);
	}
	EXPECT_EQ(0, strcmp(body, text))
	{
		TH_LOG("with HIOD_PRINTED=FILE, what is printed now goes to FILE");
	}
	free(text);
	free(seq);
	sides_free(&s);
}

TEST(text_names_calls_results_and_what_differs)
{
	struct sequence *seq = malloc(sizeof(*seq));
	char *text = NULL;
	struct sides s;
	size_t len;
	FILE *out;

	ASSERT_NOT_NULL(seq);
	ASSERT_EQ(0, sides_init(&s, "vtd39-6.12", mutant_from_name("attach-id")));
	cdev_sequence(seq);
	out = open_memstream(&text, &len);
	print_sequence(out, &s.pair, seq);
	fclose(out);
	EXPECT_NOT_NULL(strstr(text, "  0: open(\"/dev/iommu\") = 3\n"));
	EXPECT_NOT_NULL(strstr(text, "  2: open(\"/dev/vfio/99999\") = -2 ENOENT\n"));
	EXPECT_NOT_NULL(strstr(text, "  3: (fd of 1) VFIO_DEVICE_BIND_IOMMUFD({argsz="));
	EXPECT_NOT_NULL(strstr(text, "     differs: pt_id: model gave id 3, mutant 2"));
	/* What comes after a difference compares nothing. */
	EXPECT_NULL(strstr(text, "IOVA_RANGES"));
	free(text);
	free(seq);
	sides_free(&s);
}

TEST_HARNESS_MAIN
