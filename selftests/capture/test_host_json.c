// SPDX-License-Identifier: GPL-2.0-or-later
/* The host description's file: round trips, strictness by key, and comparison. */
#include <jansson.h>
#include <unistd.h>

#include "harness/capture/host_eq.h"
#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "selftests/capture/lib.h"

/* Every member that a description can have, once. */
static const char full[] =
	"{\"hiod-host\":1,\"origin\":\"made\",\"source\":\"by hand\",\"kernel\":\"6.12.117\","
	"\"cmdline\":\"quiet\",\"features\":{\"iommufd\":false,\"first-stage\":true},"
	"\"type1-unsafe-interrupts\":true,\"iommufd-unsafe-interrupts\":true,\"noiommu\":true,"
	"\"compat-noiommu\":true,\"container-is-iommufd\":true,\"dma-entry-limit\":17,"
	"\"container\":{\"major\":10,\"minor\":196,\"mode\":\"0666\",\"error\":\"EACCES\"},"
	"\"iommufd\":{\"major\":10,\"minor\":257,\"mode\":\"0660\"},"
	"\"iommus\":[{\"name\":\"dmar0\",\"link\":\"../../virtual/iommu/dmar0\",\"type\":\"intel\","
	"\"registers\":{\"version\":\"1:0\",\"address\":\"0xfed90000\",\"cap\":\"0xd2008c22260206\","
	"\"ecap\":\"0xf00f4a\"},\"domains-supported\":65536,\"domains-used\":5,"
	"\"isolated-msi\":false,\"coherent\":true,"
	"\"domains\":{\"type1\":{\"start\":\"0x0\",\"last\":\"0x7fffffffff\","
	"\"page-sizes\":\"0x40201000\"},\"paging\":{\"error\":\"EINVAL\",\"start\":\"0x1000\","
	"\"last\":\"0xffffffffffffffff\",\"page-sizes\":\"0x1000\"},"
	"\"pasid\":{\"error\":\"EOPNOTSUPP\"},\"dirty\":{\"error\":\"EOPNOTSUPP\"},"
	"\"parent\":{\"error\":524}},\"hw-info\":{\"type\":1,\"data\":\"0100ff\"}},"
	"{\"type\":\"virtio\"}],"
	"\"groups\":[{\"id\":7,\"type\":\"DMA-FQ\",\"reserved\":[{\"start\":\"0xfee00000\","
	"\"last\":\"0xfeefffff\",\"type\":\"msi\"},{\"start\":\"0x0\",\"last\":\"0x0\","
	"\"type\":\"direct-relaxable\"}],\"node\":{\"major\":253,\"minor\":3}},"
	"{\"id\":0,\"reserved\":[]}],"
	"\"devices\":[{\"bdf\":\"0000:00:05.0\",\"link\":\"../x\",\"driver\":\"vfio-pci\",\"group\":7,"
	"\"iommu\":0,\"mdev\":true,\"noiommu\":true,\"busy\":true,"
	"\"attributes\":{\"vendor\":\"0x1b36\",\"irq\":\"\"},\"vfio-dev\":\"vfio0\","
	"\"cdev\":{\"major\":252,\"minor\":0},\"hw-capabilities\":\"0x9\",\"max-pasid-log2\":20,"
	"\"reserved\":[{\"start\":\"0x1\",\"last\":\"0x2\",\"type\":\"reserved\"}],"
	"\"info\":{\"flags\":2,\"regions\":9,\"irqs\":5,\"caps\":\"00\"},"
	"\"regions\":[{\"index\":0,\"flags\":7,\"size\":\"0x1000\",\"offset\":\"0x0\",\"caps\":\"ff\"},"
	"{\"index\":8,\"error\":\"EINVAL\"}],"
	"\"irqs\":[{\"index\":0,\"flags\":7,\"count\":1},{\"index\":3,\"error\":\"EINVAL\"}]},"
	"{\"bdf\":\"0000:00:06.0\",\"reserved\":[]}],"
	"\"vdpa\":[{\"name\":\"vdpa0\",\"link\":\"../x/vdpa0\",\"driver\":\"vhost_vdpa\","
	"\"kind\":\"virtio-pci\",\"node\":{\"name\":\"vhost-vdpa-0\",\"major\":251,\"minor\":1,"
	"\"mode\":\"0660\",\"error\":\"ENOTSUPP\"},\"told\":{\"device-id\":1,"
	"\"features\":\"0x300000000\",\"backend-features\":\"0x10e\",\"first\":\"0x1000\","
	"\"last\":\"0x7fffffffff\",\"queues\":2,\"queue-max\":256,\"groups\":1,\"spaces\":1,"
	"\"config\":\"525400\",\"config-size\":20,\"queue-groups\":[0,0],\"queue-desc-groups\":[0,1],"
	"\"queue-sizes\":[256,64]}},{\"name\":\"vdpa1\",\"kind\":\"other\"}],"
	"\"files\":[{\"path\":\"/proc/x\",\"content\":\"a\\n\"},{\"path\":\"/proc/l\",\"link\":\"x\"},"
	"{\"path\":\"/proc/e\",\"error\":\"EIO\"}],"
	"\"firmware\":{\"width\":39,\"atsr\":1,\"satc\":2,\"reserved\":[{\"start\":\"0x1000\","
	"\"last\":\"0x1fff\",\"devices\":[\"0000:00:14.0\"]},{\"start\":\"0x0\",\"last\":\"0xfff\"}]},"
	"\"provenance\":[{\"key\":\"kernel\",\"how\":\"assumed\",\"note\":\"6.12\"},"
	"{\"key\":\"iommus[0]\",\"how\":\"derived\",\"note\":\"x\"}]}";

