/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptions: one row per ioctl of VFIO, iommufd and vhost-vdpa, and the
 * walk over them. Decode, record, replay, supervise, mutate and compare are
 * all walks over these rows; none of them has a list of requests of its own.
 *
 * Knows the kernel's uapi headers and nothing else of this project.
 */
#ifndef HIOD_UAPI_H
#define HIOD_UAPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What is behind a file descriptor: requests mean different things on different kinds. */
enum uapi_fd {
	UAPI_FD_UNKNOWN,
	UAPI_FD_FILE,	   /* a regular file: sysfs, procfs */
	UAPI_FD_CONTAINER, /* /dev/vfio/vfio; the same requests are served on an iommufd */
	UAPI_FD_GROUP,	   /* /dev/vfio/N, /dev/vfio/noiommu-N */
	UAPI_FD_DEVICE,	   /* GROUP_GET_DEVICE_FD, or /dev/vfio/devices/vfioN */
	UAPI_FD_IOMMUFD,   /* /dev/iommu */
	UAPI_FD_VDPA,	   /* /dev/vhost-vdpa-N */
	UAPI_FD_FAULT,	   /* out_fault_fd of IOMMU_FAULT_QUEUE_ALLOC */
	UAPI_FD_VEVENTQ,   /* out_veventq_fd of IOMMU_VEVENTQ_ALLOC */
	UAPI_FD_MIGRATION, /* data_fd of VFIO_DEVICE_FEATURE's MIG_DEVICE_STATE */
	UAPI_FD_EVENTFD,   /* eventfd(2): interrupts, wake-ups, kicks */
	UAPI_FD_DMABUF,	   /* VFIO_DEVICE_GET_GFX_DMABUF */
	UAPI_FD_NR,
};

/* "container", "group", ...: the word used in transcripts and messages. */
const char *uapi_fd_name(enum uapi_fd kind);
/* The reverse; UAPI_FD_UNKNOWN for a word that is none of them. */
enum uapi_fd uapi_fd_from_name(const char *name);
/* The kind of fd that opening path gives (by name alone; UAPI_FD_FILE for all other paths). */
enum uapi_fd uapi_fd_from_path(const char *path);

/* How the number of argument bytes is known. */
enum uapi_size {
	UAPI_SIZE_NONE,	 /* no argument, or ignored */
	UAPI_SIZE_VALUE, /* the argument is a number, not an address */
	UAPI_SIZE_FIXED, /* always row->size bytes */
	UAPI_SIZE_ARGSZ, /* VFIO: first u32 is argsz; the caller's buffer may be longer than size */
	UAPI_SIZE_EXT,	 /* iommufd: first u32 is size; extensible struct rule */
	UAPI_SIZE_STR,	 /* a NUL-terminated string */
};

enum uapi_kind {
	UAPI_NUM,      /* a plain number, printed decimal */
	UAPI_HEX,      /* a plain number, printed hexadecimal: addresses, IOVAs, registers */
	UAPI_FLAGS,    /* bits with names */
	UAPI_ENUM,     /* values with names */
	UAPI_ARGSZ,    /* the argsz or size member itself */
	UAPI_FDNO,     /* a file descriptor */
	UAPI_ID,       /* an iommufd object id */
	UAPI_PTR,      /* address of more caller memory; see ptr_* */
	UAPI_INLINE,   /* more of the same argument, from off on: as UAPI_PTR, but in place */
	UAPI_CAPS,     /* offset of the first capability, from the start of the struct */
	UAPI_RESERVED, /* must be zero */
	UAPI_BYTES,    /* width bytes, printed as hex */
};

#define UAPI_IN	   1 /* the kernel reads it */
#define UAPI_OUT   2 /* the kernel may write it */
#define UAPI_INOUT 3

struct uapi_name {
	uint64_t value;
	const char *name;
};

/* Element type of an array, of the memory behind a pointer, or body of a capability. */
struct uapi_struct {
	const char *name;
	uint32_t size; /* bytes without trailing arrays; 0: unknown, all the rest */
	const struct uapi_field *fields;
	size_t nfields;
};

/* What an UAPI_INLINE or UAPI_PTR field is, chosen by another field: the first that matches. */
struct uapi_variant {
	uint32_t mask, value;		/* matches when (selector & mask) == value */
	uint8_t dir;			/* UAPI_IN, UAPI_OUT, UAPI_INOUT: of the chosen data */
	const struct uapi_struct *type; /* NULL: there is no data in this case */
};

