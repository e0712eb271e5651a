/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Importer for the text that vfioprobe prints, one line a call, with or
 * without a boot log around and in between:
 *
 *	NAME nr=0x.. in=HEX ret=N errno=NAME out=HEX
 *
 * and lines for files, links, directories and opens. The program's sections
 * (sysfs, legacy, iommufd, compat) are processes of their own.
 */
#ifndef HIOD_CAPTURE_PROBE_H
#define HIOD_CAPTURE_PROBE_H

#include "harness/capture/error.h"
#include "harness/capture/transcript.h"

/*
 * Fills t, which needs no initialisation, from the log; its client is "probe".
 * A line that looks like a call and cannot be read is -EINVAL with its number;
 * a log without any call is -ENODATA.
 */
int probe_import(const char *path, struct transcript *t, struct capture_error *err);
int probe_parse(const char *text, size_t len, const char *name, struct transcript *t,
		struct capture_error *err);

/* True when a file's first bytes look like such a log. */
bool probe_looks_like(const char *text, size_t len);

#endif
