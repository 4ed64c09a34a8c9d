#!/usr/bin/env bash
# The demo: a real OpenSearch, a day that ends now as VPC flow logs and as packets that a real Suricata reads, and five
# answers. Run again, it adds nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly LOGS=.cache/demo/flowlogs PACKETS=.cache/demo/flowlogs/mirrored.pcap EVE=.cache/demo/eve.json
readonly INVENTORY=.cache/demo/flowlogs/inventory.json
readonly SENSOR=$PWD/.cache/demo/sensor
# The demo's documents go into the demo's stack, whatever settings of its user's there are.
shipper() {
  (
    for name in $(compgen -v | grep -E '^(OPENSEARCH|SHIPPER)_'); do
      case "$name" in SHIPPER_STACK_FILE | SHIPPER_STATE__DIRECTORY) ;; *) unset "$name" ;; esac
    done
    SHIPPER_SURICATA__DIRECTORY=$SENSOR SHIPPER_SURICATA__SENSOR_NAME=demo \
      exec .venv/bin/shipper --config .cache/demo/settings.toml "$@"
  )
}
title() { printf '\n== %s\n' "$*"; }

# IMAGE: the packets are taken out of their VXLAN, the VNI in two tags, and Suricata reads them; $EVE is its whole word
# or what was there before. Twice would not be the same: each run has flow ids of its own, so what was read once is kept.
read_packets() {
  local made=$PWD/.cache/demo/suricata
  rm -rf "$made"
  mkdir "$made"
  shipper mirror decode "$PACKETS" --out "$made/tagged.pcap"
  docker run --rm --network none --cap-drop ALL --user "$(id -u):$(id -g)" --entrypoint suricata \
    --volume "$SENSOR:$SENSOR:ro" --volume "$made:$made" "$1" \
    -c "$SENSOR/suricata.yaml" --runmode single --set unix-command.enabled=no -l "$made" -r "$made/tagged.pcap"
  mv "$made/eve.json" "$EVE"
}

mkdir -p .cache/demo
: >.cache/demo/settings.toml
title "A day, made up: two VPCs, web traffic, probes, a port scan, and somebody who gets in"
.venv/bin/python -m demo.flow_logs --out "$LOGS"

title "The stack"
reading=
if ! [ "$EVE" -nt "$PACKETS" ]; then
  docker/engine.sh
  image=$(docker/images.sh suricata | sed -n 's/^SURICATA_IMAGE=//p')
  shipper suricata render >/dev/null
  read_packets "$image" >.cache/demo/suricata.log 2>&1 & # while OpenSearch starts
  reading=$!
fi
docker/stack.sh up
[ -z "$reading" ] || wait "$reading" || {
  cat .cache/demo/suricata.log >&2
  echo "Suricata did not read $PACKETS (above: why)." >&2
  exit 4
}

title "Its flow logs: shipper backfill flowlogs $LOGS/AWSLogs"
shipper backfill flowlogs "$LOGS/AWSLogs"
title "What Suricata said of mirrored packets: shipper backfill eve $EVE --vlan-is-vni"
shipper --set "mirror.inventory=$INVENTORY" backfill eve "$EVE" --vlan-is-vni

story() { .venv/bin/python -c "import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$LOGS/story.json" "$1"; }
since=$(story begin) until=$(story end)
title "Which ports were knocked at in vain: shipper query refused-ports"
shipper query refused-ports --since "$since" --until "$until"
title "Who sent most to whom: shipper query top-talkers"
shipper query top-talkers --since "$since" --until "$until"
title "What was let through and what was refused: shipper query actions-over-time"
shipper query actions-over-time --since "$since" --until "$until"

title "What Suricata found, and what the flow logs say of the same connection: shipper query alerts"
shipper query alerts --since "$since" --until "$until"
title "That connection, as both witnesses tell it: shipper trace 192.0.2.10 10.20.1.40:21"
shipper trace 192.0.2.10 10.20.1.40:21 --since "$since" --until "$until" --pick 1 --limit 20

cat <<'TEXT'

== Look further
The forgotten host 10.20.1.40: its password can be read on the way (the alert). It was scanned (the hour with thousands
of refusals), its password was guessed, it read the database, and then it sent the database to 203.0.113.99 (the top
talker).

  shipper explain 192.0.2.10 10.20.1.40:21 --network demo/network.json      which rule let it in
  shipper query top-talkers --since 3h      the same questions about another time
  shipper backfill flowlogs FOLDER          your own flow logs, under the same templates
  shipper doctor                            what is where, and whether all is well
  docker/stack.sh status                    where it runs, Dashboards too (any OpenSearch client will do: index flowtap-aws.vpcflow-*)
  docker/stack.sh down                      stop it; the data stays
(in a new shell first: source .venv/bin/activate)
TEXT
