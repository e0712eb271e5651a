/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the survey share. Internal. */
#ifndef HIOD_CAPTURE_SURVEY_STATE_H
#define HIOD_CAPTURE_SURVEY_STATE_H

#include "harness/capture/survey.h"

#define SV_PATH 512

struct survey {
	struct shim *s;
	const struct survey_plan *plan;
	const struct survey_hooks *hooks;
	char **noted; /* paths that were complained about */
	size_t nnoted;
	int rc;
};

/* The device being asked. */
struct sv_device {
	const char *bdf;
	char group[16]; /* "26"; empty: in none */
	char vfio[64];	/* "vfio0", "noiommu-vfio0"; empty: none */
	bool noiommu;
};

/* An array of size n, or NULL and an error that ends the survey. Zeroed. */
void *sv_alloc(struct survey *v, size_t n);
/* Complains about a path, once. */
void sv_note(struct survey *v, const char *path, int err);

/*
 * Reads a file to its end, or as far as cap - 1 bytes reach; text gets a NUL.
 * Bytes, or the errno of opening or reading it.
 */
ssize_t sv_read(struct survey *v, const char *path, char *text, size_t cap);
/* The names in a directory, one after the other, each with its NUL. The caller frees *names. */
ssize_t sv_list(struct survey *v, const char *path, char **names);
/* Last component of a link's target; false and empty when there is none. */
bool sv_link(struct survey *v, const char *path, char *last, size_t cap);
/* Opens a device node for reading and writing, and asks its numbers. */
int sv_open_node(struct survey *v, const char *path);
void sv_close(struct survey *v, int *fd);

/* survey_sysfs.c */
void sv_host_files(struct survey *v);
void sv_device_files(struct survey *v, struct sv_device *dev);
/* survey_vfio.c: regions and interrupts included. */
void sv_device_info(struct survey *v, int fd);
int sv_legacy(struct survey *v, const struct sv_device *dev);
int sv_compat(struct survey *v, const struct sv_device *dev);
/* survey_vdpa.c */
void sv_vdpa(struct survey *v);
/* survey_iommufd.c */
int sv_iommufd(struct survey *v, const struct sv_device *dev);

#endif
