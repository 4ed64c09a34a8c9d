#!/usr/bin/env bash
# A stand-in for debian:trixie-slim, for machines that reach Debian's packages but no image registry.
#
# Made by debootstrap from the package source that this machine uses. It trusts what this machine trusts: where a proxy
# opens TLS with a certificate authority of its own, pip, Maven and apt inside a build would fail without it.
#
# build.sh TAG        needs root on Debian or Ubuntu; does nothing where TAG exists
set -euo pipefail

readonly TAG=${1:?usage: build.sh TAG}
readonly HOST_BUNDLE=/etc/ssl/certs/ca-certificates.crt

say() { printf 'base: %s\n' "$*" >&2; }

if docker image inspect "$TAG" >/dev/null 2>&1; then exit 0; fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  say "no image registry answers, and a base image can be made only by root on Debian or Ubuntu"
  say "Pull debian:trixie-slim elsewhere and load it here (docker save, docker load), or run this as root."
  exit 3
fi
if ! command -v debootstrap >/dev/null || [ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
  say "installing debootstrap"
  apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >&2 || say "some package lists could not be read; going on"
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends \
    debootstrap debian-archive-keyring </dev/null >&2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly root=$work/root

# What Debian's own slim images leave out (path-exclude: dpkg(1)); debootstrap unpacks the first packages without dpkg's
# settings, so the same paths are removed again at the end.
excluded=(doc info man locale lintian)

# shellcheck disable=SC2016  # apt's own placeholder
source_of() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" | awk 'NR == 1'; }
mirror=$(source_of Debian)
security=$(source_of Debian-Security)
say "making $TAG from Debian packages (half a minute)"
# No mirror given: debootstrap's own default.
debootstrap --variant=minbase --include=ca-certificates --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  trixie "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 || {
  tail -n 5 "$work/log" >&2
  exit 1
}

if [ -n "$security" ]; then echo "deb $security trixie-security main" >>"$root/etc/apt/sources.list"; fi

# One file per certificate: update-ca-certificates(8) and Java's keystore take only the first of a file. Only those that
# Debian does not bring anyway; a certificate is compared by its base64 text, joined to one line.
certificates() { awk '/BEGIN CERTIFICATE/{c="";next} /END CERTIFICATE/{print c;next} {c=c $0}' "$1"; }
if [ -f "$HOST_BUNDLE" ]; then
  certificates "$root/etc/ssl/certs/ca-certificates.crt" | sort -u >"$work/known"
  certificates "$HOST_BUNDLE" | sort -u | comm -23 - "$work/known" >"$work/added"
  number=0
  while read -r body; do
    number=$((number + 1))
    {
      echo '-----BEGIN CERTIFICATE-----'
      printf '%s\n' "$body" | fold -w 64
      echo '-----END CERTIFICATE-----'
    } >"$root/usr/local/share/ca-certificates/host-$number.crt"
  done <"$work/added"
  chroot "$root" update-ca-certificates >>"$work/log" 2>&1
  say "added $number certificates of this machine to the trusted ones"
fi

printf 'path-exclude=/usr/share/%s/*\n' "${excluded[@]}" >"$root/etc/dpkg/dpkg.cfg.d/slim"
for name in "${excluded[@]}"; do rm -rf "${root:?}/usr/share/$name"/*; done
(cd "$root" && rm -rf var/lib/apt/lists/* var/cache/apt/*.bin \
  var/cache/apt/archives/*.deb var/log/* tmp/*)

tar -C "$root" -c . | docker import \
  --change 'CMD ["bash"]' \
  --change 'LABEL flowtap.made=locally' \
  --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt' \
  - "$TAG" >/dev/null
say "made $TAG, $(docker image inspect --format '{{.Size}}' "$TAG" | awk '{printf "%.0f MB", $1 / 1e6}')"
