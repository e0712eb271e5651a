// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls as text: golden lines, capability chains, and input that is none. */
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"
#include "selftests/uapi/golden.h"

#define TEXT 4096

struct line {
	enum uapi_fd kind;
	uint32_t req;
	uint64_t arg;
	const char *in, *out;	/* hexadecimal; NULL: none, unchanged */
	const char *what, *buf; /* memory behind a pointer, hexadecimal */
	int ret;
	const char *text;
};

static const char ranges_two[] = "0000000000000000ffffdffe000000000000f0fe00000000ffffffff7f000000";

static const struct line lines[] = {
	{ UAPI_FD_CONTAINER, VFIO_GET_API_VERSION, .ret = 0, .text = "VFIO_GET_API_VERSION() = 0" },
	{ UAPI_FD_CONTAINER, VFIO_CHECK_EXTENSION, 3, .ret = 1,
	  .text = "VFIO_CHECK_EXTENSION(TYPE1v2) = 1" },
	{ UAPI_FD_CONTAINER, VFIO_CHECK_EXTENSION, 77, .ret = 0,
	  .text = "VFIO_CHECK_EXTENSION(77) = 0" },
	{ UAPI_FD_CONTAINER, VFIO_SET_IOMMU, 1, .ret = -ENODEV,
	  .text = "VFIO_SET_IOMMU(TYPE1) = -1 ENODEV" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_GET_INFO, 0x1000, "0800000000000000", .ret = -EINVAL,
	  .text = "VFIO_IOMMU_GET_INFO({argsz=8}) = -1 EINVAL" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_GET_INFO, 0x1000,
	  "180000000000000000000000000000000000000000000000",
	  "780000000300000000102040000000000000000000000000", .ret = 0,
	  .text = "VFIO_IOMMU_GET_INFO({argsz=24 => 120, flags=PGSIZES|CAPS, "
		  "iova_pgsizes=0x40201000, cap_offset=0}) = 0" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_GET_INFO, 0x1000, "78000000", golden_type1, .ret = 0,
	  .text = "VFIO_IOMMU_GET_INFO({argsz=120, flags=PGSIZES|CAPS, iova_pgsizes=0x40201000, "
		  "cap_offset=24, caps=[MIGRATION@24{flags=0x0, pgsize_bitmap=0x1000, "
		  "max_dirty_bitmap_size=0x10000000}, DMA_AVAIL@56{avail=65535}, "
		  "IOVA_RANGE@72{nr_iovas=2, iova_ranges=[[0x0,0xfedfffff], "
		  "[0xfef00000,0x7fffffffff]]}]}) = 0" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_GET_INFO, 0x1000, "74000000", golden_type1_v61, .ret = 0,
	  .text = "VFIO_IOMMU_GET_INFO({argsz=116, flags=PGSIZES|CAPS, iova_pgsizes=0x40201000, "
		  "cap_offset=24, caps=[MIGRATION@24{flags=0x0, pgsize_bitmap=0x1000, "
		  "max_dirty_bitmap_size=0x10000000}, DMA_AVAIL@56{avail=65535}, "
		  "IOVA_RANGE@68{nr_iovas=2, iova_ranges=[[0x0,0xfedfffff], "
		  "[0xfef00000,0x7fffffffff]]}]}) = 0" },
	{ UAPI_FD_IOMMUFD, VFIO_IOMMU_GET_INFO, 0x1000, "58000000", golden_compat, .ret = 0,
	  .text = "VFIO_IOMMU_GET_INFO({argsz=88, flags=PGSIZES|CAPS, iova_pgsizes=0x40201000, "
		  "cap_offset=24, caps=[DMA_AVAIL@24{avail=4294967295}, "
		  "IOVA_RANGE@40{nr_iovas=2, iova_ranges=[[0x0,0xfedfffff], "
		  "[0xfef00000,0x7fffffffff]]}]}) = 0" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_MAP_DMA, 0x1000,
	  "200000000300000000e0d5778c7f000000100000000000000010000000000000", .ret = 0,
	  .text = "VFIO_IOMMU_MAP_DMA({argsz=32, flags=READ|WRITE, vaddr=0x7f8c77d5e000, "
		  "iova=0x1000, size=0x1000}) = 0" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_UNMAP_DMA, 0x1000,
	  "180000000a0000000000000000000000ffffffffffffffff",
	  "180000000a00000000000000000000000000000000000000", .ret = 0,
	  .text = "VFIO_IOMMU_UNMAP_DMA({argsz=24, flags=ALL|0x8, iova=0x0, "
		  "size=0xffffffffffffffff => 0x0}) = 0" },
	{ UAPI_FD_CONTAINER, VFIO_IOMMU_DIRTY_PAGES, 0x1000,
	  "300000000400000000000000000000000080000000000000001000000000000008000000000000000020000000"
	  "000000",
	  .what = "bitmap.data", .buf = "0300000000000000", .ret = 0,
	  .text = "VFIO_IOMMU_DIRTY_PAGES({argsz=48, flags=GET_BITMAP, get={iova=0x0, "
		  "size=0x8000, bitmap.pgsize=0x1000, bitmap.size=8, "
		  "bitmap.data=hex(0300000000000000)}}) = 0" },
	{ UAPI_FD_GROUP, VFIO_GROUP_GET_STATUS, 0x1000, "0800000000000000", "0800000003000000",
	  .ret = 0, .text = "VFIO_GROUP_GET_STATUS({argsz=8, flags=VIABLE|CONTAINER_SET}) = 0" },
	{ UAPI_FD_GROUP, VFIO_GROUP_SET_CONTAINER, 0x1000, "03000000", .ret = 0,
	  .text = "VFIO_GROUP_SET_CONTAINER([3]) = 0" },
	{ UAPI_FD_GROUP, VFIO_GROUP_SET_CONTAINER, 0x1000, "ffffffff", .ret = -EBADF,
	  .text = "VFIO_GROUP_SET_CONTAINER([-1]) = -1 EBADF" },
	{ UAPI_FD_GROUP, VFIO_GROUP_GET_DEVICE_FD, 0x1000, "303030303a30303a30352e3000", .ret = 5,
	  .text = "VFIO_GROUP_GET_DEVICE_FD(\"0000:00:05.0\") = 5<device>" },
	{ UAPI_FD_GROUP, VFIO_GROUP_GET_DEVICE_FD, 0x1000, "610a225c00", .ret = -ENODEV,
	  .text = "VFIO_GROUP_GET_DEVICE_FD(\"a\\x0a\\\"\\\\\") = -1 ENODEV" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_GET_INFO, 0x1000,
	  "180000000000000000000000000000000000000000000000",
	  "180000000200000009000000050000000000000000000000", .ret = 0,
	  .text = "VFIO_DEVICE_GET_INFO({argsz=24, flags=PCI, num_regions=9, num_irqs=5, "
		  "cap_offset=0}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_GET_REGION_INFO, 0x1000, "50000000000000000200000000000000",
	  "500000000f0000000200000020000000004000000000000000000000000200000100010040000000"
	  "01000000000000000010000000000000002000000000000003000100000000000000000000000000",
	  .ret = 0,
	  .text = "VFIO_DEVICE_GET_REGION_INFO({argsz=80, flags=READ|WRITE|MMAP|CAPS, index=2, "
		  "cap_offset=32, caps=[SPARSE_MMAP@32{nr_areas=1, areas=[{offset=0x1000, "
		  "size=0x2000}]}, MSIX_MAPPABLE@64{}], size=0x4000, offset=0x20000000000}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_SET_IRQS, 0x1000,
	  "1c00000024000000020000000000000002000000ffffffff07000000", .ret = 0,
	  .text = "VFIO_DEVICE_SET_IRQS({argsz=28, flags=DATA_EVENTFD|ACTION_TRIGGER, index=2, "
		  "start=0, count=2, data=[-1, 7]}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, 0x1000, "140000000000000000000000",
	  "1400000000000000010000000700000000000528", .ret = 0,
	  .text = "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO({argsz=20, flags=0, count=1, "
		  "devices=[{group_id=7, segment=0x0, bus=0x5, devfn=0x28}]}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_PCI_HOT_RESET, 0x1000,
	  "1400000000000000020000000400000005000000", .ret = 0,
	  .text = "VFIO_DEVICE_PCI_HOT_RESET({argsz=20, flags=0x0, count=2, group_fds=[4, 5]}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_FEATURE, 0x1000, "1000000001000100",
	  "10000000010001000300000000000000", .ret = 0,
	  .text = "VFIO_DEVICE_FEATURE({argsz=16, feature=MIGRATION, flags=GET, "
		  "data=STOP_COPY|P2P}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_FEATURE, 0x1000, "0800000008000500", .ret = -ENOTTY,
	  .text = "VFIO_DEVICE_FEATURE({argsz=8, feature=DMA_LOGGING_REPORT, flags=GET|PROBE}) = "
		  "-1 ENOTTY" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_FEATURE, 0x1000, "0c000000f401020001020304", .ret = 0,
	  .text = "VFIO_DEVICE_FEATURE({argsz=12, feature=500, flags=SET, data=hex(01020304)}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_BIND_IOMMUFD, 0x1000, "10000000000000000300000000000000",
	  "10000000000000000300000001000000", .ret = 0,
	  .text = "VFIO_DEVICE_BIND_IOMMUFD({argsz=16, flags=0, iommufd=3, out_devid=1}) = 0" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_BIND_IOMMUFD, 0x1000,
	  "180000000100000003000000000000000020000000000000", .what = "token_uuid_ptr",
	  .buf = "000102030405060708090a0b0c0d0e0f", .ret = -EACCES,
	  .text = "VFIO_DEVICE_BIND_IOMMUFD({argsz=24, flags=TOKEN, iommufd=3, "
		  "token_uuid_ptr=hex(000102030405060708090a0b0c0d0e0f)}) = -1 EACCES" },
	{ UAPI_FD_DEVICE, VFIO_DEVICE_ATTACH_IOMMUFD_PT, 0x1000, "0c0000000000000002000000",
	  "0c0000000000000003000000", .ret = 0,
	  .text = "VFIO_DEVICE_ATTACH_IOMMUFD_PT({argsz=12, flags=0, pt_id=2 => 3}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_IOAS_ALLOC, 0x1000, "0c0000000000000000000000",
	  "0c0000000000000002000000", .ret = 0,
	  .text = "IOMMU_IOAS_ALLOC({size=12, flags=0x0, out_ioas_id=2}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_IOAS_IOVA_RANGES, 0x1000,
	  "2000000002000000000000000000000040e04a24fd7f00000000000000000000",
	  "2000000002000000020000000000000040e04a24fd7f00000010000000000000", .ret = -EMSGSIZE,
	  .text = "IOMMU_IOAS_IOVA_RANGES({size=32, ioas_id=2, num_iovas=0 => 2, "
		  "allowed_iovas=0x7ffd244ae040, out_iova_alignment=0x1000}) = -1 EMSGSIZE" },
	{ UAPI_FD_IOMMUFD, IOMMU_IOAS_IOVA_RANGES, 0x1000,
	  "2000000002000000020000000000000040e04a24fd7f00000000000000000000",
	  "2000000002000000020000000000000040e04a24fd7f00000010000000000000", "allowed_iovas",
	  ranges_two, 0,
	  "IOMMU_IOAS_IOVA_RANGES({size=32, ioas_id=2, num_iovas=2, "
	  "allowed_iovas=[[0x0,0xfedfffff], [0xfef00000,0x7fffffffff]], "
	  "out_iova_alignment=0x1000}) = 0" },
	/* Room for two, one returned: the rest of the buffer is not the kernel's. */
	{ UAPI_FD_IOMMUFD, IOMMU_IOAS_IOVA_RANGES, 0x1000,
	  "2000000002000000020000000000000040e04a24fd7f00000000000000000000",
	  "2000000002000000010000000000000040e04a24fd7f00000100000000000000", "allowed_iovas",
	  ranges_two, 0,
	  "IOMMU_IOAS_IOVA_RANGES({size=32, ioas_id=2, num_iovas=2 => 1, "
	  "allowed_iovas=[[0x0,0xfedfffff]], out_iova_alignment=0x1}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_IOAS_ALLOW_IOVAS, 0x1000,
	  "180000000200000001000000010000000020000000000000", NULL, "allowed_iovas",
	  "0000000000000000ffffdffe00000000", -EOPNOTSUPP,
	  "IOMMU_IOAS_ALLOW_IOVAS({size=24, ioas_id=2, num_iovas=1, __reserved=0x1, "
	  "allowed_iovas=[[0x0,0xfedfffff]]}) = -1 EOPNOTSUPP" },
	{ UAPI_FD_IOMMUFD, IOMMU_IOAS_MAP, 0x1000,
	  "28000000060000000200000000000000000000000000000000100000000000000000000000000000",
	  "28000000060000000200000000000000000000000000000000100000000000000010000000000000",
	  .ret = 0,
	  .text = "IOMMU_IOAS_MAP({size=40, flags=WRITEABLE|READABLE, ioas_id=2, user_va=NULL, "
		  "length=0x1000, iova=0x0 => 0x1000}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_GET_HW_INFO, 0x1000,
	  "28000000000000000100000018000000f0e04a24fd7f000000000000000000000000000000000000",
	  "28000000000000000100000018000000f0e04a24fd7f000001000000000000000300000000000000",
	  "data_uptr", golden_vtd, 0,
	  "IOMMU_GET_HW_INFO({size=40, flags=0, dev_id=1, data_len=24, "
	  "data_uptr={flags=ERRATA_772415_SPR17, cap_reg=0xd2008c22260206, ecap_reg=0xf00f4a}, "
	  "data_type=NONE => INTEL_VTD, out_max_pasid_log2=0, "
	  "out_capabilities=DIRTY_TRACKING|PCI_PASID_EXEC}) = 0" },
	/* The kernel has more than the 8 bytes asked for: what is there is shown. */
	{ UAPI_FD_IOMMUFD, IOMMU_GET_HW_INFO, 0x1000,
	  "20000000000000000100000008000000f0e04a24fd7f00000000000000000000",
	  "20000000000000000100000018000000f0e04a24fd7f00000100000000000000", "data_uptr",
	  "0100000000000000", 0,
	  "IOMMU_GET_HW_INFO({size=32, flags=0, dev_id=1, data_len=8 => 24, "
	  "data_uptr={flags=ERRATA_772415_SPR17}, data_type=NONE => INTEL_VTD, "
	  "out_max_pasid_log2=0}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_HWPT_ALLOC, 0x1000,
	  "3000000000000000010000000200000000000000000000000100000018000000002000000000000000000000"
	  "00000000",
	  "3000000000000000010000000200000004000000000000000100000018000000002000000000000000000000"
	  "00000000",
	  "data_uptr", "040000000000000000a0bc00000000003000000000000000", 0,
	  "IOMMU_HWPT_ALLOC({size=48, flags=0, dev_id=1, pt_id=2, out_hwpt_id=4, "
	  "data_type=VTD_S1, data_len=24, data_uptr={flags=WPE, pgtbl_addr=0xbca000, "
	  "addr_width=48}, fault_id=0}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_HWPT_INVALIDATE, 0x1000,
	  "2000000003000000002000000000000000000000180000000200000000000000",
	  "2000000003000000002000000000000000000000180000000100000000000000", "data_uptr",
	  "001000000000000001000000000000000100000000000000"
	  "0000000000000000ffffffffffffffff0000000000000000",
	  -EOPNOTSUPP,
	  "IOMMU_HWPT_INVALIDATE({size=32, hwpt_id=3, data_uptr=[{addr=0x1000, npages=1, "
	  "flags=LEAF}, {addr=0x0, npages=18446744073709551615, flags=0}], data_type=VTD_S1, "
	  "entry_len=24, entry_num=2 => 1}) = -1 EOPNOTSUPP" },
	{ UAPI_FD_IOMMUFD, IOMMU_DESTROY, 0x1000, "0c0000000100000001000000", .ret = -E2BIG,
	  .text = "IOMMU_DESTROY({size=12, id=1, beyond=hex(01000000)}) = -1 E2BIG" },
	{ UAPI_FD_IOMMUFD, IOMMU_OPTION, 0x1000, "180000000100000001000000020000000000000000000000",
	  "180000000100000001000000020000000100000000000000", .ret = 0,
	  .text = "IOMMU_OPTION({size=24, option_id=HUGE_PAGES, op=GET, object_id=2, "
		  "val64=0 => 1}) = 0" },
	{ UAPI_FD_IOMMUFD, IOMMU_DESTROY, 0, .ret = -EFAULT,
	  .text = "IOMMU_DESTROY(NULL) = -1 EFAULT" },
	{ UAPI_FD_IOMMUFD, IOMMU_DESTROY, 0x10, .ret = -EFAULT,
	  .text = "IOMMU_DESTROY(0x10) = -1 EFAULT" },
	{ UAPI_FD_VDPA, VHOST_GET_BACKEND_FEATURES, 0x1000, NULL, "1e00000000000000", .ret = 0,
	  .text = "VHOST_GET_BACKEND_FEATURES([IOTLB_MSG_V2|IOTLB_BATCH|IOTLB_ASID|SUSPEND]) = 0" },
	{ UAPI_FD_VDPA, VHOST_VDPA_GET_IOVA_RANGE, 0x1000, NULL, "0000000000000000ffffffffffff0000",
	  .ret = 0, .text = "VHOST_VDPA_GET_IOVA_RANGE({first=0x0, last=0xffffffffffff}) = 0" },
	{ UAPI_FD_VDPA, VHOST_VDPA_GET_CONFIG, 0x1000, "0000000004000000",
	  "0000000004000000525400aa", .ret = 0,
	  .text = "VHOST_VDPA_GET_CONFIG({off=0, len=4, buf=hex(525400aa)}) = 0" },
	{ UAPI_FD_VDPA, VHOST_SET_OWNER, .ret = -524, .text = "VHOST_SET_OWNER() = -1 ENOTSUPP" },
	{ UAPI_FD_VDPA, VHOST_SET_OWNER, .ret = -4000,
	  .text = "VHOST_SET_OWNER() = -1 errno 4000" },
	{ UAPI_FD_IOMMUFD, 0x3bff, 0x1000, "0400000000000000", .ret = -ENOTTY,
	  .text = "ioctl(0x3bff type=0x3b';' nr=255 dir=none size=0, arg=0x1000, "
		  "in=hex(0400000000000000)) = -1 ENOTTY" },
	{ UAPI_FD_FILE, 0xc0101234, 0x1000, "00112233", "44556677", .ret = 2,
	  .text = "ioctl(0xc0101234 type=0x12 nr=52 dir=read|write size=16, arg=0x1000, "
		  "in=hex(00112233), out=hex(44556677)) = 2" },
};

