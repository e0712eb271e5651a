// SPDX-License-Identifier: GPL-2.0-or-later
/* The transcript's file: what is written is what is read, and what is not valid is refused. */
#include <fcntl.h>
#include <sys/stat.h>

#include "harness/capture/marshal.h"
#include "selftests/capture/lib.h"

#define HEAD "{\"hiod-capture\":1,\"client\":\"probe\"}\n"
#define END  "{\"result\":{}}\n"

FIXTURE(file)
{
	struct scratch s;
	struct capture_error err;
};

FIXTURE_SETUP(file)
{
	scratch_make(&self->s);
	ASSERT_NE(0, self->s.dir[0]);
}

FIXTURE_TEARDOWN(file)
{
	scratch_remove(&self->s);
}

TEST_F(file, corpus_survives_load_and_save)
{
	struct corpus c = corpus_files("hosts", ".capture.jsonl");
	const char *out = scratch_path(&self->s, "x.capture.jsonl");

	ASSERT_LT(0, c.n);
	for (size_t i = 0; i < c.n; i++) {
		struct transcript t;
		char *before, *after;
		size_t nb = 0, na = 0;

		EXPECT_EQ(0, transcript_load(c.path[i], 0, &t, &self->err))
		{
			TH_LOG("%s", self->err.msg);
		}
		EXPECT_EQ(0, transcript_save(&t, out, &self->err));
		EXPECT_TRUE(loads_as(out, &t, &self->err))
		{
			TH_LOG("%s: %s", c.path[i], self->err.msg);
		}
		before = get_file(c.path[i], &nb);
		after = get_file(out, &na);
		EXPECT_TRUE(nb == na && !memcmp(before, after, na));
		free(before);
		free(after);
		transcript_free(&t);
	}
	corpus_free(&c);
}

static struct call *add(struct transcript *t, enum shim_op op, int fd, enum uapi_fd kind,
			const char *path, int64_t ret)
{
	struct call *c = transcript_add(t, op);

	c->fd = fd;
	c->kind = kind;
	c->path = path ? strdup(path) : NULL;
	c->ret = ret;
	return c;
}

