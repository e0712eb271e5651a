// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * describe(): what the recorded hosts are found to be, what small transcripts
 * of other hosts tell, and that a description made of one of our own clients
 * answers that client as the host did.
 */
#include "harness/capture/describe.h"
#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "harness/capture/marshal.h"
#include "harness/capture/probe.h"
#include "harness/capture/record.h"
#include "harness/capture/replay.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"

static struct host *corpus_host(struct ktap_meta *_metadata, const char *name)
{
	struct capture_error err = { "" };
	char path[300];
	struct host *h = NULL;

	snprintf(path, sizeof(path), "%s/hosts/%s.capture.jsonl", corpus_dir(), name);
	EXPECT_EQ(0, capture_load_host(path, &h, NULL, &err))
	{
		TH_LOG("%s", err.msg);
	}
	return h;
}

/* Last usable address of the domain kinds; 0: unknown; negative errno. */
static const struct {
	const char *host;
	enum host_iommu_type type;
	int isolated;
	int64_t type1, paging, dirty; /* bits of the aperture; negative errno; 0 not known */
	const char *release;
	bool cdev, iommufd;
} hosts[] = {
	{ "6.12-vtd-aw39", HOST_IOMMU_INTEL, 1, 39, 39, -EOPNOTSUPP, "6.12.117", true, true },
	{ "6.12-vtd-aw48", HOST_IOMMU_INTEL, 1, 48, 48, -EOPNOTSUPP, "6.12.117", true, true },
	{ "6.12-vtd-aw48-scalable", HOST_IOMMU_INTEL, 1, 48, 48, -EOPNOTSUPP, "6.12.117", true,
	  true },
	/* Without a second stage: type1 loses a bit, iommufd cannot attach. */
	{ "6.12-vtd-aw48-scalable-flts-q10", HOST_IOMMU_INTEL, 1, 47, -EINVAL, -EOPNOTSUPP,
	  "6.12.117", true, true },
	{ "7.3-vtd-aw48-scalable-flts-q10", HOST_IOMMU_INTEL, 1, 47, 47, -EOPNOTSUPP, "7.3.4", true,
	  true },
	{ "7.3-vtd-aw48-scalable-q10", HOST_IOMMU_INTEL, 1, 48, 48, -EOPNOTSUPP, "7.3.4", true,
	  true },
	{ "6.12-vtd-aw39-intremap-off", HOST_IOMMU_INTEL, 0, 0, 0, 0, "6.12.117", true, true },
	{ "7.3-virtio-aw39-q10", HOST_IOMMU_VIRTIO, 0, 0, 0, 0, "7.3.4", true, true },
	/* allow_unsafe_interrupts hides whether they are isolated. */
	{ "6.12-virtio-aw46-unsafe-q10", HOST_IOMMU_VIRTIO, -1, 46, 46, -EOPNOTSUPP, "6.12.117",
	  true, true },
	{ "6.12-amd-unsafe-q11", HOST_IOMMU_AMD, -1, 64, 64, -EOPNOTSUPP, "6.12.117", true, true },
	{ "debian-6.1-vtd-aw48", HOST_IOMMU_INTEL, 1, 48, 0, 0, "6.1.0-56-cloud-amd64", false,
	  false },
	{ "debian-6.12-oot-vtd-aw39", HOST_IOMMU_INTEL, 1, 39, 39, -EOPNOTSUPP,
	  "6.12.117+deb12-cloud-amd64", true, true },
};

static int64_t bits(const struct host_domain *d)
{
	if (!d->known)
		return 0;
	if (d->attach_errno)
		return -d->attach_errno;
	return 64 - __builtin_clzll(d->aperture.last);
}

TEST(recorded_hosts_are_what_they_were_set_up_to_be)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct host *h = corpus_host(_metadata, hosts[i].host);
		const struct host_iommu *io;

		ASSERT_NOT_NULL(h);
		ASSERT_EQ(1, h->niommus);
		ASSERT_EQ(1, h->ndevices);
		io = &h->iommus[0];
		EXPECT_EQ(hosts[i].type, io->type);
		EXPECT_EQ(hosts[i].isolated, io->isolated_msi);
		EXPECT_EQ(hosts[i].type1, bits(&io->domain[HOST_DOMAIN_TYPE1]));
		EXPECT_EQ(hosts[i].paging, bits(&io->domain[HOST_DOMAIN_PAGING]));
		EXPECT_EQ(hosts[i].dirty, bits(&io->domain[HOST_DOMAIN_DIRTY]));
		EXPECT_STREQ(hosts[i].release, h->release);
		EXPECT_EQ(hosts[i].cdev, h->devices[0].has_cdev);
		EXPECT_EQ(hosts[i].iommufd, h->iommufd.present);
		EXPECT_EQ(strstr(hosts[i].host, "unsafe") != NULL, h->type1_unsafe);
		EXPECT_EQ(host_features_default(h->release), h->features);
		EXPECT_STREQ("0000:00:05.0", h->devices[0].bdf);
		EXPECT_STREQ("vfio-pci", h->devices[0].driver);
		host_free(h);
	}
}

