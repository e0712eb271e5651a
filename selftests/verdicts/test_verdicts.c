// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `hiod check` says a QEMU does, against what real QEMU did on the same
 * hosts: every row of corpus/verdicts.md whose host was recorded.
 *
 * Compared: accepted or refused, and the message. In messages the numbers of
 * fds and objects are of no account; the lines that the table's head calls
 * noise are left out.
 */
#include <ctype.h>

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

/* The corpus host of a section: 1 and its name; 0 when it was not recorded; -1 when not listed. */
static int host_of(const char *section, char *host, size_t size)
{
	char path[256], line[256], sec[128], name[96];
	int r = -1;

	snprintf(path, sizeof(path), "%s/verdicts.map", corpus());

	FILE *f = fopen(path, "r");

	while (f && r < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%127s %95s", sec, name) != 2 || strcmp(sec, section))
			continue;
		r = strcmp(name, "-") != 0;
		snprintf(host, size, "%s", name);
	}
	if (f)
		fclose(f);
	return r;
}

struct counts {
	unsigned int rows, without_host, differ;
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
	char host[96];

	ASSERT_NOT_NULL(hiod_profile_find(variant->profile));
	while (next_row(self->f, &r)) {
		int known = host_of(r.section, host, sizeof(host));

		if (strcmp(r.l2, variant->l2))
			continue;
		ASSERT_LE(0, known)
		{
			TH_LOG("%s is not in verdicts.map", r.section);
		}
		if (known)
			compare(_metadata, &r, host, variant->profile, &n);
		else
			n.without_host++;
	}
	TH_LOG("%u rows compared, %u differ; %u rows of hosts that were not recorded", n.rows,
	       n.differ, n.without_host);
	EXPECT_LT(100, n.rows);
	EXPECT_EQ(0, n.differ);
}

TEST_HARNESS_MAIN
