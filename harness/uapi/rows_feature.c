// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO_DEVICE_FEATURE: the low half of flags names a feature, the high half
 * says GET, SET or PROBE, and the data that follows depends on both.
 * Source: include/uapi/linux/vfio.h.
 */
#include "harness/uapi/rows.h"
#include "harness/uapi/rows_feature.h"

static const struct uapi_name features[] = {
	{ VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, "PCI_VF_TOKEN" },
	{ VFIO_DEVICE_FEATURE_MIGRATION, "MIGRATION" },
	{ VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, "MIG_DEVICE_STATE" },
	{ VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, "LOW_POWER_ENTRY" },
	{ VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, "LOW_POWER_ENTRY_WITH_WAKEUP" },
	{ VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, "LOW_POWER_EXIT" },
	{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, "DMA_LOGGING_START" },
	{ VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, "DMA_LOGGING_STOP" },
	{ VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, "DMA_LOGGING_REPORT" },
	{ VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, "MIG_DATA_SIZE" },
	{ VFIO_DEVICE_FEATURE_BUS_MASTER, "BUS_MASTER" },
	NAMES_END,
};

/* Of the high half alone, since the low half is no flag. */
static const struct uapi_name ops[] = {
	{ VFIO_DEVICE_FEATURE_GET >> 16, "GET" },
	{ VFIO_DEVICE_FEATURE_SET >> 16, "SET" },
	{ VFIO_DEVICE_FEATURE_PROBE >> 16, "PROBE" },
	NAMES_END,
};

static const struct uapi_field vf_token[] = {
	{ .name = "uuid", .width = 16, .kind = UAPI_BYTES, .dir = UAPI_IN },
};
static const struct uapi_struct vf_token_struct = STRUCT("vf_token", 16, vf_token);

static const struct uapi_name migration_flags[] = {
	{ VFIO_MIGRATION_STOP_COPY, "STOP_COPY" },
	{ VFIO_MIGRATION_P2P, "P2P" },
	{ VFIO_MIGRATION_PRE_COPY, "PRE_COPY" },
	NAMES_END,
};

#define T struct vfio_device_feature_migration
static const struct uapi_field migration[] = { FN(flags, FLAGS, OUT, migration_flags) };
static const struct uapi_struct migration_struct = STRUCT("migration", sizeof(T), migration);
#undef T

static const struct uapi_name mig_states[] = {
	{ VFIO_DEVICE_STATE_ERROR, "ERROR" },
	{ VFIO_DEVICE_STATE_STOP, "STOP" },
	{ VFIO_DEVICE_STATE_RUNNING, "RUNNING" },
	{ VFIO_DEVICE_STATE_STOP_COPY, "STOP_COPY" },
	{ VFIO_DEVICE_STATE_RESUMING, "RESUMING" },
	{ VFIO_DEVICE_STATE_RUNNING_P2P, "RUNNING_P2P" },
	{ VFIO_DEVICE_STATE_PRE_COPY, "PRE_COPY" },
	{ VFIO_DEVICE_STATE_PRE_COPY_P2P, "PRE_COPY_P2P" },
	NAMES_END,
};

#define T struct vfio_device_feature_mig_state
static const struct uapi_field mig_state_get[] = {
	FN(device_state, ENUM, OUT, mig_states),
	FFD(data_fd, OUT, MIGRATION),
};
static const struct uapi_struct mig_state_get_struct =
	STRUCT("mig_state", sizeof(T), mig_state_get);
static const struct uapi_field mig_state_set[] = {
	FN(device_state, ENUM, IN, mig_states),
	FFD(data_fd, OUT, MIGRATION),
};
static const struct uapi_struct mig_state_set_struct =
	STRUCT("mig_state", sizeof(T), mig_state_set);
#undef T

#define T struct vfio_device_low_power_entry_with_wakeup
static const struct uapi_field wakeup[] = {
	FFD(wakeup_eventfd, IN, EVENTFD),
	F(reserved, RESERVED, IN),
};
static const struct uapi_struct wakeup_struct = STRUCT("wakeup", sizeof(T), wakeup);
#undef T

#define T struct vfio_device_feature_dma_logging_range
static const struct uapi_field logging_range[] = {
	F(iova, HEX, IN),
	F(length, HEX, IN),
};
static const struct uapi_struct logging_range_struct = STRUCT("range", sizeof(T), logging_range);
#undef T