static int parse(const char *text, struct host **h, struct capture_error *err)
{
	return host_parse(text, strlen(text), "t.host.json", h, err);
}

TEST(corpus_survives_load_and_save)
{
	struct corpus c = corpus_files("hosts", ".host.json");
	struct capture_error err = { "" };
	char where[128];

	ASSERT_LT(0, c.n);
	for (size_t i = 0; i < c.n; i++) {
		struct host *h, *g;
		char *text, *file;
		size_t len = 0;

		ASSERT_EQ(0, host_load(c.path[i], &h, &err))
		{
			TH_LOG("%s", err.msg);
		}
		text = host_text(h);
		file = get_file(c.path[i], &len);
		EXPECT_STREQ(file, text);
		ASSERT_EQ(0, parse(text, &g, &err));
		EXPECT_TRUE(host_eq(h, g, where, sizeof(where)))
		{
			TH_LOG("%s: %s", c.path[i], where);
		}
		free(text);
		free(file);
		host_free(h);
		host_free(g);
	}
	corpus_free(&c);
}

TEST(corpus_readme_has_a_row_for_each_host)
{
	struct corpus c = corpus_files("hosts", ".host.json");
	char path[300], row[128];
	size_t len = 0;
	char *text;

	snprintf(path, sizeof(path), "%s/hosts/README.md", corpus_dir());
	text = get_file(path, &len);
	ASSERT_NOT_NULL(text);
	for (size_t i = 0; i < c.n; i++) {
		char *name = host_name_from_path(c.path[i]);

		snprintf(row, sizeof(row), "\n| %s |", name);
		EXPECT_NOT_NULL(strstr(text, row))
		{
			TH_LOG("no row for %s", name);
		}
		free(name);
	}
	free(text);
	corpus_free(&c);
}

/* A description that is there with its transcript is the one made of it. */
TEST(corpus_descriptions_are_those_of_their_transcripts)
{
	struct corpus c = corpus_files("hosts", ".capture.jsonl");
	struct capture_error err = { "" };
	char path[400], where[128];

	for (size_t i = 0; i < c.n; i++) {
		struct host *made, *stored;
		enum capture_format f;

		ASSERT_EQ(0, capture_load_host(c.path[i], &made, &f, &err));
		EXPECT_EQ(CAPTURE_TRANSCRIPT, f);
		snprintf(path, sizeof(path), "%.*s.host.json",
			 (int)(strlen(c.path[i]) - strlen(".capture.jsonl")), c.path[i]);
		ASSERT_EQ(0, capture_load_host(path, &stored, &f, &err))
		{
			TH_LOG("%s", err.msg);
		}
		EXPECT_EQ(CAPTURE_HOST, f);
		EXPECT_STREQ(stored->name, made->name);
		EXPECT_TRUE(host_eq(made, stored, where, sizeof(where)))
		{
			TH_LOG("%s: %s", path, where);
		}
		host_free(made);
		host_free(stored);
	}
	corpus_free(&c);
}

