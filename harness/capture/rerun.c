// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recorded calls on another backend. Memory: each buffer is a real one filled
 * with what went in and, where the kernel may only write, with a pattern, so
 * that a byte too many is seen. Numbers: fds and object ids of the recording
 * stand for those that the backend gave in the same place.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/fds.h"
#include "harness/capture/marshal.h"
#include "harness/capture/rerun.h"
#include "harness/uapi/uapi_compat.h"

#define TEXT_MAX 3000
/* What a client's output buffers hold before a call. */
#define POISON 0xa5
/* Memory to pin for a mapping request: this much is offered, whatever length is asked. */
#define PIN_SIZE 65536
#define PAGE	 4096
/* Behind an argument: the largest fixed structure, and what a walk looks at. */
#define ARG_SLACK 512

/* An object id of the recording and the backend's for it, in one iommufd. */
struct id_pair {
	int context; /* the recorded iommufd's serial number */
	uint32_t recorded, live;
};

struct rerun {
	const struct transcript *t;
	struct shim *on;
	struct fd_table fds;	  /* recorded fd -> .other: the live one */
	struct fd_table contexts; /* recorded fd -> .other: serial number of its iommufd */
	int ncontexts;
	struct id_pair *ids;
	size_t nids;
	uint8_t *pin;
	struct rerun_stats *stats;
	rerun_report report;
	void *ctx;
	int rc;
};

/* ---- names of fds and ids ----------------------------------------------- */

static int live_fd(const struct rerun *r, int fd)
{
	const struct fd_entry *e = fd_get(&r->fds, fd);

	return e && e->other >= 0 ? e->other : fd;
}

static int recorded_fd(const struct rerun *r, int live)
{
	for (size_t i = r->fds.n; i > 0; i--) {
		if (r->fds.v[i - 1].other == live)
			return r->fds.v[i - 1].fd;
	}
	return live;
}

static void map_fd(struct rerun *r, int recorded, int live, enum uapi_fd kind)
{
	struct fd_entry *e = fd_put(&r->fds, recorded, kind);

	if (e)
		e->other = live;
	else
		r->rc = -ENOMEM;
}

/* The iommufd that a request on a recorded fd is about; -1: none. */
static int context_of(const struct rerun *r, int fd)
{
	const struct fd_entry *e = fd_get(&r->contexts, fd);

	return e ? e->other : -1;
}

static void set_context(struct rerun *r, int fd, int context)
{
	struct fd_entry *e = fd_put(&r->contexts, fd, UAPI_FD_UNKNOWN);

	if (e)
		e->other = context;
	else
		r->rc = -ENOMEM;
}

static struct id_pair *find_id(struct rerun *r, int context, uint32_t id, bool live)
{
	for (size_t i = 0; i < r->nids; i++) {
		struct id_pair *p = &r->ids[i];

		if (p->context == context && (live ? p->live : p->recorded) == id)
			return p;
	}
	return NULL;
}

static void map_id(struct rerun *r, int context, uint32_t recorded, uint32_t live)
{
	struct id_pair *p = find_id(r, context, live, true);

	/* The backend's number was another object's before: that one is gone. */
	if (p && p->recorded != recorded)
		*p = r->ids[--r->nids];
	p = find_id(r, context, recorded, false);
	if (!p) {
		p = realloc(r->ids, (r->nids + 1) * sizeof(*p));
		if (!p) {
			r->rc = -ENOMEM;
			return;
		}
		r->ids = p;
		p += r->nids++;
	}
	*p = (struct id_pair){ context, recorded, live };
}

/* ---- one ioctl ---------------------------------------------------------- */

struct buffer {
	const char *what;
	uint8_t *data;
	size_t len;
};

struct request {
	struct rerun *r;
	const struct call *c;
	const struct uapi_row *row;
	uint8_t *arg;
	size_t len;
	struct buffer buf[UAPI_SPANS_MAX];
	size_t nbuf;
	int context;
	bool too_big; /* a pointer's length is beyond what is recorded */
	bool ok;      /* succeeded, here and in the recording */
	bool refused; /* asks for memory that no recorded call can have had: not issued */
};

static uint64_t get(const struct uapi_field *f, const uint8_t *img, size_t len, size_t base)
{
	uint64_t v = 0;

	if (!img || base > len || !uapi_get(f, img + base, len - base, &v))
		return 0;
	return v;
}

