// SPDX-License-Identifier: GPL-2.0-or-later
/* Printing sequences. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/print.h"

#define LINE 2048

/* The bytes of an argument before and after, as far as they are its own. */
struct images {
	uint8_t in[ROOM_ARG];
	size_t len;
};

static size_t arg_len(const struct call *c)
{
	return c->place == PLACE_BUF ? c->room : 0;
}

static void print_ioctl(FILE *f, struct side *s, const struct call *c, uintptr_t arg,
			const struct images *im, int ret)
{
	struct uapi_buf bufs[CALL_BUFS];
	const struct uapi_row *row = call_row(c);
	size_t n = 0;
	char *line = malloc(LINE);

	if (!line)
		return;
	for (size_t i = 0; i < c->npatch && n < CALL_BUFS; i++) {
		const struct call_buf *b;

		/* What ref counts depends on the kind of patch. */
		if (c->patch[i].what != PATCH_BUF || !row)
			continue;
		b = &c->buf[c->patch[i].ref];
		if (b->place != PLACE_BUF)
			continue;
		for (size_t k = 0; k < row->nfields; k++)
			if (row->fields[k].off == c->patch[i].off)
				bufs[n++] = (struct uapi_buf){
					row->fields[k].name,
					region_at(&s->buf[c->patch[i].ref], b->room),
					b->room,
				};
	}
	uapi_decode(line, LINE, (enum uapi_fd)c->kind, c->req, arg, im->in, im->len,
		    im->len ? region_at(&s->arg, c->room) : NULL, im->len, bufs, n, ret);
	fprintf(f, "%s", line);
	free(line);
}

static void print_fd(FILE *f, const struct call *c)
{
	if (c->fd < 0)
		fprintf(f, "(no fd) ");
	else
		fprintf(f, "(fd of %d) ", c->fd);
}

/* What is written is a message of vhost's IOTLB, or the beginning of one. */
static void print_message(FILE *f, const struct call *c, int ret, const char *err)
{
	fprintf(f,
		"write(%u bytes: type %" PRIu64 ", asid %" PRIu64 ", iotlb {iova=0x%" PRIx64
		", size=0x%" PRIx64 ", perm=%" PRIu64 ", type=%" PRIu64 "}) = %d%s%s",
		c->room, call_get(c, 0, 4), call_get(c, 4, 4), call_get(c, 8, 8),
		call_get(c, 16, 8), call_get(c, 32, 1), call_get(c, 33, 1), ret, err ? " " : "",
		err ? err : "");
}

void print_sequence(FILE *f, struct pair *p, const struct sequence *seq)
{
	struct images *im = malloc(sizeof(*im));
	struct verdict v = { .differs = false };

	pair_begin(p);
	for (size_t i = 0; im && i < seq->n && !v.differs; i++) {
		const struct call *c = &seq->v[i];
		const char *err;
		uintptr_t arg = 0;

		im->len = 0;
		if (c->op == CALL_IOCTL) {
			arg = side_load(&p->side[0], c);
			im->len = arg_len(c);
			if (im->len)
				memcpy(im->in, region_at(&p->side[0].arg, c->room), im->len);
		}
		pair_call(p, c, &v);
		err = v.ret[0] < 0 ? uapi_errno_name(-v.ret[0]) : NULL;
		fprintf(f, "%3d: ", c->uid);
		if (c->op == CALL_OPEN)
			fprintf(f, "open(\"%s\") = %d%s%s", c->path, v.ret[0], err ? " " : "",
				err ? err : "");
		if (c->op != CALL_OPEN)
			print_fd(f, c);
		if (c->op == CALL_CLOSE)
			fprintf(f, "close = %d%s%s", v.ret[0], err ? " " : "", err ? err : "");
		if (c->op == CALL_WRITE)
			print_message(f, c, v.ret[0], err);
		if (c->op == CALL_IOCTL)
			print_ioctl(f, &p->side[0], c, arg, im, v.ret[0]);
		fprintf(f, "\n");
		if (v.differs)
			fprintf(f, "     differs: %s\n", v.what);
	}
	free(im);
	pair_end(p, seq->reverse, &v);
	if (v.differs)
		fprintf(f, "     differs: %s\n", v.what);
	pair_renew(p);
}