TEST(a_host_without_an_iommu_is_a_host)
{
	struct host *h = corpus_host(_metadata, "7.3-noiommu");

	ASSERT_NOT_NULL(h);
	EXPECT_EQ(0, h->niommus);
	EXPECT_EQ(0, h->ngroups);
	ASSERT_EQ(1, h->ndevices);
	EXPECT_EQ(-1, h->devices[0].group);
	EXPECT_NULL(h->devices[0].driver);
	EXPECT_TRUE(h->container.present);
	host_free(h);
	h = corpus_host(_metadata, "7.3-noiommu-unsafe");
	ASSERT_NOT_NULL(h);
	EXPECT_TRUE(h->noiommu);
	EXPECT_TRUE(h->devices[0].noiommu);
	EXPECT_STREQ("noiommu-vfio0", h->devices[0].vfio_dev);
	EXPECT_EQ(-1, h->devices[0].iommu);
	host_free(h);
}

/* ---- small transcripts of hosts that were not recorded ---- */

#define DEV "/sys/bus/pci/devices/0000:3b:00.0/"
#define SYSFS                                                                                      \
	"sysfs " DEV "vendor = 0x8086\nlink " DEV                                                  \
	"iommu_group -> ../../../kernel/iommu_groups/26\n"                                         \
	"link " DEV "iommu -> ../../virtual/iommu/dmar1\n"
#define RELEASE(r) "sysfs /proc/sys/kernel/osrelease = " r "\n"
#define CMDLINE(c) "sysfs /proc/cmdline = " c "\n"
#define OPEN_LEGACY                                                                                \
	"open /dev/vfio/vfio fd=3 rdev=10:196 mode=0666\n"                                         \
	"open /dev/vfio/26 fd=4 rdev=253:0 mode=0600\n"
#define SET_CONTAINER "VFIO_GROUP_SET_CONTAINER nr=0x3b68 in=03000000 ret=0 errno=0 out=same\n"
#define OPEN_IOMMUFD                                                                               \
	"open /dev/iommu fd=3 rdev=10:257 mode=0660\n"                                             \
	"dir " DEV "vfio-dev : vfio0\n"                                                            \
	"open /dev/vfio/devices/vfio0 fd=4 rdev=252:0 mode=0600\n"                                 \
	"VFIO_DEVICE_BIND_IOMMUFD nr=0x3b76 in=10000000000000000300000000000000 ret=0 errno=0 "    \
	"out=10000000000000000300000001000000\n"                                                   \
	"IOMMU_IOAS_ALLOC nr=0x3b81 in=0c0000000000000000000000 ret=0 errno=0 "                    \
	"out=0c0000000000000002000000\n"

static struct host *of_log(struct ktap_meta *_metadata, const char *log)
{
	struct capture_error err = { "" };
	struct transcript t;
	struct host *h = NULL;

	EXPECT_EQ(0, probe_parse(log, strlen(log), "log.txt", &t, &err))
	{
		TH_LOG("%s", err.msg);
		return NULL;
	}
	EXPECT_EQ(0, describe(&t, "log.txt", &h, &err))
	{
		TH_LOG("%s", err.msg);
	}
	transcript_free(&t);
	return h;
}

