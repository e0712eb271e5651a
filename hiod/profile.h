/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between QEMU versions, as data: one row a version, one more
 * version is one more row. Code asks a row for a property, never for its name.
 */
#ifndef HIOD_PROFILE_H
#define HIOD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of a release. The series itself went into the development tree of 9.1, whose
 * machine types and options it has.
 */
#define HIOD_VERSION(major, minor) ((major) << 8 | (minor))

/* When the host IOMMU device is realized. */
enum hiod_realize_point {
	HIOD_REALIZE_EARLY, /* before the container is looked for */
	HIOD_REALIZE_LATE,  /* when the device is attached and has told its info */
};

/* What intel_iommu's check does when first-stage translation is on. */
enum hiod_first_stage_rule {
	HIOD_FIRST_STAGE_NONE,	  /* no such option */
	HIOD_FIRST_STAGE_REFUSED, /* no host device is good enough */
	HIOD_FIRST_STAGE_CHECKED, /* compared with the host's IOMMU */
};

/* What becomes of an assigned device below amd-iommu. */
enum hiod_amd_rule {
	HIOD_AMD_REFUSED, /* its address space takes no listener for mappings */
	HIOD_AMD_UNKNOWN, /* nobody looked */
	HIOD_AMD_TAKEN,	  /* and nothing is checked */
};

/* autodomain_hw_info_len: no IOMMU_GET_HW_INFO before a page table is made. */
#define HIOD_NO_HW_INFO UINT32_MAX

struct hiod_profile {
	const char *name; /* "qemu-11.1", "v7": the tree right after the series was merged */
	unsigned version; /* HIOD_VERSION() */
	/* How options are spelled, for those who make up a command line. */
	const char *scalable_option;
	const char *first_stage_option; /* NULL: this version has none */
	const char *pasid_option;	/* "x-pasid-mode" (on or off) or "pasid-bits" (a number) */
	uint8_t aw_bits;		/* default with this version's own machine types */
	/* What the first-stage option is called inside messages: "flts", "fsts". */
	const char *first_stage_word;
	const char *first_stage_on_word; /* ... in "Scalable mode(...=on)" */
	enum hiod_first_stage_rule first_stage_rule;
	const char *set_error_prefix; /* with its ": " */
	enum hiod_realize_point realize_point;

	/* Bytes of each structure as this version passes them: argsz or size. */
	uint32_t bind_argsz, attach_argsz, detach_argsz, hwpt_alloc_size;
	uint32_t hw_info_len;		 /* room for vendor data when realizing */
	uint32_t autodomain_hw_info_len; /* before a page table is made, or HIOD_NO_HW_INFO */

	bool aw_bits_snapshot;	   /* the host's width is taken when realized, not when asked for */
	bool attach_to_ioas;	   /* no page table is made: VFIO devices attach to the IOAS */
	bool mdev_has_hiod;	   /* a mediated device is realized and checked like any other */
	bool own_open_texts;	   /* "failed to open ...", before "Could not open '...'" */
	bool virtio_checks;	   /* virtio-iommu has set_iommu_device() */
	bool keeps_vendor_caps;	   /* hw_info's vendor data reaches HostIOMMUDeviceCaps */
	bool access_dev_iommu;	   /* access("/dev/iommu") when the iommufd object is made */
	bool probe_change_process; /* IOMMU_IOAS_CHANGE_PROCESS after opening /dev/iommu */
	bool probe_update_vaddr;   /* CHECK_EXTENSION(10), then (9), after SET_IOMMU */
	bool probe_unmap_all;	   /* CHECK_EXTENSION(9) after GET_INFO */
	bool unmap_wrap_retry;	   /* type1v2 UNMAP up to 2^64: retried one page shorter */
	bool pasid_in_attach_text; /* "... pasid 0 to id=" */
	bool caching_mode_at_set;  /* else at machine done, and at hot-plug */
	bool mixed_backends_abort; /* legacy and iommufd in one address space */
	bool pasid_iotlb_refused;  /* PASID with device IOTLB */
	bool esrtps;		   /* CAP bit 63 */
	/* Migration below a vIOMMU: of no device, or not of those that track their own writes. */
	bool migration_blocked;
	enum hiod_amd_rule amd_rule;
};

/* NULL if there is none of that name. */
const struct hiod_profile *hiod_profile_find(const char *name);
/* In order of version; NULL at the end. */
const struct hiod_profile *hiod_profile_at(size_t i);
/* The newest. */
const struct hiod_profile *hiod_profile_default(void);

#endif
