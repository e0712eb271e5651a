// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting results, and printing them. */
#include <stdlib.h>
#include <string.h>

#include "harness/conform/table.h"

static size_t slot_of(const struct table_entry *e)
{
	uint32_t h = e->req * 0x9e3779b1u ^ (uint32_t)e->err * 0x85ebca6bu ^ e->on * 0xc2b2ae35u ^
		     (uint32_t)(e->op << 8 | e->kind) * 0x27d4eb2fu;

	return (h ^ h >> 15) % TABLE_SLOTS;
}

static bool same(const struct table_entry *a, const struct table_entry *b)
{
	return a->op == b->op && a->kind == b->kind && a->on == b->on && a->req == b->req &&
	       a->err == b->err;
}

void table_count(struct table *t, const struct call *c, enum uapi_fd on, int ret)
{
	struct table_entry e = { .op = c->op,
				 .kind = c->kind,
				 .on = (uint8_t)on,
				 .req = c->op == CALL_IOCTL ? c->req : 0,
				 .err = ret < 0 ? -ret : 0 };
	size_t i = slot_of(&e);

	t->calls++;
	t->succeeded += ret >= 0;
	while (t->v[i].count && !same(&t->v[i], &e))
		i = (i + 1) % TABLE_SLOTS;
	if (!t->v[i].count) {
		/* One free slot ends every search. */
		if (t->n == TABLE_SLOTS - 1) {
			t->full = true;
			return;
		}
		t->n++;
		t->v[i] = e;
	}
	t->v[i].count++;
}

uint64_t table_hits(const struct table *t, enum uapi_fd kind, uint32_t req, int err)
{
	uint64_t n = 0;

	for (size_t i = 0; i < TABLE_SLOTS; i++)
		if (t->v[i].count && t->v[i].op == CALL_IOCTL && t->v[i].on == kind &&
		    t->v[i].req == req && t->v[i].err == err)
			n += t->v[i].count;
	return n;
}

uint64_t table_opens(const struct table *t, enum uapi_fd kind, int err)
{
	uint64_t n = 0;

	for (size_t i = 0; i < TABLE_SLOTS; i++)
		if (t->v[i].op == CALL_OPEN && t->v[i].kind == kind && t->v[i].err == err)
			n += t->v[i].count;
	return n;
}

static int by_name(const void *x, const void *y)
{
	const struct table_entry *a = x, *b = y;

	if (a->op != b->op)
		return a->op - b->op;
	if (a->on != b->on)
		return a->on - b->on;
	if (a->req != b->req)
		return a->req < b->req ? -1 : 1;
	if (a->err != b->err)
		return a->err - b->err;
	return a->kind - b->kind;
}

static const char *name_of(const struct table_entry *e, char *buf, size_t cap)
{
	const struct uapi_row *row = uapi_find((enum uapi_fd)e->on, e->req);

	if (e->op == CALL_OPEN)
		return "open";
	if (e->op == CALL_CLOSE)
		return "close";
	if (e->op == CALL_WRITE)
		return "write";
	if (row)
		return row->name;
	snprintf(buf, cap, "0x%x", e->req);
	return buf;
}

/* The lines of one fd and request, whatever the generator took the fd for. */
void table_print(FILE *f, const struct table *t)
{
	struct table_entry *v = malloc((t->n + 1) * sizeof(*v));
	size_t n = 0;

	if (!v)
		return;
	for (size_t i = 0; i < TABLE_SLOTS; i++)
		if (t->v[i].count)
			v[n++] = t->v[i];
	qsort(v, n, sizeof(*v), by_name);
	fprintf(f, "%-10s %-34s %-12s %10s\n", "fd", "request", "result", "count");
	for (size_t i = 0; i < n; i++) {
		const char *on =
			uapi_fd_name((enum uapi_fd)(v[i].op == CALL_OPEN ? v[i].kind : v[i].on));
		const char *err = v[i].err ? uapi_errno_name(v[i].err) : "ok";
		char buf[16], num[16];

		if (i + 1 < n && v[i].op != CALL_OPEN && v[i].op == v[i + 1].op &&
		    v[i].on == v[i + 1].on && v[i].req == v[i + 1].req &&
		    v[i].err == v[i + 1].err) {
			v[i + 1].count += v[i].count;
			continue;
		}
		snprintf(num, sizeof(num), "%d", v[i].err);
		fprintf(f, "%-10s %-34s %-12s %10llu\n", on, name_of(&v[i], buf, sizeof(buf)),
			err ? err : num, (unsigned long long)v[i].count);
	}
	fprintf(f, "%llu calls, %llu succeeded (%llu %%)%s\n", (unsigned long long)t->calls,
		(unsigned long long)t->succeeded,
		(unsigned long long)(t->calls ? t->succeeded * 100 / t->calls : 0),
		t->full ? "; the table was full" : "");
	free(v);
}