/* One call of each operation, succeeding and failing, bytes that are no text among them. */
static void fill(struct transcript *t)
{
	static const uint8_t bytes[] = { 0, 0xff, '\n', 0x80 };
	struct call *c;

	t->client = strdup("hiod qemu-11.1 legacy intel-iommu,aw-bits=39");
	t->kernel = strdup("6.12.117");
	t->arch = strdup("x86_64");
	t->source = strdup("made \"here\"");
	t->device = strdup("0000:00:05.0");
	t->result = strdup("{\"verdict\":\"refused\",\"n\":[1,2],\"x\":0.12345678901}");
	c = add(t, SHIM_OP_OPEN, -1, 0, "/dev/vfio/vfio", 3);
	c->flags = O_RDWR | O_CLOEXEC;
	c->t = 0.000125;
	add(t, SHIM_OP_OPEN, -1, 0, "/dev/iommu", -ENOENT);
	add(t, SHIM_OP_OPEN, -1, 0, "/dev/vhost-vdpa-0", -524);
	c = add(t, SHIM_OP_FSTAT, 3, UAPI_FD_CONTAINER, NULL, 0);
	c->st = (struct shim_stat){ S_IFCHR | 0666, 10, 196 };
	c = add(t, SHIM_OP_STAT, -1, 0, "/sys/x", 0);
	c->st.mode = S_IFDIR | 0755;
	add(t, SHIM_OP_STAT, -1, 0, "/sys/y", -EACCES);
	c = add(t, SHIM_OP_ACCESS, -1, 0, "/dev/iommu", 0);
	c->flags = R_OK | W_OK;
	c = add(t, SHIM_OP_IOCTL, 3, UAPI_FD_CONTAINER, NULL, 1);
	c->req = 0x3b65;
	c->has_arg = true;
	c->arg = 0xffffffffffffffff;
	c = add(t, SHIM_OP_IOCTL, 4, UAPI_FD_GROUP, NULL, -ENODEV);
	c->req = 0x3b6a;
	call_bytes(&c->in, &c->in_len, "0000:00:05.0", 13);
	c = add(t, SHIM_OP_IOCTL, 5, UAPI_FD_IOMMUFD, NULL, -EMSGSIZE);
	c->req = 0x3b84;
	call_bytes(&c->in, &c->in_len, bytes, 4);
	call_bytes(&c->out, &c->out_len, bytes, 3);
	call_bytes(&call_mem(c, "allowed_iovas")->out, &call_mem(c, "allowed_iovas")->out_len,
		   bytes, 2);
	call_bytes(&call_mem(c, "other")->in, &call_mem(c, "other")->in_len, bytes, 4);
	/* A request that nothing describes. */
	c = add(t, SHIM_OP_IOCTL, 3, UAPI_FD_UNKNOWN, NULL, 0);
	c->req = 0xc008dead;
	call_bytes(&c->in, &c->in_len, bytes, 4);
	c = add(t, SHIM_OP_READ, 6, UAPI_FD_FILE, NULL, 4);
	c->len = 4095;
	call_bytes(&c->out, &c->out_len, bytes, 4);
	c = add(t, SHIM_OP_READ, 6, UAPI_FD_FILE, NULL, 0);
	c->len = 10;
	call_bytes(&c->out, &c->out_len, "", 0);
	c = add(t, SHIM_OP_PREAD, 6, UAPI_FD_DEVICE, NULL, 6);
	c->len = 8;
	c->off = 0x70000000000;
	call_bytes(&c->out, &c->out_len, "DMA\t\"\n", 6);
	c = add(t, SHIM_OP_WRITE, 6, UAPI_FD_FAULT, NULL, -EINVAL);
	c->len = 4;
	call_bytes(&c->in, &c->in_len, bytes, 4);
	c = add(t, SHIM_OP_PWRITE, 6, UAPI_FD_DEVICE, NULL, 2);
	c->len = 2;
	c->off = 4;
	call_bytes(&c->in, &c->in_len, "\x07\x01", 2);
	c = add(t, SHIM_OP_READLINK, -1, 0, "/sys/l", 3);
	c->len = 511;
	call_bytes(&c->out, &c->out_len, "a/b", 3);
	c = add(t, SHIM_OP_LISTDIR, -1, 0, "/sys/d", 5);
	c->len = 64;
	call_bytes(&c->out, &c->out_len, "ab\0c\0", 5);
	c = add(t, SHIM_OP_LISTDIR, -1, 0, "/sys/e", 0);
	c->len = 64;
	call_bytes(&c->out, &c->out_len, "", 0);
	c = add(t, SHIM_OP_LISTDIR, -1, 0, "/sys/f", 3);
	c->len = 64;
	call_bytes(&c->out, &c->out_len, "\xff\xfe\0", 3);
	/* A name that is none, as no kernel gives it. */
	c = add(t, SHIM_OP_LISTDIR, -1, 0, "/sys/g", 4);
	c->len = 64;
	call_bytes(&c->out, &c->out_len, "a\0\0\0", 4);
	c = add(t, SHIM_OP_ACCESS, -1, 0, "/dev/iommu", -EINVAL);
	c->flags = UINT32_MAX;
	add(t, SHIM_OP_CLOSE, 3, UAPI_FD_CONTAINER, NULL, 0);
}

TEST_F(file, every_operation_survives_save_and_load)
{
	const char *path = scratch_path(&self->s, "x.capture.jsonl");
	struct transcript t = { 0 };

	fill(&t);
	ASSERT_EQ(0, transcript_save(&t, path, &self->err));
	EXPECT_TRUE(loads_as(path, &t, &self->err))
	{
		TH_LOG("%s", self->err.msg);
	}
	transcript_free(&t);
}

TEST_F(file, times_and_result_members_are_read_back)
{
	const char *path = scratch_path(&self->s, "x.capture.jsonl");
	struct transcript t = { 0 }, u;
	char *verdict;

	fill(&t);
	ASSERT_EQ(0, transcript_save(&t, path, &self->err));
	ASSERT_EQ(0, transcript_load(path, 0, &u, &self->err));
	EXPECT_TRUE(u.calls[0].t > 0.0001249 && u.calls[0].t < 0.0001251);
	EXPECT_TRUE(u.calls[1].t < 0);
	verdict = transcript_result_str(&u, "verdict");
	EXPECT_STREQ("refused", verdict);
	free(verdict);
	EXPECT_NULL(transcript_result_str(&u, "n"));
	EXPECT_STREQ(t.result, u.result);
	EXPECT_EQ(2, u.calls[0].line);
	transcript_free(&t);
	transcript_free(&u);
}

