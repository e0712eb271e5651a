// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The importer of probe logs: from lines to calls. The log names no fds but
 * those that an open or VFIO_GROUP_GET_DEVICE_FD returned; which one a request
 * went to follows from its kind. Closes are not in it: what a section left
 * open is closed where the section ends, as its process did by ending.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/capture/fds.h"
#include "harness/capture/file.h"
#include "harness/capture/host.h"
#include "harness/capture/probe.h"
#include "harness/capture/probe_ioctl.h"
#include "harness/capture/probe_line.h"

/* The room that vfioprobe gives its files and links. */
#define CAT_ROOM  4095
#define LINK_ROOM 511
#define DIR_ROOM  4096

struct importer {
	const char *file;
	struct capture_error *err;
	unsigned int line;
	struct transcript *t;
	struct fd_table fds;
	struct probe_ioctl last; /* waits for the lines with its buffers */
	bool have_last;
	unsigned int last_line;
	size_t dir; /* index + 1 of the listdir call that more names may follow for */
	json_t *result;
	char *label, *qemu, *image, *options;
};

static int bad(struct importer *p, unsigned int line, const char *why)
{
	return capture_fail(p->err, -EINVAL, "%s:%u: %s", p->file, line, why);
}

static int nomem(struct importer *p)
{
	return capture_fail(p->err, -ENOMEM, "%s: out of memory", p->file);
}

static int lowest_free(const struct importer *p)
{
	int fd = 3;

	while (fd_get(&p->fds, fd))
		fd++;
	return fd;
}

static struct call *add(struct importer *p, enum shim_op op, const char *path, int fd)
{
	struct call *c = transcript_add(p->t, op);

	if (!c)
		return NULL;
	c->line = p->line;
	c->fd = fd;
	c->kind = fd >= 0 ? fd_kind(&p->fds, fd) : UAPI_FD_UNKNOWN;
	if (path) {
		c->path = strdup(path);
		if (!c->path)
			return NULL;
	}
	return c;
}

static int set_out(struct call *c, const char *text, size_t len)
{
	c->out = malloc(len + 1);
	if (!c->out)
		return -ENOMEM;
	memcpy(c->out, text, len);
	c->out_len = (uint32_t)len;
	c->ret = (int64_t)len;
	return 0;
}

/* The request that waited for its buffers becomes a call. */
static int flush(struct importer *p)
{
	const struct fd_entry *on = NULL;
	const char *why = "";
	struct call *c;
	int rc;

	if (!p->have_last)
		return 0;
	p->have_last = false;
	for (size_t i = 0; i < p->fds.n; i++) {
		const struct fd_entry *e = &p->fds.v[i];

		/* Container requests go to an iommufd where there is no container. */
		if (e->kind == p->last.kind ||
		    (p->last.kind == UAPI_FD_CONTAINER && e->kind == UAPI_FD_IOMMUFD &&
		     (!on || on->kind != UAPI_FD_CONTAINER)))
			on = e;
	}
	if (!on) {
		probe_ioctl_free(&p->last);
		return bad(p, p->last_line, "no fd is open that this request could go to");
	}
	if (p->last.row && p->last.row->rule == UAPI_SIZE_STR && !p->last.str) {
		/* The compat section prints this request without its argument: the device's name. */
		if (!p->t->device) {
			probe_ioctl_free(&p->last);
			return bad(p, p->last_line, "no line names the device");
		}
		p->last.str = strdup(p->t->device);
	}
	c = add(p, SHIM_OP_IOCTL, NULL, on->fd);
	if (c)
		c->line = p->last_line;
	rc = c ? probe_ioctl_call(&p->last, c, &why) : -ENOMEM;
	if (!rc && c->ret >= 0 && p->last.row && p->last.row->returns &&
	    !fd_put(&p->fds, (int)c->ret, (enum uapi_fd)p->last.row->returns))
		rc = -ENOMEM;
	probe_ioctl_free(&p->last);
	if (rc == -ENOMEM)
		return nomem(p);
	return rc ? bad(p, p->last_line, why) : 0;
}

/* The process ended: its fds are closed. */
static int end_section(struct importer *p)
{
	struct fd_entry *e;

	while ((e = fd_lowest(&p->fds))) {
		if (!add(p, SHIM_OP_CLOSE, NULL, e->fd))
			return nomem(p);
		fd_del(&p->fds, e->fd);
	}
	p->dir = 0;
	return 0;
}

/* Splits "PATH errno=NAME" in place: the errno, 0 when there is none, -1 when it is no errno. */
static int split_errno(char *s, const char *key)
{
	char *e = strstr(s, key);
	int err;

	if (!e)
		return 0;
	err = probe_errno(e + strlen(key));
	*e = 0;
	return err > 0 ? err : -1;
}

