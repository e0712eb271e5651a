/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host description in memory: the state a host was in, from which the
 * model kernel is built. Plain structs without a file format, so that a build
 * without JSON can have descriptions compiled in; host_json.c reads and writes
 * them, describe.c makes them from a transcript, mocks/ serves them.
 *
 * Ownership: a struct host owns everything it points to; host_free() frees it.
 * Strings are NUL-terminated, NULL when not known.
 */
#ifndef HIOD_CAPTURE_HOST_H
#define HIOD_CAPTURE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [start, last], both inclusive. */
struct host_range {
	uint64_t start;
	uint64_t last;
};

/* As in /sys/kernel/iommu_groups/G/reserved_regions; all but DIRECT_RELAXABLE are cut from IOVAs. */
enum host_region_type {
	HOST_REGION_DIRECT,
	HOST_REGION_DIRECT_RELAXABLE,
	HOST_REGION_RESERVED,
	HOST_REGION_MSI,
	HOST_REGION_NR,
};

struct host_region {
	uint64_t start;
	uint64_t last;
	enum host_region_type type;
};

/* The driver behind a device's `iommu` link. */
enum host_iommu_type {
	HOST_IOMMU_INTEL,
	HOST_IOMMU_AMD,
	HOST_IOMMU_VIRTIO,
	HOST_IOMMU_SMMUV3,
	HOST_IOMMU_OTHER,
	HOST_IOMMU_NR,
};

/*
 * What a user domain of one kind is like on this IOMMU. known: from a
 * recording; else the model derives it from cap/ecap and the kernel's rules
 * (host_derive.h).
 */
struct host_domain {
	bool known;
	int attach_errno; /* positive: attaching a device to such a domain fails with it */
	struct host_range aperture;
	uint64_t pgsizes; /* bitmap of page sizes */
};

enum host_domain_kind {
	HOST_DOMAIN_TYPE1,  /* VFIO type1's own domain */
	HOST_DOMAIN_PAGING, /* iommufd: auto HWPT, HWPT_ALLOC with flags 0 */
	HOST_DOMAIN_PASID,  /* HWPT_ALLOC with PASID */
	HOST_DOMAIN_DIRTY,  /* HWPT_ALLOC with DIRTY_TRACKING */
	HOST_DOMAIN_PARENT, /* HWPT_ALLOC with NEST_PARENT */
	HOST_DOMAIN_NR,
};

/* A file (or link) whose content or errno was seen and that nothing else here models. */
struct host_file {
	char *path;    /* absolute */
	char *content; /* as read, with its newline; link target for links; NULL with err */
	bool link;
	int err; /* positive errno of opening or reading it; 0 */
};

/* A named attribute file: {"vendor", "0x1b36"}; served with a newline added. */
struct host_attr {
	char *name;
	char *value;
};

struct host_iommu {
	char *name; /* "dmar0": last component of the device's `iommu` link */
	char *link; /* that link's target as read; NULL: "../../virtual/iommu/NAME" */
	enum host_iommu_type type;
	bool has_regs; /* cap, ecap, address, version are known (Intel) */
	uint64_t cap;
	uint64_t ecap;
	uint64_t address;
	char *version; /* "1:0" */
	uint32_t domains_supported;
	uint32_t domains_used;
	int isolated_msi; /* 1 yes, 0 no (interrupt remapping off), -1 not known: taken as yes */
	int coherent;	  /* VFIO_DMA_CC_IOMMU on a bound container: 1, 0, -1 not known */
	struct host_domain domain[HOST_DOMAIN_NR];
	/* IOMMU_GET_HW_INFO. hw_known false: derived from type and registers. */
	bool hw_known;
	uint32_t hw_type; /* enum iommu_hw_info_type */
	uint32_t hw_len;  /* bytes used in hw_data */
	uint8_t hw_data[64];
};

struct host_region_info {
	uint32_t index;
	int err; /* positive: GET_REGION_INFO fails with it */
	uint32_t flags;
	uint64_t size;
	uint64_t offset;
	uint8_t *
		caps; /* capability chain as it lies from offset 32 of the reply; offsets inside count from the struct */
	uint32_t caps_len;
};