static size_t decode(const struct line *l, char *dst, size_t cap)
{
	uint8_t in[256], out[256], data[256];
	struct uapi_buf buf = { l->what, data, 0 };
	size_t in_len = 0, out_len = 0;

	if (l->in)
		in_len = unhex(in, sizeof(in), l->in);
	if (l->out)
		out_len = unhex(out, sizeof(out), l->out);
	if (l->buf)
		buf.len = unhex(data, sizeof(data), l->buf);
	return uapi_decode(dst, cap, l->kind, l->req, (uintptr_t)l->arg, l->in ? in : NULL, in_len,
			   l->out ? out : NULL, out_len, &buf, l->buf ? 1 : 0, l->ret);
}

#define LINES (sizeof(lines) / sizeof(lines[0]))

TEST(a_call_reads_as_its_line)
{
	for (size_t i = 0; i < LINES; i++) {
		char text[TEXT];
		size_t len = decode(&lines[i], text, sizeof(text));

		EXPECT_STREQ(lines[i].text, text);
		EXPECT_EQ(strlen(lines[i].text), len);
	}
}

TEST(a_text_that_does_not_fit_is_cut_and_its_length_told)
{
	for (size_t i = 0; i < LINES; i++) {
		size_t want = strlen(lines[i].text);

		for (size_t cap = 0; cap < 40; cap++) {
			char text[41];

			memset(text, 'x', sizeof(text));
			EXPECT_EQ(want, decode(&lines[i], text, cap));
			if (cap) {
				EXPECT_EQ(0, text[cap < want + 1 ? cap - 1 : want]);
				EXPECT_EQ(0, strncmp(text, lines[i].text, cap - 1));
			}
			EXPECT_EQ('x', text[cap]);
		}
	}
}