/* open, read, close of a file whose content (or errno) the log gives. */
static int on_sysfs(struct importer *p, char *s)
{
	char *eq = strstr(s, " ="), *text = NULL;
	int err = 0, read_err = 0, fd = lowest_free(p), rc = 0;
	struct call *c;
	size_t n = 0;

	if (eq) {
		*eq = 0;
		/* "PATH = TEXT"; an empty file's line may have lost its last blank. */
		text = eq[2] == ' ' ? eq + 3 : eq + 2;
		n = strlen(text);
	} else {
		read_err = split_errno(s, " read-errno=");
		err = read_err ? 0 : split_errno(s, " errno=");
		if (err < 0 || read_err < 0 || err + read_err == 0)
			return bad(p, p->line, "expected sysfs PATH = TEXT or errno=NAME");
	}
	c = add(p, SHIM_OP_OPEN, s, -1);
	if (!c)
		return nomem(p);
	c->flags = O_RDONLY;
	c->ret = err ? -err : fd;
	if (err)
		return 0;
	if (!fd_put(&p->fds, fd, uapi_fd_from_path(s)))
		return nomem(p);
	c = add(p, SHIM_OP_READ, NULL, fd);
	if (!c)
		return nomem(p);
	c->len = CAT_ROOM;
	c->ret = -read_err;
	if (text) {
		/* Newlines were printed as bars, and those at the end left out. */
		for (char *q = text; (q = strchr(q, '|'));)
			*q = '\n';
		if (n && n < CAT_ROOM)
			text[n++] = '\n';
		rc = n > CAT_ROOM ? -EINVAL : set_out(c, text, n);
		if (rc == -EINVAL)
			return bad(p, p->line, "the file's text is longer than a probe reads");
	}
	if (rc || !add(p, SHIM_OP_CLOSE, NULL, fd))
		return nomem(p);
	fd_del(&p->fds, fd);
	return 0;
}

static int on_link(struct importer *p, char *s)
{
	char *arrow = strstr(s, " -> ");
	int err = arrow ? 0 : split_errno(s, " errno=");
	struct call *c;

	if (!arrow && err <= 0)
		return bad(p, p->line, "expected link PATH -> TARGET or errno=NAME");
	if (arrow)
		*arrow = 0;
	c = add(p, SHIM_OP_READLINK, s, -1);
	if (!c)
		return nomem(p);
	c->len = LINK_ROOM;
	c->ret = -err;
	if (!arrow)
		return 0;
	if (strlen(arrow + 4) > LINK_ROOM)
		return bad(p, p->line, "the link's target is longer than a probe reads");
	return set_out(c, arrow + 4, strlen(arrow + 4)) ? nomem(p) : 0;
}

static int on_dir(struct importer *p, char *s)
{
	char *colon = strstr(s, " : "), *name;
	int err = colon ? 0 : split_errno(s, " errno=");
	struct call *c;
	uint8_t *out;
	size_t n;

	if (!colon && err <= 0)
		return bad(p, p->line, "expected dir PATH : NAME or errno=NAME");
	if (colon)
		*colon = 0;
	c = p->dir ? &p->t->calls[p->dir - 1] : NULL;
	if (!c || strcmp(c->path, s)) {
		c = add(p, SHIM_OP_LISTDIR, s, -1);
		if (!c)
			return nomem(p);
		p->dir = p->t->ncalls;
		c->len = DIR_ROOM;
		c->ret = -err;
	}
	if (!colon)
		return 0;
	/* One line an entry: they belong to one listing. */
	name = colon + 3;
	n = strlen(name) + 1;
	if (c->ret < 0 || n < 2 || c->out_len + n > DIR_ROOM)
		return bad(p, p->line, "expected the name of a directory entry");
	out = realloc(c->out, c->out_len + n);
	if (!out)
		return nomem(p);
	memcpy(out + c->out_len, name, n);
	c->out = out;
	c->out_len += (uint32_t)n;
	c->ret = c->out_len;
	return 0;
}