/* A call's line that is wrong in one way, and words of the message that says so. */
static const struct {
	const char *line, *want;
} bad_lines[] = {
	{ "", ":2:" },
	{ "[]", "expected an object" },
	{ "{}", "call: missing" },
	{ "{\"call\":\"mmap\"}", "call: found \"mmap\"" },
	{ "{\"call\":7}", "call: found a number, expected a string" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\"}", "ret: missing" },
	{ "{\"call\":\"close\",\"kind\":\"group\",\"ret\":0}", "fd: missing" },
	{ "{\"call\":\"close\",\"fd\":3,\"ret\":0}", "kind: missing" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"sock\",\"ret\":0}", "kind: found \"sock\"" },
	{ "{\"call\":\"close\",\"fd\":\"3\",\"kind\":\"group\",\"ret\":0}", "fd: found a string" },
	{ "{\"call\":\"close\",\"fd\":3000000000,\"kind\":\"group\",\"ret\":0}",
	  "fd: found 3000000000, expected -1 to 2147483647" },
	{ "{\"call\":\"close\",\"fd\":99999999999999999999,\"kind\":\"group\",\"ret\":0}",
	  "too big integer" },
	{ "{\"call\":\"close\",\"fd\":3,\"fd\":4,\"kind\":\"group\",\"ret\":0}", "duplicate" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":0,\"x\":1}", "x: found a key" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":-1}", "errno: missing" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":-5}", "ret: found -5" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":0,\"errno\":\"EPERM\"}",
	  "errno: found in a call that returned 0" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":-1,\"errno\":\"EFOO\"}",
	  "errno: found \"EFOO\"" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":-1,\"errno\":0}",
	  "errno: found 0, expected 1 to 4095" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":0,\"t\":-1}", "t: found -1" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":0,\"t\":\"1\"}", "t: expected" },
	{ "{\"call\":\"close\",\"fd\":3,\"kind\":\"group\",\"ret\":0,\"t\":1e13}",
	  "t: found 1e+13, expected 0 to 1e+09" },
	{ "{\"call\":\"open\",\"flags\":\"0x0\",\"ret\":3}", "path: missing" },
	{ "{\"call\":\"open\",\"path\":\"/x\",\"flags\":2,\"ret\":3}", "flags: found a number" },
	{ "{\"call\":\"open\",\"path\":\"/x\",\"flags\":\"0xfffffffff\",\"ret\":3}",
	  "flags: found" },
	{ "{\"call\":\"open\",\"path\":\"/x\",\"flags\":\"0x0\",\"ret\":4294967296}",
	  "ret: found" },
	{ "{\"call\":\"open\",\"path\":\"/\\u0000\",\"flags\":\"0x0\",\"ret\":3}", "\\u0000" },
	{ "{\"call\":\"read\",\"fd\":3,\"kind\":\"file\",\"len\":4,\"text\":\"abc\",\"ret\":4}",
	  "ret: found 4, expected 3" },
	{ "{\"call\":\"read\",\"fd\":3,\"kind\":\"file\",\"len\":2,\"text\":\"abc\",\"ret\":3}",
	  "len: found 2" },
	{ "{\"call\":\"read\",\"fd\":3,\"kind\":\"file\",\"len\":2,\"text\":\"a\",\"out\":\"61\","
	  "\"ret\":1}",
	  "found together with \"text\"" },
	{ "{\"call\":\"listdir\",\"path\":\"/x\",\"len\":9,\"names\":[\"a\",1],\"ret\":2}",
	  "names: element 1" },
	{ "{\"call\":\"listdir\",\"path\":\"/x\",\"len\":9,\"names\":[\"\"],\"ret\":1}",
	  "names: element 0" },
	{ "{\"call\":\"fstat\",\"fd\":3,\"kind\":\"file\",\"mode\":\"666\",\"rdev\":[0,0],\"ret\":0}",
	  "mode: found \"666\"" },
	{ "{\"call\":\"fstat\",\"fd\":3,\"kind\":\"file\",\"mode\":\"0666\",\"rdev\":[0],\"ret\":0}",
	  "rdev: expected" },
	{ "{\"call\":\"fstat\",\"fd\":3,\"kind\":\"file\",\"mode\":\"0666\",\"rdev\":[0,-1],"
	  "\"ret\":0}",
	  "rdev: expected" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"ret\":0}", "req: missing" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x100000000\",\"ret\":0}",
	  "req: found 0x100000000" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"3b67\",\"ret\":0}",
	  "req: found \"3b67\"" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"container\",\"req\":\"0x3b70\","
	  "\"name\":\"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO\",\"ret\":0}",
	  "0x3b70 on a fd of kind container is VFIO_IOMMU_GET_INFO" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b67\",\"in\":\"0g\",\"ret\":0}",
	  "in: found \"0g\"" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b67\",\"in\":\"0\",\"ret\":0}",
	  "in: found \"0\"" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b67\",\"in\":\"AB\",\"ret\":0}",
	  "in: found \"AB\"" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b6a\",\"in\":\"00\","
	  "\"str\":\"x\",\"ret\":0}",
	  "found together with \"in\"" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b67\",\"mem\":[],\"ret\":0}",
	  "mem: found an array" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b67\",\"mem\":{\"p\":1},"
	  "\"ret\":0}",
	  "mem.p" },
	{ "{\"call\":\"ioctl\",\"fd\":3,\"kind\":\"group\",\"req\":\"0x3b67\","
	  "\"mem\":{\"p\":{\"io\":\"00\"}},\"ret\":0}",
	  "mem.p.io: found a key" },
	{ "{\"result\":[]}", "result: found an array" },
	{ "{\"result\":{},\"x\":1}", "x: found a key" },
	{ "{\"hiod-capture\":1,\"client\":\"probe\"}", "call: missing" },
};

