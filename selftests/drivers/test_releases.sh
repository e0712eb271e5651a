#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The driver tests on models of other kernels than their default: what they
# expect by release is what the model does by release.
. harness/ktap/ktap.sh
: "${HIOD_OBJ:?}"

releases='6.1.0-56-amd64 6.6.0 6.10.0 6.15.0 7.3.4'

# Not this machine's device: its kernel is of one release only.
unset HIOD_BDF VFIO_SELFTESTS_BDF

# 4: a kernel without iommufd skips all of some programs.
passes() { # PROGRAM RELEASE
	HIOD_MODEL_RELEASE=$2 "$1" || [ $? = 4 ]
}

set -- "$HIOD_OBJ"/selftests/drivers/test_*
programs=
for p in "$@"; do [ ! -x "$p" ] || programs="$programs $p"; done
# shellcheck disable=SC2086 # words
set -- $programs
# shellcheck disable=SC2086
ktap_plan $(($(echo $releases | wc -w) * $#))
for release in $releases; do
	for p in "$@"; do ok "$release ${p##*/}" passes "$p" "$release"; done
done
ktap_end