TEST(every_member_survives_load_and_save)
{
	struct capture_error err = { "" };
	struct host *h, *g;
	char where[128];
	char *text;

	ASSERT_EQ(0, parse(full, &h, &err))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_STREQ("t", h->name);
	EXPECT_EQ(0, h->features >> HOST_F_IOMMUFD & 1);
	EXPECT_EQ(1, h->features >> HOST_F_FIRST_STAGE & 1);
	EXPECT_EQ(524, h->iommus[0].domain[HOST_DOMAIN_PARENT].attach_errno);
	EXPECT_EQ(UINT64_MAX, h->iommus[0].domain[HOST_DOMAIN_PAGING].aperture.last);
	EXPECT_EQ(-1, h->iommus[1].isolated_msi);
	EXPECT_FALSE(h->iommus[1].domain[HOST_DOMAIN_TYPE1].known);
	EXPECT_EQ(-1, h->devices[1].group);
	EXPECT_TRUE(h->devices[1].own_regions);
	EXPECT_EQ(0, h->devices[1].nregions);
	text = host_text(h);
	ASSERT_NOT_NULL(text);
	ASSERT_EQ(0, parse(text, &g, &err));
	EXPECT_TRUE(host_eq(h, g, where, sizeof(where)))
	{
		TH_LOG("%s", where);
	}
	free(text);
	host_free(h);
	host_free(g);
}

/* ---- each value of the full description changed, one at a time ---- */

struct walk {
	json_t *root;
	const struct host *original;
	size_t values;
	char path[256];
};

static size_t json_size(const json_t *v)
{
	return json_is_array(v) ? json_array_size(v) : json_object_size(v);
}

static json_t *other_type(const json_t *v)
{
	return json_is_string(v) ? json_integer(7) : json_string("x");
}

/* A value of the same type that is as valid as the one there, where there is one. */
static json_t *other_value(const json_t *v, const char *key)
{
	const char *s = json_string_value(v);
	uint64_t n;

	if (json_is_boolean(v))
		return json_boolean(!json_is_true(v));
	if (json_is_integer(v))
		return json_integer(json_integer_value(v) + 1);
	if (json_is_object(v))
		return json_object();
	if (json_is_array(v))
		return json_array();
	if (!strcmp(key, "error"))
		return json_string("EBUSY");
	if (!strcmp(key, "mode"))
		return json_string("0600");
	if (!strcmp(key, "origin"))
		return json_string("recorded");
	if (!strcmp(key, "kernel"))
		return json_string("6.12.118");
	if (!strcmp(key, "data") || !strcmp(key, "caps"))
		return json_string("abcd");
	if (!strncmp(s, "0x", 2) && sscanf(s, "0x%" SCNx64, &n) == 1 && strcmp(key, "vendor"))
		return json_sprintf("0x%" PRIx64,
				    (uint64_t)(strcmp(key, "start") ? n ^ 1ull << 62 : n ^ 1));
	return json_sprintf("%s-", s);
}