struct uapi_field {
	const char *name;
	uint16_t off;
	uint16_t width; /* 1, 2, 4, 8; any for UAPI_BYTES, UAPI_RESERVED; 0 for UAPI_INLINE */
	uint8_t kind;	/* enum uapi_kind */
	uint8_t dir;	/* UAPI_IN, UAPI_OUT, UAPI_INOUT; for UAPI_PTR: of the memory behind it */
	uint8_t fd; /* UAPI_FDNO: enum uapi_fd, what it is an fd of; UAPI_FD_UNKNOWN: anything */
	const struct uapi_name *names; /* FLAGS, ENUM: ended by a NULL name */
	/*
	 * UAPI_PTR, UAPI_INLINE: length = value of the u32 (ptr_len_width 8:
	 * u64) at ptr_len_off times the element size. ptr_count_is_out: the
	 * kernel rewrites the count; it has written min(given, returned)
	 * elements, also when the call failed with EMSGSIZE.
	 * A UAPI_PTR without length, ptr_elem and variants is an address that
	 * the kernel pins or stores: nothing behind it is copied.
	 */
	uint16_t ptr_len_off;
	uint8_t ptr_len_width; /* 0: no length field, one element */
	bool ptr_count_is_out;
	uint32_t ptr_elem;	 /* bytes of an element; 0: the size of the variant's type */
	uint16_t ptr_elem_off;	 /* not 0: u32 that holds the element size instead */
	uint16_t ptr_pgsize_off; /* not 0: u64 page size; length is of IOVA, data a bit a page */
	const struct uapi_struct *ptr_type; /* for decode; NULL: bytes */
	uint16_t sel_off;		    /* u32 that the variants look at */
	const struct uapi_variant *variants;
	size_t nvariants;
};

struct uapi_row {
	enum uapi_fd fd;   /* kind of fd it is issued on */
	uint32_t req;	   /* low 32 bits of the request */
	const char *name;  /* the kernel's: "VFIO_IOMMU_GET_INFO" */
	uint8_t rule;	   /* enum uapi_size */
	uint32_t min;	   /* smallest argsz/size any kernel accepts */
	uint32_t size;	   /* newest known size of the struct (without capabilities, arrays) */
	uint8_t returns;   /* enum uapi_fd: kind of the fd that a result >= 0 is; 0: not an fd */
	const char *since; /* kernel release that brought it: "4.1", "6.6" */
	const struct uapi_field *fields; /* UAPI_SIZE_VALUE: one field, 8 wide: the argument */
	size_t nfields;
	const struct uapi_struct *caps; /* bodies by capability id; NULL name: unknown id */
	size_t ncaps;
};

/*
 * The row of a request on a kind of fd. Container requests are found on an
 * iommufd too (the VFIO compat layer). NULL: not described.
 */
const struct uapi_row *uapi_find(enum uapi_fd kind, uint32_t req);
/* All rows, in the order of the table. NULL past the end. */
const struct uapi_row *uapi_row_at(size_t i);
/* By the kernel's name; NULL when there is none. */
const struct uapi_row *uapi_find_name(const char *name);

/*
 * Access to the caller's memory: this process's, another process's, or a
 * recorded image. Return 0 or -EFAULT; nothing or a prefix has been copied
 * when they fail.
 */
struct uapi_mem {
	int (*in)(void *ctx, void *dst, uint64_t src, size_t len);
	int (*out)(void *ctx, uint64_t dst, const void *src, size_t len);
	void *ctx;
};

/* This process, unchecked but for the first page: fast; a wild address faults as in any C code. */
extern const struct uapi_mem uapi_mem_self;
/* This process, by process_vm_readv/writev: a bad address is -EFAULT. */
extern const struct uapi_mem uapi_mem_checked;

/* One contiguous piece of caller memory that a call reads or writes. */
struct uapi_span {
	uint64_t addr;
	uint32_t len;
	uint8_t dir;	  /* UAPI_IN, UAPI_OUT, UAPI_INOUT */
	const char *what; /* "arg", or the name of the pointer field */
};

#define UAPI_SPANS_MAX 8

/*
 * Marshal, before the call: the memory the kernel will read (dir IN) and may
 * write (OUT), from the rule and the argument as it stands. The first span is
 * the argument itself, as far as it is read (or, when nothing is read of it,
 * written). When the part that may be written is of another length, it is the
 * second span, at the same address, named "arg" too, dir OUT. That is so for:
 * a VFIO info call (the fixed struct is read, a grown buffer's old content is
 * not; all argsz bytes may be written) and an iommufd struct larger than the
 * newest known one (all of it is scanned, only the known part is written).
 * Then one span for each pointer field with memory behind it, none for NULL
 * or length 0. Lengths are the caller's claims (argsz, num_iovas, data_len)
 * capped at UAPI_SPAN_LIMIT, so that a lie costs bounded memory.
 * Returns the number of spans (0: nothing), or -EFAULT when the argument
 * cannot be read, or -EINVAL when argsz/size is below 4.
 */
