// SPDX-License-Identifier: GPL-2.0-or-later
/* No memory while a file is read, described or written: see prop_memory.c. */
#include <jansson.h>

#include "selftests/properties/memory.h"

/* Not those of list.h: what is weak is not taken out of an archive. */
#define PROPERTY(name)
#define PROPERTY_JSON(name) extern const struct property property_##name;
#include "selftests/properties/list.def"
#undef PROPERTY
#undef PROPERTY_JSON

static enum property_result formats(struct choices *c, void *ctx)
{
	static const struct property *const of[] = {
		&property_host_parser,
		&property_transcript_parser,
		&property_probe_parser,
		&property_dmesg_parser,
		&property_host_tree,
		&property_transcript_tree,
		&property_describe_model,
		&property_record_replay,
		&property_marshal,
		&property_firmware,
		&property_by_path,
		&property_detailed_host_tree,
		&property_detailed_transcript_tree,
	};

	/*
	 * Jansson's reader goes on without a byte that it has no room for, and
	 * writes past the string's end later (lex_save() in its load.c).
	 */
	json_set_alloc_funcs(memory_exempt_alloc, memory_exempt_free);
	return without_memory(c, CHOICES_PICK(c, of));
}

const struct property property_files_out_of_memory = { "files_out_of_memory", formats,
						       .cases = 200 };
