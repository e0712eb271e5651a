// SPDX-License-Identifier: GPL-2.0-or-later
/* The runner inside a test program: one process a test, KTAP v1 on stdout. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"

/* Present only in builds with the sanitizer or coverage instrumentation of that name. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
extern int __llvm_profile_write_file(void) __attribute__((weak));
extern void __gcov_dump(void) __attribute__((weak));

static struct ktap_test *tests, **tests_end = &tests;
static struct ktap_variant *variants, **variants_end = &variants;
static struct ktap_xfail *xfails;

/* One test of one variant, to run or running. */
struct unit {
	const struct ktap_test *test;
	const struct ktap_variant *variant;
	char name[256];
	pid_t pid;
	int fd; /* read end of its output; -1 when at its end */
	char *out;
	size_t out_len;
	int64_t deadline; /* ms, monotonic */
	bool started, reaped, timed_out;
	int status;
	char *reason; /* KTAP_REASON bytes, shared with the child */
};

struct options {
	bool list;
	int jobs;
	const char *argv0;
	char **filters; /* pairs: option letter string, value */
	size_t nfilters;
};

void ktap_add_test(struct ktap_test *t)
{
	*tests_end = t;
	tests_end = &t->next;
}

void ktap_add_variant(struct ktap_variant *v)
{
	*variants_end = v;
	variants_end = &v->next;
}

void ktap_add_xfail(struct ktap_xfail *x)
{
	x->next = xfails;
	xfails = x;
}

