#!/usr/bin/env bash
# Runs shellcheck over every shell script that git knows. Installed from the distribution where that can be done.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null && ! tools/apt_install.sh shellcheck; then
  echo "SKIPPED: shellcheck is not installed (Debian, Ubuntu: apt-get install shellcheck)" >&2
  exit 0
fi
git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs -0 shellcheck
