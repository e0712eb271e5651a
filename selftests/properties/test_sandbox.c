// SPDX-License-Identifier: GPL-2.0-or-later
/* Each rule of the sandbox fires, and a kernel without Landlock is said once. */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"
#include "harness/property/sandbox/sandbox.h"
#include "harness/uapi/uapi_compat.h"

/* Absent from builds without libseccomp. */
#pragma weak sandbox_enter

#define NEEDS_SECCOMP                                                                              \
	do {                                                                                       \
		if (!sandbox_enter)                                                                \
			SKIP(return, "this build has no libseccomp");                              \
	} while (0)

static void vfio_ioctl(void)
{
	ioctl(0, VFIO_GET_API_VERSION, 0);
}

static void iommufd_ioctl(void)
{
	ioctl(0, IOMMU_DESTROY, 0);
}

static void vhost_ioctl(void)
{
	ioctl(0, VHOST_VDPA_GET_IOVA_RANGE, 0);
}

/* The kernel looks at the low half only: so must the filter. */
static void wide_ioctl(void)
{
	syscall(SYS_ioctl, 0, 0x100003b64ul, 0);
}

static void network(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void run_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
}

static void trace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void other_ioctl(void)
{
	int n;

	ioctl(0, FIONREAD, &n);
}

/* In a sandbox of its own: the signal that ended it, or minus its exit status. */
static int in_sandbox(void (*fn)(void), unsigned int flags)
{
	static const char *const writable[] = { NULL };
	int st;
	pid_t pid = fork();

	if (!pid) {
		if (sandbox_enter(writable, flags, NULL) < 0)
			_exit(99);
		fn();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &st, 0) != pid)
		return -98;
	return WIFSIGNALED(st) ? WTERMSIG(st) : -WEXITSTATUS(st);
}

TEST(calls_that_reach_a_real_host_end_the_process)
{
	NEEDS_SECCOMP;
	EXPECT_EQ(SIGSYS, in_sandbox(vfio_ioctl, 0));
	EXPECT_EQ(SIGSYS, in_sandbox(iommufd_ioctl, 0));
	EXPECT_EQ(SIGSYS, in_sandbox(vhost_ioctl, 0));
	EXPECT_EQ(SIGSYS, in_sandbox(wide_ioctl, 0));
	EXPECT_EQ(SIGSYS, in_sandbox(network, 0));
	EXPECT_EQ(SIGSYS, in_sandbox(run_program, 0));
	EXPECT_EQ(SIGSYS, in_sandbox(trace, 0));
}

TEST(other_calls_do_not)
{
	NEEDS_SECCOMP;
	EXPECT_EQ(0, in_sandbox(other_ioctl, 0));
	EXPECT_EQ(0, in_sandbox(trace, SANDBOX_PTRACE));
}

static bool landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static char folder[64];

/* The errno of each, in the order of the exit status's bits. */
static void touch_paths(void)
{
	char path[100];
	int denied = 0;

	snprintf(path, sizeof(path), "%s/inside", folder);
	denied |= (open(path, O_CREAT | O_WRONLY, 0600) >= 0) << 0;
	denied |= (open("/tmp/hiod-outside", O_CREAT | O_WRONLY, 0600) < 0 && errno == EACCES) << 1;
	/* A node that every machine has stands for those that few have. */
	denied |= (open("/dev/full", O_RDONLY) < 0 && errno == EACCES) << 2;
	denied |= (open("/dev/null", O_RDWR) >= 0) << 3;
	denied |= (open("/proc/self/status", O_RDONLY) >= 0) << 4;
	_exit(denied);
}

TEST(paths_are_closed_by_landlock)
{
	const char *writable[] = { folder, NULL };
	char path[100];
	int st = 0;
	pid_t pid;

	NEEDS_SECCOMP;
	if (!landlock())
		SKIP(return, "this kernel has no Landlock");
	snprintf(folder, sizeof(folder), "/tmp/hiod-sandbox-XXXXXX");
	ASSERT_NOT_NULL(mkdtemp(folder));
	pid = fork();
	if (!pid) {
		if (sandbox_enter(writable, 0, NULL))
			_exit(99);
		touch_paths();
	}
	ASSERT_EQ(pid, waitpid(pid, &st, 0));
	snprintf(path, sizeof(path), "%s/inside", folder);
	unlink(path);
	rmdir(folder);
	EXPECT_TRUE(WIFEXITED(st));
	EXPECT_EQ(0x1f, WEXITSTATUS(st));
}

/* landlock_create_ruleset() fails as on a kernel that does not know it. */
static int without_landlock(FILE *note)
{
	static const char *const writable[] = { NULL };
	int a = sandbox_enter(writable, 0, note), b = sandbox_enter(writable, 0, note);

	return a == 1 && b == 1;
}

TEST(a_kernel_without_landlock_is_said_once)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	char text[256] = "";
	size_t len;
	int st = 0;
	FILE *note = tmpfile();
	pid_t pid;

	NEEDS_SECCOMP;
	ASSERT_NOT_NULL(note);
	pid = fork();
	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
			_exit(99);
		st = without_landlock(note);
		fflush(note);
		_exit(st ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &st, 0));
	EXPECT_EQ(0, WEXITSTATUS(st));
	rewind(note);
	len = fread(text, 1, sizeof(text) - 1, note);
	text[len] = '\0';
	fclose(note);
	EXPECT_STREQ("# sandbox: this kernel has no Landlock: paths stay open\n", text);
}

TEST_HARNESS_MAIN
