// SPDX-License-Identifier: GPL-2.0-or-later
/* See sandbox.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/property/sandbox/sandbox.h"

/* ---- system calls ------------------------------------------------------------------- */

/* _IOC_TYPE() of VFIO and iommufd, and of vhost; the kernel looks at 32 bits of a request. */
static const uint64_t types[] = { ';', 0xaf };

/* What a parser never needs. */
static const int calls[] = { SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
			     SCMP_SYS(execve), SCMP_SYS(execveat) };

static int filter(unsigned int flags)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = ctx ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < sizeof(types) / sizeof(types[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, types[i] << 8));
	for (size_t i = 0; !rc && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, calls[i], 0);
	if (!rc && !(flags & SANDBOX_PTRACE))
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(ptrace), 0);
	if (!rc)
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return rc;
}

/* ---- paths --------------------------------------------------------------------------- */

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                    \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                           \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                               \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static int allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr a = { .allowed_access = access };
	struct stat st;
	int rc = 0;

	a.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (a.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	/* Rights about a directory's contents mean nothing for a file. */
	if (!fstat(a.parent_fd, &st) && !S_ISDIR(st.st_mode))
		a.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0))
		rc = -errno;
	close(a.parent_fd);
	return rc;
}

/* Rules only ever add: so everything in / but /dev may be read. */
static int allow_reading(int ruleset)
{
	static const char *const nodes[] = { "/dev/null", "/dev/zero", "/dev/urandom" };
	DIR *root = opendir("/");
	struct dirent *e;
	char path[300];
	int rc = root ? 0 : -errno;

	while (!rc && (e = readdir(root))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    !strcmp(e->d_name, "dev"))
			continue;
		snprintf(path, sizeof(path), "/%s", e->d_name);
		rc = allow(ruleset, path, READING);
	}
	if (root)
		closedir(root);
	for (size_t i = 0; !rc && i < sizeof(nodes) / sizeof(nodes[0]); i++)
		rc = allow(ruleset, nodes[i], READING | LANDLOCK_ACCESS_FS_WRITE_FILE);
	return rc;
}

static int paths(const char *const *writable)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = READING | WRITING };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0), rc;

	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 1 : -errno;
	rc = allow_reading(ruleset);
	for (size_t i = 0; !rc && writable && writable[i]; i++)
		rc = allow(ruleset, writable[i], READING | WRITING);
	if (!rc && syscall(SYS_landlock_restrict_self, ruleset, 0))
		rc = -errno;
	close(ruleset);
	return rc;
}

int sandbox_enter(const char *const *writable, unsigned int flags, FILE *note)
{
	static bool said;
	int rc, no_landlock;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	no_landlock = paths(writable);
	if (no_landlock < 0)
		return no_landlock;
	if (no_landlock && note && !said) {
		fprintf(note, "# sandbox: this kernel has no Landlock: paths stay open\n");
		said = true;
	}
	rc = filter(flags);
	return rc ? rc : no_landlock;
}
