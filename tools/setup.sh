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

if ! python=$(find_python); then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing Python from the distribution's packages."
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3 python3-venv >&2
    python=$(find_python) || true
  fi
  [ -n "${python:-}" ] || {
    say "No Python of 3.11 or newer with venv was found. Install one (Debian, Ubuntu: apt-get install python3 python3-venv),"
    say "or name it: PYTHON=/path/to/python3.12 make setup"
    exit 3
  }
fi

wanted=$(cat pyproject.toml constraints.txt | sha256sum)
if [ -x .venv/bin/python ] && [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
say "Making .venv with $python"
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
printf '%s\n' "$wanted" >.venv/installed
