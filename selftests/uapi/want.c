// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/ktap/ktap.h"
#include "selftests/uapi/want.h"

static uint8_t nested[64];

const struct uapi_row *row_of(const char *name)
{
	const struct uapi_row *row = uapi_find_name(name);

	if (!row) {
		fprintf(stderr, "no row %s\n", name);
		abort();
	}
	return row;
}

void point(uint32_t *words, size_t n)
{
	uint64_t addr = PTR(nested);

	for (size_t w = 0; w + 1 < n; w++)
		if (words[w] == 0xbbbbbbbb && words[w + 1] == 0xbbbbbbbb)
			memcpy(&words[w], &addr, 8);
}

void check_spans(struct ktap_meta *_metadata, const char *label, const void *arg,
		 const struct uapi_span *v, int n, const struct want *want)
{
	int i;

	for (i = 0; i < n && want[i].what; i++) {
		EXPECT_STREQ(want[i].what, v[i].what)
		TH_LOG("%s span %d", label, i);
		EXPECT_EQ(want[i].len, v[i].len)
		TH_LOG("%s span %d", label, i);
		EXPECT_EQ(want[i].dir, v[i].dir)
		TH_LOG("%s span %d", label, i);
		EXPECT_TRUE(v[i].addr == (strcmp(v[i].what, "arg") ? PTR(nested) : PTR(arg)))
		TH_LOG("%s span %d", label, i);
	}
	EXPECT_EQ(i, n)
	TH_LOG("%s: %d spans", label, n);
	EXPECT_NULL(want[i].what);
}