static void put(const struct uapi_field *f, uint8_t *img, size_t len, size_t base, uint64_t v)
{
	if (img && base <= len)
		uapi_put(f, img + base, len - base, v);
}

/* Memory behind a pointer: what the recording has of it, and room for the reply. */
static uint8_t *make_buffer(struct request *q, const char *what, uint64_t len)
{
	const struct call_mem *m = NULL;
	struct buffer *b;

	for (size_t i = 0; i < q->c->nmem; i++) {
		if (!strcmp(q->c->mem[i].what, what))
			m = &q->c->mem[i];
	}
	if (len > UAPI_SPAN_LIMIT || q->nbuf == UAPI_SPANS_MAX) {
		q->too_big = true;
		return NULL;
	}
	if (m && m->out_len > len)
		len = m->out_len;
	b = &q->buf[q->nbuf++];
	*b = (struct buffer){ what, malloc(len + 1), (size_t)len };
	if (!b->data) {
		q->r->rc = -ENOMEM;
		return NULL;
	}
	memset(b->data, POISON, (size_t)len);
	if (m && m->in && m->in_len <= len)
		memcpy(b->data, m->in, m->in_len);
	return b->data;
}

/* Turns a recorded argument's fields into live ones. */
static void to_live(void *ctx, const struct uapi_field *f, size_t base)
{
	struct request *q = ctx;
	uint64_t v = get(f, q->arg, q->len, base);
	struct uapi_target t;
	struct id_pair *id;
	uint8_t *p;

	switch (f->kind) {
	case UAPI_FDNO:
		if (f->dir & UAPI_IN)
			put(f, q->arg, q->len, base, (uint64_t)live_fd(q->r, (int)v));
		break;
	case UAPI_ID:
		id = find_id(q->r, q->context, (uint32_t)v, false);
		if (f->dir & UAPI_IN && id)
			put(f, q->arg, q->len, base, id->live);
		break;
	case UAPI_PTR:
		if (!v)
			break;
		/* An address without memory that is copied is one that is pinned. */
		if (uapi_target(f, q->arg + base, q->len - base, &t))
			p = make_buffer(q, f->name, t.len);
		else
			p = q->r->pin + v % PAGE;
		put(f, q->arg, q->len, base, (uint64_t)(uintptr_t)p);
		break;
	default: break;
	}
}

/*
 * Turns the live reply's fields back into the recording's: addresses and
 * inputs as recorded, ids and fds by their recorded names. A number seen for
 * the first time becomes the name of the recorded one in its place.
 */
static void to_recorded(void *ctx, const struct uapi_field *f, size_t base)
{
	struct request *q = ctx;
	const struct call *c = q->c;
	uint64_t live = get(f, q->arg, q->len, base), rec;
	const uint8_t *was = c->out ? c->out : c->in;
	uint32_t was_len = c->out ? c->out_len : c->in_len;
	struct id_pair *id;

	rec = get(f, was, was_len, base);
	switch (f->kind) {
	case UAPI_PTR: put(f, q->arg, q->len, base, get(f, c->in, c->in_len, base)); break;
	case UAPI_ID:
		/* New where the recording has a new one too; else it must be a known one. */
		if (q->ok && f->dir & UAPI_OUT && live && rec &&
		    rec != get(f, c->in, c->in_len, base))
			map_id(q->r, q->context, (uint32_t)rec, (uint32_t)live);
		id = find_id(q->r, q->context, (uint32_t)live, true);
		if (id)
			put(f, q->arg, q->len, base, id->recorded);
		break;
	case UAPI_FDNO:
		if (q->ok && f->dir & UAPI_OUT)
			map_fd(q->r, (int)rec, (int)live, (enum uapi_fd)f->fd);
		put(f, q->arg, q->len, base, (uint64_t)recorded_fd(q->r, (int)live));
		break;
	default: break;
	}
}

/*
 * Bytes of the argument: what was recorded, grown to what the caller said is
 * there. A claim beyond all that is recorded cannot be honoured: SIZE_MAX.
 */
static size_t arg_size(const struct call *c, const struct uapi_row *row)
{
	size_t len = c->in_len > c->out_len ? c->in_len : c->out_len;
	uint32_t given = 0;

	if (!row)
		given = _IOC_SIZE(c->req);
	else if (row->rule == UAPI_SIZE_FIXED)
		given = row->size;
	else if ((row->rule == UAPI_SIZE_ARGSZ || row->rule == UAPI_SIZE_EXT) && c->in_len >= 4)
		memcpy(&given, c->in, 4);
	if (given > UAPI_SPAN_LIMIT)
		return SIZE_MAX;
	return given > len ? given : len;
}

