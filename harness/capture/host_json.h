/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host description's file (docs/host-format.md): one JSON object, keys in
 * a fixed order, 64-bit numbers as "0x..." strings.
 */
#ifndef HIOD_CAPTURE_HOST_JSON_H
#define HIOD_CAPTURE_HOST_JSON_H

#include "harness/capture/error.h"
#include "harness/capture/host.h"

#define HOST_VERSION 1
/* Bytes of a file, or of a line where each is a description. */
#define HOST_FILE_MAX (8u << 20)

/*
 * Strict: an unknown key, a wrong type, a reference to an IOMMU or group that
 * is not there are errors that name the key path. *h is the caller's to
 * host_free(). -EINVAL, -EFBIG, -EISDIR, -ENOMEM, or open(2)'s.
 */
int host_load(const char *path, struct host **h, struct capture_error *err);
/* The same from text; name is for messages, and the host's where the text has none. */
int host_parse(const char *text, size_t len, const char *name, struct host **h,
	       struct capture_error *err);
/* Written under a temporary name, then renamed. */
int host_save(const struct host *h, const char *path, struct capture_error *err);
/* The file's text with a newline at its end; the caller frees. NULL: no memory. */
char *host_text(const struct host *h);

/* "dir/6.12-vtd.host.json" -> "6.12-vtd"; the caller frees. NULL: no memory. */
char *host_name_from_path(const char *path);

#endif
