// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz-tool: what fuzzing needs besides a fuzzer.
 *
 *	fuzz-tool list                     names of the properties
 *	fuzz-tool run NAME PATH...         saved inputs: files, or directories of them
 *	fuzz-tool seeds NAME DIR N         N generated inputs, and what corpus/hosts has for it
 *	fuzz-tool dict NAME                a dictionary, from the descriptions
 *	fuzz-tool ctest NAME FILE          a C test of an input
 *	fuzz-tool cases NAME N SEED        N generated cases; the number of the one that failed
 *
 * Status: 0, 1 an input failed, 2 usage or a file that cannot be read or written.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/property/files.h"
#include "harness/uapi/uapi.h"
#include "hiod/profile.h"
#include "selftests/fuzz/recorded.h"
#include "selftests/properties/list.h"

static int usage(void)
{
	fprintf(stderr, "usage: fuzz-tool list | run NAME PATH... | seeds NAME DIR N | dict NAME | "
			"ctest NAME FILE | cases NAME N SEED\n");
	return 2;
}

/* ---- run -------------------------------------------------------------------------- */

static int run_path(const struct property *p, const char *path, unsigned int *n)
{
	struct dirent **names = NULL;
	struct stat st;
	int failed = 0, k;
	char file[4096];

	if (stat(path, &st)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 2;
	}
	if (!S_ISDIR(st.st_mode)) {
		++*n;
		return files_run_one(p, path) == PROPERTY_FAIL;
	}
	k = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < k; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
			++*n;
			failed |= files_run_one(p, file) == PROPERTY_FAIL;
		}
		free(names[i]);
	}
	free(names);
	return failed;
}

/* ---- seeds ------------------------------------------------------------------------ */

static bool put(const char *dir, const char *name, const void *data, size_t len)
{
	char path[4096];
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	ok = fwrite(data, 1, len, f) == len;
	return fclose(f) == 0 && ok;
}

/* Cases as the selftest has them: what was drawn is the input. */
static int generated(const struct property *p, const char *dir, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		uint64_t mix = i;
		struct choices c;
		uint8_t *bytes;
		size_t len = 0;
		char name[32];

		choices_init_seed(&c, choices_mix(&mix));
		p->fn(&c, p->ctx);
		bytes = choices_encode(&c, &len);
		choices_free(&c);
		snprintf(name, sizeof(name), "generated-%03lu", i);
		if (!bytes || (len && !put(dir, name, bytes, len))) {
			free(bytes);
			return 2;
		}
		free(bytes);
	}
	return 0;
}

/* The files of the corpus that are inputs as they are. */
static int from_corpus(const struct property *p, const char *dir)
{
	static const struct {
		const char *property, *dir, *suffix;
	} of[] = {
		{ "host_parser", "corpus/hosts", ".host.json" },
		{ "transcript_parser", "corpus/hosts", ".capture.jsonl" },
		{ "probe_parser", "corpus/probe", ".txt" },
	};
	struct dirent *e;
	DIR *d;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (strcmp(p->name, of[i].property))
			continue;
		d = opendir(of[i].dir);
		while (d && (e = readdir(d))) {
			size_t len = strlen(e->d_name), n = strlen(of[i].suffix);
			char path[4096];
			void *buf;
			FILE *f;

			if (len < n || strcmp(e->d_name + len - n, of[i].suffix))
				continue;
			snprintf(path, sizeof(path), "%s/%s", of[i].dir, e->d_name);
			f = fopen(path, "rb");
			buf = f ? malloc(FILES_INPUT_MAX) : NULL;
			if (buf)
				put(dir, e->d_name, buf, fread(buf, 1, FILES_INPUT_MAX, f));
			free(buf);
			if (f)
				fclose(f);
		}
		if (d)
			closedir(d);
	}
	return 0;
}

struct seeds {
	const char *dir;
	unsigned int failed;
};

