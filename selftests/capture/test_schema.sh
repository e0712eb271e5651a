#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON Schemas in docs/: every file in the corpus is valid by them, and they
# agree with the product's own readers on documents that are wrong in one way.
here=$(dirname "$0")
python=/usr/bin/python3

if ! "$python" -W ignore -c 'import jsonschema' 2>/dev/null; then
	echo "KTAP version 1"
	echo "1..1"
	echo "ok 1 schema # SKIP python3-jsonschema is not installed"
	exit 4
fi
exec "$python" -W ignore "$here/schema.py" "${HIOD:-build/hiod}" "${HIOD_CORPUS:-corpus}" docs