TEST_F(file, a_wrong_line_is_refused_by_its_number)
{
	const char *path = scratch_path(&self->s, "x.capture.jsonl");
	char text[1024];

	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(*bad_lines); i++) {
		struct transcript t;

		snprintf(text, sizeof(text), HEAD "%s\n" END, bad_lines[i].line);
		ASSERT_TRUE(put_text(path, text));
		self->err.msg[0] = 0;
		EXPECT_EQ(-EINVAL, transcript_load(path, 0, &t, &self->err))
		{
			TH_LOG("accepted %s", bad_lines[i].line);
		}
		EXPECT_TRUE(one_line_with(self->err.msg, bad_lines[i].want) &&
			    one_line_with(self->err.msg, "x.capture.jsonl:2:"))
		{
			TH_LOG("%s\n#  says: %s", bad_lines[i].line, self->err.msg);
		}
		EXPECT_EQ(0, t.ncalls);
		EXPECT_NULL(t.client);
	}
}

static const struct {
	const char *text, *want;
} bad_files[] = {
	{ "{\"hiod-capture\":2,\"client\":\"x\"}\n" END, ":1: hiod-capture: found 2" },
	{ "{\"hiod-capture\":\"1\",\"client\":\"x\"}\n" END, ":1: hiod-capture: found a string" },
	{ "{\"hiod-capture\":1}\n" END, ":1: client: missing" },
	{ "{\"hiod-capture\":1,\"client\":\"x\",\"y\":1}\n" END, ":1: y: found a key" },
	{ "{\"hiod-host\":1}\n" END, ":1: found no \"hiod-capture\"" },
	{ HEAD, ":1: the file ends without a result" },
	{ HEAD END END, ":3: found a line after the result" },
	{ HEAD "\n" END, ":2:" },
	{ "# label: x\n", ":1:" },
};