TEST(module_parameters_are_read_as_the_kernel_reads_them)
{
	static const struct {
		const char *word;
		bool type1, iommufd, noiommu;
		uint32_t limit;
	} words[] = {
		{ "vfio_iommu_type1.allow_unsafe_interrupts=1", true, false, false, 0 },
		{ "vfio_iommu_type1.allow_unsafe_interrupts=0", false, false, false, 0 },
		{ "vfio-iommu-type1.allow-unsafe-interrupts=Y", true, false, false, 0 },
		{ "vfio_iommu_type1.allow_unsafe_interrupts", true, false, false, 0 },
		{ "iommufd.allow_unsafe_interrupts=on", false, true, false, 0 },
		{ "iommufd.allow_unsafe_interrupts=off", false, false, false, 0 },
		{ "vfio.enable_unsafe_noiommu_mode=y", false, false, true, 0 },
		{ "vfio_iommu_type1.dma_entry_limit=1024", false, false, false, 1024 },
		{ "vfio_iommu_type1.allow_unsafe_interrupts_x=1", false, false, false, 0 },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char log[400];
		struct host *h;

		snprintf(log, sizeof(log), SYSFS RELEASE("6.12.1") CMDLINE("quiet %s end"),
			 words[i].word);
		h = of_log(_metadata, log);
		ASSERT_NOT_NULL(h);
		EXPECT_TRUE(words[i].type1 == h->type1_unsafe &&
			    words[i].iommufd == h->iommufd_unsafe &&
			    words[i].noiommu == h->noiommu && words[i].limit == h->dma_entry_limit)
		{
			TH_LOG("%s", words[i].word);
		}
		host_free(h);
	}
}

TEST(regions_of_all_types_are_read)
{
	struct host *h =
		of_log(_metadata, SYSFS "sysfs " DEV "iommu_group/reserved_regions = "
					"0x0000000000000000 0x0000000000ffffff direct-relaxable|"
					"0x000000007c000000 0x000000007fffffff direct|"
					"0x00000000fee00000 0x00000000feefffff msi|"
					"0x000000fd00000000 0x000000ffffffffff reserved\n");

	ASSERT_NOT_NULL(h);
	ASSERT_EQ(1, h->ngroups);
	EXPECT_EQ(26, h->groups[0].id);
	ASSERT_EQ(4, h->groups[0].nregions);
	EXPECT_EQ(HOST_REGION_DIRECT_RELAXABLE, h->groups[0].regions[0].type);
	EXPECT_EQ(HOST_REGION_DIRECT, h->groups[0].regions[1].type);
	EXPECT_EQ(HOST_REGION_MSI, h->groups[0].regions[2].type);
	EXPECT_EQ(0xffffffffffull, h->groups[0].regions[3].last);
	host_free(h);
}

