/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole QEMU command line, read for what matters to a vIOMMU and its devices. */
#ifndef HIOD_CLI_COMMAND_H
#define HIOD_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_DEVICES_MAX 32

struct command_device {
	char *name;    /* "0000:00:05.0", or the last part of sysfsdev= */
	bool iommufd;  /* it has iommufd=, else the legacy backend */
	bool is_first; /* it stands before the vIOMMU */
};

/* Strings are owned. */
struct command {
	char *machine;	/* -machine, with accel= from -accel; NULL: none given */
	char *viommu;	/* the -device option of the last vIOMMU; NULL: there is none */
	char *topology; /* bridges, ports and vfio-pci, a -device option a line; NULL: none */
	char *ignored;	/* what was not looked at, as "-m 64, -cpu host"; NULL: nothing */
	struct command_device device[COMMAND_DEVICES_MAX];
	size_t ndevices;
};

/*
 * argv[0] is the program. Options with one or two dashes, -device and -object
 * also as JSON, as libvirt writes them. 0; or CLI_BAD after a message.
 * command_free() either way.
 */
int command_parse(struct command *c, int argc, char **argv);
void command_free(struct command *c);

#endif
