// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU's command line: which options have an argument, and the few that are looked at. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/topology.h"
#include "hiod/topology.h"

/* Options of qemu-system-x86_64 without an argument; all others have one. */
static const char *const flags[] = {
	"daemonize",
	"enable-kvm",
	"full-screen",
	"h",
	"help",
	"mem-prealloc",
	"no-acpi",
	"no-fd-bootchk",
	"no-hpet",
	"no-quit",
	"no-reboot",
	"no-shutdown",
	"no-user-config",
	"nodefaults",
	"nographic",
	"only-migratable",
	"preconfig",
	"S",
	"s",
	"singlestep",
	"snapshot",
	"usb",
	"version",
	"win2k-hack",
};

static const char *const viommus[] = { "intel-iommu", "virtio-iommu-pci", "virtio-iommu",
				       "amd-iommu" };

static bool in(const char *const *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], word))
			return true;
	return false;
}

/* dst, NULL at first, gets more of the form of fmt with a word. */
static int append(char **dst, const char *between, const char *a, const char *b)
{
	char *more;

	if (asprintf(&more, "%s%s%s%s%s", *dst ? *dst : "", *dst ? between : "", a, b ? " " : "",
		     b ? b : "") < 0)
		return cli_error("out of memory");
	free(*dst);
	*dst = more;
	return 0;
}

/* A value as QEMU's key=value syntax has it; commas are doubled. */
static int put_value(FILE *f, const char *key, const json_t *v)
{
	const char *s = json_string_value(v);

	switch (json_typeof(v)) {
	case JSON_TRUE: return fprintf(f, ",%s=on", key);
	case JSON_FALSE: return fprintf(f, ",%s=off", key);
	case JSON_INTEGER:
		return fprintf(f, ",%s=%" JSON_INTEGER_FORMAT, key, json_integer_value(v));
	case JSON_STRING:
		fprintf(f, ",%s=", key);
		for (; *s; s++)
			fprintf(f, *s == ',' ? ",," : "%c", *s);
		return 0;
	default: return 0; /* nothing that is looked at has such a value */
	}
}

/* The key=value form of an option; JSON is rewritten. The caller frees; NULL: a message was given. */
static char *flat(const char *text, const char *type)
{
	json_error_t why;
	json_t *o, *v;
	const char *key, *driver;
	char *out = NULL;
	size_t n;
	FILE *f;

	if (*text != '{') {
		out = strdup(text);
		if (!out)
			cli_error("out of memory");
		return out;
	}
	o = json_loads(text, 0, &why);
	driver = json_string_value(json_object_get(o, type));
	if (!driver) {
		cli_error("%s: %s", text, o ? "no driver" : why.text);
		json_decref(o);
		return NULL;
	}
	f = open_memstream(&out, &n);
	if (f) {
		fputs(driver, f);
		json_object_foreach(o, key, v)
		{
			if (strcmp(key, type))
				put_value(f, key, v);
		}
		if (fclose(f)) {
			free(out);
			out = NULL;
		}
	}
	if (!out)
		cli_error("out of memory");
	json_decref(o);
	return out;
}

static int add_vfio(struct command *c, const char *text)
{
	struct command_device *d = &c->device[c->ndevices];
	struct pci_vfio_options v;
	struct hiod_error err;
	const char *name;

	hiod_error_init(&err);
	if (pci_vfio_options_parse(&v, text, &err))
		return cli_error("-device %s: %s", text, err.message);
	if (c->ndevices == COMMAND_DEVICES_MAX)
		return cli_error("more than %d vfio-pci devices", COMMAND_DEVICES_MAX);
	name = strrchr(v.sysfsdev, '/') ? strrchr(v.sysfsdev, '/') + 1 : v.host;
	if (!*name)
		return cli_error("-device %s: which device it is cannot be told: expected host= or "
				 "sysfsdev=",
				 text);
	/* QEMU adds the domain that most leave out. */
	if (name == v.host && strlen(name) == strlen("00:05.0")) {
		if (asprintf(&d->name, "0000:%s", name) < 0)
			d->name = NULL;
	} else {
		d->name = strdup(name);
	}
	if (!d->name)
		return cli_error("out of memory");
	d->iommufd = v.iommufd[0];
	d->is_first = !c->viommu;
	c->ndevices++;
	return topology_add(&c->topology, text);
}

