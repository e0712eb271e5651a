// SPDX-License-Identifier: GPL-2.0-or-later
/* See plain.h. */
#include <stdlib.h>
#include <string.h>

#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/plain.h"

static const struct {
	const char *release;
	uint64_t cap, ecap;
	uint8_t pasids; /* log2 */
} of[PLAIN_HOSTS] = {
	{ "6.12.117", 0xd2008c22260206, 0xf00f4a },
	{ "7.3.4", 0x1d2008c222f0606, 0x1e88004f00f4a, 20 },
	{ "6.12.117", 0x80d2008c222f0606, 0x480080f00f4a },
	{ "6.1.0-56-amd64", 0xd2008c222f0606, 0xf00f4a },
};

static struct host *hosts[PLAIN_HOSTS];
static struct shim *models[PLAIN_HOSTS];

static void drop(void)
{
	for (size_t i = 0; i < PLAIN_HOSTS; i++) {
		shim_destroy(models[i]);
		host_free(hosts[i]);
		models[i] = NULL;
		hosts[i] = NULL;
	}
}

struct shim *plain_model(size_t i)
{
	static bool registered;
	struct choices none;
	struct host *h;

	if (models[i])
		return models[i];
	if (!registered)
		registered = !atexit(drop);
	h = make_plain_host();
	if (!h)
		return NULL;
	free(h->release);
	h->release = strdup(of[i].release);
	h->features = host_features_default(of[i].release);
	h->iommufd.present = h->features & 1u << HOST_F_IOMMUFD;
	for (size_t k = 0; k < h->ndevices; k++)
		h->devices[k].has_cdev = h->features & 1u << HOST_F_HWPT;
	h->devices[0].max_pasid_log2 = of[i].pasids;
	h->iommus[0].cap = of[i].cap;
	h->iommus[0].ecap = of[i].ecap;
	hosts[i] = h;
	choices_init_bytes(&none, "", 0);
	choices_keep(&none, false);
	models[i] = h->release && make_vdpa(&none, h) ? model_new(h, NULL) : NULL;
	return models[i];
}

bool plain_clean(const struct shim *model)
{
	static const struct model_stats none;
	struct model_stats st;

	model_stats(model, &st);
	return !memcmp(&st, &none, sizeof(st));
}

void plain_renew(void)
{
	drop();
}
