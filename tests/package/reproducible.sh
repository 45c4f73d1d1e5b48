#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# reproducible.sh VERSION - the packages of BUILD/deb are built once more: in another
# directory, at another time, with another umask, language, time zone and number of CPUs.
# Prints TAP-like lines; fails if a byte differs, and says where.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${1:?usage: reproducible.sh VERSION}
build=${BUILD:?}
other=$(mktemp -d "/tmp/pinhole-reproducible-$$.XXXXXX")
trap 'rm -rf "$other"' EXIT
failed=0
count=0

# What differs inside, for who has to mend it.
explain() { # package
	local side

	for side in "$build/deb" "$other"; do
		mkdir -p "$other/x"
		dpkg-deb -x "$side/$1" "$other/x"
		(cd "$other/x" && find . -type f -exec sha256sum {} + | sort -k 2) \
			>"$other/list.${side##*/}"
		rm -rf "$other/x"
	done
	diff "$other"/list.* | sed 's/^/  /' || :
}

(
	umask 0077
	export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS=parallel=1
	"$here/../../tools/packaging/build-deb" --version "$version" --output "$other" \
		--tree "another-name-of-the-tree" >/dev/null
)
for deb in "$build"/deb/*_"$version"_*.deb; do
	count=$((count + 1))
	name=${deb##*/}
	if cmp -s "$deb" "$other/$name"; then
		echo "ok - $name is the same, byte by byte"
	else
		echo "not ok - $name differs"
		explain "$name"
		failed=$((failed + 1))
	fi
done
[ "$count" -ge 2 ] && [ "$failed" -eq 0 ]
