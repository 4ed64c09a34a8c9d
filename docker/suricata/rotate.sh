#!/usr/bin/env bash
# Keeps eve.json from filling the disk: when it is larger than SURICATA_ROTATE_BYTES, eve.json.1 becomes eve.json.2 and so on,
# eve.json becomes eve.json.1, and Suricata opens a new one. The oldest beyond SURICATA_ROTATE_KEEP is removed, shipped
# or not: a disk that is full loses everything, this loses the oldest.
#
# Suricata goes on writing to the renamed file until it has been told (`reopen-log-files`), and never in the middle of a line;
# so nothing is lost between the two steps. If it cannot be told now, it is told again next time.
set -euo pipefail

readonly EVE=${SURICATA_EVE:-/var/log/suricata/eve.json}
readonly SOCKET=${SURICATA_SOCKET:-/run/suricata/suricata-command.socket}
readonly BYTES=${SURICATA_ROTATE_BYTES:-268435456} KEEP=${SURICATA_ROTATE_KEEP:-10} SECONDS_BETWEEN=${SURICATA_ROTATE_SECONDS:-10}

say() { printf 'rotate: %s\n' "$*"; }
size() { stat -c %s "$1" 2>/dev/null || echo 0; }
reopen() { suricatasc -c reopen-log-files "$SOCKET" 2>/dev/null | grep -q '"return": "OK"'; }

rotate() {
  local number
  if [ -e "$EVE.$KEEP" ]; then
    say "removing $EVE.$KEEP ($(size "$EVE.$KEEP") bytes)"
    rm -f "$EVE.$KEEP"
  fi
  for ((number = KEEP - 1; number >= 1; number--)); do
    if [ -e "$EVE.$number" ]; then mv "$EVE.$number" "$EVE.$((number + 1))"; fi
  done
  mv "$EVE" "$EVE.1"
}

trap 'exit 0' TERM INT
told=yes
while true; do
  if [ "$told" = yes ] && [ "$(size "$EVE")" -gt "$BYTES" ]; then
    rotate
    told=no
  fi
  if [ "$told" = no ]; then
    if reopen; then told=yes; else say "Suricata cannot be told to open a new eve.json; trying again"; fi
  fi
  # In the background, so that a signal ends the wait.
  sleep "$SECONDS_BETWEEN" &
  wait $! || true
done
