// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod check --merge: results in JSON Lines as one, in any format. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/capture/json.h"
#include "harness/cli/check.h"
#include "harness/cli/lines.h"
#include "harness/cli/verdict.h"

/* One line into rows. 0; CLI_BAD after a message. */
static int merge_line(const struct check_options *o, struct json_reader *r, const char *line,
		      size_t len, struct output_part *rows, int *status)
{
	json_t *j = json_parse(r, line, len, NULL);
	struct hiod_verdict v = { 0 };
	const char *key = NULL;
	struct output_row row = {
		.host = json_str(r, j, "host", true),
		.device = json_str(r, j, "device", true),
		.backend = json_str(r, j, "backend", true),
		.viommu = json_str(r, j, "viommu", true),
		.profile = json_str(r, j, "profile", true),
		.assumed = json_str(r, j, "assumed", false),
		.verdict = &v,
	};
	int rc = r->rc ? 0 : verdict_from_json(j, &v, &key);

	if (rc == -ENOMEM)
		r->rc = capture_fail(r->err, rc, "out of memory");
	else if (rc)
		json_fail(r, key, "missing, or not as hiod check --format json writes it");
	if (!r->rc) {
		output_format_row(rows, o->format, &row);
		if (v.verdict != HIOD_SKIPPED)
			*status =
				check_worse(*status, v.verdict == HIOD_ACCEPTED ? CLI_OK : CLI_NO);
		hiod_verdict_free(&v);
	}
	json_decref(j);
	return r->rc ? cli_error("%s", r->err->msg) : 0;
}

/* *failed: the output was not taken, and there is no use in going on. */
static int merge_file(const struct check_options *o, const char *path, struct output *out,
		      bool *failed)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	int status = CLI_NOTHING, rc = 0;
	struct output_part rows = { 0 };
	enum lines_result got;
	struct lines l;
	const char *line;
	size_t len;

	if (fd < 0)
		return cli_error("%s: %s", path, strerror(errno));
	lines_open(&l, fd);
	while (!rc && (got = lines_next(&l, &line, &len)) == LINES_ONE) {
		struct capture_error err;
		struct json_reader r = { .err = &err, .file = path, .line = (unsigned int)l.line };

		output_part_reset(&rows);
		if (merge_line(o, &r, line, len, &rows, &status))
			status = CLI_BAD;
		rc = output_append(out, &rows);
	}
	*failed = rc;
	if (rc)
		status = check_output_failed(o, rc);
	else if (got == LINES_ERROR)
		status = cli_error("%s: %s", path, strerror(errno));
	else if (got != LINES_END)
		status = cli_error("%s:%llu: %s", path, (unsigned long long)l.line,
				   got == LINES_LONG ? "longer than a result" : "out of memory");
	lines_close(&l);
	output_part_free(&rows);
	return status;
}

int check_merge(const struct check_options *o, const struct cli_files *files, struct output *out)
{
	int status = CLI_NOTHING;
	bool failed = false;

	for (size_t i = 0; i < files->n && !failed; i++)
		status = check_worse(status, merge_file(o, files->path[i], out, &failed));
	return status;
}
