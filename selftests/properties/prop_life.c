// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices come and go: whatever the order, the vIOMMU's table holds those that
 * are there, a refusal leaves no trace, and in the end the kernel holds nothing.
 */
#include <string.h>

#include "harness/property/property.h"
#include "hiod/machine.h"
#include "mocks/model.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

#define DEVICES 2

static const char *const bdfs[DEVICES] = { HOST_BDF, "0000:00:06.0" };

struct life {
	Machine m;
	IOMMUFDBackend be;
	VFIOPCIDevice dev[DEVICES];
	bool in[DEVICES];
	bool iommufd;
	struct hiod_error err;
	struct shim *s;
};

static bool begin(struct life *l, struct shim *s, const struct hiod_profile *p, const char *viommu,
		  const struct hiod_mem_region *mem, size_t nmem)
{
	memset(l->dev, 0, sizeof(l->dev));
	memset(l->in, 0, sizeof(l->in));
	l->s = s;
	hiod_error_init(&l->err);
	if (machine_init(&l->m, s, p, NULL, mem, nmem, NULL, &l->err))
		return false;
	if (viommu && machine_add_viommu(&l->m, viommu, &l->err))
		return false;
	l->iommufd = !iommufd_backend_init(&l->be, s, p, NULL, &l->err);
	return true;
}

/* 0 or -errno; a device that failed is unplugged again. */
static int plug(struct life *l, unsigned int i, bool iommufd)
{
	char path[VFIO_PCI_PATH_MAX];
	int rc = vfio_pci_path(bdfs[i], path, &l->err);

	memset(&l->dev[i], 0, sizeof(l->dev[i]));
	l->dev[i].pdev.devfn = machine_free_devfn(&l->m);
	if (!rc)
		rc = machine_plug(&l->m, &l->dev[i], path, iommufd ? &l->be : NULL, &l->err);
	if (rc)
		machine_unplug(&l->m, &l->dev[i]);
	else
		l->in[i] = true;
	return rc;
}

static void unplug(struct life *l, unsigned int i)
{
	if (l->in[i])
		machine_unplug(&l->m, &l->dev[i]);
	l->in[i] = false;
}

static void end(struct life *l)
{
	for (unsigned int i = DEVICES; i--;)
		unplug(l, i);
	machine_finalize(&l->m);
}

static enum property_result table_is_right(struct choices *c, struct life *l, bool sees_host)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < DEVICES; i++) {
		HostIOMMUDevice *hiod = l->in[i] ? l->dev[i].vbasedev.hiod : NULL;
		HostIOMMUDevice *found =
			l->in[i] ? machine_find_hiod(&l->m, &l->dev[i].pdev) : NULL;

		n += l->in[i];
		if (l->in[i] && sees_host && found && found != hiod)
			return property_fail(c, "the table has another device at that place");
	}
	if (!sees_host)
		n = 0;
	/* virtio-iommu keeps none whose ranges it does not know. */
	if (machine_table_size(&l->m) > n)
		return property_fail(c, "%u entries in the table for %u devices",
				     machine_table_size(&l->m), n);
	if (l->m.viommu_kind == MACHINE_VIOMMU_INTEL && machine_table_size(&l->m) != n)
		return property_fail(c, "%u entries in the table for %u devices",
				     machine_table_size(&l->m), n);
	return PROPERTY_PASS;
}

static enum property_result lifecycle(struct choices *c, void *ctx)
{
	static struct life l;
	char text[VIOMMU_TEXT_MAX];
	struct hiod_mem_region mem[2];
	const struct hiod_profile *p = make_profile(c);
	const char *viommu = make_viommu(c, p, text);
	size_t nmem = make_memory(c, mem, 2);
	struct shim *s = plain_model(choices_upto(c, PLAIN_HOSTS - 1));
	enum property_result res = PROPERTY_PASS;
	bool gone = false, sees;