static int on_device(struct command *c, const char *option, const char *text)
{
	char *spec = flat(text, "driver"), driver[PCI_ID_LEN];
	const char *from;
	int r = 0;

	if (!spec)
		return CLI_BAD;
	from = !strncmp(spec, "driver=", 7) ? spec + 7 : spec;
	snprintf(driver, sizeof(driver), "%.*s", (int)strcspn(from, ","), from);
	if (in(viommus, sizeof(viommus) / sizeof(*viommus), driver)) {
		free(c->viommu);
		c->viommu = spec;
		return 0;
	}
	if (!strcmp(driver, "vfio-pci"))
		r = add_vfio(c, spec);
	else if (pci_topology_knows(driver))
		r = topology_add(&c->topology, spec);
	else
		r = append(&c->ignored, ", ", option, text);
	free(spec);
	return r;
}

static int on_machine(struct command *c, const char *text)
{
	free(c->machine);
	c->machine = strdup(!strncmp(text, "type=", 5) ? text + 5 : text);
	return c->machine ? 0 : cli_error("out of memory");
}

/* "kvm,kernel-irqchip=split" becomes part of the machine's options, as it once was. */
static int on_accel(char **accel, const char *text)
{
	char *also;

	free(*accel);
	also = strdup(!strncmp(text, "accel=", 6) ? text + 6 : text);
	*accel = also;
	return also ? 0 : cli_error("out of memory");
}

/* What an option was, in the list of those that were not looked at. */
static int ignore(struct command *c, const char *option, const char *value)
{
	return append(&c->ignored, ", ", option, value);
}

static int finish(struct command *c, char *accel)
{
	char *whole;
	int n;

	if (!accel)
		return 0;
	n = asprintf(&whole, "%s,accel=%s", c->machine ? c->machine : "q35", accel);
	free(accel);
	if (n < 0)
		return cli_error("out of memory");
	free(c->machine);
	c->machine = whole;
	return 0;
}

int command_parse(struct command *c, int argc, char **argv)
{
	char *accel = NULL;
	int r = 0;

	*c = (struct command){ 0 };
	for (int i = 1; i < argc && !r; i++) {
		const char *option = argv[i], *name = option, *value;

		if (*name != '-') {
			r = ignore(c, option, NULL); /* a disk image */
			continue;
		}
		name += name[1] == '-' ? 2 : 1;
		if (!strcmp(name, "enable-kvm")) {
			r = on_accel(&accel, "kvm");
			continue;
		}
		if (in(flags, sizeof(flags) / sizeof(*flags), name)) {
			r = ignore(c, option, NULL);
			continue;
		}
		if (++i == argc) {
			r = cli_error("%s: expected an argument", option);
			break;
		}
		value = argv[i];
		if (!strcmp(name, "device"))
			r = on_device(c, option, value);
		else if (!strcmp(name, "machine") || !strcmp(name, "M"))
			r = on_machine(c, value);
		else if (!strcmp(name, "accel"))
			r = on_accel(&accel, value);
		else if (strcmp(name, "object") || !strstr(value, "iommufd"))
			r = ignore(c, option, value);
	}
	if (r)
		free(accel);
	else
		r = finish(c, accel);
	return r;
}

void command_free(struct command *c)
{
	for (size_t i = 0; i < c->ndevices; i++)
		free(c->device[i].name);
	free(c->machine);
	free(c->viommu);
	free(c->topology);
	free(c->ignored);
}
