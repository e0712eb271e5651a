// SPDX-License-Identifier: GPL-2.0-or-later
/* The survey's course: every host fact, then device by device and backend by backend. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/survey_state.h"

/* Room for the names in a directory; the kernel's largest have a few ten thousand. */
#define NAMES_MAX (1u << 20)
#define DMAR_PATH "/sys/firmware/acpi/tables/DMAR"
#define DMAR_MAX  (256u << 10)

void *sv_alloc(struct survey *v, size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		v->rc = -ENOMEM;
	return p;
}

void sv_note(struct survey *v, const char *path, int err)
{
	char text[SV_PATH + 80], **more;

	for (size_t i = 0; i < v->nnoted; i++) {
		if (!strcmp(v->noted[i], path))
			return;
	}
	more = realloc(v->noted, (v->nnoted + 1) * sizeof(*more));
	if (more) {
		v->noted = more;
		more[v->nnoted] = strdup(path);
		if (more[v->nnoted])
			v->nnoted++;
	}
	if (!v->hooks || !v->hooks->note)
		return;
	/* The kernel's own ENOTSUPP, which libc does not know. */
	snprintf(text, sizeof(text), "%s: %s", path,
		 err == -524 ? "ENOTSUPP (524)" : strerror(-err));
	v->hooks->note(v->hooks->ctx, text);
}

ssize_t sv_read(struct survey *v, const char *path, char *text, size_t cap)
{
	int fd = shim_open(v->s, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	text[0] = '\0';
	if (fd < 0)
		return fd;
	do {
		n = shim_read(v->s, fd, text + used, cap - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 && used < cap - 1);
	shim_close(v->s, fd);
	text[used] = '\0';
	return n < 0 ? n : (ssize_t)used;
}

ssize_t sv_list(struct survey *v, const char *path, char **names)
{
	ssize_t n;

	*names = sv_alloc(v, NAMES_MAX);
	if (!*names)
		return -ENOMEM;
	n = shim_listdir(v->s, path, *names, NAMES_MAX);
	if (n >= 0)
		return n;
	free(*names);
	*names = NULL;
	return n;
}

bool sv_link(struct survey *v, const char *path, char *last, size_t cap)
{
	char target[SV_PATH];
	ssize_t n = shim_readlink(v->s, path, target, sizeof(target) - 1);
	const char *slash;

	last[0] = '\0';
	if (n <= 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	if (!*slash || strlen(slash) >= cap)
		return false;
	strcpy(last, slash);
	return true;
}

int sv_open_node(struct survey *v, const char *path)
{
	int fd = shim_open(v->s, path, O_RDWR | O_CLOEXEC);
	struct shim_stat st;

	if (fd < 0)
		sv_note(v, path, fd);
	else
		shim_fstat(v->s, fd, &st);
	return fd;
}

void sv_close(struct survey *v, int *fd)
{
	if (*fd >= 0)
		shim_close(v->s, *fd);
	*fd = -1;
}

static void stage(struct survey *v, size_t i, const char *name)
{
	if (v->hooks && v->hooks->progress)
		v->hooks->progress(v->hooks->ctx, i, v->plan->ndevices, v->plan->devices[i], name);
}

int survey(struct shim *s, const struct survey_plan *plan, const struct survey_hooks *hooks,
	   struct survey_answer *answers)
{
	struct survey v = { .s = s, .plan = plan, .hooks = hooks };

	sv_host_files(&v);
	for (size_t i = 0; i < plan->ndevices && !v.rc; i++) {
		struct sv_device dev = { .bdf = plan->devices[i] };
		struct survey_answer a = { 0 };

		stage(&v, i, "sysfs");
		sv_device_files(&v, &dev);
		stage(&v, i, "legacy");
		if (!v.rc)
			a.legacy = sv_legacy(&v, &dev);
		stage(&v, i, "iommufd");
		if (!v.rc)
			a.iommufd = sv_iommufd(&v, &dev);
		stage(&v, i, "compat");
		if (!v.rc)
			a.compat = sv_compat(&v, &dev);
		if (answers)
			answers[i] = a;
	}
	if (!v.rc)
		sv_vdpa(&v);
	for (size_t i = 0; i < v.nnoted; i++)
		free(v.noted[i]);
	free(v.noted);
	return v.rc;
}

ssize_t survey_dmar(struct shim *s, uint8_t **data)
{
	struct survey v = { .s = s };
	char *text = sv_alloc(&v, DMAR_MAX);
	ssize_t n = text ? sv_read(&v, DMAR_PATH, text, DMAR_MAX) : -ENOMEM;

	*data = (uint8_t *)text;
	if (n > 0)
		return n;
	free(text);
	*data = NULL;
	return n == -ENOENT ? 0 : n;
}
