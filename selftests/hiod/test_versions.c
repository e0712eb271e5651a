// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same host and the same configuration under every version: who accepts
 * it, and in which words it is refused. 10.0 and 11.1 were executed, the others
 * follow from the sources; what nobody looked at has no entry.
 */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/guest.h"

#define L  HIOD_BACKEND_LEGACY
#define I  HIOD_BACKEND_IOMMUFD
#define CM "intel-iommu,caching-mode=on"

/* One column a profile, in their order. */
enum { V7, V9_1, V9_2, V10_0, V10_1, V10_2, V11_0, V11_1, N_VERSIONS };

static const char *const names[N_VERSIONS] = {
	"v7",	     "qemu-9.1",  "qemu-9.2",  "qemu-10.0",
	"qemu-10.1", "qemu-10.2", "qemu-11.0", "qemu-11.1",
};

TEST(every_profile_has_a_column)
{
	for (size_t i = 0; i < N_VERSIONS; i++) {
		ASSERT_NOT_NULL(hiod_profile_at(i));
		EXPECT_STREQ(names[i], hiod_profile_at(i)->name);
	}
	EXPECT_NULL(hiod_profile_at(N_VERSIONS));
}

/* "@scalable", "@stage1" and "@pasid" as this version spells them, switched on. */
static void spell(const struct hiod_profile *p, const char *text, char *out, size_t size)
{
	size_t n = 0;

	while (*text && n + 32 < size) {
		if (!strncmp(text, "@scalable", 9)) {
			n += snprintf(out + n, size - n, "%s=on", p->scalable_option);
			text += 9;
		} else if (!strncmp(text, "@stage1", 7)) {
			n += snprintf(out + n, size - n, "%s=on",
				      p->first_stage_option ? p->first_stage_option : "x-flts");
			text += 7;
		} else if (!strncmp(text, "@pasid", 6)) {
			n += snprintf(out + n, size - n, "%s=%s", p->pasid_option,
				      p->version >= HIOD_VERSION(11, 1) ? "20" : "on");
			text += 6;
		} else {
			out[n++] = *text++;
		}
	}
	out[n] = '\0';
}

/* A '$' in front stands for what pci_device_set_iommu_device()'s failures begin with. */
static void expand(int version, const char *bdf, const char *text, char *out, size_t size)
{
	if (*text == '$')
		snprintf(out, size, "vfio %s: Failed to set %s: %s", bdf,
			 version < V10_0 ? "iommu_device" : "vIOMMU", text + 1);
	else
		snprintf(out, size, "%s", text);
}

#define SIX(text)   text, text, text, text, text, text
#define TWO(text)   text, text
#define THREE(text) text, text, text
#define FIVE(text)  text, text, text, text, text
#define ALL(text)   SIX(text), TWO(text)

#define WIDE "$aw-bits 48 > host aw-bits 39"
#define LATE_CM                                                                                    \
	"We need to set caching-mode=on for intel-iommu to enable device assignment with IOMMU "   \
	"protection."
#define EARLY_CM                                                                                   \
	"$Device assignment is not allowed without enabling caching-mode=on for Intel IOMMU."
#define NO_STAGE1      "Property 'intel-iommu.x-flts' not found"
#define NO_STAGE1_HOST "$host device is uncompatible with stage-1 translation"
#define AMD                                                                                        \
	"memory listener initialization failed: Region amd_iommu: device 00.02.0 requires iommu "  \
	"notifier which is not currently supported"
#define P5	   "vfio 0000:00:05.0: "
#define GROUP	   P5 "failed to setup container for group 26: "
#define NO_HW	   "vfio 0000:00:05.0: Failed to get hardware info: Operation not supported"
#define OPEN_IOMMU P5 "Could not open '/dev/iommu': No such file or directory"

#define MDEV "/sys/bus/mdev/devices/0000:00:07.0"

/*
 * want, by version: "": QEMU starts; a text: it does not, and says this; "?":
 * we do not know, and say so; NULL: the case is not there.
 */