/* ---- C ------------------------------------------------------------------------- */

/* depth: tabs in front. */
static void print_bytes(FILE *f, int depth, const char *name, const uint8_t *b, size_t len)
{
	static const char tabs[] = "\t\t\t\t";

	fprintf(f, "%.*sstatic const uint8_t %s[] = {", depth, tabs, name);
	for (size_t i = 0; i < len; i++) {
		if (i % 12 == 0)
			fprintf(f, "\n%.*s", depth + 1, tabs);
		fprintf(f, "%s0x%02x,", i % 12 ? " " : "", b[i]);
	}
	if (!len)
		fprintf(f, "\n%.*s0,", depth + 1, tabs);
	fprintf(f, "\n%.*s};\n", depth, tabs);
}

static void print_value(FILE *f, const struct call *c, const struct call_patch *q,
			const struct sequence *seq)
{
	bool there = false;

	for (size_t i = 0; i < seq->n; i++)
		there |= seq->v[i].uid == q->ref;
	switch (q->what) {
	case PATCH_FD:
	case PATCH_ID:
		if (there)
			fprintf(f, "%s%d", q->what == PATCH_FD ? "(uint64_t)fd" : "id", q->ref);
		else
			fprintf(f, "0x7ffffff0");
		break;
	case PATCH_VA: fprintf(f, "ctest_va(&t, 0x%" PRIx64 ")", q->value); break;
	default:
		switch (c->buf[q->ref].place) {
		case PLACE_NULL: fprintf(f, "0"); break;
		case PLACE_UNMAPPED: fprintf(f, "ctest_unmapped(&t.side.buf[%d])", q->ref); break;
		default: fprintf(f, "(uintptr_t)buf%d", q->ref); break;
		}
		break;
	}
}

static void print_memory(FILE *f, const struct call *c, const struct sequence *seq)
{
	bool buf[CALL_BUFS] = { false };

	if (c->place == PLACE_BUF)
		print_bytes(f, 2, "img", c->img, c->len < c->room ? c->len : c->room);
	for (size_t i = 0; i < c->npatch; i++)
		if (c->patch[i].what == PATCH_BUF && c->place == PLACE_BUF)
			buf[c->patch[i].ref] = c->buf[c->patch[i].ref].place == PLACE_BUF;
	for (int i = 0; i < CALL_BUFS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "img%d", i);
		if (buf[i])
			print_bytes(f, 2, name, c->buf[i].img,
				    c->buf[i].len < c->buf[i].room ? c->buf[i].len
								   : c->buf[i].room);
	}
	if (c->place == PLACE_BUF)
		fprintf(f, "\t\tuint8_t *arg = ctest_arg(&t, %u, 0x%02x, img, %u);\n", c->room,
			c->fill, c->len < c->room ? c->len : c->room);
	for (int i = 0; i < CALL_BUFS; i++)
		if (buf[i])
			fprintf(f,
				"\t\tuint8_t *buf%d = ctest_buf(&t, %d, %u, 0x%02x, img%d, %u);\n",
				i, i, c->buf[i].room, c->buf[i].fill, i,
				c->buf[i].len < c->buf[i].room ? c->buf[i].len : c->buf[i].room);
	if (c->place != PLACE_BUF)
		return;
	fprintf(f, "\n");
	for (size_t i = 0; i < c->npatch; i++) {
		const struct call_patch *q = &c->patch[i];
		unsigned int width = q->width;

		/* What reaches over the end of the memory is not there. */
		if (q->off >= c->room)
			continue;
		if (q->off + width > c->room)
			width = c->room - q->off;
		fprintf(f, "\t\tctest_put(arg + %u, ", q->off);
		print_value(f, c, q, seq);
		fprintf(f, ", %u);\n", width);
	}
}