/* By what is in it: hosts give the same answer more than once. */
static bool put_recorded(void *ctx, const void *data, size_t len)
{
	struct seeds *s = ctx;
	const uint8_t *b = data;
	uint64_t h = 0xcbf29ce484222325;
	char name[32];

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	snprintf(name, sizeof(name), "recorded-%016" PRIx64, h);
	if (!put(s->dir, name, data, len))
		s->failed++;
	return !s->failed;
}

/* What the kernels of corpus/hosts answered. */
static int from_recordings(const struct property *p, const char *dir)
{
	struct seeds s = { .dir = dir };
	struct dirent **names = NULL;
	int n = recorded_replies ? scandir("corpus/hosts", &names, NULL, alphasort) : 0;
	bool more = true;

	for (int i = 0; i < n; i++) {
		const char *dot = strstr(names[i]->d_name, ".capture.jsonl");
		char path[4096];

		snprintf(path, sizeof(path), "corpus/hosts/%s", names[i]->d_name);
		if (dot && more)
			more = recorded_replies(p->name, path, put_recorded, &s);
		free(names[i]);
	}
	free(names);
	return s.failed ? 2 : 0;
}

/* ---- dictionaries ------------------------------------------------------------------- */

static void word_text(const char *s)
{
	printf("\"");
	for (; *s; s++)
		printf(*s == '"' || *s == '\\' ? "\\%c" : *s < ' ' ? "\\x%02x" : "%c", *s);
	printf("\"\n");
}

static void word_number(uint64_t v, unsigned int width)
{
	printf("\"");
	for (unsigned int i = 0; i < width; i++)
		printf("\\x%02x", (unsigned int)(v >> (8 * i) & 0xff));
	printf("\"\n");
}

/* Named values of fields; capability ids as headers begin; ends of usual ranges. */
static void dict_binary(void)
{
	const struct uapi_row *row;

	for (size_t i = 0; (row = uapi_row_at(i)); i++) {
		for (size_t k = 0; k < row->nfields; k++) {
			const struct uapi_field *f = &row->fields[k];

			if (!(f->dir & UAPI_OUT) || f->width > 8)
				continue;
			for (unsigned int n = 0; f->names && f->names[n].name; n++)
				word_number(f->names[n].value, f->width);
		}
		for (size_t k = 0; k < row->ncaps; k++)
			if (row->caps[k].name)
				word_number(k | 1 << 16, 4);
	}
	for (unsigned int bits = 32; bits <= 64; bits++)
		word_number(bits == 64 ? UINT64_MAX : (1ull << bits) - 1, 8);
	word_number(0xfee00000, 8);
	word_number(0xfeefffff, 8);
}

static void dict_text(void)
{
	static const char *const keys[] = { "hiod-host", "hiod-capture", "client", "call",
					    "path",	 "ret",		 "in",	   "out",
					    "req",	 "fd",		 "kind",   "result" };
	const struct uapi_row *row;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		printf("\"\\\"%s\\\":\"\n", keys[i]);
	for (size_t i = 0; (row = uapi_row_at(i)); i++)
		word_text(row->name);
	for (int k = 0; k < UAPI_FD_NR; k++)
		word_text(uapi_fd_name((enum uapi_fd)k));
	for (int e = 1; e < 134; e++)
		if (uapi_errno_name(e))
			word_text(uapi_errno_name(e));
}

static void dict_options(void)
{
	static const char *const words[] = {
		"intel-iommu",
		"virtio-iommu-pci",
		"amd-iommu",
		",aw-bits=",
		",granule=",
		"=on",
		"=off",
		"=auto",
		",caching-mode=",
		",snoop-control=",
		",device-iotlb",
		",intremap=",
		",eim=",
		",svm=on",
		"pc-q35-9.1",
		"kernel-irqchip=split",
		",accel=kvm",
		",fs1gp=",
		",boot-bypass=",
		",addr=",
		"-device ",
		"-device \t",
		"vfio-pci,host=",
		"pcie-root-port,id=",
		"pxb-pcie,id=",
		"pcie-pci-bridge,id=",
		",bus=pcie.0",
		",chassis=",
		",id=",
		"virtio-net-pci",
		/* As long as there is room for an id, with and without its end. */
		"n23456789-123456789-123456789-123456789-123456789-123456789-123",
		"n23456789-123456789-123456789-123456789-123456789-123456789-1234",
	};
	const struct hiod_profile *p;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		word_text(words[i]);
	for (size_t i = 0; (p = hiod_profile_at(i)); i++) {
		word_text(p->scalable_option);
		if (p->first_stage_option)
			word_text(p->first_stage_option);
		word_text(p->pasid_option);
	}
}