struct host_irq_info {
	uint32_t index;
	int err; /* positive: GET_IRQ_INFO fails with it */
	uint32_t flags;
	uint32_t count;
};

/* A function that a reset of the slot or bus reaches. */
struct host_reset_dev {
	char *bdf;
	int group; /* -1: not known */
};

/* Largest numbers of a device: include/linux/kdev_t.h has 12 and 20 bits for them. */
#define HOST_MAJOR_MAX 0xfff
#define HOST_MINOR_MAX 0xfffff

/* Bytes of a capability chain at most. */
#define HOST_CAPS_MAX 65536

/* Of a vDPA device at most: queues, and address spaces; bytes of configuration space. */
#define HOST_VDPA_MANY	 65536
#define HOST_VDPA_CONFIG 65536

struct host_device {
	char *bdf;	/* "0000:00:05.0" */
	char *link;	/* target of /sys/bus/pci/devices/BDF as read; NULL: made up */
	char *driver;	/* "vfio-pci"; NULL: none bound */
	int group;	/* iommu group id; -1: none */
	int iommu;	/* index in host.iommus; -1: none */
	bool mdev;	/* /sys/.../subsystem is the mdev bus */
	bool noiommu;	/* VFIO no-IOMMU mode */
	bool busy;	/* DMA owned by a host driver of a sibling: the group is not viable */
	char *vfio_dev; /* entry in vfio-dev/: "vfio0", "noiommu-vfio0"; NULL: directory absent */
	bool has_cdev;	/* vfio-dev/X/dev and /dev/vfio/devices/X exist */
	uint32_t cdev_major;
	uint32_t cdev_minor;
	struct host_attr *attrs; /* vendor, device, class, irq, dma_mask_bits, ... */
	size_t nattrs;
	/* IOMMU_GET_HW_INFO, per device. */
	uint64_t hw_caps; /* out_capabilities */
	uint8_t max_pasid_log2;
	/* Reserved regions of this device alone; NULL: the group's. */
	struct host_region *regions;
	size_t nregions;
	bool own_regions;
	/* VFIO_DEVICE_GET_INFO and what it counts. */
	bool info_known;
	uint32_t info_flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	uint8_t *info_caps; /* chain from offset 24 of the reply; NULL: none */
	uint32_t info_caps_len;
	struct host_region_info *region_info;
	size_t nregion_info;
	struct host_irq_info *irq_info;
	size_t nirq_info;
	/* VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, in its order; none: ENODEV. */
	struct host_reset_dev *reset;
	size_t nreset;
};

struct host_group {
	int id;
	char *type; /* "DMA-FQ", ...; NULL: not readable */
	struct host_region *regions;
	size_t nregions;
	bool has_node; /* /dev/vfio/ID exists */
	uint32_t node_major;
	uint32_t node_minor;
};

/* A device node that is not per group or device. */
struct host_node {
	bool present;
	int open_err; /* positive: open() fails with it although present */
	uint32_t major;
	uint32_t minor;
	uint32_t mode; /* permission bits */
};

/* Whose driver a vDPA device has, which decides what vhost-vdpa can do with it. */
enum host_vdpa_kind {
	HOST_VDPA_SIM,	  /* vdpa_sim: translates by itself, behind no IOMMU */
	HOST_VDPA_VIRTIO, /* vp_vdpa: a virtio PCI device, behind the host's IOMMU */
	HOST_VDPA_OTHER,
	HOST_VDPA_NR,
};