/* So many bytes at an address must be these. */
static void print_expected(FILE *f, const char *at, size_t off, const uint8_t *b, size_t len)
{
	/* A bare block behind EXPECT_EQ() reads like the one it may have. */
	fprintf(f, "\t\tdo {\n");
	print_bytes(f, 3, "reply", b, len);
	fprintf(f, "\n\t\t\tEXPECT_EQ(0, memcmp(%s + %zu, reply, %zu));\n\t\t} while (0);\n", at,
		off, len);
}

/*
 * What was written to the argument: members by name, but for fds, ids and
 * addresses; and what lies behind the structure.
 */
static void print_reply(FILE *f, const struct side *s, const struct call *c, const uint8_t *before)
{
	const uint8_t *at = region_at(&s->arg, c->room);
	const struct uapi_row *row = call_row(c);
	size_t first = c->room, last = 0, end = 0;

	for (size_t k = 0; row && k < row->nfields; k++) {
		const struct uapi_field *fd = &row->fields[k];
		uint64_t v = 0;

		if (fd->width && fd->off + fd->width > end)
			end = (size_t)fd->off + fd->width;
		if (fd->off + fd->width > c->room || !fd->width || fd->width > 8 ||
		    !memcmp(at + fd->off, before + fd->off, fd->width) || fd->kind == UAPI_ID ||
		    fd->kind == UAPI_FDNO || fd->kind == UAPI_PTR)
			continue;
		memcpy(&v, at + fd->off, fd->width);
		fprintf(f, "\t\tEXPECT_EQ(0x%" PRIx64 "ull, ctest_get(arg + %u, %u)); /* %s */\n",
			v, fd->off, fd->width, fd->name);
	}
	for (size_t i = end; i < c->room; i++) {
		if (at[i] == before[i])
			continue;
		if (i < first)
			first = i;
		last = i;
	}
	if (first <= last)
		print_expected(f, "arg", first, at + first, last + 1 - first);
}

/* What was written behind pointers. */
static void print_buffers(FILE *f, const struct side *s, const struct call *c)
{
	for (size_t i = 0; i < c->npatch; i++) {
		const int k = c->patch[i].ref;
		const struct call_buf *b;
		const uint8_t *at;
		char name[16];
		size_t last = 0;
		bool changed = false;

		if (c->patch[i].what != PATCH_BUF || c->buf[k].place != PLACE_BUF)
			continue;
		b = &c->buf[k];
		at = region_at(&s->buf[k], b->room);
		for (size_t n = 0; n < b->room; n++) {
			if (at[n] == (n < b->len ? b->img[n] : b->fill))
				continue;
			changed = true;
			last = n;
		}
		snprintf(name, sizeof(name), "buf%d", k);
		if (changed)
			print_expected(f, name, 0, at, last + 1);
	}
}

static void print_result(FILE *f, const char *call, int ret)
{
	const char *name = ret < 0 ? uapi_errno_name(-ret) : NULL;

	if (name)
		fprintf(f, "EXPECT_EQ(-%s, %s);\n", name, call);
	else
		fprintf(f, "EXPECT_EQ(%d, %s);\n", ret, call);
}

static void print_fdref(char *buf, size_t cap, const struct call *c, const struct sequence *seq)
{
	snprintf(buf, cap, "987654");
	for (size_t i = 0; i < seq->n; i++)
		if (seq->v[i].uid == c->fd)
			snprintf(buf, cap, "fd%d", c->fd);
}