/* One line each, on a type1 container with the device's group. */
TEST(answers_on_a_container_tell_of_the_host)
{
	static const struct {
		const char *lines;
		int isolated, coherent, attach;
		bool busy;
	} cases[] = {
		{ "VFIO_SET_IOMMU nr=0x3b66 arg=0x3 ret=-1 errno=EPERM\n", 0, -1, 0, false },
		{ "VFIO_SET_IOMMU nr=0x3b66 arg=0x3 ret=-1 errno=EINVAL\n", -1, -1, EINVAL, false },
		{ "VFIO_SET_IOMMU nr=0x3b66 arg=0x3 ret=0 errno=0\n"
		  "VFIO_CHECK_EXTENSION nr=0x3b65 arg=0x4 ret=1 errno=0\n",
		  1, 1, 0, false },
		{ "VFIO_SET_IOMMU nr=0x3b66 arg=0x3 ret=0 errno=0\n"
		  "VFIO_CHECK_EXTENSION nr=0x3b65 arg=0x4 ret=0 errno=0\n",
		  1, 0, 0, false },
		/* An unknown type says nothing of the host. */
		{ "VFIO_SET_IOMMU nr=0x3b66 arg=0x7 ret=-1 errno=ENODEV\n", -1, -1, 0, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char log[900];
		struct host *h;

		snprintf(log, sizeof(log),
			 SYSFS RELEASE("6.12.1") CMDLINE("x") OPEN_LEGACY SET_CONTAINER "%s",
			 cases[i].lines);
		h = of_log(_metadata, log);
		ASSERT_NOT_NULL(h);
		ASSERT_EQ(1, h->niommus);
		EXPECT_STREQ("dmar1", h->iommus[0].name);
		EXPECT_EQ(cases[i].isolated, h->iommus[0].isolated_msi);
		EXPECT_EQ(cases[i].coherent, h->iommus[0].coherent);
		EXPECT_EQ(cases[i].attach, h->iommus[0].domain[HOST_DOMAIN_TYPE1].attach_errno);
		host_free(h);
	}
}

TEST(a_group_that_is_not_viable_has_a_busy_sibling)
{
	struct host *h = of_log(_metadata,
				SYSFS "dir " DEV "iommu_group/devices : 0000:3b:00.0\n"
				      "dir " DEV "iommu_group/devices : 0000:3b:00.1\n" OPEN_LEGACY
				      "VFIO_GROUP_GET_STATUS nr=0x3b67 in=0800000000000000 "
				      "ret=0 errno=0 out=same\n");

	ASSERT_NOT_NULL(h);
	ASSERT_EQ(2, h->ndevices);
	EXPECT_EQ(26, h->devices[1].group);
	EXPECT_FALSE(h->devices[0].busy);
	EXPECT_TRUE(h->devices[1].busy);
	host_free(h);
}

/* A reply that shows what a release does not have by default, and the feature's new value. */
static const struct {
	const char *release, *lines;
	enum host_feature feature;
	bool have;
} shown[] = {
	{ "6.12.1",
	  OPEN_IOMMUFD "IOMMU_IOAS_CHANGE_PROCESS nr=0x3b92 in=0800000000000000 ret=0 "
		       "errno=0 out=same\n",
	  HOST_F_CHANGE_PROCESS, true },
	{ "7.3.1",
	  OPEN_IOMMUFD "IOMMU_IOAS_CHANGE_PROCESS nr=0x3b92 in=0800000000000000 ret=-1 "
		       "errno=ENOTTY out=same\n",
	  HOST_F_CHANGE_PROCESS, false },
	{ "6.12.1",
	  OPEN_IOMMUFD "IOMMU_FAULT_QUEUE_ALLOC nr=0x3b8e in=1000000000000000"
		       "0000000000000000 ret=-1 errno=ENOTTY out=same\n",
	  HOST_F_FAULT, false },
	{ "6.2.1",
	  OPEN_IOMMUFD "IOMMU_HWPT_ALLOC nr=0x3b89 in=3000000000000000010000000200000000"
		       "00000000000000000000000000000000000000000000000000000000000000 "
		       "ret=-1 errno=EINVAL out=same\n",
	  HOST_F_HWPT, true },
	{ "7.3.1", OPEN_LEGACY "VFIO_CHECK_EXTENSION nr=0x3b65 arg=0x6 ret=1 errno=0\n",
	  HOST_F_TYPE1_NESTING, true },
	{ "6.12.1", OPEN_LEGACY "VFIO_CHECK_EXTENSION nr=0x3b65 arg=0x6 ret=0 errno=0\n",
	  HOST_F_TYPE1_NESTING, false },
	{ "6.1.1",
	  OPEN_LEGACY "VFIO_GROUP_SET_CONTAINER nr=0x3b68 in=03000000 ret=-1 "
		      "errno=EBADFD out=same\n",
	  HOST_F_BADFD, true },
	{ "6.12.1",
	  OPEN_LEGACY SET_CONTAINER
	  "VFIO_IOMMU_MAP_DMA nr=0x3b71 in=200000000300000000c0309d387f000000f0ffffffffffff"
	  "0020000000000000 ret=-1 errno=EOVERFLOW out=same\n",
	  HOST_F_MAP_EOVERFLOW, true },
	/* 116 bytes needed: capabilities of 12 bytes are not padded. */
	{ "6.12.1",
	  OPEN_LEGACY SET_CONTAINER
	  "VFIO_SET_IOMMU nr=0x3b66 arg=0x3 ret=0 errno=0\n"
	  "VFIO_IOMMU_GET_INFO nr=0x3b70 in=180000000000000000000000000000000000000000000000 "
	  "ret=0 errno=0 out=740000000300000000102040000000000000000000000000\n",
	  HOST_F_CAPS_ALIGN8, false },
};

TEST(a_reply_overrides_what_the_release_has)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		char log[2000];
		struct host *h;
		uint32_t bit = 1u << shown[i].feature;

		snprintf(log, sizeof(log), SYSFS RELEASE("%s") "%s", shown[i].release,
			 shown[i].lines);
		h = of_log(_metadata, log);
		ASSERT_NOT_NULL(h);
		EXPECT_TRUE(!!(h->features & bit) == shown[i].have &&
			    ((h->features ^ host_features_default(h->release)) & bit))
		{
			TH_LOG("%s after %s", host_feature_name(shown[i].feature), shown[i].lines);
		}
		host_free(h);
	}
}

