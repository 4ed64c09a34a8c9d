#!/usr/bin/env bash
# Keeps a veth pair between the listener (NAME0) and Suricata (NAME1) in the network namespace it runs in: makes it, makes it
# again when it is gone, has it up and long enough for jumbo frames with two tags. Takes NET_ADMIN.
#
# veth.sh NAME            until told to stop; the pair stays, for the others may go on
# veth.sh NAME remove     takes it away
set -euo pipefail

readonly NAME=$1 MTU=9100 SECONDS_BETWEEN=3

there() { ip link show "$1" >/dev/null 2>&1; }

if [ "${2:-}" = remove ]; then
  ! there "${NAME}0" || ip link delete "${NAME}0"
  exit 0
fi

trap 'exit 0' TERM INT
while true; do
  there "${NAME}0" || ip link add "${NAME}0" type veth peer name "${NAME}1"
  # Without addresses of its own the kernel says nothing there: all that Suricata sees is mirrored.
  for end in 1 0; do ip link set "$NAME$end" mtu "$MTU" addrgenmode none up; done
  # In the background, so that a signal ends the wait.
  sleep "$SECONDS_BETWEEN" &
  wait $! || true
done