/* Every line's bytes cut at every length: no read past the end (the sanitizer watches), a text. */
TEST(bytes_cut_anywhere_still_read_as_something)
{
	for (size_t i = 0; i < LINES; i++) {
		uint8_t in[256], out[256];
		size_t in_len = lines[i].in ? unhex(in, sizeof(in), lines[i].in) : 0;
		size_t out_len = lines[i].out ? unhex(out, sizeof(out), lines[i].out) : 0;
		size_t max = in_len > out_len ? in_len : out_len;

		for (size_t n = 0; n <= max; n++) {
			size_t a = n < in_len ? n : in_len, b = n < out_len ? n : out_len;
			uint8_t *cut_in = malloc(a + 1), *cut_out = malloc(b + 1);
			uint8_t *exact_in = cut_in + 1, *exact_out = cut_out + 1;
			char text[TEXT];

			ASSERT_NOT_NULL(cut_in);
			ASSERT_NOT_NULL(cut_out);
			memcpy(exact_in, in, a);
			memcpy(exact_out, out, b);
			EXPECT_LT(0, uapi_decode(text, sizeof(text), lines[i].kind, lines[i].req, 1,
						 exact_in, a, exact_out, b, NULL, 0, lines[i].ret));
			free(cut_in);
			free(cut_out);
		}
	}
}

