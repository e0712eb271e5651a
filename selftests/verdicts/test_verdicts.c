// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `hiod check` says a QEMU does, against what real QEMU did on the same
 * hosts: every row of corpus/verdicts.md. verdicts.map names the host of each
 * section, recorded or derived from a neighbour.
 *
 * Compared: accepted or refused, and the message. In messages the numbers of
 * fds and objects are of no account; the lines that the table's head calls
 * noise are left out.
 */
#include <ctype.h>

#include "harness/capture/host_eq.h"
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"
#include "selftests/verdicts/hosts.h"

struct row {
	char section[128];
	char l2[8];
	char options[128];
	char backend[16];
	int rc;
	char verdict[512];
};

static const char *corpus(void)
{
	const char *dir = getenv("HIOD_CORPUS");

	return dir ? dir : "corpus";
}

/*
 * "fd=10" -> "fd=N": a number after one of these words names an fd or an object of one run. So does
 * the group: the boot that QEMU ran in had a disk that the recorded boot had not.
 */
static void normalise(char *s)
{
	static const char *const before[] = { "fd=", "iommufd=", "(", "id=", "group " };
	char *out = s;

	for (char *p = s; *p;) {
		bool hit = false;

		for (size_t i = 0; i < sizeof(before) / sizeof(*before) && !hit; i++) {
			size_t n = strlen(before[i]);

			if (strncmp(p, before[i], n) || !isdigit((unsigned char)p[n]))
				continue;
			memmove(out, p, n);
			for (p += n; isdigit((unsigned char)*p);)
				p++;
			out += n;
			*out++ = 'N';
			hit = true;
		}
		if (!hit)
			*out++ = *p++;
	}
	*out = '\0';
}

/* The text QEMU printed, without noise: the last `quoted` text of the cell; "" for "starts". */
static void message_of(char *cell)
{
	char *end = strrchr(cell, '`'), *start = end;

	if (!end) {
		*cell = '\0';
		return;
	}
	while (start > cell && start[-1] != '`')
		start--;
	*end = '\0';
	memmove(cell, start, strlen(start) + 1);
}

static void trim(char *s)
{
	char *e = s + strlen(s);
	char *b = s;

	while (e > s && isspace((unsigned char)e[-1]))
		*--e = '\0';
	while (isspace((unsigned char)*b))
		b++;
	memmove(s, b, strlen(b) + 1);
}

/* Next table row of the file; false at its end. section is kept between calls. */
static bool next_row(FILE *f, struct row *r)
{
	char line[2048], *cell[8];

	while (fgets(line, sizeof(line), f)) {
		size_t n = 0;

		if (!strncmp(line, "## ", 3)) {
			snprintf(r->section, sizeof(r->section), "%.120s", line + 3);
			trim(r->section);
			continue;
		}
		if (strncmp(line, "| q", 3))
			continue;
		for (char *p = strtok(line, "|"); p && n < 8; p = strtok(NULL, "|"))
			cell[n++] = p;
		if (n < 6)
			continue;
		for (size_t i = 0; i < 6; i++)
			trim(cell[i]);
		snprintf(r->l2, sizeof(r->l2), "%.7s", cell[0]);
		snprintf(r->options, sizeof(r->options), "%.127s", cell[1]);
		snprintf(r->backend, sizeof(r->backend), "%.15s", cell[2]);
		r->rc = atoi(cell[3]);
		snprintf(r->verdict, sizeof(r->verdict), "%.511s", cell[5]);
		message_of(r->verdict);
		return true;
	}
	return false;
}

/* The corpus host of a section; false: verdicts.map does not say. */
static bool host_of(const char *section, char *host, size_t size)
{
	char path[256], line[256], sec[128], name[96];
	bool found = false;

	snprintf(path, sizeof(path), "%s/verdicts.map", corpus());

	FILE *f = fopen(path, "r");

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%127s %95s", sec, name) != 2 || strcmp(sec, section))
			continue;
		found = true;
		snprintf(host, size, "%s", name);
	}
	if (f)
		fclose(f);
	return found;
}

struct counts {
	unsigned int rows, differ;
};