static void print_ioctl_test(FILE *f, struct pair *p, const struct call *c,
			     const struct sequence *seq, const struct images *im, int ret)
{
	const struct uapi_row *row = call_row(c);
	const struct uapi_field *id = call_out(row, UAPI_ID), *fd = call_out(row, UAPI_FDNO);
	char call[160], on[16];

	fprintf(f, "\tdo {\n");
	print_memory(f, c, seq);
	print_fdref(on, sizeof(on), c, seq);
	snprintf(call, sizeof(call), "t.s->ops->ioctl(t.s, %s, 0x%x, %s)", on, c->req,
		 c->place == PLACE_BUF	      ? "(uintptr_t)arg"
		 : c->place == PLACE_UNMAPPED ? "(uintptr_t)ctest_unmapped(&t.side.arg)"
					      : "0");
	if (c->place == PLACE_VALUE)
		snprintf(call, sizeof(call),
			 "t.s->ops->ioctl(t.s, %s, 0x%x, (uintptr_t)0x%" PRIx64 "ull)", on, c->req,
			 c->value);
	fprintf(f, "\t\t/* %s */\n\t\t", row ? row->name : "a request that is not described");
	if (ret >= 0 && row && row->returns) {
		fprintf(f, "fd%d = %s;\n\t\tEXPECT_LE(0, fd%d);\n", c->uid, call, c->uid);
	} else {
		print_result(f, call, ret);
	}
	if (c->place == PLACE_BUF)
		print_reply(f, &p->side[0], c, im->in);
	if (c->place == PLACE_BUF)
		print_buffers(f, &p->side[0], c);
	if (ret >= 0 && id && id->off + id->width <= c->room)
		fprintf(f, "\t\tid%d = ctest_get(arg + %u, %u);\n", c->uid, id->off, id->width);
	if (ret >= 0 && fd && fd->off + fd->width <= c->room)
		fprintf(f, "\t\tfd%d = (int)ctest_get(arg + %u, %u);\n", c->uid, fd->off,
			fd->width);
	fprintf(f, "\t} while (0);\n");
}

void print_ctest(FILE *f, struct pair *p, const struct sequence *seq, const char *name)
{
	struct images *im = malloc(sizeof(*im));
	struct verdict v;

	if (!im)
		return;
	fprintf(f, "TEST(%s)\n{\n\tstruct ctest t;\n", name);
	for (size_t i = 0; i < seq->n; i++) {
		const struct call *c = &seq->v[i];
		const struct uapi_row *row = call_row(c);

		if (c->op == CALL_OPEN || (row && (row->returns || call_out(row, UAPI_FDNO))))
			fprintf(f, "\t__attribute__((unused)) int fd%d = -1;\n", c->uid);
		if (call_out(row, UAPI_ID))
			fprintf(f, "\t__attribute__((unused)) uint64_t id%d = 0x7ffffff0;\n",
				c->uid);
	}
	fprintf(f, "\n\tASSERT_EQ(0, ctest_begin(&t));\n");
	pair_begin(p);
	for (size_t i = 0; i < seq->n; i++) {
		const struct call *c = &seq->v[i];
		char on[16], call[96];

		im->len = 0;
		if (c->op == CALL_IOCTL && c->place == PLACE_BUF) {
			side_load(&p->side[0], c);
			memcpy(im->in, region_at(&p->side[0].arg, c->room), c->room);
		}
		pair_call(p, c, &v);
		switch (c->op) {
		case CALL_OPEN:
			if (v.ret[0] >= 0) {
				fprintf(f, "\tfd%d = shim_open(t.s, \"%s\", %d);\n", c->uid,
					c->path, c->flags);
				fprintf(f, "\tEXPECT_LE(0, fd%d);\n", c->uid);
				break;
			}
			snprintf(call, sizeof(call), "shim_open(t.s, \"%s\", %d)", c->path,
				 c->flags);
			fprintf(f, "\t");
			print_result(f, call, v.ret[0]);
			break;
		case CALL_CLOSE:
			print_fdref(on, sizeof(on), c, seq);
			snprintf(call, sizeof(call), "shim_close(t.s, %s)", on);
			fprintf(f, "\t");
			print_result(f, call, v.ret[0]);
			break;
		default: print_ioctl_test(f, p, c, seq, im, v.ret[0]); break;
		}
	}
	fprintf(f, "\tctest_end(&t);\n}\n");
	free(im);
	pair_end(p, seq->reverse, &v);
	pair_renew(p);
}
