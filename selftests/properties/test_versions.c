// SPDX-License-Identifier: GPL-2.0-or-later
/* Each reason for two versions to differ is told in docs/versions.md, and no other is. */
#include "harness/ktap/ktap.h"
#include "selftests/properties/differ.h"

TEST(reasons_are_the_headings_of_the_document)
{
	FILE *f = fopen("docs/versions.md", "r");
	char line[256];
	size_t n = 0;

	ASSERT_NOT_NULL(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "## ", 3))
			continue;
		line[strcspn(line, "\n")] = '\0';
		EXPECT_STREQ(differ_name(n) ? differ_name(n) : "no more reasons", line + 3);
		n++;
	}
	fclose(f);
	EXPECT_NULL(differ_name(n));
}

TEST_HARNESS_MAIN
