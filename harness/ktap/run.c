// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ktap-run PROGRAM...: runs test programs, several at once, and prints their
 * KTAP as subtests of one KTAP document, a failing program's in full. Ends
 * with the totals of all tests and the line "N passed, N failed, N skipped".
 *
 * A program that prints no plan, stops before its plan is done, dies or runs
 * longer than the limit counts as one more failed test.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_JOBS 64

struct program {
	const char *path;
	pid_t pid;
	int fd;
	char *out;
	size_t len;
	int64_t deadline; /* ms, monotonic */
	int status;
	bool started, reaped, timed_out, no_memory;
	/* Counted from its output. */
	long planned; /* -1: no plan seen */
	unsigned int pass, fail, skip;
};

struct options {
	int jobs;
	int timeout; /* seconds for a program */
	bool verbose;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int start(struct program *p, const struct options *o)
{
	pid_t self = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (p->pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		setpgid(0, 0);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != self)
			_exit(127);
		if (null >= 0)
			dup2(null, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execl(p->path, p->path, (char *)NULL);
		fprintf(stderr, "# cannot run %s: %s\n", p->path, strerror(errno));
		_exit(127);
	}
	setpgid(p->pid, p->pid);
	close(fds[1]);
	p->fd = fds[0];
	p->started = true;
	p->deadline = now_ms() + 1000ll * o->timeout;
	return 0;
}

static void drain(struct program *p)
{
	char buf[65536];
	ssize_t n = read(p->fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(p->fd);
		p->fd = -1;
		return;
	}
	char *more = realloc(p->out, p->len + (size_t)n + 1);

	if (!more) {
		p->no_memory = true;
		return;
	}
	p->out = more;
	memcpy(p->out + p->len, buf, (size_t)n);
	p->len += (size_t)n;
	p->out[p->len] = '\0';
}

static void wait_some(struct program *v, size_t n)
{
	struct pollfd pfd[MAX_JOBS];
	struct program *of[MAX_JOBS];
	nfds_t np = 0;
	int64_t now = now_ms(), next = now + 1000;

	for (size_t i = 0; i < n && np < MAX_JOBS; i++) {
		struct program *p = &v[i];

		if (!p->started || p->reaped)
			continue;
		if (now >= p->deadline && !p->timed_out) {
			p->timed_out = true;
			kill(-p->pid, SIGKILL);
		}
		if (p->deadline < next)
			next = p->deadline;
		if (p->fd >= 0) {
			pfd[np] = (struct pollfd){ .fd = p->fd, .events = POLLIN };
			of[np++] = p;
		} else if (now + 1 < next) {
			next = now +
			       1; /* a process's files are closed just before it can be reaped */
		}
	}
	poll(pfd, np, next > now ? (int)(next - now) : 10);
	for (nfds_t i = 0; i < np; i++)
		if (pfd[i].revents)
			drain(of[i]);
	for (size_t i = 0; i < n; i++) {
		struct program *p = &v[i];

		if (!p->started || p->reaped || waitpid(p->pid, &p->status, WNOHANG) != p->pid)
			continue;
		kill(-p->pid, SIGKILL);
		while (p->fd >= 0)
			drain(p);
		p->reaped = true;
	}
}

/* Counts the result lines of the document itself; indented ones are subtests of its own. */
static void count(struct program *p)
{
	p->planned = -1;
	for (const char *line = p->out; line && *line;) {
		const char *nl = strchr(line, '\n');
		size_t len = nl ? (size_t)(nl - line) : strlen(line);
		bool ok = !strncmp(line, "ok ", 3), not_ok = !strncmp(line, "not ok ", 7);

		if (!strncmp(line, "1..", 3))
			p->planned = strtol(line + 3, NULL, 10);
		if (ok && memmem(line, len, " # SKIP", 7))
			p->skip++;
		else if (ok)
			p->pass++;
		else if (not_ok)
			p->fail++;
		line = nl ? nl + 1 : NULL;
	}
}

/* Why the program as a whole failed although its result lines do not say so; NULL when it did not. */
static const char *broken(const struct program *p, char *buf, size_t size)
{
	long seen = (long)p->pass + p->fail + p->skip;

	if (p->no_memory)
		return "out of memory while reading its output";
	if (p->timed_out)
		return "TIMEOUT";
	if (WIFSIGNALED(p->status)) {
		snprintf(buf, size, "killed by signal %d", WTERMSIG(p->status));
		return buf;
	}
	/* Nothing to test here: skipped as a whole. */
	if (WEXITSTATUS(p->status) == 4 && !p->fail)
		return NULL;
	if (p->planned < 0) {
		snprintf(buf, size, "no test plan, exit status %d", WEXITSTATUS(p->status));
		return buf;
	}
	if (seen != p->planned) {
		snprintf(buf, size, "planned %ld tests, saw %ld", p->planned, seen);
		return buf;
	}
	if (WEXITSTATUS(p->status) && !p->fail) {
		snprintf(buf, size, "exit status %d", WEXITSTATUS(p->status));
		return buf;
	}
	return NULL;
}

static void print_indented(const struct program *p)
{
	for (const char *line = p->out; line && *line;) {
		const char *nl = strchr(line, '\n');

		printf("  %.*s\n", nl ? (int)(nl - line) : (int)strlen(line), line);
		line = nl ? nl + 1 : NULL;
	}
}

static void report(struct program *p, size_t number, const struct options *o)
{
	char buf[128];
	const char *why;
	bool bad;

	count(p);
	why = broken(p, buf, sizeof(buf));
	if (why)
		p->fail++;
	else if (!p->pass && !p->fail && !p->skip)
		p->skip++;
	bad = p->fail != 0;
	if (bad || o->verbose)
		print_indented(p);
	printf("%sok %zu %s # %u passed, %u failed, %u skipped%s%s\n", bad ? "not " : "", number,
	       p->path, p->pass, p->fail, p->skip, why ? ": " : "", why ? why : "");
	fflush(stdout);
}

static int usage(FILE *f, int status)
{
	fprintf(f, "Usage: ktap-run [-j N] [-t SECONDS] [-v] PROGRAM...\n"
		   "  -j N        run N programs at once (default: number of CPUs)\n"
		   "  -t SECONDS  how long a program may take (default 300)\n"
		   "  -v          show the output of programs that pass, too\n"
		   "Exit status: 0 no test failed, 1 some failed, 2 bad usage.\n");
	return status;
}

static int parse(struct options *o, int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int c;

	*o = (struct options){ .jobs = cpus > 0 && cpus < MAX_JOBS ? (int)cpus : 1,
			       .timeout = 300 };
	while ((c = getopt(argc, argv, "hj:t:v")) != -1) {
		switch (c) {
		case 'h': exit(usage(stdout, 0));
		case 'j': o->jobs = atoi(optarg); break;
		case 't': o->timeout = atoi(optarg); break;
		case 'v': o->verbose = true; break;
		default: return usage(stderr, 2);
		}
	}
	if (o->jobs < 1 || o->jobs > MAX_JOBS || o->timeout < 1 || optind == argc)
		return usage(stderr, 2);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	int r = parse(&o, argc, argv);

	if (r)
		return r;

	size_t n = (size_t)(argc - optind), next = 0, printed = 0, running = 0;
	unsigned int pass = 0, fail = 0, skip = 0;
	struct program *v = calloc(n, sizeof(*v));

	if (!v) {
		perror("ktap-run");
		return 1;
	}
	printf("KTAP version 1\n1..%zu\n", n);
	while (printed < n) {
		while (next < n && running < (size_t)o.jobs) {
			v[next].path = argv[optind + (int)next];
			v[next].fd = -1;
			r = start(&v[next], &o);
			if (r) {
				fprintf(stderr, "ktap-run: %s: %s\n", v[next].path, strerror(-r));
				return 1;
			}
			next++;
			running++;
		}
		wait_some(v, next);
		running = 0;
		for (size_t i = 0; i < next; i++)
			running += !v[i].reaped;
		while (printed < next && v[printed].reaped) {
			struct program *p = &v[printed++];

			report(p, printed, &o);
			pass += p->pass;
			fail += p->fail;
			skip += p->skip;
			free(p->out);
		}
	}
	free(v);
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", pass, fail, skip);
	printf("%u passed, %u failed, %u skipped\n", pass, fail, skip);
	return fail ? 1 : 0;
}