static void try_value(struct ktap_meta *_metadata, struct walk *w, json_t *in, const char *key,
		      size_t index, json_t *v)
{
	json_t *bad = other_type(v), *good = other_value(v, key);
	struct capture_error err = { "" };
	char where[128], want[300];
	struct host *h;
	char *text;

	json_incref(v);
	w->values++;
	/* The wrong type: refused, by this key. */
	if (json_is_object(in))
		json_object_set_new(in, key, bad);
	else
		json_array_set_new(in, index, bad);
	text = json_dumps(w->root, 0);
	snprintf(want, sizeof(want), "t.host.json: %s", w->path);
	/* An errno may be a number. */
	if (strcmp(key, "error")) {
		EXPECT_EQ(-EINVAL, parse(text, &h, &err))
		{
			TH_LOG("%s of a wrong type was accepted", w->path);
		}
		EXPECT_TRUE(one_line_with(err.msg, want))
		{
			TH_LOG("want '%s', says: %s", want, err.msg);
		}
	}
	free(text);
	/* Another value: accepted or refused, never the same description. */
	if (!json_is_string(v) && !json_is_number(v) && !json_is_boolean(v) && json_size(v) == 0) {
		json_decref(good);
		good = other_type(v);
	}
	if (json_is_object(in))
		json_object_set_new(in, key, good);
	else
		json_array_set_new(in, index, good);
	text = json_dumps(w->root, 0);
	if (!parse(text, &h, &err)) {
		size_t n = strlen(w->path);

		EXPECT_FALSE(host_eq(w->original, h, where, sizeof(where)))
		{
			TH_LOG("a change of %s was not told apart", w->path);
		}
		/* A container's first member is named for it, "reserved[0]" for its members. */
		if (strlen(where) < n)
			n = strlen(where);
		EXPECT_EQ(0, strncmp(w->path, where, n))
		{
			TH_LOG("%s changed, named %s", w->path, where);
		}
		host_free(h);
	}
	free(text);
	if (json_is_object(in))
		json_object_set_new(in, key, v);
	else
		json_array_set_new(in, index, v);
}

static void walk(struct ktap_meta *_metadata, struct walk *w, json_t *in)
{
	size_t mark = strlen(w->path), i;
	const char *key;
	json_t *v;
	void *tmp;

	if (json_is_array(in)) {
		json_array_foreach(in, i, v)
		{
			snprintf(w->path + mark, sizeof(w->path) - mark, "[%zu]", i);
			walk(_metadata, w, v);
		}
	} else {
		json_object_foreach_safe(in, tmp, key, v)
		{
			snprintf(w->path + mark, sizeof(w->path) - mark, "%s%s", mark ? "." : "",
				 key);
			try_value(_metadata, w, in, key, 0, v);
			v = json_object_get(in, key);
			if (json_is_object(v) || json_is_array(v))
				walk(_metadata, w, v);
			w->path[mark] = 0;
		}
	}
	w->path[mark] = 0;
}

TEST(each_value_is_checked_for_its_type_and_told_apart)
{
	struct capture_error err = { "" };
	struct walk w = { .root = json_loads(full, 0, NULL) };
	struct host *h;

	ASSERT_EQ(0, parse(full, &h, &err));
	w.original = h;
	walk(_metadata, &w, w.root);
	EXPECT_LT(100, w.values);
	json_decref(w.root);
	host_free(h);
}

/* As a reply of zeros makes one; what is known is not left out. */
TEST(a_domain_of_zeros_survives_load_and_save)
{
	static const char text[] =
		"{\"hiod-host\":1,\"origin\":\"made\",\"kernel\":\"6.12\",\"iommus\":[{\"type\":"
		"\"intel\",\"domains\":{\"paging\":{\"start\":\"0x0\",\"last\":\"0x0\","
		"\"page-sizes\":\"0x0\"}}}]}";
	struct capture_error err = { "" };
	struct host *h, *back = NULL;
	char *written, where[128];

	ASSERT_EQ(0, parse(text, &h, &err));
	written = host_text(h);
	ASSERT_NOT_NULL(written);
	EXPECT_EQ(0, parse(written, &back, &err))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_TRUE(back && host_eq(h, back, where, sizeof(where)));
	free(written);
	host_free(back);
	host_free(h);
}

TEST(a_description_larger_than_what_is_read_is_not_written)
{
	static const char text[] = "{\"hiod-host\":1,\"origin\":\"made\",\"kernel\":\"6.12\"}";
	struct capture_error err = { "" };
	struct scratch s;
	const char *path;
	struct host *h;

	scratch_make(&s);
	path = scratch_path(&s, "x.host.json");
	ASSERT_EQ(0, parse(text, &h, &err));
	h->cmdline = calloc(1, HOST_FILE_MAX + 1);
	ASSERT_NOT_NULL(h->cmdline);
	memset(h->cmdline, 'x', HOST_FILE_MAX);
	EXPECT_EQ(-EFBIG, host_save(h, path, &err));
	EXPECT_TRUE(one_line_with(err.msg, "more than the 8388608 that are read"))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_NE(0, access(path, F_OK));
	host_free(h);
	scratch_remove(&s);
}