/* Page tables of each kind: their errno, or the aperture that IOVA_RANGES tells afterwards. */
TEST(page_tables_are_told_apart_by_their_flags)
{
	static const struct {
		const char *flags;
		enum host_domain_kind kind;
	} kinds[] = {
		{ "00", HOST_DOMAIN_PAGING },
		{ "01", HOST_DOMAIN_PARENT },
		{ "02", HOST_DOMAIN_DIRTY },
		{ "08", HOST_DOMAIN_PASID },
	};

	for (size_t i = 0; i < 4; i++) {
		const struct host_domain *dom;
		char log[3000];
		struct host *h;

		snprintf(log, sizeof(log),
			 SYSFS RELEASE("7.3.4") OPEN_IOMMUFD
			 "IOMMU_HWPT_ALLOC nr=0x3b89 in=30000000%s000000010000000200000000000000"
			 "00000000000000000000000000000000000000000000000000000000 ret=0 errno=0 "
			 "out=30000000%s000000010000000200000003000000"
			 "00000000000000000000000000000000000000000000000000000000\n"
			 "IOMMU_IOAS_IOVA_RANGES nr=0x3b84 in=20000000020000001000000000000000"
			 "f0845469fe7f00000000000000000000 ret=0 errno=0 out=2000000002000000"
			 "0200000000000000f0845469fe7f00000010000000000000\n"
			 "  num_iovas=2 ranges=0010000000000000ffffdffe000000000000f0fe00000000"
			 "ffffffffff010000a5a5a5a5a5a5a5a5\n",
			 kinds[i].flags, kinds[i].flags);
		h = of_log(_metadata, log);
		ASSERT_NOT_NULL(h);
		for (int k = 0; k < HOST_DOMAIN_NR; k++) {
			dom = &h->iommus[0].domain[k];
			EXPECT_EQ(k == (int)kinds[i].kind, dom->known);
		}
		dom = &h->iommus[0].domain[kinds[i].kind];
		EXPECT_EQ(0x1000, dom->aperture.start);
		EXPECT_EQ(0x1ffffffffff, dom->aperture.last);
		EXPECT_EQ(0, dom->attach_errno);
		EXPECT_NE(0, dom->pgsizes & 0x1000);
		host_free(h);
	}
}

TEST(capabilities_that_did_not_fit_are_known_by_their_size)
{
	struct host *h =
		of_log(_metadata, SYSFS RELEASE("6.12.1") OPEN_LEGACY
		       "VFIO_GROUP_GET_DEVICE_FD nr=0x3b6a arg=\"0000:3b:00.0\" ret=5 "
		       "errno=0\n"
		       "VFIO_DEVICE_GET_REGION_INFO nr=0x3b6c in=20000000000000000200000000"
		       "00000000000000000000000000000000000000 ret=0 errno=0 "
		       "out=400000000f00000002000000000000000080000000000000000002000000000"
		       "0\n");

	ASSERT_NOT_NULL(h);
	ASSERT_EQ(1, h->devices[0].nregion_info);
	EXPECT_EQ(2, h->devices[0].region_info[0].index);
	EXPECT_EQ(15, h->devices[0].region_info[0].flags);
	EXPECT_EQ(0x8000, h->devices[0].region_info[0].size);
	EXPECT_EQ(32, h->devices[0].region_info[0].caps_len);
	host_free(h);
}

TEST(the_group_of_a_reset_beyond_31_bits_is_not_known)
{
	struct host *h = of_log(_metadata, SYSFS RELEASE("6.12.1") OPEN_LEGACY
				"VFIO_GROUP_GET_DEVICE_FD nr=0x3b6a arg=\"0000:3b:00.0\" ret=5 "
				"errno=0\n"
				"VFIO_DEVICE_GET_PCI_HOT_RESET_INFO nr=0x3b70 "
				"in=1c000000000000000000000000000000000000000000000000000000 ret=0 "
				"errno=0 out=1c0000000000000002000000"
				"feffffff00003b001a00000000003b01\n");

	ASSERT_NOT_NULL(h);
	ASSERT_EQ(2, h->devices[0].nreset);
	EXPECT_EQ(-1, h->devices[0].reset[0].group);
	EXPECT_EQ(26, h->devices[0].reset[1].group);
	host_free(h);
}

/* A region's reply with so many bytes of capabilities, or with their number only; hex, to free. */
static char *region_reply(uint32_t caps, bool whole)
{
	uint32_t size = 32 + caps, bytes = whole ? size : 32;
	char *s = calloc(2, bytes + 1), *p = s;

	for (int i = 0; s && i < 4; i++)
		p += sprintf(p, "%02x", size >> (8 * i) & 0xff);
	if (s)
		memset(p, '0', 2ul * bytes - 8);
	if (s && whole)
		memcpy(s + 24, "20", 2);
	return s;
}