void ktap_log(const struct ktap_meta *meta, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "# %s:%d:%s:", file, line, meta->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool ktap_bail(struct ktap_meta *meta, bool fatal)
{
	meta->result = KSFT_FAIL;
	if (fatal) {
		meta->trigger = false;
		longjmp(meta->bail, 1);
	}
	return false;
}

void ktap_skip(struct ktap_meta *meta, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(meta->reason, KTAP_REASON, fmt, ap);
	va_end(ap);
	if (meta->result == KSFT_PASS)
		meta->result = KSFT_SKIP;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool is_xfail(const struct unit *u)
{
	for (const struct ktap_xfail *x = xfails; x; x = x->next)
		if (u->variant && !strcmp(x->fixture, u->test->fixture) &&
		    !strcmp(x->variant, u->variant->name) && !strcmp(x->test, u->test->name))
			return true;
	return false;
}

/* As in the kernel's harness: the first filter that matches decides; with only excludes, the rest runs. */
static bool selected(const struct options *o, const struct unit *u)
{
	const char *variant = u->variant ? u->variant->name : "";
	bool has_include = false;

	for (size_t i = 0; i < o->nfilters; i++) {
		char kind = o->filters[2 * i][1];
		const char *val = o->filters[2 * i + 1];
		const char *subject = NULL;
		bool include = kind == 't' || kind == 'v' || kind == 'f' || kind == 'r';

		if (kind == 't' || kind == 'T')
			subject = u->test->name;
		else if (kind == 'v' || kind == 'V')
			subject = variant;
		else if (kind == 'f' || kind == 'F')
			subject = u->test->fixture;
		else
			subject = u->name;
		if (!strcmp(subject, val))
			return include;
		has_include |= include;
	}
	return !has_include;
}

static void run_child(struct unit *u)
{
	struct ktap_meta meta = { .name = u->name, .reason = u->reason };

	u->test->run(&meta, u->variant ? u->variant->data : NULL);
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check()) {
		fprintf(stderr, "# %s: leaked memory\n", u->name);
		meta.result = KSFT_FAIL;
	}
	if (__llvm_profile_write_file)
		__llvm_profile_write_file();
	if (__gcov_dump)
		__gcov_dump();
	fflush(NULL);
	_exit(meta.result);
}

static int start(struct unit *u)
{
	pid_t self = getpid();
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	u->pid = fork();
	if (u->pid < 0) {
		close(p[0]);
		close(p[1]);
		return -errno;
	}
	if (u->pid == 0) {
		setpgid(0, 0);
		/* Whoever kills the program kills the test too, which may hang. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != self)
			_exit(1);
		dup2(p[1], STDOUT_FILENO);
		dup2(p[1], STDERR_FILENO);
		run_child(u);
	}
	setpgid(u->pid, u->pid);
	close(p[1]);
	u->fd = p[0];
	u->started = true;
	u->deadline = now_ms() + 1000ll * u->test->timeout;
	return 0;
}

static void drain(struct unit *u)
{
	char buf[4096];
	ssize_t n = read(u->fd, buf, sizeof(buf));

	if (n <= 0) {
		if (n < 0 && errno == EINTR)
			return;
		close(u->fd);
		u->fd = -1;
		return;
	}
	/* A test that writes without end must not take the memory with it. */
	if (u->out_len > (4u << 20))
		return;
	char *more = realloc(u->out, u->out_len + (size_t)n);

	if (!more)
		return;
	u->out = more;
	memcpy(u->out + u->out_len, buf, (size_t)n);
	u->out_len += (size_t)n;
}

/* Waits until some unit made progress; kills those past their deadline. */
static void wait_some(struct unit *units, size_t n)
{
	struct pollfd pfd[64];
	struct unit *of[64];
	nfds_t np = 0;
	int64_t now = now_ms(), next = now + 1000;

	for (size_t i = 0; i < n && np < 64; i++) {
		struct unit *u = &units[i];

		if (!u->started || u->reaped)
			continue;
		if (now >= u->deadline && !u->timed_out) {
			u->timed_out = true;
			kill(-u->pid, SIGKILL);
			kill(u->pid, SIGKILL);
		}
		if (u->deadline < next)
			next = u->deadline;
		if (u->fd >= 0) {
			pfd[np] = (struct pollfd){ .fd = u->fd, .events = POLLIN };
			of[np++] = u;
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
		struct unit *u = &units[i];

		if (!u->started || u->reaped)
			continue;
		if (waitpid(u->pid, &u->status, WNOHANG) != u->pid)
			continue;
		/* What it left behind in its group must not hold the pipe open. */
		kill(-u->pid, SIGKILL);
		while (u->fd >= 0)
			drain(u);
		u->reaped = true;
	}
}

/* KSFT_* of an ended unit. */
static int outcome(struct unit *u)
{
	int r;

	if (u->timed_out) {
		snprintf(u->reason, KTAP_REASON, "TIMEOUT after %d s", u->test->timeout);
		return KSFT_FAIL;
	}
	if (WIFSIGNALED(u->status)) {
		snprintf(u->reason, KTAP_REASON, "killed by signal %d (%s)", WTERMSIG(u->status),
			 strsignal(WTERMSIG(u->status)));
		return KSFT_FAIL;
	}
	r = WEXITSTATUS(u->status);
	if (r != KSFT_PASS && r != KSFT_SKIP)
		r = KSFT_FAIL;
	if (is_xfail(u) && r != KSFT_SKIP)
		r = r == KSFT_FAIL ? KSFT_XFAIL : KSFT_XPASS;
	return r;
}

static void print_diagnostics(const struct unit *u)
{
	const char *p = u->out, *end = p ? p + u->out_len : p;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);

		if (len)
			printf("%s%.*s\n", *p == '#' ? "" : "# ", (int)len, p);
		p += len + 1;
	}
}

static int report(struct unit *u, size_t number)
{
	int r = outcome(u);

	print_diagnostics(u);
	printf("%sok %zu %s", r == KSFT_FAIL || r == KSFT_XPASS ? "not " : "", number, u->name);
	if (r == KSFT_SKIP)
		printf(" # SKIP %s", u->reason);
	else if (r == KSFT_XFAIL)
		printf(" # XFAIL");
	else if (r == KSFT_XPASS)
		printf(" # XPASS a known failure passed");
	else if (r == KSFT_FAIL && *u->reason)
		printf(" # %s", u->reason);
	printf("\n");
	fflush(stdout);
	return r;
}

static int usage(const char *argv0, int status)
{
	fprintf(status ? stderr : stdout,
		"Usage: %s [-h] [-l] [-j N] [-tTvVfFr NAME]...\n"
		"  -l            list the tests\n"
		"  -j N          run N tests at once (default: number of CPUs)\n"
		"  -t NAME       run tests of this name; -T: all but these\n"
		"  -v NAME       run tests of this variant; -V: all but these\n"
		"  -f NAME       run tests of this fixture; -F: all but these\n"
		"  -r NAME       run the test fixture[.variant].name\n"
		"The first filter that matches a test decides.\n"
		"Exit status: 0 all passed, 1 some failed or a bad option, 4 all skipped.\n",
		argv0);
	return status;
}

static int parse(struct options *o, int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int c;

	*o = (struct options){ .argv0 = argv[0], .jobs = cpus > 0 ? (int)cpus : 1 };
	o->filters = calloc((size_t)argc + 1, 2 * sizeof(*o->filters));
	if (!o->filters)
		return KSFT_FAIL;
	while ((c = getopt(argc, argv, "hlj:t:T:v:V:f:F:r:")) != -1) {
		static char *const letters[] = { "-t", "-T", "-v", "-V", "-f", "-F", "-r" };

		switch (c) {
		case 'h': usage(argv[0], 0); return KSFT_SKIP;
		case 'l': o->list = true; break;
		case 'j':
			o->jobs = atoi(optarg);
			if (o->jobs < 1 || o->jobs > 64) {
				fprintf(stderr, "%s: -j takes a number from 1 to 64\n", argv[0]);
				return KSFT_FAIL;
			}
			break;
		case '?': return usage(argv[0], KSFT_FAIL);
		default:
			for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
				if (letters[i][1] == c)
					o->filters[2 * o->nfilters] = letters[i];
			o->filters[2 * o->nfilters + 1] = optarg;
			o->nfilters++;
		}
	}
	if (optind < argc)
		return usage(argv[0], KSFT_FAIL);
	return KSFT_PASS;
}

static struct unit *collect(const struct options *o, size_t *count)
{
	size_t cap = 0, n = 0;
	struct unit *units = NULL;

	for (const struct ktap_test *t = tests; t; t = t->next) {
		const struct ktap_variant *v = variants;
		bool any = false;

		for (;;) {
			while (v && strcmp(v->fixture, t->fixture))
				v = v->next;
			if (!v && any)
				break;
			if (n == cap) {
				cap = cap ? 2 * cap : 32;
				struct unit *more = realloc(units, cap * sizeof(*units));

				if (!more)
					abort();
				units = more;
			}
			struct unit *u = &units[n];

			*u = (struct unit){ .test = t, .variant = v, .fd = -1 };
			snprintf(u->name, sizeof(u->name), "%s%s%s.%s", t->fixture, v ? "." : "",
				 v ? v->name : "", t->name);
			if (selected(o, u))
				n++;
			any = true;
			if (!v)
				break;
			v = v->next;
		}
	}
	*count = n;
	return units;
}

int ktap_main(int argc, char **argv)
{
	struct options o;
	int r = parse(&o, argc, argv);
	unsigned int counts[KSFT_SKIP + 1] = { 0 };
	size_t n, next = 0, printed = 0, running = 0;

	if (r != KSFT_PASS) {
		free(o.filters);
		return r;
	}
	struct unit *units = collect(&o, &n);

	if (o.list) {
		for (size_t i = 0; i < n; i++)
			printf("%s\n", units[i].name);
		free(units);
		free(o.filters);
		return KSFT_SKIP;
	}
	char *shared = NULL;

	if (n) {
		shared = mmap(NULL, n * KTAP_REASON, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (shared == MAP_FAILED) {
			perror("mmap");
			return KSFT_FAIL;
		}
	}
	printf("KTAP version 1\n1..%zu\n", n);
	while (printed < n) {
		while (next < n && running < (size_t)o.jobs) {
			units[next].reason = shared + next * KTAP_REASON;
			r = start(&units[next]);
			if (r) {
				fprintf(stderr, "%s: fork: %s\n", argv[0], strerror(-r));
				return KSFT_FAIL;
			}
			next++;
			running++;
		}
		wait_some(units, next);
		running = 0;
		for (size_t i = 0; i < next; i++)
			running += !units[i].reaped;
		while (printed < next && units[printed].reaped) {
			counts[report(&units[printed], printed + 1)]++;
			free(units[printed].out);
			printed++;
		}
	}
	printf("# Totals: pass:%u fail:%u xfail:%u xpass:%u skip:%u error:0\n", counts[KSFT_PASS],
	       counts[KSFT_FAIL], counts[KSFT_XFAIL], counts[KSFT_XPASS], counts[KSFT_SKIP]);
	if (shared)
		munmap(shared, n * KTAP_REASON);
	free(units);
	free(o.filters);
	if (counts[KSFT_FAIL] || counts[KSFT_XPASS])
		return KSFT_FAIL;
	return n && counts[KSFT_SKIP] == n ? KSFT_SKIP : KSFT_PASS;
}
