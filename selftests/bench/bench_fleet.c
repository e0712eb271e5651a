// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hiod check over a fleet: hosts a second of CPU time, peak memory at 1,000,
 * 10,000 and 100,000 hosts, and, by turns with it on the same lines, what of
 * that jansson alone takes to parse them. A directory of files is apart.
 *
 * The hosts are those of the corpus that have one device and a description of
 * about 2 KB, each with a name and a kernel of its own. HIOD is the program
 * (build/hiod); nothing is written outside a directory in $TMPDIR.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#define LEAST  1900 /* bytes of a description */
#define MOST   2350
#define HOSTS  64 /* descriptions that others are made from, at most */
#define FILES  10000
#define ROUNDS 5 /* of the 10,000 */

struct bench {
	const char *hiod;
	char dir[256];
	json_t *base[HOSTS];
	size_t n;
};

/* What a child has cost. */
struct cost {
	double cpu, wall; /* s */
	long peak;	  /* KiB */
};

static void die(const char *what)
{
	fprintf(stderr, "bench_fleet: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int is_host(const struct dirent *e)
{
	const char *dot = strstr(e->d_name, ".host.json");

	return dot && !strcmp(dot, ".host.json");
}

static void load_base(struct bench *b)
{
	const char *corpus = getenv("HIOD_CORPUS");
	struct dirent **names;
	char path[512];
	int n;

	snprintf(path, sizeof(path), "%s/hosts", corpus ? corpus : "corpus");
	n = scandir(path, &names, is_host, alphasort);
	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		json_t *h;
		char *text;

		snprintf(path, sizeof(path), "%s/hosts/%s", corpus ? corpus : "corpus",
			 names[i]->d_name);
		h = json_load_file(path, 0, NULL);
		text = h ? json_dumps(h, JSON_COMPACT) : NULL;
		if (text && strlen(text) >= LEAST && strlen(text) <= MOST && b->n < HOSTS &&
		    json_array_size(json_object_get(h, "devices")) == 1)
			b->base[b->n++] = json_incref(h);
		free(text);
		json_decref(h);
		free(names[i]);
	}
	free(names);
	if (!b->n) {
		fprintf(stderr, "bench_fleet: no description of %d to %d bytes in the corpus\n",
			LEAST, MOST);
		exit(1);
	}
}

/* The ith host as one line. */
static char *line_of(const struct bench *b, size_t i)
{
	json_t *h = b->base[i % b->n];
	const char *was = json_string_value(json_object_get(h, "kernel"));
	char name[32], kernel[64];
	unsigned major = 6, minor = 12;

	sscanf(was ? was : "", "%u.%u", &major, &minor);
	snprintf(name, sizeof(name), "host-%06zu", i);
	snprintf(kernel, sizeof(kernel), "%u.%u.%zu", major, minor, i % 200);
	json_object_set_new(h, "name", json_string(name));
	json_object_set_new(h, "kernel", json_string(kernel));
	return json_dumps(h, JSON_COMPACT);
}

/* The average of bytes a line. */
static double write_lines(const struct bench *b, size_t n, const char *path)
{
	FILE *f = fopen(path, "w");
	double bytes = 0;

	if (!f)
		die(path);
	for (size_t i = 0; i < n; i++) {
		char *line = line_of(b, i);

		fprintf(f, "%s\n", line);
		bytes += (double)strlen(line);
		free(line);
	}
	if (fclose(f))
		die(path);
	return bytes / (double)n;
}

static void write_files(const struct bench *b, size_t n, const char *dir)
{
	char path[400];

	if (mkdir(dir, 0700))
		die(dir);
	for (size_t i = 0; i < n; i++) {
		char *line = line_of(b, i);
		FILE *f;

		snprintf(path, sizeof(path), "%s/%06zu.host.json", dir, i);
		f = fopen(path, "w");
		if (!f || fprintf(f, "%s\n", line) < 0 || fclose(f))
			die(path);
		free(line);
	}
}

/* Parses every line and throws it away. */
static int parse_only(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while (f && (n = getline(&line, &room, f)) > 0) {
		json_t *j = json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, NULL);

		if (!j)
			return 1;
		json_decref(j);
	}
	free(line);
	return !f || fclose(f);
}

/* hiod: the program; else jansson alone. jobs: "1", or NULL for as many as there are CPUs. */
static struct cost run(const struct bench *b, bool hiod, const char *path, const char *jobs)
{
	double begin = now();
	struct rusage u;
	struct cost c;
	int status, null;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid && !hiod)
		_exit(parse_only(path));
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		execl(b->hiod, "hiod", "check", "--backend", "iommufd", "--format", "json", path,
		      jobs ? "-j" : NULL, jobs, NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &u) != pid)
		die("wait4");
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		fprintf(stderr, "bench_fleet: %s on %s failed\n", hiod ? b->hiod : "jansson", path);
		exit(1);
	}
	c.wall = now() - begin;
	c.cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	c.peak = u.ru_maxrss;
	return c;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* By turns, since a machine's speed drifts; the fastest round of each is least disturbed. */
static void bench_share(const struct bench *b, const char *path, size_t n)
{
	double hiod[ROUNDS], jansson[ROUNDS], share[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		jansson[i] = run(b, false, path, NULL).cpu;
		hiod[i] = run(b, true, path, "1").cpu;
		share[i] = jansson[i] / hiod[i];
	}
	qsort(hiod, ROUNDS, sizeof(*hiod), by_value);
	qsort(jansson, ROUNDS, sizeof(*jansson), by_value);
	qsort(share, ROUNDS, sizeof(*share), by_value);
	printf("one core, best of %d rounds: hiod check %.0f hosts/s, jansson alone %.0f lines/s; "
	       "the parse is %.0f%% (median)\n",
	       ROUNDS, (double)n / hiod[0], (double)n / jansson[0], share[ROUNDS / 2] * 100);
}

int main(void)
{
	static const size_t sizes[] = { 1000, 10000, 100000 };
	const char *hiod = getenv("HIOD"), *tmp = getenv("TMPDIR");
	struct bench b = { .hiod = hiod ? hiod : "build/hiod" };
	char path[300], command[400];
	struct cost c;
	double bytes;

	snprintf(b.dir, sizeof(b.dir), "%s/bench-fleet-XXXXXX", tmp ? tmp : "/tmp");
	load_base(&b);
	if (!mkdtemp(b.dir))
		die(b.dir);
	snprintf(path, sizeof(path), "%s/fleet.hosts.jsonl", b.dir);
	printf("%10s  %10s  %12s  %9s  %9s\n", "hosts", "bytes each", "hosts/s core", "peak KiB",
	       "all cores");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		double all;

		bytes = write_lines(&b, sizes[i], path);
		c = run(&b, true, path, "1");
		all = run(&b, true, path, NULL).wall;
		printf("%10zu  %10.0f  %12.0f  %9ld  %7.0f/s\n", sizes[i], bytes,
		       (double)sizes[i] / c.cpu, c.peak, (double)sizes[i] / all);
		fflush(stdout);
		if (sizes[i] == FILES)
			bench_share(&b, path, FILES);
	}
	snprintf(path, sizeof(path), "%s/files", b.dir);
	write_files(&b, FILES, path);
	c = run(&b, true, path, "1");
	printf("a directory of %d files: %.0f hosts/s on one core, peak %ld KiB\n", FILES,
	       FILES / c.cpu, c.peak);
	snprintf(command, sizeof(command), "rm -rf '%s'", b.dir);
	for (size_t i = 0; i < b.n; i++)
		json_decref(b.base[i]);
	return system(command) ? 1 : 0;
}
