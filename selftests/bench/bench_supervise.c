// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a supervised program pays: for an ioctl that hiod run answers, and for
 * opening a file that is none of its business. Beside it strace and
 * umockdev-run, where they are installed, on the same calls, and the program
 * alone. All take turns, so that a machine whose speed drifts slows all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/uapi/uapi_compat.h"

#define CALLS  4000
#define ROUNDS 9
#define HOST   "vm-6.12-built-vtd-aw39"

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* ---- the program that is measured: nanoseconds a call, in hex, to stdout ---- */

static int measure_ioctl(const char *path)
{
	struct iommu_ioas_iova_ranges r = { .size = sizeof(r), .ioas_id = 77 };
	int fd = open(path, O_RDWR), expected = strcmp(path, "/dev/null") ? ENOENT : ENOTTY;
	double start = now_ns();

	for (int i = 0; i < CALLS; i++)
		if (ioctl(fd, IOMMU_IOAS_IOVA_RANGES, &r) != -1 || errno != expected)
			return 1;
	printf("%a\n", (now_ns() - start) / CALLS);
	return 0;
}

static int measure_open(const char *path)
{
	double start = now_ns();

	for (int i = 0; i < CALLS; i++) {
		int fd = open(path, O_RDONLY);

		if (fd < 0 || close(fd))
			return 1;
	}
	printf("%a\n", (now_ns() - start) / CALLS);
	return 0;
}

/* ---- who runs it --------------------------------------------------------------- */

struct subject {
	const char *name;
	const char *what;    /* of the program: "ioctl" or "open" */
	const char *path;    /* argument of it */
	const char *argv[8]; /* in front of it; empty: alone */
	double ns[ROUNDS];
	unsigned int n;
	bool absent;
};

static double run(const struct subject *s, const char *self)
{
	const char *argv[16];
	char text[64] = "";
	int tube[2], status, k = 0;
	ssize_t n;
	pid_t pid;

	while (s->argv[k]) {
		argv[k] = s->argv[k];
		k++;
	}
	argv[k++] = self;
	argv[k++] = s->what;
	argv[k++] = s->path;
	argv[k] = NULL;
	if (pipe(tube))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(tube[1], 1);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	close(tube[1]);
	n = read(tube[0], text, sizeof(text) - 1);
	close(tube[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status || n <= 0)
		return -1;
	return strtod(text, NULL);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(struct subject *s)
{
	qsort(s->ns, s->n, sizeof(*s->ns), by_value);
	return s->ns[s->n / 2];
}

static void report(struct subject *s, size_t n)
{
	double alone = 0;

	for (size_t i = 0; i < n; i++) {
		double m = s[i].n ? median(&s[i]) : 0;

		if (!s[i].argv[0])
			alone = m;
		if (!s[i].n)
			printf("%-52s not here\n", s[i].name);
		else
			printf("%-52s %8.2f us  %7.1f times\n", s[i].name, m / 1000, m / alone);
	}
}

int main(int argc, char **argv)
{
	const char *dir = getenv("HIOD_CORPUS"), *hiod = getenv("HIOD");
	char host[256];

	if (argc == 3)
		return strcmp(argv[1], "open") ? measure_ioctl(argv[2]) : measure_open(argv[2]);
	snprintf(host, sizeof(host), "%s/hosts/" HOST ".host.json", dir ? dir : "corpus");
	hiod = hiod ? hiod : "build/hiod";

	struct subject s[] = {
		{ "an ioctl, alone", "ioctl", "/dev/null" },
		{ "an ioctl, hiod run: answered by the model",
		  "ioctl",
		  "/dev/iommu",
		  { hiod, "run", "--host", host, "--" } },
		{ "an ioctl, strace -e trace=ioctl",
		  "ioctl",
		  "/dev/null",
		  { "strace", "-qq", "-o", "/dev/null", "-e", "trace=ioctl" } },
		{ "an ioctl, strace --seccomp-bpf",
		  "ioctl",
		  "/dev/null",
		  { "strace", "-qq", "-f", "--seccomp-bpf", "-o", "/dev/null", "-etrace=ioctl" } },
		{ "an ioctl, umockdev-run", "ioctl", "/dev/null", { "umockdev-run", "--" } },
		{ "open and close, alone", "open", "/etc/passwd" },
		{ "open and close, hiod run: not its business",
		  "open",
		  "/etc/passwd",
		  { hiod, "run", "--host", host, "--" } },
		{ "open and close, strace -e trace=openat,close",
		  "open",
		  "/etc/passwd",
		  { "strace", "-qq", "-o", "/dev/null", "-e", "trace=openat,close" } },
	};
	const size_t n = sizeof(s) / sizeof(*s);

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < n; i++) {
			double ns = s[i].absent ? -1 : run(&s[i], argv[0]);

			s[i].absent |= ns < 0;
			if (ns >= 0)
				s[i].ns[s[i].n++] = ns;
		}
	}
	printf("A supervised program: medians of %d runs of %d calls\n", ROUNDS, CALLS);
	report(s, n);
	/* A build without libseccomp has no hiod run. */
	return s[0].n == ROUNDS ? 0 : 1;
}
