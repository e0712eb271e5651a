# SPDX-License-Identifier: GPL-2.0-or-later
# Reads a KTAP document, prints "PASSED FAILED SKIPPED". Counts leaves: a
# result that follows deeper results sums them up and is not counted, except
# when it failed though none of them did (its program died, say).

{
	match($0, /^ */)
	depth = RLENGTH
	line = substr($0, depth + 1)
}

line ~ /^(ok|not ok) [0-9]+/ {
	failed = line ~ /^not ok/
	deeper = bad_below = 0
	for (d in seen)
		if (d + 0 > depth) {
			deeper = 1
			bad_below += bad[d]
			delete seen[d]
			delete bad[d]
		}
	seen[depth] = 1
	if (failed)
		bad[depth]++
	if (failed && !bad_below)
		fail++
	else if (!deeper && line ~ /# SKIP/)
		skip++
	else if (!deeper && !failed)
		pass++
}

END { print pass + 0, fail + 0, skip + 0 }