static const struct row {
	const char *name, *machine, *viommu;
	enum hiod_backend be;
	unsigned bits; /* of the host */
	bool device_first;
	const char *bdf;  /* NULL: 0000:00:05.0 */
	const char *call; /* that fails with EOPNOTSUPP */
	bool no_dev_iommu;
	bool narrow_pasid; /* the host's IOMMU has 8 bits of PASID, its device 20 */
	const char *want[N_VERSIONS];
} rows[] = {
	{ "39 bits, default aw-bits", .viommu = CM, .bits = 39, .want = { THREE(""), FIVE(WIDE) } },
	{ "39 bits, iommufd", .viommu = CM, .be = I, .bits = 39,
	  .want = { THREE(""), FIVE(WIDE) } },
	{ "39 bits, pc-q35-9.1", .machine = "pc-q35-9.1", .viommu = CM, .bits = 39,
	  .want = { ALL("") } },
	{ "39 bits, pc-q35-9.2", .machine = "pc-q35-9.2", .viommu = CM, .bits = 39,
	  .want = { NULL, NULL, "", FIVE(WIDE) } },
	{ "39 bits, aw-bits=39", .viommu = CM ",aw-bits=39", .bits = 39, .want = { ALL("") } },
	{ "the prefix", .viommu = CM ",aw-bits=48", .bits = 39,
	  .want = { THREE(P5 "Failed to set iommu_device: aw-bits 48 > host aw-bits 39"),
		    FIVE(P5 "Failed to set vIOMMU: aw-bits 48 > host aw-bits 39") } },
	{ "caching-mode off", .viommu = "intel-iommu,aw-bits=39", .bits = 39,
	  .want = { FIVE(LATE_CM), THREE(EARLY_CM) } },
	{ "caching-mode off, too wide", .viommu = "intel-iommu,aw-bits=48", .bits = 39,
	  .want = { FIVE(WIDE), THREE(EARLY_CM) } },
	{ "caching-mode off, bypassed", .machine = "q35,default-bus-bypass-iommu=on",
	  .viommu = "intel-iommu,aw-bits=39", .bits = 39, .want = { FIVE(LATE_CM), THREE("") } },
	{ "caching-mode off, mediated", .viommu = "intel-iommu,aw-bits=39", .bits = 39, .bdf = MDEV,
	  .want = { FIVE(LATE_CM), THREE("") } },
	{ "too wide, bypassed", .machine = "q35,default-bus-bypass-iommu=on",
	  .viommu = CM ",aw-bits=48", .bits = 39, .want = { ALL("") } },
	{ "too wide, device first", .viommu = CM ",aw-bits=48", .bits = 39, .device_first = true,
	  .want = { ALL("") } },
	{ "too wide, device first, iommufd", .viommu = CM ",aw-bits=48", .be = I, .bits = 39,
	  .device_first = true, .want = { ALL("") } },
	{ "caching-mode off, device first", .viommu = "intel-iommu,aw-bits=39", .bits = 39,
	  .device_first = true, .want = { FIVE(LATE_CM), THREE("") } },
	{ "stage 1, legacy", .viommu = CM ",aw-bits=48,@scalable,@stage1", .bits = 48,
	  .want = { THREE(NO_STAGE1), THREE(NO_STAGE1_HOST), "$Need IOMMUFD backend when x-flts=on",
		    "$Need IOMMUFD backend when fsts=on" } },
	{ "stage 1, iommufd", .viommu = CM ",aw-bits=48,@scalable,@stage1", .be = I, .bits = 48,
	  .want = { THREE(NO_STAGE1), THREE(NO_STAGE1_HOST), TWO("") } },
	{ "stage 1, PASIDs wider than the host's", .be = I, .bits = 48, .narrow_pasid = true,
	  .viommu = CM ",aw-bits=48,@scalable,@stage1,@pasid",
	  .want = { THREE(NO_STAGE1), THREE(NO_STAGE1_HOST), "",
		    "$PASID bits size 20 > host IOMMU PASID bits size 8" } },
	{ "PASIDs and a device IOTLB", .bits = 39,
	  .viommu = CM ",aw-bits=39,@scalable,@pasid,device-iotlb=on",
	  .want = { SIX("PASID based device IOTLB is not supported"), TWO("") } },
	{ "amd-iommu, legacy", .viommu = "amd-iommu", .bits = 39,
	  .want = { FIVE(GROUP AMD), TWO("?"), "" } },
	{ "amd-iommu, iommufd", .viommu = "amd-iommu", .be = I, .bits = 39,
	  .want = { FIVE(P5 AMD), TWO("?"), "" } },
	{ "amd-iommu, bypassed", .machine = "q35,default-bus-bypass-iommu=on",
	  .viommu = "amd-iommu", .bits = 39, .want = { FIVE(""), TWO("?"), "" } },
	{ "GET_HW_INFO fails", .viommu = CM ",aw-bits=39", .be = I, .bits = 39,
	  .call = "GET_HW_INFO", .want = { ALL(NO_HW) } },
	{ "mediated, iommufd", .viommu = CM ",aw-bits=39", .be = I, .bits = 39, .bdf = MDEV,
	  .want = { "vfio 0000:00:07.0: Failed to get hardware info: No such file or directory",
		    FIVE(""), TWO("") } },
	{ "mediated, too wide", .viommu = CM ",aw-bits=48", .bits = 39, .bdf = MDEV,
	  .want = { WIDE, FIVE(""), TWO("") } },
	{ "no /dev/iommu", .viommu = CM ",aw-bits=39", .be = I, .bits = 39, .no_dev_iommu = true,
	  .want = { P5 "/dev/iommu opening failed: No such file or directory", FIVE(OPEN_IOMMU),
		    OPEN_IOMMU,
		    "/dev/iommu does not exist (is your kernel config missing CONFIG_IOMMUFD?)" } },
	{ "virtio-iommu, 39 bits", .viommu = "virtio-iommu-pci", .bits = 39,
	  .want = { "?", FIVE(""), TWO("") } },
	{ "the first stage's width", .viommu = CM ",@scalable,@stage1,aw-bits=39", .bits = 48,
	  .want = { THREE(NO_STAGE1),
		    THREE("Scalable mode(flts=on): supported value for aw-bits is: 48"),
		    "Scalable mode(x-flts=on): supported value for aw-bits is: 48",
		    "Scalable mode(fsts=on): supported value for aw-bits is: 48" } },
	{ "57 bits", .viommu = CM ",aw-bits=57,@scalable", .bits = 64,
	  .want = { THREE("Supported values for aw-bits are: 39, 48"),
		    THREE("Scalable mode(flts=off): supported values for aw-bits are: 39, 48"),
		    "Scalable mode(flts=off): supported values for aw-bits are: 39, 48",
		    "Scalable mode(fsts=off): supported values for aw-bits are: 39, 48" } },
	{ "stage 1 without scalable mode", .viommu = CM ",@stage1", .bits = 48,
	  .want = { THREE(NO_STAGE1), THREE("x-flts is only available in scalable mode"),
		    "x-flts is only available in scalable mode",
		    "fsts is only available in scalable mode" } },
};

