#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every scenario of the corpus, as every QEMU, on the models of its hosts: the
# document is the command's own.
exec "${HIOD:?}" scenario "${HIOD_CORPUS:-corpus}/scenarios"