TEST(a_capability_chain_has_a_bound)
{
	static const struct {
		uint32_t caps, kept;
		bool whole;
		const char *want; /* NULL: described */
	} rows[] = {
		{ 4096, 4096, false, NULL }, /* as many zeros stand for it */
		{ 4097, 0, false, NULL },    /* a lie, or nothing to keep */
		{ 65536, 65536, true, NULL },
		{ 65537, 0, true, "found 65537 bytes of capabilities, expected at most 65536" },
	};

	for (size_t i = 0; i < 4; i++) {
		char *reply = region_reply(rows[i].caps, rows[i].whole), *asked = NULL, *log = NULL;
		struct capture_error err = { "" };
		struct transcript t;
		struct host *h = NULL;

		ASSERT_NOT_NULL(reply);
		asked = strdup(reply);
		ASSERT_NOT_NULL(asked);
		memcpy(asked, rows[i].whole ? reply : "20000000", 8);
		memcpy(asked + 24, "00", 2);
		ASSERT_LT(0, asprintf(&log,
				      SYSFS RELEASE("6.12.1") OPEN_LEGACY
				      "VFIO_GROUP_GET_DEVICE_FD nr=0x3b6a arg=\"0000:3b:00.0\" "
				      "ret=5 errno=0\nVFIO_DEVICE_GET_REGION_INFO nr=0x3b6c in=%s "
				      "ret=0 errno=0 out=%s\n",
				      asked, reply));
		ASSERT_EQ(0, probe_parse(log, strlen(log), "log.txt", &t, &err))
		{
			TH_LOG("%s", err.msg);
		}
		EXPECT_EQ(rows[i].want ? -EINVAL : 0, describe(&t, "log.txt", &h, &err))
		{
			TH_LOG("%s", err.msg);
		}
		if (rows[i].want)
			EXPECT_NOT_NULL(strstr(err.msg, rows[i].want));
		if (h)
			EXPECT_EQ(rows[i].kept, h->devices[0].region_info[0].caps_len);
		transcript_free(&t);
		host_free(h);
		free(log);
		free(asked);
		free(reply);
	}
}

#define LOW  "0010000000000000ffffdffe00000000"
#define HIGH "0000f0fe00000000ffffffffff010000"

/* A kernel that does not sort, or whose range ends before it starts. */
TEST(an_aperture_is_from_the_lowest_to_the_highest_address)
{
	static const struct {
		const char *ranges, *want; /* NULL: an aperture */
	} rows[] = {
		{ LOW HIGH, NULL },
		{ HIGH LOW, NULL },
		{ LOW "ffffffffff0100000000f0fe00000000",
		  "range 1 of the reply starts at 0x1ffffffffff and ends at 0xfef00000" },
	};

	for (size_t i = 0; i < 3; i++) {
		struct capture_error err = { "" };
		const struct host_domain *dom;
		struct transcript t;
		struct host *h;
		char log[3000];

		snprintf(log, sizeof(log),
			 SYSFS RELEASE("7.3.4") OPEN_IOMMUFD
			 "IOMMU_HWPT_ALLOC nr=0x3b89 in=3000000000000000010000000200000000000000"
			 "00000000000000000000000000000000000000000000000000000000 ret=0 errno=0 "
			 "out=3000000000000000010000000200000003000000"
			 "00000000000000000000000000000000000000000000000000000000\n"
			 "IOMMU_IOAS_IOVA_RANGES nr=0x3b84 in=20000000020000000200000000000000"
			 "f0845469fe7f00000000000000000000 ret=0 errno=0 out=2000000002000000"
			 "0200000000000000f0845469fe7f00000010000000000000\n"
			 "  num_iovas=2 ranges=%s\n",
			 rows[i].ranges);
		ASSERT_EQ(0, probe_parse(log, strlen(log), "log.txt", &t, &err));
		EXPECT_EQ(rows[i].want ? -EINVAL : 0, describe(&t, "log.txt", &h, &err));
		transcript_free(&t);
		if (rows[i].want) {
			EXPECT_NOT_NULL(strstr(err.msg, rows[i].want))
			{
				TH_LOG("%s", err.msg);
			}
			continue;
		}
		dom = &h->iommus[0].domain[HOST_DOMAIN_PAGING];
		EXPECT_EQ(0x1000, dom->aperture.start);
		EXPECT_EQ(0x1ffffffffff, dom->aperture.last);
		host_free(h);
	}
}

