// SPDX-License-Identifier: GPL-2.0-or-later
/* Which differences between kernel and model are known, and which are not. */
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/excuse.h"
#include "harness/ktap/ktap.h"

/* A mapping of one page, and a call on some fd after it. */
static void make(struct sequence *seq, enum uapi_fd kind, uint64_t iova, enum uapi_fd then)
{
	struct call *map = &seq->v[0], *other = &seq->v[1];

	memset(seq, 0, sizeof(*seq));
	seq->n = 2;
	map->op = other->op = CALL_IOCTL;
	map->kind = (uint8_t)kind;
	map->req = VFIO_IOMMU_MAP_DMA;
	call_put(map, 0, 4, sizeof(struct vfio_iommu_type1_dma_map));
	call_set(map, "iova", iova);
	call_set(map, "size", 4096);
	other->kind = (uint8_t)then;
	other->req = VFIO_IOMMU_UNMAP_DMA;
}

TEST(only_what_follows_a_type1_mapping_at_the_top)
{
	static const struct {
		enum uapi_fd kind;
		uint64_t iova;
		enum uapi_fd then;
		uint32_t features;
		int at;
		int known;
	} rows[] = {
		{ UAPI_FD_CONTAINER, -4096ull, UAPI_FD_CONTAINER, 0, 1, 0 },
		{ UAPI_FD_CONTAINER, -4096ull, UAPI_FD_CONTAINER, 0, 2, 0 }, /* at the end */
		{ UAPI_FD_CONTAINER, -4096ull, UAPI_FD_CONTAINER, 0, 0,
		  -1 }, /* the mapping itself */
		{ UAPI_FD_CONTAINER, -8192ull, UAPI_FD_CONTAINER, 0, 1, -1 },
		{ UAPI_FD_CONTAINER, -4096ull, UAPI_FD_CONTAINER, 1u << HOST_F_MAP_EOVERFLOW, 1,
		  -1 },
		{ UAPI_FD_CONTAINER, -4096ull, UAPI_FD_DEVICE, 0, 1, -1 },
		{ UAPI_FD_IOMMUFD, -4096ull, UAPI_FD_CONTAINER, 0, 1, -1 },
	};
	struct sequence *seq = malloc(sizeof(*seq));

	ASSERT_NOT_NULL(seq);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host h = { .features = rows[i].features };

		make(seq, rows[i].kind, rows[i].iova, rows[i].then);
		EXPECT_EQ(rows[i].known, excuse_find(&h, seq, rows[i].at))
		{
			TH_LOG("row %zu", i);
		}
	}
	free(seq);
	EXPECT_STREQ("type1-top", excuse_name(0));
	EXPECT_NULL(excuse_name(EXCUSES));
}

TEST_HARNESS_MAIN
