#!/bin/sh
# Checks the packages themselves: built twice they are the same bytes, they are small, lintian has nothing to say, both kinds and
# both architectures come out, and the repository made of them is whole.
set -eu
limit=$((16 * 1000 * 1000))
dir=build/check
rm -rf "$dir" && mkdir -p "$dir"

make --no-print-directory deb FORMATS=deb,rpm DIST="$dir/first" >/dev/null
make --no-print-directory deb ARCHES=amd64 FORMATS=deb,rpm DIST="$dir/second" >/dev/null
for f in "$dir"/second/*; do
	cmp "$f" "$dir/first/$(basename "$f")" || { echo "$(basename "$f"): built twice, other bytes"; exit 1; }
	echo "ok  $(basename "$f"): the same bytes twice"
done
for arch in amd64 arm64; do
	together=0
	for f in "$dir"/first/flowhq_*_$arch.deb "$dir"/first/flowhq-engine_*_$arch.deb; do
		size=$(wc -c <"$f")
		together=$((together + size))
		echo "    $(basename "$f"): $size bytes"
		[ "$(dpkg-deb --field "$f" Architecture)" = $arch ]
		said=$(lintian --allow-root --fail-on error,warning "$f") || { echo "$said"; exit 1; }
		[ -z "$said" ] || { echo "$said"; exit 1; }
	done
	[ "$together" -le $limit ] || { echo "$arch: $together bytes together, more than $limit"; exit 1; }
	echo "ok  $arch: lintian has nothing to say, $together bytes together of at most $limit"
done
packaging/apt-repo.sh "$dir/first" "$dir/apt" >/dev/null
for list in "$dir"/apt/dists/stable/main/binary-*/Packages.xz; do
	hash=$(sha256sum "$list" | cut -d' ' -f1)
	[ -e "$(dirname "$list")/by-hash/SHA256/$hash" ] && grep -q "$hash" "$dir/apt/dists/stable/InRelease" || { echo "$list is not served by its hash"; exit 1; }
done
gpgv -q --keyring "$dir/apt/flowhq-archive-keyring.gpg" "$dir/apt/dists/stable/InRelease" >/dev/null 2>&1 || { echo "the repository's signature is wrong"; exit 1; }
echo "ok  the repository is signed, and its lists are served by hash"
rm -rf "$dir"