#define VDPA "open /dev/vhost-vdpa-0 fd=3 rdev=511:0 mode=0600\n"

static const struct {
	const char *lines, *want;
	int rc;
} wrong[] = {
	{ "sysfs " DEV "iommu_group/reserved_regions = nonsense|x\n", "expected 0xSTART", -EINVAL },
	{ "sysfs " DEV "iommu_group/reserved_regions = 0x1 0x2 weird\n", "known type", -EINVAL },
	{ "sysfs " DEV "iommu_group/reserved_regions = 0x2 0x1 msi\n", "known type", -EINVAL },
	{ "sysfs " DEV "iommu/intel-iommu/cap = zz\n", "expected a number", -EINVAL },
	{ "sysfs " DEV "vfio-dev/vfio0/dev = 252\n", "expected MAJOR:MINOR", -EINVAL },
	/* What a description could hold, but nobody reads back. */
	{ "sysfs " DEV "vfio-dev/vfio0/dev = 4096:0\n", "at most 4095:1048575", -EINVAL },
	{ "sysfs " DEV "vfio-dev/vfio0/dev = 252:1048576\n", "at most 4095:1048575", -EINVAL },
	{ "sysfs " DEV "vfio-dev/vfio0/dev = 4294967548:0\n", "at most 4095:1048575", -EINVAL },
	{ "sysfs " DEV "vfio-dev/vfio0/dev = -1:0\n", "at most 4095:1048575", -EINVAL },
	{ "link " DEV "iommu_group -> ../1\nlink " DEV "iommu_group -> ../2\n", "found group 2",
	  -EINVAL },
	/* Groups by numbers that wrap in 32 bits, and one that is no number. */
	{ "link " DEV "iommu_group -> ../4294967295\n", "found group \"4294967295\", expected",
	  -EINVAL },
	{ "link " DEV "iommu_group -> ../-5\n", "found group \"-5\", expected", -EINVAL },
	{ "link " DEV "iommu_group -> ../x\n", "found group \"x\", expected", -EINVAL },
	{ "sysfs /sys/kernel/iommu_groups/2147483648/type = DMA\n", "found group", -EINVAL },
	{ "sysfs /sys/kernel/iommu_groups/x/type = DMA\n", "found group", -EINVAL },
	{ "open /dev/vfio/4294967295 fd=3 rdev=239:0 mode=0600\n", "found group", -EINVAL },
	{ VDPA "VHOST_VDPA_GET_VQS_COUNT nr=0x8004af80 in=00000000 ret=0 errno=0 out=01000100\n",
	  "found 65537 of them", -EINVAL },
	{ VDPA "VHOST_VDPA_GET_AS_NUM nr=0x8004af7a in=00000000 ret=0 errno=0 out=01000100\n",
	  "found 65537 of them", -EINVAL },
	{ RELEASE("linux"), "kernel release", -EINVAL },
	{ "sysfs /proc/version = x\n", "no device, container or iommufd", -ENODATA },
};

TEST(a_configuration_of_more_than_64_KiB_is_none)
{
	enum { BYTES = 65537 };
	static char before[2 * BYTES + 1], after[2 * BYTES + 1], log[5 * BYTES];
	struct capture_error err = { "" };
	struct transcript t;
	struct host *h;

	memset(before, '0', sizeof(before) - 1);
	memset(after, '1', sizeof(after) - 1);
	snprintf(log, sizeof(log),
		 VDPA "VHOST_VDPA_GET_CONFIG nr=0x8008af73 in=0000000001000100%s ret=0 errno=0 "
		      "out=0000000001000100%s\n",
		 before, after);
	ASSERT_EQ(0, probe_parse(log, strlen(log), "log.txt", &t, &err))
	{
		TH_LOG("%s", err.msg);
	}
	EXPECT_EQ(-EINVAL, describe(&t, "log.txt", &h, &err));
	EXPECT_NOT_NULL(strstr(err.msg, "found 65537 bytes of configuration"))
	{
		TH_LOG("%s", err.msg);
	}
	transcript_free(&t);
}

