// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk over an option string: what fits into its rooms, and what does not. */
#include <errno.h>
#include "harness/ktap/ktap.h"
#include "hiod/options.h"

#define KEY_ROOM   sizeof(((struct hiod_options *)0)->key)
#define VALUE_ROOM sizeof(((struct hiod_options *)0)->value)

/* The room has one byte for the NUL; a word as long as the room is refused, not cut. */
TEST(a_word_may_be_one_shorter_than_its_room)
{
	enum part { FIRST, KEY, VALUE };
	static const struct {
		const char *what;
		enum part part;
		size_t room;
		const char *before, *after; /* of the n letters */
		size_t more;		    /* characters of after that belong to the word */
	} rows[] = {
		{ "the first word", FIRST, VALUE_ROOM, "", ",k=v", 0 },
		{ "the first word, named", FIRST, VALUE_ROOM, "driver=", ",k=v", 0 },
		{ "a key", KEY, KEY_ROOM, "", "=w,k=v", 0 },
		{ "a key alone", KEY, KEY_ROOM, "", ",k=v", 0 },
		{ "a value", VALUE, VALUE_ROOM, "w=", ",k=v", 0 },
		{ "a value with a comma at its end", VALUE, VALUE_ROOM, "w=", ",,,k=v", 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 3; i++) {
		size_t row = i / 3, len = rows[row].room - 1 + i % 3, n = len - rows[row].more;
		bool fits = len < rows[row].room;
		struct hiod_options o = { 0 };
		struct hiod_error err;
		char text[256];
		int rc;

		ASSERT_GT(sizeof(text), n + 16);
		sprintf(text, "%s%*s%s", rows[row].before, (int)n, "", rows[row].after);
		memset(text + strlen(rows[row].before), 'a', n);
		hiod_error_init(&err);
		o.next = text;
		if (rows[row].part == FIRST)
			rc = hiod_options_start(&o, text, "driver", &err);
		else
			rc = hiod_options_next(&o, &err) - 1;
		EXPECT_EQ(fits, rc == 0)
		{
			TH_LOG("%s of %zu: %s", rows[row].what, len, err.message);
		}
		if (!fits) {
			EXPECT_EQ(0, strncmp("option too long: '", err.message, 18));
			continue;
		}
		EXPECT_EQ(len, strlen(rows[row].part == KEY ? o.key : o.value));
		EXPECT_EQ(1, hiod_options_next(&o, &err));
		EXPECT_STREQ("k", o.key);
		EXPECT_STREQ("v", o.value);
		EXPECT_EQ(0, hiod_options_next(&o, &err));
	}
}

TEST_HARNESS_MAIN