TEST_F(file, a_wrong_shape_is_refused)
{
	const char *path = scratch_path(&self->s, "x.capture.jsonl");

	for (size_t i = 0; i < sizeof(bad_files) / sizeof(*bad_files); i++) {
		struct transcript t;

		ASSERT_TRUE(put_text(path, bad_files[i].text));
		EXPECT_EQ(-EINVAL, transcript_load(path, 0, &t, &self->err));
		EXPECT_TRUE(one_line_with(self->err.msg, bad_files[i].want))
		{
			TH_LOG("%s\n#  says: %s", bad_files[i].text, self->err.msg);
		}
	}
}

TEST_F(file, cut_anywhere_it_is_refused_and_shown_as_far_as_whole_lines_go)
{
	const char *path = scratch_path(&self->s, "x.capture.jsonl");
	struct transcript t = { 0 }, u;
	size_t len = 0, lines = 0;
	char *text;

	fill(&t);
	ASSERT_EQ(0, transcript_save(&t, path, &self->err));
	text = get_file(path, &len);
	ASSERT_NOT_NULL(text);
	/* Without the newline at its end the file is still whole. */
	for (size_t cut = 1; cut < len - 1; cut++) {
		ASSERT_TRUE(put_file(path, text, cut));
		lines += text[cut - 1] == '\n';
		EXPECT_EQ(-EINVAL, transcript_load(path, 0, &u, &self->err));
		EXPECT_TRUE(one_line_with(self->err.msg, "cut short"))
		{
			TH_LOG("cut at %zu: %s", cut, self->err.msg);
		}
		if (!lines) {
			/* Not even the header: nothing to show, unless it lacks its newline only. */
			if (transcript_load(path, TRANSCRIPT_PARTIAL, &u, &self->err) == 0) {
				EXPECT_EQ('\n', text[cut]);
				transcript_free(&u);
			}
			continue;
		}
		ASSERT_EQ(0, transcript_load(path, TRANSCRIPT_PARTIAL, &u, &self->err));
		EXPECT_EQ(text[cut - 1] != '\n' && text[cut] != '\n', u.truncated);
		EXPECT_EQ(lines - 1 + (text[cut - 1] != '\n' && text[cut] == '\n'), u.ncalls);
		EXPECT_NULL(u.result);
		transcript_free(&u);
	}
	free(text);
	transcript_free(&t);
}

TEST_F(file, partial_loading_does_not_excuse_a_wrong_line_in_the_middle)
{
	const char *path = scratch_path(&self->s, "x.capture.jsonl");
	struct transcript t;

	ASSERT_TRUE(put_text(path, HEAD "{\"call\":\"clo\n" END));
	EXPECT_EQ(-EINVAL, transcript_load(path, TRANSCRIPT_PARTIAL, &t, &self->err));
	EXPECT_TRUE(one_line_with(self->err.msg, ":2:"));
	ASSERT_TRUE(put_text(path, HEAD "{\"call\":\"close\"}"));
	EXPECT_EQ(-EINVAL, transcript_load(path, TRANSCRIPT_PARTIAL, &t, &self->err));
}

TEST_F(file, a_call_is_shown_as_text_of_one_line)
{
	struct transcript t = { 0 };
	char text[600];

	fill(&t);
	for (size_t i = 0; i < t.ncalls; i++) {
		size_t n = call_decode(text, sizeof(text), &t.calls[i]);

		EXPECT_EQ(strlen(text), n);
		EXPECT_TRUE(one_line_with(text, ""));
		/* The length does not depend on the room, and the text never exceeds it. */
		EXPECT_EQ(n, call_decode(NULL, 0, &t.calls[i]));
		for (size_t cap = 1; cap < 40; cap++) {
			char small[40];

			memset(small, 'x', sizeof(small));
			EXPECT_EQ(n, call_decode(small, cap, &t.calls[i]));
			EXPECT_EQ(0, small[cap - 1 < n ? cap - 1 : n]);
			EXPECT_TRUE(cap == sizeof(small) || small[cap] == 'x');
		}
	}
	call_decode(text, sizeof(text), &t.calls[7]);
	EXPECT_TRUE(strstr(text, "VFIO_CHECK_EXTENSION"));
	call_decode(text, sizeof(text), &t.calls[10]);
	EXPECT_TRUE(strstr(text, "dead"))
	{
		TH_LOG("%s", text);
	}
	transcript_free(&t);
}

TEST_HARNESS_MAIN