/* Whether the request's argument is an address. */
static bool by_address(const struct call *c, const struct uapi_row *row)
{
	if (!row)
		return _IOC_DIR(c->req) && _IOC_SIZE(c->req);
	return row->rule != UAPI_SIZE_NONE && row->rule != UAPI_SIZE_VALUE;
}

/* Which recorded iommufd a request is about, before it. */
static int request_context(const struct rerun *r, const struct call *c)
{
	int32_t fd;

	if (c->kind == UAPI_FD_DEVICE && c->req == VFIO_DEVICE_BIND_IOMMUFD && c->in_len >= 12) {
		memcpy(&fd, c->in + 8, 4);
		return context_of(r, fd);
	}
	return context_of(r, c->fd);
}

/* A byte changed behind a pointer, past what the protocol writes there. */
static const char *overrun(const struct request *q, const struct call *got, uint32_t *at)
{
	for (size_t i = 0; i < q->nbuf; i++) {
		const struct buffer *b = &q->buf[i];
		size_t used = 0;

		for (size_t k = 0; k < got->nmem; k++) {
			const struct call_mem *m = &got->mem[k];

			if (strcmp(m->what, b->what))
				continue;
			used = m->out_len > m->in_len ? m->out_len : m->in_len;
		}
		for (; used < b->len; used++) {
			if (b->data[used] != POISON) {
				*at = (uint32_t)used;
				return b->what;
			}
		}
	}
	return NULL;
}

/* Whether all that the request claims is memory that it has. A transcript may say anything. */
static bool has_memory(const struct request *q, uintptr_t arg)
{
	struct uapi_span v[UAPI_SPANS_MAX];
	int n = q->row && arg ? uapi_spans(q->row, &uapi_mem_self, arg, v, UAPI_SPANS_MAX) : 0;

	for (int i = 0; i < n; i++) {
		size_t have = v[i].addr == arg ? q->len + ARG_SLACK : 0;

		for (size_t k = 0; k < q->nbuf; k++) {
			if (v[i].addr == (uintptr_t)q->buf[k].data)
				have = q->buf[k].len;
		}
		if (v[i].len > have)
			return false;
	}
	return true;
}

/* Makes the argument and its buffers; false when the request cannot be issued. */
static bool make_request(struct request *q, uintptr_t *arg)
{
	const struct call *c = q->c;
	bool address = by_address(c, q->row);

	q->context = request_context(q->r, c);
	q->len = address ? arg_size(c, q->row) : 0;
	*arg = (uintptr_t)c->arg;
	if (!address)
		return true;
	if (q->len == SIZE_MAX || c->has_arg) {
		q->len = 0;
		return false;
	}
	/* A kernel reads the smallest struct it knows before it looks at argsz. */
	q->arg = calloc(1, q->len + ARG_SLACK);
	if (!q->arg) {
		q->r->rc = -ENOMEM;
		return false;
	}
	if (c->in_len)
		memcpy(q->arg, c->in, c->in_len);
	/* Nothing could be read there: the address was a bad one. */
	*arg = !c->in && c->ret == -EFAULT ? 0 : (uintptr_t)q->arg;
	marshal_fields(q->row, q->arg, c->in_len, to_live, q);
	return !q->r->rc && !q->too_big && has_memory(q, *arg);
}

static int run_ioctl(struct request *q, struct call *got)
{
	struct rerun *r = q->r;
	const struct call *c = q->c;
	int fd = live_fd(r, c->fd), rc;
	struct marshal m;
	uintptr_t arg;

	if (!make_request(q, &arg)) {
		q->refused = true;
		return r->rc;
	}
	rc = marshal_before(&m, q->row, c->req, arg, &uapi_mem_self, got);
	got->ret = r->on->ops->ioctl(r->on, fd, c->req, arg);
	if (!rc)
		rc = marshal_after(&m, (int)got->ret, got);
	marshal_free(&m);
	return rc;
}

