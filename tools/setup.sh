#!/usr/bin/env bash
# Makes .venv with everything the project and its tests need, at the pinned versions. Does nothing where it is current.
#
# PYTHON    interpreter to use [the first of python3, python3.14 … python3.11 that is 3.11 or newer]
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

fits() { command -v "$1" >/dev/null && "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if fits "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

python=$(find_python) || {
  tools/apt_install.sh python3 python3-venv && python=$(find_python)
} || {
  say "Python 3.11 or newer with venv is needed; found: $(python3 --version 2>&1 || true)"
  say "Debian 12 and Ubuntu 24.04 or newer have it (apt-get install python3 python3-venv); elsewhere name one that you"
  say "installed: PYTHON=/path/to/python3.12 make setup"
  exit 3
}

wanted=$(cat pyproject.toml constraints.txt | cksum)
if [ -x .venv/bin/python ] && [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
say "Making .venv with $python"
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
printf '%s\n' "$wanted" >.venv/installed
