#!/usr/bin/env bash
# apt_install.sh PACKAGE...: as root on Debian and Ubuntu installs these; elsewhere ends with 1 and says nothing.
# Waits for another apt at work (a new machine's own upgrades), and goes on with the old lists if new ones cannot be had.
set -euo pipefail

[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 1
export DEBIAN_FRONTEND=noninteractive
readonly OPTIONS=(-qq -o DPkg::Lock::Timeout=300)
printf 'Installing %s from the distribution'"'"'s packages.\n' "$*" >&2
{
  apt-get "${OPTIONS[@]}" update || true
  apt-get "${OPTIONS[@]}" install --yes --no-install-recommends "$@"
} </dev/null >&2