/* A device on the vdpa bus, and its vhost-vdpa node. */
struct host_vdpa {
	char *name;	/* "vdpa0" */
	char *link;	/* target of /sys/bus/vdpa/devices/NAME; NULL: "../../../devices/NAME" */
	char *driver;	/* "vhost_vdpa"; NULL: none bound */
	char *node_dir; /* "vhost-vdpa-0": the directory in sysfs and the node; NULL: none */
	struct host_node node;
	enum host_vdpa_kind kind;
	/* What the open node told: all below. False: nobody opened it, which resets the device. */
	bool told;
	uint32_t device_id; /* virtio's: 1 is a network device */
	uint64_t features;
	uint64_t backend_features; /* bits VHOST_BACKEND_F_* */
	struct host_range range;   /* IOVAs, reserved regions included */
	uint32_t queues;
	uint32_t queue_max; /* entries */
	uint32_t groups;
	uint32_t spaces; /* address spaces */
	/* By queue, NULL: the driver does not say. nqueue_* is queues, or 0. */
	uint32_t *queue_group;
	size_t nqueue_group;
	uint32_t *queue_desc_group;
	size_t nqueue_desc_group;
	uint32_t *queue_size;
	size_t nqueue_size;
	uint8_t *config; /* configuration space */
	uint32_t config_len;
};

/* How a member of a description came to be known. Of a recorded host all are known. */
enum host_how {
	HOST_KNOWN,   /* an input told it */
	HOST_DERIVED, /* it follows from what is known by the kernel's rules */
	HOST_ASSUMED, /* nothing told it */
	HOST_HOW_NR,
};

struct host_provenance {
	char *key; /* path in the description: "iommus[0].domains" */
	enum host_how how;
	char *note; /* known: by which input, "dmesg.txt:12"; else what and why */
};

/* A region that the firmware's tables reserve for devices (RMRR, IVMD). */
struct host_firmware_region {
	struct host_range range;
	/* "0000:00:14.0", below a bridge "0000:00:1c.4/00.0"; none: not told which */
	char **devices;
	size_t ndevices;
};

/* What the firmware's ACPI tables tell and no driver reports. */
struct host_firmware {
	uint32_t width; /* host address width of the DMAR table; 0: not told */
	uint32_t atsr;	/* structures of root ports with ATS, */
	uint32_t satc;	/* and of SoC devices with it */
	struct host_firmware_region *regions;
	size_t nregions;
};

/*
 * Named features of a kernel: the personality. A release gives the defaults
 * (host_features_default); what a capture showed overrides them, since
 * distributions backport. One bit each in host.features.
 */
enum host_feature {
	HOST_F_CAPS_ALIGN8,    /* info capabilities padded to 8 (6.6) */
	HOST_F_INFO_PAD,       /* device/type1 info copy 24 bytes, not 20/16 (6.6) */
	HOST_F_TYPE1_NESTING,  /* CHECK_EXTENSION(TYPE1_NESTING) = 1 (until 6.13) */
	HOST_F_BADFD,	       /* wrong fd type at SET_CONTAINER is EBADFD, not EINVAL (6.2) */
	HOST_F_RMRR_EPERM,     /* RMRR-locked device: EPERM at attach (until 6.1) */
	HOST_F_MAP_EOVERFLOW,  /* type1 map/unmap wrap is EOVERFLOW, checked early (6.18) */
	HOST_F_IOMMUFD,	       /* iommufd core commands 0x80-0x88 (6.2) */
	HOST_F_HWPT,	       /* HWPT_ALLOC, GET_HW_INFO, cdev (6.6) */
	HOST_F_DIRTY,	       /* SET/GET_DIRTY, out_capabilities (6.7) */
	HOST_F_INVALIDATE,     /* HWPT_INVALIDATE (6.8) */
	HOST_F_FAULT,	       /* FAULT_QUEUE_ALLOC, fault_id (6.11) */
	HOST_F_VIOMMU,	       /* IOAS_MAP_FILE, VIOMMU_ALLOC, VDEVICE_ALLOC (6.13) */
	HOST_F_FIRST_STAGE,    /* VT-d user domains prefer the first stage (6.13) */
	HOST_F_CHANGE_PROCESS, /* IOAS_CHANGE_PROCESS (6.14) */
	HOST_F_PASID,	       /* ATTACH/DETACH with pasid, HWPT_ALLOC_PASID, VEVENTQ (6.15) */
	HOST_F_HW_INFO_PASID,  /* out_max_pasid_log2 and PASID capability bits (6.15, 6.12.y) */
	HOST_F_INPUT_TYPE,     /* IOMMU_HW_INFO_FLAG_INPUT_TYPE, HW_QUEUE_ALLOC (6.17) */
	HOST_F_BIND_TOKEN,     /* BIND argsz 24, extensible (6.18) */
	HOST_F_WIDTH_MGAW,     /* VT-d width from MGAW, not agaw (7.x) */
	HOST_F_NOIOMMU_PA,     /* IOAS_NOIOMMU_GET_PA, noiommu cdev (7.3) */
	HOST_F_IOMMUFD_TEST,   /* CONFIG_IOMMUFD_TEST: the command table reaches to 0x3ba0 */
	HOST_F_VDPA_RESUME,    /* VHOST_VDPA_RESUME (6.3) */
	HOST_F_VDPA_AFTER_OK,  /* backend feature ENABLE_AFTER_DRIVER_OK (6.6) */
	HOST_F_VDPA_DESC,      /* GET_VRING_DESC_GROUP; DESC_ASID, IOTLB_PERSIST (6.7) */
	HOST_F_VDPA_SIZE,      /* VHOST_VDPA_GET_VRING_SIZE (6.9) */
	HOST_F_VDPA_ASID_BUSY, /* no SET_GROUP_ASID once the driver runs (7.x) */
	HOST_F_VHOST_FORK,     /* VHOST_SET/GET_FORK_FROM_OWNER (6.17, 6.12.y) */
	HOST_F_NR,
};