TEST(contradictions_are_named_with_their_line)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct capture_error err = { "" };
		struct transcript t;
		struct host *h;

		ASSERT_EQ(0,
			  probe_parse(wrong[i].lines, strlen(wrong[i].lines), "log.txt", &t, &err))
		{
			TH_LOG("%s", err.msg);
		}
		EXPECT_EQ(wrong[i].rc, describe(&t, "log.txt", &h, &err));
		EXPECT_NULL(h);
		EXPECT_TRUE(one_line_with(err.msg, wrong[i].want) &&
			    one_line_with(err.msg, "log.txt:"))
		{
			TH_LOG("%s\n#  says: %s", wrong[i].lines, err.msg);
		}
		transcript_free(&t);
	}
}

/* ---- our own clients ---- */

static void same_verdict(struct ktap_meta *_metadata, const struct hiod_verdict *a,
			 const struct hiod_verdict *b, const char *what)
{
	EXPECT_TRUE(a->verdict == b->verdict && a->qemu == b->qemu && a->stage == b->stage &&
		    a->host_aw_bits == b->host_aw_bits && !strcmp(a->message, b->message))
	{
		TH_LOG("%s: %s '%s', was %s '%s'", what, hiod_answer_name(b->verdict), b->message,
		       hiod_answer_name(a->verdict), a->message);
	}
}

/* Records a check on a host's model, replays it, and checks what describes it. */
static void one_client(struct ktap_meta *_metadata, const struct host *h,
		       const struct hiod_check *c)
{
	struct capture_error err = { "" };
	struct hiod_verdict recorded, replayed, described;
	struct transcript t = { 0 };
	struct record_config cfg = {
		.client = "hiod", .kernel = h->release, .device = c->bdf, .to = &t
	};
	struct shim *model = model_new(h, NULL), *r, *again;
	struct host *g = NULL;
	char what[200];

	snprintf(what, sizeof(what), "%s %s %s", c->profile->name,
		 c->backend == HIOD_BACKEND_LEGACY ? "legacy" : "iommufd", c->viommu);
	r = shim_record_new(model, &cfg, &err);
	hiod_check_run(r, c, &recorded);
	ASSERT_EQ(0, record_finish(r, NULL, &err));
	again = shim_replay_new(&t, NULL);
	hiod_check_run(again, c, &replayed);
	EXPECT_EQ(0, replay_finish(again, &err))
	{
		TH_LOG("%s: %s", what, err.msg);
	}
	same_verdict(_metadata, &recorded, &replayed, what);
	shim_destroy(again);
	if (t.ncalls && describe(&t, "client", &g, &err) == 0) {
		again = model_new(g, NULL);
		hiod_check_run(again, c, &described);
		same_verdict(_metadata, &recorded, &described, what);
		hiod_verdict_free(&described);
		shim_destroy(again);
		host_free(g);
	} else if (t.ncalls) {
		/* A client that got nowhere near a device has nothing to tell. */
		EXPECT_TRUE(one_line_with(err.msg, "no device, container or iommufd"))
		{
			TH_LOG("%s: %s", what, err.msg);
		}
	}
	hiod_verdict_free(&recorded);
	hiod_verdict_free(&replayed);
	shim_destroy(r);
	shim_destroy(model);
	transcript_free(&t);
}

TEST_TIMEOUT(what_a_client_saw_answers_it_again, 120)
{
	static const char *const profiles[] = { "qemu-9.1", "qemu-10.0", "qemu-11.1" };
	static const char *const viommus[] = {
		"intel-iommu,caching-mode=on",
		"intel-iommu,aw-bits=39,caching-mode=on",
		"intel-iommu,aw-bits=48,caching-mode=on",
	};
	struct corpus corpus = corpus_files("hosts", ".host.json");
	struct capture_error err = { "" };

	for (size_t i = 0; i < corpus.n; i++) {
		struct host *h;

		ASSERT_EQ(0, host_load(corpus.path[i], &h, &err));
		for (size_t p = 0; p < 3; p++) {
			for (size_t v = 0; v < 3; v++) {
				struct hiod_check c = { .profile = hiod_profile_find(profiles[p]),
							.viommu = viommus[v],
							.bdf = h->devices[0].bdf };

				ASSERT_NOT_NULL(c.profile);
				c.backend = HIOD_BACKEND_LEGACY;
				one_client(_metadata, h, &c);
				c.backend = HIOD_BACKEND_IOMMUFD;
				one_client(_metadata, h, &c);
			}
		}
		host_free(h);
	}
	corpus_free(&corpus);
}

TEST_HARNESS_MAIN