static int dict(const struct property *p)
{
	if (strstr(p->name, "parser"))
		dict_text();
	else if (strstr(p->name, "options"))
		dict_options();
	else
		dict_binary();
	return 0;
}

/* ---- C tests -------------------------------------------------------------------------- */

static int ctest(const struct property *p, const char *path)
{
	static uint8_t buf[FILES_INPUT_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 2;
	}
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	printf("TEST(%s_regression)\n{\n\tstatic const uint8_t input[] = {", p->name);
	for (size_t i = 0; i < len; i++)
		printf("%s0x%02x,", i % 12 ? " " : "\n\t\t", buf[i]);
	printf("%s\n\t};\n\n\tEXPECT_EQ(PROPERTY_PASS,\n"
	       "\t\t  property_input(\"%s\", property_%s.fn, property_%s.ctx, input, %zu, "
	       "stderr));\n}\n",
	       len ? "" : " 0", p->name, p->name, p->name, len);
	return 0;
}

/* ---- cases ------------------------------------------------------------------------------ */

/* A case that takes longer hangs. */
#define CASE_SECONDS 10

/*
 * Prints the number of the first case that fails, from 1, or 0: in a process of
 * their own, for a failing case may end it. 0, 1 one failed, 2 no process.
 */
static int cases(const struct property *p, unsigned long n, uint64_t seed)
{
	unsigned long *at =
		mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (at == MAP_FAILED)
		return 2;
	pid = fork();
	if (pid < 0)
		return 2;
	for (*at = pid ? *at : 1; !pid && *at <= n; ++*at) {
		uint64_t mix = seed ^ (uint64_t)*at << 32;
		enum property_result res;
		struct choices c;

		alarm(CASE_SECONDS);
		choices_init_seed(&c, choices_mix(&mix));
		res = p->fn(&c, p->ctx);
		choices_free(&c);
		if (res == PROPERTY_FAIL) {
			fprintf(stderr, "# %s\n", c.message);
			_exit(1);
		}
	}
	/* With its checks for leaks. */
	if (!pid)
		exit(0);
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		*at = 0;
	printf("%lu\n", *at);
	return *at != 0;
}

int main(int argc, char **argv)
{
	const struct property *p;
	unsigned int n = 0;
	int rc = 0;

	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (size_t i = 0; (p = property_at(i)); i++)
			printf("%s\n", p->name);
		return 0;
	}
	if (argc < 3)
		return usage();
	p = property_find(argv[2]);
	if (!p) {
		fprintf(stderr, "fuzz-tool: no property '%s'\n", argv[2]);
		return 2;
	}
	if (!strcmp(argv[1], "run") && argc > 3) {
		for (int i = 3; i < argc; i++)
			rc |= run_path(p, argv[i], &n);
		printf("%s: %u inputs%s\n", p->name, n, rc ? ", FAILED" : "");
		return rc;
	}
	if (!strcmp(argv[1], "seeds") && argc == 5) {
		rc = generated(p, argv[3], strtoul(argv[4], NULL, 0));
		if (!rc)
			rc = from_corpus(p, argv[3]);
		return rc ? rc : from_recordings(p, argv[3]);
	}
	if (!strcmp(argv[1], "dict") && argc == 3)
		return dict(p);
	if (!strcmp(argv[1], "ctest") && argc == 4)
		return ctest(p, argv[3]);
	if (!strcmp(argv[1], "cases") && argc == 5)
		return cases(p, strtoul(argv[3], NULL, 0), strtoull(argv[4], NULL, 0));
	return usage();
}
