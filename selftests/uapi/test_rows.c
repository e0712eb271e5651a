// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of rows: complete, found by kind and number, and true to the headers. */
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"

/* Number, smallest and newest size of each request that has a struct; from the kernel's sources. */
static const struct {
	enum uapi_fd fd;
	uint32_t nr;
	uint32_t req; /* the header's macro */
	const char *name;
	uint32_t min, size;
} known[] = {
	{ UAPI_FD_CONTAINER, 0x3b64, VFIO_GET_API_VERSION, "VFIO_GET_API_VERSION", 0, 0 },
	{ UAPI_FD_CONTAINER, 0x3b65, VFIO_CHECK_EXTENSION, "VFIO_CHECK_EXTENSION", 0, 0 },
	{ UAPI_FD_CONTAINER, 0x3b66, VFIO_SET_IOMMU, "VFIO_SET_IOMMU", 0, 0 },
	{ UAPI_FD_CONTAINER, 0x3b70, VFIO_IOMMU_GET_INFO, "VFIO_IOMMU_GET_INFO", 16, 24 },
	{ UAPI_FD_CONTAINER, 0x3b71, VFIO_IOMMU_MAP_DMA, "VFIO_IOMMU_MAP_DMA", 32, 32 },
	{ UAPI_FD_CONTAINER, 0x3b72, VFIO_IOMMU_UNMAP_DMA, "VFIO_IOMMU_UNMAP_DMA", 24, 24 },
	{ UAPI_FD_CONTAINER, 0x3b73, VFIO_IOMMU_ENABLE, "VFIO_IOMMU_ENABLE", 0, 0 },
	{ UAPI_FD_CONTAINER, 0x3b74, VFIO_IOMMU_DISABLE, "VFIO_IOMMU_DISABLE", 0, 0 },
	{ UAPI_FD_CONTAINER, 0x3b75, VFIO_IOMMU_DIRTY_PAGES, "VFIO_IOMMU_DIRTY_PAGES", 8, 8 },
	{ UAPI_FD_GROUP, 0x3b67, VFIO_GROUP_GET_STATUS, "VFIO_GROUP_GET_STATUS", 8, 8 },
	{ UAPI_FD_GROUP, 0x3b68, VFIO_GROUP_SET_CONTAINER, "VFIO_GROUP_SET_CONTAINER", 4, 4 },
	{ UAPI_FD_GROUP, 0x3b69, VFIO_GROUP_UNSET_CONTAINER, "VFIO_GROUP_UNSET_CONTAINER", 0, 0 },
	{ UAPI_FD_GROUP, 0x3b6a, VFIO_GROUP_GET_DEVICE_FD, "VFIO_GROUP_GET_DEVICE_FD", 1, 4096 },
	{ UAPI_FD_DEVICE, 0x3b6b, VFIO_DEVICE_GET_INFO, "VFIO_DEVICE_GET_INFO", 16, 24 },
	{ UAPI_FD_DEVICE, 0x3b6c, VFIO_DEVICE_GET_REGION_INFO, "VFIO_DEVICE_GET_REGION_INFO", 32,
	  32 },
	{ UAPI_FD_DEVICE, 0x3b6d, VFIO_DEVICE_GET_IRQ_INFO, "VFIO_DEVICE_GET_IRQ_INFO", 16, 16 },
	{ UAPI_FD_DEVICE, 0x3b6e, VFIO_DEVICE_SET_IRQS, "VFIO_DEVICE_SET_IRQS", 20, 20 },
	{ UAPI_FD_DEVICE, 0x3b6f, VFIO_DEVICE_RESET, "VFIO_DEVICE_RESET", 0, 0 },
	{ UAPI_FD_DEVICE, 0x3b70, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
	  "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", 12, 12 },
	{ UAPI_FD_DEVICE, 0x3b71, VFIO_DEVICE_PCI_HOT_RESET, "VFIO_DEVICE_PCI_HOT_RESET", 12, 12 },
	{ UAPI_FD_DEVICE, 0x3b72, VFIO_DEVICE_QUERY_GFX_PLANE, "VFIO_DEVICE_QUERY_GFX_PLANE", 60,
	  64 },
	{ UAPI_FD_DEVICE, 0x3b73, VFIO_DEVICE_GET_GFX_DMABUF, "VFIO_DEVICE_GET_GFX_DMABUF", 4, 4 },
	{ UAPI_FD_DEVICE, 0x3b74, VFIO_DEVICE_IOEVENTFD, "VFIO_DEVICE_IOEVENTFD", 28, 32 },
	{ UAPI_FD_DEVICE, 0x3b75, VFIO_DEVICE_FEATURE, "VFIO_DEVICE_FEATURE", 8, 8 },
	{ UAPI_FD_DEVICE, 0x3b76, VFIO_DEVICE_BIND_IOMMUFD, "VFIO_DEVICE_BIND_IOMMUFD", 16, 24 },
	{ UAPI_FD_DEVICE, 0x3b77, VFIO_DEVICE_ATTACH_IOMMUFD_PT, "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
	  12, 16 },
	{ UAPI_FD_DEVICE, 0x3b78, VFIO_DEVICE_DETACH_IOMMUFD_PT, "VFIO_DEVICE_DETACH_IOMMUFD_PT", 8,
	  12 },
	{ UAPI_FD_MIGRATION, 0x3b79, VFIO_MIG_GET_PRECOPY_INFO, "VFIO_MIG_GET_PRECOPY_INFO", 24,
	  24 },
	{ UAPI_FD_IOMMUFD, 0x3b80, IOMMU_DESTROY, "IOMMU_DESTROY", 8, 8 },
	{ UAPI_FD_IOMMUFD, 0x3b81, IOMMU_IOAS_ALLOC, "IOMMU_IOAS_ALLOC", 12, 12 },
	{ UAPI_FD_IOMMUFD, 0x3b82, IOMMU_IOAS_ALLOW_IOVAS, "IOMMU_IOAS_ALLOW_IOVAS", 24, 24 },
	{ UAPI_FD_IOMMUFD, 0x3b83, IOMMU_IOAS_COPY, "IOMMU_IOAS_COPY", 40, 40 },
	{ UAPI_FD_IOMMUFD, 0x3b84, IOMMU_IOAS_IOVA_RANGES, "IOMMU_IOAS_IOVA_RANGES", 32, 32 },
	{ UAPI_FD_IOMMUFD, 0x3b85, IOMMU_IOAS_MAP, "IOMMU_IOAS_MAP", 40, 40 },
	{ UAPI_FD_IOMMUFD, 0x3b86, IOMMU_IOAS_UNMAP, "IOMMU_IOAS_UNMAP", 24, 24 },
	{ UAPI_FD_IOMMUFD, 0x3b87, IOMMU_OPTION, "IOMMU_OPTION", 24, 24 },
	{ UAPI_FD_IOMMUFD, 0x3b88, IOMMU_VFIO_IOAS, "IOMMU_VFIO_IOAS", 12, 12 },
	{ UAPI_FD_IOMMUFD, 0x3b89, IOMMU_HWPT_ALLOC, "IOMMU_HWPT_ALLOC", 24, 48 },
	{ UAPI_FD_IOMMUFD, 0x3b8a, IOMMU_GET_HW_INFO, "IOMMU_GET_HW_INFO", 32, 40 },
	{ UAPI_FD_IOMMUFD, 0x3b8b, IOMMU_HWPT_SET_DIRTY_TRACKING, "IOMMU_HWPT_SET_DIRTY_TRACKING",
	  16, 16 },
	{ UAPI_FD_IOMMUFD, 0x3b8c, IOMMU_HWPT_GET_DIRTY_BITMAP, "IOMMU_HWPT_GET_DIRTY_BITMAP", 48,
	  48 },
	{ UAPI_FD_IOMMUFD, 0x3b8d, IOMMU_HWPT_INVALIDATE, "IOMMU_HWPT_INVALIDATE", 32, 32 },
	{ UAPI_FD_IOMMUFD, 0x3b8e, IOMMU_FAULT_QUEUE_ALLOC, "IOMMU_FAULT_QUEUE_ALLOC", 16, 16 },
	{ UAPI_FD_IOMMUFD, 0x3b8f, UAPI_IOAS_MAP_FILE, "IOMMU_IOAS_MAP_FILE", 40, 40 },
	{ UAPI_FD_IOMMUFD, 0x3b90, UAPI_VIOMMU_ALLOC, "IOMMU_VIOMMU_ALLOC", 24, 40 },
	{ UAPI_FD_IOMMUFD, 0x3b91, UAPI_VDEVICE_ALLOC, "IOMMU_VDEVICE_ALLOC", 24, 24 },
	{ UAPI_FD_IOMMUFD, 0x3b92, UAPI_IOAS_CHANGE_PROCESS, "IOMMU_IOAS_CHANGE_PROCESS", 8, 8 },
	{ UAPI_FD_IOMMUFD, 0x3b93, UAPI_VEVENTQ_ALLOC, "IOMMU_VEVENTQ_ALLOC", 28, 32 },
	{ UAPI_FD_IOMMUFD, 0x3b94, UAPI_HW_QUEUE_ALLOC, "IOMMU_HW_QUEUE_ALLOC", 40, 40 },
	{ UAPI_FD_IOMMUFD, 0x3b95, UAPI_IOAS_NOIOMMU_GET_PA, "IOMMU_IOAS_NOIOMMU_GET_PA", 40, 40 },
	{ UAPI_FD_VDPA, 0x8008af00, VHOST_GET_FEATURES, "VHOST_GET_FEATURES", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af00, VHOST_SET_FEATURES, "VHOST_SET_FEATURES", 8, 8 },
	{ UAPI_FD_VDPA, 0xaf01, VHOST_SET_OWNER, "VHOST_SET_OWNER", 0, 0 },
	{ UAPI_FD_VDPA, 0xaf02, VHOST_RESET_OWNER, "VHOST_RESET_OWNER", 0, 0 },
	{ UAPI_FD_VDPA, 0x4008af10, VHOST_SET_VRING_NUM, "VHOST_SET_VRING_NUM", 8, 8 },
	{ UAPI_FD_VDPA, 0x4028af11, VHOST_SET_VRING_ADDR, "VHOST_SET_VRING_ADDR", 40, 40 },
	{ UAPI_FD_VDPA, 0x4008af12, VHOST_SET_VRING_BASE, "VHOST_SET_VRING_BASE", 8, 8 },
	{ UAPI_FD_VDPA, 0xc008af12, VHOST_GET_VRING_BASE, "VHOST_GET_VRING_BASE", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af20, VHOST_SET_VRING_KICK, "VHOST_SET_VRING_KICK", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af21, VHOST_SET_VRING_CALL, "VHOST_SET_VRING_CALL", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af22, VHOST_SET_VRING_ERR, "VHOST_SET_VRING_ERR", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af25, VHOST_SET_BACKEND_FEATURES, "VHOST_SET_BACKEND_FEATURES", 8,
	  8 },
	{ UAPI_FD_VDPA, 0x8008af26, VHOST_GET_BACKEND_FEATURES, "VHOST_GET_BACKEND_FEATURES", 8,
	  8 },
	{ UAPI_FD_VDPA, 0x8004af70, VHOST_VDPA_GET_DEVICE_ID, "VHOST_VDPA_GET_DEVICE_ID", 4, 4 },
	{ UAPI_FD_VDPA, 0x8001af71, VHOST_VDPA_GET_STATUS, "VHOST_VDPA_GET_STATUS", 1, 1 },
	{ UAPI_FD_VDPA, 0x4001af72, VHOST_VDPA_SET_STATUS, "VHOST_VDPA_SET_STATUS", 1, 1 },
	{ UAPI_FD_VDPA, 0x8008af73, VHOST_VDPA_GET_CONFIG, "VHOST_VDPA_GET_CONFIG", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af74, VHOST_VDPA_SET_CONFIG, "VHOST_VDPA_SET_CONFIG", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af75, VHOST_VDPA_SET_VRING_ENABLE, "VHOST_VDPA_SET_VRING_ENABLE", 8,
	  8 },
	{ UAPI_FD_VDPA, 0x8002af76, VHOST_VDPA_GET_VRING_NUM, "VHOST_VDPA_GET_VRING_NUM", 2, 2 },
	{ UAPI_FD_VDPA, 0x4004af77, VHOST_VDPA_SET_CONFIG_CALL, "VHOST_VDPA_SET_CONFIG_CALL", 4,
	  4 },
	{ UAPI_FD_VDPA, 0x8010af78, VHOST_VDPA_GET_IOVA_RANGE, "VHOST_VDPA_GET_IOVA_RANGE", 16,
	  16 },
	{ UAPI_FD_VDPA, 0x8004af79, VHOST_VDPA_GET_CONFIG_SIZE, "VHOST_VDPA_GET_CONFIG_SIZE", 4,
	  4 },
	{ UAPI_FD_VDPA, 0x8004af7a, VHOST_VDPA_GET_AS_NUM, "VHOST_VDPA_GET_AS_NUM", 4, 4 },
	{ UAPI_FD_VDPA, 0xc008af7b, VHOST_VDPA_GET_VRING_GROUP, "VHOST_VDPA_GET_VRING_GROUP", 8,
	  8 },
	{ UAPI_FD_VDPA, 0x4008af7c, VHOST_VDPA_SET_GROUP_ASID, "VHOST_VDPA_SET_GROUP_ASID", 8, 8 },
	{ UAPI_FD_VDPA, 0xaf7d, VHOST_VDPA_SUSPEND, "VHOST_VDPA_SUSPEND", 0, 0 },
	{ UAPI_FD_VDPA, 0xaf7e, VHOST_VDPA_RESUME, "VHOST_VDPA_RESUME", 0, 0 },
	{ UAPI_FD_VDPA, 0xc008af7f, VHOST_VDPA_GET_VRING_DESC_GROUP,
	  "VHOST_VDPA_GET_VRING_DESC_GROUP", 8, 8 },
	{ UAPI_FD_VDPA, 0x8004af80, VHOST_VDPA_GET_VQS_COUNT, "VHOST_VDPA_GET_VQS_COUNT", 4, 4 },
	{ UAPI_FD_VDPA, 0x8004af81, VHOST_VDPA_GET_GROUP_NUM, "VHOST_VDPA_GET_GROUP_NUM", 4, 4 },
	{ UAPI_FD_VDPA, 0xc008af82, VHOST_VDPA_GET_VRING_SIZE, "VHOST_VDPA_GET_VRING_SIZE", 8, 8 },
	{ UAPI_FD_VDPA, 0x8008af83, 0x8008af83, "VHOST_GET_FEATURES_ARRAY", 8, 8 },
	{ UAPI_FD_VDPA, 0x4008af83, 0x4008af83, "VHOST_SET_FEATURES_ARRAY", 8, 8 },
	{ UAPI_FD_VDPA, 0x4001af84, 0x4001af84, "VHOST_SET_FORK_FROM_OWNER", 1, 1 },
	{ UAPI_FD_VDPA, 0x8001af85, 0x8001af85, "VHOST_GET_FORK_FROM_OWNER", 1, 1 },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

TEST(every_request_is_found_by_kind_and_number_and_by_name)
{
	for (size_t i = 0; i < KNOWN; i++) {
		const struct uapi_row *row = uapi_find(known[i].fd, known[i].nr);

		ASSERT_NOT_NULL(row)
		TH_LOG("%s", known[i].name);
		EXPECT_STREQ(known[i].name, row->name);
		EXPECT_EQ(known[i].fd, row->fd);
		EXPECT_TRUE(row == uapi_find_name(known[i].name));
	}
}

TEST(numbers_and_sizes_are_the_kernels)
{
	for (size_t i = 0; i < KNOWN; i++) {
		const struct uapi_row *row = uapi_find(known[i].fd, known[i].nr);

		ASSERT_NOT_NULL(row);
		EXPECT_EQ(known[i].nr, known[i].req)
		TH_LOG("%s", known[i].name);
		EXPECT_EQ(known[i].req, row->req);
		EXPECT_EQ(known[i].min, row->min)
		TH_LOG("%s", known[i].name);
		EXPECT_EQ(known[i].size, row->size)
		TH_LOG("%s", known[i].name);
	}
}

TEST(row_at_gives_each_row_once_and_nothing_else)
{
	const struct uapi_row *row;
	size_t n;

	for (n = 0; (row = uapi_row_at(n)); n++) {
		EXPECT_TRUE(row == uapi_find(row->fd, row->req))
		TH_LOG("%s", row->name);
	}
	EXPECT_EQ(KNOWN, n);
	EXPECT_NULL(uapi_row_at(n + 1000));
}

TEST(a_number_means_what_the_kind_of_fd_says)
{
	static const struct {
		enum uapi_fd kind;
		uint32_t req;
		const char *name; /* NULL: none there */
	} cases[] = {
		{ UAPI_FD_CONTAINER, 0x3b70, "VFIO_IOMMU_GET_INFO" },
		{ UAPI_FD_IOMMUFD, 0x3b70, "VFIO_IOMMU_GET_INFO" },
		{ UAPI_FD_DEVICE, 0x3b70, "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO" },
		{ UAPI_FD_CONTAINER, 0x3b71, "VFIO_IOMMU_MAP_DMA" },
		{ UAPI_FD_DEVICE, 0x3b71, "VFIO_DEVICE_PCI_HOT_RESET" },
		{ UAPI_FD_CONTAINER, 0x3b72, "VFIO_IOMMU_UNMAP_DMA" },
		{ UAPI_FD_DEVICE, 0x3b72, "VFIO_DEVICE_QUERY_GFX_PLANE" },
		{ UAPI_FD_CONTAINER, 0x3b73, "VFIO_IOMMU_ENABLE" },
		{ UAPI_FD_DEVICE, 0x3b73, "VFIO_DEVICE_GET_GFX_DMABUF" },
		{ UAPI_FD_CONTAINER, 0x3b74, "VFIO_IOMMU_DISABLE" },
		{ UAPI_FD_DEVICE, 0x3b74, "VFIO_DEVICE_IOEVENTFD" },
		{ UAPI_FD_CONTAINER, 0x3b75, "VFIO_IOMMU_DIRTY_PAGES" },
		{ UAPI_FD_DEVICE, 0x3b75, "VFIO_DEVICE_FEATURE" },
		{ UAPI_FD_IOMMUFD, 0x3b64, "VFIO_GET_API_VERSION" },
		{ UAPI_FD_GROUP, 0x3b70, NULL },
		{ UAPI_FD_CONTAINER, 0x3b67, NULL },
		{ UAPI_FD_CONTAINER, 0x3b84, NULL },
		{ UAPI_FD_DEVICE, 0x3b79, NULL },
		{ UAPI_FD_IOMMUFD, 0x3b67, NULL },
		{ UAPI_FD_IOMMUFD, 0x3b96, NULL },
		{ UAPI_FD_IOMMUFD, 0x3ba0, NULL },
		{ UAPI_FD_IOMMUFD, 0x3c84, NULL },
		{ UAPI_FD_IOMMUFD, 0x80003b84, NULL },
		{ UAPI_FD_VDPA, 0x8008af78, NULL }, /* the right number with another size */
		{ UAPI_FD_VDPA, 0x4010af78, NULL },
		{ UAPI_FD_FILE, 0x3b70, NULL },
		{ UAPI_FD_UNKNOWN, 0x3b70, NULL },
		{ UAPI_FD_CONTAINER, 0, NULL },
		{ UAPI_FD_VDPA, 0, NULL },
		{ UAPI_FD_NR, 0x3b70, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct uapi_row *row = uapi_find(cases[i].kind, cases[i].req);

		EXPECT_STREQ(cases[i].name ? cases[i].name : "none", row ? row->name : "none")
		TH_LOG("kind %d request %#x", (int)cases[i].kind, cases[i].req);
	}
}

TEST(only_the_low_32_bits_of_a_request_count)
{
	/* As musl's int request reaches a 64-bit caller. */
	uint64_t extended = (uint64_t)(int64_t)(int32_t)0x8010af78;

	EXPECT_NOT_NULL(uapi_find(UAPI_FD_VDPA, (uint32_t)extended));
}

/* A field list without holes in its words: named, inside, in order, and not overlapping. */
static void check_fields(struct ktap_meta *_metadata, const char *owner, const struct uapi_field *f,
			 size_t n, uint32_t size)
{
	uint32_t end = 0;

	for (size_t i = 0; i < n; i++) {
		ASSERT_NOT_NULL(f[i].name)
		TH_LOG("%s field %zu", owner, i);
		EXPECT_NE(0, f[i].dir)
		TH_LOG("%s.%s", owner, f[i].name);
		EXPECT_LE(end, f[i].off)
		TH_LOG("%s.%s", owner, f[i].name);
		if (f[i].kind == UAPI_INLINE) {
			EXPECT_EQ(size, f[i].off)
			TH_LOG("%s.%s", owner, f[i].name);
			EXPECT_EQ(i, n - 1);
		} else {
			EXPECT_NE(0, f[i].width);
			end = f[i].off + f[i].width;
			EXPECT_LE(end, size)
			TH_LOG("%s.%s", owner, f[i].name);
		}
		if (f[i].kind == UAPI_FLAGS || f[i].kind == UAPI_ENUM) {
			EXPECT_NOT_NULL(f[i].names);
		}
		for (size_t v = 0; v < f[i].nvariants; v++) {
			const struct uapi_struct *s = f[i].variants[v].type;

			EXPECT_EQ(f[i].variants[v].value,
				  f[i].variants[v].value & f[i].variants[v].mask);
			if (s)
				check_fields(_metadata, s->name, s->fields, s->nfields, s->size);
		}
		if (f[i].ptr_type) {
			EXPECT_EQ(f[i].ptr_elem, f[i].ptr_type->size);
			check_fields(_metadata, f[i].ptr_type->name, f[i].ptr_type->fields,
				     f[i].ptr_type->nfields, f[i].ptr_type->size);
		}
	}
}

TEST(fields_lie_in_order_inside_their_struct)
{
	const struct uapi_row *row;

	for (size_t i = 0; (row = uapi_row_at(i)); i++) {
		uint32_t size = row->rule == UAPI_SIZE_VALUE ? 8 : row->size;

		check_fields(_metadata, row->name, row->fields, row->nfields, size);
		for (size_t c = 0; c < row->ncaps; c++)
			if (row->caps[c].size)
				check_fields(_metadata, row->caps[c].name, row->caps[c].fields,
					     row->caps[c].nfields, row->caps[c].size);
		if (row->rule == UAPI_SIZE_ARGSZ || row->rule == UAPI_SIZE_EXT) {
			EXPECT_EQ(UAPI_ARGSZ, row->fields[0].kind);
			EXPECT_EQ(0, row->fields[0].off);
			EXPECT_EQ(4, row->fields[0].width);
		}
		EXPECT_LE(row->min, row->size);
		EXPECT_NOT_NULL(row->since);
	}
}

TEST(every_word_of_an_iommufd_struct_is_a_field)
{
	const struct uapi_row *row;

	for (size_t i = 0; (row = uapi_row_at(i)); i++) {
		uint32_t bytes = 0;

		if (row->rule != UAPI_SIZE_EXT)
			continue;
		for (size_t f = 0; f < row->nfields; f++)
			bytes += row->fields[f].width;
		EXPECT_EQ(row->size, bytes)
		TH_LOG("%s", row->name);
	}
}

TEST(file_descriptors_and_addresses_are_marked_for_renaming)
{
	static const struct {
		const char *request, *field;
		uint8_t kind, fd;
	} marked[] = {
		{ "VFIO_GROUP_SET_CONTAINER", "container", UAPI_FDNO, UAPI_FD_CONTAINER },
		{ "VFIO_DEVICE_BIND_IOMMUFD", "iommufd", UAPI_FDNO, UAPI_FD_IOMMUFD },
		{ "VFIO_DEVICE_BIND_IOMMUFD", "out_devid", UAPI_ID, 0 },
		{ "VFIO_DEVICE_ATTACH_IOMMUFD_PT", "pt_id", UAPI_ID, 0 },
		{ "IOMMU_FAULT_QUEUE_ALLOC", "out_fault_fd", UAPI_FDNO, UAPI_FD_FAULT },
		{ "IOMMU_VEVENTQ_ALLOC", "out_veventq_fd", UAPI_FDNO, UAPI_FD_VEVENTQ },
		{ "IOMMU_IOAS_MAP_FILE", "fd", UAPI_FDNO, UAPI_FD_FILE },
		{ "VHOST_VDPA_SET_CONFIG_CALL", "fd", UAPI_FDNO, UAPI_FD_EVENTFD },
		{ "IOMMU_IOAS_MAP", "user_va", UAPI_PTR, 0 },
		{ "VFIO_IOMMU_MAP_DMA", "vaddr", UAPI_PTR, 0 },
	};

	for (size_t i = 0; i < sizeof(marked) / sizeof(marked[0]); i++) {
		const struct uapi_row *row = uapi_find_name(marked[i].request);
		const struct uapi_field *f = NULL;

		ASSERT_NOT_NULL(row);
		for (size_t n = 0; n < row->nfields; n++)
			if (!strcmp(row->fields[n].name, marked[i].field))
				f = &row->fields[n];
		ASSERT_NOT_NULL(f)
		TH_LOG("%s.%s", marked[i].request, marked[i].field);
		EXPECT_EQ(marked[i].kind, f->kind);
		EXPECT_EQ(marked[i].fd, f->fd);
	}
	EXPECT_EQ(UAPI_FD_DEVICE, uapi_find_name("VFIO_GROUP_GET_DEVICE_FD")->returns);
	EXPECT_EQ(0, uapi_find_name("VFIO_SET_IOMMU")->returns);
	EXPECT_NULL(uapi_find_name("VFIO_NO_SUCH_REQUEST"));
}

TEST(the_committed_table_is_what_the_rows_print)
{
	char *printed = NULL, *committed;
	size_t len = 0, got;
	FILE *f = open_memstream(&printed, &len);

	ASSERT_NOT_NULL(f);
	EXPECT_EQ(0, uapi_print_markdown(f));
	fclose(f);
	committed = calloc(1, len + 2);
	ASSERT_NOT_NULL(committed);
	f = fopen("docs/uapi.md", "r");
	ASSERT_NOT_NULL(f);
	got = fread(committed, 1, len + 1, f);
	fclose(f);
	EXPECT_EQ(len, got)
	TH_LOG("docs/uapi.md is out of date: make docs");
	EXPECT_TRUE(got == len && !memcmp(printed, committed, len));
	free(committed);
	free(printed);
}

TEST_HARNESS_MAIN