static int on_open(struct importer *p, char *s)
{
	char *fd_at = strstr(s, " fd=");
	unsigned int maj, min, mode;
	struct call *c;
	int fd = -1, err = 0, end = 0, rc;

	if (fd_at) {
		if (sscanf(fd_at, " fd=%d rdev=%u:%u mode=%o%n", &fd, &maj, &min, &mode, &end) !=
			    4 ||
		    fd_at[end] || fd < 0 || mode > 07777 || maj > HOST_MAJOR_MAX ||
		    min > HOST_MINOR_MAX)
			return bad(p, p->line, "expected open PATH fd=N rdev=N:N mode=0N");
		*fd_at = 0;
	} else {
		err = split_errno(s, " errno=");
		if (err <= 0)
			return bad(p, p->line, "expected open PATH fd=N or errno=NAME");
	}
	/* An fd that is open already: the log's section before was cut off. */
	if (fd >= 0 && fd_get(&p->fds, fd)) {
		rc = end_section(p);
		if (rc)
			return rc;
	}
	c = add(p, SHIM_OP_OPEN, s, -1);
	if (!c)
		return nomem(p);
	c->flags = O_RDWR | O_CLOEXEC;
	c->ret = err ? -err : fd;
	if (err)
		return 0;
	if (!fd_put(&p->fds, fd, uapi_fd_from_path(s)))
		return nomem(p);
	c = add(p, SHIM_OP_FSTAT, NULL, fd);
	if (!c)
		return nomem(p);
	/* The log has the permission bits only; what has a device number here is a char device. */
	c->st = (struct shim_stat){ (maj || min ? S_IFCHR : S_IFREG) | mode, maj, min };
	return 0;
}

/* "no iommu group: ENOENT": a readlink that failed. Success is not printed. */
static int on_no_group(struct importer *p, const char *s)
{
	int err = probe_errno(s);
	char path[128];
	struct call *c;

	if (err <= 0 || !p->t->device)
		return bad(p, p->line, "expected an errno, and a device named in the log");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.32s/iommu_group", p->t->device);
	c = add(p, SHIM_OP_READLINK, path, -1);
	if (!c)
		return nomem(p);
	c->len = LINK_ROOM;
	c->ret = -err;
	return 0;
}

static int on_end(struct importer *p, const char *s)
{
	char name[32];
	int rc;

	if (sscanf(s, "%31s rc=%d", name, &rc) != 2)
		return bad(p, p->line, "expected PROBE SECTION rc=N");
	if (json_object_set_new(p->result, name, json_integer(rc)))
		return nomem(p);
	return end_section(p);
}

/* Header lines of the log: "# KEY: VALUE". */
static int on_comment(struct importer *p, const char *s)
{
	static const char *const keys[] = { "label: ", "L1 QEMU: ", "kernel image: " };
	char **const vals[] = { &p->label, &p->qemu, &p->image };
	static const char device[] = " -device ";

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		size_t n = strlen(keys[i]);

		if (!strncmp(s, keys[i], n) && !*vals[i]) {
			/* "IMAGE  initrd: IMAGE": the first counts. */
			const char *end = strstr(s + n, "  ");

			*vals[i] = end ? strndup(s + n, (size_t)(end - s) - n) : strdup(s + n);
			return *vals[i] ? 0 : nomem(p);
		}
	}
	/* The options of the IOMMU that was emulated, out of the whole command. */
	if (strncmp(s, "command: ", 9))
		return 0;
	s += 9;
	if (!strncmp(s, "qemu-system-", 12) && !p->t->arch) {
		p->t->arch = strndup(s + 12, strcspn(s + 12, " "));
		if (!p->t->arch)
			return nomem(p);
	}
	for (; (s = strstr(s, device)); s += sizeof(device) - 1) {
		const char *v = s + sizeof(device) - 1;
		size_t n = strcspn(v, " ");
		char *opt = strndup(v, n), *w = opt;

		if (!opt)
			return nomem(p);
		for (char *r = opt; *r; r++) {
			if (*r != '\\')
				*w++ = *r;
		}
		*w = 0;
		if (strstr(opt, "iommu") && !p->options)
			p->options = opt;
		else
			free(opt);
	}
	return 0;
}