static void run(struct ktap_meta *_metadata, const struct row *r, int version)
{
	const char *bdf = r->bdf ? r->bdf : "0000:00:05.0", *slash = strrchr(bdf, '/');
	const struct hiod_profile *p = hiod_profile_at(version);
	enum hiod_answer qemu = HIOD_ACCEPTED, verdict;
	char viommu[160], want[256];
	struct hiod_check c = {
		.profile = p,
		.machine = r->machine,
		.viommu = viommu,
		.device_first = r->device_first,
		.backend = r->be,
		.bdf = bdf,
	};
	struct hiod_verdict v;
	struct fake f;

	spell(p, r->viommu, viommu, sizeof(viommu));
	expand(version, slash ? slash + 1 : bdf, r->want[version], want, sizeof(want));
	fake_init(&f);
	f.ranges[1].last = UINT64_MAX >> (64 - r->bits);
	f.no_dev_iommu = r->no_dev_iommu;
	if (r->call)
		fake_fail(&f, r->call, 0, EOPNOTSUPP);
	if (r->narrow_pasid) {
		f.hw_ecap = 7ull << 35;
		f.max_pasid_log2 = 20;
	}
	hiod_check_run(&f.shim, &c, &v);
	if (!strcmp(want, "?"))
		qemu = HIOD_UNKNOWN;
	else if (want[0])
		qemu = HIOD_REFUSED;
	EXPECT_STREQ(hiod_answer_name(qemu), hiod_answer_name(v.qemu))
	{
		TH_LOG("%s, %s: %s", r->name, names[version], v.message);
	}
	/* A device that QEMU overlooks is one of which we know nothing. */
	verdict = qemu == HIOD_ACCEPTED && r->device_first ? HIOD_UNKNOWN : qemu;
	EXPECT_STREQ(hiod_answer_name(verdict), hiod_answer_name(v.verdict));
	if (qemu == HIOD_REFUSED)
		EXPECT_STREQ(want, v.message)
		{
			TH_LOG("%s, %s", r->name, names[version]);
		}
	EXPECT_EQ(verdict == HIOD_ACCEPTED, v.message[0] == '\0');
	EXPECT_EQ(0, fake_open_fds(&f));
	hiod_verdict_free(&v);
}