/* ---- capability chains ---- */

struct chain {
	const char *label;
	size_t at; /* of the word changed in the golden reply */
	uint32_t word;
	int ncaps; /* given before the end */
	int ret;
};

static const struct chain chains[] = {
	{ "as it is", 0, 120, 3, 0 },
	{ "none", 16, 0, 0, 0 },
	{ "first outside", 16, 5000, 0, -EINVAL },
	{ "first leaves half a header", 16, 116, 0, -EINVAL },
	{ "first is the last 8 bytes", 16, 112, 1, -EINVAL },
	{ "first is all ones", 16, 0xffffffff, 0, -EINVAL },
	{ "next outside", 28, 5000, 1, -EINVAL },
	{ "next all ones", 28, 0xffffffff, 1, -EINVAL },
	{ "next itself", 28, 24, 1, -EINVAL },
	{ "next inside its own header", 28, 28, 1, -EINVAL },
	{ "next one byte before the header's end", 28, 31, 1, -EINVAL },
	{ "a cycle of two", 60, 24, 2, -EINVAL },
	{ "back into the struct", 60, 8, 2, -EINVAL },
	{ "ends early", 28, 0, 1, 0 },
	{ "skips one", 28, 72, 2, 0 },
};

TEST(a_chain_is_walked_forward_only_and_inside_its_buffer)
{
	for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		uint8_t img[120];
		struct uapi_cap cap;
		uint32_t pos;
		int n = 0, ret;

		unhex(img, sizeof(img), golden_type1);
		memcpy(img + chains[i].at, &chains[i].word, 4);
		memcpy(&pos, img + 16, 4);
		while ((ret = uapi_cap_next(img, sizeof(img), &pos, &cap)) == 1 && n < 100) {
			EXPECT_LT(cap.off, cap.end);
			EXPECT_LE(cap.end, sizeof(img));
			n++;
		}
		EXPECT_EQ(chains[i].ret, ret)
		TH_LOG("%s", chains[i].label);
		EXPECT_EQ(chains[i].ncaps, n)
		TH_LOG("%s", chains[i].label);
	}
}

