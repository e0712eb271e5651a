// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts for the tests of the survey. */
#include "selftests/capture/surveyed.h"

#include "harness/capture/host_json.h"
#include "harness/capture/load.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"

#define REGISTERS                                                                                  \
	"\"registers\": {\"version\": \"1:0\", \"address\": \"0xfed90000\","                       \
	"\"cap\": \"0xd2008c222f0606\", \"ecap\": \"0xf00f4a\"}"
#define MSI                                                                                        \
	"\"reserved\": [{\"start\": \"0xfee00000\", \"last\": \"0xfeefffff\", \"type\": \"msi\"}]"

static const char many[] =
	"{\"hiod-host\": 1, \"origin\": \"made\", \"kernel\": \"6.12.117\","
	"\"cmdline\": \"BOOT_IMAGE=/" MANY_MACHINE_ID "/linux root=UUID=" MANY_UUID
	" BOOTIF=01-52-54-00-ab-cd-ef ip=" MANY_IP "::10.17.4.1:255.255.255.0:" MANY_HOSTNAME
	" nfsroot=" MANY_IP ":/export mac=" MANY_MAC " " MANY_HOSTNAME
	" intel_iommu=on,sm_on vfio-pci.ids=10de:1eb8 quiet\","
	"\"container\": {\"major\": 10, \"minor\": 196, \"mode\": \"0666\"},"
	"\"iommufd\": {\"major\": 10, \"minor\": 126, \"mode\": \"0660\"},"
	"\"iommus\": ["
	"{\"name\": \"dmar0\", \"link\": \"../../virtual/iommu/dmar0\", \"type\": \"intel\"," REGISTERS
	"},"
	"{\"name\": \"dmar1\", \"link\": \"../../../virtual/iommu/dmar1\", \"type\": \"intel\","
	"\"registers\": {\"version\": \"1:0\", \"address\": \"0xfed91000\","
	"\"cap\": \"0xd2008c22260206\", \"ecap\": \"0xf00f4a\"}}],"
	"\"groups\": ["
	"{\"id\": 12, \"type\": \"DMA-FQ\", " MSI ", \"node\": {\"major\": 240, \"minor\": 2}},"
	"{\"id\": 3, \"type\": \"DMA\", " MSI ", \"node\": {\"major\": 240, \"minor\": 0}},"
	"{\"id\": 7, \"type\": \"DMA\", " MSI "}],"
	"\"devices\": ["
	/* A device alone in its group, behind a bridge. */
	"{\"bdf\": \"0000:02:00.0\","
	"\"link\": \"../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0\","
	"\"driver\": \"vfio-pci\", \"group\": 12, \"iommu\": 1, \"vfio-dev\": \"vfio1\","
	"\"attributes\": {\"vendor\": \"0x8086\", \"device\": \"0x1533\"},"
	"\"cdev\": {\"major\": 241, \"minor\": 1},"
	"\"info\": {\"flags\": 2, \"regions\": 9, \"irqs\": 5}},"
	/* Two functions of which a host driver has one. */
	"{\"bdf\": \"0000:01:00.0\","
	"\"link\": \"../../../devices/pci0000:00/0000:01:00.0\","
	"\"driver\": \"vfio-pci\", \"group\": 3, \"iommu\": 0, \"vfio-dev\": \"vfio0\","
	"\"attributes\": {\"vendor\": \"0x10de\", \"device\": \"0x1eb8\"},"
	"\"cdev\": {\"major\": 241, \"minor\": 0},"
	"\"info\": {\"flags\": 2, \"regions\": 9, \"irqs\": 5}},"
	"{\"bdf\": \"0000:01:00.1\","
	"\"link\": \"../../../devices/pci0000:00/0000:01:00.1\","
	"\"driver\": \"snd_hda_intel\", \"group\": 3, \"iommu\": 0, \"busy\": true},"
	/* A group that VFIO has nothing of. */
	"{\"bdf\": \"0000:00:1f.0\","
	"\"link\": \"../../../devices/pci0000:00/0000:00:1f.0\","
	"\"driver\": \"lpc_ich\", \"group\": 7, \"iommu\": 0},"
	"{\"bdf\": \"0000:00:1f.3\","
	"\"link\": \"../../../devices/pci0000:00/0000:00:1f.3\","
	"\"driver\": \"i801_smbus\", \"group\": 7, \"iommu\": 0}],"
	"\"files\": [{\"path\": \"/sys/class/dmi/id/product_serial\", \"content\": \"" MANY_SERIAL
	"\\n\"}]}";

struct host *host_of_text(const char *json)
{
	struct capture_error err = { "" };
	struct scratch tmp;
	struct host *h = NULL;
	const char *path;

	scratch_make(&tmp);
	path = scratch_path(&tmp, "host.json");
	if (!put_text(path, json) || host_load(path, &h, &err))
		fprintf(stderr, "# %s\n", err.msg);
	scratch_remove(&tmp);
	return h;
}

struct host *many_host(void)
{
	return host_of_text(many);
}

struct host *host_of_path(const char *path)
{
	struct capture_error err;
	struct host *h = NULL;

	if (capture_load_host(path, &h, NULL, &err))
		fprintf(stderr, "# %s\n", err.msg);
	return h;
}

struct host *host_of_corpus(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/hosts/%s.host.json", corpus_dir(), name);
	return host_of_path(path);
}

bool all_closed(struct shim *model)
{
	static const struct model_stats none;
	struct model_stats st;

	model_stats(model, &st);
	return !memcmp(&st, &none, sizeof(st));
}