static void unknown_in(struct ktap_meta *_metadata, json_t *root, json_t *in, const char *path)
{
	struct capture_error err = { "" };
	struct host *h;
	char deeper[300], want[340];
	const char *key;
	json_t *v;
	char *text;
	size_t i;

	if (json_is_array(in)) {
		json_array_foreach(in, i, v)
		{
			snprintf(deeper, sizeof(deeper), "%s[%zu]", path, i);
			unknown_in(_metadata, root, v, deeper);
		}
	}
	if (!json_is_object(in))
		return;
	json_object_set_new(in, "surprise", json_true());
	text = json_dumps(root, 0);
	snprintf(want, sizeof(want), "%s%ssurprise", path, *path ? "." : "");
	/* A device's attributes are named by the host. */
	EXPECT_EQ(-EINVAL, parse(text, &h, &err));
	EXPECT_TRUE(one_line_with(err.msg, want))
	{
		TH_LOG("want %s, says: %s", want, err.msg);
	}
	free(text);
	json_object_del(in, "surprise");
	json_object_foreach(in, key, v)
	{
		snprintf(deeper, sizeof(deeper), "%s%s%s", path, *path ? "." : "", key);
		unknown_in(_metadata, root, v, deeper);
	}
}

TEST(an_unknown_key_is_refused_wherever_it_stands)
{
	json_t *root = json_loads(full, 0, NULL);

	unknown_in(_metadata, root, root, "");
	json_decref(root);
}

static const struct {
	const char *text, *want;
} wrong[] = {
	{ "{}", "found no \"hiod-host\"" },
	{ "{\"hiod-host\":2}", "hiod-host: found 2" },
	{ "{\"hiod-host\":1}", "origin: missing" },
	{ "{\"hiod-host\":1,\"origin\":\"dreamt\"}", "origin: found \"dreamt\"" },
	{ "{\"hiod-host\":1,\"origin\":\"made\"}", "kernel: missing" },
	{ "{\"hiod-host\":1,\"origin\":\"made\",\"kernel\":\"linux\"}", "kernel: found \"linux\"" },
#define H "{\"hiod-host\":1,\"origin\":\"made\",\"kernel\":\"6.12\","
	{ H "\"features\":{\"warp\":true}}", "features.warp: found a feature" },
	{ H "\"dma-entry-limit\":0}", "dma-entry-limit: found 0" },
	{ H "\"dma-entry-limit\":4294967296}", "dma-entry-limit: found 4294967296" },
	{ H "\"container\":{\"major\":10,\"minor\":196,\"mode\":\"666\"}}", "container.mode" },
	{ H "\"container\":{\"minor\":196,\"mode\":\"0666\"}}", "container.major: missing" },
	{ H "\"iommus\":[{}]}", "iommus[0].type: missing" },
	{ H "\"iommus\":[{\"type\":\"vtd\"}]}", "iommus[0].type: found \"vtd\"" },
	{ H "\"iommus\":[7]}", "iommus[0]: expected an object" },
	{ H
	  "\"iommus\":[{\"type\":\"intel\",\"registers\":{\"address\":\"0x0\",\"ecap\":\"0x0\"}}]}",
	  "iommus[0].registers.cap: missing" },
	{ H "\"iommus\":[{\"type\":\"intel\",\"domains\":{\"type1\":{}}}]}",
	  "iommus[0].domains.type1.start: missing" },
	{ H "\"iommus\":[{\"type\":\"intel\",\"domains\":{\"type1\":{\"start\":\"0x2\","
	    "\"last\":\"0x1\",\"page-sizes\":\"0x1000\"}}}]}",
	  "iommus[0].domains.type1.last: found 0x1" },
	{ H "\"iommus\":[{\"type\":\"intel\",\"hw-info\":{\"type\":1,\"data\":\"0\"}}]}",
	  "iommus[0].hw-info.data" },
	{ H "\"groups\":[{\"id\":-1}]}", "groups[0].id: found -1" },
	{ H "\"groups\":[{\"id\":1},{\"id\":1}]}", "groups[1].id: found 1 a second time" },
	{ H "\"groups\":[{\"id\":1,\"reserved\":[{\"start\":\"0x1\",\"last\":\"0x0\","
	    "\"type\":\"msi\"}]}]}",
	  "groups[0].reserved[0].last" },
	{ H "\"devices\":[{}]}", "devices[0].bdf: missing" },
	{ H "\"devices\":[{\"bdf\":\"a\",\"group\":3}]}", "devices[0].group: found 3" },
	{ H "\"devices\":[{\"bdf\":\"a\",\"iommu\":0}]}", "devices[0].iommu: found 0" },
	{ H "\"devices\":[{\"bdf\":\"a\"},{\"bdf\":\"a\"}]}", "devices[1].bdf: found \"a\"" },
	{ H "\"devices\":[{\"bdf\":\"a\",\"cdev\":{\"major\":1,\"minor\":1}}]}",
	  "devices[0].vfio-dev: missing" },
	{ H "\"devices\":[{\"bdf\":\"a\",\"attributes\":{\"a/b\":\"\"}}]}",
	  "devices[0].attributes.a/b" },
	{ H "\"devices\":[{\"bdf\":\"a\",\"regions\":[{\"index\":0,\"error\":\"EINVAL\","
	    "\"flags\":1}]}]}",
	  "devices[0].regions[0].flags: found a key" },
	{ H "\"files\":[{\"path\":\"x\",\"content\":\"\"}]}", "files[0].path: found \"x\"" },
	{ H "\"files\":[{\"path\":\"/x\"}]}", "files[0]: expected one of" },
	{ H "\"files\":[{\"path\":\"/x\",\"content\":\"\",\"link\":\"\"}]}",
	  "files[0]: expected one of" },
};