TEST(a_chain_of_the_smallest_steps_ends)
{
	uint8_t img[4096] = { 0 };
	struct uapi_cap cap;
	uint32_t pos = 8, next;
	int n = 0, ret;

	for (uint32_t off = 8; off + 8 <= sizeof(img); off += 8) {
		next = off + 8;
		memcpy(img + off + 4, &next, 4);
	}
	while ((ret = uapi_cap_next(img, sizeof(img), &pos, &cap)) == 1)
		n++;
	EXPECT_EQ(-EINVAL, ret);
	EXPECT_EQ(sizeof(img) / 8 - 1, n);
}

TEST(capabilities_at_68_are_read_where_they_stand)
{
	uint8_t img[116];
	struct uapi_cap cap;
	uint32_t pos = 24;

	unhex(img, sizeof(img), golden_type1_v61);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(1, uapi_cap_next(img, sizeof(img), &pos, &cap));
	}
	EXPECT_EQ(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, cap.id);
	EXPECT_EQ(1, cap.version);
	EXPECT_EQ(68, cap.off);
	EXPECT_EQ(0, cap.next);
	EXPECT_EQ(116, cap.end);
	EXPECT_EQ(0, uapi_cap_next(img, sizeof(img), &pos, &cap));
}

TEST(a_malformed_chain_is_called_so)
{
	uint8_t img[120];
	uint32_t bad = 24;
	char text[TEXT];

	unhex(img, sizeof(img), golden_type1);
	memcpy(img + 60, &bad, 4);
	uapi_decode(text, sizeof(text), UAPI_FD_CONTAINER, VFIO_IOMMU_GET_INFO, 1, img, 24, img,
		    sizeof(img), NULL, 0, 0);
	EXPECT_NOT_NULL(strstr(text, "DMA_AVAIL@56{avail=65535}, malformed chain]"));
}