#define T struct vfio_device_feature_dma_logging_control
static const struct uapi_field logging_start[] = {
	F(page_size, HEX, INOUT),
	F(num_ranges, NUM, IN),
	F(__reserved, RESERVED, IN),
	FPTR(ranges, IN,
	     COUNT(num_ranges, logging_range_struct, struct vfio_device_feature_dma_logging_range)),
};
static const struct uapi_struct logging_start_struct =
	STRUCT("dma_logging_control", sizeof(T), logging_start);
#undef T

/* Bits are set, never cleared, in what is there already. */
#define T struct vfio_device_feature_dma_logging_report
static const struct uapi_field logging_report[] = {
	F(iova, HEX, IN),
	F(length, HEX, IN),
	F(page_size, HEX, IN),
	FPTR(bitmap, INOUT, LEN(length), .ptr_elem = 1, .ptr_pgsize_off = offsetof(T, page_size)),
};
static const struct uapi_struct logging_report_struct =
	STRUCT("dma_logging_report", sizeof(T), logging_report);
#undef T

#define T struct vfio_device_feature_mig_data_size
static const struct uapi_field mig_data_size[] = { F(stop_copy_length, NUM, OUT) };
static const struct uapi_struct mig_data_size_struct =
	STRUCT("mig_data_size", sizeof(T), mig_data_size);
#undef T

static const struct uapi_name master_ops[] = {
	{ VFIO_DEVICE_FEATURE_CLEAR_MASTER, "CLEAR_MASTER" },
	{ VFIO_DEVICE_FEATURE_SET_MASTER, "SET_MASTER" },
	NAMES_END,
};

#define T struct vfio_device_feature_bus_master
static const struct uapi_field bus_master[] = { FN(op, ENUM, IN, master_ops) };
static const struct uapi_struct bus_master_struct = STRUCT("bus_master", sizeof(T), bus_master);
#undef T

static const struct uapi_struct rest = { .name = "data" };

#define PROBE	VFIO_DEVICE_FEATURE_PROBE
#define GET	VFIO_DEVICE_FEATURE_GET
#define SET	VFIO_DEVICE_FEATURE_SET
#define OPS	(GET | SET)
#define ALL	(OPS | VFIO_DEVICE_FEATURE_MASK)
#define GETS(f) ALL, GET | VFIO_DEVICE_FEATURE_##f
#define SETS(f) ALL, SET | VFIO_DEVICE_FEATURE_##f

static const struct uapi_variant feature_data[] = {
	{ PROBE, PROBE, 0, NULL },
	{ SETS(PCI_VF_TOKEN), UAPI_IN, &vf_token_struct },
	{ GETS(MIGRATION), UAPI_OUT, &migration_struct },
	{ GETS(MIG_DEVICE_STATE), UAPI_OUT, &mig_state_get_struct },
	{ SETS(MIG_DEVICE_STATE), UAPI_INOUT, &mig_state_set_struct },
	{ SETS(LOW_POWER_ENTRY), 0, NULL },
	{ SETS(LOW_POWER_ENTRY_WITH_WAKEUP), UAPI_IN, &wakeup_struct },
	{ SETS(LOW_POWER_EXIT), 0, NULL },
	{ SETS(DMA_LOGGING_START), UAPI_INOUT, &logging_start_struct },
	{ SETS(DMA_LOGGING_STOP), 0, NULL },
	{ GETS(DMA_LOGGING_REPORT), UAPI_IN, &logging_report_struct },
	{ GETS(MIG_DATA_SIZE), UAPI_OUT, &mig_data_size_struct },
	{ SETS(BUS_MASTER), UAPI_IN, &bus_master_struct },
	/* A feature that is not described: which way its bytes go is still known. */
	{ OPS, GET, UAPI_INOUT, &rest },
	{ OPS, SET, UAPI_INOUT, &rest },
};

#define T struct vfio_device_feature
const struct uapi_field uapi_feature_fields[UAPI_FEATURE_FIELDS] = {
	F(argsz, ARGSZ, IN),
	{ .name = "feature",
	  .off = offsetof(T, flags),
	  .width = 2,
	  .kind = UAPI_ENUM,
	  .dir = UAPI_IN,
	  .names = features },
	{ .name = "flags",
	  .off = offsetof(T, flags) + 2,
	  .width = 2,
	  .kind = UAPI_FLAGS,
	  .dir = UAPI_IN,
	  .names = ops },
	FINLINE("data", offsetof(T, data), INOUT, CHOSEN(flags, feature_data)),
};
#undef T
