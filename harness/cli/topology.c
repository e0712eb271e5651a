// SPDX-License-Identifier: GPL-2.0-or-later
/* --topology and --add-device: -device options as one text, a line each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/cli.h"
#include "harness/cli/topology.h"
#include "hiod/machine.h"

#define MAX_FILE (64 << 10)

int topology_add(char **text, const char *line)
{
	char *more;

	if (asprintf(&more, "%s%s%s", *text ? *text : "", *text ? "\n" : "", line) < 0)
		return cli_error("out of memory");
	free(*text);
	*text = more;
	return 0;
}

/* What a line says, without "-device" and blanks around it; NULL: nothing. */
static char *strip(char *line)
{
	size_t n;

	line += strspn(line, " \t");
	if (!strncmp(line, "-device", 7) && (line[7] == ' ' || line[7] == '\t'))
		line += 8 + strspn(line + 8, " \t");
	n = strlen(line);
	while (n && strchr(" \t\r", line[n - 1]))
		line[--n] = '\0';
	return !n || *line == '#' ? NULL : line;
}

int topology_load(char **text, const char *path)
{
	char *whole = calloc(1, MAX_FILE + 1), *next = whole, *line;
	FILE *f = fopen(path, "re");
	unsigned n = 0;
	int r = 0;

	if (!whole)
		r = cli_error("out of memory");
	else if (!f || (fread(whole, 1, MAX_FILE + 1, f) == 0 && ferror(f)))
		r = cli_error("%s: %s", path, strerror(errno));
	else if (whole[MAX_FILE])
		r = cli_error("%s: more than %d bytes", path, MAX_FILE);
	while (!r && (line = strsep(&next, "\n")) != NULL) {
		n++;
		line = strip(line);
		if (line && strpbrk(line, " \t"))
			r = cli_error("%s:%u: '%s': expected one -device option of QEMU's, "
				      "without blanks",
				      path, n, line);
		else if (line)
			r = topology_add(text, line);
	}
	if (f)
		fclose(f);
	free(whole);
	return r;
}

int topology_check(const char *text, const struct hiod_profile *profile)
{
	struct hiod_error err;
	struct pci_place place;
	Machine m;
	int rc;

	hiod_error_init(&err);
	rc = machine_init(&m, NULL, profile, NULL, NULL, 0, NULL, &err);
	if (!rc)
		rc = machine_add_topology(&m, text, "", false, &place, &err);
	machine_finalize(&m);
	/* What QEMU refuses is an answer, and not an error of the file. */
	if (rc && err.fail == HIOD_FAIL_UNMODELLED)
		return cli_error("%s: %s", err.hint, err.message);
	return 0;
}