/* What of the answer is not as recorded; NULL: nothing. */
static const char *compare_ioctl(struct request *q, struct call *got, uint32_t *at)
{
	const struct call *c = q->c;
	const char *what;
	size_t n = q->len;

	*at = 0;
	if (q->refused)
		return "claimed memory";
	q->ok = got->ret >= 0 && c->ret >= 0;
	if (q->ok && q->row && q->row->returns) {
		map_fd(q->r, (int)c->ret, (int)got->ret, (enum uapi_fd)q->row->returns);
		if (context_of(q->r, c->fd) >= 0)
			set_context(q->r, (int)c->ret, context_of(q->r, c->fd));
		got->ret = c->ret;
	}
	if (c->kind == UAPI_FD_DEVICE && c->req == VFIO_DEVICE_BIND_IOMMUFD && c->ret >= 0)
		set_context(q->r, c->fd, q->context);
	marshal_fields(q->row, q->arg, q->len, to_recorded, q);
	/* The report shows the reply with recorded names. */
	if (got->out)
		memcpy(got->out, q->arg, got->out_len < n ? got->out_len : n);
	if (got->in && c->in_len == got->in_len)
		memcpy(got->in, c->in, c->in_len);
	if (got->ret != c->ret)
		return "ret";
	for (uint32_t i = 0; i < n && q->arg; i++) {
		/* What the recording does not show was not changed: as it went in, or zero. */
		uint8_t want = i < c->out_len ? c->out[i] : i < c->in_len ? c->in[i] : 0;

		if (q->arg[i] != want) {
			*at = i;
			return "out";
		}
	}
	for (size_t k = 0; k < c->nmem; k++) {
		const struct call_mem *x = &c->mem[k], *y = NULL;

		for (size_t j = 0; j < got->nmem; j++) {
			if (!strcmp(got->mem[j].what, x->what))
				y = &got->mem[j];
		}
		if (!x->out)
			continue;
		for (*at = 0; *at < x->out_len; ++*at) {
			if (!y || *at >= y->out_len || y->out[*at] != x->out[*at])
				return x->what;
		}
	}
	what = overrun(q, got, at);
	return what;
}

/* ---- the other operations ----------------------------------------------- */

static int run_bytes(struct rerun *r, const struct call *c, struct call *got)
{
	size_t len = c->len < UAPI_SPAN_LIMIT ? (size_t)c->len : UAPI_SPAN_LIMIT;
	uint8_t *buf = malloc(len + 1);
	int fd = live_fd(r, c->fd);
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	switch (c->op) {
	case SHIM_OP_READ: n = shim_read(r->on, fd, buf, len); break;
	case SHIM_OP_PREAD: n = shim_pread(r->on, fd, buf, len, c->off); break;
	case SHIM_OP_READLINK: n = shim_readlink(r->on, c->path, (char *)buf, len); break;
	default: n = shim_listdir(r->on, c->path, (char *)buf, len); break;
	}
	got->ret = n;
	if (n >= 0 && call_bytes(&got->out, &got->out_len, buf, (size_t)n)) {
		free(buf);
		return -ENOMEM;
	}
	free(buf);
	return 0;
}

static int run_open(struct rerun *r, const struct call *c, struct call *got)
{
	enum uapi_fd kind = uapi_fd_from_path(c->path);
	int fd = shim_open(r->on, c->path, (int)c->flags);

	got->ret = fd;
	if (fd >= 0 && c->ret < 0)
		shim_close(r->on, fd);
	if (fd < 0 || c->ret < 0)
		return 0;
	map_fd(r, (int)c->ret, fd, kind);
	fd_del(&r->contexts, (int)c->ret);
	if (kind == UAPI_FD_IOMMUFD || kind == UAPI_FD_CONTAINER)
		set_context(r, (int)c->ret, r->ncontexts++);
	got->ret = c->ret;
	return 0;
}

static int run_other(struct rerun *r, const struct call *c, struct call *got)
{
	switch (c->op) {
	case SHIM_OP_OPEN: return run_open(r, c, got);
	case SHIM_OP_CLOSE:
		got->ret = shim_close(r->on, live_fd(r, c->fd));
		fd_del(&r->fds, c->fd);
		return 0;
	case SHIM_OP_FSTAT: got->ret = shim_fstat(r->on, live_fd(r, c->fd), &got->st); return 0;
	case SHIM_OP_STAT: got->ret = shim_stat(r->on, c->path, &got->st); return 0;
	case SHIM_OP_ACCESS: got->ret = shim_access(r->on, c->path, (int)c->flags); return 0;
	case SHIM_OP_WRITE:
		got->ret = shim_write(r->on, live_fd(r, c->fd), c->in, c->in_len);
		return 0;
	case SHIM_OP_PWRITE:
		got->ret = shim_pwrite(r->on, live_fd(r, c->fd), c->in, c->in_len, c->off);
		return 0;
	default: return run_bytes(r, c, got);
	}
}

