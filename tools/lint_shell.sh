#!/usr/bin/env bash
# Runs shellcheck over every shell script that git knows. Installed from the distribution where that can be done.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y shellcheck >&2
fi
if ! command -v shellcheck >/dev/null; then
  echo "SKIPPED: shellcheck is not installed (Debian, Ubuntu: apt-get install shellcheck)" >&2
  exit 0
fi
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
shellcheck "${scripts[@]}"