static void compare(struct ktap_meta *_metadata, const struct row *r, const char *name,
		    const char *profile, struct counts *n)
{
	struct hiod_verdict v;
	char viommu[160];
	struct host *host = test_host_get(name);

	ASSERT_NOT_NULL(host);
	struct shim *model = model_new(host, NULL);

	ASSERT_NOT_NULL(model);
	snprintf(viommu, sizeof(viommu), "intel-iommu,%s", r->options);

	struct hiod_check c = {
		.profile = hiod_profile_find(profile),
		.viommu = viommu,
		.backend =
			strcmp(r->backend, "legacy") ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY,
		.bdf = host->devices[0].bdf,
	};
	hiod_check_run(model, &c, &v);

	char expected[sizeof(r->verdict)], seen[sizeof(v.message)];
	enum hiod_answer qemu = r->rc ? HIOD_REFUSED : HIOD_ACCEPTED;

	snprintf(expected, sizeof(expected), "%s", r->verdict);
	normalise(expected);
	/* Where QEMU prints nothing the message is ours. */
	snprintf(seen, sizeof(seen), "%s", v.qemu == HIOD_ACCEPTED ? "" : v.message);
	normalise(seen);
	n->rows++;
	if (v.qemu != qemu || strcmp(expected, seen)) {
		n->differ++;
		TH_LOG("%s, %s %s, %s:\n#   QEMU: %s '%s'\n#   hiod: %s '%s'", r->section, r->l2,
		       r->backend, r->options, hiod_answer_name(qemu), expected,
		       hiod_answer_name(v.qemu), seen);
	}
	hiod_verdict_free(&v);
	shim_destroy(model);
	test_host_put(host);
}

FIXTURE(verdicts)
{
	FILE *f;
};

FIXTURE_VARIANT(verdicts)
{
	const char *l2;
	const char *profile;
};

FIXTURE_VARIANT_ADD(verdicts, qemu_10_0)
{ .l2 = "q10", .profile = "qemu-10.0" };
FIXTURE_VARIANT_ADD(verdicts, qemu_11_1)
{ .l2 = "q11", .profile = "qemu-11.1" };

FIXTURE_SETUP(verdicts)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/verdicts.md", corpus());
	self->f = fopen(path, "r");
	ASSERT_NOT_NULL(self->f);
}

FIXTURE_TEARDOWN(verdicts)
{
	if (self->f)
		fclose(self->f);
}

TEST_F(verdicts, equal_real_qemus)
{
	struct row r = { 0 };
	struct counts n = { 0 };
	unsigned int rows = 0;
	char host[96];

	ASSERT_NOT_NULL(hiod_profile_find(variant->profile));
	while (next_row(self->f, &r)) {
		if (strcmp(r.l2, variant->l2))
			continue;
		rows++;
		if (host_of(r.section, host, sizeof(host)))
			compare(_metadata, &r, host, variant->profile, &n);
		else
			TH_LOG("%s is not in verdicts.map", r.section);
	}
	TH_LOG("%u rows, %u compared, %u differ", rows, n.rows, n.differ);
	EXPECT_LT(100, rows);
	EXPECT_EQ(rows, n.rows);
	EXPECT_EQ(0, n.differ);
}

/* Every q-row of the file, counted in another way than next_row() does, has a variant. */
TEST(no_row_is_left_out)
{
	unsigned int lines = 0, rows = 0, older = 0;
	struct row r = { 0 };
	char path[256], line[2048];

	snprintf(path, sizeof(path), "%s/verdicts.md", corpus());

	FILE *f = fopen(path, "r");

	ASSERT_NOT_NULL(f);
	while (fgets(line, sizeof(line), f))
		lines += line[0] == '|' &&
			 (strstr(line, "| legacy |") || strstr(line, "| iommufd |"));
	rewind(f);
	while (next_row(f, &r)) {
		rows++;
		/* 7.2 has no such check: nothing to compare it with. */
		if (!strcmp(r.l2, "q72"))
			older++;
		else
			EXPECT_TRUE(!strcmp(r.l2, "q10") || !strcmp(r.l2, "q11"));
	}
	fclose(f);
	EXPECT_EQ(lines, rows);
	EXPECT_LT(older, rows / 20);
}

TEST(derived_hosts_are_their_neighbours_but_for_the_width)
{
	static const struct {
		const char *derived, *from;
		uint64_t last;
	} rows[] = {
		{ "7.3-virtio-aw38-unsafe-q10-derived", "7.3-virtio-aw39-unsafe-q10",
		  (1ull << 38) - 1 },
		{ "7.3-virtio-aw47-unsafe-q10-derived", "7.3-virtio-aw48-unsafe-q10",
		  (1ull << 47) - 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct host *d = test_host_get(rows[i].derived), *h = test_host_get(rows[i].from);
		char where[160] = "", *origin, *source;

		ASSERT_NOT_NULL(d);
		ASSERT_NOT_NULL(h);
		EXPECT_STREQ("made", d->origin);
		EXPECT_NOT_NULL(strstr(d->source, rows[i].from));
		origin = d->origin;
		source = d->source;
		d->origin = h->origin;
		d->source = h->source;
		ASSERT_EQ(1, h->niommus);
		h->iommus[0].domain[HOST_DOMAIN_TYPE1].aperture.last = rows[i].last;
		h->iommus[0].domain[HOST_DOMAIN_PAGING].aperture.last = rows[i].last;
		EXPECT_TRUE(host_eq(h, d, where, sizeof(where)))
		{
			TH_LOG("%s: %s", rows[i].derived, where);
		}
		d->origin = origin;
		d->source = source;
		test_host_put(d);
		test_host_put(h);
	}
}

TEST_HARNESS_MAIN
