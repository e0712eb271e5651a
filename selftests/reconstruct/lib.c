// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/capture/host_derive.h"
#include "selftests/reconstruct/lib.h"

int feed_bytes(struct recon *r, enum recon_text kind, const void *text, size_t len)
{
	FILE *f = fmemopen((void *)text, len, "r");
	int rc = f ? recon_read(r, kind, f, "t") : -ENOMEM;

	if (f)
		fclose(f);
	return rc;
}

int feed(struct recon *r, enum recon_text kind, const char *text)
{
	return feed_bytes(r, kind, text, strlen(text));
}

struct host *host_of(const char *dmesg, const char *release)
{
	struct recon *r = recon_new();
	struct host *h = NULL;

	if (r && !feed(r, RECON_DMESG, dmesg) && (!release || !recon_kernel(r, release)))
		recon_host(r, -1, &h, NULL);
	recon_free(r);
	return h;
}

const char *note_at(const struct recon *r, unsigned int line)
{
	size_t n, more;
	const struct recon_note *v = recon_notes(r, &n, &more);

	for (size_t i = 0; i < n; i++)
		if (v[i].line == line)
			return v[i].why;
	return "";
}

const struct host_provenance *says(const struct host *h, const char *key)
{
	for (size_t i = 0; i < h->nprovenance; i++)
		if (!strcmp(h->provenance[i].key, key))
			return &h->provenance[i];
	return NULL;
}

unsigned int bits(const struct host *h, size_t unit, enum host_domain_kind kind)
{
	struct host_domain d;
	unsigned int n = 0;

	host_domain_get(h, &h->iommus[unit], kind, &d);
	if (d.attach_errno)
		return 0;
	for (uint64_t v = d.aperture.last; v; v >>= 1)
		n++;
	return n;
}

void table_put(struct table *t, uint64_t v, size_t bytes)
{
	uint8_t *p = realloc(t->p, t->n + bytes);

	if (!p)
		abort();
	t->p = p;
	for (size_t i = 0; i < bytes; i++)
		t->p[t->n++] = i < 8 ? (uint8_t)(v >> 8 * i) : 0;
}

void table_begin(struct table *t, const char *sig)
{
	*t = (struct table){ 0 };
	for (int i = 0; i < 4; i++)
		table_put(t, (uint8_t)sig[i], 1);
	table_put(t, 0, 32);
}

void table_end(struct table *t)
{
	uint8_t sum = 0;

	t->p[9] = 0;
	for (size_t i = 0; i < 4; i++)
		t->p[4 + i] = (uint8_t)(t->n >> 8 * i);
	for (size_t i = 0; i < t->n; i++)
		sum = (uint8_t)(sum + t->p[i]);
	t->p[9] = (uint8_t)-sum;
}

void table_free(struct table *t)
{
	free(t->p);
}
