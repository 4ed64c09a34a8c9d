#!/usr/bin/env bash
# Suricata for captures, in unix-socket mode, over a folder that it shares with `shipper` (suricata/sidecar.py says what lies
# there). It is started when somebody first wants it, and anew with other rules when whoever needs those has shut it down.
# It reaches no network, and no container engine.
set -uo pipefail

readonly FOLDER=${SURICATA_SHARED:-/var/lib/suricata}
suricata=

cd "$FOLDER" || exit 1
trap 'if [ -n "$suricata" ]; then kill "$suricata" 2>/dev/null; wait "$suricata"; fi; exit 0' TERM INT

# Whoever writes to it knows by that that we are here.
rm -f wanted command.socket
mkfifo -m 0600 wanted || {
  echo "pcaps: $FOLDER cannot be written by user $(id -u): the volume belongs to somebody else" >&2
  exit 1
}
exec 3<>wanted

run() {
  # Threads are made for each capture, so their number cannot be limited to those at the start.
  suricata -c "$FOLDER/$1/suricata.yaml" --unix-socket="$FOLDER/command.socket" -l "$FOLDER/$1" --init-errors-fatal \
    --set security.limit-noproc=false >"$1/said" 2>&1 3>&- &
  suricata=$!
  wait "$suricata"
  local code=$?
  suricata=
  rm -f command.socket
  if [ -d "$1" ]; then echo "$code" >"$1/ended.new" && mv "$1/ended.new" "$1/ended"; fi
}

while true; do
  # With a limit, so that a signal is seen between two.
  read -r -t 3600 name <&3 || continue
  case "$name" in
    sensor-*[!0-9a-f]* | '') ;;
    sensor-*) if [ -f "$name/suricata.yaml" ]; then run "$name"; fi ;;
  esac
done
