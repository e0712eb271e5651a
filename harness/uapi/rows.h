/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How rows are written, and the tables they stand in. Private to this
 * directory.
 *
 * A structure is described by a list of fields under a "#define T struct x",
 * so that a field is its name, its kind and its direction:
 *
 *	#define T struct iommu_destroy
 *	static const struct uapi_field destroy[] = {
 *		F(size, ARGSZ, IN),
 *		F(id, ID, IN),
 *	};
 *	#undef T
 *
 * and a request is one ROW_AT, which each table shortens to what its rows have
 * in common. A row's place in its table is its number's low byte, so finding
 * it is an index.
 */
#ifndef HIOD_UAPI_ROWS_H
#define HIOD_UAPI_ROWS_H

#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"

#define UAPI_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define UAPI_MEMBER(T_, m) .off = offsetof(T_, m), .width = sizeof(((T_ *)0)->m)

/* A member with no more to say about it. */
#define F(m, k, d)                                                                                 \
	{                                                                                          \
		.name = #m, UAPI_MEMBER(T, m), .kind = UAPI_##k, .dir = UAPI_##d                   \
	}
/* One whose values (ENUM) or bits (FLAGS) have names. */
#define FN(m, k, d, n)                                                                             \
	{                                                                                          \
		.name = #m, UAPI_MEMBER(T, m), .kind = UAPI_##k, .dir = UAPI_##d, .names = n       \
	}
/* A file descriptor of a known kind. */
#define FFD(m, d, f)                                                                               \
	{                                                                                          \
		.name = #m, UAPI_MEMBER(T, m), .kind = UAPI_FDNO, .dir = UAPI_##d,                 \
		.fd = UAPI_FD_##f                                                                  \
	}
/* An address that is pinned or stored, not read through. */
#define FADDR(m)                                                                                   \
	{                                                                                          \
		.name = #m, UAPI_MEMBER(T, m), .kind = UAPI_PTR, .dir = UAPI_IN                    \
	}
/* An address; what is behind it is said by the designators that follow. */
#define FPTR(m, d, ...)                                                                            \
	{                                                                                          \
		.name = #m, UAPI_MEMBER(T, m), .kind = UAPI_PTR, .dir = UAPI_##d, __VA_ARGS__      \
	}
/* Data in place; o: where it begins. */
#define FINLINE(n, o, d, ...)                                                                      \
	{                                                                                          \
		.name = n, .off = (o), .kind = UAPI_INLINE, .dir = UAPI_##d, __VA_ARGS__           \
	}
/* Designators for FPTR and FINLINE. */
#define LEN(m)		  .ptr_len_off = offsetof(T, m), .ptr_len_width = sizeof(((T *)0)->m)
#define COUNT(m, s, type) LEN(m), .ptr_elem = sizeof(type), .ptr_type = &(s)
#define CHOSEN(m, v)	  .sel_off = offsetof(T, m), .variants = v, .nvariants = UAPI_ARRAY_SIZE(v)

#define STRUCT(n, s, f)                                                                            \
	{                                                                                          \
		.name = n, .size = (s), .fields = f, .nfields = UAPI_ARRAY_SIZE(f)                 \
	}
#define NAMES_END                                                                                  \
	{                                                                                          \
		0, NULL                                                                            \
	}

/* A request: place, kind of fd, name, number, argument rule, smallest and newest size, release. */
#define ROW_AT(at, k, n, r, rule_, min_, size_, since_, ...)                                       \
	[at] = { .fd = UAPI_FD_##k,                                                                \
		 .req = (uint32_t)(r),                                                             \
		 .name = n,                                                                        \
		 .rule = UAPI_SIZE_##rule_,                                                        \
		 .min = (min_),                                                                    \
		 .size = (size_),                                                                  \
		 .since = since_,                                                                  \
		 __VA_ARGS__ }
#define FIELDS(f) .fields = f, .nfields = UAPI_ARRAY_SIZE(f)
#define CAPS(c)	  .caps = c, .ncaps = UAPI_ARRAY_SIZE(c)

/* The tables, one for each kind of fd; a hole has no name. */
#define UAPI_CONTAINER_BASE 0x64
#define UAPI_CONTAINER_ROWS 0x12
extern const struct uapi_row uapi_rows_container[UAPI_CONTAINER_ROWS];
#define UAPI_GROUP_BASE 0x67
#define UAPI_GROUP_ROWS 4
extern const struct uapi_row uapi_rows_group[UAPI_GROUP_ROWS];
#define UAPI_DEVICE_BASE 0x6b
#define UAPI_DEVICE_ROWS 0x0e
extern const struct uapi_row uapi_rows_device[UAPI_DEVICE_ROWS];
#define UAPI_MIGRATION_BASE 0x79
#define UAPI_MIGRATION_ROWS 1
extern const struct uapi_row uapi_rows_migration[UAPI_MIGRATION_ROWS];
#define UAPI_IOMMUFD_BASE 0x80
#define UAPI_IOMMUFD_ROWS 0x16
extern const struct uapi_row uapi_rows_iommufd[UAPI_IOMMUFD_ROWS];
/* vhost uses a number twice, for reading and for writing: two places for each. */
#define UAPI_VDPA_ROWS (2 * 0x86)
extern const struct uapi_row uapi_rows_vdpa[UAPI_VDPA_ROWS];
#define UAPI_VDPA_SLOT(req) ((((req)&0xff) << 1) | ((uint32_t)(req) >> 31))

/* Where a capability chain ends, from its contents; see caps.c. */
int uapi_chain_end(const struct uapi_row *row, const struct uapi_mem *mem, uint64_t arg,
		   uint32_t first, uint32_t len, uint32_t *end);
/* Direction of the row's plain fields together: UAPI_IN | UAPI_OUT. */
uint8_t uapi_fields_dir(const struct uapi_field *f, size_t n);

#endif
