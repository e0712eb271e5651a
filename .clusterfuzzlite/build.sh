#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-or-later
cd "$SRC/hiod"
ci/fuzz/build
