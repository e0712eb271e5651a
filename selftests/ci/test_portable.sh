#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Which part of hiod/ knows no kernel stands in ci/portable, and is kept true.
# Whether it compiles elsewhere is make check-portable's.
set -u
obj=${HIOD_OBJ:-build}
for top in "$obj" "$obj/.." build; do
	[ -d "$top/include/linux" ] && break
done
BUILD_TOP=$top exec ci/check-portable lists