TEST(one_start_in_every_version)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (int v = 0; v < N_VERSIONS; v++) {
			if (!rows[i].want[v])
				continue;
			run(_metadata, &rows[i], v);
			n++;
		}
	}
	TH_LOG("%u starts", n);
	EXPECT_LT(200, n);
}

/* 'y': this version has the property. */
TEST(properties_by_version)
{
	static const struct {
		const char *name, *there;
	} props[] = {
		{ "x-scalable-mode", "yyyyyyyn" }, { "scalable-mode", "nnnnnnny" },
		{ "x-flts", "nnnyyyyn" },	   { "fsts", "nnnnnnny" },
		{ "x-pasid-mode", "yyyyyyyn" },	   { "pasid-bits", "nnnnnnny" },
		{ "dma-drain", "yyyyyyyn" },	   { "pt", "yyyyyyyn" },
		{ "x-buggy-eim", "yyyyyyyn" },	   { "fs1gp", "nnnyyyyy" },
		{ "stale-tm", "nnyyyyyy" },	   { "svm", "nnnnnnyy" },
		{ "caching-mode", "yyyyyyyy" },	   { "aw-bitz", "nnnnnnnn" },
	};

	for (size_t i = 0; i < sizeof(props) / sizeof(*props); i++) {
		for (int v = 0; v < N_VERSIONS; v++) {
			char viommu[64], want[64];
			struct hiod_error err;
			struct fake f;
			Machine m;
			int rc;

			fake_init(&f);
			hiod_error_init(&err);
			snprintf(viommu, sizeof(viommu), "intel-iommu,%s=%s", props[i].name,
				 strcmp(props[i].name, "pasid-bits") ? "off" : "0");
			ASSERT_EQ(0, machine_init(&m, &f.shim, hiod_profile_at(v), NULL, NULL, 0,
						  NULL, &err));
			rc = machine_add_viommu(&m, viommu, &err);
			EXPECT_EQ(props[i].there[v] == 'y', rc == 0)
			{
				TH_LOG("%s in %s: %s", props[i].name, names[v], err.message);
			}
			snprintf(want, sizeof(want), "Property 'intel-iommu.%s' not found",
				 props[i].name);
			EXPECT_STREQ(rc ? want : "", err.message);
			machine_finalize(&m);
		}
	}
}

/* Without a vIOMMU all devices share one address space: "works", or the type cast that aborts. */
TEST(two_backends_in_one_address_space)
{
	for (int i = 0; i < N_VERSIONS * 2; i++) {
		enum hiod_backend first = i % 2 ? I : L;
		bool aborts = i / 2 >= V10_2;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, names[i / 2], NULL, NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, first, "0000:00:05.0"));
		g.f.log[0] = '\0';
		EXPECT_EQ(aborts, guest_plug(&g, first == L ? I : L, "0000:00:06.0") != 0)
		{
			TH_LOG("%s: %s", names[i / 2], g.err.message);
		}
		EXPECT_EQ(aborts ? HIOD_ABORT : HIOD_ACCEPTED,
			  hiod_anomaly_qemu(g.m.profile, HIOD_ANOMALY_MIXED_BACKENDS));
		/* The group is first offered a number that is no container's. */
		EXPECT_EQ(first == I && !aborts,
			  strstr(g.f.log, "g SET_CONTAINER!; open /dev/vfio/vfio; ") != NULL)
		{
			TH_LOG("%s: %s", names[i / 2], g.f.log);
		}
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

