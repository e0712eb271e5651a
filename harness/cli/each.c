// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts one after the other; see each.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/cli/check.h"
#include "harness/cli/each.h"
#include "harness/cli/source.h"

static int load(const struct source_batch *b, const struct source_item *i, struct host **h,
		struct capture_error *err)
{
	char *at;
	int rc;

	if (i->kind == SOURCE_FILE)
		return capture_load_host(i->path, h, NULL, err);
	if (asprintf(&at, "%s:%llu", i->path, (unsigned long long)i->line) < 0)
		return capture_fail(err, -ENOMEM, "out of memory");
	rc = host_parse(b->text.b + i->from, i->len, at, h, err);
	free(at);
	return rc;
}

static int one(const struct source_batch *b, const struct source_item *i, each_host_fn *fn,
	       void *ctx)
{
	struct capture_error err;
	struct host *h;
	char *name;
	int status;

	if (i->kind == SOURCE_ERROR)
		return cli_error("%s", b->text.b + i->from);
	if (load(b, i, &h, &err))
		return cli_error("%s", err.msg);
	name = check_name(i->path, i->line, h);
	status = name ? fn(ctx, name, h) : cli_error("out of memory");
	free(name);
	host_free(h);
	return status;
}

int each_host(const struct cli_files *files, each_host_fn *fn, void *ctx)
{
	struct source *s = source_new(files);
	struct source_batch b = { 0 };
	int status = CLI_NOTHING;

	if (!s)
		return cli_error("out of memory");
	while (source_next(s, &b))
		for (size_t i = 0; i < b.n; i++) {
			int now = one(&b, &b.item[i], fn, ctx);

			if (now == CLI_BAD || status == CLI_BAD)
				status = CLI_BAD;
			else if (now == CLI_OK)
				status = CLI_OK;
		}
	source_batch_free(&b);
	source_free(s);
	return status;
}