/* "caps-align8", ...: the key in a description. NULL past the end. */
const char *host_feature_name(enum host_feature f);
/* -1 when there is none of that name. */
int host_feature_from_name(const char *name);
/* Defaults of a release string ("6.12.117+deb12-cloud-amd64"); an unreadable one counts as 6.12. */
uint32_t host_features_default(const char *release);
/* "6.12.117-foo" -> 6 << 16 | 12; 0 when it does not begin with two numbers. */
uint32_t host_kernel_version(const char *release);

struct host {
	char *name;	     /* for messages and tables: the description's, or from the file name */
	bool named;	     /* it is the description's own */
	char *source;	     /* where the description comes from, in words */
	char *origin;	     /* "recorded", "reconstructed", "made" */
	char *release;	     /* kernel release: /proc/sys/kernel/osrelease */
	char *cmdline;	     /* /proc/cmdline without its newline */
	uint32_t features;   /* bit per enum host_feature, in force */
	bool type1_unsafe;   /* vfio_iommu_type1.allow_unsafe_interrupts */
	bool iommufd_unsafe; /* iommufd.allow_unsafe_interrupts */
	bool noiommu;	     /* vfio.enable_unsafe_noiommu_mode: CHECK_EXTENSION(NOIOMMU) = 1 */
	bool compat_noiommu; /* the same asked on the compat layer */
	bool container_is_iommufd;  /* /dev/vfio/vfio is served by iommufd */
	uint32_t dma_entry_limit;   /* vfio_iommu_type1.dma_entry_limit; 0: 65535 */
	struct host_node container; /* /dev/vfio/vfio */
	struct host_node iommufd;   /* /dev/iommu */
	struct host_iommu *iommus;
	size_t niommus;
	struct host_group *groups;
	size_t ngroups;
	struct host_device *devices;
	size_t ndevices;
	struct host_vdpa *vdpas;
	size_t nvdpas;
	struct host_file *files;
	size_t nfiles;
	struct host_firmware firmware;
	struct host_provenance *provenance;
	size_t nprovenance;
};

/* Frees h and all it owns; NULL is allowed. */
void host_free(struct host *h);
/* NULL when there is no such device, group. */
const struct host_device *host_find_device(const struct host *h, const char *bdf);
const struct host_group *host_find_group(const struct host *h, int id);
/* By the node's name, "vhost-vdpa-0" or "/dev/vhost-vdpa-0". */
const struct host_vdpa *host_find_vdpa(const struct host *h, const char *node);

#endif
