// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod check HOST... -- qemu-system-x86_64 ...: each device of a command line of QEMU's. */
#include <string.h>

#include "harness/cli/check.h"
#include "harness/cli/command.h"
#include "harness/cli/topology.h"

/* Checks what is not nothing, into an output of its own where there is none yet. */
static int check_into(const struct check_options *o, const struct cli_files *files,
		      struct output *out, FILE *f)
{
	struct output *own = out ? NULL : output_new(o->format, f);
	int status, rc;

	if (!out && !own)
		return cli_error("out of memory");
	status = check_files(o, files, out ? out : own);
	rc = own ? output_finish(own, status == CLI_BAD) : 0;
	return rc ? check_output_failed(o, rc) : status;
}

/* One device of a command line, as if its options had been given one by one. */
static int check_command_device(const struct check_options *base, const struct command *cmd,
				const struct command_device *d, const struct cli_files *files,
				struct output *out, FILE *f)
{
	struct check_options o = *base;

	memset(o.backend, 0, sizeof(o.backend));
	o.backend[d->iommufd ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY] = true;
	o.device = d->name;
	o.device_first = d->is_first;
	o.machine = cmd->machine;
	o.topology = cmd->topology;
	o.viommu[0] = cmd->viommu;
	o.nviommus = 1;
	return check_into(&o, files, out, f);
}

static int check_devices(const struct check_options *o, const struct command *cmd,
			 const struct cli_files *files, FILE *f)
{
	const bool one_file = o->format == OUTPUT_JUNIT || o->format == OUTPUT_CSV;
	struct output *all = one_file ? output_new(o->format, f) : NULL;
	int status = CLI_NOTHING, rc;

	if (one_file && !all)
		return cli_error("out of memory");
	for (size_t i = 0; i < cmd->ndevices; i++)
		status = check_worse(status,
				     check_command_device(o, cmd, &cmd->device[i], files, all, f));
	rc = all ? output_finish(all, status == CLI_BAD) : 0;
	return rc ? check_output_failed(o, rc) : status;
}

int check_command(const struct check_options *o, const struct cli_files *files, int argc,
		  char **argv, FILE *f)
{
	int status = CLI_NOTHING, r;
	struct command cmd;

	r = command_parse(&cmd, argc, argv);
	if (!r && cmd.topology)
		r = topology_check(cmd.topology, o->profile);
	if (!r && (!cmd.viommu || !cmd.ndevices))
		fprintf(stderr, "hiod: nothing to check: no %s in this command line\n",
			cmd.viommu ? "vfio-pci device" : "vIOMMU");
	if (!r && cmd.ignored)
		fprintf(stderr, "hiod: not looked at: %s\n", cmd.ignored);
	for (size_t i = 0; !r && cmd.ndevices > 1 && i < files->n; i++)
		if (!strcmp(files->path[i], "-"))
			r = cli_error("standard input cannot be read once for each of %zu devices",
				      cmd.ndevices);
	if (!r && cmd.viommu && cmd.ndevices)
		status = check_devices(o, &cmd, files, f);
	command_free(&cmd);
	return r ? r : status;
}