/* The device, from whichever line names it first. */
static int find_device(struct importer *p, const char *s)
{
	static const char dir[] = "/sys/bus/pci/devices/";
	const char *at = strstr(s, dir), *arg = strstr(s, "GET_DEVICE_FD nr=0x3b6a arg=\"");

	if (p->t->device)
		return 0;
	if (at)
		at += sizeof(dir) - 1;
	else if (arg)
		at = strchr(arg, '"') + 1;
	else
		return 0;
	p->t->device = strndup(at, strcspn(at, "/ \""));
	return p->t->device ? 0 : nomem(p);
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static int on_line(struct importer *p, char *s)
{
	const char *why = "";
	int rc;

	if (starts(s, "  type=") || starts(s, "  num_iovas=")) {
		if (!p->have_last)
			return bad(p, p->line, "found a reply's buffer without its call");
		rc = probe_ioctl_buffer(s, &p->last, &why);
		return rc == -ENOMEM ? nomem(p) : rc ? bad(p, p->line, why) : 0;
	}
	/* Decoded forms of what the hex already says. */
	if (starts(s, "  "))
		return 0;
	rc = flush(p);
	if (rc)
		return rc;
	if (starts(s, "# "))
		return on_comment(p, s + 2);
	rc = find_device(p, s);
	if (rc)
		return rc;
	if (starts(s, "VFIO_") || starts(s, "IOMMU_") || starts(s, "VHOST_")) {
		rc = probe_ioctl_parse(s, &p->last, &why);
		if (rc)
			return rc == -ENOMEM ? nomem(p) : bad(p, p->line, why);
		p->have_last = true;
		p->last_line = p->line;
		return 0;
	}
	if (starts(s, "sysfs /"))
		return on_sysfs(p, s + 6);
	if (starts(s, "link /"))
		return on_link(p, s + 5);
	if (starts(s, "dir /"))
		return on_dir(p, s + 4);
	if (starts(s, "opendir /"))
		return on_dir(p, s + 8);
	if (starts(s, "open /"))
		return on_open(p, s + 5);
	if (starts(s, "no iommu group: "))
		return on_no_group(p, s + 16);
	if (starts(s, "PROBE "))
		return on_end(p, s + 6);
	return 0;
}

/* The kernel's release, as the probe read it. */
static int find_release(struct transcript *t)
{
	static const char path[] = "/proc/sys/kernel/osrelease";

	for (size_t i = 0; i + 1 < t->ncalls; i++) {
		const struct call *c = &t->calls[i], *r = c + 1;

		if (c->op != SHIM_OP_OPEN || strcmp(c->path, path) || r->op != SHIM_OP_READ ||
		    !r->out)
			continue;
		t->kernel = strndup((const char *)r->out, r->out_len);
		if (!t->kernel)
			return -ENOMEM;
		t->kernel[strcspn(t->kernel, "\n")] = 0;
		break;
	}
	return 0;
}

static int finish(struct importer *p)
{
	struct transcript *t = p->t;
	int n;

	t->client = strdup("probe");
	t->result = json_dumps(p->result, JSON_COMPACT);
	n = asprintf(&t->source, "%s%s%s%s%s%s%s", p->label ? p->label : "a probe log",
		     p->image ? ": kernel image " : "", p->image ? p->image : "",
		     p->qemu ? ", " : "", p->qemu ? p->qemu : "", p->options ? ", " : "",
		     p->options ? p->options : "");
	if (n < 0)
		t->source = NULL;
	return !t->client || !t->result || !t->source || find_release(t) ? nomem(p) : 0;
}

int probe_parse(const char *text, size_t len, const char *name, struct transcript *t,
		struct capture_error *err)
{
	struct importer p = { .file = name, .err = err, .t = t, .result = json_object() };
	struct probe_lines l = { .text = text, .len = len };
	bool short_of_memory;
	char *line;
	int rc = 0;

	*t = (struct transcript){ 0 };
	while (!rc && (line = probe_next_line(&l, &p.line, &short_of_memory)))
		rc = on_line(&p, line);
	if (!rc && (short_of_memory || !p.result))
		rc = nomem(&p);
	if (!rc)
		rc = flush(&p);
	if (!rc)
		rc = end_section(&p);
	if (!rc && !t->ncalls)
		rc = capture_fail(err, -ENODATA, "%s: found no line of a probe in it", name);
	if (!rc)
		rc = finish(&p);
	probe_ioctl_free(&p.last);
	probe_lines_free(&l);
	fd_clear(&p.fds);
	json_decref(p.result);
	free(p.label);
	free(p.qemu);
	free(p.image);
	free(p.options);
	if (rc)
		transcript_free(t);
	return rc;
}

int probe_import(const char *path, struct transcript *t, struct capture_error *err)
{
	size_t len;
	char *text;
	int rc;

	*t = (struct transcript){ 0 };
	rc = capture_slurp(path, CAPTURE_FILE_MAX, &text, &len, err);
	if (rc)
		return rc;
	rc = probe_parse(text, len, path, t, err);
	free(text);
	return rc;
}

bool probe_looks_like(const char *text, size_t len)
{
	static const char *const marks[] = { "\nsysfs /", "\nPROBE ", "\nopen /dev/", "\nVFIO_",
					     "\nlink /",  "\ndir /",  "\nIOMMU_" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		size_t n = strlen(marks[i]);

		if (memmem(text, len, marks[i], n) ||
		    (len >= n - 1 && !memcmp(text, marks[i] + 1, n - 1)))
			return true;
	}
	return false;
}
