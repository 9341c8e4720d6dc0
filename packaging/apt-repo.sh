#!/bin/sh
# Makes a signed apt repository of the .deb files in a folder, for any static web server.
#
#   packaging/apt-repo.sh DEBS OUT
#
# KEY names the secret key to sign with, as gpg knows it. Without one a key is made for this repository in build/apt-key, which is
# good for tests and for a repository of one's own; its users trust that key, so keep the folder.
# The time in Release is SOURCE_DATE_EPOCH, or now. VALID_DAYS bounds how long the repository is believed (default: no bound).
set -eu
debs=$1 out=$2
suite=stable component=main name="Flow HQ"

for tool in apt-ftparchive gpg; do
	command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install apt-utils gnupg" >&2; exit 1; }
done
if [ -z "${KEY:-}" ]; then
	GNUPGHOME=$(pwd)/build/apt-key
	export GNUPGHOME
	mkdir -p "$GNUPGHOME" && chmod 700 "$GNUPGHOME"
	KEY=packages@flowhq.invalid
	gpg --batch --list-secret-keys "$KEY" >/dev/null 2>&1 ||
		gpg --batch --quiet --passphrase '' --quick-gen-key "Flow HQ packages <$KEY>" ed25519 sign 5y
fi
trap 'gpgconf --kill gpg-agent >/dev/null 2>&1 || true' EXIT

# Made aside and put in place whole: a web server never shows half a repository.
fresh=$out.new
rm -rf "$fresh"
pool=pool/$component/f/flowhq
dists=dists/$suite
mkdir -p "$fresh/$pool" "$fresh/$dists"
cp "$debs"/*.deb "$fresh/$pool/"
archs=$(for f in "$fresh/$pool"/*.deb; do dpkg-deb --field "$f" Architecture; done | sort -u)

cd "$fresh"
for arch in $archs; do
	dir=$dists/$component/binary-$arch
	mkdir -p "$dir"
	apt-ftparchive --arch "$arch" packages "$pool" >"$dir/Packages"
	gzip -9nk "$dir/Packages"
	xz -9k "$dir/Packages"
done
apt-ftparchive \
	-o APT::FTPArchive::Release::Origin="$name" -o APT::FTPArchive::Release::Label="$name" \
	-o APT::FTPArchive::Release::Suite=$suite -o APT::FTPArchive::Release::Codename=$suite \
	-o APT::FTPArchive::Release::Components=$component -o APT::FTPArchive::Release::Architectures="$(echo $archs)" \
	-o APT::FTPArchive::Release::Acquire-By-Hash=yes \
	-o APT::FTPArchive::SHA1=false -o APT::FTPArchive::MD5=false \
	${VALID_DAYS:+-o APT::FTPArchive::Release::ValidTime=$((VALID_DAYS * 86400))} \
	release "$dists" >"$dists/Release.made"
mv "$dists/Release.made" "$dists/Release"
# A client that holds an older InRelease finds the lists that it names for as long as they are served: by their hash.
for arch in $archs; do
	dir=$dists/$component/binary-$arch
	mkdir -p "$dir/by-hash/SHA256"
	for f in Packages Packages.gz Packages.xz; do
		cp "$dir/$f" "$dir/by-hash/SHA256/$(sha256sum "$dir/$f" | cut -d' ' -f1)"
	done
done
gpg --batch --yes --quiet --local-user "$KEY" --clearsign -o "$dists/InRelease" "$dists/Release"
gpg --batch --yes --quiet --local-user "$KEY" --armor --detach-sign -o "$dists/Release.gpg" "$dists/Release"
gpg --batch --quiet --export "$KEY" >flowhq-archive-keyring.gpg
cat >flowhq.sources <<SOURCES
# /etc/apt/sources.list.d/flowhq.sources; replace the address by the one that this folder is served at.
Types: deb
URIs: https://packages.example.com/flowhq
Suites: $suite
Components: $component
Signed-By: /usr/share/keyrings/flowhq-archive-keyring.gpg
SOURCES
cd - >/dev/null
# lists of the repository before stay for a while under their hashes
if [ -d "$out/dists" ]; then
	(cd "$out" && find dists -path '*/by-hash/*' -type f -mtime -7) | while read -r old; do
		mkdir -p "$fresh/$(dirname "$old")" && { [ -e "$fresh/$old" ] || cp -p "$out/$old" "$fresh/$old"; }
	done
	rm -rf "$out.old" && mv "$out" "$out.old"
fi
mv "$fresh" "$out" && rm -rf "$out.old"
echo "$out: $(find "$out/pool" -name '*.deb' | wc -l) packages for $(echo $archs)"
