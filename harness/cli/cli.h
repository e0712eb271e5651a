/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The `hiod` command: one file a command, each with its own --help. The
 * commands print and parse; what they print is computed elsewhere.
 */
#ifndef HIOD_CLI_H
#define HIOD_CLI_H

#include <stdbool.h>
#include <stdio.h>

/* Exit statuses of every command. */
enum {
	CLI_OK = 0,	 /* all compatible, all valid, no deviation */
	CLI_NO = 1,	 /* some not: a refusal, an unknown, a deviation */
	CLI_BAD = 2,	 /* bad input or usage, or output could not be written */
	CLI_NOTHING = 4, /* nothing to test here (KSFT_SKIP) */
};

struct cli_command {
	const char *name;
	const char *args;    /* for the usage line */
	const char *summary; /* one line */
	const char *help;    /* options and what the command does */
	int (*run)(const struct cli_command *c, int argc, char **argv);
};

extern const struct cli_command cli_capture, cli_check, cli_show, cli_describe, cli_replay,
	cli_validate, cli_import, cli_uapi, cli_scenario, cli_run, cli_reconstruct, cli_explain,
	cli_report, cli_diff;

/* "hiod: " and the message, to stderr, as one line. Returns CLI_BAD. */
__attribute__((format(printf, 1, 2))) int cli_error(const char *fmt, ...);
/* Prints a command's help to f. */
void cli_help(const struct cli_command *c, FILE *f);
/* Complains about wrong usage, if fmt is not NULL, and names --help. Returns CLI_BAD. */
__attribute__((format(printf, 2, 3))) int cli_usage(const struct cli_command *c, const char *fmt,
						    ...);
/* Flushes stdout; a full disk or closed pipe is an error. Returns status, or CLI_BAD. */
int cli_finish(int status);

/* The files that arguments name: themselves, or what hosts a directory holds. */
struct cli_files {
	char **path;
	size_t n;
	size_t room;
};

/*
 * A directory stands for its *.host.json, its *.hosts.jsonl (a description a
 * line), and its *.capture.jsonl without a description of the same name, in
 * the order of their names. 0, or CLI_BAD after a message. Free with
 * cli_files_free(), also after an error.
 */
int cli_files_expand(struct cli_files *f, char **argv, int argc);
/* The same where a directory is an error of whoever opens it: the names as they are. */
int cli_files_named(struct cli_files *f, char **argv, int argc);
void cli_files_free(struct cli_files *f);

#endif
