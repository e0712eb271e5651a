# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The driver tests on the guest's own device. A kernel built whole, where there is
# time, has them on a model of its release too, on the host without an IOMMU: once a
# kernel is enough, and "make check" does that of the default release. Where a device
# can be had at all, all tests of a program may not be skipped.

HIOD_BDF=${VM_DEVICES%% *}
HIOD_MODEL_RELEASE=$(uname -r)
export HIOD_BDF HIOD_MODEL_RELEASE

models='-V model -V model_sim -V model_virtio -V model_type1 -V model_type1v2 -V model_compat
	-V model_iommufd'
case $VM_HOST:$VM_KERNEL in noiommu:built) models= ;; esac

# Does this guest have a device for its users, by this way?
expect_real() { # type1|iommufd
	case $VM_HOST in
	# no unit; interrupts that are not isolated; tables that iommufd of 6.12 cannot make
	noiommu | vtd-nointremap) return 1 ;;
	vtd-firststage) case $1:$(uname -r) in iommufd:6.*) return 1 ;; esac ;;
	# its programs are few
	vtd-vdpa) [ "$VM_KERNEL" = built ] || return 1 ;;
	esac
	[ "$1" = type1 ] || [ "$VM_KERNEL" != packaged ]
}

# Tests of a variant that ran and passed, in the documents so far.
ran() { # VARIANT
	cat /out/ktap/* | grep -cE "^ok [0-9]+ [a-z0-9_]+\.$1\.[a-z0-9_]+\$"
}

# The status crosses the pipe by a file.
one_program() { # NAME
	{
		# shellcheck disable=SC2086 # words
		"/share/drivers/$1" -j 1 $models 2>&1
		echo $? >/tmp/status
	} | tee "/out/ktap/$1"
	read -r status </tmp/status
	return "$status"
}

some_ran() { # VARIANT
	n=$(ran "$1")
	echo "$n tests ran"
	[ "$n" -gt 0 ]
}

# Does this kernel have iommufd's mock device, and for itself?
expect_mock() {
	[ "$VM_KERNEL" = built ] || return 1
	case $(uname -r) in 6.*) [ "$VM_HOST" = noiommu ] ;; esac
}

# A distribution's kernel is asked for what a host can show: where nobody gets a device,
# one program says so as well as all do; vtd-vdpa is vtd-aw39 for all that is not vDPA;
# and vtd-aw48 and vtd-scalable differ from it in widths and tables.
programs=$(ls /share/drivers)
case $VM_HOST:$VM_KERNEL in
*:built) ;;
noiommu:* | vtd-nointremap:* | vtd-vdpa:*) programs='test_info test_vdpa' ;;
vtd-aw48:* | vtd-scalable:*) programs='test_check test_dma test_hwinfo test_info test_ioas' ;;
esac

mkdir -p /out/ktap
for program in $programs; do
	ktap_sub "$program" one_program "$program"
done
for n in 1 2; do
	name=real$([ $n = 1 ] || echo _second)
	# shellcheck disable=SC2086 # words
	if [ "$(set -- $HIOD_VDPA && echo $#)" -ge $n ] && [ -e /out/ktap/test_vdpa ]; then
		ktap_is "tests ran on a vDPA device: $name" some_ran $name
	else
		ktap_skip "tests ran on a vDPA device: $name" 'not on this host and kernel'
	fi
done
for variant in type1 type1v2 compat iommufd; do
	case $variant in type1*) way=type1 ;; *) way=iommufd ;; esac
	if expect_real $way; then
		ktap_is "tests ran on real drivers: $variant" some_ran $variant
	else
		ktap_skip "tests ran on real drivers: $variant" 'not on this host and kernel'
	fi
done
if expect_mock; then
	ktap_is 'tests ran on the mock device' some_ran mock
else
	ktap_skip 'tests ran on the mock device' 'not on this host and kernel'
fi
