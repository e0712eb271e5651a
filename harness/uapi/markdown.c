// SPDX-License-Identifier: GPL-2.0-or-later
/* The coverage table in docs/uapi.md: what is described, from the rows themselves. */
#include <errno.h>
#include <inttypes.h>

#include "harness/uapi/uapi.h"

static const char *const rules[] = {
	[UAPI_SIZE_NONE] = "none",   [UAPI_SIZE_VALUE] = "value", [UAPI_SIZE_FIXED] = "fixed",
	[UAPI_SIZE_ARGSZ] = "argsz", [UAPI_SIZE_EXT] = "size",	  [UAPI_SIZE_STR] = "string",
};

static const char intro[] =
	"# Described requests\n"
	"\n"
	"Generated from the rows in harness/uapi by `make docs`; do not edit.\n"
	"\n"
	"A number means a request only together with the kind of file descriptor it is issued on;\n"
	"an iommufd takes the container's requests too. Only the low 32 bits of a number count.\n"
	"\n"
	"Argument: *none*; *value* (the argument is a number); *fixed* (always that many bytes);\n"
	"*argsz* (VFIO: the first word is the buffer's length, which may exceed the struct);\n"
	"*size* (iommufd: the first word is the struct's length, shorter and longer ones are\n"
	"served); *string*. Sizes are the smallest that any kernel accepts / the newest known\n"
	"struct, in bytes. A request's flags, capabilities and data behind pointers are shown by\n"
	"name in `hiod show`.\n"
	"\n"
	"Fields: `in` is read by the kernel, `out` written, `in/out` both; `*` marks an address,\n"
	"`[]` data that follows in the argument; reserved fields are left out.\n"
	"\n"
	"| fd | request | number | argument | min/size | since | fields |\n"
	"|---|---|---|---|---|---|---|\n";

static bool shown(const struct uapi_field *f, uint8_t dir)
{
	return f->kind != UAPI_RESERVED && f->dir == dir;
}

static void list(FILE *f, const struct uapi_row *row, uint8_t dir, const char *word,
		 const char **sep)
{
	const char *comma = "";

	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *fld = &row->fields[i];

		if (!shown(fld, dir))
			continue;
		if (!*comma)
			fprintf(f, "%s%s: ", *sep, word);
		fprintf(f, "%s%s%s%s", comma, fld->kind == UAPI_PTR ? "\\*" : "", fld->name,
			fld->kind == UAPI_INLINE ? "[]" : "");
		comma = ", ";
		*sep = "; ";
	}
}

int uapi_print_markdown(FILE *f)
{
	const struct uapi_row *row;
	size_t i;

	fputs(intro, f);
	for (i = 0; (row = uapi_row_at(i)); i++) {
		const char *sep = " ";

		fprintf(f, "| %s | %s | 0x%" PRIx32 " | %s |", uapi_fd_name(row->fd), row->name,
			row->req, rules[row->rule]);
		if (row->rule == UAPI_SIZE_NONE || row->rule == UAPI_SIZE_VALUE)
			fprintf(f, " |");
		else if (row->min == row->size)
			fprintf(f, " %" PRIu32 " |", row->size);
		else
			fprintf(f, " %" PRIu32 "/%" PRIu32 " |", row->min, row->size);
		fprintf(f, " %s |", row->since);
		list(f, row, UAPI_IN, "in", &sep);
		list(f, row, UAPI_INOUT, "in/out", &sep);
		list(f, row, UAPI_OUT, "out", &sep);
		if (row->returns)
			fprintf(f, "%sreturns: %s fd", sep, uapi_fd_name(row->returns));
		fputs(" |\n", f);
	}
	fprintf(f, "\n%zu requests.\n", i);
	return ferror(f) ? -EIO : 0;
}
