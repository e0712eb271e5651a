// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost-vdpa requests: the VDPA ones, and the generic vhost ones that a vdpa
 * device answers. Their numbers carry a size and a direction. Source:
 * include/uapi/linux/{vhost,vhost_types}.h, drivers/vhost/{vdpa,vhost}.c.
 */
#include "harness/uapi/rows.h"

/* A request whose argument is one number: [IN|OUT] of a width. */
#define SCALAR(id, n, w, k, d, ...)                                                                \
	static const struct uapi_field id[] = {                                                    \
		{ .name = n, .width = w, .kind = UAPI_##k, .dir = UAPI_##d, __VA_ARGS__ },         \
	}

/* Bit n of the feature word is feature n. */
#define BIT64(n) (1ull << (n))
static const struct uapi_name backend_bits[] = {
	{ BIT64(VHOST_BACKEND_F_IOTLB_MSG_V2), "IOTLB_MSG_V2" },
	{ BIT64(VHOST_BACKEND_F_IOTLB_BATCH), "IOTLB_BATCH" },
	{ BIT64(VHOST_BACKEND_F_IOTLB_ASID), "IOTLB_ASID" },
	{ BIT64(VHOST_BACKEND_F_SUSPEND), "SUSPEND" },
	{ BIT64(VHOST_BACKEND_F_RESUME), "RESUME" },
	{ BIT64(VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK), "ENABLE_AFTER_DRIVER_OK" },
	{ BIT64(VHOST_BACKEND_F_DESC_ASID), "DESC_ASID" },
	{ BIT64(VHOST_BACKEND_F_IOTLB_PERSIST), "IOTLB_PERSIST" },
	NAMES_END,
};

/* The virtio device status bits. */
static const struct uapi_name status_bits[] = {
	{ VIRTIO_CONFIG_S_ACKNOWLEDGE, "ACKNOWLEDGE" },
	{ VIRTIO_CONFIG_S_DRIVER, "DRIVER" },
	{ VIRTIO_CONFIG_S_DRIVER_OK, "DRIVER_OK" },
	{ VIRTIO_CONFIG_S_FEATURES_OK, "FEATURES_OK" },
	{ VIRTIO_CONFIG_S_NEEDS_RESET, "NEEDS_RESET" },
	{ VIRTIO_CONFIG_S_FAILED, "FAILED" },
	NAMES_END,
};

SCALAR(features_get, "features", 8, HEX, OUT);
SCALAR(features_set, "features", 8, HEX, IN);
SCALAR(backend_get, "features", 8, FLAGS, OUT, .names = backend_bits);
SCALAR(backend_set, "features", 8, FLAGS, IN, .names = backend_bits);
SCALAR(device_id, "device_id", 4, NUM, OUT);
SCALAR(status_get, "status", 1, FLAGS, OUT, .names = status_bits);
SCALAR(status_set, "status", 1, FLAGS, IN, .names = status_bits);
SCALAR(vring_num, "num", 2, NUM, OUT);
SCALAR(config_call, "fd", 4, FDNO, IN, .fd = UAPI_FD_EVENTFD);
SCALAR(config_size, "size", 4, NUM, OUT);
SCALAR(as_num, "num", 4, NUM, OUT);
SCALAR(vqs_count, "count", 4, NUM, OUT);
SCALAR(group_num, "num", 4, NUM, OUT);
SCALAR(fork_get, "fork_owner", 1, NUM, OUT);
SCALAR(fork_set, "fork_owner", 1, NUM, IN);

#define T struct vhost_vring_state
static const struct uapi_field vring_get[] = {
	F(index, NUM, IN),
	F(num, NUM, OUT),
};
static const struct uapi_field vring_set[] = {
	F(index, NUM, IN),
	F(num, NUM, IN),
};
#undef T

#define T struct vhost_vring_file
static const struct uapi_field vring_file[] = {
	F(index, NUM, IN),
	FFD(fd, IN, EVENTFD),
};
#undef T

static const struct uapi_name vring_flags[] = { { 1u << VHOST_VRING_F_LOG, "LOG" }, NAMES_END };

#define T struct vhost_vring_addr
static const struct uapi_field vring_addr[] = {
	F(index, NUM, IN),	FN(flags, FLAGS, IN, vring_flags),
	FADDR(desc_user_addr),	FADDR(used_user_addr),
	FADDR(avail_user_addr), F(log_guest_addr, HEX, IN),
};
#undef T

#define T struct vhost_vdpa_config
static const struct uapi_field config_get[] = {
	F(off, NUM, IN),
	F(len, NUM, IN),
	FINLINE("buf", offsetof(T, buf), OUT, LEN(len), .ptr_elem = 1),
};
static const struct uapi_field config_set[] = {
	F(off, NUM, IN),
	F(len, NUM, IN),
	FINLINE("buf", offsetof(T, buf), IN, LEN(len), .ptr_elem = 1),
};
#undef T

#define T struct vhost_vdpa_iova_range
static const struct uapi_field iova_range[] = {
	F(first, HEX, OUT),
	F(last, HEX, OUT),
};
#undef T

/* Newer than the 6.12 header: a count, then so many 64-bit feature words. */
struct features_array {
	uint64_t count;
};
#define FEATURES_ARRAY_GET _IOR(VHOST_VIRTIO, 0x83, struct features_array)
#define FEATURES_ARRAY_SET _IOW(VHOST_VIRTIO, 0x83, struct features_array)

/* Not in every header of 6.12 either. */
#define FORK_SET _IOW(VHOST_VIRTIO, 0x84, uint8_t)
#define FORK_GET _IOR(VHOST_VIRTIO, 0x85, uint8_t)

static const struct uapi_field word_field[] = {
	{ .name = "features", .width = 8, .kind = UAPI_HEX, .dir = UAPI_INOUT },
};
static const struct uapi_struct word = STRUCT("features", 8, word_field);

#define T struct features_array
static const struct uapi_field array_get[] = {
	F(count, NUM, INOUT),
	FINLINE("features", sizeof(T), OUT, COUNT(count, word, uint64_t)),
};
static const struct uapi_field array_set[] = {
	F(count, NUM, IN),
	FINLINE("features", sizeof(T), IN, COUNT(count, word, uint64_t)),
};
#undef T

/* ---- the rows ---- */

#define VDPA(r, since, f)                                                                          \
	ROW_AT(UAPI_VDPA_SLOT(r), VDPA, #r, r, FIXED, _IOC_SIZE(r), _IOC_SIZE(r), since, FIELDS(f))
#define VDPA_AS(n, r, since, f)                                                                    \
	ROW_AT(UAPI_VDPA_SLOT(r), VDPA, n, r, FIXED, _IOC_SIZE(r), _IOC_SIZE(r), since, FIELDS(f))
#define VDPA_NONE(r, since) ROW_AT(UAPI_VDPA_SLOT(r), VDPA, #r, r, NONE, 0, 0, since)

const struct uapi_row uapi_rows_vdpa[UAPI_VDPA_ROWS] = {
	VDPA(VHOST_GET_FEATURES, "2.6.34", features_get),
	VDPA(VHOST_SET_FEATURES, "2.6.34", features_set),
	VDPA_NONE(VHOST_SET_OWNER, "2.6.34"),
	VDPA_NONE(VHOST_RESET_OWNER, "2.6.34"),
	VDPA(VHOST_SET_VRING_NUM, "2.6.34", vring_set),
	VDPA(VHOST_SET_VRING_ADDR, "2.6.34", vring_addr),
	VDPA(VHOST_SET_VRING_BASE, "2.6.34", vring_set),
	VDPA(VHOST_GET_VRING_BASE, "2.6.34", vring_get),
	VDPA(VHOST_SET_VRING_KICK, "2.6.34", vring_file),
	VDPA(VHOST_SET_VRING_CALL, "2.6.34", vring_file),
	VDPA(VHOST_SET_VRING_ERR, "2.6.34", vring_file),
	VDPA(VHOST_SET_BACKEND_FEATURES, "4.19", backend_set),
	VDPA(VHOST_GET_BACKEND_FEATURES, "4.19", backend_get),
	VDPA(VHOST_VDPA_GET_DEVICE_ID, "5.7", device_id),
	VDPA(VHOST_VDPA_GET_STATUS, "5.7", status_get),
	VDPA(VHOST_VDPA_SET_STATUS, "5.7", status_set),
	VDPA(VHOST_VDPA_GET_CONFIG, "5.7", config_get),
	VDPA(VHOST_VDPA_SET_CONFIG, "5.7", config_set),
	VDPA(VHOST_VDPA_SET_VRING_ENABLE, "5.7", vring_set),
	VDPA(VHOST_VDPA_GET_VRING_NUM, "5.7", vring_num),
	VDPA(VHOST_VDPA_SET_CONFIG_CALL, "5.8", config_call),
	VDPA(VHOST_VDPA_GET_IOVA_RANGE, "5.10", iova_range),
	VDPA(VHOST_VDPA_GET_CONFIG_SIZE, "5.18", config_size),
	VDPA(VHOST_VDPA_GET_AS_NUM, "5.19", as_num),
	VDPA(VHOST_VDPA_GET_VRING_GROUP, "5.19", vring_get),
	VDPA(VHOST_VDPA_SET_GROUP_ASID, "5.19", vring_set),
	VDPA_NONE(VHOST_VDPA_SUSPEND, "6.0"),
	VDPA_NONE(VHOST_VDPA_RESUME, "6.3"),
	VDPA(VHOST_VDPA_GET_VRING_DESC_GROUP, "6.7", vring_get),
	VDPA(VHOST_VDPA_GET_VQS_COUNT, "5.18", vqs_count),
	VDPA(VHOST_VDPA_GET_GROUP_NUM, "5.19", group_num),
	VDPA(VHOST_VDPA_GET_VRING_SIZE, "6.9", vring_get),
	VDPA_AS("VHOST_GET_FEATURES_ARRAY", FEATURES_ARRAY_GET, "6.17", array_get),
	VDPA_AS("VHOST_SET_FEATURES_ARRAY", FEATURES_ARRAY_SET, "6.17", array_set),
	VDPA_AS("VHOST_SET_FORK_FROM_OWNER", FORK_SET, "6.17", fork_set),
	VDPA_AS("VHOST_GET_FORK_FROM_OWNER", FORK_GET, "6.17", fork_get),
};
