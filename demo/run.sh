#!/usr/bin/env bash
# The demo: a real OpenSearch, a day of VPC flow logs that ends now, and three answers. Run again, it adds nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly LOGS=.cache/demo/flowlogs
# The demo's documents go into the demo's stack, whatever settings of its user's there are.
shipper() { .venv/bin/shipper --config .cache/demo/settings.toml "$@"; }
title() { printf '\n== %s\n' "$*"; }

title "The stack"
docker/stack.sh up

for name in $(compgen -v | grep -E '^(OPENSEARCH|SHIPPER)_'); do
  case "$name" in SHIPPER_STACK_FILE | SHIPPER_STATE__DIRECTORY) ;; *) unset "$name" ;; esac
done
mkdir -p .cache/demo
: >.cache/demo/settings.toml

title "A day of flow logs, made up: two VPCs, web traffic, probes, a port scan, and somebody who gets in"
.venv/bin/python -m demo.flow_logs --out "$LOGS"

title "Loading them: shipper backfill flowlogs $LOGS/AWSLogs"
shipper backfill flowlogs "$LOGS/AWSLogs"

story() { .venv/bin/python -c "import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$LOGS/story.json" "$1"; }
since=$(story begin) until=$(story end)
title "Which ports were knocked at in vain: shipper query refused-ports"
shipper query refused-ports --since "$since" --until "$until"
title "Who sent most to whom: shipper query top-talkers"
shipper query top-talkers --since "$since" --until "$until"
title "What was let through and what was refused: shipper query actions-over-time"
shipper query actions-over-time --since "$since" --until "$until"

cat <<'TEXT'

== Look further
The forgotten host 10.20.1.40 was scanned, its password was guessed, it read the database, and then it sent the
database to 203.0.113.99: the scan is the hour with thousands of refusals, the theft is the top talker.

  shipper query top-talkers --since 3h      the same questions about another time
  shipper backfill flowlogs FOLDER          your own flow logs, under the same templates
  shipper doctor                            what is where, and whether all is well
  docker/stack.sh status                    where it runs (any OpenSearch client will do: index flowtap-aws.vpcflow-*)
  docker/stack.sh down                      stop it; the data stays
(in a new shell first: source .venv/bin/activate)
TEXT