#define UAPI_SPAN_LIMIT (1u << 20)
int uapi_spans(const struct uapi_row *row, const struct uapi_mem *mem, uintptr_t arg,
	       struct uapi_span *v, size_t max);
/*
 * After the call: what a kernel has written, as far as the reply itself tells.
 * before: the spans of uapi_spans() for this call; in: the argument's bytes
 * before the call (before[0].len of them). ret: result or -errno. Lengths are
 * cut to what the protocol says is written: for an argsz reply the struct and
 * its capability chain (all argsz bytes when the chain is malformed); for
 * IOAS_IOVA_RANGES min(given, returned) entries. The argument's span, when
 * anything in it is an output, is the first and starts at the argument's
 * start, so it also holds members the kernel only read: who writes it into
 * another process's memory writes the fields with UAPI_OUT.
 * A call that failed may have written nothing: an argument whose bytes are as
 * they were in `in` is left out then (in may be NULL: it is kept); spans behind
 * pointers whose bytes did not change are the recorder's to drop.
 * Returns the number of spans, or -EFAULT when the reply cannot be read.
 */
int uapi_spans_written(const struct uapi_row *row, const struct uapi_mem *mem, uintptr_t arg,
		       int ret, const void *in, const struct uapi_span *before, size_t nbefore,
		       struct uapi_span *v, size_t max);

/* Reads field f of a struct image of len bytes; false when it lies beyond len. Little endian host order. */
bool uapi_get(const struct uapi_field *f, const void *img, size_t len, uint64_t *val);
bool uapi_put(const struct uapi_field *f, void *img, size_t len, uint64_t val);

/* The data of an UAPI_INLINE field, or behind an UAPI_PTR field. */
struct uapi_target {
	uint64_t len;	/* bytes; UINT64_MAX: unknown, all the rest of the argument */
	uint64_t count; /* elements, as claimed */
	uint32_t elem;	/* bytes each; 0: not known */
	uint8_t dir;	/* UAPI_IN, UAPI_OUT, UAPI_INOUT */
	const struct uapi_struct *type; /* of an element; NULL: bytes */
};
/*
 * Looks at the fields that f refers to in the struct image. False: no data (an
 * address only, a variant without data, or the image ends before the fields).
 * Lengths do not overflow; they are claims, not checked against anything.
 */
bool uapi_target(const struct uapi_field *f, const void *img, size_t len, struct uapi_target *t);

/*
 * Walk a capability chain in an argsz reply of len bytes (len: what was
 * written or recorded). Bounded: stops with an error at a header outside the
 * buffer, a step that does not go forward past the header, or more than
 * len / 8 steps.
 */
struct uapi_cap {
	uint16_t id;
	uint16_t version;
	uint32_t off;  /* of the header, from the start of the struct */
	uint32_t next; /* as found */
	uint32_t end;  /* first byte after its body as far as known: next capability or len */
};
/*
 * 1: cap filled; 0: end of chain; -EINVAL: malformed. pos starts as cap_offset
 * and is updated. A capability whose next is bad is still given; the call after
 * it fails.
 */
int uapi_cap_next(const void *img, size_t len, uint32_t *pos, struct uapi_cap *cap);

/*
 * Decode: one line of strace-like text for a call on a kind of fd, as it
 * stands after the call: "VFIO_IOMMU_GET_INFO({argsz=120, flags=PGSIZES|CAPS,
 * ...}) = 0". in: argument bytes before the call (in_len), out: after it
 * (out_len; NULL when unchanged). bufs: the memory behind pointers after the
 * call, by field name. For an unknown request the number and bytes are shown.
 * Writes a NUL-terminated text cut to cap. Returns the length it would have.
 */
struct uapi_buf {
	const char *what; /* pointer field's name */
	const void *data;
	size_t len;
};
size_t uapi_decode(char *dst, size_t cap, enum uapi_fd kind, uint32_t req, uintptr_t arg,
		   const void *in, size_t in_len, const void *out, size_t out_len,
		   const struct uapi_buf *bufs, size_t nbufs, int ret);

/* The coverage table of all rows as Markdown (docs/uapi.md). 0, or -EIO when f cannot be written. */
int uapi_print_markdown(FILE *f);

/* "EMSGSIZE" for 90; NULL for a number that has no name. Positive errno. 524 is "ENOTSUPP". */
const char *uapi_errno_name(int err);
/* The reverse; 0 when unknown. */
int uapi_errno_from_name(const char *name);

#endif