TEST(a_wrong_value_is_refused_by_its_key_path)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct capture_error err = { "" };
		struct host *h = NULL;

		EXPECT_EQ(-EINVAL, parse(wrong[i].text, &h, &err))
		{
			TH_LOG("accepted %s", wrong[i].text);
		}
		EXPECT_NULL(h);
		EXPECT_TRUE(one_line_with(err.msg, wrong[i].want))
		{
			TH_LOG("%s\n#  says: %s", wrong[i].text, err.msg);
		}
	}
}

TEST(features_are_written_as_overrides_of_the_release_only)
{
	struct capture_error err = { "" };
	struct host *h;
	char *text;

	ASSERT_EQ(0, parse(H "\"features\":{\"iommufd\":true,\"dirty\":false}}", &h, &err));
	text = host_text(h);
	EXPECT_NOT_NULL(strstr(text, "\"dirty\": false"));
	EXPECT_NULL(strstr(text, "\"iommufd\": true"));
	free(text);
	host_free(h);
}

TEST(the_name_is_the_files_without_directory_and_suffix)
{
	static const char *const names[][2] = {
		{ "a/b/6.12-x.host.json", "6.12-x" },
		{ "6.12-x.capture.jsonl", "6.12-x" },
		{ "/x/log.txt", "log" },
		{ "plain", "plain" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *n = host_name_from_path(names[i][0]);

		EXPECT_STREQ(names[i][1], n);
		free(n);
	}
}

TEST(a_name_in_the_description_is_kept_and_written)
{
	static const char named[] = "{\"hiod-host\":1,\"name\":\"web 1\",\"origin\":\"made\","
				    "\"kernel\":\"6.12\"}";
	static const char empty[] = "{\"hiod-host\":1,\"name\":\"\",\"origin\":\"made\","
				    "\"kernel\":\"6.12\"}";
	struct capture_error err;
	struct host *h;
	char *text;

	ASSERT_EQ(0, parse(named, &h, &err));
	EXPECT_STREQ("web 1", h->name);
	text = host_text(h);
	EXPECT_NOT_NULL(strstr(text, "\"name\": \"web 1\""));
	free(text);
	host_free(h);
	EXPECT_EQ(-EINVAL, parse(empty, &h, &err));
}

TEST_HARNESS_MAIN
