// SPDX-License-Identifier: GPL-2.0-or-later
/* hiod run in a build that cannot supervise. */
#include "harness/cli/cli.h"

static int run(const struct cli_command *c, int argc, char **argv)
{
	(void)c;
	(void)argc;
	(void)argv;
	return cli_error("this build has no 'run': it was made without libseccomp, or not for "
			 "x86-64 or arm64");
}

const struct cli_command cli_run = {
	.name = "run",
	.args = "",
	.summary = "not in this build",
	.help = "Programs are supervised with libseccomp, on x86-64 and arm64.\n",
	.run = run,
};