static const char *compare_other(const struct call *c, const struct call *got, uint32_t *at)
{
	*at = 0;
	if (c->ret != got->ret && (c->ret < 0 || got->ret < 0))
		return "ret";
	for (; *at < c->out_len && *at < got->out_len; ++*at) {
		if (c->out[*at] != got->out[*at])
			return "out";
	}
	if (c->out_len != got->out_len)
		return "out";
	if (c->ret != got->ret)
		return "ret";
	if (got->ret >= 0 &&
	    (c->st.mode != got->st.mode || c->st.rdev_major != got->st.rdev_major ||
	     c->st.rdev_minor != got->st.rdev_minor))
		return "stat";
	return NULL;
}

/* ---- the walk ----------------------------------------------------------- */

static void count(struct rerun_stats *s, const char *name, bool differ)
{
	struct rerun_request *q = s->request;

	s->calls++;
	s->differ += differ;
	while (q < s->request + s->nrequests && strcmp(q->name, name))
		q++;
	if (q == s->request + RERUN_REQUESTS_MAX)
		return;
	if (q == s->request + s->nrequests) {
		*q = (struct rerun_request){ .name = name };
		s->nrequests++;
	}
	q->calls++;
	q->differ += differ;
}

static void tell(struct rerun *r, const struct call *c, const struct call *got, const char *what,
		 uint32_t at)
{
	char expected[TEXT_MAX], seen[TEXT_MAX];
	struct rerun_difference d = { c, what, expected, seen, at };

	if (!r->report)
		return;
	call_decode(expected, sizeof(expected), c);
	call_decode(seen, sizeof(seen), got);
	if (!r->report(r->ctx, &d))
		r->rc = -ECANCELED;
}

static void run_call(struct rerun *r, const struct call *c)
{
	struct call got = { .op = c->op, .fd = c->fd, .kind = c->kind, .req = c->req };
	struct request q = { .r = r, .c = c };
	const char *what = NULL, *name;
	uint32_t at = 0;
	int rc;

	if (c->op == SHIM_OP_IOCTL) {
		q.row = capture_row(c->kind, c->req);
		rc = run_ioctl(&q, &got);
		if (!rc)
			what = compare_ioctl(&q, &got, &at);
		name = q.row ? q.row->name : "unknown request";
	} else {
		rc = run_other(r, c, &got);
		what = rc ? NULL : compare_other(c, &got, &at);
		name = call_op_name(c->op);
	}
	if (rc)
		r->rc = rc;
	got.flags = c->flags;
	got.len = c->len;
	got.off = c->off;
	if (r->stats && !r->rc)
		count(r->stats, name, what);
	if (what && !r->rc) {
		got.path = c->path;
		tell(r, c, &got, what, at);
		got.path = NULL;
	}
	for (size_t i = 0; i < q.nbuf; i++)
		free(q.buf[i].data);
	free(q.arg);
	call_free(&got);
}

int transcript_rerun(const struct transcript *t, struct shim *on, rerun_report report, void *ctx,
		     struct rerun_stats *stats, struct capture_error *err)
{
	struct rerun r = { .t = t, .on = on, .report = report, .ctx = ctx, .stats = stats };
	struct fd_entry *e;

	if (stats)
		*stats = (struct rerun_stats){ 0 };
	if (posix_memalign((void **)&r.pin, PAGE, PIN_SIZE))
		return capture_fail(err, -ENOMEM, "out of memory");
	memset(r.pin, 0, PIN_SIZE);
	for (size_t i = 0; i < t->ncalls && !r.rc; i++)
		run_call(&r, &t->calls[i]);
	while ((e = fd_lowest(&r.fds))) {
		if (e->other >= 0)
			shim_close(on, e->other);
		fd_del(&r.fds, e->fd);
	}
	fd_clear(&r.fds);
	fd_clear(&r.contexts);
	free(r.ids);
	free(r.pin);
	if (r.rc == -ECANCELED)
		return capture_fail(err, r.rc, "stopped at the first differences");
	return r.rc ? capture_fail(err, r.rc, "%s", strerror(-r.rc)) : 0;
}
