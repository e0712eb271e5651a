// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two kinds of interval sets: the list of valid IOVAs that type1 trims and
 * cuts, and the set of reserved intervals whose complement iommufd shows.
 * Both ends of every interval belong to it.
 */
#include <stdlib.h>

#include "mocks/internal.h"

int vec_room(void **v, size_t *cap, size_t n, size_t elem)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *p;

	if (n < *cap)
		return 0;
	p = realloc(*v, more * elem);
	if (!p)
		return -ENOMEM;
	*v = p;
	*cap = more;
	return 0;
}

static int ivlist_room(struct ivlist *l)
{
	return vec_room((void **)&l->v, &l->cap, l->n, sizeof(*l->v));
}

static int ivlist_insert(struct ivlist *l, size_t at, uint64_t start, uint64_t last)
{
	int err = ivlist_room(l);

	if (err)
		return err;
	memmove(&l->v[at + 1], &l->v[at], (l->n - at) * sizeof(*l->v));
	l->v[at] = (struct host_range){ start, last };
	l->n++;
	return 0;
}

static void ivlist_delete(struct ivlist *l, size_t at)
{
	l->n--;
	memmove(&l->v[at], &l->v[at + 1], (l->n - at) * sizeof(*l->v));
}

int ivlist_copy(struct ivlist *dst, const struct ivlist *src)
{
	*dst = (struct ivlist){ 0 };
	for (size_t i = 0; i < src->n; i++) {
		int err = ivlist_insert(dst, i, src->v[i].start, src->v[i].last);

		if (err) {
			ivlist_free(dst);
			return err;
		}
	}
	return 0;
}

void ivlist_free(struct ivlist *l)
{
	free(l->v);
	*l = (struct ivlist){ 0 };
}

/*
 * The comparisons at both ends are strict, as in the kernel: a range of which
 * only its very last (or first) address would stay is dropped, not kept.
 */
int ivlist_resize(struct ivlist *l, uint64_t start, uint64_t last)
{
	if (!l->n)
		return ivlist_insert(l, 0, start, last);
	while (l->n && start >= l->v[0].start) {
		if (start < l->v[0].last) {
			l->v[0].start = start;
			break;
		}
		ivlist_delete(l, 0);
	}
	while (l->n && last <= l->v[l->n - 1].last) {
		if (last > l->v[l->n - 1].start) {
			l->v[l->n - 1].last = last;
			break;
		}
		ivlist_delete(l, l->n - 1);
	}
	return 0;
}

int ivlist_exclude(struct ivlist *l, uint64_t start, uint64_t last)
{
	for (size_t i = 0; i < l->n;) {
		struct host_range r = l->v[i];
		int err = 0;

		if (start > r.last || last < r.start) {
			i++;
			continue;
		}
		ivlist_delete(l, i);
		if (start > r.start)
			err = ivlist_insert(l, i++, r.start, start - 1);
		if (!err && last < r.last)
			err = ivlist_insert(l, i++, last + 1, r.last);
		if (err)
			return err;
	}
	return 0;
}

bool ivlist_holds(const struct ivlist *l, uint64_t start, uint64_t last)
{
	for (size_t i = 0; i < l->n; i++)
		if (start >= l->v[i].start && last <= l->v[i].last)
			return true;
	return !l->n;
}

void iset_free(struct iset *s)
{
	free(s->v);
	*s = (struct iset){ 0 };
}

int iset_add(struct iset *s, uint64_t start, uint64_t last, const void *owner)
{
	size_t at = s->n;
	int err = vec_room((void **)&s->v, &s->cap, s->n, sizeof(*s->v));

	if (err)
		return err;
	while (at && s->v[at - 1].start > start)
		at--;
	memmove(&s->v[at + 1], &s->v[at], (s->n - at) * sizeof(*s->v));
	s->v[at] = (struct iset_ent){ start, last, owner };
	s->n++;
	return 0;
}

void iset_remove_owner(struct iset *s, const void *owner)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].owner != owner)
			s->v[kept++] = s->v[i];
	s->n = kept;
}

bool iset_overlaps(const struct iset *s, uint64_t start, uint64_t last)
{
	for (size_t i = 0; i < s->n && s->v[i].start <= last; i++)
		if (s->v[i].last >= start)
			return true;
	return false;
}

void hole_iter_init(struct hole_iter *it, const struct iset *s)
{
	*it = (struct hole_iter){ .s = s };
}

bool hole_next(struct hole_iter *it, uint64_t *start, uint64_t *last)
{
	while (!it->done) {
		const struct iset_ent *e;
		uint64_t from = it->from;

		if (it->i == it->s->n) {
			it->done = true;
			*start = from;
			*last = UINT64_MAX;
			return true;
		}
		e = &it->s->v[it->i++];
		if (e->last >= from) {
			it->done = e->last == UINT64_MAX;
			it->from = e->last + 1;
		}
		if (e->start > from) {
			*start = from;
			*last = e->start - 1;
			return true;
		}
	}
	return false;
}
