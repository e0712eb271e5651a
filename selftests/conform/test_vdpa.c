// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs about a vhost-vdpa node, without a kernel: a model agrees with itself, not with others. */
#include "harness/ktap/ktap.h"
#include "mocks/model.h"
#include "selftests/conform/sides.h"

#define CALLS 6000

struct both {
	struct sides s;
	struct run_result r;
	FILE *out;
};

/* Side 1 is a model of the host as change() leaves it. 0, or not. */
static int start(struct both *b, const char *host, const char *node, void (*change)(struct host *))
{
	struct host *other = made_host(host);
	int rc = sides_init(&b->s, host, -1);

	b->out = fopen("/dev/null", "w");
	if (rc || !other || !b->out || pair_share(&b->s.pair))
		return -1;
	change(other);
	shim_destroy(b->s.pair.side[1].shim);
	b->s.pair.side[1].shim = model_new(other, &b->s.pair.side[1].mem);
	b->s.pair.renew = NULL;
	b->s.pair.no_vfio = true;
	b->s.gen.naims = 0;
	b->s.gen.able = 0;
	b->s.gen.vdpa = host_find_vdpa(b->s.host, node);
	b->s.pair.renew_ctx = other;
	return b->s.gen.vdpa && b->s.pair.side[1].shim ? 0 : -1;
}

static void stop(struct both *b)
{
	shim_destroy(b->s.pair.side[1].shim);
	b->s.pair.side[1].shim = NULL;
	host_free(b->s.pair.renew_ctx);
	fclose(b->out);
	sides_free(&b->s);
}

static int compare(struct both *b)
{
	const struct run_options o = {
		.seed = 1, .calls = CALLS, .sequence = -1, .stop_after = 1, .out = b->out
	};

	return run(&b->s.pair, &b->s.gen, &o, &b->r);
}

static void nothing(struct host *h)
{
	(void)h;
}

TEST(a_model_agrees_with_itself_and_most_calls_succeed)
{
	static const struct {
		const char *host, *node;
	} rows[] = {
		{ "vdpa-6.12", "vhost-vdpa-0" },
		{ "vdpa-6.12", "vhost-vdpa-1" },
		{ "vdpa-7.3", "vhost-vdpa-0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct both b;

		ASSERT_EQ(0, start(&b, rows[i].host, rows[i].node, nothing));
		EXPECT_EQ(0, compare(&b));
		EXPECT_EQ(0, b.r.differing);
		EXPECT_LT(b.r.table.calls * 4 / 10, b.r.table.succeeded);
		stop(&b);
	}
}

static void kind(struct host *h)
{
	h->vdpas[0].kind = HOST_VDPA_VIRTIO;
}

static void spaces(struct host *h)
{
	h->vdpas[0].spaces = 3;
}

static void suspends(struct host *h)
{
	h->vdpas[0].backend_features &= ~(1ull << 4);
}

static void group(struct host *h)
{
	h->vdpas[0].queue_group[1] = 1;
}

static void range(struct host *h)
{
	h->vdpas[0].range.last--;
}

static void config(struct host *h)
{
	h->vdpas[0].config[23] = 1;
}

static void asid_busy(struct host *h)
{
	h->features ^= 1u << HOST_F_VDPA_ASID_BUSY;
}

static void sizes(struct host *h)
{
	h->features ^= 1u << HOST_F_VDPA_SIZE;
}

static void after_ok(struct host *h)
{
	h->features ^= 1u << HOST_F_VDPA_AFTER_OK;
}

/* One fact of the device or the kernel is another: the run tells them apart. */
TEST(another_device_or_kernel_is_told)
{
	static const struct {
		const char *name;
		void (*change)(struct host *);
	} rows[] = {
		{ "kind", kind },      { "spaces", spaces },	 { "suspend", suspends },
		{ "group", group },    { "range", range },	 { "config", config },
		{ "busy", asid_busy }, { "queue sizes", sizes }, { "after driver ok", after_ok },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct both b;

		ASSERT_EQ(0, start(&b, "vdpa-6.12", "vhost-vdpa-0", rows[i].change));
		EXPECT_EQ(0, compare(&b));
		EXPECT_LT(0, b.r.differing)
		{
			TH_LOG("%s was not told apart", rows[i].name);
		}
		stop(&b);
	}
}

TEST_HARNESS_MAIN