/* With one, each has an address space of its own. */
TEST(two_backends_behind_a_viommu)
{
	for (int i = 0; i < N_VERSIONS * 2; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, names[i / 2], CM ",aw-bits=39", NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, i % 2 ? I : L, "0000:00:05.0"));
		EXPECT_EQ(0, guest_plug(&g, i % 2 ? L : I, "0000:00:06.0"));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(hotplug_without_caching_mode)
{
	for (int v = 0; v < N_VERSIONS; v++) {
		char want[160];
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, names[v], "intel-iommu,aw-bits=39", NULL, 0));
		EXPECT_EQ(0, machine_done(&g.m, &g.err));
		EXPECT_EQ(-EINVAL, guest_plug(&g, L, "0000:00:05.0"));
		/* Up to 10.1 the machine says so, before there is a device. */
		expand(v, "0000:00:05.0", v < V10_2 ? &EARLY_CM[1] : EARLY_CM, want, sizeof(want));
		EXPECT_STREQ(want, g.err.message);
		EXPECT_EQ(v < V10_2, g.f.log[0] == '\0');
		guest_end(&g);
	}
}

TEST(migration_below_a_viommu)
{
	static const char *const viommus[] = { NULL, CM ",aw-bits=39" };

	for (int i = 0; i < N_VERSIONS * 4; i++) {
		const char *viommu = viommus[i % 2];
		bool tracks = i / 2 % 2;
		int v = i / 4;
		bool blocked = viommu && (v < V11_0 || tracks);
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, names[v], viommu, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, L, "0000:00:05.0"));
		EXPECT_EQ(blocked ? -ENOTSUP : 0,
			  machine_check_migration(&g.m, &g.dev[0], tracks, &g.err));
		EXPECT_STREQ(blocked ? "0000:00:05.0: Migration is currently not supported with "
				       "vIOMMU enabled"
				     : "",
			     g.err.message);
		guest_end(&g);
	}
}

TEST(virtio_iommu_tells_the_guest_of_what_the_host_lacks)
{
	for (int v = V9_1; v < N_VERSIONS; v++) {
		const struct hiod_resv_regions *resv;
		struct guest g;
		bool found = false;

		ASSERT_EQ(0, guest_init(&g, names[v], "virtio-iommu-pci", NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, L, "0000:00:05.0"));
		resv = machine_resv_regions(&g.m, &g.dev[0].pdev);
		ASSERT_NOT_NULL(resv);
		for (size_t i = 0; i < resv->n; i++)
			found |= resv->r[i].range.start == 1ull << 39 &&
				 resv->r[i].range.last == UINT64_MAX;
		EXPECT_TRUE(found);
		guest_end(&g);
	}
}

/* What -machine and its accelerator decide: whether interrupts can be remapped. */
TEST(interrupt_remapping_by_machine)
{
	static const struct {
		const char *machine;
		bool taken;
	} machines[] = {
		{ "q35", true },
		{ "q35,accel=tcg,kernel-irqchip=on", true },
		{ "q35,accel=kvm", false },
		{ "q35,accel=kvm,kernel-irqchip=split", true },
		{ "q35,accel=kvm,kernel-irqchip=off", true },
		{ "q35,accel=kvm,kernel_irqchip=on", false },
		{ "pc-q35-8.0,accel=kvm:tcg", false },
		/* one machine type had another default */
		{ "pc-q35-4.0,accel=kvm", true },
		{ "pc-q35-4.0,accel=kvm,kernel-irqchip=on", false },
		{ "pc-q35-4.0.1,accel=kvm", false },
	};

	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		struct hiod_error err;
		struct fake f;
		Machine m;

		fake_init(&f);
		hiod_error_init(&err);
		ASSERT_EQ(0, machine_init(&m, &f.shim, hiod_profile_default(), machines[i].machine,
					  NULL, 0, NULL, &err));
		EXPECT_EQ(machines[i].taken,
			  !machine_add_viommu(&m, "intel-iommu,intremap=on", &err))
		{
			TH_LOG("%s: %s", machines[i].machine, err.message);
		}
		machine_finalize(&m);
	}
}

TEST_HARNESS_MAIN