	if (!s)
		return PROPERTY_DISCARD;
	if (!begin(&l, s, p, viommu, mem, nmem)) {
		machine_finalize(&l.m);
		return plain_clean(s) ? PROPERTY_PASS
				      : property_fail(c, "something stays after a refused start");
	}
	sees = l.m.viommu_kind == MACHINE_VIOMMU_INTEL || l.m.viommu_kind == MACHINE_VIOMMU_VIRTIO;
	for (unsigned int n = 0; n < 14 && res == PROPERTY_PASS && !gone && choices_more(c, 90);
	     n++) {
		unsigned int i, what;
		int rc = 0;

		choices_begin(c);
		what = (unsigned int)choices_upto(c, 6);
		i = (unsigned int)choices_index(c, DEVICES);
		switch (what) {
		case 0:
		case 1:
			if (!l.in[i])
				rc = plug(&l, i, what == 1 && l.iommufd);
			break;
		case 2: unplug(&l, i); break;
		/* Where QEMU ends itself there is no more to do with it. */
		case 3: gone = machine_set_translation(&l.m, true, &l.err) < 0; break;
		case 4: gone = machine_set_translation(&l.m, false, &l.err) < 0; break;
		case 5: gone = machine_reset(&l.m, &l.err) < 0; break;
		default: gone = machine_done(&l.m, &l.err) < 0; break;
		}
		choices_note(c, "step %u: %u of device %u: %d%s%s", n, what, i, rc,
			     rc || gone ? ": " : "", rc || gone ? l.err.message : "");
		choices_end(c);
		if (rc && !l.err.message[0])
			res = property_fail(c, "refused without a message");
		if (res == PROPERTY_PASS)
			res = table_is_right(c, &l, sees);
	}
	end(&l);
	if (res == PROPERTY_PASS && !plain_clean(s))
		res = property_fail(c, "something stays in the kernel");
	if (!plain_clean(s))
		plain_renew();
	return res;
}

/* ---- a set that fails ------------------------------------------------------------ */

struct seen {
	struct model_stats st;
	unsigned int table, refs;
};

static struct seen look(const struct life *l)
{
	struct seen n = { .table = machine_table_size(&l->m) };

	model_stats(l->s, &n.st);
	if (l->in[0] && l->dev[0].vbasedev.hiod)
		n.refs = l->dev[0].vbasedev.hiod->refs;
	return n;
}

static bool same(const struct seen *a, const struct seen *b)
{
	return !memcmp(&a->st, &b->st, sizeof(a->st)) && a->table == b->table && a->refs == b->refs;
}

/*
 * A second device is refused, or the first one is set twice: nothing changes,
 * neither in the table nor in the kernel nor in who is held.
 */
static enum property_result no_trace(struct choices *c, void *ctx)
{
	static struct life l;
	struct hiod_mem_region mem[2];
	const struct hiod_profile *p = make_profile(c);
	static const char *const viommus[] = {
		"intel-iommu,caching-mode=on,aw-bits=39",
		"intel-iommu,caching-mode=on,aw-bits=48",
		"intel-iommu,caching-mode=off,aw-bits=39",
		"virtio-iommu-pci,granule=4k",
		"virtio-iommu-pci,granule=64k",
	};
	const char *viommu = CHOICES_PICK(c, viommus);
	size_t nmem = make_memory(c, mem, 2);
	bool fd[DEVICES] = { choices_bool(c, 50), choices_bool(c, 50) },
	     twice = choices_bool(c, 40);
	struct shim *s = plain_model(choices_upto(c, PLAIN_HOSTS - 1));
	enum property_result res = PROPERTY_PASS;
	struct seen before, after;
	int rc;

	if (!s)
		return PROPERTY_DISCARD;
	if (!begin(&l, s, p, viommu, mem, nmem)) {
		machine_finalize(&l.m);
		return PROPERTY_DISCARD;
	}
	rc = plug(&l, 0, fd[0] && l.iommufd);
	before = look(&l);
	choices_note(c, "%s with %s; the first device: %d %s", p->name, viommu, rc,
		     rc ? l.err.message : "");
	if (rc) {
		if (before.table || !plain_clean(s))
			res = property_fail(c, "a refused device is in the table or in the kernel");
	} else if (twice && l.dev[0].vbasedev.hiod) {
		bool has = machine_find_hiod(&l.m, &l.dev[0].pdev) != NULL;

		rc = pci_device_set_iommu_device(&l.dev[0].pdev, l.dev[0].vbasedev.hiod, &l.err);
		after = look(&l);
		if (!rc && has)
			res = property_fail(c, "a device was set twice");
		if (rc && !same(&before, &after))
			res = property_fail(c, "the second set left something: %s", l.err.message);
	} else {
		rc = plug(&l, 1, fd[1] && l.iommufd);
		if (rc) {
			after = look(&l);
			choices_note(c, "the second device: %s", l.err.message);
			if (!same(&before, &after))
				res = property_fail(c, "the refused device left something");
		}
	}
	end(&l);
	if (res == PROPERTY_PASS && !plain_clean(s))
		res = property_fail(c, "something stays in the kernel");
	if (!plain_clean(s))
		plain_renew();
	return res;
}

const struct property property_lifecycle = { "lifecycle", lifecycle, .cases = 5000 };
const struct property property_set_leaves_no_trace = { "set_leaves_no_trace", no_trace,
						       .cases = 4000 };