/* ---- fields ---- */

TEST(get_and_put_stay_inside_the_image)
{
	static const uint16_t widths[] = { 1, 2, 4, 8 };

	for (size_t i = 0; i < 4; i++) {
		const struct uapi_field f = { .name = "f", .off = 3, .width = widths[i] };
		size_t end = 3u + widths[i];
		uint8_t img[16] = { 0 };
		uint64_t val = 1;

		EXPECT_FALSE(uapi_get(&f, img, end - 1, &val));
		EXPECT_FALSE(uapi_put(&f, img, end - 1, 0x1122334455667788));
		EXPECT_EQ(0, img[3]);
		EXPECT_TRUE(uapi_put(&f, img, end, 0x1122334455667788));
		EXPECT_TRUE(uapi_get(&f, img, end, &val));
		EXPECT_EQ(0x1122334455667788 & (UINT64_MAX >> (64 - 8 * widths[i])), val);
		EXPECT_EQ(0x88, img[3]);
		EXPECT_EQ(0, img[2]);
		EXPECT_EQ(0, img[end]);
	}
	{
		const struct uapi_field wide = { .name = "uuid", .width = 16 };
		uint8_t img[16] = { 0 };
		uint64_t val;

		EXPECT_FALSE(uapi_get(&wide, img, sizeof(img), &val));
		EXPECT_FALSE(uapi_put(&wide, img, sizeof(img), 1));
	}
}

TEST_HARNESS_MAIN
